/** How an entry typed by an advocate is marked. */
import { markOf, asTyped } from '../../record/assisted.js';
import { nothing, html } from '../../shell/html.js';
import { lookUp, t } from '../../shell/strings.js';
import { button } from '../parts.js';
import { day } from './say.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { Fields, Row, SharedApp } from '../../shell/app.js';

/** Who typed an entry and the keeper's answer to it; shown on the entry itself, where it cannot be missed. */
export function markLine(stage: Stage<SharedApp>, { fields }: { fields: Fields }) {
  const mark = markOf(fields);
  if (!mark) return nothing;
  const typed = asTyped(fields);
  const of = 'answerAssisted' in stage.app ? 'asst' : 'theirs';
  return html`<div class="note stack-close written"
    data-written=${mark.answer || 'waiting'}><p><strong>${markWords(of, mark.by, mark.answer)}</strong></p>
    <p class="small">${talk(mark)} · ${t(`${of}.${mark.read_back ? 'read_back' : 'not_read_back'}`)}</p>
    ${
      mark.turns.some(({ asked }) => asked)
        ? html`<p class="small">${t(`${of}.asked`)}: ${mark.turns
            .filter(({ asked }) => asked)
            .map(
              ({ asked, words }, i) =>
                html`${i ? ' · ' : ''}<bdi>${asked === 'own' ? words : lookUp(`asst.p.${asked}`)}</bdi>`,
            )}</p>`
        : nothing
    }
    ${
      typed
        ? html`<p class="small"><strong>${t('asst.typed')}</strong></p><p class="narrative-small"
          dir="auto">${typed}</p>`
        : nothing
    }
    ${
      mark.answer || !('answerAssisted' in stage.app)
        ? nothing
        : html`<div>${button(t('asst.look'), () => stage.go({ name: 'assisted' }))}</div>`
    }</div>`;
}

/** The same in a row of the list. */
export function markShort({ helped }: Row, of: 'asst' | 'theirs' = 'asst') {
  return helped
    ? html`<span class="written-short">${lookUp(
        `${of}.mark_${['yes', 'changed'].includes(helped) ? helped : 'waiting'}`,
      )}</span>`
    : nothing;
}

export function talk({ how, held_at }: { how: string; held_at: number | null }) {
  return lookUp(`asst.how.${['call', 'video_call', 'meeting'].includes(how) ? how : 'call'}`, {
    day: held_at === null ? '' : day(held_at),
  });
}

/** @param perspective text for the keeper (`asst`) or about the keeper (`theirs`) */
export function markWords(of: 'asst' | 'theirs', by: string, answer: string) {
  return [
    t('asst.mark', { by }),
    lookUp(`${of}.mark_${['yes', 'changed'].includes(answer) ? answer : 'waiting'}`),
  ].join(', ');
}
