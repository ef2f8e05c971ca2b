/** Entries from their fields up: digests, commitment, signature, receipt, lines, and the two folders against each other. The twin of diary/pack/proofcheck.py. */
import { b64, unb64 } from '../core/bytes.js';
import { canonText, isObject, parse } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { allOpen, commitment, fieldDigest } from '../crypto/commitment.js';
import { authorId, importAuthorPub } from '../crypto/signing.js';
import { authorChain } from '../crypto/statements.js';
import { breaks } from '../ledger/lines.js';
import { verifyAuthor } from '../ledger/push.js';
import { notaryId, verifyReceipt } from '../ledger/receipts.js';
import { RECORD_LIMIT, namesOf } from '../pack/proofs.js';
import { codesOf, objectOf, objectsOf, textOf, wholeOf } from '../record/reading.js';
import { find } from './findings.js';
import { isLogFile } from './logpart.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').Json} Json */
/** @typedef {import('../record/reading.js').Fields} Fields */
/** @typedef {import('./findings.js').Finding} Finding */
/** @typedef {import('./opened.js').OpenedPack} OpenedPack */
/** @typedef {import('../ledger/statements.js').NotaryKey} NotaryKey */
/** @typedef {{member: string, raw: Fields, version: string, values: Record<string, Json>, digests: Record<string, string>, withheld: Set<string>}} Proof */
/**
 * @typedef {ReadonlyMap<string, {key: CryptoKey, until: number|null}>} Authors an account's keys by their id, oldest
 *   first; `until`: the last ms an earlier one counts for
 */
/** @typedef {{servable: Map<string, Proof>, restricted: Map<string, Proof>, keys: Fields, findings: Finding[], alone: boolean, told: Map<string, Proof>}} Proofs `told`: the folder that says most, the servable one where that is `alone` */

export const SERVABLE = 'data/servable/proof/';
export const RESTRICTED = 'data/restricted/proof/';
export const PREPARED = `${SERVABLE}prepared.json`;
const SERVABLE_KINDS = new Set(['incident', 'attachment']);
const NAME = /^(?:[0-9]{4,6}|U[0-9]{4}|[A-Z]{1,4}-[1-9][0-9]{0,4}|[a-z]{4,10}-[0-9]{4,6})-[A-Za-z0-9_-]{8}\.json$/;

/** Canonical JSON that is an object, or null. @param {Uint8Array|null} raw @returns {Fields|null} */
export function objectIn(raw) {
  try {
    const value = parse(raw ?? new Uint8Array(0), { limit: RECORD_LIMIT });
    return isObject(value) ? /** @type {Fields} */ (value) : null;
  } catch {
    return null;
  }
}

/** Every proof that can be read; what cannot is found. @param {OpenedPack} pack @returns {Promise<Proofs>} */
export async function readProofs(pack) {
  /** @type {Proofs} */
  const proofs = {
    servable: new Map(),
    restricted: new Map(),
    keys: {},
    findings: [],
    alone: pack.alone,
    told: new Map(),
  };
  proofs.told = pack.alone ? proofs.servable : proofs.restricted;
  for (const path of [...pack.digests.keys()].sort()) {
    for (const [folder, held] of /** @type {const} */ ([
      [SERVABLE, proofs.servable],
      [RESTRICTED, proofs.restricted],
    ])) {
      if (!path.startsWith(folder) || path.endsWith('/keys.json') || path === PREPARED || isLogFile(path)) continue;
      const proof = proofOf(path, objectIn(await pack.read(path)), path.slice(folder.length));
      if ('code' in proof) proofs.findings.push(proof);
      else if (held.has(proof.version)) proofs.findings.push(find('misplaced', path));
      else held.set(proof.version, proof);
    }
  }
  const [first, second] = [
    objectIn(await pack.read(`${SERVABLE}keys.json`)),
    objectIn(await pack.read(`${RESTRICTED}keys.json`)),
  ];
  proofs.keys = filled(second) ?? filled(first) ?? {};
  const same =
    filled(first) &&
    (pack.alone ||
      (filled(second) && canonText(/** @type {any} */ (first)) === canonText(/** @type {any} */ (second))));
  if (!same || proofs.keys['t'] !== 'keys/v1' || !(await areKeys(proofs.keys)))
    proofs.findings.push(find('keys', `${pack.alone ? SERVABLE : RESTRICTED}keys.json`));
  return proofs;
}

/** @param {Fields|null} value */
const filled = (value) => (value && Object.keys(value).length ? value : null);

/** @param {Fields} keys */
async function areKeys(keys) {
  try {
    await authorsOf(keys);
    if (neverReceived(keys)) return true;
    const notary = unb64(textOf(keys, 'notary'));
    return notary.length === 32 && notaryId(notary) === keys['log'];
  } catch {
    return false;
  }
}

/** Whether the pack says that no server ever had the diary. @param {Fields} keys */
export function neverReceived(keys) {
  return keys['notary'] === '' && keys['log'] === '';
}

/**
 * The account's keys by their id, those that were replaced too. Throws where they do not follow one another.
 * @param {Fields} keys
 * @returns {Promise<Authors>}
 */
async function authorsOf(keys) {
  const earlier = Object.hasOwn(keys, 'earlier') ? objectsOf(keys, 'earlier') : [];
  const chain = await authorChain(earlier, textOf(keys, 'ecdsa_pub'));
  return new Map(
    await Promise.all(
      chain.map(
        async ({ pub }, i) =>
          /** @type {const} */ ([
            authorId(unb64(pub)),
            { key: await importAuthorPub(unb64(pub)), until: wholeOf(earlier[i] ?? {}, 'ts') },
          ]),
      ),
    ),
  );
}

/** @param {string} member @param {Fields|null} value @param {string} name @returns {Proof|Finding} */
function proofOf(member, value, name) {
  if (!value || value['t'] !== 'proof/v1') return find('unreadable', member);
  /** @type {Record<string, string>} */ const digests = {};
  /** @type {Record<string, Json>} */ const values = {};
  let names;
  try {
    names = namesOf(textOf(fieldOf(value, '_kind'), 'v'), numberOf(value));
    for (const [field, digest] of Object.entries(objectOf(value, 'withheld'))) digests[field] = digestOf(digest);
    for (const [field, opened] of Object.entries(objectOf(value, 'fields'))) {
      if (!isObject(opened) || typeof opened['s'] !== 'string' || !Object.hasOwn(opened, 'v'))
        throw new KeptError('bad_request');
      values[field] = /** @type {Json} */ (opened['v']);
      digests[field] = b64(fieldDigest(field, unb64(opened['s']), values[field]));
    }
  } catch {
    return find('unreadable', member);
  }
  const withheld = new Set(Object.keys(objectOf(value, 'withheld')));
  const wanted = new Set([...allOpen(names), ...names.restricted]);
  const has = Object.keys(digests);
  if (
    has.length !== wanted.size ||
    has.some((field) => !wanted.has(field)) ||
    [...withheld].some((field) => Object.hasOwn(values, field))
  )
    return find('names', member);
  if (!NAME.test(name) || name.slice(-13, -5) !== textOf(value, 'version').slice(0, 8))
    return find('misplaced', member);
  return { member, raw: value, version: textOf(value, 'version'), values, digests, withheld };
}

/** @param {Fields} proof @param {string} name */
const fieldOf = (proof, name) => objectOf(objectOf(proof, 'fields'), name);

/** @param {Fields} proof */
function numberOf(proof) {
  const number = wholeOf(fieldOf(proof, '_schema'), 'v');
  if (number === null) throw new KeptError('bad_request');
  return number;
}

/** @param {unknown} digest */
function digestOf(digest) {
  if (typeof digest !== 'string' || unb64(digest).length !== 32) throw new KeptError('bad_request');
  return digest;
}

/** A key's bytes; none when it is not one, and every signature then fails. @param {Fields} keys @param {string} name @returns {Bytes} */
export function keyIn(keys, name) {
  try {
    return unb64(textOf(keys, name));
  } catch {
    return new Uint8Array(0);
  }
}

/** The receipts, by version. @param {Proofs} proofs @returns {Map<string, Fields>} */
export function receiptsOf({ told }) {
  return new Map(
    [...told]
      .map(([version, { raw }]) => /** @type {const} */ ([version, objectOf(raw, 'receipt')]))
      .filter(([, receipt]) => Object.keys(receipt).length),
  );
}

/**
 * Every finding about the proofs themselves.
 * @param {Proofs} proofs
 * @param {readonly NotaryKey[]} keys the notary keys to trust
 * @param {ReadonlyMap<string, number>} before by version, the place in the log that was shown for it
 * @returns {Promise<Finding[]>}
 */
export async function checkProofs(proofs, keys, before) {
  const notary = b64(keyIn(proofs.keys, 'notary'));
  /** @type {Finding[]} */ const found = keys.some(({ pub }) => pub === notary) ? [] : [find('wrong_notary')];
  // Keys that are none have been said; no signature holds under them.
  const authors = await authorsOf(proofs.keys).catch(() => new Map());
  for (const proof of [...proofs.servable.values(), ...proofs.restricted.values()])
    found.push(...(await checkOne(proof, authors, keys, before)));
  for (const version of [...new Set([...proofs.servable.keys(), ...proofs.restricted.keys()])].sort()) {
    const servable = proofs.servable.get(version);
    found.push(
      ...(proofs.alone && servable ? checkApart(servable) : checkPair(servable, proofs.restricted.get(version))),
    );
  }
  return [...found, ...checkLines(proofs), ...checkBehind(proofs)];
}

/** Versions written on from one that is not here: every version of a record goes into a pack, or none. @param {Proofs} proofs */
function checkBehind({ told }) {
  return [...told.values()]
    .filter(({ values }) => codesOf(values, '_parents').some((parent) => !told.has(parent)))
    .map(({ member }) => find('left_out', member));
}

/**
 * @param {Proof} proof
 * @param {Authors} authors
 * @param {readonly NotaryKey[]} keys
 * @param {ReadonlyMap<string, number>} before
 */
async function checkOne(proof, authors, keys, before) {
  const { raw, member, values, digests } = proof;
  const [ids, c] = [objectOf(values, '_ids'), textOf(raw, 'c')];
  /** @type {Finding[]} */ const found = [];
  if (b64(commitment(digests)) !== c) found.push(find('commitment', member));
  if (ids['record'] !== raw['record'] || ids['version'] !== raw['version'] || values['_kind'] !== raw['kind'])
    found.push(find('misplaced', member));
  try {
    const signed = { c, diary: textOf(ids, 'diary'), record: textOf(raw, 'record'), version: textOf(raw, 'version') };
    const until = await untilOf(fromOn(authors, textOf(values, '_by')), signed, textOf(raw, 'sig'));
    const received = wholeOf(objectOf(raw, 'receipt'), 'ts');
    if (until !== null && (received === null || received > until)) throw new KeptError('bad_signature');
  } catch {
    found.push(find('author', member));
  }
  return raw['receipt'] === null || raw['receipt'] === undefined
    ? found
    : [...found, ...(await checkReceipt(proof, c, keys, before))];
}

/**
 * The key that a version names and those that came after it: what a server lost is sent again under a signature of the key in
 * use.
 * @param {Authors} authors oldest first @param {string} by key id
 * @returns {{key: CryptoKey, until: number|null}[]} none for a key that is not among them
 */
function fromOn(authors, by) {
  const at = [...authors.keys()].indexOf(by);
  return at < 0 ? [] : [...authors.values()].slice(at);
}

/**
 * @param {readonly {key: CryptoKey, until: number|null}[]} keys
 * @param {{c: string, diary: string, record: string, version: string}} signed
 * @param {string} sig b64
 * @returns {Promise<number|null>} until when the key that made the signature counts, ms; null for the one in use
 * @throws bad_signature where none of them made it
 */
async function untilOf(keys, signed, sig) {
  for (const { key, until } of keys) {
    if (
      await verifyAuthor(/** @type {any} */ (key), signed, sig).then(
        () => true,
        () => false,
      )
    )
      return until;
  }
  throw new KeptError('bad_signature');
}

/** @param {Proof} proof @param {string} c @param {readonly NotaryKey[]} keys @param {ReadonlyMap<string, number>} before */
async function checkReceipt({ raw, member, version }, c, keys, before) {
  const told = objectOf(raw, 'receipt');
  const key = keys.find(({ log }) => log === told['log']);
  if (!key) return [find('other_key', member)];
  try {
    await verifyReceipt(told, { notaryPub: unb64(key.pub), c, env: textOf(told, 'env') });
  } catch (error) {
    return [
      error instanceof KeptError && error.code === 'unavailable' ? find('cannot_check') : find('receipt', member),
    ];
  }
  const place = before.get(version) ?? -1;
  return key.below !== null && !(place >= 0 && place < key.below) ? [find('old_key', member)] : [];
}

/** The two proofs of one version. @param {Proof|undefined} servable @param {Proof|undefined} restricted */
function checkPair(servable, restricted) {
  if (!servable && restricted && !SERVABLE_KINDS.has(textOf(restricted.raw, 'kind'))) return [];
  if (!servable || !restricted) return [find('no_twin', (servable ?? restricted)?.member ?? null)];
  /** @type {Finding[]} */ const found = [];
  const same = ['c', 'sig', 'receipt', 'record', 'seq_no'].every((name) =>
    sameJson(servable.raw[name], restricted.raw[name]),
  );
  if (!same || restricted.withheld.size || !sameJson(servable.digests, restricted.digests))
    found.push(find('twin', servable.member));
  return [...found, ...checkApart(servable)];
}

/** Whether a restricted field stands open where it must not. @param {Proof} servable @returns {Finding[]} */
function checkApart(servable) {
  const { restricted: apart } = namesOf(
    textOf(fieldOf(servable.raw, '_kind'), 'v'),
    wholeOf(servable.values, '_schema') ?? 0,
  );
  return apart.some((name) => !servable.withheld.has(name)) ? [find('twin', servable.member)] : [];
}

/** @param {unknown} a @param {unknown} b */
export function sameJson(a, b) {
  return canonText(/** @type {Json} */ (a ?? null)) === canonText(/** @type {Json} */ (b ?? null));
}

/** The devices' lines. Numbers that are not here say nothing: notes and entries not chosen have numbers too. @param {Proofs} proofs */
function checkLines({ told }) {
  const links = [...told.values()].map(({ values, raw, member }) => {
    const line = objectOf(values, '_line');
    return {
      device: textOf(line, 'device'),
      n: wholeOf(line, 'n') ?? 0,
      prev: typeof line['prev'] === 'string' ? line['prev'] : null,
      c: textOf(raw, 'c'),
      member,
    };
  });
  const members = new Map(links.map(({ device, n, member }) => [`${device} ${n}`, member]));
  return breaks(links).flatMap(({ device, n, why }) =>
    why === 'missing' ? [] : [find('line', members.get(`${device} ${n}`) ?? null)],
  );
}

/** Short forms of the keys, to compare by eye. @param {Fields} keys */
export function shortOf(keys) {
  const author = keyIn(keys, 'ecdsa_pub');
  return { author: author.length ? authorId(author) : '', log: textOf(keys, 'log') };
}
