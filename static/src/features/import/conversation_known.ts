/**
 * Which messages of a conversation the diary has already.
 *
 * [Note: the same file] A message has its file's name in the diary, and a file can have another name in a later
 * download: see [Note: names of files], conversation_media.ts. So a message is the same by its time and words, and by
 * its file's place or plain name. Where these leave more messages than the diary has, the bytes of the files decide
 * which of them it has.
 */
import { digestOf } from './imports_entry_files.js';
import { isFaultOfFile } from './imports_media.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Fields } from '../../diary/types.js';
import type { MediaFile } from './imports_media.js';
import type { KnownRows } from './imports_plan.js';

/** Rows of the diary, and the SHA-256 of their files by attachment id; undefined for one that was erased. */
export type KnownMessages = { lists: KnownRows[]; digestOfHeld(attachment: string): Promise<string | undefined> };
/** `names`: every name that the row's file can have, the plain one first; none without a file */
type Candidate = Fields & { names: readonly string[] };
type IdentityOf = (row: Fields) => string;
/** Return the SHA-256 of the file of a row; undefined if it cannot be read. */
type DigestOf<R> = (row: R) => Promise<string | undefined>;

/**
 * What makes two rows the same message of a conversation, beside their files. Names, and what follows from them, are
 * left out: people change theirs, and the keeper may answer otherwise.
 */
function identityOf({ sent_at: at, text = '', type }: Fields): string {
  return JSON.stringify([at, text, type === 'deleted']);
}

/** The same where one of two files has no zone and perhaps no seconds: by the minute as written. */
function writtenIdentityOf({ sent_local: local = '', text = '', type }: Fields): string {
  const words = String(text).replace(/\s+/g, ' ').trim();
  return JSON.stringify([String(local).slice(0, 16), words, type === 'deleted']);
}

/**
 * Return the rows that the diary does not have.
 * @param isWritten the times of the rows have no zone
 */
export async function freshRows<R extends Candidate>(
  rows: readonly R[],
  isWritten: boolean,
  known: KnownMessages,
  digestOfRow: DigestOf<R>,
): Promise<R[]> {
  const rowsOf = (some: readonly KnownRows[]) => some.flatMap((one) => one.rows);
  const notIn = (some: readonly R[], lists: readonly KnownRows[], identity: IdentityOf) =>
    rowsWithout(some, rowsOf(lists), identity, known, digestOfRow);
  if (isWritten) return notIn(rows, known.lists, writtenIdentityOf);
  const exact = await notIn(
    rows,
    known.lists.filter((one) => !one.isWritten),
    identityOf,
  );
  return notIn(
    exact,
    known.lists.filter((one) => one.isWritten),
    writtenIdentityOf,
  );
}

/** Return the SHA-256 of a file in hex; undefined without one, or for one that is faulty. */
export async function digestOfFile(file: MediaFile | undefined, pause: Pause): Promise<string | undefined> {
  try {
    return file && (await digestOf(await file.open(), pause));
  } catch (error) {
    if (isFaultOfFile(error)) return undefined;
    throw error;
  }
}

async function rowsWithout<R extends Candidate>(
  rows: readonly R[],
  known: readonly Fields[],
  identity: IdentityOf,
  { digestOfHeld }: KnownMessages,
  digestOfRow: DigestOf<R>,
): Promise<R[]> {
  const knownById = groupsOf(known, identity);
  const ownById = groupsOf(
    rows.filter((row) => knownById.has(identity(row))),
    identity,
  );
  const matched: Set<R> = new Set();
  for (const [id, own] of ownById) {
    const held = new Set(knownById.get(id));
    match(own, held, matched, ({ names: [, ...longer] }) => longer, nameIn);
    const plainKeys = ({ names: [plain = ''] }: R) => [plain];
    if (isEnough(own, held, matched, plainKeys)) {
      match(own, held, matched, plainKeys, nameIn);
      continue;
    }
    const digests: Map<Fields, string> = new Map();
    for (const row of own) if (!matched.has(row) && row.names.length) note(digests, row, await digestOfRow(row));
    for (const one of held)
      if (typeof one.attachment_id === 'string') note(digests, one, await digestOfHeld(one.attachment_id));
    const digestKey = (row: Fields, name = '') => (digests.has(row) ? `${digests.get(row)} ${name}` : undefined);
    const [named, unnamed] = [(row: R) => digestKey(row, row.names[0]), (row: R) => digestKey(row)];
    match(
      own,
      held,
      matched,
      (row) => [named(row)],
      (one) => digestKey(one, nameIn(one)),
    );
    match(own, held, matched, plainKeys, nameIn);
    match(
      own,
      held,
      matched,
      (row) => [unnamed(row)],
      (one) => digestKey(one),
    );
  }
  return rows.filter((row) => !matched.has(row));
}

const nameIn = ({ file_name: name }: Fields): string => String(name ?? '');

function note(digests: Map<Fields, string>, row: Fields, digest: string | undefined) {
  if (digest) digests.set(row, digest);
}

/** Take a row of the diary for each row, as long as there is one with a key of it. */
function match<R extends Fields>(
  own: readonly R[],
  held: Set<Fields>,
  matched: Set<R>,
  keysOf: (row: R) => readonly (string | undefined)[],
  keyOf: (one: Fields) => string | undefined,
) {
  const heldByKey = groupsOf(held, keyOf);
  for (const row of own) {
    if (matched.has(row)) continue;
    const key = keysOf(row).find((one) => one !== undefined && heldByKey.get(one)?.length);
    const one = key === undefined ? undefined : heldByKey.get(key)?.shift();
    if (!one) continue;
    held.delete(one);
    matched.add(row);
  }
}

/** Whether the diary has a row for each, so that it does not matter which is which. */
function isEnough<R extends Fields>(
  own: readonly R[],
  held: ReadonlySet<Fields>,
  matched: ReadonlySet<R>,
  keysOf: (row: R) => readonly string[],
): boolean {
  const found: Set<R> = new Set();
  const left = own.filter((row) => !matched.has(row));
  match(left, new Set(held), found, keysOf, nameIn);
  return found.size === left.length;
}

/** Return items by a key, without those that have none. */
function groupsOf<T>(items: Iterable<T>, keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups: Map<string, T[]> = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
