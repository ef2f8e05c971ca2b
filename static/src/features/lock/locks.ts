/**
 * Settings for locking, the cover notebook, the short secret and clearing the phone. Each screen says what the feature
 * does not do before it can be switched on.
 */
import { html } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { holding } from '../../shell/hold.js';
import { icon } from '../../shell/icons.js';
import { CLEAR_HELD } from '../../shell/leaving.js';
import { button, errorSummary, heading, row, waiting } from '../../components/parts.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { points, notebookWords, twice } from '../../components/forms/notebook_setup.js';
import '../../components/words.js';
import './words.js';
import type { Locking } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const MINUTE = 60_000;
const HIDDEN = [0, 1, 5];
const IDLE = [1, 5, 15];
const SHORT_LEAST = 6;

function known(stage: Stage): Locking | undefined {
  return stage.find('locking', async () => (await stage.app.readLocking?.()) as Locking).data;
}

const minutes = (n: number) => (n === 0 ? t('locks.now') : tn('locks.minutes', n));

function locks(stage: Stage) {
  const now = known(stage);
  if (!now) return waiting();
  const choose = (what: 'hidden' | 'idle') => (n: string) => {
    stage.local[what] = n;
    return stage.run('locking', async () => {
      await stage.app.chooseLocking?.({ [what]: Number(n) * MINUTE });
      stage.refresh('locking');
    });
  };
  const times = (what: 'hidden' | 'idle', choices: number[]) =>
    chips({
      name: `lock-${what}`,
      legend: t(`locks.${what}`),
      choices: choices.map((n) => [String(n), minutes(n)] as const),
      chosen: [stage.local[what] ?? String(now.locking[what] / MINUTE)],
      on: choose(what),
    });
  const go = (name: string) => () => stage.go({ name });
  return html`<div class="stack-wide">${heading(t('locks.title'))}${errorSummary(stage)}
    ${times('hidden', HIDDEN)}${times('idle', IDLE)}<p class="small soft">${t('locks.why')}</p>
    <section class="stack-close"><h2>${t('locks.leave')}</h2><p>${t('locks.leave_lead')}</p></section>
    <div class="rows">
      <div>${row({
        title: t('locks.cover'),
        more: t(now.cover ? 'locks.cover_on' : 'locks.cover_off'),
        icon: 'note',
        on: go('cover'),
      })}</div>
      <div>${row({
        title: t('locks.short'),
        more: t(now.short ? 'locks.short_on' : 'locks.cover_off'),
        icon: 'key',
        on: go('short'),
      })}</div>
      <div>${row({ title: t('locks.clear'), more: t('locks.clear_more'), icon: 'trouble', on: go('clear') })}</div>
    </div></div>`;
}

function cover(stage: Stage) {
  const now = known(stage);
  if (!now) return waiting();
  return html`<div class="stack-wide">${heading(t('cover.title'))}${errorSummary(stage)}<p>${t('cover.lead')}</p>
    <section class="stack-close"><h2>${t('cover.helps')}</h2>${points('cover.helps', 1)}</section>
    <section class="stack-close"><h2>${t('cover.not')}</h2>${points('cover.not', 4)}</section>
    <section class="stack-close"><h2>${t('cover.more')}</h2>${points('cover.more', 5)}</section>
    ${now.cover && !stage.local.again_wanted ? coverOn(stage) : coverForm(stage)}</div>`;
}

function coverOn(stage: Stage) {
  const stop = () =>
    stage.run('cover', async () => {
      await stage.app.dropCover?.();
      stage.refresh('locking');
      stage.say(t('cover.stopped'));
    });
  const choose = (opens: string) => {
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
      on: choose,
    })}
      <p class="small soft">${t('cover.opens_more')}</p></div>
    <div class="row">${button(t('cover.change'), () => stage.set({ again_wanted: true }), {})}${button(
      t('cover.stop'),
      stop,
      { busy: stage.running === 'cover' },
    )}</div>`;
}

function coverForm(stage: Stage) {
  return notebookWords(stage, {
    hint: 'cover.words_hint',
    act: 'cover.do',
    keep: async (words) => {
      await stage.app.setCover?.(words);
      stage.local.again_wanted = false;
      stage.refresh('locking');
    },
  });
}

function short(stage: Stage) {
  const now = known(stage);
  if (!now) return waiting();
  const stop = () =>
    stage.run('short', async () => {
      await stage.app.dropShort?.();
      stage.refresh('locking');
      stage.say(t('short.stopped'));
    });
  const form = () =>
    twice(stage, {
      read: 'short.read',
      label: 'short.secret',
      again: 'short.again',
      differ: 'short.differ',
      act: 'short.do',
      judge: async (secret) => ([...secret.trim()].length < SHORT_LEAST ? t('short.few') : null),
      words: 'copy.words',
      keep: async (secret, words) => {
        await stage.app.setShort?.(secret, words);
        stage.refresh('locking');
      },
    });
  return html`<div class="stack-wide">${heading(t('short.title'))}${errorSummary(stage)}<p>${t('short.lead')}</p>
    <ul class="points stack-close">${['good', 'bad', 'tries', 'not'].map(
      (part) => html`<li>${lookUp(`short.${part}`)}</li>`,
    )}</ul>
    ${
      now.short
        ? html`<p class="note" role="status">${t('short.done')}</p><div>${button(t('short.stop'), stop, {
            busy: stage.running === 'short',
          })}</div>`
        : form()
    }</div>`;
}

function clear(stage: Stage) {
  const registered = Boolean(stage.state.account?.registered);
  const { down, up, menu } = holding(CLEAR_HELD, () => stage.leave('clear'));
  return html`<div class="stack-wide">${heading(t('clear.title'))}<p>${t('clear.lead')}</p>
    <ul class="points stack-close"><li>${t(
      registered ? 'clear.stays' : 'clear.only',
    )}</li><li>${t('clear.disk')}</li><li>${t('clear.anywhere')}</li></ul>
    <div><button type="button" class="button button-main button-wide button-held" @pointerdown=${down}
      @keydown=${down} @pointerup=${up} @pointercancel=${up} @pointerleave=${up} @keyup=${up} @blur=${up}
        @contextmenu=${menu}>
      ${icon('trouble')}<span>${t('clear.hold')}</span></button></div></div>`;
}

export const views = { locks, cover, short, clear };
