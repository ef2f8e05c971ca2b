/**
 * Pasted or typed lines as rows of a schedule. A line may begin with a time, and with a name and a colon; a line with
 * neither is kept as text. No line is dropped and no date is invented: a time gets the date that the caller passes.
 */
import { timeMembers } from '../record/schedule.js';
import { looksLikeChat, readChat, rowsOf } from './whatsapp.js';
import type { MessageRow } from '../record/schedule.js';

const MAX_ROWS = 2_000;
const TIMED_LINE =
  /^\s*(?:at )?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([aApP])?\.?[mM]?\.?(?=[\s,;–-]|$)[\s,;–-]*(.*)$/u;
const MISSED_CALL = /^missed (?:voice |video |group )*call\b/i;

/**
 * @param options `date`: '' when no day is known
 * @returns `left`: number of lines beyond the limit, or not understood
 */
export async function parsePastedRows(
  text: string,
  { date, tz, order }: { date: string; tz: string; order: 'dmy' | 'mdy' },
): Promise<{ rows: MessageRow[]; left: number }> {
  if (looksLikeChat(text)) {
    const { rows, unplaced: unreadLines } = await rowsOf(await readChat(text), { order, tz, me: null });
    // It is not known yet which sender is the keeper.
    return {
      rows: rows
        .slice(0, MAX_ROWS)
        .map(({ line: _line, to: _to, ...row }) => ({ ...row, direction: 'unknown' as const })),
      left: unreadLines.length + Math.max(0, rows.length - MAX_ROWS),
    };
  }
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  return {
    rows: lines.slice(0, MAX_ROWS).map((line, i) => rowOf(line, i + 1, date, tz)),
    left: Math.max(0, lines.length - MAX_ROWS),
  };
}

function rowOf(line: string, number: number, date: string, tz: string): MessageRow {
  const match = TIMED_LINE.exec(line);
  const clock = match && clockOf(Number(match[1]), Number(match[2]), match[4]);
  const content = clock ? (match[5] as string) : line;
  const nameMatch = /^([^:\n]{1,60}):\s+(.+)$/.exec(content);
  const messageText = nameMatch ? (nameMatch[2] as string) : content;
  const from = nameMatch ? { from: nameMatch[1] as string } : {};
  return {
    msg_no: number,
    direction: 'in',
    ...from,
    ...(clock ? timeMembers(`${date}T${clock}`, date, tz) : {}),
    ...(MISSED_CALL.test(messageText)
      ? { type: 'missed_call', description: messageText }
      : { type: 'text', ...(messageText ? { text: messageText } : {}) }),
  };
}

function clockOf(hour: number, minute: number, meridiem: string | undefined): string | null {
  if (minute > 59 || hour > 23 || (meridiem && hour > 12)) return null;
  const hour24 = meridiem ? (hour % 12) + (/p/i.test(meridiem) ? 12 : 0) : hour;
  return `${String(hour24).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}
