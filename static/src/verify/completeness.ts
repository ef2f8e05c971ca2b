/**
 * Checks that every file of a pack is here, and no other: lists of digests that were made anew do not show that. The
 * twin of diary/pack/wholecheck.py.
 */
import { find } from './findings.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';

const SERVABLE = 'data/servable/';
const RESTRICTED = 'data/restricted/';
const SET = `${SERVABLE}01_chronology.pdf`;
const PLAIN = `${SERVABLE}01_chronology.html`;
const BESIDE = ['data/00_READ-FIRST.txt', 'data/15_VERIFY.txt'];
const TABLES = ['02_chronology.csv', '03_exhibits-index.csv', 'manifest-sha256.txt'].map((name) => SERVABLE + name);
/** Further files of a pack with set pages; one made on the phone has the record alone. */
const SHEETS = [
  '06_RESTRICTED_officer-sheet.pdf',
  '10_RESTRICTED_how-this-record-was-made.pdf',
  '11_custody-log.csv',
].map((name) => RESTRICTED + name);
const KNOWN = new RegExp(
  '^data/(?:00_READ-FIRST\\.txt|15_VERIFY\\.txt' +
    '|servable/(?:01_chronology\\.(?:pdf|html)|02_chronology\\.csv|03_exhibits-index\\.csv' +
    '|04_exhibits(?:-[1-9][0-9]*)?\\.pdf' +
    '|05_message-schedules\\.csv|07_statements\\.csv|08_impact\\.pdf|manifest-sha256\\.txt|proof/[^/]+)' +
    '|restricted/(?:06_RESTRICTED_officer-sheet\\.pdf|10_RESTRICTED_how-this-record-was-made\\.pdf' +
    '|11_custody-log\\.csv|12_record\\.json' +
    '|(?:09_RESTRICTED_orders|13_exhibits-as-received|13_mail|14_sidecars|proof)/[^/]+))$',
);

/** Find files that no pack has, and files that this one lacks. Proofs and exhibits have checks of their own. */
export function checkWhole(pack: OpenedPack): Finding[] {
  const damaged = new Set(pack.findings.flatMap(({ member }) => (member ? [member] : [])));
  const payload = [...pack.digests.keys()].filter((path) => path.startsWith('data/')).sort();
  return [
    ...payload
      .filter((path) => !KNOWN.test(path) || (path === PLAIN && pack.digests.has(SET)))
      .map((path) => find('unknown', path)),
    ...neededIn(pack)
      .filter((path) => !pack.digests.has(path) && !damaged.has(path))
      .sort()
      .map((path) => find('lacking', path)),
  ];
}

/** Return the paths that must be here, for the whole or its servable part, set pages or plain ones. */
function neededIn({ digests, folder, alone }: OpenedPack): string[] {
  const isPlain = digests.has(PLAIN) && !digests.has(SET);
  const pictured = [...digests.keys()].some((path) => path.startsWith(`${RESTRICTED}14_sidecars/`))
    ? [`${SERVABLE}04_exhibits.pdf`]
    : [];
  return [
    ...TABLES,
    isPlain ? PLAIN : SET,
    ...(folder === 'servable' ? [] : BESIDE),
    ...(alone ? [] : [`${RESTRICTED}12_record.json`, ...(isPlain ? [] : [...SHEETS, ...pictured])]),
  ];
}
