/**
 * Joins the modules of static/js into the files that browsers ask for: static/app/. A browser takes about 3 ms of
 * processor time for each file of a page, whatever is in it, and an old phone much more; there are 440 modules and a
 * dozen files.
 *
 *     node .ci/join_modules.mjs [folder]      writes static/app/, or the folder
 *
 * Nothing is left out, shortened or reordered inside a module: Rollup takes away `import` and `export`, and gives a
 * second name to what would clash (`name$1`). Above each module stands its path. tests/test_joined_modules.py holds the
 * files to the modules.
 *
 * The files of an entry lie in static/app/ where the entry lies in static/js/. So an address beside `import.meta.url`
 * stays right in a module of the entry's own folder; in any other it stops the run.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'static/js');
const STATIC = join(ROOT, 'static');
const OUT = process.argv[2] ?? join(STATIC, 'app');

/**
 * The pages' scripts and workers, and for each the files that are asked for later: name, and the modules that lead
 * there. A module lies in the first file that needs it.
 * @type {{entry: string, later: [string, RegExp][]}[]}
 */
const ENTRIES = [
  {
    entry: 'main.js',
    later: [
      ['engine', /^js\/main\.js$/], // what main.js asks for once the door is drawn
      ['screens', /^js\/app\/frame\.js$/],
      ['imports', /^js\/features\/import\/actions\.js$/],
      ['packs', /^js\/features\/share\/actions\.js$/],
      ['hpke', /^js\/crypto\/people\.js$/],
    ],
  },
  { entry: 'crypto/worker.js', later: [['hpke', /^js\/crypto\/people\.js$/]] },
  { entry: 'desk/main.js', later: [['hpke', /^js\/crypto\/people\.js$/]] },
];
/**
 * Left as imports of files of their own: a language is asked for once it is chosen, the list of words when words are
 * made up. `crypto` is Node's: a library names it for versions of Node without WebCrypto.
 */
const AS_IT_IS = /\/static\/(lang\/|vendor\/words-en\.js$)|^crypto$/;

/**
 * Warnings that stop nothing: import rings, and two habits of libraries (a comment for minifiers in an odd place;
 * `this` outside a function, which is undefined in a module).
 */
const HARMLESS = new Set(['CIRCULAR_DEPENDENCY', 'INVALID_ANNOTATION', 'THIS_IS_UNDEFINED']);

const staticPath = (/** @type {string} */ id) => relative(STATIC, id);

/** Puts its path above each module. */
const named = {
  name: 'named',
  /** @param {string} code @param {string} id */
  transform: (code, id) => ({ code: `// ${staticPath(id)}\n${code}`, map: null }),
};

/**
 * @param {{entry: string, later: [string, RegExp][]}} one
 * @returns {Promise<Map<string, string>>} path below static/app/ → text
 */
async function joined({ entry, later }) {
  const main = join(SOURCES, entry);
  const bundle = await rollup({
    input: main,
    external: (id) => AS_IT_IS.test(id),
    makeAbsoluteExternalsRelative: true,
    plugins: [named],
    preserveEntrySignatures: 'allow-extension',
    treeshake: false,
    onwarn: ({ code, message }) => {
      if (!HARMLESS.has(code ?? '')) throw new Error(message);
    },
  });
  /** @type {Map<string, string>} module → name of the file it lies in */
  const placed = new Map();
  const folder = dirname(entry) === '.' ? '' : `${dirname(entry)}/`;
  const { output } = await bundle.generate({
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    hoistTransitiveImports: false,
    onlyExplicitManualChunks: true,
    manualChunks: (id, { getModuleInfo }) => {
      if (!placed.size) place(main, later, getModuleInfo, placed);
      return placed.get(id);
    },
  });
  await bundle.close();
  const files = new Map();
  for (const chunk of output) {
    if (chunk.type !== 'chunk') throw new Error(`${chunk.fileName} is no script`);
    for (const id of chunk.moduleIds) {
      if (/\bimport\.meta\.url\b/.test(readFileSync(id, 'utf8')) && dirname(id) !== dirname(main))
        throw new Error(`${staticPath(id)} asks where it lies, and would lie in app/${folder}${chunk.fileName}`);
    }
    files.set(folder + chunk.fileName, chunk.code);
  }
  return files;
}

/** Where each module lies. What `main` needs at once stays with it (undefined). */
function place(main, later, getModuleInfo, placed) {
  /** @param {readonly string[]} from @param {string|undefined} name */
  const take = (from, name) => {
    const waiting = [...from];
    for (let id = waiting.pop(); id; id = waiting.pop()) {
      if (placed.has(id)) continue;
      placed.set(id, name);
      waiting.push(...getModuleInfo(id).importedIds.filter((/** @type {string} */ one) => !AS_IT_IS.test(one)));
    }
  };
  take([main], undefined);
  for (const [name, leads] of later) {
    const from = [...placed.keys()].filter((id) => leads.test(staticPath(id)));
    take(
      from.flatMap((id) => getModuleInfo(id).dynamicallyImportedIds).filter((one) => !AS_IT_IS.test(one)),
      name,
    );
  }
}

const written = new Map();
for (const one of ENTRIES) {
  for (const [name, text] of await joined(one)) {
    if (written.has(name)) throw new Error(`two files would be called app/${name}`);
    written.set(name, text);
  }
}
// The worker asks for the file that its page asks for: a phone keeps it once.
if (written.get('crypto/hpke.js') !== written.get('hpke.js'))
  throw new Error("the worker's hpke.js is another file than the page's");
written.delete('crypto/hpke.js');
written.set('crypto/worker.js', written.get('crypto/worker.js').replace("import('./hpke.js')", "import('../hpke.js')"));
const fresh = `${OUT}.new`;
rmSync(fresh, { recursive: true, force: true });
for (const [name, text] of written) {
  mkdirSync(dirname(join(fresh, name)), { recursive: true });
  writeFileSync(join(fresh, name), text);
}
rmSync(OUT, { recursive: true, force: true });
renameSync(fresh, OUT);
