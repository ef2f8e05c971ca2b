/**
 * The sealed store of one unlocked diary: named records over the database's nameless table.
 *
 * The root record (at the id the vault derives from the store key) holds a random place seed; every other record lies
 * at the first 16 bytes of SHA-256(seed ‖ name). To anyone without the store key those ids are random, and no directory
 * has to be kept in step with the table.
 *
 * `root.typed` names the records of what is half-typed (`u/`, `us/`, `uw/`, `t/`): a store that is cleared keeps those.
 *
 * [Note: saved means saved] `change` answers only after its one transaction is done, every record it wrote has been
 * read back, found the same and opened again. If anything fails, the root in memory stays the one that was read.
 *
 * [Note: read in between] Reading waits for no change. Whoever reads several records one after the other may have some
 * from before a change and some from after it, and what does not fit together then says nothing: `wasWritten` tells,
 * and it is read again.
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

/** A record as it lies: its place and its sealed bytes */
type Lying = [id: Bytes, sealed: Bytes];
/** What the store asks of the crypto worker; the notebook's has no earlier keys (crypto/worker/drawer.js) */
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
  /** how many changes have been written: whoever read something can know whether it may be old */
  applied = 0;
  /** the change that is being written now; it never rejects */
  writing: Promise<void> | null = null;
  /** Nothing more is written: what was begun before the phone was cleared must not come after it. */
  closed = false;
  /** how often what was under way has been told to give way */
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
   * Reads the root; with `fresh`, begins an empty one.
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
      // The root leads to everything else, so it counts only under the key in use: see [Note: store keys].
      this.root = json(await this.vault.boxOpenNewest(this.rootId, sealed));
      if (earlier) await this.vault.loadEarlier(earlierId, earlier);
    }
    this.seed = unb64(this.root.seed);
  }

  /**
   * The vault has a store key of its own since the keys were changed: the root moves to where that one tells, and the
   * keys of before go beside it, in the change that is being put together. [Note: store keys] Records of before stay as
   * they are and open under those; root and identity open under the newest only, so nobody with an old key can put
   * theirs in.
   */
  async rekeyed(change: Change) {
    const [rootId, earlierId] = [await this.vault.rootId(), await this.vault.earlierId()];
    change.placed(this.rootId, null);
    change.placed(earlierId, await this.vault.sealEarlier(earlierId));
    this.rootId = rootId;
  }

  /**
   * Where the record of that name lies.
   * @returns 16 bytes
   */
  place(name: string): Bytes {
    const text = encoder.encode(name);
    const joined = new Uint8Array(this.seed.length + text.length);
    joined.set(this.seed);
    joined.set(text, this.seed.length);
    return this.digest(joined).slice(0, 16);
  }

  /**
   * Records as they lie, still sealed.
   * @returns in the order asked for
   */
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

  /** The same, and one that does not open stops no other: null for it too. */
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
   * What whoever wrote it there declares it to be.
   * @returns null when absent
   */
  async readJson<T = unknown>(name: string): Promise<T | null> {
    const opened = await this.read(name);
    return opened && json<T>(opened);
  }

  async readJsonMany<T = unknown>(names: readonly string[]): Promise<(T | null)[]> {
    return (await this.readMany(names)).map((opened) => opened && json<T>(opened));
  }

  /** @returns null for what is missing or does not open */
  async readJsonEach<T = unknown>(names: readonly string[]): Promise<(T | null)[]> {
    return (await this.readEach(names)).map((opened) => opened && json<T>(opened));
  }

  /**
   * Runs `fill` alone (never two at a time), then writes what it put together, root included, as one transaction.
   * @param fill `root` is a copy to alter
   * @param how `bulky`: parts of files, which may not have the room that is kept for words; `last`: gives way to
   *   nothing
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
   * The change that is being put together now comes to nothing, as in a crash: `locked` for whoever waits for it. A
   * year of messages being read in must not keep a phone from being cleared. One that is being written is written.
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
   * Whether anything was written since `applied` was `since`; waits for what is being written now. See [Note: read in
   * between].
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
   * @param opaque opened by the vault, not here
   * @throws store_lost when something is not there as written
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
