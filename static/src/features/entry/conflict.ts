/** Two versions of one entry, from two devices: both are shown, field by field, and the keeper chooses. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { attachmentTiles } from '../../components/files/tiles.js';
import { questionOf } from '../../components/cards/card_table.js';
import { fieldTitle, answerText } from '../../components/cards/card_words.js';
import { loadVocabulary } from '../../components/text/labels.js';
import { dateTimeText, occurredText } from '../../components/text/formatting.js';
import { codesOf } from '../../record/reading.js';
import { inPlainEnglish, lookUp, t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { ConcurrentVersion, Entry, Fields } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** The fields of one time. They are chosen together; a mixture would be a time that the keeper never gave. */
const TIME_FIELDS = [
  'occurred_start',
  'occurred_end',
  'occurred_local',
  'tz',
  'utc_offset_min',
  'precision',
  'time_source',
  'time_source_text',
];
const BOOKKEEPING = new Set([
  'assisted',
  'attachment_ids',
  'cards_opened',
  'taken_out',
  'include_in_pack',
  'start_with_this',
  'looked_at',
]);
/** List types: the values of both versions can be combined. */
const LIST_TYPES = new Set(['codes', 'records', 'objects']);

const allFields = (side: ConcurrentVersion): Fields => ({ ...side.fields, ...side.restricted });
const isSame = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Return the names of fields that differ; the fields of a time count as one, `when`. */
export function differences(a: ConcurrentVersion, b: ConcurrentVersion): string[] {
  const [fieldsA, fieldsB] = [allFields(a), allFields(b)];
  const names = [...new Set([...Object.keys(fieldsA), ...Object.keys(fieldsB)])].filter(
    (name) => !BOOKKEEPING.has(name) && !isSame(fieldsA[name], fieldsB[name]),
  );
  const otherNames = names
    .filter((name) => !TIME_FIELDS.includes(name))
    .sort((x, y) => Number(y === 'narrative') - Number(x === 'narrative'));
  return names.length > otherNames.length ? ['when', ...otherNames] : otherNames;
}

/**
 * Return every field as chosen, with the equal fields and the first version's bookkeeping.
 * @param narrative the text as the keeper edited it
 */
export function resolvedFields(
  a: ConcurrentVersion,
  b: ConcurrentVersion,
  picked: Record<string, 'a' | 'b' | 'both'>,
  narrative: string,
): { fields: Fields; restricted: Fields } {
  const fields = { ...a.fields };
  const restricted = { ...a.restricted };
  for (const name of differences(a, b)) {
    const names = name === 'when' ? TIME_FIELDS : [name];
    for (const field of names) {
      const target = field in a.restricted || field in b.restricted ? restricted : fields;
      const values =
        target === restricted ? [a.restricted[field], b.restricted[field]] : [a.fields[field], b.fields[field]];
      const value =
        name === 'narrative'
          ? narrative
          : picked[name] === 'both'
            ? union(values[0], values[1])
            : values[picked[name] === 'b' ? 1 : 0];
      if (value === undefined || value === null || value === '') delete target[field];
      else target[field] = value;
    }
  }
  return { fields, restricted };
}

function union(a: unknown, b: unknown) {
  const first = Array.isArray(a) ? a : [];
  return [...first, ...(Array.isArray(b) ? b : []).filter((item) => !first.some((existing) => isSame(item, existing)))];
}

export function conflictView(stage: Stage) {
  loadVocabulary(stage);
  const record = stage.place.record as string;
  const result = stage.find(`entry:${record}`, () => stage.app.readIncident(record));
  const ends = result.data?.ends ?? [];
  const [a, b] = ends;
  if (!result.data)
    return html`<div class="stack">${heading(t('two.title'))}<p role="status">${t('frame.loading')}</p></div>`;
  if (!a || !b)
    return html`<div class="stack">${heading(t('two.title'))}<p>${t('two.same')}</p><div>${button(
      t('add.see'),
      () => stage.stand({ name: 'entry', record }),
      { main: true },
    )}</div></div>`;
  return a.taken_out || b.taken_out
    ? takenOutConflict(stage, result.data, a, b)
    : fieldsConflict(stage, result.data, a, b);
}

/** Say which versions of an entry have a file, while two of them stand. */
export function fileVersions({ ends }: Entry, attachment: string) {
  const holders = (ends ?? []).filter(({ fields }) => codesOf(fields, 'attachment_ids').includes(attachment));
  if (!holders.length) return nothing;
  const lines =
    holders.length === ends?.length
      ? [t('two.file_all')]
      : holders.map(({ here, at }) =>
          t('two.file_in', { by: t(here ? 'history.this' : 'history.other'), at: dateTimeText(at) }),
        );
  return html`${lines.map((line) => html`<span class="tile-looked">${line}</span>`)}`;
}

const versionLine = (side: ConcurrentVersion, name: string) =>
  html`<span class="small soft">${lookUp(name)} · ${t('two.mine', {
    by: t(side.here ? 'history.this' : 'history.other'),
    at: dateTimeText(side.at),
  })}</span>`;

/** One device took the entry out while the other changed it. */
function takenOutConflict(stage: Stage, entry: Entry, a: ConcurrentVersion, b: ConcurrentVersion) {
  const remaining = a.taken_out ? b : a;
  const { place } = stage;
  const finish = () => {
    stage.refresh('');
    if (stage.place === place) stage.stand({ name: 'entry', record: entry.record });
  };
  const keepEntry = () =>
    stage.run('two', async () => {
      await stage.app.bringTogether?.(entry.record, {
        looked: [a.version, b.version],
        fields: remaining.fields,
        restricted: remaining.restricted,
        reason: inPlainEnglish(() => t('two.reason_keep')),
      });
      finish();
    });
  const takeOut = () =>
    stage.run('two', async () => {
      await stage.app.takeOutRecord(entry.record, '');
      finish();
    });
  return html`<div class="stack-wide">${heading(t('two.title'))}${errorSummary(stage)}<p>${t('two.out')}</p>
    <div class="part stack-close">${versionLine(remaining, 'two.first')}<p dir="auto" class="narrative-small">${
      remaining.fields.narrative || t('entry.no_words')
    }</p></div>
    <div class="row">${button(t('two.keep'), keepEntry, {
      main: true,
      busy: stage.runningTask === 'two',
    })}${button(t('away.go'), takeOut)}</div></div>`;
}

function fieldsConflict(stage: Stage, entry: Entry, a: ConcurrentVersion, b: ConcurrentVersion) {
  const { local } = stage;
  const names = differences(a, b);
  const picked = (local.picked ??= {}) as Record<string, 'a' | 'b' | 'both'>;
  local.joint ??= a.fields.narrative ?? '';
  local.why ??= String(t('two.reason'));
  const save = () => {
    if (names.some((name) => name !== 'narrative' && !picked[name])) return stage.set({ lacking: true });
    const { place } = stage;
    return stage.run('two', async () => {
      await stage.app.bringTogether?.(entry.record, {
        looked: [a.version, b.version],
        ...resolvedFields(a, b, picked, local.joint),
        reason: local.why,
      });
      stage.refresh('');
      stage.announce(t('add.saved'));
      if (stage.place === place) stage.stand({ name: 'entry', record: entry.record });
    });
  };
  return html`<div class="stack-wide">${heading(t('two.title'))}${errorSummary(stage)}<p>${t(
    names.length ? 'two.lead' : 'two.same',
  )}</p>
    ${names.map((name) => (name === 'narrative' ? textChoice(stage, a, b) : fieldChoice(stage, name, a, b, picked)))}
    ${
      entry.attachments.length
        ? html`<section class="stack-close"><h2>${t('two.files')}</h2><p class="small soft">${t('two.files_lead')}</p>
      ${attachmentTiles(stage, entry, (attachment) => fileVersions(entry, attachment))}</section>`
        : nothing
    }
    ${textField({
      id: 'two-why',
      label: t('reason.field'),
      hint: t('reason.lead'),
      textarea: 'low',
      value: local.why,
      onChange: (why) => {
        local.why = why;
      },
    })}
    ${
      local.lacking && names.some((name) => name !== 'narrative' && !picked[name])
        ? html`<p class="error-line" role="alert">${t('two.choose')}</p>`
        : nothing
    }
    <div class="row">${button(t('two.save'), save, { main: true, busy: stage.runningTask === 'two' })}${button(
      t('frame.cancel'),
      () => stage.back('entries'),
      { plain: true },
    )}</div></div>`;
}

/** Show both narratives in full; the text box starts with the first. */
function textChoice(stage: Stage, a: ConcurrentVersion, b: ConcurrentVersion) {
  const { local } = stage;
  const use = (side: ConcurrentVersion) => stage.set({ joint: side.fields.narrative ?? '' });
  return html`<section class="stack-close"><h2>${t('two.words')}</h2>
    ${[
      [a, 'two.first', 'two.use_a'],
      [b, 'two.second', 'two.use_b'],
    ].map(
      ([
        side,
        title,
        labelKey,
      ]) => html`<div class="part stack-close">${versionLine(side as ConcurrentVersion, String(title))}
      <p dir="auto" class="narrative-small">${
        (side as ConcurrentVersion).fields.narrative || t('entry.no_words')
      }</p><div>${button(lookUp(String(labelKey)), () => use(side as ConcurrentVersion), { plain: true })}</div></div>`,
    )}
    ${textField({
      id: 'two-words',
      label: t('two.words'),
      hint: t('two.words_hint'),
      textarea: 'big',
      value: local.joint,
      onChange: (joint) => {
        local.joint = joint;
      },
    })}</section>`;
}

function fieldChoice(
  stage: Stage,
  name: string,
  a: ConcurrentVersion,
  b: ConcurrentVersion,
  picked: Record<string, string>,
) {
  const valueText = (side: ConcurrentVersion) =>
    (name === 'when' ? occurredText(side.fields) : answerText(stage, name, allFields(side)[name])) ||
    t('history.blank');
  const choices = [
    ['a', `${t('two.first')}: ${valueText(a)}`],
    ['b', `${t('two.second')}: ${valueText(b)}`],
  ] as [string, string][];
  if (LIST_TYPES.has(questionOf(name)?.type ?? '') || name === 'behaviours') choices.push(['both', t('two.both')]);
  return chips({
    name: `two-${name}`,
    legend: name === 'when' ? t('f.when') : fieldTitle(name),
    choices,
    chosen: [picked[name] ?? ''],
    onChange: (code) => {
      picked[name] = code;
      stage.draw();
    },
  });
}
