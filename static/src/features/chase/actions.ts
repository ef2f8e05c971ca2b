/**
 * The chase list: everything in the diary with a date to look at. It is rebuilt from the records each time; only the
 * ticks are stored, in the settings. It stays inside the diary: no sound, no notification.
 */
import { dayFault } from '../../record/moments.js';
import { objectsOf, textOf } from '../../record/reading.js';
import { outstandingRecordings } from '../../record/recorders.js';
import { localAt } from '../../record/times.js';
import { isPack } from '../../diary/sharing/exports.js';
import { requireOpenOf } from '../../diary/session/require_open.js';
import { readEntriesThat, readKind } from '../../diary/records/records.js';
import { readSettings, saveSettings } from '../../diary/records/settings.js';
import type { ReadRecord } from '../../diary/records/records.js';
import type { Context, Fields, Open } from '../../diary/types.js';

/** `due`: a day, or null */
type ChaseItem = {
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

const DAY_MS = 86_400_000;
const ASK_AGAIN_MS = 7 * DAY_MS;
/** Overwrite dates come first: a camera's pictures are lost for good. */
const WHAT_ORDER = ['wipe', 'update', 'order', 'asked', 'download'];
const MAX_TICKS = 500;

export function chaseMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  return {
    readChase: async () => readChase(requireOpen()),
    async chaseDone(key: string, isDone: boolean) {
      const open = requireOpen();
      const { fields } = await readSettings(open);
      const otherTicks = objectsOf(fields, 'chase_done').filter((tick) => tick.key !== key);
      const ticks = isDone ? [...otherTicks, { key, at: ctx.clock.now() }].slice(-MAX_TICKS) : otherTicks;
      await saveSettings(open, { fields: { chase_done: ticks.length ? ticks : null } });
      ctx.show();
      open.syncing.kick();
    },
  };
}

/** @returns sorted by date; on one day overwrite dates first; undated items last */
async function readChase(open: Open): Promise<ChaseItem[]> {
  const [entries, reports, orders, packs, { fields: settings }] = await Promise.all([
    readEntriesThat(open, (row) => row.dated !== false),
    readKind(open, 'report'),
    readKind(open, 'order'),
    readKind(open, 'export'),
    readSettings(open),
  ]);
  const numbers = new Map(open.syncing.rows().map((row) => [row.record, row.seq_no]));
  const doneTimes = new Map(objectsOf(settings, 'chase_done').map((item) => [textOf(item, 'key'), Number(item.at)]));
  const items = [
    ...entries.flatMap(entryItems),
    ...reports.flatMap(reportItems),
    ...orders.flatMap(orderItems),
    ...packs.flatMap(packItems),
  ];
  return items
    .map((item) => {
      const key = `${item.record}/${item.what}/${item.due ?? ''}/${textOf(item.detail, 'holder')}`;
      return { ...item, key, seq_no: numbers.get(item.record) ?? null, done_at: doneTimes.get(key) ?? null };
    })
    .sort(
      (a, b) => (a.due ?? '9').localeCompare(b.due ?? '9') || WHAT_ORDER.indexOf(a.what) - WHAT_ORDER.indexOf(b.what),
    );
}

/** Return the value if it is a valid day, else null. */
function validDay(value: unknown) {
  return typeof value === 'string' && value && !dayFault(value, '', { future: true }) ? value : null;
}

type NewItem = Omit<ChaseItem, 'key' | 'seq_no' | 'done_at'>;

/** Return what may be on camera, and what was requested and has not arrived. */
function entryItems({ record, kind, fields }: ReadRecord): NewItem[] {
  return outstandingRecordings(fields).flatMap((detail) => {
    const due = validDay(detail.overwrite_due);
    const requestedOn = validDay(detail.requested_at);
    const askAgainOn = requestedOn && localAt(Date.parse(requestedOn) + ASK_AGAIN_MS, 'UTC').slice(0, 10);
    const items: NewItem[] = askAgainOn
      ? [{ record, kind, fields, detail, what: 'asked', due: due && due < askAgainOn ? due : askAgainOn }]
      : due
        ? [{ record, kind, fields, detail, what: 'wipe', due }]
        : [];
    return items;
  });
}

function reportItems({ record, kind, fields }: ReadRecord): NewItem[] {
  const due = validDay(fields.next_update_due);
  return due ? [{ record, kind, fields, detail: {}, what: 'update', due }] : [];
}

function orderItems({ record, kind, fields }: ReadRecord): NewItem[] {
  const due = validDay(fields.expires_on);
  return due ? [{ record, kind, fields, detail: {}, what: 'order', due }] : [];
}

/** A pack saved on this phone is unencrypted in its downloads. */
function packItems({ record, kind, fields, at }: ReadRecord): NewItem[] {
  if (!isPack(fields) || fields.delivered_how === 'handover') return [];
  const madeAt = typeof fields.made_at === 'number' ? fields.made_at : at;
  return [{ record, kind, fields, detail: {}, what: 'download', due: localAt(madeAt, 'UTC').slice(0, 10) }];
}
