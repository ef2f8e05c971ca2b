/**
 * The review before anything leaves: what has to be looked at by the keeper, and what they decided. A decision about a
 * picture is a version of it, so it is asked once; words that may be seen are remembered on this phone.
 */
import { KeptError } from '../core/errors.js';
import { choose } from '../pack/choose.js';
import { askedFor, earlierPacks } from '../pack/earlier.js';
import { openedOf } from '../pack/capsule.js';
import { heldBackOf, leaves, squeeze } from '../pack/held_back.js';
import { wordsOf } from '../pack/noticed.js';
import { codesOf, objectsOf, switchOf, textOf, wholeOf } from '../record/reading.js';
import { ownFields } from './book.js';
import { readSettings, saveSettings } from './settings.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Fields} Fields */
/** @typedef {import('../pack/capsule.js').DiaryVersion} DiaryVersion */
/** @typedef {import('../record/told.js').Told} Told */
/** @typedef {'fine'|'hold'|'covered'|'out'|'private'} Decision */
/** @typedef {{attachment: string, record: string, name: string, film: boolean, place: boolean, decision: Decision|null}} Look one picture, or a film's still */
/** @typedef {import('../pack/noticed.js').Words} Words */

const FINE = 't/pack-fine';
const MOST = 2000;

/**
 * Everything to be looked at in what was chosen.
 * @param {Open} open @param {readonly DiaryVersion[]} versions the whole diary @param {readonly string[]} records the chosen incidents @param {{intimate?: boolean, items?: readonly string[]}} wish
 * @returns {Promise<{pictures: Look[], words: Words[], places: {attachment: string, record: string, name: string}[], intimate: number}>}
 */
export async function reviewOf(open, versions, records, wish) {
  const opened = versions.map(openedOf);
  const items = wish.items ? askedFor(wish.items, earlierPacks(opened, Infinity)) : null;
  const chosen = choose(opened, records, wish, items);
  const everything = choose(opened, records, { intimate: true }, items);
  const settings = await readSettings(open);
  const packed = opened.filter((one) => chosen.records.has(one.record));
  const held = heldBackOf(packed, settings.restricted, holdWords(settings.restricted));
  const fine = new Set((await open.store.readJson(FINE)) ?? []);
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

/** The keeper's own words that no pack may show: their places and numbers. @param {Fields} restricted of the settings @returns {string[]} */
export function holdWords(restricted) {
  return [...leaves(restricted['my_places']), ...leaves(restricted['my_accounts'])]
    .flatMap((text) => text.split('\n'))
    .map((text) => text.trim())
    .filter(Boolean);
}

/** @param {Told} told */
const typeOf = ({ newest }) => textOf(newest.fields, 'media_type');
/** @param {Told} told */
const isFilm = (told) =>
  typeOf(told).startsWith('video/') &&
  objectsOf(told.newest.fields, 'renditions').some((one) => one['purpose'] === 'preview');
/** @param {Told} told */
const isLookedAt = (told) => typeOf(told).startsWith('image/') || isFilm(told);
/** @param {Told} told */
const hasPlace = ({ newest }) => switchOf(newest.restricted, 'gps_present') === true;

/** @param {Told} told @returns {Decision|null} */
function decisionOf({ newest: { fields, restricted } }) {
  if (wholeOf(fields, 'looked_at') === null) return null;
  if (switchOf(restricted, 'shows_where_i_live') !== true) return 'fine';
  return textOf(fields, 'print_copy') === 'masked' ? 'covered' : 'hold';
}

/** @param {readonly Told[]} incidents @param {Told} file */
function whichOf(incidents, { record, newest }) {
  const named = codesOf(newest.fields, 'incident_ids');
  const received = /** @type {{filename?: unknown}|undefined} */ (newest.restricted['received_as']);
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
 * One decision about one picture, kept at once.
 * @param {Open} open @param {string} attachment @param {Decision} decision @param {number} now
 * @throws no_print_copy when a covered copy is wanted and there is none
 */
export async function decidePicture(open, attachment, decision, now) {
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const newest = await open.book.newest(attachment, batch);
    const { reason: _reason, print_copy: before, ...words } = ownFields(newest);
    const isMasked = objectsOf(/** @type {any} */ (words), 'renditions').some((one) => one['purpose'] === 'masked');
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

/** Words that look like an address: held back from now on, or found to say nothing. @param {Open} open @param {string} found @param {'hold'|'fine'} answer */
export async function decideWords(open, found, answer) {
  if (answer === 'fine') {
    await open.store.change(async (_root, change) => {
      const fine = (await open.store.readJson(FINE)) ?? [];
      change.putJson(FINE, [...new Set([...fine, squeeze(found)])].slice(-MOST));
    });
    return;
  }
  const { restricted } = await readSettings(open);
  const there = holdWords(restricted);
  const my_places = [
    ...leaves(restricted['my_places'])
      .flatMap((text) => text.split('\n'))
      .filter(Boolean),
    ...(there.includes(found) ? [] : [found]),
  ].join('\n');
  await saveSettings(open, { restricted: { my_places } });
  open.syncing.soon();
}
