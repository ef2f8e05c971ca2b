/**
 * Checks the log's part of a pack: signed checkpoints, each version's path to the root, timestamps, whose keys sign.
 * The twin of diary/pack/logcheck.py.
 */
import { b64, fromUtf8, unb64, utf8 } from '../core/bytes.js';
import { isObject, parse } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { oneLine, readNote, seenBy, verifyNote } from '../ledger/checkpoint.js';
import { notaryId } from '../ledger/receipts.js';
import { keyChain } from '../ledger/statements.js';
import { checkTimestamp } from '../ledger/timestamps.js';
import { leafOf, verifyConsistency, verifyInclusion } from '../ledger/tree.js';
import { objectsOf, textOf, wholeOf } from '../record/reading.js';
import { find } from './findings.js';
import type { Bytes } from '../core/bytes.js';
import type { Checkpoint, LogWitness } from '../ledger/checkpoint.js';
import type { NotaryKey, NotaryStatement } from '../ledger/statements.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

/** Parsed log.json ({} where there is none), and its folder */
type LogPart = { folder: string; told: Fields; findings: Finding[] };
/** One checkpoint; null unless a trusted key signed it */
type Read = { name: string; note: Uint8Array; said: Checkpoint | null; row: Fields };

const SERVABLE = 'data/servable/proof/';
const RESTRICTED = 'data/restricted/proof/';
const LIMIT = 64 << 20;

/** Return whether a path in a proof folder belongs to the log and is not a version's proof. */
export function isLogFile(path: string) {
  return ['/log.json', '.txt', '.tsr', '.pem'].some((end) => path.endsWith(end));
}

/** Read both folders' files of the log. They must be the same, except for the versions they cover. */
export async function readLogPart(pack: OpenedPack): Promise<LogPart> {
  const part: LogPart = { folder: pack.alone ? SERVABLE : RESTRICTED, told: {}, findings: [] };
  const servable = await logIn(part, pack, SERVABLE);
  part.told = pack.alone ? servable : await logIn(part, pack, RESTRICTED);
  for (const [folder, value] of new Map([
    [SERVABLE, servable],
    [part.folder, part.told],
  ])) {
    const here = new Set([...pack.digests.keys()].filter((path) => path.startsWith(folder) && isLogFile(path)));
    const promised = Object.keys(value).length ? toldFiles(folder, value) : new Set<string>();
    const apart = [...here]
      .filter((path) => !promised.has(path))
      .concat([...promised].filter((path) => !here.has(path)));
    part.findings.push(...apart.sort().map((path) => find('log', path)));
  }
  const same = ['authorities', 'checkpoints', 'statements'].every(
    (name) => asText(servable[name]) === asText(part.told[name]),
  );
  const proved = new Set(objectsOf(part.told, 'proofs').map(asText));
  if (!same || objectsOf(servable, 'proofs').some((row) => !proved.has(asText(row))))
    part.findings.push(find('log', `${SERVABLE}log.json`));
  for (const path of [...toldFiles(part.folder, part.told)].filter((one) => !one.endsWith('/log.json')).sort()) {
    const twin = path.replace(RESTRICTED, SERVABLE);
    const [a, b] = [pack.digests.get(path), pack.digests.get(twin)];
    if (a && b && a.sha512 !== b.sha512) part.findings.push(find('log', twin));
  }
  return part;
}

/** @param value parsed canonical JSON, whose keys are in order */
const asText = (value: unknown) => JSON.stringify(value ?? null);

async function logIn(part: LogPart, pack: OpenedPack, folder: string): Promise<Fields> {
  const raw = await pack.read(`${folder}log.json`);
  if (!raw) return {};
  try {
    const value = parse(raw, { limit: LIMIT });
    if (isObject(value) && value.t === 'log/v1') return value as Fields;
  } catch {
    // Reported below.
  }
  part.findings.push(find('unreadable', `${folder}log.json`));
  return {};
}

/** Return the name of a checkpoint's files without their extensions, for its row in log.json. */
function stemOf(row: Fields) {
  return `checkpoint-${wholeOf(row, 'size') ?? ''}`;
}

/** Return the paths that a log.json promises, its own included. */
function toldFiles(folder: string, value: Fields) {
  const names = new Set([`${folder}log.json`]);
  for (const row of objectsOf(value, 'checkpoints')) {
    const stem = folder + stemOf(row);
    names.add(`${stem}.txt`);
    for (const stamp of objectsOf(row, 'stamps'))
      for (const end of ['tsr', 'pem']) names.add(`${stem}.${textOf(stamp, 'authority')}.${end}`);
  }
  return names;
}

/**
 * Return the notary keys whose receipts and checkpoints hold: `ownKey`, and those the instance key vouches for.
 * @param instance b64, from outside the pack
 */
export async function trustedKeys(
  part: LogPart,
  own: Bytes,
  instance: string | null,
): Promise<{ keys: NotaryKey[]; findings: Finding[] }> {
  const alone = [{ log: notaryId(own), pub: b64(own), below: null }];
  const told = objectsOf(part.told, 'statements');
  if (!told.length || instance === null) return { keys: alone, findings: [] };
  try {
    const keys = await keyChain(told as NotaryStatement[], instance);
    if (!keys.some(({ log }) => log === alone[0]?.log)) throw new KeptError('bad_signature');
    return { keys, findings: [] };
  } catch (error) {
    const cannot = error instanceof KeptError && error.code === 'unavailable';
    return { keys: alone, findings: [cannot ? find('cannot_check') : find('statements', `${part.folder}log.json`)] };
  }
}

/** Read each checkpoint, with its content when one of the keys signed it. */
export async function readCheckpoints(
  pack: OpenedPack,
  part: LogPart,
  keys: readonly NotaryKey[],
): Promise<{ read: Read[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  const read: Read[] = [];
  for (const row of objectsOf(part.told, 'checkpoints')) {
    const size = wholeOf(row, 'size');
    const name = `${part.folder}${stemOf(row)}.txt`;
    const note = (await pack.read(name)) ?? new Uint8Array(0);
    const said = await signed(note, keys).catch((error) => {
      if (error instanceof KeptError && error.code === 'unavailable') findings.push(find('cannot_check'));
      return null;
    });
    read.push({ name, note, said: said && said.size === size ? said : null, row });
  }
  return { read, findings };
}

/** Count the witnesses that cosigned the newest signed checkpoint, and find cosignatures that do not hold. */
export async function seenIn(
  read: readonly Read[],
  witnesses: readonly LogWitness[],
): Promise<{ seen: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let seen = 0;
  for (const { name, note, said, row } of witnesses.length ? read : []) {
    if (!said) continue;
    seen = 0;
    const lines = Array.isArray(row.cosignatures) ? row.cosignatures : [];
    try {
      seen = (await seenBy(fromUtf8(note as Bytes) + lines.map((line) => `${line}\n`).join(''), witnesses)).length;
    } catch (error) {
      const cannot = error instanceof KeptError && error.code === 'unavailable';
      findings.push(cannot ? find('cannot_check') : find('cosignature', name));
    }
  }
  return { seen, findings };
}

async function signed(note: Uint8Array, keys: readonly NotaryKey[]): Promise<Checkpoint | null> {
  const text = fromUtf8(note as Bytes);
  const key = keys.find(({ log }) => log === readNote(text).origin);
  if (!key) return null;
  try {
    const said = await verifyNote(text, unb64(key.pub));
    return key.below === null || said.size <= key.below ? said : null;
  } catch (error) {
    // Where this browser has no Ed25519 everything but the signature has been checked.
    if (error instanceof KeptError && error.code === 'unavailable') throw error;
    return null;
  }
}

/** Return each version proved to be in the log, with its place. */
export function standing(
  part: LogPart,
  read: readonly Read[],
  receipts: ReadonlyMap<string, Fields>,
): Map<string, number> {
  const roots = new Map(read.flatMap(({ said }) => (said ? [[said.size, said]] : [])));
  return new Map(
    [...placesOf(part)]
      .filter(([version, row]) => stands(row, receipts.get(version), roots))
      .map(([version, row]) => [version, wholeOf(row, 'i') ?? 0]),
  );
}

function placesOf({ told }: LogPart) {
  return new Map(objectsOf(told, 'proofs').map((row) => [textOf(row, 'version'), row]));
}

function stands(row: Fields, receipt: Fields | undefined, roots: ReadonlyMap<number, Checkpoint>) {
  const said = roots.get(wholeOf(row, 'size') ?? 0);
  const [i, ts] = [wholeOf(row, 'i'), wholeOf(receipt ?? {}, 'ts')];
  if (!said || !receipt || i === null || ts === null) return false;
  try {
    verifyInclusion(
      leafOf({ c: textOf(receipt, 'c'), n: textOf(receipt, 'n'), ts }),
      i,
      said.size,
      pathOf(row),
      said.root,
    );
    return true;
  } catch {
    return false;
  }
}

function pathOf(row: Fields): Bytes[] {
  return Array.isArray(row.path) ? row.path.map((step) => unb64(String(step))) : [];
}

/**
 * Return every finding about the log.
 * @param roots PEM
 */
export async function checkLog(
  pack: OpenedPack,
  part: LogPart,
  read: readonly Read[],
  shown: ReadonlyMap<string, number>,
  roots: readonly string[],
): Promise<Finding[]> {
  const found = [...part.findings];
  let before: Checkpoint | null = null;
  for (const { name, note, said, row } of read) {
    if (!said || (before && !grew(before, said, row))) found.push(find('checkpoint', name));
    before = said ?? before;
    found.push(...(await checkStamps(pack, name, note, row, roots)));
  }
  for (const version of placesOf(part).keys())
    if (!shown.has(version)) found.push(find('inclusion', `${part.folder}log.json#${version.slice(0, 8)}`));
  return found;
}

function grew(before: Checkpoint, said: Checkpoint, row: Fields) {
  try {
    verifyConsistency({ size: before.size, root: before.root }, { size: said.size, root: said.root }, pathOf(row));
    return true;
  } catch {
    return false;
  }
}

async function checkStamps(
  pack: OpenedPack,
  name: string,
  note: Uint8Array,
  row: Fields,
  roots: readonly string[],
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const stamp of objectsOf(row, 'stamps')) {
    const stem = `${name.slice(0, -'.txt'.length)}.${textOf(stamp, 'authority')}`;
    const [tsr, chain] = [await pack.read(`${stem}.tsr`), await pack.read(`${stem}.pem`)];
    try {
      await checkTimestamp(tsr ?? new Uint8Array(0), utf8(oneLine(fromUtf8(note as Bytes))), {
        chain: fromUtf8((chain ?? new Uint8Array(0)) as Bytes),
        policy: textOf(stamp, 'policy'),
        nonce: unb64(textOf(stamp, 'nonce')),
        roots,
      });
    } catch {
      found.push(find('timestamp', `${stem}.tsr`));
    }
  }
  return found;
}

export function hasStamps({ told }: LogPart) {
  return objectsOf(told, 'checkpoints').some((row) => objectsOf(row, 'stamps').length);
}

export function vouched({ told }: LogPart) {
  return objectsOf(told, 'statements').length > 0;
}
