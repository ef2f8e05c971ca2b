/**
 * What one client shared, opened in this page's memory: versions by record, and what the screens show of them. Lost
 * when the page closes.
 */
import { ownFields } from '../diary/records/record_store.js';
import { occurredOf, rowContent, titleOf } from '../diary/index/listing.js';
import { mediaKind, shownAttachment } from '../diary/index/showing.js';
import { KeptError } from '../core/errors.js';
import { foldText, NAME_FIELDS, NAMED_KINDS, searchWords } from '../record/patterns/search_text.js';
import { countPatterns, COUNTED_KINDS } from '../record/patterns/patterns.js';
import { timelineOf } from '../record/patterns/timeline.js';
import { textOf } from '../record/reading.js';
import { isTakenOut, currentVersionOf, stepsOf } from '../record/current_version.js';
import { sealedAt, historyOf } from '../record/record_history.js';
import type { ClientVersion } from '../crypto/worker/advocates.js';
import type { Row } from '../shell/app.js';
import type { Opened } from '../diary/types.js';

type Version = Opened & Pick<ClientVersion, 'seq' | 'kept_at' | 'sealed' | 'apart' | 'whole' | 'schema'>;

/** A version as the worker opened it, or a note that it could not */
type FeedVersion = (ClientVersion & { refused?: undefined }) | { seq: number; refused: true };

/** Kinds that counts need. Schedules are read whole here: the page has opened them already. */
const COUNTED_HERE = [...COUNTED_KINDS, 'schedule'];
export class ClientDiary {
  zone: () => string;
  /** By record, in feed order */
  records: Map<string, Version[]> = new Map();
  latestSeq = 0;
  /** versions that the client did not sign, or that are invalid */
  refused = 0;
  /** Folded text by entry */
  searchTexts: Map<string, string> = new Map();

  constructor(zone: () => string) {
    this.zone = zone;
  }

  /**
   * Add a page of the feed, as the worker opened it.
   * @throws garbage when sequence numbers run back
   */
  addPage(page: readonly FeedVersion[]) {
    for (const item of page) {
      if (item.seq <= this.latestSeq) throw new KeptError('garbage');
      this.latestSeq = item.seq;
      if (item.refused) {
        this.refused++;
        continue;
      }
      const { record, version, kind, schema, seq, kept_at, keys, altered, seeds, sealed, apart, whole } = item;
      const added = {
        record,
        version,
        kind,
        schema,
        seq,
        kept_at,
        keys,
        altered,
        seeds,
        sealed,
        apart,
        whole,
        digests: null,
        fields: { ...item.fields, ...item.reserved },
        restricted: item.restricted ?? {},
      };
      this.records.set(record, [...(this.records.get(record) ?? []), added]);
    }
  }

  ofKind(kind: string): [string, Version[]][] {
    return [...this.records].flatMap(([record, versions]) => {
      const matching = versions.filter((version) => version.kind === kind);
      return matching.length ? [[record, matching] as [string, Version[]]] : [];
    });
  }

  /**
   * The current version of a record.
   * @throws not_found
   */
  newest(record: string): Version {
    const versions = this.records.get(record);
    if (!versions) throw new KeptError('not_found');
    return currentVersionOf(versions).shown;
  }

  /** The sequence number of a record's newest version; 0 if there is none. */
  latestSeqOf(record: string) {
    return this.records.get(record)?.at(-1)?.seq ?? 0;
  }

  /**
   * The entries as rows, with the facts that patterns are counted from.
   * @param lookedUntil ms, the time of this advocate's last look
   */
  async rows(lookedUntil: number): Promise<Row[]> {
    const rows = await Promise.all(
      this.ofKind('incident').map(([record, versions]) => this.rowOf(record, versions, lookedUntil)),
    );
    return rows.sort((a, b) => b.recorded_at - a.recorded_at);
  }

  async rowOf(record: string, versions: Version[], lookedUntil: number): Promise<Row> {
    const { shown, taken_out } = currentVersionOf(versions);
    const readable = versions.filter((version) => !isTakenOut(version));
    const story = historyOf(readable.length ? readable : versions);
    const fields = shown.fields;
    const latestKeptAt = Math.max(0, ...versions.map(({ kept_at }) => kept_at ?? 0));
    const { f, links, shots, bare, helped, text } = await rowContent(
      { versions: async (id: string) => this.records.get(id) ?? [] },
      null,
      { record, versions: [] },
      shown,
      null,
    );
    this.searchTexts.set(record, text ?? '');
    return {
      record,
      seq_no: undefined as null | undefined, // this page shows no numbers
      title: titleOf(fields),
      f,
      links,
      shots,
      bare,
      helped,
      taken_out,
      erased: null,
      occurred: occurredOf(fields),
      recorded_at: sealedAt(story.first) ?? 0,
      received_at: versions[0]?.kept_at ?? null,
      fresh: latestKeptAt > lookedUntil,
      pictures: Array.isArray(fields.attachment_ids) ? fields.attachment_ids.length : 0,
      additions: story.revisions.filter(({ kind }) => kind === 'addition').length,
      amendments: story.revisions.filter(({ kind }) => kind === 'amendment').length,
      state: { code: 'kept', at: versions[0]?.kept_at ?? null },
      flags: [],
    } as Row & { fresh: boolean };
  }

  /** One entry with its files and its history. */
  entry(record: string) {
    const versions = (this.records.get(record) ?? []).filter(({ kind }) => kind === 'incident');
    if (!versions.length) throw new KeptError('not_found');
    const { shown, taken_out } = currentVersionOf(versions);
    // Versions shared earlier are still in memory, but the client withdrew them, so they must not be shown.
    if (taken_out !== null)
      return {
        record,
        seq_no: null,
        fields: {},
        restricted: null,
        note: '',
        taken_out,
        ends: [],
        flags: [],
        attachments: [],
        state: { code: 'kept' as const, at: null },
        versions: [],
      };
    const byVersion = new Map(versions.map((version) => [version.version, version]));
    const ids = shown.fields.attachment_ids;
    return {
      record,
      seq_no: null,
      fields: ownFields(shown),
      restricted: shown.restricted,
      note: '',
      taken_out,
      ends: [],
      flags: [],
      attachments: this.files(Array.isArray(ids) ? ids : []),
      state: { code: 'kept' as const, at: versions[0]?.kept_at ?? null },
      versions: stepsOf(versions).map((step) => ({
        ...step,
        by: '' as const,
        fields: ownFields(byVersion.get(step.version) as Version),
        kept_at: byVersion.get(step.version)?.kept_at ?? null,
        listed: true,
      })),
    };
  }

  files(ids: readonly string[]) {
    return ids.flatMap((id) => {
      const versions = this.records.get(id);
      if (!versions) return [];
      const { shown, taken_out } = currentVersionOf(versions);
      if (taken_out !== null) return [];
      const file = shownAttachment(shown, { code: 'kept', at: versions[0]?.kept_at ?? null });
      // The file's own name is restricted and may not have been shared. A print copy replaces a preview that was
      // never made.
      const copies = shown.fields.renditions;
      return [
        {
          ...file,
          name: file.name || file.description || '',
          preview: file.preview || (Array.isArray(copies) && copies.length > 0),
        },
      ];
    });
  }

  /** One file with its fields. */
  file(record: string) {
    const [shown] = this.files([record]);
    const { fields, restricted, keys } = this.newest(record);
    if (!shown) throw new KeptError('not_found');
    const kind = shown.kind === 'file' ? mediaKind(String(fields.media_type ?? '')) : shown.kind;
    return {
      ...shown,
      kind,
      fields: ownFields({ fields }),
      restricted,
      whole: keys.restricted.length > 0,
    };
  }

  readKind(kind: string, { all = false }: { all?: boolean } = {}) {
    const found = this.ofKind(kind).map(([record, versions]) => {
      const { shown, taken_out } = currentVersionOf(versions);
      return { record, kind, fields: ownFields(shown), restricted: shown.restricted, taken_out };
    });
    return all ? found : found.filter(({ taken_out }) => taken_out === null);
  }

  /** People, accounts and orders by id. */
  known(kinds: readonly string[] = ['person', 'account', 'order']) {
    return Object.fromEntries(
      kinds
        .flatMap((kind) => this.readKind(kind))
        .map(({ record, kind, fields }) => [record, { kind, fields, name: textOf(fields, 'name') }]),
    );
  }

  patterns(rows: readonly Row[]) {
    const facts = rows.flatMap(({ f, taken_out }) => (f && (taken_out ?? null) === null ? [f] : []));
    const kinds = Object.fromEntries(COUNTED_HERE.map((kind) => [kind, this.readKind(kind)]));
    const inOrder = [...facts].reverse();
    const counts = countPatterns(inOrder, kinds, this.zone());
    return {
      counts,
      timeline: timelineOf(inOrder, kinds, this.zone(), counts),
      known: this.known(COUNTED_HERE),
    };
  }

  /** The entries that contain every word, in their text or in the name of a linked record; null for no query. */
  find(query: string, rows: readonly Row[]) {
    const queryWords = searchWords(query);
    if (!queryWords.length) return null;
    const names = new Map(
      NAMED_KINDS.flatMap((kind) => this.readKind(kind, { all: true })).map(({ record, fields }) => [
        record,
        foldText(
          NAME_FIELDS.flatMap((name) => fields[name] ?? [])
            .filter((text) => typeof text === 'string')
            .join(' \n '),
        ),
      ]),
    );
    return rows
      .filter(({ record, links = [] }) =>
        queryWords.every(
          (queryWord) =>
            this.searchTexts.get(record)?.includes(queryWord) ||
            links.some((text) => names.get(text)?.includes(queryWord)),
        ),
      )
      .map(({ record }) => record);
  }
}
