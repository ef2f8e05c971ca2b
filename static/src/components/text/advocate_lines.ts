/** Lines about advocates on an entry, on a file and in the list. */
import { nothing, html } from '../../shell/html.js';
import { lookUp, t } from '../../shell/strings.js';
import { recentTimeText, dateText, dateTimeText } from './formatting.js';
import { button } from '../parts.js';
import { icon } from '../../shell/icons.js';
import { textField } from '../forms/fields.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { RecordViewer, RecordMark, PendingQuestion, StoredQuestion } from '../../shell/app.js';

export function viewerNote(stage: Stage, record: string) {
  const viewers = (stage.find(`sees:${record}`, () => stage.app.whoSees(record)).data ?? []) as RecordViewer[];
  if (!viewers.length) return nothing;
  return html`<div class="note stack-close">${viewers.map(
    ({ name, looked_at: at }) =>
      html`<p>${t('adv.sees', { name })} ${
        at ? t('adv.looked', { when: recentTimeText(at, Date.now()) }) : t('adv.looked_not')
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
export function lookedThroughNotes(stage: Stage, record: string) {
  const looks = (stage.find(`marked:${record}`, () => stage.app.markedOf(record)).data ?? []) as RecordMark[];
  return looks.map(
    ({ name, at, since }) =>
      html`<p class="small item-foot"><span>${icon('tick', 16)}${t(since ? 'adv.through_since' : 'adv.through', {
        name,
        day: dateText(at),
      })}</span></p>`,
  );
}

/** The same in a row of the list, or under a picture. */
export function lookedThroughMark(stage: Stage, record: string, className?: string) {
  const names = (stage.find('marked', () => stage.app.readMarked()).data as Map<string, string[]> | undefined)?.get(
    record,
  );
  return names
    ? html`<span class=${className ?? nothing}>${icon('tick', 16)}${t('adv.through_short', {
        name: names.join(', '),
      })}</span>`
    : nothing;
}

/** Open and answered questions of advocates. */
export function advocateQuestions(stage: Stage, record: string) {
  const openQuestions = (stage.find(`asked:${record}`, () => stage.app.readAsked(record)).data ??
    []) as PendingQuestion[];
  const closedQuestions = (stage.find(`questions:${record}`, () => stage.app.readQuestions(record)).data ??
    []) as StoredQuestion[];
  if (!openQuestions.length && !closedQuestions.length) return nothing;
  return html`<section class="stack-close"><h2>${t('adv.questions')}</h2>
    ${
      openQuestions.length
        ? html`<ul class="stack">${openQuestions.map((item) => questionForm(stage, item))}</ul>`
        : nothing
    }
    ${
      closedQuestions.length
        ? html`<ul class="rows">${closedQuestions.map(
            (item) => html`<li class="page-item stack-close" data-question=${item.status}><p class="small soft">${t(
              'adv.question_by',
              { name: item.name, when: dateTimeText(item.asked_at ?? 0) },
            )}</p><p dir="auto">${item.text}</p>
      <p class="small">${
        item.status === 'answered'
          ? t('adv.question_answered', { when: dateTimeText(item.answered_at ?? 0) })
          : t('adv.question_aside')
      }</p></li>`,
          )}</ul>`
        : nothing
    }</section>`;
}

export function questionForm(stage: Stage, openQuestion: PendingQuestion) {
  const { local } = stage;
  const isAnswering = local.answering === openQuestion.letter;
  const finish = (messageKey: string) => {
    for (const prefix of ['asked', 'questions:', 'entry:']) stage.refresh(prefix);
    Object.assign(local, { answering: null, answer: '', noAnswer: false });
    stage.arrived = true;
    stage.announce(lookUp(messageKey));
  };
  const save = () => {
    if (!String(local.answer ?? '').trim()) return stage.set({ noAnswer: true });
    return stage.run('answer', async () => {
      await stage.app.answerQuestion({ letter: openQuestion.letter, answer: local.answer });
      finish('adv.answered');
    });
  };
  const putAside = () =>
    stage.run('aside', async () => {
      await stage.app.putAsideQuestion(openQuestion.letter);
      finish('adv.aside_done');
    });
  return html`<li class="note stack-close" data-letter=${openQuestion.letter}><p
    class="small soft">${t('adv.asked_by', { name: openQuestion.name })} · ${dateTimeText(openQuestion.at)}</p><p
      dir="auto"><strong>${openQuestion.text}</strong></p>
    ${
      isAnswering
        ? textField({
            id: 'answer',
            label: t('adv.answer_field'),
            hint: t('adv.answer_hint', { name: openQuestion.name }),
            textarea: 'big',
            value: local.answer ?? '',
            error: local.noAnswer ? t('adv.answer_need') : null,
            onChange: (answer) => {
              local.answer = answer;
            },
          })
        : nothing
    }
    <div class="row">${
      isAnswering
        ? button(t('adv.answer_save'), save, { main: true, busy: stage.runningTask === 'answer' })
        : button(t('adv.answer'), () => stage.set({ answering: openQuestion.letter, answer: '', noAnswer: false }), {
            main: true,
          })
    }
      ${button(t('adv.aside'), putAside, { plain: true, busy: stage.runningTask === 'aside' })}</div></li>`;
}
