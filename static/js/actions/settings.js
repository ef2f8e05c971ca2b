/**
 * The one settings record of a diary. Where two devices wrote at once, each field is the later one's: nobody is asked to
 * bring a switch and a language together by hand.
 */
import { canonText } from '../core/encoding.js';
import { codesOf } from '../record/reading.js';
import { ownFields } from './book.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./book.js').Opened} Opened */
/** @typedef {import('./book.js').Batch} Batch */

/** @param {Open} open @param {Batch} [batch] @returns {Promise<{fields: Fields, restricted: Fields}>} */
export async function readSettings(open, batch) {
  const record = (batch?.root ?? open.store.root).settings;
  if (!record) return { fields: {}, restricted: {} };
  return laterWins((await open.book.versions(record, batch)).filter(({ kind }) => kind === 'settings'));
}

/**
 * Only what changes; null clears. Settings are no words about what happened: no reason is asked.
 * @param {Open} open @param {{fields?: Fields, restricted?: Fields}} said
 */
export async function saveSettings(open, { fields = {}, restricted = {} }) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const before = await readSettings(open, batch);
    const next = {
      fields: present({ ...before.fields, ...fields }),
      restricted: present({ ...before.restricted, ...restricted }),
    };
    if (canonText(next) === canonText(before)) return;
    const { record } = await open.book.stage(batch, {
      kind: 'settings',
      ...(root.settings ? { record: root.settings } : {}),
      open: next.fields,
      restricted: next.restricted,
    });
    root.settings = record;
  });
}

/** What each version changed, laid over what came before it in the feed. @param {Opened[]} versions */
export function laterWins(versions) {
  const known = new Map(versions.map((one) => [one.version, one]));
  /** @type {{fields: Fields, restricted: Fields}} */
  const now = { fields: {}, restricted: {} };
  for (const version of versions) {
    const parent = codesOf(version.fields, '_parents')
      .map((id) => known.get(id))
      .find(Boolean);
    lay(now.fields, parent ? ownFields(parent) : {}, ownFields(version));
    lay(now.restricted, parent?.restricted ?? {}, version.restricted);
  }
  return now;
}

/** @param {Fields} now @param {Fields} was @param {Fields} said */
function lay(now, was, said) {
  for (const name of new Set([...Object.keys(was), ...Object.keys(said)])) {
    if (canonText(was[name] ?? null) === canonText(said[name] ?? null)) continue;
    if (said[name] === undefined) delete now[name];
    else now[name] = said[name];
  }
}

/** @param {Fields} fields @returns {Fields} */
function present(fields) {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
}
