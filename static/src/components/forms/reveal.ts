/** Show covered text for a moment. */
import type { Stage } from '../../shell/stage.js';

/** Show or cover the text. It is covered again after ten seconds. */
export function revealBriefly(stage: Pick<Stage, 'local' | 'draw' | 'set'>) {
  const { local } = stage;
  clearTimeout(local.timer);
  if (!local.shown)
    local.timer = setTimeout(() => {
      local.shown = false;
      stage.draw();
    }, 10_000);
  stage.set({ shown: !local.shown });
}
