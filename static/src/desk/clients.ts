/**
 * The clients who gave this advocate access, and reading one of them. Keys stay in the worker; opened content stays
 * in this page's memory.
 */
import { locateFile } from '../diary/attachments/reading_files.js';
import { decodeFrames, parseCanonicalObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { partCount } from '../crypto/files.js';
import { ClientDiary } from './client_diary.js';
import { byRecord, readMarks } from './marks.js';
import { clientOf } from './client_order.js';
import type { Context } from './context.js';
import type { Bytes } from '../core/bytes.js';
import type { CopyKind } from '../diary/attachments/reading_files.js';
import type { Fields } from '../diary/types.js';
import type { Vault } from '../crypto/worker/vault.js';

export function clientMethods(ctx: Context) {
  const requireDiary = () => {
    if (!ctx.diary) throw new KeptError('not_found');
    return ctx.diary;
  };
  return {
    listClients: () => loadClients(ctx),
    openClient: (grant: string) => openClient(ctx, grant),
    lookAgain: () => openClient(ctx, ctx.state.client?.grant ?? ''),
    closeClient: () => closeClient(ctx),
    readIncident: async (record: string) => requireDiary().entry(record),
    readAttachment: async (record: string) => requireDiary().file(record),
    readRecords: async (kind: string, options: { all?: boolean } = {}) => ctx.diary?.readKind(kind, options) ?? [],
    readKnown: async () => requireDiary().known(),
    readPatterns: async () => requireDiary().patterns(ctx.state.entries),
    findEntries: async (query: string) => requireDiary().find(query, ctx.state.entries),
    readPicture: async (record: string, size: CopyKind) => readFile(ctx, record, size),
    readToPlay: async (record: string) => readFile(ctx, record, 'received'),
    writeLetter: (letterKind: 'question' | 'assisted', fields: Fields) => writeLetter(ctx, letterKind, fields),
  };
}

export async function loadClients(ctx: Context) {
  const vault = ctx.requireVault();
  const { clients: rows, now, you } = await ctx.api.clients();
  const openedClients = await vault.clientsOpen(rows, now);
  const clients = rows.flatMap((row, i) => {
    const client = openedClients[i];
    return client ? [clientOf(client, row, now)] : [];
  });
  ctx.set({ clients, refused: rows.length - clients.length, you, now });
  const current = ctx.state.client;
  if (current && !clients.some(({ grant }) => grant === current.grant)) endClient(ctx);
}

/**
 * Load everything a client shared, from the start, and show it once it is complete. One page is opened while the next
 * one downloads.
 */
async function openClient(ctx: Context, grant: string) {
  const vault = ctx.requireVault();
  const client = ctx.state.clients.find((item) => item.grant === grant);
  if (!client) throw new KeptError('not_found');
  ctx.set({ ended: null });
  const diary = new ClientDiary(ctx.ports.zone);
  ctx.loadingDiary = diary;
  const loaded = withGrant(ctx, grant, async () => {
    const pendingMarks = readMarks(ctx, grant);
    pendingMarks.catch(() => undefined);
    let cursor = 0;
    let pendingPage: ReturnType<Vault['clientRead']> = Promise.resolve([]);
    for (;;) {
      const page = await ctx.api.changes(grant, cursor);
      const frames = decodeFrames(page, { maxParts: 320 });
      diary.addPage(await pendingPage);
      if (!frames.length) break;
      const newest = sequenceOf(frames.at(-1) as Uint8Array);
      if (newest <= cursor) throw new KeptError('garbage');
      cursor = newest;
      pendingPage = vault.clientRead(grant, page);
      pendingPage.catch(() => undefined);
    }
    return pendingMarks;
  });
  // Ended meanwhile: the screen shows that, and there is nothing to open.
  const marks = await loaded.catch((error) => {
    if (ctx.state.ended === null) throw error;
    return null;
  });
  if (!marks) return;
  if (ctx.loadingDiary !== diary || !ctx.vault) throw new KeptError('cancelled');
  const rows = await diary.rows(client.looked_at ?? 0);
  if (ctx.state.client?.grant !== grant) revokeUrls(ctx);
  stopPack(ctx);
  ctx.diary = diary;
  // Mark the client as seen at once; the server's own note arrives with the next list.
  const clients = ctx.state.clients.map((item) =>
    item.grant === grant ? { ...item, looked_at: ctx.ports.clock.now(), fresh: false } : item,
  );
  ctx.set({
    client,
    clients,
    entries: rows.filter(({ taken_out }) => (taken_out ?? null) === null),
    removed: rows.filter(({ taken_out }) => (taken_out ?? null) !== null),
    ended: null,
    newer: false,
    marks: byRecord(marks.marks),
  });
}

/** The sequence number of a version, from its frame. */
function sequenceOf(frame: Uint8Array) {
  const [facts] = decodeFrames(frame, { maxParts: 3 });
  const { seq } = parseCanonicalObject(facts as Uint8Array) as { seq: number };
  if (!Number.isSafeInteger(seq)) throw new KeptError('garbage');
  return seq;
}

export function closeClient(ctx: Context) {
  stopPack(ctx);
  ctx.ports.pageEngine?.forget();
  ctx.diary = null;
  ctx.loadingDiary = null;
  revokeUrls(ctx);
  ctx.set({ client: null, entries: [], removed: [], marks: {}, newer: false });
}

/** End the pack that is being made: its workers hold words and pictures of the client. */
export function stopPack(ctx: Context) {
  ctx.packStopper?.abort();
  ctx.ports.pageEngine?.stop();
  ctx.ports.pictures.end?.();
}

/** The client ended the grant, or it expired: remove all of it from the screen and from memory. */
export function endClient(ctx: Context) {
  const { client } = ctx.state;
  if (!client) return;
  void ctx.vault?.clientForget(client.grant).catch(() => undefined);
  const clients = ctx.state.clients.filter(({ grant }) => grant !== client.grant);
  closeClient(ctx);
  ctx.set({ clients, ended: client.name });
}

/** Run an action under a grant. If the server no longer has the grant, show that it has ended. */
export async function withGrant<T>(ctx: Context, grant: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof KeptError && error.code === 'not_found' && !(await isGrantValid(ctx, grant))) {
      const clients = ctx.state.clients.filter((item) => item.grant !== grant);
      const name = ctx.state.clients.find((item) => item.grant === grant)?.name ?? '';
      if (ctx.state.client?.grant === grant) closeClient(ctx);
      ctx.set({ clients, ended: name });
    }
    throw error;
  }
}

async function isGrantValid(ctx: Context, grant: string) {
  return ctx.api.grantStatus(grant).then(
    () => true,
    (error) => !(error instanceof KeptError && error.code === 'not_found'),
  );
}

/** A client's file as a URL that is valid while the client is open. */
async function readFile(ctx: Context, record: string, copy: CopyKind) {
  const {
    diary,
    state: { client },
  } = ctx;
  if (!diary || !client) throw new KeptError('not_found');
  const source = { book: { newest: async (id: string) => diary.newest(id) } };
  const file =
    (await locateFile(source, record, copy, [])) ??
    (copy === 'preview' ? await locateFile(source, record, 'print', []) : null);
  if (!file) return null;
  const parts = [];
  for await (const part of fileParts(ctx, client.grant, file)) parts.push(part);
  if (ctx.diary !== diary) throw new KeptError('cancelled');
  // Show only pictures that a browser itself encoded, and play only audio and video.
  const { type } = file;
  const safeType = type === 'image/jpeg' || /^(audio|video)\//.test(type) ? type : 'application/octet-stream';
  const content = new Blob(parts as BlobPart[], { type: safeType });
  const url = ctx.ports.objectUrl.make(content);
  ctx.urls.add(url);
  return { url, blob: content };
}

/** The parts of a client's file, each opened as it arrives. */
export async function* fileParts(
  ctx: Context,
  grant: string,
  { blob, key, size }: { blob: string; key: string; size: number },
): AsyncGenerator<Uint8Array> {
  const count = partCount(size);
  const { complete, parts } = await withGrant(ctx, grant, () => ctx.api.blob(grant, blob));
  if (!complete) throw new KeptError('unavailable'); // the keeper's phone is still sending it
  if (parts !== count) throw new KeptError('garbage');
  for (let i = 0; i < count; i++) {
    const sealed = (await withGrant(ctx, grant, () => ctx.api.part(grant, blob, i))) as Bytes;
    yield await ctx.requireVault().clientPart({ grant, blob, key, i, n: count, size, sealed });
  }
}

async function writeLetter(ctx: Context, letterKind: 'question' | 'assisted', fields: Fields) {
  const { client } = ctx.state;
  if (!client) throw new KeptError('not_found');
  const { letter, envelope } = await ctx
    .requireVault()
    .letterSeal({ grant: client.grant, what: letterKind, fields, made_at: ctx.ports.clock.now() });
  await withGrant(ctx, client.grant, () => ctx.api.putLetter(client.grant, letter, envelope));
  ctx.sentLetters.push({
    letter,
    grant: client.grant,
    about: fields.about ?? null,
    text: fields.text ?? '',
    at: ctx.ports.clock.now(),
  });
  return letter;
}

function revokeUrls(ctx: Context) {
  for (const url of ctx.urls) ctx.ports.objectUrl.drop(url);
  ctx.urls.clear();
}
