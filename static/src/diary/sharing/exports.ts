/**
 * The records of what left the diary (record a.5): which entries and files a pack contains, when and for whom it was
 * made, how it was delivered, and the recipient's reference. They number packs and files, so that a number means the
 * same in every pack.
 *
 * [Note: two packs of one number] A pack made without a network takes the next number this phone knows. Two devices
 * may take the same one. A pack that was sent cannot be changed, so both keep it. The screens add a letter to the one
 * that is later in the feed ("3B"), and the next pack continues after the highest number.
 */
import { canonicalBytes } from '../../core/encoding.js';
import { hex } from '../../core/bytes.js';
import { sha256 } from '../../crypto/digests.js';
import { textOf, integerOf } from '../../record/reading.js';
import { requireOpenOf, afterSaveOf } from '../session/require_open.js';
import { KeptError } from '../../core/errors.js';
import { packedVersion } from '../../pack/capsule.js';
import { exportProof } from '../../pack/proofs.js';
import { readKind, saveRecord } from '../records/records.js';
import { readVersions } from './pack_sources.js';
import { readBesideFiles } from './pack_slip.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Context, Fields, Open } from '../types.js';

/** `label`: its number, with a letter where another pack has the same one; `twin`: whether it has that letter */
type ExportRecord = { record: string; fields: Fields; restricted: Fields; label: string; twin: boolean; at: number };

/** `manifest`: SHA-256 of the list of files, hex; `version`: the release of the app */
type ExportDetails = {
  name: string;
  kind: string;
  records: string[];
  version: string;
  manifest: string;
  restricted: boolean;
  review: Fields;
};

/** Kinds of export that have a pack number. */
export const NUMBERED_KINDS = new Set(['pack', 'supplement', 'portal', 'evidence']);
const SUFFIXES = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Return all exports in feed order; those that are only on this phone come last. */
export async function readExports(open: Open): Promise<ExportRecord[]> {
  const unsorted = await readKind(open, 'export');
  const metas = await Promise.all(unsorted.map(({ record }) => open.book.meta(record)));
  const firstSeq = new Map(unsorted.map(({ record }, i) => [record, metas[i]?.versions[0]?.seq ?? Infinity]));
  const sorted = [...unsorted].sort(
    (a, b) =>
      Number(firstSeq.get(a.record)) - Number(firstSeq.get(b.record)) || a.at - b.at || (a.record < b.record ? -1 : 1),
  );
  const usedNumbers: Map<number, number> = new Map();
  return sorted.map(({ record, fields, restricted, at }) => {
    const packNo = isPack(fields) ? integerOf(fields, 'pack_no') : null;
    if (packNo === null) return { record, fields, restricted, at, label: '', twin: false };
    const earlierCount = usedNumbers.get(packNo) ?? 0;
    usedNumbers.set(packNo, earlierCount + 1);
    return {
      record,
      fields,
      restricted,
      at,
      label: `${packNo}${earlierCount ? (SUFFIXES[earlierCount] ?? '') : ''}`,
      twin: earlierCount > 0,
    };
  });
}

export const isPack = (fields: Fields) => NUMBERED_KINDS.has(textOf(fields, 'kind'));

/** Return the number of the next pack: one above the highest that any device of the diary used. */
export function nextPackNo(exports: readonly ExportRecord[]) {
  return Math.max(0, ...exports.map(({ fields }) => (isPack(fields) ? (integerOf(fields, 'pack_no') ?? 0) : 0))) + 1;
}

/**
 * Store the record of a pack whose list of files is written. It counts as unfinished until `finishExport`
 * (unfinished_export.ts).
 * @returns its record
 */
async function storeExport(
  open: Open,
  capsule: JsonObject,
  { name, kind, records, version, manifest, restricted, review }: ExportDetails,
): Promise<string> {
  const pack = capsule.pack as Fields;
  const counts = capsule.counts as Fields;
  const exhibits = capsule.exhibits as Fields[];
  const { feed } = open.store.root;
  const covers = {
    ...(pack.covers_from === null ? {} : { covers_from: pack.covers_from }),
    ...(pack.covers_to === null ? {} : { covers_to: pack.covers_to }),
  };
  const exhibitList = exhibits.map((exhibit) => [exhibit.item, exhibit.sha256]);
  const { record } = await stageExport(
    open,
    {
      kind,
      pack_id: pack.id,
      pack_no: pack.no,
      made_at: pack.made_at,
      file_name: name,
      delivered_how: 'saved',
      restricted_included: restricted,
      record_ids: records,
      items_included: exhibits.map((exhibit) => ({ item: exhibit.item, record: exhibit.record })),
      attachments_included: exhibits.length,
      entries_withheld_count: counts.withheld ?? 0,
      entries_removed_count: counts.removed ?? 0,
      app_version: version,
      manifest_sha256: manifest,
      exhibit_list_hash: hex(await sha256(canonicalBytes(exhibitList, { limit: 64 << 20 }))),
      purpose: textOf(pack, 'profile'),
      ...(feed?.head ? { head_digest: String(feed.head) } : {}),
      ...(Array.isArray(pack.supersedes) && pack.supersedes.length ? { supersedes: pack.supersedes } : {}),
      ...covers,
    },
    reviewNote(review),
    { isUnfinished: true },
  );
  return record;
}

/**
 * Record a pack in the diary before it is signed, so that the server can confirm what was signed.
 * @param send waits until the server confirmed the record, as long as is reasonable
 * @returns its record, and pack-export.json
 */
export async function recordExport(
  open: Open,
  capsule: JsonObject,
  details: ExportDetails,
  send: (record: string) => Promise<void>,
): Promise<{ record: string; proof: Uint8Array }> {
  const record = await storeExport(open, capsule, details);
  await send(record);
  const [version] = await readVersions(open, record);
  if (!version) throw new KeptError('store_lost');
  return { record, proof: exportProof(packedVersion(version, new Map())) };
}

/** Return the note of what the keeper skipped at the review, for their own record of the pack. */
function reviewNote(review: Fields) {
  return review.override_at
    ? {
        notes:
          `Went on at the review: ${review.not_looked} pictures not looked at, ` +
          `${review.words_open ?? 0} words not answered.`,
      }
    : {};
}

async function stageExport(
  open: Open,
  fields: Fields,
  restricted: Fields = {},
  { isUnfinished = false } = {},
): Promise<{ record: string }> {
  const staged = await open.store.change(async (root, change) => {
    const version = await open.book.stage(open.book.batch(root, change), { kind: 'export', open: fields, restricted });
    if (isUnfinished) root.unfinished_export = version.record;
    return version;
  });
  open.syncing.soon();
  return staged;
}

/** Return the app's methods about what was shared. */
export function exportActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const afterSave = afterSaveOf(ctx);
  return {
    readShared: async () => readExports(requireOpen()),
    /** Return the files that show when a pack existed, to be saved beside it. */
    readBeside: async (record: string) => readBesideFiles(requireOpen(), record),
    /** Note to whom a pack went, how, and their reference; change only the fields passed. */
    async noteDelivery(record: string, input: Fields) {
      const {
        delivered_to,
        delivered_how,
        delivered_how_text,
        receipt_ref,
        handover,
        openings,
        not_after,
        withdrawn_at,
        digest,
        reason = '',
      } = input;
      const facts = {
        delivered_to,
        delivered_how,
        delivered_how_text,
        receipt_ref,
        handover,
        openings,
        not_after,
        withdrawn_at,
        digest,
      };
      const fields = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
      return afterSave(
        await saveRecord(ctx, requireOpen(), {
          kind: 'export',
          record,
          fields,
          reason: String(reason) || 'Noted later',
        }),
      );
    },
    /** Record something that was shared without a pack: read out, pasted or shown. */
    async noteShared({
      kind,
      records,
      delivered_to,
      delivered_how,
    }: {
      kind: string;
      records: string[];
      delivered_to?: string;
      delivered_how?: string;
    }) {
      const open = requireOpen();
      return afterSave(
        await stageExport(open, {
          kind,
          made_at: ctx.clock.now(),
          record_ids: records,
          restricted_included: false,
          ...(delivered_to ? { delivered_to } : {}),
          ...(delivered_how ? { delivered_how } : {}),
        }),
      );
    },
  };
}
