/** The keys, and what can be dropped or pasted. Reached by `?` and from the empty column beside the entries. */
import { html } from '../../shell/html.js';
import { checkbox } from '../../components/forms/fields.js';
import { heading } from '../../components/parts.js';
import { areShortcutsOn, setShortcuts, SHORTCUTS } from '../../shell/shortcuts.js';
import { lookUp, t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

/** The name on the key, which no keyboard translates (app/mount.ts). */
const LEAVE_KEY = 'Shift';

function shortcutsView(stage: Stage) {
  return html`<div class="stack-wide">
    ${heading(t('desktop.title'))}
    <section class="card stack">
      <dl class="keys">${SHORTCUTS.map(
        ([key, name]) => html`<div><dt><kbd>${key.toUpperCase()}</kbd></dt><dd>${lookUp(`desktop.${name}`)}</dd></div>`,
      )}<div><dt><kbd>${LEAVE_KEY}</kbd></dt><dd>${t('desktop.leave')}</dd></div></dl>
      ${checkbox({
        id: 'shortcuts-on',
        label: t('desktop.on'),
        checked: areShortcutsOn(),
        onChange: (isOn) => {
          setShortcuts(isOn);
          stage.draw();
        },
      })}
      <p class="small soft">${t('desktop.typing')}</p>
    </section>
    <section class="card stack-close"><h2>${t('desktop.files')}</h2><p>${t('desktop.files_how')}</p></section>
  </div>`;
}

export const views = { shortcuts: shortcutsView };
