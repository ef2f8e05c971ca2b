/** Wait in a test for something that happens by itself. */
import assert from 'node:assert/strict';

/**
 * How long to wait, ms. It is long enough for a very busy machine, so that a timeout is always a fault. Mutation runs
 * set a shorter time, since many mutants never finish.
 */
export const MAX_WAIT_MS = Number(process.env.KEPT_PATIENCE_MS ?? 120_000);

/** Wait until `isDone` returns true for what `read` returns. Fails with the last value. */
export async function eventually(read, isDone, { what: label = 'it' } = {}) {
  const end = Date.now() + MAX_WAIT_MS;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > end) assert.fail(`${label} did not come: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
