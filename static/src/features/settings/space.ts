/** Space: what is stored on the phone and on the server, when files may be sent, and making room. */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress, sentenceOf } from '../../components/parts.js';
import { size } from '../../components/text/say.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { Usage } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

function space(stage: Stage) {
  const found = stage.find('usage', () => stage.app.usage());
  const use = found.data as Usage | undefined;
  return html`<div class="stack-wide">${heading(t('space.title'))}${errorSummary(stage)}
    ${
      use
        ? html`${facts(use)}${
            stage.state.account?.registered ? html`${sending(stage, use)}${light(stage, use)}` : nothing
          }`
        : html`<p role="status">${found.problem ? sentenceOf(found.problem) : t('frame.loading')}</p>`
    }</div>`;
}

function facts(use: Usage) {
  const known = (bytes: number | null | undefined) => bytes !== null && bytes !== undefined;
  return html`<dl class="facts card">
    ${
      known(use.phone_bytes)
        ? html`<div><dt>${t('space.phone')}</dt><dd>${size(use.phone_bytes ?? 0)}</dd></div>`
        : nothing
    }
    ${
      known(use.room_bytes)
        ? html`<div><dt>${t('space.room')}</dt><dd>${size(Math.max(0, use.room_bytes ?? 0))}</dd></div>`
        : nothing
    }
    ${
      use.quota_bytes
        ? html`<div><dt>${t('space.server')}</dt><dd>${t('space.of', {
            used: size(use.used_bytes),
            quota: size(use.quota_bytes),
          })}</dd></div>`
        : nothing
    }</dl>`;
}

function sending(stage: Stage, use: Usage) {
  const { files, bytes } = use.waiting;
  const choose = (when: Usage['sending']) =>
    stage.run('sending', async () => {
      stage.local.sending = when; // the tapped chip stays chosen while this is saved
      await stage.app.chooseSending(when);
      stage.refresh('usage');
    });
  const send = () =>
    stage.run('send', async () => {
      await stage.app.sendFiles();
      stage.say(t('space.sent'));
      stage.refresh('usage');
    });
  return html`<section class="stack">
    ${chips({
      name: 'sending',
      legend: t('space.when'),
      chosen: [stage.local.sending ?? use.sending],
      choices: [
        ['now', t('space.now')],
        ['wifi', t('space.wifi')],
        ['ask', t('space.ask')],
      ],
      on: choose,
    })}
    <p class="small soft">${t('space.when_words')}${
      use.sending === 'wifi' && !use.wifi_known ? html` ${t('space.wifi_unknown')}` : nothing
    }</p>
    ${
      files
        ? html`<p role="status">${tn('space.waiting', files, { size: size(bytes) })}</p><div>${button(
            t('space.send'),
            send,
            { busy: stage.running === 'send' },
          )}</div>`
        : nothing
    }
  </section>`;
}

function light(stage: Stage, use: Usage) {
  const { local } = stage;
  const choose = (how: Usage['light_chosen']) =>
    stage.run('light', async () => {
      local.light = how;
      await stage.app.chooseLight(how);
      stage.refresh('usage');
    });
  const make = () =>
    stage.run('make', async () => {
      local.made = null;
      local.made = await stage.app.makeRoom((done, total) => {
        local.at = { done, total };
        stage.draw();
      });
      stage.refresh('usage');
    });
  return html`<section class="stack">
    ${chips({
      name: 'light',
      legend: t('space.light'),
      chosen: [local.light ?? use.light_chosen],
      choices: [
        ['auto', t('space.auto')],
        ['on', t('space.small')],
        ['off', t('space.all')],
      ],
      on: choose,
    })}
    <p class="small soft">${t('space.light_lead')}${
      use.light && use.light_chosen === 'auto' ? html` ${t('space.light_now')}` : nothing
    }</p>
    ${
      stage.running === 'make'
        ? progress({ label: t('space.making'), done: local.at?.done ?? 0, total: local.at?.total ?? 1 })
        : html`<p class="small soft">${t('space.make_lead')}</p><div>${button(t('space.make'), make, {})}</div>`
    }
    <p role="status">${
      local.made === undefined || local.made === null
        ? nothing
        : local.made
          ? tn('space.made', local.made)
          : t('space.made_none')
    }</p>
  </section>`;
}

export const views = { space };
