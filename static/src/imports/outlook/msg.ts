/** An email that Outlook saved (.msg): a compound file with a stream for each long property ([MS-OXMSG]). */
import { KeptError } from '../../core/errors.js';
import { readCompoundFile } from './compound_file.js';
import {
  EMBEDDED_METHOD,
  MAX_FILES,
  MAX_MESSAGE_DEPTH,
  MAX_PROPERTIES,
  PROPERTY,
  TYPE,
  bytesOf,
  decoderOf,
  fileOf,
  fileTime,
  messageOf,
  numberOf,
  unicodeText,
  untilZero,
} from './properties.js';
import type { Bytes } from '../../core/bytes.js';
import type { Storage } from './compound_file.js';
import type { OutlookFile, OutlookMessage, Properties } from './properties.js';

const PROPERTIES_STREAM = '__properties_version1.0';
const EMBEDDED_STORAGE = '__substg1.0_3701000D';
const [TOP_HEADER, EMBEDDED_HEADER, PART_HEADER] = [32, 24, 8];
const ENTRY_BYTES = 16;

/** What was missing while a message was read. */
type Missing = { any: boolean };

/** @throws import_wrong for a compound file of another program, mail_damaged */
export function readMsg(bytes: Bytes): OutlookMessage {
  const { root, isWhole } = readCompoundFile(bytes);
  if (!root.streams.has(PROPERTIES_STREAM)) throw new KeptError('import_wrong');
  const message = readMessage(root, TOP_HEADER, 0);
  return { ...message, isPartUnread: message.isPartUnread || !isWhole };
}

function readMessage(storage: Storage, headerBytes: number, depth: number): OutlookMessage {
  const missing = { any: false };
  const properties = readProperties(storage, headerBytes, null, missing);
  const codePage = numberOf(properties, PROPERTY.messageCodePage) ?? numberOf(properties, PROPERTY.internetCodePage);
  const parts = [...storage.storages].sort(([a], [b]) => (a < b ? -1 : 1));
  if (parts.length > MAX_FILES) throw new KeptError('mail_damaged');
  const recipients = parts
    .filter(([name]) => name.startsWith('__recip_version1.0_#'))
    .map(([, part]) => readProperties(part, PART_HEADER, codePage, missing));
  let isTooDeep = false;
  const files: OutlookFile[] = [];
  for (const [name, part] of parts) {
    if (!name.startsWith('__attach_version1.0_#')) continue;
    const own = readProperties(part, PART_HEADER, codePage, missing);
    const embedded = part.storages.get(EMBEDDED_STORAGE);
    const isMessage = numberOf(own, PROPERTY.attachMethod) === EMBEDDED_METHOD && embedded;
    isTooDeep ||= Boolean(isMessage) && depth >= MAX_MESSAGE_DEPTH;
    const message = isMessage && depth < MAX_MESSAGE_DEPTH ? readMessage(embedded, EMBEDDED_HEADER, depth + 1) : null;
    files.push(fileOf(own, { size: bytesOf(own, PROPERTY.data)?.length ?? 0, message }));
  }
  return { ...messageOf(properties, recipients, files), isPartUnread: missing.any, isTooDeep };
}

/**
 * Return the properties of a message, a recipient or a file.
 * @param codePage of the message; null for the message itself, which names its own
 */
function readProperties(storage: Storage, headerBytes: number, codePage: number | null, missing: Missing): Properties {
  const list = storage.streams.get(PROPERTIES_STREAM)?.() ?? null;
  const properties: Properties = new Map();
  if (!list || list.length < headerBytes) missing.any = true;
  const view = list ? new DataView(list.buffer, list.byteOffset, list.byteLength) : new DataView(new ArrayBuffer(0));
  const count = Math.floor((view.byteLength - headerBytes) / ENTRY_BYTES);
  if (count > MAX_PROPERTIES) throw new KeptError('mail_damaged');
  const long: { id: number; type: number; size: number }[] = [];
  for (let i = 0; i < count; i++) {
    const at = headerBytes + i * ENTRY_BYTES;
    const [type, id] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (type === TYPE.long) properties.set(id, view.getInt32(at + 8, true));
    else if (type === TYPE.short || type === TYPE.boolean) properties.set(id, view.getInt16(at + 8, true));
    else if (type === TYPE.time) {
      const time = fileTime(view, at + 8);
      if (time !== null) properties.set(id, time);
    } else if (type === TYPE.text || type === TYPE.text8 || type === TYPE.bytes)
      long.push({ id, type, size: view.getUint32(at + 8, true) });
  }
  const decoder = decoderOf(
    codePage ?? numberOf(properties, PROPERTY.messageCodePage) ?? numberOf(properties, PROPERTY.internetCodePage),
  );
  const wanted: ReadonlySet<number> = new Set(Object.values(PROPERTY));
  for (const { id, type } of long) {
    if (!wanted.has(id) || properties.has(id)) continue;
    const stream = storage.streams.get(`__substg1.0_${hex4(id)}${hex4(type)}`);
    const bytes = stream?.();
    if (!bytes) missing.any = true;
    else if (type === TYPE.bytes) properties.set(id, bytes);
    else properties.set(id, type === TYPE.text ? unicodeText(bytes) : untilZero(decoder.decode(bytes)));
  }
  return properties;
}

const hex4 = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
