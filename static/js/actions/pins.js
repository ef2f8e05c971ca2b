/**
 * The server's key as this phone pins it: in the root, and in the slot that the words open.
 *
 * [Note: one moment] Whoever takes a key over has judged it before (log.js, server_key.js). Root and open slot change in one
 * transaction, and the door is read inside it, so that it never undoes new words or a short secret made at the same time. The
 * other slot of a diary, if there is one, follows when it is next opened: sealing it takes its own secret.
 */
import { readDoor } from '../store/beside.js';

/** @typedef {import('./types.d.ts').Open} Open */

export const NO_PINS = Object.freeze({ notary: null, log: null, kdf_high: 0 });

/** What a slot says beside its key. @param {Open} open @param {Record<string, any>} [account] @returns {Promise<{account: string, login: string, pins: any}>} */
export async function behindOf({ vault, store, identity }, { login, notary, log } = store.root.account) {
  return { account: identity.account, login: login ?? '', pins: notary ? { notary, log, kdf_high: await vault.kdfHigh() } : { ...NO_PINS } };
}

/** Takes a key over that has been judged: see [Note: one moment]. @param {Open} open @param {(account: Record<string, any>) => void} take changes what the root says of the account */
export async function pinKey(open, take) {
  await open.store.change(async (root, change) => {
    const { notary, log } = root.account;
    take(root.account);
    if (root.account.notary !== notary || root.account.log !== log) change.beside('d', await renewedDoor(open, root.account));
  });
}

/** The slot that was opened says what the root says; after a key was taken over through the other one it does not. @param {Open} open */
export async function mendSlot(open) {
  const { account } = open.store.root;
  if (!account.registered || !open.slot || (open.slot.notary === account.notary && open.slot.log === account.log)) return;
  await open.store.change(async (root, change) => { change.beside('d', await renewedDoor(open, root.account)); });
  open.slot = { ...open.slot, notary: account.notary, log: account.log };
}

/** @param {Open} open @param {Record<string, any>} account */
async function renewedDoor(open, account) {
  const door = await readDoor(open.store.database);
  return open.vault.renewSlot(/** @type {any} */ (door), await behindOf(open, account));
}
