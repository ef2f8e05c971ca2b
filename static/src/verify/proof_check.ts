/**
 * Checks entries from their fields up: digests, commitment, signature, receipt, lines, and the two folders against
 * each other. The twin of diary/pack/verify/proof_check.py.
 */
import { b64, unb64 } from '../core/bytes.js';
import { GRANT_EARLIER_KEYS_LIMIT, PACK_RECORD_LIMIT_BYTES, RECORD_LATEST_MS } from '../core/constants.js';
import { canonicalText, isObject, parseCanonical } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { openNames, computeCommitment, fieldDigest } from '../crypto/commitment.js';
import { authorKeyId, importVerifyingKey } from '../crypto/signing.js';
import { verifyAuthorChain } from '../crypto/sharing/statements.js';
import { findBreaks } from '../ledger/lines.js';
import { verifyVersionSignature } from '../ledger/push.js';
import { notaryKeyId, verifyReceipt } from '../ledger/receipts.js';
import { fieldNamesOf } from '../pack/proofs.js';
import { codesOf, objectOf, objectsOf, textOf, integerOf } from '../record/reading.js';
import { findingFor } from './findings.js';
import { isLogFile } from './log_check.js';
import { hasTooManyValues } from './pack_reader.js';
import type { Bytes } from '../core/bytes.js';
import type { Json } from '../core/encoding.js';
import type { KeyStatement } from '../crypto/sharing/statements.js';
import type { NotaryKey } from '../ledger/statements.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

export type Proof = {
  member: string;
  raw: Fields;
  version: string;
  values: Record<string, Json>;
  digests: Record<string, string>;
  withheld: Set<string>;
};
/** An account's keys by their id, oldest first; `until`: the last ms an earlier one counts for */
type Authors = ReadonlyMap<string, { key: CryptoKey; until: number | null }>;
/** `primary`: the folder with the most content, the servable one when `alone` */
export type Proofs = {
  servable: Map<string, Proof>;
  restricted: Map<string, Proof>;
  keys: Fields;
  findings: Finding[];
  alone: boolean;
  primary: Map<string, Proof>;
};

export const SERVABLE = 'data/servable/proof/';
export const RESTRICTED = 'data/restricted/proof/';
export const PREPARED = `${SERVABLE}prepared.json`;
/** Findings that mean that a receipt does not count. */
export const RECEIPT_CODES: ReadonlySet<string> = new Set(['other_key', 'receipt', 'old_key', 'cannot_check']);
const SERVABLE_KINDS = new Set(['incident', 'attachment']);
const PROOF_MEMBERS = 'c fields kind receipt record seq_no sig t version withheld';
const PROOF_NAME =
  /^(?:[0-9]{4,6}|U[0-9]{4}|[A-Z]{1,4}-[1-9][0-9]{0,4}|[a-z]{4,10}-[0-9]{4,6})-[A-Za-z0-9_-]{8}\.json$/;

/** Return canonical JSON that is an object, or null. */
export function readObject(raw: Uint8Array | null): Fields | null {
  if (raw && hasTooManyValues(raw)) return null;
  try {
    const value = parseCanonical(raw ?? new Uint8Array(0), { limit: PACK_RECORD_LIMIT_BYTES });
    return isObject(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

/** Read every proof. An unreadable one is a finding. */
export async function readProofs(pack: OpenedPack): Promise<Proofs> {
  const proofs: Proofs = {
    servable: new Map(),
    restricted: new Map(),
    keys: {},
    findings: [],
    alone: pack.alone,
    primary: new Map(),
  };
  proofs.primary = pack.alone ? proofs.servable : proofs.restricted;
  for (const path of [...pack.digests.keys()].sort()) {
    for (const [folder, proofsByVersion] of [
      [SERVABLE, proofs.servable],
      [RESTRICTED, proofs.restricted],
    ] as const) {
      if (!path.startsWith(folder) || path.endsWith('/keys.json') || path === PREPARED || isLogFile(path)) continue;
      const proof = parseNamedProof(path, readObject(await pack.read(path)), path.slice(folder.length));
      if ('code' in proof) proofs.findings.push(proof);
      else if (proofsByVersion.has(proof.version)) proofs.findings.push(findingFor('misplaced', path));
      else proofsByVersion.set(proof.version, proof);
    }
  }
  const [first, second] = [
    readObject(await pack.read(`${SERVABLE}keys.json`)),
    readObject(await pack.read(`${RESTRICTED}keys.json`)),
  ];
  proofs.keys = nonEmpty(second) ?? nonEmpty(first) ?? {};
  const isSame =
    nonEmpty(first) &&
    (pack.alone || (nonEmpty(second) && canonicalText(first as Fields) === canonicalText(second as Fields)));
  if (!isSame || proofs.keys.t !== 'keys/v1' || !(await areKeysValid(proofs.keys)) || !areStatementsOfThisDiary(proofs))
    proofs.findings.push(findingFor('keys', `${pack.alone ? SERVABLE : RESTRICTED}keys.json`));
  return proofs;
}

const nonEmpty = (value: Fields | null) => (value && Object.keys(value).length ? value : null);

async function areKeysValid(keys: Fields) {
  try {
    await authorsOf(keys);
    if (isNeverReceived(keys)) return true;
    const notary = unb64(textOf(keys, 'notary'));
    return notary.length === 32 && notaryKeyId(notary) === keys.log;
  } catch {
    return false;
  }
}

/**
 * Return whether the statements about earlier keys name the account and the diary of the pack. The diary is not known
 * in a pack without proofs.
 */
function areStatementsOfThisDiary({ keys, primary }: Proofs) {
  const diaries = new Set([...primary.values()].map(({ values }) => textOf(objectOf(values, '_ids'), 'diary')));
  return earlierStatements(keys).every(
    (statement) =>
      textOf(statement, 'account') === textOf(keys, 'account') &&
      (!diaries.size || diaries.has(textOf(statement, 'diary'))),
  );
}

/** Return whether the pack states that no server ever had the diary. */
export function isNeverReceived(keys: Fields) {
  return keys.notary === '' && keys.log === '';
}

/** Return the statements about replaced keys, unchecked. */
const earlierStatements = (keys: Fields) => (Object.hasOwn(keys, 'earlier') ? objectsOf(keys, 'earlier') : []);

/**
 * Return the account's keys by their id, replaced ones included. Throws where they do not form a chain, and for more
 * than a grant may have.
 */
export async function authorsOf(keys: Fields): Promise<Authors> {
  const earlier = earlierStatements(keys);
  // Every proof may be tried with every key. A person replaces keys rarely.
  if (earlier.length > GRANT_EARLIER_KEYS_LIMIT) throw new KeptError('bad_signature');
  const chain = await verifyAuthorChain(earlier as KeyStatement[], textOf(keys, 'ecdsa_pub'));
  return new Map(
    await Promise.all(
      chain.map(
        async ({ pub }, i) =>
          [
            authorKeyId(unb64(pub)),
            { key: await importVerifyingKey(unb64(pub)), until: integerOf(earlier[i] ?? {}, 'ts') },
          ] as const,
      ),
    ),
  );
}

/** Parse a proof of a proof folder, whose file name says which version it is of. */
function parseNamedProof(member: string, value: Fields | null, name: string): Proof | Finding {
  const proof = parseProof(member, value);
  return 'version' in proof && (!PROOF_NAME.test(name) || name.slice(-13, -5) !== proof.version.slice(0, 8))
    ? findingFor('misplaced', member)
    : proof;
}

export function parseProof(member: string, value: Fields | null): Proof | Finding {
  if (value?.t !== 'proof/v1' || Object.keys(value).sort().join(' ') !== PROOF_MEMBERS)
    return findingFor('unreadable', member);
  // A forger may name a field __proto__.
  const digests: Record<string, string> = Object.create(null);
  const values: Record<string, Json> = Object.create(null);
  let names;
  try {
    names = fieldNamesOf(textOf(fieldOf(value, '_kind'), 'v'), schemaOf(value));
    for (const [field, digest] of Object.entries(objectOf(value, 'withheld'))) digests[field] = checkDigest(digest);
    for (const [field, opened] of Object.entries(objectOf(value, 'fields'))) {
      if (!isObject(opened) || typeof opened.s !== 'string' || Object.keys(opened).sort().join(' ') !== 's v')
        throw new KeptError('bad_request');
      values[field] = opened.v as Json;
      digests[field] = b64(fieldDigest(field, unb64(opened.s), values[field]));
    }
  } catch {
    return findingFor('unreadable', member);
  }
  const withheld = new Set(Object.keys(objectOf(value, 'withheld')));
  const expectedNames = new Set([...openNames(names), ...names.restricted]);
  const actualNames = Object.keys(digests);
  if (
    actualNames.length !== expectedNames.size ||
    actualNames.some((field) => !expectedNames.has(field)) ||
    [...withheld].some((field) => Object.hasOwn(values, field)) ||
    // A pack shows these of every version. Without `_parents` nobody would see that the version before was left out.
    [...withheld].some((field) => field.startsWith('_'))
  )
    return findingFor('names', member);
  return { member, raw: value, version: textOf(value, 'version'), values, digests, withheld };
}

const fieldOf = (proof: Fields, name: string) => objectOf(objectOf(proof, 'fields'), name);

function schemaOf(proof: Fields) {
  const number = integerOf(fieldOf(proof, '_schema'), 'v');
  if (number === null) throw new KeptError('bad_request');
  return number;
}

function checkDigest(digest: unknown) {
  if (typeof digest !== 'string' || unb64(digest).length !== 32) throw new KeptError('bad_request');
  return digest;
}

/** Return a key's bytes; empty when it is malformed, and every signature then fails. */
export function keyBytes(keys: Fields, name: string): Bytes {
  try {
    return unb64(textOf(keys, name));
  } catch {
    return new Uint8Array(0);
  }
}

/** Return the receipts, by version. */
export function receiptsOf({ primary }: Proofs): Map<string, Fields> {
  return new Map(
    [...primary]
      .map(([version, { raw }]) => [version, objectOf(raw, 'receipt')] as const)
      .filter(([, receipt]) => Object.keys(receipt).length),
  );
}

/**
 * Return every finding about the proofs themselves.
 * @param keys the notary keys to trust
 * @param places by version, its proved place in the log
 */
export async function checkProofs(
  proofs: Proofs,
  keys: readonly NotaryKey[],
  places: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  // Malformed keys are a finding already; no signature holds under them.
  const authors = await authorsOf(proofs.keys).catch(() => new Map());
  for (const proof of [...proofs.servable.values(), ...proofs.restricted.values()])
    findings.push(...(await checkProof(proof, authors, keys, places)));
  for (const version of [...new Set([...proofs.servable.keys(), ...proofs.restricted.keys()])].sort()) {
    const servable = proofs.servable.get(version);
    findings.push(
      ...(proofs.alone && servable ? checkWithheld(servable) : checkPair(servable, proofs.restricted.get(version))),
    );
  }
  return [...findings, ...checkLines(proofs), ...checkParents(proofs)];
}

/** Find versions whose parent is not here: a pack has every version of a record, or none. */
function checkParents({ primary }: Proofs) {
  return [...primary.values()]
    .filter(({ values }) => codesOf(values, '_parents').some((parent) => !primary.has(parent)))
    .map(({ member }) => findingFor('left_out', member));
}

export async function checkProof(
  proof: Proof,
  authors: Authors,
  keys: readonly NotaryKey[],
  places: ReadonlyMap<string, number>,
) {
  const { raw, member, values, digests } = proof;
  const [ids, commitmentText] = [objectOf(values, '_ids'), textOf(raw, 'c')];
  const findings: Finding[] = [];
  if (b64(computeCommitment(digests)) !== commitmentText) findings.push(findingFor('commitment', member));
  if (ids.record !== raw.record || ids.version !== raw.version || values._kind !== raw.kind)
    findings.push(findingFor('misplaced', member));
  try {
    const signedFacts = {
      c: commitmentText,
      diary: textOf(ids, 'diary'),
      record: textOf(raw, 'record'),
      version: textOf(raw, 'version'),
    };
    const until = await findValidUntil(keysFrom(authors, textOf(values, '_by')), signedFacts, textOf(raw, 'sig'));
    const receivedAt = integerOf(objectOf(raw, 'receipt'), 'ts');
    if (until !== null && (receivedAt === null || receivedAt > until)) throw new KeptError('bad_signature');
  } catch {
    findings.push(findingFor('author', member));
  }
  return raw.receipt === null || raw.receipt === undefined
    ? findings
    : [...findings, ...(await checkReceipt(proof, commitmentText, keys, places))];
}

/**
 * Return the key that a version names and those that came after it: what a server lost is sent again under a
 * signature of the key in use.
 * @param authors oldest first
 * @param keyId key id
 * @returns empty for an unknown key
 */
function keysFrom(authors: Authors, keyId: string): { key: CryptoKey; until: number | null }[] {
  const index = [...authors.keys()].indexOf(keyId);
  return index < 0 ? [] : [...authors.values()].slice(index);
}

/**
 * @param sig b64
 * @returns until when the key that made the signature counts, ms; null for the one in use
 * @throws bad_signature where none of them made it
 */
async function findValidUntil(
  keys: readonly { key: CryptoKey; until: number | null }[],
  signedFacts: { c: string; diary: string; record: string; version: string },
  sig: string,
): Promise<number | null> {
  for (const { key, until } of keys) {
    if (
      await verifyVersionSignature(key, signedFacts, sig).then(
        () => true,
        () => false,
      )
    )
      return until;
  }
  throw new KeptError('bad_signature');
}

async function checkReceipt(
  { raw, member, version }: Proof,
  commitmentText: string,
  keys: readonly NotaryKey[],
  places: ReadonlyMap<string, number>,
) {
  const receipt = objectOf(raw, 'receipt');
  const key = keys.find(({ log }) => log === receipt.log);
  if (!key) return [findingFor('other_key', member)];
  try {
    await verifyReceipt(receipt, { notaryPub: unb64(key.pub), c: commitmentText, env: textOf(receipt, 'env') });
    // No server can give such a time.
    if (Number(receipt.ts) > RECORD_LATEST_MS) throw new KeptError('bad_signature');
  } catch (error) {
    return [
      error instanceof KeptError && error.code === 'unavailable'
        ? findingFor('cannot_check')
        : findingFor('receipt', member),
    ];
  }
  const place = places.get(version) ?? -1;
  return key.below !== null && !(place >= 0 && place < key.below) ? [findingFor('old_key', member)] : [];
}

/** Compare the two proofs of one version. */
function checkPair(servable: Proof | undefined, restricted: Proof | undefined) {
  if (!servable && restricted && !SERVABLE_KINDS.has(textOf(restricted.raw, 'kind'))) return [];
  if (!servable || !restricted) return [findingFor('no_twin', (servable ?? restricted)?.member ?? null)];
  const findings: Finding[] = [];
  const isSame = ['c', 'sig', 'receipt', 'record', 'seq_no'].every((name) =>
    sameJson(servable.raw[name], restricted.raw[name]),
  );
  if (!isSame || restricted.withheld.size || !sameJson(servable.digests, restricted.digests))
    findings.push(findingFor('twin', servable.member));
  return [...findings, ...checkWithheld(servable)];
}

/** Check that no restricted field is disclosed in a servable proof. */
function checkWithheld(servable: Proof): Finding[] {
  const { restricted: restrictedNames } = fieldNamesOf(
    textOf(fieldOf(servable.raw, '_kind'), 'v'),
    integerOf(servable.values, '_schema') ?? 0,
  );
  return restrictedNames.some((name) => !servable.withheld.has(name)) ? [findingFor('twin', servable.member)] : [];
}

export function sameJson(a: unknown, b: unknown) {
  return canonicalText((a ?? null) as Json) === canonicalText((b ?? null) as Json);
}

/** Check the devices' lines. A missing number shows nothing: notes and entries not chosen have numbers too. */
function checkLines({ primary }: Proofs) {
  const links = [...primary.values()].map(({ values, raw, member }) => {
    const line = objectOf(values, '_line');
    return {
      device: textOf(line, 'device'),
      n: integerOf(line, 'n') ?? 0,
      prev: typeof line.prev === 'string' ? line.prev : null,
      c: textOf(raw, 'c'),
      member,
    };
  });
  const members = new Map(links.map(({ device, n, member }) => [`${device} ${n}`, member]));
  return findBreaks(links).flatMap(({ device, n, why }) =>
    why === 'missing' ? [] : [findingFor('line', members.get(`${device} ${n}`) ?? null)],
  );
}

/** Return short forms of the keys, to compare by eye. */
export function shortKeys(keys: Fields) {
  const author = keyBytes(keys, 'ecdsa_pub');
  return { author: author.length ? authorKeyId(author) : '', log: textOf(keys, 'log') };
}
