/**
 * Joins the modules of static/js into the files that browsers ask for: static/app/. A browser takes about 3 ms of
 * processor time for each file of a page, whatever is in it, and an old phone much more; there are 440 modules and a
 * dozen files.
 *
 *     node .ci/join_modules.mjs [folder]      writes static/app/, or the folder
 *
 * Nothing is left out, shortened or reordered inside a module: Rollup removes `import` and `export`, and renames what
 * would clash (`name$1`). Each module follows a comment with its path. tests/test_joined_modules.py compares the files
 * with the modules.
 *
 * The files of an entry are at the same path in static/app/ as the entry is in static/js/. So an address relative to
 * `import.meta.url` stays right in a module of the entry's own folder. In any other folder it stops the build.
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
 * The pages' scripts and workers. `later` lists the files that are loaded afterwards: the name of each, and the modules
 * whose dynamic imports go into it. A module is in the first file that needs it.
 * @type {{entry: string, later: [string, RegExp][]}[]}
 */
const ENTRIES = [
  {
    entry: 'main.js',
    later: [
      ['engine', /^js\/main\.js$/], // what main.js loads after the first drawing of the door
      ['screens', /^js\/app\/places\.js$/],
      ['imports', /^js\/features\/import\/actions\.js$/],
      ['packs', /^js\/features\/share\/actions\.js$/],
      ['hpke', /^js\/crypto\/hpke\.js$/],
    ],
  },
  { entry: 'crypto/worker.js', later: [['hpke', /^js\/crypto\/hpke\.js$/]] },
  { entry: 'pack/engine/worker.js', later: [] },
  { entry: 'media/copies_worker.js', later: [] },
  { entry: 'imports/screenshots/engine/worker.js', later: [] },
  { entry: 'desk/main.js', later: [['hpke', /^js\/crypto\/hpke\.js$/]] },
];
/**
 * Imports that stay: a language is loaded when it is chosen, and the list of words when a passphrase is generated.
 * `crypto` is a module of Node, which a library imports where there is no WebCrypto.
 */
const SEPARATE_FILES = /\/static\/(lang\/|vendor\/words-en\.js$)|^crypto$/;

/**
 * Warnings that do not stop the build. All come from libraries: import rings, a comment for minifiers in an unusual
 * place, and `this` outside a function, which is undefined in a module.
 */
const HARMLESS = new Set(['CIRCULAR_DEPENDENCY', 'INVALID_ANNOTATION', 'THIS_IS_UNDEFINED']);

const staticPath = (/** @type {string} */ id) => relative(STATIC, id);

/** Write its path above each module. */
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
    external: (id) => SEPARATE_FILES.test(id),
    makeAbsoluteExternalsRelative: true,
    plugins: [named],
    preserveEntrySignatures: 'allow-extension',
    treeshake: false,
    onwarn: ({ code, message }) => {
      if (!HARMLESS.has(code ?? '')) throw new Error(message);
    },
  });
  /** @type {Map<string, string>} module → name of its file */
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
        throw new Error(`${staticPath(id)} uses import.meta.url, and would be in app/${folder}${chunk.fileName}`);
    }
    files.set(folder + chunk.fileName, chunk.code);
  }
  return files;
}

/** Give each module its file. What `main` imports directly stays in its own file (undefined). */
function place(main, later, getModuleInfo, placed) {
  /** @param {readonly string[]} from @param {string|undefined} name */
  const take = (from, name) => {
    const waiting = [...from];
    for (let id = waiting.pop(); id; id = waiting.pop()) {
      if (placed.has(id)) continue;
      placed.set(id, name);
      waiting.push(...getModuleInfo(id).importedIds.filter((/** @type {string} */ one) => !SEPARATE_FILES.test(one)));
    }
  };
  take([main], undefined);
  for (const [name, leads] of later) {
    const imported = [...placed.keys()]
      .filter((id) => leads.test(staticPath(id)))
      .flatMap((id) => getModuleInfo(id).dynamicallyImportedIds)
      .filter((id) => !SEPARATE_FILES.test(id));
    if (!imported.length)
      throw new Error(`${name}.js of ${staticPath(main)} is empty: ${leads} matches no dynamic import`);
    take(imported, name);
  }
}

const written = new Map();
for (const one of ENTRIES) {
  for (const [name, text] of await joined(one)) {
    if (written.has(name)) throw new Error(`two files would be called app/${name}`);
    written.set(name, text);
  }
}
// The worker, the desk and the page load the same hpke.js, so that a browser stores it once.
for (const folder of ['crypto', 'desk']) {
  const [main] = [...written.keys()].filter((name) => new RegExp(`^${folder}/(main|worker)\\.js$`).test(name));
  const text = written.get(main);
  if (written.get(`${folder}/hpke.js`) !== written.get('hpke.js') || !text.includes("import('./hpke.js')"))
    throw new Error(`app/${folder}/hpke.js differs from app/hpke.js`);
  written.delete(`${folder}/hpke.js`);
  written.set(main, text.replace("import('./hpke.js')", "import('../hpke.js')"));
}
const fresh = `${OUT}.new`;
rmSync(fresh, { recursive: true, force: true });
for (const [name, text] of written) {
  mkdirSync(dirname(join(fresh, name)), { recursive: true });
  writeFileSync(join(fresh, name), text);
}
rmSync(OUT, { recursive: true, force: true });
renameSync(fresh, OUT);
