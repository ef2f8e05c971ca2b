/** The types that the engine's modules share. shell/app.ts passes on those that screens need. */
import type { Api } from '../net/api.js';
import type { Link, Pins } from '../net/push.js';
import type { Database } from '../store/database.js';
import type { Index as RowIndex } from '../store/index.js';
import type { Store } from '../store/store.js';
import type { Vault } from '../crypto/worker/vault.js';
import type { AuthorKey, Statement } from '../crypto/sharing/statements.js';
import type { Writable } from '../pack/targets.js';
import type { Fact } from '../record/patterns/patterns_facts.js';
import type { Look } from '../store/device_meta.js';
import type { About } from '../media/file_peek.js';
import type { Change } from '../store/pending.js';
import type { Said } from '../store/segment_texts.js';
import type { Purpose, Pictures } from '../media/previews.js';
import type { Mark } from '../record/assisted.js';
import type { Root, CustodyLine, SignIn } from '../store/root.js';
import type { Bytes } from '../core/bytes.js';
import type { OpenedVersion } from '../crypto/versions.js';
import type { Receipt } from '../crypto/signing.js';
import type { Picked } from '../record/times.js';

/** `picture` names an attachment */
export type Block = { title: string; lines: { text: string; lang?: string }[]; picture?: string; url?: string };

export type Section = { title: string; blocks: Block[] };

/** `at`: last written, ms */
export type Note = { id: string; text: string; at: number };

/** One entry; `here`: nothing but this phone erases it */
export type Waiting = { record: string; asked_at: number; due_at: number; here: boolean };

/** Writes the rows of incidents */
export type Relist = (batch: Batch, incidents: string[]) => Promise<void>;

/**
 * `here`: it was sealed on this phone, which the phone itself noted then; `before`: receipts of a server that lost it
 * since; `erased`: when the server was told to erase it for good, ms; `receipt` is true where only a page of
 * numbers was read (index/rebuild.js); `checked` is false where this browser could not check the receipt's signature;
 * `altered`: it did not match what was signed when it came
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
/** What one transaction has staged so far; `opened`: versions opened for it alone */
export type Batch = {
  root: Root;
  change: Change;
  metas: Map<string, Meta>;
  kinds: Map<string, string[]>;
  opened?: Map<string, Opened>;
};
/** `parents`: what its author looked at, where that is not every head */
export type Wish = {
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
 * The fields of a record of any kind, by name: JSON that record/vocabulary/rules_table.ts describes. The one `any` of
 * the diary: some hundred kinds of field have no type each, and what reads one checks it or hands it to
 * record/reading.js.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Fields = Record<string, any>;
/** `why` says what keeps it from "kept safe", `files` and `percent` how far; a failure brings its own sentence. */
export type EntryState = {
  code: 'sealed' | 'sending' | 'kept' | 'trouble';
  at: number | null;
  why?: 'files' | 'elsewhere' | 'unproved';
  files?: number;
  percent?: number;
  sentence?: string | null;
};
export type Trouble = { code: string; sentence: string; act?: null };
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
  /** whether the file says where it was made; null where that cannot be told */
  place?: boolean | null;
  description?: string;
  sensitivity?: string;
};
export type Draft = {
  id: string;
  record: string | null;
  fields: Fields;
  restricted: Fields;
  attachments: Attachment[];
  saved_at: number | null;
};
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
  account: null | {
    login: string | null;
    registered: boolean;
    recovery: 'todo' | 'later' | 'done';
    coded?: boolean;
    proved?: boolean;
    exit_said?: boolean;
    trouble: Trouble | null;
    also?: Trouble[];
    coming?: boolean;
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
  erasing: Waiting[];
  draft: Draft | null;
  lockIn: number | null;
  /** `locked`: nobody typed words before it; `shared`: what another app handed over */
  picture: { until: number; files: { name: string; state?: EntryState }[]; locked?: boolean; shared?: File[] } | null;
  /** whether a locked phone takes anything in */
  capture: boolean;
  /** nothing is to be left on this device */
  borrowed?: boolean;
  /** a newer page waits that those who signed this one did not sign */
  unsigned?: boolean;
  /** borrowed, and in a window that keeps a history */
  ordinary?: boolean;
  /** questions of advocates that wait, and who asked the first */
  asked?: { n: number; name: string } | null;
  /** things that came while it was locked: to be asked about, and drafts made of them */
  waiting?: { captured: number; later: number; written?: number; answers?: number };
  showing: { sections: Section[]; until: number } | null;
  notebook: { notes: Note[]; ready: boolean };
  look: Look;
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
  /** typed by an advocate: `waiting`, or what the keeper said to it; '' for the keeper's own */
  helped: string;
};

/** When something happened, as the entry says it */
export type Occurred = {
  occurred_start: number | null;
  occurred_end: number | null;
  occurred_local: string | null;
  tz: string;
  utc_offset_min: number | null;
  precision: string;
};
/**
 * What the list keeps of an entry. `local`: its place in the order of coming to this phone; `kept_at`: its last
 * receipt, ms; `apart`: the words about its place that are kept apart; `v`, `c`: the versions it was made from, and
 * the commitment of the first
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
  /** absent where the entry was erased, or does not open */
  v?: string | null;
  c?: string;
  f?: Fact;
  links?: string[];
  /** typed by an advocate: what the keeper has said to it */
  helped?: string;
  /** evidence elsewhere that may be written over */
  dated?: boolean;
  shots?: string[];
  bare?: boolean;
  text?: string;
};

/** What is typed in the cards of an entry and not saved (`u/<record>`) */
export type Unsaved = { fields: Fields; restricted: Fields; note?: string };
/** The words or the time of an entry, changed and not saved (`uw/<record>`) */
export type Half = {
  narrative: string;
  restricted: Fields;
  when?: { chip: string | null; picked: Picked | null };
};

/** A blob as a version's keys name it. */
export type BlobKey = { blob: string; key: string; n: number };
export type Rendition = {
  purpose: Purpose;
  sha256: string;
  size_bytes: number;
  width: number;
  height: number;
  media_type: string;
  recipe?: string;
};
/** A file sealed and waiting for its entry to be saved; lies inside the sealed draft. */
export type Held = {
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
  about?: About | null;
  received: BlobKey;
  renditions: (Rendition & BlobKey)[];
  /** what the keeper said of it while it waited */
  said?: { fields: Fields; restricted: Fields };
  outside_copy: { state: string; at: number } | null;
};
/** Where a file's bytes come from: a File, or parts waiting in the tray. */
export type Source = {
  name: string;
  type: string;
  size: number;
  lastModified: number | null;
  /** bytes [from, to); throws file_changed when they are not what they were */
  read(from: number, to: number): Promise<Bytes>;
  /** the same again at the end, to see that nothing moved */
  check(): Promise<void>;
};
/** What is passed in, once, by main.js or a test. */
export type Collaborators = {
  database: Database;
  api: Api;
  makeVault: () => Vault;
  pictures: Pictures;
  clock: { now(): number };
  origin: string;
  zone: () => string;
  random: (n: number) => Bytes;
  /** holds the diary for this tab until released; resolves to null when another tab has it */
  hold: () => Promise<null | (() => void)>;
  online: () => boolean;
  visible: () => boolean;
  objectUrl: { make(blob: Blob): string; drop(url: string): void };
  /** `deadline`: as `after`, for how long something else may take at most */
  timers: {
    after(ms: number, act: () => void): unknown;
    stop(timer: unknown): void;
    deadline?(ms: number, act: () => void): unknown;
  };
  deviceName: string;
  supported: () => boolean;
  /** deletes what the page has written on this device */
  leaveNothing: () => Promise<unknown>;
  /** asks the browser not to clear this site's storage; and registers the offline worker */
  keepOffline: () => Promise<unknown>;
  applyUpdate: () => Promise<unknown>;
  phoneBytes: () => Promise<number | null>;
  /** what the browser still lets this site write; null where it does not say */
  roomBytes: () => Promise<number | null>;
  /** what the connection is, where the browser says */
  connection: () => 'wifi' | 'mobile' | null;
  /** asks where a large pack is to be written; absent where the browser cannot be asked */
  saveFile?: (name: string) => Promise<Writable>;
  packActions?: (ctx: Context) => Record<string, (...args: never[]) => unknown>;
};

/** What requests about a registered diary need, under the keys that are in use. */
export type SyncLink = Link & { authors: readonly AuthorKey[]; epoch: number };

/** Takes words and files up and down while the diary is open (syncing.ts). */
export interface Sync {
  /** whether the server does not answer */
  offline: boolean;
  readonly running: boolean;
  /** the code of what stops everything, or null */
  trouble: string | null;
  /** whether files may go this once, whatever was chosen */
  allowed: boolean;
  /** null while the diary is not registered, or its keys are being changed */
  link(): SyncLink | null;
  /** every row as the list shows it */
  rows(): Row[];
  /** every warning that holds, the gravest first */
  said(): Trouble[];
  /** begin a run, or one more after the run that is on */
  kick(): void;
  soon(): void;
  /** begin a run that knows what has just changed */
  afresh(): void;
  /** a run to its end */
  now(): Promise<void>;
  /** settles once everything the server had at the beginning is here */
  arrived(): Promise<void>;
  stop(): void;
  suspend(): void;
  resume(): void;
}

/** A run of `Sync`, as its own steps see it. */
export interface SyncRun extends Sync {
  readonly ctx: Context;
  readonly openNow: () => Open | null;
  again: boolean;
  /** the end of the first pull of this run */
  readonly first: Promise<void>;
  /** the words that are coming down now */
  pulling: Promise<void> | null;
  readonly suspended: Promise<void> | null;
  reached(): void;
  onItsWay(of: string | null, share: number): void;
  settled(open: Open, of: string): Promise<void>;
  troubled(open: Open, of: string, code: string): Promise<void>;
}

/** The records of an open diary: versions read and written (book.ts). */
export interface RecordStore {
  readonly clock: { now(): number };
  list: Index | null;
  relist: Relist | null;
  /** versions that were opened, by their id */
  readonly seen: Map<string, Opened>;
  batch(root: Root, change: Change): Batch;
  doubt(): void;
  enlist(batch: Batch, kind: string, record: string): Promise<void>;
  meta(record: string, batch?: Batch): Promise<Meta | null>;
  newest(record: string, batch?: Batch): Promise<Opened>;
  versions(record: string, batch?: Batch): Promise<Opened[]>;
  manyVersions(records: string[], batch?: Batch): Promise<{ record: string; versions: Opened[]; meta: Meta }[]>;
  open(list: { record: string; version: string; push: Uint8Array }[]): Promise<void>;
  readAgain(
    records: readonly string[],
    known?: ReadonlyMap<string, Meta>,
    said?: ReadonlyMap<string, Said>,
  ): Promise<{ metas: Meta[]; opened: Map<string, Opened> }>;
  row(record: string, before: Partial<ListRow> | null, batch: Batch): Promise<ListRow | null>;
  stage(batch: Batch, wish: Wish): Promise<{ record: string; version: string }>;
}

/** Notes what was done to a file (custody.ts). */
export interface CustodyLog {
  /** lines that no version holds yet */
  readonly loose: CustodyLine[];
  note(attachment: string, action: CustodyLine['action'], detail?: string): void;
  flush(how?: { send?: boolean }): Promise<void>;
  overflow(): void;
  stop(): void;
}

/** What the screens are shown (screen.ts). */
export interface ScreenState {
  readonly state: State;
  set(part: Partial<State>): void;
  clear(phase: State['phase'], rest?: Partial<State>): void;
  subscribe(listener: () => void): () => void;
}

/** Sends parts of files while the diary is locked (carrier.ts). */
export interface LockedUpload {
  prepare(open: Open, onWifi: boolean): Promise<void>;
  go(): Promise<void>;
  drop(): void;
}

/** The notes behind the cover (notebook.ts). */
export interface NotebookStore {
  ids(): Promise<Uint8Array[]>;
  open(): Promise<void>;
  opened(): Promise<void>;
  put(id: string, text: string): void;
  drop(id: string): Promise<void>;
  flush(): Promise<unknown>;
}

/** The diary as it stands open: everything here is gone after a lock. */
export type Open = {
  vault: Vault;
  store: Store;
  index: Index;
  book: RecordStore;
  syncing: Sync;
  custody: CustodyLog;
  identity: Identity;
  urls: Set<string>;
  /** the wraps of what lies here are being made anew: the last that was begun */
  rewrapping?: Promise<void>;
  /** what the slot that opened it says of the server's key */
  slot?: { notary: string | null; log: string | null; kdf_high: number };
  /** opened by the short secret */
  short?: boolean;
  /** the words were typed for something of this opening, and nothing has been revealed by it yet */
  proved?: string | null;
  /** words typed in this opening for something that waits; in memory only, and gone with it or the lock */
  typed?: string | null;
  /** the server refused those words in this opening: they are not tried again by themselves */
  refused?: boolean;
  /** whether this opening has looked for what other devices had erased */
  erasedLooked?: boolean;
  /** whether it has asked who signed in meanwhile */
  signInsLooked?: boolean;
  /** whether a code for somebody who saw it is out, of whichever device; undefined until this opening has asked */
  witnessesOut?: boolean;
  /** files that wait apart from the draft: what came while this was locked */
  apart?: Held[];
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
  earlier: readonly Statement[];
};

export type Context = Collaborators & {
  screen: ScreenState;
  open: Open | null;
  /** the worker being used, unlocked or not */
  vault: Vault | null;
  release: null | (() => void);
  /**
   * how often somebody left for the notebook: what takes long and ends in an open diary asks whether it is still wanted
   */
  left: number;
  /** the last lock, until it is done */
  locking?: Promise<unknown>;
  draftTurn: Promise<unknown>;
  /** why what is being written could not be sealed, as a code */
  unsealed: string | null;
  /** sends file parts while locked */
  carrier?: LockedUpload;
  /** this is not the keeper's phone: features/borrowed/actions.js */
  borrowed?: boolean;
  /** somebody types for the keeper there */
  typed?: boolean;
  /** locked with something unsent */
  owing?: boolean;
  /** words or keys are being changed */
  changing?: boolean;
  notebook: NotebookStore;
  show(): void;
  /** what takes words and files up and down while `open` answers; it stops where `open` gives null */
  makeSync: (open: () => Open | null) => Sync;
};
export type Index = RowIndex<ListRow>;
export type { Api, Pins, Database, Store, Vault };

export type Answer = 'yes' | 'changed' | 'no' | 'later';

/** `id`: the letter's, or the entry's where it was put off */
export type Written = {
  id: string;
  record: string | null;
  mark: Mark;
  narrative: string;
  occurred: Fields;
  name: string;
  organisation: string;
};
