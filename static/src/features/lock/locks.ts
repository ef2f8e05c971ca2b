/**
 * Settings for locking, the cover notebook, the short secret and clearing the phone. Each screen says what the feature
 * does not do before it can be switched on.
 */
import { LOCK_HIDDEN_MINUTES, LOCK_IDLE_MINUTES } from '../../core/constants.js';
import { html } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { holdHandlers } from '../../shell/hold.js';
import { icon } from '../../shell/icons.js';
import { CLEAR_HOLD_MS } from '../../shell/leave_button.js';
import { button, errorSummary, heading, row, loading } from '../../components/parts.js';
import { t, tn } from '../../shell/strings.js';
import { pointList, notebookWordsForm, typeTwiceForm } from '../../components/forms/notebook_setup.js';
import '../../components/words.js';
import './words.js';
import type { LockSettings } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const MINUTE = 60_000;
const MIN_SHORT_LENGTH = 6;

function lockSettings(stage: Stage): LockSettings | undefined {
  return stage.find('locking', async () => (await stage.app.readLocking?.()) as LockSettings).data;
}

const minutesLabel = (n: number) => (n === 0 ? t('locks.now') : tn('locks.minutes', n));

function locksView(stage: Stage) {
  const settings = lockSettings(stage);
  if (!settings) return loading();
  const chooseDelay = (setting: 'hidden' | 'idle') => (n: string) => {
    stage.local[setting] = n;
    return stage.run('locking', async () => {
      await stage.app.chooseLocking?.({ [setting]: Number(n) * MINUTE });
      stage.refresh('locking');
    });
  };
  const delayChips = (setting: 'hidden' | 'idle', choices: readonly number[]) =>
    chips({
      name: `lock-${setting}`,
      legend: t(`locks.${setting}`),
      choices: choices.map((n) => [String(n), minutesLabel(n)] as const),
      chosen: [stage.local[setting] ?? String(settings.locking[setting] / MINUTE)],
      onChange: chooseDelay(setting),
    });
  const goTo = (name: string) => () => stage.go({ name });
  return html`<div class="stack-wide">${heading(t('locks.title'))}${errorSummary(stage)}
    ${delayChips('hidden', LOCK_HIDDEN_MINUTES)}${delayChips('idle', LOCK_IDLE_MINUTES)}<p
      class="small soft">${t('locks.why')}</p>
    <section class="stack-close"><h2>${t('locks.leave')}</h2><p>${t('locks.leave_lead')}</p></section>
    <div class="rows">
      <div>${row({
        title: t('locks.cover'),
        subtitle: t(settings.cover ? 'locks.cover_on' : 'locks.cover_off'),
        icon: 'note',
        onClick: goTo('cover'),
      })}</div>
      <div>${row({
        title: t('locks.short'),
        subtitle: t(settings.short ? 'locks.short_on' : 'locks.cover_off'),
        icon: 'key',
        onClick: goTo('short'),
      })}</div>
      <div>${row({
        title: t('locks.clear'),
        subtitle: t('locks.clear_more'),
        icon: 'trouble',
        onClick: goTo('clear'),
      })}</div>
    </div></div>`;
}

function coverView(stage: Stage) {
  const settings = lockSettings(stage);
  if (!settings) return loading();
  return html`<div class="stack-wide">${heading(t('cover.title'))}${errorSummary(stage)}<p>${t('cover.lead')}</p>
    <section class="stack-close"><h2>${t('cover.helps')}</h2>${pointList('cover.helps', 1)}</section>
    <section class="stack-close"><h2>${t('cover.not')}</h2>${pointList('cover.not', 4)}</section>
    <section class="stack-close"><h2>${t('cover.more')}</h2>${pointList('cover.more', 5)}</section>
    ${settings.cover && !stage.local.again_wanted ? coverOptions(stage) : coverForm(stage)}</div>`;
}

function coverOptions(stage: Stage) {
  const dropCover = () =>
    stage.run('cover', async () => {
      await stage.app.dropCover?.();
      stage.refresh('locking');
      stage.announce(t('cover.stopped'));
    });
  const chooseOpening = (opens: string) => {
    stage.local.opens = opens;
    return stage.run('look', () => stage.app.chooseLook?.({ opens: opens as 'lock' | 'straight' }));
  };
  const choices = [
    ['lock', t('cover.at_lock')],
    ['straight', t('cover.straight')],
  ] as const;
  return html`<p class="note" role="status">${t('cover.done')}</p>
    <div class="stack-close">${chips({
      name: 'opens',
      legend: t('cover.opens'),
      choices,
      chosen: [stage.local.opens ?? stage.state.look?.opens ?? 'lock'],
      onChange: chooseOpening,
    })}
      <p class="small soft">${t('cover.opens_more')}</p></div>
    <div class="row">${button(t('cover.change'), () => stage.set({ again_wanted: true }), {})}${button(
      t('cover.stop'),
      dropCover,
      { busy: stage.runningTask === 'cover' },
    )}</div>`;
}

function coverForm(stage: Stage) {
  return notebookWordsForm(stage, {
    hint: 'cover.words_hint',
    submitKey: 'cover.do',
    onSave: async (words) => {
      await stage.app.setCover?.(words);
      stage.local.again_wanted = false;
      stage.refresh('locking');
    },
  });
}

function shortSecretView(stage: Stage) {
  const { local } = stage;
  const settings = lockSettings(stage);
  if (!settings) return loading();
  const dropShort = () =>
    stage.run('short', async () => {
      await stage.app.dropShort?.();
      stage.refresh('locking');
      stage.announce(t('short.stopped'));
    });
  const setupForm = () =>
    typeTwiceForm(stage, {
      read: 'short.read',
      label: 'short.secret',
      again: 'short.again',
      differ: 'short.differ',
      submitKey: 'short.do',
      findFault: async (secret) => ([...secret.trim()].length < MIN_SHORT_LENGTH ? t('short.few') : null),
      words: 'copy.words',
      onSave: async (secret, words) => {
        await stage.app.setShort?.(secret, words);
        stage.refresh('locking');
      },
    });
  if (settings.short)
    return html`<div class="stack-wide">${heading(t('short.title'))}${errorSummary(stage)}<p class="note"
      role="status">${t('short.done')}</p><p>${t('short.bad')}</p><p>${t('short.tries')}</p><div>${button(
        t('short.stop'),
        dropShort,
        { busy: stage.runningTask === 'short' },
      )}</div></div>`;
  if (local.settingUp) stage.over(() => stage.set({ settingUp: false }));
  // The form waits behind a button, so that the first thing to tap keeps things as they are.
  return html`<div class="stack-wide">${heading(t('short.title'))}${errorSummary(stage)}<p>${t('short.bad')}</p>
    ${
      local.settingUp
        ? html`<ul class="points stack-close"><li>${t('short.tries')}</li><li>${t('short.not')}</li></ul>${setupForm()}`
        : html`<div class="stack-close">${button(t('short.keep'), () => stage.back('locks'), {
            main: true,
            wide: true,
          })}${button(t('short.set_up'), () => stage.set({ settingUp: true }), { plain: true, wide: true })}</div>`
    }</div>`;
}

function clearView(stage: Stage) {
  const registered = Boolean(stage.state.account?.registered);
  const { down, up, menu } = holdHandlers(CLEAR_HOLD_MS, () => stage.leave('clear'));
  return html`<div class="stack-wide">${heading(t('clear.title'))}<p>${t('clear.lead')}</p>
    <ul class="points stack-close"><li>${t(
      registered ? 'clear.stays' : 'clear.only',
    )}</li><li>${t('clear.disk')}</li><li>${t('clear.anywhere')}</li></ul>
    <div><button type="button" class="button button-main button-wide button-held" @pointerdown=${down}
      @keydown=${down} @pointerup=${up} @pointercancel=${up} @pointerleave=${up} @keyup=${up} @blur=${up}
        @contextmenu=${menu}>
      ${icon('trouble')}<span>${t('clear.hold')}</span></button></div></div>`;
}

export const views = { locks: locksView, cover: coverView, short: shortSecretView, clear: clearView };
