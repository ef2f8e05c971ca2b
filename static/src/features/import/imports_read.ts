/**
 * Import a file that another app saved: a WhatsApp chat export (.zip or .txt), an email (.eml, .msg), a mailbox
 * (.mbox), a saved web page (.mhtml, .html) or an archive of them (.warc, .wacz), a backup of text messages or calls
 * (.xml), a phone bill (.csv), contacts (.vcf), or a download of messages (.zip or .json).
 * The phone reads it; the keeper looks at what it holds and chooses what becomes entries (imports_plan.js,
 * imports_keep.js).
 *
 * [Note: nothing until it is confirmed] Reading writes nothing. What was read belongs to the open diary, so a lock
 * discards it; the file itself stays where it was.
 */
import { KeptError, toKeptError } from '../../core/errors.js';
import { createYield } from '../../core/slices.js';
import { cutText, toWellFormed } from '../../core/text.js';
import { MAX_CONTACTS_BYTES, looksLikeContacts, readContacts } from '../../imports/contacts/vcard.js';
import { looksLikeMail, looksLikeOutlook, readMail } from '../../imports/mail.js';
import { textOf } from '../../record/reading.js';
import { MAX_MAILBOX_BYTES, looksLikeMailbox, readMailbox } from '../../imports/mailbox.js';
import { MAX_BACKUP_BYTES, looksLikePhoneBackup, readPhoneBackup } from '../../imports/phone_backup.js';
import { looksLikeSavedPage, readSavedPage, MAX_PAGE_BYTES } from '../../imports/saved_pages/saved_page.js';
import { looksLikeWarc, readArchivedPage, readWacz, readWarc, shownTime } from '../../imports/web_archives/archive.js';
import { isWacz, startsLikeWacz } from '../../imports/web_archives/wacz.js';
import { MAX_BILL_BYTES, looksLikeBill, readBill } from '../../imports/phone_bill/bill.js';
import { parsePastedRows } from '../../imports/schedule_paste.js';
import { MAX_TEXT_BYTES, readEntries, baseName, unpack } from '../../imports/unzip.js';
import { looksLikeChat, readChat } from '../../imports/whatsapp.js';
import { billQuestions, planBill } from './imports_bill.js';
import { saveImport } from './imports_keep.js';
import {
  depthOfChat,
  listedConversations,
  placedFiles,
  readOneFile,
  readZippedConversations,
} from './conversation_files.js';
import { planConversation } from './imports_conversations.js';
import { peopleOf, planMailbox } from './imports_mailbox.js';
import { filesByUniqueName } from './imports_media.js';
import { planPage } from './imports_page.js';
import { alikeNow, keepList, openList, putList } from './imports_picture.js';
import { CHANNELS, conversationsOf, planPhoneBackup } from './imports_phone.js';
import { knownConversation, knownSchedules, planChat, planMail } from './imports_plan.js';
import { knownCalls } from './known_calls.js';
import { requireOpenOf } from '../../diary/session/require_open.js';
import { locateFile, openParts } from '../../diary/attachments/reading_files.js';
import { checkSize, fileLimitOf, fileSource, memorySource } from '../../diary/attachments/sources.js';
import type { Contacts } from '../../imports/contacts/vcard.js';
import type { Bill, BillColumns } from '../../imports/phone_bill/bill.js';
import type { Mail } from '../../imports/mail.js';
import type { SavedPage } from '../../imports/saved_pages/saved_page.js';
import type { WebArchive } from '../../imports/web_archives/archive.js';
import type { Mailbox } from '../../imports/mailbox.js';
import type { PhoneBackup } from '../../imports/phone_backup.js';
import type { ZipEntry } from '../../imports/unzip.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Bytes } from '../../core/bytes.js';
import type { Conversations } from './conversation_files.js';
import type { PlannedFile } from './imports_plan.js';
import type { Context, Open, Source } from '../../diary/types.js';
import type { ChatExport } from './imports_plan.js';
import type { PictureList } from '../../diary/attachments/picture_list.js';
import type { ImportAnswers, ImportOptions, ImportPage, ImportPlan, ImportRead } from '../../shell/app.js';

/** `isOutlook`: saved by Outlook, in a form of its own */
type MailFile = { kind: 'mail'; mail: Mail; isOutlook: boolean };
type PageFile = { kind: 'page'; page: SavedPage };
type ArchiveFile = { kind: 'archive'; archive: WebArchive };
/** `file`: the mailbox itself, also where it came in a zip */
type MailboxFile = { kind: 'mailbox'; mailbox: Mailbox; file: Source };
/** `file`: the backup itself, also where it came in a zip */
type PhoneFile = { kind: 'phone'; backup: PhoneBackup; file: Source };
/** `latest`: ms UTC; no message can have a later time */
type ConversationsFile = { kind: 'conversations'; conversations: Conversations; latest: number };
/** `file`: the bill itself, also where it came in a zip */
type BillFile = { kind: 'bill'; bill: Bill; file: Source; latest: number };
type ContactsFile = { kind: 'contacts'; contacts: Contacts };
type ReadFile =
  | ChatExport
  | MailFile
  | PageFile
  | ArchiveFile
  | MailboxFile
  | PhoneFile
  | ConversationsFile
  | BillFile
  | ContactsFile;
/** `limit`: bytes of the largest file that may be added; `archive`: whose page is read, or can be */
type ActiveImport = {
  source: Source;
  title: string;
  limit: number;
  read: ReadFile;
  archive: WebArchive | null;
  planned: PlannedFile[];
  account: string | undefined;
};
type ChosenBurst = { burst: number; narrative: string };

const ZIP_MAGIC = [0x50, 0x4b];
const SNIFF_BYTES = 65_536;
/** Of an address or a title in the list of an archive's pages. */
const MAX_LISTED_LENGTH = 300;
const DAY = 86_400_000;

/** Create the app's import methods. */
export function createImportMethods(ctx: Context) {
  /** Keyed by the open diary, so that a lock discards what was read. */
  const activeImports: WeakMap<Open, ActiveImport> = new WeakMap();
  const requireOpen = requireOpenOf(ctx);
  const requireImport = () => {
    const found = activeImports.get(requireOpen());
    if (!found) throw new KeptError('not_found');
    return found;
  };
  return {
    /** Read a file and return a summary of what it holds. */
    async readImport(file: File, options: ImportOptions = {}) {
      const open = requireOpen();
      const limit = fileLimitOf(open.store.root.account);
      const source = fileSource(file, Number.MAX_SAFE_INTEGER); // of a mailbox only parts are kept
      // Somewhere on earth it is tomorrow already.
      const latest = ctx.clock.now() + DAY;
      const read = await readSource(source, limit, latest, createPause(ctx, options, open));
      const archive = read.kind === 'archive' ? read.archive : null;
      const title = titleOf(file.name);
      activeImports.set(open, { source, title, limit, read, archive, planned: [], account: undefined });
      return summarize(file, read);
    },
    /** Read one page of the archive, which is then what is planned. */
    async readArchivedPage(place: number, options: ImportOptions = {}): Promise<ImportPage> {
      const [open, active] = [requireOpen(), requireImport()];
      const { source, archive } = active;
      if (!archive) throw new KeptError('not_found');
      const wanted = { place, now: ctx.clock.now() };
      const page = await readArchivedPage(source, archive, wanted, createPause(ctx, options, open));
      Object.assign(active, { read: { kind: 'page', page }, planned: [] });
      return { kind: 'page', name: source.name, size: source.size, page };
    },
    /** Return what would be added, given the keeper's answers. Writes nothing. */
    async planImport(answers: ImportAnswers, options: ImportOptions = {}) {
      const [open, active] = [requireOpen(), requireImport()];
      const { planned, view } = await planOf(open, active, answers, createPause(ctx, options, open));
      Object.assign(active, { planned, account: answers.account });
      return view;
    },
    /** Return what a bill leaves open, given its columns. */
    async askAboutBill(columns: BillColumns, options: ImportOptions = {}) {
      const [open, { read }] = [requireOpen(), requireImport()];
      if (read.kind !== 'bill') throw new KeptError('not_found');
      return billQuestions(read.bill, columns, read.latest, createPause(ctx, options, open));
    },
    importRows: (burst: number, from: number, count: number) =>
      (requireImport().planned.flatMap(({ plan }) => plan.bursts)[burst] ?? []).slice(from, from + count),
    /**
     * Save the files of the chosen entries, the entries and, if `media` is set, the files they mention: all or
     * nothing. With no entry chosen, `late` is the reason for changing the existing schedules; then only missing files
     * are added to them.
     */
    async keepImport(
      { chosen, media = false, late = '' }: { chosen: ChosenBurst[]; media?: boolean; late?: string },
      options: ImportOptions = {},
    ) {
      const [open, active] = [requireOpen(), requireImport()];
      const isLate = Boolean(late) && !chosen.length && active.planned.some(({ plan }) => plan.late.length);
      const files = isLate ? active.planned.map((file) => ({ ...file, chosen })) : filesOf(active.planned, chosen);
      if (!files.length) throw new KeptError('nothing_to_save');
      const result = await saveImport(
        ctx,
        open,
        {
          files,
          media: new Map(
            media || isLate ? [...new Set(files.map((file) => file.media))].flatMap((own) => [...own]) : [],
          ),
          late: isLate ? late : '',
          account: active.account,
        },
        createPause(ctx, options, open),
      );
      activeImports.delete(open);
      ctx.show();
      open.syncing.kick();
      return result;
    },
    dropImport() {
      if (ctx.open) activeImports.delete(ctx.open);
    },
    readPasted: parsePastedRows,
    /** Return the list of a picture: as it is being answered, or new from what the phone read. Writes nothing. */
    openPictureList: (attachment: string) => openList(ctx, requireOpen(), attachment),
    alikeInList: (attachment: string, list: PictureList) => alikeNow(requireOpen(), attachment, list),
    putPictureList: (attachment: string, list: PictureList | null) => putList(requireOpen(), attachment, list),
    /** Keep the rows that the keeper took, all or none. */
    async keepPictureList(attachment: string, list: PictureList) {
      const open = requireOpen();
      const kept = await keepList(ctx, open, attachment, list);
      ctx.show();
      open.syncing.kick();
      return kept;
    },
    /** Read the headers of a stored email again, from the bytes as received. */
    readHeaders: async (attachment: string) => {
      const { headers, raw_headers, odd } = await readStoredMail(requireOpen(), attachment);
      return { headers, raw_headers, odd };
    },
    /** Read the messages of a stored email, the ones sent on inside it last. */
    readMailWords: async (attachment: string) => withInside(await readStoredMail(requireOpen(), attachment)),
  };
}

async function planOf(
  open: Open,
  { source, title, limit, read }: ActiveImport,
  answers: ImportAnswers,
  pause: Pause,
): Promise<{ planned: PlannedFile[]; view: ImportPlan }> {
  if (read.kind === 'chat') {
    const plan = await planChat(open, { ...read, title }, answers, pause);
    return { planned: [{ source, title, plan, media: read.media }], view: plan.summaryView };
  }
  if (read.kind === 'phone') {
    const { kind } = read.backup;
    const known = kind === 'calls' ? await knownCalls(open) : { bills: [], others: await knownTexts(open) };
    const { planned, ...counts } = await planPhoneBackup(known, { ...read, source: read.file, limit }, answers, pause);
    return { planned, view: viewOf(planned, counts, answers) };
  }
  if (read.kind === 'bill') {
    const known = await knownCalls(open);
    const { planned, ...counts } = await planBill(known, { ...read, source: read.file, limit }, answers, pause);
    return { planned, view: viewOf(planned, counts, answers) };
  }
  if (read.kind === 'conversations') {
    const digestOfHeld = (attachment: string) => receivedDigest(open, attachment);
    const known = async (app: string, id: string, chat: string) => ({
      lists: await knownConversation(open, app, id, chat),
      digestOfHeld,
    });
    const { planned, ...counts } = await planConversation(known, { ...read, source, limit }, answers, pause);
    return { planned, view: viewOf(planned, counts, answers) };
  }
  if (read.kind === 'page') {
    const plan = await planPage(open, { source, page: read.page }, answers.tz, pause);
    return { planned: [{ source, title, plan, media: new Map() }], view: plan.summaryView };
  }
  if (read.kind === 'contacts' || read.kind === 'archive') throw new KeptError('not_found');
  const known = (await knownSchedules(open, 'email')).map(({ rows }) => rows);
  if (read.kind === 'mail') {
    const plan = await planMail(known, read.mail, answers, read.isOutlook, pause);
    return { planned: [{ source, title, plan, media: new Map() }], view: plan.summaryView };
  }
  const { file, mailbox } = read;
  const { planned, ...counts } = await planMailbox(known, { source: file, mailbox, limit }, answers, pause);
  return { planned, view: viewOf(planned, counts, answers) };
}

/** Return the SHA-256 of a file of the diary; undefined for one that was erased. */
async function receivedDigest(open: Open, attachment: string): Promise<string | undefined> {
  const newest = await open.book.newest(attachment).catch(() => null);
  return newest?.kind === 'attachment' ? textOf(newest.fields, 'sha256') || undefined : undefined;
}

/** Return what the screen shows of several planned files. */
function viewOf(
  planned: readonly PlannedFile[],
  counts: Pick<ImportPlan & { counts: null }, 'drafts' | 'mended' | 'notices' | 'alike' | 'texts'> & {
    known: number;
    unread: number[];
    files?: number;
  },
  { tz }: ImportAnswers,
): ImportPlan {
  const views = planned.map(({ plan }) => plan.summaryView);
  const { files = 0, ...rest } = counts;
  return {
    counts: null,
    ...rest,
    files: { with: files },
    fresh: views.reduce((sum, { fresh }) => sum + fresh, 0),
    bursts: views.flatMap(({ bursts }) => bursts).map((burst, index) => ({ ...burst, index })),
    tz,
  };
}

const knownTexts = async (open: Open) => (await knownSchedules(open, CHANNELS.messages)).flatMap(({ rows }) => rows);

/** Return the planned files with the chosen entries, numbered within their file; without those of which none is. */
function filesOf(planned: readonly PlannedFile[], chosen: readonly ChosenBurst[]) {
  const narratives = new Map(chosen.map(({ burst, narrative }) => [burst, narrative]));
  let place = 0;
  return planned
    .map((file) => ({
      ...file,
      chosen: file.plan.bursts.flatMap((_, burst) => {
        const narrative = narratives.get(place++);
        return narrative === undefined ? [] : [{ burst, narrative }];
      }),
    }))
    .filter((file) => file.chosen.length);
}

/**
 * Create a pause function for long work: it lets the screen redraw and reports progress.
 * The pause throws cancelled when the user stops the work, and locked when the diary was locked.
 */
function createPause(ctx: Context, { onProgress = () => undefined, signal }: ImportOptions, open: Open): Pause {
  const yieldThread = createYield(ctx);
  return async (done, total) => {
    await yieldThread(() => onProgress(done, total));
    if (signal?.stopped) throw new KeptError('cancelled');
    if (ctx.open !== open) throw new KeptError('locked');
  };
}

/**
 * Detect the file's format and parse it.
 * @param latest ms UTC; no message can have a later time
 * @throws import_wrong, import_no_chat, import_too_many and the errors of unzip
 */
async function readSource(source: Source, limit: number, latest: number, pause: Pause): Promise<ReadFile> {
  const head = await source.read(0, Math.min(SNIFF_BYTES, source.size));
  const several = await readSeveral(source, head, latest, pause);
  if (several) return several;
  if (head[0] === ZIP_MAGIC[0] && head[1] === ZIP_MAGIC[1]) {
    const entries = await entriesOf(source, head);
    if (!isWacz(entries)) return readZip(source, entries, limit, latest, pause);
    checkSize(source.size, limit);
    return { kind: 'archive', archive: await readWacz(source, entries, pause) };
  }
  if (await looksLikeWarc(head)) {
    checkSize(source.size, limit);
    return { kind: 'archive', archive: await readWarc(source, pause) };
  }
  if (looksLikeContacts(head)) return readContactsFile(source, pause);
  const conversations = await readOneFile(source, head, latest, pause);
  if (conversations) return { kind: 'conversations', conversations, latest };
  checkSize(source.size, limit);
  if (looksLikeSavedPage(head)) {
    if (source.size > MAX_PAGE_BYTES) throw new KeptError('page_large');
    return { kind: 'page', page: readSavedPage(await readWhole(source, pause), latest - DAY) };
  }
  if (looksLikeOutlook(head) || looksLikeMail(head))
    return {
      kind: 'mail',
      mail: await readMail(await readWhole(source, pause)),
      isOutlook: looksLikeOutlook(head),
    };
  if (looksLikeBill(head, latest)) return readBillFile(source, latest, pause);
  if (source.size > MAX_TEXT_BYTES) throw new KeptError('import_wrong');
  return parseChat(await readWhole(source, pause), new Map(), latest, pause, 'import_wrong');
}

/**
 * Read a file with messages of many people, of which only one's are kept; null for another file.
 * @throws import_too_many
 */
async function readSeveral(
  file: Source,
  head: Uint8Array,
  latest: number,
  pause: Pause,
): Promise<MailboxFile | PhoneFile | null> {
  if (looksLikeMailbox(head)) {
    if (file.size > MAX_MAILBOX_BYTES) throw new KeptError('import_too_many');
    return { kind: 'mailbox', mailbox: await readMailbox(file, pause), file };
  }
  if (!looksLikePhoneBackup(head)) return null;
  if (file.size > MAX_BACKUP_BYTES) throw new KeptError('import_too_many');
  return { kind: 'phone', backup: await readPhoneBackup(file, latest, pause), file };
}

async function readContactsFile(file: Source, pause: Pause): Promise<ContactsFile> {
  if (file.size > MAX_CONTACTS_BYTES) throw new KeptError('import_too_many');
  return { kind: 'contacts', contacts: await readContacts(await readWhole(file, pause), pause) };
}

async function readBillFile(file: Source, latest: number, pause: Pause): Promise<BillFile> {
  if (file.size > MAX_BILL_BYTES) throw new KeptError('import_too_many');
  return { kind: 'bill', bill: await readBill(await readWhole(file, pause), latest, pause), file, latest };
}

/** Return the entries of a zip. What is wrong with a web archive is said in other words than of a chat. */
async function entriesOf(source: Source, head: Uint8Array): Promise<ZipEntry[]> {
  try {
    return await readEntries(source);
  } catch (error) {
    const { code } = toKeptError(error);
    if (!startsLikeWacz(head) || !/^zip_/.test(code)) throw error;
    throw new KeptError(
      code === 'zip_half' ? 'archive_half' : code === 'zip_too_much' ? 'archive_large' : 'archive_damaged',
    );
  }
}

async function readZip(
  source: Source,
  all: readonly ZipEntry[],
  limit: number,
  latest: number,
  pause: Pause,
): Promise<ReadFile> {
  const entries = all.filter(({ name }) => !/^__MACOSX\//.test(name));
  const texts = entries.filter(({ name }) => /\.txt$/i.test(name));
  const whatsappTexts = texts.filter(({ name }) => /^_chat\.txt$|whatsapp/i.test(baseName(name)));
  const [entry] = (whatsappTexts.length ? whatsappTexts : texts).sort((a, b) => b.size - a.size);
  const mailboxes = entries.filter(({ name }) => /\.mbox$/i.test(name));
  const placed = placedFiles(entries, depthOfChat(whatsappTexts));
  const download = placed ? await readZippedConversations(source, entries, placed, latest, pause) : null;
  if (download) return { kind: 'conversations', conversations: download, latest };
  const several = mailboxes.length ? mailboxes : entries.filter(({ name }) => /\.xml$/i.test(name));
  if (several.length && !whatsappTexts.length) {
    const read = await readZipped(source, several, latest, pause);
    if (read) return read;
  }
  const conversations = whatsappTexts.length
    ? null
    : await readZippedConversations(source, entries, null, latest, pause);
  if (conversations) return { kind: 'conversations', conversations, latest };
  const tables = entry ? [] : entries.filter(({ name }) => /\.csv$/i.test(name));
  if (tables.length) return readZippedBill(source, tables, latest, pause);
  if (!entry) throw new KeptError('import_no_chat');
  checkSize(source.size, limit);
  const media = filesByUniqueName(
    source,
    entries.filter((other) => other !== entry).map((other) => ({ name: baseName(other.name), entry: other })),
  );
  return parseChat(await unpack(source, entry, { pause }), media, latest, pause, 'import_no_chat');
}

/**
 * Google's download is a zip with a mailbox in it, or with one for each label. Backups of phones come in a zip too.
 * @returns null for another file
 * @throws import_unpack_first
 */
async function readZipped(source: Source, entries: ZipEntry[], latest: number, pause: Pause) {
  const { file, head } = await unpackOnly(source, entries, pause);
  return readSeveral(file, head, latest, pause);
}

async function readZippedBill(source: Source, entries: ZipEntry[], latest: number, pause: Pause): Promise<BillFile> {
  const { file, head } = await unpackOnly(source, entries, pause);
  if (!looksLikeBill(head, latest)) throw new KeptError('import_no_chat');
  return readBillFile(file, latest, pause);
}

/** @throws import_unpack_first for more than one file, or one that is too large to be unpacked in memory */
async function unpackOnly(source: Source, entries: ZipEntry[], pause: Pause): Promise<{ file: Source; head: Bytes }> {
  const [entry, another] = entries as [ZipEntry, ZipEntry?];
  if (another || entry.size > MAX_TEXT_BYTES) throw new KeptError('import_unpack_first');
  const bytes = (await unpack(source, entry, { pause })) as Bytes;
  const file = { ...memorySource(bytes, ''), name: toWellFormed(baseName(entry.name)) };
  return { file, head: bytes.subarray(0, SNIFF_BYTES) };
}

/**
 * Parse a chat export.
 * @param latest ms UTC; no message can have a later time
 * @param errorCode thrown when the text is not a chat
 */
async function parseChat(
  bytes: Uint8Array,
  media: ChatExport['media'],
  latest: number,
  pause: Pause,
  errorCode: string,
): Promise<ChatExport> {
  const { text, lenient } = decodeText(bytes);
  if (!looksLikeChat(text)) throw new KeptError(errorCode);
  const chat = await readChat(text, pause, new Date(latest).toISOString().slice(0, 10));
  if (!chat.messages.length) throw new KeptError(errorCode);
  return { kind: 'chat', chat, media, lenient };
}

/** Decode the text. Exports are UTF-8; a file saved again on a computer may be UTF-16. */
function decodeText(bytes: Uint8Array) {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  if (utf16) return { text: new TextDecoder(utf16).decode(bytes), lenient: false };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), lenient: false };
  } catch {
    return { text: new TextDecoder('utf-8').decode(bytes), lenient: true };
  }
}

async function readWhole(source: Source, pause: Pause) {
  const bytes = new Uint8Array(source.size);
  const step = 1_000_000;
  for (let from = 0; from < source.size; from += step) {
    bytes.set(await source.read(from, Math.min(source.size, from + step)), from);
    await pause(from, source.size);
  }
  return bytes;
}

/** `WhatsApp Chat with Sam (1).zip` → `WhatsApp Chat with Sam` */
function titleOf(name: string) {
  return baseName(name)
    .replace(/\.(?:zip|wacz|warc(?:\.gz)?|txt|eml|msg|mhtml?|html?|mbox|xml|jsonl?|csv)$/i, '')
    .replace(/ ?\(\d+\)$/, '')
    .slice(0, 200);
}

function summarize(file: File, read: ReadFile): ImportRead {
  const base = { name: file.name, size: file.size };
  if (read.kind === 'mail') return { ...base, kind: 'mail', mail: read.mail };
  if (read.kind === 'page') return { ...base, kind: 'page', page: read.page };
  if (read.kind === 'archive') {
    const { pages, unread, parts } = read.archive;
    const listed = pages.map(({ address, title, at }) => ({
      address: cutText(address, MAX_LISTED_LENGTH),
      title: cutText(title, MAX_LISTED_LENGTH),
      at: cutText(shownTime(at), MAX_LISTED_LENGTH),
    }));
    return { ...base, kind: 'archive', pages: listed, unread, parts };
  }
  if (read.kind === 'mailbox')
    return { ...base, kind: 'mailbox', messages: read.mailbox.messages.length, people: peopleOf(read.mailbox) };
  if (read.kind === 'phone') {
    const { kind, items, cutOff } = read.backup;
    return {
      ...base,
      kind: 'phone',
      holds: kind,
      messages: items.length,
      cutOff,
      people: conversationsOf(read.backup),
    };
  }
  if (read.kind === 'contacts') return { ...base, kind: 'contacts', ...read.contacts };
  if (read.kind === 'bill') {
    const { columns, proposed, calls } = read.bill;
    return { ...base, kind: 'bill', messages: calls.length, columns, proposed };
  }
  if (read.kind === 'conversations') {
    const { app, damaged, list, dates } = read.conversations;
    return {
      ...base,
      kind: 'conversations',
      messages: list.reduce((sum, { messages }) => sum + messages, 0),
      app,
      damaged,
      cutOff: list.some(({ cutOff }) => cutOff),
      conversations: listedConversations(read.conversations),
      dates,
    };
  }
  const { chat } = read;
  return {
    ...base,
    kind: 'chat',
    lines: chat.lines,
    messages: chat.messages.length,
    senders: chat.senders.slice(0, 300),
    orders: chat.orders,
    example: chat.example,
    lenient: read.lenient,
    files: read.media.size,
  };
}

function withInside(mail: Mail): Mail[] {
  return [mail, ...mail.inside.flatMap(withInside)];
}

async function readStoredMail(open: Open, attachment: string): Promise<Mail> {
  const file = await locateFile(open, attachment, 'received', []);
  if (!file || file.size > 64 * 1024 * 1024) throw new KeptError('not_found');
  const bytes = new Uint8Array(file.size);
  let at = 0;
  for await (const piece of openParts(open, file)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return readMail(bytes);
}
