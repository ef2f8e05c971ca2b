/**
 * Show someone now: one page for the person in front of the keeper, made only of what was ticked.
 *
 * [Note: nothing behind it] The page is first put together as plain text. Then the diary is locked as by any lock, and
 * only that text stays. No way leads back into the diary because no diary is open: a person who holds the phone meets
 * the lock on every way out.
 */
import { KeptError } from '../../core/errors.js';
import { isLeftOutOfPacks, textOf } from '../../record/reading.js';
import { makeUrl, locateFile } from '../../diary/attachments/reading_files.js';
import { readPeople } from '../../diary/records/registers.js';
import { readKind, readRecord } from '../../diary/records/records.js';
import { readSettings } from '../../diary/records/settings.js';
import { endShowing } from '../../diary/session/ending_show.js';
import { isUnseen } from '../../record/sitting.js';
import type { ReadRecord } from '../../diary/records/records.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { Section } from '../../diary/types.js';
import type { Block } from '../../diary/types.js';
import type { Showable } from '../../shell/app.js';

export const SHOW_DURATION_MS = 180_000;
const MAX_RECENT = 20;

/**
 * Return what can be shown. `record` (with `kind`) is an entry or an order to show first. `records` are several
 * entries, none of them first.
 * @throws locked
 */
export async function readForShow(
  { open }: Context,
  {
    record,
    kind,
    records = [],
  }: { record?: string | undefined; kind?: string | undefined; records?: readonly string[] | undefined },
): Promise<Showable> {
  if (!open) throw new KeptError('locked');
  const rows = open.syncing.rows().filter((row) => row.taken_out === null && row.erased === null);
  // An entry that is left out of packs is not offered, counted or dated, unless it was opened to be shown.
  const leftOut = new Set(
    (await readKind(open, 'incident')).filter(({ fields }) => isLeftOutOfPacks(fields)).map((entry) => entry.record),
  );
  const offered = rows.filter((row) => !leftOut.has(row.record));
  const startTimes = offered
    .map((row) => row.occurred.occurred_start)
    .filter((at) => typeof at === 'number')
    .sort((a, b) => a - b);
  const newest = [...offered]
    .sort((a, b) => (b.occurred.occurred_start ?? b.recorded_at) - (a.occurred.occurred_start ?? a.recorded_at))
    .slice(0, MAX_RECENT);
  const focused = record && kind !== 'order' ? rows.find((row) => row.record === record) : undefined;
  const wantedIds = new Set(records);
  const picked = rows.filter((row) => row === focused || wantedIds.has(row.record));
  const entries = [...picked.filter((row) => !newest.includes(row)), ...newest];
  const [shownEntries, people, accounts, vehicles, orders, reports, settings] = await Promise.all([
    Promise.all(
      entries.map(async (row) => ({
        record: row.record,
        seq_no: row.seq_no,
        ...fieldsOf(await readRecord(open, row.record)),
      })),
    ),
    readPeople(open),
    readKind(open, 'account'),
    readKind(open, 'vehicle'),
    readKind(open, 'order'),
    readKind(open, 'report'),
    readSettings(open),
  ]);
  return {
    entries: shownEntries,
    first: records.length ? null : (focused?.record ?? newest[0]?.record ?? null),
    picked: records.length ? picked.map((row) => row.record) : [],
    count: offered.length,
    since: startTimes[0] ?? null,
    people: people.filter(({ fields }) => fields.role === 'suspect' && !textOf(fields, 'merged_into')),
    accounts,
    vehicles,
    orders,
    reports,
    settings,
    pictures: await orderPictures(open, orders),
  };
}

const fieldsOf = ({ fields, restricted }: { fields: Fields; restricted: Fields }) => ({ fields, restricted });

/** Return each order's picture; `safe`: the keeper has reviewed it and it does not show where they live. */
async function orderPictures(open: Open, orders: ReadRecord[]) {
  const pictures: Record<string, { attachment: string; safe: boolean }> = {};
  for (const { record, fields } of orders) {
    const attachment = textOf(fields, 'copy_attachment_id');
    const file = attachment ? await open.book.newest(attachment).catch(() => null) : null;
    if (file?.kind !== 'attachment' || file.fields.taken_out !== undefined || isUnseen(file.fields)) continue;
    const safe =
      Boolean(file.fields.looked_at) &&
      file.fields.sensitivity === 'normal' &&
      file.restricted.shows_where_i_live !== true;
    pictures[record] = { attachment, safe };
  }
  return pictures;
}

/** Put the ticked text and pictures on the screen and lock the diary behind them. */
export async function showNow(
  ctx: Context,
  sections: Section[],
  lockBehind: (showing: { sections: Section[]; until: number }) => Promise<void>,
) {
  const { open } = ctx;
  if (!open) throw new KeptError('locked');
  const shownSections = [];
  for (const section of sections)
    shownSections.push({
      title: section.title,
      blocks: await Promise.all(section.blocks.map((block) => resolvePicture(ctx, open, block))),
    });
  const until = ctx.clock.now() + SHOW_DURATION_MS;
  await lockBehind({ sections: shownSections, until });
  ctx.timers.after(SHOW_DURATION_MS, () => endIfExpired(ctx, until));
}

/** Give a picture its own URL, which outlives the lock of the diary and ends with the page. */
async function resolvePicture(ctx: Context, open: Open, { picture, ...block }: Block): Promise<Block> {
  if (!picture) return block;
  const file = await locateFile(open, picture, 'print', []).catch(() => null);
  const image = file && (await makeUrl(open, file, ctx.objectUrl).catch(() => null));
  if (!image) return block;
  open.urls.delete(image.url);
  return { ...block, url: image.url };
}

/** Go to the lock when the time is over, unless this page has ended already. */
function endIfExpired(ctx: Context, until: number) {
  if (ctx.screen.state.showing?.until === until) endShowing(ctx);
}
