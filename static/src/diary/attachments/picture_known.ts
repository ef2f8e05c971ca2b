/** Which rows of a picture the diary has already, from this picture or from another source. */
import { rowsIn } from '../../record/schedule.js';
import { objectsOf } from '../../record/reading.js';
import { readKind } from '../records/records.js';
import { dayOf, nameOf, textOfRow, timeOf } from './picture_list.js';
import type { Open } from '../types.js';
import type { Box } from '../../imports/screenshots/picture_text.js';
import type { MaskBox } from '../../media/copies.js';
import type { MessageRow } from '../../record/schedule.js';
import type { PictureList } from './picture_list.js';

/** `kept`: the boxes of the rows from this picture, by entry; `others`: rows of other sources, by channel */
export type KnownToDiary = { kept: Box[]; entries: string[]; others: Map<string, MessageRow[]> };

const CALLS: ReadonlySet<string> = new Set(['call', 'missed_call']);

/** Read what the diary has, also what was put away: it does not come back by being read again. */
export async function readKnown(open: Open, attachment: string): Promise<KnownToDiary> {
  const known: KnownToDiary = { kept: [], entries: [], others: new Map() };
  for (const { fields } of await readKind(open, 'schedule', true)) {
    const rows = rowsIn(fields);
    const own = rows.filter((row) => row.attachment_id === attachment && boxOf(row));
    for (const row of own) known.kept.push(boxOf(row) as Box);
    if (own.length && Array.isArray(fields.incident_ids)) known.entries.push(...(fields.incident_ids as string[]));
    const channel = String(fields.channel ?? '');
    const others = rows.filter((row) => !own.includes(row));
    known.others.set(channel, [...(known.others.get(channel) ?? []), ...others]);
  }
  return known;
}

function boxOf({ read_box: box }: MessageRow): Box | null {
  return Array.isArray(box) && box.length === 4 && box.every(Number.isFinite) ? (box as Box) : null;
}

/** Return the black boxes of the copy that a pack has; none where it has the picture as it is. */
export async function readMasks(open: Open, attachment: string): Promise<MaskBox[]> {
  const { fields, restricted } = await open.book.newest(attachment);
  if (fields.print_copy !== 'masked') return [];
  const newest = objectsOf(restricted, 'masks').at(-1);
  return newest ? (objectsOf(newest, 'boxes') as MaskBox[]) : [];
}

/**
 * Return the places of rows that look like ones of other sources: the same words on the same day, and the same minute
 * where both have one. Two alike need two.
 */
export function alikeRows(list: PictureList, others: ReadonlyMap<string, readonly MessageRow[]>): Set<number> {
  const left = [...(others.get(list.channel) ?? [])];
  const alike: Set<number> = new Set();
  for (const [place, row] of list.rows.entries()) {
    if (row.isKept) continue;
    const [day, time] = [dayOf(list, row), timeOf(row)];
    const type = row.type ?? row.read.type;
    const key = keyOf(type, textOfRow(row), nameOf(list, row));
    const at = left.findIndex((other) => {
      const local = other.sent_local ?? '';
      const otherTime = local.slice(11, 16);
      if (!day || local.slice(0, 10) !== day || (time && otherTime && time !== otherTime)) return false;
      return keyOf(other.type, other.text ?? '', other.from === 'me' ? (other.to ?? '') : (other.from ?? '')) === key;
    });
    if (at === -1) continue;
    left.splice(at, 1);
    alike.add(place);
  }
  return alike;
}

/** A call is known by its name, and a message by its words: a name may be written otherwise elsewhere. */
function keyOf(type: string, text: string, name: string): string {
  const plain = (words: string) => words.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  return CALLS.has(type) ? `\n${plain(name)}` : plain(text) || `\n${type}`;
}
