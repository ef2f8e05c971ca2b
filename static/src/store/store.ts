/**
 * The sealed store of one unlocked diary: named records over the database's nameless table.
 *
 * The root record (at the id that the vault derives from the store key) holds a random place seed. Every other record
 * lies at the first 16 bytes of SHA-256(seed ‖ name). Without the store key those ids look random, and no directory
 * has to be kept in step with the table.
 *
 * `root.typed` names the records of unsaved text (`u/`, `us/`, `uw/`, `t/`): clearing a store keeps those.
 *
 * [Note: saved means saved] `change` resolves only after its one transaction completed and every record it wrote was
 * read back, compared and opened again. If anything fails, the root in memory stays the one that was read.
 *
 * [Note: read in between] A read does not wait for a change. Code that reads several records in turn may get some
 * from before a change and some from after it, and a mismatch then proves nothing. `changedSince` detects this, and
 * the caller reads again.
 */
import { KeptError } from '../core/errors.js';
import { b64, isSame, unb64 } from '../core/bytes.js';
import { Pending, noteTyped } from './pending.js';
import { goWithVersions } from './segment_texts.js';
import { Swapping } from './swapping.js';
import type { Bytes } from '../core/bytes.js';
import type { Opened } from '../crypto/box.js';
import type { Database } from './database.js';
import type { Change } from './pending.js';
import type { FreshRoot, Root, SealedRoot } from './root.js';
import type { Sealing } from './swapping.js';

/** A stored record: its id and its sealed bytes */
type Lying = [id: Bytes, sealed: Bytes];
/** What the store needs from the crypto worker; the notebook's vault has no earlier keys (crypto/worker/drawer.js) */
type Vault = {
  rootId(): Promise<Bytes>;
  boxSealMany(records: Sealing[]): Promise<Bytes[]>;
  boxOpenMany(pairs: Lying[]): Promise<Opened[]>;
  boxOpenEach(pairs: Lying[]): Promise<(Opened | null)[]>;
  boxOpenNewest(id: Bytes, sealed: Bytes): Promise<Opened>;
  earlierId(): Promise<Bytes>;
  sealEarlier(id: Bytes): Promise<Bytes>;
  loadEarlier(id: Bytes, sealed: Bytes): Promise<void>;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Store<R extends SealedRoot = Root> {
  database: Database;
  vault: Vault;
  digest: (bytes: Uint8Array) => Bytes;
  random: (n: number) => Uint8Array;
  root: R = {} as R;
  rootId: Bytes = new Uint8Array(16);
  seed: Uint8Array = new Uint8Array(32);
  turn: Promise<unknown> = Promise.resolve();
  /** number of changes written: readers compare it to know whether their data may be old */
  applied = 0;
  /** the change that is being written now; it never rejects */
  writing: Promise<void> | null = null;
  /** Nothing more is written: a change begun before the phone was cleared must not land after it. */
  closed = false;
  /** number of times that unfinished changes were aborted */
  given = 0;
  swapping: Swapping<R>;

  constructor({
    database,
    vault,
    digest,
    random,
  }: {
    database: Database;
    vault: Vault;
    digest: (bytes: Uint8Array) => Bytes;
    random: (n: number) => Uint8Array;
  }) {
    this.database = database;
    this.vault = vault;
    this.digest = digest;
    this.random = random;
    this.swapping = new Swapping(this);
  }

  /**
   * Read the root; with `newRoot`, create one.
   * @throws not_opened when there is no root
   */
  async open(fresh?: FreshRoot<R>) {
    this.rootId = await this.vault.rootId();
    if (fresh) {
      this.root = { ...fresh, seed: b64(this.random(32)) } as R;
    } else {
      const earlierId = await this.vault.earlierId();
      const [sealed, earlier] = await this.database.read([this.rootId, earlierId]);
      if (!sealed) throw new KeptError('not_opened');
      // The root leads to everything else, so only the current key may open it: see [Note: store keys].
      this.root = json(await this.vault.boxOpenNewest(this.rootId, sealed));
      if (earlier) await this.vault.loadEarlier(earlierId, earlier);
    }
    this.seed = unb64(this.root.seed);
  }

  /**
   * Move the root to the id of the vault's new store key after a change of keys, and store the earlier keys next to
   * it, in the given change. [Note: store keys] Older records stay as they are and open under the earlier keys. Root
   * and identity open under the newest key only, so nobody with an old key can plant their own.
   */
  async rekeyed(change: Change) {
    const [rootId, earlierId] = [await this.vault.rootId(), await this.vault.earlierId()];
    change.placed(this.rootId, null);
    change.placed(earlierId, await this.vault.sealEarlier(earlierId));
    this.rootId = rootId;
  }

  /** Return the id of the record with that name, 16 bytes. */
  place(name: string): Bytes {
    const text = encoder.encode(name);
    const joined = new Uint8Array(this.seed.length + text.length);
    joined.set(this.seed);
    joined.set(text, this.seed.length);
    return this.digest(joined).slice(0, 16);
  }

  /** Return records still sealed, in the order asked for. */
  async lying(names: readonly string[]): Promise<{ id: Bytes; sealed: Bytes | null }[]> {
    if (!names.length) return [];
    const ids = names.map((name) => this.place(name));
    const sealed = await this.database.read(ids);
    return ids.map((id, i) => ({ id, sealed: sealed[i] ?? null }));
  }

  /**
   * @returns in the order asked for; null where there is none
   * @throws not_opened
   */
  readMany(names: readonly string[]): Promise<(Opened | null)[]> {
    return this.readBy(names, (pairs) => this.vault.boxOpenMany(pairs));
  }

  /** Like `readMany`, but a record that does not open is null and stops no other. */
  readEach(names: readonly string[]): Promise<(Opened | null)[]> {
    return this.readBy(names, (pairs) => this.vault.boxOpenEach(pairs));
  }

  async readBy(
    names: readonly string[],
    open: (pairs: Lying[]) => Promise<(Opened | null)[]>,
  ): Promise<(Opened | null)[]> {
    const lying = await this.lying(names);
    const pairs = lying.flatMap(({ id, sealed }) => (sealed ? [[id, sealed] as Lying] : []));
    const opened = pairs.length ? await open(pairs) : [];
    let next = 0;
    return lying.map(({ sealed }) => (sealed ? (opened[next++] ?? null) : null));
  }

  async read(name: string): Promise<Opened | null> {
    const [opened] = await this.readMany([name]);
    return opened ?? null;
  }

  /**
   * Return parsed JSON; the caller declares its type, which is not checked.
   * @returns null when absent
   */
  async readJson<T = unknown>(name: string): Promise<T | null> {
    const opened = await this.read(name);
    return opened && json<T>(opened);
  }

  async readJsonMany<T = unknown>(names: readonly string[]): Promise<(T | null)[]> {
    return (await this.readMany(names)).map((opened) => opened && json<T>(opened));
  }

  /** @returns null for a record that is missing or does not open */
  async readJsonEach<T = unknown>(names: readonly string[]): Promise<(T | null)[]> {
    return (await this.readEach(names)).map((opened) => opened && json<T>(opened));
  }

  /**
   * Run `fill` alone (never two at a time), then write what it put together, root included, as one transaction.
   * @param fill `root` is a copy to alter
   * @param options `bulky`: parts of files, which may not use the space reserved for text; `uninterruptible`: not
   *   stopped by `abortPending`
   * @returns what `fill` returned, once saved
   */
  change<T>(
    fill: (root: R, change: Change) => T | Promise<T>,
    { bulky = false, last = false }: { bulky?: boolean; last?: boolean } = {},
  ): Promise<T> {
    const mine = this.turn.then(() => this.apply(fill, bulky, last));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /**
   * Abort the change being put together, as a crash would: its caller gets `locked`. Importing a year of messages
   * must not delay clearing a phone. A change that is already being written completes.
   */
  giveWay() {
    this.given++;
  }

  async apply<T>(fill: (root: R, change: Change) => T | Promise<T>, bulky: boolean, last: boolean): Promise<T> {
    if (this.closed) throw new KeptError('locked');
    const root = structuredClone(this.root);
    const { given } = this;
    const pending = new Pending(() => !last && this.given !== given);
    const result = await fill(root, pending);
    await pending.finish();
    noteTyped(root, pending.records);
    goWithVersions(root, pending);
    const { records, opaque, drop } = pending.sorted(this);
    const sealed = await this.vault.boxSealMany([...records, this.rootRecord(root)]);
    const written: Lying[] = records.map(([id], i) => [id, sealed[i] as Bytes]);
    const ending = await this.swapping.withRoot(
      root,
      sealed.at(-1) as Bytes,
      [...written, ...opaque],
      pending.stays ? null : drop,
      pending.grown,
    );
    written.push([this.rootId, ending.root]);
    const only = pending.stays && [
      this.rootId,
      ...pending.stays.names.map((name) => this.place(name)),
      ...pending.stays.ids,
    ];
    const wrote = (async () => {
      await this.database.write({
        put: [...written, ...opaque, ...pending.grown, ...ending.put],
        drop: [...drop, ...ending.drop],
        beside: pending.values,
        untray: pending.taken,
        bulky,
        ...(only ? { only } : {}),
      });
      await this.readBack(written, opaque);
      this.swapping.note([...written, ...opaque], drop);
      this.root = root;
      this.applied++;
    })();
    this.writing = wrote
      .catch(() => undefined)
      .then(() => {
        this.writing = null;
      });
    await wrote;
    for (const act of pending.afterwards) act();
    return result;
  }

  /**
   * Tell whether anything was written since `changeCount` was `since`; wait for a write in progress. See [Note: read
   * in between].
   */
  async wasWritten(since: number): Promise<boolean> {
    const { writing } = this;
    await writing;
    return writing !== null || this.applied !== since;
  }

  rootRecord(root: R): Sealing {
    return [this.rootId, { k: 'root' }, encoder.encode(JSON.stringify(root))];
  }

  /**
   * @param opaque records sealed by the vault, which are not opened here
   * @throws store_lost if a record differs from what was written
   */
  async readBack(written: Lying[], opaque: [Uint8Array, Uint8Array][]) {
    const all = [...written, ...opaque];
    const found = await this.database.read(all.map(([id]) => id));
    all.forEach(([, bytes], i) => {
      const there = found[i];
      if (!there || !isSame(there, bytes)) throw new KeptError('store_lost');
    });
    await this.vault.boxOpenMany(written.map(([id], i) => [id, found[i] as Bytes]));
  }
}

function json<T>(opened: Opened): T {
  return JSON.parse(decoder.decode(opened.bytes));
}
