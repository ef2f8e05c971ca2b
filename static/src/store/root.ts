/**
 * The shape of the root record of an open diary: what the phone has to know before it reads any other record.
 *
 * The layers above read and write the members; their shapes are declared here because the root is sealed here. Members
 * that are optional were added after the first release, or stand only while they say something.
 */
import type { Engine } from '../crypto/worker/engine.js';
import type { Letter as LetterSaid } from '../crypto/sharing/letters.js';
import type { LogWitness } from '../ledger/checkpoint.js';
import type { NotaryKey, NotaryStatement } from '../ledger/statements.js';
import type { Owed, Pool } from './chaff.js';

/** What the store itself keeps in a root, of a diary and of the notebook alike. */
export type SealedRoot = {
  /** place seed, b64 */
  seed: string;
  /** names of the records of what is half-typed */
  typed?: string[];
  /** segments of which the texts of versions are kept together */
  said?: number[];
  chaff?: Pool;
  owed?: Owed;
};

/** The end of this device's own line */
export type LineEnd = { n: number; prev: string | null };
/** The last link known of another device's line */
export type LineTop = { n: number; c: string };
/** How far this phone's account of the diary goes; head b64 */
export type FeedEnd = { seq: number; head: string };
/** A version without a receipt; `of`: the entry it belongs to */
export type UnsentVersion = { record: string; version: string; of: string | null };
/** A file that the server does not hold whole yet */
export type Upload = { blob: string; of: string | null };
/** A file of another device that is not here yet */
export type Download = Upload & { size: number };

/** From when a server takes nothing new, and from when it answers nothing of a keeper's; ms */
export type Closing = { on: number; off: number };

/** The account as this phone knows it; `login`, `notary` and `log` are null until it is registered */
export type Account = {
  registered: boolean;
  login: string | null;
  /** b64, as pinned */
  notary: string | null;
  log: string | null;
  recovery: 'todo' | 'later' | 'done';
  /** the server's own key, b64; null of a server without one */
  instance?: string | null;
  /** how many statements about the server's keys were followed, and what they say */
  statements?: number;
  vouched?: NotaryStatement[];
  /** keys that came before the one pinned */
  olds?: NotaryKey[];
  /** keys that a person took over: see [Note: a key told by a person], server_key.js */
  accepted?: { at: number; from: string | null; to: string }[];
  closing?: Closing;
  code_wrap?: string;
};

/** The account of a diary that is registered */
export type RegisteredAccount = Account & { login: string; notary: string; log: string };

/** Warnings that stand until what brought them is settled: diary/warnings.js */
export type Doubts = {
  capture_key?: boolean;
  log?: boolean;
  altered?: boolean;
  omitted?: boolean;
  line_gap?: boolean;
};

/** The list's own head: see [Note: the list's own head], index.js */
export type ListHead = { shape: number; stamps: number[]; line: number | undefined; feed: number | undefined };

/** How far this diary's manifests go; `due`: versions since */
export type Covered = { record: string | null; counter: number; seq: number; head: string; due: number };

/** A checkpoint of the public log; `root` b64 */
export type SeenLog = { size: number; root: string; note: string };
/** Who cosigned the log of `size` leaves (0: nobody), of how many the server names */
export type Witnessed = { names: string[]; named: number; size: number };
/** The checkpoint followed last, how far the diary's own versions are proved under it, and who cosigned it */
export type FollowedLog = SeenLog & {
  proved: number;
  late: boolean;
  witnessed?: Witnessed;
};
/** `gone`: names to be said; `named`: what the server said last */
export type LogWitnesses = { known: LogWitness[]; gone: string[]; named: LogWitness[] };

/**
 * Tokens of the session and of the device, the session's id, the key that tickets for files are made with, and what
 * begins the next session: net/api.js
 */
export type Tokens = {
  token: string | null;
  device: string | null;
  session: string | null;
  upload: string | null;
  renewal: string | null;
};
export type SignIn = { at: number; device_name: string; kind: string | null; signed_out: boolean; what: string };

type Enrolment = Awaited<ReturnType<Engine['enrolment']>>['body'];
/** A registration whose answer has not come; only a release of before kept `auth` */
export type Registering = Omit<Enrolment, 'auth'> & {
  auth?: string;
  auth_digest?: string;
  ticket: string;
  device_name: string;
  invite?: string;
};
/** A change of keys that was begun */
export type Rotation = Omit<Awaited<ReturnType<Engine['rekeyBegin']>>, 'auth'>;

/** What was done with a file */
export type CustodyLine = {
  attachment: string;
  at: number;
  actor: 'app' | 'keeper';
  action: 'received' | 'hashed' | 'viewed' | 'exported' | 'shared' | 'verified' | 'deleted';
  detail?: string;
};

/** `erasure` is null where this phone counts the days itself */
export type Erasure = {
  erasure: string | null;
  records: string[];
  asked_at: number;
  due_at: number;
  why: string;
};

/** `pub`: the key that signed it, b64; `at`: when the server had it, ms */
export type Letter = {
  letter: string;
  grant: string;
  name: string;
  organisation: string;
  pub: string;
  at: number;
  said: LetterSaid;
};

/** An advocate whose nine words were checked; without keys until there was signal to fetch them */
export type Met = {
  ecdsa_pub: string;
  fingerprint: string;
  hpke_pub: string;
  name: string;
  organisation: string;
  words: string;
  at: number;
};
/**
 * What this phone keeps of a grant, so that it can go on giving; `called`: what the keeper is called to them, on the
 * device that made it
 */
export type Letting = {
  grant: string;
  to: string;
  kept: string;
  made_at: number;
  not_after: number;
  name: string;
  organisation: string;
  looked_at: number | null;
  called?: string;
};
/** By the keeper; `told`: the server has ended it too; `was`: what it was, until then */
export type Ended = { grant: string; at: number; told: boolean; was?: Letting };

/** A code for somebody who saw it */
export type WitnessCode = {
  witness: string;
  words: string;
  proof: string;
  note: string;
  made_at: number;
  expires_at: number;
  address: string;
};
/** A pack left for whoever has eight words */
export type HandedOver = {
  handover: string;
  words: string;
  name: string;
  record: string | null;
  made_at: number;
  expires_at: number;
  address?: string;
  to?: string;
};

/** Ms until the diary locks by itself */
export type Locking = { hidden: number; idle: number };
export type Light = 'auto' | 'on' | 'off';
export type Sending = 'now' | 'wifi' | 'ask';

export type Root = SealedRoot & {
  v: number;
  /** entries that were ever listed here */
  count: number;
  /** how many of them came before the diary was registered; null until then */
  unregistered: number | null;
  /** segments of the list */
  segments: number;
  draft: boolean;
  /** openings */
  opened: number;
  /** the record of the settings */
  settings: string | null;
  packs: number;
  account: Account;
  troubles: Record<string, string>;
  doubts: Doubts;
  clock_offset: number | null;
  clock_off?: boolean;
  borrowed?: boolean;
  cleared?: boolean;

  line: LineEnd;
  /** by device */
  lines: Record<string, LineTop>;
  lines_unsure?: boolean;
  lines_judged?: number;
  /** versions that were erased elsewhere before they came here */
  blanks?: number;
  /** how far the line had come before the phone was put back */
  put_back?: LineEnd;

  feed: FeedEnd;
  outbox: UnsentVersion[];
  uploads: Upload[];
  fetch: Download[];
  /** files that are being sealed */
  filling: string[];
  /** the highest number of a receipt above `feed.seq` */
  top?: number;
  /** versions the server is still to send */
  coming?: number;
  gone_back?: boolean;
  again?: boolean;
  strays?: [record: string, version: string][];
  light?: Light;
  sending?: Sending;

  index?: ListHead;
  manifest?: Covered;
  manifest_soon?: boolean;
  manifests_unsure?: [record: string, version: string][];
  manifests_told?: [counter: number, seq: number, head: string][];
  manifests_judged?: string;
  /** the numbers of entries that were erased before this device came */
  numbered?: Record<string, number>;
  /** named in the manifest where it is there */
  checkpoint?: unknown;

  log?: FollowedLog;
  log_witnesses?: LogWitnesses;

  /** undefined of a release that had no tokens */
  session?: Tokens | null;
  own_sessions?: string[];
  sign_ins?: { cursor: string | null; waiting: SignIn[] };
  /** both of earlier releases */
  known_devices?: unknown;
  arrived?: unknown;
  device_name?: string;
  shut?: boolean;
  /** ms */
  returned?: number;
  registering?: Registering;
  rotation?: Rotation;
  rewrap?: boolean;
  reopened?: boolean;
  capture_pub?: string;

  /** a digest of the slot of the short secret; `true` of an earlier release */
  short?: string | boolean;
  cover?: boolean;
  locking?: Locking;
  exit_said?: boolean;

  /** how many wait */
  captured?: number;
  later?: number;

  custody?: { on: string | null; record: string | null; waiting?: CustodyLine[] };
  told_erased?: string[];
  erasures?: Erasure[];
  purges?: string[];

  letters?: Letter[];
  letters_done?: string[];
  letting?: Letting[];
  let_out?: Ended[];
  met?: Met[];
  /** by grant: how often its marks had changed when they were read */
  marked?: { grant: string; n: number }[];
  witnesses?: WitnessCode[];
  witnesses_came?: number;
  handovers?: HandedOver[];
};

/** A root before the store has given it a place seed. */
export type FreshRoot<R extends SealedRoot> = Omit<R, 'seed'>;
