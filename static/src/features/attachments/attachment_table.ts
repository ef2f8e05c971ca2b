/**
 * The table of a file's fields: which questions share a card, how each is answered, which fields are restricted. The
 * page of a file and its history are drawn from it; the texts are `f.attachment.<name>` in words.json.
 */
import type { CardQuestion } from '../../components/cards/card_table.js';
import type { IconName } from '../../shell/icons.js';

type FileKind = 'image' | 'audio' | 'video' | 'file';
/** `kinds`: the only kinds of file with this card; all kinds if absent */
export type FileCard = {
  code: string;
  icon: IconName;
  lines: readonly CardQuestion[];
  kinds?: readonly FileKind[];
  later?: boolean;
};

const textLine = (name: string, options: Partial<CardQuestion> = {}): CardQuestion => ({
  name,
  type: 'text',
  multiline: true,
  ...options,
});
const codeLine = (name: string, list: string, options: Partial<CardQuestion> = {}): CardQuestion => ({
  name,
  type: 'code',
  list,
  ...options,
});
const shortLine = (name: string, options: Partial<CardQuestion> = {}): CardQuestion => ({
  name,
  type: 'text',
  ...options,
});
const personLine = (name: string): CardQuestion => ({ name, type: 'record', recordKind: 'person', role: 'other' });

const DEVICE = [
  shortLine('make'),
  shortLine('model'),
  shortLine('os'),
  shortLine('owner'),
  codeLine('still_have_it', 'yes_no'),
  codeLine('still_on_it', 'yes_no'),
];
const PAPER = [
  textLine('where'),
  codeLine('sealed', 'yes_no'),
  shortLine('handled_by'),
  codeLine('how', 'physical_handling'),
];

export const FILE_CARDS: readonly FileCard[] = [
  { code: 'what', icon: 'pen', lines: [textLine('description'), codeLine('kind', 'attachment_kinds')] },
  { code: 'says', icon: 'note', kinds: ['audio', 'video'], lines: [textLine('transcript')] },
  {
    code: 'coach',
    icon: 'eye',
    kinds: ['image'],
    lines: [
      { name: 'shows', type: 'own', list: 'shows' },
      { name: 'not_shown', type: 'own', list: 'shows' },
    ],
  },
  { code: 'sent', icon: 'clock', lines: [{ name: 'content_time', type: 'moment' }] },
  { code: 'taken', icon: 'camera', lines: [{ name: 'captured_at', type: 'moment' }] },
  { code: 'account', icon: 'tag', lines: [shortLine('account_or_number_shown'), shortLine('url_full')] },
  {
    code: 'identity',
    icon: 'person',
    kinds: ['image'],
    later: true,
    lines: [{ name: 'identity_link_id', type: 'own' }],
  },
  {
    code: 'phone',
    icon: 'device',
    lines: [
      codeLine('source_account', 'source_accounts'),
      personLine('producer_id'),
      personLine('captured_by_id'),
      { name: 'source_device', type: 'object', restricted: true, questions: DEVICE },
    ],
  },
  {
    code: 'changed',
    icon: 'sealed',
    lines: [codeLine('alteration_before_receipt', 'alterations', { asksDetails: true })],
  },
  {
    code: 'private',
    icon: 'lock',
    lines: [
      codeLine('sensitivity', 'sensitivity'),
      { name: 'shows_where_i_live', type: 'yes', restricted: true },
      { name: 'include_in_pack', type: 'tick' },
    ],
  },
  {
    code: 'outside',
    icon: 'picture',
    kinds: ['image', 'video'],
    lines: [{ name: 'outside_copy', type: 'own', restricted: true }],
  },
  {
    code: 'alt',
    icon: 'eye',
    kinds: ['image', 'video', 'file'],
    later: true,
    lines: [textLine('alt_text'), textLine('transcript')],
  },
  {
    code: 'paper',
    icon: 'file',
    later: true,
    lines: [{ name: 'physical_original', type: 'object', restricted: true, questions: PAPER }],
  },
  {
    code: 'refs',
    icon: 'list',
    later: true,
    lines: [shortLine('suggested_exhibit_ref'), shortLine('officer_exhibit_ref')],
  },
];

const LINES: Map<string, CardQuestion> = new Map(
  FILE_CARDS.flatMap(({ lines }) => lines).map((line) => [line.name, line]),
);

/** @returns null for a bookkeeping field */
export function fileLine(name: string): CardQuestion | null {
  const known = LINES.get(name);
  if (known) return known;
  return name.endsWith('_text') && LINES.has(name.slice(0, -5)) ? textLine(name) : null;
}

export function cardsOf(kind: FileKind): FileCard[] {
  return FILE_CARDS.filter(({ kinds }) => !kinds || kinds.includes(kind));
}
