/**
 * Screens to change the passphrase, to replace every key when someone else knows it, and to sign in again with the
 * current one.
 */
import { html, nothing } from '../../shell/html.js';
import { secretField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress } from '../../components/parts.js';
import { openWords } from '../../components/forms/words_sheet.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { judgeWords } from '../../components/forms/judge_words.js';
import { uncover } from '../../components/forms/uncover.js';
import { suggestion } from '../../components/forms/word_suggestion.js';
import { stateOf } from '../../components/text/handover_state.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

/** Ask for the current passphrase. */
function oldWords(stage: Stage, label: string, enter: () => unknown, focus: boolean = false) {
  const { local } = stage;
  return secretField({
    id: 'old-words',
    label,
    value: local.words ?? '',
    shown: Boolean(local.shown),
    toggle: () => uncover(stage),
    enter,
    focus,
    error: local.lacking && !local.words ? t('words.none') : null,
    on: (words) => {
      local.words = words;
    },
  });
}

/** Offer six suggested words, or take the user's own, typed twice. */
function newWords(stage: Stage, enter: () => unknown) {
  const { local } = stage;
  return html`${suggestion(stage)}
    ${secretField({
      id: 'new-words',
      label: t('words.type'),
      value: local.typed ?? '',
      shown: Boolean(local.shown),
      toggle: () => uncover(stage),
      error: local.wrong ? lookUp(local.wrong === 'same' ? 'chw.same' : `words.${local.wrong}`) : null,
      enter,
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
            enter,
            on: (again) => {
              local.again = again;
            },
          })
        : nothing
    }`;
}

/** Ask for the recovery code from the paper; optional. */
function paperCode(stage: Stage, hint: string, enter: () => unknown) {
  const { local } = stage;
  if (!stage.state.account?.registered) return nothing;
  return textField({
    id: 'paper-code',
    label: t('som.paper'),
    hint,
    value: local.code ?? '',
    secret: !local.shown,
    enter,
    error: local.codeWrong ? t('som.paper_wrong') : null,
    on: (code) => {
      local.code = code;
    },
  });
}

/** Return true if the code is empty or complete. Otherwise show the error at its field and clear nothing. */
async function isCodeFine(stage: Stage) {
  const { local, generation } = stage;
  const isFine = !local.code?.trim() || (await stage.app.checkCode(local.code));
  if (generation !== stage.generation) return false; // the user left meanwhile
  if (isFine !== !local.codeWrong) stage.set({ codeWrong: !isFine });
  if (!isFine) queueMicrotask(() => document.getElementById('paper-code')?.focus());
  return isFine;
}

/** Return both passphrases and the code if they are acceptable, else null. Clears the fields before they are used. */
async function taken(stage: Stage): Promise<{ words: string; newWords: string; code: string } | null> {
  const { local, generation } = stage;
  const [words, typed] = [local.words ?? '', local.typed ?? ''];
  const judged = judgeWords(typed, local.six ?? '', local.again);
  const lacking = !words;
  if (judged !== 'fine' || lacking) {
    stage.set({
      lacking,
      twice: local.twice || ['again', 'differ', 'near'].includes(judged),
      wrong: ['again', 'fine'].includes(judged) ? null : judged,
    });
    if (judged === 'again') queueMicrotask(() => document.getElementById('again')?.focus());
    return null;
  }
  const checked = await stage.app.checkWords?.(typed);
  if (generation !== stage.generation) return null; // the user left meanwhile
  if (checked && !checked.ok) {
    stage.set({ wrong: checked.why === 'common' ? 'common' : 'short' });
    return null;
  }
  if (!(await isCodeFine(stage))) return null;
  const code = local.code ?? '';
  stage.set({ words: '', typed: '', again: '', code: '', shown: false, seen: false, lacking: false, wrong: null });
  return { words, newWords: typed, code };
}

function changewords(stage: Stage) {
  const { local } = stage;
  const go = async () => {
    const given = await taken(stage);
    if (given)
      await stage.run('words', async () => {
        await stage.app.changeWords(given);
        stage.set({ done: true, six: '' });
        stage.say(t('chw.done'));
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
    ${oldWords(stage, t('chw.old'), go)}
    ${newWords(stage, go)}
    ${button(t(stage.running ? 'chw.doing' : 'chw.do'), go, {
      main: true,
      wide: true,
      busy: stage.running === 'words',
    })}
  </div>`;
}

function someone(stage: Stage) {
  const { local, state } = stage;
  if (local.done) return renewed(stage);
  if (stage.running === 'renew')
    return html`<div class="stack">${heading(t('som.title'))}${progress({
      label: t('som.doing'),
      done: local.part?.done ?? 0,
      total: local.part?.total ?? 1,
    })}</div>`;
  if (state.account?.rekeying) return half(stage);
  const onProgress = (done: number, total: number) => {
    local.part = { done, total };
    stage.draw();
  };
  const go = async () => {
    const given = await taken(stage);
    if (given)
      await stage.run('renew', async () => {
        await stage.app.renewKeys({ ...given, onProgress });
        stage.set({ done: true, six: '' });
        stage.say(t('som.done'));
      });
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('som.title'))}<p>${t('som.lead')}</p></div>
    ${points('som.does', 4)}${points('som.not', 3)}
    <div class="care stack-close"><p><strong>${t('som.first')}</strong></p><ul
      class="points stack-close"><li>${t('som.first_1')}</li><li>${t('som.first_2')}</li></ul></div>
    ${errorSummary(stage)}
    ${oldWords(stage, t('chw.old'), go)}
    ${paperCode(stage, t('som.paper_why'), go)}
    ${newWords(stage, go)}
    ${button(t('som.do'), go, { main: true, wide: true })}
  </div>`;
}

function points(name: string, count: number) {
  return html`<section class="stack-close"><h2>${lookUp(name)}</h2><ul class="points stack-close">${Array.from(
    { length: count },
    (_, i) => html`<li>${lookUp(`${name}_${i + 1}`)}</li>`,
  )}</ul></section>`;
}

/** The keys were replaced. */
function renewed(stage: Stage) {
  const isRegistered = stage.state.account?.registered;
  return html`<div class="stack-wide">${heading(t('som.title'))}<p role="status">${t('som.done')}</p>
    ${isRegistered ? html`<p>${t('som.where')}</p>` : nothing}
    <div class="row">${
      isRegistered ? button(t('som.code'), () => stage.stand({ name: 'code' }), { main: true }) : nothing
    }${button(t('frame.done'), () => stage.back('more'), { plain: Boolean(isRegistered) })}</div></div>`;
}

/** The replacement was interrupted. */
function half(stage: Stage) {
  const { local } = stage;
  const onProgress = (done: number, total: number) => {
    local.part = { done, total };
    stage.draw();
  };
  const go = async () => {
    const typed = local.words ?? '';
    if (!typed) return stage.set({ lacking: true });
    if (!(await isCodeFine(stage))) return undefined;
    const code = local.code ?? '';
    stage.set({ words: '', code: '', shown: false, lacking: false });
    return stage.run('renew', async () => {
      await stage.app.renewOn({ newWords: typed, code, onProgress });
      stage.set({ done: true });
      stage.say(t('som.done'));
    });
  };
  const stop = () =>
    stage.run('stop', async () => {
      await stage.app.giveUpKeys();
      stage.say(t('som.given_up'));
      stage.back('more');
    });
  return html`<div class="stack-wide">${heading(t('som.title'))}<p>${t('som.half')}</p>${errorSummary(stage)}
    ${oldWords(stage, t('som.new'), go, true)}
    ${paperCode(stage, t('som.paper_again'), go)}
    <div class="row">${button(t('som.finish'), go, { main: true })}${button(t('som.give_up'), stop, {
      plain: true,
      busy: stage.running === 'stop',
    })}</div></div>`;
}

function newwords(stage: Stage) {
  const { local } = stage;
  const go = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ lacking: true });
    stage.set({ words: '', shown: false, lacking: false });
    return stage.run('catchup', async () => {
      await stage.app.catchUp({ words });
      stage.set({ done: true });
      stage.say(t('nw.done'));
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
    ${oldWords(stage, t('nw.words'), go, true)}
    <div>${button(t('nw.do'), go, {
      main: true,
      busy: stage.running === 'catchup',
    })}</div><p class="small soft">${t('nw.older')}</p><p class="care">${t('nw.not_me')}</p></div>`;
}

function highrisk(stage: Stage) {
  const found = stage.find(
    'settings',
    async () => (await stage.app.readSettings?.()) ?? { fields: {}, restricted: {} },
  );
  const on = Boolean(found.data?.fields.high_risk);
  const turn = () =>
    stage.run('risk', async () => {
      await stage.app.setHighRisk(!on);
      stage.refresh('settings');
      stage.refresh('pack-ways');
      stage.say(t(on ? 'risk.off' : 'risk.on'));
    });
  return html`<div class="stack-wide">${heading(t('risk.title'))}<p>${t('risk.lead')}</p>${errorSummary(stage)}
    <ul class="points stack-close"><li>${t('risk.does_1')}</li><li>${t('risk.does_2')}</li></ul><p
      class="soft">${t('risk.costs')}</p>
    ${
      found.data
        ? html`<p role="status"><strong>${t(on ? 'risk.on' : 'risk.off')}</strong></p><div>${button(
            t(on ? 'risk.turn_off' : 'risk.turn_on'),
            turn,
            { main: !on, busy: stage.running === 'risk' },
          )}</div>${standing(stage)}`
        : html`<p role="status">${t('frame.loading')}</p>`
    }</div>`;
}

/** Earlier hand-overs stay valid until the keeper ends them. Offer to end them; never do it unasked. */
function standing(stage: Stage) {
  if (!stage.state.account?.registered) return nothing;
  const { handovers = [], offline = true } = stage.find('handovers', () => stage.app.readHandovers()).data ?? {};
  const left = handovers.filter((one) => !stateOf(one).over);
  if (stage.local.ended && !left.length) return html`<p class="note" role="status">${t('risk.ended')}</p>`;
  if (!left.length) return nothing;
  const end = () =>
    openWords(stage, {
      title: t(left.length > 1 ? 'risk.end_all' : 'risk.end'),
      lead: t('hand.end_lead'),
      go: t('hand.end_do'),
      act: async (words) => {
        await stage.app.endHandovers(
          left.map(({ handover }) => handover),
          { words },
        );
        stage.refresh('handovers');
        stage.set({ ended: true });
        stage.say(t('risk.ended'));
      },
    });
  return html`<section class="care stack-close"><p><strong>${tn('risk.standing', left.length)}</strong></p>
    ${
      offline
        ? html`<p>${t('risk.standing_offline')}</p>`
        : html`<p>${t('risk.standing_more')}</p><div>${button(
            t(left.length > 1 ? 'risk.end_all' : 'risk.end'),
            end,
          )}</div>`
    }</section>`;
}

export const views = { changewords, someone, newwords, highrisk };
