/** The list "To chase": dates in the diary to look at, ticked off or not. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, row, sentenceOf, waiting } from '../../components/parts.js';
import { dayWords, entryNumber } from '../../components/text/say.js';
import { dotted, lookUp, t, tn } from '../../shell/strings.js';
import { icon } from '../../shell/icons.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { titleOf } from '../../components/registers/register_words.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../../components/words.js';
import './words.js';
import type { ChaseItem } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const SOON = 14 * 86_400_000;
const ICONS = {
  wipe: 'camera',
  asked: 'clock',
  update: 'flag',
  order: 'paper',
  download: 'file',
} as const;

function chase(stage: Stage) {
  vocabulary(stage);
  const found = stage.find('chase', () => stage.app.readChase());
  if (!found.data)
    return found.problem
      ? html`<div class="stack">${heading(t('chase.title'))}<p role="alert">${sentenceOf(found.problem)}</p></div>`
      : waiting();
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const near = localAt(Date.now() + SOON, phoneZone()).slice(0, 10);
  const open = found.data.filter(({ done_at }) => done_at === null);
  const done = found.data.filter(({ done_at }) => done_at !== null);
  const isNear = ({ due }: ChaseItem) => due !== null && due <= near;
  // A camera's pictures are lost for good, so they come before everything else that is near.
  const soon = [
    ...open.filter((one) => one.what === 'wipe' && isNear(one)),
    ...open.filter((one) => one.what !== 'wipe' && isNear(one)),
  ];
  const later = open.filter((one) => !isNear(one));
  const list = (title: string, items: ChaseItem[]) =>
    items.length
      ? html`<section class="stack-close"><h2>${lookUp(title)}</h2><ul class="rows">${items.map((one) =>
          item(stage, one, today),
        )}</ul></section>`
      : nothing;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('chase.title'))}<p class="soft">${t('chase.lead')}</p></div>
    ${errorSummary(stage)}
    ${open.length ? nothing : html`<p>${t('chase.none')}</p>`}
    ${list('chase.soon', soon)}${list('chase.later', later)}
    ${
      done.length
        ? html`<div class="rows"><div>${row({
            title: tn('chase.shown', done.length),
            icon: 'tick',
            expanded: Boolean(stage.local.done),
            body: html`<ul class="rows">${done.map((one) => item(stage, one, today))}</ul>`,
            on: () => stage.set({ done: !stage.local.done }),
          })}</div></div>`
        : nothing
    }
  </div>`;
}

function item(stage: Stage, one: ChaseItem, today: string) {
  const { key, what, due, done_at } = one;
  const when = !due
    ? ''
    : due === today
      ? t('chase.today')
      : due < today && done_at === null
        ? t('chase.past', { day: dayWords(due) })
        : t('chase.due', { day: dayWords(due) });
  const tick = () =>
    stage.run(`chase-${key}`, async () => {
      await stage.app.chaseDone(key, done_at === null);
      stage.refresh('chase');
      stage.say(t(done_at === null ? 'chase.done' : 'chase.untick'));
    });
  return html`<li class="page-item stack-close">
    <p class="with-icon">${icon(ICONS[what], 20)}<strong>${t(`chase.${what}`)}</strong></p>
    <p dir="auto">${nameOf(stage, one)}</p>
    ${
      when
        ? html`<p class="small ${due && due <= today && done_at === null ? 'state-trouble' : 'soft'}">${when}</p>`
        : nothing
    }
    <div class="row">${
      one.kind === 'export' ? nothing : button(t('chase.see'), () => see(stage, one), { plain: true })
    }${button(t(done_at === null ? 'chase.tick' : 'chase.untick'), tick, {
      icon: done_at === null ? 'tick' : 'back',
      busy: stage.running === `chase-${key}`,
    })}</div></li>`;
}

function see(stage: Stage, { kind, record }: ChaseItem) {
  return stage.go(kind === 'incident' ? { name: 'entry', record } : { name: 'kept', kind, record });
}

function nameOf(stage: Stage, { kind, fields, seq_no, detail }: ChaseItem): string {
  if (kind === 'export') return String(fields.file_name ?? '');
  if (kind !== 'incident') return titleOf(stage, kind, fields);
  const entry = entryNumber(seq_no, 'reg');
  const asked = typeof detail.requested_at === 'string' ? t('chase.ask', { day: dayWords(detail.requested_at) }) : '';
  return dotted([
    label('independent_evidence', detail.kind),
    detail.holder,
    asked,
    entry,
    String(fields.narrative ?? '').slice(0, 60),
  ]);
}

export const views = { chase };
