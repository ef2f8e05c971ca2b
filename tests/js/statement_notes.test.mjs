/** Notes for a statement: the keeper's own words in the order of a statement, and nothing that an app put together. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { canBeStatementNotes, notesText, statementNotes } from '#app/record/statement_notes.js';

const ABOUT = {
  initials: 'JB',
  entry: 'Entry 7',
  when: '3 Nov 2026, 20:14',
  written: '',
  changed: '',
  people: 'Callum',
};
const { kinds } = JSON.parse(readFileSync(new URL('../../diary/record/rules.json', import.meta.url), 'utf8'));

test('the notes begin with what they are and follow the order of a statement', () => {
  const fields = {
    narrative: 'He stood at the gate.\n\nHe shouted.',
    place_detail: '14 Elm Road',
    who: 'The man from the bus',
    witness_names: 'Priya',
    exact_words: [{ words: 'I see you', speaker: 'him', medium: 'in_person' }, { speaker: 'him' }],
    vehicle: { colour: 'silver', make: 'Corsa', reg_certainty: 'part' },
    feelings_then_text: 'I could not sleep.',
    help_given: 'typed_for_me',
  };
  assert.equal(
    notesText(statementNotes(fields, { ...ABOUT, written: '4 Nov 2026, 09:00', changed: '5 Nov 2026, 10:00' })),
    [
      "Notes, not a statement. Take JB's own account.",
      'Entry 7\nFirst written down: 4 Nov 2026, 09:00\nLast changed: 5 Nov 2026, 10:00\n' +
        'Written with help. Ask what help.',
      'When\n3 Nov 2026, 20:14',
      'Where\n14 Elm Road',
      'Who\nCallum\nThe man from the bus\nsilver Corsa',
      'Who else was there or saw it\nPriya',
      'What I saw and heard\nHe stood at the gate.\n\nHe shouted.\nhim: “I see you”',
      'What it did to me\nI could not sleep.\n',
    ].join('\n\n'),
  );
  assert.equal(
    notesText(statementNotes({ narrative: 'He came.' }, { ...ABOUT, initials: '', entry: '', when: '', people: '' })),
    "Notes, not a statement. Take the keeper's own account.\n\nWhat I saw and heard\nHe came.\n",
  );
});

test('nothing that was chosen from a list is in the notes', () => {
  const chosen = Object.entries(kinds.incident).filter(([, rule]) =>
    /^codes? |^flag|^count|^pence|^ids?$/.test(String(rule)),
  );
  assert.ok(chosen.length > 30);
  const values = { codes: ['SENTINEL'], code: 'SENTINEL', ids: ['SENTINEL'], id: 'SENTINEL', count: 7777, pence: 7777 };
  const fields = Object.fromEntries(
    chosen.map(([name, rule]) => [
      name,
      values[/** @type {keyof typeof values} */ (String(rule).split(' ')[0])] ?? true,
    ]),
  );
  const notes = statementNotes({ ...fields, narrative: 'He came.', reason: 'SENTINEL' }, ABOUT);
  assert.deepEqual(notes, statementNotes({ narrative: 'He came.' }, ABOUT));
});

test('there are no notes of an account that is not written, or not in the words of its keeper', () => {
  const words = { narrative: 'He came.' };
  assert.equal(canBeStatementNotes(words), true);
  assert.equal(canBeStatementNotes({ ...words, language: 'pl', help_given: 'typed_for_me', assisted: null }), true);
  for (const fields of [
    { narrative: ' ' },
    {},
    { ...words, narrative_media: 'film' },
    { ...words, language: 'bfi' },
    { ...words, language: 'BFI-GB' },
    { ...words, author_id: 'p1' },
    { ...words, entered_by_id: 'p1' },
    { ...words, assisted: { by: 'Sam' } },
    { ...words, help_given: 'translated' },
  ])
    assert.equal(canBeStatementNotes(fields), false, JSON.stringify(fields));
});
