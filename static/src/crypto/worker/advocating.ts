/**
 * The advocate's functions of the crypto worker. The keys that clients granted are held and used here, never returned
 * and never stored. docs/formats.md, section 8. Python twin: diary/client/advocates.py.
 */
import { random, unb64 } from '../../core/bytes.js';
import { parseObject, readFrames } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { idText, newId, parseId } from '../../core/ids.js';
import { enrolment, newIdentity, readKeys } from './accounts.js';
import { importKey } from '../cobblestone.js';
import * as envelope from '../envelope.js';
import { openPart } from '../files.js';
import { givesDigests, openDigests, openForAdvocate, partsOf } from '../sharing/grants.js';
import { grantWrapHeader } from '../keys.js';
import { sealLetter } from '../sharing/letters.js';
import { MARKS } from '../sharing/marks.js';
import { sealPrepared } from '../sharing/prepared.js';
import { importAuthor, importAuthorPub, verifyAuthor } from '../signing.js';
import { inFlight } from './stored.js';
import { SUMMARY } from '../sharing/summaries.js';
import { openWithKeys, signedBytes } from '../versions.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Receipt } from '../signing.js';
import type { Answer } from './accounts.js';
import type { Grant, Received } from '../sharing/grants.js';
import type { Marks } from '../sharing/marks.js';
import type { Prepared } from '../sharing/prepared.js';
import type { Session } from './session.js';
import type { AuthorKey } from '../sharing/statements.js';
import type { OpenedVersion } from '../versions.js';

/** A client's key and the last number it is valid for; null for the current key */
type Signer = { key: CryptoKey; until: number | null };
/** `signers`: the current key first */
type Held = Received & { opener: CryptoKey; signers: readonly Signer[] };
/** As the server lists it, b64 */
type ClientRow = { diary: string; grant: string; sealed: string; summary: string | null };
/** A version's facts from the server, signed by the keeper; the receipt is the notary's */
type Sealed = { c: string; sig: string; parents: string[]; receipt: Receipt | null };
/** A version as received: its signature is checked here, its receipt by the caller */
type Facts = Sealed & { parts: string[]; record: string; seq: number; version: string };
/** `apart`: digests of withheld fields; `whole`: the commitment could be recomputed and matches */
export type Read = OpenedVersion & {
  seq: number;
  version: string;
  record: string;
  kept_at: number | null;
  sealed: Sealed;
  apart: Record<string, string> | null;
  whole: boolean;
};

/** A version's frame: its fields, its envelopes, the grant's wraps. */
const FRAMES = 3;
const SEALED = 4;

export function advocatePart(session: Session) {
  const held: Map<string, Held> = new Map();
  const heldOf = (grant: string) => {
    const found = held.get(grant);
    if (!found) throw new KeptError('not_found');
    return found;
  };
  return { ...enteringPart(session), ...clientPart(session, held, heldOf) };
}

/** Become an advocate, and sign in as one. */
function enteringPart(session: Session) {
  return {
    advocateNew: async ({ login, words }: { login: string; words: string }) => {
      const identity = await newIdentity(session);
      const {
        body: { diary: _none, code_auth: _auth, code_wrap: _wrap, ...body },
      } = await enrolment(session, { login, words });
      return { identity, body };
    },
    advocateOpen: async ({ answer, login }: { answer: Answer; login: string }) => {
      const { opener: _opener, account, epoch, earlier, ...secrets } = await readKeys(session, answer);
      if (session.signingIn && 'kdf' in session.signingIn) session.saw(session.signingIn.kdf);
      session.signingIn = null;
      // An advocate has no diary, but the session requires one: a random id and a key that opens nothing.
      const ids = { account, diary: idText(newId()), device: idText(newId()), login };
      return session.adopt(ids, { ...secrets, diary_key: random(32) }, { account: epoch, diary: 1 }, { earlier });
    },
  };
}

/** Use the grants that clients gave. */
function clientPart(session: Session, held: Map<string, Held>, heldOf: (grant: string) => Held) {
  return {
    clientsOpen: async (rows: readonly ClientRow[], now: number) => {
      const own = await session.pairs();
      held.clear();
      return inFlight(rows, async (row) => {
        try {
          const granted = await openForAdvocate(own, unb64(row.sealed), row);
          if (granted.said.not_after <= now) throw new KeptError('not_opened');
          const [opener, ...signers] = await Promise.all([
            importKey(granted.key.slice()),
            ...[...granted.authors].reverse().map(signerOf),
          ]);
          held.set(row.grant, { ...granted, opener, signers });
          const summary = row.summary
            ? await SUMMARY.open(granted.key.slice(), unb64(row.summary), row).catch(() => null)
            : null;
          return { said: granted.said, other: granted.other, summary };
        } catch {
          return null; // altered, unsigned, for somebody else, or expired: it admits nobody
        }
      });
    },
    clientForget: async (grant: string) => {
      held.delete(grant);
    },
    clientRead: async (grant: string, page: Uint8Array) => {
      const given = heldOf(grant);
      return inFlight(readFrames(page, { atMost: 320 }), (frame) => readOne(session, given, frame));
    },
    clientPart: ({
      grant,
      blob,
      key,
      i,
      n,
      sealed,
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
      return openPart({ diary: heldOf(grant).said.diary, blob, key: unb64(key) }, i, n, sealed, size);
    },
    clientMarks: (grant: string, marks: Marks) => {
      const { said, key } = heldOf(grant);
      return MARKS.seal(key.slice(), said, marks);
    },
    clientMarksOpen: (grant: string, sealed: Bytes) => {
      const { said, key } = heldOf(grant);
      return MARKS.open(key.slice(), sealed, said);
    },
    /** Return the client's key whose nine words were compared, and the statements of the earlier keys. */
    clientKeys: async (grant: string) => {
      const { other, earlier } = heldOf(grant);
      return { ecdsa_pub: other.ecdsa_pub, earlier };
    },
    preparedSeal: (grant: string, prepared: Prepared) =>
      session.pairs().then((pairs) => sealPrepared(pairs, heldOf(grant).said, prepared)),
    letterSeal: async ({
      grant,
      what,
      fields,
      made_at,
    }: {
      grant: string;
      what: 'question' | 'assisted';
      fields: JsonObject;
      made_at: number;
    }) => {
      const { said, other } = heldOf(grant);
      const pairs = await session.pairs();
      const place = { diary: said.diary, grant, letter: idText(newId()) };
      const author = { key: await importAuthor(pairs.ecdsa), pub: pairs.ecdsa.pub };
      const sealed = await sealLetter(author, unb64(other.hpke_pub), place, { fields, from: said.to, made_at, what });
      return { letter: place.letter, envelope: sealed };
    },
  };
}

/**
 * Read one version of a client's feed. Returns `refused` when the client did not sign it or it does not verify.
 */
async function readOne(
  session: Session,
  { said, opener, signers }: Held,
  frame: Uint8Array,
): Promise<Read | { seq: number; refused: true }> {
  const [first, sealed, wraps] = readFrames(frame, { atMost: FRAMES });
  const facts = parseObject(first as Uint8Array) as Facts;
  const { c, parents, parts, receipt, record, seq, sig, version } = facts;
  if (!Number.isSafeInteger(seq)) throw new KeptError('garbage');
  try {
    const place = { diary: said.diary, record, version };
    const meta = { c, sig, parents, parts };
    const pieces = readFrames(sealed as Uint8Array, { atMost: SEALED });
    const [{ keys, apart }] = await Promise.all([
      keysIn(said, opener, version, readFrames(wraps as Uint8Array, { atMost: 2 })),
      verifyCounting(signers, seq, signedBytes(c, place), unb64(sig)),
    ]);
    const opened = await openWithKeys(
      { place, meta, envelopes: pieces.slice(parts.length) },
      keys,
      session.namesOf,
      apart,
    );
    if (opened.altered) throw new KeptError('bad_signature');
    const kept_at = Number.isSafeInteger(receipt?.ts) ? (receipt as Receipt).ts : null;
    return {
      ...opened,
      digests: null,
      seq,
      record,
      version,
      kept_at,
      sealed: { c, sig, parents, receipt: receipt ?? null },
      apart,
      whole: opened.commitment === c,
    };
  } catch {
    return { seq, refused: true };
  }
}

async function signerOf({ pub, seq }: AuthorKey): Promise<Signer> {
  return { key: await importAuthorPub(unb64(pub)), until: seq };
}

/** Verify that a key valid for that number made the signature. Throws `bad_signature`. */
async function verifyCounting(signers: readonly Signer[], seq: number, message: Bytes, sig: Bytes) {
  for (const { key } of signers.filter(({ until }) => until === null || seq <= until)) {
    if (
      await verifyAuthor(key, message, sig).then(
        () => true,
        () => false,
      )
    )
      return;
  }
  throw new KeptError('bad_signature');
}

async function keysIn(
  said: Grant,
  opener: CryptoKey,
  version: string,
  given: readonly Uint8Array[],
): Promise<{ keys: Bytes[]; apart: Record<string, string> | null }> {
  const parts = partsOf(said);
  const [keyed, [digests, ...more]] = [given.slice(0, parts.length), given.slice(parts.length)];
  if (more.length || (digests && !givesDigests(said))) throw new KeptError('not_opened');
  const keys = await Promise.all(
    keyed.map((one, i) => envelope.open(opener, one, 'wrap', grantWrapHeader(said, parts[i] as 'open', version))),
  );
  return { keys, apart: digests ? await openDigests(opener, said, version, digests) : null };
}
