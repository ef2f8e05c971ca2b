/**
 * Give the app's readers the bytes that arrive, one line of JSON for each, and report what no reader may do.
 * In: {"i": number, "target": name, "raw": base64}. Out, before each: its number; after one that failed: {"i", "why"}.
 */
import { createInterface } from 'node:readline';
import { readFileSync, writeSync } from 'node:fs';
import { parseCanonical, decodeFrames, unb64 } from '#app/core/encoding.js';
import { KeptError } from '#app/core/errors.js';
import { readableBytes, readMetadata } from '#app/media/exif.js';
import { detectType } from '#app/media/file_type.js';
import { readTiff } from '#app/media/tiff.js';
import { parseCertificate, parseChain } from '#app/crypto/certificates.js';
import { integerOf, oidOf, readValues, readValue, timeOf } from '#app/crypto/der.js';
import { readUnverifiedHeader } from '#app/crypto/envelope.js';
import { readNote } from '#app/ledger/checkpoint.js';
import { verifyTimestamp } from '#app/ledger/timestamps.js';
import { decodePush } from '#app/ledger/push.js';
import { looksLikeMail, looksLikeOutlook, readMail } from '#app/imports/mail.js';
import { looksLikeMailbox, readMailbox } from '#app/imports/mailbox.js';
import { FORMATS } from '#app/imports/conversations/formats.js';
import { wordsOfRtf } from '#app/imports/outlook/rtf.js';
import { looksLikePhoneBackup, readBackupMessage, readPhoneBackup } from '#app/imports/phone_backup.js';
import { looksLikeSavedPage, readSavedPage } from '#app/imports/saved_pages/saved_page.js';
import { looksLikeWarc, readArchivedPage, readWacz, readWarc } from '#app/imports/web_archives/archive.js';
import { isWacz } from '#app/imports/web_archives/wacz.js';
import { looksLikeContacts, readContacts } from '#app/imports/contacts/vcard.js';
import { looksLikeBill, readBill, readCalls } from '#app/imports/phone_bill/bill.js';
import { fieldsOf } from '#app/imports/phone_bill/csv.js';
import { readEntries, unpack } from '#app/imports/unzip.js';
import { entrySource } from '#app/imports/unzip_stream.js';
import { looksLikeChat, readChat, rowsOf } from '#app/imports/whatsapp.js';
import { chronologyCopies } from '#app/pack/chronology/short_table.js';
import { embeddedFiles } from '#app/verify/pdf.js';
import { placeOf, readDirectory } from '#app/verify/zipfile.js';

const SECONDS = 10;
const MIB = 1 << 20;
const HELD_MOST = 512 * MIB;
const stamped = (name) => readFileSync(new URL(`stamped/${name}`, import.meta.url), 'utf8');
const [chain, pins] = [stamped('chain.pem'), JSON.parse(stamped('pins.json'))];
const text = (raw) => new TextDecoder().decode(raw);
/** Let an error of ours pass: the file is refused. */
const refusedOnly = (error) => {
  if (!(error instanceof KeptError)) throw error;
  return null;
};
const first = (fn) => (raw) => {
  for (const one of readValues(raw)) fn(one);
};

/** Each reader, by the name that tests/fuzzing/node_readers.py gives it. */
const TARGETS = {
  json: (raw) => parseCanonical(raw),
  frames: (raw) => decodeFrames(raw),
  push: (raw) => decodePush(raw),
  header: (raw) => readUnverifiedHeader(raw, 'version'),
  base64: (raw) => unb64(text(raw)),
  note: (raw) => readNote(text(raw)),
  der: (raw) => readValues(raw),
  number: first(integerOf),
  name: first(oidOf),
  time: first(timeOf),
  certificate: (raw) => parseCertificate(readValue(raw).encoded),
  pem: (raw) => parseChain(text(raw)),
  timestamp: (raw) =>
    verifyTimestamp(raw, new TextEncoder().encode(pins.note), {
      chain,
      policy: pins.policy,
      nonce: unb64(pins.nonce),
      roots: [],
    }),
  table: (raw) => chronologyCopies(raw),
  pdf: (raw) => embeddedFiles(raw),
  tiff: (raw) => readTiff(raw),
  sound: (raw) => readMetadata(readableBytes(raw), String(detectType(raw))),
  about: (raw) => readMetadata(readableBytes(raw), String(detectType(raw))),
  chat: async (raw) => {
    looksLikeChat(text(raw));
    await rowsOf(await readChat(text(raw)), { order: 'dmy', tz: 'Europe/London', me: null });
  },
  mail: async (raw) => {
    looksLikeMail(raw);
    await readMail(raw);
  },
  outlook: async (raw) => {
    if (looksLikeOutlook(raw)) await readMail(raw);
  },
  rtf: (raw) => wordsOfRtf(raw),
  page: (raw) => {
    if (looksLikeSavedPage(raw)) readSavedPage(raw, Date.UTC(2026, 11, 2));
  },
  archive: async (raw) => {
    const pause = async () => undefined;
    const file = { size: raw.length, read: async (from, until) => raw.subarray(from, until) };
    await looksLikeWarc(raw);
    const entries = await readEntries(file).catch(refusedOnly);
    if (entries && !isWacz(entries)) return;
    const archive = entries ? await readWacz(file, entries, pause) : await readWarc(file, pause);
    for (const place of archive.pages.keys()) {
      const page = await readArchivedPage(file, archive, { place, now: Date.UTC(2026, 11, 2) }, pause).catch(
        refusedOnly,
      );
      if (page && (page.text.length > 100_000 || page.address.length > 20_000))
        throw new Error('more than a record has');
    }
  },
  mailbox: async (raw) => {
    looksLikeMailbox(raw);
    await readMailbox(
      { size: raw.length, read: async (from, until) => raw.subarray(from, until) },
      async () => undefined,
    );
  },
  phone: async (raw) => {
    looksLikePhoneBackup(raw);
    readBackupMessage(raw);
    const file = { size: raw.length, read: async (from, until) => raw.subarray(from, until) };
    const { items } = await readPhoneBackup(file, Number.MAX_SAFE_INTEGER, async () => undefined);
    for (const { start, end } of items) readBackupMessage(raw.subarray(start, end));
  },
  conversation: async (raw) => {
    const pause = async () => undefined;
    for (const format of FORMATS) {
      format.looksLike(raw);
      const threads = await format.readThreads(raw, 'messages/c12345/messages.json', pause).catch(refusedOnly);
      for (const { messages } of threads ?? [])
        for (const span of messages) format.readMessage(raw, span, Number.MAX_SAFE_INTEGER);
    }
  },
  bill: async (raw) => {
    const latest = Date.UTC(2026, 10, 30);
    const pause = async () => undefined;
    looksLikeBill(raw, latest);
    const bill = await readBill(raw, latest, pause);
    await readCalls(bill, bill.proposed, latest, pause);
    let end = 0;
    for (const record of bill.csv.records) {
      if (record.start < end || record.end <= record.start || record.next < record.end)
        throw new Error(`the record of line ${record.line} is not after the one before it`);
      end = record.end;
      fieldsOf(bill.csv, record);
    }
  },
  contacts: async (raw) => {
    looksLikeContacts(raw);
    const { contacts } = await readContacts(raw, async () => undefined);
    for (const { name, values } of contacts)
      if (name.length > 200 || values.some(({ value }) => !value || value.length > 300))
        throw new Error('a value that no record may have');
  },
  async zip(raw) {
    const file = { size: raw.length, read: async (from, until) => raw.subarray(from, until) };
    for (const entry of await readEntries(file)) await unpack(file, entry, { limit: MIB }).catch(refusedOnly);
  },
  async entry(raw) {
    const file = { size: raw.length, read: async (from, until) => raw.subarray(from, until) };
    for (const entry of await readEntries(file)) {
      try {
        const source = await entrySource(file, entry);
        const end = Math.min(source.size, MIB);
        for (let at = 0; at < end; at += 1000) await source.read(at, Math.min(at + 1000, end));
        if (end === source.size) await source.check();
      } catch (error) {
        refusedOnly(error);
      }
    }
  },
  async pack(raw) {
    const file = new Blob([raw]);
    for (const row of (await readDirectory(file))?.rows ?? []) await placeOf(file, row);
  },
};

if (process.argv[2] === '--names') {
  writeSync(1, JSON.stringify(Object.keys(TARGETS)));
  process.exit(0);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { i, target, raw } = JSON.parse(line);
  writeSync(1, `${i}\n`);
  const bytes = new Uint8Array(Buffer.from(raw, 'base64'));
  const before = process.cpuUsage();
  let why = '';
  try {
    await TARGETS[target](bytes);
  } catch (error) {
    if (!(error instanceof KeptError)) why = String(error?.stack ?? error);
  }
  const { user, system } = process.cpuUsage(before);
  if (user + system > SECONDS * 1_000_000) why ||= `more than ${SECONDS} seconds of the processor`;
  if (process.memoryUsage().rss > HELD_MOST) why ||= `more than ${HELD_MOST / MIB} MiB`;
  if (why) writeSync(1, `${JSON.stringify({ i, why })}\n`);
}
