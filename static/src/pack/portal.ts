/**
 * The portal set: a checked pack as at most sixteen plain files, for an upload page that takes files one by one
 * (docs/pack.md). The files as received, sidecars and proofs go into up to five zips, mail apart. Nothing is handed
 * out before every digest is checked.
 */
import { hex, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { runningDigest } from '../crypto/digests.js';
import { textOf, wholeOf } from '../record/reading.js';
import { receivedName } from './assemble.js';
import { rows } from './proofs.js';
import { ZipWriter } from './zip.js';
import type { JsonObject } from '../core/encoding.js';
import type { Making } from './assemble.js';

type Part = { name: string; file: Blob };

export const MOST_FILES = 16;
const MOST_ZIPS = 5;
/** Upload pages stop at 2 GB, and tell the user so late. */
export const ZIP_BYTES = 1_900_000_000;
const MANIFEST = 'manifest-sha256.txt';
const MAIL = 'data/restricted/13_mail/';
/** Files uploaded as they are; the twin of diary/pack/portal.py. */
const ALONE =
  /^data\/(?:00_READ-FIRST\.txt|servable\/0[1-8]_[^/]+|restricted\/(?:06|10)_RESTRICTED_[^/]+\.pdf|restricted\/12_record\.json)$/;

/**
 * Build the set.
 * @param front checked
 * @param options `atMost`: bytes in one zip
 * @throws `pack_failed` naming a file that differs, `too_large` when it does not fit
 */
export async function portalSet(
  capsule: JsonObject,
  front: ReadonlyMap<string, Uint8Array>,
  { openReceived, onProgress, signal, atMost = ZIP_BYTES }: Making & { atMost?: number },
): Promise<{ files: Part[]; manifest: string }> {
  // 04 may have many volumes. Leave room for one zip and one of mail: further volumes go into the zips.
  const single = [...front.keys()]
    .filter((name) => ALONE.test(name))
    .sort()
    .slice(0, MOST_FILES - 3);
  const apart = [...front.keys()].filter((name) => !single.includes(name)).sort();
  const files: Part[] = single.map((name) => ({
    name: name.slice(name.lastIndexOf('/') + 1),
    file: blob(front.get(name) as Uint8Array),
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
        exhibit ? checked(name, exhibit, openReceived(exhibit)) : [front.get(name) as Uint8Array],
      );
      onProgress?.((done += size), total);
    }
    files.push({ name: `13_part${i + 1}.zip`, file: (await zip.finish()) as Blob });
  }
  const list = [];
  for (const { name, file } of files) list.push(`${await digestOf(file)}  ${name}\n`);
  const text = utf8(list.join(''));
  const manifest = await digestOf(blob(text));
  return { files: [...files, { name: MANIFEST, file: blob(text) }], manifest };
}

const blob = (bytes: Uint8Array) => new Blob([bytes as BlobPart]);

/** Distribute files over zips: filled one after the other, mail in one of its own. */
function shared(
  capsule: JsonObject,
  front: ReadonlyMap<string, Uint8Array>,
  apart: readonly string[],
  atMost: number,
): { name: string; size: number; exhibit: JsonObject | null }[][] {
  const small = apart.map((name) => ({ name, size: front.get(name)?.length ?? 0, exhibit: null }));
  const received = rows(capsule, 'exhibits').map((exhibit) => ({
    name: receivedName(exhibit),
    size: wholeOf(exhibit, 'size') ?? 0,
    exhibit,
  }));
  const mail = received.filter(({ name }) => name.startsWith(MAIL));
  const zips: { name: string; size: number; exhibit: JsonObject | null }[][] = [];
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

async function* checked(name: string, exhibit: JsonObject, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
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

/** @returns hex, read piece by piece */
async function digestOf(file: Blob): Promise<string> {
  const digest = runningDigest('SHA-256');
  const piece = 1 << 20;
  for (let at = 0; at < file.size; at += piece)
    digest.update(new Uint8Array(await file.slice(at, at + piece).arrayBuffer()));
  return hex(digest.digest());
}
