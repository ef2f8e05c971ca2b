/** Where the focus goes after a drawing. */

/** @typedef {import('./stage.js').Stage} Stage */

/**
 * After a drawing: put the focus where the person is now.
 * @param {Stage} stage @param {HTMLElement} root
 */
export function settle(stage, root) {
  if (stage.arrived) {
    const target = /** @type {HTMLElement|null} */ (
      root.querySelector('main [data-focus]') ?? root.querySelector('main h1')
    );
    if (!target) return; // its part is still loading
    stage.arrived = false;
    target.focus({ preventScroll: true });
    // Back in a long list one stands where one left it.
    if (target.matches('.item')) return target.scrollIntoView({ block: 'center' });
    scrollTo(0, 0);
    root.querySelector('main')?.scrollTo(0, 0);
  } else if (stage.problem && !stage.problem.fields) {
    const summary = /** @type {HTMLElement|null} */ (root.querySelector('[data-problem]'));
    stage.problem.fields = {};
    summary?.focus();
  }
}
