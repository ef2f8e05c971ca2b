/** The leave button: the arrow at the top of every place, and of every dialog over one. */
import { html } from './html.js';
import { holdHandlers } from './hold.js';
import { icon } from './icons.js';
import { t } from './strings.js';
import type { Stage } from './stage.js';

/** How long it is held until it also clears what the server has, ms. */
export const CLEAR_HOLD_MS = 2000;

/** Draw the button. A tap leaves; a hold also clears what the server has. */
export function leaveButton(stage: Pick<Stage, 'leave'>) {
  const { down, up, menu } = holdHandlers(CLEAR_HOLD_MS, () => stage.leave('clear'));
  return html`<button type="button" class="icon-button leave" aria-label=${t('bar.leave')} @click=${() => {
    up();
    stage.leave();
  }} @pointerdown=${down} @keydown=${down}
      @pointerup=${up} @pointercancel=${up} @pointerleave=${up} @keyup=${up} @blur=${up}
        @contextmenu=${menu}>${icon('leave', 22, 'mirror')}<span
          class="icon-word">${t('bar.leave_word')}</span></button>`;
}
