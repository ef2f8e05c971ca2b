/** Space: what is stored on the phone and on the server, when files may be sent, and making room. */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress, problemSentence } from '../../components/parts.js';
import { sizeText } from '../../components/text/formatting.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { Usage } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

function spaceView(stage: Stage) {
  const result = stage.find('usage', () => stage.app.usage());
  const usage = result.data as Usage | undefined;
  return html`<div class="stack-wide">${heading(t('space.title'))}${errorSummary(stage)}
    ${
      usage
        ? html`${usageFacts(usage)}${
            stage.state.account?.registered ? html`${sendingForm(stage, usage)}${storageForm(stage, usage)}` : nothing
          }`
        : html`<p role="status">${result.problem ? problemSentence(result.problem) : t('frame.loading')}</p>`
    }</div>`;
}

function usageFacts(usage: Usage) {
  const isKnown = (bytes: number | null | undefined) => bytes !== null && bytes !== undefined;
  return html`<dl class="facts card">
    ${
      isKnown(usage.phone_bytes)
        ? html`<div><dt>${t('space.phone')}</dt><dd>${sizeText(usage.phone_bytes ?? 0)}</dd></div>`
        : nothing
    }
    ${
      isKnown(usage.room_bytes)
        ? html`<div><dt>${t('space.room')}</dt><dd>${sizeText(Math.max(0, usage.room_bytes ?? 0))}</dd></div>`
        : nothing
    }
    ${
      usage.quota_bytes
        ? html`<div><dt>${t('space.server')}</dt><dd>${t('space.of', {
            used: sizeText(usage.used_bytes),
            quota: sizeText(usage.quota_bytes),
          })}</dd></div>`
        : nothing
    }</dl>`;
}

function sendingForm(stage: Stage, usage: Usage) {
  const { files, bytes } = usage.waiting;
  const chooseWhen = (when: Usage['sending']) =>
    stage.run('sending', async () => {
      stage.local.sending = when; // the tapped chip stays chosen while this is saved
      await stage.app.chooseSending(when);
      stage.refresh('usage');
    });
  const sendFiles = () =>
    stage.run('send', async () => {
      await stage.app.sendFiles();
      stage.announce(t('space.sent'));
      stage.refresh('usage');
    });
  return html`<section class="stack">
    ${chips({
      name: 'sending',
      legend: t('space.when'),
      chosen: [stage.local.sending ?? usage.sending],
      choices: [
        ['now', t('space.now')],
        ['wifi', t('space.wifi')],
        ['ask', t('space.ask')],
      ],
      onChange: chooseWhen,
    })}
    <p class="small soft">${t('space.when_words')}${
      usage.sending === 'wifi' && !usage.wifi_known ? html` ${t('space.wifi_unknown')}` : nothing
    }</p>
    ${
      files
        ? html`<p role="status">${tn('space.waiting', files, { size: sizeText(bytes) })}</p><div>${button(
            t('space.send'),
            sendFiles,
            { busy: stage.runningTask === 'send' },
          )}</div>`
        : nothing
    }
  </section>`;
}

function storageForm(stage: Stage, usage: Usage) {
  const { local } = stage;
  const chooseStorage = (choice: Usage['light_chosen']) =>
    stage.run('light', async () => {
      local.light = choice;
      await stage.app.chooseLight(choice);
      stage.refresh('usage');
    });
  const makeRoom = () =>
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
      chosen: [local.light ?? usage.light_chosen],
      choices: [
        ['auto', t('space.auto')],
        ['on', t('space.small')],
        ['off', t('space.all')],
      ],
      onChange: chooseStorage,
    })}
    <p class="small soft">${t('space.light_lead')}${
      usage.light && usage.light_chosen === 'auto' ? html` ${t('space.light_now')}` : nothing
    }</p>
    ${
      stage.runningTask === 'make'
        ? progress({ label: t('space.making'), done: local.at?.done ?? 0, total: local.at?.total ?? 1 })
        : html`<p class="small soft">${t('space.make_lead')}</p><div>${button(t('space.make'), makeRoom, {})}</div>`
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

export const views = { space: spaceView };
