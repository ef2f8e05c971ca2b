/**
 * What may not be read in the part of a pack that may be served. The pages mask it while they are laid out; here it is
 * looked for in the files that were made, before anybody signs them.
 */
import { fromUtf8 } from '../core/bytes.js';
import { PACK_RECORD_LIMIT_BYTES } from '../core/constants.js';
import { parseCanonicalObject } from '../core/encoding.js';
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
 * Return whether a servable proof shows what it must withhold, or a text or table of the servable part a word that was
 * held back. Names of people are not looked for: our own words may be the same. No PDF is read. Nor is 00, which has
 * our own number to ring and no word of the diary. A file that is missing or not canonical is left to `checkFiles`.
 */
export function holdsHeldWords(
  files: ReadonlyMap<string, Uint8Array>,
  capsule: JsonObject,
  redactor: Redactor,
): boolean {
  for (const [name, version] of proofNames(capsule, 'servable')) {
    const withheld = withheldOf(files.get(`${SERVABLE_FOLDER}${name}`));
    if (withheld && ![...withheldNames(version, redactor)].every((field) => Object.hasOwn(withheld, field)))
      return true;
  }
  return [...files].some(
    ([path, bytes]) =>
      path.startsWith(SERVABLE_FOLDER) && /\.(?:csv|txt)$/.test(path) && redactor.hasPhrase(fromUtf8(bytes)),
  );
}

/** Return what a proof withholds; null where that cannot be read. */
function withheldOf(proof: Uint8Array | undefined) {
  try {
    return proof ? objectOf(parseCanonicalObject(proof, { limit: PACK_RECORD_LIMIT_BYTES }), 'withheld') : null;
  } catch {
    return null;
  }
}
