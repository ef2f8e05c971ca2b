/**
 * The app's outward look, and how to add it to the home screen. The look comes first, because an icon on the home
 * screen cannot be changed.
 */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { errorSummary, heading } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { phoneKind } from '../../components/text/phone_kind.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { PhoneKind } from '../../components/text/phone_kind.js';

function homescreenView(stage: Stage) {
  const thisKind = phoneKind(navigator.userAgent, navigator.maxTouchPoints);
  const kinds = [thisKind, ...['ios', 'android', 'desk'].filter((kind) => kind !== thisKind)] as PhoneKind[];
  const skins = [
    ['notes', t('home.notes')],
    ['lists', t('home.lists')],
  ] as const;
  const chosen = stage.local.skin ?? stage.state.look?.skin ?? 'notes';
  return html`<div class="stack-wide">${heading(t('home.title'))}${errorSummary(stage)}<p>${t('home.lead')}</p>
    <div class="stack-close">
      ${chips({
        name: 'skin',
        legend: t('home.skin'),
        choices: skins,
        chosen: [chosen],
        onChange: (skin) => {
          stage.local.skin = skin;
          return stage.run('look', () => stage.app.chooseLook?.({ skin: skin as 'notes' | 'lists' }));
        },
      })}
      <div class="row"><img class="skin" src="/static/icons/${chosen}.svg" alt="" width="64" height="64"><p
        class="small soft">${t('home.skin_more')}</p></div></div>
    ${kinds.map((kind) => installSteps(kind))}
    <p class="note">${t('home.seen')}</p></div>`;
}

function installSteps(kind: PhoneKind) {
  const count = kind === 'desk' ? 2 : 3;
  return html`<section class="stack-close"><h2>${t(`home.${kind}`)}</h2>
    <ol class="points stack-close">${Array.from(
      { length: count },
      (_, i) => html`<li>${lookUp(`home.${kind}_${i + 1}`)}</li>`,
    )}</ol>
    ${kind === 'ios' ? html`<p class="care small">${t('home.ios_warn')}</p>` : nothing}</section>`;
}

export const views = { homescreen: homescreenView };
