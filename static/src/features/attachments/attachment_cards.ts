/** The questions about a file. Each card is saved by itself; unsaved input survives a lock. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../../components/forms/fields.js';
import { button, row, sheet } from '../../components/parts.js';
import { joinWithDots, lookUp, t } from '../../shell/strings.js';
import { cardsOf } from './attachment_table.js';
import { hasInvalidInput, questionField } from '../../components/cards/card_forms.js';
import { coach, coachSummary } from './coach.js';
import { labelForCode } from '../../components/text/labels.js';
import { problemOf } from '../../shell/stage.js';
import { registerAnswerText } from '../../components/registers/register_words.js';
import { occurredText } from '../../components/text/formatting.js';
import { fileMoment, needsZone } from '../../record/moments.js';
import { isZone, phoneZone } from '../../record/times.js';
import '../../components/words.js';
import './words.js';
import type { AttachmentRead, Fields, Value } from '../../shell/app.js';
import type { FileTime } from '../../record/moments.js';
import type { FileCard } from './attachment_table.js';
import type { CardQuestion } from '../../components/cards/card_table.js';
import type { Stage } from '../../shell/stage.js';
import type { FileCardContext } from './coach.js';

const MAX_SUMMARY = 90;
const PATH = 'attachment.';

export function fileCards(stage: Stage, file: AttachmentRead) {
  const { local } = stage;
  const cards = cardsOf(file.kind).map((card) => ({ card, said: summaryOf(stage, file, card) }));
  const isDeferred = ({ card, said: summary }: { card: FileCard; said: string }) =>
    card.later && !local.all && !summary && local.card !== card.code;
  return html`<div class="rows">${cards
    .filter((item) => !isDeferred(item))
    .map(({ card, said: summary }) => {
      const expanded = local.card === card.code;
      return html`<div>${row({
        title: lookUp(`fcard.${card.code}`),
        subtitle: summary || null,
        icon: card.icon,
        expanded,
        body: expanded ? cardBody(stage, file, card) : nothing,
        onClick: () => openCard(stage, expanded ? null : card.code),
      })}</div>`;
    })}</div>
  ${
    cards.some(isDeferred)
      ? html`<div>${button(t('attach.more'), () => stage.set({ all: true }), { plain: true, icon: 'add' })}</div>`
      : nothing
  }`;
}

function openCard(stage: Stage, card: string | null) {
  stage.set({ card, more: {}, ever: {}, raw: {}, wrong: {}, blanks: {}, moment: undefined, fileZone: undefined });
}

function summaryOf(stage: Stage, { fields, restricted }: AttachmentRead, card: FileCard) {
  if (card.code === 'coach') return coachSummary(stage, fields);
  const summary = joinWithDots(
    card.lines
      .map((line) => summaryPart(stage, line, { ...fields, ...restricted }))
      .filter(Boolean)
      .flatMap((words) => words.split('\n')),
  );
  return summary.length > MAX_SUMMARY ? `${summary.slice(0, MAX_SUMMARY)}…` : summary;
}

/** Return a field's value as text; '' for the defaults, which are not repeated. */
function summaryPart(stage: Stage, line: CardQuestion, all: Fields) {
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

export function valueWords(stage: Stage, line: CardQuestion, value: Value, extra?: unknown): string {
  if (line.name === 'outside_copy') return labelForCode('outside_copies', value?.state);
  if (line.name === 'identity_link_id') return value ? linkedFileName(stage, String(value)) : '';
  if (line.type === 'own') return registerAnswerText(stage, 'attachment', { ...line, type: 'codes' }, value);
  if (line.type === 'object')
    return (line.questions ?? [])
      .map((part) => registerAnswerText(stage, 'attachment', part, value?.[part.name]))
      .filter(Boolean)
      .join(', ');
  return registerAnswerText(stage, 'attachment', line, value, typeof extra === 'string' ? extra : '');
}

/** Input about a file that is not saved yet. */
type Unsaved = { fields: Fields; restricted: Fields };

function unsavedOf(stage: Stage, file: AttachmentRead) {
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

function cardBody(stage: Stage, file: AttachmentRead, card: FileCard) {
  const unsaved = unsavedOf(stage, file);
  const storeUnsaved = () => {
    if (file.draft) return;
    stage.updateCached(`typed:${file.attachment}`, () => structuredClone(unsaved));
    Promise.resolve(stage.app.keepTyped(`file:${file.attachment}`, unsaved)).catch((error) =>
      stage.fail(problemOf(error)),
    );
  };
  const cardContext: FileCardContext = {
    stage,
    entry: { record: file.attachment, fields: file.fields, restricted: file.restricted },
    value: (name) =>
      name in unsaved.restricted
        ? unsaved.restricted[name]
        : name in unsaved.fields
          ? unsaved.fields[name]
          : (file.fields[name] ?? file.restricted[name]),
    put(changes) {
      Object.assign(unsaved.fields, changes.fields);
      Object.assign(unsaved.restricted, changes.restricted);
      storeUnsaved();
      stage.draw();
    },
  };
  const restrictedNames = new Set(card.lines.filter((line) => line.restricted).map(({ name }) => name));
  const binding = {
    path: PATH,
    get: cardContext.value,
    put: (name: string, value: unknown) =>
      cardContext.put(restrictedNames.has(name) ? { restricted: { [name]: value } } : { fields: { [name]: value } }),
  };
  return html`${
    card.code === 'coach'
      ? coach(cardContext)
      : card.code === 'identity'
        ? identityPicture(cardContext, file)
        : card.code === 'outside'
          ? outsideCopy(cardContext)
          : card.lines.map((line) => questionField(cardContext, line, binding))
  }
    ${adviceFor(cardContext, file, card)}
    <div>${button(t('card.save'), () => saveCard(stage, file), {
      main: true,
      busy: stage.runningTask === 'card',
    })}</div>`;
}

/** Show the advice for a card: a time found in the file, or a warning. */
function adviceFor(card: FileCardContext, file: AttachmentRead, { code }: FileCard) {
  if (code === 'phone') return html`<p class="care small">${t('attach.do_not_wipe')}</p>`;
  if (code === 'private' && card.value('sensitivity') === 'intimate_adult')
    return html`<p class="care small">${t('attach.intimate')}</p>`;
  if (code !== 'taken') return nothing;
  return card.value('captured_at') ? nothing : fileTimeNote(card, file.restricted.exif_summary ?? {});
}

/**
 * Offer the time in the file's metadata. A file often gives no time zone, as cameras do: then the zone is shown and can
 * be changed, because a photo taken abroad would get a wrong start.
 */
function fileTimeNote(card: FileCardContext, said: FileTime) {
  const { stage } = card;
  const mustAsk = needsZone(said);
  const tz = mustAsk ? String(stage.local.fileZone ?? phoneZone()) : phoneZone();
  const moment = fileMoment(said, tz);
  if (!moment && !mustAsk) return nothing;
  const local = moment?.local ?? (typeof said.taken_local === 'string' ? said.taken_local.slice(0, 16) : null);
  return html`<div class="note stack-close"><p class="small">${t('attach.time_suggested', {
    at: occurredText({
      occurred_start: moment?.start ?? null,
      occurred_local: local,
      tz,
      utc_offset_min: moment?.utc_offset_min ?? null,
      precision: 'minute',
    }),
  })}</p>
    ${
      mustAsk
        ? textField({
            id: 'file-zone',
            label: t('attach.zone'),
            hint: t('attach.zone_hint'),
            value: tz,
            error: moment ? null : isZone(tz) ? t('bad.skipped') : t('attach.zone_wrong'),
            onChange: (text) => stage.set({ fileZone: text.trim() }),
          })
        : nothing
    }
    ${
      moment
        ? html`<div>${button(t('attach.use_time'), () => card.put({ fields: { captured_at: moment } }))}</div>`
        : nothing
    }</div>`;
}

/** Ask what happened to the copy in the phone's photos; the time of the answer is stored. */
function outsideCopy(card: FileCardContext) {
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
    onChange: (code) => card.put({ restricted: { outside_copy: { state: code, at: Date.now() } } }),
  })}
    <p class="small soft">${t('outside.lead')} ${t('outside.how')}</p><p class="small soft">${t('outside.fine')}</p>`;
}

/** Choose another picture of the diary, which shows whose account it is. */
function identityPicture(card: FileCardContext, file: AttachmentRead) {
  const files = card.stage.find('records:attachment', () => card.stage.app.readRecords('attachment')).data;
  if (!files) return html`<p role="status">${t('frame.loading')}</p>`;
  const chosen = String(card.value('identity_link_id') ?? '');
  const search = String(card.stage.local.find ?? '')
    .toLowerCase()
    .trim();
  const others = files
    .filter(({ record, fields }) => record !== file.attachment && String(fields.media_type ?? '').startsWith('image/'))
    .reverse();
  const shown = others
    .filter((other) => other.record === chosen || fileName(other).toLowerCase().includes(search))
    .slice(0, 8);
  if (!others.length) return html`<p class="soft">${t('identity.none')}</p>`;
  return html`${chips({
    name: 'identity',
    legend: t('f.attachment.identity_link_id'),
    chosen: [chosen],
    choices: [...shown.map((other) => [other.record, fileName(other)] as [string, string]), ['', t('card.blank')]],
    onChange: (record) => card.put({ fields: { identity_link_id: record || null } }),
  })}
    <p class="small soft">${t('f.attachment.identity_link_id_hint')}</p>
    ${
      others.length > 8
        ? textField({
            id: 'identity-find',
            label: t('link.find'),
            type: 'search',
            value: card.stage.local.find ?? '',
            onChange: (find) => card.stage.set({ find }),
          })
        : nothing
    }`;
}

const fileName = ({ fields, restricted }: { fields: Fields; restricted: Fields }) =>
  String(fields.description || restricted.received_as?.filename || t('attach.unnamed'));

function linkedFileName(stage: Stage, id: string) {
  const file = stage
    .find('records:attachment', () => stage.app.readRecords('attachment'))
    .data?.find(({ record }) => record === id);
  return file ? fileName(file) : t('link.gone');
}

/** @returns the fields that differ; null, '' and [] count as equal */
function changedFields(changed: Fields, saved: Fields): Fields {
  const normalise = (value: Value): Value =>
    value === undefined || value === '' || (Array.isArray(value) && !value.length) ? null : value;
  return Object.fromEntries(
    Object.entries(changed)
      .map(([name, value]) => [name, normalise(value)])
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(normalise(saved[name]))),
  );
}

async function saveCard(stage: Stage, file: AttachmentRead) {
  if (hasInvalidInput(stage)) return;
  const unsaved = unsavedOf(stage, file);
  const changes = {
    fields: changedFields(unsaved.fields, file.fields),
    restricted: changedFields(unsaved.restricted, file.restricted),
  };
  await saveChanges(stage, file, changes, async () => {
    Object.assign(stage.local, { change: undefined, card: null });
    if (!file.draft) await stage.app.keepTyped(`file:${file.attachment}`, null);
    stage.refresh('typed:');
    stage.announce(t('card.saved'));
  });
}

/** Save a file's changed fields; first ask for a reason if earlier words would change. */
async function saveChanges(
  stage: Stage,
  { attachment }: AttachmentRead,
  changes: { fields: Fields; restricted: Fields },
  onSaved: () => Promise<void>,
) {
  const finish = async () => {
    stage.closeSheet();
    await onSaved();
    refreshFile(stage);
  };
  if (!Object.keys(changes.fields).length && !Object.keys(changes.restricted).length) return finish();
  let needsReason = false;
  await stage.run('card', async () => {
    needsReason = await stage.app.needsAttachmentReason(attachment, changes);
    if (needsReason) return;
    await stage.app.saveAttachment({ attachment, ...changes });
    await finish();
  });
  if (!needsReason) return;
  stage.local.reason = '';
  stage.openSheet((sheetStage) =>
    reasonSheet(sheetStage, (reason) =>
      sheetStage.run('card', async () => {
        await sheetStage.app.saveAttachment({ attachment, ...changes, reason });
        await finish();
      }),
    ),
  );
}

function reasonSheet(stage: Stage, submit: (reason: string) => void) {
  const { local } = stage;
  const trySubmit = () => (local.reason.trim() ? submit(local.reason) : stage.set({ noReason: true }));
  return sheet(
    stage,
    t('reason.title'),
    html`<p class="soft">${t('reason.lead')}</p>
    ${textField({
      id: 'reason',
      label: t('reason.field'),
      hint: t('reason.hint'),
      textarea: 'low',
      value: local.reason ?? '',
      error: local.noReason ? t('reason.need') : null,
      onChange: (reason) => {
        local.reason = reason;
      },
    })}
    <div class="row">${button(t('reason.save'), trySubmit, { main: true, busy: stage.runningTask === 'card' })}${button(
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
