/** Words that may reveal where the keeper is, in the part that may be passed on. Each links to its source. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, row, sheet } from '../../components/parts.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { Review, Wordy } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export function wording(stage: Stage, done: () => unknown) {
  const review = stage.local.found as Review;
  const looks = review.words.filter(({ why }) => why !== 'apart');
  const apart = review.words.filter(({ why }) => why === 'apart');
  const left = looks.filter(({ answered }) => !answered).length;
  const next = () => (left ? skip(stage, left, done) : done());
  return html`${heading(t('wordy.title'))}${errorSummary(stage)}
    ${
      looks.length
        ? html`<p class="soft">${t('wordy.lead')}</p><ul class="stack">${looks.map(
            (one) => html`<li>${question(stage, one)}</li>`,
          )}</ul>`
        : nothing
    }
    ${
      apart.length
        ? html`<section class="stack-close"><h2>${t('wordy.apart')}</h2><p
          class="soft small">${t('wordy.apart_lead')}</p>
      <ul class="rows">${apart.map(
        (one) =>
          html`<li>${row({
            title: `“${one.found}”`,
            more: whatOf(stage, one),
            icon: 'eye',
            on: () => open(stage, one),
          })}</li>`,
      )}</ul></section>`
        : nothing
    }
    ${
      review.places.length
        ? html`<section class="stack-close"><h2>${t('wordy.places')}</h2><p
          class="soft small">${t('wordy.places_lead')}</p>
      <ul class="rows">${review.places.map(
        (one) =>
          html`<li>${row({
            title: one.name || t('wordy.file'),
            icon: 'file',
            on: () => stage.go({ name: 'file', attachment: one.attachment }),
          })}</li>`,
      )}</ul></section>`
        : nothing
    }
    ${review.words.length || review.places.length ? nothing : html`<p>${t('wordy.none')}</p>`}
    ${left ? html`<p role="status">${tn('wordy.left', left)}</p>` : nothing}
    <div class="row">${button(t('frame.next'), next, { main: true })}</div>`;
}

function question(stage: Stage, one: Wordy) {
  const answer = (what: 'hold' | 'fine') =>
    stage.run(`words-${one.id}`, async () => {
      await stage.app.decideWords(one.found, what);
      // One answer applies to every occurrence of the same words.
      for (const other of stage.local.found.words) if (other.found === one.found) other.answered = true;
      if (what === 'hold')
        for (const other of stage.local.found.words) if (other.found === one.found) other.why = 'apart';
    });
  return html`<div class="note stack-close"><p dir="auto">${t(`wordy.${one.why}`, { found: one.found })}</p>
    ${
      one.answered
        ? html`<p class="small soft">${t('wordy.answered')}</p>`
        : html`<div class="row">${button(t('wordy.hold'), () => answer('hold'), {
            busy: stage.running === `words-${one.id}`,
          })}${button(t('wordy.fine'), () => answer('fine'))}</div>`
    }
    <div>${button(t('wordy.open', { what: whatOf(stage, one) }), () => open(stage, one), { plain: true })}</div></div>`;
}

function whatOf(stage: Stage, { kind, record }: Wordy) {
  if (kind === 'attachment') return t('wordy.file');
  if (kind !== 'incident') return t('wordy.record');
  const n = stage.state.entries.find((row) => row.record === record)?.seq_no ?? null;
  return n === null ? t('wordy.entry_new') : t('wordy.entry', { n });
}

function open(stage: Stage, { kind, record }: Wordy) {
  return stage.go(
    kind === 'attachment'
      ? { name: 'file', attachment: record }
      : kind === 'incident'
        ? { name: 'entry', record }
        : { name: 'kept', record, kind },
  );
}

function skip(stage: Stage, left: number, done: () => unknown) {
  const go = () => {
    stage.closeSheet();
    stage.local.overridden = true;
    return done();
  };
  stage.openSheet((on) =>
    sheet(
      on,
      t('wordy.skip_title'),
      html`<p>${t('wordy.skip_lead')}</p><p>${tn('wordy.left', left)}</p>
    <div class="row">${button(t('look.skip_do'), go)}${button(t('frame.cancel'), () => on.closeSheet(), {
      main: true,
    })}</div>`,
    ),
  );
}
