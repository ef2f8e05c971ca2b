/**
 * The draft: what is being written and is not an entry yet. It appears on the screen at once, is sealed on the phone
 * within 300 ms, and survives a lock, a crash or a flat battery.
 *
 * Before the diary has its words, the draft is stored next to the store, under the draft key (store/device_meta.js).
 * After that it is a record of the store like any other.
 */
import { KeptError } from '../../core/errors.js';
import { idText, newId } from '../../core/ids.js';
import { openDraft, sealDraft } from '../../crypto/worker/draft_key.js';
import { readSealedDraft, writeSealedDraft } from '../../store/device_meta.js';
import { blobsOf, forgetBlobs } from '../attachments/sealing.js';
import { sentenceOf } from '../sentences.js';
import { shownHeld } from '../index/showing.js';
import { Writing } from './writing.js';
import type { Context, Fields, Held } from '../types.js';

export type Kept = { id: string; fields: Fields; restricted: Fields; held: Held[]; saved_at: number | null };

const SOON = 300;

export class Drafts extends Writing {
  kept: Kept | null = null;
  /** Used only before the diary has its words. */
  key: CryptoKey | null = null;
  /** Files that are being added to the draft or the tray. */
  taking: Set<Promise<unknown>> = new Set();
  /** Addresses of pictures shown before the diary has its words. */
  urls: Set<string> = new Set();

  constructor(ctx: Context) {
    super(ctx);
  }

  /** Track work that takes a file in: a save or an unlock waits for it. */
  during<T>(work: Promise<T>): Promise<T> {
    const over = () => this.taking.delete(work);
    this.taking.add(work);
    work.then(over, over);
    return work;
  }

  /** Wait until no file is being taken in. */
  async quiet() {
    while (this.taking.size) await Promise.allSettled([...this.taking]);
  }

  /**
   * Return the draft; create one where there is none.
   * @throws locked where nothing could seal it: a new draft would hide the stored one
   */
  begin(): Kept {
    if (!this.kept && !this.ctx.open && !this.key) throw new KeptError('locked');
    this.kept ??= { id: idText(newId()), fields: {}, restricted: {}, held: [], saved_at: null };
    return this.kept;
  }

  /** Change fields of the draft; null clears a field. */
  put({ fields = {}, restricted = {} }: { fields?: Fields; restricted?: Fields }) {
    const kept = this.begin();
    this.kept = {
      ...kept,
      fields: { ...kept.fields, ...fields },
      restricted: { ...kept.restricted, ...restricted },
      saved_at: null,
    };
    this.showInside();
    this.timer ??= this.ctx.timers.after(SOON, () => this.flush().catch((error) => this.complain(error)));
  }

  async addHeld(held: Held) {
    const kept = this.begin();
    this.kept = {
      ...kept,
      held: [...kept.held.filter(({ attachment }) => attachment !== held.attachment), held],
      saved_at: null,
    };
    this.showInside();
    await this.flush();
  }

  /** Remove a file from the draft. */
  async dropHeld(attachment: string) {
    if (!this.kept) return;
    this.kept = { ...this.kept, held: this.kept.held.filter((one) => one.attachment !== attachment), saved_at: null };
    this.showInside();
    await this.flush();
  }

  async write() {
    const { ctx, kept } = this;
    if (!kept) return;
    const saved = { ...kept, saved_at: ctx.clock.now() };
    if (ctx.open) {
      await ctx.open.store.change(
        (root, change) => {
          // The draft was saved or dropped while this waited. A write now would bring it back as a duplicate.
          if (this.kept?.id !== kept.id) return;
          root.draft = true;
          change.putJson('draft', saved);
        },
        { last: true },
      );
    } else if (this.key) {
      const { key } = this;
      const sealed = await sealDraft(key, new TextEncoder().encode(JSON.stringify(saved)));
      await writeSealedDraft(ctx.database, sealed);
      // The words were chosen meanwhile: the draft is in the store now, and no earlier copy may stay next to it.
      if (this.key !== key) return writeSealedDraft(ctx.database, null);
      await openDraft(key, (await readSealedDraft(ctx.database)) as Uint8Array);
    } else throw new KeptError('locked');
    if (this.kept === kept) {
      this.kept = saved;
      this.showInside();
      this.say(null);
    }
  }

  /** Load the draft from before the diary had its words. */
  async loadFresh(key: CryptoKey) {
    this.key = key;
    const sealed = await readSealedDraft(this.ctx.database);
    this.kept = sealed && JSON.parse(new TextDecoder().decode(await openDraft(key, sealed)));
    this.showInside();
  }

  /** Load the draft from the open store. */
  async load() {
    const { open } = this.ctx;
    this.kept = open?.store.root.draft ? await open.store.readJson<Kept>('draft') : null;
    this.show();
  }

  /** Delete the draft and its files. */
  async drop() {
    const { ctx, kept } = this;
    this.say(null);
    this.forget();
    await this.turn.catch(() => undefined);
    if (ctx.open) {
      await ctx.open.store.change((root, change) => {
        root.draft = false;
        change.drop('draft');
      });
      await forgetBlobs(ctx.open.store, (kept?.held ?? []).flatMap(blobsOf));
    } else await writeSealedDraft(ctx.database, null);
    this.show();
  }

  /** Forget `current`, which is an entry now. What was added while that was written stays, as a new draft. */
  saved(kept: Kept) {
    const now = this.kept ?? kept;
    this.say(null);
    this.forget();
    const held = now.held.filter(({ attachment }) => !kept.held.some((one) => one.attachment === attachment));
    const [fields, restricted] = [newer(now.fields, kept.fields), newer(now.restricted, kept.restricted)];
    if (!held.length && !Object.keys(fields).length && !Object.keys(restricted).length) return;
    this.kept = { ...this.begin(), held };
    this.put({ fields, restricted });
  }

  /** Remove the draft from memory. */
  forget() {
    this.pause();
    this.kept = null;
    this.ctx.unsealed = null;
    for (const url of this.urls) this.ctx.objectUrl.drop(url);
    this.urls.clear();
  }

  /** Show the draft only in an unlocked phase: a lock may have come in between, and its screen gets nothing. */
  showInside() {
    if (['open', 'fresh'].includes(this.ctx.screen.state.phase)) this.show();
  }

  show() {
    const { kept } = this;
    this.ctx.screen.set({
      draft: kept && {
        id: kept.id,
        record: null,
        fields: kept.fields,
        restricted: kept.restricted,
        attachments: kept.held.map(shownHeld),
        saved_at: kept.saved_at,
      },
    });
  }

  /** Show why the draft could not be sealed. The message stays until it is sealed, whatever else is shown. */
  complain(error: unknown) {
    const code = error instanceof KeptError ? error.code : 'store_lost';
    if (code !== 'locked') this.say(code);
  }

  say(code: string | null) {
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
function newer(now: Fields, before: Fields): Fields {
  return Object.fromEntries(
    Object.entries(now).filter(
      ([name, value]) => JSON.stringify(value ?? null) !== JSON.stringify(before[name] ?? null),
    ),
  );
}
