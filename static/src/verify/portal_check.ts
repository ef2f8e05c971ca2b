/**
 * Checks the list of a portal set: no file missing, added or changed. The twin of diary/pack/verify/portal_check.py,
 * which explains what covers what.
 */
import { hex, utf8 } from '../core/bytes.js';
import { sha256 } from '../crypto/digests.js';
import { manifest } from '../pack/bag.js';
import { checkServableList, parseList, SHA256_LIST } from './bag_check.js';
import { findingFor } from './findings.js';
import { PART } from './pack_root.js';
import { isSetFileName, LIST_FILES } from './portal_reader.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

/** Find what is wrong with the files of a set and its list. */
export async function checkPortalList(pack: OpenedPack): Promise<Finding[]> {
  const digests = new Map([...(pack.setDigests ?? [])].filter(([name]) => !LIST_FILES.includes(name)));
  const damaged = new Set(pack.findings.flatMap(({ member }) => member ?? []));
  const absent = await absentParts(pack);
  const raw = await pack.read(SHA256_LIST);
  const rows = raw && parseList(raw);
  return [
    ...[...absent].sort().map((name) => findingFor('part_missing', name)),
    ...(rows
      ? await checkRows(raw, rows, digests, new Set([...damaged, ...absent]))
      : raw
        ? [findingFor('list_damaged', SHA256_LIST)]
        : damaged.has(SHA256_LIST)
          ? []
          : [findingFor('missing', SHA256_LIST)]),
    ...(absent.size ? [] : await checkServableList(pack)),
  ];
}

async function checkRows(
  raw: Uint8Array<ArrayBuffer>,
  rows: ReadonlyMap<string, string>,
  digests: ReadonlyMap<string, { sha256: string; sha512: string; size: number }>,
  known: ReadonlySet<string>,
) {
  const shared = [...rows.keys()].filter((name) => digests.has(name)).sort();
  const findings = [
    ...[...rows.keys()]
      .filter((name) => !digests.has(name) && !known.has(name))
      .sort()
      .map((name) => findingFor('missing', name)),
    ...[...digests.keys()]
      .filter((name) => !rows.has(name))
      .sort()
      .map((name) => findingFor('added', name)),
    ...shared.filter((name) => rows.get(name) !== digests.get(name)?.sha256).map((name) => findingFor('changed', name)),
  ];
  const isWhole = !findings.length && shared.length === rows.size && shared.length === digests.size;
  if (isWhole && hex(await sha256(raw)) !== hex(await sha256(utf8(manifest(digests, 'sha256')))))
    findings.push(findingFor('list_changed', SHA256_LIST));
  return [...findings, ...shared.filter((name) => !isSetFileName(name)).map((name) => findingFor('unknown', name))];
}

/** Return the zips of a set that are listed and are not here, or that cannot be read. */
export async function absentParts(pack: OpenedPack): Promise<Set<string>> {
  if (!pack.setDigests) return new Set();
  const rows = parseList((await pack.read(SHA256_LIST)) ?? new Uint8Array(0)) ?? new Map();
  const listed = [...rows.keys()].filter((name) => PART.test(name) && !pack.setDigests?.has(name));
  return new Set([...listed, ...pack.unreadableParts]);
}
