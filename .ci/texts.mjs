// Prints every text of the screens as JSON: [{context, key, text, plural?, from}]. Run by .ci/languages.py.
//
// The tables are read by importing them, so that what is extracted is what a screen would show, lists made in a loop included.
import { readdirSync } from 'node:fs';
import { everyWord } from '../static/js/ui/strings.js';
import { FILLED, SENTENCES, SPECIFIC } from '../static/js/actions/sentences.js';
import { SENTENCES as USUAL } from '../static/js/core/errors.js';
import { VOCABULARY } from '../static/js/record/vocabulary.js';
import { DIRECTORY } from '../static/js/ui/directory_rows.js';

const folder = new URL('../static/js/ui/', import.meta.url);
for (const name of readdirSync(folder).sort())
  if (/^strings_\w+\.js$/.test(name)) await import(new URL(name, folder).href);

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
