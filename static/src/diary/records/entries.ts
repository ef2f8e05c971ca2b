/** Read an entry: its current text, all its versions, its files and its note. */
import { KeptError } from '../../core/errors.js';
import { currentVersionOf, filesOf, stepsOf } from '../../record/current_version.js';
import { ownFields } from './record_store.js';
import { erasureOf } from '../erasing/erasing.js';
import { headVersions, differInContent } from './merging.js';
import { countBy, missingFiles, shownAttachment, entryState } from '../index/showing.js';
import { readTakenOutFiles, disclosuresOf } from '../erasing/takeout.js';
import type { EntryState, Open, Opened, UnsavedText, UnsavedCard } from '../types.js';

export async function readEntry(open: Open, record: string, syncState: { sending: boolean; offline: boolean }) {
  const allVersions = await open.book.versions(record);
  const versions = allVersions.filter(({ kind }) => kind === 'incident');
  if (!versions.length) throw new KeptError(allVersions.some(({ altered }) => altered) ? 'altered' : 'not_found');
  const { shown: newest, taken_out } = currentVersionOf(versions);
  const row = open.index.findRow(record);
  // A row is bound to the version it was made from. If it does not match, it is rebuilt with the rest at the next
  // unlock.
  if (row && row.v !== undefined && !String(row.v).startsWith(newest.version)) open.index.isSuspect = true;
  // Row and record are written together. A row of a version that the record lacks means that the record was replaced
  // by an older copy.
  if (row?.v && !allVersions.some(({ version }) => String(row.v).startsWith(version))) open.book.doubt();
  const displayedRow = open.syncing.rows().find((item) => item.record === record);
  const ids = filesOf(versions);
  const attachments = [];
  await open.book.manyVersions(ids); // one read from the store for all of them: an entry may have hundreds
  const takenOutFiles = await readTakenOutFiles(open, ids);
  for (const id of ids.filter((item) => !takenOutFiles.some(({ attachment }) => attachment === item))) {
    const file = await open.book.newest(id).catch(() => null);
    if (file) attachments.push(shownAttachment(file, fileState(open, file, row, syncState)));
  }
  return {
    record,
    seq_no: displayedRow?.seq_no ?? null,
    fields: ownFields(newest),
    restricted: newest.restricted,
    attachments,
    note: await readNote(open, record),
    unsaved: await open.store.readJson<UnsavedCard>(`u/${record}`),
    half: await open.store.readJson<UnsavedText>(`uw/${record}`),
    state: displayedRow?.state ?? { code: 'sealed', at: null },
    flags: row?.flags ?? [],
    versions: describeVersions(open, versions, await receiptsByVersion(open, record)),
    taken_out,
    ends: await differingHeads(open, record),
    files_out: takenOutFiles,
    given: await disclosuresOf(open, record),
    erasing: erasureOf(open, record),
  };
}

/** @returns '' when there is none */
export async function readNote(open: Open, incident: string): Promise<string> {
  const link = await open.store.readJson<{ note: string }>(`n/${incident}`);
  if (!link) return '';
  const note = await open.book.newest(link.note).catch(() => null);
  return typeof note?.fields.text === 'string' ? note.fields.text : '';
}

/** Return the two versions that the keeper has to compare, where their content differs. */
async function differingHeads(open: Open, record: string) {
  const ends = await headVersions(open, record);
  return differInContent(ends) ? ends : [];
}

/**
 * Return, for each version, when the server received it, whether that is on its public log, and whether this browser
 * could not check the receipt: such a version is not shown as backed up.
 */
async function receiptsByVersion(open: Open, record: string) {
  const { log, account } = open.store.root;
  if (!account.registered) return new Map();
  const meta = await open.book.meta(record);
  const proved = log?.proved ?? 0;
  return new Map(
    meta?.versions.map(({ v, at, seq, checked }) => [
      v,
      { kept_at: at, listed: seq !== null && seq <= proved, unproved: checked === false },
    ]),
  );
}

/** Return every version with its changes, oldest first. */
function describeVersions(
  open: Open,
  versions: Opened[],
  places: Map<string, { kept_at: number | null; listed: boolean; unproved: boolean }>,
) {
  const versionById = new Map(versions.map((version) => [version.version, version]));
  return stepsOf(versions).map((step) => {
    const version = versionById.get(step.version) as Opened;
    const isMerge =
      Array.isArray(version.fields._parents) &&
      version.fields._parents.length > 1 &&
      step.kind !== 'taken_out' &&
      step.kind !== 'put_back';
    return {
      ...step,
      kind: isMerge ? ('merged' as const) : step.kind,
      by: version.fields._author?.borrowed
        ? ('borrowed' as const)
        : version.fields._author?.device === open.identity.device
          ? ('this' as const)
          : ('other' as const),
      fields: ownFields(version),
      altered: version.altered,
      ...places.get(step.version),
    };
  });
}

export function fileState(
  { store, syncing }: Open,
  file: Opened,
  row: { kept_at?: number | null; unproved?: boolean } | null,
  { sending, offline }: { sending: boolean; offline: boolean },
): EntryState {
  const { root } = store;
  const blobs = new Set([...file.keys.open, ...file.keys.restricted].map(([blob]) => blob));
  const unsentFiles = root.uploads.filter((item) => blobs.has(item.blob)).length;
  const unsentVersions = countBy(root.outbox, ({ record }) => record).get(file.record) ?? 0;
  const syncState = { registered: root.account.registered, troubles: root.troubles, sending, offline };
  if (unsentFiles > 0 && root.account.registered) return { code: sending && !offline ? 'sending' : 'sealed', at: null };
  const downloads = root.fetch.filter((item) => blobs.has(item.blob));
  return entryState(
    { record: file.record, kept_at: row?.kept_at ?? null, unproved: row?.unproved ?? false },
    unsentVersions,
    unsentFiles,
    syncState,
    missingFiles(downloads, syncing.absentFiles, offline),
  );
}
