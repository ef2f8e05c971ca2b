/** Press and hold, for actions that an accidental touch must not trigger: by finger, mouse, Space or Enter. */

/** Only one press at a time is timed. */
let held: ReturnType<typeof setTimeout> | undefined;

function letGo() {
  clearTimeout(held);
  held = undefined;
}

/**
 * Make the event handlers of a control to press and hold.
 * @param action runs once after `holdMs` milliseconds
 * @returns `down` for pointerdown and keydown; `up` for every event that releases; `menu` for contextmenu
 */
export function holding(
  ms: number,
  act: () => unknown,
): { down: (event: Event) => void; up: () => void; menu: (event: Event) => void } {
  return {
    down(event) {
      const { key, repeat } = event as KeyboardEvent;
      if (event.type === 'keydown' && (repeat || ![' ', 'Enter'].includes(key))) return;
      letGo();
      held = setTimeout(() => {
        held = undefined;
        act();
      }, ms);
    },
    up: letGo,
    // A long touch must not open the browser's own menu.
    menu: (event) => event.preventDefault(),
  };
}
