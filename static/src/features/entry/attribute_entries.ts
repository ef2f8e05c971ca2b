/** Attribute several entries at once: one step for the keeper, one dated version per entry. */
import { KeptError } from '../../core/errors.js';
import { ownFields } from '../../diary/records/record_store.js';
import { rewriteRows } from '../../diary/sync/apply_feed.js';
import type { Open } from '../../diary/types.js';

/** `replace`: replace the people named now, instead of adding to them */
type Attribution = {
  records: string[];
  actor_ids: string[];
  replace: boolean;
  attribution_basis: string[];
  reason: string;
};

/**
 * Write the attribution to all entries or none, in one transaction.
 * @returns `changed`: the number of entries that did not have it already
 * @throws reason_needed, nothing_to_save
 */
export async function attributeEntries(
  open: Open,
  { records, actor_ids, replace, attribution_basis, reason }: Attribution,
): Promise<{ changed: number }> {
  if (!records.length || !actor_ids.length) throw new KeptError('nothing_to_save');
  if (!reason.trim()) throw new KeptError('reason_needed');
  return open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const changed = [];
    for (const record of new Set(records)) {
      const newest = await open.book.newest(record, batch);
      const { reason: _reason, ...fields } = ownFields(newest);
      const current = replace ? [] : listOf(fields.actor_ids);
      const nextFields = {
        ...fields,
        actor_ids: [...new Set([...current, ...actor_ids])],
        attribution_basis: [...new Set([...(replace ? [] : listOf(fields.attribution_basis)), ...attribution_basis])],
      };
      if (
        isSame(nextFields.actor_ids, listOf(fields.actor_ids)) &&
        isSame(nextFields.attribution_basis, listOf(fields.attribution_basis))
      )
        continue;
      await open.book.stage(batch, {
        kind: 'incident',
        record,
        parents: [newest.version],
        open: { ...nextFields, reason: reason.trim() },
        restricted: newest.restricted,
      });
      changed.push(record);
    }
    await rewriteRows(batch, open, changed, null);
    return { changed: changed.length };
  });
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value : []);
const isSame = (left: string[], right: string[]) =>
  left.length === right.length && left.every((value) => right.includes(value));
