/**
 * The server's key as this phone pins it: in the root, and in the slot that the words open.
 *
 * [Note: one moment] The caller has already judged the key (log.js, server_key.js). Root and open slot change in one
 * transaction, and the door is read inside it, so that new words or a short secret made at the same time are not
 * undone. A second slot of the diary is updated when it is next opened: sealing it takes its own secret.
 */
import { b64 } from '../../core/bytes.js';
import { sha256Sync } from '../../crypto/digests.js';
import { SHORT_SECRET_SLOT } from '../../crypto/slots.js';
import { readDoor } from '../../store/device_meta.js';
import type { Door } from '../../crypto/slots.js';
import type { Root, Account } from '../../store/root.js';
import type { SlotDetails } from '../../crypto/worker/doors.js';
import type { Open } from '../types.js';

export const NO_PINS = Object.freeze({ notary: null, log: null, kdf_high: 0 });

/** Return what a slot stores next to its key. */
export async function slotDataOf(
  { vault, store, identity }: Open,
  { login, notary, log }: Pick<Account, 'login' | 'notary' | 'log'> = store.root.account,
): Promise<SlotDetails & { account: string }> {
  return {
    account: identity.account,
    login: login ?? '',
    pins: notary ? { notary, log, kdf_high: await vault.kdfHigh() } : { ...NO_PINS },
  };
}

/**
 * Take over a key that has been judged: see [Note: one moment].
 * @param update changes the root's account
 */
export async function pinKey(open: Open, update: (account: Account) => void) {
  await open.store.change(async (root, change) => {
    const { notary, log } = root.account;
    update(root.account);
    if (root.account.notary !== notary || root.account.log !== log) change.beside('d', await renewDoor(open, root));
  });
}

/** Update the opened slot from the root: it is out of date after a key was taken over through the other slot. */
export async function refreshSlot(open: Open) {
  const { account } = open.store.root;
  if (!account.registered || !open.slot || (open.slot.notary === account.notary && open.slot.log === account.log))
    return;
  await open.store.change(async (root, change) => {
    change.beside('d', await renewDoor(open, root));
  });
  open.slot = { ...open.slot, notary: account.notary, log: account.log };
}

async function renewDoor(open: Open, root: Root) {
  const door = await readDoor(open.store.database);
  const renewed = await open.vault.renewSlot(door as Door, await slotDataOf(open, root.account));
  updateShortDigest(open, root, renewed);
  return renewed;
}

/**
 * Return a digest of the short secret's slot. Wrong tries and new keys make the slot random again unnoticed
 * (tries.js), and only this digest shows it.
 */
export function shortSlotDigest({ slots }: Door) {
  return b64(sha256Sync(slots[SHORT_SECRET_SLOT] as Uint8Array));
}

/** Record the new digest when the slot is sealed again while the diary is open by its short secret. */
export function updateShortDigest({ short }: Open, root: Root, door: Door) {
  if (short && root.short) root.short = shortSlotDigest(door);
}
