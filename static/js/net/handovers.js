/** Hand-overs on the wire (docs/api.md): the keeper's side with a session, the recipient's without one. */

/** @typedef {import('./api.js').Api} Api */
/** @typedef {import('./http.js').Request} Request */
/** @typedef {{handover: string, made_at: number, expires_at: number, ended_at: number|null, complete: boolean, size: number, openings: number[], openings_most: number}} HandoverRow */

const SLOW = 120_000;

/** The keeper's side. @param {Api} api */
export function handoversOf(api) {
  const path = (/** @type {string} */ handover) => `/v1/handovers/${handover}`;
  return {
    /** @param {object} offered @param {string} proof @param {AbortSignal} [signal] @returns {Promise<{handover: string, expires_at: number, openings_most: number, address: string}>} */
    leave: (offered, proof, signal) =>
      api.withSession({ path: '/v1/handovers', method: 'POST', json: offered, proof, ...(signal ? { signal } : {}) }),
    /** @returns {Promise<{handovers: HandoverRow[], address: string}>} */
    list: () => api.withSession({ path: '/v1/handovers', fields: { address: 'string', handovers: 'array' } }),
    /** @param {string} handover @param {number} i @param {Uint8Array} sealed @param {AbortSignal} [signal] */
    putPart: (handover, i, sealed, signal) =>
      api.withSession({
        path: `${path(handover)}/parts/${i}`,
        method: 'PUT',
        bytes: sealed,
        want: 'nothing',
        timeout: SLOW,
        ...(signal ? { signal } : {}),
      }),
    /** @param {string} handover @param {string} digest */
    complete: (handover, digest) =>
      api.withSession({ path: `${path(handover)}/complete`, method: 'POST', json: { digest }, want: 'nothing' }),
    /** @param {string} handover @param {string} proof */
    end: (handover, proof) => api.withSession({ path: path(handover), method: 'DELETE', want: 'nothing', proof }),
  };
}

/** The recipient's side, on the public host. @param {Request} request */
export function openingsOf(request) {
  return {
    /** @param {string} name @returns {Promise<{kdf: unknown}>} */
    salt: (name) => request({ path: '/v1/handover/salt', method: 'POST', json: { name } }),
    /** @param {string} name @param {string} auth @returns {Promise<{handover: string, parts: number, ticket: string}>} */
    open: (name, auth) => request({ path: '/v1/handover/openings', method: 'POST', json: { name, auth } }),
    /** @param {number} i @param {string} ticket @param {AbortSignal} [signal] @returns {Promise<Uint8Array>} */
    part: (i, ticket, signal) =>
      request({
        path: `/v1/handover/parts/${i}`,
        want: 'bytes',
        proof: ticket,
        timeout: SLOW,
        ...(signal ? { signal } : {}),
      }),
  };
}
