// Looks over the style sheets of static/src/: every rule parses, every property exists and takes the value it is given,
// and nothing is fetched from elsewhere. Colours are written once, in the tokens file.
//
//     node .ci/lint_css.mjs
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as csstree from 'css-tree';

const FOLDER = 'static/src';
// Newer than the grammar that css-tree ships; each was looked up in its specification.
const NEWER = new Set([
  'text-wrap',
  'text-wrap-style',
  'field-sizing',
  'forced-color-adjust',
  'view-transition-name',
  'interpolate-size',
  'content-visibility',
]);
const COLOUR = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|oklab|lab|lch)a?\(/i;

/** @param {string} name @param {string} text @returns {string[]} */
function faults(name, text) {
  /** @type {string[]} */
  const found = [];
  const at = (/** @type {any} */ node) => `${name}:${node.loc.start.line}`;
  const tree = csstree.parse(text, {
    positions: true,
    parseCustomProperty: true,
    onParseError: (error) => found.push(`${name}:${error.line}: ${error.message}`),
  });
  // A parser closes what is open at the end of a file; joined to the next sheet, that rule would swallow it.
  if (text.split('{').length !== text.split('}').length) found.push(`${name}: a rule is not closed`);
  csstree.walk(tree, (node) => {
    if (node.type === 'Url' && /^(https?:)?\/\//i.test(node.value)) found.push(`${at(node)}: fetched from elsewhere`);
    if (node.type === 'Atrule' && node.name === 'import') found.push(`${at(node)}: @import makes the page wait`);
    if (node.type !== 'Declaration' || node.property.startsWith('--') || NEWER.has(node.property)) return;
    const value = csstree.generate(node.value);
    if (!name.includes('tokens') && COLOUR.test(value))
      found.push(`${at(node)}: a colour outside the tokens: ${value}`);
    if (/\b(?:var|env|light-dark|color-mix)\(/.test(value)) return;
    const { error } = csstree.lexer.matchProperty(node.property, node.value);
    if (error) found.push(`${at(node)}: ${node.property}: ${value}: ${error.message.split('\n')[0]}`);
  });
  return found;
}

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.css'))
  .sort();
const found = files.flatMap((name) => faults(name, readFileSync(join(FOLDER, name), 'utf8')));
console.log(found.length ? found.join('\n') : `css: ${files.length} looked over, no fault`);
process.exit(found.length || !files.length ? 1 : 0);
