/**
 * The bag around a pack: every file listed, every listed file here, every digest right, and the lists themselves. The
 * twin of diary/pack/verify/bag_check.py.
 */
import { hex, utf8 } from '../core/bytes.js';
import { PACK_MEMBERS_LIMIT } from '../core/constants.js';
import { sha256Sync } from '../crypto/digests.js';
import { BAGIT, manifest } from '../pack/bag.js';
import { EXPORT_PROOF, PACK_STATEMENT, SERVABLE_STATEMENT } from '../pack/signature.js';
import { findingFor } from './findings.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

type FileLists = Map<string, Map<string, string> | null>;

export const SHA256_LIST = 'manifest-sha256.txt';
export const SHA512_LIST = 'manifest-sha512.txt';
export const TAG_LIST = 'tagmanifest-sha256.txt';
const TAGS = ['bag-info.txt', 'bagit.txt', SHA256_LIST, SHA512_LIST];
const SERVABLE = 'data/servable/';
const RESTRICTED = 'data/restricted/';
const TOP_FILES = new Set(['data/00_READ-FIRST.txt', 'data/15_VERIFY.txt']);
export const SERVABLE_LIST = `${SERVABLE}manifest-sha256.txt`;
const LINE = /^([0-9a-f]{64}|[0-9a-f]{128}) {2}([!-~]{1,300})$/;
const INFO = new RegExp(
  '^Bagging-Date: ([0-9]{4}-[0-9]{2}-[0-9]{2})\\nExternal-Identifier: ([A-Z0-9_]{1,40})\\n' +
    'Payload-Oxum: (0|[1-9][0-9]{0,14})\\.([1-9][0-9]{0,5})\\n$',
);

/** Return midnight UTC of the date in bag-info.txt, ms; NaN for no such day; null if the file is malformed. */
export function baggingDay(infoText: string): number | null {
  const [, day = ''] = INFO.exec(infoText) ?? [];
  if (!day) return null;
  const time = Date.parse(`${day}T00:00:00Z`);
  // JavaScript accepts 30 February as 2 March.
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day ? Number.NaN : time;
}

/**
 * Return the files next to data/, without their list. Packs of 0.1.0 have no statement (`not_signed`). Only a device
 * that can write to the diary adds pack-export.json.
 */
function tagFiles(pack: OpenedPack, lists: FileLists) {
  const listed = lists.get(TAG_LIST);
  return [...TAGS, ...[EXPORT_PROOF, PACK_STATEMENT].filter((name) => pack.digests.has(name) || listed?.has(name))];
}

export async function checkBag(pack: OpenedPack): Promise<Finding[]> {
  // An unreadable member is a finding already; do not report it as missing too.
  const damaged = new Set(pack.findings.flatMap(({ member }) => (member ? [member] : [])));
  const present = [...pack.digests.keys()];
  const payload = present.filter((path) => path.startsWith('data/'));
  const lists = await readLists(pack);
  if (pack.alone && ![...TAGS, TAG_LIST].some((name) => pack.digests.has(name)))
    return checkServableFolder(pack, lists, damaged);
  const names = new Set([SHA256_LIST, SHA512_LIST].flatMap((name) => [...(lists.get(name)?.keys() ?? [])]));
  const tagNames = [...tagFiles(pack, lists), TAG_LIST];
  const tags = new Set(tagNames);
  // A recipient of the servable part alone has no restricted files: that is one finding, and none of them is missing.
  const leftOut = new Set([...names].filter((path) => pack.alone && path.startsWith(RESTRICTED)));
  const findings = [
    ...tagNames
      .filter((name) => !pack.digests.has(name) && !damaged.has(name))
      .map((name) => findingFor('missing', name)),
    ...[...lists].filter(([, rows]) => !rows).map(([name]) => findingFor('list_damaged', name)),
    ...[...names]
      .filter(
        (path) => !(path.startsWith('data/') && pack.digests.has(path)) && !damaged.has(path) && !leftOut.has(path),
      )
      .sort()
      .map((path) => findingFor('missing', path)),
    ...(names.size
      ? payload
          .filter((path) => !names.has(path))
          .sort()
          .map((path) => findingFor('added', path))
      : []),
    ...present
      .filter((path) => !path.startsWith('data/') && !tags.has(path))
      .sort()
      .map((path) => findingFor('added', path)),
  ];
  const isWhole = !leftOut.size;
  return [
    ...findings,
    ...(await checkChanged(pack, lists, isWhole)),
    ...(await checkServableList(pack)),
    ...(await checkTags(pack, lists, isWhole)),
  ];
}

/** Check the servable folder without the bag around it: its own list names every file of it. */
async function checkServableFolder(pack: OpenedPack, lists: FileLists, damaged: Set<string>): Promise<Finding[]> {
  if (!pack.digests.has(SERVABLE_LIST)) return damaged.has(SERVABLE_LIST) ? [] : [findingFor('missing', SERVABLE_LIST)];
  const rows = lists.get(SERVABLE_LIST);
  if (!rows) return [findingFor('list_damaged', SERVABLE_LIST)];
  const listedFiles = new Map([...rows].map(([name, digest]) => [SERVABLE + name, digest]));
  const present = new Map([...pack.digests].filter(([path]) => path !== SERVABLE_LIST && path !== SERVABLE_STATEMENT));
  const findings = [
    ...[...listedFiles.keys()]
      .filter((path) => !present.has(path) && !damaged.has(path))
      .sort()
      .map((path) => findingFor('missing', path)),
    ...[...present.keys()]
      .filter((path) => !listedFiles.has(path) && !TOP_FILES.has(path))
      .sort()
      .map((path) => findingFor('added', path)),
    ...[...listedFiles]
      .filter(([path, digest]) => present.has(path) && present.get(path)?.sha256 !== digest)
      .map(([path]) => path)
      .sort()
      .map((path) => findingFor('changed', path)),
  ];
  return [
    ...findings,
    ...(findings.length || damaged.size ? [] : await checkServableList(pack)),
    // The list of the folder names what is in it; these two stand beside the folder.
    ...[...TOP_FILES].filter((path) => present.has(path)).map((path) => findingFor('not_covered', path)),
  ];
}

/** Read every list of files; null for one that cannot be parsed. */
async function readLists(pack: OpenedPack): Promise<FileLists> {
  const lists: FileLists = new Map();
  for (const name of [SHA256_LIST, SHA512_LIST, TAG_LIST, SERVABLE_LIST]) {
    const raw = await pack.read(name);
    if (raw) lists.set(name, parseList(raw));
  }
  return lists;
}

/** Return a list's paths and digests; null if it cannot be parsed. */
export function parseList(raw: Uint8Array): Map<string, string> | null {
  const rows: Map<string, string> = new Map();
  // A forger could write a hundred megabytes of empty lines.
  const ends = raw.reduce((count, byte) => count + (byte === 10 || byte === 13 ? 1 : 0), 0);
  if (ends > 2 * PACK_MEMBERS_LIMIT) return null;
  const lines = latin1(raw).split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    const [, digest = '', path = ''] = LINE.exec(line) ?? [];
    if (!path || rows.has(path)) return null;
    rows.set(path, digest);
  }
  return rows;
}

/**
 * Find the files whose digest differs from both lists. If only one list disagrees, that list was changed.
 * @param isWhole every part is here, so that the lists can be made again
 */
async function checkChanged(pack: OpenedPack, lists: FileLists, isWhole: boolean) {
  const [sha256Rows, sha512Rows] = [lists.get(SHA256_LIST) ?? new Map(), lists.get(SHA512_LIST) ?? new Map()];
  const changedFiles: Set<string> = new Set();
  const changedLists: Set<string> = new Set();
  for (const [path, digests] of pack.digests) {
    const differs = [
      sha256Rows.has(path) && sha256Rows.get(path) !== digests.sha256,
      sha512Rows.has(path) && sha512Rows.get(path) !== digests.sha512,
    ];
    if (differs.every(Boolean) || (differs.some(Boolean) && !(sha256Rows.size && sha512Rows.size)))
      changedFiles.add(path);
    else if (differs.some(Boolean)) changedLists.add(differs[0] ? SHA256_LIST : SHA512_LIST);
  }
  if (!changedFiles.size && isWhole) {
    const payload = new Map([...pack.digests].filter(([path]) => path.startsWith('data/')));
    for (const [name, algorithm] of [
      [SHA256_LIST, 'sha256'],
      [SHA512_LIST, 'sha512'],
    ] as const) {
      if (pack.digests.has(name) && !(await hasText(pack, name, manifest(payload, algorithm)))) changedLists.add(name);
    }
  }
  return [
    ...[...changedFiles].sort().map((path) => findingFor('changed', path)),
    ...[...changedLists].sort().map((name) => findingFor('list_changed', name)),
  ];
}

async function hasText(pack: OpenedPack, path: string, text: string) {
  return pack.digests.get(path)?.sha256 === hex(sha256Sync(utf8(text)));
}

/** Check the servable folder's own list, which must hold when the folder is all there is. */
export async function checkServableList(pack: OpenedPack) {
  const raw = await pack.read(SERVABLE_LIST);
  const isDamaged = pack.findings.some(({ member }) => member?.startsWith(SERVABLE));
  if (!raw || !parseList(raw) || isDamaged) return [];
  const ownDigests = new Map(
    [...pack.digests]
      .filter(([path]) => path.startsWith(SERVABLE) && path !== SERVABLE_LIST && path !== SERVABLE_STATEMENT)
      .map(([path, digests]) => [path.slice(SERVABLE.length), digests]),
  );
  return (await hasText(pack, SERVABLE_LIST, manifest(ownDigests, 'sha256')))
    ? []
    : [findingFor('list_changed', SERVABLE_LIST)];
}

/** Check the files next to data/ against their list and against what a pack of this release writes. */
async function checkTags(pack: OpenedPack, lists: FileLists, isWhole: boolean) {
  const rows = lists.get(TAG_LIST);
  const tagNames = tagFiles(pack, lists);
  const findings: Finding[] = [];
  for (const name of tagNames) {
    if (pack.digests.has(name) && rows?.size && rows.get(name) !== pack.digests.get(name)?.sha256)
      findings.push(findingFor('changed', name));
  }
  if (rows && !(rows.size === tagNames.length && tagNames.every((name) => rows.has(name))))
    findings.push(findingFor('list_changed', TAG_LIST));
  const expected = tagNames
    .filter((name) => pack.digests.has(name))
    .map((name) => `${pack.digests.get(name)?.sha256}  ${name}\n`)
    .join('');
  if (pack.digests.has(TAG_LIST) && !(await hasText(pack, TAG_LIST, expected)))
    findings.push(findingFor('list_changed', TAG_LIST));
  if (pack.digests.has('bagit.txt') && !(await hasText(pack, 'bagit.txt', BAGIT)))
    findings.push(findingFor('bag', 'bagit.txt'));
  const infoText = latin1((await pack.read('bag-info.txt')) ?? new Uint8Array(0));
  const match = INFO.exec(infoText);
  const [, day = '', folder = '', bytes, files] = match ?? [];
  // The folder's name ends with the same date, which the signature covers.
  const hasDate = day.replaceAll('-', '') === folder.slice(folder.lastIndexOf('_') + 1);
  if (pack.digests.has('bag-info.txt') && (!match || (!pack.isPart && folder !== pack.folder) || !hasDate))
    findings.push(findingFor('bag', 'bag-info.txt'));
  if (!match) return findings;
  const sizes = [...pack.digests].filter(([path]) => path.startsWith('data/')).map(([, digests]) => digests.size);
  const fileCount = isWhole ? sizes.length : (lists.get(SHA256_LIST)?.size ?? 0);
  const isSumRight = !isWhole || Number(bytes) === sizes.reduce((sum, size) => sum + size, 0);
  if (Number(files) !== fileCount || !isSumRight) findings.push(findingFor('bag', 'bag-info.txt'));
  return findings;
}

/** Return bytes as text, one character each. */
export function latin1(bytes: Uint8Array) {
  const pieces: string[] = [];
  // In pieces: a forger may write a list of 100 MB, and arguments are limited.
  for (let at = 0; at < bytes.length; at += 0x8000)
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return pieces.join('');
}
