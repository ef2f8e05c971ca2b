/**
 * A fake app without a diary, to view every screen. It keeps what is typed in memory and responds at once. Only the
 * tests load it. With `window.fake` a test sets the state and reads the calls.
 *
 * It has every member of the app with the app's own types, so a member that is renamed there is a type error here.
 */
import { KeptError } from '/static/js/core/errors.js';
import { mount } from '/static/js/app/mount.js';
import { INITIAL_STATE as APP_INITIAL_STATE } from '/static/js/diary/screen.js';
import { countPatterns } from '/static/js/record/patterns/patterns.js';
import { timelineOf } from '/static/js/record/patterns/timeline.js';
import { applyChange, drawPicture, refuseUnknown, repeated } from './fake_parts.ts';
import type {
  App,
  Attachment,
  AttachmentRead,
  CheckedAdvocate,
  Entry,
  Fields,
  FlaggedWords,
  GrantListView,
  KeptRecord,
  LockSettings,
  MadePack,
  Occurred,
  PackReview,
  PackSummary,
  PackWays,
  PendingQuestion,
  QuickFacts,
  RecordViewer,
  Row,
  SharedExport,
  Skin,
  State,
  StoredQuestion,
} from '/static/js/shell/app.js';
import type { Chronology, ChronologyRow } from '/static/js/pack/chronology/chronology.js';
import type { Agreement } from '/static/js/diary/session/confirming.js';
import type { Witness } from '/static/js/diary/sharing/witnesses.js';

const NOW = Date.now();
const HOUR = 3_600_000;
const TZ = 'Europe/London';
const WITNESS_WORDS = 'ribbon kettle orbit meadow lantern pencil copper';
const HANDOVER_WORDS = 'broccoli orbit squirrel umbrella lecture hospital sandwich tomorrow';
const SUGGESTED_WORDS = 'ribbon kettle orbit meadow lantern pencil';
/** As many of the list as three letters ever have, and the longest */
const WORD_LIST = [
  ...['act', 'action', 'actor', 'actress', 'actual'],
  ...['problem', 'process', 'produce', 'profit', 'program', 'project', 'promote', 'proof', 'property', 'prosper'],
  ...['protect', 'proud', 'provide', 'strategy', 'street', 'strike', 'strong', 'struggle'],
];
const LOGIN = 'quiet-river-4821';
const LOOK: Skin = { skin: 'notes', opens: 'lock' };

/** The app's own initial state with every member, so that a test cannot set one that is not there. */
const INITIAL_STATE: Required<State> = {
  ...APP_INITIAL_STATE,
  unsigned: false,
  ordinary: false,
  borrowed: false,
  asked: null,
  waiting: { captured: 0, later: 0 },
  look: LOOK,
};
type Account = NonNullable<State['account']>;
const ACCOUNT: Account = { login: LOGIN, registered: true, recovery: 'done', trouble: null };
const NO_ACCOUNT: Account = { login: null, registered: false, recovery: 'todo', trouble: null };
const EMPTY_DRAFT: NonNullable<State['draft']> = {
  id: 'd',
  record: null,
  fields: {},
  restricted: {},
  attachments: [],
  saved_at: null,
};

const local = (at: number) => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function when(at: number, precision = 'minute'): Occurred {
  const text = local(at);
  return {
    occurred_start: at,
    occurred_end: null,
    tz: TZ,
    utc_offset_min: 0,
    precision,
    occurred_local:
      precision === 'minute'
        ? text
        : precision === 'part_of_day'
          ? `${text.slice(0, 10)} evening`
          : precision === 'unknown'
            ? null
            : text.slice(0, 10),
  };
}

const TEXTS: readonly [string, ...string[]] = [
  'He messaged from a new account ten minutes after I blocked the last one. ' +
    'It said “nice blue coat today”. I had worn it to work.',
  'Silent call at work, then two more. Reception heard them.',
  'His car was outside the gym when I came out. He did not get out.',
  '',
  'میں نے اسے دروازے پر دیکھا۔ وہ کچھ دیر کھڑا رہا۔',
  '43 missed calls, 21:10 to 23:55.',
  'Flowers left at the door with a card. No name on it, but his writing.',
];
const STATES: readonly [Row['state'], ...Row['state'][]] = [
  { code: 'sealed', at: NOW - HOUR },
  { code: 'sending', at: null },
  { code: 'kept', at: NOW - 5 * HOUR },
  { code: 'trouble', at: null, sentence: null },
  { code: 'kept', at: NOW - 30 * HOUR },
  { code: 'kept', at: NOW - 54 * HOUR },
  { code: 'kept', at: NOW - 400 * HOUR },
];
const PRECISIONS = ['minute', 'part_of_day', 'minute', 'unknown', 'day', 'minute', 'hour'] as const;

function entries(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    record: `r${i}`,
    seq_no: i === 0 ? null : count - i,
    title: repeated(TEXTS, i),
    occurred: when(NOW - i * 9 * HOUR, repeated(PRECISIONS, i)),
    recorded_at: NOW - i * 9 * HOUR,
    pictures: i % 3 === 0 ? 2 : 0,
    additions: i % 4 === 2 ? 1 : 0,
    amendments: i % 5 === 2 ? 1 : 0,
    state: repeated(STATES, i),
  }));
}

const attachment = (over: Partial<Attachment>): Attachment => ({
  attachment: `a${Math.random()}`,
  name: 'Screenshot_20261103-204111.png',
  kind: 'image',
  size: 2_871_331,
  claimed: 'image/png',
  magic: 'image/png',
  mismatch: false,
  preview: true,
  route: 'photo_picker',
  received_at: NOW - HOUR,
  sha256: '9f2c1e7ab3d4'.repeat(6).slice(0, 64),
  state: { code: 'sealed', at: NOW },
  outside_copy: null,
  ...over,
});
const SCREENSHOT = attachment({ attachment: 'a1' });
const FILES = [
  SCREENSHOT,
  attachment({ attachment: 'a2', name: 'IMG_0412.HEIC', preview: false, claimed: 'image/heic', magic: 'image/heic' }),
  attachment({
    attachment: 'a3',
    name: 'letter.pdf',
    kind: 'file',
    claimed: 'application/pdf',
    magic: 'image/jpeg',
    mismatch: true,
    outside_copy: 'kept',
  }),
];

function entry(row: Row): Entry {
  const fields = {
    narrative: row.title,
    ...row.occurred,
    time_source: null,
    behaviours: ['contact_new_account_after_block', 'knows_things_they_should_not'],
    who: 'My ex',
    place_category: 'online',
    feelings_then_text: 'I could not sleep.',
    feelings_then: ['scared'],
    feared_violence: 'not_sure',
  };
  return {
    record: row.record,
    seq_no: row.seq_no,
    fields,
    restricted: { place_detail: 'Rowan House, Elm Road' },
    attachments: row.pictures ? FILES : [],
    note: 'Ask Sam about this.',
    state: row.state,
    unsaved: null,
    versions: [
      {
        version: 'v1',
        at: row.recorded_at,
        kind: 'first',
        by: 'this',
        reason: null,
        changes: [
          { field: 'narrative', old: null, new: 'He messaged from a new account.' },
          { field: 'occurred_local', old: null, new: '2026-11-03T20:14' },
        ],
        fields,
      },
      {
        version: 'v2',
        at: row.recorded_at + HOUR,
        kind: 'addition',
        by: 'this',
        reason: null,
        changes: [
          { field: 'behaviours', old: null, new: fields.behaviours },
          { field: 'feared_violence', old: null, new: 'not_sure' },
        ],
        fields,
      },
      {
        version: 'v3',
        at: row.recorded_at + 2 * HOUR,
        kind: 'amendment',
        by: 'this',
        reason: 'I remembered the words wrong.',
        changes: [{ field: 'narrative', old: 'He messaged from a new account.', new: fields.narrative }],
        fields,
      },
    ],
  };
}

const PRIYA: CheckedAdvocate = {
  fingerprint: 'f',
  ecdsa_pub: 'e',
  hpke_pub: 'h',
  name: 'Priya K',
  organisation: 'Stalking Support North',
  words: 'ribbon kettle orbit meadow lantern pencil squirrel umbrella lecture',
  at: NOW,
};

const FLAGGED_WORDS: readonly (readonly [FlaggedWords['why'], string])[] = [
  ['apart', 'Elm Road'],
  ['postcode', 'LS1 4AB'],
  ['number', '07700 900123'],
  ['number', '07700900123'],
];

const kept = (kind: string, record: string, fields: Fields): KeptRecord => ({
  record,
  kind,
  fields,
  restricted: {},
  taken_out: null,
  out_reason: '',
  two: false,
  at: NOW,
  versions: 1,
});
const QUICK_FIELDS = { ...when(NOW), narrative: TEXTS[0], place_category: 'street' };
const QUICK_FACTS: QuickFacts = {
  newest: [
    { record: 'r0', seq_no: 24, fields: QUICK_FIELDS },
    { record: 'r1', seq_no: 23, fields: { ...QUICK_FIELDS, narrative: repeated(TEXTS, 4) } },
  ],
  numbers: { r0: 24, r1: 23 },
  records: ['r0', 'r1'],
  afraid: ['r0'],
  pictures: 9,
  counts: {
    ...countPatterns([], {}, TZ),
    all: ['r0', 'r1'],
    since: '2026-05-04',
    until: '2026-11-20',
    new_accounts: ['a', 'b'],
    behaviours: [{ code: 'calls', ids: ['r0', 'r1'] }],
    marks: { threat: ['r1'] },
    breaches: [{ order: 'o1', term: 1, ids: ['r1'] }],
    witness: ['r0'],
  },
  people: [
    {
      ...kept('person', 'p1', {}),
      code: 'P1',
      root: 'p1',
      fields: { name: 'Callum', relationship: 'ex_partner', aliases: ['Cal'], description: 'Tall, red coat' },
      restricted: { real_name: 'Callum Redfern', last_known_places: 'Works at the depot', safe_to_approach: 'no' },
    },
  ],
  accounts: [kept('account', 'c1', { person_id: 'p1', platform: 'instagram', handle: '@blue.coat.7' })],
  vehicles: [],
  orders: [kept('order', 'o1', { kind: 'non_molestation', court: 'Leeds', served_on: '2026-08-03' })],
  notices: [
    kept('notice', 'n1', {
      at: { start: NOW, precision: 'day', tz: TZ, utc_offset_min: 0 },
      exact_words: 'Stop.',
    }),
  ],
  impacts: [kept('impact', 'i1', { domain: 'sleep', after: 'Up at four.' })],
  reports: [kept('report', 't1', { to: 'police', force: 'West Yorkshire', crime_ref: '13260000/26' })],
  cameras: [{ record: 'e1', kind: 'doorbell', holder: 'No 9', due: '2026-12-20' }],
  settings: { fields: {}, restricted: { name_to_use: 'Jo', safe_contact: 'Text after 6' } },
};

const chronologyRow = (number: string, narrative: string, lang: string): ChronologyRow => ({
  number,
  record: `r${number}`,
  when: 'Tuesday 3 November 2026, 20:14',
  mark: '',
  recorded: '9 Nov 2026, 10:02 (5 days later)',
  narrative,
  lang,
  later: [{ at: '9 Nov 2026', kind: 'Added', text: 'He also waved.' }],
  cells: [
    { key: 'where', text: 'Street' },
    { key: 'behaviours', text: 'Followed me on foot; Silent calls' },
  ],
  items: ['JB/1', 'JB/2'],
});
const CHRONOLOGY: Chronology = {
  title: 'Record of what happened',
  facts: [
    { key: 'pack', text: 'PACK_JB_1_20261124' },
    { key: 'count', text: '2' },
  ],
  rows: [chronologyRow('1', TEXTS[0], 'en'), chronologyRow('2', repeated(TEXTS, 4), 'ur')],
  registers: [
    {
      ref: 'S1',
      kind: 'person',
      sortKey: '',
      cells: [
        { key: 'name', label: 'Name', text: 'Callum' },
        { key: 'description', label: 'Description', text: 'Tall, a grey hood.' },
      ],
    },
  ],
  statements: [
    {
      ref: 'ST1',
      mark: 'Not the keeper’s words: written by somebody else and sent with the spoken words, checked',
      narrative: 'I saw him stand by the gate.',
      lang: '',
      cells: [{ key: 'said_about', text: 'entry 1' }],
    },
  ],
  exhibits: [],
  notes: ['Prepared by the person named; not a sworn statement.', 'Entry 3 is left out by the person who wrote it.'],
};

const UNREAD_PICTURE: Awaited<ReturnType<App['pictureWords']>> = {
  state: 'unread',
  code: null,
  lines: [],
  isPoor: false,
  reader: 'asks',
  megabytes: 4,
  unread: ['a1', 'a2', 'a4'],
};

type FakeList = Awaited<ReturnType<App['openPictureList']>>;
type FakeRow = FakeList['list']['rows'][number];

/** A row that was read in a picture of 900 by 1948 pixels. */
function listRow(place: number, read: Partial<FakeRow['read']> = {}, over: Partial<FakeRow> = {}): FakeRow {
  return {
    read: {
      box: [20, 100 * place + 60, 600, 100 * place + 140],
      side: 'left',
      type: 'text',
      time: `21:1${place}`,
      day: 'Today',
      who: null,
      text: TEXTS[place % TEXTS.length] as string,
      doubts: [],
      ...read,
    },
    isCovered: false,
    isKept: false,
    answer: null,
    looked: [],
    ...over,
  };
}

function pictureList(): FakeList {
  return {
    list: {
      found: { kind: 'messages', width: 900, height: 1948, readAt: NOW, engine: 'tesseract', engineVersion: '7.0.0' },
      phone: null,
      wrote: null,
      channel: 'whatsapp',
      who: 'Sam Field',
      tz: TZ,
      days: { Today: '', '24 November 2026': '2026-11-24', '': '' },
      rows: [
        listRow(0),
        listRow(1, { side: 'right', text: 'x'.repeat(90) }),
        listRow(2, { time: null, doubts: ['time', 'text', 'who', 'day'] }),
        listRow(3, { side: 'unknown', doubts: ['side'], type: 'missed_call', text: 'Missed voice call' }),
        listRow(4, {}, { isKept: true }),
        listRow(5, {}, { isCovered: true }),
        listRow(6, {}, { answer: 'leave' }),
        listRow(7, { text: 'میں جانتا ہوں' }, { answer: 'take' }),
        listRow(8, { text: 'Answer me' }),
      ],
      entry: 'r0',
      step: 'ask',
    },
    alike: [8],
    targets: ['r0'],
    keptIn: [],
  };
}

/** What the app keeps, and what a test sets: answers, failures, and the state. */
class Controls {
  state: Required<State> = INITIAL_STATE;
  listeners: Set<() => void> = new Set();
  /** the calls, each with its name */
  asked: [name: string, ...given: unknown[]][] = [];
  /** what a call throws, by its name */
  fail: Partial<Record<keyof App, { code: string; sentence?: string }>> = {};
  /** how long each call takes, ms */
  slow = 0;
  /** the number of calls of `touch` */
  touched = 0;
  /** changes by record, as saved */
  changes: Map<string, Fields> = new Map();
  /** the entry just written: no reason is asked for changing it */
  fresh: string | undefined = undefined;
  /** of any entry that is read */
  over: Partial<Entry> = {};
  listed: Record<string, KeptRecord[]> = {};
  /** what is known of the words in any picture */
  words: Partial<typeof UNREAD_PICTURE> = {};
  /** how many rows can be told apart in any picture, and the list that is made of them */
  rows = { rows: 9, isBegun: false };
  list = pictureList();
  hold: Awaited<ReturnType<NonNullable<App['readHold']>>> = null;
  ways: Partial<PackWays> = {};
  /** what was typed and is kept, by its key */
  typed: Record<string, Fields> = {};
  shared: SharedExport[] = [];
  handed: Partial<Awaited<ReturnType<App['readHandovers']>>> = {};
  let_in: Partial<GrantListView> = {};
  asks: PendingQuestion[] = [];
  sees: RecordViewer[] = [];
  questions: StoredQuestion[] = [];
  met: Partial<Awaited<ReturnType<App['meetAdvocate']>>> = {};
  met_before: Awaited<ReturnType<App['readMet']>> = [];
  /** who looked through what, by record */
  through: [record: string, names: string[]][] = [];
  /** how many letters `lookAgain` finds */
  found_again = 0;
  groups: string[][] = [['r0']];
  advice: PackReview['advice'] = { sources: [], places: {}, names: {} };
  written: Awaited<ReturnType<App['readAssisted']>> = [];
  sittings: Awaited<ReturnType<App['readSittings']>> = [];
  deskFiles: Awaited<ReturnType<App['readDeskFiles']>> = [];
  dates: Awaited<ReturnType<App['readChase']>> = [];
  saw: Witness[] = [];
  no_signal = false;
  locking: Partial<LockSettings> = {};
  /** what `agree` returns */
  agreement: Agreement = Object.freeze({});
  /** the fields of any record that is read */
  stated: Fields = {};
  young = false;
  /** While a pack is made: end it. */
  finishPack: () => void = () => undefined;
  stopPack: (code?: string, sentence?: string) => void = () => undefined;

  /** Return to the state of a newly opened page, in the current language. */
  reset() {
    const { listeners, young, state } = this;
    Object.assign(this, new Controls(), { listeners, young, state });
    FILES.forEach((file, i) => {
      file.outside_copy = i === 2 ? 'kept' : null;
    });
    this.set({ ...INITIAL_STATE, language: state.language, phase: 'elsewhere' });
    stage.way = undefined;
  }

  subscribe(listener: () => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(change: Partial<State>) {
    this.state = applyChange(this.state, change);
    for (const listener of this.listeners) listener();
  }

  /** Record a call. Throws if the test wants it to fail. */
  async did(name: keyof App, ...given: unknown[]) {
    this.asked.push([name, ...given]);
    await new Promise((resolve) => {
      setTimeout(resolve, this.slow);
    });
    const problem = this.fail[name];
    if (problem) throw Object.assign(new Error(problem.code), problem);
  }

  /** Open a diary with a number of entries. */
  open(count: number, over: Partial<State> = {}) {
    this.set({ phase: 'open', entries: entries(count), account: ACCOUNT, ...over });
  }
}

const fake = new Controls();
/** The page after a lock. */
const CLOSED = { entries: [], draft: null, lockIn: null };

/** What the screens call. Each member of the app is here; the compiler refuses a missing one and one too many. */
const methods = {
  start: () => fake.did('start'),
  suggestWords: async () => {
    await fake.did('suggestWords');
    return SUGGESTED_WORDS;
  },
  wordList: async () => WORD_LIST,
  checkCode: async (text) => text.replace(/[\s-]/g, '').length === 28,
  checkWords: async (text) => ({ ok: !/password/i.test(text), why: 'common' }),
  enrolHere: async (words) => {
    await fake.did('enrolHere', words);
    fake.set({ phase: 'open', account: NO_ACCOUNT });
  },
  unlock: async (words) => {
    await fake.did('unlock', words);
    fake.open(7);
  },
  lock: async (cause) => {
    fake.asked.push(['lock', cause]);
    fake.set({ phase: 'locked', ...CLOSED });
  },
  quickExit: () => {
    fake.asked.push(['quickExit']);
    fake.set({ phase: 'notebook', ...CLOSED });
  },
  panicClear: () => {
    fake.asked.push(['panicClear']);
    fake.set({ phase: 'notebook', ...CLOSED });
  },
  askLock: async () => {
    fake.asked.push(['askLock']);
    fake.set({ phase: 'locked' });
  },
  notePut: (id, text) => {
    const others = fake.state.notebook.notes.filter((note) => note.id !== id);
    fake.set({ notebook: { ready: true, notes: [{ id, text, at: NOW }, ...others] } });
  },
  noteDrop: async (id) => {
    fake.set({ notebook: { ready: true, notes: fake.state.notebook.notes.filter((note) => note.id !== id) } });
  },
  readLocking: async () => ({
    cover: false,
    short: false,
    locking: { hidden: 60_000, idle: 300_000 },
    ...fake.locking,
  }),
  onlyNotebook: async (words, look) => {
    await fake.did('onlyNotebook', words);
    fake.set({ phase: 'notebook', draft: null, look });
  },
  setCover: async (words) => {
    await fake.did('setCover', words);
    fake.locking = { ...fake.locking, cover: true };
  },
  dropCover: async () => {
    fake.locking = { ...fake.locking, cover: false };
  },
  setShort: async (secret, words) => {
    await fake.did('setShort', secret, words);
    fake.locking = { ...fake.locking, short: true };
  },
  dropShort: async () => {
    fake.locking = { ...fake.locking, short: false };
  },
  chooseLocking: (input) => fake.did('chooseLocking', input),
  chooseLook: async (input) => {
    await fake.did('chooseLook', input);
    fake.set({ look: { ...fake.state.look, ...input } });
  },
  exitSaid: () => fake.did('exitSaid'),
  touch: () => {
    fake.touched += 1;
  },
  signIn: async (credentials) => {
    await fake.did('signIn', credentials);
    fake.open(7);
  },
  signInWithCode: async (credentials) => {
    await fake.did('signInWithCode', credentials);
    fake.open(7);
  },
  asksInvite: async () => false,
  register: async (credentials) => {
    await fake.did('register', credentials);
    fake.set({ account: { ...ACCOUNT, recovery: 'todo', proved: true } });
    return { login: LOGIN };
  },
  makeCode: async (credentials) => {
    await fake.did('makeCode', credentials);
    return {
      login: LOGIN,
      words12: 'able bench cargo dwarf equal fabric gallery hazard index jungle kiwi ladder'.split(' '),
      crockford: '7K3M-Q9TD-2XHV-8RNA-5WPC-J4YE-ZBG6',
    };
  },
  confirmCode: (text) => fake.did('confirmCode', text),
  later: async (task) => {
    await fake.did('later', task);
    fake.set({ account: { ...(fake.state.account ?? NO_ACCOUNT), recovery: 'later' } });
  },
  signOut: async () => {
    await fake.did('signOut');
    fake.set({ phase: 'fresh', entries: [], account: null });
  },
  changeWords: (input) => fake.did('changeWords', input),
  renewKeys: (input) => fake.did('renewKeys', input),
  renewOn: (input) => fake.did('renewOn', input),
  giveUpKeys: () => fake.did('giveUpKeys'),
  catchUp: (input) => fake.did('catchUp', input),
  endOthers: (credentials) => fake.did('endOthers', credentials),
  accessLog: async (credentials) => {
    await fake.did('accessLog', credentials);
    return [];
  },
  renameDevice: (name) => fake.did('renameDevice', name),
  knowSignIns: (count) => fake.did('knowSignIns', count),
  knowReturned: () => fake.did('knowReturned'),
  acceptWitnessList: () => fake.did('acceptWitnessList'),
  setHighRisk: (isOn) => fake.did('setHighRisk', isOn),
  installOffline: () => undefined,
  newDraft: () => putDraft({}),
  putDraft: (change) => putDraft(change),
  dropDraft: async () => {
    await fake.did('dropDraft');
    fake.set({ draft: null });
  },
  putWords: (record, half) => {
    fake.asked.push(['putWords', record, half]);
  },
  putCard: (record, unsaved) => {
    fake.asked.push(['putCard', record, unsaved]);
  },
  restrictedWords: () => ['Rowan House'],
  readSettings: async () => ({ fields: fake.young ? { wording: 'young' } : {}, restricted: {} }),
  saveIncident: async (input) => {
    await fake.did('saveIncident', input);
    if (input.record) {
      fake.changes.set(input.record, { ...fake.changes.get(input.record), ...input.fields });
      return { record: input.record };
    }
    const record = `n${fake.state.entries.length}`;
    const fields = fake.state.draft?.fields ?? {};
    const row: Row = {
      record,
      seq_no: null,
      title: fields.narrative ?? '',
      occurred: { ...when(NOW, 'unknown'), ...(fields.precision ? fields : {}) },
      recorded_at: NOW,
      pictures: 0,
      additions: 0,
      amendments: 0,
      state: { code: 'sealed', at: NOW },
    };
    fake.set({ draft: null, entries: [row, ...fake.state.entries] });
    fake.fresh = record;
    return { record };
  },
  needsReason: (record, change) => record !== fake.fresh && 'narrative' in change.fields,
  readIncident: async (record) => {
    await fake.did('readIncident', record);
    const row = fake.state.entries.find((candidate) => candidate.record === record);
    if (!row) throw new KeptError('not_found');
    const incident = entry(row);
    if (record === fake.fresh)
      Object.assign(incident, {
        fields: { narrative: row.title, ...row.occurred },
        restricted: {},
        attachments: [],
        note: '',
        versions: incident.versions.slice(0, 1),
      } satisfies Partial<Entry>);
    return { ...incident, ...fake.over, fields: { ...incident.fields, ...fake.changes.get(record) } };
  },
  bringTogether: (record, merged) => fake.did('bringTogether', record, merged),
  attribute: async (input) => {
    await fake.did('attribute', input);
    return { changed: input.records.length };
  },
  askErasing: async (record, credentials) => {
    await fake.did('askErasing', record, credentials);
    return { due_at: NOW + 7 * 24 * HOUR };
  },
  stopErasing: (record) => fake.did('stopErasing', record),
  finishErasing: (record, credentials) => fake.did('finishErasing', record, credentials),
  readHold: async () => fake.hold,
  turnHoldOn: (input) => fake.did('turnHoldOn', input),
  askToLiftHold: (credentials) => fake.did('askToLiftHold', credentials),
  keepHoldOn: () => fake.did('keepHoldOn'),
  saveNote: (record, text) => fake.did('saveNote', [record, text]),
  addFile: async (entryOrDraft, file, { onProgress }) => {
    onProgress?.(file.size / 3, file.size);
    await fake.did('addFile', [entryOrDraft, file.name, file.size]);
    return attachment({ name: file.name });
  },
  readPicture: () => drawPicture(),
  readReceived: async (id) => {
    await fake.did('readReceived', id);
    return { url: URL.createObjectURL(new Blob(['received'])), name: 'letter.pdf' };
  },
  readMailWords: async () => [
    {
      from: 'Daniel <d@example.org>',
      to: ['jb@example.org'],
      subject: 'Read this',
      sent: { at: null, raw: 'Mon, 4 May 2026 12:00:00 +0100', offset_min: 60 },
      text: 'I wait outside.\n\nRing me.',
      files: [{ name: 'door.jpg', type: 'image/jpeg', size: 7 }],
    },
  ],
  readAttachment: async (id): Promise<AttachmentRead> => {
    const file = FILES.find((candidate) => candidate.attachment === id) ?? SCREENSHOT;
    return {
      ...file,
      place: file.attachment === 'a1',
      taken_out: null,
      out_reason: '',
      two: false,
      at: NOW - HOUR,
      draft: false,
      entries: [{ record: 'r0', seq_no: 24, title: TEXTS[0] }],
      fields: {
        renditions: [{ purpose: 'print', width: 300, height: 620 }],
        sensitivity: 'normal',
        shows: ['clock'],
        not_shown: ['url'],
      },
      restricted: { exif_summary: { make: 'Maker', model: 'Phone 9', taken_local: '2026-11-03T20:14:05' } },
      versions: [
        {
          version: 'v1',
          at: NOW - HOUR,
          kind: 'first',
          by: 'this',
          reason: null,
          changes: [],
          fields: {},
          altered: false,
        },
      ],
      custody: [
        { at: NOW - HOUR, actor: 'app', action: 'received' },
        { at: NOW - HOUR, actor: 'app', action: 'hashed' },
      ],
    };
  },
  needsAttachmentReason: async () => false,
  saveAttachment: (input) => fake.did('saveAttachment', input),
  looked: () => undefined,
  readToPlay: async () => null,
  checkFile: (id) => fake.did('checkFile', id),
  moveFile: (id, target, reason) => fake.did('moveFile', id, target, reason),
  readLoose: async () => FILES,
  dropHeld: (id) => fake.did('dropHeld', id),
  maskPicture: (id, mask) => fake.did('maskPicture', id, mask),
  printCopy: (id, copyKind) => fake.did('printCopy', id, copyKind),
  purgeFile: (id, credentials) => fake.did('purgeFile', id, credentials),
  answerPhoneCopy: async (_record, id, answer) => {
    await fake.did('answerPhoneCopy', [id, answer]);
    for (const file of FILES) if (file.attachment === id) file.outside_copy = answer;
  },
  borrow: (options) => fake.did('borrow', options),
  isOwing: () => false,
  getPicture: async () => {
    await fake.did('getPicture');
    fake.set({ phase: 'picture', entries: [], draft: null, picture: { until: NOW + 600_000, files: [] } });
  },
  capture: () => fake.did('capture'),
  readCaptured: async () => ({ asked: [], drafts: [] }),
  acceptCaptured: (id) => fake.did('acceptCaptured', id),
  discardCaptured: (id) => fake.did('discardCaptured', id),
  takeUpDraft: (id) => fake.did('takeUpDraft', id),
  setCapturing: (isOn) => fake.did('setCapturing', isOn),
  knowCaptureKey: () => fake.did('knowCaptureKey'),
  pictureAdd: async (files) => {
    const { until, files: earlier } = fake.state.picture ?? { until: NOW, files: [] };
    fake.set({ picture: { until, files: [...earlier, ...files.map(({ name }) => ({ name }))] } });
  },
  pictureSave: async () => {
    await fake.did('pictureSave');
    fake.set({ phase: 'locked', picture: null });
  },
  readRecords: async (kind) => fake.listed[kind] ?? [],
  findInPictures: async () => [],
  pictureWords: async () => ({ ...UNREAD_PICTURE, ...fake.words }),
  readWordsIn: (attachments) => fake.did('readWordsIn', attachments),
  stopReadingWords: () => fake.did('stopReadingWords'),
  countPictureRows: async () => fake.rows,
  openPictureList: async () => {
    await fake.did('openPictureList');
    return fake.list;
  },
  alikeInList: async () => fake.list.alike,
  putPictureList: (attachment, list) => fake.did('putPictureList', attachment, list),
  keepPictureList: async (attachment, list) => {
    await fake.did('keepPictureList', attachment, list);
    return { entries: ['r0'], rows: 2, left: 1 };
  },
  findEntries: async (query) => {
    const words = query.toLowerCase().trim();
    if (!words) return null;
    return fake.state.entries.filter(({ title }) => title.toLowerCase().includes(words)).map(({ record }) => record);
  },
  readKnown: async () => ({}),
  readPatterns: async () => {
    const counts = countPatterns([], {}, TZ);
    return { counts, timeline: timelineOf([], {}, TZ, counts), known: {} };
  },
  readRecord: async (record) => ({
    record,
    kind: 'statement',
    fields: fake.stated,
    restricted: { by_name: 'Sam' },
    taken_out: null,
    out_reason: '',
    two: false,
    at: NOW,
    versions: [],
    ends: [],
    together: { fields: {}, restricted: {} },
  }),
  needsRecordReason: async () => false,
  saveRecord: async (input) => {
    await fake.did('saveRecord', input);
    return { record: input.record ?? 'k0' };
  },
  takeOutRecord: async (record, reason) => {
    await fake.did('takeOutRecord', [record, reason]);
    return { record };
  },
  putBackRecord: async (record) => {
    await fake.did('putBackRecord', record);
    return { record };
  },
  readPeople: async () =>
    (fake.listed.person ?? []).map((person, i) => ({ ...person, code: `P${i + 1}`, root: person.record })),
  readMentions: async () => [],
  mergeRecords: async (record, target, reason) => {
    await fake.did('mergeRecords', record, target, reason);
    return { record };
  },
  addRecordFile: async (target, file) => {
    await fake.did('addRecordFile', target, file.name);
    return { attachment: 'a1' };
  },
  readRecordFiles: async () => [],
  readForShow: async () => ({
    entries: [],
    first: null,
    picked: [],
    count: 0,
    since: null,
    people: [],
    accounts: [],
    vehicles: [],
    orders: [],
    reports: [],
    settings: { fields: {}, restricted: {} },
    pictures: {},
  }),
  showNow: (sections) => fake.did('showNow', sections),
  readChase: async () => fake.dates,
  chaseDone: (key, isDone) => fake.did('chaseDone', key, isDone),
  keepTyped: (what, typed) => fake.did('keepTyped', what, typed),
  readTyped: async (what) => fake.typed[what] ?? null,
  saveSettings: (change) => fake.did('saveSettings', change),
  chooseForPack: async (selection): Promise<PackSummary> => {
    await fake.did('chooseForPack', selection);
    return {
      entries: 7,
      additions: 2,
      amendments: 1,
      pictures: 2,
      files: 3,
      files_later: selection.filesLater ? 5 : 0,
      bytes: 6_100_000,
      withheld: 0,
      removed: 0,
      unlooked: 2,
      restricted_words: 2,
      left_out: { entries: 2, files: 3, records: 1 },
      intimate: 1,
      groups: fake.groups,
      marked: [],
      looked: ['v0', 'v1'],
    };
  },
  markLooked: (id, options) => fake.did('markLooked', id, options),
  agree: async (words, times) => {
    await fake.did('agree', [words, times]);
    return fake.agreement;
  },
  buildPack: (options, onProgress) => buildPack(options, onProgress),
  buildHere: (options, onProgress) => buildPack(options, onProgress),
  reviewPack: async (selection, ownWords): Promise<PackReview> => {
    await fake.did('reviewPack', selection);
    return {
      pictures: FILES.slice(0, 2).map(({ attachment: id, name }, i) => ({
        attachment: id,
        record: 'r0',
        name,
        kind: i === 1 ? 'film' : 'picture',
        place: i === 0,
        decision: null,
        printed: id,
      })),
      words: [
        ...FLAGGED_WORDS.map(([why, found], i) => ({
          id: `w${i}`,
          why,
          found,
          record: `r${Math.max(1, i - 1)}`,
          kind: 'incident',
          answered: why === 'apart',
        })),
        ...(ownWords?.match(/LS9 9ZZ/g) ?? []).map((found) => ({
          id: 'own',
          why: 'postcode' as const,
          found,
          record: '',
          kind: 'own_words',
          answered: false,
        })),
      ],
      places: [{ attachment: 'a1', record: 'r0', name: SCREENSHOT.name }],
      intimate: 1,
      advice: fake.advice,
    };
  },
  decidePicture: async (id, decision) => {
    await fake.did('decidePicture', [id, decision]);
    return decision;
  },
  decideWords: (wordsId, answer) => fake.did('decideWords', [wordsId, answer]),
  letGo: () => undefined,
  packWays: async () => ({ registered: true, high_risk: false, server: false, offline: false, ...fake.ways }),
  findItems: async (text) => {
    await fake.did('findItems', text);
    return { items: ['JB/1'], records: ['r0'], unknown: /9/.test(text) ? ['9'] : [] };
  },
  newSince: async () => ['r0'],
  chooseFile: async () => null,
  canChooseFile: () => false,
  readChronology: async (selection): Promise<Chronology> => {
    await fake.did('readChronology', selection);
    return CHRONOLOGY;
  },
  readForQuick: async () => QUICK_FACTS,
  readShared: async () => fake.shared,
  readBeside: async () => [],
  noteDelivery: (record, input) => fake.did('noteDelivery', [record, input]),
  noteShared: (input) => fake.did('noteShared', input),
  cancelPack: async () => fake.stopPack(),
  handOver: (input, onStep) => {
    fake.asked.push(['handOver', input.to]);
    onStep({ step: 'sending', done: 3, total: 9 });
    return new Promise(() => undefined);
  },
  stopHandOver: async () => undefined,
  readHandovers: async () => ({ address: 'https://kept.example/get', offline: false, handovers: [], ...fake.handed }),
  sayHandover: async (_handover, words) => {
    await fake.did('sayHandover', words);
    return HANDOVER_WORDS;
  },
  endHandovers: (handovers, credentials) => fake.did('endHandovers', { all: handovers, ...credentials }),
  readSittings: async () => fake.sittings,
  startSitting: async (start) => {
    await fake.did('startSitting', start);
    return { record: 's2' };
  },
  noteSource: (sitting, source) => fake.did('noteSource', sitting, source),
  noteCheck: (sitting, check) => fake.did('noteCheck', sitting, check),
  pauseSitting: (sitting, isPaused) => fake.did('pauseSitting', sitting, isPaused),
  endSitting: (sitting) => fake.did('endSitting', sitting),
  collectFile: async (sitting, source) => {
    await fake.did('collectFile', sitting, source);
    return { attachment: 'f1', same: false };
  },
  lookInSitting: async (sitting, attachment) => {
    await fake.did('lookInSitting', sitting, attachment);
    return { url: '' };
  },
  openCollected: (attachment) => fake.did('openCollected', attachment),
  packSitting: (sitting, isIncluded) => fake.did('packSitting', sitting, isIncluded),
  readDeskFiles: async () => fake.deskFiles,
  answerDeskFile: async (file, isKept) => {
    await fake.did('answerDeskFile', { name: file.name, isKept });
    fake.deskFiles = fake.deskFiles.filter((other) => other !== file);
    return { record: null };
  },
  readAssisted: async () => fake.written,
  answerAssisted: async (id, input) => {
    await fake.did('answerAssisted', { id, ...input });
    fake.written = fake.written.filter((written) => written.id !== id);
  },
  askWitness: async (input) => {
    await fake.did('askWitness', input);
    return {
      witness: 'w0',
      words: WITNESS_WORDS,
      proof: 'p',
      note: input.note,
      made_at: NOW,
      expires_at: NOW + 14 * 24 * HOUR,
      address: 'https://public.example/answer',
    };
  },
  readWitnesses: async () => ({
    witnesses: fake.saw,
    address: 'https://public.example/answer',
    offline: fake.no_signal,
  }),
  keepStatement: async (witness) => {
    await fake.did('keepStatement', witness);
    return { record: 's0' };
  },
  dropWitness: (witness, credentials) => fake.did('dropWitness', { witness, ...credentials }),
  sessions: async (credentials) => {
    await fake.did('sessions', credentials);
    return [
      { session: 's1', device_name: 'Phone', created_at: NOW - 90 * HOUR, seen_at: NOW, here: true },
      { session: 's2', device_name: 'Computer', created_at: NOW - 900 * HOUR, seen_at: NOW - 70 * HOUR, here: false },
    ];
  },
  endSession: (session, credentials) => fake.did('endSession', [session, credentials]),
  makeCopy: async () => {
    await fake.did('makeCopy');
    return { file: new Blob(['copy']), name: 'copy-2026-11-24.kept', lacking: 0 };
  },
  takeCopy: () => fake.did('takeCopy'),
  diaryAccounts: async () => ({ now: null, earlier: [] }),
  knownKey: async () => '',
  acceptKey: (letters) => fake.did('acceptKey', letters),
  lookAtServer: async () => ({ missing: 0, extra: 0 }),
  sendAgain: () => fake.did('sendAgain'),
  usage: async () => ({
    used_bytes: 48_200_000,
    quota_bytes: 2_147_483_648,
    phone_bytes: 61_000_000,
    room_bytes: 9_000_000_000,
    waiting: { files: 3, bytes: 4_200_000 },
    light: false,
    light_chosen: 'auto',
    sending: 'ask',
    wifi_known: false,
  }),
  chooseSending: (setting) => fake.did('chooseSending', setting),
  chooseLight: (setting) => fake.did('chooseLight', setting),
  sendFiles: () => fake.did('sendFiles'),
  makeRoom: async () => 0,
  applyUpdate: () => fake.did('applyUpdate'),
  setLanguage: async (language) => fake.set({ language }),
  readImport: async (file) => {
    await fake.did('readImport', file.name);
    throw new KeptError('not_found');
  },
  planImport: async (answers) => {
    await fake.did('planImport', answers);
    throw new KeptError('not_found');
  },
  readArchivedPage: async (place) => {
    await fake.did('readArchivedPage', place);
    throw new KeptError('not_found');
  },
  askAboutBill: async (columns) => {
    await fake.did('askAboutBill', columns);
    throw new KeptError('not_found');
  },
  importRows: async () => [],
  keepImport: async (input) => {
    await fake.did('keepImport', input);
    throw new KeptError('not_found');
  },
  dropImport: () => fake.did('dropImport'),
  readHeaders: async () => ({ headers: [], raw_headers: '', odd: [] }),
  readPasted: async () => ({ rows: [], left: 0 }),
  readSchedule: async () => ({ parts: [], draft: null }),
  putScheduleDraft: async () => undefined,
  saveSchedule: async (input) => {
    await fake.did('saveSchedule', input);
    return { record: input.record ?? 'k0' };
  },
  meetAdvocate: async (words) => {
    await fake.did('meetAdvocate', words);
    return { ...PRIYA, before: false, ...fake.met };
  },
  readMet: async () => fake.met_before,
  forgetAdvocate: (fingerprint) => fake.did('forgetAdvocate', fingerprint),
  previewGrant: async () => ({
    entries: fake.state.entries.map(({ record }) => record),
    files: 9,
    pictures: 6,
    apart: 2,
    intimate: 1,
    others: [
      { record: 'p1', kind: 'person', fields: { name: 'Callum' } },
      { record: 'o1', kind: 'order', fields: { kind_text: 'Restraining order' } },
    ],
  }),
  letIn: async (input) => {
    await fake.did('letIn', input);
    return [];
  },
  renewGrant: async (grant, credentials) => {
    await fake.did('renewGrant', { grant, ...credentials });
    return { not_after: NOW + 30 * 24 * HOUR };
  },
  narrowGrant: (grant, changes, credentials) => fake.did('narrowGrant', { grant, changes, ...credentials }),
  readGrants: async () => ({ grants: [], looks: [], offline: false, ...fake.let_in }),
  endGrant: async (grant, credentials) => {
    await fake.did('endGrant', { grant, ...credentials });
    return { heard: !fake.no_signal };
  },
  lookAgain: async () => {
    await fake.did('lookAgain');
    return fake.found_again;
  },
  whoSees: async () => fake.sees,
  readMarked: async () => new Map(fake.through),
  markedOf: async (record) =>
    (new Map(fake.through).get(record) ?? []).map((name) => ({ name, at: NOW - HOUR, since: record === 'r1' })),
  ownWords: async () => PRIYA.words,
  readAsked: async (record) => fake.asks.filter(({ about }) => !record || about === record),
  readQuestions: async () => fake.questions,
  answerQuestion: async (input) => {
    await fake.did('answerQuestion', input);
    fake.asks = [];
  },
  putAsideQuestion: async (letter) => {
    await fake.did('putAsideQuestion', letter);
    fake.asks = [];
  },
} satisfies Required<Omit<App, 'ready' | 'here' | 'state' | 'subscribe'>>;

function putDraft({ fields = {}, restricted = {} }: Parameters<App['putDraft']>[0]) {
  const draft = fake.state.draft ?? EMPTY_DRAFT;
  fake.set({
    draft: { ...draft, fields: { ...draft.fields, ...fields }, restricted: { ...draft.restricted, ...restricted } },
  });
}

function buildPack(...[options, onProgress]: Parameters<App['buildPack']>): Promise<MadePack> {
  fake.asked.push(['buildPack', options]);
  onProgress({ step: 'building', done: 37, total: 100 });
  return new Promise((resolve, reject) => {
    fake.finishPack = () =>
      resolve({
        file: new Blob(['zip'.repeat(1_000_000)]),
        name: 'documents-2026-11-24.zip',
        no: 1,
        numbers: '73807 03137 88322 66979 05876 85760',
        record: 'x1',
        size: 3_000_000,
      });
    fake.stopPack = (code = 'cancelled', sentence = '') => reject(Object.assign(new Error(), { code, sentence }));
  });
}

const app: Controls & App = Object.assign(fake, methods);
const { stage } = mount(app, document.getElementById('app') as HTMLElement);
Object.assign(window, { fake: refuseUnknown(app), stage });
