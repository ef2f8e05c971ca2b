/** Signed out: signing in, joining with an invitation, and the steps after joining. */
import { secretField, textField } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, problemSentence } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { judgeWords, wordsToUse } from '../../components/forms/judge_words.js';
import { qr } from '../../components/qr.js';
import { nineWords } from './view_you.js';
import '../words.js';
import type { Stage } from '../types.js';

const SHOWN_MS = 10_000;

function signIn(stage: Stage) {
  const { local, state } = stage;
  const enter = async () => {
    if (!local.login?.trim() || !local.words || !local.digits?.trim()) return stage.set({ lacking: true });
    const { login, words, digits } = local;
    stage.set({ words: '', digits: '', shown: false, lacking: false });
    await stage.run('signin', () => stage.app.signIn({ login: login.trim(), words, digits }));
    if (stage.problem?.code === 'second_step') {
      // A new screen: the focus goes to its only field.
      Object.assign(stage, { problem: null, arrived: true });
      stage.set({ again: true });
    }
    return undefined;
  };
  if (local.again) return digitsAgain(stage);
  return html`<main class="door">
    ${heading(t('desk.signin'))}
    ${
      state.lockReason && !stage.problem
        ? html`<p class="note" role="status">${lookUp(`desk.told_${state.lockReason}`)}</p>`
        : nothing
    }
    ${errorSummary(stage)}
    ${textField({
      id: 'login',
      label: t('desk.login'),
      value: local.login ?? '',
      autofocus: true,
      error: missingError(stage, 'login'),
      onChange: (login) => {
        local.login = login;
      },
    })}
    ${secretInput(stage, 'words', t('desk.words'))}
    ${digitsField(stage, enter)}
    ${button(t(stage.runningTask ? 'desk.entering' : 'desk.enter'), enter, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'signin',
    })}
    ${button(t('desk.have_invite'), () => stage.go({ name: 'join' }), { plain: true, wide: true })}
    <p class="small soft">${t('desk.nothing_kept')}</p>
  </main>`;
}

/** The words were right, the digits were wrong. */
function digitsAgain(stage: Stage) {
  const { local } = stage;
  const enter = () => {
    if (!local.digits?.trim()) return stage.set({ lacking: true });
    const { digits } = local;
    stage.set({ digits: '', lacking: false });
    return stage.run('signin', () => stage.app.signInAgain(digits));
  };
  return html`<main class="door">
    ${heading(t('desk.signin'))}
    ${
      stage.problem && stage.problem.code !== 'second_step'
        ? errorSummary(stage)
        : html`<p class="note" role="status">${t('desk.again')}</p>`
    }
    ${digitsField(stage, enter)}
    ${button(t(stage.runningTask ? 'desk.entering' : 'desk.enter'), enter, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'signin',
    })}
    ${button(t('desk.over'), () => stage.reset('signin'), { plain: true, wide: true })}
  </main>`;
}

function digitsField(stage: Stage, enter: () => unknown) {
  const { local } = stage;
  return textField({
    id: 'digits',
    label: t('desk.digits'),
    hint: t('desk.digits_hint'),
    value: local.digits ?? '',
    oneTime: true,
    autofocus: Boolean(local.again),
    error: missingError(stage, 'digits'),
    onEnter: () => void enter(),
    onChange: (digits) => {
      local.digits = digits;
    },
  });
}

function missingError(stage: Stage, name: string) {
  return stage.local.lacking && !stage.local[name]?.trim() ? t('desk.lack') : null;
}

function secretInput(stage: Stage, name: string, label: string, hint?: string) {
  const { local } = stage;
  const toggle = () => {
    clearTimeout(local.timer);
    if (!local.shown)
      local.timer = setTimeout(() => {
        local.shown = false;
        stage.draw();
      }, SHOWN_MS);
    stage.set({ shown: !local.shown });
  };
  // A browser offers to save the text of a password field; it makes no such offer for a one-time code
  // (components/forms/fields.js, [Note: typed once]).
  return secretField({
    id: name,
    label,
    oneTime: true,
    value: local[name] ?? '',
    shown: Boolean(local.shown),
    toggle,
    error: missingError(stage, name),
    onChange: (value) => {
      local[name] = value;
    },
    ...(hint ? { hint } : {}),
  });
}

function join(stage: Stage) {
  const { local } = stage;
  const suggestion = stage.find('six', () => stage.app.suggestWords()).data ?? '';
  const next = () => {
    const verdict = judgeWords(local.words ?? '', suggestion, local.again);
    const isIncomplete = !local.invite?.trim() || !local.person?.trim() || !local.words;
    if (isIncomplete || verdict === 'short' || verdict === 'none')
      return stage.set({ lacking: isIncomplete, short: verdict === 'short', differ: false });
    if (verdict !== 'fine')
      return stage.set({
        lacking: false,
        short: false,
        differ: Boolean(local.again) && verdict === 'differ',
        twice: true,
      });
    const words = wordsToUse(local.words, suggestion);
    const input = { invite: local.invite.trim(), name: local.person.trim(), words };
    return stage.run('join', async () => {
      const setup = await stage.app.beginJoin(input);
      stage.go({ name: 'second' });
      stage.local.setup = setup;
      stage.local.given = { invite: input.invite, person: input.name };
    });
  };
  return html`<main class="door">
    ${heading(t('desk.join'))}
    ${errorSummary(stage)}
    ${textField({
      id: 'invite',
      label: t('desk.invite'),
      hint: t('desk.invite_hint'),
      value: local.invite ?? '',
      autofocus: true,
      error: missingError(stage, 'invite'),
      onChange: (invite) => {
        local.invite = invite;
      },
    })}
    ${textField({
      id: 'person',
      label: t('desk.your_name'),
      hint: t('desk.your_name_hint'),
      value: local.person ?? '',
      error: missingError(stage, 'person'),
      onChange: (person) => {
        local.person = person;
      },
    })}
    <div class="stack-close"><p class="small">${t('desk.six')}</p>
      <p class="desk-six desk-awaited" translate="no" lang="en">${suggestion}</p>
      ${secretInput(stage, 'words', t('desk.new_words'), t('desk.new_words_hint'))}
      ${
        local.short
          ? html`<p class="error">${problemSentence({
              sentence: 'Use at least 12 characters, and nothing that is easy to guess.',
            })}</p>`
          : nothing
      }</div>
    ${
      local.twice
        ? textField({
            id: 'again',
            label: t('desk.words_again'),
            value: local.again ?? '',
            masked: !local.shown,
            oneTime: true,
            error: local.differ ? t('desk.words_differ') : null,
            onChange: (again) => {
              local.again = again;
            },
          })
        : nothing
    }
    ${button(t(stage.runningTask ? 'desk.entering' : 'desk.next'), next, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'join',
    })}
    ${button(t('desk.have_name'), () => stage.stand({ name: 'signin' }), { plain: true, wide: true })}
  </main>`;
}

/** The second step, shown once: as a QR code for the app and as text. */
function secondStep(stage: Stage) {
  const { local } = stage;
  if (!local.setup)
    return html`<main class="door">${heading(t('desk.second'))}${button(
      t('desk.over'),
      () => stage.stand({ name: 'join' }),
      { wide: true },
    )}</main>`;
  const { secret: text, address, login } = local.setup;
  const finish = () => {
    if (!local.digits?.trim()) return stage.set({ lacking: true });
    const { digits } = local;
    stage.set({ digits: '', lacking: false });
    return stage.run('join', () => stage.app.finishJoin(digits));
  };
  const restart = () => {
    const saved = local.given;
    stage.stand({ name: 'join' });
    Object.assign(stage.local, saved);
  };
  return html`<main class="door">
    ${heading(t('desk.second'))}
    ${errorSummary(stage)}
    <p>${t('desk.second_lead')}</p>
    ${qr(address, t('desk.second_qr'))}
    <div class="stack-close"><p class="small">${t('desk.second_by_hand')}</p><p class="desk-secret hex" translate="no"
      dir="ltr">${text}</p><p class="small soft" dir="ltr">${login}</p></div>
    <p class="small soft">${t('desk.second_device')}</p>
    ${textField({
      id: 'digits',
      label: t('desk.digits'),
      hint: t('desk.digits_hint'),
      value: local.digits ?? '',
      oneTime: true,
      error: missingError(stage, 'digits'),
      onEnter: finish,
      onChange: (digits) => {
        local.digits = digits;
      },
    })}
    ${button(t(stage.runningTask ? 'desk.entering' : 'desk.joining'), finish, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'join',
    })}
    ${button(t('desk.over'), restart, { plain: true, wide: true })}
  </main>`;
}

function welcome(stage: Stage) {
  return html`<div class="stack-wide">${heading(t('desk.welcome'))}
    <div class="note stack-close"><p>${t('desk.welcome_name')}</p><p class="desk-login" translate="no"
      dir="ltr">${stage.app.login()}</p><p class="small">${t('desk.welcome_words')}</p></div>
    ${nineWords(stage)}
    <div>${button(t('desk.go_on'), () => stage.stand({ name: 'clients' }), { main: true })}</div></div>`;
}

export const views = { signin: signIn, join, second: secondStep, welcome };
