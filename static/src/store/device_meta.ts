/**
 * What lies beside the sealed table: the door, and, until the first words exist, one key and one sealed draft.
 *
 *   d   the door, of the same shape and lengths in every install (docs/formats.md 4a)
 *   k   the draft key: a key the browser will not hand out, kept only until words are made
 *   f   the draft sealed under it
 *   w   until when the phone may take pictures in while locked
 *   p   'no' where a locked phone is to take nothing in by itself
 *   g   the language of the screens, where it is not English; not before anything else is kept here
 *   l   what the page looks like, and whether it opens at the lock or in the notebook; in every install from the first
 *       start
 *   t   how many tries in a row opened nothing, when the last was, and how many there were of late; in every install
 *       from the first start
 *
 * Before words exist there is nothing a person could type to open a draft, so its key must lie on the phone: whoever
 * takes the phone apart in those minutes can read it. It is resealed under the words, and both are deleted, in the
 * transaction that makes them.
 */
import type { Door } from '../crypto/slots.js';
import type { Database } from './database.js';

export type { Door };

export type Look = { skin: 'notes' | 'lists'; opens: 'lock' | 'straight' };
/** A key the browser does not hand out; its bytes where the database cannot hold one */
export type DraftKey = CryptoKey | Uint8Array;
/** `n` in a row, `at` the last one, ms; `debt` ms, see diary/session/tries.js */
type Tries = { n: number; at: number; debt: number };

export const PLAIN: Readonly<Look> = Object.freeze({ skin: 'notes', opens: 'lock' });

const NO_TRIES: Readonly<Tries> = Object.freeze({ n: 0, at: 0, debt: 0 });

export async function readDoor(database: Database): Promise<Door | null> {
  return database.beside<Door>('d');
}

/** The first start of an install: door, chaff (so that how many records there are says little) and the draft key. */
export async function install(database: Database, door: Door, draftKey: unknown, chaff: [Uint8Array, Uint8Array][]) {
  const look = (await database.beside('l')) ?? { ...PLAIN };
  await database.write({ put: chaff, beside: { d: door, k: draftKey, l: look, t: { ...NO_TRIES } } });
}

export async function readLook(database: Database): Promise<Look> {
  return { ...PLAIN, ...(await database.beside<Look>('l')) };
}

export async function writeLook(database: Database, look: Look) {
  await database.write({ beside: { l: look } });
}

export async function readTries(database: Database): Promise<Tries> {
  return { ...NO_TRIES, ...(await database.beside<Tries>('t')) };
}

/**
 * The count, and the door with it where that changes: one transaction, so that no restart in between gives tries back.
 */
export async function writeTries(database: Database, tries: Tries, door?: Door) {
  await database.write({ beside: { t: tries, ...(door ? { d: door } : {}) } });
}

/** @returns null once words exist */
export async function readDraftKey(database: Database): Promise<DraftKey | null> {
  return database.beside<DraftKey>('k');
}

export async function readSealedDraft(database: Database): Promise<Uint8Array | null> {
  const value = await database.beside<ArrayBuffer>('f');
  return value && new Uint8Array(value);
}

export async function writeSealedDraft(database: Database, sealed: Uint8Array | null) {
  await database.write({ beside: { f: sealed?.slice().buffer } });
}

/** Whether a locked phone takes anything in; it does unless that was turned off. */
export async function readCapturing(database: Database): Promise<boolean> {
  return (await database.beside('p')) !== 'no';
}

export async function writeCapturing(database: Database, on: boolean) {
  await database.write({ beside: { p: on ? null : 'no' } });
}

/** ms until when pictures may be taken in while locked; 0 when not. */
export async function readWaiting(database: Database) {
  return (await database.beside<number>('w')) ?? 0;
}

export async function writeWaiting(database: Database, until: number | null) {
  await database.write({ beside: { w: until } });
}

/** A language's code; `en` unless another was chosen. */
export async function readLanguage(database: Database): Promise<string> {
  return (await database.beside<string>('g')) ?? 'en';
}

/** @param code null is English */
export async function writeLanguage(database: Database, code: string | null) {
  await database.write({ beside: { g: code } });
}
