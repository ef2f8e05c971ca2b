/** A pack being built, and one that is ready. It outlives the screen it was started on and ends with a lock. */
import { KeptError } from '../../core/errors.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, progress, row } from '../../components/parts.js';
import { saveFile, saveFiles } from '../../components/files/save_file.js';
import { ENGLISH_TIMES, sizeText } from '../../components/text/formatting.js';
import { keepScreenOn } from '../../shell/screen_wake.js';
import { problemOf } from '../../shell/stage.js';
import { joinWithDots, isolateDirection, lookUp, t } from '../../shell/strings.js';
import { OFFICER_FIELDS } from '../../pack/officer_fields.js';
import { canBePlain, canBeWordsOnly, isWordsOnly, keepFilesToFollow, keepFlow, selectionOf } from './share_choose.js';
import { DELIVERY_WAYS } from './share_ways.js';
import { hasRestrictedPart } from '../../pack/recipients.js';
import './words.js';
import type { Agreement } from '../../diary/session/confirming.js';
import type { MadePack, ProgressStep, PackSummary } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { PackBuild } from './share_ways.js';
import type { PackFlow } from './share_choose.js';

/**
 * Return the form and the choices as the options of a build.
 * @param records the entries of one part; null for the whole selection
 */
function packOptions(flow: PackFlow, records: string[] | null | undefined) {
  const { initials = '', ...sheet } = flow.sheet ?? {};
  return {
    ...(records ? { from: null, to: null, records } : selectionOf(flow)),
    profile: flow.profile ?? 'police',
    kind: flow.kind ?? 'pack',
    initials: initials.trim().toUpperCase(),
    own_words: flow.ownWords ?? '',
    start_with: flow.startWith ?? [],
    ...(flow.earlier ? {} : { start_no: Number(flow.startNo) || 1 }),
    sheet: Object.fromEntries(OFFICER_FIELDS.map((name) => [name, sheet[name] ?? ''])),
    identity: Object.fromEntries(Object.entries(flow.identity ?? {}).map(([name, text]) => [name, text.trim()])),
    restricted: flow.apart ?? hasRestrictedPart(flow.profile ?? 'police'),
    intimate: Boolean(flow.intimate),
    ...(isWordsOnly(flow) ? { filesLater: true } : {}),
    // Of several parts, each would list what the others hold.
    list_left_out: Boolean(flow.leftOut && !flow.small),
    ...(flow.reference ? { recipientRef: flow.reference } : {}),
    review: flow.review ?? {},
    looked: flow.summary?.looked ?? [],
    ...(flow.plain && canBePlain(flow) ? { plain: true } : {}),
    say: ENGLISH_TIMES,
  };
}

/** Return whether the pack is made of words only, and has files that follow. */
const hasFilesToFollow = (flow: PackFlow) => isWordsOnly(flow) && Boolean(flow.summary?.files_later);

/**
 * Return the choices for the pack of the pictures and files that follow a pack of words. It is of the same entries: the
 * pack of words counts every file of theirs, also those of an earlier pack and those that only an order names.
 */
function packOfFiles(flow: PackFlow): PackFlow {
  const { filesLater: _, small: _small, unfinished: _unfinished, ...kept } = flow;
  return {
    ...kept,
    // What is new since the last pack is something else once this one is made.
    ...(flow.how === 'new' ? { how: 'some' } : {}),
    step: 'choose',
    ofFiles: true,
    earlier: (flow.earlier ?? 0) + 1,
  };
}

/** Start the build. `saveTo` is the file that the keeper chose, if one was needed. */
export async function startPack(
  stage: Stage,
  flow: PackFlow,
  { agreed, part = 0, saveTo = null }: { agreed: Agreement | null; part?: number; saveTo?: unknown },
) {
  const parts = flow.small ? (flow.summary as PackSummary).groups : [];
  const isOnPhone = flow.way !== 'server';
  const job: PackBuild = {
    at: { step: isOnPhone ? 'sealing' : 'queued', done: 0, total: 0 },
    done: null,
    stopped: false,
    here: isOnPhone,
    part,
    parts,
    flow,
    agreed,
  };
  const { generation } = stage;
  stage.job = job;
  stage.packing = undefined;
  stage.stand({ name: 'share' });
  const onStep = (step: ProgressStep) => {
    job.at = step;
    stage.draw();
  };
  /** Keep what is left to make after this many parts, with whether a build of it has begun. */
  const keepRest = (unfinished: boolean, madeParts: number) => {
    flow.unfinished = unfinished;
    const rest = { how: 'some', records: parts.slice(madeParts).flat(), earlier: (flow.earlier ?? 0) + madeParts };
    return keepFlow(stage, madeParts ? { ...flow, ...rest } : flow);
  };
  const letScreenSleep = keepScreenOn();
  try {
    // Sealed before the work begins: after a crash nothing could tell that a build had begun.
    await keepRest(true, part);
    if (job.stopped) throw new KeptError('cancelled');
    const options = { ...packOptions(flow, parts.length ? parts[part] : null), agreed, ...(saveTo ? { saveTo } : {}) };
    job.done = await (isOnPhone ? stage.app.buildHere(options, onStep) : stage.app.buildPack(options, onStep));
    if (part + 1 < parts.length) await keepRest(false, part + 1);
    else {
      flow.identity = undefined;
      await keepFlow(stage, null);
      // It stays until a pack with files is made: an officer was told that they follow.
      if (canBeWordsOnly(flow)) await keepFilesToFollow(stage, hasFilesToFollow(flow) ? packOfFiles(flow) : null);
    }
    if (generation !== stage.generation) return;
    stage.refresh('shared');
    stage.announce(t('pack.title'));
  } catch (error) {
    job.stopped = true;
    if (generation !== stage.generation) return;
    const problem = problemOf(error);
    const isCancelled = problem.code === 'cancelled';
    if (!isCancelled) stage.job = undefined;
    if (problem.code === 'no_pages') flow.portal = false;
    await keepRest(false, part);
    if (generation !== stage.generation) return; // locked meanwhile: the door shows nothing of a pack
    if (problem.code === 'came_since' || problem.code === 'no_pages') returnToChoice(stage, flow, part);
    if (isCancelled) stage.draw();
    else stage.fail(problem);
  } finally {
    letScreenSleep();
  }
}

/**
 * Go back to the choice with everything that was chosen and typed. What goes in is worked out again, and the password
 * is asked for again because it was typed for something else.
 * @param madeParts number of parts that are made already and stay valid
 */
function returnToChoice(stage: Stage, flow: PackFlow, madeParts: number) {
  stage.packing = Object.assign(flow, {
    step: flow.how === 'items' ? 'items' : 'choose',
    earlier: (flow.earlier ?? 0) + madeParts,
    summary: undefined,
  });
}

export function buildingView(stage: Stage, job: PackBuild) {
  const cancelBuild = async () => {
    job.stopped = true;
    stage.draw();
    await stage.app.cancelPack().catch(() => undefined);
  };
  return html`<div class="stack-wide">${heading(t('build.title'))}
    ${job.parts.length > 1 ? html`<p>${t('parts.of', { n: job.part + 1, of: job.parts.length })}</p>` : nothing}
    ${progress({
      label: lookUp(`build.${job.at.step}`),
      done: job.at.done,
      total: job.at.total,
      cancel: cancelBuild,
      cancelLabel: t('build.cancel'),
    })}
    <p class="soft">${t('build.carry_on')}</p></div>`;
}

export function readyView(stage: Stage, job: PackBuild) {
  const pack = job.done as MadePack;
  const hasMoreParts = job.part + 1 < job.parts.length;
  const applicableWays = DELIVERY_WAYS.filter((way) => way.shown(stage, job));
  const addFiles = () => {
    stage.job = undefined;
    stage.packing = packOfFiles(job.flow);
    stage.stand({ name: 'share' });
  };
  const next = () => startPack(stage, job.flow, { agreed: job.agreed, part: job.part + 1 });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('pack.title'))}<p><strong>${t('pack.number', { no: pack.no })}</strong></p><p
        role="status">${t(madeKey(job, pack))}</p>
      <p class="soft">${joinWithDots([
        pack.name,
        sizeText(pack.size),
        job.parts.length > 1 && t('parts.of', { n: job.part + 1, of: job.parts.length }),
      ])}</p></div>
    ${pack.unprinted?.length ? html`<p class="care">${unprintedText(pack.unprinted)}</p>` : nothing}
    ${errorSummary(stage)}
    ${applicableWays.map(
      (way, index) =>
        html`<div class="stack-close">${button(lookUp(way.title), () => way.on(stage, job), {
          main: index === 0,
          wide: true,
        })}<p class="small soft">${lookUp(way.more)}</p></div>`,
    )}
    ${
      pack.files
        ? fileList(pack.files)
        : pack.file
          ? html`<div class="stack-close">${button(t('pack.save'), () => saveFile(pack.file as Blob, pack.name), {
              main: !applicableWays.length,
              wide: true,
            })}<p class="small soft">${t('pack.save_more')}</p></div>`
          : html`<p class="care">${t('pack.written')}</p>`
    }
    ${hasMoreParts ? button(t('parts.next', { n: job.part + 2, of: job.parts.length }), next, { wide: true }) : nothing}
    ${
      hasFilesToFollow(job.flow)
        ? html`<div class="stack-close">${button(t('later.next'), addFiles, { wide: true })}<p class="small soft">${t(
            'later.next_more',
          )}</p></div>`
        : nothing
    }
    <div class="stack-close"><p dir="auto">${t('pack.numbers', { numbers: pack.numbers })}</p><p class="small soft">${t(
      'pack.numbers_more',
    )}</p></div>
    <div class="rows">
      <div>${row({
        title: t('pack.note'),
        subtitle: t('pack.note_more'),
        icon: 'person',
        onClick: () => stage.go({ name: 'shared', record: pack.record }),
      })}</div>
    </div>
    ${pack.file || pack.files ? html`<p class="care small">${t('pack.saved')}</p>` : nothing}
    <div>${button(
      t('pack.again'),
      () => {
        stage.job = undefined;
        stage.stand({ name: 'share' });
      },
      { plain: true },
    )}</div>
  </div>`;
}

function madeKey({ here: isOnPhone, flow }: PackBuild, { isPlain }: MadePack) {
  if (isPlain) return flow.plain ? 'pack.chosen_plain' : 'pack.made_plain';
  return isOnPhone ? 'pack.made_here' : 'pack.checked';
}

/** Say what has words that could not be printed. */
function unprintedText(labels: readonly string[]): string {
  const names: Record<string, string> = {
    'own words': t('pack.unprinted_own'),
    "officer's sheet": t('pack.unprinted_sheet'),
  };
  return t('pack.unprinted', { list: labels.map((label) => names[label] ?? isolateDirection(label)).join(', ') });
}

/** The files of a portal set; an upload page takes them one by one. */
function fileList(packFiles: { name: string; file: Blob }[]) {
  // A browser asks once whether several files may be saved. Without a pause between them it may drop some.
  const saveAll = () => saveFiles(packFiles);
  return html`<div class="stack-close">${button(t('pack.save_all', { n: packFiles.length }), saveAll, {
    main: true,
    wide: true,
  })}
    <ul class="rows">${packFiles.map(
      ({ name, file }) =>
        html`<li>${row({
          title: isolateDirection(name),
          subtitle: sizeText(file.size),
          icon: 'file',
          onClick: () => saveFile(file, name),
        })}</li>`,
    )}</ul></div>`;
}
