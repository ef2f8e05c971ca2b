/**
 * Joins a fake app and the modules that it needs into one script, as .ci/join_modules.mjs does for the app itself: a
 * browser takes about 3 ms of processor time for each file of a page, and the fake app has 250. The types of the fake
 * app are replaced by spaces, as those of static/src/ are.
 *
 *     node tests/browser/join_fake.mjs tests/browser/fake_app.ts out.js
 */
import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';
import { rollup } from 'rollup';
import { strip } from '../../.ci/strip_types.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [entry, out] = process.argv.slice(2);
/** Left as files of their own, which are asked for when they are needed. */
const LATER = /\/static\/((?:lang|vendor\/hpke-core|vendor\/words-en\.js).*)/;
/** As in .ci/join_modules.mjs. */
const HARMLESS = new Set(['CIRCULAR_DEPENDENCY', 'INVALID_ANNOTATION', 'THIS_IS_UNDEFINED']);

const bundle = await rollup({
  input: resolve(ROOT, entry),
  plugins: [
    {
      name: 'types',
      transform: (code, id) => (id.endsWith('.ts') ? { code: strip(id, code), map: null } : null),
    },
    {
      name: 'addresses',
      async resolveId(source, importer) {
        const path = source.startsWith('/static/') ? join(ROOT, source) : source;
        const found = await this.resolve(path, importer, { skipSelf: true });
        const [, later] = LATER.exec(found?.id ?? '') ?? [];
        return later ? { id: `/static/${later}`, external: 'absolute' } : found;
      },
    },
  ],
  treeshake: false,
  onwarn: ({ code, message }) => {
    if (!HARMLESS.has(code ?? '')) throw new Error(message);
  },
});
await bundle.write({ file: resolve(out), format: 'es', inlineDynamicImports: true });
await bundle.close();
