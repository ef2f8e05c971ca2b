/**
 * Convert stored data to what the screens show: files, rows, and the state of each entry as a code. The screens turn
 * codes into text (components/parts.js).
 */

import { collectorOf, isUnseen } from '../../record/sitting.js';
import { sentenceOf } from '../sentences.js';
import type { PendingDownload, Root } from '../../store/root.js';
import type { Attachment, Coming, EntryState, DraftFile, Open, Row, Opened, ListRow } from '../types.js';

export function shownHeld(held: DraftFile): Attachment {
  return {
    attachment: held.attachment,
    name: held.name,
    kind: mediaKind(held.magic),
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
  const renditions = Array.isArray(fields.renditions) ? fields.renditions : [];
  return {
    attachment: record,
    name: received.filename ?? '',
    kind: mediaKind(magic),
    size: fields.size_bytes ?? 0,
    claimed: received.claimed_type ?? '',
    magic,
    mismatch: (fields.flags ?? []).includes('type_mismatch'),
    preview: renditions.some((item) => item.purpose === 'preview'),
    route: received.route ?? '',
    received_at: fields.added_at ?? 0,
    sha256: fields.sha256 ?? '',
    state,
    outside_copy: restricted.outside_copy?.state ?? null,
    place: restricted.gps_present ?? null,
    description: String(fields.description ?? ''),
    sensitivity: String(fields.sensitivity ?? 'normal'),
    collected: collectorOf(fields),
    unseen: isUnseen(fields),
  };
}

export function mediaKind(magic: string): Attachment['kind'] {
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
    absentFiles = new Set(),
  }: {
    running: boolean;
    offline: boolean;
    part?: { of: string; share: number } | null;
    absentFiles?: ReadonlySet<string>;
  },
): Row[] {
  const { root } = store;
  const unsentVersions = countBy(root.outbox, ({ of }) => of);
  // The server erased what is still here of them: it is not kept safe until it is sent again (returned_entries.js).
  for (const record of root.half_erased ?? []) unsentVersions.set(record, (unsentVersions.get(record) ?? 0) + 1);
  const unsentFiles = countBy(root.uploads, ({ of }) => of);
  const downloads: Map<string | null, PendingDownload[]> = new Map();
  for (const item of root.fetch) downloads.set(item.of, [...(downloads.get(item.of) ?? []), item]);
  const rows = index.allRows();
  // While rows are missing, a rank would be another entry's number.
  const numbers = index.isStale || index.loading ? null : entryNumbers(rows, root);
  const syncState = { registered: root.account.registered, troubles: root.troubles, sending: running, offline, part };
  return rows
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
      state: entryState(
        row,
        unsentVersions.get(row.record) ?? 0,
        unsentFiles.get(row.record) ?? 0,
        syncState,
        missingFiles(downloads.get(row.record) ?? [], absentFiles, offline),
      ),
    }))
    .sort((a, b) => b.recorded_at - a.recorded_at);
}

/** What determines an entry's number */
type NumberedRow = Pick<ListRow, 'record' | 'seq' | 'local'>;

/**
 * Return the entry numbers, by record. An entry sent ahead of another device's entries gets its number when those
 * have arrived, so that no number ever changes.
 * @param rows rows of the index
 */
export function entryNumbers(rows: readonly NumberedRow[], root: Root): Map<string, number> {
  const isNumbered = (row: NumberedRow) =>
    (row.seq !== null && row.seq <= root.feed.seq) || root.unregistered === null || row.local <= root.unregistered;
  const inOrder = rows
    .filter(isNumbered)
    .sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || a.local - b.local);
  // Entries that were erased before this device joined: the diary's manifests still name their numbers.
  const listed = new Set(rows.map(({ record }) => record));
  const erasedNumbers = new Set(
    Object.entries(root.numbered ?? {})
      .filter(([record]) => !listed.has(record))
      .map(([, n]) => n),
  );
  let number = 0;
  return new Map(
    inOrder.map((row) => {
      do number += 1;
      while (erasedNumbers.has(number));
      return [row.record, number];
    }),
  );
}

/**
 * Return the state of an entry. It is "kept safe" only when nothing contradicts that: every receipt was checked here,
 * and no file may still be on its way to the server, from this device or another.
 * @param unsentVersions number of versions without a receipt
 * @param unsentFiles number of files not complete on the server
 * @param facts `part`: the upload in progress
 * @param missing what is known of another device's files that are not here
 */
export function entryState(
  row: { record: string; kept_at?: number | null; unproved?: boolean },
  unsentVersions: number,
  unsentFiles: number,
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
  missing: MissingFiles = null,
): EntryState {
  if (!registered) return { code: 'sealed', at: null };
  const trouble = troubles[row.record];
  if (trouble && unsentVersions + unsentFiles > 0) return { code: 'trouble', at: null, sentence: sentenceOf(trouble) };
  if (unsentVersions > 0) {
    return { code: sending && !offline ? 'sending' : 'sealed', at: null };
  }
  if (unsentFiles > 0) {
    const isOnItsWay = part?.of === row.record && part.share > 0 && part.share < 1;
    return {
      code: 'sending',
      at: row.kept_at ?? null,
      why: 'files',
      files: unsentFiles,
      ...(isOnItsWay ? { percent: Math.floor(part.share * 100) } : {}),
    };
  }
  if (missing === 'absent') return { code: 'sending', at: row.kept_at ?? null, why: 'elsewhere' };
  if (missing) return { code: 'sending', at: row.kept_at ?? null, why: sending && !offline ? 'checking' : 'unchecked' };
  return { code: 'kept', at: row.kept_at ?? null, ...(row.unproved ? { why: 'unproved' } : {}) };
}

/** `absent`: the server did not have all of one when it was last asked; `unknown`: it was not asked yet */
type MissingFiles = 'absent' | 'unknown' | null;

/**
 * Return what is known of files that another device added. What the server lacked is no longer known once it does not
 * answer: the other device may have sent the file since.
 * @param absentFiles the blobs that the server did not have completely
 */
export function missingFiles(
  downloads: readonly PendingDownload[],
  absentFiles: ReadonlySet<string>,
  offline: boolean,
): MissingFiles {
  const wanted = downloads.filter(({ there }) => !there);
  if (!offline && wanted.some(({ blob }) => absentFiles.has(blob))) return 'absent';
  return wanted.length ? 'unknown' : null;
}

/**
 * Return what is still to come of a diary whose feed was not read to its end yet, else null.
 * @param facts `announced`: the last number that the server said it has; `failed`: the last run ended without success
 */
export function comingState(
  { coming, feed: { seq } }: Pick<Root, 'coming' | 'feed'>,
  { announced, offline, failed }: { announced: number | null; offline: boolean; failed: boolean },
): Coming | null {
  if (!coming) return null;
  // Before the first page the number in the root only says that something is to come.
  const total = announced ?? (seq ? seq + coming : null);
  return { here: seq, total, state: offline ? 'offline' : failed ? 'stopped' : 'fetching' };
}

export function countBy<T>(list: T[], key: (item: T) => string | null): Map<string, number> {
  const counts: Map<string, number> = new Map();
  for (const item of list) {
    const value = key(item);
    if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
