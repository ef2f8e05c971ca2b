/**
 * Making a pack: the selection, the keeper's review, and the steps from the open diary to checked files. docs/pack.md
 * has the steps; static/js/pack/ does the pure part of them.
 *
 * A pack is handed over only when every file in it passes its check. Only the capsule is sent to the server, and only
 * once a place in the queue is ready for it: its keys never wait in a queue. A pack made on the phone sends nothing.
 * No pack is made and no printable list is drawn unless the words were typed for it (confirming.js). No pack contains
 * anything that the keeper did not review first (pack_seen.js).
 */
import { KeptError } from '../../core/errors.js';
import { PackJob } from '../../net/packs.js';
import { assemble } from '../../pack/assemble.js';
import { encodeCapsule, openedOf } from '../../pack/capsule.js';
import { checkFront } from '../../pack/front.js';
import { heldBackOf } from '../../pack/redaction.js';
import { portalSet } from '../../pack/portal.js';
import { FileTarget } from '../../pack/targets.js';
import { agree, claim, madeAfterWords } from '../../diary/session/confirming.js';
import { exportMethods, keepExport } from '../../diary/sharing/exports.js';
import { insideOf } from '../../diary/session/require_open.js';
import { capsuleOf, chosenIncidents, itemsAsked, newSince, summaryOf } from './pack_choice.js';
import { mustBeLookedAt } from './pack_looked.js';
import { decidePicture, decideWords, holdWords, reviewOf } from './pack_review.js';
import { readForQuick } from './pack_quick.js';
import { absentEntries, openReceived, readDiary } from '../../diary/sharing/pack_sources.js';
import { readSettings, saveSettings } from '../../diary/records/settings.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Writable } from '../../pack/targets.js';
import type { Agreed } from '../../diary/session/confirming.js';
import type { Chosen } from './pack_choice.js';
import type { Decision } from './pack_review.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { Say } from '../../pack/chronology/cells.js';

type OnStep = (at: { step: string; done: number; total: number }) => void;
/** The keeper's choices and the filled-in form */
type Options = {
  from?: number | null;
  to?: number | null;
  records?: string[] | null;
  profile?: string;
  kind?: 'pack' | 'supplement' | 'items' | 'portal';
  items?: string[];
  recipientRef?: string;
  /** false: include only what may be passed on */
  restricted?: boolean;
  intimate?: boolean;
  review?: Fields;
  /** the versions the summary named; without them nothing counts as reviewed, and no pack is made */
  looked?: readonly string[];
  /** one to four letters */
  initials: string;
  /** the exhibit number of the first file, for a first pack only */
  start_no?: number;
  sheet: Record<string, string>;
  own_words: string;
  /** record ids */
  start_with: string[];
  /** a file that the keeper chose */
  saveTo?: Writable | null;
  /** the result of `agree`; no pack is made without it */
  agreed?: Agreed;
  /** the wording of the pages that the phone makes itself */
  say?: Say;
};
/** `file` is null when the pack was written into the chosen file */
type Made = {
  file: Blob | null;
  files?: { name: string; file: Blob }[];
  name: string;
  no: number;
  record: string;
  size: number;
};

const PAUSE = 400;
const SHEET = ['name_to_use', 'safe_contact', 'concerns', 'needs', 'helped_by'];
const EVERYTHING = Object.freeze({ from: null, to: null, records: null });

/** Return the app's methods for packs. */
export function packActions(ctx: Context) {
  return { ...choosing(ctx), ...preparing(ctx), ...making(ctx), ...exportMethods(ctx) };
}

function choosing(ctx: Context) {
  const inside = insideOf(ctx);
  /** Wait for entries that are still arriving, then return the open diary. */
  const whole = async () => {
    const open = inside();
    await open.syncing.arrived();
    return open;
  };
  return {
    async chooseForPack(chosen: Chosen) {
      const open = await whole();
      const versions = await readDiary(open);
      return summaryOf(versions, chosen, absentEntries(open, versions));
    },
    async reviewPack(chosen: Chosen) {
      const open = await whole();
      const versions = await readDiary(open);
      return reviewOf(
        open,
        versions,
        chosenIncidents(versions, chosen).map(({ record }) => record),
        chosen,
      );
    },
    decidePicture: async (attachment: string, decision: Decision) => {
      const open = inside();
      await decidePicture(open, attachment, decision, ctx.clock.now());
      open.custody.note(attachment, 'viewed');
    },
    decideWords: async (found: string, answer: 'hold' | 'fine') => decideWords(inside(), found, answer),
    /** The older name of `decidePicture`, for the register pages. */
    markLooked: async (attachment: string, { hold }: { hold: boolean }) =>
      decidePicture(inside(), attachment, hold ? 'hold' : 'fine', ctx.clock.now()),
    /** Free a reviewed picture: three hundred of them would not fit in memory. */
    letGo(url: string) {
      if (ctx.open?.urls.delete(url)) ctx.objectUrl.drop(url);
    },
    /**
     * Check the typed words, once for `times` packs or for one list on paper.
     * @throws words_differ
     */
    agree: async (words: string, times: number = 1) => agree(ctx, inside(), words, times),
    findItems: async (text: string) => itemsAsked(await whole(), text),
    readForQuick: async () => readForQuick(await whole(), { now: ctx.clock.now(), zone: ctx.zone() }),
    newSince: async () => newSince(await whole()),
  };
}

/** The available ways to make a pack, and the chronology for the screen, which stores nothing. */
function preparing(ctx: Context) {
  const inside = insideOf(ctx);
  return {
    /** Ask the user for a file to write a large pack into; null when this browser has no such dialog. */
    chooseFile: async (name: string) => ctx.saveFile?.(name) ?? null,
    canChooseFile: () => Boolean(ctx.saveFile),
    /** Return the ways to make a pack. The server is one if it builds packs and the keeper has not ruled it out. */
    async packWays() {
      const open = inside();
      const { fields } = await readSettings(open);
      const { registered } = open.store.root.account;
      const told = registered && fields.high_risk !== true ? await ctx.api.server().catch(() => null) : null;
      return {
        registered,
        high_risk: fields.high_risk === true,
        server: Boolean(told?.server_packs),
        offline: registered && fields.high_risk !== true && told === null,
      };
    },
    /** Return the chronology as rows for the screen and the printer. Stores nothing. */
    async readChronology({ agreed, ...chosen }: Chosen & { agreed?: Agreed }, say: Say) {
      const open = inside();
      claim(open, agreed);
      await open.syncing.arrived();
      const [{ chronologyOf }, made] = await Promise.all([
        import('../../pack/chronology/chronology.js'),
        capsuleOf(ctx, open, { ...chosen, release: '', log: null }),
      ]);
      return chronologyOf(made.capsule, heldOf(made), say);
    },
  };
}

function making(ctx: Context) {
  let running: { stop: AbortController; job: PackJob | null } | null = null;
  /**
   * Run one build at a time.
   * @throws words_differ
   */
  const alone = async (
    { agreed }: Options,
    begin: (stop: AbortController, open: Open) => { job: PackJob | null; work: Promise<Made> },
  ): Promise<Made> => {
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
    buildPack: (options: Options, onStep: OnStep) =>
      alone(options, (stop, open) => {
        // A lock aborts it: the server must not go on typesetting, or send the result, once the diary is locked.
        const pause = (): Promise<void> =>
          new Promise((go) => {
            ctx.timers.after(PAUSE, () => go(ctx.open === open ? undefined : stop.abort()));
          });
        const job = new PackJob(ctx.api, { signal: stop.signal, pause });
        return { job, work: onServer(ctx, open, job, options, onStep, stop.signal) };
      }),
    buildHere: (options: Options, onStep: OnStep) =>
      alone(options, (stop, open) => ({ job: null, work: onPhone(ctx, open, options, onStep, stop.signal) })),
    async cancelPack() {
      running?.stop.abort();
      await running?.job?.cancel();
    },
  };
}

async function onServer(
  ctx: Context,
  open: Open,
  job: PackJob,
  options: Options,
  onStep: OnStep,
  signal: AbortSignal,
): Promise<Made> {
  const tell = (step: string, done = 0, total = 0) => onStep({ step, done, total });
  tell('sealing');
  await keepSettings(open, options);
  if ((await readSettings(open)).fields.high_risk === true) throw new KeptError('packs_off');
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

/**
 * Build the capsule, and check that it holds nothing that the keeper did not review.
 * @throws came_since
 */
async function gathered(ctx: Context, open: Open, options: Options, by: { release: string; log: 'ask' | 'kept' }) {
  const made = await capsuleOf(ctx, open, { ...EVERYTHING, ...options, ...by });
  mustBeLookedAt(made, options.looked ?? []);
  return made;
}

/** Build a pack that no server sees. Works without a network, and in a diary that was never registered. */
async function onPhone(ctx: Context, open: Open, options: Options, onStep: OnStep, signal: AbortSignal): Promise<Made> {
  const tell = (step: string, done = 0, total = 0) => onStep({ step, done, total });
  tell('sealing');
  await keepSettings(open, options);
  const made = await gathered(ctx, open, options, { release: '', log: 'kept' });
  const { evidenceFront } = await import('../../pack/evidence.js');
  const front = await evidenceFront(made.capsule, heldOf(made), options.say as Say);
  return finished(ctx, open, made, front, { ...options, here: true, release: '', signal, tell });
}

/** Add the files as received, check them one by one, then record the pack in the diary. */
async function finished(
  ctx: Context,
  open: Open,
  made: Awaited<ReturnType<typeof capsuleOf>>,
  front: ReadonlyMap<string, Uint8Array>,
  {
    kind = 'pack',
    saveTo,
    restricted = true,
    release,
    here = false,
    review = {},
    signal,
    tell,
  }: Options & {
    release: string;
    here?: boolean;
    signal: AbortSignal;
    tell: (step: string, done?: number, total?: number) => void;
  },
): Promise<Made> {
  const { capsule, records } = made;
  const making = {
    openReceived: (exhibit: JsonObject) =>
      stopping(openReceived(open, String(exhibit.record)), () => ctx.open === open),
    onProgress: (done: number, total: number) => tell('files', done, total),
    signal,
    restricted,
  };
  const name = nameOf(capsule);
  const set = kind === 'portal' ? await portalSet(capsule, front, making) : null;
  const one = set
    ? null
    : await assemble(capsule, front, { ...making, ...(saveTo ? { target: new FileTarget(saveTo) } : {}) });
  if (ctx.open !== open) throw new KeptError('locked');
  const { folder, no } = capsule.pack as { folder: string; no: number };
  for (const exhibit of capsule.exhibits as { record: string }[]) open.custody.note(exhibit.record, 'exported', folder);
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

/** Pass the chunks on; throw locked when the diary was locked in between. */
async function* stopping(chunks: AsyncIterable<Uint8Array>, isOpen: () => boolean) {
  for await (const chunk of chunks) {
    if (!isOpen()) throw new KeptError('locked');
    yield chunk;
  }
}

/** Return a name with the date only: a name in a download list must reveal nothing. */
function nameOf(capsule: JsonObject) {
  const { folder } = capsule.pack as { folder: string };
  return `documents-${folder.slice(-8, -4)}-${folder.slice(-4, -2)}-${folder.slice(-2)}.zip`;
}

/** Return the words that must not appear in the part that may be passed on. */
function heldOf({ capsule, versions, settings }: Awaited<ReturnType<typeof capsuleOf>>) {
  const packed = new Set((capsule.versions as { version: string }[]).map(({ version }) => version));
  return heldBackOf(
    versions.filter(({ version }) => packed.has(version)).map(openedOf),
    settings.restricted,
    holdWords(settings.restricted),
  );
}

/** Save the form in the diary's settings, so that the next pack starts from it. */
async function keepSettings(open: Open, { initials, sheet, own_words, start_no }: Options) {
  await saveSettings(open, {
    fields: { initials, own_words, ...(start_no ? { exhibit_start_no: start_no > 1 ? start_no : null } : {}) },
    restricted: Object.fromEntries(SHEET.map((name) => [name, sheet[name] || null])),
  });
  open.syncing.soon();
}

/** Send everything first. The server typesets from what it has: entries need receipts, and pictures all their parts. */
async function everythingSent({ store, syncing }: Open) {
  await syncing.now();
  if (store.root.outbox.length || store.root.uploads.length) {
    throw new KeptError(
      'unavailable',
      'Some of your entries have not been sent yet. They are safe on this phone. Try again when they are kept safe.',
    );
  }
}
