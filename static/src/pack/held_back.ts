/**
 * What may not be read in the part of a pack that may be served. The pages mask it while they are laid out; here it is
 * looked for in the files that were made, before anybody signs them.
 */
import { fromUtf8 } from '../core/bytes.js';
import { PACK_RECORD_LIMIT_BYTES } from '../core/constants.js';
import { parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { objectOf } from '../record/reading.js';
import { SERVABLE_FOLDER } from './bag.js';
import { proofNames, versionFieldNames } from './proofs.js';
import type { JsonObject } from '../core/encoding.js';
import type { Redactor } from './redaction.js';

/** Return the restricted names, and the open ones whose value contains restricted words. */
export function withheldNames(version: JsonObject, redactor: Redactor): Set<string> {
  const { open, restricted } = versionFieldNames(version);
  const fields = objectOf(objectOf(version, 'open'), 'fields');
  return new Set([...restricted, ...open.filter((name) => redactor.containsRestricted(fields[name]))]);
}

/**
 * Check that each servable proof withholds what it must, and that no text or table has a word that was held back.
 * Names of people are not looked for: our own words may be the same. No PDF is read.
 * @throws pack_failed, naming the file
 */
export function checkHeldBack(files: ReadonlyMap<string, Uint8Array>, capsule: JsonObject, redactor: Redactor) {
  for (const [name, version] of proofNames(capsule, 'servable')) {
    const path = `${SERVABLE_FOLDER}${name}`;
    const proof = parseCanonicalObject(files.get(path) as Uint8Array, { limit: PACK_RECORD_LIMIT_BYTES });
    const withheld = objectOf(proof, 'withheld');
    if (![...withheldNames(version, redactor)].every((field) => Object.hasOwn(withheld, field))) rejectFile(path);
  }
  for (const [path, bytes] of files) {
    const isServed = path.startsWith(SERVABLE_FOLDER) || !path.includes('/restricted/');
    if (isServed && /\.(?:csv|txt)$/.test(path) && redactor.hasPhrase(fromUtf8(bytes))) rejectFile(path);
  }
}

function rejectFile(name: string): never {
  throw new KeptError('pack_failed', `${name} holds words that were to be left out. Nothing was lost.`);
}
