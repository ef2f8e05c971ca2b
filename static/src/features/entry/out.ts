/**
 * An entry that is taken out, waits for erasure, or was changed on two devices: its status lines, the sheet before it
 * is taken out, and what remains after erasure.
 */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, heading, row, sheet } from '../../components/parts.js';
import { day, momentSaid } from '../../components/text/say.js';
import { t } from '../../shell/strings.js';
import { openWords } from '../../components/forms/words_sheet.js';
import { putBack, again } from './put_back.js';
import '../../components/words.js';
import './words.js';
import type { Entry, Row, Waiting } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const atWords = momentSaid;

export function standingLines(stage: Stage, entry: Entry) {
  const { taken_out: out, erasing, ends = [], flags = [] } = entry;
  return html`${flags.includes('altered') ? html`<p class="care" role="status">${t('entry.altered')}</p>` : nothing}${
    erasing ? erasingLine(stage, entry, erasing) : nothing
  }
    ${
      out !== null && out !== undefined
        ? html`<div class="note stack-close" role="status"><p>${t('away.entry', { at: atWords(out) })}</p>
      <div class="row">${button(t('away.back'), () => putBack(stage, entry.record), { busy: stage.running === 'back' })}
        ${erasing ? nothing : button(t('erase.do'), () => askToErase(stage, entry), { plain: true })}</div></div>`
        : nothing
    }
    ${
      ends.length > 1 && (out === null || out === undefined)
        ? html`<div class="note stack-close" role="status"><p>${t('two.line')}</p>
      <div>${button(t('two.look'), () => stage.go({ name: 'two', record: entry.record }), { main: true })}</div></div>`
        : nothing
    }`;
}

function erasingLine(stage: Stage, entry: Entry, waiting: Waiting) {
  const isDue = waiting.here && waiting.due_at <= Date.now();
  const stop = () =>
    stage.run('stop', async () => {
      await stage.app.stopErasing?.(entry.record);
      stage.say(t('erase.stopped'));
      again(stage);
    });
  return html`<div class="note care stack-close" role="status"><p>${t(isDue ? 'erase.due' : 'erase.pending', {
    at: atWords(waiting.due_at),
  })}</p>
    <div class="row">${button(t('erase.stop'), stop, { main: true, busy: stage.running === 'stop' })}
      ${
        isDue
          ? button(
              t('erase.finish'),
              () =>
                openWords(stage, {
                  title: t('erase.title'),
                  lead: t('erase.due'),
                  go: t('erase.finish'),
                  act: async (words) => {
                    await stage.app.finishErasing?.(entry.record, { words });
                    stage.say(t('erase.done'));
                    stage.stand({ name: 'removed' });
                  },
                }),
              { plain: true },
            )
          : nothing
      }</div></div>`;
}

/** List files taken out of the entry, each with a button to put it back. */
export function goneFiles(stage: Stage, { files_out: out = [] }: Entry) {
  if (!out.length) return nothing;
  return html`<ul class="rows">${out.map(
    ({ attachment, name, at, removed }) =>
      html`<li class="page-item row apart">${
        removed
          ? html`<span class="small">${t('attach.removed')}, ${day(at)}</span>`
          : html`<span class="small">${t('away.file_gone', {
              at: day(at),
            })} <span dir="auto">${name}</span></span>${button(t('away.back'), () => putBack(stage, attachment), {
              plain: true,
            })}`
      }</li>`,
  )}</ul>`;
}

export function takeOutRow(stage: Stage, entry: Entry) {
  if (entry.taken_out !== null && entry.taken_out !== undefined) return nothing;
  return html`<div class="rows">${row({
    title: t('away.do'),
    icon: 'leave',
    on: () => {
      stage.local.why = '';
      stage.refresh('entry:');
      stage.openSheet((on) => outSheet(on, latest(on, entry)));
    },
  })}</div>`;
}

/** Return the entry as it is now: a pack may have been made since the page was drawn. */
const latest = (stage: Stage, entry: Entry): Entry =>
  stage.find(`entry:${entry.record}`, () => stage.app.readIncident(entry.record)).data ?? entry;

/** Warn who already received the entry, before it is taken out. */
function givenNote({ given = [] }: Entry) {
  if (!given.length) return nothing;
  return html`<div class="note care stack-close"><p>${t('away.given')}</p>
    <ul class="points">${given
      .slice(0, 5)
      .map(
        ({ who, at, pack_no }) =>
          html`<li>${
            !who && pack_no !== null
              ? t('away.given_made', { no: pack_no, at: day(at) })
              : html`${t('away.given_to', { who: who || t('away.someone'), at: day(at) })}${
                  pack_no === null ? nothing : ` (${t('away.given_pack', { no: pack_no })})`
                }`
          }</li>`,
      )}</ul>
    <p>${t('away.ask')}</p></div>`;
}

function outSheet(stage: Stage, entry: Entry) {
  const go = () => {
    const reason = stage.local.why ?? '';
    stage.closeSheet();
    return stage.run('out', async () => {
      await stage.app.takeOutRecord(entry.record, reason);
      stage.arrived = true;
      stage.say(t('away.done'));
      again(stage);
    });
  };
  return sheet(
    stage,
    t('away.title'),
    html`<p>${t('away.lead')}</p>
    ${givenNote(entry)}
    ${textField({
      id: 'out-why',
      label: t('away.reason'),
      lines: 'low',
      value: stage.local.why ?? '',
      on: (why) => {
        stage.local.why = why;
      },
    })}
    <div class="row">${button(t('away.go'), go, { busy: stage.running === 'out' })}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { main: true },
    )}</div>`,
  );
}

function askToErase(stage: Stage, entry: Entry) {
  openWords(stage, {
    title: t('erase.title'),
    lead: t('erase.lead'),
    go: t('erase.go'),
    more: givenNote(entry),
    act: async (words) => {
      const done = await stage.app.askErasing?.(entry.record, { words });
      if (done) stage.say(t('erase.asked', { at: atWords(done.due_at) }));
      again(stage);
    },
  });
}

/** Show what remains of an erased entry: its number and the day. */
export function erasedEntry(_stage: Stage, gone: Row) {
  return html`<article class="stack-wide">${heading(t('erase.gone', { at: day(gone.erased ?? 0) }))}
    <p class="soft">${gone.seq_no === null ? t('entries.new') : t('erase.number', { n: gone.seq_no })}</p></article>`;
}
