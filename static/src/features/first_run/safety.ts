/**
 * First run: whether this phone is safe to write on. The first screen after Start, so it is loaded with the door: it
 * needs nothing of the rest of the app, which arrives while somebody reads it.
 */
import { html } from '../../shell/html.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import type { Stage } from '../../shell/stage.js';

function safetyView(stage: Stage) {
  const openCheck = () => stage.go({ name: 'check', first: true });
  const isWaiting = stage.runningTask === 'begin';
  return html`<div class="stack-wide">
    <div class="stack">${heading(t('safety.title'))}<p class="soft">${t('safety.why')}</p></div>
    ${errorSummary(stage)}
    <div class="stack-close">
      ${button(t(isWaiting ? 'door.opening' : 'safety.yes'), () => beginWriting(stage), {
        main: true,
        wide: true,
        busy: isWaiting,
      })}
      ${button(t('safety.unsure'), openCheck, { wide: true })}
      ${button(t('safety.no'), openCheck, { wide: true })}
    </div>
    <p class="small soft">${t('safety.stored')}</p>
    <div class="note stack-close"><p><strong>${t('safety.first')}</strong></p><p
      class="small">${t('safety.numbers')}</p></div>
  </div>`;
}

/**
 * Show the box to write in. Every keystroke there is saved, so the whole app must have loaded first; and what is typed
 * must be found again where the signal is lost.
 */
export function beginWriting(stage: Stage) {
  const { place } = stage;
  return stage.run('begin', async () => {
    await stage.app.ready?.();
    if (stage.place !== place) return; // the user left, went back or opened Help meanwhile
    void stage.app.installOffline();
    stage.go({ name: 'add' });
  });
}

export const views = { safety: safetyView };
