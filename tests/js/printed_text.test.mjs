/**
 * What the phone prints without a server: every word of every card and register that may be passed on, and none that
 * may not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packActions } from '#app/features/share/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { cellLabel } from '#app/pack/chronology/chronology_words.js';
import { readZip } from '#app/pack/zip.js';
import { RULES } from '#app/record/vocabulary/rules_table.js';
import { SCHEMAS } from '#app/record/vocabulary/schemas.js';
import { PNG, confirmPack, file, noNetwork, phoneWithEntry } from './phone/phone.mjs';

const SAY = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const FILLED = { initials: 'JB', sheet: {}, own_words: '', start_with: [], say: SAY };
const KINDS = [
  'account',
  'background',
  'case',
  'impact',
  'notice',
  'order',
  'person',
  'report',
  'sighting',
  'statement',
  'vehicle',
];
/** Fields that nobody speaks: metadata. */
const NOT_SAID = {
  incident: ['content_warning_text', 'occurred_local'],
  person: ['initials', 'role_code', 'role_text'],
};

/**
 * A different word in each text field of a kind. Letters only, because the guard takes digits for a number and holds
 * them back.
 */
function filled(kind) {
  const { open, restricted } = SCHEMAS[kind][1];
  const words = new Map();
  const fields = {};
  for (const [n, [name, rule]] of Object.entries(RULES.kinds[kind]).sort().entries()) {
    if (name === 'reason' || name === 'occurred_local') continue;
    if (['text', 'line', 'texts'].includes(rule)) {
      words.set(name, `Zq${String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26))}x${kind}`);
      fields[name] = rule === 'texts' ? [words.get(name)] : words.get(name);
    } else if (rule.startsWith('code') && `${name}_text` in RULES.kinds[kind])
      fields[name] = rule.startsWith('codes') ? ['other'] : 'other';
  }
  const fieldsIn = (names) => Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
  return { words, open: fieldsIn(open), keptApart: fieldsIn(restricted), restrictedNames: new Set(restricted) };
}

test('every open word of an entry and of each register is on the page, and no restricted word', async () => {
  const { app, phone, record } = await phoneWithEntry({ packActions, send: noNetwork }, 'First.');
  const expectedWords = new Map();
  const ids = {};
  for (const kind of KINDS) {
    const { words, open, keptApart, restrictedNames } = filled(kind);
    const fields = kind === 'person' ? { ...open, role: 'suspect', role_text: undefined } : open;
    ids[kind] = (
      await app.saveRecord({ kind, record: null, fields: JSON.parse(JSON.stringify(fields)), restricted: keptApart })
    ).record;
    expectedWords.set(kind, { words, restrictedNames });
  }
  const witness = (
    await app.saveRecord({
      kind: 'person',
      record: null,
      fields: { name: 'Wanda Seesall', role: 'witness', description: 'Red hair' },
    })
  ).record;
  const mother = (
    await app.saveRecord({
      kind: 'person',
      record: null,
      fields: { name: 'Petronella', role: 'other', relationship: 'family' },
    })
  ).record;
  const entry = filled('incident');
  expectedWords.set('incident', { words: entry.words, restrictedNames: entry.restrictedNames });
  await app.saveIncident({
    record,
    restricted: entry.keptApart,
    reason: 'more',
    fields: {
      ...entry.open,
      account_ids: [ids.account],
      actor_ids: [ids.person],
      case_ids: [ids.case],
      witness_ids: [witness],
      targeted_person_ids: [mother],
      vehicle_ids: [ids.vehicle],
      told_others: [{ who: 'My aunt', how: 'I rang' }],
      independent_evidence: [{ kind: 'cctv', holder: 'the bakery' }],
      property_value_pence: 123_456,
      vehicle: { make: 'Ford', reg: 'AB12 CDE' },
      platform_report: { ref: 'REF-EIGHT', outcome: 'taken down' },
    },
  });
  const pack = await app.buildHere(await confirmPack(app, FILLED), () => {});
  const members = readZip(new Uint8Array(await pack.file.arrayBuffer()));
  const page = new TextDecoder().decode([...members].find(([name]) => name.endsWith('servable/01_chronology.html'))[1]);
  for (const [kind, { words, restrictedNames }] of expectedWords) {
    const missing = [...words]
      .filter(([name, word]) => !restrictedNames.has(name) && !page.includes(word))
      .map(([name]) => name);
    assert.deepEqual(missing, (NOT_SAID[kind] ?? []).filter((name) => words.has(name)).sort(), kind);
    for (const [name, word] of words)
      if (restrictedNames.has(name)) assert.ok(!page.includes(word), `${kind}.${name} is kept apart`);
  }
  for (const word of [
    'My aunt, I rang',
    'holder: the bakery',
    '£1234.56',
    'make: Ford',
    'ref: REF-EIGHT',
    'What the codes stand for',
    'id="named-S1"',
    'Aimed at</dt><dd dir="auto">P2<',
  ])
    assert.ok(page.includes(word), word);
  for (const word of ['Wanda', 'Red hair', 'Petronella']) assert.ok(!page.includes(word), word);
  assert.match(page, /Orders and references<\/dt><dd dir="auto">O1, /);
  assert.match(page, /Who, and how often<\/dt><dd dir="auto">S1 Zq\w+: 1</);
  phone.end();
});

test('every message is in a table, with the keeper’s own number as “me”', async () => {
  const { app, phone, record } = await phoneWithEntry({ packActions, send: noNetwork }, 'Messages.');
  const rows = [
    {
      msg_no: 1,
      direction: 'in',
      from: '@dk',
      to: '07700 900222',
      type: 'text',
      text: '=HYPERLINK("x")',
      sent_note: 'hour_second',
    },
    { msg_no: 2, direction: 'out', from: '07700 900222', to: '@dk', type: 'text', text: 'Stop. I am at 14 Elm Road.' },
  ];
  const { record: schedule } = await app.saveRecord({
    kind: 'schedule',
    record: null,
    fields: { channel: 'sms', rows, tz: 'Europe/London', incident_ids: [record] },
    restricted: { own_accounts: ['07700 900222'] },
  });
  await app.saveIncident({ record, fields: { schedule_id: schedule }, restricted: { place_detail: '14 Elm Road' } });
  const pack = await app.buildHere(await confirmPack(app, FILLED), () => {});
  const members = readZip(new Uint8Array(await pack.file.arrayBuffer()));
  const table = new TextDecoder().decode(
    [...members].find(([name]) => name.endsWith('servable/05_message-schedules.csv'))[1],
  );
  const lines = table.split('\r\n');
  assert.equal(lines.length, 4);
  assert.ok(
    lines[1].includes('@dk') &&
      lines[1].includes('me (1)') &&
      lines[1].includes(`"'=HYPERLINK(""x"")"`) &&
      lines[1].includes('the second of two'),
    lines[1],
  );
  assert.ok(!table.includes('900222') && !table.includes('Elm Road'), table);
  phone.end();
});

test('a pack records the language and the wording in which the questions were asked', async () => {
  const { app, phone } = await phoneWithEntry({ packActions, send: noNetwork }, 'Asked.');
  const askedInOfPack = async () => {
    const members = readZip(
      new Uint8Array(await (await app.buildHere(await confirmPack(app, FILLED), () => {})).file.arrayBuffer()),
    );
    return JSON.parse(
      new TextDecoder().decode([...members].find(([name]) => name.endsWith('restricted/12_record.json'))[1]),
    ).pack.asked_in;
  };
  assert.equal(await askedInOfPack(), undefined);
  await app.saveSettings({ fields: { wording: 'young' } });
  await app.setLanguage('ur');
  assert.deepEqual(await askedInOfPack(), { language: 'ur', wording: 'young' });
  phone.end();
});

test('a mail’s subject is printed even if its file has that name; names of other files are held back', async () => {
  const { app, phone, record } = await phoneWithEntry(
    { packActions, send: noNetwork },
    'You never look behind you, by the blue gate twice.',
  );
  await app.addFile(
    record,
    file(
      new TextEncoder().encode('From: a@b.example\r\nSubject: you never look behind you\r\n\r\nx'),
      'you never look behind you.eml',
    ),
    { route: 'files' },
  );
  await app.addFile(record, file(PNG, 'by the blue gate twice.png'), { route: 'files' });
  const {
    rows: [row],
  } = await app.readChronology(await confirmPack(app, { ...FILLED, from: null, to: null, records: null }), SAY);
  assert.equal(row.narrative, 'You never look behind you, [held back, see 06].');
  phone.end();
});

test('a time shows its UTC offset, a change its old value, and a restricted field only that it changed', async () => {
  const clock = fixedClock(Date.UTC(2026, 10, 3, 12));
  const { app, record, phone } = await phoneWithEntry(
    { packActions, send: noNetwork, clock, tz: 'Europe/London' },
    'The first of two.',
  );
  const at = (/** @type {number} */ hour) => ({
    occurred_start: Date.UTC(2026, 9, 25, hour, 30),
    occurred_end: null,
    occurred_local: '2026-10-25T01:30',
    precision: 'minute',
    tz: 'Europe/London',
    utc_offset_min: hour ? 0 : 60,
  });
  await app.saveIncident({
    record,
    fields: { narrative: 'The first of two.', ...at(0) },
    restricted: { place_detail: 'Hazel Court' },
  });
  const second = (
    await app.saveIncident({ record: null, fields: { narrative: 'The second of two.', ...at(1) }, restricted: {} })
  ).record;
  const range = {
    occurred_start: Date.UTC(2026, 9, 24, 23, 30),
    occurred_end: Date.UTC(2026, 9, 25, 1, 30),
    occurred_local: '2026-10-25T00:30/2026-10-25T01:30',
    precision: 'date_range',
    tz: 'Europe/London',
    utc_offset_min: 60,
  };
  await app.saveIncident({ record: null, fields: { narrative: 'Somewhere in that night.', ...range }, restricted: {} });
  await app.saveIncident({
    record: null,
    fields: {
      narrative: 'In August.',
      occurred_start: Date.UTC(2026, 6, 31, 23),
      occurred_end: Date.UTC(2026, 7, 31, 23),
      occurred_local: '2026-08',
      precision: 'month',
      tz: 'Europe/London',
      utc_offset_min: 60,
    },
    restricted: {},
  });
  clock.move(3_600_000);
  await app.saveIncident({
    record,
    fields: { narrative: 'The first of two.', who: 'Dan', ...at(1) },
    restricted: { place_detail: 'Larch Road' },
    reason: 'I had the wrong one',
  });
  const records = app.state.entries.map((row) => row.record);
  const chronology = await app.readChronology(await confirmPack(app, { ...FILLED, records }), SAY);
  const rows = new Map(chronology.rows.map((row) => [row.narrative, row]));
  assert.deepEqual(
    ['The first of two.', 'The second of two.', 'Somewhere in that night.', 'In August.'].map(
      (narrative) => rows.get(narrative)?.when,
    ),
    ['2026-10-25T01:30 (UTC)', '2026-10-25T01:30 (UTC)', '2026-10-25T00:30/2026-10-25T01:30 (UTC+1 to UTC)', '2026-08'],
  );
  const [{ text, kind }] = rows.get('The first of two.')?.later ?? [];
  assert.equal(kind, 'Changed');
  for (const line of [
    'When, before: 2026-10-25T01:30 (UTC+1). Now: 2026-10-25T01:30 (UTC)',
    'Who: Dan',
    'Something that is left out here was changed.',
    'Reason given: I had the wrong one',
  ])
    assert.ok(text.split('\n').includes(line), `${line} in ${text}`);
  assert.doesNotMatch(JSON.stringify(chronology), /Hazel|Larch/);
  assert.match(rows.get('The second of two.')?.recorded ?? '', /\(UTC\)/);
  const span = chronology.facts.find(({ key }) => key === 'span')?.text;
  assert.equal(span, 'First 2026-08, most recent 2026-10-25T01:30 (UTC)', 'never more precise than it was entered');
  assert.deepEqual(
    chronology.facts.map(cellLabel).filter((label) => /[{}]/.test(label)),
    [],
    'a label has no placeholder',
  );
  assert.ok(second);
  phone.end();
});
