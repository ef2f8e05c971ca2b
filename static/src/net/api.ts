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
import { isSessionOver } from './http.js';
import type { KeptError } from '../core/errors.js';
import type { Receipt } from '../crypto/signing.js';
import type { SignedHead } from '../ledger/heads.js';
import type { NotaryStatement } from '../ledger/statements.js';
import type { Timestamp } from '../ledger/timestamps.js';
import type { RequestOptions, RequestFunction } from './http.js';
import type { Bytes } from '../core/bytes.js';
import type { ClosingTimes, Tokens } from '../store/root.js';

/** What a server says about itself; `notary` and `instance` in base64 */
export type ServerResponse = {
  closing: ClosingTimes | null;
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
export type CheckpointRow = { n: number; note: string; size: number };
/** A log witness; its key in base64 */
export type NamedWitness = { name: string; pub: string };
/** The state of the public log and who vouches for it; `stamped`: the newest checkpoint with timestamps */
export type LogResponse = {
  authorities: string[];
  checkpoint: CheckpointRow | null;
  closing: ClosingTimes | null;
  /** absent from a server of an earlier release */
  file_bytes?: number;
  log: string;
  now: number;
  witnessed: CheckpointRow | null;
  witnesses: NamedWitness[];
  stamped: (CheckpointRow & { stamps: Timestamp[] }) | null;
  statements: NotaryStatement[];
};
/** A version's place in the log; `path` in base64 */
export type InclusionProof = { i: number; path: string[]; seq: number; version: string };
/** A session; which wraps it has depends on how it was started */
export type SessionResponse = {
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
export type SignInResponse = SessionResponse & {
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

const SLOW_TIMEOUT = 120_000;

export class Api {
  request: RequestFunction;
  /** Signs in again with the stored keys, or throws; set while unlocked. */
  signInAgain: null | ((code: string) => Promise<unknown>) = null;
  pendingSignIn: Promise<unknown> | null = null;
  /** A device that is not the keeper's: it stores nothing and counts as new each time. */
  borrowed = false;
  /** See [Note: tokens]. */
  token: string | null = null;
  device: string | null = null;
  session_id: string | null = null;
  upload: string | null = null;
  renewal: string | null = null;
  /** Saves new tokens; set while unlocked. */
  saveTokens: null | ((tokens: Tokens) => Promise<unknown>) = null;
  /** The token that ends a borrowed session if the tab closes while locked; used for nothing else. */
  borrowedToken: string | null = null;

  constructor(request: RequestFunction) {
    this.request = request;
  }

  /** Start with the tokens from the open diary's store and with the function that saves new ones. */
  open(tokens: Tokens | null | undefined, saveTokens: (tokens: Tokens) => Promise<unknown>) {
    this.token = tokens?.token ?? null;
    this.device = tokens?.device ?? null;
    this.session_id = tokens?.session ?? null;
    this.upload = tokens?.upload ?? null;
    this.renewal = tokens?.renewal ?? null;
    this.saveTokens = saveTokens;
  }

  /** Drop the tokens when the diary is locked. */
  lock() {
    this.borrowedToken = this.borrowed ? (this.token ?? this.borrowedToken) : null;
    Object.assign(this, {
      token: null,
      device: null,
      session_id: null,
      upload: null,
      renewal: null,
      saveTokens: null,
      signInAgain: null,
    });
  }

  /** Return the tokens to seal in the store. */
  tokens(): Tokens {
    return {
      token: this.token,
      device: this.device,
      session: this.session_id,
      upload: this.upload,
      renewal: this.renewal,
    };
  }

  server(): Promise<ServerResponse> {
    return this.request({ path: '/v1/server' });
  }

  /** Reserve an unused username. */
  reserveName(): Promise<{ login: string; ticket: string }> {
    return this.request({ path: '/v1/names', method: 'POST', json: {}, fields: { login: 'string', ticket: 'string' } });
  }

  register(account: object) {
    return this.openSession('/v1/accounts', account);
  }

  prelogin(login: string): Promise<{ kdf: unknown }> {
    return this.request({ path: '/v1/prelogin', method: 'POST', json: { login } });
  }

  /** @param options `cookies`: those of an earlier release show that the device is known */
  signIn(
    credentials: { login: string; auth: string; device: string; device_name: string },
    options?: { cookies?: boolean },
  ) {
    return this.openSession('/v1/sessions', credentials, options);
  }

  /** Start the next session of this device after the last one expired. */
  renew(credentials: { renewal: string; device: string; device_name: string }) {
    return this.openSession('/v1/session/renewal', credentials);
  }

  /** Continue the session of an earlier release, with its cookies and the proof it stored. */
  exchangeSession(credentials: { login: string; auth: string; device: string; device_name: string }) {
    return this.openSession('/v1/session/exchange', credentials, { cookies: true });
  }

  async openSession(path: string, credentials: object, options: { cookies?: boolean } = {}): Promise<SignInResponse> {
    const deviceFields = this.borrowed
      ? { borrowed: true }
      : this.device && path === '/v1/sessions'
        ? { device_token: this.device }
        : {};
    const response = await this.request<SignInResponse>({
      path,
      method: 'POST',
      json: { ...credentials, ...deviceFields },
      token: this.token,
      timeout: SLOW_TIMEOUT,
      ...(this.borrowed ? { leaveNothing: true } : options),
    });
    this.token = response.token;
    this.device = response.device_token ?? null;
    this.session_id = response.session;
    this.upload = response.upload_key ?? null;
    this.renewal = response.renewal ?? null;
    await this.saveTokens?.(this.tokens());
    return response;
  }

  /** End a borrowed session while the page closes. */
  signOutNow() {
    return this.request({
      path: '/v1/session',
      method: 'DELETE',
      expect: 'nothing',
      token: this.token ?? this.borrowedToken,
      keepalive: true,
      leaveNothing: true,
    });
  }

  recover(credentials: { login: string; code_auth: string; device: string; device_name: string }) {
    return this.openSession('/v1/recoveries', credentials);
  }

  session(): Promise<SessionResponse> {
    return this.withSession({ path: '/v1/session' });
  }

  signOut() {
    return this.request({
      path: '/v1/session',
      method: 'DELETE',
      expect: 'nothing',
      token: this.token,
      ...(this.borrowed ? { leaveNothing: true } : {}),
    });
  }

  sessions(proof: string): Promise<{ sessions: SessionRow[] }> {
    return this.withSession({ path: '/v1/sessions', proof, fields: { sessions: 'array' } });
  }

  endSession(session: string, proof: string) {
    return this.withSession({ path: `/v1/sessions/${session}`, method: 'DELETE', expect: 'nothing', proof });
  }

  /** End every session except this one. */
  endOthers(proof: string) {
    return this.withSession({ path: '/v1/sessions', method: 'DELETE', expect: 'nothing', proof });
  }

  /**
   * Return an outside authority's timestamp over a SHA-256.
   * @param digest b64
   * @throws unavailable
   */
  stamp(digest: string): Promise<Timestamp> {
    const fields = { authority: 'string', chain: 'string', nonce: 'string', policy: 'string', tsr: 'string' } as const;
    return this.withSession({ path: '/v1/stamps', method: 'POST', json: { digest }, fields });
  }

  rename(device_name: string) {
    return this.withSession({ path: '/v1/session', method: 'PUT', json: { device_name }, expect: 'nothing' });
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
      expect: 'nothing',
      proof,
      timeout: SLOW_TIMEOUT,
    });
  }

  /** Upload new keys; the server keeps them next to the current ones. */
  rekeyBegin(diary: string, body: object, proof: string): Promise<{ to: number }> {
    const path = `/v1/diaries/${diary}/rotation`;
    return this.withSession({
      path,
      method: 'POST',
      json: body,
      proof,
      timeout: SLOW_TIMEOUT,
      fields: { to: 'number' },
    });
  }

  /** @param wraps frames */
  rekeyWraps(diary: string, wraps: Uint8Array): Promise<{ lacking: number }> {
    return this.withSession({
      path: `/v1/diaries/${diary}/rotation/wraps`,
      method: 'PUT',
      bytes: wraps,
      timeout: SLOW_TIMEOUT,
    });
  }

  /** Make the new keys the current ones; this ends every session. */
  rekeyCommit(diary: string, proof: string) {
    return this.request({
      path: `/v1/diaries/${diary}/rotation/commit`,
      method: 'POST',
      expect: 'nothing',
      proof,
      token: this.token,
      timeout: SLOW_TIMEOUT,
    });
  }

  setCode(code: { code_auth: string; code_wrap: string }, proof: string) {
    return this.withSession({
      path: '/v1/account/code',
      method: 'PUT',
      json: code,
      expect: 'nothing',
      proof,
      timeout: SLOW_TIMEOUT,
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
  changes(diary: string, afterSeq: number): Promise<Uint8Array> {
    return this.withSession({
      path: `/v1/diaries/${diary}/changes?after=${afterSeq}`,
      expect: 'bytes',
      timeout: SLOW_TIMEOUT,
    });
  }

  /** Return the state of the public log. */
  log(): Promise<LogResponse> {
    return this.request({ path: '/v1/log' });
  }

  consistency(older: number, newer: number): Promise<{ path: string[] }> {
    return this.request({ path: `/v1/log/consistency/${older}/${newer}` });
  }

  /** @param size of a checkpoint */
  proofs(diary: string, size: number, afterSeq: number): Promise<{ proofs: InclusionProof[]; to: number }> {
    return this.withSession({ path: `/v1/diaries/${diary}/proofs/${size}?after=${afterSeq}`, timeout: SLOW_TIMEOUT });
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
      expect: 'nothing',
      timeout: SLOW_TIMEOUT,
    });
  }

  part(diary: string, blob: string, i: number): Promise<Bytes> {
    return this.withSession({
      path: `/v1/diaries/${diary}/blobs/${blob}/parts/${i}`,
      expect: 'bytes',
      timeout: SLOW_TIMEOUT,
    });
  }

  completeBlob(diary: string, blob: string, digest: string) {
    return this.withSession({
      path: `/v1/diaries/${diary}/blobs/${blob}/complete`,
      method: 'POST',
      json: { digest },
      expect: 'nothing',
    });
  }

  /** Erase records in seven days. */
  erase(diary: string, request: { records: string[]; why: string }, proof: string): Promise<ErasureRow> {
    return this.withSession({
      path: `/v1/diaries/${diary}/erasures`,
      method: 'POST',
      json: request,
      proof,
      timeout: SLOW_TIMEOUT,
    });
  }

  erasures(diary: string): Promise<{ erasures: ErasureRow[] }> {
    return this.withSession({ path: `/v1/diaries/${diary}/erasures`, fields: { erasures: 'array' } });
  }

  cancelErasure(diary: string, erasure: string) {
    return this.withSession({ path: `/v1/diaries/${diary}/erasures/${erasure}`, method: 'DELETE', expect: 'nothing' });
  }

  usage(): Promise<{ used_bytes: number; quota_bytes: number }> {
    return this.withSession({ path: '/v1/usage', fields: { quota_bytes: 'number', used_bytes: 'number' } });
  }

  async withSession<T>(options: RequestOptions): Promise<T> {
    let code = '';
    try {
      return await this.request({ ...options, token: this.token });
    } catch (error) {
      if (!isSessionOver(error) || !this.signInAgain) throw error;
      ({ code } = error as KeptError);
    }
    this.pendingSignIn ??= this.signInAgain(code).finally(() => {
      this.pendingSignIn = null;
    });
    await this.pendingSignIn; // see [Note: signed out]
    return this.request({ ...options, token: this.token });
  }
}
