/** One entry as notes for a statement, to copy or to save as a text file. Nothing is sent. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, sheet } from '../../components/parts.js';
import { saveFile } from '../../components/files/save_file.js';
import { answerText } from '../../components/cards/card_words.js';
import { ENGLISH_TIMES } from '../../components/text/formatting.js';
import { isYoung } from '../../shell/lookup.js';
import { t } from '../../shell/strings.js';
import { canBeStatementNotes, notesText, statementNotes } from '../../record/statement_notes.js';
import './words.js';
import type { StatementNotes } from '../../record/statement_notes.js';
import type { Entry } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const FILE_NAME = 'notes.txt';

/** The button that opens the notes. There is none for somebody under 18: an officer interviews them instead. */
export function statementButton(stage: Stage, entry: Entry) {
  if (isYoung() || !canBeStatementNotes(entry.fields)) return nothing;
  return button(t('stmt.title'), () => stage.openSheet((sheetStage) => statementSheet(sheetStage, entry)), {
    plain: true,
    icon: 'note',
  });
}

function statementSheet(stage: Stage, entry: Entry) {
  const settings = stage.find('settings', async () => (await stage.app.readSettings?.()) ?? null);
  // Without the settings the initials would be missing.
  const notes =
    settings.data === undefined ? null : notesOf(stage, entry, String(settings.data?.fields.initials ?? ''));
  const text = notes ? notesText(notes) : '';
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      stage.announce(t('entry.copied'));
      stage.set({ notesCopied: true });
    } catch {
      stage.fail({ code: 'copy', sentence: t('entry.copy_failed') });
    }
  };
  // Notepad on older computers shows lines only with both characters.
  const save = () => saveFile(new Blob([text.replaceAll('\n', '\r\n')], { type: 'text/plain' }), FILE_NAME);
  const buttons = html`${button(t('stmt.copy'), copy, { main: true })}${button(t('stmt.save'), save)}`;
  return sheet(
    stage,
    t('stmt.title'),
    html`<p>${t('stmt.lead')}</p>${errorSummary(stage)}
    ${notes ? drawn(notes) : html`<p role="status">${t('frame.loading')}</p>`}
    <p class="soft small">${t('stmt.care')}</p>
    ${stage.local.notesCopied ? html`<p class="small" role="status">${t('entry.copied')}</p>` : nothing}
    ${notes ? html`<div class="row">${buttons}</div>` : nothing}`,
  );
}

/** The labels are English, as in the file, and the words keep their own direction. */
function drawn({ title, kept, sections }: StatementNotes) {
  return html`<div class="note stack" lang="en-GB" dir="ltr"><p><strong>${title}</strong></p>
    ${kept.length ? html`<p class="soft small narrative-small">${kept.join('\n')}</p>` : nothing}
    ${sections.map(
      ({ label, words }) =>
        html`<section><h3>${label}</h3>${words.map(
          (said) => html`<p class="narrative-small" dir="auto">${said}</p>`,
        )}</section>`,
    )}</div>`;
}

function notesOf(stage: Stage, { seq_no, fields, restricted, versions }: Entry, initials: string) {
  const first = versions[0];
  const changed = versions.filter(({ kind }) => kind === 'addition' || kind === 'amendment').at(-1);
  return statementNotes(
    { ...fields, ...restricted },
    {
      initials,
      entry: seq_no === null ? '' : `Entry ${seq_no}`,
      when: ENGLISH_TIMES.when(fields),
      written: first ? ENGLISH_TIMES.at(first.at) : '',
      changed: changed ? ENGLISH_TIMES.at(changed.at) : '',
      people: answerText(stage, 'actor_ids', fields.actor_ids),
    },
  );
}
