/**
 * Records of every kind but entries, files, notes and settings: read, written, taken out and put back alike.
 *
 * Each is versioned and sealed as an entry is, and the ten minutes of an entry hold here too. `k/<kind>` lists the
 * records of a kind (book.js writes it with them), since nothing else would find them again.
 */
import { canonText } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { codesOf } from '../record/reading.js';
import { isTakenOut, standing, steps } from '../record/standing.js';
import { SETTLING_MS, changesBetween, kindOf, sealedAt } from '../record/told.js';
import { ownFields } from './book.js';
import { insideOf, savedOf } from './inside.js';
import { withCode } from './roles.js';
import { laterWins } from './settings.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./book.js').Batch} Batch */
/** @typedef {import('./book.js').Opened} Opened */
/** @typedef {{fields?: Fields, restricted?: Fields}} Said only what changes; null clears */
/** @typedef {{record: string, kind: string, fields: Fields, restricted: Fields, taken_out: number|null, out_reason: string, two: boolean, at: number, versions: number}} Read `two`: two devices changed it at once, both stand */

/** @param {Context} ctx */
export function recordMethods(ctx) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    readRecords: async (/** @type {string} */ kind, /** @type {{all?: boolean}} */ { all = false } = {}) =>
      readKind(inside(), kind, all),
    readRecord: async (/** @type {string} */ record) => readOne(inside(), record),
    needsRecordReason: async (/** @type {string} */ record, /** @type {Said} */ said) =>
      needsReason(ctx, inside(), record, said),
    saveRecord: async (/** @type {Said & {kind: string, record: string|null, reason?: string}} */ wish) =>
      saved(await saveOne(ctx, inside(), wish)),
    takeOutRecord: async (/** @type {string} */ record, /** @type {string} */ reason = '') =>
      saved(await takeOut(ctx, inside(), record, reason)),
    putBackRecord: async (/** @type {string} */ record) => saved(await putBack(inside(), record)),
  };
}

/** Every record of a kind, in feed order, what was taken out left away. @param {Open} open @param {string} kind @param {boolean} [all] @returns {Promise<Read[]>} */
export async function readKind(open, kind, all = false) {
  return readThese(
    open,
    kind,
    kind === 'incident'
      ? open.index.all().map(({ record }) => record)
      : ((await open.store.readJson(`k/${kind}`)) ?? []),
    all,
  );
}

/**
 * Entries that the list says may be meant; all of them where it does not say. With thousands of them only these are opened.
 * @param {Open} open @param {(row: import('../store/index.js').Row) => boolean} may
 */
export async function readEntriesThat(open, may) {
  const rows = open.index.all().filter((row) => row['links'] === undefined || may(row));
  return readThese(
    open,
    'incident',
    rows.map(({ record }) => record),
    false,
  );
}

/** @param {Open} open @param {string} kind @param {string[]} records @param {boolean} all @returns {Promise<Read[]>} */
async function readThese(open, kind, records, all) {
  const found = (await open.book.manyVersions(records)).flatMap(
    ({ record, versions }) => shownOf(record, kind, versions) ?? [],
  );
  return all ? found : found.filter(({ taken_out }) => taken_out === null);
}

/** One record and all it ever said. @param {Open} open @param {string} record @throws not_found */
export async function readOne(open, record) {
  const versions = await open.book.versions(record);
  const kind = versions.find((version) => version.kind)?.kind ?? '';
  const read = shownOf(record, kind, versions);
  if (!read) throw new KeptError('not_found');
  const own = ofKind(versions, kind);
  const by = new Map(own.map((version) => [version.version, version]));
  const { reason: _reason, taken_out: _out, ...together } = laterWins(own).fields;
  return {
    ...read,
    /** what both devices changed, laid together: a proposal, for a keeper to look at */
    together: { fields: together, restricted: laterWins(own).restricted },
    ends: endsOf(own).map(({ version, fields, restricted }) => ({
      version,
      fields: ownFields(/** @type {any} */ ({ fields })),
      restricted,
      at: sealedAt(/** @type {any} */ ({ fields })) ?? 0,
      here: fields._author?.device === open.identity.device,
    })),
    versions: steps(/** @type {any} */ (own)).map((step) => {
      const version = /** @type {Opened} */ (by.get(step.version));
      const here = version.fields._author?.device === open.identity.device;
      return { ...step, by: here ? 'this' : 'other', fields: ownFields(version), altered: version.altered };
    }),
  };
}

/**
 * A new record, or one more version of one. One that was taken out is put back by it.
 * @param {Context} ctx @param {Open} open @param {Said & {kind: string, record: string|null, reason?: string}} wish
 * @returns {Promise<{record: string}>} @throws reason_needed, nothing_to_save
 */
export async function saveOne(ctx, open, { kind, record, fields = {}, restricted = {}, reason = '' }) {
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
    // Where two stand, saving what is shown says that it is the one: both are its parents.
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

/** Whether this alters or takes away earlier words after they were settled. @param {Context} ctx @param {Open} open @param {string} record @param {Said} said */
async function needsReason(ctx, open, record, said) {
  const versions = await open.book.versions(record);
  const began = versions[0] && sealedAt(/** @type {any} */ (versions[0]));
  if (began && Math.abs(ctx.clock.now() - began) <= SETTLING_MS) return false;
  const { shown } = await standingOf(open, record);
  const next = merged(shown, said);
  return (
    kindOf(
      changesBetween(
        /** @type {any} */ (shown),
        /** @type {any} */ ({ ...shown, fields: next.open, restricted: next.restricted }),
      ),
    ) === 'amendment'
  );
}

/** @param {Context} ctx @param {Open} open @param {string} record @param {string} reason may be empty: nobody has to say why */
async function takeOut(ctx, open, record, reason) {
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

/** The words that were taken out, as one more version. @param {Open} open @param {string} record */
async function putBack(open, record) {
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

/** @param {Open} open @param {string} record @param {Batch} [batch] @returns {Promise<{shown: Opened, taken_out: number|null, two: boolean}>} */
async function standingOf(open, record, batch) {
  const versions = await open.book.versions(record, batch);
  const own = ofKind(versions, versions.find(({ kind }) => kind)?.kind ?? '');
  if (!own.length) throw new KeptError('not_found');
  return /** @type {any} */ (standing(/** @type {any} */ (own)));
}

/** Versions that are the last word of some device, taking out aside. @param {Opened[]} own */
function endsOf(own) {
  const followed = new Set(own.flatMap(({ fields }) => codesOf(fields, '_parents')));
  return own.filter((one) => !followed.has(one.version) && !isTakenOut(one));
}

/** A version that did not open has no kind, and one of another kind is no version of this record. @param {Opened[]} versions @param {string} kind */
function ofKind(versions, kind) {
  return kind ? versions.filter((version) => version.kind === kind) : [];
}

/** @param {string} record @param {string} kind @param {Opened[]} versions @returns {Read|null} */
function shownOf(record, kind, versions) {
  const own = ofKind(versions, kind);
  if (!own.length) return null;
  const { shown, taken_out, reason, two } = standing(/** @type {any} */ (own));
  const { reason: _reason, ...fields } = ownFields(/** @type {any} */ (shown));
  return {
    record,
    kind,
    fields,
    restricted: shown.restricted,
    taken_out,
    out_reason: reason,
    two,
    at: sealedAt(/** @type {any} */ (own[0])) ?? 0,
    versions: own.length,
  };
}

/** @param {Opened} before @param {Said} said @returns {{open: Fields, restricted: Fields}} */
function merged(before, { fields = {}, restricted = {} }) {
  const { reason: _reason, taken_out: _out, ...open } = ownFields(before);
  return { open: present({ ...open, ...fields }), restricted: present({ ...before.restricted, ...restricted }) };
}

/** @param {Opened} before @param {{open: Fields, restricted: Fields}} next */
function isUnchanged(before, next) {
  return canonText(/** @type {any} */ (merged(before, {}))) === canonText(/** @type {any} */ (next));
}

/** An empty list or object says nothing. @param {Fields} fields @returns {Fields} */
function present(fields) {
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
