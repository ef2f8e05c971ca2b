/** The chronology on paper: the same rows as in a pack made on the phone, drawn as text and sent to the printer. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import { agreedWith, wordsOnceMore } from '../../components/forms/agreeing.js';
import { choosingPrint, chosenOf } from './share_choose.js';
import { SAY } from '../../components/text/say.js';
import { cellLabel, words } from '../../pack/chronology/chronology_words.js';
import './words.js';
import type { Chronology } from '../../pack/chronology/chronology.js';
import type { Stage } from '../../shell/stage.js';
import type { Cell } from '../../pack/chronology/cells.js';

function print(stage: Stage) {
  const { local } = stage;
  const made = local.made as Chronology | undefined;
  if (made) return sheet(stage, made);
  const show = async () => {
    const agreed = await agreedWith(stage);
    if (!agreed) return;
    await stage.run('print', async () => {
      local.made = await stage.app.readChronology({ ...chosenOf(local), agreed }, SAY);
      stage.arrived = true;
    });
  };
  return html`<div class="stack-wide"><div class="stack-close">${heading(t('print.title'))}<p
    class="soft">${t('print.lead')}</p></div>${errorSummary(stage)}
    ${choosingPrint(stage, t('print.show'), show, {
      asked: (go) => wordsOnceMore(stage, go),
      busy: ['agree', 'print'].includes(stage.running ?? ''),
    })}</div>`;
}

function sheet(stage: Stage, made: Chronology) {
  return html`<div class="stack-wide printed">
    <div class="stack-close unprinted">${button(t('print.do'), () => globalThis.print(), {
      main: true,
      wide: true,
    })}${button(
      t('bar.back'),
      () => {
        stage.arrived = true;
        stage.set({ made: null });
      },
      { plain: true },
    )}</div>
    <p class="small soft unprinted">${t('print.after')}</p>
    <div class="stack-wide" lang="en-GB" dir="ltr">${heading(made.title)}${pairs(made.facts)}${made.notes.map(
      (note) => html`<p class="small" dir="auto">${note}</p>`,
    )}
    ${made.rows.map(
      (row) => html`<section class="printed-row stack-close"><h2><span>${row.number}</span> · ${row.when}</h2>
      <p class="small soft">${words('recorded')}: ${row.recorded}</p>
      ${row.mark ? html`<p class="mark">${row.mark}</p>` : nothing}
      <p class="narrative" dir="auto" lang=${row.lang || nothing}>${row.narrative}</p>
      ${row.later.map(
        ({ at, kind, text }) =>
          html`<p class="narrative-small" dir="auto"><strong>${kind} ${at}</strong><br>${text}</p>`,
      )}
      ${pairs([
        ...row.cells,
        ...(row.items.length ? [{ key: 'exhibits', text: row.items.join(', ') }] : []),
      ])}</section>`,
    )}
    ${made.statements.length ? html`<h2>${words('said')}</h2>` : nothing}
    ${made.statements.map(
      (one) => html`<section class="printed-row stack-close"><h3>${one.ref}</h3><p class="mark">${one.mark}</p>
      <p class="narrative" dir="auto" lang=${one.lang || nothing}>${one.narrative}</p>${pairs(one.cells)}</section>`,
    )}
    ${
      made.named.length
        ? html`<h2>${words('named')}</h2>${made.named.map(
            ({ ref, cells }) => html`<section class="printed-row stack-close"><h3>${ref}</h3>${pairs(cells)}</section>`,
          )}`
        : nothing
    }</div>
  </div>`;
}

function pairs(cells: Cell[]) {
  return cells.length
    ? html`<dl class="facts facts-close">${cells.map(
        (one) => html`<div><dt>${cellLabel(one)}</dt><dd dir="auto">${one.text}</dd></div>`,
      )}</dl>`
    : nothing;
}

export const views = { print };
