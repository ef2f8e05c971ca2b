/** Hand-overs in the API (docs/api.md): the keeper's side with a session, the recipient's without one. */
import type { Api } from './api.js';
import type { RequestFunction } from './http.js';

export type HandoverRow = {
  handover: string;
  made_at: number;
  expires_at: number;
  ended_at: number | null;
  complete: boolean;
  size: number;
  openings: number[];
  openings_most: number;
};

const SLOW_TIMEOUT = 120_000;

/** The keeper's side. */
export function handoversOf(api: Api) {
  const path = (handover: string) => `/v1/handovers/${handover}`;
  return {
    createHandover: (
      request: object,
      proof: string,
      signal?: AbortSignal,
    ): Promise<{ handover: string; expires_at: number; openings_most: number; address: string }> =>
      api.withSession({ path: '/v1/handovers', method: 'POST', json: request, proof, ...(signal ? { signal } : {}) }),
    list: (): Promise<{ handovers: HandoverRow[]; address: string }> =>
      api.withSession({ path: '/v1/handovers', fields: { address: 'string', handovers: 'array' } }),
    putPart: (handover: string, i: number, sealed: Uint8Array, signal?: AbortSignal) =>
      api.withSession({
        path: `${path(handover)}/parts/${i}`,
        method: 'PUT',
        bytes: sealed,
        expect: 'nothing',
        timeout: SLOW_TIMEOUT,
        ...(signal ? { signal } : {}),
      }),
    complete: (handover: string, digest: string) =>
      api.withSession({ path: `${path(handover)}/complete`, method: 'POST', json: { digest }, expect: 'nothing' }),
    endHandover: (handover: string, proof: string) =>
      api.withSession({ path: path(handover), method: 'DELETE', expect: 'nothing', proof }),
  };
}

/** The recipient's side, on the public host. */
export function openingsOf(request: RequestFunction) {
  return {
    salt: (name: string): Promise<{ kdf: unknown }> =>
      request({ path: '/v1/handover/salt', method: 'POST', json: { name } }),
    open: (name: string, auth: string): Promise<{ handover: string; parts: number; ticket: string }> =>
      request({ path: '/v1/handover/openings', method: 'POST', json: { name, auth } }),
    part: (i: number, ticket: string, signal?: AbortSignal): Promise<Uint8Array> =>
      request({
        path: `/v1/handover/parts/${i}`,
        expect: 'bytes',
        proof: ticket,
        timeout: SLOW_TIMEOUT,
        ...(signal ? { signal } : {}),
      }),
  };
}
