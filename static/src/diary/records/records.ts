/**
 * Records of every kind except entries, files, notes and settings: read, write, take out and put back.
 *
 * Each is versioned and sealed like an entry, with the same ten minutes before it settles. `k/<kind>` lists the
 * records of a kind (record_store.js writes it with them), since nothing else would find them again.
 */
import { canonText } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { idText, newId } from '../../core/ids.js';
import { codesOf } from '../../record/reading.js';
import { isTakenOut, standing, steps } from '../../record/current_version.js';
import { SETTLING_MS, changesBetween, kindOf, sealedAt } from '../../record/record_history.js';
import { ownFields } from './record_store.js';
import { insideOf, savedOf } from '../session/require_open.js';
import { withCode } from './roles.js';
import { laterWins } from './settings.js';
import type { Context, Fields, Open, Batch, Opened, ListRow } from '../types.js';

/** Only the changed fields; null clears one */
type Said = { fields?: Fields; restricted?: Fields };
/** `two`: two devices changed it at once, both versions stand */
export type Read = {
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
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    readRecords: async (kind: string, { all = false }: { all?: boolean } = {}) => readKind(inside(), kind, all),
    readRecord: async (record: string) => readOne(inside(), record),
    needsRecordReason: async (record: string, said: Said) => needsReason(ctx, inside(), record, said),
    saveRecord: async (wish: Said & { kind: string; record: string | null; reason?: string }) =>
      saved(await saveOne(ctx, inside(), wish)),
    takeOutRecord: async (record: string, reason: string = '') => saved(await takeOut(ctx, inside(), record, reason)),
    putBackRecord: async (record: string) => saved(await putBack(inside(), record)),
  };
}

/** Return every record of a kind, in feed order, without those taken out. */
export async function readKind(open: Open, kind: string, all: boolean = false): Promise<Read[]> {
  return readThese(
    open,
    kind,
    kind === 'incident'
      ? open.index.all().map(({ record }) => record)
      : ((await open.store.readJson<string[]>(`k/${kind}`)) ?? []),
    all,
  );
}

/** Return the entries whose rows match, and those whose rows lack links. Only these are opened, out of thousands. */
export async function readEntriesThat(open: Open, may: (row: ListRow) => boolean) {
  const rows = open.index.all().filter((row) => row.links === undefined || may(row));
  return readThese(
    open,
    'incident',
    rows.map(({ record }) => record),
    false,
  );
}

async function readThese(open: Open, kind: string, records: string[], all: boolean): Promise<Read[]> {
  const found = (await open.book.manyVersions(records)).flatMap(
    ({ record, versions }) => shownOf(record, kind, versions) ?? [],
  );
  return all ? found : found.filter(({ taken_out }) => taken_out === null);
}

/**
 * Return one record and all its versions.
 * @throws not_found
 */
export async function readOne(open: Open, record: string) {
  const versions = await open.book.versions(record);
  const kind = versions.find((version) => version.kind)?.kind ?? '';
  const read = shownOf(record, kind, versions);
  if (!read) throw new KeptError('not_found');
  const own = ofKind(versions, kind);
  const by = new Map(own.map((version) => [version.version, version]));
  const { reason: _reason, taken_out: _out, ...together } = laterWins(own).fields;
  return {
    ...read,
    /** the changes of both devices combined: a proposal for the keeper to check */
    together: { fields: together, restricted: laterWins(own).restricted },
    ends: endsOf(own).map(({ version, fields, restricted }) => ({
      version,
      fields: ownFields({ fields }),
      restricted,
      at: sealedAt({ fields }) ?? 0,
      here: fields._author?.device === open.identity.device,
    })),
    versions: steps(own).map((step) => {
      const version = by.get(step.version) as Opened;
      const here = version.fields._author?.device === open.identity.device;
      return {
        ...step,
        by: here ? ('this' as const) : ('other' as const),
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
export async function saveOne(
  ctx: Context,
  open: Open,
  {
    kind,
    record,
    fields = {},
    restricted = {},
    reason = '',
  }: Said & { kind: string; record: string | null; reason?: string },
): Promise<{ record: string }> {
  const said = { fields, restricted };
  if (!record) {
    const first = { open: present(fields), restricted: present(restricted) };
    if (!Object.keys(first.open).length && !Object.keys(first.restricted).length)
      throw new KeptError('nothing_to_save');
    const made = idText(newId());
    await open.store.change(async (root, change) => {
      const batch = open.book.batch(root, change);
      await withCode(open, batch, kind, made, first.open);
      await open.book.stage(batch, { kind, record: made, ...first });
    });
    return { record: made };
  }
  if ((await needsReason(ctx, open, record, said)) && !reason.trim()) throw new KeptError('reason_needed');
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const { shown, taken_out, two } = await standingOf(open, record, batch);
    const next = merged(shown, said);
    // With two heads, saving what is shown chooses it: both become its parents.
    if (taken_out === null && !two && isUnchanged(shown, next)) return;
    if (reason.trim()) next.open.reason = reason.trim();
    await withCode(open, batch, kind, record, next.open);
    await open.book.stage(batch, {
      kind: shown.kind,
      record,
      ...next,
      openKeys: shown.keys.open,
      restrictedKeys: shown.keys.restricted,
    });
  });
  return { record };
}

/** Whether this change alters or removes text that was settled. */
async function needsReason(ctx: Context, open: Open, record: string, said: Said) {
  const versions = await open.book.versions(record);
  const began = versions[0] && sealedAt(versions[0]);
  if (began && Math.abs(ctx.clock.now() - began) <= SETTLING_MS) return false;
  const { shown } = await standingOf(open, record);
  const next = merged(shown, said);
  return kindOf(changesBetween(shown, { ...shown, fields: next.open, restricted: next.restricted })) === 'amendment';
}

/** @param reason may be empty: nobody has to say why */
async function takeOut(ctx: Context, open: Open, record: string, reason: string) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const { shown, taken_out } = await standingOf(open, record, batch);
    if (taken_out !== null) return;
    await open.book.stage(batch, {
      kind: shown.kind,
      record,
      open: present({ taken_out: ctx.clock.now(), reason: reason.trim() }),
    });
  });
  return { record };
}

/** Put back the content that was taken out, as one more version. */
async function putBack(open: Open, record: string) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const { shown, taken_out } = await standingOf(open, record, batch);
    if (taken_out === null || isTakenOut(shown)) return;
    const { open: words, restricted } = merged(shown, {});
    await open.book.stage(batch, {
      kind: shown.kind,
      record,
      open: words,
      restricted,
      openKeys: shown.keys.open,
      restrictedKeys: shown.keys.restricted,
    });
  });
  return { record };
}

async function standingOf(
  open: Open,
  record: string,
  batch?: Batch,
): Promise<{ shown: Opened; taken_out: number | null; two: boolean }> {
  const versions = await open.book.versions(record, batch);
  const own = ofKind(versions, versions.find(({ kind }) => kind)?.kind ?? '');
  if (!own.length) throw new KeptError('not_found');
  return standing(own);
}

/** Return the heads, without versions that only take out. */
function endsOf(own: Opened[]) {
  const followed = new Set(own.flatMap(({ fields }) => codesOf(fields, '_parents')));
  return own.filter((one) => !followed.has(one.version) && !isTakenOut(one));
}

/**
 * Return the versions of this kind: one that did not open has no kind, and one of another kind is not this record's.
 */
function ofKind(versions: Opened[], kind: string) {
  return kind ? versions.filter((version) => version.kind === kind) : [];
}

function shownOf(record: string, kind: string, versions: Opened[]): Read | null {
  const own = ofKind(versions, kind);
  if (!own.length) return null;
  const { shown, taken_out, reason, two } = standing(own);
  const { reason: _reason, ...fields } = ownFields(shown);
  return {
    record,
    kind,
    fields,
    restricted: shown.restricted,
    taken_out,
    out_reason: reason,
    two,
    at: sealedAt(own[0] as Opened) ?? 0,
    versions: own.length,
  };
}

function merged(before: Opened, { fields = {}, restricted = {} }: Said): { open: Fields; restricted: Fields } {
  const { reason: _reason, taken_out: _out, ...open } = ownFields(before);
  return { open: present({ ...open, ...fields }), restricted: present({ ...before.restricted, ...restricted }) };
}

function isUnchanged(before: Opened, next: { open: Fields; restricted: Fields }) {
  return canonText(merged(before, {})) === canonText(next);
}

/** Return the fields without empty values. An empty list or object counts as empty. */
function present(fields: Fields): Fields {
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
