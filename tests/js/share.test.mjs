/** What a phone shares without a server: the review before, packs made here, their numbers, and the record of each. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packActions } from '#app/features/share/actions.js';
import { fixedClock } from '#app/core/clock.js';
import { parseCanonicalObject } from '#app/core/encoding.js';
import { chronologyCopies, readTable } from '#app/pack/chronology/short_table.js';
import { createRedactor, Redactor } from '#app/pack/redaction.js';
import { readZip } from '#app/pack/zip.js';
import { openZip } from '#app/verify/pack_reader.js';
import { checkPack } from '#app/verify/verify.js';
import { NOON, PNG, WORDS, confirmPack, file, noNetwork, phoneWithEntry } from './phone/phone.mjs';

const SAY = { when: (fields) => String(fields.occurred_local ?? ''), at: (ms) => new Date(ms).toISOString() };
const FILLED = { initials: 'JB', sheet: {}, own_words: '', start_with: [], say: SAY };
const utf8 = (bytes) => new TextDecoder().decode(bytes);
const utf8Bytes = (text) => new TextEncoder().encode(text);
const HOSTILE = '<img src=x onerror=alert(1)></p><script>"\'&';

/** An unregistered diary with a picture, words kept apart, and the same words in the account. */
async function diary(text = `He shouted at 14 Elm Road. ${HOSTILE}`) {
  const phone = await phoneWithEntry({ packActions, send: noNetwork }, text);
  const { app, record } = phone;
  await app.saveIncident({ record, fields: {}, restricted: { place_detail: '14 Elm Road, Leeds' } });
  const { attachment } = await app.addFile(record, file(PNG, 'IMG_0001.png'), { route: 'photo_picker' });
  return { ...phone, attachment };
}

async function membersOf(pack) {
  const members = readZip(new Uint8Array(await pack.file.arrayBuffer()));
  const folder = /** @type {string} */ ([...members.keys()][0]).split('/')[0];
  return {
    folder,
    get: (name) => members.get(`${folder}/${name}`),
    names: [...members.keys()].map((name) => name.slice(folder.length + 1)),
    all: members,
  };
}

test('a lock right afterwards loses no decision about a picture and nothing typed in a card', async () => {
  const { app, phone, attachment, record } = await diary();
  const picture2 = (await app.addFile(record, file(PNG, 'IMG_0002.png'), { route: 'photo_picker' })).attachment;
  const unsaved = { fields: { injuries: 'A bruise' }, restricted: {} };
  await app.lock('asked');
  await app.unlock(WORDS);
  // Like an old phone: each write takes a while.
  const write = phone.database.write.bind(phone.database);
  phone.database.write = async (...args) => {
    await new Promise((resolve) => {
      setTimeout(resolve, 30);
    });
    return write(...args);
  };
  const decisions = Promise.allSettled([
    app.decidePicture(attachment, 'fine'),
    app.decidePicture(picture2, 'hold'),
    app.putCard(record, unsaved),
  ]);
  await app.lock('asked');
  assert.deepEqual(
    (await decisions).map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled'],
  );
  await app.unlock(WORDS);
  const { pictures } = await app.reviewPack({ from: null, to: null, records: null });
  assert.deepEqual(
    pictures.map((picture) => picture.decision),
    ['fine', 'hold'],
  );
  assert.deepEqual((await app.readIncident(record)).unsaved, unsaved);
});

test('letters and emails are asked about, imported emails are not, and a decision is kept', async () => {
  const { app, phone, attachment, record } = await diary();
  const addFile = async (text, name) =>
    (await app.addFile(record, file(utf8Bytes(text), name), { route: 'files' })).attachment;
  const mail =
    'From: Sam <sam@example.org>\r\nTo: jb@example.org\r\nDate: Mon, 4 May 2026 12:00:00 +0100\r\n\r\nRing me.';
  const letter = await addFile('%PDF-1.7 letter', 'letter.pdf');
  const seenMail = await addFile(mail, 'mail.eml');
  const imported = await addFile(`${mail} Now.`, 'imported.eml');
  const note = await addFile('Only text.', 'note.txt');
  await app.saveRecord({
    kind: 'schedule',
    record: null,
    fields: { rows: [], incident_ids: [record], source_attachment_id: imported },
  });
  const kinds = async () =>
    (await app.reviewPack({ from: null, to: null, records: null })).pictures.map((one) => [
      one.attachment,
      one.kind,
      one.decision,
    ]);
  assert.deepEqual(await kinds(), [
    [attachment, 'picture', null],
    [letter, 'letter', null],
    [seenMail, 'mail', null],
  ]);
  const [words] = await app.readMailWords(seenMail);
  assert.deepEqual([words.from, words.to, words.text], ['Sam <sam@example.org>', ['jb@example.org'], 'Ring me.']);
  assert.equal((await app.readReceived(letter)).name, 'letter.pdf');
  await app.decidePicture(letter, 'fine');
  await app.decidePicture(seenMail, 'hold');
  assert.deepEqual((await kinds()).slice(1), [
    [letter, 'letter', 'fine'],
    [seenMail, 'mail', 'hold'],
  ]);
  assert.ok(note);
  phone.end();
});

test('a pack made on the phone needs no network and no account, and contains the file as received', async () => {
  const { app, phone, attachment, record } = await diary();
  await app.decidePicture(attachment, 'fine');
  const steps = [];
  const pack = await app.buildHere(await confirmPack(app, FILLED), ({ step }) => steps.push(step));
  const { folder, get, names } = await membersOf(pack);
  assert.equal(pack.no, 1);
  assert.match(folder, /^PACK_JB_1_\d{8}$/);
  assert.deepEqual(get('data/restricted/13_exhibits-as-received/JB-1.png'), PNG);
  assert.ok(
    names.includes('data/restricted/12_record.json') && names.some((name) => name.startsWith('data/servable/proof/')),
  );
  const [exported] = await app.readShared();
  assert.deepEqual(
    [exported.fields.kind, exported.fields.pack_no, exported.fields.record_ids, exported.label],
    ['evidence', 1, [record], '1'],
  );
  assert.deepEqual(exported.fields.items_included, [{ item: 'JB/1', record: attachment }]);
  assert.match(exported.fields.manifest_sha256, /^[0-9a-f]{64}$/);
  assert.ok(steps.includes('files'));
  // The page shows the same digest as the keeper's own record of the pack.
  const page = utf8(get('data/servable/01_chronology.html'));
  assert.match(page, /Head of the diary<\/dt><dd dir="auto">none: no server has numbered this diary</);
  assert.ok(page.includes(`Digest of the exhibits list</dt><dd dir="auto">${exported.fields.exhibit_list_hash}<`));
  assert.equal(JSON.parse(utf8(get('data/restricted/12_record.json'))).pack.feed, undefined);
  phone.end();
});

test('who the keeper is stands in one pack for the police, and nothing keeps it', async () => {
  const { app, phone, attachment } = await diary('Born 2 April 1991, Ms Vane, he said. Joanna Vane.');
  await app.decidePicture(attachment, 'fine');
  const identity = { legal_name: 'Joanna Vane', date_of_birth: '1991-04-02', home_address: '3 Wren Close' };
  const make = async (options) =>
    membersOf(await app.buildHere(await confirmPack(app, { ...FILLED, ...options }), () => undefined));
  const record = ({ get }) => JSON.parse(utf8(get('data/restricted/12_record.json')));
  const first = await make({ identity });
  assert.deepEqual(
    Object.fromEntries(Object.keys(identity).map((name) => [name, record(first).sheet[name]])),
    identity,
  );
  const page = utf8(first.get('data/servable/01_chronology.html'));
  assert.match(page, /Born \[held back, see 06\], Ms \[held back, see 06\], he said\. \[held back, see 06\]\./);
  const settings = await app.readSettings();
  assert.doesNotMatch(JSON.stringify([settings, await app.readShared()]), /Vane|1991|Wren/);
  for (const options of [{}, { identity, profile: 'school', restricted: true }]) {
    const later = await make(options);
    assert.ok(!('legal_name' in record(later).sheet), JSON.stringify(options));
    assert.doesNotMatch(JSON.stringify(record(later).sheet), /Vane|1991|Wren/);
    assert.equal(record(later).pack.restricted_asked, options.restricted);
  }
  phone.end();
});

test('the review has each answer about the safety of a person, with its place and its day', async () => {
  const { app, phone, record } = await diary();
  const person = async (fields, restricted) => {
    const input = { kind: 'person', record: null, fields: { role: 'witness', ...fields }, restricted };
    return (await app.saveRecord(input)).record;
  };
  const first = await person({ name: 'Mrs Osei' }, { safe_to_approach: 'yes' });
  const second = await person({ name: 'mrs osei ' }, { safe_to_approach: 'no', contact: 'Do not ring.' });
  const third = await person({ name: 'Sam' }, { safe_to_approach: 'not_sure' });
  await app.saveIncident({ record, fields: { witness_ids: [first, second, third] }, restricted: {} });
  const { advice } = await app.reviewPack({ from: null, to: null, records: null });
  const from = (place, answer, text = '') => ({ subject: first, isWorry: false, place, answer, text });
  assert.deepEqual(advice.sources, [
    from(`${first}/safe_to_approach`, 'yes'),
    from(`${second}/safe_to_approach`, 'no'),
    from(`${second}/contact`, '', 'Do not ring.'),
  ]);
  assert.deepEqual(advice.names, { [first]: 'Mrs Osei', [third]: 'Sam' });
  assert.deepEqual(advice.places[`${second}/contact`], { record: second, at: NOON });
  phone.end();
});

test('the summary counts what the pack lists as left out, and the pack lists it only if asked', async () => {
  const { app, phone, record } = await diary();
  await app.saveIncident({ record: null, fields: { narrative: 'Not chosen', precision: 'unknown' }, restricted: {} });
  await app.saveRecord({ kind: 'person', record: null, fields: { name: 'Sam', role: 'witness' }, restricted: {} });
  const chosen = { from: null, to: null, records: [record] };
  assert.deepEqual((await app.chooseForPack(chosen)).left_out, { entries: 1, files: 0, records: 1 });
  const make = async (options) => {
    const pack = await membersOf(
      await app.buildHere(await confirmPack(app, { ...FILLED, ...chosen, ...options }), () => {}),
    );
    return JSON.parse(utf8(pack.get('data/restricted/12_record.json'))).left_out;
  };
  assert.equal(await make({}), undefined);
  assert.deepEqual(
    (await make({ list_left_out: true })).map(({ kind, no }) => [kind, no]),
    [
      ['incident', 2],
      ['person', 1],
    ],
  );
  assert.deepEqual((await app.chooseForPack({ ...chosen, kind: 'supplement' })).left_out, {
    entries: 1,
    files: 0,
    records: 0,
  });
  phone.end();
});

test('the spreadsheet and the short table of a pack made on the phone have the cells of its own table', async () => {
  const { app, phone, attachment, record } = await diary('He said "come out", and waited.');
  await app.decidePicture(attachment, 'fine');
  const occurred_start = Date.UTC(2026, 10, 3, 20, 15);
  await app.saveIncident({
    record,
    fields: {
      occurred_start,
      precision: 'minute',
      utc_offset_min: 0,
      feared_violence: 'yes',
      place_category: 'home',
      who: '=him',
    },
    restricted: {},
  });
  const { get } = await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => undefined));
  const table = get('data/servable/02_chronology.csv');
  for (const [name, bytes] of (await chronologyCopies(table)) ?? []) assert.deepEqual(get(name), bytes, name);
  const [heads, row] = readTable(get('data/servable/02_chronology_short.csv')) ?? [];
  const cells = Object.fromEntries((heads ?? []).map((head, i) => [head, row?.[i]]));
  assert.equal(cells['When, to sort by'], '2026-11-03T20:15:00Z');
  assert.equal(cells['How sure of the time'], 'To the minute');
  assert.equal(cells['What happened, as first written'], 'He said "come out", and waited.');
  assert.equal(cells['Who, and how that is known'], "'=him");
  assert.equal(cells['Effect'], 'Afraid of violence: Yes');
  assert.equal(cells['Where and how'], 'At home');
  assert.equal(cells['Evidence'], 'JB/1');
  phone.end();
});

test('an entry erased for good keeps its number in later packs, which say so and verify', async () => {
  const clock = fixedClock(NOON);
  const { app, phone, record } = await phoneWithEntry({ packActions, send: noNetwork, clock }, 'The first.');
  const ids = [record];
  for (const narrative of ['The second.', 'The third.'])
    ids.push(
      (await app.saveIncident({ record: null, fields: { narrative, precision: 'unknown' }, restricted: {} })).record,
    );
  const packedRecord = async () => {
    const pack = await app.buildHere(await confirmPack(app, FILLED), () => undefined);
    const { get } = await membersOf(pack);
    const { findings } = await checkPack(
      /** @type {import('#app/verify/pack_reader.js').OpenedPack} */ (await openZip(pack.file)),
      {
        notary: null,
        instance: null,
        roots: [],
      },
    );
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['never_received'],
    );
    return JSON.parse(utf8(get('data/restricted/12_record.json')));
  };
  const numbersIn = ({ records }) =>
    Object.fromEntries(
      records.filter(({ kind }) => kind === 'incident').map(({ record: one, seq_no }) => [one, seq_no]),
    );
  assert.deepEqual(numbersIn(await packedRecord()), { [ids[0]]: 1, [ids[1]]: 2, [ids[2]]: 3 });
  await app.takeOutRecord(ids[1], '');
  await app.askErasing(ids[1], { words: WORDS });
  const takenOutAt = clock.now();
  clock.move(8 * 86_400_000);
  await app.finishErasing(ids[1], { words: WORDS });
  const laterPack = await packedRecord();
  assert.deepEqual(numbersIn(laterPack), { [ids[0]]: 1, [ids[2]]: 3 });
  assert.deepEqual(laterPack.gaps, [{ at: takenOutAt, seq_no: 2, why: 'removed' }]);
  assert.deepEqual([laterPack.counts.total, laterPack.counts.included, laterPack.counts.removed], [3, 2, 1]);
  const { entries, removed, withheld } = await app.chooseForPack({ from: null, to: null, records: null });
  assert.deepEqual({ entries, removed, withheld }, { entries: 2, removed: 1, withheld: 0 });
  phone.end();
});

test('statements by others are separate and marked: on the page, in a table and on the print screen', async () => {
  const { app, phone, attachment, record } = await diary();
  await app.decidePicture(attachment, 'fine');
  const saveStatement = (verified, narrative) =>
    app.saveRecord({
      kind: 'statement',
      record: null,
      restricted: { by_name: 'Sam Ray' },
      fields: {
        narrative,
        received_how: 'spoken_code',
        saw_how: 'saw',
        arrived: { at: 2, sent_at: 1, verified, when: 'on Tuesday', witness: 'w', words: `By 14 Elm Road. ${HOSTILE}` },
      },
    });
  for (const [verified, words] of [
    [true, `By 14 Elm Road. ${HOSTILE}`],
    [false, 'Elsewhere.'],
  ])
    await saveStatement(verified, words);
  const { get } = await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => undefined));
  const [page, table, entries] = ['01_chronology.html', '07_statements.csv', '02_chronology.csv'].map((name) =>
    utf8(get(`data/servable/${name}`)),
  );
  const marks = [
    'written by somebody else and sent with the spoken words, checked',
    'NOT written by somebody who had the spoken words; CHANGED by the keeper since it came',
  ];
  for (const mark of marks) assert.ok(page.includes(mark) && table.includes(mark) && !entries.includes(mark), mark);
  const { statements } = await app.readChronology(await confirmPack(app, { ...FILLED, records: [record] }), SAY);
  assert.deepEqual(
    statements.map(({ ref, narrative }) => [ref, narrative.startsWith('By [held back')]),
    [
      ['ST1', true],
      ['ST2', false],
    ],
  );
  assert.ok(statements.every(({ mark }, i) => mark.includes(marks[i])));
  // Three letters would also be found by chance in a key or a signature.
  for (const restrictedText of ['Elm Road', 'Sam Ray', '<img', '<script'])
    assert.ok(
      ![page, ...(restrictedText.startsWith('<') ? [] : [table, entries])].some((text) =>
        text.includes(restrictedText),
      ),
      restrictedText,
    );
  phone.end();
});

test('of more than ten marked entries the latest are offered, and read first', async () => {
  const { app, phone } = await diary('First.');
  for (let i = 0; i < 12; i++) {
    const fields = { narrative: `Marked ${i}`, precision: 'unknown', start_with_this: true };
    await app.saveIncident({ record: null, fields, restricted: {} });
  }
  const { marked } = await app.chooseForPack({ from: null, to: null, records: null });
  const { get } = await membersOf(
    await app.buildHere(await confirmPack(app, { ...FILLED, start_with: marked }), () => {}),
  );
  const { start_with: numbers } = JSON.parse(utf8(get('data/restricted/12_record.json')));
  assert.deepEqual(numbers, [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  phone.end();
});

test('files are numbered permanently from the keeper’s number, and marked entries are offered first', async () => {
  const { app, phone, attachment, record } = await diary('Marked.');
  await app.saveIncident({ record, fields: { start_with_this: true }, restricted: {} });
  const { marked } = await app.chooseForPack({ from: null, to: null, records: null });
  assert.deepEqual(marked, [record]);
  const { get, names } = await membersOf(
    await app.buildHere(await confirmPack(app, { ...FILLED, start_no: 20, start_with: marked }), () => {}),
  );
  assert.ok(names.includes('data/restricted/13_exhibits-as-received/JB-20.png'), names.join(' '));
  const fullRecord = JSON.parse(utf8(get('data/restricted/12_record.json')));
  assert.equal(fullRecord.start_with.length, 1);
  // A later pack is not asked for a first number, and a file with a number keeps it.
  await app.addFile(record, file(Uint8Array.from([...PNG, 0]), 'two.png'), { route: 'photo_picker' });
  const laterPack = await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => {}));
  assert.deepEqual(
    laterPack.names.filter((name) => /13_exhibits/.test(name)).sort(),
    ['JB-20.png', 'JB-21.png'].map((name) => `data/restricted/13_exhibits-as-received/${name}`),
  );
  assert.equal(
    (await app.readShared()).at(-1).fields.items_included.find((item) => item.record === attachment).item,
    'JB/20',
  );
  phone.end();
});

test('a signed account gives its length, language and who must be present, beside its translation', async () => {
  const { app, phone, record } = await diary('Signed.');
  const { attachment } = await app.addFile(
    record,
    file(Uint8Array.from([0x1a, 0x45, 0xdf, 0xa3, ...utf8Bytes('webm V_VP8 A_OPUS')]), 'signed.webm'),
    { route: 'recorded_in_app' },
  );
  const translation = { text: 'He was at the gate. <b>', by: 'Jo Hale', relation: 'interpreter', at: '2026-11-03' };
  await app.saveIncident({
    record,
    fields: { narrative_media: [attachment], language: 'BSL', translation },
    restricted: {},
    reason: 'x',
  });
  const { get } = await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => {}));
  const page = utf8(get('data/servable/01_chronology.html'));
  assert.match(
    page,
    /How it is told<\/dt><dd dir="auto">Signed; British Sign Language; Interpreter needed; item JB\/2</,
  );
  assert.match(
    page,
    /Translation<\/dt><dd dir="auto">He was at the gate\. &#60;b&#62;\n\(Jo Hale, interpreter, 2026-11-03\)</,
  );
  assert.match(
    utf8(get('data/servable/02_chronology.csv')),
    /Signed; British Sign Language; Interpreter needed; item JB\/2/,
  );
  phone.end();
});

test('restricted text is in no byte of the servable part, and no script in the page runs', async () => {
  const { app, phone } = await diary();
  const { get, names, all, folder } = await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => {}));
  for (const name of names.filter((name) => name.startsWith('data/servable/') || /^data\/\d/.test(name))) {
    const squeezed = utf8(all.get(`${folder}/${name}`))
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '');
    for (const word of ['14elmroad', 'elmroad']) assert.ok(!squeezed.includes(word), `${name} holds ${word}`);
  }
  const page = utf8(get('data/servable/01_chronology.html'));
  assert.match(page, /\[held back, see 06\]/);
  assert.match(page, /default-src &#39;none&#39;|default-src 'none'/);
  assert.ok(!/<script|<img|onerror=alert\(1\)>/.test(page));
  assert.match(utf8(get('data/restricted/12_record.json')), /14 Elm Road/);
  const servable = names.find(
    (name) => name.startsWith('data/servable/proof/0001') || name.startsWith('data/servable/proof/U0001'),
  );
  assert.ok(Object.keys(parseCanonicalObject(get(servable)).withheld).includes('narrative'));
  phone.end();
});

test('without the part for the police the pack has no restricted file', async () => {
  const { app, phone } = await diary();
  const { names } = await membersOf(
    await app.buildHere(await confirmPack(app, { ...FILLED, restricted: false }), () => {}),
  );
  assert.ok(names.every((name) => !name.startsWith('data/restricted/')));
  assert.equal((await app.readShared())[0].fields.restricted_included, false);
  phone.end();
});

test('each picture is reviewed once; the decision is kept, and the next review shows only new pictures', async () => {
  const { app, phone, record, attachment } = await diary('He left a card: LS1 4AB, ring 07700 900123.');
  const everything = { from: null, to: null, records: null };
  const firstReview = await app.reviewPack(everything);
  assert.deepEqual(
    firstReview.pictures.map(({ attachment: id, decision }) => [id, decision]),
    [[attachment, null]],
  );
  assert.deepEqual(
    firstReview.words.map(({ why, found }) => [why, found]),
    [
      ['postcode', 'LS1 4AB'],
      ['number', '07700 900123'],
    ],
  );
  await app.decidePicture(attachment, 'hold');
  const picture2 = await app.addFile(record, file(Uint8Array.of(...PNG, 9), 'IMG_0002.png'), { route: 'photo_picker' });
  const secondReview = await app.reviewPack(everything);
  assert.deepEqual(
    secondReview.pictures.map(({ decision }) => decision),
    ['hold', null],
  );
  await assert.rejects(app.decidePicture(picture2.attachment, 'covered'), { code: 'no_print_copy' });
  await app.decidePicture(picture2.attachment, 'out');
  assert.equal((await app.reviewPack(everything)).pictures.length, 1);
  // Words are held back for good, or marked as harmless.
  await app.decideWords('LS1 4AB', 'hold');
  await app.decideWords('07700 900123', 'fine');
  const thirdReview = await app.reviewPack(everything);
  assert.deepEqual(
    thirdReview.words.map(({ why, found, answered }) => [why, found, answered]),
    [
      ['apart', 'LS1 4AB', true],
      ['number', '07700 900123', true],
    ],
  );
  const { get } = await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => {}));
  const page = utf8(get('data/servable/01_chronology.html'));
  assert.ok(!page.includes('LS1 4AB') && page.includes('07700 900123'));
  phone.end();
});

test('an address that was amended away is asked about, and once hidden stands in no version', async () => {
  const { app, phone, record } = await phoneWithEntry(
    { packActions, send: noNetwork },
    'He came to 14 Elm Road LS1 4AB, then rang 07700 900123.',
  );
  phone.clock.move(60 * 60_000);
  const amend = (narrative, reason) => app.saveIncident({ record, fields: { narrative }, restricted: {}, reason });
  await amend('He came to my home, then rang 07700900123.', 'Not LS9 9ZZ');
  phone.clock.move(60 * 60_000);
  await amend('He came to my home, then rang me.', 'Too much said');
  const everything = { from: null, to: null, records: null };
  const review = async () => (await app.reviewPack(everything)).words;
  const earlier = ['LS1 4AB', '07700 900123', 'LS9 9ZZ', '07700900123'];
  assert.deepEqual((await review()).map(({ found }) => found).sort(), [...earlier].sort());
  assert.ok((await review()).every(({ isEarlier, answered }) => isEarlier && !answered));
  for (const found of earlier) await app.decideWords(found, 'hold');
  assert.deepEqual([...new Set((await review()).map(({ why }) => why))], ['apart']);
  const { get, names } = await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => {}));
  assert.match(utf8(get('data/servable/01_chronology.html')), /Elm Road \[held back, see 06\]/);
  for (const name of names.filter((member) => member.startsWith('data/servable/')))
    for (const found of earlier) assert.ok(!utf8(get(name)).includes(found), `${name} ${found}`);
  phone.end();
});

test('another spelling of a number that is hidden is asked about', async () => {
  const { app, phone } = await phoneWithEntry(
    { packActions, send: noNetwork },
    'He rang 07700 900123 and wrote 07700900123.',
  );
  await app.decideWords('07700 900123', 'hold');
  const { words } = await app.reviewPack({ from: null, to: null, records: null });
  assert.deepEqual(
    words.map(({ why, found, answered }) => [why, found, answered]),
    [
      ['apart', '07700 900123', true],
      ['number', '07700900123', false],
    ],
  );
  phone.end();
});

test('own words are searched like the entries, and what is hidden in them is not printed', async () => {
  const { app, phone } = await phoneWithEntry({ packActions, send: noNetwork });
  const ownWords = 'Since May he waits at LS1 4AB.';
  const review = async () => (await app.reviewPack({ from: null, to: null, records: null }, ownWords)).words;
  assert.deepEqual(
    (await review()).map(({ why, found, kind, record, answered }) => [why, found, kind, record, answered]),
    [['postcode', 'LS1 4AB', 'own_words', '', false]],
  );
  await app.decideWords('LS1 4AB', 'hold');
  assert.deepEqual(
    (await review()).map(({ why, answered }) => [why, answered]),
    [['apart', true]],
  );
  const options = { ...FILLED, own_words: ownWords };
  const { get, names } = await membersOf(await app.buildHere(await confirmPack(app, options), () => {}));
  // The pages of an engine print them (diary/pack/documents/chronology.py); plain ones do not.
  assert.ok(JSON.parse(utf8(get('data/restricted/12_record.json'))).own_words.includes('LS1 4AB'));
  for (const name of names.filter((member) => member.startsWith('data/servable/')))
    assert.ok(!utf8(get(name)).includes('LS1 4AB'), name);
  phone.end();
});

test('private sexual pictures stay out unless they are ticked', async () => {
  const { app, phone, attachment } = await diary();
  await app.decidePicture(attachment, 'private');
  assert.equal((await app.chooseForPack({ from: null, to: null, records: null })).intimate, 1);
  assert.ok(
    !(await membersOf(await app.buildHere(await confirmPack(app, FILLED), () => {}))).names.some((name) =>
      name.includes('13_exhibits'),
    ),
  );
  assert.ok(
    (await membersOf(await app.buildHere(await confirmPack(app, { ...FILLED, intimate: true }), () => {}))).names.some(
      (name) => name.includes('13_exhibits'),
    ),
  );
  phone.end();
});

test('a pack of words needs no look at a picture, says that files follow, and a second pack has them', async () => {
  const { app, phone, attachment, record } = await diary();
  const all = { from: null, to: null, records: null };
  assert.deepEqual((await app.chooseForPack(all)).files_later, 0);
  const words = await app.chooseForPack({ ...all, filesLater: true });
  assert.deepEqual([words.pictures, words.files, words.bytes], [0, 0, 0]);
  assert.equal(words.files_later, 1);
  assert.deepEqual((await app.reviewPack({ ...all, filesLater: true })).pictures, []);
  const first = await membersOf(
    await app.buildHere(await confirmPack(app, { ...FILLED, filesLater: true }), () => undefined),
  );
  assert.ok(!first.names.some((name) => /13_exhibits|04_|\.png$/.test(name)), String(first.names));
  const recordOf = ({ get }) => JSON.parse(utf8(get('data/restricted/12_record.json')));
  assert.equal(recordOf(first).pack.files_later, 1);
  assert.deepEqual(recordOf(first).exhibits, []);
  assert.match(utf8(first.get('data/servable/01_chronology.html')), /None here: 1 to follow in a later pack/);
  await app.decidePicture(attachment, 'fine');
  assert.deepEqual(await app.newSince(), [record]);
  const options = { ...FILLED, kind: 'supplement', records: [record] };
  const second = await membersOf(await app.buildHere(await confirmPack(app, options), () => undefined));
  assert.deepEqual(second.get('data/restricted/13_exhibits-as-received/JB-1.png'), PNG);
  const { pack } = recordOf(second);
  assert.deepEqual(
    [pack.files_later, pack.kind, pack.since],
    [undefined, 'supplement', { changed: [1], new: [], removed: [] }],
  );
  phone.end();
});

test('the pack of the files has every file that the pack of words counted', async () => {
  const { app, phone, attachment, record } = await diary();
  await app.decidePicture(attachment, 'fine');
  const all = { from: null, to: null, records: null };
  const recordOf = ({ get }) => JSON.parse(utf8(get('data/restricted/12_record.json')));
  const make = async (options) => {
    const pack = await app.buildHere(await confirmPack(app, { ...FILLED, ...options }), () => undefined);
    return recordOf(await membersOf(pack));
  };
  // One file was in a pack before, and one is a private sexual picture.
  await make({});
  const other = file(Uint8Array.from([...PNG, 0]), 'two.png');
  const { attachment: intimate } = await app.addFile(record, other, { route: 'photo_picker' });
  await app.decidePicture(intimate, 'private');
  const options = { kind: 'supplement', intimate: true };
  assert.equal((await app.chooseForPack({ ...all, intimate: true, filesLater: true })).files_later, 2);
  const words = await make({ ...options, filesLater: true, list_left_out: true });
  assert.equal(words.pack.files_later, 2);
  assert.deepEqual(
    (words.left_out ?? []).filter(({ kind }) => kind === 'attachment'),
    [],
  );
  assert.equal((await make(options)).exhibits.length, words.pack.files_later);
  phone.end();
});

test('a pack streamed to disk is a complete zip, and cancelling midway leaves nothing', async () => {
  const { app, phone } = await diary();
  /** @type {Uint8Array} */ let disk = new Uint8Array(0);
  const outcome = { closed: false, dropped: false };
  const saveTo = {
    async write({ position, data }) {
      const grown = new Uint8Array(Math.max(disk.length, position + data.length));
      grown.set(disk);
      grown.set(data, position);
      disk = grown;
    },
    async close() {
      outcome.closed = true;
    },
    async abort() {
      outcome.dropped = true;
    },
  };
  const pack = await app.buildHere(await confirmPack(app, { ...FILLED, saveTo }), () => {});
  assert.equal(pack.file, null);
  assert.ok(outcome.closed && [...readZip(disk).keys()].length > 5);
  await assert.rejects(
    app.buildHere(await confirmPack(app, { ...FILLED, saveTo }), ({ step, done }) => {
      if (step === 'files' && done) void app.cancelPack();
    }),
    { code: 'cancelled' },
  );
  assert.ok(outcome.dropped);
  assert.equal((await app.readShared()).length, 1);
  phone.end();
});

test('numbers continue from the highest of any device, and two packs with one number are distinguished', async () => {
  const { app, phone, attachment } = await diary();
  await app.buildHere(await confirmPack(app, FILLED), () => {});
  const [firstExport] = await app.readShared();
  // Another device took the same number while offline.
  await app.saveRecord({
    kind: 'export',
    record: null,
    fields: { kind: 'evidence', pack_no: 1, made_at: firstExport.fields.made_at, record_ids: [] },
  });
  const exports = await app.readShared();
  assert.deepEqual(
    exports.map(({ label, twin }) => [label, twin]),
    [
      ['1', false],
      ['1B', true],
    ],
  );
  await app.noteDelivery(firstExport.record, {
    delivered_to: 'PC Hall',
    delivered_how: 'by_hand',
    receipt_ref: 'WY/77',
  });
  const supplement = await app.buildHere(
    await confirmPack(app, { ...FILLED, kind: 'supplement', recipientRef: 'WY/77' }),
    () => {},
  );
  assert.equal(supplement.no, 2);
  const { get, names } = await membersOf(supplement);
  assert.ok(names.includes('data/restricted/13_exhibits-as-received/JB-1.png'));
  const { pack } = JSON.parse(utf8(get('data/restricted/12_record.json')));
  assert.equal(pack.recipient_ref, 'WY/77');
  assert.deepEqual(pack.supersedes[0], {
    delivered_to: 'PC Hall',
    made_at: firstExport.fields.made_at,
    no: 1,
    receipt_ref: 'WY/77',
  });
  assert.deepEqual(await app.findItems('1, 9'), {
    items: ['JB/1'],
    records: [phone.app.state.entries[0].record],
    unknown: ['9'],
  });
  const itemsPack = await app.buildHere(
    await confirmPack(app, { ...FILLED, kind: 'items', items: ['JB/1'], records: [], from: null, to: null }),
    () => {},
  );
  assert.equal(itemsPack.no, 3);
  assert.ok(
    attachment && (await membersOf(itemsPack)).names.some((name) => name.endsWith('13_exhibits-as-received/JB-1.png')),
  );
  phone.end();
});

test('words are withheld exactly as by the typesetter', () => {
  const { cases, sheets } = JSON.parse(readFileSync(new URL('../vectors/held_back.json', import.meta.url), 'utf8'));
  const redactors = [
    ...cases.map(({ texts, names, phrases, samples }) => ({ redactor: new Redactor(texts, names, phrases), samples })),
    ...sheets.map(({ sheet, samples }) => ({ redactor: createRedactor([], sheet), samples })),
  ];
  for (const { redactor, samples } of redactors) {
    for (const [text, masked] of samples) {
      assert.equal(redactor.mask(text), masked);
      assert.equal(redactor.containsRestricted({ a: [text] }), masked !== text, text);
    }
  }
});
