/**
 * The door: the first start, the first words, unlocking and locking.
 *
 * [Note: the first words] Everything that exists before there are words (a draft, files in the tray) lies under the
 * draft key. Making words seals all of it anew under the new store key first; then one transaction writes the door,
 * the root and the draft and takes the draft key away. A crash before that leaves the phone as it was, after it as it
 * will be; what the attempt left in the table is noise without its key.
 */
import { KeptError } from '../core/errors.js';
import { b64 } from '../core/bytes.js';
import { sha256Now } from '../crypto/digests.js';
import { draftKey, newDraftKey, newDraftKeyBytes, sealDraft, openDraft } from '../crypto/draft_key.js';
import { SCHEMAS } from '../record/schemas.js';
import { install, readDoor, readDraftKey } from '../store/beside.js';
import { grownChaff, seedChaff, spare } from '../store/chaff.js';
import { Index } from '../store/index.js';
import { Store } from '../store/store.js';
import { Book } from './book.js';
import { Custody } from './custody.js';
import { mendSlot } from './pins.js';
import { sweep } from './sealing.js';
import { Syncing } from './syncing.js';
import { rows } from './taking.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Identity} Identity */
/** @typedef {import('./types.d.ts').Vault} Vault */

/** What opening a diary takes after its words were right; every other answer of the lock is held back as long, so that none is told by its speed. ms */
const EVEN = 80;
const NOTHING = b64(new Uint8Array(32));

/** What a new diary's root says. @param {Record<string, any>} [account] */
export function newRoot(account = {}) {
  return {
    v: 1,
    count: 0,
    unregistered: null,
    segments: 0,
    draft: false,
    opened: 1,
    settings: null,
    packs: 0,
    line: { n: 0, prev: null },
    lines: {},
    feed: { seq: 0, head: NOTHING },
    outbox: [],
    uploads: [],
    fetch: [],
    filling: [],
    troubles: {},
    doubts: {},
    clock_offset: null,
    account: { registered: false, login: null, notary: null, log: null, recovery: 'todo', ...account },
  };
}

/** A worker ready to use, its lock engine warm. @param {Context} ctx @returns {Vault} */
export function vaultOf(ctx) {
  if (!ctx.vault) {
    const vault = ctx.makeVault();
    ctx.vault = vault;
    // Whoever needs the answer of the test asks for it again; here it only warms the engine.
    vault.selfTest().catch(() => undefined);
  }
  return ctx.vault;
}

/**
 * What this phone is: fresh (no words yet) or locked. Makes the door of a new install.
 * @param {Context} ctx @returns {Promise<{phase: 'fresh', key: CryptoKey} | {phase: 'locked', key: null}>}
 */
export async function lookAtPhone(ctx) {
  const vault = vaultOf(ctx);
  if (!(await readDoor(ctx.database))) await firstStart(ctx, await vault.newDoor());
  const kept = await readDraftKey(ctx.database);
  return kept ? { phase: 'fresh', key: await draftKey(kept) } : { phase: 'locked', key: null };
}

/** @param {Context} ctx @param {import('../store/beside.js').Door} door */
async function firstStart(ctx, door) {
  const key = await newDraftKey();
  try {
    await install(ctx.database, door, key, seedChaff(ctx.random));
    const there = await draftKey(await readDraftKey(ctx.database));
    await openDraft(there, await sealDraft(key, new Uint8Array(1)));
  } catch (error) {
    if (error instanceof KeptError && error.code === 'no_space') throw error;
    // A database that cannot hold a key object holds the key's bytes instead, for the same few minutes.
    await install(ctx.database, door, newDraftKeyBytes(), []);
  }
}

/**
 * Puts a diary behind words on a phone that has none.
 * @param {Context} ctx @param {string} words
 * @param {{identity: Identity, account?: Record<string, any>, behind: any}} diary
 * @param {(open: Open) => Promise<{fill: (root: Record<string, any>, change: import('../store/store.js').Change) => void}>} moveIn reseals what lies under the draft key
 * @returns {Promise<Open>}
 */
export async function putBehind(ctx, words, { identity, account, behind }, moveIn) {
  const vault = vaultOf(ctx);
  const door = await readDoor(ctx.database);
  if (!door || !(await readDraftKey(ctx.database))) throw new KeptError('phone_has_diary');
  const renewed = await vault.setSlot(/** @type {any} */ (door), words, 'diary', behind);
  // Nothing of a borrowed phone's is written, so there is nothing to hide among.
  const beside = ctx.borrowed ? { borrowed: true } : { chaff: await spare(ctx.database, await ctx.notebook.ids()) };
  const open = await makeOpen(ctx, vault, identity, { ...newRoot(account), ...beside });
  const { fill } = await moveIn(open);
  const place = open.store.place('identity');
  const sealed = await vault.sealIdentity(/** @type {any} */ (place));
  await open.store.change((root, change) => {
    fill(root, change);
    change.putSealed('identity', sealed);
    root.capture_pub = b64(renewed.capture_pub);
    change.beside('d', renewed);
    change.beside('k', null);
    change.beside('f', null);
  });
  await vault.loadIdentity(/** @type {any} */ (place), sealed); // it opens: see [Note: the first words]
  return open;
}

/** Opens what the words open. @param {Context} ctx @param {string} words @param {(open: Open) => void} shown once the newest rows are there @returns {Promise<Open|null>} null where the words are the notebook's @throws no_match */
export async function openWith(ctx, words, shown) {
  const vault = vaultOf(ctx);
  const door = await readDoor(ctx.database);
  if (!door) throw new KeptError('no_match');
  const tried = vault.unlock(words, /** @type {any} */ (door));
  const even = tried
    .then(
      () => undefined,
      () => undefined,
    )
    .then(
      () =>
        new Promise((go) => {
          ctx.timers.after(EVEN, () => go(undefined));
        }),
    );
  const { role, pins, short } = await tried.catch(async (error) => {
    await even;
    throw error;
  });
  if (role === 'cover') return even.then(() => null);
  const open = await makeOpen(ctx, vault, null, null);
  const [sealed] = await ctx.database.read([open.store.place('identity')]);
  if (!sealed) throw new KeptError('not_opened');
  const [identity] = await Promise.all([
    vault.loadIdentity(/** @type {any} */ (open.store.place('identity')), /** @type {any} */ (sealed)),
    open.index.load(() => void even.then(() => shown(open))),
  ]);
  await even;
  open.identity = identity;
  open.slot = pins;
  open.short = short;
  return open;
}

/** Work that can wait until the rows are on the screen. @param {Open} open */
export async function afterOpening(open) {
  await sweep(open.store);
  await mendSlot(open);
  await open.store.change((root, change) => {
    root.opened += 1;
    if (root.chaff) change.grow(grownChaff(open.store.random));
  });
  open.custody.overflow();
}

/** @param {Context} ctx @param {Vault} vault @param {Identity|null} identity @param {Record<string, any>|null} root @returns {Promise<Open>} */
async function makeOpen(ctx, vault, identity, root) {
  await vault.setSchemas(SCHEMAS);
  const store = new Store({ database: ctx.database, vault, digest: sha256Now, random: ctx.random });
  await store.open(root ?? undefined);
  const book = new Book({ store, vault, clock: ctx.clock, zone: ctx.zone });
  /** @type {Open} */
  const open = {
    vault,
    store,
    index: new Index(store),
    book,
    syncing: /** @type {any} */ (null),
    custody: new Custody(ctx, () => (ctx.open === open ? open : null)),
    urls: new Set(),
    identity: /** @type {Identity} */ (identity),
  };
  open.syncing = new Syncing(ctx, () => (ctx.open === open ? open : null));
  book.list = open.index;
  book.relist = (batch, incidents) => rows(batch, open, incidents, null);
  return open;
}

/** Everything unlocked goes: the worker with its keys, pictures on the page, rows, words. @param {Context} ctx */
export function forgetAll(ctx) {
  const { open, vault } = ctx;
  ctx.open = null;
  ctx.vault = null;
  open?.syncing.stop();
  open?.custody.stop();
  if (open) Object.assign(open, { typed: null, proved: null });
  for (const url of open?.urls ?? []) ctx.objectUrl.drop(url);
  open?.book.seen.clear();
  open?.index.rows.clear();
  open?.index.texts.clear();
  vault?.close();
  ctx.api.lock();
}
