/**
 * The keeper looks at each picture once before it can be printed, because no search finds an address inside a picture.
 * One tap decides and the next picture follows. Each decision is saved at once, so a lock loses nothing.
 */
import { html, nothing } from '../../shell/html.js';
import { masking } from '../../components/files/masking.js';
import { button, errorSummary, heading, sentenceOf, sheet } from '../../components/parts.js';
import { problemOf } from '../../shell/stage.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { Decision, Look } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const KEYS = { 1: 'fine', 2: 'hold', 4: 'out' } as Readonly<Record<string, Decision>>;
const AHEAD = 2;

const sizeOf = ({ film }: Look) => (film ? 'preview' : 'print');
const keyOf = (look: Look) => `picture:look:${look.attachment}`;

function show(stage: Stage, look: Look) {
  return stage.find(keyOf(look), () => stage.app.readPicture(look.attachment, sizeOf(look)));
}

/** Review the undecided pictures, in the order of the entries. */
export function looking(stage: Stage, done: () => unknown) {
  const { local } = stage;
  const looks = (local.looks ?? []) as Look[];
  const n = local.looked ?? 0;
  const one = looks[n];
  if (local.masking && one) return covering(stage, one);
  if (!one)
    return html`${heading(t('look.title'))}${errorSummary(stage)}<p>${t('look.none')}</p><div>${button(
      t('frame.next'),
      () => settled(stage, done),
      { main: true, busy: stage.running === 'look' },
    )}</div>`;
  const found = show(stage, one);
  for (const next of looks.slice(n + 1, n + 1 + AHEAD)) show(stage, next);
  const cover = () => {
    stage.arrived = true;
    stage.set({
      masking: { boxes: [], what: [], why: '', chosen: 0, after: () => answer(stage, one, 'covered', done) },
    });
  };
  const key = (event: KeyboardEvent) => {
    const decision = KEYS[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || (event.target as Element).matches('input, textarea')) return;
    if (decision) answer(stage, one, decision, done);
    else if (event.key === '3' && !one.film) cover();
    else if (event.key === '0' && n) before(stage);
  };
  return html`<div class="stack-wide" @keydown=${key}>${heading(t('look.title'))}
    ${n ? nothing : html`<p class="soft small">${t('look.lead')}</p>`}${errorSummary(stage)}
    <p class="small soft" role="status">${t('look.of', { n: n + 1, of: looks.length })}${
      one.name ? html` · <span dir="auto">${one.name}</span>` : nothing
    }</p>
    <div class="look-picture look-once">${
      found.data?.url
        ? html`<img src=${found.data.url} alt=${t('file.picture_of', { name: one.name })}>`
        : html`<p class="soft page">${
            found.data === null || found.problem ? t('file.no_preview') : t('frame.loading')
          }</p>`
    }</div>
    ${one.film ? html`<p class="small care">${t('look.film')}</p>` : nothing}${
      one.place ? html`<p class="small soft">${t('look.place')}</p>` : nothing
    }
    <div class="stack-close">
      ${button(t('look.ok'), () => answer(stage, one, 'fine', done), { main: true, wide: true })}
      ${button(t('look.hold'), () => answer(stage, one, 'hold', done), { wide: true })}
      <div class="row">${one.film ? nothing : button(t('look.cover'), cover)}${button(t('look.out'), () =>
        answer(stage, one, 'out', done),
      )}${button(t('look.open'), () => stage.go({ name: 'file', attachment: one.attachment }))}
        ${n ? button(t('look.before'), () => before(stage), { plain: true }) : nothing}</div>
      <p class="small soft desk">${t('look.keys')}</p>
      <div>${button(t('look.skip'), () => skip(stage, looks.length - n, done), { plain: true })}</div>
    </div></div>`;
}

function covering(stage: Stage, look: Look) {
  const found = stage.find(`attachment:look:${look.attachment}`, () => stage.app.readAttachment(look.attachment));
  const stop = () => {
    stage.arrived = true;
    stage.set({ masking: null });
  };
  if (found.data) return masking(stage, found.data);
  return html`${heading(t('look.title'))}<p role="status">${
    found.problem ? sentenceOf(found.problem) : t('frame.loading')
  }</p><div>${button(t('frame.cancel'), stop)}</div>`;
}

/**
 * Save a decision and show the next picture without waiting. A picture whose decision could not be saved comes back at
 * the end.
 */
function answer(stage: Stage, look: Look, decision: Decision, done: () => unknown) {
  const { local } = stage;
  const { generation } = stage;
  local.answers = { ...local.answers, [look.attachment]: decision };
  // Handed to the store now, not after the earlier writes: a lock waits for writes that the store has accepted.
  const kept = stage.app.decidePicture(look.attachment, decision).catch((thrown) => {
    if (generation !== stage.generation) return;
    local.answers = { ...local.answers, [look.attachment]: null };
    local.looks = [...local.looks, look];
    stage.fail({ ...problemOf(thrown), sentence: t('look.not_kept') });
  });
  local.writes = Promise.all([local.writes, kept]);
  forget(stage, local.looks[(local.looked ?? 0) - 1]);
  stage.problem = null;
  stage.set({ looked: (local.looked ?? 0) + 1 });
  // In a later task: the current one may still be saving a masked copy.
  if ((local.looked ?? 0) >= local.looks.length)
    setTimeout(() => {
      if (generation === stage.generation) void settled(stage, done);
    });
}

/** Wait until every decision is saved, then go on, unless the user has opened a picture meanwhile. */
function settled(stage: Stage, done: () => unknown) {
  const { local } = stage;
  return stage.run('look', async () => {
    await local.writes;
    if (stage.local === local && (local.looked ?? 0) >= local.looks.length) await done();
  });
}

function before(stage: Stage) {
  stage.set({ looked: Math.max(0, (stage.local.looked ?? 0) - 1) });
}

/** Free a picture that is two steps behind. */
function forget(stage: Stage, look: Look | undefined) {
  if (!look) return;
  const url = (stage.read.get(keyOf(look))?.data as { url: string } | null | undefined)?.url;
  if (url) stage.app.letGo(url);
  stage.read.delete(keyOf(look));
}

function skip(stage: Stage, left: number, done: () => unknown) {
  const go = () => {
    stage.closeSheet();
    stage.local.overridden = true;
    stage.local.looked = stage.local.looks.length;
    return settled(stage, done);
  };
  stage.openSheet((on) =>
    sheet(
      on,
      t('look.skip_title'),
      html`<p>${tn('look.skip_lead', left)}</p>
    <div class="row">${button(t('look.skip_do'), go)}${button(t('frame.cancel'), () => on.closeSheet(), {
      main: true,
    })}</div>`,
    ),
  );
}
