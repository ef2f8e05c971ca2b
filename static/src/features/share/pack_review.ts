/**
 * The review before anything leaves: what the keeper has to look at, and the decisions. A decision about a picture is a
 * version of its file, so it is asked once. Words that may be shown are remembered on this phone.
 */
import { canonicalText } from '../../core/encoding.js';
import { KeptError } from '../../core/errors.js';
import { selectRecords } from '../../pack/selection.js';
import { findItems, earlierPacks } from '../../pack/previous_packs.js';
import { openedOf } from '../../pack/capsule.js';
import { MAIL_TYPE, OPENED_TYPES } from '../../pack/exhibits.js';
import { createRedactor, collectTexts, normalise } from '../../pack/redaction.js';
import { OWN_WORDS, findLocationWords, findWordsOf } from '../../pack/chronology/location_words.js';
import { codesOf, objectsOf, booleanOf, isLeftOutOfPacks, textOf, integerOf } from '../../record/reading.js';
import { isUnseen } from '../../record/sitting.js';
import { historiesOf } from '../../record/record_history.js';
import { ownFields } from '../../diary/records/record_store.js';
import { readSettings, saveSettings } from '../../diary/records/settings.js';
import { personAdvice } from './pack_advice.js';
import type { Json } from '../../core/encoding.js';
import type { LocationWords } from '../../pack/chronology/location_words.js';
import type { RecordHistory } from '../../record/record_history.js';
import type { Fields, Open } from '../../diary/types.js';
import type { DiaryVersion } from '../../pack/diary_version.js';
import type { PackAdvice } from './pack_advice.js';

export type PictureDecision = 'fine' | 'hold' | 'covered' | 'out' | 'private';
/** What is looked at: a picture, the still of a film, a letter (PDF) or the words of an email */
type ReviewKind = 'picture' | 'film' | 'letter' | 'mail';
type ReviewPicture = {
  attachment: string;
  record: string;
  name: string;
  kind: ReviewKind;
  place: boolean;
  decision: PictureDecision | null;
  /** the file and the copy that a page would print, as text: what a decision is about */
  printed: string;
};

const ALLOWED_WORDS_KEY = 't/pack-fine';
const MAX_WORDS = 2000;

/**
 * Return everything in the selection that the keeper has to review.
 * @param versions the whole diary
 * @param records the chosen incidents
 * @param ownWords what 01 prints as "In my own words"
 */
export async function buildReview(
  open: Open,
  versions: readonly DiaryVersion[],
  records: readonly string[],
  selection: { intimate?: boolean; items?: readonly string[] },
  ownWords: string = '',
): Promise<{
  pictures: ReviewPicture[];
  words: LocationWords[];
  places: { attachment: string; record: string; name: string }[];
  intimate: number;
  advice: PackAdvice;
}> {
  const opened = versions.map(openedOf);
  const items = selection.items ? findItems(selection.items, earlierPacks(opened, Infinity)) : null;
  const chosen = selectRecords(opened, records, selection, items);
  const everything = selectRecords(opened, records, { intimate: true }, items);
  const settings = await readSettings(open);
  const packed = opened.filter((item) => chosen.records.has(item.record));
  const heldBack = createRedactor(packed, settings.restricted, withheldWords(settings.restricted));
  const allowed: Set<string> = new Set((await open.store.readJson<string[]>(ALLOWED_WORDS_KEY)) ?? []);
  // The words of an imported email are in the record, where they were looked through with all others.
  const imported = new Set(
    historiesOf(opened, 'schedule').map(({ newest }) => textOf(newest.fields, 'source_attachment_id')),
  );
  const reviewable = [...chosen.incidents, ...chosen.attached, ...chosen.registers];
  return {
    pictures: chosen.attached.flatMap((item) => {
      const kind = reviewKind(item);
      // A file that the keeper has not opened is not shown here either, and is not printed.
      if (isUnseen(item.newest.fields)) return [];
      if (!kind || (kind === 'mail' && imported.has(item.record))) return [];
      return {
        ...describeFile(chosen.incidents, item),
        kind,
        place: hasPlace(item),
        decision: decisionOf(item.newest),
        printed: printedOf(item.newest.fields),
      };
    }),
    // Those of a text that every pack prints come first: the list is cut off after so many.
    words: [
      ...findWordsOf(ownWords, { record: '', kind: OWN_WORDS }, heldBack, allowed),
      ...findLocationWords(reviewable, packed, heldBack, allowed),
    ].slice(0, MAX_WORDS),
    places: chosen.attached.filter(hasPlace).map((item) => describeFile(chosen.incidents, item)),
    intimate: everything.attached.length - chosen.attached.length,
    advice: personAdvice(chosen.registers.filter(({ newest }) => newest.kind === 'person')),
  };
}

/**
 * Return the keeper's places and numbers, which no pack may show.
 * @param restricted the restricted part of the settings
 */
export function withheldWords(restricted: Fields): string[] {
  return [...collectTexts(restricted.my_places), ...collectTexts(restricted.my_accounts)]
    .flatMap((text) => text.split('\n'))
    .map((text) => text.trim())
    .filter(Boolean);
}

const mediaTypeOf = ({ newest }: RecordHistory) => textOf(newest.fields, 'media_type');
const isFilm = (file: RecordHistory) =>
  mediaTypeOf(file).startsWith('video/') &&
  objectsOf(file.newest.fields, 'renditions').some((item) => item.purpose === 'preview');

/** Return what of a file has to be looked at; null for a file of which the pages show nothing. */
function reviewKind(file: RecordHistory): ReviewKind | null {
  const type = mediaTypeOf(file);
  if (type.startsWith('image/')) return 'picture';
  if (OPENED_TYPES.includes(type)) return type === MAIL_TYPE ? 'mail' : 'letter';
  return isFilm(file) ? 'film' : null;
}

const hasPlace = ({ newest }: RecordHistory) => booleanOf(newest.restricted, 'gps_present') === true;

function decisionOf({ fields, restricted }: { fields: Fields; restricted: Fields }): PictureDecision | null {
  if (integerOf(fields, 'looked_at') === null) return null;
  if (booleanOf(restricted, 'shows_where_i_live') !== true) return 'fine';
  return textOf(fields, 'print_copy') === 'masked' ? 'covered' : 'hold';
}

/** Name the file and the copy of it that a page prints. */
function printedOf(fields: Fields): string {
  const purpose = textOf(fields, 'print_copy') === 'masked' ? 'masked' : 'print';
  const copies = objectsOf(fields, 'renditions').filter((copy) => [purpose, 'preview'].includes(String(copy.purpose)));
  return canonicalText([textOf(fields, 'sha256'), purpose, copies.map((copy) => textOf(copy, 'sha256'))] as Json);
}

function describeFile(incidents: readonly RecordHistory[], { record, newest }: RecordHistory) {
  const entryIds = codesOf(newest.fields, 'incident_ids');
  const received = newest.restricted.received_as as { filename?: unknown } | undefined;
  const name =
    textOf(newest.fields, 'description') || (typeof received?.filename === 'string' ? received.filename : '');
  return {
    attachment: record,
    record:
      incidents.find(
        (item) => entryIds.includes(item.record) || codesOf(item.newest.fields, 'attachment_ids').includes(record),
      )?.record ?? '',
    name,
  };
}

/**
 * Save one decision about one picture at once.
 *
 * Another device, or another tab, may have changed the file since it was shown. "Nothing shows" is said of one picture
 * and must not be written for another. Said of several at once, it must not replace what was decided about one of them
 * meanwhile: the keeper looked at that one alone.
 * @param about `printed`: what the keeper saw, from the review; `amongOthers`: several were decided with one tap
 * @returns the decision that stands
 * @throws no_print_copy when the decision is a masked copy and there is none
 * @throws came_since when the pages would now print something else than what was seen
 */
export async function decidePicture(
  open: Open,
  attachment: string,
  decision: PictureDecision,
  now: number,
  about: { printed?: string; amongOthers?: boolean } = {},
): Promise<PictureDecision> {
  let standing = decision;
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const newest = await open.book.newest(attachment, batch);
    if (about.amongOthers) {
      const earlier = decidedElsewhere(newest);
      if (earlier) {
        standing = earlier;
        return;
      }
    }
    if (decision === 'fine' && about.printed !== undefined && about.printed !== printedOf(newest.fields))
      throw new KeptError('came_since');
    const { reason: _reason, print_copy: printCopy, ...fields } = ownFields(newest);
    const isMasked = objectsOf(fields, 'renditions').some((item) => item.purpose === 'masked');
    if (decision === 'covered' && !isMasked) throw new KeptError('no_print_copy');
    const copy = decision === 'covered' ? 'masked' : decision === 'hold' ? null : (printCopy ?? null);
    const decisionFields = {
      looked_at: now,
      ...(copy ? { print_copy: copy } : {}),
      ...(decision === 'out' ? { include_in_pack: false } : {}),
      ...(decision === 'private' ? { sensitivity: 'intimate_adult' } : {}),
    };
    await open.book.stage(batch, {
      kind: 'attachment',
      record: attachment,
      open: { ...fields, ...decisionFields },
      restricted: { ...newest.restricted, shows_where_i_live: decision === 'hold' || decision === 'covered' },
      openKeys: newest.keys.open,
      restrictedKeys: newest.keys.restricted,
    });
  });
  open.syncing.soon();
  return standing;
}

/** Return what was decided about a file already, also that it is in no pack; null for nothing. */
function decidedElsewhere(newest: { fields: Fields; restricted: Fields }): PictureDecision | null {
  if (isLeftOutOfPacks(newest.fields)) return 'out';
  if (textOf(newest.fields, 'sensitivity') === 'intimate_adult') return 'private';
  return decisionOf(newest);
}

/** Save the decision about words that look like an address: hold them back from now on, or let them stand. */
export async function decideWords(open: Open, foundText: string, answer: 'hold' | 'fine') {
  if (answer === 'fine') {
    await open.store.change(async (_root, change) => {
      const allowed = (await open.store.readJson<string[]>(ALLOWED_WORDS_KEY)) ?? [];
      change.putJson(ALLOWED_WORDS_KEY, [...new Set([...allowed, normalise(foundText)])].slice(-MAX_WORDS));
    });
    return;
  }
  const { restricted } = await readSettings(open);
  const existing = withheldWords(restricted);
  const my_places = [
    ...collectTexts(restricted.my_places)
      .flatMap((text) => text.split('\n'))
      .filter(Boolean),
    ...(existing.includes(foundText) ? [] : [foundText]),
  ].join('\n');
  await saveSettings(open, { restricted: { my_places } });
  open.syncing.soon();
}
