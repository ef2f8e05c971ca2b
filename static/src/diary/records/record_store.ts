/**
 * The records of an open diary: the versions of each, their content, and how a version is added.
 *
 *   r/<record>    {record, kind, of: incident|null, versions: [{v, parents, c, seq, at, receipt}]} in feed order
 *   v/<version>   the bytes that were or will be pushed
 *   k/<kind>      the records of a kind, for kinds that neither the list of entries nor an entry leads to
 *
 * [Note: one line] Versions of this device are linked one after the other (`_line`). So sealing happens only inside
 * `store.change`, which never runs twice at once, and the line advances in the same transaction as the version.
 */
import { KeptError } from '../../core/errors.js';
import { beaconOf } from '../sync/log.js';
import { formatId, newId } from '../../core/ids.js';
import { decodePush } from '../../ledger/push.js';
import { isTakenOut, currentVersionOf, filesOf } from '../../record/current_version.js';
import { historyOf, sealedAt } from '../../record/record_history.js';
import { refuseUnfit } from './validation.js';
import { erasedRow, occurredOf, rowContent, scheduleRows, titleOf } from '../index/listing.js';
import type { StoredVersionContent, StoredVersion } from '../../crypto/worker/stored_versions.js';
import type { Vault } from '../../crypto/worker/vault.js';
import type { Change } from '../../store/pending.js';
import type { VersionText } from '../../store/segment_texts.js';
import type { Store } from '../../store/store.js';
import type { Fields, RecordStore, WriteRows, ListRow, Index } from '../types.js';
import type { Root } from '../../store/root.js';
import type { OpenedVersion } from '../../crypto/versions.js';
import type { VersionFacts, Meta, Opened, Batch, VersionInput } from '../types.js';

const SCHEMA = 1;
/** Most versions that the vault opens at once. */
const BATCH_SIZE = 256;
/** How often to read again what changed during the read. */
const MAX_TRIES = 5;
/** Found in other ways: the index, their entry, the root. */
const UNLISTED_KINDS = new Set(['', 'incident', 'note', 'settings']);

export class DiaryRecords implements RecordStore {
  store: Store;
  vault: Vault;
  clock: { now(): number };
  zone: () => string;
  seen: Map<string, Opened> = new Map();
  /** the list of entries, and the function that writes its rows; null while there is nothing to list */
  pushes: Index | null = null;
  relist: WriteRows | null = null;

  constructor({
    store,
    vault,
    clock,
    zone,
  }: { store: Store; vault: Vault; clock: { now(): number }; zone: () => string }) {
    this.store = store;
    this.vault = vault;
    this.clock = clock;
    this.zone = zone;
  }

  batch(root: Root, change: Change): Batch {
    this.pushes?.updateHead(root, change);
    return { root, change, metas: new Map(), kinds: new Map() };
  }

  async meta(record: string, batch?: Batch): Promise<Meta | null> {
    return batch?.metas.get(record) ?? this.store.readJson<Meta>(`r/${record}`);
  }

  /** Return every version of a record, opened, oldest first. */
  async versions(record: string, batch?: Batch): Promise<Opened[]> {
    const meta = await this.meta(record, batch);
    if (!meta) throw new KeptError('not_found');
    const cached = (v: string) => batch?.opened?.get(v) ?? this.seen.get(v);
    await this.openStored(meta.versions.flatMap((facts) => (cached(facts.v) ? [] : [{ meta, facts }])));
    return meta.versions.flatMap(({ v }) => cached(v) ?? []);
  }

  /** Return the same for many records, with few reads. Records that are not here are left out. */
  async manyVersions(records: string[], batch?: Batch): Promise<{ record: string; versions: Opened[]; meta: Meta }[]> {
    const stored = await this.store.readJsonMany<Meta>(records.map((record) => `r/${record}`));
    const metas = records.flatMap((record, i) => batch?.metas.get(record) ?? stored[i] ?? []);
    const unseen = metas.flatMap((meta) =>
      meta.versions.flatMap((facts) => (this.seen.has(facts.v) ? [] : [{ meta, facts }])),
    );
    for (let from = 0; from < unseen.length; from += BATCH_SIZE)
      await this.openStored(unseen.slice(from, from + BATCH_SIZE));
    return metas.map((meta) => ({
      record: meta.record,
      meta,
      versions: meta.versions.flatMap(({ v }) => this.seen.get(v) ?? []),
    }));
  }

  /**
   * Open stored versions. One that should be here and is missing, or does not open, is marked as altered, unless it
   * got new wraps or was erased during the read.
   * @param remaining how often to read again
   */
  async openStored(
    items: readonly { meta: Meta; facts: VersionFacts }[],
    remaining: number = MAX_TRIES,
  ): Promise<void> {
    const appliedBefore = this.store.changeCount;
    const stored = await this.store.readEach(items.map(({ facts }) => `v/${facts.v}`));
    await this.open(
      items.flatMap(({ meta: { record }, facts: { v } }, i) =>
        stored[i] ? [{ record, version: v, push: stored[i].bytes }] : [],
      ),
    );
    for (const { meta, facts } of items)
      if (!this.seen.has(facts.v) && isLost(meta, facts)) this.seen.set(facts.v, unopenedVersion(meta.record, facts.v));
    const lost = items.filter(({ facts }) => this.seen.get(facts.v)?.kind === '');
    if (!lost.length) return undefined;
    if (!(await this.store.changedSince(appliedBefore))) return this.doubt();
    // See [Note: read in between], store.js. If the store never comes to rest, cache nothing about these.
    for (const { facts } of lost) this.seen.delete(facts.v);
    const metas = await this.store.readJsonEach<Meta>(lost.map(({ meta }) => `r/${meta.record}`));
    const retries = lost.flatMap(
      ({ facts: { v } }, i) =>
        metas[i]?.versions.filter((version) => version.v === v).map((facts) => ({ meta: metas[i] as Meta, facts })) ??
        [],
    );
    return remaining && retries.length ? this.openStored(retries, remaining - 1) : undefined;
  }

  /** Record, once, that something sealed here does not open. */
  doubt() {
    if (this.store.root.doubts?.altered) return;
    void this.store
      .change((root) => {
        root.doubts = { ...root.doubts, altered: true };
      })
      .catch(() => undefined);
  }

  /** Open versions and cache them; one that does not open is cached as altered. */
  async open(list: { record: string; version: string; push: Uint8Array }[]) {
    if (!list.length) return;
    const results = await this.vault.openMany(
      list.map(({ record, version, push }) => ({ record, version, ...decodePush(push) })),
    );
    results.forEach(({ opened }, i) => {
      const { record, version } = list[i] as { record: string; version: string };
      this.seen.set(version, toOpened(record, version, opened));
    });
  }

  /**
   * Open many records for one reading, without caching. Commitments and signatures are not checked again: that was
   * done when each version arrived, and the result is stored with the record ([Note: opened again],
   * crypto/worker/stored.js).
   * @param knownMetas facts of records from other sources (rebuild.js), so that these need not be read. A record
   *   is read all the same when one of its versions is missing or does not open.
   * @param texts stored texts of versions (store/segment_texts.js); the others are opened
   */
  async readAgain(
    records: readonly string[],
    knownMetas: ReadonlyMap<string, Meta> = new Map(),
    texts: ReadonlyMap<string, VersionText> = new Map(),
  ): Promise<{ metas: Meta[]; opened: Map<string, Opened> }> {
    for (let remaining = MAX_TRIES; ; remaining--) {
      const appliedBefore = this.store.changeCount;
      const read = await this.readOnce(records, remaining === MAX_TRIES ? knownMetas : new Map(), texts);
      if ([...read.opened.values()].every(({ kind }) => kind)) return read;
      const wasChanged = await this.store.changedSince(appliedBefore); // see [Note: read in between], store.js
      if (!wasChanged) this.doubt();
      if (!wasChanged || !remaining) return read;
    }
  }

  async readOnce(
    records: readonly string[],
    knownMetas: ReadonlyMap<string, Meta>,
    texts: ReadonlyMap<string, VersionText>,
  ): Promise<{ metas: Meta[]; opened: Map<string, Opened> }> {
    const recordsToRead = records.filter((record) => !knownMetas.has(record));
    const metas = [
      ...records.map((record) => knownMetas.get(record)),
      ...(await this.store.readJsonEach<Meta>(recordsToRead.map((record) => `r/${record}`))),
    ].filter(Boolean) as Meta[];
    // Erased records have no content, whatever may have been put back in their place.
    const needed = metas
      .filter(({ erased_at }) => erased_at === undefined)
      .flatMap((meta) => meta.versions.map((facts) => ({ meta, facts })));
    const opened: Map<string, Opened> = new Map(
      needed.flatMap(({ meta: { record }, facts }) => {
        const item =
          this.seen.get(facts.v) ??
          (texts.has(facts.v) ? toOpenedAgain(record, facts, readVersionOf(texts.get(facts.v))) : null);
        return item ? [[facts.v, item]] : [];
      }),
    );
    const unread = needed.filter(({ facts }) => !opened.has(facts.v));
    const sealedItems = await this.store.readSealed(unread.map(({ facts }) => `v/${facts.v}`));
    const available = unread.flatMap((item, i) => (sealedItems[i]?.sealed ? [{ ...item, ...sealedItems[i] }] : []));
    const results = available.length
      ? await this.vault.openStored(
          available.map(({ meta: { record }, facts: { v }, id, sealed }) => ({
            id,
            sealed,
            record,
            version: v,
          })) as StoredVersion[],
        )
      : [];
    available.forEach(({ meta: { record }, facts }, i) =>
      opened.set(facts.v, toOpenedAgain(record, facts, results[i] ?? null)),
    );
    for (const { meta, facts } of needed)
      if (!opened.has(facts.v) && isLost(meta, facts)) opened.set(facts.v, unopenedVersion(meta.record, facts.v));
    const unsure = metas
      .filter(({ record, versions }) => knownMetas.has(record) && versions.some(({ v }) => !opened.get(v)?.kind))
      .map(({ record }) => record);
    if (unsure.length) {
      const retried = await this.readOnce(unsure, new Map(), texts);
      // The facts from the numbers no longer count for such a record: if it was erased, it has no versions to open.
      const kept = [...opened].filter(([, { record }]) => !unsure.includes(record));
      const sure = metas.filter(({ record }) => !unsure.includes(record));
      return { metas: [...sure, ...retried.metas], opened: new Map([...kept, ...retried.opened]) };
    }
    return { metas, opened };
  }

  /**
   * Return the current content of a record, or the last before it was taken out. Where two devices wrote at once, the
   * later in the feed.
   */
  async newest(record: string, batch?: Batch): Promise<Opened> {
    const versions = (await this.versions(record, batch)).filter(({ kind }) => kind);
    if (!versions.length) throw new KeptError('not_found');
    return currentVersionOf(versions).shown;
  }

  /**
   * Seal one more version of a record (or its first) into the transaction, open it again as a check, and put it in
   * the outbox.
   */
  async stage(
    batch: Batch,
    {
      kind,
      record = formatId(newId()),
      of = null,
      open,
      restricted = {},
      openKeys = [],
      restrictedKeys = [],
      parents: givenParents,
    }: VersionInput,
  ): Promise<{ record: string; version: string }> {
    refuseUnfit(kind, open, restricted);
    const { root, change } = batch;
    const meta = structuredClone((await this.meta(record, batch)) ?? { record, kind, of, versions: [] });
    const parents = givenParents ?? heads(meta);
    const sealed = await this.vault.sealVersion({
      borrowed: Boolean(root.borrowed),
      record,
      kind,
      schema: SCHEMA,
      open,
      restricted,
      openKeys,
      restrictedKeys,
      parents,
      line: { n: root.line.n + 1, prev: root.line.prev },
      beacon: beaconOf(root),
      clock: { utc: this.clock.now(), tz: this.zone(), offset_ms: root.clock_offset ?? null },
    });
    const { version, push, commitment: c } = sealed;
    await this.open([{ record, version, push }]);
    if (this.seen.get(version)?.altered) throw new KeptError('store_lost');
    // As on the other phones (apply_feed.js): text brings an erased record back, and one more removal does not.
    if (!isTakenOut({ fields: open, restricted })) delete meta.erased_at;
    meta.versions.push({ v: version, parents, c, seq: null, at: null, receipt: null, here: true });
    batch.metas.set(record, meta);
    await this.enlist(batch, kind, record);
    scheduleRows(batch, this.relist, kind, record, meta.of, open);
    change.putJson(`r/${record}`, meta);
    change.put(`v/${version}`, { k: 'version' }, push);
    root.line = { n: root.line.n + 1, prev: c };
    root.outbox.push({ record, version, of: kind === 'incident' ? record : meta.of });
    return { record, version };
  }

  /** List a record under its kind, once. */
  async enlist(batch: Batch, kind: string, record: string) {
    if (UNLISTED_KINDS.has(kind)) return;
    const listed = batch.kinds.get(kind) ?? (await this.store.readJson<string[]>(`k/${kind}`)) ?? [];
    if (listed.includes(record)) return;
    batch.kinds.set(kind, [...listed, record]);
    batch.change.putJson(`k/${kind}`, batch.kinds.get(kind));
  }

  /** Return the list row of an incident; null where nothing of it opens. */
  async row(record: string, previous: Partial<ListRow> | null, batch: Batch): Promise<ListRow | null> {
    const meta = (await this.meta(record, batch)) as Meta;
    const allVersions = await this.versions(record, batch);
    const versions = allVersions.filter(({ kind }) => kind === 'incident');
    if (!versions.length) return null;
    const { shown, taken_out } = currentVersionOf(versions);
    const contentVersions = versions.filter((version) => !isTakenOut(version));
    const history = historyOf(contentVersions.length ? contentVersions : versions);
    const fields = shown.fields as Fields;
    const seqs = meta.versions.flatMap(({ seq }) => seq ?? []);
    const times = meta.versions.flatMap(({ at }) => at ?? []);
    const flags = [heads(meta).length > 1 ? 'two' : '', allVersions.some(({ altered }) => altered) ? 'altered' : ''];
    const row = {
      record,
      local: previous?.local ?? ++batch.root.count,
      seq: seqs.length ? Math.min(...seqs) : null,
      title: titleOf(fields),
      occurred: occurredOf(fields),
      recorded_at: sealedAt(history.first) ?? 0,
      received_at: times.length ? Math.min(...times) : null,
      unproved: meta.versions.some(({ receipt, checked }) => receipt && checked === false),
      kept_at: times.length ? Math.max(previous?.kept_at ?? 0, ...times) : (previous?.kept_at ?? null),
      pictures: filesOf(versions).length,
      additions: history.revisions.filter(({ kind }) => kind === 'addition').length,
      amendments: history.revisions.filter(({ kind }) => kind === 'amendment').length,
      apart: typeof shown.restricted.place_detail === 'string' ? shown.restricted.place_detail : '',
      taken_out,
      flags: flags.filter(Boolean),
      ...(await rowContent(this, batch, meta, shown, previous)),
    };
    return meta.erased_at === undefined ? row : erasedRow(row, meta.erased_at);
  }
}

/** Return the placeholder for a version that does not open. */
function unopenedVersion(record: string, version: string): Opened {
  return {
    record,
    version,
    kind: '',
    fields: {},
    restricted: {},
    keys: { open: [], restricted: [] },
    altered: true,
    seeds: null,
    digests: null,
  };
}

/** Return what the vault opened, or the placeholder. */
function toOpened(record: string, version: string, opened: OpenedVersion | null): Opened {
  return opened
    ? {
        ...unopenedVersion(record, version),
        ...opened,
        record,
        version,
        fields: { ...opened.fields, ...opened.reserved },
        restricted: opened.restricted ?? {},
      }
    : unopenedVersion(record, version);
}

/** @returns a version without keys: no row needs them */
function readVersionOf(text: VersionText | undefined): StoredVersionContent | null {
  return text ? { kind: text[0], fields: text[1], restricted: text[2], keys: { open: [], restricted: [] } } : null;
}

/** @param facts hold the result of the check on arrival */
function toOpenedAgain(record: string, { v, altered }: VersionFacts, read: StoredVersionContent | null): Opened {
  return read
    ? { ...unopenedVersion(record, v), ...read, restricted: read.restricted ?? {}, altered: altered === true }
    : unopenedVersion(record, v);
}

/**
 * Whether a version that is not stored here should be. Not expected are those of an erased record, the earlier ones
 * of a file that was removed at once, and one that another device had erased and this one only knew by its number.
 */
function isLost(meta: Meta, { receipt, seq, erased }: VersionFacts) {
  return (
    erased === undefined &&
    meta.erased_at === undefined &&
    meta.kind !== 'attachment' &&
    Boolean(receipt || seq === null)
  );
}

/** Return the heads: versions that no other version follows. An erased version has nothing to follow. */
export function heads(meta: Meta): string[] {
  const followed = new Set(meta.versions.flatMap(({ parents }) => parents));
  return meta.versions.filter(({ v, erased }) => erased === undefined && !followed.has(v)).map(({ v }) => v);
}

/** Return versions in feed order: by number, then this phone's own in the order of sealing. */
export function inFeedOrder(versions: VersionFacts[]) {
  return [...versions].sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || 0);
}

/** Return the fields of a version without those that the app itself added. */
export function ownFields(opened: Pick<Opened, 'fields'>): Fields {
  return Object.fromEntries(Object.entries(opened.fields).filter(([name]) => !name.startsWith('_')));
}
