/** The server's part in making a pack (docs/api.md): a place in the queue, the capsule in, the front part out. */
import { KeptError } from '../core/errors.js';
import type { Api } from './api.js';

type JobProgress = {
  pack: string;
  state: string;
  done: number;
  total: number;
  step: string;
  unprinted?: unknown;
};

// Entries, files and other records by label, and words that are in no record. Whatever else a server says is not shown.
const LABEL = /^(?:[A-Z]{0,4}\/?\d{1,7}|own words|officer's sheet)$/;
const SLOW_TIMEOUT = 120_000;
const FAILED_STATES = new Set(['failed', 'cancelled']);

/** One job on the server, from queueing to its front part. */
export class PackJob {
  api: Api;
  signal: AbortSignal;
  pause: () => Promise<void>;
  id: string | null = null;
  /** What has words that could not be printed, by label; known when the job is done */
  unprinted: string[] = [];

  /** @param options `pause` waits between two polls */
  constructor(api: Api, { signal, pause }: { signal: AbortSignal; pause: () => Promise<void> }) {
    this.api = api;
    this.signal = signal;
    this.pause = pause;
  }

  /**
   * Enter the queue.
   * @throws packs_off
   */
  async enqueue(diary: string): Promise<void> {
    const response = await this.api.withSession<{ pack: string }>({
      path: '/v1/packs',
      method: 'POST',
      json: { diary },
      signal: this.signal,
    });
    this.id = String(response.pack);
  }

  /**
   * Wait until the job is in one of `states`.
   * @returns the state
   * @throws pack_failed if it ended otherwise, cancelled when stopped
   */
  async waitUntil(states: readonly string[], onProgress: (progress: JobProgress) => void): Promise<string> {
    for (;;) {
      const progress = await this.api.withSession<JobProgress>({ path: `/v1/packs/${this.id}`, signal: this.signal });
      if (states.includes(progress.state)) {
        const labels = Array.isArray(progress.unprinted) ? progress.unprinted.map(String) : [];
        this.unprinted = labels.filter((label) => LABEL.test(label));
        return progress.state;
      }
      if (FAILED_STATES.has(progress.state)) throw new KeptError('pack_failed');
      onProgress(progress);
      await this.pause();
      if (this.signal.aborted) throw new KeptError('cancelled');
    }
  }

  /**
   * Send the capsule for typesetting; repeat while other jobs are first.
   * @param onWait called while other jobs are first
   */
  async sendCapsule(capsule: Uint8Array, onWait: () => void) {
    for (;;) {
      try {
        return await this.#put(capsule);
      } catch (error) {
        if (!(error instanceof KeptError) || error.code !== 'conflict') throw error;
      }
      onWait();
      await this.pause();
      if (this.signal.aborted) throw new KeptError('cancelled');
      // Not ready: the capsule had arrived already, and only the response was lost.
      if ((await this.waitUntil(['ready', 'building', 'done'], onWait)) !== 'ready') return;
    }
  }

  async #put(capsule: Uint8Array): Promise<void> {
    await this.api.withSession({
      path: `/v1/packs/${this.id}/capsule`,
      method: 'PUT',
      bytes: capsule,
      expect: 'nothing',
      timeout: SLOW_TIMEOUT,
      signal: this.signal,
    });
  }

  /** Fetch the front part; the server then forgets the job. */
  async fetchFrontPart(): Promise<Uint8Array> {
    const bytes = await this.api.withSession<Uint8Array>({
      path: `/v1/packs/${this.id}/front`,
      expect: 'bytes',
      timeout: SLOW_TIMEOUT,
      signal: this.signal,
    });
    this.id = null;
    return bytes;
  }

  /** Ask the server to erase the job. Best effort: the server also does so by itself. */
  async cancel(): Promise<void> {
    const { id } = this;
    this.id = null;
    if (id)
      await this.api
        .withSession({ path: `/v1/packs/${id}`, method: 'DELETE', expect: 'nothing' })
        .catch(() => undefined);
  }
}
