/**
 * Making a pack: the selection, the keeper's review, and the steps from the open diary to checked files. docs/pack.md
 * has the steps; static/js/pack/ does the pure part of them.
 *
 * A pack is handed over only when every file in it passes its check. Only the capsule is sent to the server, and only
 * once a place in the queue is ready for it: its keys never wait in a queue. Of a pack made on the phone only its
 * sealed record is sent.
 * No pack is made and no printable list is drawn unless the words were typed for it (confirming.js). No pack contains
 * anything that the keeper did not review first (pack_seen.js).
 */
import { KeptError } from '../../core/errors.js';
import { PackJob } from '../../net/packs.js';
import { assemble } from '../../pack/assemble.js';
import { hasRestrictedPart } from '../../pack/recipients.js';
import { encodeCapsule, openedOf } from '../../pack/capsule.js';
import { checkFront } from '../../pack/front.js';
import { OFFICER_FIELDS } from '../../pack/officer_fields.js';
import { createRedactor } from '../../pack/redaction.js';
import { buildPortalSet } from '../../pack/portal.js';
import { packFingerprint } from '../../pack/signature.js';
import { FileTarget } from '../../pack/targets.js';
import { createAgreement, useAgreement, markConfirmed } from '../../diary/session/confirming.js';
import { exportActions, recordExport } from '../../diary/sharing/exports.js';
import { endUnfinishedExport, finishExport } from '../../diary/sharing/unfinished_export.js';
import { requireOpenOf } from '../../diary/session/require_open.js';
import {
  buildCapsule,
  chosenIncidents,
  findRequestedItems,
  entriesSinceLastPack,
  summarizeSelection,
} from './pack_choice.js';
import { layOutOnPhone } from './phone_pages.js';
import { requireAllSeen } from './pack_seen.js';
import { decidePicture, decideWords, withheldWords, buildReview } from './pack_review.js';
import { readForQuick } from './pack_quick.js';
import { absentEntries, openReceived, readDiary } from '../../diary/sharing/pack_sources.js';
import { readSettings, saveSettings } from '../../diary/records/settings.js';
import type { JsonObject } from '../../core/encoding.js';
import type { PackFacts } from '../../crypto/pack_statement.js';
import type { MadePack } from '../../shell/app.js';
import type { Writable } from '../../pack/targets.js';
import type { Agreement } from '../../diary/session/confirming.js';
import type { PackSelection } from './pack_choice.js';
import type { PictureDecision } from './pack_review.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { TimeFormat } from '../../pack/chronology/cells.js';

type OnBuildStep = (at: { step: string; done: number; total: number }) => void;
/** The keeper's choices and the filled-in form */
type PackOptions = {
  from?: number | null;
  to?: number | null;
  records?: string[] | null;
  profile?: string;
  kind?: 'pack' | 'supplement' | 'items' | 'portal';
  items?: string[];
  recipientRef?: string;
  /** whether the restricted part lists what was left out: kind, number and day */
  list_left_out?: boolean;
  /** words only: pictures and files follow in a later pack */
  filesLater?: boolean;
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
  /** what only this pack may hold of who the keeper is; it is never saved */
  identity?: Record<string, string>;
  own_words: string;
  /** record ids */
  start_with: string[];
  /** a file that the keeper chose */
  saveTo?: Writable | null;
  /** the keeper wants plain pages */
  plain?: boolean;
  /** the result of `agree`; no pack is made without it */
  agreed?: Agreement;
  /** the wording of the pages that the phone makes itself */
  say?: TimeFormat;
};
/** `file` is null when the pack was written into the chosen file */
const POLL_INTERVAL_MS = 400;
const RECEIPT_WAIT_MS = 10_000;
const WHOLE_DIARY = Object.freeze({ from: null, to: null, records: null });

/** Return the app's methods for packs. */
export function packActions(ctx: Context) {
  return { ...choiceMethods(ctx), ...previewMethods(ctx), ...buildMethods(ctx), ...exportActions(ctx) };
}

function choiceMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  /** Wait for entries that are still arriving, then return the open diary. */
  const syncedDiary = async () => {
    const open = requireOpen();
    await open.syncing.waitForPull();
    return open;
  };
  return {
    async chooseForPack(chosen: PackSelection) {
      const open = await syncedDiary();
      const versions = await readDiary(open);
      return summarizeSelection(versions, chosen, absentEntries(open, versions));
    },
    async reviewPack(chosen: PackSelection, ownWords?: string) {
      const open = await syncedDiary();
      const versions = await readDiary(open);
      return buildReview(
        open,
        versions,
        chosenIncidents(versions, chosen).map(({ record }) => record),
        chosen,
        ownWords,
      );
    },
    decidePicture: async (
      attachment: string,
      decision: PictureDecision,
      about: { printed?: string; amongOthers?: boolean } = {},
    ) => {
      const open = requireOpen();
      const standing = await decidePicture(open, attachment, decision, ctx.clock.now(), about);
      open.custody.log(attachment, 'viewed');
      return standing;
    },
    decideWords: async (foundText: string, answer: 'hold' | 'fine') => decideWords(requireOpen(), foundText, answer),
    /** The older name of `decidePicture`, for the register pages. */
    markLooked: async (attachment: string, { hold }: { hold: boolean }) =>
      decidePicture(requireOpen(), attachment, hold ? 'hold' : 'fine', ctx.clock.now()),
    /** Free a reviewed picture: three hundred of them would not fit in memory. */
    letGo(url: string) {
      if (ctx.open?.urls.delete(url)) ctx.objectUrl.drop(url);
    },
    /**
     * Check the typed words, once for `times` packs or for one list on paper.
     * @throws words_differ
     */
    agree: async (words: string, times: number = 1) => createAgreement(ctx, requireOpen(), words, times),
    findItems: async (text: string) => findRequestedItems(await syncedDiary(), text),
    readForQuick: async () => readForQuick(await syncedDiary(), { now: ctx.clock.now(), zone: ctx.zone() }),
    newSince: async () => entriesSinceLastPack(await syncedDiary()),
  };
}

/** The available ways to make a pack, and the chronology for the screen, which stores nothing. */
function previewMethods(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  return {
    /** Ask the user for a file to write a large pack into; null when this browser has no such dialog. */
    chooseFile: async (name: string) => ctx.saveFile?.(name) ?? null,
    canChooseFile: () => Boolean(ctx.saveFile),
    /** Return the ways to make a pack. The server is one if it builds packs and the keeper has not ruled it out. */
    async packWays() {
      const open = requireOpen();
      const { fields } = await readSettings(open);
      const { registered } = open.store.root.account;
      const serverInfo = registered && fields.high_risk !== true ? await ctx.api.server().catch(() => null) : null;
      return {
        registered,
        high_risk: fields.high_risk === true,
        server: Boolean(serverInfo?.server_packs),
        offline: registered && fields.high_risk !== true && serverInfo === null,
      };
    },
    /** Return the chronology as rows for the screen and the printer. Stores nothing. */
    async readChronology({ agreed, ...chosen }: PackSelection & { agreed?: Agreement }, say: TimeFormat) {
      const open = requireOpen();
      useAgreement(open, agreed);
      await open.syncing.waitForPull();
      const [{ chronologyOf }, packData] = await Promise.all([
        import('../../pack/chronology/chronology.js'),
        buildCapsule(ctx, open, { ...chosen, release: '', log: null }),
      ]);
      return chronologyOf(packData.capsule, heldBackFrom(packData), say);
    },
  };
}

function buildMethods(ctx: Context) {
  let running: { stop: AbortController; job: PackJob | null } | null = null;
  /**
   * Run one build at a time.
   * @throws words_differ
   */
  const runExclusive = async (
    { agreed }: PackOptions,
    beginBuild: (controller: AbortController, open: Open) => { job: PackJob | null; work: Promise<MadePack> },
  ): Promise<MadePack> => {
    if (running) throw new KeptError('conflict', 'A pack is being made already.');
    const open = requireOpenOf(ctx)();
    useAgreement(open, agreed);
    const controller = new AbortController();
    const resumeBackgroundWork = open.syncing.pauseBackgroundWork();
    const { job, work } = beginBuild(controller, open);
    running = { stop: controller, job };
    try {
      return await work;
    } finally {
      await job?.cancel();
      running = null;
      resumeBackgroundWork();
    }
  };
  return {
    buildPack: (options: PackOptions, onStep: OnBuildStep) =>
      runExclusive(options, (controller, open) => {
        // A lock aborts it: the server must not go on typesetting, or send the result, once the diary is locked.
        const pause = (): Promise<void> =>
          new Promise((resolve) => {
            ctx.timers.after(POLL_INTERVAL_MS, () => resolve(ctx.open === open ? undefined : controller.abort()));
          });
        const job = new PackJob(ctx.api, { signal: controller.signal, pause });
        return { job, work: buildOnServer(ctx, open, job, options, onStep, controller.signal) };
      }),
    buildHere: (options: PackOptions, onStep: OnBuildStep) =>
      runExclusive(options, (controller, open) => ({
        job: null,
        work: buildOnPhone(ctx, open, options, onStep, controller.signal),
      })),
    async cancelPack() {
      running?.stop.abort();
      await running?.job?.cancel();
    },
  };
}

async function buildOnServer(
  ctx: Context,
  open: Open,
  job: PackJob,
  options: PackOptions,
  onStep: OnBuildStep,
  signal: AbortSignal,
): Promise<MadePack> {
  const reportStep = (step: string, done = 0, total = 0) => onStep({ step, done, total });
  reportStep('sealing');
  await savePackSettings(open, options);
  if ((await readSettings(open)).fields.high_risk === true) throw new KeptError('packs_off');
  await requireAllSent(open);
  const server = await ctx.api.server();
  reportStep('queued');
  await job.enqueue(open.identity.diary);
  await job.waitUntil(['ready'], () => reportStep('queued'));
  reportStep('ready');
  const packData = await gatherCapsule(ctx, open, options, { release: server.release, log: 'ask' });
  await job.sendCapsule(encodeCapsule(packData.capsule), () => reportStep('queued'));
  await job.waitUntil(['done'], ({ done, total }) => reportStep('building', done, total));
  reportStep('front');
  const front = await job.fetchFrontPart();
  reportStep('checking');
  const made = await finishPack(ctx, open, packData, await checkFront(front, packData.capsule), {
    ...options,
    release: server.release,
    signal,
    tell: reportStep,
  });
  return { ...made, unprinted: job.unprinted };
}

/**
 * Build the capsule, and check that it holds nothing that the keeper did not review.
 * @throws came_since
 */
async function gatherCapsule(
  ctx: Context,
  open: Open,
  options: PackOptions,
  source: { release: string; log: 'ask' | 'try' | 'kept'; inBrowser?: boolean },
) {
  const packData = await buildCapsule(ctx, open, { ...WHOLE_DIARY, ...options, ...source });
  requireAllSeen(packData, options.looked ?? []);
  return packData;
}

/** Build a pack that no server sees. Works without a network, and in a diary that was never registered. */
async function buildOnPhone(
  ctx: Context,
  open: Open,
  options: PackOptions,
  onStep: OnBuildStep,
  signal: AbortSignal,
): Promise<MadePack> {
  const reportStep = (step: string, done = 0, total = 0) => onStep({ step, done, total });
  reportStep('sealing');
  await savePackSettings(open, options);
  const release = ctx.pageEngine && !options.plain ? await ctx.releaseName() : '';
  const finish = { ...options, signal, tell: reportStep };
  if (release) {
    const isHighRisk = (await readSettings(open)).fields.high_risk === true;
    const log = isHighRisk ? 'kept' : 'try'; // at high risk the server is not asked for anything that it need not know
    const packData = await gatherCapsule(ctx, open, options, { release, log, inBrowser: true });
    const pages = await layOutOnPhone(ctx, open, packData.capsule, { onStep: reportStep, signal });
    if (pages) {
      const made = await finishPack(ctx, open, packData, pages.files, { ...finish, release });
      return { ...made, unprinted: pages.unprinted };
    }
  }
  // An upload page is given single documents, which plain pages are not.
  if (options.kind === 'portal') throw new KeptError('no_pages');
  const packData = await gatherCapsule(ctx, open, options, { release: '', log: 'kept' });
  const { buildEvidenceFront: evidenceFront } = await import('../../pack/evidence.js');
  const front = await evidenceFront(packData.capsule, heldBackFrom(packData), options.say as TimeFormat);
  const made = await finishPack(ctx, open, packData, front, { ...finish, isPlain: true, release: '' });
  return { ...made, isPlain: true };
}

/** Add the files as received, check them one by one, then record the pack in the diary. */
async function finishPack(
  ctx: Context,
  open: Open,
  packData: Awaited<ReturnType<typeof buildCapsule>>,
  front: ReadonlyMap<string, Uint8Array>,
  {
    kind = 'pack',
    saveTo,
    profile = 'police',
    restricted = hasRestrictedPart(profile),
    release,
    isPlain = false,
    review = {},
    signal,
    tell: reportStep,
  }: PackOptions & {
    release: string;
    isPlain?: boolean;
    signal: AbortSignal;
    tell: (step: string, done?: number, total?: number) => void;
  },
): Promise<MadePack> {
  const { capsule, records } = packData;
  const assembly = {
    openReceived: (exhibit: JsonObject) =>
      stopWhenLocked(openReceived(open, String(exhibit.record)), () => ctx.open === open),
    onProgress: (done: number, total: number) => reportStep('files', done, total),
    signal,
    restricted,
    sign: (facts: PackFacts) => open.vault.signPack(facts),
    recordExport: async (manifest: string) => {
      reportStep('recording');
      const details = { name, kind: recordedKind, records, version: release, manifest, restricted, review };
      const recorded = await recordExport(open, capsule, details, (id) => waitForReceipt(ctx, open, id));
      record = recorded.record;
      return recorded.proof;
    },
  };
  let record = '';
  const name = packFileName(capsule);
  const recordedKind = kind === 'items' ? 'supplement' : isPlain ? 'evidence' : kind;
  const target = saveTo ? { target: new FileTarget(saveTo) } : {};
  let portal: Awaited<ReturnType<typeof buildPortalSet>> | null = null;
  let assembled: Awaited<ReturnType<typeof assemble>> | null = null;
  try {
    if (kind === 'portal') portal = await buildPortalSet(capsule, front, assembly);
    else assembled = await assemble(capsule, front, { ...assembly, ...target });
    if (ctx.open !== open) throw new KeptError('locked');
    await finishExport(open);
  } catch (error) {
    // A locked diary cannot be written to: its record is taken out when it is opened again.
    await endUnfinishedExport(ctx, open).catch(() => undefined);
    throw error;
  }
  const { folder, no } = capsule.pack as { folder: string; no: number };
  for (const exhibit of capsule.exhibits as { record: string }[]) open.custody.log(exhibit.record, 'exported', folder);
  markConfirmed(open, assembled?.file);
  const manifest = (portal ?? assembled)?.manifest ?? '';
  const size = portal ? portal.files.reduce((sum, { file }) => sum + file.size, 0) : (assembled?.file?.size ?? 0);
  const numbers = packFingerprint(manifest);
  return { file: assembled?.file ?? null, ...(portal ? { files: portal.files } : {}), name, no, numbers, record, size };
}

/**
 * Wait until the server confirmed the record of a pack, a few seconds at most: a pack is also made without a signal.
 */
async function waitForReceipt(ctx: Context, open: Open, record: string) {
  if (!open.syncing.link()) return;
  let isRunning = true;
  void open.syncing
    .now()
    .catch(() => undefined)
    .then(() => {
      isRunning = false;
    });
  for (let waited = 0; isRunning && waited < RECEIPT_WAIT_MS && ctx.open === open; waited += POLL_INTERVAL_MS) {
    if ((await open.book.meta(record))?.versions[0]?.receipt) return;
    await new Promise((resolve) => {
      ctx.timers.after(POLL_INTERVAL_MS, () => resolve(undefined));
    });
  }
}

/** Pass the chunks on; throw locked when the diary was locked in between. */
async function* stopWhenLocked(chunks: AsyncIterable<Uint8Array>, isOpen: () => boolean) {
  for await (const chunk of chunks) {
    if (!isOpen()) throw new KeptError('locked');
    yield chunk;
  }
}

/** Return a name with the date only: a name in a download list must reveal nothing. */
function packFileName(capsule: JsonObject) {
  const { folder } = capsule.pack as { folder: string };
  return `documents-${folder.slice(-8, -4)}-${folder.slice(-4, -2)}-${folder.slice(-2)}.zip`;
}

/** Return the words that must not appear in the part that may be passed on. */
function heldBackFrom({ capsule, versions, settings }: Awaited<ReturnType<typeof buildCapsule>>) {
  const packed = new Set((capsule.versions as { version: string }[]).map(({ version }) => version));
  return createRedactor(
    versions.filter(({ version }) => packed.has(version)).map(openedOf),
    capsule.sheet as Fields,
    withheldWords(settings.restricted),
  );
}

/** Save the form in the diary's settings, so that the next pack starts from it. */
async function savePackSettings(open: Open, { initials, sheet, own_words, start_no }: PackOptions) {
  await saveSettings(open, {
    fields: { initials, own_words, ...(start_no ? { exhibit_start_no: start_no > 1 ? start_no : null } : {}) },
    restricted: Object.fromEntries(OFFICER_FIELDS.map((name) => [name, sheet[name] || null])),
  });
  open.syncing.soon();
}

/** Send everything first. The server typesets from what it has: entries need receipts, and pictures all their parts. */
async function requireAllSent({ store, syncing }: Open) {
  await syncing.now();
  if (store.root.outbox.length || store.root.uploads.length) {
    throw new KeptError(
      'unavailable',
      'Some of your entries are not backed up yet. They are saved on this phone. Try again when they are backed up.',
    );
  }
}
