/**
 * Letters: what advocates wrote to this keeper, questions and entries typed for them. They are fetched with every run
 * to the server, opened, and kept sealed on this phone until the keeper has decided on each. docs/formats.md, section
 * 8.
 *
 * [Note: not a word by itself] A letter is no record of the diary. Only the keeper's own action makes it one.
 */
import { unb64 } from '../../core/bytes.js';
import { grantsOf } from '../../net/grants.js';
import { faultsOfShape } from '../../record/rules.js';
import { readAll } from './granting_give.js';
import { lettingOf, openAll } from './granting_known.js';
import type { LetterRow } from '../../net/grants.js';
import type { Root, Letter } from '../../store/root.js';
import type { Fields } from '../../record/reading.js';
import type { Context, Open } from '../types.js';

type Writer = { name: string; organisation: string; rights: readonly string[]; isOver: boolean };
/** Openings that asked once, though no grant is in force. */
const askedOnce: WeakSet<Open> = new WeakSet();

/**
 * Fetch new letters, and confirm to the server those that were taken in.
 *
 * [Note: what was said in a call outlives the grant] An entry that was typed while the keeper spoke may wait when its
 * grant ends, by date or by the keeper. It is the keeper's words, so the keeper is still asked. A question that waits
 * then concerns nobody any more, and is dropped.
 */
export async function heedLetters(ctx: Context, open: Open) {
  const { letters = [] } = open.store.root;
  const isLetIn = lettingOf(open).length > 0;
  const done = [...(open.store.root.letters_done ?? [])];
  if (
    !isLetIn &&
    !letters.length &&
    !done.length &&
    (askedOnce.has(open) || !(await open.store.readJson<string[]>('k/consent'))?.length)
  )
    return;
  const wire = grantsOf(ctx.api);
  const { letters: rows } = await wire.letters(open.identity.diary);
  const waiting = new Set(rows.map(({ letter }) => letter));
  // A record takes its letter's id. If the record exists, another device of this diary took the letter in, or the id
  // was made up.
  for (const { letter } of [...rows, ...letters]) if (await open.book.meta(letter)) done.push(letter);
  const { fresh, idle } = await readFresh(ctx, open, rows, done);
  done.push(...idle);
  for (const letter of done) if (waiting.has(letter)) await wire.takeIn(open.identity.diary, letter);
  if (!isLetIn) askedOnce.add(open);
  if (!fresh.length && !done.length) return;
  await open.store.change((root) => {
    root.letters = [...(root.letters ?? []), ...fresh].filter(({ letter }) => !done.includes(letter));
    root.letters_done = (root.letters_done ?? []).filter((one) => !done.includes(one));
  });
  ctx.show();
}

/**
 * Show again the server's letters of the last 30 days that were confirmed and are in no record here. A stolen session
 * can confirm a letter falsely; a keeper who misses one looks again.
 * @returns how many
 */
export async function lookAgain(ctx: Context, open: Open): Promise<number> {
  const { letters: rows } = await grantsOf(ctx.api).letters(open.identity.diary, { taken: true });
  const there = [...(open.store.root.letters_done ?? [])];
  for (const { letter } of rows) if (await open.book.meta(letter)) there.push(letter);
  const { fresh } = await readFresh(ctx, open, rows, there);
  if (fresh.length)
    await open.store.change((root) => {
      root.letters = [...(root.letters ?? []), ...fresh];
    });
  return fresh.length;
}

/** Open the `rows` that neither wait here nor are in `handled`; `idle`: questions of a grant that is over. */
async function readFresh(ctx: Context, open: Open, rows: readonly LetterRow[], done: readonly string[]) {
  const from = await writers(ctx, open, rows);
  const known = new Set([...(open.store.root.letters ?? []).map(({ letter }) => letter), ...done]);
  const fresh: Letter[] = [];
  const idle: string[] = [];
  for (const row of rows) {
    const by = from.get(row.grant);
    const opened = known.has(row.letter) || !by ? null : await read(open, row, by.rights);
    if (!by || !opened) continue;
    if (by.isOver && opened.said.what === 'question') idle.push(row.letter);
    else
      fresh.push({
        letter: row.letter,
        grant: row.grant,
        name: by.name,
        organisation: by.organisation,
        pub: opened.pub,
        at: row.made_at,
        said: opened.said,
      });
  }
  return { fresh, idle };
}

/** Return the possible authors of letters, by grant. */
async function writers(ctx: Context, open: Open, rows: readonly LetterRow[]): Promise<Map<string, Writer>> {
  const here = lettingOf(open);
  const known = rows.length ? await openAll(open, here) : [];
  const found = new Map(
    here.flatMap(({ grant, name, organisation }, i) =>
      known[i]
        ? [[grant, { name, organisation, rights: known[i].said.rights, isOver: false }] as [string, Writer]]
        : [],
    ),
  );
  if (rows.every(({ grant }) => found.has(grant))) return found;
  const { grants } = await readAll(ctx, open);
  for (const { grant, name, organisation, said } of grants)
    if (!found.has(grant)) found.set(grant, { name, organisation, rights: said.rights, isOver: true });
  return found;
}

/**
 * Open a letter; return null if it is not from its grant's advocate, if they had no right to write, or if no entry
 * could be made of it.
 */
async function read({ vault }: Open, row: LetterRow, rights: readonly string[]) {
  if (!rights.includes('comment')) return null;
  try {
    const { said, pub } = await vault.letterOpen({
      grant: row.grant,
      letter: row.letter,
      envelope: unb64(row.envelope),
    });
    const { incident } = said.fields;
    return said.what === 'assisted' && faultsOfShape('incident', incident as Fields).length ? null : { said, pub };
  } catch {
    return null; // it has no valid author: it stays on the server and is shown to nobody
  }
}

/** Return the waiting letters of one kind, oldest first. */
export function lettersOf({ store }: Open, what: 'question' | 'assisted'): Letter[] {
  return (store.root.letters ?? []).filter(({ said }) => said.what === what);
}

/**
 * Remove a letter that the keeper has decided on: from here now, and from the server with the next run.
 * @param root inside a transaction
 */
export function letterDone(root: Root, letter: string) {
  root.letters = (root.letters ?? []).filter((one) => one.letter !== letter);
  root.letters_done = [...(root.letters_done ?? []), letter];
}
