/**
 * Pasted or typed lines as rows of a schedule. A line may begin with a time, and with a name and a colon; a line with
 * neither is kept as text. No line is dropped and no date is invented: a time gets the date that the caller passes.
 */
import { placed } from '../record/schedule.js';
import { looksLikeChat, readChat, rowsOf } from './whatsapp.js';
import type { Row } from '../record/schedule.js';

const MOST = 2_000;
const TIMED = /^\s*(?:at )?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([aApP])?\.?[mM]?\.?(?=[\s,;–-]|$)[\s,;–-]*(.*)$/u;
const MISSED = /^missed (?:voice |video |group )*call\b/i;

/**
 * @param options `date`: '' when no day is known
 * @returns `left`: number of lines beyond the limit, or not understood
 */
export async function pastedRows(
  text: string,
  { date, tz, order }: { date: string; tz: string; order: 'dmy' | 'mdy' },
): Promise<{ rows: Row[]; left: number }> {
  if (looksLikeChat(text)) {
    const { rows, unplaced } = await rowsOf(await readChat(text), { order, tz, me: null });
    // It is not known yet which sender is the keeper.
    return {
      rows: rows.slice(0, MOST).map(({ line: _line, to: _to, ...row }) => ({ ...row, direction: 'unknown' as const })),
      left: unplaced.length + Math.max(0, rows.length - MOST),
    };
  }
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  return {
    rows: lines.slice(0, MOST).map((line, i) => rowOf(line, i + 1, date, tz)),
    left: Math.max(0, lines.length - MOST),
  };
}

function rowOf(line: string, no: number, date: string, tz: string): Row {
  const found = TIMED.exec(line);
  const clock = found && clockOf(Number(found[1]), Number(found[2]), found[4]);
  const words = clock ? (found[5] as string) : line;
  const named = /^([^:\n]{1,60}):\s+(.+)$/.exec(words);
  const said = named ? (named[2] as string) : words;
  const from = named ? { from: named[1] as string } : {};
  return {
    msg_no: no,
    direction: 'in',
    ...from,
    ...(clock ? placed(`${date}T${clock}`, date, tz) : {}),
    ...(MISSED.test(said)
      ? { type: 'missed_call', description: said }
      : { type: 'text', ...(said ? { text: said } : {}) }),
  };
}

function clockOf(hour: number, minute: number, half: string | undefined): string | null {
  if (minute > 59 || hour > 23 || (half && hour > 12)) return null;
  const h = half ? (hour % 12) + (/p/i.test(half) ? 12 : 0) : hour;
  return `${String(h).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}
