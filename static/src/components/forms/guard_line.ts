/** One quiet line that offers to move sensitive text to the restricted part. Nothing changes without a tap. */
import { html, nothing } from '../../shell/html.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import { keepApart, findFirst } from '../../record/guard.js';
import type { Stage } from '../../shell/stage.js';

/** What is moved to Where is not for others: the copy of the place that they may read goes. */
export const NO_PLACE_TO_PASS_ON = { place_in_chronology: null };

export function guardLine(
  stage: Stage,
  text: string,
  restricted: { place_detail?: string },
  onMove: (text: string, placeDetail: string) => void,
) {
  const restrictedText = restricted.place_detail ?? '';
  const ownWords = [...(stage.app.restrictedWords?.() ?? []), restrictedText].flatMap((words) =>
    words.split(/[\n,،、]/),
  );
  const ignored = (stage.local.leftAsTyped ?? []) as string[];
  // Text the keeper chose to leave is replaced by spaces, not cut, so that positions in the text still match.
  const finding = findFirst(
    ignored.reduce((current, ignoredText) => current.replaceAll(ignoredText, ' '.repeat(ignoredText.length)), text),
    ownWords,
  );
  if (!finding) return nothing;
  const move = () => {
    const moved = keepApart(text, restrictedText, finding);
    onMove(moved.narrative, moved.placeDetail);
  };
  return html`<div class="note small" role="status"><p>${t(`guard.${finding.kind}`, { found: finding.found })}</p>
    <div class="row">${button(t('guard.move'), move, { plain: true })}${button(
      t('guard.leave'),
      () => stage.set({ leftAsTyped: [...ignored, finding.found] }),
      { plain: true },
    )}</div></div>`;
}
