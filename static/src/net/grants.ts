/** Advocates and their grants, the keeper's side of the API (docs/api.md). */
import { encodeFrames } from '../core/encoding.js';
import { unb64 } from '../core/bytes.js';
import type { Api } from './api.js';

export type AdvocateRow = {
  ecdsa_pub: string;
  fingerprint: string;
  hpke_pub: string;
  name: string;
  organisation: string;
};
/**
 * `marks`: how many times the advocate changed which entries are looked through; `to`: the advocate's current
 * fingerprint, null if they have left
 */
type GrantRow = {
  diary: string;
  ended_at: number | null;
  given: number;
  grant: string;
  kept: string;
  looked_at: number | null;
  made_at: number;
  marks: number;
  not_after: number;
  to: string | null;
};
/** Times to the minute, ms */
export type GrantLook = { at: number; grant: string; what: 'read' | 'file' | 'pack' };
/** `taken_at`: when a device of the diary took it in */
export type LetterRow = { envelope: string; grant: string; letter: string; made_at: number; taken_at: number | null };

export function grantsOf(api: Api) {
  const path = (diary: string, grant: string) => `/v1/diaries/${diary}/grants/${grant}`;
  return {
    /** @param fingerprint base64 */
    findAdvocate: (fingerprint: string): Promise<AdvocateRow> =>
      api.withSession({ path: `/v1/advocates/${fingerprint}` }),
    list: (): Promise<{ grants: GrantRow[]; looks: GrantLook[] }> =>
      api.withSession({ path: '/v1/grants', fields: { grants: 'array', looks: 'array' } }),
    createGrant: (diary: string, body: object, proof: string) =>
      api.withSession({ path: `/v1/diaries/${diary}/grants`, method: 'POST', json: body, proof }),
    givenVersions: (diary: string, grant: string): Promise<{ versions: string[] }> =>
      api.withSession({ path: `${path(diary, grant)}/wraps` }),
    putWraps: (
      diary: string,
      grant: string,
      list: readonly { version: string; wraps: readonly Uint8Array[] }[],
    ): Promise<{ kept: number }> =>
      api.withSession({
        path: `${path(diary, grant)}/wraps`,
        method: 'PUT',
        bytes: encodeFrames(list.map(({ version, wraps }) => encodeFrames([unb64(version), ...wraps]))),
      }),
    putSummary: (diary: string, grant: string, sealed: Uint8Array) =>
      api.withSession({ path: `${path(diary, grant)}/summary`, method: 'PUT', bytes: sealed, expect: 'nothing' }),
    /**
     * Return the advocate's marks of what was looked through, sealed.
     * @returns base64
     */
    marks: (diary: string, grant: string): Promise<{ marks: string | null }> =>
      api.withSession({ path: `${path(diary, grant)}/marks` }),
    putMarks: (diary: string, grant: string, sealed: Uint8Array) =>
      api.withSession({ path: `${path(diary, grant)}/marks`, method: 'PUT', bytes: sealed, expect: 'nothing' }),
    endGrant: (diary: string, grant: string, proof: string) =>
      api.withSession({ path: path(diary, grant), method: 'DELETE', expect: 'nothing', proof }),
    /** @param options `taken`: include letters already taken in */
    letters: (diary: string, { taken = false }: { taken?: boolean } = {}): Promise<{ letters: LetterRow[] }> => {
      const url = `/v1/diaries/${diary}/letters${taken ? '?taken=1' : ''}`;
      return api.withSession({ path: url, fields: { letters: 'array' } });
    },
    /** Mark a letter as taken in; the server keeps it for 30 days. */
    markTaken: (diary: string, letter: string) =>
      api.withSession({ path: `/v1/diaries/${diary}/letters/${letter}/taken`, method: 'POST', expect: 'nothing' }),
  };
}
