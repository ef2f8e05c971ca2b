/**
 * The shape of the root record of an open diary: what the phone must know before it reads any other record.
 *
 * The layers above read and write the members. Their types are declared here because the root is sealed here.
 * Optional members were added after the first release, or exist only while they hold something.
 */
import type { Engine } from '../crypto/worker/engine.js';
import type { Letter as LetterSaid } from '../crypto/sharing/letters.js';
import type { LogWitness } from '../ledger/checkpoint.js';
import type { NotaryKey, NotaryStatement } from '../ledger/statements.js';
import type { ChaffDebt, ChaffPool } from './chaff.js';

/** What the store itself keeps in a root, for a diary and for the notebook alike. */
export type SealedRoot = {
  /** place seed, base64 */
  seed: string;
  /** names of the records that hold unsaved text */
  typed?: string[];
  /** segments whose version texts are sealed together */
  said?: number[];
  chaff?: ChaffPool;
  owed?: ChaffDebt;
  /** blobs that nothing names yet: see [Note: half a file], diary/attachments/sealing.ts */
  filling?: string[];
};

/** The end of this device's own line */
export type LineEnd = { n: number; prev: string | null };
/** The last known link of another device's line */
export type KnownLineEnd = { n: number; c: string };
/** The end of this phone's account of the diary; `head` in base64 */
export type FeedEnd = { seq: number; head: string };
/** A version without a receipt; `of`: the entry it belongs to */
export type UnsentVersion = { record: string; version: string; of: string | null };
/** A file that the server does not hold completely yet */
export type PendingUpload = { blob: string; of: string | null };
/** A file of another device that is not on this phone yet */
/** `there`: left on the server, which says that it has all of it */
export type PendingDownload = PendingUpload & { size: number; there?: true };

/** From when a server accepts nothing new, and from when it returns none of a keeper's data; ms */
export type ClosingTimes = { on: number; off: number };

/** The account as this phone knows it; `login`, `notary` and `log` are null until it is registered */
export type Account = {
  registered: boolean;
  login: string | null;
  /** base64, as pinned */
  notary: string | null;
  log: string | null;
  recovery: 'todo' | 'later' | 'done';
  /** the server's own key, base64; null for a server without one */
  instance?: string | null;
  /** how many statements about the server's keys were applied, and the statements */
  statements?: number;
  vouched?: NotaryStatement[];
  /** keys that preceded the pinned one */
  olds?: NotaryKey[];
  /** keys that a person accepted: see [Note: a key told by a person], server_key.js */
  accepted?: { at: number; from: string | null; to: string }[];
  closing?: ClosingTimes;
  /** the server's file limit, if it is lower than the app's own */
  file_bytes?: number;
  code_wrap?: string;
};

/** The account of a registered diary */
export type RegisteredAccount = Account & { login: string; notary: string; log: string };

/** Warnings that stand until their cause is settled: diary/warnings.js */
export type Warnings = {
  capture_key?: boolean;
  log?: boolean;
  altered?: boolean;
  omitted?: boolean;
  line_gap?: boolean;
};

/** The list's own head: see [Note: the list's own head], index.js */
export type IndexHead = { shape: number; stamps: number[]; line: number | undefined; feed: number | undefined };

/** How far this diary's manifests go; `due`: versions since the last one */
export type ManifestProgress = { record: string | null; counter: number; seq: number; head: string; due: number };

/** A checkpoint of the public log; `root` in base64 */
export type SeenCheckpoint = { size: number; root: string; note: string };
/** Who cosigned the log at `size` leaves (0: nobody), of how many named by the server */
export type CosignedLog = { names: string[]; named: number; size: number };
/** The last checkpoint followed, how far the diary's own versions are proved under it, and who cosigned it */
export type FollowedCheckpoint = SeenCheckpoint & {
  proved: number;
  late: boolean;
  witnessed?: CosignedLog;
};
/** `gone`: names still to be shown; `named`: the witnesses in the server's last response */
export type LogWitnesses = { known: LogWitness[]; gone: string[]; named: LogWitness[] };

/**
 * Tokens of the session and of the device, the session id, the key that makes upload tickets, and the token that
 * starts the next session: net/api.js
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
/** A registration without a response so far; only an earlier release kept `auth` */
export type PendingRegistration = Omit<Enrolment, 'auth'> & {
  auth?: string;
  auth_digest?: string;
  ticket: string;
  device_name: string;
  invite?: string;
};
/** A change of keys in progress */
export type PendingRotation = Omit<Awaited<ReturnType<Engine['rekeyBegin']>>, 'auth'>;

/** One action on a file */
export type CustodyLine = {
  attachment: string;
  at: number;
  /** `advocate`: in a sitting */
  actor: 'app' | 'keeper' | 'advocate';
  action: 'received' | 'hashed' | 'viewed' | 'exported' | 'shared' | 'verified' | 'deleted';
  detail?: string;
};

/** `erasure` is null if this phone counts the days itself */
export type Erasure = {
  erasure: string | null;
  records: string[];
  asked_at: number;
  due_at: number;
  why: string;
};

/** `pub`: the key that signed it, base64; `at`: when the server received it, ms */
export type ReceivedLetter = {
  letter: string;
  grant: string;
  name: string;
  organisation: string;
  pub: string;
  at: number;
  said: LetterSaid;
};

/** An advocate whose nine words were checked; without keys until the network allowed fetching them */
export type VerifiedAdvocate = {
  ecdsa_pub: string;
  fingerprint: string;
  hpke_pub: string;
  name: string;
  organisation: string;
  words: string;
  at: number;
};
/**
 * What this phone keeps of a grant to continue it; `called`: the keeper's name for that advocate, only on the device
 * that made the grant
 */
export type ActiveGrant = {
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
/** Ended by the keeper; `told`: the server has ended it too; `was`: the grant, until then */
export type EndedGrant = { grant: string; at: number; told: boolean; was?: ActiveGrant };

/** A code for a witness */
export type WitnessCode = {
  witness: string;
  words: string;
  proof: string;
  note: string;
  made_at: number;
  expires_at: number;
  address: string;
};
/** A pack left for anyone who has its eight words */
export type ActiveHandover = {
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
export type LockDelays = { hidden: number; idle: number };
export type LightMode = 'auto' | 'on' | 'off';
export type SendMode = 'now' | 'wifi' | 'ask';

export type Root = SealedRoot & {
  v: number;
  /** entries that were ever listed here */
  count: number;
  /** how many of them are older than the registration; null until then */
  unregistered: number | null;
  /** segments of the list */
  segments: number;
  draft: boolean;
  /** number of unlocks */
  opened: number;
  /** the record of the settings */
  settings: string | null;
  packs: number;
  /** the record of a pack that is being written */
  unfinished_export?: string | null;
  account: Account;
  troubles: Record<string, string>;
  doubts: Warnings;
  clock_offset: number | null;
  clock_off?: boolean;
  borrowed?: boolean;
  cleared?: boolean;

  line: LineEnd;
  /** by device */
  lines: Record<string, KnownLineEnd>;
  lines_unsure?: boolean;
  lines_judged?: number;
  /** versions that were erased elsewhere before they came here */
  blanks?: number;
  /** how far the line had come before the phone was restored from a backup */
  put_back?: LineEnd;

  feed: FeedEnd;
  outbox: UnsentVersion[];
  uploads: PendingUpload[];
  fetch: PendingDownload[];
  filling: string[];
  /** the highest number in a receipt above `feed.seq` */
  top?: number;
  /** versions the server is still to send */
  coming?: number;
  gone_back?: boolean;
  again?: boolean;
  strays?: [record: string, version: string][];
  light?: LightMode;
  sending?: SendMode;

  index?: IndexHead;
  manifest?: ManifestProgress;
  manifest_soon?: boolean;
  manifests_unsure?: [record: string, version: string][];
  manifests_told?: [counter: number, seq: number, head: string][];
  manifests_judged?: string;
  /** the numbers of entries that were erased before this device came */
  numbered?: Record<string, number>;
  /** named in the manifest if present */
  checkpoint?: unknown;

  log?: FollowedCheckpoint;
  log_witnesses?: LogWitnesses;

  /** undefined in a root of a release without tokens */
  session?: Tokens | null;
  own_sessions?: string[];
  sign_ins?: { cursor: string | null; waiting: SignIn[] };
  /** both from earlier releases */
  known_devices?: unknown;
  arrived?: unknown;
  device_name?: string;
  shut?: boolean;
  /** ms */
  returned?: number;
  registering?: PendingRegistration;
  rotation?: PendingRotation;
  rewrap?: boolean;
  reopened?: boolean;
  capture_pub?: string;

  /** a digest of the slot of the short secret; `true` from an earlier release */
  short?: string | boolean;
  cover?: boolean;
  locking?: LockDelays;
  exit_said?: boolean;

  /** number of captures waiting */
  captured?: number;
  later?: number;

  custody?: { on: string | null; record: string | null; waiting?: CustodyLine[] };
  told_erased?: string[];
  erasures?: Erasure[];
  /** entries of which the server erased versions that are still here */
  half_erased?: string[];
  purges?: string[];

  letters?: ReceivedLetter[];
  letters_done?: string[];
  letting?: ActiveGrant[];
  let_out?: EndedGrant[];
  met?: VerifiedAdvocate[];
  /** by grant: how often its marks had changed when last read */
  marked?: { grant: string; n: number }[];
  witnesses?: WitnessCode[];
  witnesses_came?: number;
  handovers?: ActiveHandover[];
};

/** A root before the store has given it a place seed. */
export type NewRoot<R extends SealedRoot> = Omit<R, 'seed'>;
