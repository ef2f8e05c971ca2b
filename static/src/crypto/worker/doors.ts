/** The engine's lock functions: make a door (the lock of an installation), open it, and use the store behind it. */
import { b64, random, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { keyOfBox, rootIdOf, sealBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import { DEFAULT, FLOOR, checkKdf } from '../kdf.js';
import { newPair } from '../signing.js';
import { SHORT, checkDoor, doorKdf, newDoor, notebookKey, placeOf, sealSlot, trySlots } from '../slots.js';
import { inFlight, openBoxes } from './stored.js';
import { fold, normalise } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Cost } from '../argon2.js';
import type { OneKey, Opened } from '../box.js';
import type { Session } from './session.js';
import type { Door, Pins, Role } from '../slots.js';

/** The contents of a slot besides its store key */
export type Behind = { account: string | null; login: string; pins: Pins };

const UNLOCK_MS = 1500;
/** Minimum length of a short secret. Ten attempts with growing waits protect it; a phone's own PIN is no longer. */
const SHORT_LEAST = 6;

/** Return the cost at which unlocking takes about 1.5 s on this device, between floor and default. */
export async function measure(session: Session, now: () => number): Promise<Cost> {
  await session.test();
  const started = now();
  await session.argon2(random(16), random(16), FLOOR);
  const per = (now() - started) / (FLOOR.m * FLOOR.t);
  const choices = [DEFAULT, { m: DEFAULT.m, t: 2 }, { m: DEFAULT.m, t: 1 }];
  return choices.find(({ m, t }) => m * t * per <= UNLOCK_MS) ?? { ...FLOOR };
}

/** Return the door of a new installation. */
export async function makeDoor(session: Session, cost: Cost): Promise<Door> {
  return newDoor(cost, await newCapture(session));
}

/**
 * Put a store behind `words`; for a store that is already open see vault.js.
 * @returns the door with that slot sealed again
 */
export async function setSlot(session: Session, door: Door, words: string, role: Role, behind: Behind): Promise<Door> {
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
  // It is the same store under other words, so records sealed under its older keys must still open.
  if (!session.opened || session.opened.role === role)
    await openStore(session, role, i, storeKey, root, session.opened?.olds);
  session.kdfHigh = Math.max(session.kdfHigh, behind.pins.kdf_high);
  return renewed;
}

/** Put the open diary behind a short secret too. Throws `words_in_use` when the secret opens something else. */
export async function setShort(session: Session, door: Door, secret: string, behind: Behind): Promise<Door> {
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
 * Reseal the open slot with newer details, without asking for the words. A slot that its words no longer open (it was
 * emptied or reused meanwhile) stays as it is.
 */
export async function renewSlot(session: Session, door: Door, behind: Behind): Promise<Door> {
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

/** Open whatever the words open. One Argon2id and four attempts, whatever the words are. Throws `no_match`. */
export async function unlock(session: Session, words: string, door: Door) {
  checkDoor(door);
  // Words that are too short cost the same, so the time of a refusal reveals nothing. Folded words are never a single
  // space, so a space stands for no words, which the engine would refuse at once.
  const root = await session.root(fold(words) || ' ', checkKdf(doorKdf(door), session.policy));
  const found = await trySlots(root, door);
  if (!found) throw new KeptError('no_match', 'Try again.');
  const { role, account, login, pins, store_key } = found.content;
  await openStore(session, role, found.i, unb64(store_key), root);
  session.kdfHigh = Math.max(session.kdfHigh, pins.kdf_high);
  return { role, account, login, pins, short: found.i === SHORT };
}

/**
 * Check that the words are those of the open store. Throws `no_match`. Changes nothing, so words of another role do
 * not open their store here. A short secret is refused although it opens the store: a confirmation asks for more than
 * what somebody could have guessed or seen.
 */
export async function confirmWords(session: Session, words: string, door: Door) {
  checkDoor(door);
  const root = await session.root(fold(words) || ' ', checkKdf(doorKdf(door), session.policy));
  const found = await trySlots(root, door);
  const isOpen =
    found !== null &&
    found.i !== SHORT &&
    (await session.held.use('store_key', (storeKey) => found.content.store_key === b64(storeKey)));
  if (!isOpen) throw new KeptError('no_match', 'Try again.');
}

export function rootId(session: Session): Promise<Bytes> {
  return session.held.use('store_key', rootIdOf);
}

export function boxSealMany(
  session: Session,
  records: readonly (readonly [Bytes, JsonObject, Bytes?])[],
): Promise<Bytes[]> {
  const { key } = session.store;
  return inFlight(records, ([id, desc, bytes]) => sealBox(key, id, desc, bytes));
}

export async function boxOpenMany(session: Session, records: readonly (readonly [Bytes, Bytes])[]) {
  const opened = await openBoxes(session, records);
  if (opened.includes(null)) throw new KeptError('not_opened');
  return opened as Opened[];
}

/**
 * Return for each record a key that opens only that one, without the store key; see diary/sync/locked_upload.js.
 * @param heads id and first bytes
 */
export function boxKeys(session: Session, heads: readonly (readonly [Bytes, Bytes])[]): Promise<(OneKey | null)[]> {
  const { key, olds = [] } = session.store;
  return inFlight(heads, async ([id, head]) => {
    for (const one of [key, ...olds]) {
      const found = await keyOfBox(one, id, head);
      if (found) return found;
    }
    return null;
  });
}

/** Return the store key for a slot: the open store's of that role, else the one these words open, else a new one. */
async function storeKeyFor(session: Session, role: Role, there: string | undefined): Promise<Bytes> {
  if (session.opened?.role === role) return session.held.use('store_key', (key) => key.slice());
  return there ? unb64(there) : random(32);
}

/** @param storeKey overwritten here */
async function openStore(
  session: Session,
  role: Role,
  i: number,
  storeKey: Bytes,
  slotRoot: CryptoKey,
  olds: CryptoKey[] = [],
) {
  session.opened = { role, i, key: await importKey(storeKey), slotRoot, olds };
  await session.held.put('store_key', storeKey);
  storeKey.fill(0);
}

/** Return the public half of the capture pair that this session holds; makes a new pair when it holds none. */
async function capturePub(session: Session, door: Door): Promise<Bytes> {
  return session.held.has('capture') ? door.capture_pub : newCapture(session);
}

export async function newCapture(session: Session): Promise<Bytes> {
  const { scalar, pub } = await newPair();
  await session.held.put('capture', scalar);
  scalar.fill(0);
  return pub;
}
