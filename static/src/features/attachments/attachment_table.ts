/**
 * The table of a file's fields: which questions share a card, how each is answered, which fields are restricted. The
 * page of a file and its history are drawn from it; the texts are `f.attachment.<name>` in words.json.
 */
import type { Line } from '../../components/cards/card_table.js';
import type { IconName } from '../../shell/icons.js';

type Kind = 'image' | 'audio' | 'video' | 'file';
/** `kinds`: the only kinds of file with this card; all kinds if absent */
export type FileCard = { code: string; icon: IconName; lines: readonly Line[]; of?: readonly Kind[]; later?: boolean };

const text = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'text', low: true, ...how });
const code = (name: string, list: string, how: Partial<Line> = {}): Line => ({ name, as: 'code', list, ...how });
const short = (name: string, how: Partial<Line> = {}): Line => ({ name, as: 'text', ...how });
const person = (name: string): Line => ({ name, as: 'record', record: 'person', role: 'other' });

const DEVICE = [
  short('make'),
  short('model'),
  short('os'),
  short('owner'),
  code('still_have_it', 'yes_no'),
  code('still_on_it', 'yes_no'),
];
const PAPER = [text('where'), code('sealed', 'yes_no'), short('handled_by'), code('how', 'physical_handling')];

export const FILE_CARDS: readonly FileCard[] = [
  { code: 'what', icon: 'pen', lines: [text('description'), code('kind', 'attachment_kinds')] },
  { code: 'says', icon: 'note', of: ['audio', 'video'], lines: [text('transcript')] },
  {
    code: 'coach',
    icon: 'eye',
    of: ['image'],
    lines: [
      { name: 'shows', as: 'own', list: 'shows' },
      { name: 'not_shown', as: 'own', list: 'shows' },
    ],
  },
  { code: 'sent', icon: 'clock', lines: [{ name: 'content_time', as: 'moment' }] },
  { code: 'taken', icon: 'camera', lines: [{ name: 'captured_at', as: 'moment' }] },
  { code: 'account', icon: 'tag', lines: [short('account_or_number_shown'), short('url_full')] },
  { code: 'identity', icon: 'person', of: ['image'], later: true, lines: [{ name: 'identity_link_id', as: 'own' }] },
  {
    code: 'phone',
    icon: 'device',
    lines: [
      person('producer_id'),
      person('captured_by_id'),
      { name: 'source_device', as: 'object', apart: true, lines: DEVICE },
    ],
  },
  { code: 'changed', icon: 'sealed', lines: [code('alteration_before_receipt', 'alterations', { tells: true })] },
  {
    code: 'private',
    icon: 'lock',
    lines: [
      code('sensitivity', 'sensitivity'),
      { name: 'shows_where_i_live', as: 'yes', apart: true },
      { name: 'include_in_pack', as: 'tick' },
    ],
  },
  {
    code: 'outside',
    icon: 'picture',
    of: ['image', 'video'],
    lines: [{ name: 'outside_copy', as: 'own', apart: true }],
  },
  {
    code: 'alt',
    icon: 'eye',
    of: ['image', 'video', 'file'],
    later: true,
    lines: [text('alt_text'), text('transcript')],
  },
  {
    code: 'paper',
    icon: 'file',
    later: true,
    lines: [{ name: 'physical_original', as: 'object', apart: true, lines: PAPER }],
  },
  { code: 'refs', icon: 'list', later: true, lines: [short('suggested_exhibit_ref'), short('officer_exhibit_ref')] },
];

const LINES: Map<string, Line> = new Map(FILE_CARDS.flatMap(({ lines }) => lines).map((line) => [line.name, line]));

/** @returns null for a bookkeeping field */
export function fileLine(name: string): Line | null {
  const known = LINES.get(name);
  if (known) return known;
  return name.endsWith('_text') && LINES.has(name.slice(0, -5)) ? text(name) : null;
}

export function cardsOf(kind: Kind): FileCard[] {
  return FILE_CARDS.filter(({ of }) => !of || of.includes(kind));
}
