/** The types that the engine's modules share. shell/app.ts re-exports those that screens need. */
import type { Api } from '../net/api.js';
import type { ServerLink } from '../net/push.js';
import type { Database } from '../store/database.js';
import type { Index as RowIndex } from '../store/index.js';
import type { Store } from '../store/store.js';
import type { Vault } from '../crypto/worker/vault.js';
import type { AuthorKey, KeyStatement } from '../crypto/sharing/statements.js';
import type { Writable } from '../pack/targets.js';
import type { Fact } from '../record/patterns/patterns_facts.js';
import type { Appearance } from '../store/device_meta.js';
import type { FileMetadata } from '../media/file_peek.js';
import type { Change } from '../store/pending.js';
import type { VersionText } from '../store/segment_texts.js';
import type { PageEngine } from '../pack/engine/page_engine.js';
import type { PictureReader } from '../imports/screenshots/engine/picture_reader.js';
import type { CopyPurpose } from '../media/copies.js';
import type { PictureMaker } from '../media/previews.js';
import type { AssistedMark } from '../record/assisted.js';
import type { Root, CustodyLine, SignIn } from '../store/root.js';
import type { Bytes } from '../core/bytes.js';
import type { OpenedVersion } from '../crypto/versions.js';
import type { Receipt } from '../crypto/signing.js';
import type { Picked } from '../record/times.js';

/** `picture`: an attachment id */
export type Block = { title: string; lines: { text: string; lang?: string }[]; picture?: string; url?: string };

export type Section = { title: string; blocks: Block[] };

/** `at`: last written, ms */
export type Note = { id: string; text: string; at: number };

/** An erasure that is pending; `here`: only this phone erases it */
export type PendingErasure = { record: string; asked_at: number; due_at: number; here: boolean };

/** Write the list rows of incidents. */
export type WriteRows = (batch: Batch, incidents: string[]) => Promise<void>;

/**
 * - `here`: sealed on this phone, as the phone noted then
 * - `before`: receipts of a server that lost the version since
 * - `erased`: when the server was asked to erase it for good, ms
 * - `receipt`: true where only a page of numbers was read (index/rebuild.js)
 * - `checked`: false where this browser could not check the receipt's signature
 * - `altered`: it did not match what was signed when it came
 */
export type VersionFacts = {
  v: string;
  parents: string[];
  c: string;
  seq: number | null;
  at: number | null;
  receipt: Receipt | true | null;
  checked?: boolean;
  altered?: true;
  erased?: number;
  here?: true;
  before?: { seq: number | null; at: number | null; receipt: Receipt | null }[];
};
/** `code`: why it goes no further until it is asked to: reader_missing or no_space */
export type ReadingState = { done: number; total: number; code?: string };
export type Meta = { record: string; kind: string; of: string | null; versions: VersionFacts[]; erased_at?: number };
export type Opened = {
  record: string;
  version: string;
  kind: string;
  fields: Fields;
  restricted: Fields;
  keys: { open: [string, string][]; restricted: [string, string][] };
  altered: boolean;
  seeds: OpenedVersion['seeds'] | null;
  digests: OpenedVersion['digests'];
};
/** What one transaction has staged so far; `opened`: versions opened for this transaction alone */
export type Batch = {
  root: Root;
  change: Change;
  metas: Map<string, Meta>;
  kinds: Map<string, string[]>;
  opened?: Map<string, Opened>;
};
/** `parents`: the versions its author looked at, where that is not every head */
export type VersionInput = {
  kind: string;
  record?: string;
  of?: string | null;
  open: Fields;
  restricted?: Fields;
  openKeys?: [string, string][];
  restrictedKeys?: [string, string][];
  parents?: string[];
};

/**
 * The fields of a record of any kind, by name: JSON that record/vocabulary/rules_table.ts describes. The only `any`
 * of the diary: the hundred or so kinds of field have no type each; code that reads one checks it or passes it to
 * record/reading.js.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Fields = Record<string, any>;
/** `why`: what prevents "kept safe"; `files`, `percent`: the progress; `sentence`: of a failure */
export type EntryState = {
  code: 'sealed' | 'sending' | 'kept' | 'trouble';
  at: number | null;
  why?: 'files' | 'elsewhere' | 'checking' | 'unchecked' | 'unproved';
  files?: number;
  percent?: number;
  sentence?: string | null;
};
export type Trouble = { code: string; sentence: string; act?: null };
/**
 * What a phone still has to fetch of the diary after signing in or being cleared.
 * - `here`: numbered versions on this phone
 * - `total`: how many the server says it has; null until it has said so
 */
export type Coming = { here: number; total: number | null; state: 'fetching' | 'offline' | 'stopped' };
export type Attachment = {
  attachment: string;
  name: string;
  kind: 'image' | 'audio' | 'video' | 'file';
  size: number;
  claimed: string;
  magic: string;
  mismatch: boolean;
  preview: boolean;
  route: string;
  received_at: number;
  sha256: string;
  state: EntryState;
  outside_copy: null | 'kept' | 'removed_for_safety' | 'later';
  /** whether the file states where it was made; null where that is unknown */
  place?: boolean | null;
  description?: string;
  sensitivity?: string;
  /** initials of who collected it in a sitting; '' for any other file */
  collected?: string;
  /** collected, and the keeper has not opened it */
  unseen?: boolean;
};
export type Draft = {
  id: string;
  record: string | null;
  fields: Fields;
  restricted: Fields;
  attachments: Attachment[];
  saved_at: number | null;
};
/** `isClosed`: no page could take files; `refused`: the files that could not be added, and why */
export type Arrival = { added: number; isClosed: boolean; refused: { name: string; sentence: string }[] };
export type State = {
  language: string;
  phase:
    | 'loading'
    | 'unsupported'
    | 'unfetched'
    | 'elsewhere'
    | 'fresh'
    | 'locked'
    | 'picture'
    | 'showing'
    | 'notebook'
    | 'open';
  update: boolean;
  offline: boolean;
  busy: null | { what: string; done: number; total: number; cancel?: () => void };
  /** the words of pictures that are being read */
  reading: ReadingState | null;
  account: null | {
    login: string | null;
    registered: boolean;
    recovery: 'todo' | 'later' | 'done';
    coded?: boolean;
    proved?: boolean;
    exit_said?: boolean;
    trouble: Trouble | null;
    also?: Trouble[];
    coming?: Coming | null;
    rekeying?: boolean;
    sign_ins?: SignIn[];
    returned?: number | null;
    device_name?: string;
    closing?: { on: number; off: number } | null;
    witnessed?: { names: string[]; named: number; size: number } | null;
    witnesses_gone?: string[];
  };
  entries: Row[];
  removed: Row[];
  erasing: PendingErasure[];
  draft: Draft | null;
  lockIn: number | null;
  /** `locked`: the phone was locked before it; `shared`: files from another app */
  picture: { until: number; files: { name: string; state?: EntryState }[]; locked?: boolean; shared?: File[] } | null;
  /** whether a locked phone accepts files */
  capture: boolean;
  /** nothing may be left on this device */
  borrowed?: boolean;
  /** a newer page is available, not signed by those who signed this one */
  unsigned?: boolean;
  /** borrowed, and in a window that keeps a history */
  ordinary?: boolean;
  /** the number of advocates' questions that wait, and who asked the first */
  asked?: { n: number; name: string } | null;
  /** the numbers of captured files to decide on, drafts made of them, and what else waits for the keeper */
  waiting?: { captured: number; later: number; written?: number; answers?: number };
  /** what another app shared with this one just now */
  arrival: Arrival | null;
  showing: { sections: Section[]; until: number } | null;
  notebook: { notes: Note[]; ready: boolean };
  look: Appearance;
};
export type Row = {
  record: string;
  seq_no: number | null;
  title: string;
  occurred: Occurred;
  recorded_at: number;
  received_at: number | null;
  pictures: number;
  additions: number;
  amendments: number;
  state: EntryState;
  flags: string[];
  taken_out: number | null;
  erased: number | null;
  f: Fact | null;
  links: string[];
  shots: string[];
  bare: boolean;
  /** typed by an advocate: 'waiting', or the keeper's decision; '' for the keeper's own */
  helped: string;
};

/** When something happened, as recorded in the entry. */
export type Occurred = {
  occurred_start: number | null;
  occurred_end: number | null;
  occurred_local: string | null;
  tz: string;
  utc_offset_min: number | null;
  precision: string;
};
/**
 * An entry's row in the list.
 * - `local`: its place in the order of arrival on this phone
 * - `kept_at`: its last receipt, ms
 * - `apart`: the restricted words about its place
 * - `v`, `c`: the versions it was made from, and the commitment of the first
 */
export type ListRow = {
  record: string;
  local: number;
  seq: number | null;
  title: string;
  occurred: Occurred;
  recorded_at: number;
  received_at: number | null;
  kept_at: number | null;
  unproved: boolean;
  pictures: number;
  additions: number;
  amendments: number;
  apart: string;
  taken_out: number | null;
  flags: string[];
  erased?: number;
  /** absent where the entry was erased, or cannot be opened */
  v?: string | null;
  c?: string;
  f?: Fact;
  links?: string[];
  /** typed by an advocate: the keeper's decision on it */
  helped?: string;
  /** evidence elsewhere that may be overwritten */
  dated?: boolean;
  shots?: string[];
  bare?: boolean;
  text?: string;
};

/** Typed in the cards of an entry and not saved (`u/<record>`). */
export type UnsavedCard = { fields: Fields; restricted: Fields; note?: string };
/** The changed text or time of an entry, not saved (`uw/<record>`). */
export type UnsavedText = {
  narrative: string;
  restricted: Fields;
  when?: { chip: string | null; picked: Picked | null };
};

/** A blob as a version's keys refer to it. */
export type BlobKey = { blob: string; key: string; n: number };
export type Rendition = {
  purpose: CopyPurpose;
  sha256: string;
  size_bytes: number;
  width: number;
  height: number;
  media_type: string;
  recipe?: string;
};
/** A sealed file that waits for its entry to be saved; stored inside the sealed draft. */
export type DraftFile = {
  attachment: string;
  name: string;
  size: number;
  claimed: string;
  magic: string;
  kind: string;
  route: string;
  received_at: number;
  last_modified: number | null;
  sha256: string;
  sha512: string;
  flags: string[];
  gps_present: boolean | null;
  about?: FileMetadata | null;
  received: BlobKey;
  renditions: (Rendition & BlobKey)[];
  /** what the keeper wrote about it while it waited */
  said?: { fields: Fields; restricted: Fields };
  outside_copy: { state: string; at: number } | null;
};
/** A source of a file's bytes: a File, or parts in the tray. */
export type Source = {
  name: string;
  type: string;
  size: number;
  lastModified: number | null;
  /** Return bytes [from, to). Throws file_changed when they are not what they were. */
  read(start: number, end: number): Promise<Bytes>;
  /** Read again at the end, to check that nothing changed. */
  check(): Promise<void>;
};
/** The dependencies that main.js or a test passes in, once. */
export type Collaborators = {
  database: Database;
  api: Api;
  makeVault: () => Vault;
  pictures: PictureMaker;
  /** lays out the pages of packs; absent where the browser cannot */
  pageEngine?: PageEngine;
  /** reads the words in pictures; absent where the browser cannot */
  pictureReader?: PictureReader;
  /** the twelve digits that name the release in use; '' where unknown */
  releaseName: () => Promise<string>;
  clock: { now(): number };
  origin: string;
  zone: () => string;
  random: (byteCount: number) => Bytes;
  /** Lock the diary for this tab until released; resolves to null when another tab has it. */
  hold: () => Promise<null | (() => void)>;
  online: () => boolean;
  visible: () => boolean;
  objectUrl: { make(blob: Blob): string; drop(url: string): void };
  /** `deadline`: as `after`, for the most that something else may take */
  timers: {
    after(ms: number, action: () => void): unknown;
    stop(timer: unknown): void;
    deadline?(ms: number, action: () => void): unknown;
  };
  deviceName: string;
  supported: () => boolean;
  /** Delete what the page has written on this device. */
  leaveNothing: () => Promise<unknown>;
  /** Register the offline worker. It asks the user nothing. */
  installOffline: () => Promise<unknown>;
  /** Register the offline worker, and ask the browser not to clear this site's storage: some browsers ask the user. */
  keepOffline: () => Promise<unknown>;
  applyUpdate: () => Promise<unknown>;
  phoneBytes: () => Promise<number | null>;
  /** What the browser still lets this site write, bytes; null where unknown. */
  roomBytes: () => Promise<number | null>;
  /** the kind of connection, where the browser reports it */
  connection: () => 'wifi' | 'mobile' | null;
  /** Ask where to write a large pack; absent where the browser cannot ask. */
  saveFile?: (name: string) => Promise<Writable>;
  packActions?: (ctx: Context) => Record<string, (...args: never[]) => unknown>;
};

/** What requests about a registered diary need, with the keys in use. */
export type SyncLink = ServerLink & { authors: readonly AuthorKey[]; epoch: number };

/** Syncs text and files with the server while the diary is open (syncing.ts). */
export interface Sync {
  /** whether the server does not answer */
  offline: boolean;
  readonly running: boolean;
  /** the code of what stops everything, or null */
  trouble: string | null;
  /** whether files may be sent this once, whatever the setting is */
  filesAllowed: boolean;
  /** null while the diary is not registered, or its keys are being changed */
  link(): SyncLink | null;
  readonly absentFiles: ReadonlySet<string>;
  /** Return every row as the list shows it. */
  rows(): Row[];
  /** Return what is still to come, null once the feed has been read to its end. */
  coming(): Coming | null;
  /** Return every warning that applies, the gravest first. */
  warnings(): Trouble[];
  /** Begin a run, or one more after the current run. */
  kick(): void;
  soon(): void;
  /** Begin a run that includes what has just changed. */
  restart(): void;
  /** Run to the end. */
  now(): Promise<void>;
  /** Resolve once everything that the server had at the beginning is here. */
  waitForPull(): Promise<void>;
  /** the server's time minus this phone's, ms; 0 if the two were never compared */
  clockOffset(): number;
  stop(): void;
  suspend(): void;
  resume(): void;
  /** Fetch no files of other devices, and store no texts for search, until the returned function is called. */
  pauseBackgroundWork(): () => void;
}

/** A run of `Sync`, as its own steps see it. */
export interface SyncRun extends Sync {
  readonly ctx: Context;
  readonly openNow: () => Open | null;
  runAgain: boolean;
  /** number of reasons to leave background work for later */
  readonly backgroundPauses: number;
  announced: number | null;
  readonly absentFiles: Set<string>;
  /** the end of the first pull of this run */
  readonly firstPull: Promise<void>;
  /** the pull of text that is under way */
  pulling: Promise<void> | null;
  readonly suspended: Promise<void> | null;
  resolveFirstPull(): void;
  setUploadProgress(owner: string | null, share: number): void;
  clearTrouble(open: Open, owner: string): Promise<void>;
  setTrouble(open: Open, owner: string, code: string): Promise<void>;
}

/** The records of an open diary: versions read and written (record_store.ts). */
export interface RecordStore {
  readonly clock: { now(): number };
  pushes: Index | null;
  relist: WriteRows | null;
  /** versions that were opened, by id */
  readonly seen: Map<string, Opened>;
  batch(root: Root, change: Change): Batch;
  doubt(): void;
  enlist(batch: Batch, kind: string, record: string): Promise<void>;
  meta(record: string, batch?: Batch): Promise<Meta | null>;
  newest(record: string, batch?: Batch): Promise<Opened>;
  versions(record: string, batch?: Batch): Promise<Opened[]>;
  manyVersions(records: string[], batch?: Batch): Promise<{ record: string; versions: Opened[]; meta: Meta }[]>;
  open(pushes: { record: string; version: string; push: Uint8Array }[]): Promise<void>;
  readAgain(
    records: readonly string[],
    metas?: ReadonlyMap<string, Meta>,
    texts?: ReadonlyMap<string, VersionText>,
  ): Promise<{ metas: Meta[]; opened: Map<string, Opened> }>;
  row(record: string, previous: Partial<ListRow> | null, batch: Batch): Promise<ListRow | null>;
  stage(batch: Batch, input: VersionInput): Promise<{ record: string; version: string }>;
}

/** Logs what was done to a file (custody.ts). */
export interface CustodyLog {
  /** lines that are in no version yet */
  readonly unsavedLines: CustodyLine[];
  log(attachment: string, action: CustodyLine['action'], detail?: string): void;
  flush(options?: { send?: boolean }): Promise<void>;
  flushIfMany(): void;
  stop(): void;
}

/** The state that the screens show (screen.ts). */
export interface ScreenState {
  readonly state: State;
  set(changes: Partial<State>): void;
  clear(phase: State['phase'], extra?: Partial<State>): void;
  subscribe(listener: () => void): () => void;
}

/** Sends parts of files while the diary is locked (locked_upload.ts). */
export interface LockedUpload {
  prepare(open: Open, onWifi: boolean): Promise<void>;
  go(): Promise<void>;
  drop(): void;
}

/** The notes behind the cover (features/notebook/actions.ts). */
export interface NotebookStore {
  ids(): Promise<Uint8Array[]>;
  open(): Promise<void>;
  opened(): Promise<void>;
  put(id: string, text: string): void;
  drop(id: string): Promise<void>;
  flush(): Promise<unknown>;
}

/** The open diary: everything here is gone after a lock. */
export type Open = {
  vault: Vault;
  store: Store;
  index: Index;
  book: RecordStore;
  syncing: Sync;
  custody: CustodyLog;
  identity: Identity;
  urls: Set<string>;
  /** blobs that a crash left, as the store had them at the unlock */
  halfFiles: readonly string[];
  /** the wraps of what is stored here are being renewed: the last renewal that was begun */
  rewrapping?: Promise<void>;
  /** what the slot that opened it states about the server's key */
  slot?: { notary: string | null; log: string | null; kdf_high: number };
  /** opened by the short secret */
  short?: boolean;
  /** the words were typed for something in this opening, and nothing was revealed by it yet */
  proved?: string | null;
  /** words typed in this opening for something that waits; only in memory, and gone at the lock */
  typed?: string | null;
  /** the server refused those words in this opening: they are not retried automatically */
  refused?: boolean;
  /** whether this opening has checked what other devices had erased */
  erasedLooked?: boolean;
  /** whether this opening has asked who signed in meanwhile */
  signInsLooked?: boolean;
  /** whether a witness code is out, from any device; undefined until this opening has asked */
  witnessesOut?: boolean;
  /** files outside the draft: what was added while this was locked */
  filesOutsideDraft?: DraftFile[];
};
export type Identity = {
  account: string;
  diary: string;
  device: string;
  login: string;
  by: string;
  ecdsa_pub: string;
  hpke_pub: string;
  authors: readonly AuthorKey[];
  earlier: readonly KeyStatement[];
};

export type Context = Collaborators & {
  screen: ScreenState;
  open: Open | null;
  /** the worker in use, unlocked or not */
  vault: Vault | null;
  release: null | (() => void);
  /**
   * how often the user left for the notebook: a long task that ends in an open diary checks whether it is still
   * wanted
   */
  left: number;
  /** the last lock, until it is done */
  locking?: Promise<unknown>;
  draftTurn: Promise<unknown>;
  /** why the draft could not be sealed, as a code */
  unsealed: string | null;
  /** sends parts of files while locked */
  carrier?: LockedUpload;
  /** this is not the keeper's phone: features/borrowed/actions.js */
  borrowed?: boolean;
  /** on a borrowed device: somebody types for the keeper there */
  typed?: boolean;
  /** locked with something unsent */
  owing?: boolean;
  /** words or keys are being changed */
  changing?: boolean;
  notebook: NotebookStore;
  show(): void;
  /** Make the syncer for the diary that `open` returns; it stops where `open` returns null. */
  makeSync: (open: () => Open | null) => Sync;
};
export type Index = RowIndex<ListRow>;
export type { Api, Database, Store, Vault };

export type AssistedAnswer = 'yes' | 'changed' | 'no' | 'later';

/** `id`: the letter's, or the entry's where the decision was postponed */
export type AssistedEntry = {
  id: string;
  record: string | null;
  mark: AssistedMark;
  narrative: string;
  occurred: Fields;
  name: string;
  organisation: string;
};

/** A file that an advocate dropped at a desk for this keeper; it waits for the keeper's answer */
export type DeskFile = {
  /** the id that its record gets */
  attachment: string;
  /** in the order of their parts */
  letters: string[];
  name: string;
  source: string;
  by: string;
  /** when it was dropped, ms */
  at: number;
  sha256: string;
  sender: string;
  organisation: string;
};

/** The advocate's answers before a sitting. Each is given; none has a default. */
export type SittingStart = {
  /** initials, which are printed */
  advocate: string;
  name: string;
  organisation: string;
  /** `no`, or `asked_first`: the police said how to go on */
  police: string;
  trackersLeft: boolean;
  childPicturesKnown: boolean;
  under18: boolean | null;
  /** the safeguarding lead who agreed; needed under 18 */
  leadName: string;
  /** the keeper said: this may be kept */
  keeperAgreed: boolean;
};
export type CollectedFile = {
  attachment: string;
  name: string;
  by: string;
  source: string;
  unseen: boolean;
  isPicture: boolean;
  at: number;
};
export type SittingRead = { record: string; fields: Fields; files: CollectedFile[]; paused: number | null };
export type SittingSource = { kind: string; name: string; looked: string; why: string };
export type SittingCheck = { kind: string; found: string; note: string };
