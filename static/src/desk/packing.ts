/**
 * A pack made by an advocate from what one client shared: docs/pack.md, "Prepared by somebody else". It is made in
 * this page and sent nowhere. The server notes for the keeper that a pack was made. The statement of who prepared it
 * is signed in the worker, which holds the grant.
 */
import { findFile } from '../diary/attachments/reading_files.js';
import { hex, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { idText, newId } from '../core/ids.js';
import { sha256 } from '../crypto/digests.js';
import { asName } from '../crypto/sharing/prepared.js';
import { assemble } from '../pack/assemble.js';
import { makeCapsule, openedOf } from '../pack/capsule.js';
import { REGISTERS, choose, incidentsMeant } from '../pack/selection.js';
import { evidenceFront } from '../pack/evidence.js';
import { heldBackOf, squeeze } from '../pack/redaction.js';
import { lackingIn } from './lacking.js';
import { wordsOf } from '../pack/chronology/location_words.js';
import { noticeAll } from '../record/guard.js';
import { objectOf, textOf } from '../record/reading.js';
import { localAt } from '../record/times.js';
import { guarded, partsOf } from './clients.js';
import type { Grant } from '../crypto/sharing/grants.js';
import type { Wish } from '../pack/capsule.js';
import type { Words } from '../pack/chronology/location_words.js';
import type { Diary } from './diary.js';
import type { Lacking } from './lacking.js';
import type { Client } from './order.js';
import type { DiaryVersion } from '../pack/diary_version.js';
import type { Say } from '../pack/chronology/cells.js';
import type { Context } from './context.js';
import type { Read } from '../crypto/worker/advocating.js';

/** `restricted`: include the part not for service; `seen`: squeezed words that anyone may read */
export type Choice = {
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
export type View = {
  entries: number;
  files: number;
  whole: boolean;
  unproved: number;
  purpose: boolean;
  words: Words[];
  lacking: Lacking[];
};

/** The `pack` fields of a capsule that are read here; pack/capsule.js makes them. */
type Packed = {
  id: string;
  folder: string;
  made_at: number;
  tz: string;
  prepared: { by: string; organisation: string };
};

/** What was shared with whom, and who else has access, is the client's own. */
const NEVER = new Set(['consent', 'export']);
const KINDS = new Set(['incident', 'attachment', ...REGISTERS.filter((kind) => !NEVER.has(kind))]);
const INITIALS = /^[A-Z]{1,4}$/;

export function packingMethods(ctx: Context) {
  return {
    packView: async (choice: Choice): Promise<View> =>
      viewOf(mayPack(ctx), choice, { now: ctx.ports.clock.now(), zone: ctx.ports.zone() }),
    makePack: async (options: Choice & { initials: string; say: Say }, onStep: (step: Step['at']) => void) =>
      makePack(ctx, mayPack(ctx), options, onStep),
  };
}

/**
 * The open client and their shared diary.
 * @throws not_found for a grant without the right to make packs, whatever a screen offers
 */
function mayPack({ state: { client }, diary }: Context) {
  if (!client || !diary || !client.said.rights.includes('pack')) throw new KeptError('not_found');
  return { client, diary };
}

/** Every shared version that a pack may hold, in feed order. */
function versionsOf({ records }: Diary): (DiaryVersion & { whole: boolean })[] {
  const all = [...records.values()]
    .flat()
    .filter(({ kind }) => KINDS.has(kind))
    .sort((a, b) => a.seq - b.seq);
  return all.map(({ record, version, kind, schema, seq, sealed, apart, whole, fields, restricted, keys, seeds }) => {
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
      open: { fields, seed: unb64((seeds as Read['seeds']).open), keys: pairs(keys.open) },
      restricted: seeds?.restricted
        ? { fields: restricted, seed: unb64(seeds.restricted), keys: pairs(keys.restricted) }
        : null,
    };
  });
}

/** The selected records, what is held back from them, and the words to review. */
function chosenOf({ client, diary }: { client: Client; diary: Diary }, { from, to, records = null, seen }: Choice) {
  const versions = versionsOf(diary);
  const opened = versions.map(openedOf);
  const chosen = choose(
    opened,
    incidentsMeant(opened, { from, to, records }).map(({ record }) => record),
    {},
  );
  const packed = versions.filter(({ record }) => chosen.records.has(record));
  const apart = heldBackOf(packed.map(openedOf), {}, []);
  const words = [...chosen.incidents, ...chosen.attached, ...chosen.registers].flatMap((one) =>
    wordsOf(one, apart, new Set()),
  );
  // The keeper's own list of places and numbers is never shared. Whatever looks like one is therefore held back
  // unless the advocate clears it.
  const hold = [
    ...new Set(
      words.filter(({ why, found }) => why !== 'apart' && !seen.includes(squeeze(found))).map(({ found }) => found),
    ),
  ];
  return {
    versions,
    chosen,
    packed,
    words,
    hold,
    held: heldBackOf(packed.map(openedOf), {}, hold),
    purpose: client.said.purpose,
  };
}

function viewOf(
  of: { client: Client; diary: Diary },
  choice: Choice,
  { now, zone }: { now: number; zone: string },
): View {
  const { chosen, packed, words, held, purpose } = chosenOf(of, choice);
  return {
    entries: chosen.incidents.length,
    files: chosen.attached.length,
    whole: of.client.said.restricted,
    unproved: packed.filter(({ whole }) => !whole).length,
    purpose: held.touches(purpose) || noticeAll(purpose, []).length > 0,
    words,
    lacking: lackingIn(chosen, localAt(now, zone).slice(0, 10)),
  };
}

/** @returns the URL is valid while the client is open */
async function makePack(
  ctx: Context,
  of: { client: Client; diary: Diary },
  options: Choice & { initials: string; say: Say },
  onStep: (step: Step['at']) => void,
): Promise<{ url: string; name: string; size: number; no: number }> {
  const {
    client: { grant, said },
    diary,
  } = of;
  const stillOpen = () => {
    if (ctx.diary !== diary || !ctx.vault) throw new KeptError('cancelled');
  };
  const told = chosenOf(of, options);
  const { unproved, purpose } = viewOf(of, options, { now: ctx.ports.clock.now(), zone: ctx.ports.zone() });
  if (unproved || purpose || !INITIALS.test(options.initials)) throw new KeptError('bad_request');
  onStep({ step: 'checking', done: 0, total: 0 });
  // Note it first: no pack is made without the keeper learning of it, and an expired grant fails here.
  const { packs } = await guarded(ctx, grant, () => ctx.api.note(grant, 'pack'));
  const { keys, log } = await signersOf(ctx, grant, told.packed);
  stillOpen();
  const capsule = makeCapsule(told.versions, { ...wishOf(ctx, said, told, { ...options, no: packs }), log }, keys);
  const pack = capsule.pack as Packed;
  const restricted = options.restricted && said.restricted;
  const front = await evidenceFront(capsule, told.held, options.say, async ({ list, record }) =>
    ctx.opened().preparedSeal(grant, {
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
    openReceived: (exhibit) => received(ctx, of, textOf(exhibit, 'record'), stillOpen),
    onProgress: (done, total) => {
      stillOpen();
      onStep({ step: 'files', done, total });
    },
  });
  await guarded(ctx, grant, () => ctx.api.stands(grant));
  stillOpen();
  const url = ctx.ports.objectUrl.make(file as Blob);
  ctx.urls.add(url);
  return {
    url,
    name: `documents-${localAt(pack.made_at, pack.tz).slice(0, 10)}.zip`,
    size: file?.size ?? 0,
    no: packs,
  };
}

function wishOf(
  { ports, state: { you } }: Context,
  said: Grant,
  { chosen, words, hold }: ReturnType<typeof chosenOf>,
  { from, to, initials, no }: Choice & { initials: string; no: number },
): Wish {
  // The keeper's clock dated the grant. A computer whose clock is a little behind must not date the pack earlier.
  const now = Math.max(ports.clock.now(), said.made_at);
  return {
    packId: idText(newId()),
    no: Math.max(1, no),
    madeAt: now,
    consentAt: said.made_at,
    tz: ports.zone(),
    release: '',
    origin: '',
    chosen: chosen.incidents.map(({ record }) => record),
    coversFrom: from,
    coversTo: to,
    initials,
    holdWords: hold,
    prepared: {
      by: asName(you?.name ?? ''),
      grant: said.grant,
      organisation: asName(you?.organisation ?? ''),
      to: said.to,
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
  const [{ ecdsa_pub, earlier }, { log, notary }, told] = await Promise.all([
    ctx.opened().clientKeys(grant),
    ctx.api.server(),
    ctx.api.log(),
  ]);
  const account = textOf(objectOf(packed.at(-1)?.open.fields ?? {}, '_author'), 'account');
  const statements = Array.isArray(told.statements) ? told.statements : [];
  return {
    keys: { account, ...(earlier.length ? { earlier } : {}), ecdsa_pub, log, notary },
    log: statements.length ? { authorities: [], checkpoints: [], proofs: [], statements } : null,
  };
}

/** A received file, part by part. Each read is a look that is reported to the keeper. */
async function* received(
  ctx: Context,
  { client, diary }: { client: Client; diary: Diary },
  record: string,
  stillOpen: () => void,
) {
  const book = { book: { newest: async (id: string) => diary.newest(id) } };
  const file = await findFile(book, record, 'received', []);
  if (!file) throw new KeptError('pack_failed');
  for await (const part of partsOf(ctx, client.grant, file)) {
    stillOpen();
    yield part;
  }
}
