/**
 * Merge an entry that two devices changed at once. Both versions stand until the keeper has looked at them. Then one
 * more version follows both, with the text the keeper chose. Text is never merged automatically.
 */
import { KeptError } from '../../core/errors.js';
import { isTakenOut } from '../../record/current_version.js';
import { changesBetween, sealedAt } from '../../record/record_history.js';
import { heads, ownFields } from './record_store.js';
import { refuseBreach } from './validation.js';
import { rewriteRows } from '../sync/apply_feed.js';
import type { Fields, Open, Batch } from '../types.js';

type HeadVersion = {
  version: string;
  at: number;
  here: boolean;
  taken_out: boolean;
  fields: Fields;
  restricted: Fields;
};

/** Return the heads of an incident, where there is more than one; [] where nothing is to be merged. */
export async function headVersions(open: Open, record: string, batch?: Batch): Promise<HeadVersion[]> {
  const meta = await open.book.meta(record, batch);
  const headIds = new Set(meta ? heads(meta) : []);
  const versions = (await open.book.versions(record, batch)).filter(
    ({ kind, version }) => kind === 'incident' && headIds.has(version),
  );
  if (versions.length < 2) return [];
  return versions.map((opened) => ({
    version: opened.version,
    at: sealedAt(opened) ?? 0,
    here: opened.fields._author?.device === open.identity.device,
    taken_out: isTakenOut(opened),
    fields: withoutReason(ownFields(opened)),
    restricted: opened.restricted,
  }));
}

/**
 * Whether the heads differ in content. Where two devices only added files, there is nothing to look at: the files of
 * both stay.
 */
export function differInContent(versions: readonly HeadVersion[]) {
  const [first, ...others] = versions;
  if (!first) return false;
  const contentOf = ({ fields, restricted }: HeadVersion) => ({
    fields: { ...fields, attachment_ids: [] },
    restricted,
  });
  return others.some(
    (head) => head.taken_out !== first.taken_out || changesBetween(contentOf(first), contentOf(head)).length > 0,
  );
}

function withoutReason({ reason: _reason, ...fields }: Fields) {
  return fields;
}

/**
 * Save one version that follows those the keeper looked at. It keeps the files of all. A version that arrived
 * meanwhile is not followed, and stands.
 * @param chosen every field with its final value
 * @throws reason_needed; conflict when the heads have changed since; before_service, no_such_term where the time of
 *   one version does not fit a breach of the other
 */
export async function mergeVersions(
  open: Open,
  record: string,
  { looked, fields, restricted, reason }: { looked: string[]; fields: Fields; restricted: Fields; reason: string },
) {
  if (!reason.trim()) throw new KeptError('reason_needed');
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const currentHeads = await headVersions(open, record, batch);
    const chosenHeads = currentHeads.filter(({ version }) => looked.includes(version));
    if (chosenHeads.length !== looked.length || chosenHeads.length < 2) throw new KeptError('conflict');
    await refuseBreach(open.book, batch, fields, ...chosenHeads.map((end) => end.fields));
    const files = [
      ...new Set(
        chosenHeads.flatMap(({ fields: own }) => (Array.isArray(own.attachment_ids) ? own.attachment_ids : [])),
      ),
    ];
    await open.book.stage(batch, {
      kind: 'incident',
      record,
      parents: looked,
      restricted,
      open: { ...fields, ...(files.length ? { attachment_ids: files } : {}), reason: reason.trim() },
    });
    change.drop(`u/${record}`);
    await rewriteRows(batch, open, [record], null);
  });
  return { record };
}
