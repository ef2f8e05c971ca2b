/** What one client gave, opened, in this page's memory: versions by record, and what the screens show of them. Gone with the page. */
import { ownFields } from '../actions/book.js';
import { told } from '../actions/listing.js';
import { kindShown, shownAttachment } from '../actions/showing.js';
import { KeptError } from '../core/errors.js';
import { folded, wanted } from '../record/folding.js';
import { countPatterns } from '../record/patterns.js';
import { textOf } from '../record/reading.js';
import { isTakenOut, standing, steps } from '../record/standing.js';
import { sealedAt, tell } from '../record/told.js';

/** @typedef {import('../actions/book.js').Opened & Pick<import('../crypto/advocating.js').Read, 'seq'|'kept_at'|'sealed'|'apart'|'whole'|'schema'>} Version */
/** @typedef {import('../ui/app.d.ts').Row} Row */

const TITLE = 140;
/** Whose names a search finds an entry by, and what a count needs. */
const NAMED = ['person', 'account', 'vehicle', 'order'];
const COUNTED = ['person', 'account', 'sighting', 'order', 'notice', 'report', 'background', 'impact', 'schedule'];
const NAMES = [
  'name',
  'aliases',
  'role_code',
  'handle',
  'display_name',
  'number',
  'url',
  'reg',
  'make',
  'model',
  'court',
  'case_no',
];

export class Diary {
  /** @param {() => string} zone */
  constructor(zone) {
    this.zone = zone;
    /** @type {Map<string, Version[]>} by record, in feed order */
    this.records = new Map();
    this.latest = 0;
    /** versions that the client did not sign, or that are not what they should be */
    this.refused = 0;
    /** @type {Map<string, string>} folded text by entry */
    this.texts = new Map();
  }

  /** Takes a page of the feed in, as the worker opened it. @param {readonly any[]} page @throws garbage when numbers run back */
  take(page) {
    for (const one of page) {
      if (one.seq <= this.latest) throw new KeptError('garbage');
      this.latest = one.seq;
      if (one.refused) {
        this.refused++;
        continue;
      }
      const { record, version, kind, schema, seq, kept_at, keys, altered, seeds, sealed, apart, whole } = one;
      const opened = {
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
        fields: { ...one.fields, ...one.reserved },
        restricted: one.restricted ?? {},
      };
      this.records.set(record, [...(this.records.get(record) ?? []), opened]);
    }
  }

  /** @param {string} kind @returns {[string, Version[]][]} */
  of(kind) {
    return [...this.records].flatMap(([record, all]) => {
      const own = all.filter((one) => one.kind === kind);
      return own.length ? [/** @type {[string, Version[]]} */ ([record, own])] : [];
    });
  }

  /** What a record says now. @param {string} record @returns {Version} @throws not_found */
  newest(record) {
    const all = this.records.get(record);
    if (!all) throw new KeptError('not_found');
    return /** @type {Version} */ (standing(/** @type {any} */ (all)).shown);
  }

  /** The number of a record's newest version that was given, 0 for none. @param {string} record */
  numberOf(record) {
    return this.records.get(record)?.at(-1)?.seq ?? 0;
  }

  /** The entries as rows, and the facts a pattern is made of. @param {number} seen ms, until when this advocate had looked @returns {Promise<Row[]>} */
  async rows(seen) {
    const rows = await Promise.all(this.of('incident').map(([record, versions]) => this.row(record, versions, seen)));
    return rows.sort((a, b) => b.recorded_at - a.recorded_at);
  }

  /** @param {string} record @param {Version[]} versions @param {number} seen @returns {Promise<Row>} */
  async row(record, versions, seen) {
    const { shown, taken_out } = standing(/** @type {any} */ (versions));
    const spoken = versions.filter((version) => !isTakenOut(/** @type {any} */ (version)));
    const story = tell(/** @type {any} */ (spoken.length ? spoken : versions));
    const said = /** @type {any} */ (shown.fields);
    const kept = Math.max(0, ...versions.map(({ kept_at }) => kept_at ?? 0));
    const { f, links, shots, bare, helped, text } = await told(
      /** @type {any} */ ({ newest: async (/** @type {string} */ id) => this.newest(id) }),
      /** @type {any} */ (null),
      /** @type {any} */ ({ record, versions: [] }),
      /** @type {any} */ (shown),
      null,
    );
    this.texts.set(record, text ?? '');
    return /** @type {any} */ ({
      record,
      seq_no: undefined,
      title: textOf(said, 'narrative').slice(0, TITLE),
      f,
      links,
      shots,
      bare,
      helped,
      taken_out,
      erased: null,
      occurred: {
        occurred_start: said.occurred_start ?? null,
        occurred_end: said.occurred_end ?? null,
        occurred_local: said.occurred_local ?? null,
        tz: said.tz ?? '',
        utc_offset_min: said.utc_offset_min ?? null,
        precision: said.precision ?? 'unknown',
      },
      recorded_at: sealedAt(story.first) ?? 0,
      received_at: versions[0]?.kept_at ?? null,
      fresh: kept > seen,
      pictures: Array.isArray(said.attachment_ids) ? said.attachment_ids.length : 0,
      additions: story.revisions.filter(({ kind }) => kind === 'addition').length,
      amendments: story.revisions.filter(({ kind }) => kind === 'amendment').length,
      state: { code: 'kept', at: versions[0]?.kept_at ?? null },
      flags: [],
    });
  }

  /** One entry with its files and all it ever said. @param {string} record */
  entry(record) {
    const versions = (this.records.get(record) ?? []).filter(({ kind }) => kind === 'incident');
    if (!versions.length) throw new KeptError('not_found');
    const { shown, taken_out } = standing(/** @type {any} */ (versions));
    // Words that were given before are here still; the client took them back, and they are shown nowhere.
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
        state: { code: /** @type {const} */ ('kept'), at: null },
        versions: [],
      };
    const by = new Map(versions.map((version) => [version.version, version]));
    const ids = /** @type {any} */ (shown.fields)['attachment_ids'];
    return {
      record,
      seq_no: null,
      fields: ownFields(/** @type {any} */ (shown)),
      restricted: shown.restricted,
      note: '',
      taken_out,
      ends: [],
      flags: [],
      attachments: this.files(Array.isArray(ids) ? ids : []),
      state: { code: /** @type {const} */ ('kept'), at: versions[0]?.kept_at ?? null },
      versions: steps(/** @type {any} */ (versions)).map((step) => ({
        ...step,
        by: '',
        fields: ownFields(/** @type {any} */ (by.get(step.version))),
        kept_at: by.get(step.version)?.kept_at ?? null,
        listed: true,
      })),
    };
  }

  /** @param {readonly string[]} ids */
  files(ids) {
    return ids.flatMap((id) => {
      const found = this.records.get(id);
      if (!found) return [];
      const { shown, taken_out } = standing(/** @type {any} */ (found));
      if (taken_out !== null) return [];
      const file = shownAttachment(/** @type {any} */ (shown), { code: 'kept', at: found[0]?.kept_at ?? null });
      // Its own name is kept apart, and may not have been given. A copy for print stands in for a small one that was never made.
      const copies = /** @type {any} */ (shown.fields)['renditions'];
      return [
        {
          ...file,
          name: file.name || file.description || '',
          preview: file.preview || (Array.isArray(copies) && copies.length > 0),
        },
      ];
    });
  }

  /** One file with what is said of it. @param {string} record */
  file(record) {
    const [shown] = this.files([record]);
    const { fields, restricted, keys } = this.newest(record);
    if (!shown) throw new KeptError('not_found');
    const kind = shown.kind === 'file' ? kindShown(String(fields['media_type'] ?? '')) : shown.kind;
    return {
      ...shown,
      kind,
      fields: ownFields(/** @type {any} */ ({ fields })),
      restricted,
      whole: keys.restricted.length > 0,
    };
  }

  /** @param {string} kind @param {{all?: boolean}} [how] */
  readKind(kind, { all = false } = {}) {
    const found = this.of(kind).map(([record, versions]) => {
      const { shown, taken_out } = standing(/** @type {any} */ (versions));
      return { record, kind, fields: ownFields(/** @type {any} */ (shown)), restricted: shown.restricted, taken_out };
    });
    return all ? found : found.filter(({ taken_out }) => taken_out === null);
  }

  /** People, accounts and orders by id. @param {readonly string[]} [kinds] */
  known(kinds = ['person', 'account', 'order']) {
    return Object.fromEntries(
      kinds
        .flatMap((kind) => this.readKind(kind))
        .map(({ record, kind, fields }) => [
          record,
          { kind, fields, name: textOf(/** @type {any} */ (fields), 'name') },
        ]),
    );
  }

  /** @param {readonly Row[]} rows */
  patterns(rows) {
    const facts = rows.flatMap(({ f, taken_out }) => (f && (taken_out ?? null) === null ? [f] : []));
    const kinds = Object.fromEntries(COUNTED.map((kind) => [kind, this.readKind(kind)]));
    return {
      counts: countPatterns([...facts].reverse(), /** @type {any} */ (kinds), this.zone()),
      known: this.known(COUNTED),
    };
  }

  /** Entries in which every word is found, in them or in the name of whom they name; null for no query. @param {string} query @param {readonly Row[]} rows */
  find(query, rows) {
    const words = wanted(query);
    if (!words.length) return null;
    const names = new Map(
      NAMED.flatMap((kind) => this.readKind(kind, { all: true })).map(({ record, fields }) => [
        record,
        folded(
          NAMES.flatMap((name) => fields[name] ?? [])
            .filter((one) => typeof one === 'string')
            .join(' \n '),
        ),
      ]),
    );
    return rows
      .filter(({ record, links = [] }) =>
        words.every(
          (word) => this.texts.get(record)?.includes(word) || links.some((one) => names.get(one)?.includes(word)),
        ),
      )
      .map(({ record }) => record);
  }
}
