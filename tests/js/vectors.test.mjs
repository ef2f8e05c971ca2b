/** The vectors of both languages, in Node. tests/browser/test_vectors.py runs the same checks in Chromium. */
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { NAMES, run } from './vectors/all.js';

const load = async (file) => JSON.parse(await readFile(new URL(`../vectors/${file}.json`, import.meta.url), 'utf8'));

for (const name of NAMES) test(name, () => run(name, load));
