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
import { slicesBySize } from '../core/slices.js';
import { b64, bytesEqual, unb64 } from '../core/bytes.js';
import { PendingChange, noteUnsavedText } from './pending.js';
import { dropWithVersions } from './segment_texts.js';
import { ChaffSwap } from './swapping.js';
import type { Bytes } from '../core/bytes.js';
import type { OpenedBox } from '../crypto/box.js';
import type { Database } from './database.js';
import type { Change } from './pending.js';
import type { NewRoot, Root, SealedRoot } from './root.js';
import type { RecordToSeal } from './swapping.js';

/** A stored record: its id and its sealed bytes */
type SealedRecord = [id: Bytes, sealed: Bytes];
/** What the store needs from the crypto worker; the notebook's vault has no earlier keys (crypto/worker/drawer.js) */
type Vault = {
  rootId(): Promise<Bytes>;
  boxSealMany(records: RecordToSeal[]): Promise<Bytes[]>;
  boxOpenMany(pairs: SealedRecord[]): Promise<OpenedBox[]>;
  boxOpenEach(pairs: SealedRecord[]): Promise<(OpenedBox | null)[]>;
  boxOpenNewest(id: Bytes, sealed: Bytes): Promise<OpenedBox>;
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
  /** lets the screen redraw during long work on the main thread */
  pause: () => Promise<void>;
  root: R = {} as R;
  rootId: Bytes = new Uint8Array(16);
  seed: Uint8Array = new Uint8Array(32);
  queue: Promise<unknown> = Promise.resolve();
  /** number of changes written: readers compare it to know whether their data may be old */
  changeCount = 0;
  /** the change that is being written now; it never rejects */
  writing: Promise<void> | null = null;
  /** Nothing more is written: a change begun before the phone was cleared must not land after it. */
  isClosed = false;
  /** number of times that unfinished changes were aborted */
  abortCount = 0;
  chaffSwap: ChaffSwap<R>;

  constructor({
    database,
    vault,
    digest,
    random,
    pause = async () => undefined,
  }: {
    database: Database;
    vault: Vault;
    digest: (bytes: Uint8Array) => Bytes;
    random: (n: number) => Uint8Array;
    pause?: () => Promise<void>;
  }) {
    this.database = database;
    this.vault = vault;
    this.digest = digest;
    this.random = random;
    this.pause = pause;
    this.chaffSwap = new ChaffSwap(this);
  }

  /**
   * Read the root; with `newRoot`, create one.
   * @throws not_opened when there is no root
   */
  async open(newRoot?: NewRoot<R>) {
    this.rootId = await this.vault.rootId();
    if (newRoot) {
      this.root = { ...newRoot, seed: b64(this.random(32)) } as R;
    } else {
      const earlierId = await this.vault.earlierId();
      const [sealed, earlier] = await this.database.read([this.rootId, earlierId]);
      if (!sealed) throw new KeptError('not_opened');
      // The root leads to everything else, so only the current key may open it: see [Note: store keys].
      this.root = parseJson(await this.vault.boxOpenNewest(this.rootId, sealed));
      if (earlier) await this.vault.loadEarlier(earlierId, earlier);
    }
    this.seed = unb64(this.root.seed);
  }

  /**
   * Move the root to the id of the vault's new store key after a change of keys, and store the earlier keys next to
   * it, in the given change. [Note: store keys] Older records stay as they are and open under the earlier keys. Root
   * and identity open under the newest key only, so nobody with an old key can plant their own.
   */
  async moveRoot(change: Change) {
    const [rootId, earlierId] = [await this.vault.rootId(), await this.vault.earlierId()];
    change.putAt(this.rootId, null);
    change.putAt(earlierId, await this.vault.sealEarlier(earlierId));
    this.rootId = rootId;
  }

  /** Return the id of the record with that name, 16 bytes. */
  idOf(name: string): Bytes {
    const text = encoder.encode(name);
    const joined = new Uint8Array(this.seed.length + text.length);
    joined.set(this.seed);
    joined.set(text, this.seed.length);
    return this.digest(joined).slice(0, 16);
  }

  /** Return records still sealed, in the order asked for. */
  async readSealed(names: readonly string[]): Promise<{ id: Bytes; sealed: Bytes | null }[]> {
    if (!names.length) return [];
    const ids = names.map((name) => this.idOf(name));
    const sealed = await this.database.read(ids);
    return ids.map((id, i) => ({ id, sealed: sealed[i] ?? null }));
  }

  /**
   * @returns in the order asked for; null where there is none
   * @throws not_opened
   */
  readMany(names: readonly string[]): Promise<(OpenedBox | null)[]> {
    return this.readWith(names, (pairs) => this.vault.boxOpenMany(pairs));
  }

  /** Like `readMany`, but a record that does not open is null and stops no other. */
  readEach(names: readonly string[]): Promise<(OpenedBox | null)[]> {
    return this.readWith(names, (pairs) => this.vault.boxOpenEach(pairs));
  }

  async readWith(
    names: readonly string[],
    open: (pairs: SealedRecord[]) => Promise<(OpenedBox | null)[]>,
  ): Promise<(OpenedBox | null)[]> {
    const stored = await this.readSealed(names);
    const pairs = stored.flatMap(({ id, sealed }) => (sealed ? [[id, sealed] as SealedRecord] : []));
    const opened = pairs.length ? await open(pairs) : [];
    let nextOpened = 0;
    return stored.map(({ sealed }) => (sealed ? (opened[nextOpened++] ?? null) : null));
  }

  async read(name: string): Promise<OpenedBox | null> {
    const [opened] = await this.readMany([name]);
    return opened ?? null;
  }

  /**
   * Return parsed JSON; the caller declares its type, which is not checked.
   * @returns null when absent
   */
  async readJson<T = unknown>(name: string): Promise<T | null> {
    const opened = await this.read(name);
    return opened && parseJson<T>(opened);
  }

  async readJsonMany<T = unknown>(names: readonly string[]): Promise<(T | null)[]> {
    return (await this.readMany(names)).map((opened) => opened && parseJson<T>(opened));
  }

  /** @returns null for a record that is missing or does not open */
  async readJsonEach<T = unknown>(names: readonly string[]): Promise<(T | null)[]> {
    return (await this.readEach(names)).map((opened) => opened && parseJson<T>(opened));
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
    { bulky = false, uninterruptible = false }: { bulky?: boolean; uninterruptible?: boolean } = {},
  ): Promise<T> {
    const running = this.queue.then(() => this.runChange(fill, bulky, uninterruptible));
    this.queue = running.catch(() => undefined);
    return running;
  }

  /**
   * Abort the change being put together, as a crash would: its caller gets `locked`. Importing a year of messages
   * must not delay clearing a phone. A change that is already being written completes.
   */
  abortPending() {
    this.abortCount++;
  }

  async runChange<T>(
    fill: (root: R, change: Change) => T | Promise<T>,
    bulky: boolean,
    uninterruptible: boolean,
  ): Promise<T> {
    if (this.isClosed) throw new KeptError('locked');
    const root = structuredClone(this.root);
    const { abortCount } = this;
    const pending = new PendingChange(() => !uninterruptible && this.abortCount !== abortCount);
    const result = await fill(root, pending);
    await pending.runBeforeCommit();
    noteUnsavedText(root, pending.records);
    dropWithVersions(root, pending);
    const { records, opaque, drop } = pending.partition(this);
    const sealed = await this.sealAll([...records, this.rootRecord(root)]);
    const written: SealedRecord[] = records.map(([id], i) => [id, sealed[i] as Bytes]);
    const traded = await this.chaffSwap.sealRoot(
      root,
      sealed.at(-1) as Bytes,
      [...written, ...opaque],
      pending.retained ? null : drop,
      pending.addedChaff,
    );
    written.push([this.rootId, traded.root]);
    const keepOnly = pending.retained && [
      this.rootId,
      ...pending.retained.names.map((name) => this.idOf(name)),
      ...pending.retained.ids,
    ];
    const finished = (async () => {
      await this.database.write({
        put: [...written, ...opaque, ...pending.addedChaff, ...traded.put],
        drop: [...drop, ...traded.drop],
        beside: pending.values,
        dropTray: pending.trayDrops,
        bulky,
        ...(keepOnly ? { keepOnly } : {}),
      });
      await this.verifyWritten(written, opaque).catch((error) => {
        this.root = withoutNamedFiles(this.root, root);
        throw error;
      });
      this.chaffSwap.noteSizes([...written, ...opaque], drop);
      this.root = root;
      this.changeCount++;
    })();
    this.writing = finished
      .catch(() => undefined)
      .then(() => {
        this.writing = null;
      });
    await finished;
    for (const action of pending.afterCommitActions) action();
    return result;
  }

  /**
   * Tell whether anything was written since `changeCount` was `since`; wait for a write in progress. See [Note: read
   * in between].
   */
  async changedSince(since: number): Promise<boolean> {
    const { writing } = this;
    await writing;
    return writing !== null || this.changeCount !== since;
  }

  async sealAll(records: RecordToSeal[]): Promise<Bytes[]> {
    const sealed: Bytes[] = [];
    for (const slice of slicesBySize(records, ([, , bytes]) => bytes?.length ?? 0))
      sealed.push(...(await this.vault.boxSealMany(slice)));
    return sealed;
  }

  rootRecord(root: R): RecordToSeal {
    return [this.rootId, { k: 'root' }, encoder.encode(JSON.stringify(root))];
  }

  /**
   * @param opaque records sealed by the vault, which are not opened here
   * @throws store_lost if a record differs from what was written
   */
  async verifyWritten(written: SealedRecord[], opaque: [Uint8Array, Uint8Array][]) {
    for (const slice of slicesBySize(written, sealedSize)) await this.vault.boxOpenMany(await this.readBack(slice));
    for (const slice of slicesBySize(opaque, sealedSize)) await this.readBack(slice);
  }

  /** @throws store_lost */
  async readBack<T extends [Uint8Array, Uint8Array]>(expected: T[]): Promise<[T[0], Bytes][]> {
    const actual = await this.database.read(expected.map(([id]) => id));
    return expected.map(([id, bytes], i) => {
      const stored = actual[i];
      if (!stored || !bytesEqual(stored, bytes)) throw new KeptError('store_lost');
      return [id, stored];
    });
  }
}

/**
 * Return the earlier root without the files that `written` names. `written` may be on the phone although it could not
 * be read back, and the next unlock deletes what the list of half files still has: [Note: half a file], sealing.ts.
 */
function withoutNamedFiles<R extends SealedRoot>(earlier: R, written: R): R {
  if (!earlier.filling) return earlier;
  return { ...earlier, filling: earlier.filling.filter((blob) => written.filling?.includes(blob)) };
}

const sealedSize = ([, sealed]: [Uint8Array, Uint8Array]) => sealed.length;

function parseJson<T>(opened: OpenedBox): T {
  return JSON.parse(decoder.decode(opened.bytes));
}
