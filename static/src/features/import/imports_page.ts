/**
 * Plan the import of a saved page: one entry with the file. Address and time are what the file says, so they are words
 * of the entry and of the file, never its time: when something happened, only the keeper knows.
 */
import { KeptError } from '../../core/errors.js';
import { cutText } from '../../core/text.js';
import { readKind } from '../../diary/records/records.js';
import { GAP_HOURS } from '../../record/schedule.js';
import { digestOf } from './imports_entry_files.js';
import { isZone } from './imports_plan.js';
import type { Fields, Open, Source } from '../../diary/types.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { SavedPage } from '../../imports/saved_pages/saved_page.js';
import type { DetailedPlan } from './imports_plan.js';

const MAX_WORDS = 1_000;
const PREVIEW_LENGTH = 90;

/**
 * Return the plan of a saved page. The same file is not added twice.
 * @throws import_unanswered
 */
export async function planPage(
  open: Open,
  { source, page }: { source: Source; page: SavedPage },
  tz: string,
  pause: Pause,
): Promise<DetailedPlan> {
  if (!isZone(tz)) throw new KeptError('import_unanswered');
  const isKnown = await hasFile(open, source, pause);
  const narrative = pageWords(page);
  const bursts = isKnown
    ? []
    : [[{ msg_no: 1, direction: 'unknown' as const, type: 'document', text: page.text || page.title }]];
  return {
    channel: '',
    tz,
    gap: GAP_HOURS,
    ownNames: [],
    complete: 'not_sure',
    bursts,
    summary: {},
    kind: 'document',
    page,
    late: [],
    summaryView: {
      counts: null,
      known: Number(isKnown),
      fresh: bursts.length,
      bursts: bursts.map((_, index) => ({
        index,
        amount: null,
        date: '',
        words: page.title || page.address,
        narrative,
        preview: cutText(page.text, PREVIEW_LENGTH),
        count: 1,
        skipped: true,
      })),
      tz,
    },
  };
}

/** Return what is written about the page's file itself. */
export function pageFields(page: SavedPage): Fields {
  return {
    description: cutText(pageWords(page), MAX_WORDS),
    ...(page.address ? { url_full: page.address } : {}),
    ...(page.text ? { transcript: page.text } : {}),
  };
}

function pageWords({ title, address, saved }: SavedPage): string {
  const said = [
    `Saved web page${title ? `: ${title.replace(/[.]+$/, '')}` : ''}.`,
    address ? `Address in the file: ${address}` : 'The file names no address.',
    saved.raw ? `Time of saving in the file: ${saved.raw}` : 'The file names no time of saving.',
    'Anyone can edit such a file.',
  ];
  return cutText(said.join('\n'), MAX_WORDS);
}

async function hasFile(open: Open, source: Source, pause: Pause): Promise<boolean> {
  const own = await digestOf(source, pause);
  return (await readKind(open, 'attachment', true)).some(({ fields }) => fields.sha256 === own);
}
