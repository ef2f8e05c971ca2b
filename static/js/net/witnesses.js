/** Statements of people who saw it, on the wire (docs/api.md): the keeper's side with a session, the witness's without one. */

/** @typedef {import('./api.js').Api} Api */
/** @typedef {import('./http.js').Request} Request */
/** @typedef {{answered_at: number|null, expires_at: number, made_at: number, sealed: string, statement: string|null, taken_at: number|null, witness: string}} WitnessRow `taken_at`: when a device of the diary took the statement in */
/** @typedef {{files_bytes: number, over: boolean, witness: string, sealed?: string, ticket?: string}} Found */

const SLOW = 120_000;

/** The keeper's side. @param {Api} api @param {string} diary */
export function witnessesOf(api, diary) {
  const path = `/v1/diaries/${diary}/witnesses`;
  return {
    /** @param {{name: string, sealed: string, witness: string}} asking @param {string} proof @returns {Promise<{expires_at: number}>} */
    ask: (asking, proof) => api.withSession({ path, method: 'POST', json: asking, proof }),
    /** Those whose statement was taken in too. @returns {Promise<{address: string, witnesses: WitnessRow[]}>} */
    list: () => api.withSession({ path: `${path}?taken=1`, fields: { address: 'string', witnesses: 'array' } }),
    /** Its statement stays at the server for 30 days. @param {string} witness */
    takeIn: (witness) => api.withSession({ path: `${path}/${witness}/taken`, method: 'POST', want: 'nothing' }),
    /** @param {string} witness @param {string} proof */
    remove: (witness, proof) =>
      api.withSession({ path: `${path}/${witness}`, method: 'DELETE', want: 'nothing', proof }),
    /** @param {string} upload @param {number} i @returns {Promise<Uint8Array>} */
    part: (upload, i) =>
      api.withSession({ path: `/v1/diaries/${diary}/blobs/${upload}/parts/${i}`, want: 'bytes', timeout: SLOW }),
  };
}

/** The witness's side, on the public host. @param {Request} request */
export function answersOf(request) {
  const files = (/** @type {string} */ upload) => `/v1/statement/files/${upload}`;
  return {
    /** @param {string} name @returns {Promise<Found>} */
    find: (name) => request({ path: '/v1/statement/code', method: 'POST', json: { name } }),
    /** @param {string} ticket @param {string} upload @param {{parts: number, size: number}} told */
    declare: (ticket, upload, told) =>
      request({ path: files(upload), method: 'PUT', json: told, proof: ticket, want: 'nothing' }),
    /** @param {string} ticket @param {string} upload @param {number} i @param {Uint8Array} sealed */
    part: (ticket, upload, i, sealed) =>
      request({
        path: `${files(upload)}/parts/${i}`,
        method: 'PUT',
        bytes: sealed,
        proof: ticket,
        want: 'nothing',
        timeout: SLOW,
      }),
    /** @param {string} ticket @param {Uint8Array} body */
    send: (ticket, body) =>
      request({ path: '/v1/statement', method: 'PUT', bytes: body, proof: ticket, want: 'nothing' }),
  };
}
