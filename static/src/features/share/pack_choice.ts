/**
 * The content of a pack: from the keeper's selection to the capsule, and its counts for the screen before any question
 * is asked.
 */
import { FIRST_ENTRIES_LIMIT } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId } from '../../core/ids.js';
import { entryNumbers, makeCapsule, openedOf } from '../../pack/capsule.js';
import { leftOutOf, selectRecords, selectIncidents } from '../../pack/selection.js';
import {
  findItems,
  earlierPacks,
  earlierRecords,
  assignedNumbers,
  versionTimes,
  entriesWithNewFiles,
} from '../../pack/previous_packs.js';
import { codesOf, booleanOf, textOf, integerOf } from '../../record/reading.js';
import { historiesOf } from '../../record/record_history.js';
import { isPack, nextPackNo, readExports } from '../../diary/sharing/exports.js';
import { storedLog, logForPack } from '../../diary/sync/log.js';
import { MAX_PART_BYTES } from './pack_size.js';
import { seenVersions } from './pack_seen.js';
import { withheldWords } from './pack_review.js';
import { absentEntries, readDiary } from '../../diary/sharing/pack_sources.js';
import { readSettings } from '../../diary/records/settings.js';
import type { RecordHistory } from '../../record/record_history.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { JsonObject } from '../../core/encoding.js';
import type { LeftOutRow } from '../../pack/selection.js';
import type { AbsentEntry, DiaryVersion } from '../../pack/diary_version.js';

const LOG_WAIT_MS = 20_000;

export type PackSelection = {
  from: number | null;
  to: number | null;
  records: string[] | null;
  intimate?: boolean;
  /** words only: pictures and files follow in a later pack */
  filesLater?: boolean;
  items?: string[];
  /** what the pack will be: a supplement does not list what earlier packs hold */
  kind?: string;
};

/**
 * Return when a pack is made, ms by the server's clock as far as this phone knows it. A pack is never older than
 * something in it.
 */
function packTime(ctx: Context, { syncing }: Open, receipts: ReadonlyMap<string, Fields>) {
  const now = ctx.clock.now() + syncing.clockOffset();
  return [...receipts.values()].reduce(
    (latest, receipt) => Math.max(latest, integerOf(receipt, 'ts') ?? 0),
    Math.round(now),
  );
}

/** Build the capsule; also return its sources. `log`: 'ask' the server, use the log 'kept' here, or null for none. */
export async function buildCapsule(
  ctx: Context,
  open: Open,
  options: PackSelection & {
    release: string;
    inBrowser?: boolean;
    /** `ask`: the server's log; `try`: that, or what is kept of it where the server does not answer */
    log: 'ask' | 'try' | 'kept' | null;
    profile?: string;
    kind?: string;
    recipientRef?: string;
    review?: Fields;
    start_with?: string[];
    identity?: Fields;
    restricted?: boolean;
    list_left_out?: boolean;
  },
) {
  const [versions, exports, settings] = await Promise.all([readDiary(open), readExports(open), readSettings(open)]);
  const receipts = new Map(versions.flatMap(({ version, receipt }) => (receipt ? [[version, receipt]] : [])));
  const log = await packLog(ctx, open, receipts, options.log);
  const now = packTime(ctx, open, receipts);
  const { identity, store } = open;
  const records = chosenIncidents(versions, options).map((entry) => entry.record);
  const heldWords = withheldWords(settings.restricted);
  const capsule = makeCapsule(
    versions,
    {
      packId: formatId(newId()),
      no: nextPackNo(exports),
      madeAt: now,
      consentAt: now,
      tz: ctx.zone(),
      release: options.release,
      ...(options.inBrowser ? { inBrowser: true } : {}),
      origin: ctx.origin,
      chosen: records,
      absent: absentEntries(open, versions),
      log,
      coversFrom: options.from ?? null,
      coversTo: options.to ?? null,
      profile: options.profile ?? 'police',
      feed: store.root.account.registered ? store.root.feed : null,
      ...(options.start_with ? { startWith: options.start_with } : {}),
      ...(options.intimate ? { intimate: true } : {}),
      askedIn: interviewWording(ctx, settings.fields),
      ...(options.kind ? { kind: options.kind } : {}),
      ...(options.items ? { items: options.items } : {}),
      ...(options.recipientRef ? { recipientRef: options.recipientRef } : {}),
      ...(options.list_left_out ? { listLeftOut: true } : {}),
      ...(options.filesLater ? { filesLater: true } : {}),
      ...(options.restricted ? { restrictedAsked: true } : {}),
      ...(options.identity ? { identity: options.identity } : {}),
      ...(options.review ? { review: reviewFields(options.review) } : {}),
      ...(heldWords.length ? { holdWords: heldWords } : {}),
    },
    {
      account: identity.account,
      ...(identity.earlier.length ? { earlier: identity.earlier } : {}),
      ecdsa_pub: identity.ecdsa_pub,
      notary: store.root.account.notary ?? '',
      log: store.root.account.log ?? '',
    },
  );
  return { capsule, versions, settings, records };
}

async function packLog(
  ctx: Context,
  open: Open,
  receipts: Map<string, JsonObject>,
  source: 'ask' | 'try' | 'kept' | null,
) {
  const link = open.syncing.link();
  if (source === null || (source === 'ask' && !link)) return null;
  if (source === 'kept' || !link) return storedLog(open, receipts);
  if (source === 'ask') return logForPack(link, receipts);
  // A pack is made here whatever the server answers, and when it does not.
  const tooLate = new Promise<never>((_, reject) => {
    ctx.timers.after(LOG_WAIT_MS, () => reject(new KeptError('offline')));
  });
  return Promise.race([logForPack(link, receipts), tooLate]).catch(() => storedLog(open, receipts));
}

/**
 * Return the language and wording of the questions, for the page that lists them. English and the usual wording are
 * left out.
 */
function interviewWording({ screen }: Context, settings: Fields) {
  const language = screen.state.language ?? 'en';
  return {
    ...(language === 'en' ? {} : { language }),
    ...(settings.wording === 'young' ? { wording: 'young' } : {}),
  };
}

/** Return the review fields of the capsule, without the screen's own fields. */
function reviewFields({ looked = 0, not_looked = 0, override_at = null, words = 0 }: Fields) {
  return { looked, not_looked, override_at, words };
}

/** Return the incidents of a selection. */
export function chosenIncidents(versions: readonly DiaryVersion[], chosen: PackSelection): RecordHistory[] {
  return selectIncidents(versions.map(openedOf), chosen);
}

/** Count what goes in, before any question is asked. */
export function summarizeSelection(
  versions: readonly DiaryVersion[],
  choice: PackSelection,
  absent: readonly AbsentEntry[],
) {
  const chosen = chosenIncidents(versions, choice);
  const opened = versions.map(openedOf);
  const packs = earlierPacks(opened, Infinity);
  const items = choice.items ? findItems(choice.items, packs) : null;
  const { attached, records } = selectRecords(
    opened,
    chosen.map(({ record }) => record),
    choice,
    items,
  );
  const withIntimate = selectRecords(
    opened,
    chosen.map(({ record }) => record),
    { intimate: true },
    items,
  ).attached;
  const whole = choice.filesLater
    ? selectRecords(
        opened,
        chosen.map(({ record }) => record),
        { ...choice, filesLater: false },
        items,
      )
    : { attached, records };
  const revisions = chosen.flatMap((item) => item.revisions);
  const isPicture = (item: RecordHistory) => textOf(item.newest.fields, 'media_type').startsWith('image/');
  const pictures = attached.filter(isPicture);
  const countAbsent = (cause: string) => absent.filter(({ why }) => why === cause).length;
  const removed = historiesOf(opened, 'incident').filter((item) => item.taken_out !== null).length;
  const sizeOf = (item: RecordHistory) => integerOf(item.newest.fields, 'size_bytes') ?? 0;
  return {
    entries: chosen.length,
    additions: revisions.filter(({ kind }) => kind === 'addition').length,
    amendments: revisions.filter(({ kind }) => kind === 'amendment').length,
    pictures: pictures.length,
    files: attached.length - pictures.length,
    files_later: whole.attached.length - attached.length,
    bytes: attached.reduce((sum, item) => sum + sizeOf(item), 0),
    withheld: entryNumbers(versions).size - chosen.length - removed + countAbsent('withheld'),
    removed: removed + countAbsent('removed'),
    intimate: withIntimate.filter((item) => textOf(item.newest.fields, 'sensitivity') === 'intimate_adult').length,
    unlooked: pictures.filter((item) => integerOf(item.newest.fields, 'looked_at') === null).length,
    restricted_words: chosen.filter((item) =>
      Object.values(item.newest.restricted).some((value) => value !== null && value !== ''),
    ).length,
    left_out: countKinds(leftOutOf(opened, whole.records, new Map(), earlierRecords(choice.kind, packs))),
    groups: splitIntoParts(chosen, attached, sizeOf),
    looked: seenVersions(versions, records),
    marked: chosen
      .filter(({ newest }) => booleanOf(newest.fields, 'start_with_this') === true)
      .map(({ record }) => record)
      .slice(-FIRST_ENTRIES_LIMIT),
  };
}

/** Count what was left out. */
function countKinds(rows: readonly LeftOutRow[]) {
  const entries = rows.filter(({ kind }) => kind === 'incident').length;
  const files = rows.filter(({ kind }) => kind === 'attachment').length;
  return { entries, files, records: rows.length - entries - files };
}

/**
 * Split the chosen entries, in order, into packs of at most MAX_PART_BYTES. An entry whose files alone are larger gets
 * its own pack.
 */
export function splitIntoParts(
  chosen: readonly RecordHistory[],
  attached: readonly RecordHistory[],
  sizeOf: (item: RecordHistory) => number,
): string[][] {
  const sizes: Map<string, number> = new Map();
  const ownerOf = (file: RecordHistory) =>
    chosen.find(
      (item) =>
        codesOf(file.newest.fields, 'incident_ids').includes(item.record) ||
        codesOf(item.newest.fields, 'attachment_ids').includes(file.record),
    );
  for (const file of attached) {
    const owner = ownerOf(file)?.record ?? '';
    sizes.set(owner, (sizes.get(owner) ?? 0) + sizeOf(file));
  }
  const groups: string[][] = [[]];
  let partBytes = 0;
  for (const { record } of chosen) {
    const size = sizes.get(record) ?? 0;
    if (partBytes && partBytes + size > MAX_PART_BYTES) {
      groups.push([]);
      partBytes = 0;
    }
    groups.at(-1)?.push(record);
    partBytes += size;
  }
  return groups;
}

/**
 * Find the files that were requested by number, `12, 15, 40` or `JB/12`, and the entries they belong to.
 * @returns `unknown`: requested items that no earlier pack contains
 */
export async function findRequestedItems(
  open: Open,
  text: string,
): Promise<{ items: string[]; records: string[]; unknown: string[] }> {
  const versions = await readDiary(open);
  const opened = versions.map(openedOf);
  const { fields } = await readSettings(open);
  const recordByNumber = new Map(
    [...assignedNumbers(earlierPacks(opened, Infinity))].map(([record, no]) => [no, record]),
  );
  const requested = text
    .toUpperCase()
    .split(/[\s,;،、]+/)
    .filter(Boolean)
    .map((item) => ({ one: item, no: Number(/^(?:[A-Z]{1,4}[/-])?(\d{1,5})$/.exec(item)?.[1] ?? NaN) }));
  const matches = requested.flatMap(({ no }) =>
    recordByNumber.has(no) ? [{ no, record: recordByNumber.get(no) as string }] : [],
  );
  const files = new Set(matches.map(({ record }) => record));
  const ownerIds = new Set(
    historiesOf(opened, 'attachment')
      .filter(({ record }) => files.has(record))
      .flatMap(({ newest }) => codesOf(newest.fields, 'incident_ids')),
  );
  const incidents = chosenIncidents(versions, { from: null, to: null, records: null });
  return {
    items: [...new Set(matches.map(({ no }) => `${textOf(fields, 'initials') || 'AA'}/${no}`))],
    records: incidents
      .filter(
        (item) =>
          ownerIds.has(item.record) || codesOf(item.newest.fields, 'attachment_ids').some((id) => files.has(id)),
      )
      .map(({ record }) => record),
    unknown: requested.filter(({ no }) => !recordByNumber.has(no)).map(({ one: item }) => item),
  };
}

/** Return the entries that no pack contains yet, or that changed since the last pack. */
export async function entriesSinceLastPack(open: Open): Promise<string[]> {
  const [exports, versions] = await Promise.all([readExports(open), readDiary(open)]);
  const packs = exports.filter(({ fields }) => isPack(fields));
  const packedIds = new Set(packs.flatMap(({ fields }) => codesOf(fields, 'record_ids')));
  const lastPackAt = Math.max(0, ...packs.map(({ fields }) => integerOf(fields, 'made_at') ?? 0));
  const times = versionTimes(versions);
  const opened = versions.map(openedOf);
  const withNewAttachments = entriesWithNewFiles(opened, earlierPacks(opened, Infinity));
  const changedIds = new Set(
    opened
      .filter((item) => item.kind === 'incident' && (times.get(item.version) ?? 0) > lastPackAt)
      .map(({ record }) => record),
  );
  return chosenIncidents(versions, { from: null, to: null, records: null })
    .map(({ record }) => record)
    .filter((record) => !packedIds.has(record) || changedIds.has(record) || withNewAttachments.has(record));
}
