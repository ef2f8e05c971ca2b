/** The counts and what they are about, read for the screens that show them. */

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{counts: import('../record/patterns.js').Patterns, known: Record<string, import('./app.d.ts').Known>}} Pattern */

/** Counts as they are now; read again when an entry changes. @param {Stage} stage @returns {{data?: Pattern, problem?: any}} */
export function patternOf(stage) {
  const { local, state } = stage;
  if (local.counted !== state.entries) {
    local.counted = state.entries;
    const known = stage.read.get('pattern');
    if (known) known.stale = true;
  }
  return stage.find('pattern', () => stage.app.readPatterns());
}
