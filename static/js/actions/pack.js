/**
 * Making a pack: what goes in, the keeper's looks, and the way from the open diary to files that have been checked.
 * docs/pack.md has the steps; static/js/pack/ does the pure part of them.
 *
 * A pack is handed over only when every file in it holds. What is sent to the server is the capsule and nothing else, and only
 * once a place is ready for it: its keys never wait in a queue. A pack made on the phone sends nothing at all. Neither is made, and no
 * list is drawn for paper, unless the words were typed for it (confirming.js); and no pack holds what the keeper did not look
 * at before it (pack_looked.js).
 */
import { KeptError } from '../core/errors.js';
import { PackJob } from '../net/packs.js';
import { assemble } from '../pack/assemble.js';
import { encodeCapsule, openedOf } from '../pack/capsule.js';
import { checkFront } from '../pack/front.js';
import { heldBackOf } from '../pack/held_back.js';
import { portalSet } from '../pack/portal.js';
import { FileTarget } from '../pack/targets.js';
import { agree, claim, madeAfterWords } from './confirming.js';
import { exportMethods, keepExport } from './exports.js';
import { insideOf } from './inside.js';
import { capsuleOf, chosenIncidents, itemsAsked, newSince, summaryOf } from './pack_choice.js';
import { mustBeLookedAt } from './pack_looked.js';
import { decidePicture, decideWords, holdWords, reviewOf } from './pack_review.js';
import { readForQuick } from './pack_quick.js';
import { absentEntries, openReceived, readDiary } from './pack_sources.js';
import { readSettings, saveSettings } from './settings.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {import('../pack/chronology.js').Say} Say */
/** @typedef {import('./pack_choice.js').Chosen} Chosen */
/** @typedef {import('./confirming.js').Agreed} Agreed */
/** @typedef {(at: {step: string, done: number, total: number}) => void} OnStep */
/**
 * @typedef {object} Options what the keeper filled in
 * @property {number|null} [from]
 * @property {number|null} [to]
 * @property {string[]|null} [records]
 * @property {string} [profile]
 * @property {'pack'|'supplement'|'items'|'portal'} [kind]
 * @property {string[]} [items]
 * @property {string} [recipientRef]
 * @property {boolean} [restricted] false leaves out everything but what may be passed on
 * @property {boolean} [intimate]
 * @property {Fields} [review]
 * @property {readonly string[]} [looked] what the summary named; without it nothing was looked at, and nothing is made
 * @property {string} initials one to four letters
 * @property {number} [start_no] the number of the first file, of a first pack
 * @property {Record<string, string>} sheet
 * @property {string} own_words
 * @property {string[]} start_with records
 * @property {import('../pack/targets.js').Writable|null} [saveTo] a file the keeper chose
 * @property {Agreed} [agreed] what `agree` gave; nothing is made without it
 * @property {Say} [say] the words of the pages that the phone makes itself
 */
/** @typedef {{file: Blob|null, files?: {name: string, file: Blob}[], name: string, no: number, record: string, size: number}} Made `file` is null where it lies in the file that was chosen */

const PAUSE = 400;
const SHEET = ['name_to_use', 'safe_contact', 'concerns', 'needs', 'helped_by'];
const EVERYTHING = Object.freeze({ from: null, to: null, records: null });

/**
 * The pack's share of the app.
 * @param {Context} ctx
 */
export function packActions(ctx) {
  return { ...choosing(ctx), ...preparing(ctx), ...making(ctx), ...exportMethods(ctx) };
}

/** @param {Context} ctx */
function choosing(ctx) {
  const inside = insideOf(ctx);
  /** The open diary, once it holds what is on its way. */
  const whole = async () => {
    const open = inside();
    await open.syncing.arrived();
    return open;
  };
  return {
    async chooseForPack(/** @type {Chosen} */ chosen) {
      const open = await whole();
      const versions = await readDiary(open);
      return summaryOf(versions, chosen, absentEntries(open, versions));
    },
    async reviewPack(/** @type {Chosen} */ chosen) {
      const open = await whole();
      const versions = await readDiary(open);
      return reviewOf(
        open,
        versions,
        chosenIncidents(versions, chosen).map(({ record }) => record),
        chosen,
      );
    },
    decidePicture: async (
      /** @type {string} */ attachment,
      /** @type {import('./pack_review.js').Decision} */ decision,
    ) => {
      const open = inside();
      await decidePicture(open, attachment, decision, ctx.clock.now());
      open.custody.note(attachment, 'viewed');
    },
    decideWords: async (/** @type {string} */ found, /** @type {'hold'|'fine'} */ answer) =>
      decideWords(inside(), found, answer),
    /** The old name of one decision, for the register's pages. @param {string} attachment @param {{hold: boolean}} how */
    markLooked: async (attachment, { hold }) =>
      decidePicture(inside(), attachment, hold ? 'hold' : 'fine', ctx.clock.now()),
    /** A picture that was looked at leaves the memory: three hundred of them would not fit. @param {string} url */
    letGo(url) {
      if (ctx.open?.urls.delete(url)) ctx.objectUrl.drop(url);
    },
    /** The words, typed for `times` packs or for one list on paper. @param {string} words @param {number} [times] @throws words_differ */
    agree: async (words, times = 1) => agree(ctx, inside(), words, times),
    findItems: async (/** @type {string} */ text) => itemsAsked(await whole(), text),
    readForQuick: async () => readForQuick(await whole(), { now: ctx.clock.now(), zone: ctx.zone() }),
    newSince: async () => newSince(await whole()),
  };
}

/** Which ways out there are, and the one that leaves nothing behind. @param {Context} ctx */
function preparing(ctx) {
  const inside = insideOf(ctx);
  return {
    /** Asks for a file to write a large pack into; null where this browser cannot be asked. @param {string} name */
    chooseFile: async (name) => ctx.saveFile?.(name) ?? null,
    canChooseFile: () => Boolean(ctx.saveFile),
    /** Which ways of making a pack there are: a server that builds them, and no wish of the keeper's against it. */
    async packWays() {
      const open = inside();
      const { fields } = await readSettings(open);
      const { registered } = open.store.root.account;
      const told = registered && fields['high_risk'] !== true ? await ctx.api.server().catch(() => null) : null;
      return {
        registered,
        high_risk: fields['high_risk'] === true,
        server: Boolean(told?.server_packs),
        offline: registered && fields['high_risk'] !== true && told === null,
      };
    },
    /** The chronology as rows for the screen and the printer; it leaves nothing behind. */
    async readChronology(/** @type {Chosen & {agreed?: Agreed}} */ { agreed, ...chosen }, /** @type {Say} */ say) {
      const open = inside();
      claim(open, agreed);
      await open.syncing.arrived();
      const [{ chronologyOf }, made] = await Promise.all([
        import('../pack/chronology.js'),
        capsuleOf(ctx, open, { ...chosen, release: '', log: null }),
      ]);
      return chronologyOf(made.capsule, heldOf(made), say);
    },
  };
}

/** @param {Context} ctx */
function making(ctx) {
  /** @type {{stop: AbortController, job: PackJob|null} | null} */
  let running = null;
  /** @param {Options} options @param {(stop: AbortController, open: Open) => {job: PackJob|null, work: Promise<Made>}} begin @returns {Promise<Made>} @throws words_differ */
  const alone = async ({ agreed }, begin) => {
    if (running) throw new KeptError('conflict', 'A pack is being made already.');
    const open = insideOf(ctx)();
    claim(open, agreed);
    const stop = new AbortController();
    const { job, work } = begin(stop, open);
    running = { stop, job };
    try {
      return await work;
    } finally {
      await job?.cancel();
      running = null;
    }
  };
  return {
    /** @param {Options} options @param {OnStep} onStep */
    buildPack: (options, onStep) =>
      alone(options, (stop, open) => {
        // A lock ends it: what the server typesets must not go on, or come here, once the diary is shut.
        const pause = () =>
          new Promise((go) => {
            ctx.timers.after(PAUSE, () => go(ctx.open === open ? undefined : stop.abort()));
          });
        const job = new PackJob(ctx.api, { signal: stop.signal, pause });
        return { job, work: onServer(ctx, open, job, options, onStep, stop.signal) };
      }),
    /** @param {Options} options @param {OnStep} onStep */
    buildHere: (options, onStep) =>
      alone(options, (stop, open) => ({ job: null, work: onPhone(ctx, open, options, onStep, stop.signal) })),
    async cancelPack() {
      running?.stop.abort();
      await running?.job?.cancel();
    },
  };
}

/**
 * @param {Context} ctx @param {Open} open @param {PackJob} job @param {Options} options @param {OnStep} onStep @param {AbortSignal} signal
 * @returns {Promise<Made>}
 */
async function onServer(ctx, open, job, options, onStep, signal) {
  const tell = (/** @type {string} */ step, done = 0, total = 0) => onStep({ step, done, total });
  tell('sealing');
  await keepSettings(open, options);
  if ((await readSettings(open)).fields['high_risk'] === true) throw new KeptError('packs_off');
  await everythingSent(open);
  const server = await ctx.api.server();
  tell('queued');
  await job.place(open.identity.diary);
  await job.until(['ready'], () => tell('queued'));
  tell('ready');
  const made = await gathered(ctx, open, options, { release: server.release, log: 'ask' });
  await job.send(encodeCapsule(made.capsule), () => tell('queued'));
  await job.until(['done'], ({ done, total }) => tell('building', done, total));
  tell('front');
  const front = await job.front();
  tell('checking');
  return finished(ctx, open, made, await checkFront(front, made.capsule), {
    ...options,
    release: server.release,
    signal,
    tell,
  });
}

/** What goes in, and nothing that the keeper did not look at. @param {Context} ctx @param {Open} open @param {Options} options @param {{release: string, log: 'ask'|'kept'}} by @throws came_since */
async function gathered(ctx, open, options, by) {
  const made = await capsuleOf(ctx, open, { ...EVERYTHING, ...options, ...by });
  mustBeLookedAt(made, options.looked ?? []);
  return made;
}

/**
 * A pack that no server sees: works without a network, and in a diary that was never registered.
 * @param {Context} ctx @param {Open} open @param {Options} options @param {OnStep} onStep @param {AbortSignal} signal
 * @returns {Promise<Made>}
 */
async function onPhone(ctx, open, options, onStep, signal) {
  const tell = (/** @type {string} */ step, done = 0, total = 0) => onStep({ step, done, total });
  tell('sealing');
  await keepSettings(open, options);
  const made = await gathered(ctx, open, options, { release: '', log: 'kept' });
  const { evidenceFront } = await import('../pack/evidence.js');
  const front = await evidenceFront(made.capsule, heldOf(made), /** @type {Say} */ (options.say));
  return finished(ctx, open, made, front, { ...options, here: true, release: '', signal, tell });
}

/**
 * The files as received are added and checked one by one; then the pack is noted.
 * @param {Context} ctx @param {Open} open @param {Awaited<ReturnType<typeof capsuleOf>>} made @param {ReadonlyMap<string, Uint8Array>} front
 * @param {Options & {release: string, here?: boolean, signal: AbortSignal, tell: (step: string, done?: number, total?: number) => void}} how
 * @returns {Promise<Made>}
 */
async function finished(
  ctx,
  open,
  made,
  front,
  { kind = 'pack', saveTo, restricted = true, release, here = false, review = {}, signal, tell },
) {
  const { capsule, records } = made;
  const making = {
    openReceived: (/** @type {JsonObject} */ exhibit) =>
      stopping(openReceived(open, String(exhibit['record'])), () => ctx.open === open),
    onProgress: (/** @type {number} */ done, /** @type {number} */ total) => tell('files', done, total),
    signal,
    restricted,
  };
  const name = nameOf(capsule);
  const set = kind === 'portal' ? await portalSet(capsule, front, making) : null;
  const one = set
    ? null
    : await assemble(capsule, front, { ...making, ...(saveTo ? { target: new FileTarget(saveTo) } : {}) });
  if (ctx.open !== open) throw new KeptError('locked');
  const { folder, no } = /** @type {{folder: string, no: number}} */ (capsule['pack']);
  for (const exhibit of /** @type {{record: string}[]} */ (capsule['exhibits']))
    open.custody.note(exhibit.record, 'exported', folder);
  const said = kind === 'items' ? 'supplement' : here ? 'evidence' : kind;
  madeAfterWords(open, one?.file);
  const record = await keepExport(open, capsule, {
    name,
    kind: said,
    records,
    version: release,
    manifest: set?.manifest ?? one?.manifest ?? '',
    restricted,
    review,
  });
  const size = set ? set.files.reduce((sum, { file }) => sum + file.size, 0) : (one?.file?.size ?? 0);
  return { file: one?.file ?? null, ...(set ? { files: set.files } : {}), name, no, record, size };
}

/** A lock in the middle ends it. @param {AsyncIterable<Uint8Array>} chunks @param {() => boolean} isOpen */
async function* stopping(chunks, isOpen) {
  for await (const chunk of chunks) {
    if (!isOpen()) throw new KeptError('locked');
    yield chunk;
  }
}

/** Named by date only: a name in a download list should say nothing. @param {JsonObject} capsule */
function nameOf(capsule) {
  const { folder } = /** @type {{folder: string}} */ (capsule['pack']);
  return `documents-${folder.slice(-8, -4)}-${folder.slice(-4, -2)}-${folder.slice(-2)}.zip`;
}

/** What may not turn up in the part that may be passed on. @param {Awaited<ReturnType<typeof capsuleOf>>} made */
function heldOf({ capsule, versions, settings }) {
  const packed = new Set(/** @type {{version: string}[]} */ (capsule['versions']).map(({ version }) => version));
  return heldBackOf(
    versions.filter(({ version }) => packed.has(version)).map(openedOf),
    settings.restricted,
    holdWords(settings.restricted),
  );
}

/**
 * What was filled in belongs to the diary, so that the next pack starts from it.
 * @param {Open} open @param {Options} options
 */
async function keepSettings(open, { initials, sheet, own_words, start_no }) {
  await saveSettings(open, {
    fields: { initials, own_words, ...(start_no ? { exhibit_start_no: start_no > 1 ? start_no : null } : {}) },
    restricted: Object.fromEntries(SHEET.map((name) => [name, sheet[name] || null])),
  });
  open.syncing.soon();
}

/**
 * The server typesets from what it holds: words need their receipts and pictures all their parts there.
 * @param {Open} open
 */
async function everythingSent({ store, syncing }) {
  await syncing.now();
  if (store.root.outbox.length || store.root.uploads.length) {
    throw new KeptError(
      'unavailable',
      'Some of your entries have not been sent yet. They are safe on this phone. Try again when they are kept safe.',
    );
  }
}
