/** One quiet line that offers to move sensitive text to the restricted part. Nothing changes without a tap. */
import { html, nothing } from '../../shell/html.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import { moveApart, notice } from '../../record/guard.js';
import type { Stage } from '../../shell/stage.js';

export function guard(
  stage: Stage,
  text: string,
  restricted: { place_detail?: string },
  change: (text: string, placeDetail: string) => void,
) {
  const apart = restricted.place_detail ?? '';
  const own = [...(stage.app.restrictedWords?.() ?? []), apart].flatMap((words) => words.split(/[\n,،、]/));
  const left = (stage.local.leftAsTyped ?? []) as string[];
  // Text the keeper chose to leave is replaced by spaces, not cut, so that positions in the text still match.
  const noticed = notice(
    left.reduce((now, found) => now.replaceAll(found, ' '.repeat(found.length)), text),
    own,
  );
  if (!noticed) return nothing;
  const move = () => {
    const moved = moveApart(text, apart, noticed);
    change(moved.narrative, moved.placeDetail);
  };
  return html`<div class="note small" role="status"><p>${t(`guard.${noticed.kind}`, { found: noticed.found })}</p>
    <div class="row">${button(t('guard.move'), move, { plain: true })}${button(
      t('guard.leave'),
      () => stage.set({ leftAsTyped: [...left, noticed.found] }),
      { plain: true },
    )}</div></div>`;
}
