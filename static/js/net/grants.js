/** Advocates and what they are given, on the wire: the keeper's side (docs/api.md). */
import { frames } from '../core/encoding.js';
import { unb64 } from '../core/bytes.js';

/** @typedef {import('./api.js').Api} Api */
/** @typedef {{ecdsa_pub: string, fingerprint: string, hpke_pub: string, name: string, organisation: string}} AdvocateRow */
/** @typedef {{diary: string, ended_at: number|null, given: number, grant: string, kept: string, looked_at: number|null, made_at: number, marks: number, not_after: number, to: string|null}} GrantRow `marks`: how many times the advocate changed what they have looked through; `to`: the fingerprint the advocate has now, null when they have left */
/** @typedef {{at: number, grant: string, what: 'read'|'file'|'pack'}} Look to the minute, ms */
/** @typedef {{envelope: string, grant: string, letter: string, made_at: number, taken_at: number|null}} LetterRow `taken_at`: when a device of the diary took it in */

/** @param {Api} api */
export function grantsOf(api) {
  const path = (/** @type {string} */ diary, /** @type {string} */ grant) => `/v1/diaries/${diary}/grants/${grant}`;
  return {
    /** @param {string} fingerprint b64 @returns {Promise<AdvocateRow>} */
    find: (fingerprint) => api.withSession({ path: `/v1/advocates/${fingerprint}` }),
    /** @returns {Promise<{grants: GrantRow[], looks: Look[]}>} */
    list: () => api.withSession({ path: '/v1/grants', fields: { grants: 'array', looks: 'array' } }),
    /** @param {string} diary @param {object} body @param {string} proof */
    make: (diary, body, proof) =>
      api.withSession({ path: `/v1/diaries/${diary}/grants`, method: 'POST', json: body, proof }),
    /** @param {string} diary @param {string} grant @returns {Promise<{versions: string[]}>} */
    given: (diary, grant) => api.withSession({ path: `${path(diary, grant)}/wraps` }),
    /** @param {string} diary @param {string} grant @param {readonly {version: string, wraps: readonly Uint8Array[]}[]} list @returns {Promise<{kept: number}>} */
    give: (diary, grant, list) =>
      api.withSession({
        path: `${path(diary, grant)}/wraps`,
        method: 'PUT',
        bytes: frames(list.map(({ version, wraps }) => frames([unb64(version), ...wraps]))),
      }),
    /** @param {string} diary @param {string} grant @param {Uint8Array} sealed */
    summarise: (diary, grant, sealed) =>
      api.withSession({ path: `${path(diary, grant)}/summary`, method: 'PUT', bytes: sealed, want: 'nothing' }),
    /** What the advocate has looked through, sealed. @param {string} diary @param {string} grant @returns {Promise<{marks: string|null}>} b64 */
    marks: (diary, grant) => api.withSession({ path: `${path(diary, grant)}/marks` }),
    /** @param {string} diary @param {string} grant @param {Uint8Array} sealed */
    carryMarks: (diary, grant, sealed) =>
      api.withSession({ path: `${path(diary, grant)}/marks`, method: 'PUT', bytes: sealed, want: 'nothing' }),
    /** @param {string} diary @param {string} grant @param {string} proof */
    end: (diary, grant, proof) =>
      api.withSession({ path: path(diary, grant), method: 'DELETE', want: 'nothing', proof }),
    /** @param {string} diary @param {{taken?: boolean}} [how] `taken`: those that were taken in too @returns {Promise<{letters: LetterRow[]}>} */
    letters: (diary, { taken = false } = {}) => {
      const address = `/v1/diaries/${diary}/letters${taken ? '?taken=1' : ''}`;
      return api.withSession({ path: address, fields: { letters: 'array' } });
    },
    /** It stays at the server for 30 days. @param {string} diary @param {string} letter */
    takeIn: (diary, letter) =>
      api.withSession({ path: `/v1/diaries/${diary}/letters/${letter}/taken`, method: 'POST', want: 'nothing' }),
  };
}
