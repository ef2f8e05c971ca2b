/**
 * A fake app without a diary, to view every screen. It keeps what is typed in memory and responds at once. Only the
 * tests load it. With `window.fake` a test sets the state and reads the calls.
 */
import { mount } from '/static/js/app/mount.js';

const NOW = Date.now();
const HOUR = 3_600_000;
const WITNESS_WORDS = 'ribbon kettle orbit meadow lantern pencil copper';
const HANDOVER_WORDS = 'broccoli orbit squirrel umbrella lecture hospital sandwich tomorrow';
const SUGGESTED_WORDS = 'ribbon kettle orbit meadow lantern pencil';

/** @param {number} at */
const local = (at) => {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
};

/** @param {number} at @param {string} precision */
function when(at, precision = 'minute') {
  const text = local(at);
  return {
    occurred_start: at,
    occurred_end: null,
    tz: 'Europe/London',
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

const TEXTS = [
  'He messaged from a new account ten minutes after I blocked the last one. It said “nice blue coat today”. I had worn it to work.',
  'Silent call at work, then two more. Reception heard them.',
  'His car was outside the gym when I came out. He did not get out.',
  '',
  'میں نے اسے دروازے پر دیکھا۔ وہ کچھ دیر کھڑا رہا۔',
  '43 missed calls, 21:10 to 23:55.',
  'Flowers left at the door with a card. No name on it, but his writing.',
];
const STATES = [
  { code: 'sealed', at: NOW - HOUR },
  { code: 'sending', at: null },
  { code: 'kept', at: NOW - 5 * HOUR },
  { code: 'trouble', at: null, sentence: null },
  { code: 'kept', at: NOW - 30 * HOUR },
  { code: 'kept', at: NOW - 54 * HOUR },
  { code: 'kept', at: NOW - 400 * HOUR },
];
const PRECISIONS = ['minute', 'part_of_day', 'minute', 'unknown', 'day', 'minute', 'hour'];

/** @param {number} count */
function entries(count) {
  return Array.from({ length: count }, (_, i) => ({
    record: `r${i}`,
    seq_no: i === 0 ? null : count - i,
    title: TEXTS[i % 7],
    occurred: when(NOW - i * 9 * HOUR, PRECISIONS[i % 7]),
    recorded_at: NOW - i * 9 * HOUR,
    pictures: i % 3 === 0 ? 2 : 0,
    additions: i % 4 === 2 ? 1 : 0,
    amendments: i % 5 === 2 ? 1 : 0,
    state: STATES[i % 7],
  }));
}

/** Draw a picture in place of a screenshot. */
function drawPicture() {
  const canvas = document.createElement('canvas');
  canvas.width = 300;
  canvas.height = 620;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = '#dfe8ee';
  context.fillRect(0, 0, 300, 620);
  for (let i = 0; i < 7; i++) {
    context.fillStyle = i % 3 ? '#ffffff' : '#a7d3c8';
    context.fillRect(i % 3 ? 20 : 90, 60 + i * 76, 190, 52);
  }
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(URL.createObjectURL(/** @type {Blob} */ (blob))));
  });
}

const attachment = (/** @type {object} */ over) => ({
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
const FILES = [
  attachment({ attachment: 'a1' }),
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

/** @param {any} row */
function entry(row) {
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

const PRIYA = {
  fingerprint: 'f',
  ecdsa_pub: 'e',
  hpke_pub: 'h',
  name: 'Priya K',
  organisation: 'Stalking Support North',
  words: 'ribbon kettle orbit meadow lantern pencil squirrel umbrella lecture',
  at: NOW,
};

class FakeApp {
  constructor() {
    this.asked = [];
    this.fail = {};
    this.listeners = new Set();
    this.state = {
      phase: 'loading',
      update: false,
      offline: false,
      busy: null,
      account: null,
      entries: [],
      draft: null,
      lockIn: null,
      picture: null,
    };
    this.changes = new Map();
  }

  /** Return to the state of a newly opened page. What was fetched stays. */
  reset() {
    Object.assign(this, {
      asked: [],
      fail: {},
      over: undefined,
      listed: undefined,
      hold: undefined,
      fresh: undefined,
      ways: undefined,
      shared: undefined,
      handed: undefined,
      let_in: undefined,
      asks: undefined,
      sees: undefined,
      questions: undefined,
      met: undefined,
      met_before: undefined,
      groups: undefined,
      changes: new Map(),
    });
    FILES.forEach((file, i) => {
      file.outside_copy = i === 2 ? 'kept' : null;
    });
    this.set({
      phase: 'elsewhere',
      update: false,
      busy: null,
      account: null,
      entries: [],
      draft: null,
      lockIn: null,
      picture: null,
      borrowed: false,
    });
    stage.way = undefined;
  }

  /** @param {() => void} listener */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {object} change */
  set(change) {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  /** @param {string} name @param {any} [argument] */
  async did(name, argument) {
    this.asked.push([name, argument]);
    await new Promise((resolve) => {
      setTimeout(resolve, this.slow ?? 0);
    });
    const problem = this.fail[name];
    if (problem) throw Object.assign(new Error(problem.code), problem);
  }

  /** @param {number} count @param {object} [over] */
  open(count, over = {}) {
    this.set({
      phase: 'open',
      entries: entries(count),
      account: { login: 'quiet-river-4821', registered: true, recovery: 'done', trouble: null },
      ...over,
    });
  }

  async start() {
    await this.did('start');
  }
  async suggestWords() {
    await this.did('suggestWords');
    return SUGGESTED_WORDS;
  }
  async checkCode(text) {
    return text.replace(/[\s-]/g, '').length === 28;
  }

  async checkWords(text) {
    return { ok: !/password/i.test(text), why: 'common' };
  }
  async enrolHere(words) {
    await this.did('enrolHere', words);
    this.set({ phase: 'open', account: { login: null, registered: false, recovery: 'todo', trouble: null } });
  }
  async unlock(words) {
    await this.did('unlock', words);
    this.open(7);
  }
  async lock(why) {
    this.asked.push(['lock', why]);
    this.set({ phase: 'locked', entries: [], draft: null, lockIn: null });
  }
  quickExit() {
    this.asked.push(['quickExit']);
    this.set({ phase: 'notebook', entries: [], draft: null, lockIn: null });
  }
  panicClear() {
    this.asked.push(['panicClear']);
    this.set({ phase: 'notebook', entries: [], draft: null, lockIn: null });
  }
  async askLock() {
    this.asked.push(['askLock']);
    this.set({ phase: 'locked' });
  }
  notePut(id, text) {
    this.set({
      notebook: {
        ready: true,
        notes: [{ id, text, at: NOW }, ...(this.state.notebook?.notes ?? []).filter((note) => note.id !== id)],
      },
    });
  }
  async noteDrop(id) {
    this.set({ notebook: { ready: true, notes: this.state.notebook.notes.filter((one) => one.id !== id) } });
  }
  async readLocking() {
    return { cover: false, short: false, locking: { hidden: 60_000, idle: 300_000 }, ...this.locking };
  }
  async onlyNotebook(words, look) {
    await this.did('onlyNotebook', words);
    this.set({ phase: 'notebook', draft: null, look });
  }
  async setCover(words) {
    await this.did('setCover', words);
    this.locking = { ...this.locking, cover: true };
  }
  async dropCover() {
    this.locking = { ...this.locking, cover: false };
  }
  async setShort(secret, words) {
    await this.did('setShort', secret, words);
    this.locking = { ...this.locking, short: true };
  }
  async dropShort() {
    this.locking = { ...this.locking, short: false };
  }
  async chooseLocking(values) {
    await this.did('chooseLocking', values);
  }
  async chooseLook(values) {
    await this.did('chooseLook', values);
    this.set({ look: { skin: 'notes', opens: 'lock', ...this.state.look, ...values } });
  }
  touch() {
    this.touched = (this.touched ?? 0) + 1;
  }
  async signIn(by) {
    await this.did('signIn', by);
    this.open(7);
  }
  async signInWithCode(by) {
    await this.did('signInWithCode', by);
    this.open(7);
  }
  async asksInvite() {
    return false;
  }
  async register(by) {
    await this.did('register', by);
    this.set({
      account: { login: 'quiet-river-4821', registered: true, recovery: 'todo', proved: true, trouble: null },
    });
    return { login: 'quiet-river-4821' };
  }
  async makeCode(by) {
    await this.did('makeCode', by);
    return {
      login: 'quiet-river-4821',
      words12: 'able bench cargo dwarf equal fabric gallery hazard index jungle kiwi ladder'.split(' '),
      crockford: '7K3M-Q9TD-2XHV-8RNA-5WPC-J4YE-ZBG6',
    };
  }
  async confirmCode(text) {
    await this.did('confirmCode', text);
  }
  async later(what) {
    await this.did('later', what);
    this.set({ account: { ...this.state.account, recovery: 'later' } });
  }
  async signOut() {
    await this.did('signOut');
    this.set({ phase: 'fresh', entries: [], account: null });
  }
  newDraft() {
    this.putDraft({});
  }
  putDraft({ fields = {}, restricted = {} }) {
    const draft = this.state.draft ?? {
      id: 'd',
      record: null,
      fields: {},
      restricted: {},
      attachments: [],
      saved_at: null,
    };
    this.set({
      draft: { ...draft, fields: { ...draft.fields, ...fields }, restricted: { ...draft.restricted, ...restricted } },
    });
  }
  async dropDraft() {
    await this.did('dropDraft');
    this.set({ draft: null });
  }
  putCard(record, unsaved) {
    this.asked.push(['putCard', record, unsaved]);
  }
  restrictedWords() {
    return ['Rowan House'];
  }
  async readAttachment(id) {
    const file = FILES.find((row) => row.attachment === id) ?? FILES[0];
    return {
      ...file,
      place: file.attachment === 'a1',
      taken_out: null,
      out_reason: '',
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
  }
  async meetAdvocate(typed) {
    await this.did('meetAdvocate', typed);
    return { ...PRIYA, before: false, ...this.met };
  }
  async readMet() {
    return this.met_before ?? [];
  }
  async forgetAdvocate(print) {
    await this.did('forgetAdvocate', print);
  }
  async previewGrant() {
    return {
      entries: this.state.entries.map(({ record }) => record),
      files: 9,
      pictures: 6,
      apart: 2,
      intimate: 1,
      others: [
        { record: 'p1', kind: 'person', fields: { name: 'Callum' } },
        { record: 'o1', kind: 'order', fields: { kind_text: 'Restraining order' } },
      ],
    };
  }
  async letIn(letter) {
    await this.did('letIn', letter);
    return [];
  }
  async renewGrant(grant, by) {
    await this.did('renewGrant', { grant, ...by });
    return { not_after: NOW + 30 * 24 * HOUR };
  }
  async narrowGrant(grant, less, by) {
    await this.did('narrowGrant', { grant, less, ...by });
  }
  async readGrants() {
    return { grants: [], looks: [], offline: false, ...this.let_in };
  }
  async endGrant(grant, by) {
    await this.did('endGrant', { grant, ...by });
    return { heard: this.no_signal !== true };
  }
  async lookAgain() {
    await this.did('lookAgain');
    return this.found_again ?? 0;
  }
  async readMarked() {
    return new Map(this.through ?? []);
  }
  async markedOf(record) {
    return (
      new Map(this.through ?? [])
        .get(record)
        ?.map((name) => ({ name, at: Date.now() - 36e5, since: record === 'r1' })) ?? []
    );
  }
  async whoSees() {
    return this.sees ?? [];
  }
  async ownWords() {
    return 'ribbon kettle orbit meadow lantern pencil squirrel umbrella lecture';
  }
  async readAssisted() {
    return this.written ?? [];
  }
  async answerAssisted(id, values) {
    await this.did('answerAssisted', { id, ...values });
    this.written = (this.written ?? []).filter((row) => row.id !== id);
  }
  async readWitnesses() {
    return { witnesses: this.saw ?? [], address: 'https://public.example/answer', offline: this.no_signal === true };
  }
  async askWitness(request) {
    await this.did('askWitness', request);
    return {
      witness: 'w0',
      words: WITNESS_WORDS,
      proof: 'p',
      note: request.note,
      made_at: NOW,
      expires_at: NOW + 14 * 24 * HOUR,
      address: 'https://public.example/answer',
    };
  }
  async keepStatement(witness) {
    await this.did('keepStatement', witness);
    return { record: 's0' };
  }
  async dropWitness(witness, by) {
    await this.did('dropWitness', { witness, ...by });
  }
  async readAsked(record) {
    return (this.asks ?? []).filter(({ about }) => !record || about === record);
  }
  async readQuestions() {
    return this.questions ?? [];
  }
  async answerQuestion(values) {
    await this.did('answerQuestion', values);
    this.asks = [];
  }
  async putAsideQuestion(letter) {
    await this.did('putAsideQuestion', letter);
    this.asks = [];
  }
  async showNow(sections) {
    await this.did('showNow', sections);
  }
  looked() {}
  async readTyped() {
    return null;
  }
  async keepTyped() {}
  async checkFile(id) {
    await this.did('checkFile', id);
  }
  async readLoose() {
    return FILES;
  }
  async saveIncident(save) {
    await this.did('saveIncident', save);
    if (save.record) {
      this.changes.set(save.record, { ...this.changes.get(save.record), ...save.fields });
      return { record: save.record };
    }
    const record = `n${this.state.entries.length}`;
    const { fields } = this.state.draft;
    const row = {
      record,
      seq_no: null,
      title: fields.narrative ?? '',
      occurred: fields.precision ? fields : when(NOW, 'unknown'),
      recorded_at: NOW,
      pictures: 0,
      additions: 0,
      amendments: 0,
      state: { code: 'sealed', at: NOW },
    };
    this.set({ draft: null, entries: [row, ...this.state.entries] });
    this.fresh = record;
    return { record };
  }
  needsReason(record, change) {
    return record !== this.fresh && 'narrative' in change.fields;
  }
  async readIncident(record) {
    await this.did('readIncident', record);
    const row = this.state.entries.find((candidate) => candidate.record === record);
    const incident = entry(row);
    if (record === this.fresh)
      Object.assign(incident, {
        fields: { narrative: row.title, ...row.occurred },
        restricted: {},
        attachments: [],
        note: '',
        versions: incident.versions.slice(0, 1),
      });
    return { ...incident, ...this.over, fields: { ...incident.fields, ...this.changes.get(record) } };
  }
  async saveNote(record, text) {
    await this.did('saveNote', [record, text]);
  }
  async addFile(target, file, { onProgress }) {
    onProgress?.(file.size / 3, file.size);
    await this.did('addFile', [target, file.name, file.size]);
    return attachment({ name: file.name });
  }
  async readPicture() {
    return { url: await drawPicture() };
  }
  async answerPhoneCopy(record, attachmentId, answer) {
    await this.did('answerPhoneCopy', [attachmentId, answer]);
    for (const file of FILES) if (file.attachment === attachmentId) file.outside_copy = answer;
  }
  async getPicture() {
    await this.did('getPicture');
    this.set({ phase: 'picture', entries: [], draft: null, picture: { until: NOW + 600_000, files: [] } });
  }
  async pictureAdd(files) {
    this.set({
      picture: {
        ...this.state.picture,
        files: [...this.state.picture.files, ...files.map((file) => ({ name: file.name }))],
      },
    });
  }
  async pictureSave() {
    await this.did('pictureSave');
    this.set({ phase: 'locked', picture: null });
  }
  async chooseForPack(chosen) {
    await this.did('chooseForPack', chosen);
    return {
      entries: 7,
      additions: 2,
      amendments: 1,
      pictures: 2,
      files: 3,
      bytes: 6_100_000,
      withheld: 0,
      removed: 0,
      unlooked: 2,
      restricted_words: 2,
      intimate: 1,
      groups: this.groups ?? [['r0']],
      marked: [],
      looked: ['v0', 'v1'],
    };
  }
  async reviewPack(chosen) {
    await this.did('reviewPack', chosen);
    const pictures = FILES.slice(0, 2).map(({ attachment: id, name }, i) => ({
      attachment: id,
      record: 'r0',
      name,
      film: i === 1,
      place: i === 0,
      decision: null,
    }));
    const words = [
      ['apart', 'Elm Road'],
      ['postcode', 'LS1 4AB'],
      ['number', '07700 900123'],
    ].map(([why, found], i) => ({
      id: `w${i}`,
      why,
      found,
      record: 'r1',
      kind: 'incident',
      answered: why === 'apart',
    }));
    return {
      pictures: pictures,
      words,
      places: [{ attachment: 'a1', record: 'r0', name: FILES[0].name }],
      intimate: 1,
    };
  }
  async decidePicture(attachmentId, decision) {
    await this.did('decidePicture', [attachmentId, decision]);
  }
  async decideWords(found, answer) {
    await this.did('decideWords', [found, answer]);
  }
  letGo() {}
  async packWays() {
    return { registered: true, high_risk: false, server: true, offline: false, ...this.ways };
  }
  handOver(options, onProgress) {
    this.asked.push(['handOver', options.to]);
    onProgress({ step: 'sending', done: 3, total: 9 });
    return new Promise(() => {});
  }
  async stopHandOver() {}
  async readHandovers() {
    return { address: 'https://kept.example/get', offline: false, handovers: [], ...this.handed };
  }
  async sayHandover(handover, words) {
    await this.did('sayHandover', words);
    return HANDOVER_WORDS;
  }
  async endHandovers(all, by) {
    await this.did('endHandovers', { all, ...by });
  }
  async readShared() {
    return this.shared ?? [];
  }
  async noteDelivery(record, values) {
    await this.did('noteDelivery', [record, values]);
  }
  async noteShared(values) {
    await this.did('noteShared', values);
  }
  async findItems(text) {
    await this.did('findItems', text);
    return { items: ['JB/1'], records: ['r0'], unknown: /9/.test(text) ? ['9'] : [] };
  }
  async newSince() {
    return ['r0'];
  }
  canChooseFile() {
    return false;
  }
  async chooseFile() {
    return null;
  }
  async showNow(sections) {
    await this.did('showNow', sections);
  }
  async readSettings() {
    return { fields: this.young ? { wording: 'young' } : {}, restricted: {} };
  }
  async readForQuick() {
    const fields = { ...when(NOW), narrative: TEXTS[0], place_category: 'street' };
    return {
      newest: [
        { record: 'r0', seq_no: 24, fields },
        { record: 'r1', seq_no: 23, fields: { ...fields, narrative: TEXTS[4] } },
      ],
      numbers: { r0: 24, r1: 23 },
      records: ['r0', 'r1'],
      afraid: ['r0'],
      pictures: 9,
      counts: {
        all: ['r0', 'r1'],
        since: '2026-05-04',
        until: '2026-11-20',
        new_accounts: ['a', 'b'],
        behaviours: [{ code: 'calls', ids: ['r0', 'r1'] }],
        marks: { threat: ['r1'] },
        breaches: [{ ids: ['r1'] }],
        witness: ['r0'],
      },
      people: [
        {
          record: 'p1',
          fields: { name: 'Callum', relationship: 'ex_partner', aliases: ['Cal'], description: 'Tall, red coat' },
          restricted: { real_name: 'Callum Redfern', last_known_places: 'Works at the depot', safe_to_approach: 'no' },
        },
      ],
      accounts: [{ fields: { person_id: 'p1', platform: 'instagram', handle: '@blue.coat.7' } }],
      vehicles: [],
      orders: [{ fields: { kind: 'non_molestation', court: 'Leeds', served_on: '2026-08-03' } }],
      notices: [
        {
          fields: {
            at: { start: NOW, precision: 'day', tz: 'Europe/London', utc_offset_min: 0 },
            exact_words: 'Stop.',
          },
        },
      ],
      impacts: [{ fields: { domain: 'sleep', after: 'Up at four.' } }],
      reports: [{ fields: { to: 'police', force: 'West Yorkshire', crime_ref: '13260000/26' } }],
      cameras: [{ kind: 'doorbell', holder: 'No 9', due: '2026-12-20' }],
      settings: { fields: {}, restricted: { name_to_use: 'Jo', safe_contact: 'Text after 6' } },
    };
  }
  async readChronology(chosen, say) {
    await this.did('readChronology', chosen);
    const row = (number, narrative, lang) => ({
      number,
      record: `r${number}`,
      when: 'Tuesday 3 November 2026, 20:14',
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
    return {
      title: 'Record of what happened',
      facts: [
        { key: 'pack', text: 'PACK_JB_1_20261124' },
        { key: 'count', text: '2' },
      ],
      rows: [row('1', TEXTS[0], 'en'), row('2', TEXTS[4], 'ur')],
      registers: [
        {
          ref: 'S1',
          kind: 'person',
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
      notes: [
        'Prepared by the person named; not a sworn statement.',
        'Entry 3 is left out by the person who wrote it.',
      ],
    };
  }
  async agree(words, times) {
    await this.did('agree', [words, times]);
    return { agreed: times };
  }
  buildHere(options, onProgress) {
    return this.buildPack(options, onProgress);
  }
  buildPack(options, onProgress) {
    this.asked.push(['buildPack', options]);
    onProgress({ step: 'building', done: 37, total: 100 });
    return new Promise((resolve, reject) => {
      this.finishPack = () =>
        resolve({
          file: new Blob(['zip'.repeat(1_000_000)]),
          name: 'documents-2026-11-24.zip',
          no: 1,
          record: 'x1',
          size: 3_000_000,
        });
      this.stopPack = (code = 'cancelled', sentence = '') => reject(Object.assign(new Error(), { code, sentence }));
    });
  }
  async cancelPack() {
    this.stopPack?.();
  }
  async sessions(by) {
    await this.did('sessions', by);
    return [
      { session: 's1', device_name: 'Phone', created_at: NOW - 90 * HOUR, seen_at: NOW, here: true },
      { session: 's2', device_name: 'Computer', created_at: NOW - 900 * HOUR, seen_at: NOW - 70 * HOUR, here: false },
    ];
  }
  async accessLog(by) {
    await this.did('accessLog', by);
    return [];
  }
  async endSession(session, by) {
    await this.did('endSession', [session, by]);
  }
  async readRecord(record) {
    return {
      record,
      kind: 'statement',
      fields: this.stated,
      restricted: { by_name: 'Sam' },
      taken_out: null,
      out_reason: '',
      versions: [],
      two: false,
      ends: [],
    };
  }
  async readMentions() {
    return [];
  }
  async readRecordFiles() {
    return [];
  }
  async readRecords(kind) {
    return this.listed?.[kind] ?? [];
  }
  async takeOutRecord(record, reason) {
    await this.did('takeOutRecord', [record, reason]);
  }
  async putBackRecord(record) {
    await this.did('putBackRecord', record);
  }
  async readHold() {
    return this.hold ?? null;
  }
  async usage() {
    return {
      used_bytes: 48_200_000,
      quota_bytes: 2_147_483_648,
      phone_bytes: 61_000_000,
      room_bytes: 9_000_000_000,
      waiting: { files: 3, bytes: 4_200_000 },
      light: false,
      light_chosen: 'auto',
      sending: 'ask',
      wifi_known: false,
    };
  }
  async applyUpdate() {
    await this.did('applyUpdate');
  }
}

const app = new FakeApp();
const { stage } = mount(/** @type {any} */ (app), /** @type {HTMLElement} */ (document.getElementById('app')));
Object.assign(window, { fake: app, stage });
