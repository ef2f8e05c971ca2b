/** The methods of the app that the screens call (static/js/app/app.js makes it), and the types of what they show. */
import type { KeptList, OpenedList, PictureList } from '../diary/attachments/picture_list.js';
import type { PictureWords } from '../diary/attachments/picture_queue.js';
import type { AdvocateApp } from './advocate_types.js';
import type { Agreement } from '../diary/session/confirming.js';
import type { StoredCode, WitnessList } from '../diary/sharing/witnesses.js';
import type { Chronology } from '../pack/chronology/chronology.js';
import type { Patterns } from '../record/patterns/patterns.js';
import type { Timeline } from '../record/patterns/timeline.js';
import type { AdviceSource } from '../record/safety_advice.js';
import type { Picked } from '../record/times.js';
import type { TimeFormat as ChronologySay } from '../pack/chronology/cells.js';
import type {
  AssistedAnswer,
  Attachment,
  Coming,
  EntryState,
  Fields,
  UnsavedText,
  Note,
  Occurred,
  Row as DiaryRow,
  State as DiaryState,
  PendingErasure,
  AssistedEntry,
  DeskFile,
  SittingCheck,
  SittingRead,
  SittingSource,
  SittingStart,
} from '../diary/types.js';
import type { Mail } from '../imports/mail.js';
import type { Contacts } from '../imports/contacts/vcard.js';
import type { Bill, BillColumns } from '../imports/phone_bill/bill.js';
import type { DateOrder } from '../imports/phone_bill/cells.js';
import type { SavedPage } from '../imports/saved_pages/saved_page.js';
import type { PartsCheck } from '../imports/web_archives/wacz.js';
import type { Chat, Counts } from '../imports/whatsapp.js';
import type { BurstTotals, MessageRow as Message } from '../record/schedule.js';

/** The time chosen on screen. */
export type ChosenTime = { chip: string | null; picked: Picked | null };

export type { UnsavedText, Fields, EntryState, Attachment, Coming, Occurred, PendingErasure, Note };
/** The value of one field: JSON, described by record/vocabulary/rules_table.js. */
export type Value = Fields[string];
export type {
  PendingQuestion,
  GrantView,
  GrantListView,
  RecordMark,
  CheckedAdvocate,
  StoredQuestion,
  RecordViewer,
} from './advocate_types.js';
export type Trouble = { code: string; sentence: string; act?: { label: string; do: () => unknown } | null };
/** One file with everything stored about it. */
export type AttachmentRead = Attachment & {
  fields: Fields;
  restricted: Fields;
  taken_out: number | null;
  out_reason: string;
  two: boolean;
  at: number;
  versions: RecordStep[];
  entries: { record: string; seq_no: number | null; title: string }[];
  draft: boolean;
  custody: { at: number; actor: string; action: string; detail?: string }[];
};
/** `T` with some members optional, which the desk leaves out. */
type WithOptional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;
export type Row = WithOptional<
  DiaryRow,
  'received_at' | 'amendments' | 'flags' | 'taken_out' | 'erased' | 'f' | 'links' | 'shots' | 'bare' | 'helped'
>;
export type FieldChange = { field: string; old: unknown; new: unknown };
export type VersionShown = {
  version: string;
  at: number;
  kind: 'first' | 'addition' | 'amendment' | 'taken_out' | 'put_back' | 'merged';
  /** on which device; '' on an advocate's page, which does not know */
  by: 'this' | 'other' | 'borrowed' | '';
  reason: string | null;
  changes: FieldChange[];
  fields?: Fields;
  altered?: boolean;
  kept_at?: number | null;
  listed?: boolean;
  /** the server answered, and this browser could not check its receipt */
  unproved?: boolean;
};
/** One of two versions that two devices wrote at the same time. */
export type ConcurrentVersion = {
  version: string;
  at: number;
  here: boolean;
  taken_out: boolean;
  fields: Fields;
  restricted: Fields;
};
export type CapturedFile = {
  attachment: string;
  name: string;
  kind: string;
  size: number;
  sha256: string;
  magic: string;
  at?: number;
  same?: boolean;
};
export type Entry = {
  record: string;
  seq_no: number | null;
  fields: Fields;
  restricted: Fields;
  attachments: Attachment[];
  note: string;
  state: EntryState;
  versions: VersionShown[];
  /** Typed in a card and not saved yet. */
  unsaved?: { fields: Fields; restricted: Fields; note?: string } | null;
  /** The text or the time, changed and not saved yet. */
  half?: UnsavedText | null;
  taken_out?: number | null;
  ends?: ConcurrentVersion[];
  erasing?: PendingErasure | null;
  flags?: string[];
  files_out?: { attachment: string; name: string; at: number; removed?: boolean }[];
  given?: { who: string; at: number; pack_no: number | null }[];
};
export type State = WithOptional<
  Omit<DiaryState, 'entries' | 'removed'>,
  'erasing' | 'picture' | 'arrival' | 'capture' | 'showing' | 'notebook' | 'look'
> & { entries: Row[]; removed?: Row[] };
export type Skin = { skin: 'notes' | 'lists'; opens: 'lock' | 'straight' };
export type LockSettings = { cover: boolean; short: boolean; locking: { hidden: number; idle: number } };
export type ShownBlock = { title: string; lines: { text: string; lang?: string }[]; picture?: string; url?: string };
export type ShownSection = { title: string; blocks: ShownBlock[] };
export type PackSummary = {
  entries: number;
  additions: number;
  amendments: number;
  pictures: number;
  files: number;
  /** the pictures and files that follow where the pack is made of words only */
  files_later: number;
  bytes: number;
  withheld: number;
  removed: number;
  unlooked: number;
  restricted_words: number;
  intimate: number;
  /** what the keeper holds and did not choose; private notes are not counted */
  left_out: { entries: number; files: number; records: number };
  groups: string[][];
  /** Entries that the keeper marked to be read first, at most ten. */
  marked: string[];
  /** The versions that were counted; passed back unchanged, since a pack contains nothing else. */
  looked: string[];
};
export type PictureDecision = 'fine' | 'hold' | 'covered' | 'out' | 'private';
export type MailWords = Pick<Mail, 'from' | 'to' | 'subject' | 'sent' | 'text' | 'files'>;
export type ReviewPicture = {
  attachment: string;
  record: string;
  name: string;
  kind: 'picture' | 'film' | 'letter' | 'mail';
  place: boolean;
  decision: PictureDecision | null;
  /** what of the file a page would print; passed back with a decision */
  printed: string;
};
export type FlaggedWords = {
  id: string;
  why: 'apart' | 'postcode' | 'number';
  found: string;
  record: string;
  kind: string;
  answered: boolean;
  /** the newest version no longer has them; the pack prints the earlier ones too */
  isEarlier?: boolean;
};
export type PackReview = {
  pictures: ReviewPicture[];
  words: FlaggedWords[];
  places: { attachment: string; record: string; name: string }[];
  intimate: number;
  /** where safety advice is given; `names` by subject, `places` by place */
  advice: {
    sources: AdviceSource[];
    places: Record<string, { record: string; at: number | null }>;
    names: Record<string, string>;
  };
};
export type PackWays = { registered: boolean; high_risk: boolean; server: boolean; offline: boolean };
export type SharedExport = {
  record: string;
  fields: Fields;
  restricted: Fields;
  label: string;
  twin: boolean;
  at: number;
};
export type MadePack = {
  file: Blob | null;
  files?: { name: string; file: Blob }[];
  name: string;
  no: number;
  /** the six groups of digits that people compare */
  numbers: string;
  record: string;
  size: number;
  /** what has words that the server could not print: entries, files and other records by label (`7`, `JB/3`) */
  unprinted?: string[];
  /** whether it has one plain HTML page instead of laid-out pages */
  isPlain?: boolean;
};
export type Say = ChronologySay;
export type ChaseItem = {
  key: string;
  what: 'wipe' | 'asked' | 'update' | 'order' | 'download';
  due: string | null;
  record: string;
  kind: string;
  fields: Fields;
  seq_no: number | null;
  detail: Fields;
  done_at: number | null;
};
export type Mention = {
  record: string;
  kind: string;
  seq_no: number | null;
  title: string;
  fields: Fields;
  at: number;
  how: string[];
  terms: string[];
};
/** A record of any kind except an entry: see diary/records/records.js. */
export type KeptRecord = {
  record: string;
  kind: string;
  fields: Fields;
  restricted: Fields;
  taken_out: number | null;
  out_reason: string;
  two: boolean;
  at: number;
  versions: number;
};
/**
 * `ends`: the newest version of each device, more than one where two wrote at the same time; `together`: a proposal
 * that merges both.
 */
export type WholeRecord = Omit<KeptRecord, 'versions'> & {
  versions: RecordStep[];
  ends: { version: string; at: number; here: boolean; fields: Fields; restricted: Fields }[];
  together: { fields: Fields; restricted: Fields };
};
export type RecordStep = {
  version: string;
  at: number;
  kind: 'first' | 'addition' | 'amendment' | 'taken_out' | 'put_back';
  by: 'this' | 'other';
  reason: string | null;
  changes: FieldChange[];
  fields: Fields;
  altered: boolean;
};
/** The name of a record of another kind. */
export type RecordName = { kind: string; fields: Fields; name: string };
/** A person, with the code that replaces the name. */
export type Person = KeptRecord & { code: string; root: string };
export type Settings = { fields: Fields; restricted: Fields };
/** What can be shown to somebody; `first`: the entry asked for, or the newest. */
export type Showable = {
  entries: { record: string; seq_no: number | null; fields: Fields; restricted: Fields }[];
  first: string | null;
  picked: string[];
  count: number;
  since: number | null;
  people: Person[];
  accounts: KeptRecord[];
  vehicles: KeptRecord[];
  orders: KeptRecord[];
  reports: KeptRecord[];
  settings: Settings;
  /** by order; `safe`: looked at, and it does not show where the keeper lives */
  pictures: Record<string, { attachment: string; safe: boolean }>;
};
/** The facts of a quick report; the screen makes the sentences. */
export type QuickFacts = {
  newest: { record: string; seq_no: number | null; fields: Fields }[];
  counts: Patterns;
  /** of entries, by record */
  numbers: Record<string, number | null>;
  records: string[];
  settings: Settings;
  people: Person[];
  accounts: KeptRecord[];
  vehicles: KeptRecord[];
  orders: KeptRecord[];
  notices: KeptRecord[];
  impacts: KeptRecord[];
  reports: KeptRecord[];
  cameras: { record: string; kind: string; holder: string; due: string }[];
  afraid: string[];
  pictures: number;
};
/** How an import reports its progress, and how it is stopped. */
export type ImportOptions = { onProgress?: (done: number, total: number) => void; signal?: { stopped: boolean } };
/** The contents of a file chosen for an import. For an email the user is asked about neither date order nor files. */
export type ImportChat = Pick<Chat, 'lines' | 'senders' | 'orders' | 'example'> & {
  kind: 'chat';
  name: string;
  size: number;
  messages: number;
  lenient: boolean;
  files: number;
};
export type ImportMail = {
  kind: 'mail';
  name: string;
  size: number;
  mail: Mail;
  orders?: undefined;
  files?: undefined;
};
export type ImportPage = {
  kind: 'page';
  name: string;
  size: number;
  page: SavedPage;
  orders?: undefined;
  files?: undefined;
};
/** A page of a web archive. `at`: as the file says */
export type ArchivedPage = { address: string; title: string; at: string };
/** `unread`: lines of its lists that are no page; `parts`: null for a file without a list of its parts */
export type ImportArchive = {
  kind: 'archive';
  name: string;
  size: number;
  pages: ArchivedPage[];
  unread: number;
  parts: PartsCheck | null;
  orders?: undefined;
  files?: undefined;
};
export type MailboxPerson = { address: string; name: string; from: number; to: number };
export type ImportMailbox = {
  kind: 'mailbox';
  name: string;
  size: number;
  messages: number;
  people: MailboxPerson[];
  orders?: undefined;
  files?: undefined;
};
/** `key`: chooses them; `numbers`: as written, none if the phone showed none; `name`: in the phone's contacts */
export type PhonePerson = { key: string; numbers: string[]; name: string; from: number; to: number };
/** `cutOff`: the end of the file is missing */
export type ImportPhone = {
  kind: 'phone';
  holds: 'messages' | 'calls';
  name: string;
  size: number;
  messages: number;
  cutOff: boolean;
  people: PhonePerson[];
  orders?: undefined;
  files?: undefined;
};
export type ConversationApp =
  | 'instagram'
  | 'messenger'
  | 'telegram'
  | 'snapchat'
  | 'tiktok'
  | 'discord'
  | 'signal'
  | 'imessage';
/** In which orders the days of a file without zones can be read, none of another file; one that is two days. */
export type ConversationDates = Pick<BillQuestions, 'orders' | 'example'>;
/** `id`: chooses it; `people`: their names; `senders`: messages by name */
export type ListedConversation = {
  id: string;
  title: string;
  people: string[];
  senders: [string, number][];
  messages: number;
};
/** `app`: null if the download does not say; `damaged`: files that cannot be used; `cutOff`: a file lacks its end */
export type ImportConversations = {
  kind: 'conversations';
  name: string;
  size: number;
  messages: number;
  app: ConversationApp | null;
  damaged: string[];
  cutOff: boolean;
  conversations: ListedConversation[];
  dates: ConversationDates;
  orders?: undefined;
  files?: undefined;
};
/** `columns`: with some of their values; `proposed`: what they seem to be; `messages`: lines after their names */
export type ImportBill = {
  kind: 'bill';
  name: string;
  size: number;
  messages: number;
  columns: Bill['columns'];
  proposed: BillColumns;
  orders?: undefined;
  files?: undefined;
};
/**
 * What a bill leaves open once its columns are known. `example`: a date of it, with the day in each order; `length`: a
 * length that can be read in two ways, '' if none can; `isWayWritten`: a column says which way a call went
 */
export type BillQuestions = {
  orders: DateOrder[];
  example: { written: string; days: [DateOrder, string][] } | null;
  length: string;
  isWayWritten: boolean;
  people: (PhonePerson & { calls: number })[];
};
/** Contacts are not planned: each value is added to the register of accounts by itself. */
export type ImportContacts = Contacts & {
  kind: 'contacts';
  name: string;
  size: number;
  orders?: undefined;
  files?: undefined;
};
export type ImportRead =
  | ImportChat
  | ImportMail
  | ImportPage
  | ImportArchive
  | ImportMailbox
  | ImportPhone
  | ImportConversations
  | ImportBill
  | ImportContacts;
/** The answers that an import needs; `me`: null for none of the senders. */
export type ImportAnswers = {
  order?: 'dmy' | 'mdy' | 'ymd';
  tz: string;
  me?: string | null;
  gap?: number;
  direction?: 'in' | 'out' | 'unknown';
  /** an address of a mailbox, the key of somebody in a backup, the id of a conversation, or the place of a contact */
  person?: string | undefined;
  /** only where the download does not say */
  app?: ConversationApp;
  /** whose account or phone the file is from: a code of `source_accounts` */
  account?: string;
  /** of a bill: what its columns are, which way its calls went, and what its lengths are in */
  columns?: BillColumns;
  way?: 'out' | 'in' | 'both';
  lengths?: 'small' | 'large' | 'unsure';
  /** add calls that look like ones the diary has */
  alike?: boolean;
};
/** One proposed entry. */
export type ImportBurst = {
  index: number;
  amount: BurstTotals | null;
  date: string;
  words: string;
  narrative: string;
  preview: string;
  count: number;
  skipped: boolean;
};
/** What an import would add, as the screen shows it. */
type ImportProposal = { known: number; fresh: number; tz: string; bursts: ImportBurst[] };
export type ImportChatPlan = ImportProposal & {
  counts: Counts;
  /** files of messages that the diary has without their files */
  late: { files: number; entries: number };
  changed: { before: Value; now: string; at: string }[];
  changed_count: number;
  unplaced: Chat['unplaced'];
  unplaced_count: number;
  notices: Chat['notices'];
  notices_count: number;
  unlike: number[];
  unlike_count: number;
  earlier: number[];
  earlier_count: number;
  hours: { first: number; second: number; skipped: number };
  files: { with: number; missing: number; left_out: number };
  lenient: boolean;
  gap: number;
  order: string;
};
/**
 * `unread`: the places in a file, from 1, of messages that could not be read; `drafts`: that were never sent;
 * `mended`: messages whose letters the file has wrong; `notices`: lines that the app wrote, which are left out
 */
export type ImportPlan =
  | ImportChatPlan
  | (ImportProposal & {
      counts: null;
      unread?: number[];
      drafts?: number;
      mended?: number;
      notices?: number;
      /** calls that look like ones the diary has; texts and uses of data on a bill */
      alike?: number;
      texts?: number;
      late?: undefined;
      files?: { with: number };
    });
/** `again`: was in the diary already */
export type ImportResult = {
  entries: string[];
  rows: number;
  attachment: string;
  again: boolean;
  files: { added: number; again: number; failed: string[] };
};
/** The parts of an entry's message schedule, and its unsaved typing. */
export type Schedule = { parts: WholeRecord[]; draft: Fields | null };
export type PackSelection = {
  from: number | null;
  to: number | null;
  records: string[] | null;
  intimate?: boolean;
  /** words only: pictures and files follow in a later pack */
  filesLater?: boolean;
  items?: string[];
  /** what the pack will be */
  kind?: string;
};
/**
 * A pack left for a recipient with eight words; `words` only on the phone that made it, and only while it is
 * available.
 */
export type Handover = {
  handover: string;
  made_at: number;
  expires_at: number;
  ended_at: number | null;
  openings: number[];
  openings_most: number;
  size: number;
  known: boolean;
  name: string;
  record: string | null;
  to?: string;
};
export type HandedOver = {
  handover: string;
  words: string;
  name: string;
  address: string;
  expires_at: number;
  openings_most: number;
};
export type Session = { session: string; device_name: string; created_at: number; seen_at: number; here: boolean };
export type Usage = {
  used_bytes: number;
  quota_bytes: number;
  phone_bytes: number | null;
  room_bytes: number | null;
  waiting: { files: number; bytes: number };
  light: boolean;
  light_chosen: 'auto' | 'on' | 'off';
  sending: 'now' | 'wifi' | 'ask';
  wifi_known: boolean;
};
/** This phone's summary of the diary, for two people to compare. */
export type DiaryAccount = { entries: number; at: number; code: string };
export type ProgressStep = { step: string; done: number; total: number };

export interface App extends AdvocateApp {
  state: State;
  subscribe(listener: () => void): () => void;
  start(): Promise<unknown>;
  /** Fetch everything behind the door; resolve when it is there. Absent where it always has been there. */
  ready?(): Promise<unknown>;
  /** The same promise, for callers that wait and must not start it. */
  here?: Promise<unknown>;
  suggestWords(): Promise<string>;
  /** Return the public list that words are suggested from. */
  wordList?(): Promise<readonly string[]>;
  checkWords?(text: string): Promise<{ ok: boolean; why: string | null }>;
  checkCode(text: string): Promise<boolean>;
  enrolHere(words: string): Promise<unknown>;
  unlock(words: string): Promise<unknown>;
  lock(cause: string): Promise<unknown>;
  quickExit(): unknown;
  /** Clear what the server has; never ask, never refuse. */
  panicClear?(): unknown;
  notePut?(id: string, text: string): unknown;
  noteDrop?(id: string): Promise<unknown>;
  /** Show the lock, from the notebook. */
  askLock?(): Promise<unknown>;
  readLocking?(): Promise<LockSettings>;
  /** Set words for the notebook alone, on a phone that holds no diary. */
  onlyNotebook?(words: string, look: Skin): Promise<unknown>;
  setCover?(words: string): Promise<unknown>;
  dropCover?(): Promise<unknown>;
  setShort?(secret: string, words: string): Promise<unknown>;
  dropShort?(): Promise<unknown>;
  chooseLocking?(input: { hidden?: number; idle?: number }): Promise<unknown>;
  chooseLook?(input: Partial<Skin>): Promise<unknown>;
  exitSaid?(): Promise<unknown>;
  touch(): unknown;
  signIn(credentials: { login: string; words: string }): Promise<unknown>;
  signInWithCode(credentials: { login: string; code: string; newWords: string }): Promise<unknown>;
  asksInvite(): Promise<boolean>;
  register(credentials: { words: string; invite?: string }): Promise<{ login: string }>;
  makeCode(credentials?: { words?: string }): Promise<{ login: string; words12: string[]; crockford: string }>;
  confirmCode(text: string): Promise<unknown>;
  later(task: 'recovery'): Promise<unknown>;
  signOut(): Promise<unknown>;
  /** Change the words; the keys stay. */
  changeWords(input: { words: string; newWords: string }): Promise<unknown>;
  /** Change the words and every key; nothing from before opens what comes after. */
  renewKeys(input: {
    words: string;
    newWords: string;
    code?: string;
    onProgress?: (done: number, total: number) => void;
  }): Promise<unknown>;
  renewOn(input: {
    newWords: string;
    code?: string;
    onProgress?: (done: number, total: number) => void;
  }): Promise<unknown>;
  giveUpKeys(): Promise<unknown>;
  catchUp(input: { words: string }): Promise<unknown>;
  endOthers(credentials: { words: string }): Promise<unknown>;
  accessLog(credentials: { words: string }): Promise<{ at: number; device_name: string; what: string }[]>;
  renameDevice(name: string): Promise<unknown>;
  knowSignIns(count: number): Promise<unknown>;
  knowReturned(): Promise<unknown>;
  acceptWitnessList(): Promise<unknown>;
  setHighRisk(isOn: boolean): Promise<unknown>;
  installOffline(): unknown;
  newDraft(): unknown;
  putDraft(change: { fields?: Fields; restricted?: Fields }): unknown;
  dropDraft(): Promise<unknown>;
  putWords?(record: string, half: UnsavedText | null): unknown;
  putCard?(record: string, unsaved: { fields: Fields; restricted: Fields; note?: string }): unknown;
  restrictedWords?(): string[];
  /** Return the settings, with what the officer's page and the keeper's own words said in the last pack. */
  readSettings?(): Promise<Settings>;
  saveIncident(input: {
    record: string | null;
    fields: Fields;
    restricted: Fields;
    reason?: string;
  }): Promise<{ record: string }>;
  needsReason(record: string, change: { fields: Fields; restricted: Fields }): boolean | Promise<boolean>;
  readIncident(record: string): Promise<Entry>;
  /** Merge two versions of one entry: every field as the keeper wants it. */
  bringTogether?(
    record: string,
    merged: { looked: string[]; fields: Fields; restricted: Fields; reason: string },
  ): Promise<unknown>;
  attribute?(input: {
    records: string[];
    actor_ids: string[];
    replace: boolean;
    attribution_basis: string[];
    reason: string;
  }): Promise<{ changed: number }>;
  askErasing?(record: string, credentials: { words: string }): Promise<{ due_at: number }>;
  stopErasing?(record: string): Promise<unknown>;
  finishErasing?(record: string, credentials: { words: string }): Promise<unknown>;
  readHold?(): Promise<null | { who: string; reference: string; since: number; lift_asked_at: number | null }>;
  turnHoldOn?(input: { who: string; reference: string }): Promise<unknown>;
  askToLiftHold?(credentials: { words: string }): Promise<unknown>;
  keepHoldOn?(): Promise<unknown>;
  saveNote(record: string, text: string): Promise<unknown>;
  addFile(
    entry: string,
    file: File,
    options: { route: string; onProgress?: (done: number, total: number) => void },
  ): Promise<Attachment>;
  readPicture(attachment: string, size: 'preview' | 'print' | 'masked' | 'unmasked'): Promise<{ url: string } | null>;
  readAttachment(attachment: string): Promise<AttachmentRead>;
  needsAttachmentReason(attachment: string, change: { fields?: Fields; restricted?: Fields }): Promise<boolean>;
  saveAttachment(input: {
    attachment: string;
    fields?: Fields;
    restricted?: Fields;
    reason?: string;
  }): Promise<unknown>;
  /** Log in the custody record that a file was viewed. */
  looked(attachment: string): unknown;
  /** Return the received bytes of a sound or film, null for anything else. */
  readToPlay(attachment: string): Promise<{ url: string; blob: Blob } | null>;
  checkFile(attachment: string): Promise<unknown>;
  moveFile(attachment: string, entry: string | null, reason: string): Promise<unknown>;
  readLoose(): Promise<Attachment[]>;
  dropHeld(attachment: string): Promise<unknown>;
  maskPicture(
    attachment: string,
    mask: { boxes: { x: number; y: number; w: number; h: number }[]; what: string[]; why: string },
  ): Promise<unknown>;
  printCopy(attachment: string, copyKind: 'masked' | null): Promise<unknown>;
  purgeFile(attachment: string, credentials: { words: string }): Promise<unknown>;
  answerPhoneCopy(
    record: string,
    attachment: string,
    answer: 'kept' | 'removed_for_safety' | 'later',
  ): Promise<unknown>;
  /** Mark the device as borrowed: nothing is left on it. */
  borrow(options?: { ordinary: boolean; typed?: boolean }): Promise<unknown>;
  /** Check whether leaving a borrowed device now would lose something. */
  isOwing?(): boolean;
  getPicture(): Promise<unknown>;
  /** Open the add-picture page of a locked phone. */
  capture(): Promise<unknown>;
  readCaptured(): Promise<{ asked: CapturedFile[]; drafts: { id: string; words: string; files: CapturedFile[] }[] }>;
  acceptCaptured(attachment: string): Promise<unknown>;
  discardCaptured(attachment: string): Promise<unknown>;
  takeUpDraft(id: string): Promise<unknown>;
  setCapturing(isOn: boolean): Promise<unknown>;
  knowCaptureKey(): Promise<unknown>;
  pictureAdd(files: File[], options?: { route: string }): Promise<unknown>;
  pictureSave(): Promise<unknown>;
  readRecords(kind: string, options?: { all?: boolean }): Promise<KeptRecord[]>;
  /** Return the entries that contain every word; null for an empty query. */
  findEntries(query: string): Promise<string[] | null>;
  /** Return the entries that match only with the words that the phone read in their pictures. */
  findInPictures(query: string): Promise<string[]>;
  pictureWords(attachment: string): Promise<PictureWords>;
  readWordsIn(attachments: readonly string[]): Promise<unknown>;
  stopReadingWords(): Promise<unknown>;
  countPictureRows(attachment: string): Promise<{ rows: number; isBegun: boolean }>;
  readKnown(): Promise<Record<string, RecordName>>;
  readPatterns(): Promise<{ counts: Patterns; timeline: Timeline; known: Record<string, RecordName> }>;
  readRecord(record: string): Promise<WholeRecord>;
  needsRecordReason(record: string, change: { fields?: Fields; restricted?: Fields }): Promise<boolean>;
  /** Save only the fields passed; null clears one. Throws reason_needed where existing text would change. */
  saveRecord(input: {
    kind: string;
    record: string | null;
    fields?: Fields;
    restricted?: Fields;
    reason?: string;
  }): Promise<{ record: string }>;
  takeOutRecord(record: string, reason?: string): Promise<{ record: string }>;
  putBackRecord(record: string): Promise<{ record: string }>;
  readPeople(options?: { all?: boolean }): Promise<Person[]>;
  /** Return entries and other records whose text refers to this one, or one merged with it. */
  readMentions(record: string): Promise<Mention[]>;
  mergeRecords(record: string, target: string | null, reason?: string): Promise<{ record: string }>;
  addRecordFile(
    target: { kind: string; record: string; field: string },
    file: File,
    options: { route: string; onProgress?: (done: number, total: number) => void },
  ): Promise<{ attachment: string }>;
  readRecordFiles(ids: string[]): Promise<(Attachment & { looked: boolean; hold: boolean })[]>;
  /** Return what can be shown to someone. `showNow` shows it and locks the diary behind it. */
  readForShow(subject: { record?: string; kind?: string; records?: readonly string[] }): Promise<Showable>;
  showNow(sections: ShownSection[]): Promise<unknown>;
  readChase(): Promise<ChaseItem[]>;
  chaseDone(key: string, isDone: boolean): Promise<unknown>;
  keepTyped(key: string, value: unknown): Promise<unknown>;
  /**
   * Return what `keepTyped` sealed under this key, on this phone only; null for none. `keepTyped` with null deletes
   * it.
   */
  readTyped(key: string): Promise<unknown>;
  saveSettings(change: { fields?: Fields; restricted?: Fields }): Promise<unknown>;
  chooseForPack(selection: PackSelection): Promise<PackSummary>;
  markLooked(attachment: string, options: { hold: boolean }): Promise<unknown>;
  /** Accept the words, typed for `times` packs or for one list on paper. */
  agree(words: string, times?: number): Promise<Agreement>;
  buildPack(options: Fields, onProgress: (step: ProgressStep) => void): Promise<MadePack>;
  /** Build a pack on this phone alone, without an account. Without a network its pages are plain. */
  buildHere(options: Fields, onProgress: (step: ProgressStep) => void): Promise<MadePack>;
  /** @param ownWords what 01 prints as "In my own words", searched like the entries */
  reviewPack(selection: PackSelection, ownWords?: string): Promise<PackReview>;
  /**
   * Save a decision about a picture, and return the decision that stands.
   * @param about `printed`: of the picture that was shown; `amongOthers`: one tap decided about several, which leaves
   * an earlier decision about one of them as it is
   */
  decidePicture(
    attachment: string,
    decision: PictureDecision,
    about?: { printed?: string; amongOthers?: boolean },
  ): Promise<PictureDecision>;
  decideWords(wordsId: string, answer: 'hold' | 'fine'): Promise<unknown>;
  letGo(url: string): unknown;
  packWays(): Promise<PackWays>;
  findItems(text: string): Promise<{ items: string[]; records: string[]; unknown: string[] }>;
  newSince(): Promise<string[]>;
  chooseFile(name: string): Promise<unknown>;
  canChooseFile(): boolean;
  readChronology(selection: PackSelection & { agreed: Agreement }, texts: Say): Promise<Chronology>;
  readForQuick(): Promise<QuickFacts>;
  readShared(): Promise<SharedExport[]>;
  readBeside(record: string): Promise<{ name: string; file: Blob }[]>;
  noteDelivery(record: string, input: Fields): Promise<unknown>;
  noteShared(input: {
    kind: string;
    records: string[];
    delivered_to?: string;
    delivered_how?: string;
  }): Promise<unknown>;
  cancelPack(): Promise<unknown>;
  /**
   * Upload a pack for a recipient. Refuses a pack that was made before the words were typed; `words`: the keeper's
   * own
   */
  handOver(
    input: { file: Blob; name: string; words: string; record?: string | null; to?: string },
    onStep: (step: ProgressStep) => void,
  ): Promise<HandedOver>;
  stopHandOver(): Promise<unknown>;
  /** `offline`: only what this phone knows of them, without openings. */
  readHandovers(): Promise<{ handovers: Handover[]; address: string; offline: boolean }>;
  /** Reveal the eight words again, after the keeper's own words. */
  sayHandover(handover: string, words: string): Promise<string>;
  endHandovers(handovers: readonly string[], credentials: { words: string }): Promise<unknown>;
  /** Return what advocates typed for the keeper and the keeper has not decided on yet. */
  readAssisted(): Promise<AssistedEntry[]>;
  answerAssisted(id: string, input: { answer: AssistedAnswer; narrative?: string; reason?: string }): Promise<unknown>;
  /** Return the files that advocates dropped at their desks for the keeper, who has not decided on them yet. */
  readDeskFiles(): Promise<DeskFile[]>;
  /**
   * Keep a file, marked as collected and not seen, or drop it.
   * @returns null if it is not kept, or its bytes are here already
   * @throws file_damaged
   */
  answerDeskFile(file: DeskFile, isKept: boolean): Promise<{ record: string | null }>;
  /** Return every sitting, the newest first. */
  readSittings(): Promise<SittingRead[]>;
  startSitting(start: SittingStart): Promise<{ record: string }>;
  noteSource(sitting: string, source: SittingSource): Promise<unknown>;
  noteCheck(sitting: string, check: SittingCheck): Promise<unknown>;
  pauseSitting(sitting: string, isPaused: boolean): Promise<unknown>;
  endSitting(sitting: string): Promise<unknown>;
  collectFile(
    sitting: string,
    source: string,
    file: File,
    options: { route: string; onProgress?: (done: number, total: number) => void },
  ): Promise<{ attachment: string | null; same: boolean }>;
  lookInSitting(sitting: string, attachment: string): Promise<{ url: string }>;
  openCollected(attachment: string): Promise<unknown>;
  packSitting(sitting: string, isIncluded: boolean): Promise<unknown>;
  /** Make nine words for a witness. */
  askWitness(input: { name: string; note: string; words: string }): Promise<StoredCode>;
  readWitnesses(): Promise<WitnessList>;
  keepStatement(witness: string, onProgress?: (done: number, total: number) => void): Promise<{ record: string }>;
  dropWitness(witness: string, credentials: { words: string }): Promise<unknown>;
  sessions(credentials: { words: string }): Promise<Session[]>;
  endSession(session: string, credentials: { words: string }): Promise<unknown>;
  makeCopy(options: {
    words: string;
    onProgress?: (done: number, total: number) => void;
    signal?: AbortSignal;
  }): Promise<{ file: Blob; name: string; lacking: number }>;
  takeCopy(credentials: {
    file: Blob;
    words: string;
    code?: string;
    onProgress?: (done: number, total: number) => void;
  }): Promise<unknown>;
  diaryAccounts(): Promise<{ now: DiaryAccount | null; earlier: DiaryAccount[] }>;
  knownKey(): Promise<string>;
  acceptKey(letters: string): Promise<unknown>;
  lookAtServer(onProgress: (done: number, total: number) => void): Promise<{ missing: number; extra: number }>;
  sendAgain(): Promise<unknown>;
  usage(): Promise<Usage>;
  chooseSending(setting: Usage['sending']): Promise<unknown>;
  chooseLight(setting: Usage['light_chosen']): Promise<unknown>;
  sendFiles(): Promise<unknown>;
  makeRoom(onProgress: (done: number, total: number) => void): Promise<number>;
  applyUpdate(): Promise<unknown>;
  setLanguage(code: string): Promise<unknown>;
  /** Read a file and return its contents; nothing is written until `keepImport`. */
  readImport(file: File, options?: ImportOptions): Promise<ImportRead>;
  planImport(answers: ImportAnswers, options?: ImportOptions): Promise<ImportPlan>;
  /** Read one page of the web archive that is read. `place`: among its pages, from 0 */
  readArchivedPage(place: number, options?: ImportOptions): Promise<ImportPage>;
  /** Return what a bill leaves open, given its columns. */
  askAboutBill(columns: BillColumns, options?: ImportOptions): Promise<BillQuestions>;
  importRows(burst: number, start: number, count: number): Promise<Message[]>;
  /** With no entry chosen, `late` is the reason why the existing lists change. */
  keepImport(
    input: { chosen: { burst: number; narrative: string }[]; media?: boolean; late?: string },
    options?: ImportOptions,
  ): Promise<ImportResult>;
  dropImport?(): Promise<unknown>;
  /** Return what pages print of a stored email: its messages, the ones sent on inside it last. */
  readMailWords(attachment: string): Promise<MailWords[]>;
  /** Return a file as it was received, with the name that it came with. */
  readReceived(attachment: string): Promise<{ url: string; name: string }>;
  /** Return the headers of a stored email. */
  readHeaders(attachment: string): Promise<Pick<Mail, 'headers' | 'raw_headers' | 'odd'>>;
  /** `left`: the number of lines that were not understood, or too many */
  readPasted(
    text: string,
    options: { date: string; tz: string; order: 'dmy' | 'mdy' },
  ): Promise<{ rows: Message[]; left: number }>;
  /** Return the list of messages of a picture, new or as it is being answered. Writes nothing. */
  openPictureList(attachment: string): Promise<OpenedList>;
  /** Return the places of rows that look like ones of another source, as the list is answered now. */
  alikeInList(attachment: string, list: PictureList): Promise<number[]>;
  /** Store a list that is being answered, sealed on this phone only; null deletes it. */
  putPictureList(attachment: string, list: PictureList | null): Promise<unknown>;
  keepPictureList(attachment: string, list: PictureList): Promise<KeptList>;
  readSchedule(incident: string): Promise<Schedule>;
  putScheduleDraft(incident: string, draft: Fields | null): Promise<unknown>;
  saveSchedule(input: {
    incident: string;
    record: string | null;
    fields: Fields;
    restricted?: Fields;
    reason?: string;
    amount?: number;
  }): Promise<{ record: string }>;
}

/**
 * The part of the app that the advocate's page has too. Components of both pages need no more than this. They test
 * for a method of the keeper's app by name (`'showNow' in app`).
 */
export type SharedApp = Pick<App, 'findEntries' | 'readKnown' | 'readPatterns' | 'readPicture' | 'readToPlay'> &
  Partial<Pick<App, 'findInPictures'>> &
  Partial<Pick<App, 'looked' | 'readSettings' | 'ready' | 'wordList'>> & {
    state: { phase: string } & Pick<State, 'entries'>;
    readRecords(
      kind: string,
      options?: { all?: boolean },
    ): Promise<Pick<KeptRecord, 'record' | 'kind' | 'fields' | 'taken_out'>[]>;
  };

/** A screen and its subject. */
export type Place = {
  name: string;
  record?: string;
  attachment?: string;
  first?: boolean;
  kind?: string;
  preset?: string;
  /** one of several pages of a place */
  page?: string;
  of?: string;
  records?: readonly string[];
};
export type Problem = {
  code: string;
  sentence: string;
  fields?: Record<string, string>;
  /** the answer that was refused: `incident.narrative` */
  field?: string;
  /** files that were not added, each with the reason */
  refused?: readonly { name: string; sentence: string }[];
};
