/** The page of one entry: its text, facts, files and history. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, sentenceOf, stateLine } from '../../components/parts.js';
import { entryNumber, momentSaid, whenWords } from '../../components/text/say.js';
import { t } from '../../shell/strings.js';
import { cardList, differing, saveWithReason } from '../../components/cards/cards.js';
import { earlyBreaches } from '../../components/cards/card_order.js';
import { titleOf } from '../../components/cards/card_words.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { guard } from '../../components/forms/guard_line.js';
import { history } from './history.js';
import { problemOf } from '../../shell/stage.js';
import { tooLong } from '../../components/forms/long_text.js';
import { erasedEntry, goneFiles, standingLines, takeOutRow } from './out.js';
import { scheduleRow } from '../../components/schedule_link.js';
import { tiles } from '../../components/files/tiles.js';
import { blockOf, whenField } from '../../components/forms/when.js';
import { factsOf } from '../../components/text/facts.js';
import { asked, lookedShort, lookedThrough, seenBy } from '../../components/text/advocate_lines.js';
import { markLine } from '../../components/text/assisted_marks.js';
import '../../components/words.js';
import './words.js';
import type { Entry, Half, SharedApp } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Show the entry of this page, or a placeholder until it is loaded. */
function withEntry(stage: Stage, show: (entry: Entry) => unknown) {
  const { record } = stage.place;
  const found = stage.find(`entry:${record}`, () => stage.app.readIncident(record as string));
  if (found.data) return show(found.data);
  return html`<div class="stack">${heading(t('entry.title'))}${
    found.problem
      ? html`<p role="alert">${t('entry.missing')} ${sentenceOf(found.problem)}</p>
    <div>${button(t('door.again'), () => stage.refresh('entry:'))}</div>`
      : html`<p role="status">${t('frame.loading')}</p>`
  }</div>`;
}

function entry(stage: Stage) {
  vocabulary(stage);
  const row = stage.state.removed?.find((one) => one.record === stage.place.record);
  if (row?.erased) return erasedEntry(stage, row);
  return withEntry(stage, (found) =>
    stage.local.changing && !found.taken_out ? changing(stage, found) : reading(stage, found),
  );
}

function reading(stage: Stage, found: Entry) {
  const { fields } = found;
  const state = stage.state.entries.find((one) => one.record === found.record)?.state ?? found.state;
  const first = found.versions[0];
  const isOut = found.taken_out !== null && found.taken_out !== undefined;
  return html`<article class="stack-wide">
    <div class="stack-close">
      ${heading(html`<span class="moment">${whenWords(fields)}</span>`)}
      <div class="row"><span class="soft small">${entryNumber(found.seq_no)}</span>${stateLine(
        state,
        Boolean(stage.state.account?.registered),
      )}</div>
    </div>
    ${errorSummary(stage)}
    ${standingLines(stage, found)}
    ${markLine(stage, found)}
    ${isOut ? nothing : seenBy(stage, found.record)}
    ${lookedThrough(stage, found.record)}
    ${words(stage, found)}
    ${
      found.attachments.length
        ? tiles(stage, found, (attachment) => lookedShort(stage, attachment, 'tile-looked'))
        : nothing
    }
    ${goneFiles(stage, found)}
    ${facts(stage, found)}
    ${isOut ? nothing : earlyBreaches(stage, fields)}
    ${isOut ? nothing : scheduleRow(stage, found)}
    ${first ? html`<p class="small soft">${t('entry.written')}: ${momentSaid(first.at)}</p>` : nothing}
    ${isOut ? nothing : asked(stage, found.record)}
    ${
      isOut
        ? nothing
        : html`<div class="row">${button(
            t('entry.changing'),
            () => {
              stage.arrived = true;
              stage.set({ changing: true });
            },
            { icon: 'pen' },
          )}${found.half ? html`<span class="small soft">${t('card.unsaved')}</span>` : nothing}
      ${button(t('entry.show'), () => stage.go({ name: 'show', record: found.record, kind: 'incident' }), {
        plain: true,
        icon: 'eye',
      })}
      ${
        fields.narrative ? button(t('entry.copy'), () => copy(stage, fields.narrative), { plain: true }) : nothing
      }</div>
    <section class="stack-close"><h2>${t('entry.details')}</h2>${cardList(stage, found)}</section>`
    }
    <div class="rows">${row({
      title: t('entry.history'),
      icon: 'list',
      expanded: Boolean(stage.local.history),
      body: stage.local.history ? history(stage, found) : nothing,
      on: () => stage.set({ history: !stage.local.history }),
    })}</div>
    ${takeOutRow(stage, found)}
  </article>`;
}

/** Show the narrative; if the keeper set a content warning, only after a tap. */
export function words(stage: Stage<SharedApp>, { fields }: Pick<Entry, 'fields'>) {
  const care = fields.content_warning && fields.content_warning !== 'none';
  if (care && !stage.local.careful) {
    return html`<div class="note stack-close"><p>${t('entry.care', {
      what: label('content_warnings', fields.content_warning) || fields.content_warning_text || '',
    })}</p>
      <div>${button(t('entry.care_show'), () => stage.set({ careful: true }), { icon: 'eye' })}</div></div>`;
  }
  const empty = fields.narrative_media ? t('entry.recorded') : t('entry.no_words');
  return html`<p class="narrative ${fields.narrative ? '' : 'soft'}" dir="auto">${fields.narrative || empty}</p>`;
}

async function copy(stage: Stage, text: string) {
  try {
    await navigator.clipboard.writeText(text);
    stage.say(t('entry.copied'));
    stage.set({ copied: true });
  } catch {
    stage.fail({ code: 'copy', sentence: t('entry.copy_failed') });
  }
}

/** List the entry's facts; restricted ones are marked. */
export function facts(
  stage: Stage<SharedApp>,
  { fields, restricted, note }: Pick<Entry, 'fields' | 'restricted' | 'note'>,
) {
  const said = factsOf(stage, fields, restricted);
  if (!said.length && !note && !stage.local.copied) return nothing;
  return html`${stage.local.copied ? html`<p class="small soft" role="status">${t('entry.copied')}</p>` : nothing}
    ${
      said.length || note
        ? html`<dl class="facts card">${said.map(
            ({ name, text, apart }) =>
              html`<div><dt>${titleOf(name)}${
                apart ? html` <span class="small soft">(${t('card.apart_short')})</span>` : nothing
              }</dt><dd dir="auto">${text}</dd></div>`,
          )}
      ${note ? html`<div><dt>${t('f.note')}</dt><dd dir="auto">${note}</dd></div>` : nothing}</dl>`
        : nothing
    }`;
}

/**
 * Store an unfinished change, so that it survives a lock, a crash and another page. Of the time only a picked one is
 * stored: "just now" would be another moment by then.
 */
function keepHalf(stage: Stage, found: Entry, half: Half | null) {
  found.half = half && { ...half, when: half.when?.chip === 'pick' ? half.when : undefined };
  Promise.resolve(stage.app.putWords?.(found.record, found.half)).catch((thrown) => stage.fail(problemOf(thrown)));
}

/** Edit the text or the time; earlier versions stay in the history. */
function changing(stage: Stage, found: Entry) {
  const { local } = stage;
  const edit = (local.edit ??= {
    narrative: found.fields.narrative ?? '',
    restricted: {},
    ...found.half,
    when: found.half?.when ?? { chip: null, picked: null },
  });
  const put = (next: Partial<Half>) => {
    keepHalf(stage, found, Object.assign(edit, next));
    stage.draw();
  };
  const over = () => {
    keepHalf(stage, found, null);
    Object.assign(local, { changing: false, edit: undefined });
    stage.arrived = true;
  };
  const stop = () => {
    over();
    stage.draw();
  };
  const long = tooLong(edit.narrative);
  const save = () => {
    const block = blockOf(edit.when, Date.now());
    if (long) return undefined;
    if (edit.when.chip && !block) return stage.set({ tried: true });
    const what = {
      fields: differing({ narrative: edit.narrative, ...block }, found.fields),
      restricted: differing(edit.restricted, found.restricted),
    };
    return saveWithReason(stage, found.record, what, () => {
      over();
      stage.say(t('add.saved'));
    });
  };
  return html`<div class="stack-wide">
    ${heading(t('entry.changing'))}
    ${errorSummary(stage)}
    <div class="stack-close">
      ${textField({
        id: 'narrative',
        label: t('add.title'),
        lines: 'big',
        value: edit.narrative,
        error: long ? t('add.too_long', long) : null,
        on: (narrative) => put({ narrative }),
      })}
      ${guard(
        stage,
        edit.narrative,
        { place_detail: edit.restricted.place_detail ?? found.restricted.place_detail ?? '' },
        (narrative, place_detail) => put({ narrative, restricted: { place_detail } }),
      )}
    </div>
    ${whenField({ when: edit.when, kept: found.fields, tried: Boolean(local.tried), on: (when) => put({ when }) })}
    <div class="row">${button(t('add.save'), save, { main: true, busy: stage.running === 'card' })}${button(
      t('frame.cancel'),
      stop,
      { plain: true },
    )}</div>
  </div>`;
}

export const views = { entry };
