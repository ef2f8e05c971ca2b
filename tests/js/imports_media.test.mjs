/** Pictures inside a chat export become attachments of the entries that speak of them; damaged ones are named, and nothing twice. */
import assert from 'node:assert/strict';
import test, { after, before as beforeAll } from 'node:test';
import { entrySource } from '#app/imports/unzip_stream.js';
import { readEntries } from '#app/imports/unzip.js';
import { utf8, zip } from './exports.mjs';
import { NOON, PNG, phoneWithEntry } from './phone/phone.mjs';
import { fixedClock } from '#app/core/clock.js';

/** @type {any} */
let awake;
beforeAll(() => {
  awake = setInterval(() => {}, 1000);
});
after(() => clearInterval(awake));

const JO = { tz: 'Europe/London', me: 'Jo', order: 'dmy' };
const picture = (n) => Uint8Array.from([...PNG, ...utf8(`tEXt${n}`)]);
const said = (day, time, name) => `${day}/11/2026, ${time} - Sam: \u200e${name} (file attached)`;
const chat = (...lines) => utf8(`${lines.join('\n')}\n`);
const LINES = [
  said(22, '21:10', 'IMG-1.jpg'),
  said(22, '21:11', 'IMG-2.jpg'),
  '22/11/2026, 21:12 - Jo: stop',
  said(23, '09:00', 'IMG-1-again.jpg'),
  said(23, '09:01', 'PTT-1.opus'),
  said(23, '09:02', 'gone.jpg'),
];
const MEDIA = {
  'IMG-1.jpg': picture(1),
  'IMG-2.jpg': picture(2),
  'IMG-1-again.jpg': picture(1),
  'PTT-1.opus': utf8('OggS and more of it'),
  'unspoken.jpg': picture(9),
};
const newPhone = () => phoneWithEntry({ clock: fixedClock(NOON + 3 * 86_400_000) });

async function bring(app, bytes, media = true, chosen = (/** @type {any[]} */ bursts) => bursts) {
  await app.readImport(new File([bytes], 'WhatsApp Chat with Sam.zip', { lastModified: NOON - 1000 }));
  const plan = await app.planImport(JO);
  return {
    plan,
    done: await app.keepImport({
      media,
      chosen: chosen(plan.bursts).map(({ index, narrative }) => ({ burst: index, narrative })),
    }),
  };
}

const namesIn = async (app, record) => (await app.readIncident(record)).attachments.map(({ name }) => name).sort();

async function blobs({ phone }) {
  const db = await phone.database.open();
  return (await db.getAllKeys('a')).length;
}

test('each stands in the entry that speaks of it, with the time of its message; the same bytes are one attachment', async () => {
  const { app } = await newPhone();
  const { plan, done } = await bring(app, zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA }));
  assert.deepEqual([plan.files, plan.bursts.length], [{ with: 4, missing: 1, left_out: 0 }, 2]);
  assert.deepEqual(done.files, { added: 3, again: 0, failed: [] });
  const [first, second] = done.entries;
  assert.deepEqual(await namesIn(app, first), ['IMG-1.jpg', 'IMG-2.jpg', 'WhatsApp Chat with Sam.zip']);
  assert.deepEqual(await namesIn(app, second), ['IMG-1.jpg', 'PTT-1.opus', 'WhatsApp Chat with Sam.zip']);
  const { attachments } = await app.readIncident(first);
  const one = await app.readAttachment(attachments.find(({ name }) => name === 'IMG-1.jpg').attachment);
  assert.deepEqual(
    [
      one.fields.incident_ids,
      one.fields.alteration_before_receipt,
      one.fields.content_time.local,
      one.fields.content_time.source,
      one.fields.kind,
      one.restricted.received_as.filename,
      one.restricted.received_as.route,
    ],
    [[first, second], 'unknown', '2026-11-22T21:10', 'message_or_call_stamp', one.fields.kind, 'IMG-1.jpg', 'files'],
  );
  await app.checkFile(one.attachment); // every sealed part again, against the digest of what was in the zip
  const rows = (await app.readRecords('schedule')).flatMap(({ fields }) => fields.rows);
  assert.deepEqual(
    rows.filter(({ attachment_id: id }) => id === one.attachment).map(({ file_name }) => file_name),
    ['IMG-1.jpg', 'IMG-1-again.jpg'],
  );
  assert.equal(rows.find(({ file_name }) => file_name === 'gone.jpg').attachment_id, undefined);
});

test('the same export again adds nothing; a longer one adds its new pictures only, and knows those it has', async () => {
  const { app } = await newPhone();
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  await bring(app, bytes);
  await app.readImport(new File([bytes], 'WhatsApp Chat with Sam.zip'));
  const same = await app.planImport(JO);
  assert.deepEqual([same.fresh, same.bursts], [0, []]);
  const longer = zip({
    'WhatsApp Chat with Sam.txt': chat(
      ...LINES,
      said(24, '07:00', 'IMG-2-sent-on.jpg'),
      said(24, '07:01', 'IMG-7.jpg'),
    ),
    ...MEDIA,
    'IMG-2-sent-on.jpg': picture(2),
    'IMG-7.jpg': picture(7),
  });
  const { done } = await bring(app, longer);
  assert.deepEqual([done.entries.length, done.files], [1, { added: 1, again: 1, failed: [] }]);
  assert.deepEqual(await namesIn(app, done.entries[0]), ['IMG-2.jpg', 'IMG-7.jpg', 'WhatsApp Chat with Sam.zip']);
});

/** Chooses the file again and puts what was missed where it belongs. */
async function late(app, bytes, name = 'WhatsApp Chat with Sam.zip') {
  await app.readImport(new File([bytes], name, { lastModified: NOON - 1000 }));
  const plan = await app.planImport(JO);
  return { plan, done: plan.late.files ? await app.keepImport({ chosen: [], late: 'Brought in later.' }) : null };
}

test('left out the first time, they come in later: into their rows and entries, with a reason, and then nothing is left to offer', async () => {
  const { app } = await newPhone();
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  const { done: first } = await bring(app, bytes, false);
  const before = await Promise.all(first.entries.map((record) => app.readIncident(record)));
  const { plan, done } = await late(app, bytes);
  assert.deepEqual([plan.fresh, plan.bursts, plan.late], [0, [], { files: 4, entries: 2 }]);
  assert.deepEqual(
    [done.entries, done.rows, done.files, done.again],
    [[], 0, { added: 3, again: 0, failed: [] }, true],
  );
  const [one, two] = first.entries;
  assert.deepEqual(await namesIn(app, one), ['IMG-1.jpg', 'IMG-2.jpg', 'WhatsApp Chat with Sam.zip']);
  assert.deepEqual(await namesIn(app, two), ['IMG-1.jpg', 'PTT-1.opus', 'WhatsApp Chat with Sam.zip']);
  for (const { record, fields } of before) {
    const now = await app.readIncident(record);
    assert.deepEqual({ ...now.fields, attachment_ids: 0 }, { ...fields, attachment_ids: 0 });
    assert.equal(now.versions.at(-1).kind === 'amendment', false, 'an entry only gains a file');
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
  const picture_ = await app.readAttachment(rows[1].attachment_id);
  assert.deepEqual([picture_.fields.incident_ids, picture_.fields.content_time.local], [[one], '2026-11-22T21:11']);
  await app.checkFile(picture_.attachment);
  assert.deepEqual((await late(app, bytes)).plan.late, { files: 0, entries: 0 });
});

test('an export without media first, then one with it: the pictures find their messages, and both files are kept', async () => {
  const { app } = await newPhone();
  const without = LINES.map((line) => line.replace(/\u200e\S+ \(file attached\)/, '<Media omitted>'));
  await bring(app, zip({ 'WhatsApp Chat with Sam.txt': chat(...without) }));
  const { plan, done } = await late(
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

test('of what was taken out nothing is offered; a list changed meanwhile keeps what it says; nothing to take out is said', async () => {
  const { app } = await newPhone();
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  const { done: first } = await bring(app, bytes, false);
  await app.takeOutRecord(first.entries[0]);
  await app.readImport(new File([bytes], 'a.zip'));
  assert.deepEqual((await app.planImport(JO)).late, { files: 2, entries: 1 });
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
  const [now] = (await app.readRecords('schedule')).filter(({ record }) => record === list.record);
  assert.deepEqual(
    now.fields.rows.map(({ file_name, attachment_id, description }) => [
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
  const hollow = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), 'IMG-1.jpg': new Uint8Array(0) });
  await bring(empty.app, hollow, false);
  const held = await blobs(empty);
  await assert.rejects(late(empty.app, hollow), { code: 'import_no_files' });
  assert.equal(await blobs(empty), held);
});

test('not asked for, none is taken in; of entries that were not chosen, none either', async () => {
  const { app } = await newPhone();
  const { done } = await bring(app, zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA }), false);
  assert.deepEqual(done.files, { added: 0, again: 0, failed: [] });
  const next = await newPhone();
  const some = await bring(next.app, zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA }), true, (bursts) =>
    bursts.slice(1),
  );
  assert.deepEqual([some.done.entries.length, some.done.files.added], [1, 2]);
});

test('a damaged one, an empty one and two of one name are named or left out, and the words are kept', async () => {
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
  const at = Buffer.from(bytes).indexOf(Buffer.from('OggS and more'));
  bytes[at] ^= 1; // one bit of the voice message
  const { done } = await bring(app, bytes);
  assert.deepEqual(done.files, { added: 1, again: 0, failed: ['IMG-2.jpg', 'PTT-1.opus'] });
  assert.equal(done.rows, 6);
});

test('stopped half-way, or on a full phone, nothing of it is left behind', async () => {
  const made = await newPhone();
  const { app, phone } = made;
  const bytes = zip({ 'WhatsApp Chat with Sam.txt': chat(...LINES), ...MEDIA });
  const before = await blobs(made);
  await app.readImport(new File([bytes], 'WhatsApp Chat with Sam.zip'));
  const plan = await app.planImport(JO);
  const chosen = plan.bursts.map(({ index, narrative }) => ({ burst: index, narrative }));
  const signal = { stopped: false };
  let written = 0;
  const { write } = phone.database;
  phone.database.write = async function counted(writing) {
    if (writing.bulky && ++written === 6) signal.stopped = true;
    return write.call(this, writing);
  };
  await assert.rejects(app.keepImport({ chosen, media: true }, { signal }), { code: 'cancelled' });
  assert.equal(await blobs(made), before);
  phone.database.write = async function full(writing) {
    if (writing.bulky && ++written > 14)
      throw Object.assign(new (await import('#app/core/errors.js')).KeptError('no_space'), {});
    return write.call(this, writing);
  };
  await assert.rejects(app.keepImport({ chosen, media: true }), { code: 'no_space' });
  phone.database.write = write;
  assert.equal(await blobs(made), before);
  const done = await app.keepImport({ chosen, media: true });
  assert.equal(done.files.added, 3);
});

test('an entry of a zip is read from front to back in little memory, stored or packed, and one bit too many is refused', async () => {
  const whole = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 7);
  for (const level of /** @type {const} */ ([0, 6])) {
    const bytes = zip({ 'a.mp4': whole }, { level });
    let most = 0;
    const file = {
      size: bytes.length,
      read: async (from, to) => {
        most = Math.max(most, to - from);
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
    assert.ok(most <= 70_000, 'a piece at a time');
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
