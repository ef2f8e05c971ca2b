/**
 * Import a file that another app saved: a WhatsApp chat export (.zip or .txt) or an email (.eml). The phone reads it;
 * the keeper looks at what it holds and chooses what becomes entries (imports_plan.js, imports_keep.js).
 *
 * [Note: nothing until it is confirmed] Reading writes nothing. What was read belongs to the open diary, so a lock
 * discards it; the file itself stays where it was.
 */
import { KeptError } from '../../core/errors.js';
import { looksLikeMail, readMail } from '../../imports/mail.js';
import { pastedRows } from '../../imports/schedule_paste.js';
import { MOST_TEXT, entriesOf, plainName, unpack } from '../../imports/unzip.js';
import { looksLikeChat, readChat } from '../../imports/whatsapp.js';
import { keepImport } from './imports_keep.js';
import { namedOnce } from './imports_media.js';
import { knownLists, planChat, planMail } from './imports_plan.js';
import { insideOf } from '../../diary/session/require_open.js';
import { findFile, openParts } from '../../diary/attachments/reading_files.js';
import { fileSource } from '../../diary/attachments/sources.js';
import type { Mail } from '../../imports/mail.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Plan } from './imports_plan.js';
import type { Context, Open, Source } from '../../diary/types.js';
import type { ChatRead } from './imports_plan.js';
import type { ImportAnswers, ImportHow, ImportRead } from '../../shell/app.js';

type MailRead = { kind: 'mail'; mail: Mail };
type Live = { source: Source; title: string; read: ChatRead | MailRead; plan: Plan | null };

const ZIP = [0x50, 0x4b];
const LOOK = 65_536;
const BREATH = 12; // ms of work before the screen may redraw

/** Create the app's import methods. */
export function importWork(ctx: Context) {
  /** Keyed by the open diary, so that a lock discards what was read. */
  const held: WeakMap<Open, Live> = new WeakMap();
  const inside = insideOf(ctx);
  const live = () => {
    const found = held.get(inside());
    if (!found) throw new KeptError('not_found');
    return found;
  };
  return {
    /** Read a file and return a summary of what it holds. */
    async readImport(file: File, how: ImportHow = {}) {
      const open = inside();
      const source = fileSource(file);
      const read = await readSource(source, breath(ctx, how, open));
      held.set(open, { source, title: titleOf(file.name), read, plan: null });
      return shownRead(file, read);
    },
    /** Return what would be added, given the keeper's answers. Writes nothing. */
    async planImport(answers: ImportAnswers, how: ImportHow = {}) {
      const [open, one] = [inside(), live()];
      const pause = breath(ctx, how, open);
      one.plan =
        one.read.kind === 'chat'
          ? await planChat(open, { ...one.read, title: one.title }, answers, pause)
          : planMail(
              (await knownLists(open, 'email')).map(({ rows }) => rows),
              one.read.mail,
              answers,
            );
      return one.plan.shown;
    },
    importRows: (burst: number, from: number, count: number) =>
      (live().plan?.bursts[burst] ?? []).slice(from, from + count),
    /**
     * Save the file, the chosen entries and, if `media` is set, the files they mention: all or nothing. With no entry
     * chosen, `late` is the reason for changing the existing schedules; then only missing files are added to them.
     */
    async keepImport(
      {
        chosen,
        media = false,
        late = '',
      }: { chosen: { burst: number; narrative: string }[]; media?: boolean; late?: string },
      how: ImportHow = {},
    ) {
      const [open, one] = [inside(), live()];
      const isLate = Boolean(late) && !chosen.length && Boolean(one.plan?.late.length);
      if (!one.plan || (!chosen.length && !isLate)) throw new KeptError('nothing_to_save');
      const files = one.read.kind === 'chat' && (media || isLate) ? one.read.media : new Map();
      const done = await keepImport(
        ctx,
        open,
        { source: one.source, title: one.title, plan: one.plan, chosen, media: files, late: isLate ? late : '' },
        breath(ctx, how, open),
      );
      held.delete(open);
      ctx.show();
      open.syncing.kick();
      return done;
    },
    dropImport() {
      if (ctx.open) held.delete(ctx.open);
    },
    readPasted: pastedRows,
    /** Read the headers of a stored email again, from the bytes as received. */
    readHeaders: (attachment: string) => readHeaders(inside(), attachment),
  };
}

/**
 * Create a pause function for long work: it lets the screen redraw and reports progress.
 * The pause throws cancelled when the user stops the work, and locked when the diary was locked.
 */
function breath(ctx: Context, { onProgress = () => undefined, signal }: ImportHow, open: Open): Pause {
  let last = ctx.clock.now();
  return async (done, total) => {
    if (ctx.clock.now() - last >= BREATH) {
      onProgress(done, total);
      await new Promise((go) => {
        ctx.timers.after(0, () => go(undefined));
      });
      last = ctx.clock.now();
    }
    if (signal?.stopped) throw new KeptError('cancelled');
    if (ctx.open !== open) throw new KeptError('locked');
  };
}

/**
 * Detect the file's format and parse it.
 * @throws import_wrong, import_no_chat and the errors of unzip
 */
async function readSource(source: Source, pause: Pause): Promise<ChatRead | MailRead> {
  const first = await source.read(0, Math.min(LOOK, source.size));
  if (first[0] === ZIP[0] && first[1] === ZIP[1]) return readZip(source, pause);
  if (looksLikeMail(first)) return { kind: 'mail', mail: await readMail(await wholeSource(source, pause)) };
  if (source.size > MOST_TEXT) throw new KeptError('import_wrong');
  return chatOf(await wholeSource(source, pause), new Map(), pause, 'import_wrong');
}

async function readZip(source: Source, pause: Pause) {
  const entries = await entriesOf(source);
  const texts = entries.filter(({ name }) => /\.txt$/i.test(name));
  const named = texts.filter(({ name }) => /^_chat\.txt$|whatsapp/i.test(plainName(name)));
  const [entry] = (named.length ? named : texts).sort((a, b) => b.size - a.size);
  if (!entry) throw new KeptError('import_no_chat');
  const media = namedOnce(
    entries.filter((one) => one !== entry).map((one) => ({ name: plainName(one.name), entry: one })),
  );
  return chatOf(await unpack(source, entry, { pause }), media, pause, 'import_no_chat');
}

/**
 * Parse a chat export.
 * @param errorCode thrown when the text is not a chat
 */
async function chatOf(bytes: Uint8Array, media: ChatRead['media'], pause: Pause, otherwise: string): Promise<ChatRead> {
  const { text, lenient } = decoded(bytes);
  if (!looksLikeChat(text)) throw new KeptError(otherwise);
  const chat = await readChat(text, pause);
  if (!chat.messages.length) throw new KeptError(otherwise);
  return { kind: 'chat', chat, media, lenient };
}

/** Decode the text. Exports are UTF-8; a file saved again on a computer may be UTF-16. */
function decoded(bytes: Uint8Array) {
  const wide =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  if (wide) return { text: new TextDecoder(wide).decode(bytes), lenient: false };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), lenient: false };
  } catch {
    return { text: new TextDecoder('utf-8').decode(bytes), lenient: true };
  }
}

async function wholeSource(source: Source, pause: Pause) {
  const whole = new Uint8Array(source.size);
  const step = 1_000_000;
  for (let from = 0; from < source.size; from += step) {
    whole.set(await source.read(from, Math.min(source.size, from + step)), from);
    await pause(from, source.size);
  }
  return whole;
}

/** `WhatsApp Chat with Sam (1).zip` → `WhatsApp Chat with Sam` */
function titleOf(name: string) {
  return plainName(name)
    .replace(/\.(?:zip|txt|eml)$/i, '')
    .replace(/ ?\(\d+\)$/, '')
    .slice(0, 200);
}

function shownRead(file: File, read: ChatRead | MailRead): ImportRead {
  const base = { name: file.name, size: file.size };
  if (read.kind === 'mail') return { ...base, kind: 'mail', mail: read.mail };
  const { chat } = read;
  const [first, last] = [chat.messages[0], chat.messages.at(-1)];
  return {
    ...base,
    kind: 'chat',
    lines: chat.lines,
    messages: chat.messages.length,
    senders: chat.senders.slice(0, 300),
    orders: chat.orders,
    example: first && { date: first.start.date, clock: first.start.clock },
    last: last && { date: last.start.date, clock: last.start.clock },
    lenient: read.lenient,
    files: read.media.size,
  };
}

async function readHeaders(open: Open, attachment: string) {
  const file = await findFile(open, attachment, 'received', []);
  if (!file || file.size > 64 * 1024 * 1024) throw new KeptError('not_found');
  const whole = new Uint8Array(file.size);
  let at = 0;
  for await (const piece of openParts(open, file)) {
    whole.set(piece, at);
    at += piece.length;
  }
  const { headers, raw_headers, odd } = await readMail(whole);
  return { headers, raw_headers, odd };
}
