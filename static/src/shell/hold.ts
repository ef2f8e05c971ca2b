/** Holding something down: for what must not happen by a touch in passing. A finger, a mouse, Space or Enter. */

/** Only one thing is held at a time */
let held: ReturnType<typeof setTimeout> | undefined;

function letGo() {
  clearTimeout(held);
  held = undefined;
}

/**
 * @param act once it has been held so long
 * @returns for pointerdown and keydown; for whatever lets go; for contextmenu
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
    // A long touch must not bring up the browser's own menu.
    menu: (event) => event.preventDefault(),
  };
}
