/** Safety advice that differs between two places: shown to the keeper, who alone knows which holds. */
import { html, nothing } from '../../shell/html.js';
import { button } from '../../components/parts.js';
import { dateText } from '../../components/text/formatting.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { lookUp, t } from '../../shell/strings.js';
import { findAdviceConflicts } from '../../record/safety_advice.js';
import { sheetAdvice } from './pack_advice.js';
import './words.js';
import type { AdviceConflict, AdviceStatement } from '../../record/safety_advice.js';
import type { PackReview } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Return the contradictions between the records that go in and the sheet as it is typed now. */
export function adviceConflicts({ local }: Stage): AdviceConflict[] {
  const { sources } = (local.found as PackReview).advice;
  return findAdviceConflicts([...sheetAdvice(local.sheet ?? {}), ...sources]);
}

/** @param toSheet opens the step in which the sheet is typed */
export function adviceNotes(stage: Stage, conflicts: readonly AdviceConflict[], toSheet: () => unknown) {
  if (!conflicts.length) return nothing;
  loadVocabulary(stage);
  return html`<section class="stack" role="status"><div class="stack-close"><h2>${t('advice.title')}</h2><p>${t(
    'advice.lead',
  )}</p></div>
    <ul class="stack">${conflicts.map(
      (conflict) => html`<li class="note stack-close"><h3>${lookUp(`advice.${conflict.topic}`)}</h3>
      <p class="soft" dir="auto">${nameOf(stage, conflict)}</p>
      <ul class="stack-close">${conflict.statements.map(
        (said) => html`<li>${statement(stage, said, toSheet)}</li>`,
      )}</ul></li>`,
    )}</ul></section>`;
}

function nameOf({ local }: Stage, { subject, number }: AdviceConflict) {
  if (subject === null) return number;
  return subject === '' ? t('advice.you') : (local.found as PackReview).advice.names[subject] || t('advice.no_name');
}

function statement(stage: Stage, { place, allows, words }: AdviceStatement, toSheet: () => unknown) {
  const from = (stage.local.found as PackReview).advice.places[place];
  const open = from ? () => stage.go({ name: 'kept', record: from.record, kind: 'person' }) : toSheet;
  const where = !from ? t('advice.sheet') : from.at === null ? '' : t('advice.written', { day: dateText(from.at) });
  const said = words ? `“${words}”` : labelForCode('yes_no', allows ? 'yes' : 'no');
  return html`<p dir="auto"><strong>${said}</strong></p>
    <p class="small soft">${where}</p>
    <div>${button(t('advice.open'), open, { plain: true })}</div>`;
}
