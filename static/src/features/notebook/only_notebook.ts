/** Only a notebook, behind its own words: what that is good for and what not, then its look and how it opens. */
import { html } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { errorSummary, heading } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import { notebookWordsForm, pointList } from '../../components/forms/notebook_setup.js';
import '../../components/words.js';
import './words.js';
import type { Skin } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

function onlyNotebookView(stage: Stage) {
  const { local } = stage;
  const look = {
    skin: local.skin ?? stage.state.look?.skin ?? 'notes',
    opens: local.opens ?? stage.state.look?.opens ?? 'lock',
  } as Skin;
  const skins = [
    ['notes', t('home.notes')],
    ['lists', t('home.lists')],
  ] as const;
  const openingChoices = [
    ['lock', t('cover.at_lock')],
    ['straight', t('cover.straight')],
  ] as const;
  return html`<div class="stack-wide">${heading(t('door.only'))}${errorSummary(stage)}<p>${t('only.lead')}</p>
    <section class="stack-close"><h2>${t('only.good')}</h2>${pointList('only.good', 2)}</section>
    <section class="stack-close"><h2>${t('only.not')}</h2>${pointList('only.not', 5)}</section>
    <section class="stack-close"><h2>${t('only.later')}</h2>${pointList('only.later', 2)}</section>
    ${chips({
      name: 'skin',
      legend: t('home.skin'),
      choices: skins,
      chosen: [look.skin],
      onChange: (skin) => stage.set({ skin }),
    })}
    <div class="stack-close">${chips({
      name: 'opens',
      legend: t('cover.opens'),
      choices: openingChoices,
      chosen: [look.opens],
      onChange: (opens) => stage.set({ opens }),
    })}
      <p class="small soft">${t('only.opens_more')}</p></div>
    ${notebookWordsForm(stage, {
      hint: 'only.words_hint',
      submitKey: 'only.do',
      onSave: (words) => Promise.resolve(stage.app.onlyNotebook?.(words, look)),
    })}</div>`;
}

export const views = { only: onlyNotebookView };
