/** How an entry typed by an advocate is marked. */
import { assistedMarkOf, advocateNarrative } from '../../record/assisted.js';
import { nothing, html } from '../../shell/html.js';
import { lookUp, t } from '../../shell/strings.js';
import { button } from '../parts.js';
import { dateText } from './formatting.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { Fields, Row, SharedApp } from '../../shell/app.js';

/** Who typed an entry and the keeper's answer to it; shown on the entry itself, where it cannot be missed. */
export function assistedMark(stage: Stage<SharedApp>, { fields }: { fields: Fields }) {
  const mark = assistedMarkOf(fields);
  if (!mark) return nothing;
  const original = advocateNarrative(fields);
  const perspective = 'answerAssisted' in stage.app ? 'asst' : 'theirs';
  return html`<div class="note stack-close written"
    data-written=${mark.answer || 'waiting'}><p><strong>${assistedMarkText(
      perspective,
      mark.by,
      mark.answer,
    )}</strong></p>
    <p class="small">${conversationText(mark)} · ${t(
      `${perspective}.${mark.read_back ? 'read_back' : 'not_read_back'}`,
    )}</p>
    ${
      mark.turns.some(({ asked }) => asked)
        ? html`<p class="small">${t(`${perspective}.asked`)}: ${mark.turns
            .filter(({ asked }) => asked)
            .map(
              ({ asked, words }, i) =>
                html`${i ? ' · ' : ''}<bdi>${asked === 'own' ? words : lookUp(`asst.p.${asked}`)}</bdi>`,
            )}</p>`
        : nothing
    }
    ${
      original
        ? html`<p class="small"><strong>${t('asst.typed')}</strong></p><p class="narrative-small"
          dir="auto">${original}</p>`
        : nothing
    }
    ${
      mark.answer || !('answerAssisted' in stage.app)
        ? nothing
        : html`<div>${button(t('asst.look'), () => stage.go({ name: 'assisted' }))}</div>`
    }</div>`;
}

/** The same in a row of the list. */
export function assistedMarkShort({ helped }: Row, perspective: 'asst' | 'theirs' = 'asst') {
  return helped
    ? html`<span class="written-short">${lookUp(
        `${perspective}.mark_${['yes', 'changed'].includes(helped) ? helped : 'waiting'}`,
      )}</span>`
    : nothing;
}

export function conversationText({ how, held_at }: { how: string; held_at: number | null }) {
  return lookUp(`asst.how.${['call', 'video_call', 'meeting'].includes(how) ? how : 'call'}`, {
    day: held_at === null ? '' : dateText(held_at),
  });
}

/** @param perspective text for the keeper (`asst`) or about the keeper (`theirs`) */
export function assistedMarkText(perspective: 'asst' | 'theirs', by: string, answer: string) {
  return [
    t('asst.mark', { by }),
    lookUp(`${perspective}.mark_${['yes', 'changed'].includes(answer) ? answer : 'waiting'}`),
  ].join(', ');
}
