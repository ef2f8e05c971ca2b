/**
 * What an advocate has looked through for a keeper, so that the keeper need not look again: docs/formats.md, section 8; the twin of
 * diary/ledger/marks.py. A mark is the advocate's word about their own looking and changes nothing of an entry.
 */
import { canon, isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { parseId } from '../core/ids.js';
import { importKey } from './cobblestone.js';
import * as envelope from './envelope.js';
import { padVersion, unpad } from './padding.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {{at: number, record: string, seq: number}} Mark ms; `seq`: the number of the newest version that was looked at */
/** @typedef {{made_at: number, marks: Mark[]}} Marks */

export const MARKS_LIMIT = 2000;
const TYPE = 'marks/v1';

/** @param {{diary: string, grant: string}} place */
export function marksHeader({ diary, grant }) {
  return { diary, grant, t: 'marks' };
}

/** @param {Bytes} key the grant's @param {{diary: string, grant: string}} place @param {Marks} marks @returns {Promise<Bytes>} @throws not_opened */
export async function sealMarks(key, place, marks) {
  const told = { ...marks, t: TYPE };
  if (!areMarks(told)) throw new KeptError('not_opened');
  return envelope.seal(await importKey(key), 'summary', marksHeader(place), padVersion(canon(/** @type {any} */ (told))));
}

/** @param {Bytes} key @param {Uint8Array} sealed @param {{diary: string, grant: string}} place @returns {Promise<Marks>} @throws not_opened */
export async function openMarks(key, sealed, place) {
  const plaintext = await envelope.open(await importKey(key), sealed, 'summary', marksHeader(place));
  try {
    const told = /** @type {any} */ (parseObject(unpad(plaintext)));
    if (!areMarks(told)) throw new KeptError('not_opened');
    return told;
  } catch {
    throw new KeptError('not_opened');
  }
}

/** @param {any} told */
function areMarks(told) {
  if (!isObject(told) || Object.keys(told).sort().join() !== 'made_at,marks,t' || told['t'] !== TYPE || !isCount(told['made_at'])) return false;
  const marks = /** @type {any} */ (told)['marks'];
  return Array.isArray(marks) && marks.length <= MARKS_LIMIT && marks.every(isMark) && new Set(marks.map(({ record }) => record)).size === marks.length;
}

/** @param {any} one */
function isMark(one) {
  if (!isObject(one) || Object.keys(one).sort().join() !== 'at,record,seq' || !isCount(one['at']) || !isCount(one['seq'])) return false;
  try {
    parseId(/** @type {any} */ (one)['record']);
    return true;
  } catch {
    return false;
  }
}

/** @param {any} one */
const isCount = (one) => Number.isSafeInteger(one) && one >= 0;
