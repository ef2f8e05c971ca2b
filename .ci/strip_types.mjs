/**
 * Replaces the types of static/src/ by spaces and writes what browsers read: static/js/, and static/sw.js.
 *
 *     node .ci/strip_types.mjs [folder]       writes into static/, or into the folder
 *
 * Every line and column stays where it was, so the module that is served is the module that was reviewed. A file that
 * holds nothing but types is not written. A words.json becomes a module that hands its texts to shell/lookup.ts.
 * Everything is built in an empty folder first and then put in place, so an interrupted run leaves no half-built folder
 * behind.
 *
 * amaro does the stripping, at the version that package-lock.json pins. Node can strip types itself, but its output may
 * change from one version to the next, and the digests of a release must not depend on the machine that built it.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'amaro';

const STATIC = fileURLToPath(new URL('../static', import.meta.url));
const SOURCES = join(STATIC, 'src');
/** The service worker lies above static/js/: its place decides which addresses it may answer for. */
const WORKER = 'sw.ts';
/** The texts of one folder, by key. */
const WORDS = /(^|\/)words(_\w+)?\.json$/;
const LOOK_UP = 'shell/lookup.js';

/**
 * One source without its types.
 * @param {string} name for messages
 * @param {string} source
 * @returns {string} of the same number of lines, each of the same length
 * @throws {Error} for syntax that cannot be left out, such as an enum
 */
export function strip(name, source) {
  try {
    // The mode never adds a source map or a helper; what it cannot blank out it refuses.
    return transformSync(source, { mode: 'strip-only' }).code;
  } catch (error) {
    throw new Error(`static/src/${name}: ${/** @type {Error} */ (error).message}`);
  }
}

/** Whether nothing would run: only comments, blanks and an empty export are left. @param {string} code */
function isEmpty(code) {
  return !code
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
    .replace(/\bexport\s*\{\s*\}\s*;?/g, '')
    .trim();
}

/**
 * The module of a file of words: it hands them to the table that `t` reads.
 * @param {string} name path of the file below static/src/
 * @param {string} text JSON, keys to texts
 * @returns {string}
 * @throws {Error} for what is not a flat object of texts
 */
export function wordsModule(name, text) {
  const words = JSON.parse(text);
  for (const [key, one] of Object.entries(words))
    if (typeof one !== 'string') throw new Error(`static/src/${name}: ${key} is not a text`);
  const table = relative(dirname(name), LOOK_UP).replaceAll('\\', '/');
  const from = table.startsWith('.') ? table : `./${table}`;
  const lines = Object.entries(words).map(([key, one]) => `  ${JSON.stringify(key)}: ${JSON.stringify(one)},\n`);
  return `// Written at set-up from ${name}.\nimport { learn } from '${from}';\n\nlearn({\n${lines.join('')}});\n`;
}

/**
 * Everything that is built: each source without its types, and a module for each file of words.
 * @returns {Map<string, string>} path below static/ → text
 */
export function stripped() {
  const files = new Map();
  for (const path of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).sort()) {
    const name = path.replaceAll('\\', '/');
    if (WORDS.test(name)) {
      files.set(`js/${name.replace(/\.json$/, '.js')}`, wordsModule(name, readFileSync(join(SOURCES, path), 'utf8')));
      continue;
    }
    if (!path.endsWith('.ts')) continue;
    const code = strip(name, readFileSync(join(SOURCES, path), 'utf8'));
    if (isEmpty(code)) continue;
    const out = name.replace(/\.ts$/, '.js');
    files.set(name === WORKER ? out : `js/${out}`, code);
  }
  return files;
}

/** @param {string} folder */
function write(folder) {
  const files = stripped();
  const fresh = join(folder, 'js.new');
  rmSync(fresh, { recursive: true, force: true });
  for (const [path, code] of files) {
    if (!path.startsWith('js/')) continue;
    const to = join(fresh, path.slice(3));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, code);
  }
  rmSync(join(folder, 'js'), { recursive: true, force: true });
  renameSync(fresh, join(folder, 'js'));
  const worker = files.get('sw.js');
  writeFileSync(join(folder, 'sw.js.new'), worker);
  renameSync(join(folder, 'sw.js.new'), join(folder, 'sw.js'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) write(process.argv[2] ?? STATIC);
