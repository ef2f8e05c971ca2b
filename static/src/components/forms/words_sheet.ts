import { passwordField } from './password_field.js';
import { html, nothing } from '../../shell/html.js';
import { button, sheet } from '../parts.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp } from '../../shell/app.js';

/** A sheet that asks for the user's words. They are cleared before they are used. */
export function openWordsSheet(
  stage: Stage<SharedApp>,
  options: {
    title: string;
    lead: string;
    go: string;
    label?: string;
    extra?: unknown;
    onSubmit: (words: string) => Promise<unknown>;
  },
) {
  const { local } = stage;
  Object.assign(local, { words: '', shown: false, lacking: false });
  stage.openSheet((sheetStage) => {
    const submit = () => {
      const words = local.words ?? '';
      if (!words) return sheetStage.set({ lacking: true });
      sheetStage.set({ words: '', shown: false, lacking: false });
      sheetStage.closeSheet();
      return sheetStage.run('words', () => options.onSubmit(words));
    };
    return sheet(
      sheetStage,
      options.title,
      html`<p>${options.lead}</p>${options.extra ?? nothing}
      ${passwordField(sheetStage, {
        id: 'sheet-words',
        label: options.label ?? t('erase.words'),
        onEnter: submit,
        error: local.lacking ? t('words.none') : null,
      })}
      <div class="row">${button(options.go, submit)}${button(t('frame.cancel'), () => sheetStage.closeSheet(), {
        main: true,
      })}</div>`,
    );
  });
}
