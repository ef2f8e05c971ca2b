/** The question about a web archive: which of its pages is wanted. Its answer opens what the file says of that page. */
import { html, nothing } from '../../shell/html.js';
import { t, tn } from '../../shell/strings.js';
import { MAX_NAMED_FILES, factsList, fileFact } from './file_facts.js';
import { readPage } from './import_work.js';
import { personRows } from './person_rows.js';
import './words.js';
import type { ImportArchive } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export const archiveFacts = (read: ImportArchive) =>
  html`${factsList([fileFact(read), ['archive.pages', read.pages.length]])}${partNotes(read)}
    ${read.unread ? html`<p class="care">${tn('archive.unread', read.unread)}</p>` : nothing}`;

/** How the parts of the file compare with its own list of them. */
function partNotes({ parts }: ImportArchive) {
  if (!parts) return nothing;
  const notes = (['changed', 'absent', 'unlisted'] as const).map((code) => {
    const names = parts[code];
    return names.length
      ? html`<p class="care">${tn(`archive.${code}`, names.length)} <bdi>${names
          .slice(0, MAX_NAMED_FILES)
          .join(', ')}</bdi></p>`
      : nothing;
  });
  if (notes.some((note) => note !== nothing)) return notes;
  return html`<p class="small soft">${t(parts.hasDigests ? 'archive.alike' : 'archive.no_digests')}</p>`;
}

/** Ask which page is wanted. */
export function pageQuestion(stage: Stage, read: ImportArchive) {
  const choices = read.pages.map(({ address, title, at }, place) => ({
    key: String(place),
    title: title || address,
    text: `${title} ${address} ${at}`,
    hint: html`<bdi>${[title ? address : '', at].filter(Boolean).join(', ')}</bdi>`,
  }));
  return html`<section class="stack-close"><h2>${t('archive.which')}</h2>
    <p class="small soft">${t('archive.which_lead')}</p>
    ${personRows(stage, choices, {
      words: 'archive',
      icon: 'file',
      choose: (key) => readPage(stage, read, Number(key)),
    })}</section>`;
}
