/**
 * Store versions from a sealed copy like those from the feed: without a sequence number yet, and with their earlier
 * receipts in `before`.
 */
import { inFeedOrder } from '../../diary/records/record_store.js';
import { incidentOf, rewriteRows } from '../../diary/sync/apply_feed.js';
import type { VersionMeta } from '../../ledger/push.js';
import type { Open, VersionFacts } from '../../diary/types.js';
import type { Receipt } from '../../crypto/signing.js';
import type { Bytes } from '../../core/bytes.js';

/** `about`: as read from the copy (pack/backup_file.js) */
type RestoredVersion = { about: CopyRow; push: Bytes; meta: VersionMeta };
type CopyRow = { record: string; version: string; seq: number | null; receipt: Receipt | null };

/** @param batch in the order in which they were first sent */
export async function restoreVersions(open: Open, batch: RestoredVersion[]) {
  const { store, book } = open;
  await book.open(batch.map(({ about: { record, version }, push }) => ({ record, version, push })));
  await store.change(async (root, change) => {
    const staged = book.batch(root, change);
    const incidents: Set<string> = new Set();
    for (const { about, push, meta: pushMeta } of batch) {
      const { record, version, seq, receipt } = about;
      const opened = book.seen.get(version);
      const meta = structuredClone(await book.meta(record, staged)) ?? {
        record,
        kind: opened?.kind ?? '',
        of: incidentOf(opened),
        versions: [],
      };
      const earlierReceipts = receipt ? [{ seq, at: Number(receipt.ts), receipt }] : [];
      meta.versions = inFeedOrder([
        ...meta.versions,
        {
          v: version,
          parents: pushMeta.parents,
          c: pushMeta.c,
          seq: null,
          at: null,
          receipt: null,
          before: earlierReceipts,
          ...(opened?.altered ? { altered: true } : {}),
        } as VersionFacts,
      ]);
      staged.metas.set(record, meta);
      change.putJson(`r/${record}`, meta);
      change.put(`v/${version}`, { k: 'version' }, push);
      await book.enlist(staged, opened?.kind || meta.kind, record);
      if (meta.kind === 'note' && meta.of) change.putJson(`n/${meta.of}`, { note: record });
      if (meta.kind === 'settings') root.settings = record;
      const entryId = meta.kind === 'incident' ? record : meta.of;
      root.outbox.push({ record, version, of: entryId });
      if (opened?.altered) root.doubts = { ...root.doubts, altered: true };
      if (entryId) incidents.add(entryId);
    }
    await rewriteRows(staged, open, [...incidents], null);
  });
}
