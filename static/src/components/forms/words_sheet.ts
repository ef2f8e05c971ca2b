import { secretField } from './fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, sheet } from '../parts.js';
import { t } from '../../shell/strings.js';
import { uncover } from './uncover.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp } from '../../shell/app.js';

/** A sheet that asks for the user's words. They are cleared before they are used. */
export function openWords(
  stage: Stage<SharedApp>,
  what: {
    title: string;
    lead: string;
    go: string;
    label?: string;
    more?: unknown;
    act: (words: string) => Promise<unknown>;
  },
) {
  const { local } = stage;
  Object.assign(local, { words: '', shown: false, lacking: false });
  stage.openSheet((on) => {
    const go = () => {
      const words = local.words ?? '';
      if (!words) return on.set({ lacking: true });
      on.set({ words: '', shown: false, lacking: false });
      on.closeSheet();
      return on.run('words', () => what.act(words));
    };
    return sheet(
      on,
      what.title,
      html`<p>${what.lead}</p>${what.more ?? nothing}
      ${secretField({
        id: 'sheet-words',
        label: what.label ?? t('erase.words'),
        value: local.words ?? '',
        shown: Boolean(local.shown),
        toggle: () => uncover(on),
        enter: go,
        error: local.lacking ? t('words.none') : null,
        on: (words) => {
          local.words = words;
        },
      })}
      <div class="row">${button(what.go, go)}${button(t('frame.cancel'), () => on.closeSheet(), { main: true })}</div>`,
    );
  });
}
