/** The questions about a file. Each card is saved by itself; unsaved input survives a lock. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../../components/forms/fields.js';
import { button, row, sheet } from '../../components/parts.js';
import { dotted, lookUp, t } from '../../shell/strings.js';
import { cardsOf } from './attachment_table.js';
import { hasUnreadable, lineField } from '../../components/cards/card_forms.js';
import { coach, coachSummary } from './coach.js';
import { label } from '../../components/text/labels.js';
import { problemOf } from '../../shell/stage.js';
import { lineWords } from '../../components/registers/register_words.js';
import { momentSaid } from '../../components/text/say.js';
import '../../components/words.js';
import './words.js';
import type { AttachmentRead, Fields, Value } from '../../shell/app.js';
import type { FileCard } from './attachment_table.js';
import type { Line } from '../../components/cards/card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { FileCardOn } from './coach.js';

const SHORT = 90;
const PATH = 'attachment.';

export function fileCards(stage: Stage, file: AttachmentRead) {
  const { local } = stage;
  const shown = cardsOf(file.kind).map((card) => ({ card, said: summaryOf(stage, file, card) }));
  const waits = ({ card, said }: { card: FileCard; said: string }) =>
    card.later && !local.all && !said && local.card !== card.code;
  return html`<div class="rows">${shown
    .filter((one) => !waits(one))
    .map(({ card, said }) => {
      const expanded = local.card === card.code;
      return html`<div>${row({
        title: lookUp(`fcard.${card.code}`),
        more: said || null,
        icon: card.icon,
        expanded,
        body: expanded ? body(stage, file, card) : nothing,
        on: () => open(stage, expanded ? null : card.code),
      })}</div>`;
    })}</div>
  ${
    shown.some(waits)
      ? html`<div>${button(t('attach.more'), () => stage.set({ all: true }), { plain: true, icon: 'add' })}</div>`
      : nothing
  }`;
}

function open(stage: Stage, card: string | null) {
  stage.set({ card, more: {}, ever: {}, raw: {}, wrong: {}, blanks: {}, moment: undefined });
}

function summaryOf(stage: Stage, { fields, restricted }: AttachmentRead, card: FileCard) {
  if (card.code === 'coach') return coachSummary(stage, fields);
  const said = dotted(
    card.lines
      .map((line) => wordsOf(stage, line, { ...fields, ...restricted }))
      .filter(Boolean)
      .flatMap((words) => words.split('\n')),
  );
  return said.length > SHORT ? `${said.slice(0, SHORT)}…` : said;
}

/** Return a field's value as text; '' for the defaults, which are not repeated. */
function wordsOf(stage: Stage, line: Line, all: Fields) {
  const value = all[line.name];
  if (
    (line.name === 'sensitivity' && value === 'normal') ||
    line.name === 'include_in_pack' ||
    (line.name === 'alteration_before_receipt' && value === 'none_known')
  )
    return '';
  if (line.name === 'shows_where_i_live') return value === true ? t('attach.where_i_live') : '';
  return valueWords(stage, line, value, all[`${line.name}_text`]);
}

export function valueWords(stage: Stage, line: Line, value: Value, more?: unknown): string {
  if (line.name === 'outside_copy') return label('outside_copies', value?.state);
  if (line.name === 'identity_link_id') return value ? nameOf(stage, String(value)) : '';
  if (line.as === 'own') return lineWords(stage, 'attachment', { ...line, as: 'codes' }, value);
  if (line.as === 'object')
    return (line.lines ?? [])
      .map((one) => lineWords(stage, 'attachment', one, value?.[one.name]))
      .filter(Boolean)
      .join(', ');
  return lineWords(stage, 'attachment', line, value, typeof more === 'string' ? more : '');
}

/** Input about a file that is not saved yet. */
type Unsaved = { fields: Fields; restricted: Fields };

function change(stage: Stage, file: AttachmentRead) {
  const { local } = stage;
  if (!local.change) {
    const typed = file.draft
      ? null
      : (stage.find(`typed:${file.attachment}`, () => stage.app.readTyped(`file:${file.attachment}`)).data as
          | Unsaved
          | null
          | undefined);
    if (typed === undefined && !file.draft) return { fields: {}, restricted: {} };
    local.change = { fields: { ...typed?.fields }, restricted: { ...typed?.restricted } };
  }
  return local.change as Unsaved;
}

function body(stage: Stage, file: AttachmentRead, card: FileCard) {
  const unsaved = change(stage, file);
  const keep = () => {
    if (file.draft) return;
    stage.readAs(`typed:${file.attachment}`, () => structuredClone(unsaved));
    Promise.resolve(stage.app.keepTyped(`file:${file.attachment}`, unsaved)).catch((thrown) =>
      stage.fail(problemOf(thrown)),
    );
  };
  const on: FileCardOn = {
    stage,
    entry: { record: file.attachment, fields: file.fields, restricted: file.restricted },
    value: (name) =>
      name in unsaved.restricted
        ? unsaved.restricted[name]
        : name in unsaved.fields
          ? unsaved.fields[name]
          : (file.fields[name] ?? file.restricted[name]),
    put(next) {
      Object.assign(unsaved.fields, next.fields);
      Object.assign(unsaved.restricted, next.restricted);
      keep();
      stage.draw();
    },
  };
  const apart = new Set(card.lines.filter((line) => line.apart).map(({ name }) => name));
  const at = {
    path: PATH,
    get: on.value,
    put: (name: string, value: unknown) =>
      on.put(apart.has(name) ? { restricted: { [name]: value } } : { fields: { [name]: value } }),
  };
  return html`${
    card.code === 'coach'
      ? coach(on)
      : card.code === 'identity'
        ? identity(on, file)
        : card.code === 'outside'
          ? outside(on)
          : card.lines.map((line) => lineField(on, line, at))
  }
    ${beside(on, file, card)}
    <div>${button(t('card.save'), () => save(stage, file), { main: true, busy: stage.running === 'card' })}</div>`;
}

/** Show the advice for a card: a time found in the file, or a warning. */
function beside(card: FileCardOn, file: AttachmentRead, { code }: FileCard) {
  if (code === 'phone') return html`<p class="care small">${t('attach.do_not_wipe')}</p>`;
  if (code === 'private' && card.value('sensitivity') === 'intimate_adult')
    return html`<p class="care small">${t('attach.intimate')}</p>`;
  if (code !== 'taken') return nothing;
  const moment = momentOf(file.restricted.exif_summary ?? {});
  if (!moment || card.value('captured_at')) return nothing;
  return html`<div class="note stack-close"><p class="small">${t('attach.time_suggested', {
    at: momentSaid(moment.start),
  })}</p>
    <div>${button(t('attach.use_time'), () => card.put({ fields: { captured_at: moment } }))}</div></div>`;
}

/** Return the time in the file's metadata, or null if there is none. */
function momentOf({ taken_local: local, offset_min: offset, taken_at: at }: Fields) {
  const start =
    typeof at === 'number'
      ? at
      : typeof local === 'string' && typeof offset === 'number'
        ? Date.parse(`${local}Z`) - offset * 60_000
        : typeof local === 'string'
          ? new Date(local).getTime()
          : NaN;
  if (!Number.isFinite(start)) return null;
  return {
    start,
    precision: 'exact',
    source: 'phone_clock_at_the_time',
    ...(typeof local === 'string' ? { local: local.slice(0, 16) } : {}),
    ...(typeof offset === 'number' ? { utc_offset_min: offset } : {}),
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/** Ask what happened to the copy in the phone's photos; the time of the answer is stored. */
function outside(card: FileCardOn) {
  const state = String(card.value('outside_copy')?.state ?? '');
  return html`${chips({
    name: 'outside',
    legend: t('f.attachment.outside_copy'),
    chosen: [state],
    choices: [
      ['kept', t('outside.keep')],
      ['removed_for_safety', t('outside.removed')],
      ['later', t('outside.later')],
    ],
    on: (code) => card.put({ restricted: { outside_copy: { state: code, at: Date.now() } } }),
  })}
    <p class="small soft">${t('outside.lead')} ${t('outside.how')}</p><p class="small soft">${t('outside.fine')}</p>`;
}

/** Choose another picture of the diary, which shows whose account it is. */
function identity(card: FileCardOn, file: AttachmentRead) {
  const found = card.stage.find('records:attachment', () => card.stage.app.readRecords('attachment')).data;
  if (!found) return html`<p role="status">${t('frame.loading')}</p>`;
  const chosen = String(card.value('identity_link_id') ?? '');
  const search = String(card.stage.local.find ?? '')
    .toLowerCase()
    .trim();
  const others = found
    .filter(({ record, fields }) => record !== file.attachment && String(fields.media_type ?? '').startsWith('image/'))
    .reverse();
  const shown = others.filter((one) => one.record === chosen || nameIn(one).toLowerCase().includes(search)).slice(0, 8);
  if (!others.length) return html`<p class="soft">${t('identity.none')}</p>`;
  return html`${chips({
    name: 'identity',
    legend: t('f.attachment.identity_link_id'),
    chosen: [chosen],
    choices: [...shown.map((one) => [one.record, nameIn(one)] as [string, string]), ['', t('card.blank')]],
    on: (record) => card.put({ fields: { identity_link_id: record || null } }),
  })}
    <p class="small soft">${t('f.attachment.identity_link_id_hint')}</p>
    ${
      others.length > 8
        ? textField({
            id: 'identity-find',
            label: t('link.find'),
            type: 'search',
            value: card.stage.local.find ?? '',
            on: (find) => card.stage.set({ find }),
          })
        : nothing
    }`;
}

const nameIn = ({ fields, restricted }: { fields: Fields; restricted: Fields }) =>
  String(fields.description || restricted.received_as?.filename || t('attach.unnamed'));

function nameOf(stage: Stage, id: string) {
  const one = stage
    .find('records:attachment', () => stage.app.readRecords('attachment'))
    .data?.find(({ record }) => record === id);
  return one ? nameIn(one) : t('link.gone');
}

/** @returns the fields that differ; null, '' and [] count as equal */
function differing(changed: Fields, saved: Fields): Fields {
  const plain = (value: Value): Value =>
    value === undefined || value === '' || (Array.isArray(value) && !value.length) ? null : value;
  return Object.fromEntries(
    Object.entries(changed)
      .map(([name, value]) => [name, plain(value)])
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(plain(saved[name]))),
  );
}

async function save(stage: Stage, file: AttachmentRead) {
  if (hasUnreadable(stage)) return;
  const unsaved = change(stage, file);
  const what = {
    fields: differing(unsaved.fields, file.fields),
    restricted: differing(unsaved.restricted, file.restricted),
  };
  await saveFile(stage, file, what, async () => {
    Object.assign(stage.local, { change: undefined, card: null });
    if (!file.draft) await stage.app.keepTyped(`file:${file.attachment}`, null);
    stage.refresh('typed:');
    stage.say(t('card.saved'));
  });
}

/** Save a file's changed fields; first ask for a reason if earlier words would change. */
async function saveFile(
  stage: Stage,
  { attachment }: AttachmentRead,
  what: { fields: Fields; restricted: Fields },
  done: () => Promise<void>,
) {
  const finish = async () => {
    stage.closeSheet();
    await done();
    refreshFile(stage);
  };
  if (!Object.keys(what.fields).length && !Object.keys(what.restricted).length) return finish();
  let needed = false;
  await stage.run('card', async () => {
    needed = await stage.app.needsAttachmentReason(attachment, what);
    if (needed) return;
    await stage.app.saveAttachment({ attachment, ...what });
    await finish();
  });
  if (!needed) return;
  stage.local.reason = '';
  stage.openSheet((on) =>
    reasonSheet(on, (reason) =>
      on.run('card', async () => {
        await on.app.saveAttachment({ attachment, ...what, reason });
        await finish();
      }),
    ),
  );
}

function reasonSheet(stage: Stage, go: (reason: string) => void) {
  const { local } = stage;
  const save = () => (local.reason.trim() ? go(local.reason) : stage.set({ noReason: true }));
  return sheet(
    stage,
    t('reason.title'),
    html`<p class="soft">${t('reason.lead')}</p>
    ${textField({
      id: 'reason',
      label: t('reason.field'),
      hint: t('reason.hint'),
      lines: 'low',
      value: local.reason ?? '',
      error: local.noReason ? t('reason.need') : null,
      on: (reason) => {
        local.reason = reason;
      },
    })}
    <div class="row">${button(t('reason.save'), save, { main: true, busy: stage.running === 'card' })}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { plain: true },
    )}</div>`,
  );
}

/** Read files and their entries again. */
export function refreshFile(stage: Stage) {
  for (const prefix of ['attachment:', 'entry:', 'records:attachment', 'loose']) stage.refresh(prefix);
}
