/**
 * The portal set: a checked pack as at most sixteen plain files, for an upload page that takes files one by one (docs/pack.md).
 * The files as received, sidecars and proofs go into up to five zips, mail apart. Nothing is handed out before every digest holds.
 */
import { hex, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { runningDigest } from '../crypto/digests.js';
import { textOf, wholeOf } from '../record/reading.js';
import { receivedName } from './assemble.js';
import { rows } from './proofs.js';
import { ZipWriter } from './zip.js';

/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {import('./assemble.js').Making} Making */
/** @typedef {{name: string, file: Blob}} Part */

export const MOST_FILES = 16;
const MOST_ZIPS = 5;
/** Upload pages end at 2 GB, and say so late. */
export const ZIP_BYTES = 1_900_000_000;
const MANIFEST = 'manifest-sha256.txt';
const MAIL = 'data/restricted/13_mail/';
/** What is uploaded as it is; the twin of diary/pack/portal.py. */
const ALONE =
  /^data\/(?:00_READ-FIRST\.txt|servable\/0[1-8]_[^/]+|restricted\/(?:06|10)_RESTRICTED_[^/]+\.pdf|restricted\/12_record\.json)$/;

/**
 * @param {JsonObject} capsule @param {ReadonlyMap<string, Uint8Array>} front checked
 * @param {Making & {atMost?: number}} making `atMost`: bytes in one zip
 * @returns {Promise<{files: Part[], manifest: string}>} throws `pack_failed` naming a file that differs, `too_large` when it does not fit
 */
export async function portalSet(capsule, front, { openReceived, onProgress, signal, atMost = ZIP_BYTES }) {
  // 04 may have many volumes: those beyond what leaves room for one zip and one of mail travel in the zips.
  const single = [...front.keys()]
    .filter((name) => ALONE.test(name))
    .sort()
    .slice(0, MOST_FILES - 3);
  const apart = [...front.keys()].filter((name) => !single.includes(name)).sort();
  /** @type {Part[]} */ const files = single.map((name) => ({
    name: name.slice(name.lastIndexOf('/') + 1),
    file: blob(/** @type {Uint8Array} */ (front.get(name))),
  }));
  const zips = shared(capsule, front, apart, atMost);
  if (zips.length > MOST_ZIPS || files.length + zips.length + 1 > MOST_FILES)
    throw new KeptError('too_large', 'This is too much for one upload. Choose fewer entries and make a second set.');
  const total = zips.flat().reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const [i, members] of zips.entries()) {
    const zip = new ZipWriter();
    for (const { name, size, exhibit } of members) {
      if (signal?.aborted) throw new KeptError('cancelled', 'The pack was stopped. Nothing was lost.');
      await zip.add(
        name.slice('data/'.length),
        exhibit ? checked(name, exhibit, openReceived(exhibit)) : [/** @type {Uint8Array} */ (front.get(name))],
      );
      onProgress?.((done += size), total);
    }
    files.push({ name: `13_part${i + 1}.zip`, file: /** @type {Blob} */ (await zip.finish()) });
  }
  const list = [];
  for (const { name, file } of files) list.push(`${await digestOf(file)}  ${name}\n`);
  const text = utf8(list.join(''));
  const manifest = await digestOf(blob(text));
  return { files: [...files, { name: MANIFEST, file: blob(text) }], manifest };
}

/** @param {Uint8Array} bytes */
const blob = (bytes) => new Blob([/** @type {BlobPart} */ (bytes)]);

/**
 * What goes into which zip: filled one after the other, mail in one of its own.
 * @param {JsonObject} capsule @param {ReadonlyMap<string, Uint8Array>} front @param {readonly string[]} apart @param {number} atMost
 * @returns {{name: string, size: number, exhibit: JsonObject|null}[][]}
 */
function shared(capsule, front, apart, atMost) {
  const small = apart.map((name) => ({ name, size: front.get(name)?.length ?? 0, exhibit: null }));
  const received = rows(capsule, 'exhibits').map((exhibit) => ({
    name: receivedName(exhibit),
    size: wholeOf(exhibit, 'size') ?? 0,
    exhibit,
  }));
  const mail = received.filter(({ name }) => name.startsWith(MAIL));
  /** @type {{name: string, size: number, exhibit: JsonObject|null}[][]} */ const zips = [];
  for (const group of [[...small, ...received.filter((one) => !mail.includes(one))], mail]) {
    let room = 0;
    for (const one of group) {
      const needs = one.size + 2 * one.name.length + 200;
      if (needs > room) {
        zips.push([]);
        room = atMost;
      }
      zips.at(-1)?.push(one);
      room -= needs;
    }
  }
  return zips;
}

/** @param {string} name @param {JsonObject} exhibit @param {AsyncIterable<Uint8Array>|Iterable<Uint8Array>} chunks */
async function* checked(name, exhibit, chunks) {
  const digest = runningDigest('SHA-256');
  for await (const chunk of chunks) {
    digest.update(chunk);
    yield chunk;
  }
  if (hex(digest.digest()) !== textOf(exhibit, 'sha256'))
    throw new KeptError(
      'pack_failed',
      `${name} is not the file that was added, so the pack was thrown away. Nothing was lost.`,
    );
}

/** @param {Blob} file @returns {Promise<string>} hex, read piece by piece */
async function digestOf(file) {
  const digest = runningDigest('SHA-256');
  const piece = 1 << 20;
  for (let at = 0; at < file.size; at += piece)
    digest.update(new Uint8Array(await file.slice(at, at + piece).arrayBuffer()));
  return hex(digest.digest());
}
