/**
 * An advocate's side on the wire (docs/api.md). The session is a token held here and nowhere else: nothing that outlives the page.
 */
import { KeptError } from '../core/errors.js';

/** @typedef {import('./http.js').Request} Request */
/** @typedef {import('./http.js').Ask} Ask */
/** @typedef {{diary: string, grant: string, looked_at: number|null, not_after: number, sealed: string, summary: string|null}} ClientRow times in ms */
/** @typedef {{fingerprint: string, leads: boolean, name: string, organisation: string}} You */
/** @typedef {{here: boolean, leads: boolean, member: string, name: string}} Member */
/** @typedef {{members: Member[], name: string, numbers: {ending: number, grants: number, members: number, packs: number}}} Organisation */
/** @typedef {{at: number, client: string, name: string, what: 'read'|'file'|'pack'}} Look */

const SLOW = 120_000;
const JSON_POST = /** @type {const} */ ({ method: 'POST', timeout: SLOW });

/** @param {Request} request */
export function deskApi(request) {
  /** @type {string|null} */
  let token = null;
  /** @param {Ask} ask */
  const within = (ask) => {
    if (!token) throw new KeptError('signed_out');
    return request({ ...ask, token });
  };
  /** @param {string} path @param {object} by @returns {Promise<any>} */
  const enter = async (path, by) => {
    const answer = await request({ path, ...JSON_POST, json: { ...by, desk: true } });
    token = answer.token;
    return answer;
  };
  return {
    /** A sign-in name no one has. @returns {Promise<{login: string, ticket: string}>} */
    name: () => request({ path: '/v1/names', method: 'POST', json: {} }),
    /** @param {string} login @returns {Promise<{kdf: any}>} */
    prelogin: (login) => request({ path: '/v1/prelogin', method: 'POST', json: { login } }),
    join: (/** @type {object} */ by) => enter('/v1/members', by),
    signIn: (/** @type {{login: string, auth: string, device: string, device_name: string, digits: string}} */ by) =>
      enter('/v1/sessions', by),
    /** Ends the session; `last`: while the page goes away. Here it is over whether or not anybody hears. @param {boolean} [last] */
    signOut: async (last = false) => {
      const held = token;
      token = null;
      if (held)
        await request({ path: '/v1/session', method: 'DELETE', want: 'nothing', token: held, last }).catch(
          () => undefined,
        );
    },
    session: () => within({ path: '/v1/session' }),
    /** What the server is; anybody may ask. @returns {Promise<{log: string, notary: string}>} */
    server: () => request({ path: '/v1/server' }),
    /** What it says of its log and of its keys; anybody may ask. @returns {Promise<{statements?: any[]}>} */
    log: () => request({ path: '/v1/log' }),
    ...clientsOf(within),
    ...organisationOf(within),
  };
}

/** @typedef {(ask: Ask) => Promise<any>} Within */

/** @param {Within} within */
function clientsOf(within) {
  const of = (/** @type {string} */ grant) => `/v1/clients/${grant}`;
  return {
    /** @returns {Promise<{clients: ClientRow[], now: number, you: You}>} */
    clients: () => within({ path: '/v1/clients', fields: { clients: 'array', now: 'number' } }),
    /** Whether it stands, and the number of the newest version given; no look. @param {string} grant @returns {Promise<{newest: number, not_after: number}>} */
    stands: (grant) => within({ path: of(grant) }),
    /** @param {string} grant @param {number} after @returns {Promise<Uint8Array>} frames */
    changes: (grant, after) => within({ path: `${of(grant)}/changes?after=${after}`, want: 'bytes', timeout: SLOW }),
    /** @param {string} grant @param {string} blob @returns {Promise<{complete: boolean, parts: number}>} */
    blob: (grant, blob) => within({ path: `${of(grant)}/blobs/${blob}` }),
    /** @param {string} grant @param {string} blob @param {number} i @returns {Promise<Uint8Array>} */
    part: (grant, blob, i) => within({ path: `${of(grant)}/blobs/${blob}/parts/${i}`, want: 'bytes', timeout: SLOW }),
    /** What is done with it, for the keeper to read; how many packs this advocate has made of that diary, this one among them. @param {string} grant @param {'pack'} what @returns {Promise<{packs: number}>} */
    note: (grant, what) => within({ path: `${of(grant)}/looks`, method: 'POST', json: { what } }),
    /** @param {string} grant @returns {Promise<{marks: string|null}>} b64 */
    marks: (grant) => within({ path: `${of(grant)}/marks` }),
    /** @param {string} grant @param {Uint8Array} sealed */
    mark: (grant, sealed) => within({ path: `${of(grant)}/marks`, method: 'PUT', bytes: sealed, want: 'nothing' }),
    /** @param {string} grant @param {string} letter @param {Uint8Array} sealed */
    write: (grant, letter, sealed) =>
      within({ path: `${of(grant)}/letters/${letter}`, method: 'PUT', bytes: sealed, want: 'nothing' }),
  };
}

/** @param {Within} within */
function organisationOf(within) {
  return {
    /** @returns {Promise<Organisation>} */
    organisation: () => within({ path: '/v1/organisation', fields: { members: 'array' } }),
    /** @param {string} proof @returns {Promise<{invite: string}>} */
    invite: (proof) => within({ path: '/v1/organisation/invitations', method: 'POST', proof }),
    /** @param {string} member @param {string} proof */
    leave: (member, proof) =>
      within({ path: `/v1/organisation/members/${member}`, method: 'DELETE', want: 'nothing', proof }),
    /** @returns {Promise<{looks: Look[]}>} */
    looks: () => within({ path: '/v1/organisation/looks', fields: { looks: 'array' } }),
  };
}
