/**
 * What an advocate's list shows of a client before anything is opened: docs/formats.md, section 8; the twin of
 * diary/ledger/summaries.py. Counts and dates, never content and never a measure of danger.
 */
import { canon, isObject, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { importKey } from './cobblestone.js';
import * as envelope from './envelope.js';
import { padVersion, unpad } from './padding.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {{dates: {at: number, what: 'recording_wiped'|'update_due'}[], entries: number, made_at: number, newest_at: number|null}} Summary times in ms */

export const DATES_LIMIT = 40;
const TYPE = 'summary/v1';
const NAMES = 'dates,entries,made_at,newest_at,t';
const DUE = ['recording_wiped', 'update_due'];

/** @param {{diary: string, grant: string}} place @returns {JsonObject} */
export function summaryHeader({ diary, grant }) {
  return { diary, grant, t: 'summary' };
}

/**
 * @param {Bytes} key the grant's
 * @param {{diary: string, grant: string}} place
 * @param {Summary} summary
 * @returns {Promise<Bytes>}
 */
export async function sealSummary(key, place, summary) {
  const told = { ...summary, t: TYPE };
  if (!isSummary(told)) throw new KeptError('not_opened');
  return envelope.seal(await importKey(key), 'summary', summaryHeader(place), padVersion(canon(/** @type {any} */ (told))));
}

/**
 * What a summary says. Throws `not_opened`.
 * @param {Bytes} key @param {Uint8Array} sealed @param {{diary: string, grant: string}} place
 * @returns {Promise<Summary>}
 */
export async function openSummary(key, sealed, place) {
  const plaintext = await envelope.open(await importKey(key), sealed, 'summary', summaryHeader(place));
  try {
    const told = /** @type {any} */ (parseObject(unpad(plaintext)));
    if (!isSummary(told)) throw new KeptError('not_opened');
    return told;
  } catch {
    throw new KeptError('not_opened');
  }
}

/** @param {any} told @returns {boolean} */
function isSummary(told) {
  if (!isObject(told) || Object.keys(told).sort().join() !== NAMES) return false;
  const { dates, entries, made_at: made, newest_at: newest, t } = /** @type {any} */ (told);
  const numbers = [entries, made, ...(newest === null ? [] : [newest])];
  return t === TYPE && Array.isArray(dates) && dates.length <= DATES_LIMIT && dates.every(isDue) && numbers.every((one) => Number.isSafeInteger(one) && one >= 0);
}

/** @param {any} one @returns {boolean} */
function isDue(one) {
  return isObject(one) && Object.keys(one).sort().join() === 'at,what' && DUE.includes(/** @type {any} */ (one).what) && Number.isSafeInteger(/** @type {any} */ (one).at);
}
