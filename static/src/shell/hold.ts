/** Press and hold, for actions that an accidental touch must not trigger: by finger, mouse, Space or Enter. */

/** Only one press at a time is timed. */
let holdTimer: ReturnType<typeof setTimeout> | undefined;

function cancelHold() {
  clearTimeout(holdTimer);
  holdTimer = undefined;
}

/**
 * Make the event handlers of a control to press and hold.
 * @param action runs once after `holdMs` milliseconds
 * @returns `down` for pointerdown and keydown; `up` for every event that releases; `menu` for contextmenu
 */
export function holdHandlers(
  holdMs: number,
  action: () => unknown,
): { down: (event: Event) => void; up: () => void; menu: (event: Event) => void } {
  return {
    down(event) {
      const { key, repeat } = event as KeyboardEvent;
      if (event.type === 'keydown' && (repeat || ![' ', 'Enter'].includes(key))) return;
      cancelHold();
      holdTimer = setTimeout(() => {
        holdTimer = undefined;
        action();
      }, holdMs);
    },
    up: cancelHold,
    // A long touch must not open the browser's own menu.
    menu: (event) => event.preventDefault(),
  };
}
