/** What a test asks of a phone that is to do nothing: that all it does has been done, and that no pause is left to wait for. */

/** @param {any} phone @param {Map<unknown, () => void>} timers the app's, with what they do @param {Set<Promise<unknown>>} asking requests on their way */
export function restOf(phone, timers, asking) {
  return {
    /** Every pause that the app takes now is over at once. */
    hurry() {
      const waiting = [...timers];
      for (const [timer] of waiting) clearTimeout(timer);
      timers.clear();
      for (const [, act] of waiting) act();
    },
    /** Until nothing is on its way: no request, no change of the store, no run. For tests that hold that something does not happen; `held`: a test holds a request up. */
    async rest({ held = false } = {}) {
      for (let quiet = 0; quiet < 20; quiet++) {
        await new Promise((go) => {
          setImmediate(go);
        });
        const { open } = phone.ctx;
        await open?.store.queue;
        if (held) continue;
        if (asking.size || open?.syncing.running) quiet = 0;
        await Promise.allSettled(asking);
      }
    },
  };
}

/** @template T @param {Set<unknown>} among @param {Promise<T>} asked @returns {Promise<T>} the same, and among those until it is done */
export function noted(among, asked) {
  among.add(asked);
  asked.catch(() => undefined).finally(() => among.delete(asked));
  return asked;
}
