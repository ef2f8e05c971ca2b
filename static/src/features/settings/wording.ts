/** The wording of the questions: plain, or for a young person. The answers stay the same. */
import { html } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { errorSummary, heading } from '../../components/parts.js';
import { loadVocabulary } from '../../components/text/labels.js';
import { isYoung, t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import '../../components/text/young.js';
import type { Stage } from '../../shell/stage.js';

function wordingView(stage: Stage) {
  loadVocabulary(stage);
  const { local } = stage;
  const chooseWording = (code: string) =>
    stage.run('wording', async () => {
      local.wording = code; // the tapped chip stays chosen while this is saved
      await stage.app.saveSettings({ fields: { wording: code === 'young' ? 'young' : null } });
      stage.refresh('wording');
      stage.announce(t('wording.saved'));
    });
  return html`<div class="stack-wide">${heading(t('wording.title'))}${errorSummary(stage)}
    ${chips({
      name: 'wording',
      legend: t('wording.legend'),
      chosen: [local.wording ?? (isYoung() ? 'young' : 'plain')],
      onChange: chooseWording,
      choices: [
        ['plain', t('wording.plain')],
        ['young', t('wording.young')],
      ],
    })}
    <div class="note stack-close"><p class="small soft">${t('wording.for_example')}</p><p>${t(
      'f.feared_violence',
    )}</p><p>${t('f.response')}</p></div>
    <p class="soft">${t('wording.same')}</p></div>`;
}

export const views = { wording: wordingView };
