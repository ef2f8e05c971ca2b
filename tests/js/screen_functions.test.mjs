/** The pure functions of the screens: what they judge, sort and say. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

// lit-html needs these when it is imported; nothing is drawn here.
globalThis.document ??= /** @type {Document} */ (
  /** @type {object} */ ({ createTreeWalker: () => ({}), createComment: () => ({}) })
);

const BUILT = new URL('../../static/js/', import.meta.url);
const { PARTS, PART_BY_PLACE, TABS, tabOf } = await import('#app/app/places.js');
const { judgeWords } = await import('#app/components/forms/judge_words.js');
const { QUESTIONS: LINES, outcome } = await import('#app/features/first_run/safety_check.js');
const {
  localDateOf: dateOf,
  ENGLISH_TIMES,
  dayHeading,
  entryNumberText: entryNumber,
  sizeText: size,
  timeOfDay,
  occurredText: whenWords,
} = await import('#app/components/text/formatting.js');
const {
  setYoungWording: askYoung,
  allTexts: everyWord,
  inPlainEnglish: forOthers,
  hasText: knows,
  t,
  tn,
} = await import('#app/shell/strings.js');
for (const name of readdirSync(new URL('../src/', BUILT), { recursive: true, encoding: 'utf8' }))
  if (/(^|\/)words(_\w+)?\.json$/.test(name)) await import(new URL(name.replace(/json$/, 'js'), BUILT).href);
const { withZones } = await import('#app/pack/chronology/chronology_times.js');
const { byDay } = await import('#app/features/entries/view.js');
const { changedFields: differing } = await import('#app/components/cards/cards.js');
const { offeredCodes } = await import('#app/components/cards/card_forms.js');
const { matchingCodes: matching } = await import('#app/components/text/labels.js');
const { readableChanges: readable, valueText: valueWords } = await import('#app/features/entry/history.js');
const { addFiles } = await import('#app/components/cards/card_files.js');
const { saveDraft: save } = await import('#app/features/add/view.js');
const { Stage } = await import('#app/shell/stage.js');
const { keepFlow, selectionOf: chosenOf } = await import('#app/features/share/share_choose.js');
const { lookUpText } = await import('#app/features/advocates/advocates_grant.js');
const { ALL_ROWS, GROUPS, SECTIONS } = await import('#app/features/settings/more_groups.js');
const { VOCABULARY } = await import('#app/record/vocabulary/vocabulary.js');

/** @typedef {import('#app/shell/app.js').App} App */

const SIX = 'ribbon kettle orbit meadow lantern pencil';
const sources = ['app', 'components', 'features', 'shell'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, BUILT), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${folder}/${name}`)
    .map((name) => ({ name, text: readFileSync(new URL(name, BUILT), 'utf8') })),
);

/** @param {object} app the parts of the app that a test needs */
const stageOf = (app) => new Stage(/** @type {App} */ (app), { soon: () => undefined, now: () => undefined });

test('only a server that does not know the passphrase is reported as not having it', () => {
  assert.equal(lookUpText('not_found'), 'Nobody here has these words now');
  assert.equal(
    lookUpText('wrong_keys'),
    'Stop: this may not be your helper. The server gave other keys for these words. Let nobody in here. ' +
      'Ring your helper and tell them.',
  );
  assert.equal(lookUpText(null), 'Waits for a signal');
  for (const code of ['internal', 'no_space', 'session_ended'])
    assert.equal(lookUpText(code), 'That did not work. Nothing was lost. Try again.', code);
});

test('the six suggested words need typing once, whatever the spaces', () => {
  assert.equal(judgeWords(SIX, SIX, undefined), 'fine');
  assert.equal(judgeWords(`  ${SIX.replaceAll(' ', '   ')} `, SIX, undefined), 'fine');
});

test('a chosen passphrase is typed twice, a short one is refused, and a typing error in the six words is found', () => {
  assert.equal(judgeWords('', SIX, undefined), 'none');
  assert.equal(judgeWords('too short', SIX, undefined), 'short');
  assert.equal(judgeWords('ribbon kettle orbit meadow lantern pensil', SIX, undefined), 'near');
  assert.equal(judgeWords('my very own words', SIX, undefined), 'again');
  assert.equal(judgeWords('my very own words', SIX, 'my very own word'), 'differ');
  assert.equal(judgeWords('my very own words', SIX, 'my very  own words'), 'fine');
  assert.equal(judgeWords('ribbon kettle orbit and mine', SIX, 'ribbon kettle orbit and mine'), 'fine');
});

test('the safety check ends in one of three sentences, and blank answers raise no warning', () => {
  assert.equal(LINES.length, 7);
  assert.equal(outcome({}), 'here');
  assert.equal(outcome({ bill: 'yes', wifi: 'yes' }), 'here');
  assert.equal(outcome({ photos: 'yes' }), 'words');
  assert.equal(outcome({ known: 'unsure' }), 'words');
  assert.equal(outcome({ managed: 'yes' }), 'other');
  assert.equal(outcome({ known: 'yes' }), 'other');
  assert.equal(outcome({ setup: 'yes', account: 'yes' }), 'other');
});

const occurredAs = (/** @type {string} */ precision, /** @type {string|null} */ local) => ({
  occurred_start: 0,
  occurred_end: null,
  occurred_local: local,
  tz: 'Europe/London',
  utc_offset_min: 0,
  precision,
});

test('a time is shown as precisely as it was entered', () => {
  assert.equal(timeOfDay(occurredAs('minute', '2026-11-03T20:14')), '20:14');
  assert.equal(timeOfDay(occurredAs('hour', '2026-11-03T20:14')), 'about 20:14');
  assert.equal(timeOfDay(occurredAs('part_of_day', '2026-11-03 early_morning')), 'early morning');
  assert.equal(timeOfDay(occurredAs('day', '2026-11-03')), '');
  // The clocks go back between the start of the day and its end here.
  const earlier = {
    ...occurredAs('day', '2026-10-25 earlier_today'),
    occurred_start: Date.UTC(2026, 9, 24, 23),
    occurred_end: Date.UTC(2026, 9, 25, 20, 14),
    utc_offset_min: 60,
  };
  assert.equal(timeOfDay(earlier), '“Earlier today”, before 20:14');
  assert.match(whenWords(earlier), /^Sunday,? 25 October 2026, “Earlier today”, before 20:14$/);
  assert.equal(timeOfDay({ ...earlier, occurred_end: null }), '');
  assert.equal(withZones(ENGLISH_TIMES, 'Europe/London').when(earlier), `${whenWords(earlier)} (UTC)`);
  assert.match(whenWords(occurredAs('day', '2026-11-03')), /^Tuesday,? 3 November 2026$/);
  assert.equal(whenWords(occurredAs('unknown', null)), t('entries.unknown_day'));
  assert.equal(dateOf(occurredAs('date_range', '2026-10-01/2026-10-03')), '2026-10-01');
});

test('today and yesterday are named', () => {
  const now = Date.UTC(2026, 10, 3, 12);
  assert.match(dayHeading('2026-11-03', now), /^Today/);
  assert.match(dayHeading('2026-11-02', now), /^Yesterday/);
  assert.match(dayHeading('2025-11-02', now), /2025$/);
});

test('sizes are written in units that people read', () => {
  assert.deepEqual(
    [size(12), size(2_871_331), size(48_200_000), size(2_147_483_648)],
    ['12 bytes', '2.9 MB', '48 MB', '2.1 GB'],
  );
});

test('entries are under their day, in the order given', () => {
  const rows = [
    occurredAs('minute', '2026-11-03T20:14'),
    occurredAs('day', '2026-11-03'),
    occurredAs('unknown', null),
    occurredAs('day', '2026-11-01'),
  ].map((occurred, i) => ({ record: `r${i}`, occurred }));
  assert.deepEqual(
    byDay(/** @type {import('#app/shell/app.js').Row[]} */ (rows)).map((day) => [day.date, day.rows.length]),
    [
      ['2026-11-03', 2],
      ['', 1],
      ['2026-11-01', 1],
    ],
  );
});

test('only what differs is saved, and clearing is not the same as leaving', () => {
  assert.deepEqual(differing({ who: 'My ex', behaviours: [], note: '' }, { who: 'My ex' }), {});
  assert.deepEqual(differing({ who: '', behaviours: ['calls'] }, { who: 'My ex' }), {
    who: null,
    behaviours: ['calls'],
  });
});

test('a kind is found by the first letters of its words and of its group', () => {
  const found = (/** @type {string} */ search) => matching(VOCABULARY.behaviours, search).map((code) => code.code);
  assert.ok(found('new acc').includes('contact_new_account_after_block'));
  assert.ok(found('THREATS').includes('threat_to_me'));
  assert.deepEqual(found('zzz'), []);
});

test('a history shows what changed in plain words', () => {
  const stage = /** @type {Parameters<typeof valueWords>[0]} */ (
    /** @type {object} */ ({ app: {}, find: () => ({ data: [] }), draw() {} })
  );
  assert.equal(valueWords(stage, 'who', null), t('history.blank'));
  assert.equal(valueWords(stage, 'attachment_ids', ['a', 'b']), '2');
  const { known: readableNames, moved } = readable([
    { field: 'cards_opened', old: null, new: [] },
    { field: 'occurred_local', old: null, new: '2026' },
    { field: 'who', old: null, new: 'x' },
  ]);
  assert.deepEqual([readableNames.map((change) => change.field), moved], [['who'], true]);
});

test('a pack of some dates covers whole days', () => {
  const { from, to } = chosenOf({ how: 'dates', from: '2026-06-01', until: '2026-06-02' });
  assert.equal(/** @type {number} */ (to) - /** @type {number} */ (from), 2 * 86_400_000);
  assert.deepEqual(chosenOf({}), { from: null, to: null, records: null });
});

test('Share offers no pack that is made, even before what was kept is read again', async () => {
  const app = {
    state: { phase: 'open' },
    readTyped: async () => ({ step: 'consent', unfinished: true }),
    keepTyped: async () => undefined,
  };
  const stage = stageOf(app);
  const shown = () => stage.find('typed-pack', () => stage.app.readTyped('pack')).data;
  shown();
  await new Promise((done) => setTimeout(done));
  assert.ok(shown());
  app.readTyped = () => new Promise(() => undefined); // a slow phone
  await keepFlow(stage, null);
  assert.equal(shown(), null);
  app.keepTyped = async () => Promise.reject(new Error('no space'));
  await keepFlow(stage, { step: 'choose' });
  assert.equal(shown(), null, 'what could not be kept is not offered');
});

test('work that began before a lock changes nothing after it', async () => {
  const app = { state: { phase: 'open' }, quickExit: () => undefined };
  const stage = new Stage(app, { soon: () => undefined, now: () => undefined });
  /** @type {(value?: unknown) => void} */
  let finish = () => undefined;
  const running = stage.run(
    'save',
    () =>
      new Promise((_, reject) => {
        finish = reject;
      }),
  );
  const read = stage.find('entry:x', async () => 'secret');
  stage.reset('start');
  finish({ code: 'no_space', sentence: 'full' });
  assert.equal(await running, false);
  assert.equal(stage.problem, null);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  assert.equal(read.data, undefined);
});

test('Save waits for every chosen file, and says which one failed', async () => {
  const done = /** @type {string[]} */ ([]);
  const app = {
    state: { phase: 'open', draft: { fields: { narrative: 'x' }, restricted: {}, attachments: [] }, entries: [] },
    async addFile(_to, file) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (file.name === 'b') throw { code: 'empty_file', sentence: 'This file is empty.' };
      done.push(file.name);
    },
    async saveIncident() {
      done.push('saved');
      return { record: 'r' };
    },
  };
  const stage = stageOf(app);
  stage.stand({ name: 'add' });
  addFiles(
    stage,
    { target: 'draft', record: null, attachments: [] },
    ['a', 'b', 'c'].map((name) => /** @type {File} */ ({ name, size: 1 })),
    'files',
  );
  await save(stage);
  assert.deepEqual(done, ['a', 'c', 'saved']);
  assert.equal(stage.place.record, 'r');
  assert.equal(stage.problem?.code, 'empty_file');
  assert.deepEqual(stage.problem?.refused, [{ name: 'b', sentence: 'This file is empty.' }]);
});

test('a second tap while something runs does nothing', async () => {
  const stage = new Stage(
    { state: { phase: 'open' } },
    {
      soon: () => undefined,
      now: () => undefined,
    },
  );
  let count = 0;
  await Promise.all([
    stage.run('save', async () => {
      count++;
    }),
    stage.run('save', async () => {
      count++;
    }),
  ]);
  assert.equal(count, 1);
});

test('a quick exit is drawn before the app is called', () => {
  const order = /** @type {string[]} */ ([]);
  const app = {
    state: { phase: 'open' },
    quickExit: () => {
      order.push('app');
    },
  };
  const stage = new Stage(app, {
    soon: () => undefined,
    now: () => {
      order.push(`drawn ${stage.leaving} ${stage.place.name}`);
    },
  });
  stage.place = { name: 'entry', record: 'r' };
  stage.leave();
  assert.deepEqual(order, ['drawn true start', 'app']);
  app.state.phase = 'notebook';
  stage.announce('Taken out of your diary');
  assert.equal(stage.announcement, '', 'no message about the ended task is shown over the notebook');
  stage.announce('Deleted', { outside: true });
  assert.equal(stage.announcement, 'Deleted');
});

test('placeholders are filled in, numbers have their plural form, and an unknown key is an error', () => {
  assert.equal(t('state.kept', { time: '14:03' }), 'Backed up 14:03');
  assert.equal(tn('entries.pictures', 1), '1 file');
  assert.equal(tn('entries.pictures', 3), '3 files');
  const unknown = /** @type {Parameters<typeof t>[0]} */ (/** @type {string} */ ('no such key'));
  assert.throws(() => t(unknown), RangeError);
});

test('every text key that a screen names is in the table', () => {
  const table = everyWord();
  for (const { name, text } of sources) {
    for (const [, call, key] of text.matchAll(/\b(tn?)\('([a-z_]+\.[a-z0-9_.]+)'/g)) {
      const wantedKeys = call === 'tn' ? [`${key}.one`, `${key}.other`] : [key];
      for (const wantedKey of wantedKeys)
        assert.ok(/** @type {string} */ (wantedKey) in table, `${name}: ${wantedKey}`);
    }
  }
});

test('no two parts of the screens give one key different texts', () => {
  /** @type {Map<string, string>} */
  const first = new Map();
  for (const { name, text } of sources.filter((source) => /\/words(_\w+)?\.js$/.test(source.name))) {
    for (const [, key] of text.matchAll(/^ {2}"([a-z_]+\.[a-z0-9_.]+)": "/gm)) {
      assert.equal(first.get(/** @type {string} */ (key)) ?? name, name, `${key} in two tables`);
      first.set(/** @type {string} */ (key), name);
    }
  }
});

test('no screen uses a banned phrase', () => {
  const never = new RegExp(
    [
      String.raw`tamper-?proof|\boriginals?\b|forensic|certified|admissible|\bproofs?\b|\bproves?\b`,
      String.raw`100 ?%|\bvictims?\b`,
      String.raw`(?<!gather )\bevidence\b`, // "you do not need to gather evidence" is the only allowed use
      'risk score',
    ].join('|'),
    'i',
  );
  for (const [key, text] of Object.entries(everyWord())) {
    assert.doesNotMatch(text, never, key);
    assert.doesNotMatch(text, /\bKept\b(?! (safe|from|while))/, key);
  }
});

test('the lock screen shows nothing about the diary', () => {
  for (const [key, text] of Object.entries(everyWord())) {
    if (/^(door|picture)\./.test(key))
      assert.doesNotMatch(text, /diary|incident|stalk|abuse|police|999|help|safe|harass|entr(y|ies)|leave|exit/i, key);
  }
});

test('text controls are made in one place, with spellcheck and autofill off', () => {
  for (const { name, text } of sources) {
    if (name !== 'components/forms/fields.js') assert.doesNotMatch(text, /<(input|textarea|select)\b/, name);
  }
  const fieldsSource = sources.find((source) => source.name === 'components/forms/fields.js')?.text ?? '';
  // As one line.
  const fields = fieldsSource.replace(/\s+/g, ' ').replaceAll('${ ', '${').replaceAll(' }', '}');
  for (const start of ['<textarea id=', '<input id=${field.id}']) {
    const at = fields.indexOf(start);
    const controlText = fields.slice(at, at + 700);
    // On a device that is not the keeper's, words are marked as a one-time code: see [Note: typed once], fields.js.
    assert.match(controlText, /autocomplete=(?:"off"|\$\{field\.oneTime \? 'one-time-code' : 'off'\})/, start);
    for (const off of ['autocorrect="off"', 'autocapitalize="', 'spellcheck="false"', 'writingsuggestions="false"'])
      assert.ok(controlText.includes(off), `${start} ${off}`);
  }
});

test('the number of an entry has one form, and is hidden while older entries are still being read', () => {
  assert.deepEqual([entryNumber(7), entryNumber(null), entryNumber(undefined)], ['No. 7', 'New', '']);
  assert.deepEqual([entryNumber(7, 'reg'), entryNumber(undefined, 'reg')], ['Entry 7', '']);
});

test('a time typed in another form never breaks the list: the instant and its offset are shown', () => {
  const at = Date.UTC(2026, 9, 25, 0, 30);
  const oddTime = {
    occurred_start: at,
    occurred_end: at + 86_400_000,
    tz: 'Europe/London',
    utc_offset_min: 60,
    occurred_local: 'half past one, the first time',
  };
  assert.equal(dateOf({ ...oddTime, precision: 'minute' }), '2026-10-25');
  assert.equal(timeOfDay({ ...oddTime, precision: 'minute' }), '01:30');
  assert.equal(timeOfDay({ ...oddTime, precision: 'part_of_day', occurred_local: 'Evening' }), 'evening');
  assert.match(timeOfDay({ ...oddTime, precision: 'date_range' }), /^until 26 Oct 2026$/);
  for (const occurred_local of ['', '9999-99-99', '\u202e', null]) {
    const noTime = {
      occurred_start: null,
      occurred_end: null,
      tz: 'Nowhere/Else',
      utc_offset_min: null,
      occurred_local,
    };
    for (const precision of ['minute', 'hour', 'day', 'date_range', 'month', 'season']) {
      assert.equal(whenWords({ ...noTime, precision }), t('entries.unknown_day'));
      assert.equal(
        timeOfDay({ ...noTime, precision, occurred_start: at, tz: 'Nowhere/Else' }).includes('Invalid'),
        false,
      );
    }
  }
});

test('More has at most ten rows in three groups; every page below it has rows and is led to', () => {
  assert.equal(GROUPS.length, 3);
  const places = GROUPS.flatMap(({ rows }) => rows.map(({ place }) => place));
  assert.ok(places.length <= 10, String(places.length));
  for (const [place, rows] of Object.entries(SECTIONS)) {
    assert.ok(places.includes(place), place);
    assert.ok(rows.length > 1 && rows.length <= 10, place);
  }
});

test('every row of More leads to an existing view, once, and has its text', () => {
  const rows = ALL_ROWS;
  // More is drawn before the words of other features are loaded.
  const early = ['shell', 'components', 'features/settings'].flatMap((folder) =>
    Object.keys(JSON.parse(readFileSync(new URL(`../src/${folder}/words.json`, BUILT), 'utf8'))),
  );
  for (const { place, title, more: subtitle } of rows) {
    assert.ok(place in PART_BY_PLACE, `add ${place} to PART_BY_PLACE in static/src/app/places.ts`);
    for (const key of [title, typeof subtitle === 'string' ? subtitle : title])
      assert.ok(early.includes(key), `${key}: put it into static/src/features/settings/words.json`);
  }
  assert.equal(new Set(rows.map(({ place }) => place)).size, rows.length);
  for (const { title } of GROUPS) assert.ok(knows(title), title);
});

test('every place has a view of its name in the part that it names', async () => {
  assert.ok(Object.keys(PART_BY_PLACE).length > 60);
  for (const [place, part] of Object.entries(PART_BY_PLACE)) {
    const { views } = /** @type {{views: Record<string, unknown>}} */ (await PARTS[part]());
    assert.equal(typeof views[place], 'function', `${place}: no such key in the views of ${part}`);
  }
});

// Places without a lit tab: before the diary is open, in front of it, or reached from several tabs.
const PLACES_WITHOUT_TAB = new Set([
  ...['safety', 'words', 'borrowed', 'only', 'takecopy', 'notebook', 'showing'],
  ...['assisted', 'before', 'help', 'schedule', 'show'],
]);

test('every place lights a tab or is listed as one without; More is lit for all that it leads to', () => {
  const tabs = new Set(TABS.map(([tab]) => /** @type {string} */ (tab)));
  for (const place of Object.keys(PART_BY_PLACE))
    assert.notEqual(
      tabs.has(tabOf(place)),
      PLACES_WITHOUT_TAB.has(place),
      `${place}: name its tab in static/src/app/places.ts, or list it in PLACES_WITHOUT_TAB here, not both`,
    );
  for (const { place } of ALL_ROWS)
    assert.equal(tabOf(place), 'more', `${place}: add it to TAB_BY_PLACE in static/src/app/places.ts`);
});

test('More shows rows about a copy off this phone only if there is one', () => {
  const placesFor = (account) =>
    ALL_ROWS.filter(({ isShown: isShownFor }) => isShownFor?.(account) ?? true).map(({ place }) => place);
  const [unregistered, registered] = [
    placesFor({ registered: false }),
    placesFor({ registered: true, login: 'quiet-river-4821', recovery: 'done' }),
  ];
  assert.ok(unregistered.includes('copy') && !unregistered.includes('signout') && !unregistered.includes('code'));
  assert.ok(!registered.includes('copy') && registered.includes('signout') && registered.includes('code'));
});

test('a young person gets other texts; each replaces a standard one, and ends with the setting', () => {
  const young = Object.keys(everyWord()).filter((key) => key.startsWith('young.'));
  assert.ok(young.length > 30);
  for (const key of young) assert.ok(knows(key.slice('young.'.length)), key);
  const usualText = t('f.feared_violence');
  askYoung(true);
  assert.notEqual(t('f.feared_violence'), usualText);
  assert.equal(t('f.narrative'), 'What happened');
  // A report that others read has the usual words, and the setting stays.
  assert.equal(
    forOthers(() => t('f.feared_violence')),
    usualText,
  );
  assert.notEqual(t('f.feared_violence'), usualText);
  askYoung(false);
  assert.equal(t('f.feared_violence'), usualText);
});

test('an answer that only the app writes is offered to nobody, and shown where it is the answer', () => {
  const offered = (/** @type {string[]} */ ...chosen) =>
    offeredCodes(VOCABULARY.time_sources, new Set(chosen)).map(({ code }) => code);
  assert.equal(offered().includes('read_in_picture'), false);
  assert.equal(offered().includes('memory'), true);
  assert.equal(offered('read_in_picture').includes('read_in_picture'), true);
});
