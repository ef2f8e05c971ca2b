/**
 * What lies beside the sealed table: the door, and, until the first words exist, one key and one sealed draft.
 *
 *   d   the door, of the same shape and lengths in every install (docs/formats.md 4a)
 *   k   the draft key: a key the browser will not hand out, kept only until words are made
 *   f   the draft sealed under it
 *   w   until when the phone may take pictures in while locked
 *   p   'no' where a locked phone is to take nothing in by itself
 *   g   the language of the screens, where it is not English; not before anything else is kept here
 *   l   what the page looks like, and whether it opens at the lock or in the notebook; in every install from the first start
 *   t   how many tries in a row opened nothing, when the last was, and how many there were of late; in every install from the first start
 *
 * Before words exist there is nothing a person could type to open a draft, so its key must lie on the phone: whoever
 * takes the phone apart in those minutes can read it. It is resealed under the words, and both are deleted, in the
 * transaction that makes them.
 */

/** @typedef {import('./database.js').Database} Database */
/** @typedef {{install: Uint8Array, salt: Uint8Array, m: number, t: number, slots: Uint8Array[], capture_pub: Uint8Array}} Door */

/** @typedef {{skin: 'notes'|'lists', opens: 'lock'|'straight'}} Look */
/** @typedef {{n: number, at: number, debt: number}} Tries `n` in a row, `at` the last one, ms; `debt` ms, see actions/tries.js */

/** @type {Readonly<Look>} */
export const PLAIN = Object.freeze({ skin: 'notes', opens: 'lock' });

/** @type {Readonly<Tries>} */
const NO_TRIES = Object.freeze({ n: 0, at: 0, debt: 0 });

/** @param {Database} database @returns {Promise<Door|null>} */
export async function readDoor(database) {
  return database.beside('d');
}

/**
 * The first start of an install: door, chaff (so that how many records there are says little) and the draft key.
 * @param {Database} database @param {Door} door @param {unknown} draftKey @param {[Uint8Array, Uint8Array][]} chaff
 */
export async function install(database, door, draftKey, chaff) {
  const look = (await database.beside('l')) ?? { ...PLAIN };
  await database.write({ put: chaff, beside: { d: door, k: draftKey, l: look, t: { ...NO_TRIES } } });
}

/** @param {Database} database @returns {Promise<Look>} */
export async function readLook(database) {
  return { ...PLAIN, ...(await database.beside('l')) };
}

/** @param {Database} database @param {Look} look */
export async function writeLook(database, look) {
  await database.write({ beside: { l: look } });
}

/** @param {Database} database @returns {Promise<Tries>} */
export async function readTries(database) {
  return { ...NO_TRIES, ...(await database.beside('t')) };
}

/** The count, and the door with it where that changes: one transaction, so that no restart in between gives tries back. @param {Database} database @param {Tries} tries @param {Door} [door] */
export async function writeTries(database, tries, door) {
  await database.write({ beside: { t: tries, ...(door ? { d: door } : {}) } });
}

/** @param {Database} database @returns {Promise<any>} null once words exist */
export async function readDraftKey(database) {
  return database.beside('k');
}

/** @param {Database} database @returns {Promise<Uint8Array|null>} */
export async function readSealedDraft(database) {
  const value = await database.beside('f');
  return value && new Uint8Array(value);
}

/** @param {Database} database @param {Uint8Array|null} sealed */
export async function writeSealedDraft(database, sealed) {
  await database.write({ beside: { f: sealed && sealed.slice().buffer } });
}

/** Whether a locked phone takes anything in; it does unless that was turned off. @param {Database} database @returns {Promise<boolean>} */
export async function readCapturing(database) {
  return (await database.beside('p')) !== 'no';
}

/** @param {Database} database @param {boolean} on */
export async function writeCapturing(database, on) {
  await database.write({ beside: { p: on ? null : 'no' } });
}

/** ms until when pictures may be taken in while locked; 0 when not. @param {Database} database */
export async function readWaiting(database) {
  return (await database.beside('w')) ?? 0;
}

/** @param {Database} database @param {number|null} until */
export async function writeWaiting(database, until) {
  await database.write({ beside: { w: until } });
}

/** A language's code; `en` unless another was chosen. @param {Database} database @returns {Promise<string>} */
export async function readLanguage(database) {
  return (await database.beside('g')) ?? 'en';
}

/** @param {Database} database @param {string|null} code null is English */
export async function writeLanguage(database, code) {
  await database.write({ beside: { g: code } });
}
