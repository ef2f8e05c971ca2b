/**
 * Show someone now: one page for the person in front of the keeper, made of what was ticked and of nothing else.
 *
 * [Note: nothing behind it] The page is put together as plain words first; then the diary is locked as by any lock, and
 * only those words stay. There is no way back into the diary from it because there is no open diary: whoever holds the
 * phone while it shows meets the lock whichever way they go.
 */
import { KeptError } from '../core/errors.js';
import { resting } from './app_cover.js';
import { textOf } from '../record/reading.js';
import { asUrl, findFile } from './reading_files.js';
import { readPeople } from './registers.js';
import { readKind, readOne } from './records.js';
import { readSettings } from './settings.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {{title: string, lines: {text: string, lang?: string}[], picture?: string, url?: string}} Block `picture` names an attachment */
/** @typedef {{title: string, blocks: Block[]}} Section */

export const SHOWN_FOR = 180_000;
const RECENT = 20;

/**
 * What could be shown. `about` names an entry or an order to show first, or `records`: several entries, and none of them first.
 * @param {Context} ctx @param {{record?: string|undefined, kind?: string|undefined, records?: readonly string[]|undefined}} about
 */
export async function readForShow({ open }, { record, kind, records = [] }) {
  if (!open) throw new KeptError('locked');
  const rows = open.syncing.rows().filter((row) => row.taken_out === null && row.erased === null);
  const timed = rows
    .map((row) => row.occurred['occurred_start'])
    .filter((at) => typeof at === 'number')
    .sort((a, b) => a - b);
  const newest = [...rows]
    .sort((a, b) => (b.occurred['occurred_start'] ?? b.recorded_at) - (a.occurred['occurred_start'] ?? a.recorded_at))
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
    people: people.filter(({ fields }) => fields['role'] === 'suspect' && !textOf(fields, 'merged_into')),
    accounts,
    vehicles,
    orders,
    reports,
    settings,
    pictures: await orderPictures(open, orders),
  };
}

/** @param {{fields: Fields, restricted: Fields}} read */
const wordsOf = ({ fields, restricted }) => ({ fields, restricted });

/** Which order has a picture that the keeper has looked at and found to show nothing of where they are. @param {Open} open @param {import('./records.js').Read[]} orders */
async function orderPictures(open, orders) {
  /** @type {Record<string, {attachment: string, safe: boolean}>} */
  const found = {};
  for (const { record, fields } of orders) {
    const attachment = textOf(fields, 'copy_attachment_id');
    const file = attachment ? await open.book.newest(attachment).catch(() => null) : null;
    if (!file || file.kind !== 'attachment' || file.fields.taken_out !== undefined) continue;
    const safe =
      Boolean(file.fields.looked_at) &&
      file.fields.sensitivity === 'normal' &&
      file.restricted.shows_where_i_live !== true;
    found[record] = { attachment, safe };
  }
  return found;
}

/**
 * Puts the ticked words and pictures on the screen and locks behind them.
 * @param {Context} ctx @param {Section[]} sections @param {(showing: {sections: Section[], until: number}) => Promise<void>} lockBehind
 */
export async function showNow(ctx, sections, lockBehind) {
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

/** A picture gets an address of its own that outlives the lock of the diary, and ends with the page. @param {Context} ctx @param {Open} open @param {Block} block @returns {Promise<Block>} */
async function withPicture(ctx, open, { picture, ...block }) {
  if (!picture) return block;
  const file = await findFile(open, picture, 'print', []).catch(() => null);
  const made = file && (await asUrl(open, file, ctx.objectUrl).catch(() => null));
  if (!made) return block;
  open.urls.delete(made.url);
  return { ...block, url: made.url };
}

/** The pictures of the page go with it. @param {Context} ctx */
export function dropShown(ctx) {
  for (const { blocks } of ctx.screen.state.showing?.sections ?? [])
    for (const { url } of blocks) if (url) ctx.objectUrl.drop(url);
}

/** Back to the lock at its time, however the page was left standing. @param {Context} ctx @param {number} until */
function endWhenOver(ctx, until) {
  if (ctx.screen.state.showing?.until === until) endShowing(ctx);
}

/** @param {Context} ctx */
export function endShowing(ctx) {
  if (ctx.screen.state.phase !== 'showing') return;
  dropShown(ctx);
  ctx.screen.clear(resting(ctx));
}
