/**
 * Convert stored data to what the screens show: files, rows, and the state of each entry as a code. The screens turn
 * codes into text (components/parts.js).
 */

import { sentenceOf } from '../sentences.js';
import type { Root } from '../../store/root.js';
import type { Attachment, EntryState, Held, Open, Row, Opened, ListRow } from '../types.js';

export function shownHeld(held: Held): Attachment {
  return {
    attachment: held.attachment,
    name: held.name,
    kind: kindShown(held.magic),
    size: held.size,
    claimed: held.claimed,
    magic: held.magic,
    mismatch: held.flags.includes('type_mismatch'),
    preview: held.received.blob
      ? held.renditions.some(({ purpose }) => purpose === 'preview')
      : held.magic.startsWith('image/'),
    route: held.route,
    received_at: held.received_at,
    sha256: held.sha256,
    state: { code: 'sealed', at: null },
    outside_copy: (held.outside_copy?.state ?? null) as Attachment['outside_copy'],
    place: held.gps_present,
    description: String(held.said?.fields.description ?? ''),
    sensitivity: String(held.said?.fields.sensitivity ?? 'normal'),
  };
}

/** @param opened the attachment's newest version */
export function shownAttachment({ record, fields, restricted }: Opened, state: EntryState): Attachment {
  const received = restricted.received_as ?? {};
  const magic = String(fields.media_type ?? '');
  const copies = Array.isArray(fields.renditions) ? fields.renditions : [];
  return {
    attachment: record,
    name: received.filename ?? '',
    kind: kindShown(magic),
    size: fields.size_bytes ?? 0,
    claimed: received.claimed_type ?? '',
    magic,
    mismatch: (fields.flags ?? []).includes('type_mismatch'),
    preview: copies.some((one) => one.purpose === 'preview'),
    route: received.route ?? '',
    received_at: fields.added_at ?? 0,
    sha256: fields.sha256 ?? '',
    state,
    outside_copy: restricted.outside_copy?.state ?? null,
    place: restricted.gps_present ?? null,
    description: String(fields.description ?? ''),
    sensitivity: String(fields.sensitivity ?? 'normal'),
  };
}

export function kindShown(magic: string): Attachment['kind'] {
  const [group] = magic.split('/');
  return group === 'image' || group === 'audio' || group === 'video'
    ? group
    : magic === 'application/ogg'
      ? 'audio'
      : 'file';
}

/**
 * Return every row as the list shows it, newest first. Entry numbers are ranks: by the incident's first number in the
 * feed, or, in a diary that was never registered, by the order of writing, which is the order of sending.
 */
export function shownRows(
  { index, store }: Open,
  {
    running,
    offline,
    part = null,
  }: { running: boolean; offline: boolean; part?: { of: string; share: number } | null },
): Row[] {
  const { root } = store;
  const waiting = countBy(root.outbox, ({ of }) => of);
  const files = countBy(root.uploads, ({ of }) => of);
  const absent = countBy(root.fetch, ({ of }) => of);
  const all = index.all();
  // While rows are missing, a rank would be another entry's number.
  const numbers = index.differs || index.loading ? null : entryNumbers(all, root);
  const facts = { registered: root.account.registered, troubles: root.troubles, sending: running, offline, part };
  return all
    .map((row) => ({
      record: row.record,
      // Undefined while rows are missing; only the list of entries checks for that.
      seq_no: (numbers ? (numbers.get(row.record) ?? null) : undefined) as number | null,
      title: row.title,
      occurred: row.occurred,
      recorded_at: row.recorded_at,
      received_at: row.received_at,
      pictures: row.pictures,
      additions: row.additions,
      amendments: row.amendments,
      flags: row.flags,
      taken_out: row.taken_out ?? null,
      erased: row.erased ?? null,
      f: row.f ?? null,
      links: row.links ?? [],
      shots: row.shots ?? [],
      bare: row.bare ?? false,
      helped: row.helped ?? '',
      state: stateOf(row, waiting.get(row.record) ?? 0, files.get(row.record) ?? 0, facts, absent.get(row.record) ?? 0),
    }))
    .sort((a, b) => b.recorded_at - a.recorded_at);
}

/** What determines an entry's number */
type Numbering = Pick<ListRow, 'record' | 'seq' | 'local'>;

/**
 * Return the entry numbers, by record. An entry sent ahead of another device's entries gets its number when those
 * have arrived, so that no number ever changes.
 * @param rows rows of the index
 */
export function entryNumbers(all: readonly Numbering[], root: Root): Map<string, number> {
  const isNumbered = (row: Numbering) =>
    (row.seq !== null && row.seq <= root.feed.seq) || root.unregistered === null || row.local <= root.unregistered;
  const inOrder = all.filter(isNumbered).sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || a.local - b.local);
  // Entries that were erased before this device joined: the diary's manifests still name their numbers.
  const here = new Set(all.map(({ record }) => record));
  const gone = new Set(
    Object.entries(root.numbered ?? {})
      .filter(([record]) => !here.has(record))
      .map(([, n]) => n),
  );
  let last = 0;
  return new Map(
    inOrder.map((row) => {
      do last += 1;
      while (gone.has(last));
      return [row.record, last];
    }),
  );
}

/**
 * Return the state of an entry. It is "kept safe" only when nothing contradicts that: every receipt was checked here,
 * and no file may still be on its way to the server, from this device or another.
 * @param unsentVersions number of versions without a receipt
 * @param unsentFiles number of files not complete on the server
 * @param facts `part`: the upload in progress
 * @param missingFiles number of another device's files that have not arrived here
 */
export function stateOf(
  row: { record: string; kept_at?: number | null; unproved?: boolean },
  words: number,
  files: number,
  {
    registered,
    troubles,
    sending,
    offline,
    part = null,
  }: {
    registered: boolean;
    troubles: Record<string, string>;
    sending: boolean;
    offline: boolean;
    part?: { of: string; share: number } | null;
  },
  absent: number = 0,
): EntryState {
  if (!registered) return { code: 'sealed', at: null };
  const trouble = troubles[row.record];
  if (trouble && words + files > 0) return { code: 'trouble', at: null, sentence: sentenceOf(trouble) };
  if (words > 0) {
    return { code: sending && !offline ? 'sending' : 'sealed', at: null };
  }
  if (files > 0) {
    const isOnItsWay = part?.of === row.record && part.share > 0 && part.share < 1;
    return {
      code: 'sending',
      at: row.kept_at ?? null,
      why: 'files',
      files,
      ...(isOnItsWay ? { percent: Math.floor(part.share * 100) } : {}),
    };
  }
  if (absent > 0) return { code: 'sending', at: row.kept_at ?? null, why: 'elsewhere' };
  return { code: 'kept', at: row.kept_at ?? null, ...(row.unproved ? { why: 'unproved' } : {}) };
}

export function countBy<T>(list: T[], key: (one: T) => string | null): Map<string, number> {
  const counts: Map<string, number> = new Map();
  for (const one of list) {
    const name = key(one);
    if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
