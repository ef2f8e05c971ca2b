/** The focus after a drawing. */
import type { Stage } from './stage.js';

/** Put the focus where the user is now; call after a drawing. */
export function placeFocus(stage: Pick<Stage, 'arrived' | 'problem'>, root: HTMLElement) {
  if (stage.arrived) {
    const target = (root.querySelector('main [data-focus]') ?? root.querySelector('main h1')) as HTMLElement | null;
    if (!target) return; // its part is still loading
    // So is this one: the heading stands in for the view, which takes the focus to its own heading or field.
    stage.arrived = target.matches('[aria-busy="true"] > h1');
    target.focus({ preventScroll: true });
    // Back in a long list, the user is where they left it.
    if (target.matches('.item')) return target.scrollIntoView({ block: 'center' });
    scrollTo(0, 0);
    root.querySelector('main')?.scrollTo(0, 0);
  } else if (stage.problem && !stage.problem.fields) {
    const summary = root.querySelector('[data-problem]') as HTMLElement | null;
    stage.problem.fields = {};
    summary?.focus();
  }
}
