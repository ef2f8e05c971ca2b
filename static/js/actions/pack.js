/**
 * Making a pack: what goes in, the keeper's looks at each picture, and the way from the open diary to a zip that
 * has been checked. docs/pack.md has the steps; static/js/pack/ does the pure part of them.
 *
 * The zip is handed over only when every file in it holds. What is sent to the server is the capsule and nothing
 * else, and only once a place is ready for it: its keys never wait in a queue.
 */
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { PackJob } from '../net/packs.js';
import { assemble } from '../pack/assemble.js';
import { encodeCapsule, entryNumbers, makeCapsule, openedOf } from '../pack/capsule.js';
import { attachedTo } from '../pack/exhibits.js';
import { checkFront } from '../pack/front.js';
import { switchOf, textOf, wholeOf } from '../record/reading.js';
import { tellAll } from '../record/told.js';
import { keepExport } from './exports.js';
import { logForPack } from './log.js';
import { readDiary, receivedBytes } from './pack_sources.js';
import { ownFields } from './book.js';
import { saveSettings } from './settings.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('../pack/capsule.js').DiaryVersion} DiaryVersion */
/** @typedef {import('../record/told.js').Told} Told */
/** @typedef {import('../record/told.js').Opened} OpenedVersion */
/** @typedef {{from: number|null, to: number|null, records: string[]|null}} Chosen */
/** @typedef {(at: {step: string, done: number, total: number}) => void} OnStep */
/**
 * @typedef {object} Options what the keeper filled in
 * @property {number|null} [from]
 * @property {number|null} [to]
 * @property {string[]|null} [records]
 * @property {string} [profile]
 * @property {string} initials one to four letters
 * @property {Record<string, string>} sheet
 * @property {string} own_words
 * @property {string[]} start_with records
 */

const PAUSE = 400;
const SHEET = ['name_to_use', 'safe_contact', 'concerns', 'needs', 'helped_by'];

/**
 * The pack's share of the app.
 * @param {Context} ctx
 */
export function packActions(ctx) {
  /** @type {{stop: AbortController, job: PackJob} | null} */
  let running = null;
  return {
    /** @param {Chosen} chosen */
    async chooseForPack(chosen) {
      const versions = await readDiary(opened(ctx));
      return summaryOf(versions, chosenIncidents(versions, chosen));
    },

    /** @param {string} attachment @param {{hold: boolean}} how `hold`: it shows where the keeper lives, works or studies */
    async markLooked(attachment, { hold }) {
      const { book, store } = opened(ctx);
      await store.change(async (root, change) => {
        const batch = book.batch(root, change);
        const newest = await book.newest(attachment, batch);
        await book.stage(batch, {
          kind: 'attachment', record: attachment, open: { ...ownFields(newest), looked_at: ctx.clock.now() },
          restricted: { ...newest.restricted, shows_where_i_live: hold }, openKeys: newest.keys.open, restrictedKeys: newest.keys.restricted,
        });
      });
      opened(ctx).syncing.soon();
    },

    /** @param {Options} options @param {OnStep} onStep @returns {Promise<{file: Blob, name: string}>} */
    async buildPack(options, onStep) {
      if (running) throw new KeptError('conflict', 'A pack is being made already.');
      const open = opened(ctx);
      const stop = new AbortController();
      // A lock ends it: what the server typesets must not go on, or come here, once the diary is shut.
      const pause = () => new Promise((go) => { ctx.timers.after(PAUSE, () => go(ctx.open === open ? undefined : stop.abort())); });
      const job = new PackJob(ctx.api, { signal: stop.signal, pause });
      running = { stop, job };
      try {
        return await make(ctx, job, options, onStep, stop.signal);
      } finally {
        await job.cancel();
        running = null;
      }
    },

    async cancelPack() {
      running?.stop.abort();
      await running?.job.cancel();
    },
  };
}

/** @param {Context} ctx @returns {Open} */
function opened(ctx) {
  if (!ctx.open) throw new KeptError('locked');
  return ctx.open;
}

/**
 * @param {Context} ctx @param {PackJob} job @param {Options} options @param {OnStep} onStep @param {AbortSignal} signal
 * @returns {Promise<{file: Blob, name: string}>}
 */
async function make(ctx, job, options, onStep, signal) {
  const open = opened(ctx);
  const tell = (/** @type {string} */ step, done = 0, total = 0) => onStep({ step, done, total });
  tell('sealing');
  await keepSettings(open, options);
  await everythingSent(open);
  const server = await ctx.api.server();
  tell('queued');
  await job.place(open.identity.diary);
  await job.until(['ready'], () => tell('queued'));
  tell('ready');
  const capsule = await capsuleOf(ctx, open, options, server.release);
  await job.send(encodeCapsule(capsule));
  await job.until(['done'], ({ done, total }) => tell('building', done, total));
  tell('front');
  const front = await job.front();
  tell('checking');
  const members = await checkFront(front, capsule);
  const file = await assemble(capsule, members, {
    openReceived: (exhibit) => receivedBytes(open, ctx.api, String(exhibit['record'])), onProgress: (done, total) => tell('files', done, total), signal,
  });
  const { folder } = /** @type {{folder: string}} */ (capsule['pack']);
  // Named by date only: a name in a download list should say nothing.
  const name = `documents-${folder.slice(-8, -4)}-${folder.slice(-4, -2)}-${folder.slice(-2)}.zip`;
  const { from = null, to = null, records = null } = options;
  const held = chosenIncidents(await readDiary(open), { from, to, records }).map(({ record }) => record);
  for (const exhibit of /** @type {{record: string}[]} */ (capsule['exhibits'])) open.custody.note(exhibit.record, 'exported', folder);
  await keepExport(open, { name, at: ctx.clock.now(), records: held, from, to, version: server.release });
  return { file, name };
}

/**
 * What was filled in belongs to the diary, so that the next pack starts from it.
 * @param {Open} open @param {Options} options
 */
async function keepSettings(open, { initials, sheet, own_words }) {
  await saveSettings(open, { fields: { initials, own_words }, restricted: Object.fromEntries(SHEET.map((name) => [name, sheet[name] || null])) });
  open.syncing.soon();
}

/**
 * The server typesets from what it holds: words need their receipts and pictures all their parts there.
 * @param {Open} open
 */
async function everythingSent({ store, syncing }) {
  await syncing.now();
  if (store.root.outbox.length || store.root.uploads.length) {
    throw new KeptError('unavailable', 'Some of your entries have not been sent yet. They are safe on this phone. Try again when they are kept safe.');
  }
}

/** @param {Context} ctx @param {Open} open @param {Options} options @param {string} release */
async function capsuleOf(ctx, open, options, release) {
  const versions = await readDiary(open);
  const link = open.syncing.link();
  const receipts = new Map(versions.flatMap(({ version, receipt }) => (receipt ? [[version, receipt]] : [])));
  const log = link ? await logForPack(open, link, receipts) : null;
  const now = ctx.clock.now();
  const { identity, store } = open;
  return makeCapsule(versions, {
    packId: idText(newId()), no: (store.root.packs ?? 0) + 1, madeAt: now, consentAt: now, tz: ctx.zone(), release, origin: ctx.origin,
    chosen: chosenIncidents(versions, { from: options.from ?? null, to: options.to ?? null, records: options.records ?? null }).map((told) => told.record),
    log, coversFrom: options.from ?? null, coversTo: options.to ?? null, profile: options.profile ?? 'police', startWith: options.start_with,
  }, { account: identity.account, ...(identity.earlier.length ? { earlier: identity.earlier } : {}), ecdsa_pub: identity.ecdsa_pub, notary: store.root.account.notary, log: store.root.account.log });
}

/**
 * The incidents a choice means. A choice of dates leaves out what has no date.
 * @param {readonly DiaryVersion[]} versions @param {Chosen} chosen
 * @returns {Told[]}
 */
export function chosenIncidents(versions, { from, to, records }) {
  const told = tellAll(versions.map(openedOf), 'incident').filter((one) => one.taken_out === null && switchOf(one.newest.fields, 'include_in_pack') !== false);
  if (records) return told.filter((one) => records.includes(one.record));
  if (from === null && to === null) return told;
  return told.filter(({ newest }) => {
    const at = wholeOf(newest.fields, 'occurred_start');
    return at !== null && (from === null || at >= from) && (to === null || at < to);
  });
}

/**
 * What goes in, in numbers, before anything is asked for.
 * @param {readonly DiaryVersion[]} versions @param {readonly Told[]} chosen
 */
export function summaryOf(versions, chosen) {
  const told = versions.map(openedOf);
  const attached = attachedTo(told, chosen, {});
  const revisions = chosen.flatMap((one) => one.revisions);
  const isPicture = (/** @type {Told} */ one) => textOf(one.newest.fields, 'media_type').startsWith('image/');
  const pictures = attached.filter(isPicture);
  const removed = tellAll(told, 'incident').filter((one) => one.taken_out !== null).length;
  return {
    entries: chosen.length, additions: revisions.filter(({ kind }) => kind === 'addition').length, amendments: revisions.filter(({ kind }) => kind === 'amendment').length,
    pictures: pictures.length, files: attached.length - pictures.length, bytes: attached.reduce((sum, one) => sum + (wholeOf(one.newest.fields, 'size_bytes') ?? 0), 0),
    withheld: entryNumbers(versions).size - chosen.length - removed, removed,
    unlooked: pictures.filter((one) => wholeOf(one.newest.fields, 'looked_at') === null).map((one) => ({
      record: ownerOf(chosen, one), attachment: one.record, name: nameOf(one.newest),
    })),
    restricted_words: chosen.filter((one) => Object.values(one.newest.restricted).some((value) => value !== null && value !== '')).length,
  };
}

/** @param {readonly Told[]} chosen @param {Told} attachment */
function ownerOf(chosen, attachment) {
  const listed = /** @type {unknown} */ (attachment.newest.fields['incident_ids']);
  return chosen.find((one) => Array.isArray(listed) && listed.includes(one.record))?.record ?? '';
}

/** @param {OpenedVersion} version */
function nameOf({ restricted }) {
  const received = /** @type {{filename?: unknown} | undefined} */ (restricted['received_as']);
  return typeof received?.filename === 'string' ? received.filename : '';
}
