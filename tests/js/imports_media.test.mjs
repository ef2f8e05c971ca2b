/**
 * Pictures in a chat export become attachments of the entries that mention them. Damaged ones are named, and nothing is
 * added twice.
 */
import assert from 'node:assert/strict';
import test, { after, before as beforeAll } from 'node:test';
import { entrySource } from '#app/imports/unzip_stream.js';
import { readEntries } from '#app/imports/unzip.js';
import { utf8, zip } from './chat_exports.mjs';
import { NOON, PNG, phoneWithEntry } from './phone/phone.mjs';
import { fixedClock } from '#app/core/clock.js';
import { KeptError } from '#app/core/errors.js';

let timer;
beforeAll(() => {
  timer = setInterval(() => {}, 1000);
});
after(() => clearInterval(timer));

/** @type {import('#app/shell/app.js').ImportAnswers} */
const ANSWERS = { tz: 'Europe/London', me: 'Jo', order: 'dmy' };
const picture = (n) => Uint8Array.from([...PNG, ...utf8(`tEXt${n}`)]);
const mediaLine = (day, time, name) => `${day}/11/2026, ${time} - Sam: \u200e${name} (file attached)`;
const chat = (...lines) => utf8(`${lines.join('\n')}\n`);
const LINES = [
  mediaLine(22, '21:10', 'IMG-1.jpg'),
  mediaLine(22, '21:11', 'IMG-2.jpg'),
  '22/11/2026, 21:12 - Jo: stop',
  mediaLine(23, '09:00', 'IMG-1-again.jpg'),
  mediaLine(23, '09:01', 'PTT-1.opus'),
  mediaLine(23, '09:02', 'gone.jpg'),
];
const MEDIA = {
  'IMG-1.jpg': picture(1),
  'IMG-2.jpg': picture(2),
  'IMG-1-again.jpg': picture(1),
  'PTT-1.opus': utf8('OggS and more of it'),
  'unspoken.jpg': picture(9),
};
const newPhone = () => phoneWithEntry({ clock: fixedClock(NOON + 3 * 86_400_000) });

async function importZip(app, bytes, media = true, chosen = (bursts) => bursts) {
  await app.readImport(new File([bytes], 'WhatsApp Chat with Sam.zip', { lastModified: NOON - 1000 }));
  const plan = await app.planImport(ANSWERS);
  return {
    plan,
    done: await app.keepImport({
      media,
      chosen: chosen(plan.bursts).map(({ index, narrative }) => ({ burst: index, narrative })),
    }),
  };
}

const namesIn = async (app, record) => (await app.readIncident(record)).attachments.map(({ name }) => name).sort();

async function countBlobs({ phone }) {
  const db = await phone.database.open();
  return (await db.getAllKeys('a')).length;
}

test('each picture joins the entry that mentions it, with its message’s time; equal bytes are one file', async () => {
  const { app } = await newPhone();
  const { plan, done } = await importZip(app, zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA }));
  assert.deepEqual([plan.files, plan.bursts.length], [{ with: 4, missing: 1, left_out: 0 }, 2]);
  assert.deepEqual(done.files, { added: 3, again: 0, failed: [] });
  const [first, second] = done.entries;
  assert.deepEqual(await namesIn(app, first), ['IMG-1.jpg', 'IMG-2.jpg', 'WhatsApp Chat with Sam.zip']);
  assert.deepEqual(await namesIn(app, second), ['IMG-1.jpg', 'PTT-1.opus', 'WhatsApp Chat with Sam.zip']);
  const { attachments } = await app.readIncident(first);
  const attachment = await app.readAttachment(attachments.find(({ name }) => name === 'IMG-1.jpg').attachment);
  assert.deepEqual(
    [
      attachment.fields.incident_ids,
      attachment.fields.alteration_before_receipt,
      attachment.fields.content_time.local,
      attachment.fields.content_time.source,
      attachment.fields.kind,
      attachment.restricted.received_as.filename,
      attachment.restricted.received_as.route,
    ],
    [
      [first, second],
      'unknown',
      '2026-11-22T21:10',
      'message_or_call_stamp',
      attachment.fields.kind,
      'IMG-1.jpg',
      'files',
    ],
  );
  await app.checkFile(attachment.attachment); // check every sealed part against the digest of the file in the zip
  const rows = (await app.readRecords('schedule')).flatMap(({ fields }) => fields.rows);
  assert.deepEqual(
    rows.filter(({ attachment_id: id }) => id === attachment.attachment).map(({ file_name }) => file_name),
    ['IMG-1.jpg', 'IMG-1-again.jpg'],
  );
  assert.equal(rows.find(({ file_name }) => file_name === 'gone.jpg').attachment_id, undefined);
});

test('the same export adds nothing; a longer one adds only its new pictures and recognises the others', async () => {
  const { app } = await newPhone();
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  await importZip(app, bytes);
  await app.readImport(new File([bytes], 'WhatsApp Chat with Sam.zip'));
  const same = await app.planImport(ANSWERS);
  assert.deepEqual([same.fresh, same.bursts], [0, []]);
  const longer = zip({
    'WhatsApp Chat with Sam.txt': chat(
      ...LINES,
      mediaLine(24, '07:00', 'IMG-2-sent-on.jpg'),
      mediaLine(24, '07:01', 'IMG-7.jpg'),
    ),
    ...MEDIA,
    'IMG-2-sent-on.jpg': picture(2),
    'IMG-7.jpg': picture(7),
  });
  const { done } = await importZip(app, longer);
  assert.deepEqual([done.entries.length, done.files], [1, { added: 1, again: 1, failed: [] }]);
  assert.deepEqual(await namesIn(app, done.entries[0]), ['IMG-2.jpg', 'IMG-7.jpg', 'WhatsApp Chat with Sam.zip']);
});

/** Import the file again and attach the pictures that were left out. */
async function importLate(app, bytes, name = 'WhatsApp Chat with Sam.zip') {
  await app.readImport(new File([bytes], name, { lastModified: NOON - 1000 }));
  const plan = await app.planImport(ANSWERS);
  return { plan, done: plan.late.files ? await app.keepImport({ chosen: [], late: 'Brought in later.' }) : null };
}

test('files stay that an import has written, also if its second copy of the chat cannot be deleted', async () => {
  const { app, phone } = await newPhone();
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  await importZip(app, bytes, false);
  const { write } = phone.database;
  let isImported = false;
  let refused = 0;
  phone.database.write = async (batch) => {
    if (isImported && (batch.drop ?? []).length && refused++ === 0) throw new KeptError('no_space');
    if (batch.put.length > 5) isImported = true;
    return write.call(phone.database, batch);
  };
  const { done } = await importLate(app, bytes);
  assert.deepEqual([refused, done.files], [1, { added: 3, again: 0, failed: [] }]);
  const lists = await app.readRecords('schedule');
  const ids = lists.flatMap(({ fields }) => fields.rows).flatMap(({ attachment_id: id }) => id ?? []);
  assert.equal(ids.length, 4);
  for (const id of ids) await app.checkFile(id);
});

test('pictures left out at first are added later with a reason; then nothing more is offered', async () => {
  const { app } = await newPhone();
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  const { done: first } = await importZip(app, bytes, false);
  const before = await Promise.all(first.entries.map((record) => app.readIncident(record)));
  const { plan, done } = await importLate(app, bytes);
  assert.deepEqual([plan.fresh, plan.bursts, plan.late], [0, [], { files: 4, entries: 2 }]);
  assert.deepEqual(
    [done.entries, done.rows, done.files, done.again],
    [[], 0, { added: 3, again: 0, failed: [] }, true],
  );
  const [firstEntry, secondEntry] = first.entries;
  assert.deepEqual(await namesIn(app, firstEntry), ['IMG-1.jpg', 'IMG-2.jpg', 'WhatsApp Chat with Sam.zip']);
  assert.deepEqual(await namesIn(app, secondEntry), ['IMG-1.jpg', 'PTT-1.opus', 'WhatsApp Chat with Sam.zip']);
  for (const { record, fields } of before) {
    const updated = await app.readIncident(record);
    assert.deepEqual({ ...updated.fields, attachment_ids: 0 }, { ...fields, attachment_ids: 0 });
    assert.equal(updated.versions.at(-1).kind === 'amendment', false, 'an entry only gains a file');
  }
  const lists = await app.readRecords('schedule');
  const rows = lists.flatMap(({ fields }) => fields.rows);
  assert.deepEqual(
    rows.map(({ file_name, attachment_id }) => [file_name, Boolean(attachment_id)]),
    [
      ['IMG-1.jpg', true],
      ['IMG-2.jpg', true],
      [undefined, false],
      ['IMG-1-again.jpg', true],
      ['PTT-1.opus', true],
      ['gone.jpg', false],
    ],
  );
  assert.equal(rows[0].attachment_id, rows[3].attachment_id, 'the same bytes are one file');
  assert.deepEqual((await app.readRecord(lists[0].record)).versions.at(-1).reason, 'Brought in later.');
  const secondPicture = await app.readAttachment(rows[1].attachment_id);
  assert.deepEqual(
    [secondPicture.fields.incident_ids, secondPicture.fields.content_time.local],
    [[firstEntry], '2026-11-22T21:11'],
  );
  await app.checkFile(secondPicture.attachment);
  assert.deepEqual((await importLate(app, bytes)).plan.late, { files: 0, entries: 0 });
});

test('an export with media after one without adds the pictures to their messages and keeps both files', async () => {
  const { app } = await newPhone();
  const without = LINES.map((line) => line.replace(/\u200e\S+ \(file attached\)/, '<Media omitted>'));
  await importZip(app, zip({ 'WhatsApp Chat with Sam.txt': chat(...without) }));
  const { plan, done } = await importLate(
    app,
    zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA }),
    'WhatsApp Chat with Sam (1).zip',
  );
  assert.deepEqual([plan.fresh, plan.late], [0, { files: 4, entries: 2 }]);
  assert.deepEqual([done.files, done.again], [{ added: 3, again: 0, failed: [] }, false]);
  const files = (await app.readRecords('attachment')).filter(({ fields }) => fields.kind === 'chat_export');
  assert.deepEqual(
    files.map(({ fields }) => fields.incident_ids.length),
    [2, 2],
  );
});

test('removed entries offer no pictures, a changed list keeps its text, and an empty file is refused', async () => {
  const { app } = await newPhone();
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  const { done: first } = await importZip(app, bytes, false);
  await app.takeOutRecord(first.entries[0]);
  await app.readImport(new File([bytes], 'a.zip'));
  assert.deepEqual((await app.planImport(ANSWERS)).late, { files: 2, entries: 1 });
  const [list] = (await app.readRecords('schedule')).filter(({ fields }) =>
    fields.incident_ids.includes(first.entries[1]),
  );
  await app.saveRecord({
    kind: 'schedule',
    record: list.record,
    fields: {
      rows: list.fields.rows.map((row) =>
        row.file_name === 'PTT-1.opus' ? { ...row, description: 'His voice' } : row,
      ),
    },
    reason: 'Heard it',
  });
  await app.keepImport({ chosen: [], late: 'Later.' });
  const [updated] = (await app.readRecords('schedule')).filter(({ record }) => record === list.record);
  assert.deepEqual(
    updated.fields.rows.map(({ file_name, attachment_id, description }) => [
      file_name,
      Boolean(attachment_id),
      description,
    ]),
    [
      ['IMG-1-again.jpg', true, undefined],
      ['PTT-1.opus', false, 'His voice'],
      ['gone.jpg', false, undefined],
    ],
  );
  const empty = await newPhone();
  const emptyMediaZip = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), 'IMG-1.jpg': new Uint8Array(0) });
  await importZip(empty.app, emptyMediaZip, false);
  const before = await countBlobs(empty);
  await assert.rejects(importLate(empty.app, emptyMediaZip), { code: 'import_no_files' });
  assert.equal(await countBlobs(empty), before);
});

test('pictures are not imported unless asked for, nor for entries that were not chosen', async () => {
  const { app } = await newPhone();
  const { done } = await importZip(app, zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA }), false);
  assert.deepEqual(done.files, { added: 0, again: 0, failed: [] });
  const otherPhone = await newPhone();
  const result = await importZip(
    otherPhone.app,
    zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA }),
    true,
    (bursts) => bursts.slice(1),
  );
  assert.deepEqual([result.done.entries.length, result.done.files.added], [1, 2]);
});

test('damaged and empty pictures are named, two of one name are left out, and the messages are kept', async () => {
  const { app } = await newPhone();
  const bytes = zip(
    {
      'WhatsApp Chat with Sam.txt': chat(...LINES),
      ...MEDIA,
      'IMG-2.jpg': new Uint8Array(0),
      'a/gone.jpg': picture(3),
      'b/gone.jpg': picture(4),
    },
    { level: 0 },
  );
  const offset = Buffer.from(bytes).indexOf(Buffer.from('OggS and more'));
  bytes[offset] ^= 1; // one bit of the voice message
  const { done } = await importZip(app, bytes);
  assert.deepEqual(done.files, { added: 1, again: 0, failed: ['IMG-2.jpg', 'PTT-1.opus'] });
  assert.equal(done.rows, 6);
});

test('an import stopped half-way or on a full phone leaves nothing behind', async () => {
  const setup = await newPhone();
  const { app, phone } = setup;
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  const before = await countBlobs(setup);
  await app.readImport(new File([bytes], 'WhatsApp Chat with Sam.zip'));
  const plan = await app.planImport(ANSWERS);
  const chosen = plan.bursts.map(({ index, narrative }) => ({ burst: index, narrative }));
  const signal = { stopped: false };
  let written = 0;
  const { write } = phone.database;
  phone.database.write = async function counted(writing) {
    if (writing.bulky && ++written === 6) signal.stopped = true;
    return write.call(this, writing);
  };
  await assert.rejects(app.keepImport({ chosen, media: true }, { signal }), { code: 'cancelled' });
  assert.equal(await countBlobs(setup), before);
  phone.database.write = async function full(writing) {
    if (writing.bulky && ++written > 14)
      throw Object.assign(new (await import('#app/core/errors.js')).KeptError('no_space'), {});
    return write.call(this, writing);
  };
  await assert.rejects(app.keepImport({ chosen, media: true }), { code: 'no_space' });
  phone.database.write = write;
  assert.equal(await countBlobs(setup), before);
  const done = await app.keepImport({ chosen, media: true });
  assert.equal(done.files.added, 3);
});

test('a zip entry is read in little memory, stored or compressed; a wrong checksum or size is refused', async () => {
  const whole = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 7);
  for (const level of /** @type {const} */ ([0, 6])) {
    const bytes = zip({ 'a.mp4': whole }, { level });
    let largestRead = 0;
    const file = {
      size: bytes.length,
      read: async (from, to) => {
        largestRead = Math.max(largestRead, to - from);
        return bytes.slice(from, to);
      },
    };
    const [entry] = await readEntries(file);
    const source = await entrySource(file, entry);
    const step = 1_032_192;
    for (let from = 0; from < source.size; from += step) {
      const to = Math.min(source.size, from + step);
      assert.deepEqual(await source.read(from, to), whole.slice(from, to));
    }
    await source.check();
    assert.ok(largestRead <= 70_000, 'one piece at a time');
    const other = await entrySource(file, { ...entry, crc: entry.crc ^ 1 });
    await other.read(0, other.size);
    await assert.rejects(other.check(), { code: 'zip_damaged' });
    const short = await entrySource(file, {
      ...entry,
      size: entry.size - 1,
      ...(level ? {} : { packed: entry.packed - 1 }),
    });
    await assert.rejects(
      (async () => {
        await short.read(0, short.size);
        await short.check();
      })(),
      { code: 'zip_damaged' },
    );
  }
});
