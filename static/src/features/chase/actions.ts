/**
 * The chase list: everything in the diary with a date to look at. It is rebuilt from the records each time; only the
 * ticks are stored, in the settings. It stays inside the diary: no sound, no notification.
 */
import { dayFault } from '../../record/moments.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { stillHeld } from '../../record/recorders.js';
import { localAt } from '../../record/times.js';
import { isPack } from '../../diary/sharing/exports.js';
import { insideOf } from '../../diary/session/require_open.js';
import { readEntriesThat, readKind } from '../../diary/records/records.js';
import { readSettings, saveSettings } from '../../diary/records/settings.js';
import type { Read } from '../../diary/records/records.js';
import type { Context, Fields, Open } from '../../diary/types.js';

/** `due`: a day, or null */
type Item = {
  key: string;
  what: 'wipe' | 'asked' | 'update' | 'order' | 'download';
  due: string | null;
  record: string;
  kind: string;
  fields: Fields;
  seq_no: number | null;
  detail: Fields;
  done_at: number | null;
};

const DAY = 86_400_000;
const ASK_AGAIN = 7 * DAY;
/** Overwrite dates come first: a camera's pictures are lost for good. */
const ORDER = ['wipe', 'update', 'order', 'asked', 'download'];
const KEPT_TICKS = 500;

export function chaseMethods(ctx: Context) {
  const inside = insideOf(ctx);
  return {
    readChase: async () => readChase(inside()),
    async chaseDone(key: string, done: boolean) {
      const open = inside();
      const { fields } = await readSettings(open);
      const others = objectsOf(fields, 'chase_done').filter((one) => one.key !== key);
      const ticks = done ? [...others, { key, at: ctx.clock.now() }].slice(-KEPT_TICKS) : others;
      await saveSettings(open, { fields: { chase_done: ticks.length ? ticks : null } });
      ctx.show();
      open.syncing.kick();
    },
  };
}

/** @returns sorted by date; on one day overwrite dates first; undated items last */
async function readChase(open: Open): Promise<Item[]> {
  const [entries, reports, orders, packs, { fields: settings }] = await Promise.all([
    readEntriesThat(open, (row) => row.dated !== false),
    readKind(open, 'report'),
    readKind(open, 'order'),
    readKind(open, 'export'),
    readSettings(open),
  ]);
  const numbers = new Map(open.syncing.rows().map((row) => [row.record, row.seq_no]));
  const done = new Map(objectsOf(settings, 'chase_done').map((one) => [textOf(one, 'key'), Number(one.at)]));
  const found = [
    ...entries.flatMap(ofEntry),
    ...reports.flatMap(ofReport),
    ...orders.flatMap(ofOrder),
    ...packs.flatMap(ofPack),
  ];
  return found
    .map((one) => {
      const key = `${one.record}/${one.what}/${one.due ?? ''}/${textOf(one.detail, 'holder')}`;
      return { ...one, key, seq_no: numbers.get(one.record) ?? null, done_at: done.get(key) ?? null };
    })
    .sort((a, b) => (a.due ?? '9').localeCompare(b.due ?? '9') || ORDER.indexOf(a.what) - ORDER.indexOf(b.what));
}

/** Return the value if it is a valid day, else null. */
function dayOf(value: unknown) {
  return typeof value === 'string' && value && !dayFault(value, '', { future: true }) ? value : null;
}

type Found = Omit<Item, 'key' | 'seq_no' | 'done_at'>;

/** Return what may be on camera, and what was requested and has not arrived. */
function ofEntry({ record, kind, fields }: Read): Found[] {
  return stillHeld(fields).flatMap((detail) => {
    const due = dayOf(detail.overwrite_due);
    const asked = dayOf(detail.requested_at);
    const again = asked && localAt(Date.parse(asked) + ASK_AGAIN, 'UTC').slice(0, 10);
    const found: Found[] = again
      ? [{ record, kind, fields, detail, what: 'asked', due: due && due < again ? due : again }]
      : due
        ? [{ record, kind, fields, detail, what: 'wipe', due }]
        : [];
    return found;
  });
}

function ofReport({ record, kind, fields }: Read): Found[] {
  const due = dayOf(fields.next_update_due);
  return due ? [{ record, kind, fields, detail: {}, what: 'update', due }] : [];
}

function ofOrder({ record, kind, fields }: Read): Found[] {
  const due = dayOf(fields.expires_on);
  return due ? [{ record, kind, fields, detail: {}, what: 'order', due }] : [];
}

/** A pack saved on this phone is unencrypted in its downloads. */
function ofPack({ record, kind, fields, at }: Read): Found[] {
  if (!isPack(fields) || fields.delivered_how === 'handover') return [];
  const made = typeof fields.made_at === 'number' ? fields.made_at : at;
  return [{ record, kind, fields, detail: {}, what: 'download', due: localAt(made, 'UTC').slice(0, 10) }];
}
