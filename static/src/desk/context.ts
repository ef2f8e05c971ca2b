/** The state and services shared by all actions of the advocate's page. */
import type { Mark } from '../crypto/sharing/marks.js';
import type { deskApi, OwnMembership } from '../net/clients.js';
import type { Vault } from '../crypto/worker/vault.js';
import type { ClientDiary } from './client_diary.js';
import type { Client } from './client_order.js';
import type { Row } from '../shell/app.js';
import type { RequestFunction } from '../net/http.js';
import type { PictureMaker } from '../media/previews.js';
import type { PageEngine } from '../pack/engine/page_engine.js';

export type Context = {
  ports: Ports;
  api: ReturnType<typeof deskApi>;
  vault: Vault | null;
  requireVault: () => Vault;
  state: DeskState;
  set: (change: Partial<DeskState>) => void;
  loadClients: () => Promise<void>;
  startSession: () => void;
  identity: { ecdsa_pub: string; hpke_pub: string; login: string } | null;
  pendingJoin: PendingJoin | null;
  /** the id of the advocate's own account */
  account: string;
  /** lock and show the reason */
  lockWith: (why: string) => void;
  pendingSignIn: { login: string; auth: string } | null;
  diary: ClientDiary | null;
  loadingDiary: ClientDiary | null;
  urls: Set<string>;
  /** stops the pack that is being made */
  packStopper: AbortController | null;
  sentLetters: SentLetter[];
};
/** The state of the screens. `ended`: the client who has just ended the grant; `lockReason`: why it locked, a code */
export type DeskState = {
  phase: 'out' | 'in';
  language: string;
  clients: Client[];
  /** how many grants were left out because they are not valid */
  refused: number;
  you: OwnMembership | null;
  /** the server's time when the list was read */
  now: number;
  /** the client that is open */
  client: Client | null;
  entries: Row[];
  removed: Row[];
  /** the marks on that client's records */
  marks: MarksByRecord;
  /** this client has more than is shown */
  newer: boolean;
  ended: string | null;
  lockReason: string | null;
  lockIn: number | null;
  draft: null;
  account: { registered: boolean };
};
/** Data kept between the invitation and the six digits. `body` is sent to the server with the digits. */
type PendingJoin = { identity: NewIdentity['identity']; login: string; body: object };
type NewIdentity = Awaited<ReturnType<Vault['advocateNew']>>;
/** The functions of the browser */
export type Ports = {
  request: RequestFunction;
  makeVault: () => Vault;
  clock: { now(): number };
  zone: () => string;
  visible: () => boolean;
  timers: { after: (ms: number, act: () => void) => unknown; stop: (timer: unknown) => void };
  objectUrl: { make: (blob: Blob) => string; drop: (url: string) => void };
  origin: string;
  pictures: PictureMaker;
  /** lays out the pages of packs; absent where the browser cannot */
  pageEngine?: PageEngine;
};
/** A letter sent in this session */
export type SentLetter = { letter: string; grant: string; about: string | null; text: string; at: number };

export type MarksByRecord = Record<string, Mark>;
