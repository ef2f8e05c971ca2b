/**
 * The advocate's side of the API (docs/api.md). The session token lives only in this closure: nothing outlives the
 * page.
 */
import { KeptError } from '../core/errors.js';
import type { SignInResponse, LogResponse, ServerResponse } from './api.js';
import type { RequestOptions, RequestFunction } from './http.js';

/** Times in ms */
type ClientRow = {
  diary: string;
  grant: string;
  looked_at: number | null;
  not_after: number;
  sealed: string;
  summary: string | null;
};
export type OwnMembership = { fingerprint: string; leads: boolean; name: string; organisation: string };
export type Member = { here: boolean; leads: boolean; member: string; name: string };
type Organisation = {
  members: Member[];
  name: string;
  numbers: { ending: number; grants: number; members: number; packs: number };
};
export type LookRow = { at: number; client: string; name: string; what: 'read' | 'file' | 'pack' };

const SLOW_TIMEOUT = 120_000;
const SLOW_POST = { method: 'POST', timeout: SLOW_TIMEOUT } as const;

export function deskApi(request: RequestFunction) {
  let token: string | null = null;
  const withToken = <T>(options: RequestOptions) => {
    if (!token) throw new KeptError('signed_out');
    return request<T>({ ...options, token });
  };
  const openSession = async (path: string, credentials: object): Promise<SignInResponse> => {
    const response = await request<SignInResponse>({ path, ...SLOW_POST, json: { ...credentials, desk: true } });
    token = response.token;
    return response;
  };
  return {
    /** Reserve an unused username. */
    reserveName: (): Promise<{ login: string; ticket: string }> =>
      request({ path: '/v1/names', method: 'POST', json: {} }),
    prelogin: (login: string): Promise<{ kdf: unknown }> =>
      request({ path: '/v1/prelogin', method: 'POST', json: { login } }),
    joinOrganisation: (credentials: object) => openSession('/v1/members', credentials),
    signIn: (credentials: { login: string; auth: string; device: string; device_name: string; digits: string }) =>
      openSession('/v1/sessions', credentials),
    /** End the session; `isClosing`: the page closes. Locally it ends even if the server never gets the request. */
    signOut: async (isClosing: boolean = false) => {
      const sessionToken = token;
      token = null;
      if (sessionToken)
        await request({
          path: '/v1/session',
          method: 'DELETE',
          expect: 'nothing',
          token: sessionToken,
          keepalive: isClosing,
        }).catch(() => undefined);
    },
    /** Check that there is a session; the response body is ignored. */
    session: (): Promise<void> => withToken({ path: '/v1/session' }),
    /** Return what the server is; needs no session. */
    server: (): Promise<ServerResponse> => request({ path: '/v1/server' }),
    /** Return the state of the log and of the server's keys; needs no session. */
    log: (): Promise<LogResponse> => request({ path: '/v1/log' }),
    ...clientsOf(withToken),
    ...organisationOf(withToken),
  };
}

function clientsOf(withToken: RequestFunction) {
  const path = (grant: string) => `/v1/clients/${grant}`;
  return {
    clients: (): Promise<{ clients: ClientRow[]; now: number; you: OwnMembership }> =>
      withToken({ path: '/v1/clients', fields: { clients: 'array', now: 'number' } }),
    /** Return whether the grant stands and the number of the newest version given; not logged as a look. */
    grantStatus: (grant: string): Promise<{ newest: number; not_after: number }> => withToken({ path: path(grant) }),
    /** @returns frames */
    changes: (grant: string, afterSeq: number): Promise<Uint8Array> =>
      withToken({ path: `${path(grant)}/changes?after=${afterSeq}`, expect: 'bytes', timeout: SLOW_TIMEOUT }),
    blob: (grant: string, blob: string): Promise<{ complete: boolean; parts: number }> =>
      withToken({ path: `${path(grant)}/blobs/${blob}` }),
    part: (grant: string, blob: string, i: number): Promise<Uint8Array> =>
      withToken({ path: `${path(grant)}/blobs/${blob}/parts/${i}`, expect: 'bytes', timeout: SLOW_TIMEOUT }),
    /**
     * Log an action on the client's diary for the keeper to read; return how many packs this advocate has made of
     * that diary, including this one.
     */
    notePack: (grant: string, action: 'pack'): Promise<{ packs: number }> =>
      withToken({ path: `${path(grant)}/looks`, method: 'POST', json: { what: action } }),
    /** @returns base64 */
    marks: (grant: string): Promise<{ marks: string | null }> => withToken({ path: `${path(grant)}/marks` }),
    putMarks: (grant: string, sealed: Uint8Array) =>
      withToken({ path: `${path(grant)}/marks`, method: 'PUT', bytes: sealed, expect: 'nothing' }),
    putLetter: (grant: string, letter: string, sealed: Uint8Array) =>
      withToken({ path: `${path(grant)}/letters/${letter}`, method: 'PUT', bytes: sealed, expect: 'nothing' }),
  };
}

function organisationOf(withToken: RequestFunction) {
  return {
    organisation: (): Promise<Organisation> => withToken({ path: '/v1/organisation', fields: { members: 'array' } }),
    invite: (proof: string): Promise<{ invite: string }> =>
      withToken({ path: '/v1/organisation/invitations', method: 'POST', proof }),
    removeMember: (member: string, proof: string) =>
      withToken({ path: `/v1/organisation/members/${member}`, method: 'DELETE', expect: 'nothing', proof }),
    looks: (): Promise<{ looks: LookRow[] }> =>
      withToken({ path: '/v1/organisation/looks', fields: { looks: 'array' } }),
  };
}
