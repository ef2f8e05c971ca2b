/**
 * The page of one record: its fields, its pictures, the records that mention it, the records merged with it, its
 * history, and taking it out.
 */
import { html, nothing } from '../../shell/html.js';
import { askedFirst } from '../../components/files/asking.js';
import { chips, filePicker, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, sheet, waiting } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { vocabulary } from '../../components/text/labels.js';
import { clockTime, day, entryNumber, momentSaid, whenWords } from '../../components/text/say.js';
import { picture } from '../../components/files/tiles.js';
import { askReason } from '../../components/registers/register_form.js';
import { REGISTERS } from '../../components/registers/register_table.js';
import { earlierLine, standingLine, termsShown } from '../../components/registers/register_terms.js';
import { factsOf, lineWords, titleOf } from '../../components/registers/register_words.js';
import { statementMark } from '../../components/text/statement_mark.js';
import '../../components/words.js';
import './words.js';
import type { Attachment, KeptRecord, Mention, WholeRecord as Whole } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Refresh everything that was read about records. */
export function refreshAll(stage: Stage) {
  for (const prefix of ['record', 'people', 'mentions:', 'chase', 'files:']) stage.refresh(prefix);
}

export function kept(stage: Stage) {
  const { record = '' } = stage.place;
  vocabulary(stage);
  const found = stage.find(`record:${record}`, () => stage.app.readRecord(record));
  if (!found.data) return found.problem ? heading(t('reg.missing')) : waiting();
  return page(stage, found.data as Whole);
}

function page(stage: Stage, one: Whole) {
  const { kind, record, fields } = one;
  const register = REGISTERS[kind];
  if (!register) return heading(t('reg.missing'));
  const mentioned = stage.find(`mentions:${record}`, () => stage.app.readMentions(record)).data ?? [];
  return html`<article class="stack-wide">
    <div class="stack-close">
      <p class="soft small">${lookUp(`reg.${kind}.one`)}${
        kind === 'person' ? html` · ${codeOf(stage, record)}` : nothing
      }</p>
      ${heading(html`<bdi>${titleOf(stage, kind, fields)}</bdi>`)}
      ${
        kind === 'statement'
          ? html`<p class="note small">${t('reg.statement.label')}</p>${statementMark(fields)}`
          : nothing
      }
    </div>
    ${errorSummary(stage)}
    ${
      one.taken_out !== null
        ? html`<div class="care stack-close"><p>${t('out.since', { day: day(one.taken_out) })}</p>${
            one.out_reason
              ? html`<p class="small" dir="auto">${t('reg.h.why', { reason: one.out_reason })}</p>`
              : nothing
          }
      <div>${button(t('out.back'), () => putBack(stage, record), {
        main: true,
        busy: stage.running === 'back',
      })}</div></div>`
        : nothing
    }
    ${one.two ? bothShown(stage, one) : nothing}
    ${one.versions.some(({ altered }) => altered) ? html`<p class="care small">${t('reg.altered')}</p>` : nothing}
    ${
      kind === 'order' && one.taken_out === null
        ? html`${standingLine(fields)}${earlierLine(fields, mentioned)}`
        : nothing
    }
    ${one.two ? nothing : factsOf(stage, kind, register.lines, one)}
    ${kind === 'order' ? termsShown(stage, fields, mentioned) : nothing}
    ${pictures(stage, one)}
    ${register.merges ? merged(stage, one) : nothing}
    ${named(stage, one, mentioned)}
    ${one.taken_out === null ? acts(stage, one) : nothing}
    <div class="rows"><div>${row({
      title: t('reg.history'),
      icon: 'list',
      expanded: Boolean(stage.local.history),
      body: stage.local.history ? history(stage, one) : nothing,
      on: () => stage.set({ history: !stage.local.history }),
    })}</div></div>
  </article>`;
}

/** Two devices changed the same version: show both results until the keeper has combined them. */
function bothShown(stage: Stage, { kind, record, ends }: Whole) {
  return html`<section class="stack"><p class="care small">${t('reg.two')}</p>
    ${ends.map(
      (end) =>
        html`<div class="stack-close"><h2>${t(end.here ? 'reg.two_here' : 'reg.two_there', {
          day: day(end.at),
          time: clockTime(end.at),
        })}</h2>${factsOf(stage, kind, REGISTERS[kind]?.lines ?? [], end)}</div>`,
    )}
    <div>${button(t('reg.two_do'), () => stage.go({ name: 'form', kind, record, preset: 'together' }), {
      main: true,
      icon: 'pen',
    })}</div></section>`;
}

function codeOf(stage: Stage, record: string) {
  const all = stage.find('people', () => stage.app.readPeople({ all: true })).data;
  const code = all?.find((one) => one.record === record)?.code;
  return code ? t('reg.code', { code }) : '';
}

function acts(stage: Stage, { kind, record }: Whole) {
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
        stage.openSheet((on) => takeOutSheet(on, record));
      },
      { plain: true },
    )}</div>`;
}

function takeOutSheet(stage: Stage, record: string) {
  const take = () =>
    stage.run('out', async () => {
      await stage.app.takeOutRecord(record, stage.local.why ?? '');
      stage.closeSheet();
      refreshAll(stage);
      stage.say(t('out.done'));
    });
  return sheet(
    stage,
    t('out.title'),
    html`<p>${t('out.lead')}</p>
    ${textField({
      id: 'out-why',
      label: t('out.why'),
      value: stage.local.why ?? '',
      on: (why) => {
        stage.local.why = why;
      },
    })}
    <div class="row">${button(t('out.do'), take, { main: true, busy: stage.running === 'out' })}${button(
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
    stage.say(t('out.back_done'));
  });
}

/** The record's pictures, blurred until the keeper asks to see one. */
function pictures(stage: Stage, { kind, record, fields, taken_out }: Whole) {
  const lines = (REGISTERS[kind]?.lines ?? []).filter(({ as }) => as === 'files' || as === 'file');
  return lines.map(({ name, as }) => {
    const ids = (Array.isArray(fields[name]) ? fields[name] : fields[name] ? [fields[name]] : []).map(String);
    const files = ids.length
      ? stage.find(`files:${record}:${name}:${ids.join()}`, () => stage.app.readRecordFiles(ids)).data
      : [];
    const add = (chosen: File[]) =>
      stage.run(`file-${name}`, async () => {
        for (const file of chosen)
          await stage.app.addRecordFile({ kind, record, field: name }, file, { route: 'photo_picker' });
        refreshAll(stage);
      });
    if (taken_out !== null && !ids.length) return nothing;
    return html`<section class="stack-close"><h2>${lookUp(`f.${kind}.${name}`)}</h2>
      ${
        files?.length
          ? html`<ul class="stack">${files.map((one) => html`<li>${shown(stage, one)}</li>`)}</ul>`
          : nothing
      }
      ${files && files.length < ids.length ? html`<p class="small soft">${t('pic.missing')}</p>` : nothing}
      ${
        taken_out === null
          ? html`<div>${
              stage.running === `file-${name}`
                ? html`<p role="status">${t('pic.adding')}</p>`
                : filePicker({
                    label: t('pic.add'),
                    icon: 'picture',
                    many: as === 'files',
                    first: askedFirst(stage, { record: null, words: '' }),
                    on: add,
                  })
            }</div>`
          : nothing
      }</section>`;
  });
}

/**
 * One picture. Once uncovered, it asks whether it shows where the keeper lives; "show now" and packs use the answer.
 */
function shown(stage: Stage, one: Attachment & { looked: boolean; hold: boolean }) {
  const bare = stage.local.bare === one.attachment;
  const { url, waiting } = picture(stage, one, bare ? 'print' : 'preview');
  return html`<div class="look">${
    url
      ? html`<div class="look-picture"><img class=${bare ? '' : 'blurred'} src=${url} alt=${
          bare ? t('pic.alt', { name: one.name }) : ''
        }></div>
    ${button(t(bare ? 'pic.cover' : 'pic.show'), () => stage.set({ bare: bare ? null : one.attachment }), {
      icon: 'eye',
    })}${bare ? looking(stage, one) : nothing}`
      : html`<p class="soft">${one.name} · ${t(waiting ? 'frame.loading' : 'pic.none')}</p>`
  }
    ${button(t('attach.open'), () => stage.go({ name: 'file', attachment: one.attachment }), { plain: true })}</div>`;
}

function looking(stage: Stage, { attachment, looked, hold }: { attachment: string; looked: boolean; hold: boolean }) {
  const chosen = stage.local.looked?.[attachment] ?? (looked ? (hold ? 'hold' : 'ok') : '');
  return chips({
    name: `look-${attachment}`,
    legend: t('pic.look'),
    chosen: [chosen],
    choices: [
      ['ok', t('pic.ok')],
      ['hold', t('pic.hold')],
    ],
    on: (code) => {
      stage.set({ looked: { ...stage.local.looked, [attachment]: code } });
      return stage.run('look', async () => {
        await stage.app.markLooked(attachment, { hold: code === 'hold' });
        refreshAll(stage);
      });
    },
  });
}

function merged(stage: Stage, { kind, record, fields, taken_out }: Whole) {
  const all = stage.find(`records:${kind}`, () => stage.app.readRecords(kind, { all: true })).data ?? [];
  const into = all.find((one) => one.record === fields.merged_into);
  const same = all.filter((one) => one.fields.merged_into === record && one.record !== record);
  const link = (other: KeptRecord) =>
    html`<div>${button(
      html`<bdi>${titleOf(stage, kind, other.fields)}</bdi>`,
      () => stage.go({ name: 'kept', kind, record: other.record }),
      { plain: true },
    )}</div>`;
  const undo = (reason: string) =>
    stage.run('record', async () => {
      await stage.app.mergeRecords(record, null, reason);
      stage.closeSheet();
      refreshAll(stage);
    });
  return html`
    ${
      fields.merged_into
        ? html`<section class="note stack-close"><p>${t('merge.is')}</p>${
            into ? link(into) : html`<p class="soft">${t('reg.missing')}</p>`
          }
      ${
        taken_out === null
          ? html`<div>${button(t('merge.undo'), () => askReason(stage, undo), { plain: true })}</div>`
          : nothing
      }</section>`
        : nothing
    }
    ${
      same.length
        ? html`<section class="note stack-close"><p>${t('merge.also')}</p>${same.map(link)}</section>`
        : nothing
    }
    ${
      !fields.merged_into && taken_out === null && all.length > 1
        ? html`<div>${button(
            t('merge.do'),
            () => {
              stage.local.same = '';
              stage.openSheet((on) => mergeSheet(on, kind, record, all));
            },
            { plain: true },
          )}</div>`
        : nothing
    }`;
}

function mergeSheet(stage: Stage, kind: string, record: string, all: KeptRecord[]) {
  const search = (stage.local.same ?? '').normalize('NFKC').toLowerCase().trim();
  const others = all.filter(
    (one) =>
      one.record !== record &&
      one.taken_out === null &&
      one.fields.merged_into !== record &&
      titleOf(stage, kind, one.fields).toLowerCase().includes(search),
  );
  const choose = (into: string) =>
    stage.run('merge', async () => {
      await stage.app.mergeRecords(record, into);
      stage.closeSheet();
      refreshAll(stage);
      stage.say(t('merge.done'));
    });
  return sheet(
    stage,
    t('merge.title'),
    html`<p class="soft">${t('merge.lead')}</p>
    ${
      all.length > 8
        ? textField({
            id: 'merge-find',
            label: t('reg.find'),
            type: 'search',
            value: stage.local.same ?? '',
            on: (same) => stage.set({ same }),
          })
        : nothing
    }
    ${
      others.length
        ? html`<div class="rows">${others.slice(0, 20).map(
            (one) =>
              html`<div>${row({
                title: html`<bdi>${titleOf(stage, kind, one.fields)}</bdi>`,
                icon: REGISTERS[kind]?.icon ?? 'list',
                on: () => choose(one.record),
              })}</div>`,
          )}</div>`
        : html`<p role="status">${t('merge.none')}</p>`
    }
    <div>${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>`,
  );
}

function named(stage: Stage, { kind }: Whole, mentioned: Mention[]) {
  const entries = mentioned.filter((one) => one.kind === 'incident');
  const others = mentioned.filter((one) => one.kind !== 'incident');
  if (['impact', 'background', 'statement', 'sighting'].includes(kind) && !mentioned.length) return nothing;
  return html`<section class="stack-close"><h2>${t('reg.named')}</h2>
    ${
      entries.length
        ? html`<div class="rows">${entries.map(
            (one) =>
              html`<div>${row({
                title: `${entryNumber(one.seq_no, 'reg')} · ${whenWords({ precision: 'unknown', ...one.fields })}`,
                more: one.title ? html`<bdi>${one.title}</bdi>` : null,
                icon: 'list',
                on: () => stage.go({ name: 'entry', record: one.record }),
              })}</div>`,
          )}</div>`
        : html`<p class="soft">${t('reg.named_none')}</p>`
    }</section>
    ${
      others.length
        ? html`<section class="stack-close"><h2>${t('reg.named_records')}</h2><div class="rows">${others.map(
            (one) =>
              html`<div>${row({
                title: html`<bdi>${titleOf(stage, one.kind, one.fields)}</bdi>`,
                more: lookUp(`reg.${one.kind}.one`),
                icon: REGISTERS[one.kind]?.icon ?? 'list',
                on: () => stage.go({ name: 'kept', kind: one.kind, record: one.record }),
              })}</div>`,
          )}</div></section>`
        : nothing
    }`;
}

function history(stage: Stage, { kind, versions }: Whole) {
  const lines = new Map((REGISTERS[kind]?.lines ?? []).map((line) => [line.name, line]));
  const words = (field: string, value: unknown) => {
    const line = lines.get(field) ?? { name: field, as: field === 'merged_into' ? 'record' : 'text', record: kind };
    const found =
      line.as === 'files' || line.as === 'file'
        ? Array.isArray(value)
          ? String(value.length)
          : value
            ? '1'
            : ''
        : lineWords(stage, kind, line, value);
    return found || t('reg.h.blank');
  };
  const known = (field: string) =>
    lines.has(field) || field === 'merged_into' || lines.has(field.replace(/_text$/, ''));
  return html`<ol class="history stack">${versions.map(
    (step) => html`<li class="stack-close">
    <p><strong>${t(`reg.h.${step.kind}`)}</strong> <span class="small soft">${momentSaid(step.at)} · ${t('history.by', {
      by: t(`history.${step.by}`),
    })}</span></p>
    ${step.reason ? html`<p class="small" dir="auto">${t('reg.h.why', { reason: step.reason })}</p>` : nothing}
    ${step.changes
      .filter(({ field }) => known(field))
      .map(
        ({ field, old, new: now }) => html`<div><p class="small soft">${fieldName(kind, field)}</p>
      ${
        step.kind === 'amendment'
          ? html`<p class="was" dir="auto">${t('reg.h.was', { old: words(field, old) })}</p>`
          : nothing
      }<p class="narrative-small" dir="auto">${words(field, now)}</p></div>`,
      )}
  </li>`,
  )}</ol>`;
}

const fieldName = (kind: string, field: string) => lookUp(field === 'merged_into' ? 'merge.is' : `f.${kind}.${field}`);
