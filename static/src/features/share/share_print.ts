/** The chronology on paper: the same rows as in a pack made on the phone, drawn as text and sent to the printer. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import { confirmWithWords, confirmWordsField } from '../../components/forms/confirm_words.js';
import { printChoice, selectionOf } from './share_choose.js';
import { ENGLISH_TIMES } from '../../components/text/formatting.js';
import { typedText } from '../../components/text/typed_text.js';
import { cellLabel, wordsFor } from '../../pack/chronology/chronology_words.js';
import './words.js';
import type { Chronology } from '../../pack/chronology/chronology.js';
import type { Stage } from '../../shell/stage.js';
import type { Cell } from '../../pack/chronology/cells.js';

function printView(stage: Stage) {
  const { local } = stage;
  const chronology = local.made as Chronology | undefined;
  if (chronology) return printedSheet(stage, chronology);
  const showChronology = async () => {
    const agreed = await confirmWithWords(stage);
    if (!agreed) return;
    await stage.run('print', async () => {
      local.made = await stage.app.readChronology({ ...selectionOf(local), agreed }, ENGLISH_TIMES);
      stage.arrived = true;
    });
  };
  return html`<div class="stack-wide"><div class="stack-close">${heading(t('print.title'))}<p
    class="soft">${t('print.lead')}</p></div>${errorSummary(stage)}
    ${printChoice(stage, t('print.show'), showChronology, {
      asked: (go) => confirmWordsField(stage, go),
      busy: ['agree', 'print'].includes(stage.runningTask ?? ''),
    })}</div>`;
}

function printedSheet(stage: Stage, chronology: Chronology) {
  const close = () => {
    stage.arrived = true;
    stage.set({ made: null });
  };
  stage.over(close);
  return html`<div class="stack-wide printed">
    <div class="stack-close unprinted">${button(t('print.do'), () => globalThis.print(), {
      main: true,
      wide: true,
    })}${button(t('bar.back'), close, { plain: true })}</div>
    <p class="small soft unprinted">${t('print.after')}</p>
    <div class="stack-wide" lang="en-GB" dir="ltr">${heading(chronology.title)}${factList(
      chronology.facts,
    )}${chronology.notes.map((note) => html`<p class="small" dir="auto">${note}</p>`)}
    ${chronology.rows.map(
      (row) => html`<section class="printed-row stack-close"><h2><span>${row.number}</span> · ${row.when}</h2>
      <p class="small soft">${wordsFor('recorded')}: ${row.recorded}</p>
      ${row.mark ? html`<p class="mark">${row.mark}</p>` : nothing}
      <p class="narrative" dir="auto" lang=${row.lang || nothing}>${typedText(row.narrative)}</p>
      ${row.later.map(
        ({ at, kind, text }) =>
          html`<p class="narrative-small" dir="auto"><strong>${kind} ${at}</strong><br>${text}</p>`,
      )}
      ${factList([
        ...row.cells,
        ...(row.items.length ? [{ key: 'exhibits', text: row.items.join(', ') }] : []),
      ])}</section>`,
    )}
    ${chronology.statements.length ? html`<h2>${wordsFor('said')}</h2>` : nothing}
    ${chronology.statements.map(
      (item) => html`<section class="printed-row stack-close"><h3>${item.ref}</h3><p class="mark">${item.mark}</p>
      <p class="narrative" dir="auto" lang=${
        item.lang || nothing
      }>${typedText(item.narrative)}</p>${factList(item.cells)}</section>`,
    )}
    ${
      chronology.registers.length
        ? html`<h2>${wordsFor('named')}</h2>${chronology.registers.map(
            ({ ref, cells }) =>
              html`<section class="printed-row stack-close"><h3>${ref}</h3>${factList(cells)}</section>`,
          )}`
        : nothing
    }</div>
  </div>`;
}

function factList(cells: Cell[]) {
  return cells.length
    ? html`<dl class="facts facts-close">${cells.map(
        (item) => html`<div><dt>${cellLabel(item)}</dt><dd dir="auto">${item.text}</dd></div>`,
      )}</dl>`
    : nothing;
}

export const views = { print: printView };
