/** Load the counts, and the records that they name, for the screens. */
import type { Patterns } from '../../record/patterns/patterns.js';
import type { Known, Problem, SharedApp } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export type Pattern = { counts: Patterns; known: Record<string, Known> };

/** Return the current counts; they are read again when an entry changes. */
export function patternOf(stage: Stage<SharedApp>): { data?: Pattern; problem?: Problem } {
  const { local, state } = stage;
  if (local.counted !== state.entries) {
    local.counted = state.entries;
    const known = stage.read.get('pattern');
    if (known) known.stale = true;
  }
  return stage.find('pattern', () => stage.app.readPatterns());
}
