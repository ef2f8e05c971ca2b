/**
 * Editing a message schedule on a phone: one row at a time, or several pasted lines. Typing is saved at once as a draft
 * of the schedule; saving makes it a version.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { problemOf } from '../../shell/stage.js';
import { localAt, phoneZone } from '../../record/times.js';
import { amountOf, numbered, placed, rowsIn } from '../../record/schedule.js';
import { rowsList } from '../../components/schedule_rows.js';
import '../../components/words.js';
import './words.js';
import type { Row } from '../../record/schedule.js';
import type { Entry, Place, Schedule, WholeRecord } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export type Found = Schedule & { entry: Entry };
/** A row being edited; `date`: its day, also before it has a time. */
type EditRow = Partial<Row> & { date?: string };

type Edit = {
  record: string | null;
  rows: EditRow[];
  channel: string;
  channel_text: string;
  complete: string;
  complete_text: string;
  count: string;
  about: boolean;
  tz: string;
  paste: string;
  date: string;
};

const FEW = 5;
const SHOWN = 60;
const TYPES = ['text', 'call', 'missed_call', 'voice', 'image', 'video', 'file', 'email', 'deleted', 'other'];
const CHANNELS = ['phone_call', 'sms', 'whatsapp', 'instagram', 'snapchat'];

/** @param part the record to change, or null for a new one */
export function begin(stage: Stage, { entry }: Found, part: WholeRecord | null) {
  const fields = part?.fields ?? {};
  const local = entry.fields.occurred_local ?? '';
  const edit: Edit = {
    record: part?.record ?? null,
    rows: structuredClone(rowsIn(fields)),
    channel: fields.channel ?? entry.fields.channel ?? '',
    channel_text: fields.channel_text ?? '',
    complete: fields.complete ?? '',
    complete_text: fields.complete_text ?? '',
    count: fields.count === undefined ? '' : String(fields.count),
    about: fields.count_is_estimate === true,
    tz: fields.tz ?? phoneZone(),
    paste: '',
    date: /^\d{4}-\d\d-\d\d/.test(local) ? local.slice(0, 10) : localAt(Date.now(), phoneZone()).slice(0, 10),
  };
  stage.local.left = false;
  stage.arrived = true;
  stage.set({ edit, open: edit.rows.length ? null : newRow(edit) });
}

/** Add a row and return its index. */
function newRow(edit: Edit): number {
  const last = edit.rows.at(-1);
  edit.rows.push({
    direction: last?.direction ?? 'in',
    type: last?.type ?? 'text',
    ...(last?.from ? { from: last.from } : {}),
    ...(last?.to ? { to: last.to } : {}),
    date: last?.sent_local?.slice(0, 10) ?? edit.date,
  });
  return edit.rows.length - 1;
}

function changed(stage: Stage) {
  const { edit } = stage.local;
  stage.readAs(`entry:schedule:${stage.place.record}`, (found: Found) => ({ ...found, draft: structuredClone(edit) }));
  const keep = Promise.resolve(stage.app.putScheduleDraft(stage.place.record as string, edit));
  keep.then(
    () => {
      if (!stage.local.kept) stage.set({ kept: true });
    },
    (thrown) => stage.fail(problemOf(thrown)),
  );
  stage.draw();
}

export function editing(stage: Stage, found: Found) {
  const { local } = stage;
  const edit = local.edit as Edit;
  const shown = local.shownRows ?? SHOWN;
  const numberedRows = numbered(edit.rows.map(shownRow));
  return html`${heading(t('sched.title'))}${errorSummary(stage)}
    ${
      edit.rows.length
        ? rowsList(numberedRows.slice(0, shown), {
            files: found.entry.attachments.map(({ attachment }) => attachment),
            after: (_row, i) => (local.open === i ? rowForm(stage, found, edit, i) : rowButtons(stage, edit, i)),
          })
        : html`<p class="soft">${t('sched.none')}</p>`
    }
    ${
      edit.rows.length > shown
        ? html`<div>${button(t('plan.more'), () => stage.set({ shownRows: shown + SHOWN * 2 }), { wide: true })}</div>`
        : nothing
    }
    <div class="row">${button(
      t('sched.add'),
      () => {
        stage.local.open = newRow(edit);
        stage.local.shownRows = Math.max(shown, edit.rows.length);
        changed(stage);
      },
      { icon: 'add' },
    )}
      ${button(t('sched.paste'), () => stage.set({ pasting: !local.pasting }))}
      ${edit.rows.length > 1 ? button(t('sched.sort'), () => sort(stage, edit), { plain: true }) : nothing}</div>
    ${local.pasting ? pasting(stage, edit) : nothing}
    ${about(stage, edit)}
    ${
      local.asks
        ? textField({
            id: 'sched-reason',
            label: t('sched.reason'),
            hint: t('sched.reason_hint'),
            lines: 'low',
            value: local.reason ?? '',
            error: local.noReason ? t('sched.reason_need') : null,
            on: (reason) => {
              local.reason = reason;
            },
          })
        : nothing
    }
    <div class="row">${button(t('sched.save'), () => save(stage, edit), {
      main: true,
      busy: stage.running === 'sched',
    })}${button(t('sched.drop'), () => drop(stage), { plain: true })}</div>
    ${local.kept ? html`<p class="small soft">${t('sched.kept')}</p>` : nothing}`;
}

/** Return the row without `date`, which exists only in the form. */
function shownRow({ date: _date, ...row }: EditRow) {
  return row;
}

function rowButtons(stage: Stage, edit: Edit, i: number) {
  const n = i + 1;
  const move = (by: number) => {
    const [row] = edit.rows.splice(i, 1);
    edit.rows.splice(i + by, 0, row as EditRow);
    stage.local.open = null;
    changed(stage);
  };
  const small = (key: string, name: string, on: () => void) =>
    html`<button type="button" class="icon-button" aria-label=${lookUp(key, { n })} @click=${on}>${name}</button>`;
  return html`<div class="row">${button(t('sched.edit', { n }), () => stage.set({ open: i }), { plain: true })}
    ${i > 0 ? small('sched.up', '↑', () => move(-1)) : nothing}${
      i < edit.rows.length - 1 ? small('sched.down', '↓', () => move(1)) : nothing
    }</div>`;
}

function rowForm(stage: Stage, found: Found, edit: Edit, i: number) {
  const row = edit.rows[i] as EditRow;
  const set = (change: Omit<EditRow, 'direction'> & { direction?: string }) => {
    Object.assign(row, change);
    for (const [key, value] of Object.entries(change)) if (value === '') delete row[key as keyof EditRow];
    changed(stage);
  };
  const id = (name: string) => `r${i}-${name}`;
  const [date, time] = [row.sent_local?.slice(0, 10) ?? row.date ?? '', row.sent_local?.slice(11, 16) ?? ''];
  const when = (on: string, at: string) => {
    for (const name of ['sent_at', 'sent_local', 'sent_source', 'sent_note'] as const) delete row[name];
    set({ date: on, ...(on && at ? placed(`${on}T${at}`, on, edit.tz) : {}) });
  };
  const lists = vocabulary(stage);
  const codes = (list: string, only: readonly string[]) =>
    (lists?.[list]?.codes ?? [])
      .filter(({ code }) => !only.length || only.includes(code) || code === row.type)
      .map(({ code }) => [code, label(list, code)] as [string, string]);
  return html`<div class="note stack">
    <div class="pair">${textField({
      id: id('date'),
      label: t('sched.date'),
      type: 'date',
      value: date,
      on: (on) => when(on, time),
    })}${textField({
      id: id('time'),
      label: t('sched.time'),
      type: 'time',
      value: time,
      on: (at) => when(date, at),
      error: row.sent_note === 'hour_skipped' ? t('sched.not_a_time') : null,
    })}</div>
    ${chips({
      name: id('direction'),
      legend: t('sched.direction'),
      choices: codes('schedule_directions', []),
      chosen: [row.direction ?? ''],
      on: (direction) => set({ direction }),
    })}
    ${chips({
      name: id('type'),
      legend: t('sched.type'),
      choices: codes('message_types', TYPES),
      chosen: [row.type ?? ''],
      on: (type) => set({ type }),
    })}
    ${
      row.direction === 'out'
        ? textField({ id: id('to'), label: t('sched.to'), value: row.to ?? '', on: (to) => set({ to }) })
        : textField({ id: id('from'), label: t('sched.from'), value: row.from ?? '', on: (from) => set({ from }) })
    }
    ${textField({
      id: id('text'),
      label: t('sched.text'),
      lines: 'low',
      value: row.text ?? '',
      on: (text) => set({ text }),
    })}
    ${
      row.type !== 'text' || row.description
        ? textField({
            id: id('description'),
            label: t('sched.description'),
            value: row.description ?? '',
            on: (description) => set({ description }),
          })
        : nothing
    }
    ${
      stage.local.rowMore || row.read || row.attachment_id
        ? html`
      ${chips({
        name: id('read'),
        legend: t('sched.read'),
        choices: [...codes('schedule_read', []), ['', t('effect.blank')]],
        chosen: [row.read ?? ''],
        on: (read) => set({ read }),
      })}
      ${
        found.entry.attachments.length
          ? html`${chips({
              name: id('file'),
              legend: t('sched.file'),
              choices: [
                ...found.entry.attachments.map(
                  (one, n) => [one.attachment, `${n + 1}. ${one.name}`] as [string, string],
                ),
                ['', t('sched.no_file')],
              ],
              chosen: [row.attachment_id ?? ''],
              on: (attachment_id) => set({ attachment_id }),
            })}
        ${
          row.attachment_id
            ? textField({
                id: id('page'),
                label: t('sched.page'),
                value: String(row.page ?? ''),
                on: (page) => set({ page }),
              })
            : nothing
        }`
          : nothing
      }`
        : html`<div>${button(t('sched.more'), () => stage.set({ rowMore: true }), { plain: true })}</div>`
    }
    <div class="row">${button(t('sched.done', { n: i + 1 }), () => stage.set({ open: null, rowMore: false }))}${button(
      t('sched.remove', { n: i + 1 }),
      () => {
        edit.rows.splice(i, 1);
        stage.local.open = null;
        changed(stage);
      },
      { plain: true },
    )}</div>
  </div>`;
}

function pasting(stage: Stage, edit: Edit) {
  const take = () =>
    stage.run('paste', async () => {
      const { rows, left } = await stage.app.readPasted(edit.paste, {
        date: edit.date,
        tz: edit.tz,
        order: 'dmy',
      });
      edit.rows.push(...rows);
      if (!left) edit.paste = '';
      stage.say(tn('sched.pasted', rows.length));
      stage.set({ left, pasted: rows.length, pasting: left > 0 });
      changed(stage);
    });
  return html`<div class="note stack">
    ${textField({
      id: 'paste-date',
      label: t('sched.paste_date'),
      type: 'date',
      value: edit.date,
      on: (date) => {
        edit.date = date;
        changed(stage);
      },
    })}
    ${textField({
      id: 'paste',
      label: t('sched.paste_field'),
      hint: t('sched.paste_hint'),
      lines: 'big',
      value: edit.paste,
      on: (paste) => {
        edit.paste = paste;
        changed(stage);
      },
    })}
    ${
      stage.local.left
        ? html`<p class="error-line" role="alert">${t('sched.paste_left', { n: stage.local.left })}</p>`
        : nothing
    }
    <div>${button(t('sched.paste_do'), take, {
      busy: stage.running === 'paste',
      off: !edit.paste.trim(),
    })}</div></div>`;
}

/** The fields of the whole schedule: channel, count, and whether it is complete. */
function about(stage: Stage, edit: Edit) {
  const lists = vocabulary(stage);
  const all = lists?.channels?.codes ?? [];
  const shown = stage.local.channels
    ? all
    : all.filter(({ code }) => CHANNELS.includes(code) || code === edit.channel).slice(0, FEW + 1);
  const named = (codes: readonly { code: string }[], list: string) =>
    codes.map(({ code }) => [code, label(list, code)] as [string, string]);
  return html`<div class="stack-close">${chips({
    name: 'sched-channel',
    legend: t('sched.channel'),
    choices: named(shown, 'channels'),
    chosen: [edit.channel],
    on: (channel) => {
      edit.channel = channel;
      changed(stage);
    },
  })}
      ${
        stage.local.channels
          ? nothing
          : html`<div>${button(t('sched.more'), () => stage.set({ channels: true }), { plain: true })}</div>`
      }</div>
    ${textField({
      id: 'sched-count',
      label: t('sched.count'),
      hint: t('sched.count_hint'),
      value: edit.count,
      error: edit.count && !isCount(edit.count) ? t('sched.count_wrong') : null,
      on: (count) => {
        edit.count = count;
        changed(stage);
      },
    })}
    ${
      edit.count
        ? checkbox({
            id: 'sched-about',
            label: t('sched.about'),
            checked: edit.about,
            on: (on) => {
              edit.about = on;
              changed(stage);
            },
          })
        : nothing
    }
    ${chips({
      name: 'sched-complete',
      legend: t('sched.complete'),
      choices: named(lists?.schedule_complete?.codes ?? [], 'schedule_complete'),
      chosen: [edit.complete],
      on: (complete) => {
        edit.complete = complete;
        changed(stage);
      },
    })}
    ${
      ['other', 'part_missing'].includes(edit.complete)
        ? textField({
            id: 'sched-missing',
            label: t('sched.complete_text'),
            lines: 'low',
            value: edit.complete_text,
            on: (text) => {
              edit.complete_text = text;
              changed(stage);
            },
          })
        : nothing
    }`;
}

const isCount = (text: string) => /^\d{1,7}$/.test(text.trim());

/** Sort the rows by time; a row without a time stays after the row it followed. */
function sort(stage: Stage, edit: Edit) {
  let last = -Infinity;
  const keyed = edit.rows.map((row, i) => {
    last = row.sent_at ?? last;
    return { row, at: last, i };
  });
  edit.rows = keyed.sort((a, b) => a.at - b.at || a.i - b.i).map(({ row }) => row);
  stage.local.open = null;
  changed(stage);
}

async function save(stage: Stage, edit: Edit) {
  const { local } = stage;
  if (edit.count && !isCount(edit.count)) return stage.draw();
  const rows = numbered(edit.rows.map(shownRow));
  const amount = amountOf(rows);
  const fields = {
    rows,
    channel: edit.channel || null,
    channel_text: edit.channel_text || null,
    tz: edit.tz,
    complete: edit.complete || null,
    complete_text: edit.complete_text || null,
    count: edit.count ? Number(edit.count.trim()) : null,
    count_is_estimate: (edit.count && edit.about) || null,
  };
  const app = stage.app;
  const { place } = stage;
  return stage.run('sched', async () => {
    if (edit.record && (await app.needsRecordReason(edit.record, { fields })) && !local.reason?.trim())
      return stage.set({ asks: true, noReason: Boolean(local.asks) });
    const saved = {
      incident: place.record as string,
      record: edit.record,
      fields,
      reason: local.reason ?? '',
      amount: fields.count ?? amount.in,
    };
    await app.saveSchedule(saved);
    ended(stage, place);
    stage.say(t('add.saved'));
    return undefined;
  });
}

/**
 * Close the editor. If the user has moved to another screen meanwhile, that screen does not change.
 * @param place the screen of the schedule
 */
function ended(stage: Stage, place: Place) {
  if (stage.place === place) Object.assign(stage, { local: { left: true }, arrived: true });
  stage.readAs(`entry:schedule:${place.record}`, (found: Found) => ({ ...found, draft: null }));
  stage.refresh('entry:');
  stage.refresh('records:');
}

function drop(stage: Stage) {
  const { place } = stage;
  return stage.run('drop', async () => {
    await stage.app.putScheduleDraft(place.record as string, null);
    ended(stage, place);
  });
}
