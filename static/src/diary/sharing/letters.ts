/**
 * Letters: what advocates sent to this keeper: questions, entries typed for them, and files. They are fetched with
 * every run to the server, opened, and kept sealed on this phone until the keeper has decided on each.
 * docs/formats.md, section 8.
 *
 * [Note: not a word by itself] A letter is no record of the diary. Only the keeper's own action makes it one.
 */
import { unb64 } from '../../core/bytes.js';
import { grantsOf } from '../../net/grants.js';
import { shapeFaults } from '../../record/rules.js';
import { readGrants } from './grant_delivery.js';
import { grantsInForce, openGrants } from './grant_state.js';
import type { LetterKind } from '../../crypto/sharing/letters.js';
import type { Change } from '../../store/pending.js';
import type { LetterRow } from '../../net/grants.js';
import type { Root, ReceivedLetter } from '../../store/root.js';
import type { Fields } from '../../record/reading.js';
import type { Context, Open } from '../types.js';

type LetterAuthor = { name: string; organisation: string; rights: readonly string[]; isOver: boolean };
/** Openings that asked once, though no grant is in force. */
const checkedOpenings: WeakSet<Open> = new WeakSet();

/**
 * Fetch new letters, and confirm to the server those that were taken in.
 *
 * [Note: what was said in a call outlives the grant] An entry that was typed while the keeper spoke may wait when its
 * grant ends, by date or by the keeper. It is the keeper's words, so the keeper is still asked. A question that waits
 * then concerns nobody any more, and is dropped.
 */
export async function syncLetters(ctx: Context, open: Open) {
  const { letters = [] } = open.store.root;
  const isLetIn = grantsInForce(open).length > 0;
  const handled = [...(open.store.root.letters_done ?? [])];
  if (
    !isLetIn &&
    !letters.length &&
    !handled.length &&
    (checkedOpenings.has(open) || !(await open.store.readJson<string[]>('k/consent'))?.length)
  )
    return;
  const grantsApi = grantsOf(ctx.api);
  const { letters: rows } = await grantsApi.letters(open.identity.diary);
  const waiting = new Set(rows.map(({ letter }) => letter));
  // A record takes its letter's id. If the record exists, another device of this diary took the letter in, or the id
  // was made up.
  for (const { letter } of [...rows, ...letters]) if (await open.book.meta(letter)) handled.push(letter);
  for (const { letter, said: content } of letters)
    if (content.what === 'file' && (await open.book.meta(String(content.fields.file)))) handled.push(letter);
  const { fresh, idle } = await openNewLetters(ctx, open, rows, handled);
  handled.push(...idle);
  for (const letter of handled) if (waiting.has(letter)) await grantsApi.markTaken(open.identity.diary, letter);
  if (!isLetIn) checkedOpenings.add(open);
  if (fresh.length || handled.length) {
    await open.store.change((root, change) => {
      for (const letter of lettersOf(open, 'file'))
        if (handled.includes(letter.letter)) change.drop(deskPartName(letter.letter));
      root.letters = [...(root.letters ?? []), ...keepParts(change, fresh)].filter(
        ({ letter }) => !handled.includes(letter),
      );
      root.letters_done = (root.letters_done ?? []).filter((letterId) => !handled.includes(letterId));
    });
    ctx.show();
  }
  // The parts of a file are large: once they are on this phone, no later run fetches them again.
  for (const { letter } of lettersOf(open, 'file'))
    if (waiting.has(letter)) await grantsApi.markTaken(open.identity.diary, letter);
}

/**
 * Show again the server's letters of the last 30 days that were confirmed and are in no record here. A stolen session
 * can confirm a letter falsely; a keeper who misses one looks again.
 * @returns how many
 */
export async function recoverLetters(ctx: Context, open: Open): Promise<number> {
  const { letters: rows } = await grantsOf(ctx.api).letters(open.identity.diary, { taken: true });
  const handled = [...(open.store.root.letters_done ?? [])];
  for (const { letter } of rows) if (await open.book.meta(letter)) handled.push(letter);
  const { fresh } = await openNewLetters(ctx, open, rows, handled);
  if (fresh.length)
    await open.store.change((root, change) => {
      root.letters = [...(root.letters ?? []), ...keepParts(change, fresh)];
    });
  return fresh.length;
}

/** Return the name under which the bytes of a letter with a part of a file are stored. */
export const deskPartName = (letter: string) => `q/${letter}`;

/** Store the bytes of parts of files on their own: the root is written with every change. */
function keepParts(change: Change, letters: readonly ReceivedLetter[]): ReceivedLetter[] {
  return letters.map((letter) => {
    if (letter.said.what !== 'file') return letter;
    const { bytes, ...fields } = letter.said.fields;
    change.putJson(deskPartName(letter.letter), bytes);
    return { ...letter, said: { ...letter.said, fields } };
  });
}

/** Open the `rows` that neither wait here nor are in `handled`; `idle`: questions of a grant that is over. */
async function openNewLetters(ctx: Context, open: Open, rows: readonly LetterRow[], handled: readonly string[]) {
  const authors = await readAuthors(ctx, open, rows);
  const knownIds = new Set([...(open.store.root.letters ?? []).map(({ letter }) => letter), ...handled]);
  const fresh: ReceivedLetter[] = [];
  const idle: string[] = [];
  for (const row of rows) {
    const author = authors.get(row.grant);
    const opened = knownIds.has(row.letter) || !author ? null : await openLetter(open, row, author.rights);
    if (!author || !opened) continue;
    if (author.isOver && opened.said.what === 'question') idle.push(row.letter);
    else
      fresh.push({
        letter: row.letter,
        grant: row.grant,
        name: author.name,
        organisation: author.organisation,
        pub: opened.pub,
        at: row.made_at,
        said: opened.said,
      });
  }
  return { fresh, idle };
}

/** Return the possible authors of letters, by grant. */
async function readAuthors(ctx: Context, open: Open, rows: readonly LetterRow[]): Promise<Map<string, LetterAuthor>> {
  const localGrants = grantsInForce(open);
  const openedGrants = rows.length ? await openGrants(open, localGrants) : [];
  const authors = new Map(
    localGrants.flatMap(({ grant, name, organisation }, index) =>
      openedGrants[index]
        ? [
            [grant, { name, organisation, rights: openedGrants[index].said.rights, isOver: false }] as [
              string,
              LetterAuthor,
            ],
          ]
        : [],
    ),
  );
  if (rows.every(({ grant }) => authors.has(grant))) return authors;
  const { grants } = await readGrants(ctx, open);
  for (const { grant, name, organisation, said: content } of grants)
    if (!authors.has(grant)) authors.set(grant, { name, organisation, rights: content.rights, isOver: true });
  return authors;
}

/**
 * Open a letter; return null if it is not from its grant's advocate, if they had no right to write, or if no entry
 * could be made of it.
 */
async function openLetter({ vault }: Open, row: LetterRow, rights: readonly string[]) {
  if (!rights.includes('comment')) return null;
  try {
    const { said: content, pub } = await vault.letterOpen({
      grant: row.grant,
      letter: row.letter,
      envelope: unb64(row.envelope),
    });
    const { incident } = content.fields;
    return content.what === 'assisted' && shapeFaults('incident', incident as Fields).length
      ? null
      : { said: content, pub };
  } catch {
    return null; // it has no valid author: it stays on the server and is shown to nobody
  }
}

/** Return the waiting letters of one kind, oldest first. */
export function lettersOf({ store }: Open, kind: LetterKind): ReceivedLetter[] {
  return (store.root.letters ?? []).filter(({ said: content }) => content.what === kind);
}

/**
 * Remove a letter that the keeper has decided on: from here now, and from the server with the next run.
 * @param root inside a transaction
 */
export function finishLetter(root: Root, letter: string) {
  root.letters = (root.letters ?? []).filter((item) => item.letter !== letter);
  root.letters_done = [...(root.letters_done ?? []), letter];
}
