/**
 * The one settings record of a diary. Where two devices wrote at once, the later value of each field wins: nobody has
 * to merge a switch and a language by hand.
 */
import { canonicalText } from '../../core/encoding.js';
import { codesOf } from '../../record/reading.js';
import { ownFields } from './record_store.js';
import type { Fields, Open, Batch, Opened } from '../types.js';

export async function readSettings(open: Open, batch?: Batch): Promise<{ fields: Fields; restricted: Fields }> {
  const record = (batch?.root ?? open.store.root).settings;
  if (!record) return { fields: {}, restricted: {} };
  return latestValues((await open.book.versions(record, batch)).filter(({ kind }) => kind === 'settings'));
}

/** Save only the changed fields; null clears one. Settings are not evidence: no reason is required. */
export async function saveSettings(
  open: Open,
  { fields = {}, restricted = {} }: { fields?: Fields; restricted?: Fields },
) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const previous = await readSettings(open, batch);
    const nextValues = {
      fields: withoutEmpty({ ...previous.fields, ...fields }),
      restricted: withoutEmpty({ ...previous.restricted, ...restricted }),
    };
    if (canonicalText(nextValues) === canonicalText(previous)) return;
    const { record } = await open.book.stage(batch, {
      kind: 'settings',
      ...(root.settings ? { record: root.settings } : {}),
      open: nextValues.fields,
      restricted: nextValues.restricted,
    });
    root.settings = record;
  });
}

/** Apply the changes of each version in feed order. */
export function latestValues(versions: Opened[]) {
  const versionById = new Map(versions.map((opened) => [opened.version, opened]));
  const merged: { fields: Fields; restricted: Fields } = { fields: {}, restricted: {} };
  for (const version of versions) {
    const parent = codesOf(version.fields, '_parents')
      .map((id) => versionById.get(id))
      .find(Boolean);
    applyChanges(merged.fields, parent ? ownFields(parent) : {}, ownFields(version));
    applyChanges(merged.restricted, parent?.restricted ?? {}, version.restricted);
  }
  return merged;
}

function applyChanges(target: Fields, previous: Fields, current: Fields) {
  for (const name of new Set([...Object.keys(previous), ...Object.keys(current)])) {
    if (canonicalText(previous[name] ?? null) === canonicalText(current[name] ?? null)) continue;
    if (current[name] === undefined) delete target[name];
    else target[name] = current[name];
  }
}

function withoutEmpty(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
}
