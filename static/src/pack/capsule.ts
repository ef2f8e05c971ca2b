/**
 * Makes the bytes of `capsule/v1` from opened versions: docs/pack.md; the twin of diary/pack/gather.py, held to it by
 * tests/vectors/capsule.json.
 *
 * Pure: the caller has opened the diary, chosen the entries and asked the keeper.
 */
import { b64 } from '../core/bytes.js';
import { canon } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { objectsOf, switchOf, textOf, wholeOf } from '../record/reading.js';
import { everything, sealedAt, tellAll } from '../record/record_history.js';
import { localAt } from '../record/times.js';
import { logOf } from './log_files.js';
import { choose, countsOf, gapsOf, references, withAbsent } from './selection.js';
import {
  SUPPLEMENTS,
  askedFor,
  earlierPacks,
  numbered,
  receivedAt,
  sinceThen,
  superseded,
  withNewFiles,
} from './previous_packs.js';
import { exhibitsOf } from './exhibits.js';
import type { JsonObject } from '../core/encoding.js';
import type { Statement } from '../crypto/sharing/statements.js';
import type { Fields } from '../record/reading.js';
import type { Opened, Told } from '../record/record_history.js';
import type { Log } from './log_files.js';
import type { Absent, DiaryVersion } from './diary_version.js';
/** What the keeper decided: which incidents, and the facts for the front. Times are ms UTC. */
export type Wish = {
  packId: string;
  no: number;
  madeAt: number;
  tz: string;
  chosen: readonly string[];
  release: string;
  origin: string;
  consentAt: number;
  coversFrom?: number | null;
  coversTo?: number | null;
  profile?: string;
  lang?: string;
  /** 'start with these', instead of the entries so marked */
  startWith?: readonly string[];
  /** what the log shows of the diary, checked */
  log?: Log | null;
  /** whether private sexual pictures of adults are included */
  intimate?: boolean;
  /** `pack`, `portal`, or `supplement` and `items`, which name the packs before them */
  kind?: string;
  /** `JB/12`, by an officer's list */
  items?: readonly string[];
  training?: boolean;
  /** how the screens asked, where not in English and usual words */
  askedIn?: { language?: string; wording?: string };
  /** the recipient's own reference */
  recipientRef?: string;
  /** what the keeper looked at: `{looked, not_looked, override_at, words}` */
  review?: JsonObject;
  /** the diary's head and its number, as the phone computed them; null or 0 where no server has numbered it */
  feed?: { head: string; seq: number } | null;
  /** of the preparer, where that is not the keeper: exhibits are numbered under them */
  initials?: string;
  /** the preparer, where that is not the keeper */
  prepared?: { by: string; grant: string; organisation: string; to: string };
  /** entries of which nothing can be read any more: their numbers are not reused */
  absent?: readonly Absent[];
  /** further words the keeper wants kept out of servable/ */
  holdWords?: readonly string[];
};

export const LIMIT = 16 << 20;
const SHEET = ['concerns', 'helped_by', 'name_to_use', 'needs', 'safe_contact'];

/**
 * Return the capsule for `request`, as an object.
 * @param versions the whole diary in feed order, those without `seq` last as made
 * @param keys `earlier`: statements about keys that were replaced; `log` and `notary` '' where no server knows the
 *   diary
 * @throws `bad_request` when nothing is chosen
 */
export function makeCapsule(
  versions: readonly DiaryVersion[],
  wish: Wish,
  keys: { account: string; earlier?: readonly Statement[]; ecdsa_pub: string; log: string; notary: string },
): JsonObject {
  const opened = versions.map(openedOf);
  const entries = tellAll(opened, 'incident');
  const here = new Set(versions.map(({ record }) => record));
  const absent = (wish.absent ?? []).filter(({ record }) => !here.has(record));
  const numbers = entryNumbers(versions, { isLocal: !keys.notary, gone: new Set(absent.map(({ no }) => no)) });
  const packs = earlierPacks(opened, wish.no);
  const items = wish.items ? askedFor(wish.items, packs) : null;
  const chosen = choose(opened, wish.chosen, wish, items);
  const { incidents } = chosen;
  if (!incidents.length && !(items && chosen.attached.length))
    throw new KeptError('bad_request', 'Choose at least one entry.');
  const settings = settingsOf(opened);
  const startNo = wholeOf(settings, 'exhibit_start_no') || 1;
  const initials = wish.initials ?? (textOf(settings, 'initials') || 'AA');
  const before = SUPPLEMENTS.includes(wish.kind ?? '') ? new Set(packs.flatMap((pack) => [...pack.entries])) : null;
  const files = numbered(chosen.attached, packs, startNo);
  const exhibits = exhibitsOf(versions, files, initials);
  const packed = versions.filter((row) => chosen.records.has(row.record));
  return {
    asked: incidents.map((one) => askedOf(one, numbers.get(one.record) ?? null)),
    counts: withAbsent(countsOf(entries, incidents, before), absent),
    custody: custodyOf(
      opened,
      files.map(({ told }) => told),
      exhibits,
      { at: wish.madeAt, actor: wish.prepared ? 'advocate' : 'keeper' },
    ),
    exhibits,
    gaps: gapsOf(entries, incidents, numbers, before, absent),
    ...(wish.holdWords?.length ? { hold_words: [...wish.holdWords] } : {}),
    keys: { ...keys },
    log: logOf(wish.log, new Set(packed.map(({ version }) => version))),
    own_words: textOf(settings, 'own_words'),
    pack: {
      ...packOf(wish, initials, startNo),
      ...furtherOf(wish),
      ...(wish.feed?.seq && keys.notary ? { feed: { head: wish.feed.head, seq: wish.feed.seq } } : {}),
      ...(before
        ? {
            since: sinceThen(entries, numbers, chosen.records, packs, absent, {
              came: receivedAt(versions),
              fresh: withNewFiles(opened, packs),
            }),
            supersedes: superseded(packs),
          }
        : {}),
    },
    refs: references(opened, chosen),
    sheet: Object.fromEntries(SHEET.map((name) => [name, textOf(settings, name)])),
    start_with: incidents
      .filter((one) => wish.startWith?.includes(one.record) ?? switchOf(one.newest.fields, 'start_with_this'))
      .map((one) => numbers.get(one.record))
      .filter(Boolean)
      .slice(0, 10),
    t: 'capsule/v1',
    versions: packed.map((row) => carried(row, numbers)),
  } as JsonObject;
}

/** Return a capsule's bytes. Throws `bad_request` when it is larger than a server takes. */
export function encodeCapsule(capsule: JsonObject): Uint8Array {
  try {
    return canon(capsule, { limit: LIMIT });
  } catch (error) {
    if (!(error instanceof KeptError)) throw error;
    throw new KeptError('bad_request', 'The chosen entries are too large for one pack. Choose fewer.');
  }
}

export function openedOf(row: DiaryVersion): Opened {
  return {
    record: row.record,
    version: row.version,
    kind: row.kind,
    fields: row.open.fields,
    restricted: row.restricted?.fields ?? {},
  };
}

/**
 * Return each incident's entry number: the rank of its earliest version in the feed; null before a receipt.
 * @param options `isLocal`: no server knows the diary, so the order on the phone counts; it is sent in that order
 *   later. `gone`: numbers of entries of which nothing is here
 */
export function entryNumbers(
  versions: readonly DiaryVersion[],
  { isLocal = false, gone = new Set() }: { isLocal?: boolean; gone?: ReadonlySet<number> } = {},
): Map<string, number | null> {
  const numbers: Map<string, number | null> = new Map();
  for (const row of versions) {
    if (row.kind === 'incident' && !numbers.has(row.record)) numbers.set(row.record, row.seq);
  }
  const known = isLocal
    ? [...numbers]
    : [...numbers].filter(([, seq]) => seq !== null).sort((a, b) => Number(a[1]) - Number(b[1]));
  let last = 0;
  for (const [record] of known) {
    // An entry after an erased one keeps the number it had.
    do last += 1;
    while (gone.has(last));
    numbers.set(record, last);
  }
  return numbers;
}

/** @returns the keeper's settings; empty when there are none */
export function settingsOf(opened: readonly Opened[]): Fields {
  const newest = tellAll(opened, 'settings').at(-1);
  return newest ? everything(newest.newest) : {};
}

/** Return the pack's own facts. The folder is dated by the keeper's own calendar. */
function packOf(wish: Wish, initials: string, startNo: number): JsonObject {
  const day = localAt(wish.madeAt, wish.tz).slice(0, 10).replaceAll('-', '');
  return {
    consent_at: wish.consentAt,
    covers_from: wish.coversFrom ?? null,
    covers_to: wish.coversTo ?? null,
    folder: `PACK_${initials}_${wish.no}_${day}`,
    id: wish.packId,
    initials,
    lang: wish.lang ?? 'en',
    made_at: wish.madeAt,
    no: wish.no,
    origin: wish.origin,
    profile: wish.profile ?? 'police',
    release: wish.release,
    start_no: startNo,
    tz: wish.tz,
  };
}

/** Return the facts that only some packs have: docs/pack.md, "Further fields". */
function furtherOf({ kind = 'pack', items, prepared, recipientRef, review, training, askedIn }: Wish): JsonObject {
  return {
    ...(kind === 'pack' ? {} : { kind }),
    ...(items ? { items: [...items] } : {}),
    ...(prepared ? { prepared } : {}),
    ...(recipientRef ? { recipient_ref: recipientRef } : {}),
    ...(review ? { review } : {}),
    ...(training ? { training } : {}),
    ...(askedIn && Object.keys(askedIn).length ? { asked_in: { ...askedIn } } : {}),
  };
}

/** Return which cards were opened for an entry, and when its words were fixed. */
function askedOf(told: Told, number: number | null): JsonObject {
  const cards = objectsOf(told.newest.fields, 'cards_opened').map((card) => ({
    at: wholeOf(card, 'at'),
    card: textOf(card, 'card'),
  }));
  return { at: sealedAt(told.first), cards, entry: number, record: told.record };
}

/**
 * Return every handling step of the packed files, oldest first. The last step is going into this pack.
 * @param going when it goes into this pack, and by whom
 */
function custodyOf(
  opened: readonly Opened[],
  attached: readonly Told[],
  exhibits: readonly JsonObject[],
  going: { at: number; actor: string },
): JsonObject[] {
  const items = new Map(exhibits.map((row) => [String(row.record), String(row.item)]));
  const lines = tellAll(opened, 'custody')
    .filter((told) => told.taken_out === null)
    .flatMap((told) => objectsOf(told.newest.fields, 'lines'))
    .filter((line) => items.has(textOf(line, 'attachment')));
  const step = (item: string | undefined, at: number | null, actor: string, action: string, detail: string) => ({
    action,
    actor,
    at,
    detail,
    item: item ?? '',
  });
  const rows = lines.map((line) =>
    step(
      items.get(textOf(line, 'attachment')),
      wholeOf(line, 'at'),
      textOf(line, 'actor'),
      textOf(line, 'action'),
      textOf(line, 'detail'),
    ),
  );
  const logged = new Set(lines.map((line) => textOf(line, 'attachment')));
  for (const { record, newest } of attached) {
    const item = items.get(record);
    if (!logged.has(record)) {
      const added = wholeOf(newest.fields, 'added_at');
      rows.push(
        step(item, added, 'app', 'received', ''),
        step(item, added, 'app', 'hashed', textOf(newest.fields, 'sha256')),
      );
    }
    rows.push(step(item, going.at, going.actor, 'exported', ''));
  }
  return rows.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** Return a version without its blob keys. */
function carried(row: DiaryVersion, numbers: ReadonlyMap<string, number | null>): JsonObject {
  return {
    c: row.c,
    env: row.env,
    kind: row.kind,
    open: { fields: row.open.fields, seed: b64(row.open.seed) },
    parents: [...row.parents],
    receipt: row.receipt,
    record: row.record,
    restricted: {
      fields: row.restricted?.fields ?? {},
      seed: row.restricted ? b64(row.restricted.seed) : null,
      ...(row.apart ? { digests: { ...row.apart } } : {}),
    },
    schema: row.schema,
    seq: row.seq,
    seq_no: numbers.get(row.record) ?? null,
    sig: row.sig,
    version: row.version,
  } as JsonObject;
}
