/**
 * Import made-up files as a phone would, and print what it wrote: `node read_received.mjs FOLDER`. The folder's
 * `questions.json` has `{diary: [{name, at, answers, adds}]}`: a file, when it is imported (ms UTC), what the keeper
 * answers, and what they add to its entries. Ids are left out.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fixedClock } from '#app/core/clock.js';
import { importFile } from '../js/phone/importing.mjs';
import { phoneWithEntry } from '../js/phone/phone.mjs';

/** Fields that differ from diary to diary. */
const OWN_TO_A_DIARY = ['attachment_ids', 'cards_opened', 'incident_ids', 'renditions', 'schedule_id'];
const SOURCE = 'source_attachment_id';

const imported = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => ![...OWN_TO_A_DIARY, SOURCE].includes(name)));

/** Return the text of a file as it is kept. */
const keptText = (phone, url) => phone.urls.get(url).text();

async function importedEntries(folder, { name, at, answers, adds }) {
  const { app, phone } = await phoneWithEntry({ clock: fixedClock(at) });
  const file = new File([await readFile(join(folder, name))], name, { lastModified: at });
  const found = await app.readImport(file);
  const person =
    found.kind === 'conversations' ? found.conversations[0]?.id : found.kind === 'phone' ? found.people[0]?.key : null;
  const { done } = await importFile(app, file, { person, ...answers });
  const byRecord = new Map();
  for (const kind of ['incident', 'schedule', 'attachment'])
    for (const one of await app.readRecords(kind)) byRecord.set(one.record, one);
  const entries = [];
  for (const record of done.entries) {
    const entry = byRecord.get(record).fields;
    const [attachment] = entry.attachment_ids;
    const { url, name: kept } = await app.readReceived(attachment);
    const schedule = byRecord.get(entry.schedule_id);
    entries.push({
      at,
      entry: { ...imported(entry), ...adds },
      file: { name: kept, text: await keptText(phone, url), ...openAndRestricted(byRecord.get(attachment)) },
      ...(schedule ? { schedule: openAndRestricted(schedule) } : {}),
    });
  }
  phone.end();
  return entries;
}

const openAndRestricted = ({ fields, restricted }) => ({ fields: imported(fields), restricted: restricted ?? {} });

const [folder] = process.argv.slice(2);
const questions = JSON.parse(await readFile(join(folder, 'questions.json'), 'utf8'));
const written = {};
for (const [diary, files] of Object.entries(questions)) {
  written[diary] = [];
  for (const file of files) written[diary].push(...(await importedEntries(join(folder, diary), file)));
}
process.stdout.write(JSON.stringify(written));
