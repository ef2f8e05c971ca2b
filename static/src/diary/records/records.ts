/**
 * Records of every kind except entries, files, notes and settings: read, write, take out and put back.
 *
 * Each is versioned and sealed like an entry, with the same ten minutes before it settles. `k/<kind>` lists the
 * records of a kind (record_store.js writes it with them), since nothing else would find them again.
 */
import { SETTLING_MS } from '../../core/constants.js';
import { canonicalText } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { codesOf } from '../../record/reading.js';
import { isTakenOut, currentVersionOf, stepsOf } from '../../record/current_version.js';
import { changesBetween, classifyChanges, sealedAt } from '../../record/record_history.js';
import { ownFields } from './record_store.js';
import { requireOpenOf, afterSaveOf } from '../session/require_open.js';
import { setRoleCode } from './roles.js';
import { latestValues } from './settings.js';
import type { Context, Fields, Open, Batch, Opened, ListRow } from '../types.js';

/** Only the changed fields; null clears one */
type RecordChanges = { fields?: Fields; restricted?: Fields };
/** `two`: two devices changed it at once, both versions stand */
export type ReadRecord = {
  record: string;
  kind: string;
  fields: Fields;
  restricted: Fields;
  taken_out: number | null;
  out_reason: string;
  two: boolean;
  at: number;
  versions: number;
};

export function recordMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const afterSave = afterSaveOf(ctx);
  return {
    readRecords: async (kind: string, { all: includeRemoved = false }: { all?: boolean } = {}) =>
      readKind(requireOpen(), kind, includeRemoved),
    readRecord: async (record: string) => readRecord(requireOpen(), record),
    needsRecordReason: async (record: string, changes: RecordChanges) =>
      needsReason(ctx, requireOpen(), record, changes),
    saveRecord: async (request: RecordChanges & { kind: string; record: string | null; reason?: string }) =>
      afterSave(await saveRecord(ctx, requireOpen(), request)),
    takeOutRecord: async (record: string, reason: string = '') =>
      afterSave(await takeOut(ctx, requireOpen(), record, reason)),
    putBackRecord: async (record: string) => afterSave(await putBack(requireOpen(), record)),
  };
}

/** Return every record of a kind, in feed order, without those taken out. */
export async function readKind(open: Open, kind: string, includeRemoved: boolean = false): Promise<ReadRecord[]> {
  return readByIds(
    open,
    kind,
    kind === 'incident'
      ? open.index.allRows().map(({ record }) => record)
      : ((await open.store.readJson<string[]>(`k/${kind}`)) ?? []),
    includeRemoved,
  );
}

/** Return the entries whose rows match, and those whose rows lack links. Only these are opened, out of thousands. */
export async function readEntriesThat(open: Open, matches: (row: ListRow) => boolean) {
  const rows = open.index.allRows().filter((row) => row.links === undefined || matches(row));
  return readByIds(
    open,
    'incident',
    rows.map(({ record }) => record),
    false,
  );
}

async function readByIds(open: Open, kind: string, records: string[], includeRemoved: boolean): Promise<ReadRecord[]> {
  const results = (await open.book.manyVersions(records)).flatMap(
    ({ record, versions }) => toReadRecord(record, kind, versions) ?? [],
  );
  return includeRemoved ? results : results.filter(({ taken_out }) => taken_out === null);
}

/**
 * Return one record and all its versions.
 * @throws not_found
 */
export async function readRecord(open: Open, record: string) {
  const versions = await open.book.versions(record);
  const kind = versions.find((version) => version.kind)?.kind ?? '';
  const read = toReadRecord(record, kind, versions);
  if (!read) throw new KeptError('not_found');
  const ownVersions = versionsOfKind(versions, kind);
  const versionById = new Map(ownVersions.map((version) => [version.version, version]));
  const { reason: _reason, taken_out: _out, ...combined } = latestValues(ownVersions).fields;
  return {
    ...read,
    /** the changes of both devices combined: a proposal for the keeper to check */
    together: { fields: combined, restricted: latestValues(ownVersions).restricted },
    ends: headsOf(ownVersions).map(({ version, fields, restricted }) => ({
      version,
      fields: ownFields({ fields }),
      restricted,
      at: sealedAt({ fields }) ?? 0,
      here: fields._author?.device === open.identity.device,
    })),
    versions: stepsOf(ownVersions).map((step) => {
      const version = versionById.get(step.version) as Opened;
      const isThisDevice = version.fields._author?.device === open.identity.device;
      return {
        ...step,
        by: isThisDevice ? ('this' as const) : ('other' as const),
        fields: ownFields(version),
        altered: version.altered,
      };
    }),
  };
}

/**
 * Save a new record, or one more version of one. A record that was taken out is put back by it.
 * @throws reason_needed, nothing_to_save
 */
export async function saveRecord(
  ctx: Context,
  open: Open,
  {
    kind,
    record,
    fields = {},
    restricted = {},
    reason = '',
  }: RecordChanges & { kind: string; record: string | null; reason?: string },
): Promise<{ record: string }> {
  const changes = { fields, restricted };
  if (!record) {
    const content = { open: withoutEmpty(fields), restricted: withoutEmpty(restricted) };
    if (!Object.keys(content.open).length && !Object.keys(content.restricted).length)
      throw new KeptError('nothing_to_save');
    const id = formatId(newId());
    await open.store.change(async (root, change) => {
      const batch = open.book.batch(root, change);
      await setRoleCode(open, batch, kind, id, content.open);
      await open.book.stage(batch, { kind, record: id, ...content });
    });
    return { record: id };
  }
  if ((await needsReason(ctx, open, record, changes)) && !reason.trim()) throw new KeptError('reason_needed');
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const { shown, taken_out, two } = await readStanding(open, record, batch);
    const nextVersion = mergeChanges(shown, changes);
    // With two heads, saving what is shown chooses it: both become its parents.
    if (taken_out === null && !two && isUnchanged(shown, nextVersion)) return;
    if (reason.trim()) nextVersion.open.reason = reason.trim();
    await setRoleCode(open, batch, kind, record, nextVersion.open);
    await open.book.stage(batch, {
      kind: shown.kind,
      record,
      ...nextVersion,
      openKeys: shown.keys.open,
      restrictedKeys: shown.keys.restricted,
    });
  });
  return { record };
}

/** Whether this change alters or removes text that was settled. */
async function needsReason(ctx: Context, open: Open, record: string, changes: RecordChanges) {
  const versions = await open.book.versions(record);
  const startedAt = versions[0] && sealedAt(versions[0]);
  if (startedAt && Math.abs(ctx.clock.now() - startedAt) <= SETTLING_MS) return false;
  const { shown } = await readStanding(open, record);
  const nextVersion = mergeChanges(shown, changes);
  return (
    classifyChanges(
      changesBetween(shown, { ...shown, fields: nextVersion.open, restricted: nextVersion.restricted }),
    ) === 'amendment'
  );
}

/** @param reason may be empty: nobody has to say why */
export async function takeOut(ctx: Context, open: Open, record: string, reason: string) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const { shown, taken_out } = await readStanding(open, record, batch);
    if (taken_out !== null) return;
    await open.book.stage(batch, {
      kind: shown.kind,
      record,
      open: withoutEmpty({ taken_out: ctx.clock.now(), reason: reason.trim() }),
    });
  });
  return { record };
}

/** Put back the content that was taken out, as one more version. */
async function putBack(open: Open, record: string) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const { shown, taken_out } = await readStanding(open, record, batch);
    if (taken_out === null || isTakenOut(shown)) return;
    const { open: content, restricted } = mergeChanges(shown, {});
    await open.book.stage(batch, {
      kind: shown.kind,
      record,
      open: content,
      restricted,
      openKeys: shown.keys.open,
      restrictedKeys: shown.keys.restricted,
    });
  });
  return { record };
}

async function readStanding(
  open: Open,
  record: string,
  batch?: Batch,
): Promise<{ shown: Opened; taken_out: number | null; two: boolean }> {
  const versions = await open.book.versions(record, batch);
  const ownVersions = versionsOfKind(versions, versions.find(({ kind }) => kind)?.kind ?? '');
  if (!ownVersions.length) throw new KeptError('not_found');
  return currentVersionOf(ownVersions);
}

/** Return the heads, without versions that only take out. */
function headsOf(ownVersions: Opened[]) {
  const followed = new Set(ownVersions.flatMap(({ fields }) => codesOf(fields, '_parents')));
  return ownVersions.filter((opened) => !followed.has(opened.version) && !isTakenOut(opened));
}

/**
 * Return the versions of this kind: one that did not open has no kind, and one of another kind is not this record's.
 */
function versionsOfKind(versions: Opened[], kind: string) {
  return kind ? versions.filter((version) => version.kind === kind) : [];
}

function toReadRecord(record: string, kind: string, versions: Opened[]): ReadRecord | null {
  const ownVersions = versionsOfKind(versions, kind);
  if (!ownVersions.length) return null;
  const { shown, taken_out, reason, two } = currentVersionOf(ownVersions);
  const { reason: _reason, ...fields } = ownFields(shown);
  return {
    record,
    kind,
    fields,
    restricted: shown.restricted,
    taken_out,
    out_reason: reason,
    two,
    at: sealedAt(ownVersions[0] as Opened) ?? 0,
    versions: ownVersions.length,
  };
}

function mergeChanges(
  previous: Opened,
  { fields = {}, restricted = {} }: RecordChanges,
): { open: Fields; restricted: Fields } {
  const { reason: _reason, taken_out: _out, ...open } = ownFields(previous);
  return {
    open: withoutEmpty({ ...open, ...fields }),
    restricted: withoutEmpty({ ...previous.restricted, ...restricted }),
  };
}

function isUnchanged(previous: Opened, nextVersion: { open: Fields; restricted: Fields }) {
  return canonicalText(mergeChanges(previous, {})) === canonicalText(nextVersion);
}

/** Return the fields without empty values. An empty list or object counts as empty. */
function withoutEmpty(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== null &&
        value !== undefined &&
        value !== '' &&
        !(typeof value === 'object' && !Object.keys(value).length),
    ),
  );
}
