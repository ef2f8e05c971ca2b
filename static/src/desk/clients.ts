/**
 * The clients who gave this advocate access, and reading one of them. Keys stay in the worker; opened content stays
 * in this page's memory.
 */
import { findFile } from '../diary/attachments/reading_files.js';
import { readFrames, parseObject } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { partCount } from '../crypto/files.js';
import { Diary } from './diary.js';
import { byRecord, readMarks } from './marks.js';
import { clientOf } from './order.js';
import type { Context } from './context.js';
import type { Bytes } from '../core/bytes.js';
import type { Which } from '../diary/attachments/reading_files.js';
import type { Fields } from '../diary/types.js';
import type { Vault } from '../crypto/worker/vault.js';

export function clientMethods(ctx: Context) {
  const reading = () => {
    if (!ctx.diary) throw new KeptError('not_found');
    return ctx.diary;
  };
  return {
    listClients: () => list(ctx),
    openClient: (grant: string) => openClient(ctx, grant),
    lookAgain: () => openClient(ctx, ctx.state.client?.grant ?? ''),
    closeClient: () => closeClient(ctx),
    readIncident: async (record: string) => reading().entry(record),
    readAttachment: async (record: string) => reading().file(record),
    readRecords: async (kind: string, how: { all?: boolean } = {}) => ctx.diary?.readKind(kind, how) ?? [],
    readKnown: async () => reading().known(),
    readPatterns: async () => reading().patterns(ctx.state.entries),
    findEntries: async (query: string) => reading().find(query, ctx.state.entries),
    readPicture: async (record: string, size: Which) => readFile(ctx, record, size),
    readToPlay: async (record: string) => readFile(ctx, record, 'received'),
    writeLetter: (what: 'question' | 'assisted', fields: Fields) => writeLetter(ctx, what, fields),
  };
}

export async function list(ctx: Context) {
  const vault = ctx.opened();
  const { clients: rows, now, you } = await ctx.api.clients();
  const opened = await vault.clientsOpen(rows, now);
  const clients = rows.flatMap((row, i) => {
    const one = opened[i];
    return one ? [clientOf(one, row, now)] : [];
  });
  ctx.set({ clients, refused: rows.length - clients.length, you, now });
  const open = ctx.state.client;
  if (open && !clients.some(({ grant }) => grant === open.grant)) gone(ctx);
}

/**
 * Load everything a client shared, from the start, and show it once it is complete. One page is opened while the next
 * one downloads.
 */
async function openClient(ctx: Context, grant: string) {
  const vault = ctx.opened();
  const client = ctx.state.clients.find((one) => one.grant === grant);
  if (!client) throw new KeptError('not_found');
  ctx.set({ ended: null });
  const diary = new Diary(ctx.ports.zone);
  ctx.reading = diary;
  const read = guarded(ctx, grant, async () => {
    const marking = readMarks(ctx, grant);
    marking.catch(() => undefined);
    let after = 0;
    let opening: ReturnType<Vault['clientRead']> = Promise.resolve([]);
    for (;;) {
      const page = await ctx.api.changes(grant, after);
      const frames = readFrames(page, { atMost: 320 });
      diary.take(await opening);
      if (!frames.length) break;
      const next = numberOf(frames.at(-1) as Uint8Array);
      if (next <= after) throw new KeptError('garbage');
      after = next;
      opening = vault.clientRead(grant, page);
      opening.catch(() => undefined);
    }
    return marking;
  });
  // Ended meanwhile: the screen shows that, and there is nothing to open.
  const marks = await read.catch((error) => {
    if (ctx.state.ended === null) throw error;
    return null;
  });
  if (!marks) return;
  if (ctx.reading !== diary || !ctx.vault) throw new KeptError('cancelled');
  const all = await diary.rows(client.looked_at ?? 0);
  if (ctx.state.client?.grant !== grant) dropUrls(ctx);
  ctx.diary = diary;
  // Mark the client as seen at once; the server's own note arrives with the next list.
  const clients = ctx.state.clients.map((one) =>
    one.grant === grant ? { ...one, looked_at: ctx.ports.clock.now(), fresh: false } : one,
  );
  ctx.set({
    client,
    clients,
    entries: all.filter(({ taken_out }) => (taken_out ?? null) === null),
    removed: all.filter(({ taken_out }) => (taken_out ?? null) !== null),
    ended: null,
    newer: false,
    marks: byRecord(marks.marks),
  });
}

/** The sequence number of a version, from its frame. */
function numberOf(frame: Uint8Array) {
  const [facts] = readFrames(frame, { atMost: 3 });
  const { seq } = parseObject(facts as Uint8Array) as { seq: number };
  if (!Number.isSafeInteger(seq)) throw new KeptError('garbage');
  return seq;
}

export function closeClient(ctx: Context) {
  ctx.diary = null;
  ctx.reading = null;
  dropUrls(ctx);
  ctx.set({ client: null, entries: [], removed: [], marks: {}, newer: false });
}

/** The client ended the grant, or it expired: remove all of it from the screen and from memory. */
export function gone(ctx: Context) {
  const { client } = ctx.state;
  if (!client) return;
  void ctx.vault?.clientForget(client.grant).catch(() => undefined);
  const clients = ctx.state.clients.filter(({ grant }) => grant !== client.grant);
  closeClient(ctx);
  ctx.set({ clients, ended: client.name });
}

/** Run an action under a grant. If the server no longer has the grant, show that it has ended. */
export async function guarded<T>(ctx: Context, grant: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof KeptError && error.code === 'not_found' && !(await standsStill(ctx, grant))) {
      const clients = ctx.state.clients.filter((one) => one.grant !== grant);
      const name = ctx.state.clients.find((one) => one.grant === grant)?.name ?? '';
      if (ctx.state.client?.grant === grant) closeClient(ctx);
      ctx.set({ clients, ended: name });
    }
    throw error;
  }
}

async function standsStill(ctx: Context, grant: string) {
  return ctx.api.stands(grant).then(
    () => true,
    (error) => !(error instanceof KeptError && error.code === 'not_found'),
  );
}

/** A client's file as a URL that is valid while the client is open. */
async function readFile(ctx: Context, record: string, which: Which) {
  const {
    diary,
    state: { client },
  } = ctx;
  if (!diary || !client) throw new KeptError('not_found');
  const book = { book: { newest: async (id: string) => diary.newest(id) } };
  const file =
    (await findFile(book, record, which, [])) ??
    (which === 'preview' ? await findFile(book, record, 'print', []) : null);
  if (!file) return null;
  const pieces = [];
  for await (const piece of partsOf(ctx, client.grant, file)) pieces.push(piece);
  if (ctx.diary !== diary) throw new KeptError('cancelled');
  // Show only pictures that a browser itself encoded, and play only audio and video.
  const { type } = file;
  const safe = type === 'image/jpeg' || /^(audio|video)\//.test(type) ? type : 'application/octet-stream';
  const whole = new Blob(pieces as BlobPart[], { type: safe });
  const url = ctx.ports.objectUrl.make(whole);
  ctx.urls.add(url);
  return { url, blob: whole };
}

/** The parts of a client's file, each opened as it arrives. */
export async function* partsOf(
  ctx: Context,
  grant: string,
  { blob, key, size }: { blob: string; key: string; size: number },
): AsyncGenerator<Uint8Array> {
  const n = partCount(size);
  const { complete, parts } = await guarded(ctx, grant, () => ctx.api.blob(grant, blob));
  if (!complete) throw new KeptError('not_there_yet');
  if (parts !== n) throw new KeptError('garbage');
  for (let i = 0; i < n; i++) {
    const sealed = (await guarded(ctx, grant, () => ctx.api.part(grant, blob, i))) as Bytes;
    yield await ctx.opened().clientPart({ grant, blob, key, i, n, size, sealed });
  }
}

async function writeLetter(ctx: Context, what: 'question' | 'assisted', fields: Fields) {
  const { client } = ctx.state;
  if (!client) throw new KeptError('not_found');
  const { letter, envelope } = await ctx
    .opened()
    .letterSeal({ grant: client.grant, what, fields, made_at: ctx.ports.clock.now() });
  await guarded(ctx, client.grant, () => ctx.api.write(client.grant, letter, envelope));
  ctx.asked.push({
    letter,
    grant: client.grant,
    about: fields.about ?? null,
    text: fields.text ?? '',
    at: ctx.ports.clock.now(),
  });
  return letter;
}

function dropUrls(ctx: Context) {
  for (const url of ctx.urls) ctx.ports.objectUrl.drop(url);
  ctx.urls.clear();
}
