/** Wait in a test until a phone is idle, and skip its pauses. */

/**
 * @param {{ctx: import('#app/diary/types.js').Context}} phone
 * @param {Map<NodeJS.Timeout, () => void>} timers the app's timers, with their actions
 * @param {Set<Promise<unknown>>} pendingRequests
 */
export function idleHelpers(phone, timers, pendingRequests) {
  return {
    /** End every pause of the app at once. */
    skipPauses() {
      const due = [...timers];
      for (const [timer] of due) clearTimeout(timer);
      timers.clear();
      for (const [, act] of due) act();
    },
    /**
     * Wait until nothing is in progress: no request, no change of the store, no sync run. For tests that something
     * does not happen. `held`: a test delays a request on purpose.
     */
    async waitUntilIdle({ held = false } = {}) {
      for (let quiet = 0; quiet < 20; quiet++) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        const { open } = phone.ctx;
        await open?.store.queue;
        if (held) continue;
        if (pendingRequests.size || open?.syncing.running) quiet = 0;
        await Promise.allSettled(pendingRequests);
      }
    },
  };
}

/**
 * Keep a promise in a set until it is settled. Returns the promise.
 * @template T
 * @param {Set<unknown>} pending
 * @param {Promise<T>} request
 * @returns {Promise<T>}
 */
export function trackPending(pending, request) {
  pending.add(request);
  request.catch(() => undefined).finally(() => pending.delete(request));
  return request;
}
