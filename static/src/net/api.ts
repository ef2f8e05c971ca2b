/**
 * The server's API (docs/api.md), one method per endpoint.
 *
 * [Note: signed out] A session ends after 30 days, or when another device ends it. An unlocked phone can still sign
 * in, so a `signed_out` response is handled once: sign in again and repeat the request. An upload of forty parts that
 * loses its session at part 20 continues at part 20. Requests that fail at the same time share one sign-in. Whether a
 * phone may come back after `session_ended` is decided by diary/session/returning.js.
 *
 * [Note: tokens] The session token is here while the diary is open; otherwise it is sealed in the store, so a locked
 * phone has nothing that signs it in. Next to it lies the device token, by which the server recognises a device that
 * has signed in before; it is sent at sign-in only.
 */
import { isOver } from './http.js';
import type { KeptError } from '../core/errors.js';
import type { Receipt } from '../crypto/signing.js';
import type { SignedHead } from '../ledger/heads.js';
import type { NotaryStatement } from '../ledger/statements.js';
import type { Stamp } from '../ledger/timestamps.js';
import type { Ask, Request } from './http.js';
import type { Bytes } from '../core/bytes.js';
import type { Closing, Tokens } from '../store/root.js';

/** What a server says about itself; `notary` and `instance` in base64 */
export type ServerAnswer = {
  closing: Closing | null;
  enrolment: 'invite' | 'code' | 'open';
  instance: string | null;
  log: string;
  notary: string;
  limits: {
    file_bytes: number;
    handover_bytes: number;
    part_bytes: number;
    quota_bytes: number;
    version_bytes: number;
  };
  origin: string;
  release: string;
  server_packs: boolean;
  now: number;
};
/** A checkpoint */
export type LogRow = { n: number; note: string; size: number };
/** A log witness; its key in base64 */
export type Named = { name: string; pub: string };
/** The state of the public log and who vouches for it; `stamped`: the newest checkpoint with timestamps */
export type LogAnswer = {
  authorities: string[];
  checkpoint: LogRow | null;
  closing: Closing | null;
  log: string;
  now: number;
  witnessed: LogRow | null;
  witnesses: Named[];
  stamped: (LogRow & { stamps: Stamp[] }) | null;
  statements: NotaryStatement[];
};
/** A version's place in the log; `path` in base64 */
export type Placed = { i: number; path: string[]; seq: number; version: string };
/** A session; which wraps it has depends on how it was started */
export type SessionAnswer = {
  account: string;
  words_wrap?: string;
  code_wrap?: string;
  keyset: string;
  code: boolean;
  diaries: { diary: string; epoch: number; wrap: string; seq: number; head: SignedHead | null }[];
  session: string;
  notary: string;
  log: string;
  now: number;
};
/** A new session with its tokens; a borrowed device and a desk get fewer */
export type EnterAnswer = SessionAnswer & {
  token: string;
  device_token?: string;
  upload_key?: string;
  renewal?: string;
};
/** Times rounded to the hour */
export type SessionRow = { session: string; device_name: string; created_at: number; seen_at: number; here: boolean };
export type ErasureRow = {
  erasure: string;
  records: string[];
  why: string;
  asked_at: number;
  due_at: number;
  done: boolean;
};

const SLOW = 120_000;

export class Api {
  request: Request;
  /** Signs in again with the stored keys, or throws; set while unlocked. */
  signAgain: null | ((code: string) => Promise<unknown>) = null;
  signing: Promise<unknown> | null = null;
  /** A device that is not the keeper's: it stores nothing and counts as new each time. */
  borrowed = false;
  /** See [Note: tokens]. */
  token: string | null = null;
  device: string | null = null;
  session_id: string | null = null;
  upload: string | null = null;
  renewal: string | null = null;
  /** Saves new tokens; set while unlocked. */
  keep: null | ((held: Tokens) => Promise<unknown>) = null;
  /** The token that ends a borrowed session if the tab closes while locked; used for nothing else. */
  leaving: string | null = null;

  constructor(request: Request) {
    this.request = request;
  }

  /** Start with the tokens from the open diary's store and with the function that saves new ones. */
  open(held: Tokens | null | undefined, keep: (held: Tokens) => Promise<unknown>) {
    this.token = held?.token ?? null;
    this.device = held?.device ?? null;
    this.session_id = held?.session ?? null;
    this.upload = held?.upload ?? null;
    this.renewal = held?.renewal ?? null;
    this.keep = keep;
  }

  /** Drop the tokens when the diary is locked. */
  lock() {
    this.leaving = this.borrowed ? (this.token ?? this.leaving) : null;
    Object.assign(this, {
      token: null,
      device: null,
      session_id: null,
      upload: null,
      renewal: null,
      keep: null,
      signAgain: null,
    });
  }

  /** Return the tokens to seal in the store. */
  held(): Tokens {
    return {
      token: this.token,
      device: this.device,
      session: this.session_id,
      upload: this.upload,
      renewal: this.renewal,
    };
  }

  server(): Promise<ServerAnswer> {
    return this.request({ path: '/v1/server' });
  }

  /** Reserve an unused sign-in name. */
  name(): Promise<{ login: string; ticket: string }> {
    return this.request({ path: '/v1/names', method: 'POST', json: {}, fields: { login: 'string', ticket: 'string' } });
  }

  register(account: object) {
    return this.enter('/v1/accounts', account);
  }

  prelogin(login: string): Promise<{ kdf: unknown }> {
    return this.request({ path: '/v1/prelogin', method: 'POST', json: { login } });
  }

  /** @param options `cookies`: those of an earlier release show that the device is known */
  signIn(by: { login: string; auth: string; device: string; device_name: string }, how?: { cookies?: boolean }) {
    return this.enter('/v1/sessions', by, how);
  }

  /** Start the next session of this device after the last one expired. */
  renew(by: { renewal: string; device: string; device_name: string }) {
    return this.enter('/v1/session/renewal', by);
  }

  /** Continue the session of an earlier release, with its cookies and the proof it stored. */
  goOver(by: { login: string; auth: string; device: string; device_name: string }) {
    return this.enter('/v1/session/exchange', by, { cookies: true });
  }

  async enter(path: string, by: object, how: { cookies?: boolean } = {}): Promise<EnterAnswer> {
    const known = this.borrowed
      ? { borrowed: true }
      : this.device && path === '/v1/sessions'
        ? { device_token: this.device }
        : {};
    const answer = await this.request<EnterAnswer>({
      path,
      method: 'POST',
      json: { ...by, ...known },
      token: this.token,
      timeout: SLOW,
      ...(this.borrowed ? { leave: true } : how),
    });
    this.token = answer.token;
    this.device = answer.device_token ?? null;
    this.session_id = answer.session;
    this.upload = answer.upload_key ?? null;
    this.renewal = answer.renewal ?? null;
    await this.keep?.(this.held());
    return answer;
  }

  /** End a borrowed session while the page closes. */
  signOutNow() {
    return this.request({
      path: '/v1/session',
      method: 'DELETE',
      want: 'nothing',
      token: this.token ?? this.leaving,
      last: true,
      leave: true,
    });
  }

  recover(by: { login: string; code_auth: string; device: string; device_name: string }) {
    return this.enter('/v1/recoveries', by);
  }

  session(): Promise<SessionAnswer> {
    return this.withSession({ path: '/v1/session' });
  }

  signOut() {
    return this.request({
      path: '/v1/session',
      method: 'DELETE',
      want: 'nothing',
      token: this.token,
      ...(this.borrowed ? { leave: true } : {}),
    });
  }

  sessions(proof: string): Promise<{ sessions: SessionRow[] }> {
    return this.withSession({ path: '/v1/sessions', proof, fields: { sessions: 'array' } });
  }

  endSession(session: string, proof: string) {
    return this.withSession({ path: `/v1/sessions/${session}`, method: 'DELETE', want: 'nothing', proof });
  }

  /** End every session except this one. */
  endOthers(proof: string) {
    return this.withSession({ path: '/v1/sessions', method: 'DELETE', want: 'nothing', proof });
  }

  rename(device_name: string) {
    return this.withSession({ path: '/v1/session', method: 'PUT', json: { device_name }, want: 'nothing' });
  }

  /** Return what was done to the account. */
  access(proof: string): Promise<{ access: { at: number; device_name: string; what: string }[] }> {
    return this.withSession({ path: '/v1/access', proof, fields: { access: 'array' } });
  }

  /**
   * Return the sign-ins of other sessions.
   * @param after the `cursor` of an earlier response
   */
  signIns(after: string | null): Promise<{
    cursor: string;
    more: boolean;
    sign_ins: {
      at: number;
      device_name: string;
      kind: string | null;
      session: string;
      signed_out: boolean;
      what: string;
    }[];
  }> {
    const fields = { cursor: 'string', more: 'boolean', sign_ins: 'array' } as const;
    return this.withSession({ path: `/v1/sign-ins${after ? `?after=${after}` : ''}`, fields });
  }

  changeWords(words: object, proof: string) {
    return this.withSession({
      path: '/v1/account/words',
      method: 'PUT',
      json: words,
      want: 'nothing',
      proof,
      timeout: SLOW,
    });
  }

  /** Upload new keys; the server keeps them next to the current ones. */
  rekeyBegin(diary: string, body: object, proof: string): Promise<{ to: number }> {
    const path = `/v1/diaries/${diary}/rotation`;
    return this.withSession({ path, method: 'POST', json: body, proof, timeout: SLOW, fields: { to: 'number' } });
  }

  /** @param wraps frames */
  rekeyWraps(diary: string, wraps: Uint8Array): Promise<{ lacking: number }> {
    return this.withSession({
      path: `/v1/diaries/${diary}/rotation/wraps`,
      method: 'PUT',
      bytes: wraps,
      timeout: SLOW,
    });
  }

  /** Make the new keys the current ones; this ends every session. */
  rekeyCommit(diary: string, proof: string) {
    return this.request({
      path: `/v1/diaries/${diary}/rotation/commit`,
      method: 'POST',
      want: 'nothing',
      proof,
      token: this.token,
      timeout: SLOW,
    });
  }

  setCode(code: { code_auth: string; code_wrap: string }, proof: string) {
    return this.withSession({
      path: '/v1/account/code',
      method: 'PUT',
      json: code,
      want: 'nothing',
      proof,
      timeout: SLOW,
    });
  }

  push(
    diary: string,
    record: string,
    version: string,
    frames: Uint8Array,
  ): Promise<{ receipt: Receipt; head: SignedHead; seq: number }> {
    return this.withSession({
      path: `/v1/diaries/${diary}/records/${record}/versions/${version}`,
      method: 'PUT',
      bytes: frames,
    });
  }

  /** @returns frames */
  changes(diary: string, after: number): Promise<Uint8Array> {
    return this.withSession({ path: `/v1/diaries/${diary}/changes?after=${after}`, want: 'bytes', timeout: SLOW });
  }

  /** Return the state of the public log. */
  log(): Promise<LogAnswer> {
    return this.request({ path: '/v1/log' });
  }

  consistency(older: number, newer: number): Promise<{ path: string[] }> {
    return this.request({ path: `/v1/log/consistency/${older}/${newer}` });
  }

  /** @param size of a checkpoint */
  proofs(diary: string, size: number, after: number): Promise<{ proofs: Placed[]; to: number }> {
    return this.withSession({ path: `/v1/diaries/${diary}/proofs/${size}?after=${after}`, timeout: SLOW });
  }

  declareBlob(
    diary: string,
    blob: string,
    sizes: { parts: number; size: number },
  ): Promise<{ have: number[]; complete: boolean }> {
    return this.withSession({ path: `/v1/diaries/${diary}/blobs/${blob}`, method: 'PUT', json: sizes });
  }

  blob(diary: string, blob: string): Promise<{ parts: number; have: number[]; complete: boolean }> {
    return this.withSession({ path: `/v1/diaries/${diary}/blobs/${blob}` });
  }

  putPart(diary: string, blob: string, i: number, sealed: Uint8Array) {
    return this.withSession({
      path: `/v1/diaries/${diary}/blobs/${blob}/parts/${i}`,
      method: 'PUT',
      bytes: sealed,
      want: 'nothing',
      timeout: SLOW,
    });
  }

  part(diary: string, blob: string, i: number): Promise<Bytes> {
    return this.withSession({ path: `/v1/diaries/${diary}/blobs/${blob}/parts/${i}`, want: 'bytes', timeout: SLOW });
  }

  completeBlob(diary: string, blob: string, digest: string) {
    return this.withSession({
      path: `/v1/diaries/${diary}/blobs/${blob}/complete`,
      method: 'POST',
      json: { digest },
      want: 'nothing',
    });
  }

  /** Erase records in seven days. */
  erase(diary: string, what: { records: string[]; why: string }, proof: string): Promise<ErasureRow> {
    return this.withSession({
      path: `/v1/diaries/${diary}/erasures`,
      method: 'POST',
      json: what,
      proof,
      timeout: SLOW,
    });
  }

  erasures(diary: string): Promise<{ erasures: ErasureRow[] }> {
    return this.withSession({ path: `/v1/diaries/${diary}/erasures`, fields: { erasures: 'array' } });
  }

  keepAfterAll(diary: string, erasure: string) {
    return this.withSession({ path: `/v1/diaries/${diary}/erasures/${erasure}`, method: 'DELETE', want: 'nothing' });
  }

  usage(): Promise<{ used_bytes: number; quota_bytes: number }> {
    return this.withSession({ path: '/v1/usage', fields: { quota_bytes: 'number', used_bytes: 'number' } });
  }

  async withSession<T>(ask: Ask): Promise<T> {
    let code = '';
    try {
      return await this.request({ ...ask, token: this.token });
    } catch (error) {
      if (!isOver(error) || !this.signAgain) throw error;
      ({ code } = error as KeptError);
    }
    this.signing ??= this.signAgain(code).finally(() => {
      this.signing = null;
    });
    await this.signing; // see [Note: signed out]
    return this.request({ ...ask, token: this.token });
  }
}
