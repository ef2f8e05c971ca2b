/** Every field that a record can hold is asked on a screen, or is one the app fills by itself: none that nobody can ever write. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { SCHEMAS } from '#app/record/vocabulary/schemas.js';
import { VOCABULARY } from '#app/record/vocabulary/vocabulary.js';
import { FILE_CARDS } from '#app/features/attachments/attachment_table.js';
import { CARDS } from '#app/components/cards/card_table.js';
import { REGISTERS } from '#app/components/registers/register_table.js';

// Written by the app: from the two answers, from the file, from what was done with a record, or for another reader of the format.
const APP = {
  every: ['reason', 'taken_out'],
  // The two answers of Add, and book-keeping; `assisted` is a helper's letter, whole.
  incident: [
    'assisted',
    'narrative',
    'occurred_start',
    'occurred_end',
    'occurred_local',
    'tz',
    'utc_offset_min',
    'precision',
    'cards_opened',
    'translation_of',
    'author_id',
    'entered_by_id',
  ],
  // What the bytes say, what was made of them, where the file stands. `person_ids` and `schedule_ids` are read, and written by nobody yet.
  attachment: [
    'added_at',
    'duration_ms',
    'flags',
    'incident_ids',
    'looked_at',
    'mail',
    'media_type',
    'person_ids',
    'print_copy',
    'renditions',
    'schedule_ids',
    'sha256',
    'sha512',
    'size_bytes',
    'exif_summary',
    'gps_present',
    'mail_headers',
    'masks',
    'received_as',
    'rendition_tools',
  ],
  // Accounts and vehicles are records of their own (docs/record.md); the code is given by roles.js.
  person: ['accounts', 'vehicles', 'initials', 'merged_into', 'role_code'],
  account: ['merged_into'],
  vehicle: ['merged_into'],
  statement: ['arrived', 'translation_of'],
};

/** @param {readonly any[]} lines @returns {string[]} */
const namesOf = (lines) =>
  lines.flatMap(({ name, type, list, asksDetails }) => [
    name,
    ...(list && hasOther(list) ? [`${name}_text`] : type === 'yes' && asksDetails ? [`${name}_text`] : []),
  ]);
/** A list with "something else" asks for words of one's own. @param {string} list */
const hasOther = (list) => Boolean(VOCABULARY[list]?.codes.some(({ code }) => code === 'other'));

const ASKED = {
  incident: CARDS.flatMap(({ questions: lines }) => namesOf(lines)),
  attachment: FILE_CARDS.flatMap(({ lines }) => namesOf(lines)),
  ...Object.fromEntries(Object.entries(REGISTERS).map(([kind, { questions: lines }]) => [kind, namesOf(lines)])),
};

for (const [kind, asked] of Object.entries(ASKED)) {
  test(`${kind}: what it can hold is asked, and what is asked it can hold`, () => {
    const schema = /** @type {any} */ (SCHEMAS)[kind];
    const { open, restricted } = schema[Math.max(...Object.keys(schema).map(Number))];
    const holds = [...open, ...restricted].filter((name) => !name.startsWith('_'));
    const app = new Set([...APP.every, .../** @type {any} */ (APP[kind] ?? [])]);
    assert.deepEqual(
      holds.filter((name) => !asked.includes(name) && !app.has(name)),
      [],
      'nobody can write this',
    );
    assert.deepEqual(
      asked.filter((name) => !holds.includes(name)),
      [],
      'this could not be kept',
    );
    assert.deepEqual(
      [...app].filter((name) => asked.includes(name) || !holds.includes(name)),
      [],
      'no longer the app’s alone',
    );
  });

  test(`${kind}: what is kept apart on the screen is what the format restricts`, () => {
    const schema = /** @type {any} */ (SCHEMAS)[kind]['1'];
    const lines =
      kind === 'incident'
        ? CARDS.flatMap((one) => one.questions)
        : kind === 'attachment'
          ? FILE_CARDS.flatMap((one) => one.lines)
          : (REGISTERS[kind]?.questions ?? []);
    assert.deepEqual(
      lines
        .filter(({ name, restricted: apart = false }) => schema.restricted.includes(name) !== apart)
        .map(({ name }) => name),
      [],
    );
  });
}
