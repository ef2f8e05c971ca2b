/**
 * The notebook, which anybody may see. Notes are written, found and deleted here. Nothing in this file depends on the
 * diary: it uses the database and the clock, and no server.
 *
 * [Note: one notebook] There is one notebook, however the user reaches it: with its own words at the lock, directly, or
 * by leaving the diary. It lies in the one table under a key derived from the install's own id (crypto/slots.js), so it
 * opens at once and without words. It is therefore no place for secrets, and the screen says so
 * (features/lock/locks.js).
 *
 *   root       {v, notes: [id…], seed}, newest first
 *   n/<id>     {text, at}
 */
import { KeptError } from '../../core/errors.js';
import { readDoor } from '../../store/device_meta.js';
import { growthChaff } from '../../store/chaff.js';
import { Store } from '../../store/store.js';
import { DelayedWriter } from '../../diary/drafts/delayed_writer.js';
import type { Context, NotebookStore } from '../../diary/types.js';
import type { SealedRoot } from '../../store/root.js';
import type { Note } from '../../diary/types.js';

type NotebookRoot = SealedRoot & { v: number; notes: string[] };

const FLUSH_DELAY_MS = 300;

export class Notebook extends DelayedWriter implements NotebookStore {
  store: Store<NotebookRoot> | null = null;
  notes: Map<string, Note> = new Map();
  opening: Promise<void> | null = null;
  /** Ids of notes that changed on the screen and are not yet stored. */
  dirty: Set<string> = new Set();

  constructor(ctx: Context) {
    super(ctx);
  }

  /** Read the notebook once. After a failure the next call tries again. */
  open() {
    this.opening ??= this.read().catch((error) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  async read() {
    const door = await readDoor(this.ctx.database);
    if (!door) throw new KeptError('store_lost');
    const [{ createNotebookVault: notebookVault }, { sha256Sync: sha256Now }] = await Promise.all([
      import('../../crypto/worker/notebook_vault.js'),
      import('../../crypto/digests.js'),
    ]);
    const store = new Store<NotebookRoot>({
      database: this.ctx.database,
      // biome-ignore lint/suspicious/noExplicitAny: a notebook has no earlier keys, so two functions are missing.
      vault: (await notebookVault(door)) as any,
      digest: sha256Now,
      random: this.ctx.random,
    });
    const isThere = (await this.ctx.database.read([await store.vault.rootId()]))[0] !== null;
    await store.open(isThere ? undefined : { v: 1, notes: [] });
    const { notes: ids } = store.root;
    const stored = await store.readJsonMany<Omit<Note, 'id'>>(ids.map(notePlace));
    ids.forEach((id, i) => {
      if (stored[i]) this.notes.set(id, { id, ...stored[i] });
    });
    this.store = store;
    this.show();
  }

  /** Each opening adds a little chaff: see [Note: one for one], store/chaff.js. */
  async opened() {
    await this.open();
    const put = growthChaff(this.ctx.random);
    if (put.length) await this.ctx.database.write({ put });
  }

  /** Return the ids of its records, so that a caller can clear everything else. */
  async ids(): Promise<Uint8Array[]> {
    await this.open();
    await this.flush();
    const store = this.store as Store<NotebookRoot>;
    return [store.rootId, ...store.root.notes.map((id) => store.idOf(notePlace(id)))];
  }

  /**
   * Change a note.
   * @param id an unknown id begins a new note
   * @param text an empty text deletes the note
   */
  put(id: string, text: string): void {
    this.notes.set(id, { id, text, at: this.ctx.clock.now() });
    this.dirty.add(id);
    this.timer ??= this.ctx.timers.after(FLUSH_DELAY_MS, () => void this.flush().catch(() => undefined));
    this.show();
  }

  async drop(id: string) {
    this.notes.delete(id);
    this.dirty.add(id);
    this.show();
    await this.flush();
  }

  async write() {
    const { store } = this;
    const ids = [...this.dirty];
    if (!store || !ids.length) return;
    // Cleared before the write, not after: typing during the write marks the note dirty again.
    this.dirty.clear();
    await store
      .change((root, change) => {
        for (const id of ids) {
          const note = this.notes.get(id);
          root.notes = root.notes.filter((noteId) => noteId !== id);
          if (!note?.text.trim()) change.drop(notePlace(id));
          else {
            root.notes.unshift(id);
            change.putJson(notePlace(id), { text: note.text, at: note.at });
          }
        }
      })
      .catch((error) => {
        for (const id of ids) this.dirty.add(id);
        throw error;
      });
  }

  show() {
    const notes = [...this.notes.values()].sort((a, b) => b.at - a.at);
    this.ctx.screen.set({ notebook: { notes, ready: this.store !== null } });
  }
}

const notePlace = (id: string) => `n/${id}`;
