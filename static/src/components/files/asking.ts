/**
 * Pictures that must not be added: sexual pictures of anyone under 18. The app cannot recognise a picture, so it asks
 * before the first one, once per unlock. A "yes" shows where to get help, in this order, and offers to write words
 * instead. The answer is never stored.
 */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../forms/fields.js';
import { button, sheet } from '../parts.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';

/** Where text goes instead of a picture, and the text stored there now */
export type Instead = { record: string | null; words: string };

let answered = -1;

/** Whether the question was answered since the diary was opened. */
function isAsked(stage: Stage) {
  return answered === stage.generation;
}

/**
 * Ask unless already answered, then call `proceed`. It runs in the click that answers, so that it may open a picker.
 */
export function askFirst(stage: Stage, instead: Instead, go: () => unknown) {
  if (isAsked(stage)) return void go();
  stage.openSheet((on) =>
    sheet(
      on,
      t('ask.title'),
      html`<p>${t('ask.question')}</p>
    <div class="row">${button(
      t('ask.no'),
      () => {
        answered = on.generation;
        on.closeSheet();
        go();
      },
      { main: true },
    )}
      ${button(t('ask.yes'), () => openWordsPath(on, instead))}</div>`,
    ),
  );
}

/** For a picker: the question to ask before it opens; undefined once it was answered. */
export function askedFirst(stage: Stage, instead: Instead): ((go: () => void) => void) | undefined {
  return isAsked(stage) ? undefined : (go) => askFirst(stage, instead, go);
}

/** Show where to get help, and offer to write words instead. */
export function openWordsPath(stage: Stage, instead: Instead) {
  stage.local.instead = '';
  stage.openSheet((on) => {
    const { local } = on;
    const keep = () => {
      const words = String(local.instead ?? '').trim();
      on.closeSheet();
      return words ? on.run('instead', () => keepWords(on, instead, words)) : undefined;
    };
    return sheet(
      on,
      t('ask.done'),
      html`<ul class="points stack-close"><li>${t('ask.dont')}</li><li>${t('ask.report')}</li>
        <li>${t('ask.adults')}</li></ul>
      <p>${t('ask.words')}</p>
      ${textField({
        id: 'instead',
        label: t('ask.field'),
        lines: 'low',
        value: local.instead ?? '',
        on: (words) => {
          local.instead = words;
        },
      })}
      <div class="row">${button(t('ask.keep'), keep, { main: true })}${button(t('ask.only'), () => on.closeSheet(), {
        plain: true,
      })}</div>${nothing}`,
    );
  });
}

/** Append the text to the answer about missing evidence. Earlier words do not change. */
async function keepWords(stage: Stage, { record, words: there }: Instead, words: string) {
  const missing_evidence = there ? `${there}\n${words}` : words;
  if (record) await stage.app.saveIncident({ record, fields: { missing_evidence }, restricted: {} });
  else await stage.app.putDraft({ fields: { missing_evidence } });
  stage.say(t('ask.kept'));
  stage.refresh('entry:');
}
