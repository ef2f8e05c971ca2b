/** The page of one entry: its text, facts, files and history. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, problemSentence, stateLine } from '../../components/parts.js';
import { entryNumberText, dateTimeText, occurredText } from '../../components/text/formatting.js';
import { t } from '../../shell/strings.js';
import { cardList, changedFields, saveWithReason } from '../../components/cards/cards.js';
import { earlyBreachWarnings } from '../../components/cards/card_order.js';
import { fieldTitle } from '../../components/cards/card_words.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { NO_PLACE_TO_PASS_ON, guardLine } from '../../components/forms/guard_line.js';
import { fileVersions } from './conflict.js';
import { history } from './history.js';
import { problemOf } from '../../shell/stage.js';
import { textExcess } from '../../components/forms/long_text.js';
import { statementButton } from './statement_sheet.js';
import { erasedEntry, outOfPacksRow, removedFiles, statusLines, takeOutRow } from './take_out.js';
import { scheduleRow } from '../../components/schedule_link.js';
import { attachmentTiles } from '../../components/files/tiles.js';
import { timeBlockOf, whenField } from '../../components/forms/time_field.js';
import { entryFacts } from '../../components/text/facts.js';
import {
  advocateQuestions,
  lookedThroughMark,
  lookedThroughNotes,
  viewerNote,
} from '../../components/text/advocate_lines.js';
import { assistedMark } from '../../components/text/assisted_marks.js';
import { typedText } from '../../components/text/typed_text.js';
import '../../components/words.js';
import './words.js';
import type { Entry, UnsavedText, SharedApp } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Show the entry of this page, or a placeholder until it is loaded. */
function withEntry(stage: Stage, show: (current: Entry) => unknown) {
  const { record } = stage.place;
  const result = stage.find(`entry:${record}`, () => stage.app.readIncident(record as string));
  if (result.data) return show(result.data);
  return html`<div class="stack">${heading(t('entry.title'))}${
    result.problem
      ? html`<p role="alert">${t('entry.missing')} ${problemSentence(result.problem)}</p>
    <div>${button(t('door.again'), () => stage.refresh('entry:'))}</div>`
      : html`<p role="status">${t('frame.loading')}</p>`
  }</div>`;
}

function entryView(stage: Stage) {
  loadVocabulary(stage);
  const row = stage.state.removed?.find((row) => row.record === stage.place.record);
  if (row?.erased) return erasedEntry(row);
  return withEntry(stage, (current) =>
    stage.local.changing && !current.taken_out ? editView(stage, current) : readView(stage, current),
  );
}

function readView(stage: Stage, current: Entry) {
  const { fields } = current;
  const state = stage.state.entries.find((row) => row.record === current.record)?.state ?? current.state;
  const firstVersion = current.versions[0];
  const isTakenOut = current.taken_out !== null && current.taken_out !== undefined;
  return html`<article class="stack-wide">
    <div class="stack-close">
      ${heading(html`<span class="moment">${occurredText(fields)}</span>`)}
      <div class="row"><span class="soft small">${entryNumberText(current.seq_no)}</span>
        ${stateLine(stage, state)}</div>
    </div>
    ${errorSummary(stage)}
    ${statusLines(stage, current)}
    ${assistedMark(stage, current)}
    ${isTakenOut ? nothing : viewerNote(stage, current.record)}
    ${lookedThroughNotes(stage, current.record)}
    ${narrativeSection(stage, current)}
    ${
      current.attachments.length
        ? attachmentTiles(
            stage,
            current,
            (attachment) =>
              html`${fileVersions(current, attachment)}${lookedThroughMark(stage, attachment, 'tile-looked')}`,
          )
        : nothing
    }
    ${removedFiles(stage, current)}
    ${factList(stage, current)}
    ${isTakenOut ? nothing : earlyBreachWarnings(stage, fields)}
    ${isTakenOut ? nothing : scheduleRow(stage, current)}
    ${firstVersion ? html`<p class="small soft">${t('entry.written')}: ${dateTimeText(firstVersion.at)}</p>` : nothing}
    ${isTakenOut ? nothing : advocateQuestions(stage, current.record)}
    ${
      isTakenOut
        ? nothing
        : html`<div class="row">${button(
            t('entry.changing'),
            () => {
              stage.arrived = true;
              stage.set({ changing: true });
            },
            { icon: 'pen' },
          )}${current.half ? html`<span class="small soft">${t('card.unsaved')}</span>` : nothing}
      ${button(t('entry.show'), () => stage.go({ name: 'show', record: current.record, kind: 'incident' }), {
        plain: true,
        icon: 'eye',
      })}
      ${
        fields.narrative ? button(t('entry.copy'), () => copyText(stage, fields.narrative), { plain: true }) : nothing
      }${statementButton(stage, current)}</div>
    <section class="stack-close"><h2>${t('entry.details')}</h2>${cardList(stage, current)}</section>`
    }
    <div class="rows">${row({
      title: t('entry.history'),
      icon: 'list',
      expanded: Boolean(stage.local.history),
      body: stage.local.history ? history(stage, current) : nothing,
      onClick: () => stage.set({ history: !stage.local.history }),
    })}</div>
    ${outOfPacksRow(stage, current)}${takeOutRow(stage, current)}
  </article>`;
}

/** Show the narrative; if the keeper set a content warning, only after a tap. */
export function narrativeSection(stage: Stage<SharedApp>, { fields }: Pick<Entry, 'fields'>) {
  const needsCare = fields.content_warning && fields.content_warning !== 'none';
  if (needsCare && !stage.local.careful) {
    return html`<div class="note stack-close"><p>${t('entry.care', {
      what: labelForCode('content_warnings', fields.content_warning) || fields.content_warning_text || '',
    })}</p>
      <div>${button(t('entry.care_show'), () => stage.set({ careful: true }), { icon: 'eye' })}</div></div>`;
  }
  const placeholder = fields.narrative_media ? t('entry.recorded') : t('entry.no_words');
  return html`<p class="narrative ${fields.narrative ? '' : 'soft'}" dir="auto">${
    fields.narrative ? typedText(fields.narrative) : placeholder
  }</p>`;
}

async function copyText(stage: Stage, text: string) {
  try {
    await navigator.clipboard.writeText(text);
    stage.announce(t('entry.copied'));
    stage.set({ copied: true });
  } catch {
    stage.fail({ code: 'copy', sentence: t('entry.copy_failed') });
  }
}

/** List the entry's facts; restricted ones are marked. */
export function factList(
  stage: Stage<SharedApp>,
  { fields, restricted, note }: Pick<Entry, 'fields' | 'restricted' | 'note'>,
) {
  const lines = entryFacts(stage, fields, restricted);
  if (!lines.length && !note && !stage.local.copied) return nothing;
  return html`${stage.local.copied ? html`<p class="small soft" role="status">${t('entry.copied')}</p>` : nothing}
    ${
      lines.length || note
        ? html`<dl class="facts card">${lines.map(
            ({ name, text, apart }) =>
              html`<div><dt>${fieldTitle(name)}${
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
function storeUnfinished(stage: Stage, current: Entry, unfinished: UnsavedText | null) {
  current.half = unfinished && { ...unfinished, when: unfinished.when?.chip === 'pick' ? unfinished.when : undefined };
  Promise.resolve(stage.app.putWords?.(current.record, current.half)).catch((error) => stage.fail(problemOf(error)));
}

/** Edit the text or the time; earlier versions stay in the history. */
function editView(stage: Stage, current: Entry) {
  const { local } = stage;
  const edit = (local.edit ??= {
    narrative: current.fields.narrative ?? '',
    restricted: {},
    ...current.half,
    when: current.half?.when ?? { chip: null, picked: null },
  });
  const update = (patch: Partial<UnsavedText>) => {
    storeUnfinished(stage, current, Object.assign(edit, patch));
    stage.draw();
  };
  const finish = () => {
    storeUnfinished(stage, current, null);
    Object.assign(local, { changing: false, edit: undefined });
    stage.arrived = true;
  };
  const stop = () => {
    finish();
    stage.draw();
  };
  const overflow = textExcess(edit.narrative);
  const save = () => {
    const time = timeBlockOf(edit.when, Date.now());
    if (overflow) return undefined;
    if (edit.when.chip && !time) return stage.set({ tried: true });
    const placeToPassOn = edit.restricted.place_detail === undefined ? {} : NO_PLACE_TO_PASS_ON;
    const changes = {
      fields: changedFields({ narrative: edit.narrative, ...time, ...placeToPassOn }, current.fields),
      restricted: changedFields(edit.restricted, current.restricted),
    };
    return saveWithReason(stage, current.record, changes, () => {
      finish();
      stage.announce(t('add.saved'));
    });
  };
  return html`<div class="stack-wide">
    ${heading(t('entry.changing'))}
    ${errorSummary(stage)}
    <div class="stack-close">
      ${textField({
        id: 'narrative',
        label: t('add.title'),
        textarea: 'big',
        value: edit.narrative,
        error: overflow ? t('add.too_long', overflow) : null,
        onChange: (narrative) => update({ narrative }),
      })}
      ${guardLine(
        stage,
        edit.narrative,
        { place_detail: edit.restricted.place_detail ?? current.restricted.place_detail ?? '' },
        (narrative, place_detail) => update({ narrative, restricted: { place_detail } }),
      )}
    </div>
    ${whenField({
      when: edit.when,
      saved: current.fields,
      showMissing: Boolean(local.tried),
      onChange: (when) => update({ when }),
    })}
    <div class="row">${button(t('add.save'), save, { main: true, busy: stage.runningTask === 'card' })}${button(
      t('frame.cancel'),
      stop,
      { plain: true },
    )}</div>
  </div>`;
}

export const views = { entry: entryView };
