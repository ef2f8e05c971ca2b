/**
 * Values next to the sealed table: the door and, until the first words exist, one key and one sealed draft.
 *
 *   d   the door, of the same shape and lengths in every install (docs/formats.md 4a)
 *   k   the draft key: a non-extractable key, kept only until the words are made
 *   f   the draft sealed under it
 *   w   until when the phone may take pictures in while locked
 *   p   'no' if a locked phone must not take anything in by itself
 *   g   the language of the screens, if not English; written only after something else is kept here
 *   l   how the page looks, and whether it opens at the lock or in the notebook; in every install from the first
 *       start
 *   t   failed tries in a row, time of the last one, and the recent number of tries; in every install from the first
 *       start
 *
 * Before the words exist there is nothing a person could type to open a draft, so its key must lie on the phone.
 * Anyone who takes the phone apart in those minutes can read the draft. The transaction that makes the words reseals
 * the draft under them and deletes both the key and the old draft.
 */
import type { Door } from '../crypto/slots.js';
import type { Database } from './database.js';

export type { Door };

export type Appearance = { skin: 'notes' | 'lists'; opens: 'lock' | 'straight' };
/** A non-extractable key; its bytes where the database cannot store one */
export type DraftKey = CryptoKey | Uint8Array;
/** `n`: tries in a row; `at`: the last one, ms; `debt`: ms, see diary/session/tries.js */
type FailedTries = { n: number; at: number; debt: number };

export const DEFAULT_APPEARANCE: Readonly<Appearance> = Object.freeze({ skin: 'notes', opens: 'lock' });

const NO_TRIES: Readonly<FailedTries> = Object.freeze({ n: 0, at: 0, debt: 0 });

export async function readDoor(database: Database): Promise<Door | null> {
  return database.beside<Door>('d');
}

/** Set up a new install: door, chaff (to hide the number of records) and the draft key. */
export async function installDevice(
  database: Database,
  door: Door,
  draftKey: unknown,
  chaff: [Uint8Array, Uint8Array][],
) {
  const appearance = (await database.beside('l')) ?? { ...DEFAULT_APPEARANCE };
  await database.write({ put: chaff, beside: { d: door, k: draftKey, l: appearance, t: { ...NO_TRIES } } });
}

export async function readAppearance(database: Database): Promise<Appearance> {
  return { ...DEFAULT_APPEARANCE, ...(await database.beside<Appearance>('l')) };
}

export async function writeAppearance(database: Database, appearance: Appearance) {
  await database.write({ beside: { l: appearance } });
}

export async function readTries(database: Database): Promise<FailedTries> {
  return { ...NO_TRIES, ...(await database.beside<FailedTries>('t')) };
}

/** Write the count, and the door if it changes, in one transaction: a restart in between must not give tries back. */
export async function writeTries(database: Database, tries: FailedTries, door?: Door) {
  await database.write({ beside: { t: tries, ...(door ? { d: door } : {}) } });
}

/** @returns null once the words exist */
export async function readDraftKey(database: Database): Promise<DraftKey | null> {
  return database.beside<DraftKey>('k');
}

export async function readSealedDraft(database: Database): Promise<Uint8Array | null> {
  const value = await database.beside<ArrayBuffer>('f');
  return value && new Uint8Array(value);
}

/** @param sealed null deletes it */
export async function writeSealedDraft(database: Database, sealed: Uint8Array | null) {
  await database.write({ beside: { f: sealed?.slice().buffer ?? null } });
}

/** Tell whether a locked phone may take files in; true unless switched off. */
export async function readCaptureAllowed(database: Database): Promise<boolean> {
  return (await database.beside('p')) !== 'no';
}

export async function writeCaptureAllowed(database: Database, isAllowed: boolean) {
  await database.write({ beside: { p: isAllowed ? null : 'no' } });
}

/** Return until when pictures may be taken in while locked, in ms; 0 if not at all. */
export async function readCaptureDeadline(database: Database) {
  return (await database.beside<number>('w')) ?? 0;
}

export async function writeCaptureDeadline(database: Database, until: number | null) {
  await database.write({ beside: { w: until } });
}

/** Return the language code; `en` unless another was chosen. */
export async function readLanguage(database: Database): Promise<string> {
  return (await database.beside<string>('g')) ?? 'en';
}

/** @param code null for English */
export async function writeLanguage(database: Database, code: string | null) {
  await database.write({ beside: { g: code } });
}
