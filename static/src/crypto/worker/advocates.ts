/**
 * The advocate's functions of the crypto worker. The keys that clients granted are held and used here, never returned
 * and never stored. docs/formats.md, section 8. Python twin: diary/client/advocates.py.
 */
import { randomBytes, unb64 } from '../../core/bytes.js';
import { parseCanonicalObject, decodeFrames } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId, parseId } from '../../core/ids.js';
import { buildEnrolment, newIdentity, readAccountKeys } from './accounts.js';
import { importKey } from '../cobblestone.js';
import * as envelope from '../envelope.js';
import { openPart } from '../files.js';
import { givesDigests, openDigests, openForAdvocate, grantedParts } from '../sharing/grants.js';
import { grantWrapHeader } from '../keys.js';
import { sealLetter } from '../sharing/letters.js';
import type { LetterKind } from '../sharing/letters.js';
import { MARKS } from '../sharing/marks.js';
import { signPackStatement } from '../pack_statement.js';
import { signPreparedStatement } from '../sharing/prepared.js';
import { authorKeyId, importSigningKey, importVerifyingKey, verifyAuthorSignature } from '../signing.js';
import { mapConcurrently } from './stored_versions.js';
import { SUMMARY } from '../sharing/summaries.js';
import { openVersionWithKeys, bytesToSign } from '../versions.js';
import type { PackFacts } from '../pack_statement.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Receipt } from '../signing.js';
import type { SignInResponse } from './accounts.js';
import type { GrantTerms, ReceivedGrant } from '../sharing/grants.js';
import type { Marks } from '../sharing/marks.js';
import type { PreparedPack } from '../sharing/prepared.js';
import type { Session } from './session.js';
import type { AuthorKey } from '../sharing/statements.js';
import type { OpenedVersion } from '../versions.js';

/** A client's key and the last number it is valid for; null for the current key */
type ClientSigner = { key: CryptoKey; until: number | null };
/** `signers`: the current key first */
type HeldGrant = ReceivedGrant & { opener: CryptoKey; signers: readonly ClientSigner[] };
/** As the server lists it, b64 */
type ClientGrantRow = { diary: string; grant: string; sealed: string; summary: string | null };
/** A version's facts from the server, signed by the keeper; the receipt is the notary's */
type SignedFields = { c: string; sig: string; parents: string[]; receipt: Receipt | null };
/** A version as received: its signature is checked here, its receipt by the caller */
type VersionFields = SignedFields & { parts: string[]; record: string; seq: number; version: string };
/** `apart`: digests of withheld fields; `whole`: the commitment could be recomputed and matches */
export type ClientVersion = OpenedVersion & {
  seq: number;
  version: string;
  record: string;
  kept_at: number | null;
  sealed: SignedFields;
  apart: Record<string, string> | null;
  whole: boolean;
};

/** A version's frame: its fields, its envelopes, the grant's wraps. */
const FRAME_COUNT = 3;
const SEALED_FRAME_COUNT = 4;

export function advocateFunctions(session: Session) {
  const heldGrants: Map<string, HeldGrant> = new Map();
  const heldGrantOf = (grant: string) => {
    const heldGrant = heldGrants.get(grant);
    if (!heldGrant) throw new KeptError('not_found');
    return heldGrant;
  };
  return { ...signInFunctions(session), ...clientFunctions(session, heldGrants, heldGrantOf) };
}

/** Become an advocate, and sign in as one. */
function signInFunctions(session: Session) {
  return {
    advocateNew: async ({ login, words }: { login: string; words: string }) => {
      const identity = await newIdentity(session);
      const {
        body: { diary: _diary, code_auth: _auth, code_wrap: _wrap, ...body },
      } = await buildEnrolment(session, { login, words });
      return { identity, body };
    },
    advocateOpen: async ({ answer: response, login }: { answer: SignInResponse; login: string }) => {
      const { opener: _opener, account, epoch, earlier, ...secrets } = await readAccountKeys(session, response);
      if (session.pendingSignIn && 'kdf' in session.pendingSignIn) session.recordKdfCost(session.pendingSignIn.kdf);
      session.pendingSignIn = null;
      // An advocate has no diary, but the session requires one: a random id and a key that opens nothing.
      const ids = { account, diary: formatId(newId()), device: formatId(newId()), login };
      return session.adopt(ids, { ...secrets, diary_key: randomBytes(32) }, { account: epoch, diary: 1 }, { earlier });
    },
  };
}

/** Use the grants that clients gave. */
function clientFunctions(
  session: Session,
  heldGrants: Map<string, HeldGrant>,
  heldGrantOf: (grant: string) => HeldGrant,
) {
  return {
    clientsOpen: async (rows: readonly ClientGrantRow[], nowMs: number) => {
      const advocateKeys = await session.ownKeyPairs();
      heldGrants.clear();
      return mapConcurrently(rows, async (row) => {
        try {
          const opened = await openForAdvocate(advocateKeys, unb64(row.sealed), row);
          if (opened.terms.not_after <= nowMs) throw new KeptError('not_opened');
          const [wrappingKey, ...signers] = await Promise.all([
            importKey(opened.key.slice()),
            ...[...opened.authors].reverse().map(signerOf),
          ]);
          heldGrants.set(row.grant, { ...opened, opener: wrappingKey, signers });
          const summary = row.summary
            ? await SUMMARY.open(opened.key.slice(), unb64(row.summary), row).catch(() => null)
            : null;
          return { said: opened.terms, other: opened.other, summary };
        } catch {
          return null; // altered, unsigned, for somebody else, or expired: it admits nobody
        }
      });
    },
    clientForget: async (grant: string) => {
      heldGrants.delete(grant);
    },
    clientRead: async (grant: string, page: Uint8Array) => {
      const heldGrant = heldGrantOf(grant);
      return mapConcurrently(decodeFrames(page, { maxParts: 320 }), (frame) =>
        readClientVersion(session, heldGrant, frame),
      );
    },
    clientPart: ({
      grant,
      blob,
      key,
      i,
      n,
      sealed: sealedBytes,
      size,
    }: {
      grant: string;
      blob: string;
      key: string;
      i: number;
      n: number;
      sealed: Bytes;
      size?: number;
    }) => {
      parseId(blob);
      return openPart({ diary: heldGrantOf(grant).terms.diary, blob, key: unb64(key) }, i, n, sealedBytes, size);
    },
    clientMarks: (grant: string, marks: Marks) => {
      const { terms, key } = heldGrantOf(grant);
      return MARKS.seal(key.slice(), terms, marks);
    },
    clientMarksOpen: (grant: string, sealedBytes: Bytes) => {
      const { terms, key } = heldGrantOf(grant);
      return MARKS.open(key.slice(), sealedBytes, terms);
    },
    /** Return the client's key whose nine words were compared, and the statements of the earlier keys. */
    clientKeys: async (grant: string) => {
      const { other: client, earlier } = heldGrantOf(grant);
      return { ecdsa_pub: client.ecdsa_pub, earlier };
    },
    preparedSeal: (grant: string, prepared: PreparedPack) =>
      session.ownKeyPairs().then((pairs) => signPreparedStatement(pairs, heldGrantOf(grant).terms, prepared)),
    /** Sign the facts of a pack that this advocate prepared, with the advocate's own key. */
    preparedPackSeal: async (grant: string, facts: PackFacts) => {
      const { ecdsa } = await session.ownKeyPairs();
      const signer = {
        key: await importSigningKey(ecdsa),
        by: authorKeyId(ecdsa.pub),
        diary: heldGrantOf(grant).terms.diary,
      };
      return signPackStatement(signer, facts);
    },
    letterSeal: async ({
      grant,
      what,
      fields,
      made_at,
    }: {
      grant: string;
      what: LetterKind;
      fields: JsonObject;
      made_at: number;
    }) => {
      const { terms, other: client } = heldGrantOf(grant);
      const pairs = await session.ownKeyPairs();
      const place = { diary: terms.diary, grant, letter: formatId(newId()) };
      const author = { key: await importSigningKey(pairs.ecdsa), pub: pairs.ecdsa.pub };
      const sealedBytes = await sealLetter(author, unb64(client.hpke_pub), place, {
        fields,
        from: terms.to,
        made_at,
        what,
      });
      return { letter: place.letter, envelope: sealedBytes };
    },
  };
}

/**
 * Read one version of a client's feed. Returns `refused` when the client did not sign it or it does not verify.
 */
async function readClientVersion(
  session: Session,
  { terms, opener: wrappingKey, signers }: HeldGrant,
  frame: Uint8Array,
): Promise<ClientVersion | { seq: number; refused: true }> {
  const [fieldsFrame, sealedBytes, wrapsFrame] = decodeFrames(frame, { maxParts: FRAME_COUNT });
  const fields = parseCanonicalObject(fieldsFrame as Uint8Array) as VersionFields;
  const { c, parents, parts, receipt, record, seq, sig: signature, version } = fields;
  if (!Number.isSafeInteger(seq)) throw new KeptError('garbage');
  try {
    const place = { diary: terms.diary, record, version };
    const meta = { c, sig: signature, parents, parts };
    const sealedFrames = decodeFrames(sealedBytes as Uint8Array, { maxParts: SEALED_FRAME_COUNT });
    const [{ keys, apart }] = await Promise.all([
      unwrapVersionKeys(terms, wrappingKey, version, decodeFrames(wrapsFrame as Uint8Array, { maxParts: 2 })),
      verifyBySigners(signers, seq, bytesToSign(c, place), unb64(signature)),
    ]);
    const opened = await openVersionWithKeys(
      { place, meta, envelopes: sealedFrames.slice(parts.length) },
      keys,
      session.namesOf,
      apart,
    );
    if (opened.altered) throw new KeptError('bad_signature');
    const keptAt = Number.isSafeInteger(receipt?.ts) ? (receipt as Receipt).ts : null;
    return {
      ...opened,
      digests: null,
      seq,
      record,
      version,
      kept_at: keptAt,
      sealed: { c, sig: signature, parents, receipt: receipt ?? null },
      apart,
      whole: opened.commitment === c,
    };
  } catch {
    return { seq, refused: true };
  }
}

async function signerOf({ pub, seq }: AuthorKey): Promise<ClientSigner> {
  return { key: await importVerifyingKey(unb64(pub)), until: seq };
}

/** Verify that a key valid for that number made the signature. Throws `bad_signature`. */
async function verifyBySigners(signers: readonly ClientSigner[], seq: number, message: Bytes, signature: Bytes) {
  for (const { key } of signers.filter(({ until }) => until === null || seq <= until)) {
    if (
      await verifyAuthorSignature(key, message, signature).then(
        () => true,
        () => false,
      )
    )
      return;
  }
  throw new KeptError('bad_signature');
}

async function unwrapVersionKeys(
  terms: GrantTerms,
  wrappingKey: CryptoKey,
  version: string,
  wraps: readonly Uint8Array[],
): Promise<{ keys: Bytes[]; apart: Record<string, string> | null }> {
  const parts = grantedParts(terms);
  const [keyWraps, [digests, ...otherFrames]] = [wraps.slice(0, parts.length), wraps.slice(parts.length)];
  if (otherFrames.length || (digests && !givesDigests(terms))) throw new KeptError('not_opened');
  const keys = await Promise.all(
    keyWraps.map((wrapped, i) =>
      envelope.open(wrappingKey, wrapped, 'wrap', grantWrapHeader(terms, parts[i] as 'open', version)),
    ),
  );
  return { keys, apart: digests ? await openDigests(wrappingKey, terms, version, digests) : null };
}
