/** The server's side of making a pack (docs/api.md): a place in the queue, the capsule in, the front part out. */
import { KeptError } from '../core/errors.js';
import type { Api } from './api.js';

type Progress = { pack: string; state: string; done: number; total: number; step: string };

const SLOW = 120_000;
const OVER = new Set(['failed', 'cancelled']);

/** One job on the server, from its place in the queue to its front part. */
export class PackJob {
  api: Api;
  signal: AbortSignal;
  pause: () => Promise<void>;
  id: string | null = null;

  /** @param how `pause` is the wait between two questions */
  constructor(api: Api, { signal, pause }: { signal: AbortSignal; pause: () => Promise<void> }) {
    this.api = api;
    this.signal = signal;
    this.pause = pause;
  }

  /**
   * Asks for a place.
   * @returns throws `packs_off`
   */
  async place(diary: string): Promise<void> {
    const answer = await this.api.withSession<{ pack: string }>({
      path: '/v1/packs',
      method: 'POST',
      json: { diary },
      signal: this.signal,
    });
    this.id = String(answer.pack);
  }

  /**
   * Waits until the job is in one of `states`.
   * @returns which; throws `pack_failed` when it ended otherwise, `cancelled` when stopped
   */
  async until(states: readonly string[], onProgress: (progress: Progress) => void): Promise<string> {
    for (;;) {
      const progress = await this.api.withSession<Progress>({ path: `/v1/packs/${this.id}`, signal: this.signal });
      if (states.includes(progress.state)) return progress.state;
      if (OVER.has(progress.state)) throw new KeptError('pack_failed');
      onProgress(progress);
      await this.pause();
      if (this.signal.aborted) throw new KeptError('cancelled');
    }
  }

  /**
   * Sends what is to be typeset, again for as long as others come first.
   * @param onWait called while others are first
   */
  async send(capsule: Uint8Array, onWait: () => void) {
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

  async #put(capsule: Uint8Array): Promise<void> {
    await this.api.withSession({
      path: `/v1/packs/${this.id}/capsule`,
      method: 'PUT',
      bytes: capsule,
      want: 'nothing',
      timeout: SLOW,
      signal: this.signal,
    });
  }

  /** Fetches the front part; the job is gone from the server then. */
  async front(): Promise<Uint8Array> {
    const bytes = await this.api.withSession<Uint8Array>({
      path: `/v1/packs/${this.id}/front`,
      want: 'bytes',
      timeout: SLOW,
      signal: this.signal,
    });
    this.id = null;
    return bytes;
  }

  /** Has the server erase everything of the job; best effort, it also does so by itself. */
  async cancel(): Promise<void> {
    const { id } = this;
    this.id = null;
    if (id)
      await this.api.withSession({ path: `/v1/packs/${id}`, method: 'DELETE', want: 'nothing' }).catch(() => undefined);
  }
}
