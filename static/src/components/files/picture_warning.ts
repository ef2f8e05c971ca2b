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
export type TextInstead = { record: string | null; missingEvidence: string };

let answeredGeneration = -1;

/** Whether the question was answered since the diary was opened. */
function hasAnswered(stage: Stage) {
  return answeredGeneration === stage.generation;
}

/**
 * Ask unless already answered, then call `proceed`. It runs in the click that answers, so that it may open a picker.
 */
export function askBeforeAdding(stage: Stage, instead: TextInstead, proceed: () => unknown) {
  if (hasAnswered(stage)) return void proceed();
  stage.openSheet((sheetStage) =>
    sheet(
      sheetStage,
      t('ask.title'),
      html`<p>${t('ask.question')}</p>
    <div class="row">${button(
      t('ask.no'),
      () => {
        answeredGeneration = sheetStage.generation;
        sheetStage.closeSheet();
        proceed();
      },
      { main: true },
    )}
      ${button(t('ask.yes'), () => openHelpSheet(sheetStage, instead))}</div>`,
    ),
  );
}

/** For a picker: the question to ask before it opens; undefined once it was answered. */
export function askBeforePicker(stage: Stage, instead: TextInstead): ((proceed: () => void) => void) | undefined {
  return hasAnswered(stage) ? undefined : (proceed) => askBeforeAdding(stage, instead, proceed);
}

/** Show where to get help, and offer to write words instead. */
export function openHelpSheet(stage: Stage, instead: TextInstead) {
  stage.local.instead = '';
  stage.openSheet((sheetStage) => {
    const { local } = sheetStage;
    const save = () => {
      const text = String(local.instead ?? '').trim();
      sheetStage.closeSheet();
      return text ? sheetStage.run('instead', () => saveMissingEvidence(sheetStage, instead, text)) : undefined;
    };
    return sheet(
      sheetStage,
      t('ask.done'),
      html`<ul class="points stack-close"><li>${t('ask.dont')}</li><li>${t('ask.report')}</li>
        <li>${t('ask.adults')}</li></ul>
      <p>${t('ask.words')}</p>
      ${textField({
        id: 'instead',
        label: t('ask.field'),
        textarea: 'low',
        value: local.instead ?? '',
        onChange: (text) => {
          local.instead = text;
        },
      })}
      <div class="row">${button(t('ask.keep'), save, { main: true })}${button(
        t('ask.only'),
        () => sheetStage.closeSheet(),
        {
          plain: true,
        },
      )}</div>${nothing}`,
    );
  });
}

/** Append the text to the answer about missing evidence. Earlier words do not change. */
async function saveMissingEvidence(stage: Stage, { record, missingEvidence: existing }: TextInstead, text: string) {
  const missing_evidence = existing ? `${existing}\n${text}` : text;
  if (record) await stage.app.saveIncident({ record, fields: { missing_evidence }, restricted: {} });
  else await stage.app.putDraft({ fields: { missing_evidence } });
  stage.announce(t('ask.kept'));
  stage.refresh('entry:');
}
