/**
 * The screens without an open diary: lock, start, sign in, add a picture, and the dead ends (open in another tab, an
 * unsupported browser, an app not fully loaded). Nothing here reveals that there is a diary. There is no help and no
 * quick exit: it must look like the lock of a notebook.
 */
import { html, nothing } from '../../shell/html.js';
import { filePicker, secretField, textField } from '../../components/forms/fields.js';
import { isDraftLanguage } from '../../shell/language.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { skinName } from '../../shell/skin.js';
import { t } from '../../shell/strings.js';
import { passwordField } from '../../components/forms/password_field.js';
import { revealBriefly } from '../../components/forms/reveal.js';
import { languageChips } from '../../components/forms/language_chips.js';
import { arrivalNotice } from '../../components/files/arrival.js';
import type { Stage } from '../../shell/stage.js';

/** Return the view for a phase in which no diary is open. */
export function doorView(stage: Stage) {
  const { phase } = stage.state;
  if (phase === 'picture') return pictureView(stage);
  if (phase === 'elsewhere') return messageView(stage, 'elsewhere', () => stage.run('start', () => stage.app.start()));
  if (phase === 'unfetched') return messageView(stage, 'unfetched', () => location.reload());
  if (phase === 'unsupported') return messageView(stage, 'unsupported', null);
  if (stage.place.name === 'signin') return signInView(stage);
  return phase === 'fresh' ? startView(stage) : lockView(stage);
}

function lockView(stage: Stage) {
  const { local } = stage;
  const unlock = () => {
    const words = local.words ?? '';
    if (!words) return undefined;
    // Emptied before the attempt: a screen that changes must not leave the words behind.
    stage.set({ words: '', shown: false });
    return stage.run('unlock', () => stage.app.unlock(words));
  };
  return html`<main class="door">
    ${heading(skinName(stage.state))}
    ${errorSummary(stage)}${arrivalNotice(stage)}
    ${passwordField(stage, {
      id: 'words',
      label: t('door.words'),
      oneTime: stage.state.borrowed,
      autofocus: true,
      onEnter: unlock,
    })}
    ${button(t(stage.runningTask ? 'door.opening' : 'door.open'), unlock, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'unlock',
    })}
    ${
      stage.state.capture === false
        ? nothing
        : button(t('picture.title'), () => stage.app.capture(), { plain: true, wide: true, icon: 'picture' })
    }
  </main>`;
}

function startView(stage: Stage) {
  // The whole app puts the notebook behind words. The question after Start needs none of it (first_run/safety.ts).
  const beginOnly = () => {
    const { place } = stage;
    return stage.run('begin', async () => {
      await stage.app.ready?.();
      if (stage.place === place) stage.go({ name: 'only' });
    });
  };
  return html`<main class="door">
    ${heading(skinName(stage.state))}
    ${errorSummary(stage)}${arrivalNotice(stage, { isFresh: true })}
    ${
      stage.state.borrowed
        ? nothing
        : button(t('door.start'), () => stage.go({ name: 'safety' }), { main: true, wide: true })
    }
    ${button(t('door.signin'), () => stage.go({ name: 'signin' }), { plain: true, wide: true })}
    ${
      stage.state.borrowed
        ? nothing
        : button(t('door.borrowed'), () => stage.go({ name: 'borrowed' }), { plain: true, wide: true })
    }
    ${
      stage.state.borrowed || stage.state.draft
        ? nothing
        : button(t('door.only'), beginOnly, { plain: true, wide: true })
    }
    ${languagePicker(stage)}
  </main>`;
}

/**
 * The choice of language, on the first screen only. A user with words has chosen already, and no ordinary notebook
 * lists languages on its lock.
 */
function languagePicker(stage: Stage) {
  return html`<div class="tongues stack-close">${languageChips(stage, t('door.language'))}
    ${isDraftLanguage() ? html`<p class="soft small">${t('door.draft')}</p>` : nothing}</div>`;
}

function signInView(stage: Stage) {
  const { local } = stage;
  const isIncomplete = () => !(local.login?.trim() && (local.byCode ? local.code?.trim() && local.fresh : local.words));
  const enter = () => {
    if (isIncomplete()) {
      stage.problem = null; // left by an earlier attempt
      return stage.set({ lacking: true });
    }
    const { login, code, words, fresh } = local;
    stage.set({ words: '', fresh: '', code: '', shown: false, lacking: false });
    return stage.run('signin', () =>
      local.byCode
        ? stage.app.signInWithCode({ login: login.trim(), code, newWords: fresh })
        : stage.app.signIn({ login: login.trim(), words }),
    );
  };
  const missingError = (name: string) => (local.lacking && !local[name] ? t('door.lack') : null);
  return html`<main class="door">
    ${heading(t('door.signin_title'))}
    ${errorSummary(stage)}
    ${textField({
      id: 'login',
      label: t('door.login'),
      value: local.login ?? '',
      autofocus: true,
      error: missingError('login'),
      onChange: (login) => {
        local.login = login;
      },
    })}
    ${
      local.byCode
        ? html`
      ${textField({
        id: 'code',
        label: t('door.code'),
        hint: t('door.code_hint'),
        value: local.code ?? '',
        masked: true,
        oneTime: stage.state.borrowed,
        error: missingError('code'),
        onChange: (code) => {
          local.code = code;
        },
      })}
      ${newWordsField(stage, enter, missingError('fresh'))}`
        : passwordField(stage, {
            id: 'words',
            label: t('door.words'),
            oneTime: stage.state.borrowed,
            onEnter: enter,
            error: missingError('words'),
          })
    }
    ${button(t(stage.runningTask ? 'door.opening' : 'door.open'), enter, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'signin',
    })}
    ${button(
      t('door.copy'),
      () =>
        stage.run('begin', async () => {
          await stage.app.ready?.();
          stage.go({ name: 'takecopy' });
        }),
      { plain: true, wide: true },
    )}
    <div class="row apart">
      ${button(t('door.back'), () => stage.back('start'), { plain: true })}
      ${button(
        t(local.byCode ? 'door.with_words' : 'door.with_code'),
        () => stage.set({ byCode: !local.byCode, lacking: false }),
        { plain: true },
      )}
    </div>
  </main>`;
}

function newWordsField(stage: Stage, enter: () => void, error: string | null) {
  const { local } = stage;
  return secretField({
    id: 'fresh',
    label: t('door.new_words'),
    hint: t('door.new_words_hint'),
    onEnter: enter,
    error,
    oneTime: stage.state.borrowed,
    value: local.fresh ?? '',
    shown: Boolean(local.shown),
    toggle: () => revealBriefly(stage),
    onChange: (words) => {
      local.fresh = words;
    },
  });
}

/** The page to add a picture while locked: write-only. */
function pictureView(stage: Stage) {
  const files = stage.state.picture?.files ?? [];
  return html`<main class="door">
    ${heading(t('picture.title'))}
    ${errorSummary(stage)}${arrivalNotice(stage)}
    ${
      files.length
        ? html`<ul class="stack-close">${files.map((_, i) => html`<li>${t('picture.file', { n: i + 1 })}</li>`)}</ul>`
        : nothing
    }
    <div class="stack-close">${filePicker({
      label: t('picture.add'),
      icon: 'picture',
      onFiles: (chosen) => stage.run('picture', () => stage.app.pictureAdd(chosen)),
    })}
    ${button(t('picture.save'), () => stage.run('picture', () => stage.app.pictureSave()), {
      main: true,
      wide: true,
      disabled: !files.length,
      busy: stage.runningTask === 'picture',
    })}</div>
    ${button(t('door.open'), () => stage.app.lock('asked'), { plain: true, wide: true })}
  </main>`;
}

function messageView(stage: Stage, reason: 'elsewhere' | 'unsupported' | 'unfetched', retry: null | (() => unknown)) {
  return html`<main class="door">${heading(t(`door.${reason}_title`))}<p>${t(`door.${reason}`)}</p>
    ${errorSummary(stage)}${arrivalNotice(stage)}${
      retry ? button(t('door.again'), retry, { main: true, wide: true, busy: stage.runningTask === 'start' }) : nothing
    }</main>`;
}
