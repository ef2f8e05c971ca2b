/**
 * The bag around a pack: every file listed, every listed file here, every digest right, and the lists themselves. The
 * twin of diary/pack/bagcheck.py.
 */
import { hex, utf8 } from '../core/bytes.js';
import { sha256Now } from '../crypto/digests.js';
import { BAGIT, manifest } from '../pack/bag.js';
import { find } from './findings.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

type Lists = Map<string, Map<string, string> | null>;

const TAGS = ['bag-info.txt', 'bagit.txt', 'manifest-sha256.txt', 'manifest-sha512.txt'];
const [, , SHORT, LONG] = TAGS as [string, string, string, string];
const TAG_LIST = 'tagmanifest-sha256.txt';
const SERVABLE = 'data/servable/';
const APART = 'data/restricted/';
const BESIDE = new Set(['data/00_READ-FIRST.txt', 'data/15_VERIFY.txt']);
const SERVABLE_LIST = `${SERVABLE}manifest-sha256.txt`;
const LINE = /^([0-9a-f]{64}|[0-9a-f]{128}) {2}([!-~]{1,300})$/;
const INFO =
  /^Bagging-Date: [0-9]{4}-[0-9]{2}-[0-9]{2}\nExternal-Identifier: ([A-Z0-9_]{1,40})\nPayload-Oxum: [0-9]+\.[0-9]+\n$/;
const OXUM = /^Payload-Oxum: ([0-9]+)\.([0-9]+)$/m;

export async function checkBag(pack: OpenedPack): Promise<Finding[]> {
  // An unreadable member is a finding already; do not report it as missing too.
  const damaged = new Set(pack.findings.flatMap(({ member }) => (member ? [member] : [])));
  const here = [...pack.digests.keys()];
  const payload = here.filter((path) => path.startsWith('data/'));
  const listed = await listsOf(pack);
  if (pack.alone && ![...TAGS, TAG_LIST].some((name) => pack.digests.has(name)))
    return folderAlone(pack, listed, damaged);
  const names = new Set([SHORT, LONG].flatMap((name) => [...(listed.get(name)?.keys() ?? [])]));
  const tags = new Set([...TAGS, TAG_LIST]);
  // A recipient of the servable part alone has no restricted files: that is one finding, and none of them is missing.
  const leftOut = [...names].filter((path) => pack.alone && path.startsWith(APART));
  const found = [
    ...[...TAGS, TAG_LIST]
      .filter((name) => !pack.digests.has(name) && !damaged.has(name))
      .map((name) => find('missing', name)),
    ...[...listed].filter(([, rows]) => !rows).map(([name]) => find('list_damaged', name)),
    ...[...names]
      .filter(
        (path) =>
          !(path.startsWith('data/') && pack.digests.has(path)) && !damaged.has(path) && !leftOut.includes(path),
      )
      .sort()
      .map((path) => find('missing', path)),
    ...(names.size
      ? payload
          .filter((path) => !names.has(path))
          .sort()
          .map((path) => find('added', path))
      : []),
    ...here
      .filter((path) => !path.startsWith('data/') && !tags.has(path))
      .sort()
      .map((path) => find('added', path)),
  ];
  const isWhole = !leftOut.length;
  return [
    ...found,
    ...(await changed(pack, listed, isWhole)),
    ...(await servable(pack, listed, damaged)),
    ...(await tagged(pack, listed, isWhole)),
  ];
}

/** Check the servable folder without the bag around it: its own list names every file of it. */
async function folderAlone(pack: OpenedPack, listed: Lists, damaged: Set<string>): Promise<Finding[]> {
  if (!pack.digests.has(SERVABLE_LIST)) return damaged.has(SERVABLE_LIST) ? [] : [find('missing', SERVABLE_LIST)];
  const rows = listed.get(SERVABLE_LIST);
  if (!rows) return [find('list_damaged', SERVABLE_LIST)];
  const told = new Map([...rows].map(([name, digest]) => [SERVABLE + name, digest]));
  const here = new Map([...pack.digests].filter(([path]) => path !== SERVABLE_LIST));
  const found = [
    ...[...told.keys()]
      .filter((path) => !here.has(path) && !damaged.has(path))
      .sort()
      .map((path) => find('missing', path)),
    ...[...here.keys()]
      .filter((path) => !told.has(path) && !BESIDE.has(path))
      .sort()
      .map((path) => find('added', path)),
    ...[...told]
      .filter(([path, digest]) => here.has(path) && here.get(path)?.sha256 !== digest)
      .map(([path]) => path)
      .sort()
      .map((path) => find('changed', path)),
  ];
  return found.length || damaged.size ? found : servable(pack, listed, damaged);
}

/** Read every list of files; null for one that cannot be parsed. */
async function listsOf(pack: OpenedPack): Promise<Lists> {
  const lists: Lists = new Map();
  for (const name of [SHORT, LONG, TAG_LIST, SERVABLE_LIST]) {
    const raw = await pack.read(name);
    if (raw) lists.set(name, rowsOf(raw));
  }
  return lists;
}

function rowsOf(raw: Uint8Array) {
  const rows: Map<string, string> = new Map();
  const lines = Array.from(raw, (byte) => String.fromCharCode(byte))
    .join('')
    .split(/\r\n|\r|\n/);
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
async function changed(pack: OpenedPack, listed: Lists, isWhole: boolean) {
  const [short, long] = [listed.get(SHORT) ?? new Map(), listed.get(LONG) ?? new Map()];
  const bent: Set<string> = new Set();
  const odd: Set<string> = new Set();
  for (const [path, digests] of pack.digests) {
    const wrong = [
      short.has(path) && short.get(path) !== digests.sha256,
      long.has(path) && long.get(path) !== digests.sha512,
    ];
    if (wrong.every(Boolean) || (wrong.some(Boolean) && !(short.size && long.size))) bent.add(path);
    else if (wrong.some(Boolean)) odd.add(wrong[0] ? SHORT : LONG);
  }
  if (!bent.size && isWhole) {
    const payload = new Map([...pack.digests].filter(([path]) => path.startsWith('data/')));
    for (const [name, algorithm] of [
      [SHORT, 'sha256'],
      [LONG, 'sha512'],
    ] as const) {
      if (pack.digests.has(name) && !(await isText(pack, name, manifest(payload, algorithm)))) odd.add(name);
    }
  }
  return [
    ...[...bent].sort().map((path) => find('changed', path)),
    ...[...odd].sort().map((name) => find('list_changed', name)),
  ];
}

async function isText(pack: OpenedPack, path: string, text: string) {
  return pack.digests.get(path)?.sha256 === hex(sha256Now(utf8(text)));
}

/** Check the servable folder's own list, which must hold when the folder is all there is. */
async function servable(pack: OpenedPack, listed: Lists, damaged: Set<string>) {
  if (!listed.get(SERVABLE_LIST) || [...damaged].some((path) => path.startsWith(SERVABLE))) return [];
  const inside = new Map(
    [...pack.digests]
      .filter(([path]) => path.startsWith(SERVABLE) && path !== SERVABLE_LIST)
      .map(([path, held]) => [path.slice(SERVABLE.length), held]),
  );
  return (await isText(pack, SERVABLE_LIST, manifest(inside, 'sha256'))) ? [] : [find('list_changed', SERVABLE_LIST)];
}

/** Check the files next to data/ against their list and against what a pack of this release writes. */
async function tagged(pack: OpenedPack, listed: Lists, isWhole: boolean) {
  const rows = listed.get(TAG_LIST);
  const found: Finding[] = [];
  for (const name of TAGS) {
    if (pack.digests.has(name) && rows?.size && rows.get(name) !== pack.digests.get(name)?.sha256)
      found.push(find('changed', name));
  }
  if (rows && !(rows.size === TAGS.length && TAGS.every((name) => rows.has(name))))
    found.push(find('list_changed', TAG_LIST));
  const expected = TAGS.filter((name) => pack.digests.has(name))
    .map((name) => `${pack.digests.get(name)?.sha256}  ${name}\n`)
    .join('');
  if (pack.digests.has(TAG_LIST) && !(await isText(pack, TAG_LIST, expected)))
    found.push(find('list_changed', TAG_LIST));
  if (pack.digests.has('bagit.txt') && !(await isText(pack, 'bagit.txt', BAGIT))) found.push(find('bag', 'bagit.txt'));
  const said = Array.from((await pack.read('bag-info.txt')) ?? [], (byte) => String.fromCharCode(byte)).join('');
  const told = INFO.exec(said);
  if (pack.digests.has('bag-info.txt') && (!told || (!pack.isPart && told[1] !== pack.folder)))
    found.push(find('bag', 'bag-info.txt'));
  if (!isWhole) return found;
  const sizes = [...pack.digests].filter(([path]) => path.startsWith('data/')).map(([, held]) => held.size);
  const oxum = OXUM.exec(said);
  const isRight =
    oxum && Number(oxum[1]) === sizes.reduce((sum, size) => sum + size, 0) && Number(oxum[2]) === sizes.length;
  if (pack.digests.has('bag-info.txt') && !isRight) found.push(find('bag', 'bag-info.txt'));
  return found;
}
