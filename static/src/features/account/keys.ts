/**
 * Screens to change the passphrase, to replace every key when someone else knows it, and to sign in again with the
 * current one.
 */
import { html, nothing } from '../../shell/html.js';
import { secretField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress } from '../../components/parts.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { judgeWords, wordsToUse } from '../../components/forms/judge_words.js';
import { passwordField } from '../../components/forms/password_field.js';
import { revealBriefly } from '../../components/forms/reveal.js';
import { wordSuggestion } from '../../components/forms/word_suggestion.js';
import { handoverState } from '../../components/text/handover_state.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

/** Ask for the current passphrase. */
function currentWordsField(stage: Stage, label: string, enter: () => unknown, focus: boolean = false) {
  const { local } = stage;
  return passwordField(stage, {
    id: 'old-words',
    label,
    onEnter: enter,
    autofocus: focus,
    error: local.lacking && !local.words ? t('words.none') : null,
  });
}

/** Offer six suggested words, or take the user's own, typed twice. */
function newWordsField(stage: Stage, enter: () => unknown) {
  const { local } = stage;
  return html`<h2>${t('som.new')}</h2>${wordSuggestion(stage)}
    ${secretField({
      id: 'new-words',
      label: t('words.type_new'),
      value: local.typed ?? '',
      shown: Boolean(local.shown),
      toggle: () => revealBriefly(stage),
      error: local.wrong ? lookUp(local.wrong === 'same' ? 'chw.same' : `words.${local.wrong}`) : null,
      onEnter: enter,
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
            onEnter: enter,
            onChange: (again) => {
              local.again = again;
            },
          })
        : nothing
    }`;
}

/** Ask for the recovery code from the paper; optional. */
function paperCodeField(stage: Stage, hint: string, enter: () => unknown) {
  const { local } = stage;
  if (!stage.state.account?.registered) return nothing;
  return textField({
    id: 'paper-code',
    label: t('som.paper'),
    hint,
    value: local.code ?? '',
    masked: !local.shown,
    onEnter: enter,
    error: local.codeWrong ? t('som.paper_wrong') : null,
    onChange: (code) => {
      local.code = code;
    },
  });
}

/** Return true if the code is empty or complete. Otherwise show the error at its field and clear nothing. */
async function isCodeValid(stage: Stage) {
  const { local, generation } = stage;
  const isValid = !local.code?.trim() || (await stage.app.checkCode(local.code));
  if (generation !== stage.generation) return false; // the user left meanwhile
  if (isValid !== !local.codeWrong) stage.set({ codeWrong: !isValid });
  if (!isValid) queueMicrotask(() => document.getElementById('paper-code')?.focus());
  return isValid;
}

/** Return both passphrases and the code if they are acceptable, else null. Clears the fields before they are used. */
async function readInput(stage: Stage): Promise<{ words: string; newWords: string; code: string } | null> {
  const { local, generation } = stage;
  const [words, typed] = [local.words ?? '', local.typed ?? ''];
  const verdict = judgeWords(typed, local.six ?? '', local.again);
  const newWords = wordsToUse(typed, local.six ?? '');
  const isLacking = !words;
  if (verdict !== 'fine' || isLacking) {
    stage.set({
      lacking: isLacking,
      twice: local.twice || ['again', 'differ', 'near'].includes(verdict),
      wrong: ['again', 'fine'].includes(verdict) ? null : verdict,
    });
    if (verdict === 'again') queueMicrotask(() => document.getElementById('again')?.focus());
    return null;
  }
  const strength = await stage.app.checkWords?.(newWords);
  if (generation !== stage.generation) return null; // the user left meanwhile
  if (strength && !strength.ok) {
    stage.set({ wrong: strength.why === 'common' ? 'common' : 'short' });
    return null;
  }
  if (!(await isCodeValid(stage))) return null;
  const code = local.code ?? '';
  stage.set({ words: '', typed: '', again: '', code: '', shown: false, seen: false, lacking: false, wrong: null });
  return { words, newWords, code };
}

function changeWordsView(stage: Stage) {
  const { local } = stage;
  const submit = async () => {
    const input = await readInput(stage);
    if (input)
      await stage.run('words', async () => {
        await stage.app.changeWords(input);
        stage.set({ done: true, six: '' });
        stage.announce(t('chw.done'));
      });
  };
  if (local.done)
    return html`<div class="stack">${heading(t('chw.title'))}<p role="status">${t('chw.done')}</p><div>${button(
      t('frame.done'),
      () => stage.back('more'),
      { main: true },
    )}</div></div>`;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('chw.title'))}<p>${t('chw.lead')}</p><p class="soft">${t('chw.if_known')}</p>
      ${stage.state.account?.registered ? html`<p class="small soft">${t('chw.offline')}</p>` : nothing}</div>
    ${errorSummary(stage)}
    ${currentWordsField(stage, t('chw.old'), submit)}
    ${newWordsField(stage, submit)}
    ${button(t(stage.runningTask ? 'chw.doing' : 'chw.do'), submit, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'words',
    })}
  </div>`;
}

function replaceKeysView(stage: Stage) {
  const { local, state } = stage;
  if (local.done) return keysReplacedView(stage);
  if (stage.runningTask === 'renew')
    return html`<div class="stack">${heading(t('som.title'))}${progress({
      label: t('som.doing'),
      done: local.part?.done ?? 0,
      total: local.part?.total ?? 1,
    })}</div>`;
  if (state.account?.rekeying) return unfinishedView(stage);
  const onProgress = (done: number, total: number) => {
    local.part = { done, total };
    stage.draw();
  };
  const submit = async () => {
    const input = await readInput(stage);
    if (input)
      await stage.run('renew', async () => {
        await stage.app.renewKeys({ ...input, onProgress });
        stage.set({ done: true, six: '' });
        stage.announce(t('som.done'));
      });
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('som.title'))}<p>${t('som.lead')}</p></div>
    ${bulletList('som.does', 4)}${bulletList('som.not', 3)}
    <div class="care stack-close"><p><strong>${t('som.first')}</strong></p><ul
      class="points stack-close"><li>${t('som.first_1')}</li><li>${t('som.first_2')}</li></ul></div>
    ${errorSummary(stage)}
    ${currentWordsField(stage, t('chw.old'), submit)}
    ${paperCodeField(stage, t('som.paper_why'), submit)}
    ${newWordsField(stage, submit)}
    ${button(t('som.do'), submit, { main: true, wide: true })}
  </div>`;
}

function bulletList(name: string, count: number) {
  return html`<section class="stack-close"><h2>${lookUp(name)}</h2><ul class="points stack-close">${Array.from(
    { length: count },
    (_, index) => html`<li>${lookUp(`${name}_${index + 1}`)}</li>`,
  )}</ul></section>`;
}

/** The keys were replaced. */
function keysReplacedView(stage: Stage) {
  const isRegistered = stage.state.account?.registered;
  return html`<div class="stack-wide">${heading(t('som.title'))}<p role="status">${t('som.done')}</p>
    ${isRegistered ? html`<p>${t('som.where')}</p>` : nothing}
    <div class="row">${
      isRegistered ? button(t('som.code'), () => stage.stand({ name: 'code' }), { main: true }) : nothing
    }${button(t('frame.done'), () => stage.back('more'), { plain: Boolean(isRegistered) })}</div></div>`;
}

/** The replacement was interrupted. */
function unfinishedView(stage: Stage) {
  const { local } = stage;
  const onProgress = (done: number, total: number) => {
    local.part = { done, total };
    stage.draw();
  };
  const submit = async () => {
    const typed = local.words ?? '';
    if (!typed) return stage.set({ lacking: true });
    if (!(await isCodeValid(stage))) return undefined;
    const code = local.code ?? '';
    stage.set({ words: '', code: '', shown: false, lacking: false });
    return stage.run('renew', async () => {
      await stage.app.renewOn({ newWords: typed, code, onProgress });
      stage.set({ done: true });
      stage.announce(t('som.done'));
    });
  };
  const giveUp = () =>
    stage.run('stop', async () => {
      await stage.app.giveUpKeys();
      stage.announce(t('som.given_up'));
      stage.back('more');
    });
  return html`<div class="stack-wide">${heading(t('som.title'))}<p>${t('som.half')}</p>${errorSummary(stage)}
    ${currentWordsField(stage, t('som.new'), submit, true)}
    ${paperCodeField(stage, t('som.paper_again'), submit)}
    <div class="row">${button(t('som.finish'), submit, { main: true })}${button(t('som.give_up'), giveUp, {
      plain: true,
      busy: stage.runningTask === 'stop',
    })}</div></div>`;
}

function enterNewWordsView(stage: Stage) {
  const { local } = stage;
  const submit = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ lacking: true });
    stage.set({ words: '', shown: false, lacking: false });
    return stage.run('catchup', async () => {
      await stage.app.catchUp({ words });
      stage.set({ done: true });
      stage.announce(t('nw.done'));
    });
  };
  if (local.done)
    return html`<div class="stack">${heading(t('nw.title'))}<p role="status">${t('nw.done')}</p><div>${button(
      t('frame.done'),
      () => stage.back('more'),
      { main: true },
    )}</div></div>`;
  return html`<div class="stack-wide"><div
    class="stack-close">${heading(t('nw.title'))}<p>${t('nw.lead')}</p></div>${errorSummary(stage)}
    ${currentWordsField(stage, t('nw.words'), submit, true)}
    <div>${button(t('nw.do'), submit, {
      main: true,
      busy: stage.runningTask === 'catchup',
    })}</div><p class="small soft">${t('nw.older')}</p><p class="care">${t('nw.not_me')}</p></div>`;
}

function highRiskView(stage: Stage) {
  const result = stage.find(
    'settings',
    async () => (await stage.app.readSettings?.()) ?? { fields: {}, restricted: {} },
  );
  const isOn = Boolean(result.data?.fields.high_risk);
  const toggle = () =>
    stage.run('risk', async () => {
      await stage.app.setHighRisk(!isOn);
      stage.refresh('settings');
      stage.refresh('pack-ways');
      stage.announce(t(isOn ? 'risk.off' : 'risk.on'));
    });
  return html`<div class="stack-wide">${heading(t('risk.title'))}<p>${t('risk.lead')}</p>${errorSummary(stage)}
    <ul class="points stack-close"><li>${t('risk.does_1')}</li><li>${t('risk.does_2')}</li></ul><p
      class="soft">${t('risk.costs')}</p>
    ${
      result.data
        ? html`<p role="status"><strong>${t(isOn ? 'risk.on' : 'risk.off')}</strong></p><div>${button(
            t(isOn ? 'risk.turn_off' : 'risk.turn_on'),
            toggle,
            { main: !isOn, busy: stage.runningTask === 'risk' },
          )}</div>${activeHandovers(stage)}`
        : html`<p role="status">${t('frame.loading')}</p>`
    }</div>`;
}

/** Earlier hand-overs stay valid until the keeper ends them. Offer to end them; never do it unasked. */
function activeHandovers(stage: Stage) {
  if (!stage.state.account?.registered) return nothing;
  const { handovers = [], offline = true } = stage.find('handovers', () => stage.app.readHandovers()).data ?? {};
  const active = handovers.filter((handover) => !handoverState(handover).over);
  if (stage.local.ended && !active.length) return html`<p class="note" role="status">${t('risk.ended')}</p>`;
  if (!active.length) return nothing;
  const askToEnd = () =>
    openWordsSheet(stage, {
      title: t(active.length > 1 ? 'risk.end_all' : 'risk.end'),
      lead: t('hand.end_lead'),
      go: t('hand.end_do'),
      onSubmit: async (words) => {
        await stage.app.endHandovers(
          active.map(({ handover }) => handover),
          { words },
        );
        stage.refresh('handovers');
        stage.set({ ended: true });
        stage.announce(t('risk.ended'));
      },
    });
  return html`<section class="care stack-close"><p><strong>${tn('risk.standing', active.length)}</strong></p>
    ${
      offline
        ? html`<p>${t('risk.standing_offline')}</p>`
        : html`<p>${t('risk.standing_more')}</p><div>${button(
            t(active.length > 1 ? 'risk.end_all' : 'risk.end'),
            askToEnd,
          )}</div>`
    }</section>`;
}

export const views = {
  changewords: changeWordsView,
  someone: replaceKeysView,
  newwords: enterNewWordsView,
  highrisk: highRiskView,
};
