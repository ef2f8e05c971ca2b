/**
 * Pictures that must not be added: sexual pictures of anyone under 18. The app cannot recognise a picture, so it asks,
 * once while the diary is open, before the first one; who says yes is told what helps, in this order, and can write
 * words instead. Nothing about the answer is kept.
 */
import { html, nothing } from './html.js';
import { textField } from './fields.js';
import { button, sheet } from './parts.js';
import { t } from './strings.js';
import './strings_files.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{record: string|null, words: string}} Instead where words go in place of a picture, and what stands there already */

let answered = -1;

/** Whether somebody has answered since the diary was opened. @param {Stage} stage */
function isAsked(stage) {
  return answered === stage.generation;
}

/**
 * Asks, unless it was answered; then goes on. What goes on runs in the tap that answers, so that it may open a picker.
 * @param {Stage} stage @param {Instead} instead @param {() => unknown} go
 */
export function askFirst(stage, instead, go) {
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

/** For a picker: the question that comes before it opens, or nothing once it was answered. @param {Stage} stage @param {Instead} instead @returns {((go: () => void) => void)|undefined} */
export function askedFirst(stage, instead) {
  return isAsked(stage) ? undefined : (go) => askFirst(stage, instead, go);
}

/** What helps, and words instead. @param {Stage} stage @param {Instead} instead */
export function openWordsPath(stage, instead) {
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
      html`<ul class="points stack-close"><li>${t('ask.dont')}</li><li>${t('ask.report')}</li><li>${t('ask.adults')}</li></ul>
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
      <div class="row">${button(t('ask.keep'), keep, { main: true })}${button(t('ask.only'), () => on.closeSheet(), { plain: true })}</div>${nothing}`,
    );
  });
}

/** Words stand where it is said what is missing, as an addition; nobody's earlier words change. @param {Stage} stage @param {Instead} instead @param {string} words */
async function keepWords(stage, { record, words: there }, words) {
  const missing_evidence = there ? `${there}\n${words}` : words;
  if (record) await stage.app.saveIncident({ record, fields: { missing_evidence }, restricted: {} });
  else await stage.app.putDraft({ fields: { missing_evidence } });
  stage.say(t('ask.kept'));
  stage.refresh('entry:');
}
