/**
 * Checks the log's part of a pack: signed checkpoints, each version's path to the root, timestamps, whose keys sign.
 * The twin of diary/pack/verify/log_check.py.
 */
import { b64, fromUtf8, unb64, utf8 } from '../core/bytes.js';
import { PACK_LOG_LIMIT_BYTES } from '../core/constants.js';
import { isObject, parseCanonical } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { timestampedText, readNote, verifyCosignatures, verifyNote } from '../ledger/checkpoint.js';
import { notaryKeyId } from '../ledger/receipts.js';
import { verifyNotaryKeyChain } from '../ledger/statements.js';
import { verifyTimestamp } from '../ledger/timestamps.js';
import { leafHash, verifyConsistency, verifyInclusion } from '../ledger/tree.js';
import { objectsOf, textOf, integerOf } from '../record/reading.js';
import { isWithinLimits } from '../pack/log_files.js';
import { findingFor } from './findings.js';
import { hasTooManyValues } from './pack_reader.js';
import type { Bytes } from '../core/bytes.js';
import type { Checkpoint, LogWitness } from '../ledger/checkpoint.js';
import type { NotaryKey, NotaryStatement } from '../ledger/statements.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

/** Parsed log.json ({} where there is none), and its folder */
type LogPart = { folder: string; log: Fields; findings: Finding[] };
/** One checkpoint; null unless a trusted key signed it */
type ReadCheckpoint = { name: string; note: Uint8Array; checkpoint: Checkpoint | null; row: Fields };

const SERVABLE = 'data/servable/proof/';
const RESTRICTED = 'data/restricted/proof/';

/** Return whether a path in a proof folder belongs to the log and is not a version's proof. */
export function isLogFile(path: string) {
  return ['/log.json', '.txt', '.tsr', '.pem'].some((suffix) => path.endsWith(suffix));
}

/** Read both folders' files of the log. They must be the same, except for the versions they cover. */
export async function readLogPart(pack: OpenedPack): Promise<LogPart> {
  const part: LogPart = { folder: pack.alone ? SERVABLE : RESTRICTED, log: {}, findings: [] };
  const servable = await readLogJson(part, pack, SERVABLE);
  part.log = pack.alone ? servable : await readLogJson(part, pack, RESTRICTED);
  for (const [folder, value] of new Map([
    [SERVABLE, servable],
    [part.folder, part.log],
  ])) {
    const present = new Set([...pack.digests.keys()].filter((path) => path.startsWith(folder) && isLogFile(path)));
    const listed = Object.keys(value).length ? listedFiles(folder, value) : new Set<string>();
    const differing = [...present]
      .filter((path) => !listed.has(path))
      .concat([...listed].filter((path) => !present.has(path)));
    part.findings.push(...differing.sort().map((path) => findingFor('log', path)));
  }
  const isSame = ['authorities', 'checkpoints', 'statements'].every(
    (name) => jsonText(servable[name]) === jsonText(part.log[name]),
  );
  const proved = new Set(objectsOf(part.log, 'proofs').map(jsonText));
  if (!isSame || objectsOf(servable, 'proofs').some((row) => !proved.has(jsonText(row))))
    part.findings.push(findingFor('log', `${SERVABLE}log.json`));
  for (const path of [...listedFiles(part.folder, part.log)].filter((name) => !name.endsWith('/log.json')).sort()) {
    const twin = path.replace(RESTRICTED, SERVABLE);
    const [a, b] = [pack.digests.get(path), pack.digests.get(twin)];
    if (a && b && a.sha512 !== b.sha512) part.findings.push(findingFor('log', twin));
  }
  return part;
}

/** @param value parsed canonical JSON, whose keys are in order */
const jsonText = (value: unknown) => JSON.stringify(value ?? null);

async function readLogJson(part: LogPart, pack: OpenedPack, folder: string): Promise<Fields> {
  const raw = await pack.read(`${folder}log.json`);
  if (!raw) return {};
  try {
    const value = hasTooManyValues(raw) ? null : parseCanonical(raw, { limit: PACK_LOG_LIMIT_BYTES });
    if (isObject(value) && value.t === 'log/v1' && isWithinLimits(value)) return value as Fields;
  } catch {
    // Reported below.
  }
  part.findings.push(findingFor('unreadable', `${folder}log.json`));
  return {};
}

/** Return the name of a checkpoint's files without their extensions, for its row in log.json. */
function checkpointStem(row: Fields) {
  return `checkpoint-${integerOf(row, 'size') ?? ''}`;
}

/** Return the paths that a log.json promises, its own included. */
function listedFiles(folder: string, value: Fields) {
  const names = new Set([`${folder}log.json`]);
  for (const row of objectsOf(value, 'checkpoints')) {
    const stem = folder + checkpointStem(row);
    names.add(`${stem}.txt`);
    for (const stamp of objectsOf(row, 'stamps'))
      for (const suffix of ['tsr', 'pem']) names.add(`${stem}.${textOf(stamp, 'authority')}.${suffix}`);
  }
  return names;
}

/**
 * Return the notary keys whose receipts and checkpoints hold: `ownKey`, and those the instance key vouches for.
 * @param instance b64, from outside the pack
 */
export async function trustedKeys(
  part: LogPart,
  ownKey: Bytes,
  instance: string | null,
): Promise<{ keys: NotaryKey[]; findings: Finding[] }> {
  const ownOnly = [{ log: notaryKeyId(ownKey), pub: b64(ownKey), below: null }];
  const statements = objectsOf(part.log, 'statements');
  if (!statements.length || instance === null) return { keys: ownOnly, findings: [] };
  try {
    const keys = await verifyNotaryKeyChain(statements as NotaryStatement[], instance);
    if (!keys.some(({ log }) => log === ownOnly[0]?.log)) throw new KeptError('bad_signature');
    return { keys, findings: [] };
  } catch (error) {
    const isUnsupported = error instanceof KeptError && error.code === 'unavailable';
    return {
      keys: ownOnly,
      findings: [isUnsupported ? findingFor('cannot_check') : findingFor('statements', `${part.folder}log.json`)],
    };
  }
}

/** Read each checkpoint, with its content when one of the keys signed it. */
export async function readCheckpoints(
  pack: OpenedPack,
  part: LogPart,
  keys: readonly NotaryKey[],
): Promise<{ checkpoints: ReadCheckpoint[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  const checkpoints: ReadCheckpoint[] = [];
  for (const row of objectsOf(part.log, 'checkpoints')) {
    const size = integerOf(row, 'size');
    const name = `${part.folder}${checkpointStem(row)}.txt`;
    const note = (await pack.read(name)) ?? new Uint8Array(0);
    const checkpoint = await verifySigned(note, keys).catch((error) => {
      if (error instanceof KeptError && error.code === 'unavailable') findings.push(findingFor('cannot_check'));
      return null;
    });
    checkpoints.push({ name, note, checkpoint: checkpoint && checkpoint.size === size ? checkpoint : null, row });
  }
  return { checkpoints, findings };
}

/** Count the witnesses that cosigned the newest signed checkpoint, and find cosignatures that do not hold. */
export async function countCosigned(
  checkpoints: readonly ReadCheckpoint[],
  witnesses: readonly LogWitness[],
): Promise<{ cosigned: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let cosigned = 0;
  for (const { name, note, checkpoint, row } of witnesses.length ? checkpoints : []) {
    if (!checkpoint) continue;
    cosigned = 0;
    const lines = Array.isArray(row.cosignatures) ? row.cosignatures : [];
    try {
      if (!lines.every((line) => typeof line === 'string')) throw new KeptError('bad_signature');
      cosigned = (
        await verifyCosignatures(fromUtf8(note as Bytes) + lines.map((line) => `${line}\n`).join(''), witnesses)
      ).length;
    } catch (error) {
      const isUnsupported = error instanceof KeptError && error.code === 'unavailable';
      findings.push(isUnsupported ? findingFor('cannot_check') : findingFor('cosignature', name));
    }
  }
  return { cosigned, findings };
}

export async function verifySigned(note: Uint8Array, keys: readonly NotaryKey[]): Promise<Checkpoint | null> {
  const text = fromUtf8(note as Bytes);
  const key = keys.find(({ log }) => log === readNote(text).origin);
  if (!key) return null;
  try {
    const checkpoint = await verifyNote(text, unb64(key.pub));
    return key.below === null || checkpoint.size <= key.below ? checkpoint : null;
  } catch (error) {
    // Where this browser has no Ed25519 everything but the signature has been checked.
    if (error instanceof KeptError && error.code === 'unavailable') throw error;
    return null;
  }
}

/** Return each version proved to be in the log, with its place. */
export function placesInLog(
  part: LogPart,
  checkpoints: readonly ReadCheckpoint[],
  receipts: ReadonlyMap<string, Fields>,
): Map<string, number> {
  const roots = new Map(checkpoints.flatMap(({ checkpoint }) => (checkpoint ? [[checkpoint.size, checkpoint]] : [])));
  return new Map(
    [...proofRows(part)]
      .filter(([version, row]) => isIncluded(row, receipts.get(version), roots))
      .map(([version, row]) => [version, integerOf(row, 'i') ?? 0]),
  );
}

function proofRows({ log }: LogPart) {
  return new Map(objectsOf(log, 'proofs').map((row) => [textOf(row, 'version'), row]));
}

export function isIncluded(row: Fields, receipt: Fields | undefined, roots: ReadonlyMap<number, Checkpoint>) {
  const checkpoint = roots.get(integerOf(row, 'size') ?? 0);
  const [index, ts] = [integerOf(row, 'i'), integerOf(receipt ?? {}, 'ts')];
  if (!checkpoint || !receipt || index === null || ts === null) return false;
  try {
    verifyInclusion(
      leafHash({ c: textOf(receipt, 'c'), n: textOf(receipt, 'n'), ts }),
      index,
      checkpoint.size,
      pathOf(row),
      checkpoint.root,
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
  checkpoints: readonly ReadCheckpoint[],
  placed: ReadonlyMap<string, number>,
  roots: readonly string[],
): Promise<Finding[]> {
  const findings = [...part.findings];
  let previous: Checkpoint | null = null;
  for (const { name, note, checkpoint, row } of checkpoints) {
    if (!checkpoint || (previous && !hasGrown(previous, checkpoint, row)))
      findings.push(findingFor('checkpoint', name));
    previous = checkpoint ?? previous;
    findings.push(...(await checkStamps(pack, name, note, row, roots)));
  }
  for (const version of proofRows(part).keys())
    if (!placed.has(version)) findings.push(findingFor('inclusion', `${part.folder}log.json#${version.slice(0, 8)}`));
  return findings;
}

function hasGrown(previous: Checkpoint, checkpoint: Checkpoint, row: Fields) {
  try {
    verifyConsistency(
      { size: previous.size, root: previous.root },
      { size: checkpoint.size, root: checkpoint.root },
      pathOf(row),
    );
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
  const findings: Finding[] = [];
  for (const stamp of objectsOf(row, 'stamps')) {
    const stem = `${name.slice(0, -'.txt'.length)}.${textOf(stamp, 'authority')}`;
    const [tsr, chain] = [await pack.read(`${stem}.tsr`), await pack.read(`${stem}.pem`)];
    try {
      await verifyTimestamp(tsr ?? new Uint8Array(0), utf8(timestampedText(fromUtf8(note as Bytes))), {
        chain: fromUtf8((chain ?? new Uint8Array(0)) as Bytes),
        policy: textOf(stamp, 'policy'),
        nonce: unb64(textOf(stamp, 'nonce')),
        roots,
      });
    } catch {
      findings.push(findingFor('timestamp', `${stem}.tsr`));
    }
  }
  return findings;
}

export function hasStamps({ log }: LogPart) {
  return objectsOf(log, 'checkpoints').some((row) => objectsOf(row, 'stamps').length);
}

export function hasStatements({ log }: LogPart) {
  return objectsOf(log, 'statements').length > 0;
}
