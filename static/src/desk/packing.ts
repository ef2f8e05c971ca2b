/**
 * A pack made by an advocate from what one client shared: docs/pack.md, "Prepared by somebody else". It is made in
 * this page and sent nowhere; its pages are laid out here, or are plain where that cannot be done. The server notes for
 * the keeper that a pack was made. The statement of who prepared it is signed in the worker, which holds the grant.
 */
import { locateFile } from '../diary/attachments/reading_files.js';
import { concat, hex, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { formatId, newId } from '../core/ids.js';
import { sha256 } from '../crypto/digests.js';
import { sanitiseName } from '../crypto/sharing/prepared.js';
import { assemble } from '../pack/assemble.js';
import { makeCapsule, openedOf } from '../pack/capsule.js';
import { KEEPERS_OWN_KINDS, REGISTER_KINDS, selectRecords, selectIncidents } from '../pack/selection.js';
import { buildEvidenceFront } from '../pack/evidence.js';
import { holdsHeldWords } from '../pack/held_back.js';
import { layOutPages } from '../pack/pages.js';
import { createRedactor, normalise } from '../pack/redaction.js';
import { findGaps } from './pack_gaps.js';
import { findPackWords } from './pack_words.js';
import { findAll } from '../record/guard.js';
import { objectOf, textOf } from '../record/reading.js';
import { localAt } from '../record/times.js';
import { withGrant, fileParts, stopPack } from './clients.js';
import type { GrantTerms } from '../crypto/sharing/grants.js';
import type { PackRequest } from '../pack/capsule.js';
import type { LocationWords } from '../pack/chronology/location_words.js';
import type { ClientDiary } from './client_diary.js';
import type { PackGap } from './pack_gaps.js';
import type { Client } from './client_order.js';
import type { DiaryVersion } from '../pack/diary_version.js';
import type { TimeFormat } from '../pack/chronology/cells.js';
import type { Context } from './context.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';
import type { ClientVersion } from '../crypto/worker/advocates.js';
import type { FilePlace } from '../pack/pages.js';
import type { SignStatement } from '../pack/prepared.js';

/** `restricted`: include the part not for service; `seen`: squeezed words that anyone may read */
export type PackChoice = {
  from: number | null;
  to: number | null;
  records?: readonly string[] | null;
  restricted: boolean;
  seen: readonly string[];
};
type PackStep = { step: 'checking' | 'fetching' | 'preparing' | 'pages' | 'files'; done: number; total: number };
/**
 * `url` is valid while the client is open. `isPlain`: the pages are one plain page, because they could not be laid out
 * here, or because those that were held words that are left out (`hasHeldWords`). `unprinted`: what has words that
 * could not be printed, by label.
 */
export type DeskPack = {
  url: string;
  name: string;
  size: number;
  no: number;
  isPlain: boolean;
  hasHeldWords: boolean;
  unprinted: string[];
};
/**
 * What a choice would produce. `unproved`: versions that cannot be checked, since the client's phone has not shared
 * the data for it; `isPurposeUnsafe`: the grant cannot stand in a pack as the client wrote it.
 */
export type PackView = {
  entries: number;
  files: number;
  whole: boolean;
  unproved: number;
  isPurposeUnsafe: boolean;
  words: LocationWords[];
  lacking: PackGap[];
};

type Source = { client: Client; diary: ClientDiary };

/** The `pack` fields of a capsule that are read here; pack/capsule.js makes them. */
type PackPart = {
  id: string;
  folder: string;
  made_at: number;
  tz: string;
  prepared: { by: string; organisation: string };
};

const PACK_KINDS = new Set([
  'incident',
  'attachment',
  ...REGISTER_KINDS.filter((kind) => !KEEPERS_OWN_KINDS.includes(kind)),
]);
const INITIALS = /^[A-Z]{1,4}$/;
/** A file that is not there, is not whole yet, or does not open. */
const UNREADABLE_CODES = new Set(['unavailable', 'not_found', 'not_opened', 'garbage']);

export function packingMethods(ctx: Context) {
  return {
    packView: async (choice: PackChoice): Promise<PackView> =>
      packViewOf(requirePackRight(ctx), choice, { now: ctx.ports.clock.now(), zone: ctx.ports.zone() }),
    makePack: async (options: PackChoice & { initials: string; say: TimeFormat }, onStep: (step: PackStep) => void) =>
      makePack(ctx, requirePackRight(ctx), options, onStep),
    cancelPack: async () => stopPack(ctx),
  };
}

/**
 * The open client and their shared diary.
 * @throws not_found for a grant without the right to make packs, whatever a screen offers
 */
function requirePackRight({ state: { client }, diary }: Context) {
  if (!client || !diary || !client.terms.rights.includes('pack')) throw new KeptError('not_found');
  return { client, diary };
}

/** Every shared version that a pack may hold, in feed order. */
function versionsOf({ records }: ClientDiary): (DiaryVersion & { whole: boolean })[] {
  const versions = [...records.values()]
    .flat()
    .filter(({ kind }) => PACK_KINDS.has(kind))
    .sort((a, b) => a.seq - b.seq);
  return versions.map(
    ({ record, version, kind, schema, seq, sealed, apart, whole, fields, restricted, keys, seeds }) => {
      const pairs = (list: readonly [string, string][]) => list.map(([blob, key]) => [blob, unb64(key)] as const);
      return {
        record,
        version,
        kind,
        schema,
        seq,
        ...sealed,
        env: null,
        apart,
        whole,
        open: { fields, seed: unb64((seeds as ClientVersion['seeds']).open), keys: pairs(keys.open) },
        restricted: seeds?.restricted
          ? { fields: restricted, seed: unb64(seeds.restricted), keys: pairs(keys.restricted) }
          : null,
      };
    },
  );
}

/** The selected records, what is held back from them, and the words to review. */
function selectPack({ client, diary }: Source, { from, to, records = null, seen }: PackChoice) {
  const versions = versionsOf(diary);
  const opened = versions.map(openedOf);
  const selected = selectRecords(
    opened,
    selectIncidents(opened, { from, to, records }).map(({ record }) => record),
    {},
  );
  const packed = versions.filter(({ record }) => selected.records.has(record));
  const openedPack = packed.map(openedOf);
  const words = findPackWords(
    openedPack,
    [...selected.incidents, ...selected.attached, ...selected.registers],
    createRedactor(openedPack, {}, []),
  );
  // The keeper's own list of places and numbers is never shared. Whatever looks like one is therefore held back
  // unless the advocate clears it.
  const heldWords = [
    ...new Set(
      words.filter(({ why, found }) => why !== 'apart' && !seen.includes(normalise(found))).map(({ found }) => found),
    ),
  ];
  return {
    versions,
    chosen: selected,
    packed,
    words,
    hold: heldWords,
    held: createRedactor(openedPack, {}, heldWords),
    purpose: client.terms.purpose,
  };
}

function packViewOf(source: Source, choice: PackChoice, { now, zone }: { now: number; zone: string }): PackView {
  const { chosen, packed, words, held, purpose } = selectPack(source, choice);
  return {
    entries: chosen.incidents.length,
    files: chosen.attached.length,
    whole: source.client.terms.restricted,
    unproved: packed.filter(({ whole }) => !whole).length,
    isPurposeUnsafe: held.containsRestricted(purpose) || findAll(purpose, []).length > 0,
    words,
    lacking: findGaps(chosen, localAt(now, zone).slice(0, 10)),
  };
}

async function makePack(
  ctx: Context,
  source: Source,
  options: PackChoice & { initials: string; say: TimeFormat },
  onStep: (step: PackStep) => void,
): Promise<DeskPack> {
  const stopper = new AbortController();
  const { grant, terms } = source.client;
  const requireOpen = () => {
    if (stopper.signal.aborted || ctx.diary !== source.diary || !ctx.vault)
      throw new KeptError('cancelled', 'The pack was stopped. Nothing was lost.');
  };
  const selection = selectPack(source, options);
  const { unproved, isPurposeUnsafe } = packViewOf(source, options, {
    now: ctx.ports.clock.now(),
    zone: ctx.ports.zone(),
  });
  if (unproved || isPurposeUnsafe || !INITIALS.test(options.initials)) throw new KeptError('bad_request');
  stopPack(ctx);
  ctx.packStopper = stopper;
  onStep({ step: 'checking', done: 0, total: 0 });
  // Note it first: no pack is made without the keeper learning of it, and an expired grant fails here.
  const { packs } = await withGrant(ctx, grant, () => ctx.api.notePack(grant, 'pack'));
  const { keys, log, release } = await signersOf(ctx, grant, selection.packed);
  requireOpen();
  const wish = { ...packWish(ctx, terms, selection, { ...options, no: packs }), log };
  const restricted = options.restricted && terms.restricted;
  const files = new ReadFiles(ctx, source, requireOpen, restricted ? receivedBlobs(selection.packed) : new Set());
  const task: PackTask = { ctx, source, selection, files, restricted, requireOpen, onStep, signal: stopper.signal };
  const laidOut = makeCapsule(
    selection.versions,
    { ...wish, inBrowser: true, release, origin: ctx.ports.origin },
    keys,
  );
  const { pages, hasHeldWords } = release ? await layOutHere(task, laidOut) : { pages: null, hasHeldWords: false };
  const capsule = pages ? laidOut : makeCapsule(selection.versions, wish, keys);
  const pack = capsule.pack as PackPart;
  const front =
    pages?.files ?? (await buildEvidenceFront(capsule, selection.held, options.say, signerOf(task, capsule)));
  requireOpen();
  const { file } = await assemble(capsule, front, {
    restricted,
    signal: stopper.signal,
    sign: (facts) => ctx.requireVault().preparedPackSeal(grant, facts),
    openReceived: (exhibit) => files.receivedParts(textOf(exhibit, 'record')),
    onProgress: (done, total) => {
      requireOpen();
      onStep({ step: 'files', done, total });
    },
  });
  await withGrant(ctx, grant, () => ctx.api.grantStatus(grant));
  requireOpen();
  const url = ctx.ports.objectUrl.make(file as Blob);
  ctx.urls.add(url);
  return {
    url,
    name: `documents-${localAt(pack.made_at, pack.tz).slice(0, 10)}.zip`,
    size: file?.size ?? 0,
    no: packs,
    isPlain: !pages,
    hasHeldWords,
    unprinted: pages?.unprinted ?? [],
  };
}

/** One pack that is being made. `restricted`: whether the part that is not for service goes in. */
type PackTask = {
  ctx: Context;
  source: Source;
  selection: ReturnType<typeof selectPack>;
  files: ReadFiles;
  restricted: boolean;
  requireOpen: () => void;
  onStep: (step: PackStep) => void;
  signal: AbortSignal;
};

/**
 * Lay out the pages; null where this browser cannot, or where they are not what is expected here.
 * `hasHeldWords`: they held words that are left out.
 */
async function layOutHere(task: PackTask, capsule: JsonObject) {
  const { ctx, selection, files, requireOpen, onStep, signal } = task;
  let hasHeldWords = false;
  const pages = await layOutPages(
    capsule,
    {
      engine: ctx.ports.pageEngine,
      readFile: (place) => files.read(place),
      pictures: ctx.ports.pictures,
      requireOpen,
      signStatement: signerOf(task, capsule),
      checkMore: (made) => {
        hasHeldWords = holdsHeldWords(made, capsule, selection.held);
        if (hasHeldWords) throw new KeptError('pack_failed');
      },
    },
    { onStep: (step, done, total) => onStep({ step, done, total }), signal },
  );
  return { pages, hasHeldWords };
}

/** Return what signs, in the worker, who prepared the pack. */
function signerOf({ ctx, source, restricted }: PackTask, capsule: JsonObject): SignStatement {
  const pack = capsule.pack as PackPart;
  return async ({ list, record }) =>
    ctx.requireVault().preparedSeal(source.client.grant, {
      by: pack.prepared.by,
      organisation: pack.prepared.organisation,
      pack: pack.id,
      folder: pack.folder,
      made_at: pack.made_at,
      list,
      record: restricted ? hex(await sha256(record)) : '',
    });
}

function packWish(
  { ports, state: { you } }: Context,
  terms: GrantTerms,
  { chosen, words, hold: heldWords }: ReturnType<typeof selectPack>,
  { from, to, initials, no }: PackChoice & { initials: string; no: number },
): PackRequest {
  // The keeper's clock dated the grant. A computer whose clock is a little behind must not date the pack earlier.
  const now = Math.max(ports.clock.now(), terms.made_at);
  return {
    packId: formatId(newId()),
    no: Math.max(1, no),
    madeAt: now,
    consentAt: terms.made_at,
    tz: ports.zone(),
    release: '',
    origin: '',
    chosen: chosen.incidents.map(({ record }) => record),
    coversFrom: from,
    coversTo: to,
    initials,
    holdWords: heldWords,
    prepared: {
      by: sanitiseName(you?.name ?? ''),
      grant: terms.grant,
      organisation: sanitiseName(you?.organisation ?? ''),
      to: terms.to,
    },
    review: { looked: 0, not_looked: 0, override_at: null, words: words.length },
  };
}

/**
 * The keys a pack names: the client's key, which verified the signatures here, with the statements about earlier
 * keys; the server's current keys; and the instance key's statements about earlier ones, which receipts may still
 * use. The checker of a pack has the instance key from elsewhere. `release` names the release that the pages are of.
 */
async function signersOf(ctx: Context, grant: string, packed: readonly DiaryVersion[]) {
  const [{ ecdsa_pub, earlier }, { log, notary, release }, serverLog] = await Promise.all([
    ctx.requireVault().clientKeys(grant),
    ctx.api.server(),
    ctx.api.log(),
  ]);
  const account = textOf(objectOf(packed.at(-1)?.open.fields ?? {}, '_author'), 'account');
  const statements = Array.isArray(serverLog.statements) ? serverLog.statements : [];
  return {
    release,
    keys: { account, ...(earlier.length ? { earlier } : {}), ecdsa_pub, log, notary },
    log: statements.length ? { authorities: [], checkpoints: [], proofs: [], statements } : null,
  };
}

/** Return the blobs that hold the files as received. */
const receivedBlobs = (packed: readonly DiaryVersion[]) =>
  new Set(packed.flatMap(({ restricted }) => restricted?.keys.slice(0, 1).map(([blob]) => blob) ?? []));

/**
 * The client's files, as one pack needs them. Each read is a look that is reported to the keeper: a file that is
 * printed and goes in as received, too, is read once.
 */
class ReadFiles {
  /** The files that go in as received: no other is kept. */
  readonly #keep: ReadonlySet<string>;
  readonly #ctx: Context;
  readonly #source: Source;
  readonly #requireOpen: () => void;
  readonly #read: Map<string, Bytes> = new Map();

  constructor(ctx: Context, source: Source, requireOpen: () => void, keep: ReadonlySet<string>) {
    this.#keep = keep;
    this.#ctx = ctx;
    this.#source = source;
    this.#requireOpen = requireOpen;
  }

  /** Return a file that the pages print; null where it is missing, damaged, or still being sent. */
  async read(place: FilePlace): Promise<Bytes | null> {
    const read = this.#read.get(place.blob);
    if (read) return read;
    const parts = [];
    try {
      for await (const part of this.#parts(place)) parts.push(part);
    } catch (error) {
      this.#requireOpen(); // a grant that ended is not a file that is missing
      if (error instanceof KeptError && UNREADABLE_CODES.has(error.code)) return null;
      throw error;
    }
    const bytes = concat(...parts);
    if (this.#keep.has(place.blob)) this.#read.set(place.blob, bytes);
    return bytes;
  }

  /** Yield a file as received, part by part. */
  async *receivedParts(record: string): AsyncGenerator<Uint8Array> {
    const bookSource = { book: { newest: async (id: string) => this.#source.diary.newest(id) } };
    const file = await locateFile(bookSource, record, 'received', []);
    if (!file) throw new KeptError('pack_failed');
    const read = this.#read.get(file.blob);
    this.#read.delete(file.blob);
    if (read) yield read;
    else yield* this.#parts(file);
  }

  async *#parts(place: Pick<FilePlace, 'blob' | 'key' | 'size'>) {
    for await (const part of fileParts(this.#ctx, this.#source.client.grant, place)) {
      this.#requireOpen();
      yield part;
    }
  }
}
