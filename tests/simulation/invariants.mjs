/**
 * What must hold once nothing is left to do, whatever happened before. Each function returns a line for each fault.
 *
 * [Note: numbers after a restore] An entry's number is its rank in the feed. A phone reads the feed before it sends,
 * so that entries which an older copy of the server lacks are sent first and every number stays. If that read fails
 * on the way, the phone sends all the same (pullBeforePush, pulling.ts): the safety of an entry matters more than its
 * number. So after the server was put back, entries may be numbered in another order than they were written in. They
 * must still have the same numbers on every phone, and no number twice.
 *
 * [Note: erased before a restore] An entry that was erased for good after the server was copied is back once the
 * server is put back to that copy (docs/operating.md). Its removal is not, so a fresh phone cannot learn of it and
 * shows the entry. A phone that followed the erasure keeps it as erased, and its text does not come back there. So
 * these two phones differ, and nothing else may. Versions that were written after the copy and erased exist nowhere:
 * no phone can send them again. A phone that joins later misses their numbers on a line, and warns of it for good
 * (docs/warnings.md). That is correct.
 *
 * [Note: files erased with an entry] An entry that another phone wrote to before it learned of the erasure comes back
 * with that text. Its files come back from any phone that still has them (returned_entries.ts). If none has, they are
 * gone, as the keeper asked with the words and was shown for seven days. So such a file is on every phone or on none.
 *
 * [Note: cleared before a restore] A phone that is cleared removes what it has a receipt for. If the server is then put
 * back to a copy from before that, no phone and no server has it: nothing can bring it back. The phone that wrote it
 * has kept the count of its own versions and says that some are missing (lines.ts). So such an entry may be missing if
 * its phone says so. What another phone still has is sent again.
 */

import { createPublicKey, verify } from 'node:crypto';
import { sha256 } from './device.mjs';

/**
 * @typedef {import('./device.mjs').Device} Device
 * @typedef {{title: string, seq_no: number|null, state: string, why?: string, isTwo: boolean}} ShownEntry
 */

/**
 * Warnings that are correct for good once the server is put back: its log has lost leaves that phones have seen,
 * until its key is replaced (docs/operating.md).
 */
const LOG_CODES = new Set(['log', 'log_changed', 'log_late']);
/** Warnings that are correct for good when versions of after the copy were erased: [Note: erased before a restore]. */
const LOST_CODES = new Set(['line_gap', 'omitted']);
/** The DER prefix of a 32-byte Ed25519 public key. */
const ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * @param {import('./world.mjs').World} world
 * @param {Device[]} all its phones and a fresh one, all idle
 * @returns {Promise<string[]>}
 */
export async function findFaults(world, all) {
  const found = [];
  await forgetErasedFiles(world, all);
  const first = all[0].entries();
  for (const [record, { mayBeLost, out, texts, by }] of world.expected) {
    const writer = all.find(({ name }) => name === by);
    if (mayBeLost && out === false && !first.has(record) && !writer?.warnings().some((code) => LOST_CODES.has(code)))
      found.push(`${by} does not say that ${texts.at(-1)} is lost`);
  }
  for (const device of all) {
    const entries = device.entries();
    const warnings = device
      .warnings()
      .filter(
        (code) =>
          !(world.wasPutBack && LOG_CODES.has(code)) &&
          !((world.hasLostErasures || world.hasLostVersions) && LOST_CODES.has(code)),
      );
    if (warnings.length) found.push(`${device.name} warns: ${warnings}`);
    found.push(...findDifferences(world, device, entries, all[0], first), ...(await findListFaults(device, entries)));
    // See [Note: numbers after a restore].
    if (!world.wasPutBack) found.push(...findOrderFaults(world, device, entries));
    const numbers = [...entries.values()].map(({ seq_no }) => seq_no);
    if (new Set(numbers).size !== numbers.length) found.push(`${device.name}: numbers repeat: ${numbers}`);
    found.push(...(await findMissingReceipts(device)), ...(await findLostCaptures(device)));
    for (const [record, expected] of world.expected)
      found.push(
        ...(await findContentFaults(device, record, expected, entries.get(record))),
        ...(await findUnerased(device, record, expected)),
      );
  }
  return [...found, ...(await findKeysGivenAfterEnd(world))];
}

/**
 * Expect no file that was erased with its entry and is on no phone: [Note: files erased with an entry].
 * @param {import('./world.mjs').World} world
 * @param {Device[]} all
 */
async function forgetErasedFiles(world, all) {
  for (const { files, erasedFiles = [] } of world.expected.values())
    for (const attachment of erasedFiles) {
      const reads = await Promise.all(all.map((device) => device.bytesOf(attachment).catch(() => null)));
      if (!reads.some(Boolean)) files.delete(attachment);
    }
}

/**
 * A sealed copy of a phone restores everything that was acknowledged to another phone, without a server.
 * @param {import('./world.mjs').World} world
 * @param {Device} device
 * @param {Device} spare an empty phone
 */
export async function findCopyFaults(world, device, spare) {
  await spare.restore(await device.copy());
  const copiedEntries = spare.entries();
  const found = [...device.entries()].flatMap(([record, { title }]) => {
    const copied = copiedEntries.get(record)?.title;
    return copied === title ? [] : [`the copy of ${device.name} says ${copied} where it says ${title}`];
  });
  for (const [record, { files }] of world.expected)
    if (copiedEntries.has(record)) found.push(...(await findLostFiles(spare, files)));
  if (spare.warnings().length) found.push(`${spare.name} warns: ${spare.warnings()}`);
  return found;
}

/** Everything that is kept has a valid receipt of the notary. @param {Device} device */
async function findMissingReceipts(device) {
  const key = createPublicKey({
    key: Buffer.concat([ED25519, Buffer.from(device.notary, 'base64url')]),
    format: 'der',
    type: 'spki',
  });
  return (await device.receipts()).flatMap(({ title, receipt, c }) => {
    const { sig = '', ...signedFields } = /** @type {Partial<typeof receipt>} */ (receipt ?? {});
    const signed = Buffer.from(
      `{${Object.keys(signedFields)
        .sort()
        .map((name) => `${JSON.stringify(name)}:${JSON.stringify(signedFields[name])}`)
        .join()}}`,
    );
    return signedFields.c === c && verify(null, signed, key, Buffer.from(sig, 'base64url'))
      ? []
      : [`${device.name}: ${title} has no receipt that holds`];
  });
}

/** A file added while the phone was locked still waits. @param {Device} device */
async function findLostCaptures(device) {
  const waiting = await device.waiting();
  return device.captured
    .filter(({ at, bytes }) => at === 'waiting' && !waiting.has(sha256(bytes)))
    .map(({ bytes }) => `${device.name} has lost a file of ${bytes.length} that was added while it was locked`);
}

/**
 * What was erased for good is on no phone, nor are its files, and no phone offers to put it back. A removal that
 * another phone sent after the erasure stays: it has no text.
 * @param {Device} device
 * @param {string} record
 * @param {import('./world.mjs').Expected} expected
 */
async function findUnerased(device, record, { erasing, texts, files }) {
  if (erasing !== 'done') return [];
  const found = [];
  for (const id of [record, ...files.keys()]) {
    const left = await device.sealedTexts(id);
    const what = id === record ? texts.at(-1) : `a file of ${texts.at(-1)}`;
    if (left.length) found.push(`${device.name} still has ${left.length} versions of ${what}, which was erased`);
  }
  if (device.removed().includes(record))
    found.push(`${device.name} offers to put back ${texts.at(-1)}, which was erased`);
  return found;
}

/**
 * An advocate whose grant was ended gets no keys for anything written later.
 * @param {import('./world.mjs').World} world
 */
async function findKeysGivenAfterEnd({ grants, advocate, wasPutBack }) {
  const found = [];
  const openable = grants.size ? await advocate.openVersions() : new Map();
  for (const [grant, { ended }] of grants) {
    if (!ended) continue;
    if (ended.wasReported && !wasPutBack && openable.has(grant))
      found.push(`the desk still has the grant ${grant.slice(0, 4)}, which was ended`);
    for (const version of ended.by.grantedVersions.get(grant) ?? []) {
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
 * @param {Device} device
 * @param {Map<string, ShownEntry>} entries
 * @param {Device} other
 * @param {Map<string, ShownEntry>} others
 */
function findDifferences({ wasPutBack }, device, entries, other, others) {
  const found = [];
  const erased = new Set(wasPutBack ? other.erased() : []); // see [Note: erased before a restore]
  for (const [record, { title, seq_no, state, why, isTwo }] of entries) {
    if (state !== 'kept') found.push(`${device.name}: ${title} is ${state} (${why})`);
    const otherEntry = others.get(record);
    if (!otherEntry && erased.has(record)) continue;
    if (otherEntry && otherEntry.isTwo !== isTwo)
      found.push(
        `${title} has two versions on ${isTwo ? device.name : other.name}, ` +
          `and one on ${isTwo ? other.name : device.name}`,
      );
    if (!otherEntry || otherEntry.title !== title || otherEntry.seq_no !== seq_no)
      found.push(
        `${device.name}: ${title} (${seq_no}) is ` +
          `${otherEntry ? `${otherEntry.title} (${otherEntry.seq_no})` : 'nothing'} on ${other.name}`,
      );
  }
  return found;
}

/**
 * Everything that was acknowledged is there.
 * @param {Device} device
 * @param {string} record
 * @param {import('./world.mjs').Expected} expected
 */
async function findContentFaults(device, record, { texts, out, files, amended, mayBeLost }, entry) {
  if (!entry) return out === false && !mayBeLost ? [`${device.name} lacks ${texts.at(-1)}`] : [];
  const found = await findLostFiles(device, files);
  if (out === true) found.push(`${device.name} shows ${texts.at(-1)}, which was taken out`);
  const versions = await device.versionsOf(record);
  if (versions <= amended)
    found.push(`${device.name}: ${texts[0]} was amended ${amended} times and has ${versions} versions`);
  if (!texts.includes(entry.title)) found.push(`${device.name} says ${entry.title} where ${texts} was written`);
  return found;
}

/**
 * The entries of one phone are numbered in the order in which they were written.
 * @param {import('./world.mjs').World} world
 * @param {Device} device
 * @param {Map<string, ShownEntry>} entries
 */
function findOrderFaults(world, device, entries) {
  const found = [];
  const last = new Map();
  for (const [record, { by, texts }] of [...world.expected].sort(([, a], [, b]) => a.at - b.at)) {
    const entry = entries.get(record);
    if (!entry) continue;
    if (last.has(by) && last.get(by).seq_no > entry.seq_no)
      found.push(
        `${device.name}: ${texts[0]} is ${entry.seq_no}, and ${last.get(by).title} before it ${last.get(by).seq_no}`,
      );
    last.set(by, entry);
  }
  return found;
}

/** The list shows what the entries contain. @param {Device} device @param {Map<string, ShownEntry>} entries */
async function findListFaults(device, entries) {
  const found = [];
  for (const [record, { title }] of entries) {
    const { fields } = await device.app.readIncident(record);
    if (fields.narrative !== title) found.push(`${device.name} lists ${title}, which says ${fields.narrative}`);
  }
  return found;
}

/** Every acknowledged file is there byte for byte. @param {Device} device @param {Map<string, Uint8Array>} files */
async function findLostFiles(device, files) {
  const found = [];
  for (const [attachment, bytes] of files) {
    const read = await device.bytesOf(attachment).catch((error) => error.code ?? error.message);
    if (typeof read !== 'string' && !Buffer.compare(read, bytes)) continue;
    const actual = typeof read === 'string' ? read : `${read.length} other bytes`;
    found.push(`${device.name}: file ${attachment.slice(0, 4)} of ${bytes.length} is ${actual}`);
  }
  return found;
}
