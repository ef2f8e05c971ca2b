/**
 * Seal and sign again, in their order, the versions without a receipt: under new keys, or with other numbers on this
 * device's line.
 *
 * [Note: a phone put back] A phone that was restored from an old copy of itself does not know what it wrote since,
 * and would use the same numbers of its line a second time. To anyone who checks a pack that looks like a version
 * removed and replaced. The feed shows how far the line had come (diary/sync/apply_feed.js), and what was written on
 * the old state is numbered after it: page by page, with the progress in the root (`put_back`), and nothing is sent
 * before the last page.
 *
 * [Note: lost, and the keys are new] Versions with a receipt may be on other phones, and later versions name their
 * commitments. So where the server lost one and the keys have changed since, it is sent again unchanged, and only the
 * signature is new. Anyone with the old keys could have a server present this phone with forged versions in its own
 * name. So only what the phone marked as its own when it sealed it (`here`, record_store.js) is signed. The rest
 * stays on this phone, which shows that.
 *
 * Where this phone itself makes the new keys, it states up to which number the old keys count. Versions without a
 * number then (the whole of a diary that was restored from a copy and has met no server) it signs too, whoever wrote
 * them.
 */
import { decodePush, encodePush, verifyVersionByAnyKey } from '../../ledger/push.js';
import { ownFields } from '../records/record_store.js';
import type { Open, Batch, Meta, Opened } from '../types.js';

const SCHEMA = 1;

/**
 * @param lineEnd where the line stands; null keeps the numbers
 * @param sent versions that a server already has: they stay unchanged
 * @param anyAuthor this phone made the keys: see [Note: lost, and the keys are new]
 * @returns the incidents whose rows must be rewritten
 */
export async function resealUnsent(
  open: Open,
  batch: Batch,
  lineEnd: { n: number; prev: string | null } | null = null,
  sent: Set<string> = new Set(),
  anyAuthor: boolean = false,
): Promise<string[]> {
  const { root, change } = batch;
  const incidents: Set<string> = new Set();
  let line = lineEnd;
  for (const { record, version, of: incident } of root.outbox) {
    const {
      here: isSealedHere,
      before: earlierReceipts,
      receipt,
    } = (await open.book.meta(record, batch))?.versions.find(({ v }) => v === version) ?? {};
    // With a receipt it came by the feed, and waits only because the server's own answer was not valid.
    if (sent.has(version) || receipt) {
      line = lineEnd && line; // later versions continue from it unchanged
      continue;
    }
    if (earlierReceipts && !lineEnd) {
      await signAgain(open, batch, record, version, anyAuthor);
      line = null; // later versions continue from it unchanged
      continue;
    }
    const opened = earlierReceipts && !isSealedHere ? null : await openUnsent(open, record, version);
    if (!opened) continue;
    const { _line, _clock, _beacon = null, _parents } = opened.fields;
    if (!line && !_line) continue;
    line ??= { n: _line.n - 1, prev: _line.prev };
    const sealed = await open.vault.sealVersion({
      record,
      version,
      kind: opened.kind,
      schema: SCHEMA,
      open: ownFields(opened),
      restricted: opened.restricted,
      openKeys: opened.keys.open,
      restrictedKeys: opened.keys.restricted,
      parents: _parents,
      line: { n: lineEnd ? line.n + 1 : _line.n, prev: line.prev },
      beacon: _beacon,
      clock: _clock,
    });
    line = { n: lineEnd ? line.n + 1 : _line.n, prev: sealed.commitment };
    open.book.seen.delete(version);
    await open.book.open([{ record, version, push: sealed.push }]);
    const meta = structuredClone((await open.book.meta(record, batch)) as Meta);
    for (const facts of meta.versions) if (facts.v === version) facts.c = sealed.commitment;
    batch.metas.set(record, meta);
    change.putJson(`r/${record}`, meta);
    change.put(`v/${version}`, { k: 'version' }, sealed.push);
    if (incident) incidents.add(incident);
  }
  if (line?.prev) root.line = { n: lineEnd ? line.n : root.line.n, prev: line.prev };
  return [...incidents];
}

/**
 * Sign a version that a server has lost with the current key, where its own signature would count for no future
 * number. See [Note: lost, and the keys are new].
 * @param anyAuthor not only what was sealed here
 */
export async function signAgain(
  { store, book, vault, identity }: Open,
  batch: Batch,
  record: string,
  version: string,
  anyAuthor: boolean = false,
) {
  const facts = (await book.meta(record, batch))?.versions.find(({ v }) => v === version);
  const stored = (facts?.here || anyAuthor) && identity.authors.length > 1 ? await store.read(`v/${version}`) : null;
  if (!stored) return;
  const push = decodePush(stored.bytes);
  const { c, sig } = push.meta;
  const signedFacts = { c, diary: identity.diary, record, version };
  if (
    await verifyVersionByAnyKey(identity.authors, signedFacts, sig, null).then(
      () => true,
      () => false,
    )
  )
    return;
  const signature = await vault.signAgain({ record, version, ...push }, { whoever: anyAuthor }).catch(() => null);
  if (!signature) return;
  batch.change.put(`v/${version}`, { k: 'version' }, encodePush({ ...push, meta: { ...push.meta, sig: signature } }));
}

/** Return a version as it was sealed here, or null for one that this device may not seal again. */
async function openUnsent({ store, book, identity }: Open, record: string, version: string): Promise<Opened | null> {
  const stored = await store.read(`v/${version}`);
  if (!stored) return null;
  if (!book.seen.has(version)) await book.open([{ record, version, push: stored.bytes }]);
  const opened = book.seen.get(version) as Opened;
  return opened.altered || opened.fields._author?.device !== identity.device ? null : opened;
}
