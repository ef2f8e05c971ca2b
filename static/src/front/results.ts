/**
 * The result of checking a pack, on the page: one line for each check, and every finding under the check that made
 * it.
 */
import { byId, createElement, formatTime, messageNodes, message, pluralMessage } from './page.js';
import { saveReport, statusMessage } from './report.js';
import type { Finding } from '../verify/findings.js';
import type { CheckReport } from '../verify/verify.js';

/** A finding lists at most this many files unfolded. */
const UNFOLDED_MOST = 5;

/** The check that each finding belongs to; a code not listed here is about files. */
const CHECKS = Object.freeze({
  signature: [
    'not_signed',
    'pack_signature',
    'pack_signer',
    'pack_changed',
    'other_pack',
    'replaced_key',
    'export',
    'slip',
    'stamp',
    'stamp_root',
    'pack_time',
  ],
  entries: ['commitment', 'names', 'misplaced', 'twin', 'no_twin', 'record', 'odd', 'left_out'],
  keeper: ['author', 'line', 'keys', 'preparer'],
  server: [
    'receipt',
    'other_key',
    'wrong_notary',
    'keys_from_pack',
    'never_received',
    'old_key',
    'statements',
    'cannot_check',
  ],
  log: ['log', 'checkpoint', 'inclusion', 'cosignature'],
  time: ['timestamp', 'roots_from_pack', 'no_timestamps'],
  exhibits: ['exhibit'],
  words: ['narrative'],
  copy: ['part_only', 'not_covered', 'renamed', 'system_file', 'empty_folder', 'zip_beside', 'prepared'],
  // Each has a line of its own.
  told: ['training', 'servable_only'],
}) as Readonly<Record<string, readonly string[]>>;

function checkOf(code: string) {
  return Object.entries(CHECKS).find(([, codes]) => codes.includes(code))?.[0] ?? 'files';
}

/**
 * @param report null where the file was no pack at all
 * @param name of the file
 */
export function showResults(findings: readonly Finding[], report: CheckReport | null, name: string) {
  const headline = byId('headline');
  headline.textContent = findings.length ? pluralMessage('findings', findings.length) : message('nothing');
  showStatus(report, { name, checkedAt: Date.now() });
  byId('alone').hidden = !findings.some(({ code }) => code === 'servable_only');
  byId('training').hidden = !findings.some(({ code }) => code === 'training');
  for (const section of document.querySelectorAll('[data-check]')) {
    const check = section.getAttribute('data-check') ?? '';
    const ownFindings = findings.filter(({ code }) => checkOf(code) === check);
    if (check === 'copy') (section as HTMLElement).hidden = !ownFindings.length;
    const result = section.querySelector<HTMLElement>('[data-result]');
    if (result) {
      result.textContent = ownFindings.length
        ? pluralMessage('findings', ownFindings.length)
        : report
          ? passMessage(check, report)
          : message('not_run');
      result.classList.toggle('strong', ownFindings.length > 0);
    }
    (section.querySelector('[data-findings]') as HTMLElement).replaceChildren(
      ...groupFindings(ownFindings).map(findingItem),
    );
  }
  byId('keys').hidden = !report || report.isIncomplete;
  if (report)
    byId('keys').textContent = message('keys', {
      author: report.keys.author.slice(0, 12),
      log: report.keys.log.slice(0, 12),
    });
  byId('result').hidden = false;
  headline.focus();
}

/** Say first what the signature shows, and since when the server has had any of it. */
function showStatus(report: CheckReport | null, checked: { name: string; checkedAt: number }) {
  byId('judged').hidden = !report;
  if (!report) return;
  byId('pack-status').textContent = statusMessage(report);
  byId('first-received').hidden = report.firstReceivedAt === null;
  byId('first-received').textContent = message('first_received', { date: formatTime(report.firstReceivedAt ?? 0) });
  byId('pack-stamped').hidden = report.stampedAt === null;
  byId('pack-stamped').textContent = message('pack_stamped', { date: formatTime(report.stampedAt ?? 0) });
  byId('save-report').onclick = () => saveReport(report, checked);
}

function passMessage(check: string, { counts, fingerprint, isIncomplete }: CheckReport) {
  if (isIncomplete && check !== 'files') return message('not_run_part');
  if (check === 'signature')
    return fingerprint ? message('holds_signature', { fingerprint }) : message('holds_signature_part');
  if (check === 'time' && !counts.stamps) return message('no_stamps');
  if (check === 'exhibits' && counts.alone) return message('only_index');
  if (check === 'log' && !counts.placed) return message('no_log');
  if (check === 'log' && counts.witnesses)
    return message('holds_log_seen', { placed: counts.placed, seen: counts.seen, asked: counts.witnesses });
  return message(`holds_${check}`, {
    files: counts.files,
    proofs: counts.proofs,
    receipts: counts.receipts,
    placed: counts.placed,
  });
}

/**
 * Group the findings by code, so that each sentence appears once.
 * @returns a finding and its files
 */
function groupFindings(findings: readonly Finding[]): [Finding, string[]][] {
  const groups: Map<string, [Finding, string[]]> = new Map();
  for (const finding of findings) {
    const group = groups.get(finding.code) ?? [finding, []];
    if (finding.member !== null) group[1].push(finding.member);
    groups.set(finding.code, group);
  }
  return [...groups.values()];
}

function findingItem([{ code, sentence }, members]: [Finding, string[]]) {
  const item = createElement('li');
  const nodes = messageNodes(`finding.${code}`);
  const line = createElement('span', nodes ? '' : sentence);
  if (nodes) line.append(nodes);
  item.append(line);
  const list = createElement('ul', '', 'plain small');
  list.append(
    ...members.map((member) => {
      const memberItem = createElement('li');
      memberItem.append(Object.assign(createElement('code', member), { dir: 'ltr' }));
      return memberItem;
    }),
  );
  if (members.length <= UNFOLDED_MOST) item.append(...(members.length ? [list] : []));
  else {
    const details = createElement('details');
    details.append(createElement('summary', pluralMessage('files', members.length)), list);
    item.append(details);
  }
  return item;
}
