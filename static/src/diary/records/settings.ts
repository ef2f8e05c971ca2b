/**
 * The one settings record of a diary. Where two devices wrote at once, the later value of each field wins: nobody has
 * to merge a switch and a language by hand.
 */
import { canonText } from '../../core/encoding.js';
import { codesOf } from '../../record/reading.js';
import { ownFields } from './record_store.js';
import type { Fields, Open, Batch, Opened } from '../types.js';

export async function readSettings(open: Open, batch?: Batch): Promise<{ fields: Fields; restricted: Fields }> {
  const record = (batch?.root ?? open.store.root).settings;
  if (!record) return { fields: {}, restricted: {} };
  return laterWins((await open.book.versions(record, batch)).filter(({ kind }) => kind === 'settings'));
}

/** Save only the changed fields; null clears one. Settings are not evidence: no reason is required. */
export async function saveSettings(
  open: Open,
  { fields = {}, restricted = {} }: { fields?: Fields; restricted?: Fields },
) {
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

/** Apply the changes of each version in feed order. */
export function laterWins(versions: Opened[]) {
  const known = new Map(versions.map((one) => [one.version, one]));
  const now: { fields: Fields; restricted: Fields } = { fields: {}, restricted: {} };
  for (const version of versions) {
    const parent = codesOf(version.fields, '_parents')
      .map((id) => known.get(id))
      .find(Boolean);
    lay(now.fields, parent ? ownFields(parent) : {}, ownFields(version));
    lay(now.restricted, parent?.restricted ?? {}, version.restricted);
  }
  return now;
}

function lay(now: Fields, was: Fields, said: Fields) {
  for (const name of new Set([...Object.keys(was), ...Object.keys(said)])) {
    if (canonText(was[name] ?? null) === canonText(said[name] ?? null)) continue;
    if (said[name] === undefined) delete now[name];
    else now[name] = said[name];
  }
}

function present(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
}
