/**
 * The advocate's page without a server, to view every screen. Clients and entries are made up and read by the desk's
 * own reader. Actions are only recorded. Only the tests load it. `window.fake` sets the state, `window.stage` the
 * place.
 */
import { KeptError } from '/static/js/core/errors.js';
import { ClientDiary } from '/static/js/desk/client_diary.js';
import { mount } from '/static/js/desk/mount.js';
import { clientOf } from '/static/js/desk/client_order.js';

const NOW = Date.now();
const DAY = 86_400_000;
const HOUR = DAY / 24;
const KEY_WORDS = 'ribbon kettle orbit meadow lantern pencil squirrel umbrella lecture';
const SIGNED_OUT = {
  phase: 'out',
  language: 'en',
  clients: [],
  refused: 0,
  you: null,
  now: NOW,
  client: null,
  entries: [],
  removed: [],
  newer: false,
  ended: null,
  lockReason: null,
  lockIn: null,
  draft: null,
  marks: {},
  account: { registered: true },
};
const MEMBER = { name: 'Priya K', organisation: 'Stalking Support North', leads: true };
/** Name, days until the grant ends, due dates in days from now, newest entry and last look in days ago. */
const CLIENTS = [
  [
    'Maya',
    20,
    [
      ['recording_wiped', 2],
      ['update_due', -3],
    ],
    0.1,
    3,
  ],
  ['Maximiliane-Charlotte Featherstonehaugh-Warrington', 4, [], 9, 1],
  ['ماہ نور', 60, [], 1, 2],
  ['S', 90, [], 1, null],
  ['Ola Wiśniewska', 25, [['update_due', 12]], 30, 2],
  ['Non', 26, [], 30, 2],
  ['Bethan', 27, [], 30, 2],
  ['Kasia', 28, [], 30, 2],
  ['Jo', 29, [], 30, 2],
  ['Ade', 29, [], 30, 2],
];
const RIGHTS = ['view', 'comment', 'pack'];
const TEXTS = [
  'He messaged from a new account ten minutes after I blocked the last one. It said “nice blue coat today”. I had worn it to work.',
  'Silent call at work, then two more. Reception heard them.',
  '',
  'میں نے اسے دروازے پر دیکھا۔ وہ کچھ دیر کھڑا رہا۔',
  'Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(3),
];

const grantOf = (name, ends, over = {}) => ({
  scope: { all: true },
  rights: RIGHTS,
  restricted: true,
  purpose: 'Help with a report to the police',
  not_after: NOW + ends * DAY,
  ...over,
});
const clock = (at) => ({ utc: at, tz: 'Europe/London', offset_ms: 0 });
function when(at) {
  return {
    occurred_start: at,
    occurred_end: null,
    occurred_local: new Date(at).toISOString().slice(0, 16),
    tz: 'Europe/London',
    utc_offset_min: 0,
    precision: 'minute',
  };
}

/** Return versions as the worker opens them, in feed order. @param {number} n number of entries */
function versions(n) {
  let seq = 0;
  const makeVersion = (kind, record, at, fields, more = {}) => ({
    seq: ++seq,
    record,
    version: `v${seq}`,
    kind,
    kept_at: at,
    keys: { open: [], restricted: [] },
    altered: false,
    seeds: [],
    fields,
    reserved: { _clock: clock(at), _parents: [] },
    restricted: {},
    ...more,
  });
  const file = (record, fields, keys = []) =>
    makeVersion(
      'attachment',
      record,
      NOW - DAY,
      {
        description: 'His message',
        media_type: 'image/png',
        kind: 'screenshot',
        size_bytes: 2_871_331,
        sha256: '9f2c1e7ab3d4'.repeat(6).slice(0, 64),
        added_at: NOW - DAY,
        received_as: { how: 'photo_picker' },
        renditions: [{ purpose: 'preview', width: 300, height: 620, size_bytes: 900 }],
        ...fields,
      },
      { keys: { open: [], restricted: keys } },
    );
  const letter = {
    fields: {
      by: 'PK',
      how: 'call',
      held_at: NOW - 2 * DAY,
      tz: 'Europe/London',
      read_back: true,
      under_18: false,
      incident: {},
      turns: [{ asked: 'tell_me', said: 'He was at the bus stop.', words: '' }],
    },
    what: 'assisted',
  };
  const rows = [
    file('a1', {}),
    file('a2', { description: '', media_type: 'video/mp4', kind: 'video', renditions: [] }, [['b', 'k']]),
    file('a3', { description: 'letter.pdf', media_type: 'application/pdf', kind: 'document', renditions: [] }),
    ...Array.from({ length: n }, (_, i) =>
      makeVersion(
        'incident',
        `r${i}`,
        NOW - i * 9 * HOUR,
        {
          narrative: TEXTS[i % 5],
          ...when(NOW - i * 9 * HOUR),
          behaviours: ['contact_new_account_after_block', 'calls'],
          channel: 'phone_call',
          place_category: 'work',
          who: 'My ex',
          feelings_then_text: 'I could not sleep.',
          feared_violence: 'not_sure',
          ...(i === 0 ? { attachment_ids: ['a1', 'a2', 'a3'] } : {}),
          ...(i === 1
            ? {
                narrative: 'He was at the bus stop.',
                assisted: { answer: null, answered_at: null, letter, pub: 'k' },
                help_given: 'prompted_questions',
              }
            : {}),
        },
        { restricted: { place_detail: 'Rowan House, Elm Road' } },
      ),
    ),
  ];
  if (n) {
    rows.push(
      makeVersion(
        'incident',
        'r0',
        NOW - HOUR,
        { ...rows[3].fields, narrative: `${TEXTS[0]} He said my name.`, reason: 'I remembered more.' },
        { reserved: { _clock: clock(NOW - HOUR), _parents: ['v4'] } },
      ),
    );
    const questions = [
      { text: 'Was anybody with you?', asked_at: NOW - 3 * DAY, answer: 'My sister.', answered_at: NOW - DAY },
      { text: 'What did he wear?', asked_at: NOW - DAY, answer: '', answered_at: NOW },
    ];
    questions.forEach((fields, i) => rows.push(makeVersion('question', `q${i}`, NOW, { of_id: 'r0', ...fields })));
  }
  return rows;
}

/** Draw a picture in place of a screenshot. */
function drawPicture() {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 300, height: 620 });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = '#a7d3c8';
  context.fillRect(0, 0, 300, 620);
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve({ url: URL.createObjectURL(/** @type {Blob} */ (blob)), blob }));
  });
}

class FakeDesk {
  constructor() {
    this.state = { ...SIGNED_OUT };
    this.listeners = new Set();
    this.reset();
  }

  /** Return to the state of a newly opened page, in the current language. */
  reset() {
    Object.assign(this, { fail: {}, did: [], given: {}, refused: 0, letters: [], diary: null, many: 10, view: {} });
    if (globalThis.stage) globalThis.stage.packing = undefined;
    this.set({ ...SIGNED_OUT, language: this.state.language, phase: 'in' }); // a change of phase puts the place back
    this.set({ phase: 'out' });
  }

  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  set(change) {
    const unknown = Object.keys(change).filter((name) => !(name in this.state));
    if (unknown.length) throw new Error(`the state has no ${unknown.join(', ')}`);
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }
  /** Record a call. Throws if the test wants it to fail. @param {string} name @param {unknown} [what] */
  note(name, what) {
    this.did.push([name, what]);
    if (this.fail[name]) throw Object.assign(new KeptError(this.fail[name].code ?? this.fail[name]), this.fail[name]);
  }

  /** Sign in with a number of clients. @param {number} many @param {object} [over] */
  in(many = 10, over = {}) {
    this.many = many;
    this.set({ phase: 'in', you: MEMBER, ...over });
    this.fill();
  }

  fill() {
    const clients = CLIENTS.slice(0, this.many).map(([name, ends, dates, newest, looked], i) =>
      clientOf(
        {
          said: grantOf(name, ends, this.given),
          other: { name },
          summary:
            i === 5
              ? null
              : {
                  entries: i * 7 + 1,
                  newest_at: NOW - newest * DAY,
                  dates: dates.map(([what, days]) => ({ what, at: NOW + days * DAY })),
                },
        },
        { grant: `g${i}`, looked_at: looked === null ? null : NOW - looked * DAY },
        NOW,
      ),
    );
    this.set({ clients, now: NOW });
  }

  async signIn(typed) {
    this.note('signIn', typed);
    this.in();
  }
  async signInAgain(digits) {
    this.note('signInAgain', digits);
    this.in();
  }
  async suggestWords() {
    return 'ribbon kettle orbit meadow lantern pencil';
  }
  async beginJoin(input) {
    this.note('beginJoin', input);
    return {
      secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
      address: 'otpauth://totp/Desk:priya-4f2a?secret=JBSWY3DPEHPK3PXP&issuer=Desk',
      login: 'priya-4f2a',
    };
  }
  async finishJoin(digits) {
    this.note('finishJoin', digits);
    this.in(0);
  }
  async listClients() {
    this.note('listClients');
    this.fill();
  }
  async openClient(grant) {
    this.note('openClient', grant);
    const diary = new ClientDiary(() => 'Europe/London');
    diary.addPage(versions(this.length ?? 24));
    diary.refused = this.refused;
    this.diary = diary;
    const entries = await diary.rows(NOW - DAY);
    this.set({
      client: this.state.clients.find((row) => row.grant === grant),
      entries: entries.filter(({ taken_out }) => (taken_out ?? null) === null),
      newer: false,
    });
  }

  async lookAgain() {
    return this.openClient(this.state.client.grant);
  }
  closeClient() {
    this.diary = null;
    this.set({ client: null, entries: [], removed: [], newer: false });
  }
  async readIncident(record) {
    return this.diary.entry(record);
  }
  async readAttachment(record) {
    return this.diary.file(record);
  }
  async readRecords(kind, options = {}) {
    return this.diary?.readKind(kind, options) ?? [];
  }
  async readKnown() {
    return this.diary.known();
  }
  async readPatterns() {
    return this.diary.patterns(this.state.entries);
  }
  async findEntries(query) {
    return this.diary.find(query, this.state.entries);
  }
  async readPicture() {
    return drawPicture();
  }
  async readToPlay() {
    return null;
  }
  async writeLetter(what, fields) {
    this.note('writeLetter', { what, fields });
    this.letters.push({
      letter: `l${this.letters.length}`,
      grant: this.state.client.grant,
      about: fields.about ?? null,
      text: fields.text ?? '',
      at: NOW,
    });
  }
  marked(record) {
    return this.state.marks[record] ?? null;
  }
  async mark(record) {
    this.note('mark', record);
    this.set({ marks: { ...this.state.marks, [record]: { at: NOW, since: false } } });
  }
  async unmark(record) {
    this.note('unmark', record);
    this.set({ marks: {} });
  }
  async packView(choice) {
    this.note('packView', choice);
    const missing = ['time', 'fear', 'basis', 'late', 'unconfirmed', 'recording', 'described', 'looked', 'served'].map(
      (what, i) => ({ what, records: i % 2 ? ['r1'] : ['r0', 'r1', 'r4'] }),
    );
    const words = [
      ['14 Elm Road', 'address'],
      ['Flat 9, Hazelnut Court', 'apart'],
    ].map(([found, why]) => ({ found, why, record: 'r0' }));
    return {
      entries: 24,
      files: 3,
      whole: true,
      unproved: 0,
      purpose: false,
      words,
      lacking: [...missing, { what: 'reported', records: [] }],
      ...this.view,
    };
  }

  async makePack(options) {
    this.note('makePack', options);
    return { url: URL.createObjectURL(new Blob(['x'])), name: 'documents-2026-11-27.zip', size: 6_100_000, no: 1 };
  }
  async readOrganisation() {
    this.note('readOrganisation');
    return {
      name: MEMBER.organisation,
      numbers: { members: 3, grants: 41, ending: 2, packs: 7 },
      members: [
        { member: 'm0', name: 'Priya K', leads: true, here: true },
        { member: 'm1', name: 'Sam Okonkwo-Fitzgerald-Worthington', leads: false, here: false },
        { member: 'm2', name: 'Leigh', leads: true, here: false },
      ],
    };
  }

  async inviteMember(by) {
    this.note('inviteMember', by);
    return 'k7Qm-2fTz-9Rwa-Lx4d-Vb6n-Ye3s';
  }
  async endMember(member, by) {
    this.note('endMember', { member, ...by });
  }
  async leaveOrganisation(by) {
    this.note('leaveOrganisation', by);
    this.set({ phase: 'out', lockReason: 'left' });
  }
  async exportLooks() {
    return { url: URL.createObjectURL(new Blob(['x'])), many: 12 };
  }
  async ownWords() {
    return KEY_WORDS;
  }
  login() {
    return 'priya-4f2a';
  }
  asked() {
    return this.letters;
  }
  unsigned() {
    return this.refused;
  }
  async setLanguage(language) {
    this.set({ language });
  }
  // Set the state only on a change: drawing between a keypress and its input loses the input.
  touch() {
    if (this.state.lockIn !== null) this.set({ lockIn: null });
  }
  seen() {}
  knowEnded() {
    this.set({ ended: null });
  }
  lock() {
    this.set({ ...SIGNED_OUT, language: this.state.language });
  }
  gone() {}
}

const fake = new FakeDesk();
const stage = mount(/** @type {any} */ (fake), /** @type {HTMLElement} */ (document.getElementById('desk')));
Object.assign(window, { fake, stage });
