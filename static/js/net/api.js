/**
 * The server's addresses (docs/api.md), one method each.
 *
 * [Note: signed out] A session ends after 30 days, or when another device ends it. The phone still knows how to sign
 * in while it is unlocked, so an answer `signed_out` is met once by signing in again and repeating the request; an
 * upload of forty parts that loses its session at part 20 goes on at part 20. Requests that fail together sign in once.
 * Whether a phone may come back after `session_ended` is for actions/returning.js to say.
 *
 * [Note: tokens] The session's token is here while the diary is open, and otherwise sealed in its store: a locked phone has nothing
 * that signs it in. Beside it lies the token by which the server knows a device that has signed in before; it is sent at sign-in only.
 */
import { isOver } from './http.js';

/** @typedef {import('./http.js').Request} Request */
/** @typedef {import('./http.js').Ask} Ask */
/** @typedef {{token: string|null, device: string|null, session: string|null, upload: string|null, renewal: string|null}} Held tokens of the session and of the device, the session's id, the key that tickets for files are made with, and what begins the next session */

const SLOW = 120_000;

export class Api {
  /** @param {Request} request */
  constructor(request) {
    this.request = request;
    /** Signs in again with what the phone keeps, or throws; set while unlocked. @type {null | ((code: string) => Promise<unknown>)} */
    this.signAgain = null;
    /** @type {Promise<unknown>|null} */
    this.signing = null;
    /** A device that is not the keeper's: nothing of it stays there, and it counts as new each time. */
    this.borrowed = false;
    /** See [Note: tokens]. @type {string|null} */
    this.token = null;
    /** @type {string|null} */
    this.device = null;
    /** @type {string|null} */
    this.session_id = null;
    /** @type {string|null} */
    this.upload = null;
    /** @type {string|null} */
    this.renewal = null;
    /** Keeps tokens when they come; set while unlocked. @type {null | ((held: Held) => Promise<unknown>)} */
    this.keep = null;
    /** What ends a borrowed session when the tab goes while it is locked; used for nothing else. @type {string|null} */
    this.leaving = null;
  }

  /** The diary is open: what its store holds, and what keeps what comes. @param {Held|undefined} held @param {(held: Held) => Promise<unknown>} keep */
  open(held, keep) {
    this.token = held?.token ?? null;
    this.device = held?.device ?? null;
    this.session_id = held?.session ?? null;
    this.upload = held?.upload ?? null;
    this.renewal = held?.renewal ?? null;
    this.keep = keep;
  }

  /** The diary is locked. */
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

  /** What is to be sealed in the store. @returns {Held} */
  held() {
    return {
      token: this.token,
      device: this.device,
      session: this.session_id,
      upload: this.upload,
      renewal: this.renewal,
    };
  }

  server() {
    return this.request({ path: '/v1/server' });
  }

  /** A sign-in name no one has. @returns {Promise<{login: string, ticket: string}>} */
  name() {
    return this.request({ path: '/v1/names', method: 'POST', json: {}, fields: { login: 'string', ticket: 'string' } });
  }

  /** @param {object} account */
  register(account) {
    return this.enter('/v1/accounts', account);
  }

  /** @param {string} login @returns {Promise<{kdf: any}>} */
  prelogin(login) {
    return this.request({ path: '/v1/prelogin', method: 'POST', json: { login } });
  }

  /** @param {{login: string, auth: string, device: string, device_name: string}} by @param {{cookies?: boolean}} [how] `cookies`: those of an earlier release tell that the device is known */
  signIn(by, how) {
    return this.enter('/v1/sessions', by, how);
  }

  /** The next session of this device, when the last one ran out. @param {{renewal: string, device: string, device_name: string}} by */
  renew(by) {
    return this.enter('/v1/session/renewal', by);
  }

  /** A device of an earlier release, with its cookies and the proof it kept: the session it had goes on. @param {{login: string, auth: string, device: string, device_name: string}} by */
  goOver(by) {
    return this.enter('/v1/session/exchange', by, { cookies: true });
  }

  /** @param {string} path @param {object} by @param {{cookies?: boolean}} [how] */
  async enter(path, by, how = {}) {
    const known = this.borrowed
      ? { borrowed: true }
      : this.device && path === '/v1/sessions'
        ? { device_token: this.device }
        : {};
    const answer = await this.request({
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

  /** Ends a borrowed session while the page goes away. */
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

  /** @param {{login: string, code_auth: string, device: string, device_name: string}} by */
  recover(by) {
    return this.enter('/v1/recoveries', by);
  }

  session() {
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

  /** @param {string} proof @returns {Promise<{sessions: any[]}>} */
  sessions(proof) {
    return this.withSession({ path: '/v1/sessions', proof, fields: { sessions: 'array' } });
  }

  /** @param {string} session @param {string} proof */
  endSession(session, proof) {
    return this.withSession({ path: `/v1/sessions/${session}`, method: 'DELETE', want: 'nothing', proof });
  }

  /** Every session but this. @param {string} proof */
  endOthers(proof) {
    return this.withSession({ path: '/v1/sessions', method: 'DELETE', want: 'nothing', proof });
  }

  /** @param {string} device_name */
  rename(device_name) {
    return this.withSession({ path: '/v1/session', method: 'PUT', json: { device_name }, want: 'nothing' });
  }

  /** What was done to the account. @param {string} proof @returns {Promise<{access: {at: number, device_name: string, what: string}[]}>} */
  access(proof) {
    return this.withSession({ path: '/v1/access', proof, fields: { access: 'array' } });
  }

  /** Sign-ins of other sessions. @param {string|null} after the `cursor` of an earlier answer @returns {Promise<{cursor: string, more: boolean, sign_ins: {at: number, device_name: string, kind: string|null, session: string, signed_out: boolean, what: string}[]}>} */
  signIns(after) {
    const fields = /** @type {const} */ ({ cursor: 'string', more: 'boolean', sign_ins: 'array' });
    return this.withSession({ path: `/v1/sign-ins${after ? `?after=${after}` : ''}`, fields });
  }

  /** @param {object} words @param {string} proof */
  changeWords(words, proof) {
    return this.withSession({
      path: '/v1/account/words',
      method: 'PUT',
      json: words,
      want: 'nothing',
      proof,
      timeout: SLOW,
    });
  }

  /** New keys, kept beside the ones in use. @param {string} diary @param {object} body @param {string} proof @returns {Promise<{to: number}>} */
  rekeyBegin(diary, body, proof) {
    const path = `/v1/diaries/${diary}/rotation`;
    return this.withSession({ path, method: 'POST', json: body, proof, timeout: SLOW, fields: { to: 'number' } });
  }

  /** @param {string} diary @param {Uint8Array} wraps frames @returns {Promise<{lacking: number}>} */
  rekeyWraps(diary, wraps) {
    return this.withSession({
      path: `/v1/diaries/${diary}/rotation/wraps`,
      method: 'PUT',
      bytes: wraps,
      timeout: SLOW,
    });
  }

  /** They count from now on, and every session has ended. @param {string} diary @param {string} proof */
  rekeyCommit(diary, proof) {
    return this.request({
      path: `/v1/diaries/${diary}/rotation/commit`,
      method: 'POST',
      want: 'nothing',
      proof,
      token: this.token,
      timeout: SLOW,
    });
  }

  /** @param {{code_auth: string, code_wrap: string}} code @param {string} proof */
  setCode(code, proof) {
    return this.withSession({
      path: '/v1/account/code',
      method: 'PUT',
      json: code,
      want: 'nothing',
      proof,
      timeout: SLOW,
    });
  }

  /** @param {string} diary @param {string} record @param {string} version @param {Uint8Array} frames @returns {Promise<{receipt: any, head: any, seq: number}>} */
  push(diary, record, version, frames) {
    return this.withSession({
      path: `/v1/diaries/${diary}/records/${record}/versions/${version}`,
      method: 'PUT',
      bytes: frames,
    });
  }

  /** @param {string} diary @param {number} after @returns {Promise<Uint8Array>} frames */
  changes(diary, after) {
    return this.withSession({ path: `/v1/diaries/${diary}/changes?after=${after}`, want: 'bytes', timeout: SLOW });
  }

  /** Where the public log stands. @returns {Promise<any>} */
  log() {
    return this.request({ path: '/v1/log' });
  }

  /** @param {number} older @param {number} newer @returns {Promise<{path: string[]}>} */
  consistency(older, newer) {
    return this.request({ path: `/v1/log/consistency/${older}/${newer}` });
  }

  /** @param {string} diary @param {number} size of a checkpoint @param {number} after @returns {Promise<{proofs: any[], to: number}>} */
  proofs(diary, size, after) {
    return this.withSession({ path: `/v1/diaries/${diary}/proofs/${size}?after=${after}`, timeout: SLOW });
  }

  /** @param {string} diary @param {string} blob @param {{parts: number, size: number}} sizes @returns {Promise<{have: number[], complete: boolean}>} */
  declareBlob(diary, blob, sizes) {
    return this.withSession({ path: `/v1/diaries/${diary}/blobs/${blob}`, method: 'PUT', json: sizes });
  }

  /** @param {string} diary @param {string} blob @returns {Promise<{parts: number, have: number[], complete: boolean}>} */
  blob(diary, blob) {
    return this.withSession({ path: `/v1/diaries/${diary}/blobs/${blob}` });
  }

  /** @param {string} diary @param {string} blob @param {number} i @param {Uint8Array} sealed */
  putPart(diary, blob, i, sealed) {
    return this.withSession({
      path: `/v1/diaries/${diary}/blobs/${blob}/parts/${i}`,
      method: 'PUT',
      bytes: sealed,
      want: 'nothing',
      timeout: SLOW,
    });
  }

  /** @param {string} diary @param {string} blob @param {number} i @returns {Promise<Uint8Array>} */
  part(diary, blob, i) {
    return this.withSession({ path: `/v1/diaries/${diary}/blobs/${blob}/parts/${i}`, want: 'bytes', timeout: SLOW });
  }

  /** @param {string} diary @param {string} blob @param {string} digest */
  completeBlob(diary, blob, digest) {
    return this.withSession({
      path: `/v1/diaries/${diary}/blobs/${blob}/complete`,
      method: 'POST',
      json: { digest },
      want: 'nothing',
    });
  }

  /** Have records erased in seven days. @param {string} diary @param {{records: string[], why: string}} what @param {string} proof @returns {Promise<{erasure: string, records: string[], why: string, asked_at: number, due_at: number, done: boolean}>} */
  erase(diary, what, proof) {
    return this.withSession({
      path: `/v1/diaries/${diary}/erasures`,
      method: 'POST',
      json: what,
      proof,
      timeout: SLOW,
    });
  }

  /** @param {string} diary @returns {Promise<{erasures: any[]}>} */
  erasures(diary) {
    return this.withSession({ path: `/v1/diaries/${diary}/erasures`, fields: { erasures: 'array' } });
  }

  /** @param {string} diary @param {string} erasure */
  keepAfterAll(diary, erasure) {
    return this.withSession({ path: `/v1/diaries/${diary}/erasures/${erasure}`, method: 'DELETE', want: 'nothing' });
  }

  /** @returns {Promise<{used_bytes: number, quota_bytes: number}>} */
  usage() {
    return this.withSession({ path: '/v1/usage', fields: { quota_bytes: 'number', used_bytes: 'number' } });
  }

  /** @param {Ask} ask */
  async withSession(ask) {
    let code = '';
    try {
      return await this.request({ ...ask, token: this.token });
    } catch (error) {
      if (!isOver(error) || !this.signAgain) throw error;
      ({ code } = /** @type {import('../core/errors.js').KeptError} */ (error));
    }
    this.signing ??= this.signAgain(code).finally(() => {
      this.signing = null;
    });
    await this.signing; // see [Note: signed out]
    return this.request({ ...ask, token: this.token });
  }
}
