/**
 * Makes the bytes of `capsule/v1` from opened versions: docs/pack.md; the twin of diary/pack/capsule/builder.py, held
 * to it by tests/vectors/capsule.json.
 *
 * Pure: the caller has opened the diary, chosen the entries and asked the keeper.
 */
import { b64 } from '../core/bytes.js';
import { CAPSULE_LIMIT_BYTES, FIRST_ENTRIES_LIMIT } from '../core/constants.js';
import { canonicalBytes } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { objectsOf, booleanOf, textOf, integerOf } from '../record/reading.js';
import { allFields, sealedAt, historiesOf } from '../record/record_history.js';
import { localAt } from '../record/times.js';
import { logOf } from './log_files.js';
import { selectRecords, countsOf, gapsOf, leftOutOf, assignReferences, addAbsent } from './selection.js';
import {
  SUPPLEMENT_KINDS,
  findItems,
  earlierPacks,
  earlierRecords,
  assignNumbers,
  versionTimes,
  changesSince,
  supersededRows,
  entriesWithNewFiles,
} from './previous_packs.js';
import { exhibitsOf } from './exhibits.js';
import { hasRestrictedPart } from './recipients.js';
import { IDENTITY_FIELDS, IDENTITY_PROFILE, OFFICER_FIELDS } from './officer_fields.js';
import type { JsonObject } from '../core/encoding.js';
import type { KeyStatement } from '../crypto/sharing/statements.js';
import type { Fields } from '../record/reading.js';
import type { OpenedVersion, RecordHistory } from '../record/record_history.js';
import type { Log } from './log_files.js';
import type { AbsentEntry, DiaryVersion } from './diary_version.js';
/** What the keeper decided: which incidents, and the facts for the front. Times are ms UTC. */
export type PackRequest = {
  packId: string;
  no: number;
  madeAt: number;
  tz: string;
  chosen: readonly string[];
  release: string;
  /** whether this phone lays out the pages */
  inBrowser?: boolean;
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
  absent?: readonly AbsentEntry[];
  /** further words the keeper wants kept out of servable/ */
  holdWords?: readonly string[];
  /** whether the keeper asked for the restricted part of a pack that is made without one */
  restrictedAsked?: boolean;
  /** whether the restricted part lists what the keeper holds and left out; never for `items` */
  listLeftOut?: boolean;
  /** whether the pack is made of words only, and its pictures and files follow in a later one */
  filesLater?: boolean;
  /** legal name, date of birth (YYYY-MM-DD) and home address, for this pack for the police only */
  identity?: Fields;
};

/**
 * Return the capsule for `request`, as an object.
 * @param versions the whole diary in feed order, those without `seq` last as made
 * @param keys `earlier`: statements about keys that were replaced; `log` and `notary` '' where no server knows the
 *   diary
 * @throws `bad_request` when nothing is chosen
 */
export function makeCapsule(
  versions: readonly DiaryVersion[],
  request: PackRequest,
  keys: { account: string; earlier?: readonly KeyStatement[]; ecdsa_pub: string; log: string; notary: string },
): JsonObject {
  const opened = versions.map(openedOf);
  const entries = historiesOf(opened, 'incident');
  const presentRecords = new Set(versions.map(({ record }) => record));
  const absent = (request.absent ?? []).filter(({ record }) => !presentRecords.has(record));
  const numbers = entryNumbers(versions, { isLocal: !keys.notary, gone: new Set(absent.map(({ no }) => no)) });
  const packs = earlierPacks(opened, request.no);
  const itemRecords = request.items ? findItems(request.items, packs) : null;
  const chosen = selectRecords(opened, request.chosen, request, itemRecords);
  const { incidents } = chosen;
  // With the pictures and files that follow in a later pack, and with whom only they name.
  const whole = request.filesLater
    ? selectRecords(opened, request.chosen, { ...request, filesLater: false }, itemRecords)
    : chosen;
  const laterCount = whole.attached.length - chosen.attached.length;
  if (!incidents.length && !(itemRecords && chosen.attached.length))
    throw new KeptError('bad_request', 'Choose at least one entry.');
  const settings = settingsOf(opened);
  const startNo = integerOf(settings, 'exhibit_start_no') || 1;
  const initials = request.initials ?? (textOf(settings, 'initials') || 'AA');
  const earlierEntries = SUPPLEMENT_KINDS.includes(request.kind ?? '')
    ? new Set(packs.flatMap((pack) => [...pack.entries]))
    : null;
  const files = assignNumbers(chosen.attached, packs, startNo);
  const exhibits = exhibitsOf(versions, files, initials);
  const packedVersions = versions.filter((version) => chosen.records.has(version.record));
  return {
    asked: incidents.map((history) => askedRow(history, numbers.get(history.record) ?? null)),
    counts: addAbsent(countsOf(entries, incidents, earlierEntries), absent),
    custody: custodyRows(
      opened,
      files.map(({ told }) => told),
      exhibits,
      { at: request.madeAt, actor: request.prepared ? 'advocate' : 'keeper' },
    ),
    exhibits,
    gaps: gapsOf(entries, incidents, numbers, earlierEntries, absent),
    ...(request.holdWords?.length ? { hold_words: [...request.holdWords] } : {}),
    keys: { ...keys },
    ...(request.listLeftOut && !itemRecords
      ? {
          left_out: leftOutOf(opened, whole.records, numbers, earlierRecords(request.kind, packs)),
        }
      : {}),
    log: logOf(request.log, new Set(packedVersions.map(({ version }) => version))),
    own_words: textOf(settings, 'own_words'),
    pack: {
      ...packFacts(request, initials, startNo),
      ...optionalFacts(request),
      ...(laterCount ? { files_later: laterCount } : {}),
      ...(request.feed?.seq && keys.notary ? { feed: { head: request.feed.head, seq: request.feed.seq } } : {}),
      ...(earlierEntries
        ? {
            since: changesSince(entries, numbers, chosen.records, packs, absent, {
              times: versionTimes(versions),
              fresh: entriesWithNewFiles(opened, packs),
            }),
            supersedes: supersededRows(packs),
          }
        : {}),
    },
    refs: assignReferences(opened, chosen),
    sheet: {
      ...Object.fromEntries(OFFICER_FIELDS.map((name) => [name, textOf(settings, name)])),
      ...identityOf(request),
    },
    start_with: incidents
      .filter(
        (history) => request.startWith?.includes(history.record) ?? booleanOf(history.newest.fields, 'start_with_this'),
      )
      .map((history) => numbers.get(history.record))
      .filter(Boolean)
      .slice(-FIRST_ENTRIES_LIMIT),
    t: 'capsule/v1',
    versions: packedVersions.map((version) => packedVersion(version, numbers)),
  } as JsonObject;
}

/** Return a capsule's bytes. Throws `bad_request` when it is larger than a server takes. */
export function encodeCapsule(capsule: JsonObject): Uint8Array {
  try {
    return canonicalBytes(capsule, { limit: CAPSULE_LIMIT_BYTES });
  } catch (error) {
    if (!(error instanceof KeptError)) throw error;
    throw new KeptError('bad_request', 'The chosen entries are too large for one pack. Choose fewer.');
  }
}

export function openedOf(version: DiaryVersion): OpenedVersion {
  return {
    record: version.record,
    version: version.version,
    kind: version.kind,
    fields: version.open.fields,
    restricted: version.restricted?.fields ?? {},
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
  for (const version of versions) {
    if (version.kind === 'incident' && !numbers.has(version.record)) numbers.set(version.record, version.seq);
  }
  const numbered = isLocal
    ? [...numbers]
    : [...numbers].filter(([, seq]) => seq !== null).sort((a, b) => Number(a[1]) - Number(b[1]));
  let lastNumber = 0;
  for (const [record] of numbered) {
    // An entry after an erased one keeps the number it had.
    do lastNumber += 1;
    while (gone.has(lastNumber));
    numbers.set(record, lastNumber);
  }
  return numbers;
}

/** @returns the keeper's settings; empty when there are none */
export function settingsOf(opened: readonly OpenedVersion[]): Fields {
  const newest = historiesOf(opened, 'settings').at(-1);
  return newest ? allFields(newest.newest) : {};
}

/** Return the pack's own facts. The folder is dated by the keeper's own calendar. */
function packFacts(request: PackRequest, initials: string, startNo: number): JsonObject {
  const day = localAt(request.madeAt, request.tz).slice(0, 10).replaceAll('-', '');
  return {
    consent_at: request.consentAt,
    ...(request.inBrowser ? { engine: 'browser' } : {}),
    covers_from: request.coversFrom ?? null,
    covers_to: request.coversTo ?? null,
    folder: `PACK_${initials}_${request.no}_${day}`,
    id: request.packId,
    initials,
    lang: request.lang ?? 'en',
    made_at: request.madeAt,
    no: request.no,
    origin: request.origin,
    profile: request.profile ?? 'police',
    release: request.release,
    start_no: startNo,
    tz: request.tz,
  };
}

/** Return the facts that only some packs have: docs/pack.md, "Further fields". */
function optionalFacts({
  kind = 'pack',
  items: itemRecords,
  prepared,
  recipientRef,
  review,
  training,
  askedIn,
  restrictedAsked,
  profile = IDENTITY_PROFILE,
}: PackRequest): JsonObject {
  return {
    ...(kind === 'pack' ? {} : { kind }),
    ...(itemRecords ? { items: [...itemRecords] } : {}),
    ...(prepared ? { prepared } : {}),
    ...(recipientRef ? { recipient_ref: recipientRef } : {}),
    ...(review ? { review } : {}),
    ...(training ? { training } : {}),
    ...(restrictedAsked && !hasRestrictedPart(profile) ? { restricted_asked: true } : {}),
    ...(askedIn && Object.keys(askedIn).length ? { asked_in: { ...askedIn } } : {}),
  };
}

/** Return what the keeper gave of name, date of birth and address; nothing unless the pack is for the police. */
function identityOf({ identity = {}, profile = IDENTITY_PROFILE }: PackRequest): JsonObject {
  const given = IDENTITY_FIELDS.map((name) => [name, textOf(identity, name)] as const).filter(([, text]) => text);
  return profile === IDENTITY_PROFILE ? Object.fromEntries(given) : {};
}

/** Return which cards were opened for an entry, and when its words were fixed. */
export function askedRow(history: RecordHistory, number: number | null): JsonObject {
  const cards = objectsOf(history.newest.fields, 'cards_opened').map((card) => ({
    at: integerOf(card, 'at'),
    card: textOf(card, 'card'),
  }));
  return { at: sealedAt(history.first), cards, entry: number, record: history.record };
}

/**
 * Return every handling step of the packed files, oldest first. The last step is going into this pack.
 * @param exported when it goes into this pack, and by whom
 */
export function custodyRows(
  opened: readonly OpenedVersion[],
  attachments: readonly RecordHistory[],
  exhibits: readonly JsonObject[],
  exported: { at: number; actor: string },
): JsonObject[] {
  const itemRecords = new Map(exhibits.map((version) => [String(version.record), String(version.item)]));
  const logLines = historiesOf(opened, 'custody')
    .filter((history) => history.taken_out === null)
    .flatMap((history) => objectsOf(history.newest.fields, 'lines'))
    .filter((logLine) => itemRecords.has(textOf(logLine, 'attachment')));
  const custodyRow = (item: string | undefined, at: number | null, actor: string, action: string, detail: string) => ({
    action,
    actor,
    at,
    detail,
    item: item ?? '',
  });
  const rows = logLines.map((logLine) =>
    custodyRow(
      itemRecords.get(textOf(logLine, 'attachment')),
      integerOf(logLine, 'at'),
      textOf(logLine, 'actor'),
      textOf(logLine, 'action'),
      textOf(logLine, 'detail'),
    ),
  );
  const loggedRecords = new Set(logLines.map((logLine) => textOf(logLine, 'attachment')));
  for (const { record, newest } of attachments) {
    const item = itemRecords.get(record);
    if (!loggedRecords.has(record)) {
      const addedAt = integerOf(newest.fields, 'added_at');
      rows.push(
        custodyRow(item, addedAt, 'app', 'received', ''),
        custodyRow(item, addedAt, 'app', 'hashed', textOf(newest.fields, 'sha256')),
      );
    }
    rows.push(custodyRow(item, exported.at, exported.actor, 'exported', ''));
  }
  return rows.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** Return a version without its blob keys. */
export function packedVersion(version: DiaryVersion, numbers: ReadonlyMap<string, number | null>): JsonObject {
  return {
    c: version.c,
    env: version.env,
    kind: version.kind,
    open: { fields: version.open.fields, seed: b64(version.open.seed) },
    parents: [...version.parents],
    receipt: version.receipt,
    record: version.record,
    restricted: {
      fields: version.restricted?.fields ?? {},
      seed: version.restricted ? b64(version.restricted.seed) : null,
      ...(version.apart ? { digests: { ...version.apart } } : {}),
    },
    schema: version.schema,
    seq: version.seq,
    seq_no: numbers.get(version.record) ?? null,
    sig: version.sig,
    version: version.version,
  } as JsonObject;
}
