/** Entries that an advocate typed while the keeper spoke, shown one at a time, with Yes, Change and No. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, sheet, waiting } from '../../components/parts.js';
import { whenWords } from '../../components/text/say.js';
import { lookUp, t } from '../../shell/strings.js';
import { asTyped } from '../../record/assisted.js';
import { talk } from '../../components/text/assisted_marks.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { Answer, Written } from '../../diary/types.js';
import type { Mark } from '../../record/assisted.js';

function assisted(stage: Stage) {
  const found = stage.find('assisted', () => stage.app.readAssisted());
  const list = found.data as Written[] | undefined;
  if (!list) return html`<div class="stack">${errorSummary(stage)}${waiting()}</div>`;
  const one = list[0];
  if (!one) return html`<div class="stack-wide">${heading(t('asst.title'))}<p>${t('asst.none')}</p></div>`;
  return html`<div class="stack-wide">${heading(t('asst.title'))}${errorSummary(stage)}${
    stage.local.own === undefined ? reading(stage, one) : changing(stage, one)
  }</div>`;
}

function reading(stage: Stage, one: Written) {
  const { mark } = one;
  const refuse = () =>
    stage.openSheet(() =>
      sheet(
        stage,
        t('asst.no_title'),
        html`<p>${t(one.record ? 'asst.no_lead_in' : 'asst.no_lead')}</p>
    <div class="row">${button(
      t('asst.no_do'),
      () => {
        stage.closeSheet();
        void say(stage, one, { answer: 'no' });
      },
      { main: true },
    )}${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>`,
      ),
    );
  return html`<div class="stack-close">
      <p>${t('asst.who', { name: one.name || mark.by })}${
        one.organisation ? html` <span class="soft">${one.organisation}</span>` : nothing
      }</p>
      <p class="small soft">${talk(mark)} · ${t(
        mark.read_back ? 'asst.read_back' : 'asst.not_read_back',
      )}</p><p>${t('asst.lead')}</p></div>
    <article class="card stack-close written">
      <p class="small"><strong>${t('asst.when')}</strong> ${whenWords(one.occurred)}</p>
      ${asTyped(one.occurred) ? html`<p class="narrative" dir="auto">${one.narrative}</p>` : turns(mark)}
    </article>
    <div class="stack-close"><h2>${t('asst.ask')}</h2>
      <div class="row">${button(t('asst.yes'), () => say(stage, one, { answer: 'yes' }), {
        main: true,
        busy: stage.running === 'assisted',
      })}
        ${button(t('asst.change'), () => {
          stage.arrived = true;
          stage.set({ own: one.narrative });
        })}${button(t('asst.no'), refuse)}</div>
      <div>${button(t('asst.later'), () => say(stage, one, { answer: 'later' }), {
        plain: true,
      })}</div><p class="small soft">${t('asst.later_more')}</p></div>`;
}

/** Show each question and answer in order, so that no question is mistaken for the keeper's words. */
function turns({ turns: list }: Mark) {
  return list.map(
    ({ asked, words, said }) => html`<div class="stack-close">
    <p class="small soft">${
      asked
        ? html`${t('asst.asked')}: <strong dir="auto">${asked === 'own' ? words : lookUp(`asst.p.${asked}`)}</strong>`
        : t('asst.unasked')
    }</p>
    <p class="narrative ${said ? '' : 'soft'}" dir="auto">${said || t('asst.nothing')}</p></div>`,
  );
}

function changing(stage: Stage, one: Written) {
  const { local } = stage;
  const stop = () => {
    stage.arrived = true;
    stage.set({ own: undefined, needed: false });
  };
  const save = () =>
    local.own.trim()
      ? say(stage, one, { answer: 'changed', narrative: local.own, reason: t('asst.reason_said') })
      : stage.set({ needed: true });
  return html`${textField({
    id: 'own',
    label: t('asst.own'),
    hint: t('asst.own_hint'),
    lines: 'big',
    value: local.own,
    error: local.needed ? t('asst.own_need') : null,
    on: (own) => {
      local.own = own;
    },
  })}
    <div class="row">${button(t('asst.own_do'), save, { main: true, busy: stage.running === 'assisted' })}${button(
      t('frame.cancel'),
      stop,
      { plain: true },
    )}</div>`;
}

function say(stage: Stage, one: Written, said: { answer: Answer; narrative?: string; reason?: string }) {
  return stage.run('assisted', async () => {
    await stage.app.answerAssisted(one.id, said);
    // A postponed entry is asked about again at the next unlock, not in a loop.
    if (said.answer === 'later' && one.record) stage.go({ name: 'entries' });
    stage.local = {};
    stage.arrived = true;
    stage.say(t(`asst.done_${said.answer}`));
    stage.refresh('');
    if (said.answer === 'later' || !stage.state.waiting?.written) stage.go({ name: 'entries' });
  });
}

export const views = { assisted };
