/**
 * Plan the import of a saved page: one entry with the file. Address and time are what the file says, so they are words
 * of the entry and of the file, never its time: when something happened, only the keeper knows.
 */
import { KeptError } from '../../core/errors.js';
import { cutText } from '../../core/text.js';
import { readKind } from '../../diary/records/records.js';
import { GAP_HOURS } from '../../record/schedule.js';
import { codesOf } from '../../record/reading.js';
import { digestOf } from './imports_entry_files.js';
import { isZone } from './imports_plan.js';
import type { Fields, Open, Source } from '../../diary/types.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { PageDefect, SavedPage } from '../../imports/saved_pages/saved_page.js';
import type { DetailedPlan } from './imports_plan.js';

const MAX_WORDS = 1_000;
const PREVIEW_LENGTH = 90;
/** What fits one field. */
const MAX_DESCRIPTION = 4_000;
const MAX_TRANSCRIPT = 100_000;
const DIGEST_DEFECTS: ReadonlySet<PageDefect> = new Set(['parts_differ', 'digest_wrong']);

/**
 * Return the plan of a saved page. The same file is not added twice, nor is a page of an archive; each page is an entry
 * that has the same file.
 * @throws import_unanswered
 */
export async function planPage(
  open: Open,
  { source, page }: { source: Source; page: SavedPage },
  tz: string,
  pause: Pause,
): Promise<DetailedPlan> {
  if (!isZone(tz)) throw new KeptError('import_unanswered');
  const isArchived = page.form === 'web_archive';
  const record = isArchived ? archiveRecord(page) : 'A saved web page';
  const file = await knownFile(open, source, pause);
  const isKnown = file !== null && (!isArchived || (await hasEntry(open, file, record)));
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
    record,
    ...(file ? { known: file } : {}),
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

/** Return the fields of a file that has another page already, with this one's words behind the other's. */
export function withPageFields(fields: Fields, page: SavedPage): Fields {
  const { description, transcript = '' } = pageFields(page);
  const words = transcript ? `${page.title || page.address}\n\n${transcript}` : '';
  const joined = (before: unknown, added: unknown, length: number) =>
    cutText([before, added].filter(Boolean).join('\n\n'), length);
  return {
    ...fields,
    description: joined(fields.description, description, MAX_DESCRIPTION),
    ...(words ? { transcript: joined(fields.transcript, words, MAX_TRANSCRIPT) } : {}),
  };
}

/** What an entry is copied from. By this, the same page is found again. */
const archiveRecord = ({ address, saved }: SavedPage) =>
  cutText(`A page of a web archive: ${address || 'no address'}, ${saved.raw || 'no time'}`, MAX_DESCRIPTION);

function pageWords({ title, address, saved, odd }: SavedPage): string {
  const said = [
    `Saved web page${title ? `: ${title.replace(/[.]+$/, '')}` : ''}.`,
    address ? `Address in the file: ${address}` : 'The file names no address.',
    saved.raw ? `Time of saving in the file: ${saved.raw}` : 'The file names no time of saving.',
    ...(odd.some((code) => DIGEST_DEFECTS.has(code)) ? ['The digests in the file do not match what is in it.'] : []),
    'Anyone can edit such a file.',
  ];
  return cutText(said.join('\n'), MAX_WORDS);
}

/** Return the record of this file, also one that was taken out; null without one. */
async function knownFile(open: Open, source: Source, pause: Pause): Promise<string | null> {
  const own = await digestOf(source, pause);
  return (await readKind(open, 'attachment', true)).find(({ fields }) => fields.sha256 === own)?.record ?? null;
}

async function hasEntry(open: Open, file: string, record: string): Promise<boolean> {
  return (await readKind(open, 'incident', true)).some(
    ({ fields }) => fields.source_record === record && codesOf(fields, 'attachment_ids').includes(file),
  );
}
