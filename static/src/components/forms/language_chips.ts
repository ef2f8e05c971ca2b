/** Choose the language of the screens. */
import { LANGUAGES } from '../../shell/language.js';
import { html, nothing } from '../../shell/html.js';
import { t } from '../../shell/strings.js';
import { chips } from './fields.js';
import type { Stage } from '../../shell/stage.js';

/** Each language under its own name; drafts are marked. */
export function languageChips(stage: Stage, legend: string) {
  const onChange = (code: string) => void stage.run('language', () => stage.app.setLanguage(code));
  const choices = LANGUAGES.map(
    ([code, name]) =>
      [
        code,
        html`<span lang=${code}>${name}</span>${
          code === 'en' ? nothing : html` <span class="small">· ${t('bar.draft')}</span>`
        }`,
      ] as const,
  );
  return chips({ name: 'language', legend, chosen: [stage.state.language ?? 'en'], onChange, choices });
}
