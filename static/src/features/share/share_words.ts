/** Words that may reveal where the keeper is, in the part that may be passed on. Each links to its source. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, row, sheet } from '../../components/parts.js';
import { t, tn } from '../../shell/strings.js';
import { adviceConflicts, adviceNotes, markAdviceSeen } from './share_advice.js';
import './words.js';
import type { PackReview, FlaggedWords } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export function wordsView(stage: Stage, done: () => unknown, toSheet: () => unknown) {
  const review = stage.local.found as PackReview;
  const questions = review.words.filter(({ why }) => why !== 'apart');
  const restricted = review.words.filter(({ why }) => why === 'apart');
  const unanswered = questions.filter(({ answered }) => !answered).length;
  const conflicts = adviceConflicts(stage);
  const goOn = () => {
    markAdviceSeen(stage, conflicts);
    return unanswered ? confirmSkip(stage, unanswered, done) : done();
  };
  return html`${heading(t('wordy.title'))}${errorSummary(stage)}
    ${
      questions.length
        ? html`<p class="soft">${t('wordy.lead')}</p><ul class="stack">${questions.map(
            (match) => html`<li>${questionCard(stage, match)}</li>`,
          )}</ul>`
        : nothing
    }
    ${
      restricted.length
        ? html`<section class="stack-close"><h2>${t('wordy.apart')}</h2><p
          class="soft small">${t('wordy.apart_lead')}</p>
      <ul class="rows">${restricted.map(
        (match) =>
          html`<li>${row({
            title: `“${match.found}”`,
            subtitle: sourceText(stage, match),
            icon: 'eye',
            onClick: () => openSource(stage, match),
          })}</li>`,
      )}</ul></section>`
        : nothing
    }
    ${
      review.places.length
        ? html`<section class="stack-close"><h2>${t('wordy.places')}</h2><p
          class="soft small">${t('wordy.places_lead')}</p>
      <ul class="rows">${review.places.map(
        (match) =>
          html`<li>${row({
            title: match.name || t('wordy.file'),
            icon: 'file',
            onClick: () => stage.go({ name: 'file', attachment: match.attachment }),
          })}</li>`,
      )}</ul></section>`
        : nothing
    }
    ${review.words.length || review.places.length ? nothing : html`<p>${t('wordy.none')}</p>`}
    ${adviceNotes(stage, conflicts, toSheet)}
    ${unanswered ? html`<p role="status">${tn('wordy.left', unanswered)}</p>` : nothing}
    <div class="row">${button(t('frame.next'), goOn, { main: true })}</div>`;
}

function questionCard(stage: Stage, match: FlaggedWords) {
  const answer = (decision: 'hold' | 'fine') =>
    stage.run(`words-${match.id}`, async () => {
      await stage.app.decideWords(match.found, decision);
      // One answer applies to every occurrence of the same words.
      for (const other of stage.local.found.words) if (other.found === match.found) other.answered = true;
      if (decision === 'hold')
        for (const other of stage.local.found.words) if (other.found === match.found) other.why = 'apart';
    });
  return html`<div class="note stack-close"><p dir="auto">${t(`wordy.${match.why}`, { found: match.found })}</p>
    ${
      match.answered
        ? html`<p class="small soft">${t('wordy.answered')}</p>`
        : html`<div class="row">${button(t('wordy.hold'), () => answer('hold'), {
            busy: stage.runningTask === `words-${match.id}`,
          })}${button(t('wordy.fine'), () => answer('fine'))}</div>`
    }
    <div>${button(t('wordy.open', { what: sourceText(stage, match) }), () => openSource(stage, match), {
      plain: true,
    })}</div></div>`;
}

function sourceText(stage: Stage, { kind, record }: FlaggedWords) {
  if (kind === 'attachment') return t('wordy.file');
  if (kind !== 'incident') return t('wordy.record');
  const entryNumber = stage.state.entries.find((row) => row.record === record)?.seq_no ?? null;
  return entryNumber === null ? t('wordy.entry_new') : t('wordy.entry', { n: entryNumber });
}

function openSource(stage: Stage, { kind, record }: FlaggedWords) {
  return stage.go(
    kind === 'attachment'
      ? { name: 'file', attachment: record }
      : kind === 'incident'
        ? { name: 'entry', record }
        : { name: 'kept', record, kind },
  );
}

function confirmSkip(stage: Stage, unanswered: number, done: () => unknown) {
  const skipAll = () => {
    stage.closeSheet();
    stage.local.overridden = true;
    return done();
  };
  stage.openSheet((sheetStage) =>
    sheet(
      sheetStage,
      t('wordy.skip_title'),
      html`<p>${t('wordy.skip_lead')}</p><p>${tn('wordy.left', unanswered)}</p>
    <div class="row">${button(t('look.skip_do'), skipAll)}${button(t('frame.cancel'), () => sheetStage.closeSheet(), {
      main: true,
    })}</div>`,
    ),
  );
}
