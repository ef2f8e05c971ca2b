/** First run: the safety check, and the passphrase chosen at the first Save. The screen before them is in safety.ts. */
import { html, nothing } from '../../shell/html.js';
import { chips, secretField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { beginWriting, views as safetyViews } from './safety.js';
import { QUESTIONS, NOTICEABLE, outcome } from './safety_check.js';
import { lookUp, t } from '../../shell/strings.js';
import { judgeWords, wordsToUse } from '../../components/forms/judge_words.js';
import { revealBriefly } from '../../components/forms/reveal.js';
import { wordSuggestion } from '../../components/forms/word_suggestion.js';
import type { Stage } from '../../shell/stage.js';

function checkView(stage: Stage) {
  const { local } = stage;
  const answers = local.answers ?? {};
  const choices = [
    ['yes', t('safety.yes')],
    ['no', t('safety.no')],
    ['unsure', t('safety.unsure')],
  ] as const;
  const result = outcome(answers);
  // "You can write here" after one answer of seven would be an unfounded promise.
  const isComplete = result === 'other' || QUESTIONS.every((question) => question in answers);
  const leave = () => {
    stage.reset('start');
    stage.drawNow();
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('check.title'))}<p class="soft">${t('check.lead')}</p></div>
    ${errorSummary(stage)}
    ${QUESTIONS.map(
      (question) => html`<div class="stack-close">
      ${chips({
        name: `check-${question}`,
        legend: t(`check.${question}`),
        choices,
        chosen: [answers[question] ?? ''],
        onChange: (code) => stage.set({ answers: { ...answers, [question]: code } }),
      })}
      ${
        answers[question] === 'yes'
          ? html`<p class="care small" role="status">${t(`check.${question}_do`)} ${
              NOTICEABLE.has(question) ? t('check.notice') : ''
            }</p>`
          : nothing
      }
    </div>`,
    )}
    <div class="card stack" role="status"><h2>${t('check.done')}</h2><p>${t(
      `check.result_${isComplete ? result : 'none'}`,
    )}</p>
      ${result === 'other' ? html`<p class="small soft">${t('check.result_other_more')}</p>` : nothing}</div>
    <div class="row">
      ${
        stage.place.first
          ? html`${button(t(stage.runningTask === 'begin' ? 'door.opening' : 'check.go'), () => beginWriting(stage), {
              main: result !== 'other',
              busy: stage.runningTask === 'begin',
            })}
        ${button(t('check.stop'), leave, { main: result === 'other' })}`
          : button(t('frame.done'), () => stage.back('more'), { main: true })
      }
    </div>
  </div>`;
}

function wordsView(stage: Stage) {
  const { local } = stage;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('words.title'))}<p class="soft">${t('words.lead')}</p></div>
    ${errorSummary(stage)}
    ${wordSuggestion(stage)}
    ${secretField({
      id: 'new-words',
      label: t('words.type'),
      value: local.typed ?? '',
      shown: Boolean(local.shown),
      toggle: () => revealBriefly(stage),
      autofocus: true,
      error: local.wrong ? lookUp(`words.${local.wrong}`) : null,
      onEnter: () => saveWords(stage),
      onChange: (typed) => {
        local.typed = typed;
      },
    })}
    ${
      local.twice
        ? textField({
            id: 'again',
            label: t('words.again'),
            hint: t('words.again_hint'),
            masked: !local.shown,
            value: local.again ?? '',
            onEnter: () => saveWords(stage),
            onChange: (again) => {
              local.again = again;
            },
          })
        : nothing
    }
    ${button(t(stage.runningTask ? 'words.saving' : 'words.save'), () => saveWords(stage), {
      main: true,
      wide: true,
      busy: stage.runningTask === 'words',
    })}
    <ul class="stack-close small soft"><li>${t('words.never')}</li><li>${t('words.forget')}</li></ul>
  </div>`;
}

async function saveWords(stage: Stage) {
  const { local, generation } = stage;
  const typed = local.typed ?? '';
  const verdict = judgeWords(typed, local.six ?? '', local.again);
  const words = wordsToUse(typed, local.six ?? '');
  if (verdict !== 'fine') {
    const twice = ['again', 'differ', 'near'].includes(verdict);
    stage.set({ twice, wrong: verdict === 'again' ? null : verdict });
    if (verdict === 'again') queueMicrotask(() => document.getElementById('again')?.focus());
    return;
  }
  if (stage.app.checkWords) {
    const { ok, why } = await stage.app.checkWords(words);
    if (generation !== stage.generation) return; // the user left meanwhile
    if (!ok) return stage.set({ wrong: why === 'common' ? 'common' : 'short' });
  }
  // Clear the passphrase before the screen changes.
  stage.set({ typed: '', again: '', six: '', shown: false, seen: false, wrong: null });
  await stage.run('words', async () => {
    await stage.app.enrolHere(words);
    const { record } = await stage.app.saveIncident({ record: null, fields: {}, restricted: {} });
    stage.history = [];
    stage.stand({ name: 'copy', record, first: true });
  });
}

export const views = { ...safetyViews, check: checkView, words: wordsView };
