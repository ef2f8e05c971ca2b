/**
 * Conversations of Apple's Messages in the table that iMazing writes (Messages, Export to CSV).
 *
 *   Chat Session,Message Date,Delivered Date,Read Date,Edited Date,Service,Type,Sender ID,Sender Name,Status,Replying
 *   to,Subject,Text,Reactions,Attachment,Attachment type
 *
 * The columns that a file has differ by version, so they are found by their names. iMazing publishes no description of
 * them: this follows the names that readers of these files agree on. Its table of WhatsApp chats has no column
 * `Service`, and is not read.
 */
import { fieldsOf, recordsIn } from '../phone_bill/csv.js';
import { baseName } from '../unzip.js';
import { EMPTY_MESSAGE, NOBODY, NO_PLACE, textIn, typeOfFile } from './format.js';
import { wholeFile } from './json_spans.js';
import { OWNER, namedBy, timeAsWritten } from './imessage.js';
import { utf8 } from '../../core/bytes.js';
import type { Bytes } from '../../core/bytes.js';
import type { CsvRecord, CsvText } from '../phone_bill/csv.js';
import type { ChatFormat, MessageSpan, ReadMessage, Sender, Thread } from './format.js';
import type { Pause } from '../whatsapp.js';

/** One message of a table. */
type Row = Map<string, string>;

const COMMA = 0x2c;
const NEEDED = ['chat session', 'message date', 'service', 'type', 'text'];
/** Characters of one cell. */
const MAX_CELL_LENGTH = 50_000;
const MAX_RECORDS = 500_000;
const RECORDS_PER_PAUSE = 200;

export const IMAZING: ChatFormat = {
  place: NO_PLACE,
  app: 'imessage',
  file: { ending: '.csv', type: 'text/csv' },
  isWithoutZone: true,
  looksLike,
  readThreads,
  readMessage,
  senderOf: (_bytes, span) => span.sender ?? NOBODY,
  findFile,
};

/** The names of the columns of a table that is being read, by its bytes. */
const columnsOf: WeakMap<Uint8Array, string[]> = new WeakMap();

function looksLike(head: Uint8Array): boolean {
  const [first = ''] = new TextDecoder().decode(head.subarray(0, 4_096)).split(/\r?\n/, 1);
  const names = first
    .toLowerCase()
    .split(',')
    .map((name) => name.replace(/"/g, '').trim());
  return NEEDED.every((name) => names.includes(name));
}

async function readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null> {
  if (!looksLike(bytes)) return null;
  const csv: CsvText & { delimiter: number } = {
    bytes,
    encoding: 'utf-8',
    start: wholeFile(bytes).start,
    delimiter: COMMA,
  };
  const sessions: Map<string, MessageSpan[]> = new Map();
  let header: CsvRecord | null = null;
  let count = 0;
  let session = '';
  for (const record of recordsIn(csv, COMMA, MAX_CELL_LENGTH)) {
    if (++count > MAX_RECORDS) return null;
    if (count % RECORDS_PER_PAUSE === 0) await pause(record.end, bytes.length);
    if (!header) {
      header = record;
      columnsOf.set(
        bytes,
        (fieldsOf(csv, record) ?? []).map((name) => name.toLowerCase().trim()),
      );
      continue;
    }
    const row = rowAt(bytes, { ...record, isWhole: !record.isBad });
    // A line that is no row of the table is listed as not read, with the conversation before it.
    session = row?.get('chat session') || session;
    const messages = sessions.get(session) ?? [];
    sessions.set(session, messages);
    messages.push({
      start: record.start,
      end: record.end,
      isWhole: !record.isBad,
      ...(row ? { sender: senderIn(row) } : {}),
    });
  }
  const start = header ? bytes.subarray(0, header.next) : utf8('');
  return [...sessions].map(([name, messages]) => ({
    ...namedBy(
      messages.map(({ sender }) => sender?.name ?? ''),
      name || baseName(path),
    ),
    apart: `${path} ${name}`,
    title: name || baseName(path),
    people: [],
    messages,
    cutOff: false,
    isNewestFirst: false,
    frame: { before: start, between: utf8('\r\n'), after: utf8('\r\n') },
  }));
}

function rowAt(bytes: Bytes, { start, end, isWhole }: MessageSpan): Row | null {
  const columns = columnsOf.get(bytes) ?? [];
  const record = { line: 0, start, end, next: end, isBad: !isWhole };
  const fields = fieldsOf({ bytes, encoding: 'utf-8', start: 0, delimiter: COMMA }, record, MAX_CELL_LENGTH);
  if (!fields || fields.length > columns.length) return null;
  return new Map(fields.map((field, i) => [columns[i] ?? '', textIn(field).trim()]));
}

function senderIn(row: Row): Sender {
  const name = row.get('sender name') || row.get('sender id') || '';
  return { name: isOutgoing(row) ? name || OWNER : name, id: '' };
}

const isOutgoing = (row: Row) => /^outgoing$/i.test(row.get('type') ?? '');

function readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null {
  const row = rowAt(bytes, span);
  const type = row?.get('type') ?? '';
  if (!row || !/^(?:incoming|outgoing|notification)$/i.test(type)) return null;
  if (/^notification$/i.test(type)) return { ...EMPTY_MESSAGE, type: 'other', isNotice: true };
  const attachment = row.get('attachment') ?? '';
  const text = row.get('text') ?? '';
  return {
    ...EMPTY_MESSAGE,
    ...timeAsWritten(row.get('message date') ?? '', latest),
    sender: senderIn(row),
    isOwn: isOutgoing(row),
    type: attachment && !text ? typeOfFile(attachment) : 'text',
    text,
    notes: row.get('deleted date') ? ['Deleted since'] : [],
    quotes: [
      { label: 'Subject', text: row.get('subject') ?? '' },
      { label: 'In reply to', text: row.get('replying to') ?? '' },
      { label: 'Reactions listed with it', text: row.get('reactions') ?? '' },
    ],
    files: attachment ? [attachment] : [],
    isEdited: Boolean(row.get('edited date')),
  };
}

/** iMazing puts the time and the conversation before the name of a file. */
function findFile(name: string, paths: readonly string[]): string | undefined {
  const found = paths.filter((path) => baseName(path) === name || baseName(path).endsWith(` - ${name}`));
  return found.length === 1 ? found[0] : undefined;
}
