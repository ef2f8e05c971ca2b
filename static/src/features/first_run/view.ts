/** First run: whether this phone is safe, the safety check, and the passphrase chosen at the first Save. */
import { html, nothing } from '../../shell/html.js';
import { chips, secretField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { LINES, NOTICED, outcome } from './safety_check.js';
import { lookUp, t } from '../../shell/strings.js';
import { judgeWords } from '../../components/forms/judge_words.js';
import { uncover } from '../../components/forms/uncover.js';
import { suggestion } from '../../components/forms/word_suggestion.js';
import type { Stage } from '../../shell/stage.js';

function safety(stage: Stage) {
  const check = () => stage.go({ name: 'check', first: true });
  return html`<div class="stack-wide">
    <div class="stack">${heading(t('safety.title'))}<p class="soft">${t('safety.why')}</p></div>
    <div class="stack-close">
      ${button(t('safety.yes'), () => stage.go({ name: 'add' }), { main: true, wide: true })}
      ${button(t('safety.unsure'), check, { wide: true })}
      ${button(t('safety.no'), check, { wide: true })}
    </div>
    <p class="small soft">${t('safety.stored')}</p>
    <div class="note stack-close"><p><strong>${t('safety.first')}</strong></p><p
      class="small">${t('safety.numbers')}</p></div>
  </div>`;
}

function check(stage: Stage) {
  const { local } = stage;
  const answers = local.answers ?? {};
  const choices = [
    ['yes', t('safety.yes')],
    ['no', t('safety.no')],
    ['unsure', t('safety.unsure')],
  ] as const;
  const result = outcome(answers);
  // "You can write here" after one answer of seven would be an unfounded promise.
  const isOver = result === 'other' || LINES.every((line) => line in answers);
  const stop = () => {
    stage.reset('start');
    stage.drawNow();
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('check.title'))}<p class="soft">${t('check.lead')}</p></div>
    ${LINES.map(
      (line) => html`<div class="stack-close">
      ${chips({
        name: `check-${line}`,
        legend: t(`check.${line}`),
        choices,
        chosen: [answers[line] ?? ''],
        on: (code) => stage.set({ answers: { ...answers, [line]: code } }),
      })}
      ${
        answers[line] === 'yes'
          ? html`<p class="care small" role="status">${t(`check.${line}_do`)} ${
              NOTICED.has(line) ? t('check.notice') : ''
            }</p>`
          : nothing
      }
    </div>`,
    )}
    <div class="card stack" role="status"><h2>${t('check.done')}</h2><p>${t(
      `check.result_${isOver ? result : 'none'}`,
    )}</p>
      ${result === 'other' ? html`<p class="small soft">${t('check.result_other_more')}</p>` : nothing}</div>
    <div class="row">
      ${
        stage.place.first
          ? html`${button(t('check.go'), () => stage.go({ name: 'add' }), { main: result !== 'other' })}
        ${button(t('check.stop'), stop, { main: result === 'other' })}`
          : button(t('frame.done'), () => stage.back('more'), { main: true })
      }
    </div>
  </div>`;
}

function words(stage: Stage) {
  const { local } = stage;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('words.title'))}<p class="soft">${t('words.lead')}</p></div>
    ${errorSummary(stage)}
    ${suggestion(stage)}
    ${secretField({
      id: 'new-words',
      label: t('words.type'),
      value: local.typed ?? '',
      shown: Boolean(local.shown),
      toggle: () => uncover(stage),
      focus: true,
      error: local.wrong ? lookUp(`words.${local.wrong}`) : null,
      enter: () => saveWords(stage),
      on: (typed) => {
        local.typed = typed;
      },
    })}
    ${
      local.twice
        ? textField({
            id: 'again',
            label: t('words.again'),
            hint: t('words.again_hint'),
            secret: !local.shown,
            value: local.again ?? '',
            enter: () => saveWords(stage),
            on: (again) => {
              local.again = again;
            },
          })
        : nothing
    }
    ${button(t(stage.running ? 'words.saving' : 'words.save'), () => saveWords(stage), {
      main: true,
      wide: true,
      busy: stage.running === 'words',
    })}
    <ul class="stack-close small soft"><li>${t('words.never')}</li><li>${t('words.forget')}</li></ul>
  </div>`;
}

async function saveWords(stage: Stage) {
  const { local, generation } = stage;
  const typed = local.typed ?? '';
  const judged = judgeWords(typed, local.six ?? '', local.again);
  if (judged !== 'fine') {
    const twice = ['again', 'differ', 'near'].includes(judged);
    stage.set({ twice, wrong: judged === 'again' ? null : judged });
    if (judged === 'again') queueMicrotask(() => document.getElementById('again')?.focus());
    return;
  }
  if (stage.app.checkWords) {
    const { ok, why } = await stage.app.checkWords(typed);
    if (generation !== stage.generation) return; // the user left meanwhile
    if (!ok) return stage.set({ wrong: why === 'common' ? 'common' : 'short' });
  }
  // Clear the passphrase before the screen changes.
  stage.set({ typed: '', again: '', six: '', shown: false, seen: false, wrong: null });
  await stage.run('words', async () => {
    await stage.app.enrolHere(typed);
    const { record } = await stage.app.saveIncident({ record: null, fields: {}, restricted: {} });
    stage.past = [];
    stage.stand({ name: 'copy', record, first: true });
  });
}

export const views = { safety, check, words };
