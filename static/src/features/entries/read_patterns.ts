/** Load the counts, and the records that they name, for the screens. */
import type { Patterns } from '../../record/patterns/patterns.js';
import type { Timeline } from '../../record/patterns/timeline.js';
import type { RecordName, Problem, SharedApp } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export type PatternData = { counts: Patterns; timeline: Timeline; known: Record<string, RecordName> };

/** Return the current counts; they are read again when an entry changes. */
export function readPattern(stage: Stage<SharedApp>): { data?: PatternData; problem?: Problem } {
  const { local, state } = stage;
  if (local.counted !== state.entries) {
    local.counted = state.entries;
    const cached = stage.cache.get('pattern');
    if (cached) cached.stale = true;
  }
  return stage.find('pattern', () => stage.app.readPatterns());
}
