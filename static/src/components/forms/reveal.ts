/** Show covered text for a moment. */
import type { Stage } from '../../shell/stage.js';

type Revealing = Pick<Stage, 'local' | 'draw' | 'set'>;

/** Show or cover the text. It is covered again after ten seconds. */
export function revealBriefly(stage: Revealing) {
  const { local } = stage;
  local.shown = !local.shown;
  keepRevealed(stage);
  stage.set({ shown: local.shown });
}

/** Begin the ten seconds of shown text again: six words take longer to type. Covered text stays covered. */
export function keepRevealed({ local, draw }: Revealing) {
  clearTimeout(local.timer);
  if (!local.shown) return;
  local.timer = setTimeout(() => {
    local.shown = false;
    draw();
  }, 10_000);
}
