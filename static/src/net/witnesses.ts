/** Statements of witnesses in the API (docs/api.md): the keeper's side with a session, the witness's without one. */
import type { Api } from './api.js';
import type { RequestFunction } from './http.js';

/** `taken_at`: when a device of the diary took the statement in */
export type WitnessRow = {
  answered_at: number | null;
  expires_at: number;
  made_at: number;
  sealed: string;
  statement: string | null;
  taken_at: number | null;
  witness: string;
};
type CodeStatus = { files_bytes: number; over: boolean; witness: string; sealed?: string; ticket?: string };

const SLOW_TIMEOUT = 120_000;

/** The keeper's side. */
export function witnessesOf(api: Api, diary: string) {
  const path = `/v1/diaries/${diary}/witnesses`;
  return {
    createCode: (
      request: { name: string; sealed: string; witness: string },
      proof: string,
    ): Promise<{ expires_at: number }> => api.withSession({ path, method: 'POST', json: request, proof }),
    /** List the codes, including those whose statement was taken in. */
    list: (): Promise<{ address: string; witnesses: WitnessRow[] }> =>
      api.withSession({ path: `${path}?taken=1`, fields: { address: 'string', witnesses: 'array' } }),
    /** Mark a statement as taken in; the server keeps it for 30 days. */
    markTaken: (witness: string) =>
      api.withSession({ path: `${path}/${witness}/taken`, method: 'POST', expect: 'nothing' }),
    removeCode: (witness: string, proof: string) =>
      api.withSession({ path: `${path}/${witness}`, method: 'DELETE', expect: 'nothing', proof }),
    part: (upload: string, i: number): Promise<Uint8Array> =>
      api.withSession({
        path: `/v1/diaries/${diary}/blobs/${upload}/parts/${i}`,
        expect: 'bytes',
        timeout: SLOW_TIMEOUT,
      }),
  };
}

/** The witness's side, on the public host. */
export function statementsOf(request: RequestFunction) {
  const fileUrl = (upload: string) => `/v1/statement/files/${upload}`;
  return {
    find: (name: string): Promise<CodeStatus> =>
      request({ path: '/v1/statement/code', method: 'POST', json: { name } }),
    declare: (ticket: string, upload: string, sizes: { parts: number; size: number }) =>
      request({ path: fileUrl(upload), method: 'PUT', json: sizes, proof: ticket, expect: 'nothing' }),
    part: (ticket: string, upload: string, i: number, sealed: Uint8Array) =>
      request({
        path: `${fileUrl(upload)}/parts/${i}`,
        method: 'PUT',
        bytes: sealed,
        proof: ticket,
        expect: 'nothing',
        timeout: SLOW_TIMEOUT,
      }),
    send: (ticket: string, body: Uint8Array) =>
      request({ path: '/v1/statement', method: 'PUT', bytes: body, proof: ticket, expect: 'nothing' }),
  };
}
