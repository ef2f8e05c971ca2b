/**
 * The report of a check: one dated page to print or to file. Like the check itself it loads nothing and sends nothing.
 * Names of files in a pack are a forger's choice, so every text is put in as text.
 */
import { byId, createElement, formatSize, formatTime, message } from './page.js';
import type { CheckReport } from '../verify/verify.js';

/** The name of the file, and when it was checked, ms */
type CheckedFile = { name: string; checkedAt: number };

const STYLE =
  'body{font:11pt/1.4 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}' +
  'h1{font-size:1.5rem}h2{font-size:1rem;margin:1rem 0 0}p{margin:.25rem 0}code{overflow-wrap:anywhere}' +
  '.status{border:2px solid;padding:.5rem .75rem;font-weight:600}@page{size:A4;margin:18mm}';
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** Save the report as a page in a file of its own. */
export function saveReport(report: CheckReport, file: CheckedFile) {
  const { lang, dir } = document.documentElement;
  const body = createElement('body');
  body.append(...reportParts(report, file));
  // The parts are serialized by the browser, which escapes their text; the rest is fixed.
  const text =
    `<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
    `${serialize(createElement('title', message('report_title')))}<style>${STYLE}</style></head>` +
    `${serialize(body)}</html>\n`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/html' }));
  const day = new Date(file.checkedAt).toISOString().slice(0, 10);
  Object.assign(document.createElement('a'), { href: url, download: `check-of-a-pack-${day}.html` }).click();
  // Some browsers read the address only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const serialize = (element: Element) => new XMLSerializer().serializeToString(element);

/** Return what the signature of the pack shows. */
export function statusMessage({ status, receivedAt }: CheckReport) {
  return message(`status.${status}`, { date: formatTime(receivedAt ?? 0) });
}

function reportParts(report: CheckReport, { name, checkedAt }: CheckedFile): Node[] {
  const checker = location.protocol === 'file:' ? 'check-a-pack.html' : location.origin;
  const parts: Node[] = [
    createElement('h1', message('report_title')),
    createElement('p', message('report_made', { date: formatTime(checkedAt), checker })),
    createElement('p', message('report_file', { name, size: formatSize(report.counts.bytes) })),
    createElement('p', statusMessage(report), 'status'),
  ];
  if (report.fingerprint)
    parts.push(createElement('p', message('report_numbers', { fingerprint: report.fingerprint })));
  if (report.firstReceivedAt !== null)
    parts.push(createElement('p', message('first_received', { date: formatTime(report.firstReceivedAt) })));
  if (report.stampedAt !== null)
    parts.push(createElement('p', message('pack_stamped', { date: formatTime(report.stampedAt) })));
  parts.push(createElement('p', byId('limits').textContent ?? ''));
  for (const section of document.querySelectorAll('[data-check]')) {
    parts.push(createElement('h2', section.querySelector('h3')?.textContent ?? ''));
    for (const line of section.querySelectorAll('[data-result], [data-findings]')) {
      const copy = line.cloneNode(true) as HTMLElement;
      // In print, a list that is folded would be lost.
      for (const folded of copy.querySelectorAll('details')) folded.open = true;
      parts.push(copy);
    }
  }
  parts.push(createElement('p', byId('keys').textContent ?? ''));
  return parts;
}
