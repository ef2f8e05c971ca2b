// Prints every text of the screens as JSON: [{context, key, text, plural?, from}]. Run by .ci/languages.py.
//
// Words come from the words.json files. Sentences and labels are read by importing their tables, lists made in a loop
// included.
import { readFileSync, readdirSync } from 'node:fs';
import { FILLED, SENTENCES, SPECIFIC } from '../static/js/diary/sentences.js';
import { SENTENCES as USUAL } from '../static/js/core/errors.js';
import { VOCABULARY } from '../static/js/record/vocabulary/vocabulary.js';
import { DIRECTORY } from '../static/js/features/help/directory_rows.js';

const SOURCES = new URL('../static/src/', import.meta.url);
const tables = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /(^|\/)words(_\w+)?\.json$/.test(name),
);
const words = Object.assign(
  {},
  ...tables.sort().map((name) => JSON.parse(readFileSync(new URL(name, SOURCES), 'utf8'))),
);

const found = [];
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
