/** The engine's lock functions: make a door (the lock of an installation), open it, and use the store behind it. */
import { b64, randomBytes, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { deriveBoxKey, deriveRootId, sealBox } from '../box.js';
import { importKey } from '../cobblestone.js';
import { DEFAULT_COST, COST_FLOOR, checkKdf } from '../kdf.js';
import { newKeyPair } from '../signing.js';
import {
  SHORT_SECRET_SLOT,
  checkDoor,
  kdfOfDoor,
  newDoor,
  deriveNotebookKey,
  slotIndexOf,
  sealSlot,
  trySlots,
} from '../slots.js';
import { mapConcurrently, openEachBox } from './stored_versions.js';
import { foldWords, normaliseWords } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { KdfCost } from '../argon2.js';
import type { BoxKey, OpenedBox } from '../box.js';
import type { Session } from './session.js';
import type { Door, Pins, Role } from '../slots.js';

/** The contents of a slot besides its store key */
export type SlotDetails = { account: string | null; login: string; pins: Pins };

const UNLOCK_TARGET_MS = 1500;
/** Minimum length of a short secret. Ten attempts with growing waits protect it; a phone's own PIN is no longer. */
const MIN_SHORT_SECRET = 6;

/** Return the cost at which unlocking takes about 1.5 s on this device, between floor and default. */
export async function measureCost(session: Session, clock: () => number): Promise<KdfCost> {
  await session.runSelfTest();
  const startedAt = clock();
  await session.argon2(randomBytes(16), randomBytes(16), COST_FLOOR);
  const msPerUnit = (clock() - startedAt) / (COST_FLOOR.m * COST_FLOOR.t);
  const costs = [DEFAULT_COST, { m: DEFAULT_COST.m, t: 2 }, { m: DEFAULT_COST.m, t: 1 }];
  return costs.find(({ m, t }) => m * t * msPerUnit <= UNLOCK_TARGET_MS) ?? { ...COST_FLOOR };
}

/** Return the door of a new installation. */
export async function newInstallDoor(session: Session, cost: KdfCost): Promise<Door> {
  return newDoor(cost, await newCaptureKey(session));
}

/**
 * Put a store behind `words`; for a store that is already open see vault.js.
 * @returns the door with that slot sealed again
 */
export async function sealRoleSlot(
  session: Session,
  door: Door,
  words: string,
  role: Role,
  details: SlotDetails,
): Promise<Door> {
  checkDoor(door);
  const root = await session.deriveRoot(normaliseWords(words), checkKdf(kdfOfDoor(door), session.policy));
  const slotIndex = slotIndexOf(door, role);
  const existing = await trySlots(root, door);
  if (existing && existing.i !== slotIndex) throw new KeptError('words_in_use');
  const storeKey =
    role === 'cover'
      ? await deriveNotebookKey(door)
      : await storeKeyForRole(session, role, existing?.content.store_key);
  const updated = { ...door, slots: [...door.slots], capture_pub: await ensureCapturePub(session, door) };
  updated.slots[slotIndex] = await sealSlot(root, door, slotIndex, { ...details, role, store_key: b64(storeKey) });
  if ((await trySlots(root, updated))?.content.store_key !== b64(storeKey)) throw new KeptError('not_opened');
  // It is the same store under other words, so records sealed under its older keys must still open.
  if (!session.storeOrNull || session.storeOrNull.role === role)
    await setOpenStore(session, role, slotIndex, storeKey, root, session.storeOrNull?.olderKeys);
  session.kdfHigh = Math.max(session.kdfHigh, details.pins.kdf_high);
  return updated;
}

/** Put the open diary behind a short secret too. Throws `words_in_use` when the secret opens something else. */
export async function sealShortSecretSlot(
  session: Session,
  door: Door,
  secret: string,
  details: SlotDetails,
): Promise<Door> {
  checkDoor(door);
  const folded = foldWords(secret);
  if ([...folded].length < MIN_SHORT_SECRET) throw new KeptError('words_weak');
  if (session.openStore.role !== 'diary') throw new KeptError('locked');
  const root = await session.deriveRoot(folded, checkKdf(kdfOfDoor(door), session.policy));
  const existing = await trySlots(root, door);
  if (existing && existing.i !== SHORT_SECRET_SLOT) throw new KeptError('words_in_use');
  const updated = { ...door, slots: [...door.slots] };
  updated.slots[SHORT_SECRET_SLOT] = await session.secrets.use('store_key', (storeKey) =>
    sealSlot(root, door, SHORT_SECRET_SLOT, { ...details, role: 'diary', store_key: b64(storeKey) }),
  );
  if ((await trySlots(root, updated))?.i !== SHORT_SECRET_SLOT) throw new KeptError('not_opened');
  return updated;
}

/**
 * Reseal the open slot with newer details, without asking for the words. A slot that its words no longer open (it was
 * emptied or reused meanwhile) stays as it is.
 */
export async function resealOpenSlot(session: Session, door: Door, details: SlotDetails): Promise<Door> {
  checkDoor(door);
  const { role, slotIndex, slotRoot } = session.openStore;
  if ((await trySlots(slotRoot, door))?.i !== slotIndex) return door;
  const updated = { ...door, slots: [...door.slots] };
  updated.slots[slotIndex] = await session.secrets.use('store_key', (storeKey) =>
    sealSlot(slotRoot, door, slotIndex, { ...details, role, store_key: b64(storeKey) }),
  );
  if (!(await trySlots(slotRoot, updated))) throw new KeptError('not_opened');
  return updated;
}

/** Open whatever the words open. One Argon2id and four attempts, whatever the words are. Throws `no_match`. */
export async function unlockWithWords(session: Session, words: string, door: Door) {
  checkDoor(door);
  // Words that are too short cost the same, so the time of a refusal reveals nothing. Folded words are never a single
  // space, so a space stands for no words, which the engine would refuse at once.
  const root = await session.deriveRoot(foldWords(words) || ' ', checkKdf(kdfOfDoor(door), session.policy));
  const opened = await trySlots(root, door);
  if (!opened) throw new KeptError('no_match', 'Try again.');
  const { role, account, login, pins, store_key } = opened.content;
  await setOpenStore(session, role, opened.i, unb64(store_key), root);
  session.kdfHigh = Math.max(session.kdfHigh, pins.kdf_high);
  return { role, account, login, pins, short: opened.i === SHORT_SECRET_SLOT };
}

/**
 * Check that the words are those of the open store. Throws `no_match`. Changes nothing, so words of another role do
 * not open their store here. A short secret is refused although it opens the store: a confirmation asks for more than
 * what somebody could have guessed or seen.
 */
export async function checkOpenWords(session: Session, words: string, door: Door) {
  checkDoor(door);
  const root = await session.deriveRoot(foldWords(words) || ' ', checkKdf(kdfOfDoor(door), session.policy));
  const opened = await trySlots(root, door);
  const isMatch =
    opened !== null &&
    opened.i !== SHORT_SECRET_SLOT &&
    (await session.secrets.use('store_key', (storeKey) => opened.content.store_key === b64(storeKey)));
  if (!isMatch) throw new KeptError('no_match', 'Try again.');
}

export function openStoreRootId(session: Session): Promise<Bytes> {
  return session.secrets.use('store_key', deriveRootId);
}

export function sealBoxes(
  session: Session,
  records: readonly (readonly [Bytes, JsonObject, Bytes?])[],
): Promise<Bytes[]> {
  const { key } = session.openStore;
  return mapConcurrently(records, ([id, desc, bytes]) => sealBox(key, id, desc, bytes));
}

export async function openAllBoxes(session: Session, records: readonly (readonly [Bytes, Bytes])[]) {
  const opened = await openEachBox(session, records);
  if (opened.includes(null)) throw new KeptError('not_opened');
  return opened as OpenedBox[];
}

/**
 * Return for each record a key that opens only that one, without the store key; see diary/sync/locked_upload.js.
 * @param heads id and first bytes
 */
export function deriveBoxKeys(
  session: Session,
  heads: readonly (readonly [Bytes, Bytes])[],
): Promise<(BoxKey | null)[]> {
  const { key, olderKeys = [] } = session.openStore;
  return mapConcurrently(heads, async ([id, head]) => {
    for (const storeKey of [key, ...olderKeys]) {
      const boxKey = await deriveBoxKey(storeKey, id, head);
      if (boxKey) return boxKey;
    }
    return null;
  });
}

/** Return the store key for a slot: the open store's of that role, else the one these words open, else a new one. */
async function storeKeyForRole(session: Session, role: Role, existingKey: string | undefined): Promise<Bytes> {
  if (session.storeOrNull?.role === role) return session.secrets.use('store_key', (key) => key.slice());
  return existingKey ? unb64(existingKey) : randomBytes(32);
}

/** @param storeKey overwritten here */
async function setOpenStore(
  session: Session,
  role: Role,
  slotIndex: number,
  storeKey: Bytes,
  slotRoot: CryptoKey,
  olderKeys: CryptoKey[] = [],
) {
  session.storeOrNull = { role, slotIndex, key: await importKey(storeKey), slotRoot, olderKeys };
  await session.secrets.put('store_key', storeKey);
  storeKey.fill(0);
}

/** Return the public half of the capture pair that this session holds; makes a new pair when it holds none. */
async function ensureCapturePub(session: Session, door: Door): Promise<Bytes> {
  return session.secrets.has('capture') ? door.capture_pub : newCaptureKey(session);
}

export async function newCaptureKey(session: Session): Promise<Bytes> {
  const { scalar, pub } = await newKeyPair();
  await session.secrets.put('capture', scalar);
  scalar.fill(0);
  return pub;
}
