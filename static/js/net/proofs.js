/**
 * The public log as this phone sees it: its newest checkpoint against the one seen before, and where the diary's own
 * versions stand in it. Nothing is passed on that does not hold.
 */
import { b64, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { readNote, seenBy, verifyNote } from '../ledger/checkpoint.js';
import { leafOf, verifyConsistency, verifyInclusion } from '../ledger/tree.js';

/** @typedef {import('./push.js').Link} Link */
/** @typedef {{size: number, root: string, note: string}} Seen root b64 */
/** @typedef {{i: number, path: string[], seq: number, version: string}} Placed */
/** @typedef {(version: string) => any} ReceiptOf */
/** @typedef {{name: string, pub: string}} Named a witness, its key b64 */
/** @typedef {{names: string[], named: number, size: number}} Witnessed who cosigned the log of `size` leaves (0: nobody), of how many the server names */

const WITNESSES_LIMIT = 15;
const NAME_LIMIT = 255;

/**
 * A checkpoint as the server sent it, judged by itself and against the last one this phone saw.
 * @param {Link} link @param {any} row as `/v1/log` gives it @param {Seen|null} last
 * @returns {Promise<Seen>}
 * @throws log_changed, or what the request throws
 */
export async function judgeCheckpoint({ api, pins }, row, last) {
  const said = await signed(row?.note, pins);
  const seen = { size: said.size, root: b64(said.root), note: String(row.note) };
  if (said.size !== row.size) throw changed();
  if (!last) return seen;
  const [older, newer] = last.size <= seen.size ? [last, seen] : [seen, last];
  // A worker that lags may show an older one; it has to be the beginning of what was seen all the same.
  await checkGrown(api, older, newer);
  return newer;
}

/**
 * Which of the witnesses that the server names have cosigned its log, and how far; null where nobody is named or this browser cannot
 * check. A joined note is held to the log like any other: one that does not belong to it is another log.
 * @param {Link} link @param {any} told what `/v1/log` says @param {Seen} seen the newest checkpoint, already judged
 * @returns {Promise<Witnessed|null>}
 * @throws log_changed, or what the request throws
 */
export async function countWitnesses(link, told, seen) {
  const named = namedIn(told);
  if (!named.length) return null;
  if (!told.witnessed) return { names: [], named: named.length, size: 0 };
  await judgeCheckpoint(link, told.witnessed, seen);
  try {
    const found = await seenBy(told.witnessed.note, named);
    return {
      names: found.map(({ witness }) => witness),
      named: named.length,
      size: found.length ? told.witnessed.size : 0,
    };
  } catch (error) {
    if (error instanceof KeptError && error.code === 'unavailable') return null;
    return { names: [], named: named.length, size: 0 };
  }
}

/** The witnesses that the server names, as far as they are any. @param {any} told what `/v1/log` says @returns {Named[]} */
export function namedIn(told) {
  const named = Array.isArray(told.witnesses) ? told.witnesses : [];
  return named
    .filter(isWitness)
    .slice(0, WITNESSES_LIMIT)
    .map((/** @type {Named} */ { name, pub }) => ({ name, pub }));
}

/** @param {any} one */
function isWitness(one) {
  return (
    typeof one?.name === 'string' &&
    one.name.length <= NAME_LIMIT &&
    typeof one.pub === 'string' &&
    /^[\w-]{43}$/.test(one.pub)
  );
}

/** The witnesses' lines over a checkpoint of this size, for a pack; none where that is not the one they saw last. @param {any} told what `/v1/log` says @param {number} size @returns {string[]} */
export function cosignaturesOf(told, size) {
  if (told.witnessed?.size !== size) return [];
  const { origin } = readNote(told.witnessed.note);
  const rows = String(told.witnessed.note).split('\n\n')[1]?.trimEnd().split('\n') ?? [];
  return rows.filter((row) => !row.startsWith(`— ${origin} `));
}

/** @param {Link['api']} api @param {Seen} older @param {Seen} newer @returns {Promise<string[]>} the path that showed it */
export async function checkGrown(api, older, newer) {
  const path = older.size === newer.size ? [] : (await api.consistency(older.size, newer.size).catch(absent)).path;
  try {
    verifyConsistency(
      { size: older.size, root: unb64(older.root) },
      { size: newer.size, root: unb64(newer.root) },
      path.map(unb64),
    );
  } catch {
    throw changed();
  }
  return path;
}

/**
 * Where the versions numbered above `after` stand under a checkpoint, page by page, each checked against its receipt.
 * @param {Link} link @param {Seen} seen @param {number} after @param {(placed: Placed[], to: number) => Promise<unknown>} take
 * @param {ReceiptOf} receiptOf null for a version this phone has no receipt of any more
 */
export async function pullProofs({ api, diary }, seen, after, take, receiptOf) {
  for (;;) {
    const { proofs, to } = await api.proofs(diary, seen.size, after);
    if (!Array.isArray(proofs) || !Number.isSafeInteger(to)) throw new KeptError('garbage');
    for (const one of proofs) checkPlace(one, seen, await receiptOf(one.version));
    await take(proofs, to);
    if (to <= after) return;
    after = to;
  }
}

/** @param {Placed} one @param {Seen} seen @param {any} receipt */
function checkPlace({ i, path }, seen, receipt) {
  if (!receipt) return;
  try {
    verifyInclusion(leafOf(receipt), i, seen.size, path.map(unb64), unb64(seen.root));
  } catch {
    throw changed();
  }
}

/** @param {unknown} note @param {import('./push.js').Pins} pins */
async function signed(note, pins) {
  try {
    // Until the log grows again its newest checkpoint is signed by whichever key was the notary's then.
    const { origin, size } = readNote(note);
    const old = (pins.olds ?? []).find(({ log }) => log === origin);
    if (old?.below != null && size > old.below) throw changed();
    return await verifyNote(note, unb64(old?.pub ?? pins.notary));
  } catch (error) {
    if (error instanceof KeptError && error.code === 'unavailable') return readNote(note);
    throw changed();
  }
}

/** Two checkpoints that were both signed have a proof between them, or one of them was never in this log. @param {unknown} error @returns {never} */
function absent(error) {
  throw error instanceof KeptError && error.code === 'not_found' ? changed() : error;
}

function changed() {
  return new KeptError('log_changed');
}
