/** Every field of a record is asked on a screen or filled by the app. There is no field that nobody can write. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { SCHEMAS } from '#app/record/vocabulary/schemas.js';
import { VOCABULARY } from '#app/record/vocabulary/vocabulary.js';
import { FILE_CARDS } from '#app/features/attachments/attachment_table.js';
import { CARDS } from '#app/components/cards/card_table.js';
import { REGISTERS } from '#app/components/registers/register_table.js';

// Fields that the app writes: from the two answers of Add, from the file, from actions on a record, or for other
// readers of the format.
const BY_APP = {
  every: ['reason', 'taken_out'],
  // The two answers of Add, and bookkeeping. `assisted` is the whole letter of a helper.
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
  // What the bytes say, what was made from them, and which entry holds the file. Nothing writes `person_ids` and
  // `schedule_ids` yet; they are only read.
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
    'collected',
    'opened_by_keeper_at',
  ],
  // Accounts and vehicles are records of their own (docs/record.md). roles.js sets the role code.
  person: ['accounts', 'vehicles', 'initials', 'merged_into', 'role_code'],
  account: ['merged_into'],
  vehicle: ['merged_into'],
  statement: ['arrived', 'translation_of'],
};

/** @returns {string[]} */
const fieldsOf = (questions) =>
  questions.flatMap(({ name, type, list, asksDetails }) => [
    name,
    ...(list && hasOther(list) ? [`${name}_text`] : type === 'yes' && asksDetails ? [`${name}_text`] : []),
  ]);
/** Whether a list has the choice "something else", which asks for a text. @param {string} list */
const hasOther = (list) => Boolean(VOCABULARY[list]?.codes.some(({ code }) => code === 'other'));

const ON_SCREEN = {
  incident: CARDS.flatMap(({ questions }) => fieldsOf(questions)),
  attachment: FILE_CARDS.flatMap(({ lines }) => fieldsOf(lines)),
  ...Object.fromEntries(Object.entries(REGISTERS).map(([kind, { questions: lines }]) => [kind, fieldsOf(lines)])),
};

for (const [kind, onScreen] of Object.entries(ON_SCREEN)) {
  test(`${kind}: every field is asked on a screen or filled by the app, and every question has a field`, () => {
    const schema = SCHEMAS[kind];
    const { open, restricted } = schema[Math.max(...Object.keys(schema).map(Number))];
    const schemaFields = [...open, ...restricted].filter((name) => !name.startsWith('_'));
    const byApp = new Set([...BY_APP.every, ...(BY_APP[kind] ?? [])]);
    assert.deepEqual(
      schemaFields.filter((name) => !onScreen.includes(name) && !byApp.has(name)),
      [],
      'no screen asks for this field',
    );
    assert.deepEqual(
      onScreen.filter((name) => !schemaFields.includes(name)),
      [],
      'no field stores this answer',
    );
    assert.deepEqual(
      [...byApp].filter((name) => onScreen.includes(name) || !schemaFields.includes(name)),
      [],
      'a question asks for it, so the app does not fill it in alone',
    );
  });

  test(`${kind}: the screen keeps apart exactly the fields that the format restricts`, () => {
    const schema = SCHEMAS[kind]['1'];
    const lines =
      kind === 'incident'
        ? CARDS.flatMap((card) => card.questions)
        : kind === 'attachment'
          ? FILE_CARDS.flatMap((card) => card.lines)
          : (REGISTERS[kind]?.questions ?? []);
    assert.deepEqual(
      lines
        .filter(({ name, restricted: isRestricted = false }) => schema.restricted.includes(name) !== isRestricted)
        .map(({ name }) => name),
      [],
    );
  });
}

test('every question of a card and of a register has its label', async () => {
  // Made from words.json, so it has no types.
  await import(new URL('../../static/js/components/words.js', import.meta.url).href);
  const { hasText } = await import('#app/shell/strings.js');
  const cards = CARDS.flatMap(({ questions }) => questions.filter(({ type }) => type !== 'own'));
  const labels = [
    ...cards.map(({ name }) => `f.${name}`),
    ...Object.entries(REGISTERS).flatMap(([kind, { questions }]) => questions.map(({ name }) => `f.${kind}.${name}`)),
  ];
  assert.ok(labels.length > 150);
  assert.deepEqual(
    labels.filter((key) => !hasText(key)),
    [],
    'add to static/src/components/words.json',
  );
});
