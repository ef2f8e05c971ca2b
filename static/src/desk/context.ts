import type { Mark } from '../crypto/sharing/marks.js';
import type { deskApi, You } from '../net/clients.js';
import type { Vault } from '../crypto/worker/vault.js';
import type { Diary } from './diary.js';
import type { Client } from './order.js';
import type { Row } from '../shell/app.js';
import type { Request } from '../net/http.js';

export type Context = {
  ports: Ports;
  api: ReturnType<typeof deskApi>;
  vault: Vault | null;
  opened: () => Vault;
  state: DeskState;
  set: (change: Partial<DeskState>) => void;
  list: () => Promise<void>;
  begin: () => void;
  own: { ecdsa_pub: string; hpke_pub: string; login: string } | null;
  joining: Joining | null;
  /** the own account's id */
  account: string;
  /** locks, and says why */
  leave: (why: string) => void;
  pending: { login: string; auth: string } | null;
  diary: Diary | null;
  reading: Diary | null;
  urls: Set<string>;
  asked: Asked[];
};
/** What the screens show; `ended` is the name of a client who has just ended it, `told` a code of why it locked */
export type DeskState = {
  phase: 'out' | 'in';
  language: string;
  clients: Client[];
  /** grants that do not hold and are left out */
  refused: number;
  you: You | null;
  /** the server's, when the list was read */
  now: number;
  /** the one that is open */
  client: Client | null;
  entries: Row[];
  removed: Row[];
  /** what was looked through of that client */
  marks: ByRecord;
  /** there is more of this client than is shown */
  newer: boolean;
  ended: string | null;
  told: string | null;
  lockIn: number | null;
  draft: null;
  account: { registered: boolean };
};
/** Kept between the invitation and the six digits; `body` is sent to the server with the digits */
type Joining = { identity: Joined['identity']; login: string; body: object };
type Joined = Awaited<ReturnType<Vault['advocateNew']>>;
/** What the browser offers */
export type Ports = {
  request: Request;
  makeVault: () => Vault;
  clock: { now(): number };
  zone: () => string;
  visible: () => boolean;
  timers: { after: (ms: number, act: () => void) => unknown; stop: (timer: unknown) => void };
  objectUrl: { make: (blob: Blob) => string; drop: (url: string) => void };
};
/** A letter sent in this session */
export type Asked = { letter: string; grant: string; about: string | null; text: string; at: number };

export type ByRecord = Record<string, Mark>;

/** What every action of the advocate page works with. */
