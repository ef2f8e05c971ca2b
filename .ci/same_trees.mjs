/**
 * Shows that a commit moved modules and changed no statement.
 *
 *     node .ci/same_trees.mjs BEFORE AFTER [MAP]
 *
 * BEFORE and AFTER are folders of built modules: static/js/ of two checkouts. MAP has a line for each module that
 * moved, its path before and after, without the ending. Two modules are the same when their syntax trees are: comments,
 * layout, parentheses and the addresses of imports do not count. Exits with 1 and names every module that differs, is
 * gone or is new.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rollup/parseAst';

/** Where a node stands, and what was written for its value: "\u0061" and "a" are one text. */
const LEFT_OUT = new Set(['start', 'end', 'raw', '_rollupAnnotations', '_rollupRemoved']);

/**
 * The syntax tree of a module as JSON, without what does not count.
 * @param {string} source
 * @returns {string}
 */
export function treeOf(source) {
  return JSON.stringify(parseAst(source), function (key, value) {
    if (LEFT_OUT.has(key)) return undefined;
    // The address of an import or export, also of one that is asked for later.
    const isImport = /^(Import|Export)/.test(this?.type ?? '');
    if (key === 'source' && isImport) return value && 'address';
    return typeof value === 'bigint' ? String(value) : value;
  });
}

/** @param {string} folder @returns {string[]} paths without the ending */
const modulesOf = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => path.replaceAll('\\', '/').slice(0, -3))
    .sort();

/**
 * What differs between two folders of modules.
 * @param {string} before
 * @param {string} after
 * @param {Map<string, string>} moved path before → path after
 * @returns {string[]} one sentence for each module
 */
export function differences(before, after, moved = new Map()) {
  const read = (/** @type {string} */ folder, /** @type {string} */ path) =>
    treeOf(readFileSync(join(folder, `${path}.js`), 'utf8'));
  const [old, fresh] = [modulesOf(before), new Set(modulesOf(after))];
  const found = [];
  for (const path of old) {
    const now = moved.get(path) ?? path;
    if (!fresh.delete(now)) found.push(`${path} is gone: there is no ${now}`);
    else if (read(before, path) !== read(after, now)) found.push(`${path} differs from ${now}`);
  }
  return [...found, ...[...fresh].map((path) => `${path} is new`)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [before, after, map] = process.argv.slice(2);
  if (!before || !after) throw new Error('node .ci/same_trees.mjs BEFORE AFTER [MAP]');
  const lines = map ? readFileSync(map, 'utf8').split('\n').filter(Boolean) : [];
  const found = differences(
    before,
    after,
    new Map(lines.map((line) => /** @type {[string, string]} */ (line.split(' ')))),
  );
  console.log(found.length ? found.join('\n') : 'every module is the same');
  process.exitCode = found.length ? 1 : 0;
}
