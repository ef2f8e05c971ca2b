/** The engine's part at the door: making a lock, opening it, and the store behind it. */
import { b64, random, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { keyOfBox, rootIdOf, sealBox } from './box.js';
import { importKey } from './cobblestone.js';
import { DEFAULT, FLOOR, checkKdf } from './kdf.js';
import { newPair } from './signing.js';
import { SHORT, checkDoor, doorKdf, newDoor, notebookKey, placeOf, sealSlot, trySlots } from './slots.js';
import { inFlight, openBoxes } from './stored.js';
import { fold, normalise } from './words.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {import('./argon2.js').Cost} Cost */
/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./slots.js').Door} Door */
/** @typedef {import('./slots.js').Role} Role */
/** @typedef {{account: string | null, login: string, pins: import('./slots.js').Pins}} Behind what a slot says beside its store key */

const UNLOCK_MS = 1500;
/** Characters of a short secret: with ten tries and growing waits, a phone's own PIN is no longer. */
const SHORT_LEAST = 6;

/**
 * The cost at which unlocking takes about a second and a half here, between floor and default.
 * @param {Session} session
 * @param {() => number} now
 * @returns {Promise<Cost>}
 */
export async function measure(session, now) {
  await session.test();
  const started = now();
  await session.argon2(random(16), random(16), FLOOR);
  const per = (now() - started) / (FLOOR.m * FLOOR.t);
  const choices = [DEFAULT, { m: DEFAULT.m, t: 2 }, { m: DEFAULT.m, t: 1 }];
  return choices.find(({ m, t }) => m * t * per <= UNLOCK_MS) ?? { ...FLOOR };
}

/**
 * The door of a fresh install.
 * @param {Session} session
 * @param {Cost} cost
 * @returns {Promise<Door>}
 */
export async function makeDoor(session, cost) {
  return newDoor(cost, await newCapture(session));
}

/**
 * Puts a store behind `words`; see vault.js for what happens to one that is already open.
 * @param {Session} session
 * @param {Door} door
 * @param {string} words
 * @param {Role} role
 * @param {Behind} behind
 * @returns {Promise<Door>} with that slot sealed anew
 */
export async function setSlot(session, door, words, role, behind) {
  checkDoor(door);
  const root = await session.root(normalise(words), checkKdf(doorKdf(door), session.policy));
  const i = placeOf(door, role);
  const there = await trySlots(root, door);
  if (there && there.i !== i) throw new KeptError('words_in_use');
  const storeKey =
    role === 'cover' ? await notebookKey(door) : await storeKeyFor(session, role, there?.content.store_key);
  const renewed = { ...door, slots: [...door.slots], capture_pub: await capturePub(session, door) };
  renewed.slots[i] = await sealSlot(root, door, i, { ...behind, role, store_key: b64(storeKey) });
  if ((await trySlots(root, renewed))?.content.store_key !== b64(storeKey)) throw new KeptError('not_opened');
  // It is the same store behind other words: what lies in it from before its keys were changed goes on opening.
  if (!session.opened || session.opened.role === role)
    await openStore(session, role, i, storeKey, root, session.opened?.olds);
  session.kdfHigh = Math.max(session.kdfHigh, behind.pins.kdf_high);
  return renewed;
}

/**
 * Puts the open diary behind a short secret too. One that opens something else already is refused: `words_in_use`.
 * @param {Session} session
 * @param {Door} door
 * @param {string} secret
 * @param {Behind} behind
 * @returns {Promise<Door>}
 */
export async function setShort(session, door, secret, behind) {
  checkDoor(door);
  const folded = fold(secret);
  if ([...folded].length < SHORT_LEAST) throw new KeptError('words_weak');
  if (session.store.role !== 'diary') throw new KeptError('locked');
  const root = await session.root(folded, checkKdf(doorKdf(door), session.policy));
  const there = await trySlots(root, door);
  if (there && there.i !== SHORT) throw new KeptError('words_in_use');
  const renewed = { ...door, slots: [...door.slots] };
  renewed.slots[SHORT] = await session.held.use('store_key', (storeKey) =>
    sealSlot(root, door, SHORT, { ...behind, role: 'diary', store_key: b64(storeKey) }),
  );
  if ((await trySlots(root, renewed))?.i !== SHORT) throw new KeptError('not_opened');
  return renewed;
}

/**
 * Seals the open slot anew with what has been learnt since, without asking for the words. A slot that its words no longer open,
 * because it was emptied meanwhile or is another's by now, stays as it is.
 * @param {Session} session
 * @param {Door} door
 * @param {Behind} behind
 * @returns {Promise<Door>}
 */
export async function renewSlot(session, door, behind) {
  checkDoor(door);
  const { role, i, slotRoot } = session.store;
  if ((await trySlots(slotRoot, door))?.i !== i) return door;
  const renewed = { ...door, slots: [...door.slots] };
  renewed.slots[i] = await session.held.use('store_key', (storeKey) =>
    sealSlot(slotRoot, door, i, { ...behind, role, store_key: b64(storeKey) }),
  );
  if (!(await trySlots(slotRoot, renewed))) throw new KeptError('not_opened');
  return renewed;
}

/**
 * Opens whatever the words open. One Argon2id and four tries, whatever the words are; throws `no_match`.
 * @param {Session} session
 * @param {string} words
 * @param {Door} door
 */
export async function unlock(session, words, door) {
  checkDoor(door);
  // Words too short to be anyone's still cost the same: how long a refusal takes says nothing. Folded words
  // never are one space, so that stands for none at all, which the engine would refuse at once.
  const root = await session.root(fold(words) || ' ', checkKdf(doorKdf(door), session.policy));
  const found = await trySlots(root, door);
  if (!found) throw new KeptError('no_match', 'Try again.');
  const { role, account, login, pins, store_key } = found.content;
  await openStore(session, role, found.i, unb64(store_key), root);
  session.kdfHigh = Math.max(session.kdfHigh, pins.kdf_high);
  return { role, account, login, pins, short: found.i === SHORT };
}

/**
 * Returns when the words are the ones that this store is behind; throws `no_match`. Changes nothing, so words of
 * another role do not open theirs in the middle of this one. A short secret opens the store and is not its words: what asks
 * again asks for more than whoever guessed or saw that has.
 * @param {Session} session
 * @param {string} words
 * @param {Door} door
 */
export async function confirmWords(session, words, door) {
  checkDoor(door);
  const root = await session.root(fold(words) || ' ', checkKdf(doorKdf(door), session.policy));
  const found = await trySlots(root, door);
  const isOpen =
    found !== null &&
    found.i !== SHORT &&
    (await session.held.use('store_key', (storeKey) => found.content.store_key === b64(storeKey)));
  if (!isOpen) throw new KeptError('no_match', 'Try again.');
}

/**
 * @param {Session} session
 * @returns {Promise<Bytes>}
 */
export function rootId(session) {
  return session.held.use('store_key', rootIdOf);
}

/**
 * @param {Session} session
 * @param {readonly (readonly [Bytes, JsonObject, Bytes?])[]} records
 * @returns {Promise<Bytes[]>}
 */
export function boxSealMany(session, records) {
  const { key } = session.store;
  return inFlight(records, ([id, desc, bytes]) => sealBox(key, id, desc, bytes));
}

/**
 * @param {Session} session
 * @param {readonly (readonly [Bytes, Bytes])[]} records
 */
export async function boxOpenMany(session, records) {
  const opened = await openBoxes(session, records);
  if (opened.includes(null)) throw new KeptError('not_opened');
  return /** @type {import('./box.js').Opened[]} */ (opened);
}

/**
 * For each record a key that opens it alone, without the store key; see actions/carrier.js.
 * @param {Session} session
 * @param {readonly (readonly [Bytes, Bytes])[]} heads id and first bytes
 * @returns {Promise<(import('./box.js').OneKey|null)[]>}
 */
export function boxKeys(session, heads) {
  const { key, olds = [] } = session.store;
  return inFlight(heads, async ([id, head]) => {
    for (const one of [key, ...olds]) {
      const found = await keyOfBox(one, id, head);
      if (found) return found;
    }
    return null;
  });
}

/**
 * The store key a slot is to hold: the open one of that role, the one these words already open, or a new one.
 * @param {Session} session
 * @param {Role} role
 * @param {string | undefined} there
 * @returns {Promise<Bytes>}
 */
async function storeKeyFor(session, role, there) {
  if (session.opened?.role === role) return session.held.use('store_key', (key) => key.slice());
  return there ? unb64(there) : random(32);
}

/**
 * @param {Session} session
 * @param {Role} role
 * @param {number} i
 * @param {Bytes} storeKey overwritten here
 * @param {CryptoKey} slotRoot
 * @param {CryptoKey[]} [olds]
 */
async function openStore(session, role, i, storeKey, slotRoot, olds = []) {
  session.opened = { role, i, key: await importKey(storeKey), slotRoot, olds };
  await session.held.put('store_key', storeKey);
  storeKey.fill(0);
}

/**
 * The public half of the capture pair this session can keep; a new pair when it has none.
 * @param {Session} session
 * @param {Door} door
 * @returns {Promise<Bytes>}
 */
async function capturePub(session, door) {
  return session.held.has('capture') ? door.capture_pub : newCapture(session);
}

/**
 * @param {Session} session
 * @returns {Promise<Bytes>}
 */
export async function newCapture(session) {
  const { scalar, pub } = await newPair();
  await session.held.put('capture', scalar);
  scalar.fill(0);
  return pub;
}
