/**
 * The result of checking a pack, on the page: one line for each check, and every finding under the check that made
 * it.
 */
import { byId, element, said, say, sayOf } from './page.js';
import type { Finding } from '../verify/findings.js';
import type { Judged } from '../verify/verify.js';

/** A finding lists at most this many files unfolded. */
const FEW = 5;

/** The check that each finding belongs to; a code not listed here is about files. */
const CHECKS = Object.freeze({
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
  told: ['training', 'servable_only', 'prepared'],
}) as Readonly<Record<string, readonly string[]>>;

function checkOf(code: string) {
  return Object.entries(CHECKS).find(([, codes]) => codes.includes(code))?.[0] ?? 'files';
}

/** @param judged null where the file was no pack at all */
export function show(findings: readonly Finding[], judged: Judged | null) {
  const headline = byId('headline');
  headline.textContent = findings.length ? sayOf('findings', findings.length) : say('nothing');
  byId('alone').hidden = !findings.some(({ code }) => code === 'servable_only');
  byId('training').hidden = !findings.some(({ code }) => code === 'training');
  for (const place of document.querySelectorAll('[data-check]')) {
    const check = place.getAttribute('data-check') ?? '';
    const own = findings.filter(({ code }) => checkOf(code) === check);
    const result = place.querySelector('[data-result]') as HTMLElement;
    result.textContent = own.length ? sayOf('findings', own.length) : judged ? holds(check, judged) : say('not_run');
    result.classList.toggle('strong', own.length > 0);
    (place.querySelector('[data-findings]') as HTMLElement).replaceChildren(...grouped(own).map(row));
  }
  if (judged)
    byId('keys').textContent = say('keys', {
      author: judged.keys.author.slice(0, 12),
      log: judged.keys.log.slice(0, 12),
    });
  byId('result').hidden = false;
  headline.focus();
}

function holds(check: string, { counts }: Judged) {
  if (check === 'time' && !counts.stamps) return say('no_stamps');
  if (check === 'exhibits' && counts.alone) return say('only_index');
  if (check === 'log' && !counts.placed) return say('no_log');
  if (check === 'log' && counts.witnesses)
    return say('holds_log_seen', { placed: counts.placed, seen: counts.seen, asked: counts.witnesses });
  return say(`holds_${check}`, {
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
function grouped(findings: readonly Finding[]): [Finding, string[]][] {
  const groups: Map<string, [Finding, string[]]> = new Map();
  for (const one of findings) {
    const group = groups.get(one.code) ?? [one, []];
    if (one.member !== null) group[1].push(one.member);
    groups.set(one.code, group);
  }
  return [...groups.values()];
}

function row([{ code, sentence }, members]: [Finding, string[]]) {
  const item = element('li');
  const words = said(`finding.${code}`);
  const line = element('span', words ? '' : sentence);
  if (words) line.append(words);
  item.append(line);
  const list = element('ul', '', 'plain small');
  list.append(
    ...members.map((member) => {
      const one = element('li');
      one.append(Object.assign(element('code', member), { dir: 'ltr' }));
      return one;
    }),
  );
  if (members.length <= FEW) item.append(...(members.length ? [list] : []));
  else {
    const more = element('details');
    more.append(element('summary', sayOf('files', members.length)), list);
    item.append(more);
  }
  return item;
}
