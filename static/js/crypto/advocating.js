/**
 * An advocate at work, in the crypto worker: the keys that clients gave are held and used here, never come out and are never
 * written down. docs/formats.md, section 8; the twin of diary/client/advocates.py.
 */
import { b64, random, unb64 } from '../core/bytes.js';
import { parseObject, readFrames } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { idText, newId, parseId } from '../core/ids.js';
import { enrolment, newIdentity, readKeys } from './accounts.js';
import { importKey } from './cobblestone.js';
import * as envelope from './envelope.js';
import { openPart } from './files.js';
import { givesDigests, openDigests, openForAdvocate, partsOf } from './grants.js';
import { grantWrapHeader } from './keys.js';
import { sealLetter } from './letters.js';
import { MARKS } from './marks.js';
import { sealPrepared } from './prepared.js';
import { importAuthor, importAuthorPub, verifyAuthor } from './signing.js';
import { inFlight } from './stored.js';
import { SUMMARY } from './summaries.js';
import { openWithKeys, signedBytes } from './versions.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./grants.js').Granted} Granted */
/** @typedef {import('./grants.js').Received} Received */
/** @typedef {{key: CryptoKey, until: number|null}} Signer a key of the client's, and the last number it counts for; null for the one in use */
/** @typedef {Received & {opener: CryptoKey, signers: readonly Signer[]}} Held `signers`: the key in use first */
/** @typedef {{diary: string, grant: string, sealed: string, summary: string|null}} ClientRow as the server lists it, b64 */
/** @typedef {{c: string, sig: string, parents: string[], receipt: any}} Sealed what the server says of a version and the keeper signed */
/** @typedef {import('./versions.js').OpenedVersion & {seq: number, version: string, record: string, kept_at: number|null, sealed: Sealed, apart: Record<string, string>|null, whole: boolean}} Read `apart`: digests of fields that were not given; `whole`: it can be shown to be what was committed to */

/** A version's frame: what the server says of it, its envelopes, the grant's wraps. */
const FRAMES = 3;
const SEALED = 4;

/** @param {Session} session */
export function advocatePart(session) {
  /** @type {Map<string, Held>} */
  const held = new Map();
  const heldOf = (/** @type {string} */ grant) => {
    const found = held.get(grant);
    if (!found) throw new KeptError('not_found');
    return found;
  };
  return { ...enteringPart(session), ...clientPart(session, held, heldOf) };
}

/** Becoming an advocate, and coming back. @param {Session} session */
function enteringPart(session) {
  return {
    advocateNew: async (/** @type {{login: string, words: string}} */ { login, words }) => {
      const identity = await newIdentity(session);
      const {
        body: { diary: _none, code_auth: _auth, code_wrap: _wrap, ...body },
      } = await enrolment(session, { login, words });
      return { identity, body };
    },
    advocateOpen: async (/** @type {{answer: import('./accounts.js').Answer, login: string}} */ { answer, login }) => {
      const { opener: _opener, account, epoch, earlier, ...secrets } = await readKeys(session, answer);
      if (session.signingIn && 'kdf' in session.signingIn) session.saw(session.signingIn.kdf);
      session.signingIn = null;
      // An advocate has no diary; the session has room for one, and what fills it opens nothing.
      const ids = { account, diary: idText(newId()), device: idText(newId()), login };
      return session.adopt(ids, { ...secrets, diary_key: random(32) }, { account: epoch, diary: 1 }, { earlier });
    },
  };
}

/** What clients gave. @param {Session} session @param {Map<string, Held>} held @param {(grant: string) => Held} heldOf */
function clientPart(session, held, heldOf) {
  return {
    clientsOpen: async (/** @type {readonly ClientRow[]} */ rows, /** @type {number} */ now) => {
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
          return null; // altered, unsigned, for somebody else, or over: it lets nobody in
        }
      });
    },
    clientForget: async (/** @type {string} */ grant) => {
      held.delete(grant);
    },
    clientRead: async (/** @type {string} */ grant, /** @type {Uint8Array} */ page) => {
      const given = heldOf(grant);
      return inFlight(readFrames(page, { atMost: 320 }), (frame) => readOne(session, given, frame));
    },
    clientPart: (
      /** @type {{grant: string, blob: string, key: string, i: number, n: number, sealed: Bytes, size?: number}} */ {
        grant,
        blob,
        key,
        i,
        n,
        sealed,
        size,
      },
    ) => {
      parseId(blob);
      return openPart({ diary: heldOf(grant).said.diary, blob, key: unb64(key) }, i, n, sealed, size);
    },
    clientMarks: (/** @type {string} */ grant, /** @type {import('./marks.js').Marks} */ marks) => {
      const { said, key } = heldOf(grant);
      return MARKS.seal(key.slice(), said, marks);
    },
    clientMarksOpen: (/** @type {string} */ grant, /** @type {Bytes} */ sealed) => {
      const { said, key } = heldOf(grant);
      return MARKS.open(key.slice(), sealed, said);
    },
    /** The key whose nine words were compared, and what those before it said as they went. */
    clientKeys: async (/** @type {string} */ grant) => {
      const { other, earlier } = heldOf(grant);
      return { ecdsa_pub: other.ecdsa_pub, earlier };
    },
    preparedSeal: (/** @type {string} */ grant, /** @type {import('./prepared.js').Prepared} */ prepared) =>
      session.pairs().then((pairs) => sealPrepared(pairs, heldOf(grant).said, prepared)),
    letterSeal: async (
      /** @type {{grant: string, what: 'question'|'assisted', fields: any, made_at: number}} */ {
        grant,
        what,
        fields,
        made_at,
      },
    ) => {
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
 * One version of a client's feed. Null for what the client did not sign, or what opens to something else: it is nobody's word.
 * @param {Session} session @param {Held} given @param {Uint8Array} frame @returns {Promise<Read|{seq: number, refused: true}>}
 */
async function readOne(session, { said, opener, signers }, frame) {
  const [first, sealed, wraps] = readFrames(frame, { atMost: FRAMES });
  const facts = /** @type {any} */ (parseObject(/** @type {Uint8Array} */ (first)));
  const { c, parents, parts, receipt, record, seq, sig, version } = facts;
  if (!Number.isSafeInteger(seq)) throw new KeptError('garbage');
  try {
    const place = { diary: said.diary, record, version };
    const meta = { c, sig, parents, parts };
    const pieces = readFrames(/** @type {Uint8Array} */ (sealed), { atMost: SEALED });
    const [{ keys, apart }] = await Promise.all([
      keysIn(said, opener, version, readFrames(/** @type {Uint8Array} */ (wraps), { atMost: 2 })),
      verifyCounting(signers, seq, signedBytes(c, place), unb64(sig)),
    ]);
    const opened = await openWithKeys(
      { place, meta, envelopes: pieces.slice(parts.length) },
      keys,
      session.namesOf,
      apart,
    );
    if (opened.altered) throw new KeptError('bad_signature');
    const kept_at = Number.isSafeInteger(receipt?.ts) ? receipt.ts : null;
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

/** @param {import('./statements.js').AuthorKey} author @returns {Promise<Signer>} */
async function signerOf({ pub, seq }) {
  return { key: await importAuthorPub(unb64(pub)), until: seq };
}

/** Returns when a key that counted for that number made the signature; throws `bad_signature`. @param {readonly Signer[]} signers @param {number} seq @param {Bytes} message @param {Bytes} sig */
async function verifyCounting(signers, seq, message, sig) {
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

/** @param {import('./grants.js').Grant} said @param {CryptoKey} opener @param {string} version @param {readonly Uint8Array[]} given @returns {Promise<{keys: Bytes[], apart: Record<string, string>|null}>} */
async function keysIn(said, opener, version, given) {
  const parts = partsOf(said);
  const [keyed, [digests, ...more]] = [given.slice(0, parts.length), given.slice(parts.length)];
  if (more.length || (digests && !givesDigests(said))) throw new KeptError('not_opened');
  const keys = await Promise.all(
    keyed.map((one, i) =>
      envelope.open(opener, one, 'wrap', grantWrapHeader(said, /** @type {'open'} */ (parts[i]), version)),
    ),
  );
  return { keys, apart: digests ? await openDigests(opener, said, version, digests) : null };
}
