/** A pack being built, and one that is ready. It outlives the screen it was started on and ends with a lock. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, progress, row } from '../../components/parts.js';
import { SAY, size } from '../../components/text/say.js';
import { problemOf } from '../../shell/stage.js';
import { dotted, inItsOrder, lookUp, t } from '../../shell/strings.js';
import { OFFICER, chosenOf } from './share_choose.js';
import { WAYS } from './share_ways.js';
import './words.js';
import type { Agreed } from '../../diary/session/confirming.js';
import type { MadePack, Step, Summary } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { Job } from './share_ways.js';
import type { Flow } from './share_choose.js';

/**
 * Return the form and the choices as the options of a build.
 * @param records the entries of one part; null for the whole selection
 */
function optionsOf(flow: Flow, records: string[] | null | undefined) {
  const { initials = '', ...sheet } = flow.sheet ?? {};
  return {
    ...(records ? { from: null, to: null, records } : chosenOf(flow)),
    profile: flow.profile ?? 'police',
    kind: flow.kind ?? 'pack',
    initials: initials.trim().toUpperCase(),
    own_words: flow.ownWords ?? '',
    start_with: flow.startWith ?? [],
    ...(flow.earlier ? {} : { start_no: Number(flow.startNo) || 1 }),
    sheet: Object.fromEntries(OFFICER.map((name) => [name, sheet[name] ?? ''])),
    restricted: flow.apart ?? true,
    intimate: Boolean(flow.intimate),
    ...(flow.reference ? { recipientRef: flow.reference } : {}),
    review: flow.review ?? {},
    looked: flow.summary?.looked ?? [],
    say: SAY,
  };
}

/** Start the build. `saveTo` is the file that the keeper chose, if one was needed. */
export async function start(
  stage: Stage,
  flow: Flow,
  { agreed, part = 0, saveTo = null }: { agreed: Agreed | null; part?: number; saveTo?: unknown },
) {
  const parts = flow.small ? (flow.summary as Summary).groups : [];
  const here = flow.way === 'here';
  const job: Job = {
    at: { step: here ? 'sealing' : 'queued', done: 0, total: 0 },
    done: null,
    stopped: false,
    here,
    part,
    parts,
    flow,
    agreed,
  };
  const { generation } = stage;
  stage.job = job;
  stage.packing = undefined;
  stage.stand({ name: 'share' });
  const tell = (at: Step) => {
    job.at = at;
    stage.draw();
  };
  try {
    const options = { ...optionsOf(flow, parts.length ? parts[part] : null), agreed, ...(saveTo ? { saveTo } : {}) };
    job.done = await (here ? stage.app.buildHere(options, tell) : stage.app.buildPack(options, tell));
    if (part + 1 >= parts.length) await Promise.resolve(stage.app.keepTyped('pack', null)).catch(() => undefined);
    if (generation !== stage.generation) return;
    stage.refresh('shared');
    stage.say(t('pack.title'));
  } catch (thrown) {
    job.stopped = true;
    if (generation !== stage.generation) return;
    if ((thrown as { code?: string })?.code === 'cancelled') return stage.draw();
    stage.job = undefined;
    const problem = problemOf(thrown);
    if (problem.code === 'came_since') lookAgain(stage, flow, part);
    stage.fail(problem);
  }
}

/**
 * Go back to the choice with everything that was chosen and typed. What goes in is worked out again, and the consent is
 * void because it was given to something else.
 * @param madeParts number of parts that are made already and stay valid
 */
function lookAgain(stage: Stage, flow: Flow, made: number) {
  stage.packing = Object.assign(flow, {
    step: flow.how === 'items' ? 'items' : 'choose',
    earlier: (flow.earlier ?? 0) + made,
    agreed: false,
    overridden: false,
  });
}

export function building(stage: Stage, job: Job) {
  const stop = async () => {
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
      cancel: stop,
      cancelLabel: t('build.cancel'),
    })}
    <p class="soft">${t('build.carry_on')}</p></div>`;
}

function save(file: Blob, name: string) {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  // The browser reads the URL after this task; a minute is ample, then the bytes are freed.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function ready(stage: Stage, job: Job) {
  const made = job.done as MadePack;
  const more = job.part + 1 < job.parts.length;
  const ways = WAYS.filter((way) => way.shown(stage, job));
  const next = () => start(stage, job.flow, { agreed: job.agreed, part: job.part + 1 });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('pack.title'))}<p><strong>${t('pack.number', { no: made.no })}</strong></p><p
        role="status">${t(job.here ? 'pack.made_here' : 'pack.checked')}</p>
      <p class="soft">${dotted([
        made.name,
        size(made.size),
        job.parts.length > 1 && t('parts.of', { n: job.part + 1, of: job.parts.length }),
      ])}</p></div>
    ${errorSummary(stage)}
    ${ways.map(
      (way, i) =>
        html`<div class="stack-close">${button(lookUp(way.title), () => way.on(stage, job), {
          main: i === 0,
          wide: true,
        })}<p class="small soft">${lookUp(way.more)}</p></div>`,
    )}
    ${
      made.files
        ? files(made.files)
        : made.file
          ? button(t('pack.save'), () => save(made.file as Blob, made.name), { main: !ways.length, wide: true })
          : html`<p class="care">${t('pack.written')}</p>`
    }
    ${more ? button(t('parts.next', { n: job.part + 2, of: job.parts.length }), next, { wide: true }) : nothing}
    <div class="rows">
      <div>${row({
        title: t('pack.note'),
        more: t('pack.note_more'),
        icon: 'person',
        on: () => stage.go({ name: 'shared', record: made.record }),
      })}</div>
    </div>
    ${made.file || made.files ? html`<p class="care small">${t('pack.saved')}</p>` : nothing}
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

/** The files of a portal set; an upload page takes them one by one. */
function files(all: { name: string; file: Blob }[]) {
  // A browser asks once whether several files may be saved. Without a pause between them it may drop some.
  const every = () => all.forEach(({ name, file }, i) => setTimeout(() => save(file, name), i * 400));
  return html`<div class="stack-close">${button(t('pack.save_all', { n: all.length }), every, {
    main: true,
    wide: true,
  })}
    <ul class="rows">${all.map(
      ({ name, file }) =>
        html`<li>${row({
          title: inItsOrder(name),
          more: size(file.size),
          icon: 'file',
          on: () => save(file, name),
        })}</li>`,
    )}</ul></div>`;
}
