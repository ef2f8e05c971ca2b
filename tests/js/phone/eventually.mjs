/** Waiting in tests for what comes by itself. */
import assert from 'node:assert/strict';

/**
 * Long enough for a machine that does ten other things: only what never comes is a fault. Mutants, of which many
 * never come, say less.
 */
export const PATIENCE = Number(process.env.KEPT_PATIENCE_MS ?? 120_000);

/** Until `is` holds of what `read` answers; fails with the last answer. */
export async function eventually(read, is, { what = 'it' } = {}) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await read();
    if (is(found)) return found;
    if (Date.now() > end) assert.fail(`${what} did not come: ${JSON.stringify(found)}`);
    await new Promise((go) => setTimeout(go, 30));
  }
}
