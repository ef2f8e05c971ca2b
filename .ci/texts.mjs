// Prints every text of the screens as JSON: [{context, key, text, plural?, from}]. Run by .ci/languages.py.
//
// The tables are read by importing them, so that what is extracted is what a screen would show, lists made in a loop included.
import { readdirSync } from 'node:fs';
import { everyWord } from '../static/js/shell/strings.js';
import { FILLED, SENTENCES, SPECIFIC } from '../static/js/diary/sentences.js';
import { SENTENCES as USUAL } from '../static/js/core/errors.js';
import { VOCABULARY } from '../static/js/record/vocabulary/vocabulary.js';
import { DIRECTORY } from '../static/js/features/help/directory_rows.js';

const folder = new URL('../static/js/', import.meta.url);
const tables = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\/strings_\w+\.js$/.test(name),
);
// By their names alone: the catalogue keeps its order when a table moves to another folder.
const last = (/** @type {string} */ name) => name.slice(name.lastIndexOf('/'));
for (const name of tables.sort((a, b) => (last(a) < last(b) ? -1 : 1))) await import(new URL(name, folder).href);

const found = [];
const words = everyWord();
for (const [key, text] of Object.entries(words)) {
  if (!text.trim()) continue;
  const base = key.replace(/\.(one|other)$/, '');
  if (base === key || words[`${base}.one`] === undefined || words[`${base}.other`] === undefined)
    found.push({ context: `app:${key}`, text });
  else if (key.endsWith('.one')) found.push({ context: `app:${base}`, text, plural: words[`${base}.other`] });
}
// Texts from below the screens are known by what they say: one failure may carry the server's own sentence.
for (const text of new Set([
  ...Object.values(SENTENCES),
  ...Object.values(USUAL),
  ...SPECIFIC,
  ...FILLED,
  ...DIRECTORY.flatMap(({ name, note }) => [name, note]),
]))
  found.push({ context: 'said', text });
const labels = new Set();
for (const list of Object.values(VOCABULARY)) {
  for (const text of [list.question, list.young]) if (text) labels.add(text);
  for (const one of [...list.codes, ...(list.sections ?? [])]) {
    for (const text of [one.label, one.young, one.hint, one.young_hint]) if (text) labels.add(text);
  }
}
for (const text of labels) found.push({ context: 'code', text });
console.log(JSON.stringify(found));
