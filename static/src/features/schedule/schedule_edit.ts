/**
 * Editing a message schedule on a phone: one row at a time, or several pasted lines. Typing is saved at once as a draft
 * of the schedule; saving makes it a version.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { problemOf } from '../../shell/stage.js';
import { localAt, phoneZone } from '../../record/times.js';
import { totalsOf, renumberRows, timeMembers, rowsIn } from '../../record/schedule.js';
import { messageList } from '../../components/schedule_rows.js';
import '../../components/words.js';
import './words.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Entry, Place, Schedule, WholeRecord } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export type ScheduleData = Schedule & { entry: Entry };
/** A row being edited; `date`: its day, also before it has a time. */
type EditableRow = Partial<MessageRow> & { date?: string };

type ScheduleEdit = {
  record: string | null;
  rows: EditableRow[];
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

const MAX_CHANNEL_CHIPS = 5;
const ROWS_SHOWN = 60;
const TYPES = ['text', 'call', 'missed_call', 'voice', 'image', 'video', 'file', 'email', 'deleted', 'other'];
const CHANNELS = ['phone_call', 'sms', 'whatsapp', 'instagram', 'snapchat'];

/** @param part the record to change, or null for a new one */
export function startEditing(stage: Stage, { entry }: ScheduleData, part: WholeRecord | null) {
  const fields = part?.fields ?? {};
  const local = entry.fields.occurred_local ?? '';
  const edit: ScheduleEdit = {
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
  stage.set({ edit, open: edit.rows.length ? null : addRow(edit) });
}

/** Add a row and return its index. */
function addRow(edit: ScheduleEdit): number {
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

function saveDraft(stage: Stage) {
  const { edit } = stage.local;
  stage.updateCached(`entry:schedule:${stage.place.record}`, (data: ScheduleData) => ({
    ...data,
    draft: structuredClone(edit),
  }));
  const saving = Promise.resolve(stage.app.putScheduleDraft(stage.place.record as string, edit));
  saving.then(
    () => {
      if (!stage.local.kept) stage.set({ kept: true });
    },
    (error) => stage.fail(problemOf(error)),
  );
  stage.draw();
}

export function editorView(stage: Stage, data: ScheduleData) {
  const { local } = stage;
  const edit = local.edit as ScheduleEdit;
  const limit = local.shownRows ?? ROWS_SHOWN;
  const numberedRows = renumberRows(edit.rows.map(withoutFormDate));
  return html`${heading(t('sched.title'))}${errorSummary(stage)}
    ${
      edit.rows.length
        ? messageList(numberedRows.slice(0, limit), {
            files: data.entry.attachments.map(({ attachment }) => attachment),
            renderAfter: (_row, i) => (local.open === i ? rowForm(stage, data, edit, i) : rowButtons(stage, edit, i)),
          })
        : html`<p class="soft">${t('sched.none')}</p>`
    }
    ${
      edit.rows.length > limit
        ? html`<div>${button(t('plan.more'), () => stage.set({ shownRows: limit + ROWS_SHOWN * 2 }), {
            wide: true,
          })}</div>`
        : nothing
    }
    <div class="row">${button(
      t('sched.add'),
      () => {
        stage.local.open = addRow(edit);
        stage.local.shownRows = Math.max(limit, edit.rows.length);
        saveDraft(stage);
      },
      { icon: 'add' },
    )}
      ${button(t('sched.paste'), () => stage.set({ pasting: !local.pasting }))}
      ${edit.rows.length > 1 ? button(t('sched.sort'), () => sortRows(stage, edit), { plain: true }) : nothing}</div>
    ${local.pasting ? pasteForm(stage, edit) : nothing}
    ${listFields(stage, edit)}
    ${
      local.asks
        ? textField({
            id: 'sched-reason',
            label: t('sched.reason'),
            hint: t('sched.reason_hint'),
            textarea: 'low',
            value: local.reason ?? '',
            error: local.noReason ? t('sched.reason_need') : null,
            onChange: (reason) => {
              local.reason = reason;
            },
          })
        : nothing
    }
    <div class="row">${button(t('sched.save'), () => saveSchedule(stage, edit), {
      main: true,
      busy: stage.runningTask === 'sched',
    })}${button(t('sched.drop'), () => discardDraft(stage), { plain: true })}</div>
    ${local.kept ? html`<p class="small soft">${t('sched.kept')}</p>` : nothing}`;
}

/** Return the row without `date`, which exists only in the form. */
function withoutFormDate({ date: _date, ...row }: EditableRow) {
  return row;
}

function rowButtons(stage: Stage, edit: ScheduleEdit, index: number) {
  const rowNumber = index + 1;
  const moveRow = (offset: number) => {
    const [row] = edit.rows.splice(index, 1);
    edit.rows.splice(index + offset, 0, row as EditableRow);
    stage.local.open = null;
    saveDraft(stage);
  };
  const arrowButton = (key: string, name: string, onClick: () => void) =>
    html`<button type="button" class="icon-button" aria-label=${lookUp(key, { n: rowNumber })}
      @click=${onClick}>${name}</button>`;
  return html`<div class="row">${button(t('sched.edit', { n: rowNumber }), () => stage.set({ open: index }), {
    plain: true,
  })}
    ${index > 0 ? arrowButton('sched.up', '↑', () => moveRow(-1)) : nothing}${
      index < edit.rows.length - 1 ? arrowButton('sched.down', '↓', () => moveRow(1)) : nothing
    }</div>`;
}

function rowForm(stage: Stage, data: ScheduleData, edit: ScheduleEdit, index: number) {
  const row = edit.rows[index] as EditableRow;
  const update = (change: Omit<EditableRow, 'direction'> & { direction?: string }) => {
    Object.assign(row, change);
    for (const [key, value] of Object.entries(change)) if (value === '') delete row[key as keyof EditableRow];
    saveDraft(stage);
  };
  const id = (name: string) => `r${index}-${name}`;
  const [date, time] = [row.sent_local?.slice(0, 10) ?? row.date ?? '', row.sent_local?.slice(11, 16) ?? ''];
  const setTime = (newDate: string, newTime: string) => {
    for (const name of ['sent_at', 'sent_local', 'sent_source', 'sent_note'] as const) delete row[name];
    update({ date: newDate, ...(newDate && newTime ? timeMembers(`${newDate}T${newTime}`, newDate, edit.tz) : {}) });
  };
  const lists = loadVocabulary(stage);
  const choicesFrom = (list: string, allowed: readonly string[]) =>
    (lists?.[list]?.codes ?? [])
      .filter(({ code }) => !allowed.length || allowed.includes(code) || code === row.type)
      .map(({ code }) => [code, labelForCode(list, code)] as [string, string]);
  return html`<div class="note stack">
    <div class="pair">${textField({
      id: id('date'),
      label: t('sched.date'),
      type: 'date',
      value: date,
      onChange: (on) => setTime(on, time),
    })}${textField({
      id: id('time'),
      label: t('sched.time'),
      type: 'time',
      value: time,
      onChange: (at) => setTime(date, at),
      error: row.sent_note === 'hour_skipped' ? t('sched.not_a_time') : null,
    })}</div>
    ${chips({
      name: id('direction'),
      legend: t('sched.direction'),
      choices: choicesFrom('schedule_directions', []),
      chosen: [row.direction ?? ''],
      onChange: (direction) => update({ direction }),
    })}
    ${chips({
      name: id('type'),
      legend: t('sched.type'),
      choices: choicesFrom('message_types', TYPES),
      chosen: [row.type ?? ''],
      onChange: (type) => update({ type }),
    })}
    ${
      row.direction === 'out'
        ? textField({ id: id('to'), label: t('sched.to'), value: row.to ?? '', onChange: (to) => update({ to }) })
        : textField({
            id: id('from'),
            label: t('sched.from'),
            value: row.from ?? '',
            onChange: (from) => update({ from }),
          })
    }
    ${textField({
      id: id('text'),
      label: t('sched.text'),
      textarea: 'low',
      value: row.text ?? '',
      onChange: (text) => update({ text }),
    })}
    ${
      row.type !== 'text' || row.description
        ? textField({
            id: id('description'),
            label: t('sched.description'),
            value: row.description ?? '',
            onChange: (description) => update({ description }),
          })
        : nothing
    }
    ${
      stage.local.rowMore || row.read || row.attachment_id
        ? html`
      ${chips({
        name: id('read'),
        legend: t('sched.read'),
        choices: [...choicesFrom('schedule_read', []), ['', t('effect.blank')]],
        chosen: [row.read ?? ''],
        onChange: (read) => update({ read }),
      })}
      ${
        data.entry.attachments.length
          ? html`${chips({
              name: id('file'),
              legend: t('sched.file'),
              choices: [
                ...data.entry.attachments.map(
                  (attachment, n) => [attachment.attachment, `${n + 1}. ${attachment.name}`] as [string, string],
                ),
                ['', t('sched.no_file')],
              ],
              chosen: [row.attachment_id ?? ''],
              onChange: (attachment_id) => update({ attachment_id }),
            })}
        ${
          row.attachment_id
            ? textField({
                id: id('page'),
                label: t('sched.page'),
                value: String(row.page ?? ''),
                onChange: (page) => update({ page }),
              })
            : nothing
        }`
          : nothing
      }`
        : html`<div>${button(t('sched.more'), () => stage.set({ rowMore: true }), { plain: true })}</div>`
    }
    <div class="row">${button(t('sched.done', { n: index + 1 }), () =>
      stage.set({ open: null, rowMore: false }),
    )}${button(
      t('sched.remove', { n: index + 1 }),
      () => {
        edit.rows.splice(index, 1);
        stage.local.open = null;
        saveDraft(stage);
      },
      { plain: true },
    )}</div>
  </div>`;
}

function pasteForm(stage: Stage, edit: ScheduleEdit) {
  const addPasted = () =>
    stage.run('paste', async () => {
      const { rows, left } = await stage.app.readPasted(edit.paste, {
        date: edit.date,
        tz: edit.tz,
        order: 'dmy',
      });
      edit.rows.push(...rows);
      if (!left) edit.paste = '';
      stage.announce(tn('sched.pasted', rows.length));
      stage.set({ left, pasted: rows.length, pasting: left > 0 });
      saveDraft(stage);
    });
  return html`<div class="note stack">
    ${textField({
      id: 'paste-date',
      label: t('sched.paste_date'),
      type: 'date',
      value: edit.date,
      onChange: (date) => {
        edit.date = date;
        saveDraft(stage);
      },
    })}
    ${textField({
      id: 'paste',
      label: t('sched.paste_field'),
      hint: t('sched.paste_hint'),
      textarea: 'big',
      value: edit.paste,
      onChange: (paste) => {
        edit.paste = paste;
        saveDraft(stage);
      },
    })}
    ${
      stage.local.left
        ? html`<p class="error-line" role="alert">${t('sched.paste_left', { n: stage.local.left })}</p>`
        : nothing
    }
    <div>${button(t('sched.paste_do'), addPasted, {
      busy: stage.runningTask === 'paste',
      disabled: !edit.paste.trim(),
    })}</div></div>`;
}

/** The fields of the whole schedule: channel, count, and whether it is complete. */
function listFields(stage: Stage, edit: ScheduleEdit) {
  const lists = loadVocabulary(stage);
  const allChannels = lists?.channels?.codes ?? [];
  const channels = stage.local.channels
    ? allChannels
    : allChannels
        .filter(({ code }) => CHANNELS.includes(code) || code === edit.channel)
        .slice(0, MAX_CHANNEL_CHIPS + 1);
  const choicesOf = (codes: readonly { code: string }[], list: string) =>
    codes.map(({ code }) => [code, labelForCode(list, code)] as [string, string]);
  return html`<div class="stack-close">${chips({
    name: 'sched-channel',
    legend: t('sched.channel'),
    choices: choicesOf(channels, 'channels'),
    chosen: [edit.channel],
    onChange: (channel) => {
      edit.channel = channel;
      saveDraft(stage);
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
      error: edit.count && !isCountText(edit.count) ? t('sched.count_wrong') : null,
      onChange: (count) => {
        edit.count = count;
        saveDraft(stage);
      },
    })}
    ${
      edit.count
        ? checkbox({
            id: 'sched-about',
            label: t('sched.about'),
            checked: edit.about,
            onChange: (on) => {
              edit.about = on;
              saveDraft(stage);
            },
          })
        : nothing
    }
    ${chips({
      name: 'sched-complete',
      legend: t('sched.complete'),
      choices: choicesOf(lists?.schedule_complete?.codes ?? [], 'schedule_complete'),
      chosen: [edit.complete],
      onChange: (complete) => {
        edit.complete = complete;
        saveDraft(stage);
      },
    })}
    ${
      ['other', 'part_missing'].includes(edit.complete)
        ? textField({
            id: 'sched-missing',
            label: t('sched.complete_text'),
            textarea: 'low',
            value: edit.complete_text,
            onChange: (text) => {
              edit.complete_text = text;
              saveDraft(stage);
            },
          })
        : nothing
    }`;
}

const isCountText = (text: string) => /^\d{1,7}$/.test(text.trim());

/** Sort the rows by time; a row without a time stays after the row it followed. */
function sortRows(stage: Stage, edit: ScheduleEdit) {
  let lastTime = -Infinity;
  const keyed = edit.rows.map((row, index) => {
    lastTime = row.sent_at ?? lastTime;
    return { row, at: lastTime, i: index };
  });
  edit.rows = keyed.sort((first, second) => first.at - second.at || first.i - second.i).map(({ row }) => row);
  stage.local.open = null;
  saveDraft(stage);
}

async function saveSchedule(stage: Stage, edit: ScheduleEdit) {
  const { local } = stage;
  if (edit.count && !isCountText(edit.count)) return stage.draw();
  const rows = renumberRows(edit.rows.map(withoutFormDate));
  const amount = totalsOf(rows);
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
    const request = {
      incident: place.record as string,
      record: edit.record,
      fields,
      reason: local.reason ?? '',
      amount: fields.count ?? amount.in,
    };
    await app.saveSchedule(request);
    leaveEditor(stage, place);
    stage.announce(t('add.saved'));
    return undefined;
  });
}

/**
 * Close the editor. If the user has moved to another screen meanwhile, that screen does not change.
 * @param place the screen of the schedule
 */
function leaveEditor(stage: Stage, place: Place) {
  if (stage.place === place) Object.assign(stage, { local: { left: true }, arrived: true });
  stage.updateCached(`entry:schedule:${place.record}`, (data: ScheduleData) => ({ ...data, draft: null }));
  stage.refresh('entry:');
  stage.refresh('records:');
}

function discardDraft(stage: Stage) {
  const { place } = stage;
  return stage.run('drop', async () => {
    await stage.app.putScheduleDraft(place.record as string, null);
    leaveEditor(stage, place);
  });
}
