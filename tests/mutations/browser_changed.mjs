/**
 * Preloaded with `node --import`: puts a changed source, KEPT_CHANGED=file, in place of one module of the app,
 * KEPT_MODULE=path.
 */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';

if (process.env.KEPT_MODULE) {
  register(new URL('./browser_changing.mjs', import.meta.url), {
    data: [process.env.KEPT_MODULE, readFileSync(process.env.KEPT_CHANGED, 'utf8')],
  });
}
