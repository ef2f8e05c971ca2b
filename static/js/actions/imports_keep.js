/**
 * Keeping an import: the file as it was received, one entry and its message schedule for each burst that was chosen.
 *
 * [Note: all or nothing] The file is sealed first, under blobs that no record names and that the next unlock sweeps away;
 * then one transaction writes every record and takes the blobs into use. A phone that dies in between has nothing half
 * made, and the file can be chosen again.
 */
import { idText, newId } from '../core/ids.js';
import { amountOf, numbered, partsOf } from '../record/schedule.js';
import { ownFields } from './book.js';
import { arrival, waitingLines } from './custody.js';
import { firstFields } from './file_fields.js';
import { burstTime } from './imports_plan.js';
import { readKind } from './records.js';
import { forgetBlobs, takeIn } from './sealing.js';
import { rows as indexRows } from './taking.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Held} Held */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('./book.js').Batch} Batch */
/** @typedef {import('./imports_plan.js').Plan} Plan */
/** @typedef {import('../record/schedule.js').Row} Row */
/** @typedef {{burst: number, narrative: string}} Chosen */
/** @typedef {{attachment: string, held: Held|null}} File `held` null: the diary has this very file already */

const NAMES = 200;

/**
 * @param {Context} ctx @param {Open} open @param {{source: import('./types.d.ts').Source, title: string, plan: Plan, chosen: Chosen[]}} what
 * @param {import('../record/whatsapp.js').Pause} pause
 * @returns {Promise<{entries: string[], rows: number, attachment: string, again: boolean}>} `again`: the file was there already
 */
export async function keepImport(ctx, open, { source, title, plan, chosen }, pause) {
  const at = ctx.clock.now();
  const held = await takeIn(open, source, { route: 'files', at, pictures: ctx.pictures, unowned: true });
  const file = await sameFile(open, held);
  try {
    const work = chosen.map(({ burst, narrative }) => ({ incident: idText(newId()), narrative, rows: plan.bursts[burst] ?? [] })).filter(({ rows }) => rows.length);
    await open.store.change(async (root, change) => {
      const batch = open.book.batch(root, change);
      for (const [i, one] of work.entries()) {
        await stageBurst(ctx, batch, open, one, { file, title, plan, at });
        await pause(i, work.length);
      }
      await stageReceived(batch, open, { file, plan, incidents: work.map(({ incident }) => incident) });
      await indexRows(batch, open, work.map(({ incident }) => incident), null);
    });
    if (!file.held) await forgetBlobs(open.store, [held.received]);
    return { entries: work.map(({ incident }) => incident), rows: work.reduce((sum, { rows }) => sum + rows.length, 0), attachment: file.attachment, again: !file.held };
  } catch (error) {
    await forgetBlobs(open.store, [held.received]).catch(() => undefined);
    throw error;
  }
}

/** The attachment this file is already, or a new one. @param {Open} open @param {Held} held @returns {Promise<File>} */
async function sameFile(open, held) {
  const sources = new Set((await readKind(open, 'schedule', true)).flatMap(({ fields }) => (typeof fields.source_attachment_id === 'string' ? [fields.source_attachment_id] : [])));
  for (const attachment of sources) {
    const there = await open.book.newest(attachment).catch(() => null);
    if (there?.kind === 'attachment' && there.fields.sha256 === held.sha256) return { attachment, held: null };
  }
  return { attachment: held.attachment, held };
}

/**
 * @param {Context} ctx @param {Batch} batch @param {Open} open @param {{incident: string, narrative: string, rows: Row[]}} burst
 * @param {{file: File, title: string, plan: Plan, at: number}} of
 */
async function stageBurst(ctx, batch, open, { incident, narrative, rows }, { file, title, plan, at }) {
  const amount = amountOf(/** @type {any} */ (rows));
  const count = plan.own.length || plan.channel === 'email' ? amount.in : rows.length;
  const ids = partsOf(/** @type {any} */ (rows)).map((part) => ({ part, id: idText(newId()) }));
  const series = ids.length > 1 ? idText(newId()) : null;
  const behaviours = [amount.in > amount.calls ? (plan.channel === 'email' ? 'email' : 'chat_messages') : '', amount.calls ? 'calls' : ''].filter(Boolean);
  const names = amount.from.join(', ').slice(0, NAMES);
  await open.book.stage(batch, {
    kind: 'incident', record: incident,
    open: {
      ...burstTime(rows, plan.tz, ctx.clock.now()), ...(narrative.trim() ? { narrative } : {}), channel: plan.channel, ...(names ? { channel_account: names } : {}),
      ...(count ? { count } : {}), ...(behaviours.length ? { behaviours } : {}), entry_kind: 'copied_from_other_record',
      source_record: plan.channel === 'email' ? 'A saved email file' : 'A saved WhatsApp chat', schedule_id: ids[0]?.id, attachment_ids: [file.attachment],
    },
  });
  for (const [i, { part, id }] of ids.entries()) {
    await open.book.stage(batch, {
      kind: 'schedule', record: id,
      open: {
        channel: plan.channel, tz: plan.tz, gap_hours: plan.gap, complete: plan.complete, rows: numbered(part).map((row, n) => ({ ...row, msg_no: firstNo(ids, i) + n })),
        incident_ids: [incident], source_attachment_id: file.attachment, import_summary: plan.summary, imported_at: at, chat: title, ...(series ? { series_id: series, part_no: i + 1 } : {}),
      },
      restricted: plan.own.length ? { own_accounts: plan.own } : {},
    });
  }
}

/** @param {{part: unknown[]}[]} parts @param {number} i @returns {number} numbers run on from part to part */
function firstNo(parts, i) {
  return parts.slice(0, i).reduce((sum, { part }) => sum + part.length, 1);
}

/**
 * The file itself: a new record, or one more version of the one that is there. It does not name the schedules: a pack takes
 * along what its files name, and would take those of entries that the keeper leaves out.
 * @param {Batch} batch @param {Open} open @param {{file: File, plan: Plan, incidents: string[]}} what
 */
async function stageReceived(batch, open, { file: { attachment, held }, plan, incidents }) {
  if (!held) {
    const before = await open.book.newest(attachment, batch);
    const more = (/** @type {unknown} */ there, /** @type {string[]} */ ids) => [...new Set([...(Array.isArray(there) ? there : []), ...ids])];
    const { reason: _reason, taken_out: _out, ...fields } = ownFields(before);
    await open.book.stage(batch, {
      kind: 'attachment', record: attachment, open: { ...fields, incident_ids: more(fields.incident_ids, incidents) },
      restricted: before.restricted, openKeys: before.keys.open, restrictedKeys: before.keys.restricted,
    });
    return;
  }
  const flags = [...held.flags, ...(plan.kind === 'chat_export' ? ['text_can_be_edited'] : [])];
  const first = firstFields(held, null);
  await open.book.stage(batch, {
    kind: 'attachment', record: attachment, of: incidents[0] ?? null, ...first,
    open: {
      ...first.open, incident_ids: incidents, kind: plan.kind, ...(flags.length ? { flags } : {}),
      ...(plan.kind === 'email_eml' ? { media_type: 'message/rfc822' } : {}),
    },
  });
  waitingLines(batch.root, arrival(held));
  batch.root.filling = batch.root.filling.filter((/** @type {string} */ blob) => blob !== held.received.blob);
  batch.root.uploads.push({ blob: held.received.blob, of: incidents[0] ?? null });
}
