/**
 * The advocate's side of the API (docs/api.md). The session token lives only in this closure: nothing outlives the
 * page.
 */
import { KeptError } from '../core/errors.js';
import type { EnterAnswer, LogAnswer, ServerAnswer } from './api.js';
import type { Ask, Request } from './http.js';

/** Times in ms */
type ClientRow = {
  diary: string;
  grant: string;
  looked_at: number | null;
  not_after: number;
  sealed: string;
  summary: string | null;
};
export type You = { fingerprint: string; leads: boolean; name: string; organisation: string };
export type Member = { here: boolean; leads: boolean; member: string; name: string };
type Organisation = {
  members: Member[];
  name: string;
  numbers: { ending: number; grants: number; members: number; packs: number };
};
export type Look = { at: number; client: string; name: string; what: 'read' | 'file' | 'pack' };

const SLOW = 120_000;
const JSON_POST = { method: 'POST', timeout: SLOW } as const;

export function deskApi(request: Request) {
  let token: string | null = null;
  const within = <T>(ask: Ask) => {
    if (!token) throw new KeptError('signed_out');
    return request<T>({ ...ask, token });
  };
  const enter = async (path: string, by: object): Promise<EnterAnswer> => {
    const answer = await request<EnterAnswer>({ path, ...JSON_POST, json: { ...by, desk: true } });
    token = answer.token;
    return answer;
  };
  return {
    /** Reserve an unused sign-in name. */
    name: (): Promise<{ login: string; ticket: string }> => request({ path: '/v1/names', method: 'POST', json: {} }),
    prelogin: (login: string): Promise<{ kdf: unknown }> =>
      request({ path: '/v1/prelogin', method: 'POST', json: { login } }),
    join: (by: object) => enter('/v1/members', by),
    signIn: (by: { login: string; auth: string; device: string; device_name: string; digits: string }) =>
      enter('/v1/sessions', by),
    /** End the session; `isClosing`: the page closes. Locally it ends even if the server never gets the request. */
    signOut: async (last: boolean = false) => {
      const held = token;
      token = null;
      if (held)
        await request({ path: '/v1/session', method: 'DELETE', want: 'nothing', token: held, last }).catch(
          () => undefined,
        );
    },
    /** Check that there is a session; the response body is ignored. */
    session: (): Promise<void> => within({ path: '/v1/session' }),
    /** Return what the server is; needs no session. */
    server: (): Promise<ServerAnswer> => request({ path: '/v1/server' }),
    /** Return the state of the log and of the server's keys; needs no session. */
    log: (): Promise<LogAnswer> => request({ path: '/v1/log' }),
    ...clientsOf(within),
    ...organisationOf(within),
  };
}

function clientsOf(within: Request) {
  const of = (grant: string) => `/v1/clients/${grant}`;
  return {
    clients: (): Promise<{ clients: ClientRow[]; now: number; you: You }> =>
      within({ path: '/v1/clients', fields: { clients: 'array', now: 'number' } }),
    /** Return whether the grant stands and the number of the newest version given; not logged as a look. */
    stands: (grant: string): Promise<{ newest: number; not_after: number }> => within({ path: of(grant) }),
    /** @returns frames */
    changes: (grant: string, after: number): Promise<Uint8Array> =>
      within({ path: `${of(grant)}/changes?after=${after}`, want: 'bytes', timeout: SLOW }),
    blob: (grant: string, blob: string): Promise<{ complete: boolean; parts: number }> =>
      within({ path: `${of(grant)}/blobs/${blob}` }),
    part: (grant: string, blob: string, i: number): Promise<Uint8Array> =>
      within({ path: `${of(grant)}/blobs/${blob}/parts/${i}`, want: 'bytes', timeout: SLOW }),
    /**
     * Log an action on the client's diary for the keeper to read; return how many packs this advocate has made of
     * that diary, including this one.
     */
    note: (grant: string, what: 'pack'): Promise<{ packs: number }> =>
      within({ path: `${of(grant)}/looks`, method: 'POST', json: { what } }),
    /** @returns base64 */
    marks: (grant: string): Promise<{ marks: string | null }> => within({ path: `${of(grant)}/marks` }),
    mark: (grant: string, sealed: Uint8Array) =>
      within({ path: `${of(grant)}/marks`, method: 'PUT', bytes: sealed, want: 'nothing' }),
    write: (grant: string, letter: string, sealed: Uint8Array) =>
      within({ path: `${of(grant)}/letters/${letter}`, method: 'PUT', bytes: sealed, want: 'nothing' }),
  };
}

function organisationOf(within: Request) {
  return {
    organisation: (): Promise<Organisation> => within({ path: '/v1/organisation', fields: { members: 'array' } }),
    invite: (proof: string): Promise<{ invite: string }> =>
      within({ path: '/v1/organisation/invitations', method: 'POST', proof }),
    leave: (member: string, proof: string) =>
      within({ path: `/v1/organisation/members/${member}`, method: 'DELETE', want: 'nothing', proof }),
    looks: (): Promise<{ looks: Look[] }> => within({ path: '/v1/organisation/looks', fields: { looks: 'array' } }),
  };
}
