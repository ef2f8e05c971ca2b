/**
 * The list of messages of a picture: whose phone it was, the days, then each row beside its strip of the picture.
 * Nothing is taken without a look: a row in doubt by itself, the others together once each strip was on the screen.
 */
import { html, nothing, ref } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { SeenPictures } from '../../components/files/seen_pictures.js';
import { findPicture } from '../../components/files/tiles.js';
import { button, errorSummary, heading, loading, problemSentence } from '../../components/parts.js';
import { messageList } from '../../components/schedule_rows.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import {
  dayFault,
  dayOf,
  directionOf,
  doubtsOf,
  faultsOf,
  isAsked,
  isClear,
  isSettled,
  isTaken,
  nameOf,
  rowOf,
  textOfRow,
  timeOf,
} from '../../diary/attachments/picture_list.js';
import { GAP_HOURS, burstsOf } from '../../record/schedule.js';
import { localAt } from '../../record/times.js';
import { problemOf } from '../../shell/stage.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { zoneField } from './zone_field.js';
import '../../components/words.js';
import './words.js';
import type { AttachmentRead } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { KeptList, ListRow, OpenedList } from '../../diary/attachments/picture_list.js';
import type { Fields } from '../../diary/types.js';

/** What each row is drawn with. `shown`: the address of the picture */
type Scene = { stage: Stage; id: string; opened: OpenedList; file: AttachmentRead | undefined; shown: string | null };

const PHONES = ['mine', 'theirs', 'other', 'not_sure'] as const;
const WROTE = ['me', 'others', 'not_sure'] as const;
const DIRECTIONS = ['in', 'out', 'others', 'unknown'] as const;
/** Directions that are said otherwise of a call. */
const CALL_WORDS = { in: true, out: true };
const CHANNELS = ['whatsapp', 'sms', 'imessage', 'instagram', 'snapchat', 'messenger', 'phone_call', 'email'];
const TYPES = ['text', 'missed_call', 'call', 'voice', 'image', 'video', 'email', 'deleted', 'other'];
/** Of the height of a strip's own row: enough to see what stands above and below. */
const STRIP_MARGIN = 0.15;
const MIN_MARGIN_PIXELS = 8;

const cacheKey = (id: string) => `picture-list:${id}`;

export function pictureListView(stage: Stage) {
  loadVocabulary(stage);
  const id = stage.place.attachment as string;
  const result = stage.find(cacheKey(id), () => stage.app.openPictureList(id));
  const file = stage.find(`attachment:kept:${id}`, () => stage.app.readAttachment(id)).data;
  if (!result.data)
    return html`<div class="stack">${heading(t('list.title'))}${
      result.problem
        ? html`<p role="alert">${problemSentence(result.problem)}</p><div>${button(t('door.again'), () =>
            stage.refresh(cacheKey(id)),
          )}</div>`
        : loading()
    }</div>`;
  const shown = file ? findPicture(stage, file, 'unmasked').url : null;
  const scene = { stage, id, opened: result.data, file, shown };
  if (stage.local.kept) return keptView(scene, stage.local.kept);
  const { list } = result.data;
  if (!list.rows.length) return html`<div class="stack">${heading(t('list.title'))}<p>${t('list.none')}</p></div>`;
  return html`<div class="stack-wide">${list.step === 'ask' ? questionsView(scene) : rowsView(scene)}</div>`;
}

/** Store what was answered, and draw. */
function save({ stage, id, opened }: Scene) {
  stage.app.putPictureList(id, opened.list).catch((error: unknown) => stage.fail(problemOf(error)));
  stage.draw();
}

function questionsView(scene: Scene) {
  const { stage, opened } = scene;
  const { list } = opened;
  const answered = isAsked(list, Date.now());
  const isOpenPhone = list.phone === 'other' || list.phone === 'not_sure';
  const next = () => {
    if (!answered) return stage.set({ tried: true });
    list.step = 'rows';
    stage.arrived = true;
    save(scene);
    return refreshAlike(scene);
  };
  return html`${heading(t('list.title'))}${errorSummary(stage)}
    <p>${t('list.lead')}</p>
    ${chips({
      name: 'phone',
      legend: t('list.phone'),
      choices: PHONES.map((code) => [code, lookUp(`list.phone_${code}`)] as const),
      chosen: [list.phone ?? ''],
      onChange: (phone) => {
        list.phone = phone;
        save(scene);
      },
    })}
    ${
      list.phone === 'theirs'
        ? chips({
            name: 'wrote',
            legend: t('list.wrote'),
            choices: WROTE.map((code) => [code, lookUp(`list.wrote_${code}`)] as const),
            chosen: [list.wrote ?? ''],
            onChange: (wrote) => {
              list.wrote = wrote;
              save(scene);
            },
          })
        : nothing
    }
    ${isOpenPhone ? html`<p class="small soft">${t('list.phone_open')}</p>` : nothing}
    <section class="stack-close"><h2>${t('list.days')}</h2>${Object.keys(list.days).map((words, place) =>
      dayQuestion(scene, words, place),
    )}
      ${zoneField(stage, {
        tz: list.tz,
        hint: t('import.zone_hint', { tz: list.tz }),
        onChange: (tz) => {
          list.tz = tz;
          save(scene);
        },
      })}</section>
    ${channelQuestion(scene)}
    ${textField({
      id: 'list-who',
      label: t(list.found.kind === 'calls' ? 'list.who_calls' : 'list.who'),
      hint: t('list.who_hint'),
      value: list.who,
      onChange: (who) => {
        list.who = who;
        save(scene);
      },
    })}
    ${stage.local.tried && !answered ? html`<p class="error-line" role="alert">${t('import.need')}</p>` : nothing}
    <div class="row">${button(t('list.look'), next, { main: true })}${dropButton(scene)}</div>`;
}

/** Ask for the date of a day, with the words that the picture has for it. */
function dayQuestion(scene: Scene, words: string, place: number) {
  const { list } = scene.opened;
  const value = list.days[words] ?? '';
  const fault = value ? dayFault(value, Date.now(), list.tz) : null;
  return textField({
    id: `list-day-${place}`,
    label: words ? t('list.day_of', { words }) : t('list.day'),
    hint: words ? t('list.day_hint') : t('list.day_none'),
    type: 'date',
    value,
    max: localAt(Date.now(), list.tz).slice(0, 10),
    error: fault || (scene.stage.local.tried && !value) ? lookUp(`list.fault_${fault ?? 'day'}`) : null,
    onChange: (date) => {
      list.days[words] = date;
      save(scene);
    },
  });
}

function channelQuestion(scene: Scene) {
  const { stage, opened } = scene;
  const { list } = opened;
  const all = loadVocabulary(stage)?.channels?.codes ?? [];
  const shown = stage.local.channels ? all : all.filter(({ code }) => CHANNELS.includes(code) || code === list.channel);
  return html`<div class="stack-close">${chips({
    name: 'list-channel',
    legend: t('list.channel'),
    choices: shown.map(({ code }) => [code, labelForCode('channels', code)] as const),
    chosen: [list.channel],
    onChange: (channel) => {
      list.channel = channel;
      save(scene);
    },
  })}${
    stage.local.channels
      ? nothing
      : html`<div>${button(t('sched.more'), () => stage.set({ channels: true }), { plain: true })}</div>`
  }</div>`;
}

/** Find again which rows look like ones of another source: the answers decide it, too. */
async function refreshAlike({ stage, id, opened }: Scene) {
  opened.alike = await stage.app.alikeInList(id, opened.list);
  stage.draw();
}

function rowsView(scene: Scene) {
  const { stage, opened } = scene;
  const { list } = opened;
  const now = Date.now();
  const back = () => {
    list.step = 'ask';
    stage.arrived = true;
    save(scene);
  };
  stage.over(back);
  const seen: SeenPictures = (stage.local.seen ??= new SeenPictures(() => stage.draw()));
  const isAlike = (place: number) => opened.alike.includes(place);
  const open = list.rows.filter((row, place) => !isSettled(list, row, isAlike(place), now)).length;
  const taken = list.rows.filter((row, place) => isTaken(list, row, isAlike(place), now));
  const clear = [...list.rows.keys()].filter((place) =>
    isClear(list, list.rows[place] as ListRow, isAlike(place), now),
  );
  const unseen = clear.filter((place) => seen.stateOf(stripName(scene.id, place)) !== 'seen').length;
  const takeClear = () => {
    if (unseen) return;
    for (const place of clear) Object.assign(list.rows[place] as ListRow, { answer: 'take' });
    save(scene);
  };
  return html`${heading(t('list.check'))}${errorSummary(stage)}
    <p>${t('list.check_lead')}</p>
    ${list.rows.some(({ isKept }) => isKept) ? html`<p class="note">${t('list.some_kept')}</p>` : nothing}
    ${unknownSides(scene)}
    <ol class="rows">${list.rows.map((_, place) => rowView(scene, place, seen))}</ol>
    ${
      clear.length
        ? html`<div class="note stack-close"><p>${tn('list.clear', clear.length)}</p>
            ${unseen ? html`<p class="small soft" role="status">${tn('list.unseen', unseen)}</p>` : nothing}
            <div>${button(tn('list.take_clear', clear.length), takeClear, { disabled: unseen > 0 })}</div></div>`
        : nothing
    }
    ${taken.length ? targetQuestion(scene, taken) : nothing}
    <p role="status">${open ? tn('list.open', open) : taken.length ? nothing : t('list.nothing')}</p>
    <div class="row">${button(tn('list.keep', taken.length), () => keep(scene, taken), {
      main: true,
      disabled: open > 0 || !taken.length,
      busy: stage.runningTask === 'list',
    })}${button(t('list.back'), back, { plain: true })}${dropButton(scene)}</div>`;
}

/** One tap for a picture of which the keeper cannot tell who sent anything. It is their answer, not a guess. */
function unknownSides(scene: Scene) {
  const { list } = scene.opened;
  const unknown = list.rows.filter((row) => !row.isKept && row.answer === null && directionOf(list, row) === null);
  if (unknown.length < 2) return nothing;
  const answer = () => {
    for (const row of unknown) row.direction = 'unknown';
    save(scene);
  };
  return html`<div class="note stack-close"><p>${tn('list.unknown', unknown.length)}</p>
    <div>${button(t('list.unknown_all'), answer, { plain: true })}</div></div>`;
}

const stripName = (id: string, place: number) => `${id}:${place}`;

function rowView(scene: Scene, place: number, seen: SeenPictures) {
  const { stage, opened } = scene;
  const { list } = opened;
  const row = list.rows[place] as ListRow;
  const isAlike = opened.alike.includes(place);
  const now = Date.now();
  const change = () => {
    row.answer = null;
    row.looked = [];
    stage.local.editing = { ...stage.local.editing, [place]: true };
    save(scene);
  };
  const changeButton = () => button(t('list.change', { n: place + 1 }), change, { plain: true });
  return html`<li class="page-item stack-close">
    <h2 class="small soft">${t('list.row', { n: place + 1, of: list.rows.length })}</h2>
    ${stripView(scene, place, seen)}
    ${
      row.isKept
        ? html`<p><strong>${t('list.kept_already')}</strong></p>`
        : row.answer === 'leave'
          ? html`<div class="row apart"><span>${t('list.left_out')}</span>${changeButton()}</div>`
          : isTaken(list, row, isAlike, now)
            ? html`${rowWords(scene, place)}
              <div class="row apart"><span>${t('list.taken')}</span>${changeButton()}</div>`
            : openRow(scene, place, isAlike)
    }</li>`;
}

/** The strip of the picture that a row was read from, over its whole width: the side is to be seen. */
function stripView({ opened, shown, id }: Scene, place: number, seen: SeenPictures) {
  const { found, rows } = opened.list;
  const [, top, , bottom] = (rows[place] as ListRow).read.box;
  const margin = Math.max(MIN_MARGIN_PIXELS, (bottom - top) * STRIP_MARGIN);
  const from = Math.max(0, top - margin);
  const height = Math.min(found.height, bottom + margin) - from;
  const loaded = (event: Event) => {
    const strip = (event.target as SVGImageElement).ownerSVGElement;
    if (strip) strip.dataset.loaded = 'yes';
  };
  return shown
    ? html`<svg class="strip" role="img" aria-label=${t('list.strip', { n: place + 1 })}
        data-strip=${stripName(id, place)} viewBox="0 ${from} ${found.width} ${height}" ${ref(seen.watch)}>
        <image href=${shown} width=${found.width} height=${found.height} @load=${loaded}></image></svg>`
    : html`<p class="soft">${t('frame.loading')}</p>`;
}

const rowWords = ({ opened: { list }, id }: Scene, place: number) =>
  messageList([{ ...rowOf(list, list.rows[place] as ListRow, id), msg_no: place + 1 }]);

/** A row without an answer: what was read, with fields for what is missing, in doubt or corrected. */
function openRow(scene: Scene, place: number, isAlike: boolean) {
  const { stage, id, opened } = scene;
  const { list } = opened;
  const row = list.rows[place] as ListRow;
  const doubts = doubtsOf(list, row, isAlike);
  const faults = faultsOf(list, row, Date.now());
  const isWhole = Boolean(stage.local.editing?.[place]);
  const asked: Set<string> = new Set([...doubts, ...faults.map((fault) => FIELD_OF_FAULT[fault])]);
  const fields = FIELDS.filter((name) => isWhole || asked.has(name) || isAnswered(row, name));
  const take = async () => {
    // What was typed meanwhile may make it look like another one: that is said before it counts as looked at.
    opened.alike = await stage.app.alikeInList(id, list);
    const isNowAlike = opened.alike.includes(place);
    if ((isNowAlike && !isAlike) || faultsOf(list, row, Date.now()).length) return stage.set({ missing: place });
    row.answer = 'take';
    row.looked = doubtsOf(list, row, isNowAlike);
    stage.local.missing = null;
    return save(scene);
  };
  const leave = () => {
    row.answer = 'leave';
    save(scene);
  };
  const correct = () => stage.set({ editing: { ...stage.local.editing, [place]: true } });
  const n = place + 1;
  return html`${isWhole ? nothing : rowWords(scene, place)}
    ${doubts
      .filter((doubt) => doubt === 'covered' || doubt === 'alike')
      .map((doubt) => html`<p class="care small">${lookUp(`list.doubt_${doubt}`)}</p>`)}
    ${
      fields.length
        ? html`<div class=${asked.size ? 'care stack' : 'stack'}>${
            fields.some((name) => asked.has(name)) ? html`<p><strong>${t('list.unclear')}</strong></p>` : nothing
          }${fields.map((name) => rowField(scene, place, name))}</div>`
        : nothing
    }
    ${
      stage.local.missing === place && faults.length
        ? html`<p class="error-line" role="alert">${faults.map((fault) => lookUp(`list.fault_${fault}`)).join(' ')}</p>`
        : nothing
    }
    <div class="row">${button(t('list.right', { n }), take)}${
      isWhole ? nothing : button(t('list.correct', { n }), correct, { plain: true })
    }${button(t('list.leave', { n }), leave, { plain: true })}</div>`;
}

/** The fields of a row by what may be in doubt there, in order. */
const FIELDS = ['side', 'day', 'time', 'who', 'type', 'text'] as const;
const FIELD_OF_FAULT = {
  direction: 'side',
  day: 'day',
  future: 'time',
  time: 'time',
  skipped: 'time',
  words: 'text',
} as const;

/** Whether the keeper wrote something there: a field does not vanish once it is answered. */
const isAnswered = (row: ListRow, name: (typeof FIELDS)[number]): boolean =>
  ({ side: row.direction, day: row.day, time: row.time, who: row.from, type: row.type, text: row.text })[name] !==
  undefined;

function rowField(scene: Scene, place: number, name: (typeof FIELDS)[number]) {
  const { list } = scene.opened;
  const row = list.rows[place] as ListRow;
  const update = (change: Partial<ListRow>) => {
    Object.assign(row, change);
    save(scene);
  };
  const id = `row${place}-${name}`;
  const type = row.type ?? row.read.type;
  const isCall = type === 'call' || type === 'missed_call';
  if (name === 'side')
    return chips({
      name: id,
      legend: t(isCall ? 'list.direction_calls' : 'list.direction'),
      choices: DIRECTIONS.map(
        (code) => [code, lookUp(`list.direction_${code}${isCall && code in CALL_WORDS ? '_calls' : ''}`)] as const,
      ),
      chosen: [directionOf(list, row) ?? ''],
      onChange: (direction) => update({ direction }),
    });
  if (name === 'day')
    return textField({
      id,
      label: t('sched.date'),
      type: 'date',
      value: dayOf(list, row),
      max: localAt(Date.now(), list.tz).slice(0, 10),
      onChange: (day) => update({ day }),
    });
  if (name === 'time')
    return html`<div class="stack-close">${textField({
      id,
      label: t('sched.time'),
      type: 'time',
      value: timeOf(row) ?? '',
      onChange: (time) => update({ time }),
    })}${checkbox({
      id: `${id}-none`,
      label: t('list.no_time'),
      checked: row.time === '',
      onChange: (on) => {
        if (!on) delete row.time;
        update(on ? { time: '' } : {});
      },
    })}</div>`;
  if (name === 'who')
    return textField({
      id,
      label: t('sched.from'),
      value: nameOf(list, row),
      onChange: (from) => update({ from }),
    });
  if (name === 'type')
    return chips({
      name: id,
      legend: t('sched.type'),
      choices: TYPES.map((code) => [code, labelForCode('message_types', code)] as const),
      chosen: [type],
      onChange: (code) => update({ type: code }),
    });
  return textField({
    id,
    label: t(isCall ? 'sched.description' : 'sched.text'),
    textarea: 'low',
    value: textOfRow(row),
    onChange: (text) => update({ text }),
  });
}

/** Where the rows go, if an entry has the picture and no list of messages yet. */
function targetQuestion(scene: Scene, taken: readonly ListRow[]) {
  const { opened, file, id } = scene;
  const { list, targets } = opened;
  const bursts = burstsOf(
    taken.map((row) => rowOf(list, row, id) as Fields),
    GAP_HOURS,
  ).length;
  if (bursts > 1) return html`<p class="small soft">${t('list.several', { n: bursts })}</p>`;
  if (!targets.length) return nothing;
  const numberOf = (record: string) => file?.entries.find((entry) => entry.record === record)?.seq_no ?? null;
  return chips({
    name: 'list-entry',
    legend: t('list.entry'),
    choices: [
      ...targets.map((record) => {
        const number = numberOf(record);
        return [record, number === null ? t('list.entry_this') : t('list.entry_number', { n: number })] as const;
      }),
      ['', t('list.entry_new')] as const,
    ],
    chosen: [list.entry ?? ''],
    onChange: (entry) => {
      list.entry = entry || null;
      save(scene);
    },
  });
}

function keep(scene: Scene, taken: readonly ListRow[]) {
  const { stage, id, opened } = scene;
  const { list, targets } = opened;
  const bursts = burstsOf(
    taken.map((row) => rowOf(list, row, id) as Fields),
    GAP_HOURS,
  ).length;
  const isOfOne = bursts === 1 && targets.includes(list.entry ?? '');
  return stage.run('list', async () => {
    await refreshAlike(scene);
    const kept = await stage.app.keepPictureList(id, { ...list, entry: isOfOne ? list.entry : null });
    stage.arrived = true;
    stage.set({ kept });
    for (const key of ['entry:', 'records:', 'attachment:', 'picture-words:', 'picture-rows:']) stage.refresh(key);
  });
}

function keptView({ stage, id }: Scene, kept: KeptList) {
  const [entry] = kept.entries;
  const leave = (action: () => void) => {
    stage.cache.delete(cacheKey(id));
    action();
  };
  return html`<div class="stack">${heading(t('done.title'))}
    <p role="status">${t('list.kept', {
      rows: tn('list.kept_rows', kept.rows),
      entries: tn('done.entries', kept.entries.length),
    })}</p>
    ${kept.left ? html`<p class="soft">${tn('list.kept_left', kept.left)}</p>` : nothing}
    <p class="small soft">${t('list.kept_pack')}</p>
    <div class="row">${
      entry
        ? button(t('list.see'), () => leave(() => stage.go({ name: 'entry', record: entry })), { main: true })
        : nothing
    }${button(t('list.picture'), () => leave(() => stage.up()), { plain: true })}</div></div>`;
}

/** Forget the answers, asked twice: they may be the work of an evening. */
function dropButton(scene: Scene) {
  const { stage, id } = scene;
  const drop = () =>
    stage.run('drop', async () => {
      await stage.app.putPictureList(id, null);
      stage.cache.delete(cacheKey(id));
      stage.refresh('picture-rows:');
      stage.up();
    });
  return stage.local.dropping
    ? html`<span class="row"><span>${t('list.drop_sure')}</span>${button(t('list.drop_yes'), drop)}${button(
        t('list.drop_no'),
        () => stage.set({ dropping: false }),
        { plain: true },
      )}</span>`
    : button(t('list.drop'), () => stage.set({ dropping: true }), { plain: true });
}
