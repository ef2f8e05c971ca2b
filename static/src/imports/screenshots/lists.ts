/** Screens without bubbles: a call list, payments, an email. Their rows say who and when, never which side. */
import { around, lineOf } from './lines.js';
import { isAmount, isCall, isMissedCall, heading, onlyTime, timeAtEnd } from './screen_words.js';
import type { Line } from './lines.js';
import type { Doubt, ProposedRow, ReadWord, ScreenshotReading } from './picture_text.js';
import type { Surfaces } from './surfaces.js';

/** A word that is less sure than this is one to look at. */
const SURE = 85;
/** Fewer rows than this are words that somebody wrote, not a list. */
const FEWEST_ROWS = 2;
const FEWEST_CALLS = 3;
const TO_ME = /^(?:to ?me|to: me|do mnie|do: mnie)[ \p{P}\p{S}vV]*$/iu;
const END_OF_EMAIL = /^(?:reply|forward|reply all|odpowiedz|przekaż)(?: forward)?$/iu;

/** @returns null if the picture shows none of these */
export function readList(lines: Line[], { surfaces }: Surfaces, width: number): ScreenshotReading | null {
  const onPage = lines.filter(({ surface }) => {
    const box = surfaces[surface]?.box;
    return box && box[2] - box[0] > width * 0.92;
  });
  const pieces = onPage.flatMap(piecesOf).sort((one, other) => one.box[1] - other.box[1]);
  return readCalls(pieces, width) ?? readPayments(pieces, width) ?? readEmail(pieces, onPage);
}

/** Cut a line where a gap is wider than two letters are high. */
function piecesOf(line: Line): Line[] {
  const words = [...line.words].sort((one, other) => one.box[0] - other.box[0]);
  const groups: ReadWord[][] = [];
  for (const word of words) {
    const last = groups.at(-1)?.at(-1);
    if (last && word.box[0] - last.box[2] < line.height * 2) groups.at(-1)?.push(word);
    else groups.push([word]);
  }
  return groups.map((group) => lineOf(group, line.surface));
}

const middle = ({ box }: Line): number => (box[1] + box[3]) / 2;

function dayAbove(pieces: Line[], top: number): { day: string | null; sure: boolean } {
  const found = pieces.filter((piece) => piece.box[3] <= top && heading(piece.text)?.day).at(-1);
  return { day: (found && heading(found.text)?.day) ?? null, sure: !found || found.sure >= SURE };
}

function readCalls(pieces: Line[], width: number): ScreenshotReading | null {
  const rows: ProposedRow[] = [];
  let atRight = 0;
  for (const [no, piece] of pieces.entries()) {
    if (!isCall(piece.text)) continue;
    const near = pieces
      .slice(Math.max(0, no - 6), no + 7)
      .filter((other) => other !== piece && Math.abs(middle(other) - middle(piece)) < piece.height * 3.4);
    const name = near
      .filter(
        (other) => other.box[3] <= piece.box[1] + piece.height / 2 && other.box[0] < piece.box[2] + piece.height * 4,
      )
      .filter((other) => !onlyTime(other.text) && !isCall(other.text) && !heading(other.text))
      .at(-1);
    if (!name) continue;
    const times = near.filter((other) => onlyTime(other.text) && other.box[0] > piece.box[0]);
    const stamp = times.filter((other) => middle(other) > name.box[1] && middle(other) < piece.box[3]);
    const doubts = new Set<Doubt>(['side']);
    const time = stamp.length === 1 ? onlyTime((stamp[0] as Line).text) : null;
    const level = near.filter((other) => middle(other) > name.box[1] && middle(other) < piece.box[3]);
    if (level.some(({ text, box }) => box[0] > width * 0.55 && heading(text))) atRight++;
    if (!time || (stamp[0] as Line).sure < SURE) doubts.add('time');
    if (piece.sure < SURE) doubts.add('text');
    if (name.sure < SURE || !/\p{L}{2}|\d{4}/u.test(name.text)) doubts.add('who');
    const { day, sure } = dayAbove(pieces, name.box[1]);
    if (!sure) doubts.add('day');
    rows.push({
      box: around([name.box, piece.box, ...stamp.map(({ box }) => box)]),
      side: 'unknown',
      type: isMissedCall(piece.text) ? 'missed_call' : 'call',
      time,
      day,
      who: name.text,
      text: piece.text,
      doubts: [...doubts],
    });
  }
  // Without a time or a day at the right of most names it is a conversation with the words "Missed call".
  if (rows.length < FEWEST_CALLS || atRight * 2 < rows.length) return null;
  doubtOneMeridiem(rows, pieces);
  return { kind: 'calls', app: 'phone_call', title: null, rows, quality: 'good' };
}

/** Where some times of a screen say am or pm, one that does not has lost it. */
function doubtOneMeridiem(rows: ProposedRow[], pieces: Line[]): void {
  const times = pieces.filter(({ text }) => onlyTime(text));
  const marked = times.filter(({ text }) => /m\.?$/iu.test(text)).length;
  // The clock at the top may be the only one of its kind.
  if (marked < 1 || marked >= times.length - 1) {
    if (marked === times.length || marked < 1) return;
  }
  for (const row of rows) {
    const stamp = times.find(({ box }) => box[1] >= row.box[1] - 1 && box[3] <= row.box[3] + 1);
    if (stamp && !/m\.?$/iu.test(stamp.text) && !row.doubts.includes('time')) {
      row.doubts.push('time');
      row.time = null;
    }
  }
}

function readPayments(pieces: Line[], width: number): ScreenshotReading | null {
  const rows: ProposedRow[] = [];
  for (const piece of pieces) {
    if (!isAmount(piece.text) || piece.box[2] < width * 0.8) continue;
    const beside = pieces.filter(
      (other) => other.box[2] < piece.box[0] && Math.abs(middle(other) - middle(piece)) < piece.height * 2.4,
    );
    const name = beside[0];
    if (!name) continue;
    const reference = beside.slice(1);
    const doubts = new Set<Doubt>(['side']);
    // A sign is a stroke two pixels high, and money out is not money in.
    if ([piece, ...reference].some(({ sure }) => sure < SURE)) doubts.add('text');
    if (!/^[-+−–]/u.test(piece.text)) doubts.add('text');
    if (name.sure < SURE || !/\p{L}{2}|\d{4}/u.test(name.text)) doubts.add('who');
    const { day, sure } = dayAbove(pieces, name.box[1]);
    if (!sure) doubts.add('day');
    rows.push({
      box: around([piece.box, ...beside.map(({ box }) => box)]),
      side: 'unknown',
      type: 'other',
      time: null,
      day,
      who: name.text,
      text: [...reference.map(({ text }) => text), piece.text].join(' · '),
      doubts: [...doubts],
    });
  }
  if (rows.length < FEWEST_ROWS) return null;
  return { kind: 'payments', app: 'payment_reference', title: null, rows, quality: 'good' };
}

function readEmail(pieces: Line[], onPage: Line[]): ScreenshotReading | null {
  const marks = pieces.filter(({ text }) => TO_ME.test(text));
  const mark = marks[0];
  if (!mark || marks.length > 1) return null;
  const sender = onPage
    .filter(({ box }) => box[3] <= mark.box[1] + 2 && mark.box[1] - box[3] < mark.height * 2.5)
    .sort((one, other) => one.box[1] - other.box[1])
    .at(-1);
  if (!sender) return null;
  const parts = timeAtEnd(sender.text);
  const below = onPage.filter(({ box }) => box[1] >= mark.box[3] - 2).sort((one, other) => one.box[1] - other.box[1]);
  const end = below.findIndex(({ text }) => END_OF_EMAIL.test(text));
  const body = end === -1 ? below : below.slice(0, end);
  if (!body.length) return null;
  const doubts: Doubt[] = ['side'];
  if (!parts || sender.sure < SURE) doubts.push('time', 'who');
  if (end === -1 || body.some(({ sure }) => sure < SURE)) doubts.push('text');
  const row: ProposedRow = {
    box: around([sender.box, ...body.map(({ box }) => box)]),
    side: 'unknown',
    type: 'email',
    time: parts?.time ?? null,
    day: null,
    who: parts?.rest || sender.text,
    text: body.map(({ text }) => text).join(' '),
    doubts,
  };
  return { kind: 'email', app: 'email', title: null, rows: [row], quality: 'good' };
}
