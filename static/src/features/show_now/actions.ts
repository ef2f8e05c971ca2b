/**
 * Show someone now: one page for the person in front of the keeper, made only of what was ticked.
 *
 * [Note: nothing behind it] The page is first put together as plain text. Then the diary is locked as by any lock, and
 * only that text stays. No way leads back into the diary because no diary is open: a person who holds the phone meets
 * the lock on every way out.
 */
import { KeptError } from '../../core/errors.js';
import { textOf } from '../../record/reading.js';
import { asUrl, findFile } from '../../diary/attachments/reading_files.js';
import { readPeople } from '../../diary/records/registers.js';
import { readKind, readOne } from '../../diary/records/records.js';
import { readSettings } from '../../diary/records/settings.js';
import { endShowing } from '../../diary/session/ending_show.js';
import type { Read } from '../../diary/records/records.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { Section } from '../../diary/types.js';
import type { Block } from '../../diary/types.js';
import type { Showable } from '../../shell/app.js';

export const SHOWN_FOR = 180_000;
const RECENT = 20;

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
  const timed = rows
    .map((row) => row.occurred.occurred_start)
    .filter((at) => typeof at === 'number')
    .sort((a, b) => a - b);
  const newest = [...rows]
    .sort((a, b) => (b.occurred.occurred_start ?? b.recorded_at) - (a.occurred.occurred_start ?? a.recorded_at))
    .slice(0, RECENT);
  const chosen = record && kind !== 'order' ? rows.find((row) => row.record === record) : undefined;
  const wanted = new Set(records);
  const picked = rows.filter((row) => row === chosen || wanted.has(row.record));
  const entries = [...picked.filter((row) => !newest.includes(row)), ...newest];
  const [told, people, accounts, vehicles, orders, reports, settings] = await Promise.all([
    Promise.all(
      entries.map(async (row) => ({
        record: row.record,
        seq_no: row.seq_no,
        ...wordsOf(await readOne(open, row.record)),
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
    entries: told,
    first: records.length ? null : (chosen?.record ?? newest[0]?.record ?? null),
    picked: records.length ? picked.map((row) => row.record) : [],
    count: rows.length,
    since: timed[0] ?? null,
    people: people.filter(({ fields }) => fields.role === 'suspect' && !textOf(fields, 'merged_into')),
    accounts,
    vehicles,
    orders,
    reports,
    settings,
    pictures: await orderPictures(open, orders),
  };
}

const wordsOf = ({ fields, restricted }: { fields: Fields; restricted: Fields }) => ({ fields, restricted });

/** Return each order's picture; `safe`: the keeper has reviewed it and it does not show where they live. */
async function orderPictures(open: Open, orders: Read[]) {
  const found: Record<string, { attachment: string; safe: boolean }> = {};
  for (const { record, fields } of orders) {
    const attachment = textOf(fields, 'copy_attachment_id');
    const file = attachment ? await open.book.newest(attachment).catch(() => null) : null;
    if (file?.kind !== 'attachment' || file.fields.taken_out !== undefined) continue;
    const safe =
      Boolean(file.fields.looked_at) &&
      file.fields.sensitivity === 'normal' &&
      file.restricted.shows_where_i_live !== true;
    found[record] = { attachment, safe };
  }
  return found;
}

/** Put the ticked text and pictures on the screen and lock the diary behind them. */
export async function showNow(
  ctx: Context,
  sections: Section[],
  lockBehind: (showing: { sections: Section[]; until: number }) => Promise<void>,
) {
  const { open } = ctx;
  if (!open) throw new KeptError('locked');
  const shown = [];
  for (const section of sections)
    shown.push({
      title: section.title,
      blocks: await Promise.all(section.blocks.map((block) => withPicture(ctx, open, block))),
    });
  const until = ctx.clock.now() + SHOWN_FOR;
  await lockBehind({ sections: shown, until });
  ctx.timers.after(SHOWN_FOR, () => endWhenOver(ctx, until));
}

/** Give a picture its own URL, which outlives the lock of the diary and ends with the page. */
async function withPicture(ctx: Context, open: Open, { picture, ...block }: Block): Promise<Block> {
  if (!picture) return block;
  const file = await findFile(open, picture, 'print', []).catch(() => null);
  const made = file && (await asUrl(open, file, ctx.objectUrl).catch(() => null));
  if (!made) return block;
  open.urls.delete(made.url);
  return { ...block, url: made.url };
}

/** Go to the lock when the time is over, unless this page has ended already. */
function endWhenOver(ctx: Context, until: number) {
  if (ctx.screen.state.showing?.until === until) endShowing(ctx);
}
