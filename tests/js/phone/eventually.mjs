/** Waiting in tests for what comes by itself. */
import assert from 'node:assert/strict';

/** Until `is` holds of what `read` answers; fails with the last answer after `ms`. */
export async function eventually(read, is, ms = 8000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await read();
    if (is(found)) return found;
    if (Date.now() > end) assert.fail(`did not come: ${JSON.stringify(found)}`);
    await new Promise((go) => setTimeout(go, 30));
  }
}
