/**
 * What advocates wrote to this keeper: questions, and entries typed for them. Fetched with every run to the server, opened, and kept
 * sealed on this phone until the keeper has said something to each. docs/formats.md, section 8.
 *
 * [Note: not a word by itself] A letter is no record of the diary. It becomes one by what the keeper does, and never otherwise.
 */
import { unb64 } from '../core/bytes.js';
import { grantsOf } from '../net/grants.js';
import { faultsOfShape } from '../record/rules.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('../crypto/letters.js').Letter} Said */
/** @typedef {{letter: string, grant: string, name: string, organisation: string, pub: string, at: number, said: Said}} Letter `pub`: the key that signed it, b64; `at`: when the server had it, ms */

/** Fetches what is new and tells the server what was taken in. @param {Context} ctx @param {Open} open */
export async function heedLetters(ctx, open) {
  const { letting = [], letters = [] } = open.store.root;
  const done = [...(open.store.root.letters_done ?? [])];
  if (!letting.length && !letters.length && !done.length) return;
  const wire = grantsOf(ctx.api);
  const { letters: rows } = await wire.letters(open.identity.diary);
  const waiting = new Set(rows.map(({ letter }) => letter));
  // A record takes its letter's id: where that record is, another device of this diary has taken it in, or an id was made up.
  for (const row of rows) if (await open.book.meta(row.letter)) done.push(row.letter);
  for (const letter of done) if (waiting.has(letter)) await wire.takeIn(open.identity.diary, letter);
  const known = new Set([...letters.map((/** @type {Letter} */ { letter }) => letter), ...done]);
  /** @type {Letter[]} */ const fresh = [];
  for (const row of rows) {
    const from = letting.find((/** @type {{grant: string}} */ { grant }) => grant === row.grant);
    const opened = known.has(row.letter) || !from ? null : await read(open, row);
    if (opened) fresh.push({ letter: row.letter, grant: row.grant, name: from.name, organisation: from.organisation, pub: opened.pub, at: row.made_at, said: opened.said });
  }
  if (!fresh.length && !done.length) return;
  await open.store.change((root) => {
    root.letters = [...(root.letters ?? []), ...fresh].filter(({ letter }) => !done.includes(letter));
    root.letters_done = (root.letters_done ?? []).filter((/** @type {string} */ one) => !done.includes(one));
  });
  ctx.show();
}

/** What one says; null for one that is not by whom it should be, or that no entry could be made of. @param {Open} open @param {import('../net/grants.js').LetterRow} row */
async function read({ vault }, row) {
  try {
    const { said, pub } = await vault.letterOpen({ grant: row.grant, letter: row.letter, envelope: unb64(row.envelope) });
    const { incident } = /** @type {any} */ (said.fields);
    return said.what === 'assisted' && faultsOfShape('incident', incident).length ? null : { said, pub };
  } catch {
    return null; // nobody's, then: it stays where it is and is shown to nobody
  }
}

/** Those of one kind that wait here, oldest first. @param {Open} open @param {'question'|'assisted'} what @returns {Letter[]} */
export function lettersOf({ store }, what) {
  return (store.root.letters ?? []).filter((/** @type {Letter} */ { said }) => said.what === what);
}

/** The keeper has said something to it: it goes from here now, and from the server with the next run. @param {Record<string, any>} root inside a change @param {string} letter */
export function letterDone(root, letter) {
  root.letters = (root.letters ?? []).filter((/** @type {Letter} */ one) => one.letter !== letter);
  root.letters_done = [...(root.letters_done ?? []), letter];
}
