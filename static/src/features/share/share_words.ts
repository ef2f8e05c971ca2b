/**
 * Words that may reveal where the keeper is, in the part that may be passed on: one question for the same words, with
 * the places where they stand behind it.
 */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, row, sheet } from '../../components/parts.js';
import { problemOf } from '../../shell/stage.js';
import { t, tn } from '../../shell/strings.js';
import { OWN_WORDS } from '../../pack/chronology/location_words.js';
import { normalise } from '../../pack/redaction.js';
import { adviceConflicts, adviceNotes } from './share_advice.js';
import './words.js';
import type { PackReview, FlaggedWords } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** The same words wherever they were found: a number with and without its spaces, or with +44 for its 0, is one. */
type Finding = { key: string; matches: FlaggedWords[] };

function findingsOf(matches: readonly FlaggedWords[]): Finding[] {
  const byKey = new Map<string, FlaggedWords[]>();
  for (const match of matches) {
    const key = `${match.why} ${keyOf(match)}`;
    byKey.set(key, [...(byKey.get(key) ?? []), match]);
  }
  return [...byKey].map(([key, found]) => ({ key, matches: found }));
}

function keyOf({ why, found }: FlaggedWords) {
  const plain = normalise(found);
  return why === 'number' ? plain.replace(/^44(?=\d{9})/, '0') : plain;
}

/** Return whether there is anything to ask or to show before the pack is made. */
export function hasFindings(stage: Stage): boolean {
  const { words, places } = stage.local.found as PackReview;
  return words.length + places.length + adviceConflicts(stage).length > 0;
}

export function wordsView(stage: Stage, done: () => unknown, toSheet: () => unknown) {
  const review = stage.local.found as PackReview;
  const questions = findingsOf(review.words.filter(({ why }) => why !== 'apart'));
  const restricted = findingsOf(review.words.filter(({ why }) => why === 'apart'));
  const unanswered = questions.filter((finding) => !isAnswered(finding)).length;
  const conflicts = adviceConflicts(stage);
  const goOn = () => (unanswered ? confirmSkip(stage, unanswered, done) : finishAnswers(stage, done));
  return html`${heading(t('wordy.title'))}${errorSummary(stage)}
    ${
      questions.length
        ? html`<p class="soft">${t('wordy.lead')}</p><ul class="stack">${questions.map(
            (finding) => html`<li>${questionCard(stage, finding, toSheet)}</li>`,
          )}</ul>`
        : nothing
    }
    ${
      restricted.length
        ? html`<section class="stack-close"><h2>${t('wordy.apart')}</h2><p
          class="soft small">${t('wordy.apart_lead')}</p>
      <ul class="rows">${restricted.map(
        (finding) => html`<li>${restrictedRow(stage, finding, toSheet)}</li>`,
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

const isAnswered = ({ matches }: Finding) => matches.every(({ answered }) => answered);

/** One question for all places where the same words stand. */
function questionCard(stage: Stage, finding: Finding, toSheet: () => unknown) {
  const { matches } = finding;
  const [first] = matches as [FlaggedWords];
  return html`<div class="note stack-close"><p dir="auto">${t(`wordy.${first.why}`, { found: first.found })}</p>
    ${first.why === 'number' ? html`<p class="small soft">${t('wordy.whose')}</p>` : nothing}
    ${matches.every(({ isEarlier }) => isEarlier) ? html`<p class="small">${t('wordy.earlier')}</p>` : nothing}
    <div class="answer">${
      isAnswered(finding) ? html`<p class="small soft">${t('wordy.answered')}</p>` : nothing
    }<div class=${isAnswered(finding) ? 'row hidden-in-place' : 'row'}>${button(t('wordy.hold'), () =>
      saveAnswer(stage, matches, 'hold'),
    )}${button(t('wordy.fine'), () => saveAnswer(stage, matches, 'fine'))}</div></div>
    ${
      matches.length === 1
        ? html`<div>${button(
            t('wordy.open', { what: sourceText(stage, first) }),
            () => openSource(stage, first, toSheet),
            {
              plain: true,
            },
          )}</div>`
        : html`<div class="rows"><div>${row({
            title: tn('wordy.where', matches.length),
            icon: 'list',
            ...placesOf(stage, finding, toSheet),
          })}</div></div>`
    }</div>`;
}

/**
 * Save an answer without waiting: the next one may be tapped at once. Answers are saved one after the other, because
 * each adds to what the one before stored. A question whose answer could not be saved is asked again.
 */
function saveAnswer(stage: Stage, matches: readonly FlaggedWords[], decision: 'hold' | 'fine') {
  const { local, generation } = stage;
  // The card keeps its place and height: nothing may move under a finger that taps twice.
  const note = (isAnswered: boolean) => {
    for (const match of matches) match.answered = isAnswered;
  };
  note(true);
  stage.draw();
  const save = async () => {
    for (const found of new Set(matches.map((match) => match.found))) await stage.app.decideWords(found, decision);
  };
  local.writes = Promise.resolve(local.writes)
    .then(save)
    .catch((error) => {
      note(false);
      if (generation !== stage.generation || stage.local !== local) return;
      stage.fail({ ...problemOf(error), sentence: t('wordy.not_kept') });
    });
}

/** Wait until every answer is saved, then go on, unless one could not be. */
function finishAnswers(stage: Stage, done: () => unknown) {
  const { local } = stage;
  return stage.run('words', async () => {
    await local.writes;
    const { words } = local.found as PackReview;
    if (stage.local === local && words.every(({ answered, why }) => answered || why === 'apart')) await done();
  });
}

function restrictedRow(stage: Stage, finding: Finding, toSheet: () => unknown) {
  const { matches } = finding;
  const [first] = matches as [FlaggedWords];
  const title = `“${first.found}”`;
  if (matches.length === 1)
    return row({
      title,
      subtitle: sourceText(stage, first),
      icon: 'eye',
      onClick: () => openSource(stage, first, toSheet),
    });
  return row({ title, subtitle: tn('wordy.where', matches.length), icon: 'eye', ...placesOf(stage, finding, toSheet) });
}

/** What a row needs to open the list of places where the same words stand. */
function placesOf(stage: Stage, { key, matches }: Finding, toSheet: () => unknown) {
  const isOpen = stage.local.finding === key;
  return {
    expanded: isOpen,
    onClick: () => stage.set({ finding: isOpen ? null : key }),
    body: isOpen
      ? html`<ul class="stack-close">${matches.map(
          (match) =>
            html`<li>${button(
              t('wordy.open', { what: sourceText(stage, match) }),
              () => openSource(stage, match, toSheet),
              { plain: true },
            )}</li>`,
        )}</ul>`
      : nothing,
  };
}

function sourceText(stage: Stage, { kind, record }: FlaggedWords) {
  if (kind === OWN_WORDS) return t('pack.unprinted_own');
  if (kind === 'attachment') return t('wordy.file');
  if (kind !== 'incident') return t('wordy.record');
  const entryNumber = stage.state.entries.find((row) => row.record === record)?.seq_no ?? null;
  return entryNumber === null ? t('wordy.entry_new') : t('wordy.entry', { n: entryNumber });
}

function openSource(stage: Stage, { kind, record }: FlaggedWords, toSheet: () => unknown) {
  if (kind === OWN_WORDS) return toSheet();
  return stage.go(
    kind === 'attachment'
      ? { name: 'file', attachment: record }
      : kind === 'incident'
        ? { name: 'entry', record }
        : { name: 'kept', record, kind },
  );
}

function confirmSkip(stage: Stage, unanswered: number, done: () => unknown) {
  const skipAll = async () => {
    stage.closeSheet();
    await stage.local.writes;
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
