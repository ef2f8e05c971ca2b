/**
 * Reads the words in pictures, one picture after the other, while the diary is open. The list of pictures that wait is
 * sealed on this phone, so it survives a lock and a reload; the next unlock goes on with it.
 */
import { KeptError } from '../../core/errors.js';
import { isTakenOut } from '../../record/current_version.js';
import { requireOpenOf } from '../session/require_open.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { readKind, saveRecord } from '../records/records.js';
import { removeTextsOfDeleted } from './removal.js';
import { findPictureRows, listDraftKey } from './picture_rows.js';
import { pictureToRead } from './picture_source.js';
import { fieldsOfText, readableText, readTexts, TEXT_KIND } from './picture_texts.js';
import type { Context, Fields, Open } from '../types.js';

/**
 * `failed`: the code of the failure, by attachment. `begun`: the picture that is being read, and how often that began:
 * one that ends the browser each time would do so at every unlock
 */
type Queue = { waiting: string[]; failed: Record<string, string>; begun?: { attachment: string; times: number } };
/**
 * What is known of the words in a picture. `isPoor`: most of it could not be read well; `reader`: `asks` before it
 * fetches what it needs; `megabytes`: the size of that; `unread`: the ids of all pictures that were not read yet
 */
export type PictureWords = {
  state: 'unread' | 'waiting' | 'read' | 'failed';
  code: string | null;
  lines: string[];
  isPoor: boolean;
  reader: 'none' | 'asks' | 'here';
  megabytes: number;
  unread: string[];
};

const QUEUE = 'reading';
/** A night's work: more are read in a second go. */
const MAX_WAITING = 500;
/** A lock or a reload in the middle counts as well. */
const MAX_BEGINNINGS = 3;
/** Codes of what is no fault of the picture: it waits until the keeper tries again. */
const PAUSING_CODES = new Set(['reader_missing', 'no_space']);
const running: WeakSet<Open> = new WeakSet();

export function pictureQueueMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  return {
    async pictureWords(attachment: string): Promise<PictureWords> {
      const open = requireOpen();
      const { waiting, failed } = await readQueue(open);
      const texts = await readTexts(open);
      const text = texts.get(attachment);
      const code = failed[attachment] ?? null;
      const state = text ? 'read' : waiting.includes(attachment) ? 'waiting' : code ? 'failed' : 'unread';
      const isHere = state === 'read' || (await ctx.pictureReader?.isHere().catch(() => false));
      return {
        state,
        code: state === 'failed' ? code : null,
        ...(text ? readableText(text.fields) : { lines: [], isPoor: false }),
        megabytes: ctx.pictureReader?.megabytes() ?? 0,
        unread: (await readKind(open, 'attachment')).flatMap(({ record, fields }) =>
          hasPrintCopy(fields) && !texts.has(record) && !failed[record] ? [record] : [],
        ),
        reader: ctx.pictureReader ? (isHere ? 'here' : 'asks') : 'none',
      };
    },
    /** Return how many rows of messages or calls could be told apart in a picture, and whether their list was begun. */
    async countPictureRows(attachment: string): Promise<{ rows: number; isBegun: boolean }> {
      const open = requireOpen();
      if (await open.store.readJson(listDraftKey(attachment))) return { rows: 1, isBegun: true };
      return { rows: (await findPictureRows(ctx, open, attachment)).rows.length, isBegun: false };
    },
    /** Add pictures to those that wait, and begin. The keeper has agreed to fetch what reads them. */
    async readWordsIn(attachments: readonly string[]): Promise<void> {
      const open = requireOpen();
      if (!ctx.pictureReader) throw new KeptError('unavailable');
      const texts = await readTexts(open);
      await changeQueue(open, ({ waiting, failed }) => ({
        waiting: [...new Set([...waiting, ...attachments.filter((id) => !texts.has(id))])].slice(0, MAX_WAITING),
        failed: Object.fromEntries(Object.entries(failed).filter(([id]) => !attachments.includes(id))),
      }));
      void readWaiting(ctx, open).catch(() => undefined); // those that wait are tried at the next unlock
    },
    /** Stop, and forget the pictures that wait. What was read stays. */
    async stopReadingWords(): Promise<void> {
      const open = requireOpen();
      await changeQueue(open, ({ failed }) => ({ waiting: [], failed }));
      ctx.pictureReader?.stop();
      ctx.screen.set({ reading: null });
    },
  };
}

const hasPrintCopy = (fields: Fields): boolean =>
  textOf(fields, 'media_type').startsWith('image/') &&
  objectsOf(fields, 'renditions').some(({ purpose }) => purpose === 'print');

/**
 * Go on with the pictures that wait, after an unlock. Nothing is fetched without being asked for. Words of a picture
 * that was deleted meanwhile go first: another device may have read it before it learned of that.
 */
export async function resumeReading(ctx: Context, open: Open): Promise<void> {
  await removeTextsOfDeleted(open, ctx.clock.now());
  if (!(await readQueue(open)).waiting.length || !(await ctx.pictureReader?.isHere())) return;
  await readWaiting(ctx, open);
}

const readQueue = async ({ store }: Pick<Open, 'store'>): Promise<Queue> =>
  (await store.readJson<Queue>(QUEUE)) ?? { waiting: [], failed: {} };

const changeQueue = ({ store }: Pick<Open, 'store'>, next: (queue: Queue) => Queue) =>
  store.change(async (_root, change) => change.putJson(QUEUE, next(await readQueue({ store }))));

async function readWaiting(ctx: Context, open: Open): Promise<void> {
  if (running.has(open)) return;
  running.add(open);
  let done = 0;
  try {
    for (;;) {
      const { waiting } = await readQueue(open);
      const [attachment] = waiting;
      if (ctx.open !== open || !attachment) break;
      ctx.screen.set({ reading: { done, total: done + waiting.length } });
      const code = await readOne(ctx, open, attachment);
      if (ctx.open !== open) break;
      if (code && PAUSING_CODES.has(code)) {
        ctx.screen.set({ reading: { done, total: done + waiting.length, code } });
        return;
      }
      // Stopped by the keeper, the list was emptied first. By a lock, which is not over yet: to begin again now would
      // count, and would start a worker with the picture behind the lock.
      if (code === 'cancelled') {
        if ((await readQueue(open)).waiting.includes(attachment)) break;
        continue;
      }
      await changeQueue(open, (queue) => ({
        waiting: queue.waiting.filter((id) => id !== attachment),
        failed: code ? { ...queue.failed, [attachment]: code } : queue.failed,
      }));
      done += 1;
      ctx.show();
    }
    if (ctx.open === open) ctx.screen.set({ reading: null });
  } finally {
    running.delete(open);
  }
}

/** Count a beginning, before the picture can do any harm. @returns whether it may begin once more */
async function begin(open: Open, attachment: string): Promise<boolean> {
  const { begun } = await readQueue(open);
  const times = (begun?.attachment === attachment ? begun.times : 0) + 1;
  await changeQueue(open, (queue) => ({ ...queue, begun: { attachment, times } }));
  return times <= MAX_BEGINNINGS;
}

/** @returns the code of a failure; null where the picture was read, or is no longer there to be read */
async function readOne(ctx: Context, open: Open, attachment: string): Promise<string | null> {
  try {
    if (!(await begin(open, attachment))) return 'reader_failed';
    if (isTakenOut(await open.book.newest(attachment)) || (await readTexts(open)).has(attachment)) return null;
    const source = await pictureToRead(open, attachment);
    if (!source || !ctx.pictureReader) return 'reader_no_picture';
    const text = await ctx.pictureReader.read(source.picture, source.size);
    if (!text) return 'reader_no_picture';
    if (ctx.open !== open || isTakenOut(await open.book.newest(attachment))) return null;
    await saveRecord(ctx, open, {
      kind: TEXT_KIND,
      record: null,
      fields: fieldsOfText(attachment, text, ctx.clock.now()),
    });
    open.syncing.kick();
    return null;
  } catch (error) {
    return error instanceof KeptError ? error.code : 'reader_failed';
  }
}
