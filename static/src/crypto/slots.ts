/**
 * The door of an installation (its lock) and its four slots: docs/formats.md, section 4a.
 *
 * [Note: four slots] Every installation has four slots of 1,144 random-looking bytes from its first start. Nobody can
 * tell from outside which of them hold anything. Every attempt with some words costs one Argon2id and the same four
 * openings, whatever they match.
 */
import { b64, concat, randomBytes, utf8 } from '../core/bytes.js';
import { canonicalBytes, parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import * as cobblestone from './cobblestone.js';
import { hkdf, sha256Sync } from './digests.js';
import { LOCAL_ORIGIN } from './kdf.js';
import { padTo, unpad } from './padding.js';
import type { Bytes } from '../core/bytes.js';
import type { KdfCost } from './argon2.js';
import type { Kdf } from './kdf.js';

export type Role = 'diary' | 'cover';
export type Pins = { notary: string | null; log: string | null; kdf_high: number };
type SlotContent = { account: string | null; login: string; pins: Pins; role: Role; store_key: string };
export type Door = { install: Bytes; salt: Bytes; m: number; t: number; slots: Bytes[]; capture_pub: Bytes };

export const SLOT_COUNT = 4;
export const SLOT_BYTES = 1144;
/** The slot of the short secret, in every installation. */
export const SHORT_SECRET_SLOT = 3;
const SLOT_PLAINTEXT = SLOT_BYTES - cobblestone.HEAD_BYTES - cobblestone.TAG_BYTES;
const SLOT_LABEL = 'kept/slot\0';
// Without the fourth slot: it belongs to the short secret in every installation.
const SLOT_ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/**
 * Return the door of a new installation: all slots are empty.
 * @param capturePub 65 bytes
 */
export function newDoor({ m, t }: KdfCost, capturePub: Bytes): Door {
  const slots = Array.from({ length: SLOT_COUNT }, () => randomBytes(SLOT_BYTES));
  return { install: randomBytes(16), salt: randomBytes(16), m, t, slots, capture_pub: capturePub };
}

/** Return a door's parameters as a `kdf` without name or host. */
export function kdfOfDoor({ salt, m, t }: Door): Kdf {
  return { alg: 'argon2id', login: '', m, origin: LOCAL_ORIGIN, p: 1, salt: b64(salt), t };
}

/**
 * Return the slot of a role. It is derived from the install id, so nothing is stored and setting one role can never
 * overwrite another. Knowing it does not reveal whether the slot is used.
 */
export function slotIndexOf({ install }: Door, role: Role): number {
  const [digestByte = 0] = sha256Sync(utf8(SLOT_LABEL), install);
  const order = SLOT_ORDERS[digestByte % SLOT_ORDERS.length] as number[];
  return order[role === 'diary' ? 0 : 1] as number;
}

/**
 * Derive the store key of the notebook. Anyone with this phone's storage can derive it: the notebook is what others
 * may see, and it must open without any words when the keeper leaves in a hurry.
 */
export function deriveNotebookKey({ install }: Door): Promise<Bytes> {
  return hkdf(install, 'kept/notebook\0');
}

/** Return the door with its short-secret slot emptied: the result looks the same whether the slot was used or not. */
export function clearShortSecret(door: Door): Door {
  const slots = [...door.slots];
  slots[SHORT_SECRET_SLOT] = randomBytes(SLOT_BYTES);
  return { ...door, slots };
}

/**
 * Seal one slot.
 * @param root ROOT_L of the words
 * @returns 1,144 bytes
 */
export async function sealSlot(root: CryptoKey, door: Door, slotIndex: number, content: SlotContent): Promise<Bytes> {
  const padded = padTo([canonicalBytes(content)], SLOT_PLAINTEXT);
  return cobblestone.seal(await slotKey(root, slotIndex), slotContext(door, slotIndex), padded);
}

/**
 * Return the slot that the words open, or null. Tries all four with the same work.
 * @param root ROOT_L of the words
 */
export async function trySlots(root: CryptoKey, door: Door): Promise<{ i: number; content: SlotContent } | null> {
  const opened = await Promise.all(
    Array.from({ length: SLOT_COUNT }, async (_, slotIndex) =>
      cobblestone.tryOpen(await slotKey(root, slotIndex), slotContext(door, slotIndex), door.slots[slotIndex] as Bytes),
    ),
  );
  const slotIndex = opened.findIndex((plaintext) => plaintext !== null);
  const plaintext = opened[slotIndex];
  if (!plaintext) return null;
  const content = parseCanonicalObject(unpad(plaintext)) as SlotContent;
  return { i: slotIndex, content };
}

/** Check that a door is usable. Throws `bad_request` when its parts have the wrong lengths. */
export function checkDoor(door: Door) {
  const isValid =
    door.install.length === 16 &&
    door.salt.length === 16 &&
    door.slots.length === SLOT_COUNT &&
    door.slots.every((slot) => slot.length === SLOT_BYTES);
  if (!isValid) throw new KeptError('bad_request', 'What this phone keeps for its lock is damaged.');
}

async function slotKey(root: CryptoKey, slotIndex: number): Promise<CryptoKey> {
  return cobblestone.importKey(await hkdf(root, SLOT_LABEL, Uint8Array.of(slotIndex)));
}

function slotContext({ install }: Door, slotIndex: number): Bytes {
  return concat(utf8(SLOT_LABEL), install, Uint8Array.of(slotIndex));
}
