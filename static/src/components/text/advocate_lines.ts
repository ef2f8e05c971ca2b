/** Lines about advocates on an entry, on a file and in the list. */
import { nothing, html } from '../../shell/html.js';
import { lookUp, t } from '../../shell/strings.js';
import { lately, day, momentSaid } from './say.js';
import { button } from '../parts.js';
import { icon } from '../../shell/icons.js';
import { textField } from '../forms/fields.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { Seer, Looked, Asked, Question } from '../../shell/app.js';

export function seenBy(stage: Stage, record: string) {
  const found = (stage.find(`sees:${record}`, () => stage.app.whoSees(record)).data ?? []) as Seer[];
  if (!found.length) return nothing;
  return html`<div class="note stack-close">${found.map(
    ({ name, looked_at: at }) =>
      html`<p>${t('adv.sees', { name })} ${
        at ? t('adv.looked', { when: lately(at, Date.now()) }) : t('adv.looked_not')
      }</p>`,
  )}<p>${t('adv.danger')}</p>
    <div>${button(
      t('adv.title'),
      () => {
        stage.refresh('grants');
        stage.go({ name: 'advocates' });
      },
      { plain: true },
    )}</div></div>`;
}

/** Advocates who marked an entry or a file as looked through, so that the keeper need not read it. */
export function lookedThrough(stage: Stage, record: string) {
  const found = (stage.find(`marked:${record}`, () => stage.app.markedOf(record)).data ?? []) as Looked[];
  return found.map(
    ({ name, at, since }) =>
      html`<p class="small item-foot"><span>${icon('tick', 16)}${t(since ? 'adv.through_since' : 'adv.through', {
        name,
        day: day(at),
      })}</span></p>`,
  );
}

/** The same in a row of the list, or under a picture. */
export function lookedShort(stage: Stage, record: string, style?: string) {
  const names = (stage.find('marked', () => stage.app.readMarked()).data as Map<string, string[]> | undefined)?.get(
    record,
  );
  return names
    ? html`<span class=${style ?? nothing}>${icon('tick', 16)}${t('adv.through_short', {
        name: names.join(', '),
      })}</span>`
    : nothing;
}

/** Open and answered questions of advocates. */
export function asked(stage: Stage, record: string) {
  const open = (stage.find(`asked:${record}`, () => stage.app.readAsked(record)).data ?? []) as Asked[];
  const kept = (stage.find(`questions:${record}`, () => stage.app.readQuestions(record)).data ?? []) as Question[];
  if (!open.length && !kept.length) return nothing;
  return html`<section class="stack-close"><h2>${t('adv.questions')}</h2>
    ${open.length ? html`<ul class="stack">${open.map((one) => question(stage, one))}</ul>` : nothing}
    ${
      kept.length
        ? html`<ul class="rows">${kept.map(
            (one) => html`<li class="page-item stack-close" data-question=${one.status}><p class="small soft">${t(
              'adv.question_by',
              { name: one.name, when: momentSaid(one.asked_at ?? 0) },
            )}</p><p dir="auto">${one.text}</p>
      <p class="small">${
        one.status === 'answered'
          ? t('adv.question_answered', { when: momentSaid(one.answered_at ?? 0) })
          : t('adv.question_aside')
      }</p></li>`,
          )}</ul>`
        : nothing
    }</section>`;
}

export function question(stage: Stage, one: Asked) {
  const { local } = stage;
  const on = local.answering === one.letter;
  const done = (said: string) => {
    for (const what of ['asked', 'questions:', 'entry:']) stage.refresh(what);
    Object.assign(local, { answering: null, answer: '', noAnswer: false });
    stage.arrived = true;
    stage.say(lookUp(said));
  };
  const save = () => {
    if (!String(local.answer ?? '').trim()) return stage.set({ noAnswer: true });
    return stage.run('answer', async () => {
      await stage.app.answerQuestion({ letter: one.letter, answer: local.answer });
      done('adv.answered');
    });
  };
  const aside = () =>
    stage.run('aside', async () => {
      await stage.app.putAsideQuestion(one.letter);
      done('adv.aside_done');
    });
  return html`<li class="note stack-close" data-letter=${one.letter}><p
    class="small soft">${t('adv.asked_by', { name: one.name })} · ${momentSaid(one.at)}</p><p
      dir="auto"><strong>${one.text}</strong></p>
    ${
      on
        ? textField({
            id: 'answer',
            label: t('adv.answer_field'),
            hint: t('adv.answer_hint', { name: one.name }),
            lines: 'big',
            value: local.answer ?? '',
            error: local.noAnswer ? t('adv.answer_need') : null,
            on: (answer) => {
              local.answer = answer;
            },
          })
        : nothing
    }
    <div class="row">${
      on
        ? button(t('adv.answer_save'), save, { main: true, busy: stage.running === 'answer' })
        : button(t('adv.answer'), () => stage.set({ answering: one.letter, answer: '', noAnswer: false }), {
            main: true,
          })
    }
      ${button(t('adv.aside'), aside, { plain: true, busy: stage.running === 'aside' })}</div></li>`;
}
