/**
 * The draft: what is being written and is not an entry yet. It appears on the screen at once, is sealed on the phone
 * within 300 ms, and survives a lock, a crash or a flat battery.
 *
 * Before the diary has its words, the draft is stored next to the store, under the draft key (store/device_meta.js).
 * After that it is a record of the store like any other.
 */
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { openDraft, sealDraft } from '../../crypto/worker/draft_key.js';
import { readSealedDraft, writeSealedDraft } from '../../store/device_meta.js';
import { blobsOf, removeFromFilling, deleteBlobs } from '../attachments/sealing.js';
import { sentenceOf } from '../sentences.js';
import { shownHeld } from '../index/showing.js';
import { DelayedWriter } from './delayed_writer.js';
import type { Context, Fields, DraftFile } from '../types.js';

export type StoredDraft = {
  id: string;
  fields: Fields;
  restricted: Fields;
  held: DraftFile[];
  saved_at: number | null;
};

const SAVE_DELAY_MS = 300;

export class Drafts extends DelayedWriter {
  current: StoredDraft | null = null;
  /** Used only before the diary has its words. */
  draftKey: CryptoKey | null = null;
  /** Files that are being added to the draft or the tray. */
  pendingFiles: Set<Promise<unknown>> = new Set();
  /** Addresses of pictures shown before the diary has its words. */
  pictureUrls: Set<string> = new Set();

  constructor(ctx: Context) {
    super(ctx);
  }

  /** Track work that takes a file in: a save or an unlock waits for it. */
  track<T>(task: Promise<T>): Promise<T> {
    const finish = () => this.pendingFiles.delete(task);
    this.pendingFiles.add(task);
    task.then(finish, finish);
    return task;
  }

  /** Wait until no file is being taken in. */
  async whenIdle() {
    while (this.pendingFiles.size) await Promise.allSettled([...this.pendingFiles]);
  }

  /**
   * Return the draft; create one where there is none.
   * @throws locked where nothing could seal it: a new draft would hide the stored one
   */
  ensure(): StoredDraft {
    if (!this.current && !this.ctx.open && !this.draftKey) throw new KeptError('locked');
    this.current ??= { id: formatId(newId()), fields: {}, restricted: {}, held: [], saved_at: null };
    return this.current;
  }

  /** Change fields of the draft; null clears a field. */
  update({ fields = {}, restricted = {} }: { fields?: Fields; restricted?: Fields }) {
    const current = this.ensure();
    this.current = {
      ...current,
      fields: { ...current.fields, ...fields },
      restricted: { ...current.restricted, ...restricted },
      saved_at: null,
    };
    this.showIfUnlocked();
    this.timer ??= this.ctx.timers.after(SAVE_DELAY_MS, () => this.flush().catch((error) => this.reportError(error)));
  }

  /**
   * Add a file to the draft, or replace it. It is shown once the draft is stored: a reload may follow at once.
   * @throws locked when a lock took the draft out of memory before it was stored
   */
  async addFile(held: DraftFile) {
    const current = this.ensure();
    this.current = {
      ...current,
      held: [...current.held.filter(({ attachment }) => attachment !== held.attachment), held],
      saved_at: null,
    };
    try {
      await this.flush();
      if (!this.current) throw new KeptError('locked');
    } finally {
      this.showIfUnlocked();
    }
  }

  /** Remove a file from the draft. */
  async removeFile(attachment: string) {
    if (!this.current) return;
    this.current = {
      ...this.current,
      held: this.current.held.filter((file) => file.attachment !== attachment),
      saved_at: null,
    };
    this.showIfUnlocked();
    await this.flush();
  }

  async write() {
    const { ctx, current } = this;
    if (!current) return;
    const saved = { ...current, saved_at: ctx.clock.now() };
    if (ctx.open) {
      await ctx.open.store.change(
        (root, change) => {
          // The draft was saved or dropped while this waited. A write now would bring it back as a duplicate.
          if (this.current?.id !== current.id) return;
          root.draft = true;
          change.putJson('draft', saved);
          removeFromFilling(root, saved.held.flatMap(blobsOf));
        },
        { uninterruptible: true },
      );
    } else if (this.draftKey) {
      const { draftKey } = this;
      const sealed = await sealDraft(draftKey, new TextEncoder().encode(JSON.stringify(saved)));
      await writeSealedDraft(ctx.database, sealed);
      // The words were chosen meanwhile: the draft is in the store now, and no earlier copy may stay next to it.
      if (this.draftKey !== draftKey) return writeSealedDraft(ctx.database, null);
      await openDraft(draftKey, (await readSealedDraft(ctx.database)) as Uint8Array);
    } else throw new KeptError('locked');
    if (this.current === current) {
      this.current = saved;
      this.showIfUnlocked();
      this.setTrouble(null);
    }
  }

  /** Load the draft from before the diary had its words. */
  async loadBeforeSetup(draftKey: CryptoKey) {
    this.draftKey = draftKey;
    const sealed = await readSealedDraft(this.ctx.database);
    this.current = sealed && JSON.parse(new TextDecoder().decode(await openDraft(draftKey, sealed)));
    this.showIfUnlocked();
  }

  /** Load the draft from the open store. */
  async load() {
    const { open } = this.ctx;
    this.current = open?.store.root.draft ? await open.store.readJson<StoredDraft>('draft') : null;
    this.show();
  }

  /** Delete the draft and its files. */
  async discard() {
    const { ctx, current } = this;
    this.setTrouble(null);
    this.clear();
    await this.lastWrite.catch(() => undefined);
    if (ctx.open) {
      await ctx.open.store.change((root, change) => {
        root.draft = false;
        change.drop('draft');
      });
      await deleteBlobs(ctx.open.store, (current?.held ?? []).flatMap(blobsOf));
    } else await writeSealedDraft(ctx.database, null);
    this.show();
  }

  /** Forget `current`, which is an entry now. What was added while that was written stays, as a new draft. */
  saved(current: StoredDraft) {
    const latest = this.current ?? current;
    this.setTrouble(null);
    this.clear();
    const addedFiles = latest.held.filter(
      ({ attachment }) => !current.held.some((file) => file.attachment === attachment),
    );
    const [fields, restricted] = [
      changedFields(latest.fields, current.fields),
      changedFields(latest.restricted, current.restricted),
    ];
    if (!addedFiles.length && !Object.keys(fields).length && !Object.keys(restricted).length) return;
    this.current = { ...this.ensure(), held: addedFiles };
    this.update({ fields, restricted });
  }

  /** Remove the draft from memory. */
  clear() {
    this.cancelTimer();
    this.current = null;
    this.ctx.unsealed = null;
    for (const url of this.pictureUrls) this.ctx.objectUrl.drop(url);
    this.pictureUrls.clear();
  }

  /** Show the draft only in an unlocked phase: a lock may have come in between, and its screen gets nothing. */
  showIfUnlocked() {
    if (['open', 'fresh'].includes(this.ctx.screen.state.phase)) this.show();
  }

  show() {
    const { current } = this;
    this.ctx.screen.set({
      draft: current && {
        id: current.id,
        record: null,
        fields: current.fields,
        restricted: current.restricted,
        attachments: current.held.map(shownHeld),
        saved_at: current.saved_at,
      },
    });
  }

  /** Show why the draft could not be sealed. The message stays until it is sealed, whatever else is shown. */
  reportError(error: unknown) {
    const code = error instanceof KeptError ? error.code : 'store_lost';
    if (code !== 'locked') this.setTrouble(code);
  }

  setTrouble(code: string | null) {
    const { ctx } = this;
    if (ctx.unsealed === code) return;
    ctx.unsealed = code;
    if (ctx.open) return ctx.show();
    const { account } = ctx.screen.state;
    const trouble = code && { code, sentence: sentenceOf(code), act: null };
    if (account || trouble)
      ctx.screen.set({
        account: { login: null, registered: false, recovery: 'todo', ...account, trouble: trouble || null },
      });
  }
}

/** Return the fields of `current` that differ from `previous`. */
function changedFields(current: Fields, previous: Fields): Fields {
  return Object.fromEntries(
    Object.entries(current).filter(
      ([name, value]) => JSON.stringify(value ?? null) !== JSON.stringify(previous[name] ?? null),
    ),
  );
}
