/**
 * What must hold once nothing is left to do, whatever happened before: a line for each thing that does not.
 *
 * [Note: numbers after a restore] An entry's number is its rank in the feed. A phone looks at the feed before it sends, so that
 * what an older copy of the server lacks goes up first and every number stays. Where the look fails on the way, words go all
 * the same (lookFirst, pulling.js): that an entry is safe counts for more than its number. So after the server was put back
 * entries may stand in another order than they were written in. They must still have the same numbers on every phone, and none
 * twice.
 *
 * [Note: erased before a restore] What was erased for good after the server was copied is there again once it is put
 * back to that copy (docs/operating.md). The taking out is not, so nothing tells a fresh phone of it, and it shows the
 * entry. A phone that followed the erasure holds it as erased, and its words do not come back there. So the two differ,
 * and nothing else may. Versions that were written after the copy and erased are nowhere: no phone can send them again. A
 * phone that joins later misses their numbers on a line, and says so for good (docs/warnings.md). That is true.
 */

import { createPublicKey, verify } from 'node:crypto';
import { sha256 } from './device.mjs';

/** @typedef {import('./device.mjs').Device} Device */

/**
 * True for good once the server is put back: its log has lost leaves that phones have seen, until its key is replaced
 * (docs/operating.md).
 */
const OF_THE_LOG = new Set(['log', 'log_changed', 'log_late']);
/** True for good where versions of since the copy were erased: see [Note: erased before a restore]. */
const OF_THE_LOST = new Set(['line_gap', 'omitted']);
/** What stands before the 32 bytes of an Ed25519 key in DER. */
const ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * @param {import('./world.mjs').World} world
 * @param {Device[]} all its phones and a fresh one, at rest
 * @returns {Promise<string[]>}
 */
export async function findFaults(world, all) {
  const found = [];
  const first = all[0].entries();
  for (const one of all) {
    const entries = one.entries();
    const warnings = one
      .warnings()
      .filter((code) => !(world.wasPutBack && OF_THE_LOG.has(code)) && !(world.isErasedLost && OF_THE_LOST.has(code)));
    if (warnings.length) found.push(`${one.name} warns: ${warnings}`);
    found.push(...notTheSame(world, one, entries, all[0], first), ...(await notAsListed(one, entries)));
    if (!world.wasPutBack) found.push(...outOfOrder(world, one, entries)); // see [Note: numbers after a restore]
    const numbers = [...entries.values()].map(({ seq_no }) => seq_no);
    if (new Set(numbers).size !== numbers.length) found.push(`${one.name}: numbers repeat: ${numbers}`);
    found.push(...(await withoutReceipt(one)), ...(await notWaiting(one)));
    for (const [record, said] of world.said)
      found.push(...(await notAsSaid(one, record, said, entries.get(record))), ...(await notErased(one, record, said)));
  }
  return [...found, ...(await givenAfterTheEnd(world))];
}

/**
 * A sealed copy of a phone gives another one all that was acknowledged, without a server.
 * @param {import('./world.mjs').World} world
 * @param {Device} one
 * @param {Device} spare a phone that holds nothing
 */
export async function notInCopy(world, one, spare) {
  await spare.restore(await one.copy());
  const there = spare.entries();
  const found = [...one.entries()].flatMap(([record, { title }]) => {
    const copied = there.get(record)?.title;
    return copied === title ? [] : [`the copy of ${one.name} says ${copied} where it says ${title}`];
  });
  for (const [record, { files }] of world.said) if (there.has(record)) found.push(...(await lostFiles(spare, files)));
  if (spare.warnings().length) found.push(`${spare.name} warns: ${spare.warnings()}`);
  return found;
}

/** Everything that is kept has a receipt of the notary's for it. @param {Device} one */
async function withoutReceipt(one) {
  const key = createPublicKey({
    key: Buffer.concat([ED25519, Buffer.from(one.notary, 'base64url')]),
    format: 'der',
    type: 'spki',
  });
  return (await one.receipts()).flatMap(({ title, receipt, c }) => {
    const { sig = '', ...said } = receipt ?? {};
    const signed = Buffer.from(
      `{${Object.keys(said)
        .sort()
        .map((name) => `${JSON.stringify(name)}:${JSON.stringify(said[name])}`)
        .join()}}`,
    );
    return said.c === c && verify(null, signed, key, Buffer.from(sig, 'base64url'))
      ? []
      : [`${one.name}: ${title} has no receipt that holds`];
  });
}

/** What was added while it was locked waits to be looked at. @param {Device} one */
async function notWaiting(one) {
  const there = await one.waiting();
  return one.captured
    .filter(({ at, bytes }) => at === 'waiting' && !there.has(sha256(bytes)))
    .map(({ bytes }) => `${one.name} has lost a file of ${bytes.length} that was added while it was locked`);
}

/** What was erased for good is nowhere. @param {Device} one @param {string} record @param {import('./world.mjs').Said} said */
async function notErased(one, record, { erasing, texts }) {
  if (erasing !== 'done') return [];
  const left = await one.sealedOf(record);
  return left.length ? [`${one.name} still has ${left.length} versions of ${texts.at(-1)}, which was erased`] : [];
}

/** Whoever lost a right is given nothing that was written later. @param {import('./world.mjs').World} world */
async function givenAfterTheEnd({ grants, advocate, wasPutBack }) {
  const found = [];
  const opens = grants.size ? await advocate.opens() : new Map();
  for (const [grant, { ended }] of grants) {
    if (!ended) continue;
    if (ended.isHeard && !wasPutBack && opens.has(grant))
      found.push(`the desk still has the grant ${grant.slice(0, 4)}, which was ended`);
    for (const version of ended.by.given.get(grant) ?? []) {
      if ((await ended.by.placeOf(version)) > ended.from)
        found.push(
          `${ended.by.name} gave ${version.slice(0, 4)} to the grant ${grant.slice(0, 4)}, which it had ended`,
        );
    }
  }
  return found;
}

/**
 * @param {import('./world.mjs').World} world
 * @param {Device} one
 * @param {Map<string, any>} entries
 * @param {Device} other
 * @param {Map<string, any>} others
 */
function notTheSame({ wasPutBack }, one, entries, other, others) {
  const found = [];
  const erased = new Set(wasPutBack ? other.erased() : []); // see [Note: erased before a restore]
  for (const [record, { title, seq_no, state, why, isTwo }] of entries) {
    if (state !== 'kept') found.push(`${one.name}: ${title} is ${state} (${why})`);
    const same = others.get(record);
    if (!same && erased.has(record)) continue;
    if (same && same.isTwo !== isTwo)
      found.push(
        `${title} is to be settled on ${isTwo ? one.name : other.name}, and not on ${isTwo ? other.name : one.name}`,
      );
    if (!same || same.title !== title || same.seq_no !== seq_no)
      found.push(
        `${one.name}: ${title} (${seq_no}) is ${same ? `${same.title} (${same.seq_no})` : 'nothing'} on ${other.name}`,
      );
  }
  return found;
}

/**
 * What was acknowledged is there.
 * @param {Device} one
 * @param {string} record
 * @param {import('./world.mjs').Said} said
 * @param {any} entry
 */
async function notAsSaid(one, record, { texts, out, files, amended }, entry) {
  if (!entry) return out === false ? [`${one.name} lacks ${texts.at(-1)}`] : [];
  const found = await lostFiles(one, files);
  if (out === true) found.push(`${one.name} shows ${texts.at(-1)}, which was taken out`);
  const versions = await one.versionsOf(record);
  if (versions <= amended)
    found.push(`${one.name}: ${texts[0]} was amended ${amended} times and has ${versions} versions`);
  if (!texts.includes(entry.title)) found.push(`${one.name} says ${entry.title} where ${texts} was written`);
  return found;
}

/**
 * What one phone wrote has numbers in the order in which it was written.
 * @param {import('./world.mjs').World} world
 * @param {Device} one
 * @param {Map<string, any>} entries
 */
function outOfOrder(world, one, entries) {
  const found = [];
  const last = new Map();
  for (const [record, { by, texts }] of [...world.said].sort(([, a], [, b]) => a.at - b.at)) {
    const entry = entries.get(record);
    if (!entry) continue;
    if (last.has(by) && last.get(by).seq_no > entry.seq_no)
      found.push(
        `${one.name}: ${texts[0]} is ${entry.seq_no}, and ${last.get(by).title} before it ${last.get(by).seq_no}`,
      );
    last.set(by, entry);
  }
  return found;
}

/** The list is what the entries themselves say. @param {Device} one @param {Map<string, any>} entries */
async function notAsListed(one, entries) {
  const found = [];
  for (const [record, { title }] of entries) {
    const { fields } = await one.app.readIncident(record);
    if (fields.narrative !== title) found.push(`${one.name} lists ${title}, which says ${fields.narrative}`);
  }
  return found;
}

/** Files that were acknowledged and are not there byte for byte. @param {Device} one @param {Map<string, Uint8Array>} files */
async function lostFiles(one, files) {
  const found = [];
  for (const [attachment, bytes] of files) {
    const read = await one.bytesOf(attachment).catch((error) => error.code ?? error.message);
    if (typeof read !== 'string' && !Buffer.compare(read, bytes)) continue;
    const is = typeof read === 'string' ? read : `${read.length} other bytes`;
    found.push(`${one.name}: file ${attachment.slice(0, 4)} of ${bytes.length} is ${is}`);
  }
  return found;
}
