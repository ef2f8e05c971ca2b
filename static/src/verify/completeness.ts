/**
 * Checks that every file of a pack is here, and no other: lists of digests that were made anew do not show that. The
 * twin of diary/pack/verify/completeness.py.
 */
import { SHORT_TABLE, SPREADSHEET } from '../pack/chronology/short_table.js';
import { PACK_STATEMENT, SERVABLE_STATEMENT } from '../pack/signature.js';
import { findingFor } from './findings.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

const SERVABLE = 'data/servable/';
const RESTRICTED = 'data/restricted/';
const SET_PAGES = `${SERVABLE}01_chronology.pdf`;
const PLAIN_PAGE = `${SERVABLE}01_chronology.html`;
const TOP_FILES = ['data/00_READ-FIRST.txt', 'data/15_VERIFY.txt'];
const TABLE_FILES = ['02_chronology.csv', '03_exhibits-index.csv', 'manifest-sha256.txt'].map(
  (name) => SERVABLE + name,
);
/** Further files of a pack with set pages; one with the plain page has the record alone. */
const RESTRICTED_SHEETS = [
  '06_RESTRICTED_officer-sheet.pdf',
  '10_RESTRICTED_how-this-record-was-made.pdf',
  '11_custody-log.csv',
].map((name) => RESTRICTED + name);
const KNOWN_PATHS = new RegExp(
  '^data/(?:00_READ-FIRST\\.txt|15_VERIFY\\.txt' +
    '|servable/(?:01_chronology\\.(?:pdf|html)|02_chronology(?:\\.csv|_short\\.csv|\\.xlsx)' +
    '|03_exhibits-index\\.csv' +
    '|04_exhibits(?:-[1-9][0-9]*)?\\.pdf' +
    '|05_message-schedules\\.csv|07_statements\\.csv|08_impact\\.pdf' +
    '|manifest-sha256\\.txt|servable-statement\\.json|proof/[^/]+)' +
    '|restricted/(?:06_RESTRICTED_officer-sheet\\.pdf|10_RESTRICTED_how-this-record-was-made\\.pdf' +
    '|11_custody-log\\.csv|12_record\\.json' +
    '|(?:09_RESTRICTED_orders|13_exhibits-as-received|13_mail|14_sidecars|proof)/[^/]+))$',
);

/** Find files that no pack has, and files that this one lacks. Proofs and exhibits have checks of their own. */
export function checkCompleteness(pack: OpenedPack): Finding[] {
  const damaged = new Set(pack.findings.flatMap(({ member }) => (member ? [member] : [])));
  const payload = [...pack.digests.keys()].filter((path) => path.startsWith('data/')).sort();
  return [
    ...payload
      .filter((path) => !KNOWN_PATHS.test(path) || (path === PLAIN_PAGE && pack.digests.has(SET_PAGES)))
      .map((path) => findingFor('unknown', path)),
    ...requiredFiles(pack)
      .filter((path) => !pack.digests.has(path) && !damaged.has(path))
      .sort()
      .map((path) => findingFor('lacking', path)),
  ];
}

/** Return the paths that must be here, for the whole or its servable part, set pages or plain ones. */
function requiredFiles({ digests, folder, alone }: OpenedPack): string[] {
  const isPlain = digests.has(PLAIN_PAGE) && !digests.has(SET_PAGES);
  const pictureFiles = [...digests.keys()].some((path) => path.startsWith(`${RESTRICTED}14_sidecars/`))
    ? [`${SERVABLE}04_exhibits.pdf`]
    : [];
  return [
    ...TABLE_FILES,
    ...(digests.has(PACK_STATEMENT) ? [SERVABLE_STATEMENT] : []),
    // The release that first signed packs first had them.
    ...(digests.has(PACK_STATEMENT) || digests.has(SERVABLE_STATEMENT) ? [SHORT_TABLE, SPREADSHEET] : []),
    isPlain ? PLAIN_PAGE : SET_PAGES,
    ...(folder === 'servable' ? [] : TOP_FILES),
    ...(alone ? [] : [`${RESTRICTED}12_record.json`, ...(isPlain ? [] : [...RESTRICTED_SHEETS, ...pictureFiles])]),
  ];
}
