/**
 * The advocate's page without a server, to view every screen. Clients and entries are made up and read by the desk's
 * own reader. Actions are only recorded. Only the tests load it. `window.fake` sets the state, `window.stage` the
 * place.
 *
 * It has every member of the desk with the desk's own types, so a member that is renamed there is a type error here.
 */
import { KeptError } from '/static/js/core/errors.js';
import { ClientDiary } from '/static/js/desk/client_diary.js';
import { mount } from '/static/js/desk/mount.js';
import { clientOf } from '/static/js/desk/client_order.js';
import { applyChange, drawPicture, refuseUnknown, repeated } from './fake_parts.ts';
import type { ClientVersion } from '/static/js/crypto/worker/advocates.js';
import type { GrantRight, GrantTerms } from '/static/js/crypto/sharing/grants.js';
import type { Summary } from '/static/js/crypto/sharing/summaries.js';
import type { DeskState, SentLetter } from '/static/js/desk/context.js';
import type { Desk } from '/static/js/desk/desk.js';
import type { DeskPack, PackView } from '/static/js/desk/packing.js';
import type { Fields } from '/static/js/diary/types.js';
import type { OwnMembership } from '/static/js/net/clients.js';

const NOW = Date.now();
const DAY = 86_400_000;
const HOUR = DAY / 24;
const TZ = 'Europe/London';
const KEY_WORDS = 'ribbon kettle orbit meadow lantern pencil squirrel umbrella lecture';
const LOGIN = 'priya-4f2a';
/** Every member of the state, so that a test cannot set one that is not there. */
const SIGNED_OUT: DeskState = {
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
const MEMBER: OwnMembership = {
  fingerprint: 'f',
  name: 'Priya K',
  organisation: 'Stalking Support North',
  leads: true,
};
/** `ends`: days until the grant ends; `dates`: days from now; `newest`, `looked`: days ago, null for never */
type MadeUpClient = {
  name: string;
  ends: number;
  dates?: [what: Summary['dates'][number]['what'], days: number][];
  newest: number;
  looked: number | null;
};
const CLIENTS: readonly MadeUpClient[] = [
  {
    name: 'Maya',
    ends: 20,
    dates: [
      ['recording_wiped', 2],
      ['update_due', -3],
    ],
    newest: 0.1,
    looked: 3,
  },
  { name: 'Maximiliane-Charlotte Featherstonehaugh-Warrington', ends: 4, newest: 9, looked: 1 },
  { name: 'ماہ نور', ends: 60, newest: 1, looked: 2 },
  { name: 'S', ends: 90, newest: 1, looked: null },
  { name: 'Ola Wiśniewska', ends: 25, dates: [['update_due', 12]], newest: 30, looked: 2 },
  { name: 'Non', ends: 26, newest: 30, looked: 2 },
  { name: 'Bethan', ends: 27, newest: 30, looked: 2 },
  { name: 'Kasia', ends: 28, newest: 30, looked: 2 },
  { name: 'Jo', ends: 29, newest: 30, looked: 2 },
  { name: 'Ade', ends: 29, newest: 30, looked: 2 },
];
/** The client whose phone has sent no summary. */
const WITHOUT_SUMMARY = 5;
const RIGHTS: GrantRight[] = ['view', 'comment', 'pack'];
const TEXTS: readonly [string, ...string[]] = [
  'He messaged from a new account ten minutes after I blocked the last one. ' +
    'It said “nice blue coat today”. I had worn it to work.',
  'Silent call at work, then two more. Reception heard them.',
  '',
  'میں نے اسے دروازے پر دیکھا۔ وہ کچھ دیر کھڑا رہا۔',
  'Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(3),
];

const grantOf = (grant: string, ends: number, over: Partial<GrantTerms>): GrantTerms => ({
  diary: 'd',
  from: 'k',
  grant,
  made_at: NOW - 9 * DAY,
  not_after: NOW + ends * DAY,
  prev: null,
  purpose: 'Help with a report to the police',
  restricted: true,
  rights: RIGHTS,
  scope: { all: true },
  sig: 's',
  t: 'grant/v1',
  to: 'f',
  ...over,
});
const summaryOf = ({ dates = [], newest }: MadeUpClient, entries: number): Summary => ({
  entries,
  made_at: NOW,
  newest_at: NOW - newest * DAY,
  dates: dates.map(([what, days]) => ({ what, at: NOW + days * DAY })),
});
const clock = (at: number) => ({ utc: at, tz: TZ, offset_ms: 0 });
const when = (at: number) => ({
  occurred_start: at,
  occurred_end: null,
  occurred_local: new Date(at).toISOString().slice(0, 16),
  tz: TZ,
  utc_offset_min: 0,
  precision: 'minute',
});

/** Return versions as the worker opens them, in feed order. @param n number of entries */
function versions(n: number): ClientVersion[] {
  let seq = 0;
  const makeVersion = (
    kind: string,
    record: string,
    at: number,
    fields: Fields,
    more: Partial<ClientVersion> = {},
  ): ClientVersion => {
    seq += 1;
    return {
      seq,
      record,
      version: `v${seq}`,
      place: { diary: 'd', record, version: `v${seq}` },
      kind,
      schema: 1,
      kept_at: at,
      keys: { open: [], restricted: [] },
      altered: false,
      seeds: { open: '', restricted: null },
      digests: null,
      commitment: null,
      sealed: { c: '', sig: '', parents: [], receipt: null },
      apart: null,
      whole: true,
      fields,
      reserved: { _clock: clock(at), _parents: [] },
      restricted: {},
      ...more,
    };
  };
  const file = (record: string, fields: Fields, restricted: [string, string][] = []) =>
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
      { keys: { open: [], restricted } },
    );
  const letter = {
    fields: {
      by: 'PK',
      how: 'call',
      held_at: NOW - 2 * DAY,
      tz: TZ,
      read_back: true,
      under_18: false,
      incident: {},
      turns: [{ asked: 'tell_me', said: 'He was at the bus stop.', words: '' }],
    },
    what: 'assisted',
  };
  const fieldsOf = (i: number): Fields => ({
    narrative: repeated(TEXTS, i),
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
  });
  const rows = [
    file('a1', {}),
    file('a2', { description: '', media_type: 'video/mp4', kind: 'video', renditions: [] }, [['b', 'k']]),
    file('a3', { description: 'letter.pdf', media_type: 'application/pdf', kind: 'document', renditions: [] }),
    ...Array.from({ length: n }, (_, i) =>
      makeVersion('incident', `r${i}`, NOW - i * 9 * HOUR, fieldsOf(i), {
        restricted: { place_detail: 'Rowan House, Elm Road' },
      }),
    ),
  ];
  if (n) {
    rows.push(
      makeVersion(
        'incident',
        'r0',
        NOW - HOUR,
        { ...fieldsOf(0), narrative: `${TEXTS[0]} He said my name.`, reason: 'I remembered more.' },
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

const LACKING: readonly PackView['lacking'][number]['what'][] = [
  'time',
  'fear',
  'basis',
  'late',
  'unconfirmed',
  'recording',
  'described',
  'looked',
  'served',
];
const FLAGGED_WORDS: readonly (readonly [PackView['words'][number]['why'], string])[] = [
  ['postcode', 'LS1 4AB'],
  ['apart', 'Flat 9, Hazelnut Court'],
];

/** What the page keeps, and what a test sets: answers, failures, and the state. */
class Controls {
  state: DeskState = SIGNED_OUT;
  listeners: Set<() => void> = new Set();
  /** what a call throws, by its name: a code, or an error's members */
  fail: Partial<Record<keyof Desk, string | { code: string }>> = {};
  /** the calls, each with its name */
  did: [name: string, given: unknown][] = [];
  /** of every client's grant */
  given: Partial<GrantTerms> = {};
  /** how many versions of the open client were left out */
  refused = 0;
  letters: SentLetter[] = [];
  diary: ClientDiary | null = null;
  /** the number of clients */
  many = 10;
  /** the number of entries of a client */
  length = 24;
  view: Partial<PackView> = {};
  pack: Partial<DeskPack> = {};

  /** Return to the state of a newly opened page, in the current language. */
  reset() {
    const { listeners, state } = this;
    Object.assign(this, new Controls(), { listeners, state });
    stage.packing = undefined;
    this.set({ ...SIGNED_OUT, language: state.language, phase: 'in' }); // a change of phase puts the place back
    this.set({ phase: 'out' });
  }

  subscribe(listener: () => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(change: Partial<DeskState>) {
    this.state = applyChange(this.state, change);
    this.listeners.forEach((listener) => listener());
  }

  /** Record a call. Throws if the test wants it to fail. */
  note(name: keyof Desk, given?: unknown) {
    this.did.push([name, given]);
    const failure = this.fail[name];
    if (!failure) return;
    const problem = typeof failure === 'string' ? { code: failure } : failure;
    throw Object.assign(new KeptError(problem.code), problem);
  }

  /** Sign in with a number of clients. */
  in(many = 10, over: Partial<DeskState> = {}) {
    this.many = many;
    this.set({ phase: 'in', you: MEMBER, ...over });
    this.fill();
  }

  fill() {
    const clients = CLIENTS.slice(0, this.many).map((client, i) =>
      clientOf(
        {
          said: grantOf(`g${i}`, client.ends, this.given),
          other: { name: client.name },
          summary: i === WITHOUT_SUMMARY ? null : summaryOf(client, i * 7 + 1),
        },
        { grant: `g${i}`, looked_at: client.looked === null ? null : NOW - client.looked * DAY },
        NOW,
      ),
    );
    this.set({ clients, now: NOW });
  }

  requireDiary() {
    if (!this.diary) throw new KeptError('not_found');
    return this.diary;
  }
}

const fake = new Controls();

/** What the screens call. Each member of the desk is here; the compiler refuses a missing one and one too many. */
const methods = {
  signIn: async (typed) => {
    fake.note('signIn', typed);
    fake.in();
  },
  signInAgain: async (digits) => {
    fake.note('signInAgain', digits);
    fake.in();
  },
  suggestWords: async () => 'ribbon kettle orbit meadow lantern pencil',
  beginJoin: async (input) => {
    fake.note('beginJoin', input);
    return {
      secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
      address: `otpauth://totp/Desk:${LOGIN}?secret=JBSWY3DPEHPK3PXP&issuer=Desk`,
      login: LOGIN,
    };
  },
  finishJoin: async (digits) => {
    fake.note('finishJoin', digits);
    fake.in(0);
  },
  listClients: async () => {
    fake.note('listClients');
    fake.fill();
  },
  openClient: (grant) => openClient(grant),
  lookAgain: () => openClient(fake.state.client?.grant ?? ''),
  closeClient: async () => {
    fake.diary = null;
    fake.set({ client: null, entries: [], removed: [], marks: {}, newer: false });
  },
  readIncident: async (record) => fake.requireDiary().entry(record),
  readAttachment: async (record) => fake.requireDiary().file(record),
  readRecords: async (kind, options = {}) => fake.diary?.readKind(kind, options) ?? [],
  readKnown: async () => fake.requireDiary().known(),
  readPatterns: async () => fake.requireDiary().patterns(fake.state.entries),
  findEntries: async (query) => fake.requireDiary().find(query, fake.state.entries),
  readPicture: () => drawPicture(),
  readToPlay: async () => null,
  sendFile: async (grant, file, said) => fake.note('sendFile', { grant, name: file.name, ...said }),
  writeLetter: async (what, fields) => {
    fake.note('writeLetter', { what, fields });
    const letter = `l${fake.letters.length}`;
    fake.letters.push({
      letter,
      grant: fake.state.client?.grant ?? '',
      about: fields.about ?? null,
      text: fields.text ?? '',
      at: NOW,
    });
    return letter;
  },
  marked: (record) => {
    const mark = fake.state.marks[record];
    return mark ? { at: mark.at, since: (fake.diary?.latestSeqOf(record) ?? 0) > mark.seq } : null;
  },
  mark: async (record) => {
    fake.note('mark', record);
    const mark = { at: NOW, record, seq: fake.requireDiary().latestSeqOf(record) };
    fake.set({ marks: { ...fake.state.marks, [record]: mark } });
  },
  unmark: async (record) => {
    fake.note('unmark', record);
    const { [record]: _removed, ...marks } = fake.state.marks;
    fake.set({ marks });
  },
  packView: async (choice): Promise<PackView> => {
    fake.note('packView', choice);
    return {
      entries: 24,
      files: 3,
      whole: true,
      unproved: 0,
      isPurposeUnsafe: false,
      words: FLAGGED_WORDS.map(([why, found], i) => ({
        id: `w${i}`,
        why,
        found,
        record: 'r0',
        kind: 'incident',
        answered: false,
      })),
      lacking: [
        ...LACKING.map((what, i) => ({ what, records: i % 2 ? ['r1'] : ['r0', 'r1', 'r4'] })),
        { what: 'reported', records: [] },
      ],
      ...fake.view,
    };
  },
  makePack: async (options) => {
    fake.note('makePack', options);
    const url = URL.createObjectURL(new Blob(['x']));
    const { isPlain = false, hasHeldWords = false, unprinted = [] } = fake.pack;
    return { url, name: 'documents-2026-11-27.zip', size: 6_100_000, no: 1, isPlain, hasHeldWords, unprinted };
  },
  cancelPack: async () => fake.note('cancelPack'),
  readOrganisation: async () => {
    fake.note('readOrganisation');
    return {
      name: MEMBER.organisation,
      numbers: { members: 3, grants: 41, ending: 2, packs: 7 },
      members: [
        { member: 'm0', name: 'Priya K', leads: true, here: true },
        { member: 'm1', name: 'Sam Okonkwo-Fitzgerald-Worthington', leads: false, here: false },
        { member: 'm2', name: 'Leigh', leads: true, here: false },
      ],
    };
  },
  inviteMember: async (credentials) => {
    fake.note('inviteMember', credentials);
    return 'k7Qm-2fTz-9Rwa-Lx4d-Vb6n-Ye3s';
  },
  endMember: async (member, credentials) => fake.note('endMember', { member, ...credentials }),
  leaveOrganisation: async (credentials) => {
    fake.note('leaveOrganisation', credentials);
    fake.set({ phase: 'out', lockReason: 'left' });
  },
  exportLooks: async () => ({ url: URL.createObjectURL(new Blob(['x'])), many: 12 }),
  ownWords: async () => KEY_WORDS,
  login: () => LOGIN,
  asked: () => fake.letters,
  unsigned: () => fake.refused,
  setLanguage: async (language) => fake.set({ language }),
  // Set the state only on a change: drawing between a keypress and its input loses the input.
  touch: () => {
    if (fake.state.lockIn !== null) fake.set({ lockIn: null });
  },
  seen: () => undefined,
  knowEnded: () => fake.set({ ended: null }),
  lock: () => fake.set({ ...SIGNED_OUT, language: fake.state.language }),
  gone: () => undefined,
} satisfies Omit<Desk, 'state' | 'subscribe'>;

async function openClient(grant: string) {
  fake.note('openClient', grant);
  const diary = new ClientDiary(() => TZ);
  diary.addPage(versions(fake.length));
  diary.refused = fake.refused;
  fake.diary = diary;
  const rows = await diary.rows(NOW - DAY);
  fake.set({
    client: fake.state.clients.find((client) => client.grant === grant) ?? null,
    entries: rows.filter(({ taken_out }) => (taken_out ?? null) === null),
    newer: false,
  });
}

const desk: Controls & Desk = Object.assign(fake, methods);
const stage = mount(desk, document.getElementById('desk') as HTMLElement);
Object.assign(window, { fake: refuseUnknown(desk), stage });
