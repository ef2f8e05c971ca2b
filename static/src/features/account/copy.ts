/** Screens that keep a copy off this phone, show the new username, and make the recovery code. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { passwordField } from '../../components/forms/password_field.js';
import { button, errorSummary, heading, isStorageTemporary, stateLine } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

/** Leave this flow: to the entry just written, or to the page the user came from. */
function leaveFlow(stage: Stage) {
  const { record, first } = stage.place;
  if (first && record) return stage.stand({ name: 'add', record });
  return stage.history.length ? stage.back() : stage.stand({ name: 'more' });
}

/** Postpone the recovery code. If the user has moved to another page meanwhile, stay there. */
function postponeCode(stage: Stage) {
  const { place } = stage;
  return stage.run('later', async () => {
    await stage.app.later('recovery');
    if (stage.place === place) leaveFlow(stage);
  });
}

function serverCopyView(stage: Stage) {
  const { local, place, state } = stage;
  const entry = place.record ? state.entries.find((candidate) => candidate.record === place.record) : undefined;
  const submit = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ lacking: true });
    return stage.run('register', async () => {
      const invite = local.invite?.trim() || undefined;
      // After an error the passphrase is cleared. If only the invitation is missing, it stays, hidden.
      const needsInvite =
        !invite &&
        (await stage.app.asksInvite().catch((error) => {
          stage.set({ words: '', shown: false });
          throw error;
        }));
      if (needsInvite) return stage.set({ asked: true, lacking: false, uninvited: Boolean(local.asked) });
      stage.set({ words: '', shown: false, lacking: false, uninvited: false });
      await stage.app.register({ words, invite });
      stage.stand({ ...place, name: 'name' });
    });
  };
  // On a borrowed device, no text may suggest that it stores anything or is the keeper's phone.
  const { borrowed } = state;
  return html`<div class="stack-wide">
    ${entry && !borrowed ? html`<p>${stateLine(stage, entry.state)}</p>` : nothing}
    <div class="stack-close">${heading(t('copy.title'))}${
      borrowed ? html`<p class="care">${t('copy.borrowed')}</p>` : nothing
    }
      <p>${t(borrowed ? 'borrowed.copy_lead' : 'copy.lead')}</p><p class="soft">${t('copy.asks')}</p></div>
    ${isStorageTemporary() ? html`<p class="care">${t('copy.ios')}</p>` : nothing}
    ${errorSummary(stage)}
    ${passwordField(stage, {
      id: 'words',
      label: t('copy.words'),
      onEnter: submit,
      error: local.lacking ? t('words.none') : null,
    })}
    ${
      local.asked
        ? textField({
            id: 'invite',
            label: t('invite.label'),
            hint: t('invite.hint'),
            value: local.invite ?? '',
            onEnter: submit,
            error: local.uninvited ? t('invite.none') : null,
            onChange: (invite) => {
              local.invite = invite;
            },
          })
        : nothing
    }
    <div class="stack-close">
      ${button(t(stage.runningTask ? 'copy.doing' : 'copy.do'), submit, {
        main: true,
        wide: true,
        busy: stage.runningTask === 'register',
      })}
      ${borrowed ? nothing : button(t('copy.not_now'), () => leaveFlow(stage), { wide: true })}
    </div>
  </div>`;
}

function signInNameView(stage: Stage) {
  const { place } = stage;
  const login = stage.state.account?.login ?? '';
  const postpone = () => postponeCode(stage);
  if (stage.state.account?.recovery === 'done')
    return html`<div class="stack-wide">${heading(t('more.copy_done'))}
      <div class="stack-close"><p>${t('copy.name_title')}</p><p class="card sheet-name">${login}</p></div>
      <p class="soft">${t('copy.name_lead')}</p>
      <div>${button(t('frame.done'), () => leaveFlow(stage), { main: true })}</div></div>`;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('copy.name_title'))}<p>${t('copy.done')}</p></div>
    ${errorSummary(stage)}
    <p class="card sheet-name">${login}</p>
    <p class="soft">${t('copy.name_lead')}</p>
    <div class="stack-close">${button(t('copy.code_now'), () => stage.stand({ ...place, name: 'code' }), {
      main: true,
      wide: true,
    })}
      ${button(t('copy.later'), postpone, { wide: true, busy: stage.runningTask === 'later' })}</div>
  </div>`;
}

function recoveryCodeView(stage: Stage) {
  const { local, state } = stage;
  if (!state.account?.registered) {
    return html`<div class="stack">${heading(t('code.title'))}<p>${t('code.first_copy')}</p><div>${button(
      t('copy.title'),
      () => stage.go({ name: 'copy' }),
      { main: true },
    )}</div></div>`;
  }
  if (local.checked)
    return html`<div class="stack">${heading(t('code.title'))}<p role="status">${t('code.done')}</p><div>${button(
      t('frame.done'),
      () => leaveFlow(stage),
      { main: true },
    )}</div></div>`;
  if (local.checking) return checkCodeView(stage);
  return local.made ? showCodeView(stage) : makeCodeView(stage);
}

function makeCodeView(stage: Stage) {
  const { local } = stage;
  const needsWords = !stage.state.account?.proved;
  const isAnother = Boolean(stage.state.account?.coded);
  const make = () => {
    const words = local.words ?? '';
    if (needsWords && !words) return stage.set({ lacking: true });
    stage.set({ words: '', shown: false, lacking: false });
    return stage.run('code', async () => {
      stage.local.made = await stage.app.makeCode({ words });
    });
  };
  const postpone = () => postponeCode(stage);
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('code.title'))}<p>${t('code.lead')}</p><p
      class="soft">${t('code.place')}</p></div>
    ${errorSummary(stage)}
    ${isAnother ? html`<p class="care">${t('code.again')}</p>` : nothing}
    ${
      needsWords
        ? passwordField(stage, {
            id: 'words',
            label: t('copy.words'),
            onEnter: make,
            error: local.lacking ? t('words.none') : null,
          })
        : nothing
    }
    <div class="stack-close">${button(t(isAnother ? 'code.make_new' : 'code.make'), make, {
      main: true,
      wide: true,
      busy: stage.runningTask === 'code',
    })}${button(t('copy.later'), postpone, { wide: true })}</div>
  </div>`;
}

/** Show the code to write down by hand. There is no way to copy, print, save or share it. */
function showCodeView(stage: Stage) {
  const { made } = stage.local;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('code.title'))}<p class="soft">${t('code.lead')}</p></div>
    <div class="stack-close"><h2>${t('code.name')}</h2><p class="card sheet-name">${made.login}</p></div>
    <div class="stack-close"><h2>${t('code.words')}</h2><ol class="word-grid">${made.words12.map(
      (word: string) => html`<li>${word}</li>`,
    )}</ol></div>
    <div class="stack-close"><h2>${t('code.letters')}</h2><p class="card letters">${made.crockford}</p></div>
    ${button(t('code.written'), () => stage.set({ checking: true }), { main: true, wide: true })}
  </div>`;
}

/** Ask for the code once, so that a copying error is found while it can still be corrected. */
function checkCodeView(stage: Stage) {
  const { local } = stage;
  const submit = async () => {
    local.wrong = false;
    try {
      await stage.app.confirmCode(local.typed ?? '');
      stage.set({ checked: true, typed: '', made: null });
    } catch {
      stage.set({ wrong: true });
    }
  };
  return html`<div class="stack-wide">
    ${heading(t('code.check_title'))}
    ${textField({
      id: 'code',
      label: t('code.check'),
      value: local.typed ?? '',
      textarea: 'low',
      autofocus: true,
      error: local.wrong ? t('code.wrong') : null,
      onChange: (typed) => {
        local.typed = typed;
      },
    })}
    <div class="row">${button(t('code.check_do'), submit, { main: true })}${button(
      t('code.look'),
      () => stage.set({ checking: false, wrong: false }),
      { plain: true },
    )}</div>
  </div>`;
}

export const views = { copy: serverCopyView, name: signInNameView, code: recoveryCodeView };
