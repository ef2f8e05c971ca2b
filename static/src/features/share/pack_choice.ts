/**
 * The content of a pack: from the keeper's selection to the capsule, and its counts for the screen before any question
 * is asked.
 */
import { idText, newId } from '../../core/ids.js';
import { entryNumbers, makeCapsule, openedOf } from '../../pack/capsule.js';
import { choose, incidentsMeant } from '../../pack/selection.js';
import { askedFor, earlierPacks, givenNumbers, receivedAt, withNewFiles } from '../../pack/previous_packs.js';
import { codesOf, switchOf, textOf, wholeOf } from '../../record/reading.js';
import { sealedAt, tellAll } from '../../record/record_history.js';
import { isPack, nextPackNo, readExports } from '../../diary/sharing/exports.js';
import { keptLog, logForPack } from '../../diary/sync/log.js';
import { lookedAt } from './pack_looked.js';
import { holdWords } from './pack_review.js';
import { absentEntries, readDiary } from '../../diary/sharing/pack_sources.js';
import { readSettings } from '../../diary/records/settings.js';
import type { Told } from '../../record/record_history.js';
import type { Context, Fields, Open } from '../../diary/types.js';
import type { Absent, DiaryVersion } from '../../pack/diary_version.js';

export type Chosen = {
  from: number | null;
  to: number | null;
  records: string[] | null;
  intimate?: boolean;
  items?: string[];
};

/** Bytes per pack on a phone short of space; it makes several packs, each with its own number. */
export const SMALL_PACK = 200_000_000;

/** Build the capsule; also return its sources. `log`: 'ask' the server, use the log 'kept' here, or null for none. */
export async function capsuleOf(
  ctx: Context,
  open: Open,
  options: Chosen & {
    release: string;
    log: 'ask' | 'kept' | null;
    profile?: string;
    kind?: string;
    recipientRef?: string;
    review?: Fields;
    start_with?: string[];
  },
) {
  const [versions, exports, settings] = await Promise.all([readDiary(open), readExports(open), readSettings(open)]);
  const link = open.syncing.link();
  const receipts = new Map(versions.flatMap(({ version, receipt }) => (receipt ? [[version, receipt]] : [])));
  const log =
    options.log === 'ask' && link
      ? await logForPack(open, link, receipts)
      : options.log === 'kept'
        ? await keptLog(open, receipts)
        : null;
  const now = ctx.clock.now();
  const { identity, store } = open;
  const records = chosenIncidents(versions, options).map((told) => told.record);
  const hold = holdWords(settings.restricted);
  const capsule = makeCapsule(
    versions,
    {
      packId: idText(newId()),
      no: nextPackNo(exports),
      madeAt: now,
      consentAt: now,
      tz: ctx.zone(),
      release: options.release,
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
      askedIn: askedIn(ctx, settings.fields),
      ...(options.kind ? { kind: options.kind } : {}),
      ...(options.items ? { items: options.items } : {}),
      ...(options.recipientRef ? { recipientRef: options.recipientRef } : {}),
      ...(options.review ? { review: reviewOf(options.review) } : {}),
      ...(hold.length ? { holdWords: hold } : {}),
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

/**
 * Return the language and wording of the questions, for the page that lists them. English and the usual wording are
 * left out.
 */
function askedIn({ screen }: Context, settings: Fields) {
  const language = screen.state.language ?? 'en';
  return {
    ...(language === 'en' ? {} : { language }),
    ...(settings.wording === 'young' ? { wording: 'young' } : {}),
  };
}

/** Return the review fields of the capsule, without the screen's own fields. */
function reviewOf({ looked = 0, not_looked = 0, override_at = null, words = 0 }: Fields) {
  return { looked, not_looked, override_at, words };
}

/** Return the incidents of a selection. */
export function chosenIncidents(versions: readonly DiaryVersion[], chosen: Chosen): Told[] {
  return incidentsMeant(versions.map(openedOf), chosen);
}

/** Count what goes in, before any question is asked. */
export function summaryOf(versions: readonly DiaryVersion[], choice: Chosen, absent: readonly Absent[]) {
  const chosen = chosenIncidents(versions, choice);
  const told = versions.map(openedOf);
  const items = choice.items ? askedFor(choice.items, earlierPacks(told, Infinity)) : null;
  const { attached, records } = choose(
    told,
    chosen.map(({ record }) => record),
    choice,
    items,
  );
  const all = choose(
    told,
    chosen.map(({ record }) => record),
    { intimate: true },
    items,
  ).attached;
  const revisions = chosen.flatMap((one) => one.revisions);
  const isPicture = (one: Told) => textOf(one.newest.fields, 'media_type').startsWith('image/');
  const pictures = attached.filter(isPicture);
  const gone = (cause: string) => absent.filter(({ why }) => why === cause).length;
  const removed = tellAll(told, 'incident').filter((one) => one.taken_out !== null).length;
  const sizeOf = (one: Told) => wholeOf(one.newest.fields, 'size_bytes') ?? 0;
  return {
    entries: chosen.length,
    additions: revisions.filter(({ kind }) => kind === 'addition').length,
    amendments: revisions.filter(({ kind }) => kind === 'amendment').length,
    pictures: pictures.length,
    files: attached.length - pictures.length,
    bytes: attached.reduce((sum, one) => sum + sizeOf(one), 0),
    withheld: entryNumbers(versions).size - chosen.length - removed + gone('withheld'),
    removed: removed + gone('removed'),
    intimate: all.filter((one) => textOf(one.newest.fields, 'sensitivity') === 'intimate_adult').length,
    unlooked: pictures.filter((one) => wholeOf(one.newest.fields, 'looked_at') === null).length,
    restricted_words: chosen.filter((one) =>
      Object.values(one.newest.restricted).some((value) => value !== null && value !== ''),
    ).length,
    groups: groupsOf(chosen, attached, sizeOf),
    looked: lookedAt(versions, records),
    marked: chosen
      .filter(({ newest }) => switchOf(newest.fields, 'start_with_this') === true)
      .map(({ record }) => record)
      .slice(0, 10),
  };
}

/**
 * Split the chosen entries, in order, into packs of at most MAX_PART_BYTES. An entry whose files alone are larger gets
 * its own pack.
 */
export function groupsOf(
  chosen: readonly Told[],
  attached: readonly Told[],
  sizeOf: (one: Told) => number,
): string[][] {
  const sizes: Map<string, number> = new Map();
  const belongs = (file: Told) =>
    chosen.find(
      (one) =>
        codesOf(file.newest.fields, 'incident_ids').includes(one.record) ||
        codesOf(one.newest.fields, 'attachment_ids').includes(file.record),
    );
  for (const file of attached) {
    const owner = belongs(file)?.record ?? '';
    sizes.set(owner, (sizes.get(owner) ?? 0) + sizeOf(file));
  }
  const groups: string[][] = [[]];
  let full = 0;
  for (const { record } of chosen) {
    const size = sizes.get(record) ?? 0;
    if (full && full + size > SMALL_PACK) {
      groups.push([]);
      full = 0;
    }
    groups.at(-1)?.push(record);
    full += size;
  }
  return groups;
}

/**
 * Find the files that were requested by number, `12, 15, 40` or `JB/12`, and the entries they belong to.
 * @returns `unknown`: requested items that no earlier pack contains
 */
export async function itemsAsked(
  open: Open,
  text: string,
): Promise<{ items: string[]; records: string[]; unknown: string[] }> {
  const versions = await readDiary(open);
  const opened = versions.map(openedOf);
  const { fields } = await readSettings(open);
  const byNo = new Map([...givenNumbers(earlierPacks(opened, Infinity))].map(([record, no]) => [no, record]));
  const asked = text
    .toUpperCase()
    .split(/[\s,;،、]+/)
    .filter(Boolean)
    .map((one) => ({ one, no: Number(/^(?:[A-Z]{1,4}[/-])?(\d{1,5})$/.exec(one)?.[1] ?? NaN) }));
  const found = asked.flatMap(({ no }) => (byNo.has(no) ? [{ no, record: byNo.get(no) as string }] : []));
  const files = new Set(found.map(({ record }) => record));
  const owners = new Set(
    tellAll(opened, 'attachment')
      .filter(({ record }) => files.has(record))
      .flatMap(({ newest }) => codesOf(newest.fields, 'incident_ids')),
  );
  const incidents = chosenIncidents(versions, { from: null, to: null, records: null });
  return {
    items: [...new Set(found.map(({ no }) => `${textOf(fields, 'initials') || 'AA'}/${no}`))],
    records: incidents
      .filter(
        (one) => owners.has(one.record) || codesOf(one.newest.fields, 'attachment_ids').some((id) => files.has(id)),
      )
      .map(({ record }) => record),
    unknown: asked.filter(({ no }) => !byNo.has(no)).map(({ one }) => one),
  };
}

/** Return the entries that no pack contains yet, or that changed since the last pack. */
export async function newSince(open: Open): Promise<string[]> {
  const [exports, versions] = await Promise.all([readExports(open), readDiary(open)]);
  const packs = exports.filter(({ fields }) => isPack(fields));
  const given = new Set(packs.flatMap(({ fields }) => codesOf(fields, 'record_ids')));
  const last = Math.max(0, ...packs.map(({ fields }) => wholeOf(fields, 'made_at') ?? 0));
  const came = receivedAt(versions);
  // The later of the writing phone's time and the time of receipt: one of the clocks may be slow.
  const opened = versions.map(openedOf);
  const fresh = withNewFiles(opened, earlierPacks(opened, Infinity));
  const later = new Set(
    opened
      .filter((one) => one.kind === 'incident' && Math.max(sealedAt(one) ?? 0, came.get(one.version) ?? 0) > last)
      .map(({ record }) => record),
  );
  return chosenIncidents(versions, { from: null, to: null, records: null })
    .map(({ record }) => record)
    .filter((record) => !given.has(record) || later.has(record) || fresh.has(record));
}
