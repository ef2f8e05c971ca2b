/**
 * A sealed copy in a file: made from an open diary, restored on a phone that holds none, without a server.
 *
 * [Note: a copy taken in] Everything is written under the new phone's store key before the one transaction that sets
 * the passphrase (door.js), so a crash half-way leaves a phone that holds nothing, and the file can be chosen again.
 * The diary then lives on this phone only, as another device of the same diary; any server may accept it under a new
 * name. Earlier receipts are kept next to the new ones.
 */
import { b64 } from '../../core/bytes.js';
import { canonicalBytes } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { decodePush, verifyVersionByAnyKey } from '../../ledger/push.js';
import { partName } from '../../net/blobs.js';
import { openKept, writeKept } from '../../pack/backup_file.js';
import { confirmWords } from '../../diary/session/confirming.js';
import { createDiary, ensureVault } from '../../diary/session/door.js';
import { tryBothForms } from '../../diary/session/typed_words.js';
import { NO_PINS } from '../../diary/sync/pins.js';
import { resealWaiting } from '../../diary/session/reseal_waiting.js';
import { allVersions } from '../../diary/sync/reconcile.js';
import { restoreVersions } from './restore_versions.js';
import type { KeptFile } from '../../pack/backup_file.js';
import type { Drafts } from '../../diary/drafts/drafts.js';
import type { Context, Identity, Open, Vault } from '../../diary/types.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Receipt } from '../../crypto/signing.js';
import type { BlobCatalogue } from '../../net/blobs.js';

type OnProgress = (done: number, total: number) => void;

/** Versions per transaction while restoring. Any size is safe: a restore that stops half-way leaves no diary. */
const BATCH_SIZE = 100;

/**
 * Make a sealed copy of the diary.
 * @returns `lacking`: the number of files left out because they are on the server only
 * @throws words_differ, cancelled
 */
export async function makeCopy(
  ctx: Context,
  open: Open,
  { words, onProgress = () => undefined, signal }: { words: string; onProgress?: OnProgress; signal?: AbortSignal },
): Promise<{ file: Blob; name: string; lacking: number }> {
  const { store, vault } = open;
  const confirmed = await confirmWords(ctx, open, words);
  const keys = {
    ...(await vault.copyKeys({ words: confirmed.words })),
    code_wrap: store.root.account.code_wrap ?? null,
  };
  const rows = await listVersions(open);
  const { stored, lacking } = await listBlobs(open, rows);
  const total = rows.length + stored.reduce((sum, { n }) => sum + n, 0);
  let done = 0;
  const onStep = () => onProgress(++done, total);
  const { account, feed } = store.root;
  const head = {
    made_at: ctx.clock.now(),
    keys,
    versions: rows.length,
    blobs: stored.length,
    feed: account.registered ? feed : null,
    notary: account.notary ?? null,
    log: account.log ?? null,
  };
  const file = await writeKept({
    head: head as JsonObject,
    versions: readVersions(open, rows, onStep),
    blobs: readBlobs(open, stored, onStep),
    ...(signal ? { signal } : {}),
  });
  return { file, name: `copy-${new Date(ctx.clock.now()).toISOString().slice(0, 10)}.kept`, lacking };
}

/**
 * Return the versions in feed order, pending ones last. Erased versions are left out, and so are those of a file that
 * was removed at once.
 */
async function listVersions({
  store,
  book,
}: Open): Promise<{ record: string; version: string; seq: number | null; receipt: Receipt | null }[]> {
  const versions = [];
  for (const row of await allVersions({ store })) {
    const meta = await book.meta(row.record);
    const facts = meta?.versions.find(({ v }) => v === row.version);
    if (!meta || !facts || meta.erased_at !== undefined || facts.erased !== undefined) continue;
    if (meta.kind === 'attachment' && !(await store.read(`v/${row.version}`))) continue;
    versions.push({ ...row, seq: facts.seq, receipt: (facts.receipt ?? null) as Receipt | null });
  }
  return versions;
}

async function listBlobs(
  { store }: Open,
  rows: { version: string }[],
): Promise<{ stored: { blob: string; n: number }[]; lacking: number }> {
  const referenced: Set<string> = new Set();
  for (const { version } of rows)
    for (const blob of decodePush((await store.read(`v/${version}`))?.bytes ?? new Uint8Array(0)).meta.blobs)
      referenced.add(blob);
  const blobs = [...referenced];
  const facts = await store.readJsonMany<BlobCatalogue>(blobs.map((blob) => `b/${blob}`));
  const stored = blobs.flatMap((blob, index) => (facts[index]?.have === true ? [{ blob, n: facts[index].n }] : []));
  return { stored, lacking: blobs.length - stored.length };
}

async function* readVersions(
  { store }: Open,
  rows: { record: string; version: string; seq: number | null; receipt: Receipt | null }[],
  onStep: () => void,
) {
  for (const about of rows) {
    const stored = await store.read(`v/${about.version}`);
    if (!stored) throw new KeptError('store_lost');
    yield { about, push: stored.bytes };
    onStep();
  }
}

async function* readBlobs({ store }: Open, blobs: { blob: string; n: number }[], onStep: () => void) {
  for (const { blob, n } of blobs) {
    yield {
      blob,
      parts: (async function* each() {
        for (let i = 0; i < n; i++) {
          const part = await store.read(partName(blob, i));
          if (!part) throw new KeptError('store_lost');
          yield part.bytes;
          onStep();
        }
      })(),
    };
  }
}

/** In the format of crypto/sharing/copy.js, which checks it. */
type CopyKeys = Parameters<Vault['openCopy']>[0]['keys'];

/**
 * Open a copy's keys. A wrong passphrase leaves the worker unchanged, so that it can be typed again offline.
 * @param options with a `code`, `words` is the new passphrase
 * @returns `words`: in the form that opened the copy, or the new passphrase
 * @throws not_a_copy, no_match, code_wrong, kdf_refused
 */
export async function readCopy(
  ctx: Context,
  { file, words, code }: { file: Blob; words: string; code?: string },
): Promise<{ kept: KeptFile; identity: Identity; words: string }> {
  const vault = ensureVault(ctx);
  await vault.selfTest();
  const copy = await openKept(file);
  const keys = copy.head.keys as CopyKeys;
  const open = async (tried: string) => ({
    identity: await vault.openCopy(code === undefined ? { keys, words: tried } : { keys, code }),
    words: tried,
  });
  const opened = await (code === undefined ? tryBothForms(words, open, 'not_opened') : open(words)).catch((error) => {
    if (!(error instanceof KeptError)) throw error;
    throw new KeptError(
      error.code === 'not_opened' ? 'no_match' : error.code === 'bad_request' ? 'code_wrong' : error.code,
    );
  });
  return { kept: copy, ...opened };
}

/**
 * Restore an opened copy on a phone that holds no diary. See [Note: a copy taken in].
 * @throws not_a_copy, no_space
 */
export async function restoreCopy(
  ctx: Context,
  drafts: Drafts,
  { kept: copy, identity, words }: Awaited<ReturnType<typeof readCopy>>,
  { onProgress = () => undefined }: { onProgress?: OnProgress } = {},
): Promise<Open> {
  const behind = { account: identity.account, login: '', pins: NO_PINS };
  return createDiary(ctx, words, { identity, behind }, async (open) => {
    await restoreAll(open, copy, onProgress);
    return resealWaiting(ctx, drafts, open);
  });
}

async function restoreAll(open: Open, copy: KeptFile, onProgress: OnProgress) {
  const total = Number(copy.head.versions) + copy.blobs.length;
  let done = 0;
  let batch = [];
  for await (const { about, push } of copy.versions()) {
    const { record, version } = about;
    const { meta } = decodePush(push);
    // Without a sequence number it was pending there, also if its key had been replaced (resealing.js): then it stays
    // pending here, and no server accepts it. The number itself is the copy's claim only.
    await verifyVersionByAnyKey(
      open.identity.authors,
      { c: meta.c, diary: open.identity.diary, record, version },
      meta.sig,
      about.seq ?? 0,
    ).catch(() => {
      throw new KeptError('not_a_copy');
    });
    batch.push({ about, push, meta });
    if (batch.length === BATCH_SIZE) {
      await restoreVersions(open, batch);
      onProgress((done += batch.length), total);
      batch = [];
    }
  }
  await restoreVersions(open, batch);
  onProgress((done += batch.length), total);
  for (const blob of copy.blobs) {
    await restoreBlob(open, copy, blob);
    onProgress((done += 1), total);
  }
}

async function restoreBlob(open: Open, copy: KeptFile, blob: string) {
  const digests = [];
  let [count, size] = [0, 0];
  for await (const part of copy.frames(`parts/${blob}`)) {
    const name = partName(blob, count++);
    size += part.length;
    digests.push(b64(open.store.digest(part)));
    await open.store.change((_root, change) => change.put(name, { k: 'part' }, part), { bulky: true });
  }
  const digest = b64(open.store.digest(canonicalBytes(digests)));
  await open.store.change((root, change) => {
    change.putJson(`b/${blob}`, { n: count, size, digest, have: true, kept: false });
    root.uploads.push({ blob, of: null });
  });
}
