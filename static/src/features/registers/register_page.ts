/**
 * The page of one record: its fields, its pictures, the records that mention it, the records merged with it, its
 * history, and taking it out.
 */
import { html, nothing } from '../../shell/html.js';
import { askBeforePicker } from '../../components/files/picture_warning.js';
import { chips, filePicker, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, sheet, loading } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { loadVocabulary } from '../../components/text/labels.js';
import { clockTime, dateText, entryNumberText, dateTimeText, occurredText } from '../../components/text/formatting.js';
import { findPicture } from '../../components/files/tiles.js';
import { askReason } from '../../components/registers/register_form.js';
import { REGISTERS } from '../../components/registers/register_table.js';
import { earlyBreachLine, standingLine, termsList } from '../../components/registers/register_terms.js';
import { registerFacts, registerAnswerText, recordTitle } from '../../components/registers/register_words.js';
import { statementMark } from '../../components/text/statement_mark.js';
import { relatedRows } from './related.js';
import '../../components/words.js';
import './words.js';
import type { Attachment, KeptRecord, Mention, WholeRecord as Whole } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Refresh everything that was read about records. */
export function refreshAll(stage: Stage) {
  for (const prefix of ['record', 'people', 'mentions:', 'chase', 'files:']) stage.refresh(prefix);
}

export function recordView(stage: Stage) {
  const { record = '' } = stage.place;
  loadVocabulary(stage);
  const result = stage.find(`record:${record}`, () => stage.app.readRecord(record));
  if (!result.data) return result.problem ? heading(t('reg.missing')) : loading();
  return recordPage(stage, result.data as Whole);
}

function recordPage(stage: Stage, fullRecord: Whole) {
  const { kind, record, fields } = fullRecord;
  const register = REGISTERS[kind];
  if (!register) return heading(t('reg.missing'));
  const mentions = stage.find(`mentions:${record}`, () => stage.app.readMentions(record)).data ?? [];
  return html`<article class="stack-wide">
    <div class="stack-close">
      <p class="soft small">${lookUp(`reg.${kind}.one`)}${
        kind === 'person' ? html` · ${codeOf(stage, record)}` : nothing
      }</p>
      ${heading(html`<bdi>${recordTitle(stage, kind, fields)}</bdi>`)}
      ${
        kind === 'statement'
          ? html`<p class="note small">${t('reg.statement.label')}</p>${statementMark(fields)}`
          : nothing
      }
    </div>
    ${errorSummary(stage)}
    ${
      fullRecord.taken_out !== null
        ? html`<div class="care stack-close"><p>${t('out.since', { day: dateText(fullRecord.taken_out) })}</p>${
            fullRecord.out_reason
              ? html`<p class="small" dir="auto">${t('reg.h.why', { reason: fullRecord.out_reason })}</p>`
              : nothing
          }
      <div>${button(t('out.back'), () => putBack(stage, record), {
        main: true,
        busy: stage.runningTask === 'back',
      })}</div></div>`
        : nothing
    }
    ${fullRecord.two ? conflictingVersions(stage, fullRecord) : nothing}
    ${
      fullRecord.versions.some(({ altered }) => altered) ? html`<p class="care small">${t('reg.altered')}</p>` : nothing
    }
    ${
      kind === 'order' && fullRecord.taken_out === null
        ? html`${standingLine(fields)}${earlyBreachLine(fields, mentions)}`
        : nothing
    }
    ${fullRecord.two ? nothing : registerFacts(stage, kind, register.questions, fullRecord)}
    ${kind === 'order' ? termsList(stage, fields, mentions) : nothing}
    ${recordPictures(stage, fullRecord)}
    ${register.mergeable ? mergeSection(stage, fullRecord) : nothing}
    ${mentionsSection(stage, fullRecord, mentions)}
    ${fullRecord.taken_out === null ? actionButtons(stage, fullRecord) : nothing}
    <div class="rows"><div>${row({
      title: t('reg.history'),
      icon: 'list',
      expanded: Boolean(stage.local.history),
      body: stage.local.history ? historyList(stage, fullRecord) : nothing,
      onClick: () => stage.set({ history: !stage.local.history }),
    })}</div></div>
    ${relatedRows(stage, kind)}
  </article>`;
}

/** Two devices changed the same version: show both results until the keeper has combined them. */
function conflictingVersions(stage: Stage, { kind, record, ends }: Whole) {
  return html`<section class="stack"><p class="care small">${t('reg.two')}</p>
    ${ends.map(
      (version) =>
        html`<div class="stack-close"><h2>${t(version.here ? 'reg.two_here' : 'reg.two_there', {
          day: dateText(version.at),
          time: clockTime(version.at),
        })}</h2>${registerFacts(stage, kind, REGISTERS[kind]?.questions ?? [], version)}</div>`,
    )}
    <div>${button(t('reg.two_do'), () => stage.go({ name: 'form', kind, record, preset: 'together' }), {
      main: true,
      icon: 'pen',
    })}</div></section>`;
}

function codeOf(stage: Stage, record: string) {
  const allRecords = stage.find('people', () => stage.app.readPeople({ all: true })).data;
  const code = allRecords?.find((person) => person.record === record)?.code;
  return code ? t('reg.code', { code }) : '';
}

function actionButtons(stage: Stage, { kind, record }: Whole) {
  return html`<div class="row">${button(t('reg.change'), () => stage.go({ name: 'form', kind, record }), {
    main: true,
    icon: 'pen',
  })}
    ${
      kind === 'order'
        ? button(t('show.title'), () => stage.go({ name: 'show', record, kind }), { icon: 'eye' })
        : nothing
    }
    ${button(
      t('out.take'),
      () => {
        stage.local.why = '';
        stage.openSheet((sheetStage) => takeOutSheet(sheetStage, record));
      },
      { plain: true },
    )}</div>`;
}

function takeOutSheet(stage: Stage, record: string) {
  const takeOut = () =>
    stage.run('out', async () => {
      await stage.app.takeOutRecord(record, stage.local.why ?? '');
      stage.closeSheet();
      refreshAll(stage);
      stage.announce(t('out.done'));
    });
  return sheet(
    stage,
    t('out.title'),
    html`<p>${t('out.lead')}</p>
    ${textField({
      id: 'out-why',
      label: t('out.why'),
      value: stage.local.why ?? '',
      onChange: (why) => {
        stage.local.why = why;
      },
    })}
    <div class="row">${button(t('out.do'), takeOut, { main: true, busy: stage.runningTask === 'out' })}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { plain: true },
    )}</div>`,
  );
}

function putBack(stage: Stage, record: string) {
  return stage.run('back', async () => {
    await stage.app.putBackRecord(record);
    refreshAll(stage);
    stage.announce(t('out.back_done'));
  });
}

/** The record's pictures, blurred until the keeper asks to see one. */
function recordPictures(stage: Stage, { kind, record, fields, taken_out }: Whole) {
  const lines = (REGISTERS[kind]?.questions ?? []).filter(({ type: as }) => as === 'files' || as === 'file');
  return lines.map(({ name, type: as }) => {
    const ids = (Array.isArray(fields[name]) ? fields[name] : fields[name] ? [fields[name]] : []).map(String);
    const files = ids.length
      ? stage.find(`files:${record}:${name}:${ids.join()}`, () => stage.app.readRecordFiles(ids)).data
      : [];
    const addFiles = (chosen: File[]) =>
      stage.run(`file-${name}`, async () => {
        for (const file of chosen)
          await stage.app.addRecordFile({ kind, record, field: name }, file, { route: 'photo_picker' });
        refreshAll(stage);
      });
    if (taken_out !== null && !ids.length) return nothing;
    return html`<section class="stack-close"><h2>${lookUp(`f.${kind}.${name}`)}</h2>
      ${
        files?.length
          ? html`<ul class="stack">${files.map((file) => html`<li>${fileCard(stage, file)}</li>`)}</ul>`
          : nothing
      }
      ${files && files.length < ids.length ? html`<p class="small soft">${t('pic.missing')}</p>` : nothing}
      ${
        taken_out === null
          ? html`<div>${
              stage.runningTask === `file-${name}`
                ? html`<p role="status">${t('pic.adding')}</p>`
                : filePicker({
                    label: t('pic.add'),
                    icon: 'picture',
                    multiple: as === 'files',
                    askFirst: askBeforePicker(stage, { record: null, missingEvidence: '' }),
                    onFiles: addFiles,
                  })
            }</div>`
          : nothing
      }</section>`;
  });
}

/**
 * One picture. Once uncovered, it asks whether it shows where the keeper lives; "show now" and packs use the answer.
 */
function fileCard(stage: Stage, file: Attachment & { looked: boolean; hold: boolean }) {
  const isUncovered = stage.local.bare === file.attachment;
  const { url, waiting: isLoading } = findPicture(stage, file, isUncovered ? 'print' : 'preview');
  return html`<div class="look">${
    url
      ? html`<div class="look-picture"><img class=${isUncovered ? '' : 'blurred'} src=${url} alt=${
          isUncovered ? t('pic.alt', { name: file.name }) : ''
        }></div>
    ${button(
      t(isUncovered ? 'pic.cover' : 'pic.show'),
      () => stage.set({ bare: isUncovered ? null : file.attachment }),
      {
        icon: 'eye',
      },
    )}${isUncovered ? locationChips(stage, file) : nothing}`
      : html`<p class="soft">${file.name} · ${t(isLoading ? 'frame.loading' : 'pic.none')}</p>`
  }
    ${button(t('attach.open'), () => stage.go({ name: 'file', attachment: file.attachment }), { plain: true })}</div>`;
}

function locationChips(
  stage: Stage,
  { attachment, looked, hold }: { attachment: string; looked: boolean; hold: boolean },
) {
  const chosen = stage.local.looked?.[attachment] ?? (looked ? (hold ? 'hold' : 'ok') : '');
  return chips({
    name: `look-${attachment}`,
    legend: t('pic.look'),
    chosen: [chosen],
    choices: [
      ['ok', t('pic.ok')],
      ['hold', t('pic.hold')],
    ],
    onChange: (code) => {
      stage.set({ looked: { ...stage.local.looked, [attachment]: code } });
      return stage.run('look', async () => {
        await stage.app.markLooked(attachment, { hold: code === 'hold' });
        refreshAll(stage);
      });
    },
  });
}

function mergeSection(stage: Stage, { kind, record, fields, taken_out }: Whole) {
  const allRecords = stage.find(`records:${kind}`, () => stage.app.readRecords(kind, { all: true })).data ?? [];
  const target = allRecords.find((other) => other.record === fields.merged_into);
  const duplicates = allRecords.filter((other) => other.fields.merged_into === record && other.record !== record);
  const link = (other: KeptRecord) =>
    html`<div>${button(
      html`<bdi>${recordTitle(stage, kind, other.fields)}</bdi>`,
      () => stage.go({ name: 'kept', kind, record: other.record }),
      { plain: true },
    )}</div>`;
  const undoMerge = (reason: string) =>
    stage.run('record', async () => {
      await stage.app.mergeRecords(record, null, reason);
      stage.closeSheet();
      refreshAll(stage);
    });
  return html`
    ${
      fields.merged_into
        ? html`<section class="note stack-close"><p>${t('merge.is')}</p>${
            target ? link(target) : html`<p class="soft">${t('reg.missing')}</p>`
          }
      ${
        taken_out === null
          ? html`<div>${button(t('merge.undo'), () => askReason(stage, undoMerge), { plain: true })}</div>`
          : nothing
      }</section>`
        : nothing
    }
    ${
      duplicates.length
        ? html`<section class="note stack-close"><p>${t('merge.also')}</p>${duplicates.map(link)}</section>`
        : nothing
    }
    ${
      !fields.merged_into && taken_out === null && allRecords.length > 1
        ? html`<div>${button(
            t('merge.do'),
            () => {
              stage.local.same = '';
              stage.openSheet((sheetStage) => mergeSheet(sheetStage, kind, record, allRecords));
            },
            { plain: true },
          )}</div>`
        : nothing
    }`;
}

function mergeSheet(stage: Stage, kind: string, record: string, allRecords: KeptRecord[]) {
  const search = (stage.local.same ?? '').normalize('NFKC').toLowerCase().trim();
  const others = allRecords.filter(
    (candidate) =>
      candidate.record !== record &&
      candidate.taken_out === null &&
      candidate.fields.merged_into !== record &&
      recordTitle(stage, kind, candidate.fields).toLowerCase().includes(search),
  );
  const merge = (into: string) =>
    stage.run('merge', async () => {
      await stage.app.mergeRecords(record, into);
      stage.closeSheet();
      refreshAll(stage);
      stage.announce(t('merge.done'));
    });
  return sheet(
    stage,
    t('merge.title'),
    html`<p class="soft">${t('merge.lead')}</p>
    ${
      allRecords.length > 8
        ? textField({
            id: 'merge-find',
            label: t('reg.find'),
            type: 'search',
            value: stage.local.same ?? '',
            onChange: (same) => stage.set({ same }),
          })
        : nothing
    }
    ${
      others.length
        ? html`<div class="rows">${others.slice(0, 20).map(
            (candidate) =>
              html`<div>${row({
                title: html`<bdi>${recordTitle(stage, kind, candidate.fields)}</bdi>`,
                icon: REGISTERS[kind]?.icon ?? 'list',
                onClick: () => merge(candidate.record),
              })}</div>`,
          )}</div>`
        : html`<p role="status">${t('merge.none')}</p>`
    }
    <div>${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>`,
  );
}

function mentionsSection(stage: Stage, { kind }: Whole, mentions: Mention[]) {
  const entries = mentions.filter((mention) => mention.kind === 'incident');
  const others = mentions.filter((mention) => mention.kind !== 'incident');
  if (['impact', 'background', 'statement', 'sighting'].includes(kind) && !mentions.length) return nothing;
  return html`<section class="stack-close"><h2>${t('reg.named')}</h2>
    ${
      entries.length
        ? html`<div class="rows">${entries.map(
            (mention) =>
              html`<div>${row({
                title: [
                  entryNumberText(mention.seq_no, 'reg'),
                  occurredText({ precision: 'unknown', ...mention.fields }),
                ].join(' · '),
                subtitle: mention.title ? html`<bdi>${mention.title}</bdi>` : null,
                icon: 'list',
                onClick: () => stage.go({ name: 'entry', record: mention.record }),
              })}</div>`,
          )}</div>`
        : html`<p class="soft">${t('reg.named_none')}</p>`
    }</section>
    ${
      others.length
        ? html`<section class="stack-close"><h2>${t('reg.named_records')}</h2><div class="rows">${others.map(
            (mention) =>
              html`<div>${row({
                title: html`<bdi>${recordTitle(stage, mention.kind, mention.fields)}</bdi>`,
                subtitle: lookUp(`reg.${mention.kind}.one`),
                icon: REGISTERS[mention.kind]?.icon ?? 'list',
                onClick: () => stage.go({ name: 'kept', kind: mention.kind, record: mention.record }),
              })}</div>`,
          )}</div></section>`
        : nothing
    }`;
}

function historyList(stage: Stage, { kind, versions }: Whole) {
  const lines = new Map((REGISTERS[kind]?.questions ?? []).map((line) => [line.name, line]));
  const fieldText = (field: string, value: unknown) => {
    const line = lines.get(field) ?? {
      name: field,
      type: field === 'merged_into' ? 'record' : 'text',
      recordKind: kind,
    };
    const text =
      line.type === 'files' || line.type === 'file'
        ? Array.isArray(value)
          ? String(value.length)
          : value
            ? '1'
            : ''
        : registerAnswerText(stage, kind, line, value);
    return text || t('reg.h.blank');
  };
  const isKnownField = (field: string) =>
    lines.has(field) || field === 'merged_into' || lines.has(field.replace(/_text$/, ''));
  return html`<ol class="history stack">${versions.map(
    (step) => html`<li class="stack-close">
    <p><strong>${t(`reg.h.${step.kind}`)}</strong> <span class="small soft">${dateTimeText(step.at)} · ${t(
      'history.by',
      {
        by: t(`history.${step.by}`),
      },
    )}</span></p>
    ${step.reason ? html`<p class="small" dir="auto">${t('reg.h.why', { reason: step.reason })}</p>` : nothing}
    ${step.changes
      .filter(({ field }) => isKnownField(field))
      .map(
        ({ field, old: oldValue, new: newValue }) => html`<div><p class="small soft">${fieldName(kind, field)}</p>
      ${
        step.kind === 'amendment'
          ? html`<p class="was" dir="auto">${t('reg.h.was', { old: fieldText(field, oldValue) })}</p>`
          : nothing
      }<p class="narrative-small" dir="auto">${fieldText(field, newValue)}</p></div>`,
      )}
  </li>`,
  )}</ol>`;
}

const fieldName = (kind: string, field: string) => lookUp(field === 'merged_into' ? 'merge.is' : `f.${kind}.${field}`);
