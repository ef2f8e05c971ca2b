/**
 * The door: the first start, the first words, unlocking and locking.
 *
 * [Note: the first words] Before there are words, everything (a draft, files in the tray) is sealed under the draft
 * key. Making words first seals all of it again under the new store key. Then one transaction writes the door, the
 * root and the draft and removes the draft key. A crash before it leaves the phone unchanged, a crash after it
 * complete. What a failed attempt left in the table is noise without its key.
 */
import { KeptError } from '../../core/errors.js';
import { b64 } from '../../core/bytes.js';
import { createYield } from '../../core/slices.js';
import { sha256Sync } from '../../crypto/digests.js';
import { importDraftKey, newDraftKey, newDraftKeyBytes, sealDraft, openDraft } from '../../crypto/worker/draft_key.js';
import { SCHEMAS } from '../../record/vocabulary/schemas.js';
import { installDevice, readDoor, readDraftKey } from '../../store/device_meta.js';
import { growthChaff, seedChaff, unclaimedChaff } from '../../store/chaff.js';
import { Index } from '../../store/index.js';
import { Store } from '../../store/store.js';
import { DiaryRecords } from '../records/record_store.js';
import { Custody } from '../attachments/custody.js';
import { tryBothForms } from './typed_words.js';
import { refreshSlot } from '../sync/pins.js';
import { deleteHalfFiles } from '../attachments/sealing.js';
import { rewriteRows } from '../sync/apply_feed.js';
import type { Door, DraftKey } from '../../store/device_meta.js';
import type { Change } from '../../store/pending.js';
import type { Root, Account, NewRoot } from '../../store/root.js';
import type { SlotDetails } from '../../crypto/worker/doors.js';
import type { Context, Identity, Open, Vault } from '../types.js';

/**
 * Time that opening a diary takes after the right words, ms. Every other answer of the lock is delayed as long, so
 * that its speed reveals nothing.
 */
const EVEN = 80;
const EMPTY_HEAD = b64(new Uint8Array(32));

/** Return the root of a new diary. */
export function newRoot(account: Partial<Account> = {}): NewRoot<Root> {
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
    feed: { seq: 0, head: EMPTY_HEAD },
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

/** Return a worker that is ready, its key derivation warmed up. */
export function ensureVault(ctx: Context): Vault {
  if (!ctx.vault) {
    const vault = ctx.makeVault();
    ctx.vault = vault;
    // The result of the self-test is requested again where it is needed; here it only warms up the engine.
    vault.selfTest().catch(() => undefined);
  }
  return ctx.vault;
}

/** Return whether this phone is fresh (no words yet) or locked. Make the door of a new install. */
export async function readPhoneState(
  ctx: Context,
): Promise<{ phase: 'fresh'; key: CryptoKey } | { phase: 'locked'; key: null }> {
  const vault = ensureVault(ctx);
  if (!(await readDoor(ctx.database))) await firstStart(ctx, await vault.newDoor());
  const storedKey = await readDraftKey(ctx.database);
  return storedKey ? { phase: 'fresh', key: await importDraftKey(storedKey) } : { phase: 'locked', key: null };
}

async function firstStart(ctx: Context, door: Door) {
  const key = await newDraftKey();
  try {
    await installDevice(ctx.database, door, key, seedChaff(ctx.random));
    const storedKey = await importDraftKey((await readDraftKey(ctx.database)) as DraftKey);
    await openDraft(storedKey, await sealDraft(key, new Uint8Array(1)));
  } catch (error) {
    if (error instanceof KeptError && error.code === 'no_space') throw error;
    // A database that cannot store a key object stores the key's bytes instead, for the same few minutes.
    await installDevice(ctx.database, door, newDraftKeyBytes(), []);
  }
}

/**
 * Put a diary behind words on a phone that has none.
 * @param reseal reseals what is under the draft key
 */
export async function createDiary(
  ctx: Context,
  words: string,
  { identity, account, behind: slotData }: { identity: Identity; account?: Partial<Account>; behind: SlotDetails },
  reseal: (open: Open) => Promise<{ fill: (root: Root, change: Change) => void }>,
): Promise<Open> {
  const vault = ensureVault(ctx);
  const door = await readDoor(ctx.database);
  if (!door || !(await readDraftKey(ctx.database))) throw new KeptError('phone_has_diary');
  const newDoor = await vault.setSlot(door, words, 'diary', slotData);
  // A borrowed phone stores nothing of its own, so there is nothing to hide among chaff.
  const chaffFields = ctx.borrowed
    ? { borrowed: true }
    : { chaff: await unclaimedChaff(ctx.database, await ctx.notebook.ids()) };
  const open = await makeOpen(ctx, vault, identity, { ...newRoot(account), ...chaffFields });
  const { fill } = await reseal(open);
  const place = open.store.idOf('identity');
  const sealed = await vault.sealIdentity(place);
  await open.store.change((root, change) => {
    fill(root, change);
    change.putSealed('identity', sealed);
    root.capture_pub = b64(newDoor.capture_pub);
    change.beside('d', newDoor);
    change.beside('k', null);
    change.beside('f', null);
  });
  await vault.loadIdentity(place, sealed); // check that it opens: see [Note: the first words]
  return open;
}

/**
 * Open what the words open. See [Note: typed without care] in typed_words.ts.
 * @param onShown called once the newest rows are loaded
 * @returns null for the notebook's words
 * @throws no_match
 */
export async function openDiary(ctx: Context, words: string, onShown: (open: Open) => void): Promise<Open | null> {
  const vault = ensureVault(ctx);
  const door = await readDoor(ctx.database);
  if (!door) throw new KeptError('no_match');
  const attempt = tryBothForms(words, async (tried) => ({ ...(await vault.unlock(tried, door)), tried }));
  const minimumDelay = attempt
    .then(
      () => undefined,
      () => undefined,
    )
    .then(
      () =>
        new Promise((resolve) => {
          ctx.timers.after(EVEN, () => resolve(undefined));
        }),
    );
  const { role, pins, short, tried } = await attempt.catch(async (error) => {
    await minimumDelay;
    throw error;
  });
  if (role === 'cover') return minimumDelay.then(() => null);
  const open = await makeOpen(ctx, vault, null, null);
  const [sealed] = await ctx.database.read([open.store.idOf('identity')]);
  if (!sealed) throw new KeptError('not_opened');
  const [identity] = await Promise.all([
    vault.loadIdentity(open.store.idOf('identity'), sealed),
    open.index.load(() => void minimumDelay.then(() => onShown(open))),
  ]);
  await minimumDelay;
  open.identity = identity;
  open.slot = pins;
  open.short = short;
  // A short secret signs nobody in and proves nothing.
  open.typed = short ? null : tried;
  return open;
}

/** Do the work that can wait until the rows are on the screen. */
export async function finishOpening(open: Open) {
  await deleteHalfFiles(open.store, open.halfFiles);
  await refreshSlot(open);
  await open.store.change((root, change) => {
    root.opened += 1;
    if (root.chaff) change.addChaff(growthChaff(open.store.random));
  });
  open.custody.flushIfMany();
}

async function makeOpen(
  ctx: Context,
  vault: Vault,
  identity: Identity | null,
  root: NewRoot<Root> | null,
): Promise<Open> {
  await vault.setSchemas(SCHEMAS);
  const store = new Store({
    database: ctx.database,
    vault,
    digest: sha256Sync,
    random: ctx.random,
    pause: createYield(ctx),
  });
  await store.open(root ?? undefined);
  const book = new DiaryRecords({ store, vault, clock: ctx.clock, zone: ctx.zone });
  const open: Open = {
    vault,
    store,
    index: new Index(store),
    book,
    syncing: null,
    custody: new Custody(ctx, () => (ctx.open === open ? open : null)),
    urls: new Set(),
    halfFiles: store.root.filling,
    identity: identity as Identity,
  } as Omit<Open, 'syncing'> as Open; // `syncing` is set on the next line, from `open`
  open.syncing = ctx.makeSync(() => (ctx.open === open ? open : null));
  book.pushes = open.index;
  book.relist = (batch, incidents) => rewriteRows(batch, open, incidents, null);
  return open;
}

/** Drop everything unlocked: the worker with its keys, pictures on the page and being copied, rows and text. */
export function dropUnlocked(ctx: Context) {
  const { open, vault } = ctx;
  ctx.open = null;
  ctx.vault = null;
  ctx.pageEngine?.stop();
  ctx.pageEngine?.forget();
  ctx.pictureReader?.stop();
  ctx.pictures.end?.();
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
