/** The server's side of making a pack (docs/api.md): a place in the queue, the capsule in, the front part out. */
import { KeptError } from '../core/errors.js';

/** @typedef {import('./api.js').Api} Api */
/** @typedef {{pack: string, state: string, done: number, total: number, step: string}} Progress */

const SLOW = 120_000;
const OVER = new Set(['failed', 'cancelled']);

/** One job on the server, from its place in the queue to its front part. */
export class PackJob {
  /**
   * @param {Api} api
   * @param {{signal: AbortSignal, pause: () => Promise<void>}} how `pause` is the wait between two questions
   */
  constructor(api, { signal, pause }) {
    this.api = api;
    this.signal = signal;
    this.pause = pause;
    /** @type {string | null} */
    this.id = null;
  }

  /** Asks for a place. @param {string} diary @returns {Promise<void>} throws `packs_off` */
  async place(diary) {
    const answer = await this.api.withSession({
      path: '/v1/packs',
      method: 'POST',
      json: { diary },
      signal: this.signal,
    });
    this.id = String(answer.pack);
  }

  /**
   * Waits until the job is in one of `states`.
   * @param {readonly string[]} states
   * @param {(progress: Progress) => void} onProgress
   * @returns {Promise<string>} which; throws `pack_failed` when it ended otherwise, `cancelled` when stopped
   */
  async until(states, onProgress) {
    for (;;) {
      const progress = /** @type {Progress} */ (
        await this.api.withSession({ path: `/v1/packs/${this.id}`, signal: this.signal })
      );
      if (states.includes(progress.state)) return progress.state;
      if (OVER.has(progress.state)) throw new KeptError('pack_failed');
      onProgress(progress);
      await this.pause();
      if (this.signal.aborted) throw new KeptError('cancelled');
    }
  }

  /**
   * Sends what is to be typeset, again for as long as others come first.
   * @param {Uint8Array} capsule @param {() => void} onWait called while others are first
   */
  async send(capsule, onWait) {
    for (;;) {
      try {
        return await this.#put(capsule);
      } catch (error) {
        if (!(error instanceof KeptError) || error.code !== 'conflict') throw error;
      }
      onWait();
      await this.pause();
      if (this.signal.aborted) throw new KeptError('cancelled');
      // Not ready: it had come already, and only the answer was lost.
      if ((await this.until(['ready', 'building', 'done'], onWait)) !== 'ready') return;
    }
  }

  /** @param {Uint8Array} capsule @returns {Promise<void>} */
  async #put(capsule) {
    await this.api.withSession({
      path: `/v1/packs/${this.id}/capsule`,
      method: 'PUT',
      bytes: capsule,
      want: 'nothing',
      timeout: SLOW,
      signal: this.signal,
    });
  }

  /** Fetches the front part; the job is gone from the server then. @returns {Promise<Uint8Array>} */
  async front() {
    const bytes = await this.api.withSession({
      path: `/v1/packs/${this.id}/front`,
      want: 'bytes',
      timeout: SLOW,
      signal: this.signal,
    });
    this.id = null;
    return bytes;
  }

  /** Has the server erase everything of the job; best effort, it also does so by itself. @returns {Promise<void>} */
  async cancel() {
    const { id } = this;
    this.id = null;
    if (id)
      await this.api.withSession({ path: `/v1/packs/${id}`, method: 'DELETE', want: 'nothing' }).catch(() => undefined);
  }
}
