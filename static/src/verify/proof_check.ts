/**
 * Checks entries from their fields up: digests, commitment, signature, receipt, lines, and the two folders against
 * each other. The twin of diary/pack/proofcheck.py.
 */
import { b64, unb64 } from '../core/bytes.js';
import { canonText, isObject, parse } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { allOpen, commitment, fieldDigest } from '../crypto/commitment.js';
import { authorId, importAuthorPub } from '../crypto/signing.js';
import { authorChain } from '../crypto/sharing/statements.js';
import { breaks } from '../ledger/lines.js';
import { verifyAuthor } from '../ledger/push.js';
import { notaryId, verifyReceipt } from '../ledger/receipts.js';
import { RECORD_LIMIT, namesOf } from '../pack/proofs.js';
import { codesOf, objectOf, objectsOf, textOf, wholeOf } from '../record/reading.js';
import { find } from './findings.js';
import { isLogFile } from './log_check.js';
import type { Bytes } from '../core/bytes.js';
import type { Json } from '../core/encoding.js';
import type { Statement } from '../crypto/sharing/statements.js';
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
  told: Map<string, Proof>;
};

export const SERVABLE = 'data/servable/proof/';
export const RESTRICTED = 'data/restricted/proof/';
export const PREPARED = `${SERVABLE}prepared.json`;
const SERVABLE_KINDS = new Set(['incident', 'attachment']);
const NAME = /^(?:[0-9]{4,6}|U[0-9]{4}|[A-Z]{1,4}-[1-9][0-9]{0,4}|[a-z]{4,10}-[0-9]{4,6})-[A-Za-z0-9_-]{8}\.json$/;

/** Return canonical JSON that is an object, or null. */
export function objectIn(raw: Uint8Array | null): Fields | null {
  try {
    const value = parse(raw ?? new Uint8Array(0), { limit: RECORD_LIMIT });
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
    told: new Map(),
  };
  proofs.told = pack.alone ? proofs.servable : proofs.restricted;
  for (const path of [...pack.digests.keys()].sort()) {
    for (const [folder, held] of [
      [SERVABLE, proofs.servable],
      [RESTRICTED, proofs.restricted],
    ] as const) {
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
    filled(first) && (pack.alone || (filled(second) && canonText(first as Fields) === canonText(second as Fields)));
  if (!same || proofs.keys.t !== 'keys/v1' || !(await areKeys(proofs.keys)))
    proofs.findings.push(find('keys', `${pack.alone ? SERVABLE : RESTRICTED}keys.json`));
  return proofs;
}

const filled = (value: Fields | null) => (value && Object.keys(value).length ? value : null);

async function areKeys(keys: Fields) {
  try {
    await authorsOf(keys);
    if (neverReceived(keys)) return true;
    const notary = unb64(textOf(keys, 'notary'));
    return notary.length === 32 && notaryId(notary) === keys.log;
  } catch {
    return false;
  }
}

/** Return whether the pack states that no server ever had the diary. */
export function neverReceived(keys: Fields) {
  return keys.notary === '' && keys.log === '';
}

/** Return the account's keys by their id, replaced ones included. Throws where they do not form a chain. */
async function authorsOf(keys: Fields): Promise<Authors> {
  const earlier = Object.hasOwn(keys, 'earlier') ? objectsOf(keys, 'earlier') : [];
  const chain = await authorChain(earlier as Statement[], textOf(keys, 'ecdsa_pub'));
  return new Map(
    await Promise.all(
      chain.map(
        async ({ pub }, i) =>
          [
            authorId(unb64(pub)),
            { key: await importAuthorPub(unb64(pub)), until: wholeOf(earlier[i] ?? {}, 'ts') },
          ] as const,
      ),
    ),
  );
}

function proofOf(member: string, value: Fields | null, name: string): Proof | Finding {
  if (value?.t !== 'proof/v1') return find('unreadable', member);
  const digests: Record<string, string> = {};
  const values: Record<string, Json> = {};
  let names;
  try {
    names = namesOf(textOf(fieldOf(value, '_kind'), 'v'), numberOf(value));
    for (const [field, digest] of Object.entries(objectOf(value, 'withheld'))) digests[field] = digestOf(digest);
    for (const [field, opened] of Object.entries(objectOf(value, 'fields'))) {
      if (!isObject(opened) || typeof opened.s !== 'string' || !Object.hasOwn(opened, 'v'))
        throw new KeptError('bad_request');
      values[field] = opened.v as Json;
      digests[field] = b64(fieldDigest(field, unb64(opened.s), values[field]));
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

const fieldOf = (proof: Fields, name: string) => objectOf(objectOf(proof, 'fields'), name);

function numberOf(proof: Fields) {
  const number = wholeOf(fieldOf(proof, '_schema'), 'v');
  if (number === null) throw new KeptError('bad_request');
  return number;
}

function digestOf(digest: unknown) {
  if (typeof digest !== 'string' || unb64(digest).length !== 32) throw new KeptError('bad_request');
  return digest;
}

/** Return a key's bytes; empty when it is malformed, and every signature then fails. */
export function keyIn(keys: Fields, name: string): Bytes {
  try {
    return unb64(textOf(keys, name));
  } catch {
    return new Uint8Array(0);
  }
}

/** Return the receipts, by version. */
export function receiptsOf({ told }: Proofs): Map<string, Fields> {
  return new Map(
    [...told]
      .map(([version, { raw }]) => [version, objectOf(raw, 'receipt')] as const)
      .filter(([, receipt]) => Object.keys(receipt).length),
  );
}

/**
 * Return every finding about the proofs themselves.
 * @param keys the notary keys to trust
 * @param before by version, its proved place in the log
 */
export async function checkProofs(
  proofs: Proofs,
  keys: readonly NotaryKey[],
  before: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  const notary = b64(keyIn(proofs.keys, 'notary'));
  const found: Finding[] = keys.some(({ pub }) => pub === notary) ? [] : [find('wrong_notary')];
  // Malformed keys are a finding already; no signature holds under them.
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

/** Find versions whose parent is not here: a pack has every version of a record, or none. */
function checkBehind({ told }: Proofs) {
  return [...told.values()]
    .filter(({ values }) => codesOf(values, '_parents').some((parent) => !told.has(parent)))
    .map(({ member }) => find('left_out', member));
}

async function checkOne(
  proof: Proof,
  authors: Authors,
  keys: readonly NotaryKey[],
  before: ReadonlyMap<string, number>,
) {
  const { raw, member, values, digests } = proof;
  const [ids, c] = [objectOf(values, '_ids'), textOf(raw, 'c')];
  const found: Finding[] = [];
  if (b64(commitment(digests)) !== c) found.push(find('commitment', member));
  if (ids.record !== raw.record || ids.version !== raw.version || values._kind !== raw.kind)
    found.push(find('misplaced', member));
  try {
    const signed = { c, diary: textOf(ids, 'diary'), record: textOf(raw, 'record'), version: textOf(raw, 'version') };
    const until = await untilOf(fromOn(authors, textOf(values, '_by')), signed, textOf(raw, 'sig'));
    const received = wholeOf(objectOf(raw, 'receipt'), 'ts');
    if (until !== null && (received === null || received > until)) throw new KeptError('bad_signature');
  } catch {
    found.push(find('author', member));
  }
  return raw.receipt === null || raw.receipt === undefined
    ? found
    : [...found, ...(await checkReceipt(proof, c, keys, before))];
}

/**
 * Return the key that a version names and those that came after it: what a server lost is sent again under a
 * signature of the key in use.
 * @param authors oldest first
 * @param by key id
 * @returns empty for an unknown key
 */
function fromOn(authors: Authors, by: string): { key: CryptoKey; until: number | null }[] {
  const at = [...authors.keys()].indexOf(by);
  return at < 0 ? [] : [...authors.values()].slice(at);
}

/**
 * @param sig b64
 * @returns until when the key that made the signature counts, ms; null for the one in use
 * @throws bad_signature where none of them made it
 */
async function untilOf(
  keys: readonly { key: CryptoKey; until: number | null }[],
  signed: { c: string; diary: string; record: string; version: string },
  sig: string,
): Promise<number | null> {
  for (const { key, until } of keys) {
    if (
      await verifyAuthor(key, signed, sig).then(
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
  c: string,
  keys: readonly NotaryKey[],
  before: ReadonlyMap<string, number>,
) {
  const told = objectOf(raw, 'receipt');
  const key = keys.find(({ log }) => log === told.log);
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

/** Compare the two proofs of one version. */
function checkPair(servable: Proof | undefined, restricted: Proof | undefined) {
  if (!servable && restricted && !SERVABLE_KINDS.has(textOf(restricted.raw, 'kind'))) return [];
  if (!servable || !restricted) return [find('no_twin', (servable ?? restricted)?.member ?? null)];
  const found: Finding[] = [];
  const same = ['c', 'sig', 'receipt', 'record', 'seq_no'].every((name) =>
    sameJson(servable.raw[name], restricted.raw[name]),
  );
  if (!same || restricted.withheld.size || !sameJson(servable.digests, restricted.digests))
    found.push(find('twin', servable.member));
  return [...found, ...checkApart(servable)];
}

/** Check that no restricted field is disclosed in a servable proof. */
function checkApart(servable: Proof): Finding[] {
  const { restricted: apart } = namesOf(
    textOf(fieldOf(servable.raw, '_kind'), 'v'),
    wholeOf(servable.values, '_schema') ?? 0,
  );
  return apart.some((name) => !servable.withheld.has(name)) ? [find('twin', servable.member)] : [];
}

export function sameJson(a: unknown, b: unknown) {
  return canonText((a ?? null) as Json) === canonText((b ?? null) as Json);
}

/** Check the devices' lines. A missing number shows nothing: notes and entries not chosen have numbers too. */
function checkLines({ told }: Proofs) {
  const links = [...told.values()].map(({ values, raw, member }) => {
    const line = objectOf(values, '_line');
    return {
      device: textOf(line, 'device'),
      n: wholeOf(line, 'n') ?? 0,
      prev: typeof line.prev === 'string' ? line.prev : null,
      c: textOf(raw, 'c'),
      member,
    };
  });
  const members = new Map(links.map(({ device, n, member }) => [`${device} ${n}`, member]));
  return breaks(links).flatMap(({ device, n, why }) =>
    why === 'missing' ? [] : [find('line', members.get(`${device} ${n}`) ?? null)],
  );
}

/** Return short forms of the keys, to compare by eye. */
export function shortOf(keys: Fields) {
  const author = keyIn(keys, 'ecdsa_pub');
  return { author: author.length ? authorId(author) : '', log: textOf(keys, 'log') };
}
