/**
 * What lies beside the sealed table: the door, and, until the first words exist, one key and one sealed draft.
 *
 *   d   the door, of the same shape and lengths in every install (docs/formats.md 4a)
 *   k   the draft key: a key the browser will not hand out, kept only until words are made
 *   f   the draft sealed under it
 *   w   until when the phone may take pictures in while locked
 *   p   'no' where a locked phone is to take nothing in by itself
 *   g   the language of the screens, where it is not English
 *
 * Before words exist there is nothing a person could type to open a draft, so its key must lie on the phone: whoever
 * takes the phone apart in those minutes can read it. It is resealed under the words, and both are deleted, in the
 * transaction that makes them.
 */

/** @typedef {import('./database.js').Database} Database */
/** @typedef {{install: Uint8Array, salt: Uint8Array, m: number, t: number, slots: Uint8Array[], capture_pub: Uint8Array}} Door */

const CHAFF_LEAST = 20;
const CHAFF_MOST = 60;
/** What the smallest record becomes: 4 KiB of padded text, its salt, commitment and tag. */
const CHAFF_BYTES = 24 + 32 + 4096 + 16;

/** @param {Database} database @returns {Promise<Door|null>} */
export async function readDoor(database) {
  return database.beside('d');
}

/**
 * The first start of an install: door, chaff (so that how many records there are says little) and the draft key.
 * @param {Database} database @param {Door} door @param {unknown} draftKey @param {(n: number) => Uint8Array} random
 */
export async function install(database, door, draftKey, random) {
  const [pick] = random(1);
  const count = CHAFF_LEAST + (/** @type {number} */ (pick) % (CHAFF_MOST - CHAFF_LEAST + 1));
  /** @type {[Uint8Array, Uint8Array][]} */
  const chaff = Array.from({ length: count }, () => [random(16), random(CHAFF_BYTES)]);
  await database.write({ put: chaff, beside: { d: door, k: draftKey } });
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
