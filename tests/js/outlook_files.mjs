/** Made-up files of Outlook: compound files ([MS-CFB]), emails (.msg), winmail.dat and compressed RTF. */
import { pathToFileURL } from 'node:url';

export const SECTOR = 512;
const [END, FREE, FAT_SECTOR, LIST_SECTOR] = [0xfffffffe, 0xffffffff, 0xfffffffd, 0xfffffffc];
const MINI = 64;
const CUTOFF = 4096;

const u16 = (n) => [n & 255, (n >> 8) & 255];
const u32 = (n) => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];
export const utf16 = (text) => Buffer.from(text, 'utf16le');
const ascii = (text) => Buffer.from(text, 'latin1');
const padded = (bytes, size) =>
  Buffer.concat([Buffer.from(bytes), Buffer.alloc((size - (bytes.length % size)) % size)]);

/** Return a compound file of version 3. `tree`: streams (bytes) and storages (objects) by name */
export function compoundFile(tree) {
  const entries = [{ name: 'Root Entry', type: 5, right: FREE, child: FREE, start: END, size: 0 }];
  const streams = [];
  const add = (parent, children) => {
    let previous = null;
    for (const [name, value] of Object.entries(children)) {
      const isStream = value instanceof Uint8Array;
      const entry = { name, type: isStream ? 2 : 1, right: FREE, child: FREE, start: END, size: 0 };
      const id = entries.push(entry) - 1;
      if (previous) previous.right = id;
      else parent.child = id;
      previous = entry;
      if (isStream) streams.push([entry, value]);
      else add(entry, value);
    }
  };
  add(entries[0], tree);
  const [sectors, fat, mini, miniFat] = [[], [], [], []];
  const store = (bytes, pieces, table, size) => {
    const all = padded(bytes, size);
    const first = pieces.length;
    for (let at = 0; at < all.length; at += size) {
      pieces.push(all.subarray(at, at + size));
      table.push(at + size < all.length ? pieces.length : END);
    }
    return all.length ? first : END;
  };
  for (const [entry, bytes] of streams) {
    entry.size = bytes.length;
    entry.start = bytes.length < CUTOFF ? store(bytes, mini, miniFat, MINI) : store(bytes, sectors, fat, SECTOR);
  }
  entries[0].size = mini.length * MINI;
  entries[0].start = store(Buffer.concat(mini), sectors, fat, SECTOR);
  const miniStart = store(Buffer.from(miniFat.flatMap(u32)), sectors, fat, SECTOR);
  const directory = Buffer.concat(
    entries.map(({ name, type, right, child, start, size }) => {
      const row = Buffer.alloc(128);
      utf16(name).copy(row);
      row.writeUInt16LE(2 * name.length + 2, 64);
      row[66] = type;
      row[67] = 1;
      row.writeUInt32LE(FREE, 68);
      row.writeUInt32LE(right, 72);
      row.writeUInt32LE(child, 76);
      row.writeUInt32LE(start, 116);
      row.writeUInt32LE(size, 120);
      return row;
    }),
  );
  const directoryStart = store(directory, sectors, fat, SECTOR);
  // The first 109 sectors of the table stand in the header, the others in lists of 127 and the next list's place.
  let [fatCount, listCount] = [1, 0];
  while (fatCount * 128 < sectors.length + fatCount + listCount)
    listCount = Math.max(0, Math.ceil((++fatCount - 109) / 127));
  const fatPlaces = Array.from({ length: fatCount }, (_, i) => sectors.length + i);
  const firstList = sectors.length + fatCount;
  for (let i = 0; i < fatCount; i++) fat.push(FAT_SECTOR);
  for (let i = 0; i < listCount; i++) fat.push(LIST_SECTOR);
  while (fat.length < fatCount * 128) fat.push(FREE);
  const lists = Array.from({ length: listCount }, (_, i) => [
    ...Array.from({ length: 127 }, (_one, j) => fatPlaces[109 + 127 * i + j] ?? FREE),
    i + 1 < listCount ? firstList + i + 1 : END,
  ]);
  const header = Buffer.alloc(SECTOR);
  Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(header);
  header.set([...u16(0x3e), ...u16(3), ...u16(0xfffe), ...u16(9), ...u16(6)], 24);
  header.set([...u32(fatCount), ...u32(directoryStart)], 44);
  header.set([...u32(CUTOFF), ...u32(miniStart), ...u32(Math.ceil(miniFat.length / 128))], 56);
  header.set([...u32(listCount ? firstList : END), ...u32(listCount)], 68);
  for (let i = 0; i < 109; i++) header.set(u32(fatPlaces[i] ?? FREE), 76 + 4 * i);
  const table = Buffer.from([...fat, ...lists.flat()].flatMap(u32));
  return Uint8Array.from(Buffer.concat([header, ...sectors, table]));
}

export const ID = {
  subject: 0x0037,
  submitted: 0x0039,
  headers: 0x007d,
  recipientType: 0x0c15,
  senderName: 0x0c1a,
  senderAddress: 0x0c1f,
  flags: 0x0e07,
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  displayName: 0x3001,
  address: 0x3003,
  data: 0x3701,
  method: 0x3705,
  longFileName: 0x3707,
  mimeType: 0x370e,
  smtp: 0x39fe,
  internetCodePage: 0x3fde,
  codePage: 0x3ffd,
};
const FILETIME_UNIX_MS = 11_644_473_600_000;
const TYPES = { string: 0x001f, number: 0x0003 };

function fileTimeBytes(date) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(date.getTime() + FILETIME_UNIX_MS) * 10_000n);
  return bytes;
}

/** Return the tag's type and the value's bytes. A Date is a time; `{ text8 }` is in an 8-bit encoding. */
function valueOf(value) {
  if (value instanceof Date) return [0x0040, fileTimeBytes(value)];
  if (value instanceof Uint8Array) return [0x0102, Buffer.from(value)];
  if (typeof value === 'object') return [0x001e, Buffer.from(value.text8)];
  return [TYPES[typeof value], typeof value === 'number' ? Buffer.from([...u32(value), 0, 0, 0, 0]) : utf16(value)];
}

const hex4 = (n) => n.toString(16).toUpperCase().padStart(4, '0');

/** Return the streams of a message, a recipient or a file. `header`: bytes before the list */
function propertyStreams(properties, header) {
  const streams = {};
  const rows = [Buffer.alloc(header)];
  for (const [name, value] of Object.entries(properties)) {
    const [type, bytes] = valueOf(value);
    const isFixed = type === 0x0040 || type === 0x0003;
    rows.push(Buffer.from([...u16(type), ...u16(ID[name]), ...u32(6)]));
    rows.push(isFixed ? bytes : Buffer.from([...u32(bytes.length + (type === 0x001f ? 2 : 0)), 0, 0, 0, 0]));
    if (!isFixed) streams[`__substg1.0_${hex4(ID[name])}${hex4(type)}`] = bytes;
  }
  return { '__properties_version1.0': Buffer.concat(rows), ...streams };
}

/** Return the streams of a message. `files`: properties of each file, or `{ message }` for an embedded one */
export function msgTree({ recipients = [], files = [], ...properties }, header = 32) {
  const tree = propertyStreams(properties, header);
  recipients.forEach((recipient, i) => {
    tree[`__recip_version1.0_#${hex4(0)}${hex4(i)}`] = propertyStreams(recipient, 8);
  });
  files.forEach(({ message, ...file }, i) => {
    const part = propertyStreams(message ? { ...file, method: 5 } : { ...file, method: 1 }, 8);
    if (message) part['__substg1.0_3701000D'] = msgTree(message, 24);
    tree[`__attach_version1.0_#${hex4(0)}${hex4(i)}`] = part;
  });
  return tree;
}

export const msg = (message) => compoundFile(msgTree(message));

export const SENT = new Date(Date.UTC(2026, 10, 24, 21, 10));
export const MESSAGE = {
  subject: 'Café tonight',
  senderName: 'Sám',
  senderAddress: 'sam@example.org',
  submitted: SENT,
  body: 'I saw you €\r\nAnswer me.\r\n',
  recipients: [{ displayName: 'jo@example.net', smtp: 'jo@example.net', recipientType: 1 }],
  files: [
    { longFileName: 'häus.png', mimeType: 'image/png', data: Buffer.from('89504e470d0a1a0a', 'hex') },
    {
      displayName: 'her address',
      message: {
        subject: 'her address',
        senderName: 'Lee',
        senderAddress: 'lee@example.com',
        submitted: new Date(Date.UTC(2026, 10, 23, 14)),
        body: 'Mill Lane',
      },
    },
  ],
};
export const TRANSPORT_HEADERS = [
  'Received: from mail.example (192.0.2.1)',
  'From: =?UTF-8?Q?S=C3=A1m?= <sam@example.org>',
  'To: jo@example.net',
  'Date: Tue, 24 Nov 2026 22:10:00 +0100',
  'Subject: =?UTF-8?Q?Caf=C3=A9?= tonight',
  '',
  '',
].join('\r\n');

export const CRC_OF = (bytes) => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc >>> 0;
};

/** Return RTF packed without a single reference, as a valid stream of literals with the end mark. */
export function packedRtf(rtf) {
  const text = ascii(rtf);
  const pieces = [];
  for (let at = 0; at < text.length; at += 8) pieces.push(Buffer.from([0]), text.subarray(at, at + 8));
  const end = (207 + text.length) % 4096;
  const mark = [(end >> 4) & 255, (end & 15) << 4];
  const rest = text.length % 8;
  // The mark is the item after the last letter, in the same group of eight where it has room.
  const contents = Buffer.concat(
    rest === 0
      ? [...pieces, Buffer.from([1, ...mark])]
      : [...pieces.slice(0, -2), Buffer.from([1 << rest]), text.subarray(text.length - rest), Buffer.from(mark)],
  );
  return rtfHeader(contents, text.length);
}

export const rtfHeader = (contents, size, crc = CRC_OF(contents)) =>
  Uint8Array.from([...u32(contents.length + 12), ...u32(size), ...u32(0x75465a4c), ...u32(crc), ...contents]);

const attribute = (level, id, data) => {
  const sum = data.reduce((total, byte) => (total + byte) & 0xffff, 0);
  return Buffer.concat([
    Buffer.from([level, ...u32(id), ...u32(data.length)]),
    Buffer.from(data),
    Buffer.from(u16(sum)),
  ]);
};

/** Return a list of properties as TNEF has it. `object`: an embedded TNEF stream as the file's data */
export function tnefProperties(properties, object = null) {
  const rows = Object.entries(properties).map(([name, value]) => {
    const [type, bytes] = valueOf(value);
    const tag = [...u16(type), ...u16(ID[name])];
    if (type === 0x0040) return Buffer.from([...tag, ...bytes]);
    if (type === 0x0003) return Buffer.from([...tag, ...bytes.subarray(0, 4)]);
    const whole = type === 0x001f ? Buffer.concat([bytes, Buffer.alloc(2)]) : bytes;
    return Buffer.concat([Buffer.from([...tag, ...u32(1), ...u32(whole.length)]), padded(whole, 4)]);
  });
  if (object) {
    const whole = Buffer.concat([Buffer.alloc(16, 7), object]);
    rows.push(Buffer.from([...u16(0x000d), ...u16(ID.data), ...u32(1), ...u32(whole.length)]), padded(whole, 4));
  }
  return Buffer.concat([Buffer.from(u32(rows.length - (object ? 1 : 0))), ...rows]);
}

/** Return a winmail.dat of a message as `msg` takes it. */
export function tnef({ recipients = [], files = [], ...properties }, before = []) {
  return Uint8Array.from(
    Buffer.concat([
      Buffer.from([...u32(0x223e9f78), 1, 0]),
      attribute(1, 0x00089006, Buffer.from(u32(0x00010000))),
      attribute(1, 0x00069007, Buffer.from([...u32(1252), 0, 0, 0, 0])),
      ...before,
      attribute(1, 0x00069003, tnefProperties(properties)),
      ...(recipients.length
        ? [
            attribute(
              1,
              0x00069004,
              Buffer.concat([Buffer.from(u32(recipients.length)), ...recipients.map((one) => tnefProperties(one))]),
            ),
          ]
        : []),
      ...files.flatMap(({ message, data, ...file }) => [
        attribute(2, 0x00069002, Buffer.alloc(14)),
        ...(data ? [attribute(2, 0x0006800f, data)] : []),
        attribute(
          2,
          0x00069005,
          tnefProperties(message ? { ...file, method: 5 } : { ...file, method: 1 }, message ? tnef(message) : null),
        ),
      ]),
    ]),
  );
}
export const tnefAttribute = attribute;

export const HTML_RTF =
  '{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0 Arial;}}' +
  "{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Wait f\\'fcr me{\\*\\htmltag72 </p>}\\htmlrtf \\par}\\htmlrtf0" +
  '{\\*\\htmltag84 <script>}{\\*\\htmltag bad()}{\\*\\htmltag92 </script>}}';
export const TEXT_RTF =
  '{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl{\\f0 Arial;}}I know\\par \\u8364?20 {\\*\\x hidden}}';

/** Return the bytes of an email with a winmail.dat. */
export const mailWith = (winmail, words = '') =>
  Buffer.from(
    [
      'From: Sam <sam@example.org>',
      'To: jo@example.net',
      'Date: Tue, 24 Nov 2026 21:10:00 +0000',
      'Subject: hi',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      ...(words ? ['--b', 'Content-Type: text/plain', '', words] : []),
      '--b',
      'Content-Type: application/ms-tnef; name="winmail.dat"',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="winmail.dat"',
      '',
      Buffer.from(winmail).toString('base64'),
      '--b--',
      '',
    ].join('\r\n'),
  );

/** Small files for fuzzing and for the browser, by name. */
export const SAMPLES = {
  message: msg({ ...MESSAGE, headers: TRANSPORT_HEADERS }),
  rtf: msg({ ...MESSAGE, body: '', files: [], rtf: packedRtf(HTML_RTF) }),
  winmail: tnef(MESSAGE),
  text: tnef({ subject: 'hi', rtf: packedRtf(TEXT_RTF) }),
  packed_html: packedRtf(HTML_RTF),
  packed_text: packedRtf(TEXT_RTF),
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(
    JSON.stringify(
      Object.fromEntries(Object.entries(SAMPLES).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])),
    ),
  );
