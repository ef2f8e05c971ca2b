/** Holding something down: for what must not happen by a touch in passing. A finger, a mouse, Space or Enter. */

/** @type {ReturnType<typeof setTimeout>|undefined} only one thing is held at a time */
let held;

function letGo() {
  clearTimeout(held);
  held = undefined;
}

/**
 * @param {number} ms @param {() => unknown} act once it has been held so long
 * @returns {{down: (event: Event) => void, up: () => void, menu: (event: Event) => void}} for pointerdown and keydown; for whatever lets go; for contextmenu
 */
export function holding(ms, act) {
  return {
    down(event) {
      const { key, repeat } = /** @type {KeyboardEvent} */ (event);
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
