/**
 * A pack made by an advocate from what one client shared: docs/pack.md, "Prepared by somebody else". It is made in
 * this page and sent nowhere. The server notes for the keeper that a pack was made. The statement of who prepared it
 * is signed in the worker, which holds the grant.
 */
import { locateFile } from '../diary/attachments/reading_files.js';
import { hex, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { formatId, newId } from '../core/ids.js';
import { sha256 } from '../crypto/digests.js';
import { sanitiseName } from '../crypto/sharing/prepared.js';
import { assemble } from '../pack/assemble.js';
import { makeCapsule, openedOf } from '../pack/capsule.js';
import { REGISTER_KINDS, selectRecords, selectIncidents } from '../pack/selection.js';
import { buildEvidenceFront } from '../pack/evidence.js';
import { createRedactor, normalise } from '../pack/redaction.js';
import { findGaps } from './pack_gaps.js';
import { findLocationWords } from '../pack/chronology/location_words.js';
import { findAll } from '../record/guard.js';
import { objectOf, textOf } from '../record/reading.js';
import { localAt } from '../record/times.js';
import { withGrant, fileParts } from './clients.js';
import type { GrantTerms } from '../crypto/sharing/grants.js';
import type { PackRequest } from '../pack/capsule.js';
import type { LocationWords } from '../pack/chronology/location_words.js';
import type { ClientDiary } from './client_diary.js';
import type { PackGap } from './pack_gaps.js';
import type { Client } from './client_order.js';
import type { DiaryVersion } from '../pack/diary_version.js';
import type { TimeFormat } from '../pack/chronology/cells.js';
import type { Context } from './context.js';
import type { ClientVersion } from '../crypto/worker/advocates.js';

/** `restricted`: include the part not for service; `seen`: squeezed words that anyone may read */
export type PackChoice = {
  from: number | null;
  to: number | null;
  records?: readonly string[] | null;
  restricted: boolean;
  seen: readonly string[];
};
type Step = { at: { step: 'checking' | 'files'; done: number; total: number } };
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

/** The `pack` fields of a capsule that are read here; pack/capsule.js makes them. */
type PackPart = {
  id: string;
  folder: string;
  made_at: number;
  tz: string;
  prepared: { by: string; organisation: string };
};

/** What was shared with whom, and who else has access, is the client's own. */
const EXCLUDED_KINDS = new Set(['consent', 'export']);
const PACK_KINDS = new Set(['incident', 'attachment', ...REGISTER_KINDS.filter((kind) => !EXCLUDED_KINDS.has(kind))]);
const INITIALS = /^[A-Z]{1,4}$/;

export function packingMethods(ctx: Context) {
  return {
    packView: async (choice: PackChoice): Promise<PackView> =>
      packViewOf(requirePackRight(ctx), choice, { now: ctx.ports.clock.now(), zone: ctx.ports.zone() }),
    makePack: async (options: PackChoice & { initials: string; say: TimeFormat }, onStep: (step: Step['at']) => void) =>
      makePack(ctx, requirePackRight(ctx), options, onStep),
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
function selectPack(
  { client, diary }: { client: Client; diary: ClientDiary },
  { from, to, records = null, seen }: PackChoice,
) {
  const versions = versionsOf(diary);
  const opened = versions.map(openedOf);
  const selected = selectRecords(
    opened,
    selectIncidents(opened, { from, to, records }).map(({ record }) => record),
    {},
  );
  const packed = versions.filter(({ record }) => selected.records.has(record));
  const apart = createRedactor(packed.map(openedOf), {}, []);
  const words = [...selected.incidents, ...selected.attached, ...selected.registers].flatMap((history) =>
    findLocationWords(history, apart, new Set()),
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
    held: createRedactor(packed.map(openedOf), {}, heldWords),
    purpose: client.terms.purpose,
  };
}

function packViewOf(
  source: { client: Client; diary: ClientDiary },
  choice: PackChoice,
  { now, zone }: { now: number; zone: string },
): PackView {
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

/** @returns the URL is valid while the client is open */
async function makePack(
  ctx: Context,
  source: { client: Client; diary: ClientDiary },
  options: PackChoice & { initials: string; say: TimeFormat },
  onStep: (step: Step['at']) => void,
): Promise<{ url: string; name: string; size: number; no: number }> {
  const {
    client: { grant, terms },
    diary,
  } = source;
  const assertOpen = () => {
    if (ctx.diary !== diary || !ctx.vault) throw new KeptError('cancelled');
  };
  const selection = selectPack(source, options);
  const { unproved, isPurposeUnsafe } = packViewOf(source, options, {
    now: ctx.ports.clock.now(),
    zone: ctx.ports.zone(),
  });
  if (unproved || isPurposeUnsafe || !INITIALS.test(options.initials)) throw new KeptError('bad_request');
  onStep({ step: 'checking', done: 0, total: 0 });
  // Note it first: no pack is made without the keeper learning of it, and an expired grant fails here.
  const { packs } = await withGrant(ctx, grant, () => ctx.api.notePack(grant, 'pack'));
  const { keys, log } = await signersOf(ctx, grant, selection.packed);
  assertOpen();
  const capsule = makeCapsule(
    selection.versions,
    { ...packWish(ctx, terms, selection, { ...options, no: packs }), log },
    keys,
  );
  const pack = capsule.pack as PackPart;
  const restricted = options.restricted && terms.restricted;
  const front = await buildEvidenceFront(capsule, selection.held, options.say, async ({ list, record }) =>
    ctx.requireVault().preparedSeal(grant, {
      by: pack.prepared.by,
      organisation: pack.prepared.organisation,
      pack: pack.id,
      folder: pack.folder,
      made_at: pack.made_at,
      list,
      record: restricted ? hex(await sha256(record)) : '',
    }),
  );
  const { file } = await assemble(capsule, front, {
    restricted,
    sign: (facts) => ctx.requireVault().preparedPackSeal(grant, facts),
    openReceived: (exhibit) => receivedParts(ctx, source, textOf(exhibit, 'record'), assertOpen),
    onProgress: (done, total) => {
      assertOpen();
      onStep({ step: 'files', done, total });
    },
  });
  await withGrant(ctx, grant, () => ctx.api.grantStatus(grant));
  assertOpen();
  const url = ctx.ports.objectUrl.make(file as Blob);
  ctx.urls.add(url);
  return {
    url,
    name: `documents-${localAt(pack.made_at, pack.tz).slice(0, 10)}.zip`,
    size: file?.size ?? 0,
    no: packs,
  };
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
 * use. The checker of a pack has the instance key from elsewhere.
 */
async function signersOf(ctx: Context, grant: string, packed: readonly DiaryVersion[]) {
  const [{ ecdsa_pub, earlier }, { log, notary }, serverLog] = await Promise.all([
    ctx.requireVault().clientKeys(grant),
    ctx.api.server(),
    ctx.api.log(),
  ]);
  const account = textOf(objectOf(packed.at(-1)?.open.fields ?? {}, '_author'), 'account');
  const statements = Array.isArray(serverLog.statements) ? serverLog.statements : [];
  return {
    keys: { account, ...(earlier.length ? { earlier } : {}), ecdsa_pub, log, notary },
    log: statements.length ? { authorities: [], checkpoints: [], proofs: [], statements } : null,
  };
}

/** A received file, part by part. Each read is a look that is reported to the keeper. */
async function* receivedParts(
  ctx: Context,
  { client, diary }: { client: Client; diary: ClientDiary },
  record: string,
  assertOpen: () => void,
) {
  const bookSource = { book: { newest: async (id: string) => diary.newest(id) } };
  const file = await locateFile(bookSource, record, 'received', []);
  if (!file) throw new KeptError('pack_failed');
  for await (const part of fileParts(ctx, client.grant, file)) {
    assertOpen();
    yield part;
  }
}
