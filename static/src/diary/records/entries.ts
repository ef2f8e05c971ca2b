/** Read an entry: its current text, all its versions, its files and its note. */
import { KeptError } from '../../core/errors.js';
import { standing, steps } from '../../record/current_version.js';
import { ownFields } from './record_store.js';
import { erasingOf } from '../erasing/erasing.js';
import { endsOf, sayDifferently } from './merging.js';
import { countBy, shownAttachment, stateOf } from '../index/showing.js';
import { filesOut, givenTo } from '../erasing/takeout.js';
import type { EntryState, Open, Opened, Half, Unsaved } from '../types.js';

export async function readEntry(open: Open, record: string, now: { sending: boolean; offline: boolean }) {
  const all = await open.book.versions(record);
  const versions = all.filter(({ kind }) => kind === 'incident');
  if (!versions.length) throw new KeptError(all.some(({ altered }) => altered) ? 'altered' : 'not_found');
  const { shown: newest, taken_out } = standing(versions);
  const row = open.index.find(record);
  // A row is bound to the version it was made from. If it does not match, it is rebuilt with the rest at the next
  // unlock.
  if (row && row.v !== undefined && !String(row.v).startsWith(newest.version)) open.index.suspect = true;
  // Row and record are written together. A row of a version that the record lacks means that the record was replaced
  // by an older copy.
  if (row?.v && !all.some(({ version }) => String(row.v).startsWith(version))) open.book.doubt();
  const shown = open.syncing.rows().find((one) => one.record === record);
  const ids = Array.isArray(newest.fields.attachment_ids) ? newest.fields.attachment_ids : [];
  const attachments = [];
  await open.book.manyVersions(ids); // one read from the store for all of them: an entry may have hundreds
  const out = await filesOut(open, ids);
  for (const id of ids.filter((one: string) => !out.some(({ attachment }) => attachment === one))) {
    const file = await open.book.newest(id).catch(() => null);
    if (file) attachments.push(shownAttachment(file, fileState(open, file, row, now)));
  }
  return {
    record,
    seq_no: shown?.seq_no ?? null,
    fields: ownFields(newest),
    restricted: newest.restricted,
    attachments,
    note: await readNote(open, record),
    unsaved: await open.store.readJson<Unsaved>(`u/${record}`),
    half: await open.store.readJson<Half>(`uw/${record}`),
    state: shown?.state ?? { code: 'sealed', at: null },
    flags: row?.flags ?? [],
    versions: told(open, versions, await placesOf(open, record)),
    taken_out,
    ends: await lookedAt(open, record),
    files_out: out,
    given: await givenTo(open, record),
    erasing: erasingOf(open, record),
  };
}

/** @returns '' when there is none */
export async function readNote(open: Open, incident: string): Promise<string> {
  const there = await open.store.readJson<{ note: string }>(`n/${incident}`);
  if (!there) return '';
  const note = await open.book.newest(there.note).catch(() => null);
  return typeof note?.fields.text === 'string' ? note.fields.text : '';
}

/** Return the two versions that the keeper has to compare, where their content differs. */
async function lookedAt(open: Open, record: string) {
  const ends = await endsOf(open, record);
  return sayDifferently(ends) ? ends : [];
}

/** Return, for each version, when the server received it and whether that is on its public log. */
async function placesOf(open: Open, record: string) {
  const { log, account } = open.store.root;
  if (!account.registered) return new Map();
  const meta = await open.book.meta(record);
  const proved = log?.proved ?? 0;
  return new Map(meta?.versions.map(({ v, at, seq }) => [v, { kept_at: at, listed: seq !== null && seq <= proved }]));
}

/** Return every version with its changes, oldest first. */
function told(open: Open, versions: Opened[], places: Map<string, { kept_at: number | null; listed: boolean }>) {
  const by = new Map(versions.map((version) => [version.version, version]));
  return steps(versions).map((step) => {
    const version = by.get(step.version) as Opened;
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
  { store }: Open,
  file: Opened,
  row: { kept_at?: number | null; unproved?: boolean } | null,
  { sending, offline }: { sending: boolean; offline: boolean },
): EntryState {
  const { root } = store;
  const blobs = new Set([...file.keys.open, ...file.keys.restricted].map(([blob]) => blob));
  const files = root.uploads.filter((one) => blobs.has(one.blob)).length;
  const words = countBy(root.outbox, ({ record }) => record).get(file.record) ?? 0;
  const facts = { registered: root.account.registered, troubles: root.troubles, sending, offline };
  if (files > 0 && root.account.registered) return { code: sending && !offline ? 'sending' : 'sealed', at: null };
  const absent = root.fetch.filter((one) => blobs.has(one.blob)).length;
  return stateOf(
    { record: file.record, kept_at: row?.kept_at ?? null, unproved: row?.unproved ?? false },
    words,
    files,
    facts,
    absent,
  );
}
