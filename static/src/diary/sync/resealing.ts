/**
 * Versions that no server has a receipt for, sealed and signed anew in their order: under keys that are new, or with
 * other numbers on this device's line.
 *
 * [Note: a phone put back] A phone that was restored from an old copy of itself does not know what it wrote since, and
 * would give the same numbers of its line a second time: to whoever checks a pack that looks like something taken out
 * and put in. The feed says how far the line had come (diary/sync/apply_feed.js), and what was written on the old state
 * is numbered after it: page by page, with how far the pages so far had come in the root (`put_back`), and nothing is
 * sent before the last.
 *
 * [Note: lost, and the keys are new] What a server gave a receipt for may be on other phones, and what was written
 * after it names its commitment. So where that server lost it and the keys were changed since, it goes again as it is,
 * and only the signature is made anew. Whoever has the keys of before could have a server show this phone something in
 * its own name: only what the phone noted as its own when it sealed it (`here`, book.js) is signed. The rest stays on
 * this phone, which says so.
 *
 * Where this phone itself makes the keys new, it says up to where those of before count, by a number. What has none
 * then (all of a diary that was restored from a copy and has met no server) it signs as well, whoever wrote it.
 */
import { decodePush, encodePush, verifyByAny } from '../../ledger/push.js';
import { ownFields } from '../records/record_store.js';
import type { Open, Batch, Meta, Opened } from '../types.js';

const SCHEMA = 1;

/**
 * @param after where the line stands; without it the numbers stay
 * @param sent versions a server has all the same: they stay as they are
 * @param whoever this phone made the keys: see [Note: lost, and the keys are new]
 * @returns the incidents whose rows are to be made again
 */
export async function resealUnsent(
  open: Open,
  batch: Batch,
  after: { n: number; prev: string | null } | null = null,
  sent: Set<string> = new Set(),
  whoever: boolean = false,
): Promise<string[]> {
  const { root, change } = batch;
  const incidents: Set<string> = new Set();
  let line = after;
  for (const { record, version, of } of root.outbox) {
    if (sent.has(version)) {
      line = after && line; // what follows it goes on from it as it is
      continue;
    }
    const { here, before } = (await open.book.meta(record, batch))?.versions.find(({ v }) => v === version) ?? {};
    if (before && !after) {
      await signAgain(open, batch, record, version, whoever);
      line = null; // what follows it goes on from it as it is
      continue;
    }
    const opened = before && !here ? null : await unsent(open, record, version);
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
      line: { n: after ? line.n + 1 : _line.n, prev: line.prev },
      beacon: _beacon,
      clock: _clock,
    });
    line = { n: after ? line.n + 1 : _line.n, prev: sealed.commitment };
    open.book.seen.delete(version);
    await open.book.open([{ record, version, push: sealed.push }]);
    const meta = structuredClone((await open.book.meta(record, batch)) as Meta);
    for (const facts of meta.versions) if (facts.v === version) facts.c = sealed.commitment;
    batch.metas.set(record, meta);
    change.putJson(`r/${record}`, meta);
    change.put(`v/${version}`, { k: 'version' }, sealed.push);
    if (of) incidents.add(of);
  }
  if (line?.prev) root.line = { n: after ? line.n : root.line.n, prev: line.prev };
  return [...incidents];
}

/**
 * A version that a server has lost gets a signature of the key in use, where the one it has counts for no number to
 * come. See [Note: lost, and the keys are new].
 * @param whoever not only what was sealed here
 */
export async function signAgain(
  { store, book, vault, identity }: Open,
  batch: Batch,
  record: string,
  version: string,
  whoever: boolean = false,
) {
  const facts = (await book.meta(record, batch))?.versions.find(({ v }) => v === version);
  const held = (facts?.here || whoever) && identity.authors.length > 1 ? await store.read(`v/${version}`) : null;
  if (!held) return;
  const push = decodePush(held.bytes);
  const { c, sig } = push.meta;
  const signed = { c, diary: identity.diary, record, version };
  if (
    await verifyByAny(identity.authors, signed, sig, null).then(
      () => true,
      () => false,
    )
  )
    return;
  const made = await vault.signAgain({ record, version, ...push }, { whoever }).catch(() => null);
  if (!made) return;
  batch.change.put(`v/${version}`, { k: 'version' }, encodePush({ ...push, meta: { ...push.meta, sig: made } }));
}

/** A version as it was sealed here; null for what is not this device's to seal again. */
async function unsent({ store, book, identity }: Open, record: string, version: string): Promise<Opened | null> {
  const held = await store.read(`v/${version}`);
  if (!held) return null;
  if (!book.seen.has(version)) await book.open([{ record, version, push: held.bytes }]);
  const opened = book.seen.get(version) as Opened;
  return opened.altered || opened.fields._author?.device !== identity.device ? null : opened;
}
