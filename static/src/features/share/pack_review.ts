/**
 * The review before anything leaves: what the keeper has to look at, and the decisions. A decision about a picture is a
 * version of its file, so it is asked once. Words that may be shown are remembered on this phone.
 */
import { KeptError } from '../../core/errors.js';
import { choose } from '../../pack/selection.js';
import { askedFor, earlierPacks } from '../../pack/previous_packs.js';
import { openedOf } from '../../pack/capsule.js';
import { heldBackOf, leaves, squeeze } from '../../pack/redaction.js';
import { wordsOf } from '../../pack/chronology/location_words.js';
import { codesOf, objectsOf, switchOf, textOf, wholeOf } from '../../record/reading.js';
import { ownFields } from '../../diary/records/record_store.js';
import { readSettings, saveSettings } from '../../diary/records/settings.js';
import type { Words } from '../../pack/chronology/location_words.js';
import type { Told } from '../../record/record_history.js';
import type { Fields, Open } from '../../diary/types.js';
import type { DiaryVersion } from '../../pack/diary_version.js';

export type Decision = 'fine' | 'hold' | 'covered' | 'out' | 'private';
/** One picture, or the still of a film */
type Look = {
  attachment: string;
  record: string;
  name: string;
  film: boolean;
  place: boolean;
  decision: Decision | null;
};

const FINE = 't/pack-fine';
const MOST = 2000;

/**
 * Return everything in the selection that the keeper has to review.
 * @param versions the whole diary
 * @param records the chosen incidents
 */
export async function reviewOf(
  open: Open,
  versions: readonly DiaryVersion[],
  records: readonly string[],
  wish: { intimate?: boolean; items?: readonly string[] },
): Promise<{
  pictures: Look[];
  words: Words[];
  places: { attachment: string; record: string; name: string }[];
  intimate: number;
}> {
  const opened = versions.map(openedOf);
  const items = wish.items ? askedFor(wish.items, earlierPacks(opened, Infinity)) : null;
  const chosen = choose(opened, records, wish, items);
  const everything = choose(opened, records, { intimate: true }, items);
  const settings = await readSettings(open);
  const packed = opened.filter((one) => chosen.records.has(one.record));
  const held = heldBackOf(packed, settings.restricted, holdWords(settings.restricted));
  const fine: Set<string> = new Set((await open.store.readJson<string[]>(FINE)) ?? []);
  const told = [...chosen.incidents, ...chosen.attached, ...chosen.registers];
  return {
    pictures: chosen.attached.filter(isLookedAt).map((one) => ({
      ...whichOf(chosen.incidents, one),
      film: isFilm(one),
      place: hasPlace(one),
      decision: decisionOf(one),
    })),
    words: told.flatMap((one) => wordsOf(one, held, fine)).slice(0, MOST),
    places: chosen.attached.filter(hasPlace).map((one) => whichOf(chosen.incidents, one)),
    intimate: everything.attached.length - chosen.attached.length,
  };
}

/**
 * Return the keeper's places and numbers, which no pack may show.
 * @param restricted the restricted part of the settings
 */
export function holdWords(restricted: Fields): string[] {
  return [...leaves(restricted.my_places), ...leaves(restricted.my_accounts)]
    .flatMap((text) => text.split('\n'))
    .map((text) => text.trim())
    .filter(Boolean);
}

const typeOf = ({ newest }: Told) => textOf(newest.fields, 'media_type');
const isFilm = (told: Told) =>
  typeOf(told).startsWith('video/') &&
  objectsOf(told.newest.fields, 'renditions').some((one) => one.purpose === 'preview');
const isLookedAt = (told: Told) => typeOf(told).startsWith('image/') || isFilm(told);
const hasPlace = ({ newest }: Told) => switchOf(newest.restricted, 'gps_present') === true;

function decisionOf({ newest: { fields, restricted } }: Told): Decision | null {
  if (wholeOf(fields, 'looked_at') === null) return null;
  if (switchOf(restricted, 'shows_where_i_live') !== true) return 'fine';
  return textOf(fields, 'print_copy') === 'masked' ? 'covered' : 'hold';
}

function whichOf(incidents: readonly Told[], { record, newest }: Told) {
  const named = codesOf(newest.fields, 'incident_ids');
  const received = newest.restricted.received_as as { filename?: unknown } | undefined;
  const name =
    textOf(newest.fields, 'description') || (typeof received?.filename === 'string' ? received.filename : '');
  return {
    attachment: record,
    record:
      incidents.find(
        (one) => named.includes(one.record) || codesOf(one.newest.fields, 'attachment_ids').includes(record),
      )?.record ?? '',
    name,
  };
}

/**
 * Save one decision about one picture at once.
 * @throws no_print_copy when the decision is a masked copy and there is none
 */
export async function decidePicture(open: Open, attachment: string, decision: Decision, now: number) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const newest = await open.book.newest(attachment, batch);
    const { reason: _reason, print_copy: before, ...words } = ownFields(newest);
    const isMasked = objectsOf(words, 'renditions').some((one) => one.purpose === 'masked');
    if (decision === 'covered' && !isMasked) throw new KeptError('no_print_copy');
    const copy = decision === 'covered' ? 'masked' : decision === 'hold' ? null : (before ?? null);
    const looked = {
      looked_at: now,
      ...(copy ? { print_copy: copy } : {}),
      ...(decision === 'out' ? { include_in_pack: false } : {}),
      ...(decision === 'private' ? { sensitivity: 'intimate_adult' } : {}),
    };
    await open.book.stage(batch, {
      kind: 'attachment',
      record: attachment,
      open: { ...words, ...looked },
      restricted: { ...newest.restricted, shows_where_i_live: decision === 'hold' || decision === 'covered' },
      openKeys: newest.keys.open,
      restrictedKeys: newest.keys.restricted,
    });
  });
  open.syncing.soon();
}

/** Save the decision about words that look like an address: hold them back from now on, or let them stand. */
export async function decideWords(open: Open, found: string, answer: 'hold' | 'fine') {
  if (answer === 'fine') {
    await open.store.change(async (_root, change) => {
      const fine = (await open.store.readJson<string[]>(FINE)) ?? [];
      change.putJson(FINE, [...new Set([...fine, squeeze(found)])].slice(-MOST));
    });
    return;
  }
  const { restricted } = await readSettings(open);
  const there = holdWords(restricted);
  const my_places = [
    ...leaves(restricted.my_places)
      .flatMap((text) => text.split('\n'))
      .filter(Boolean),
    ...(there.includes(found) ? [] : [found]),
  ].join('\n');
  await saveSettings(open, { restricted: { my_places } });
  open.syncing.soon();
}
