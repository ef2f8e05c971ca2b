/** Two versions of one entry, from two devices: both are shown, field by field, and the keeper chooses. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { lineOf } from '../../components/cards/card_table.js';
import { titleOf, wordsFor } from '../../components/cards/card_words.js';
import { vocabulary } from '../../components/text/labels.js';
import { momentSaid, whenWords } from '../../components/text/say.js';
import { forOthers, lookUp, t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { End, Entry, Fields } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** The fields of one time. They are chosen together; a mixture would be a time that the keeper never gave. */
const TIME = [
  'occurred_start',
  'occurred_end',
  'occurred_local',
  'tz',
  'utc_offset_min',
  'precision',
  'time_source',
  'time_source_text',
];
const QUIET = new Set([
  'assisted',
  'attachment_ids',
  'cards_opened',
  'taken_out',
  'include_in_pack',
  'start_with_this',
  'looked_at',
]);
/** List types: the values of both versions can be combined. */
const BOTH = new Set(['codes', 'records', 'objects']);

const all = (end: End): Fields => ({ ...end.fields, ...end.restricted });
const isSame = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Return the names of fields that differ; the fields of a time count as one, `when`. */
export function differences(a: End, b: End): string[] {
  const [one, other] = [all(a), all(b)];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => !QUIET.has(name) && !isSame(one[name], other[name]),
  );
  const plain = names
    .filter((name) => !TIME.includes(name))
    .sort((x, y) => Number(y === 'narrative') - Number(x === 'narrative'));
  return names.length > plain.length ? ['when', ...plain] : plain;
}

/**
 * Return every field as chosen, with the equal fields and the first version's bookkeeping.
 * @param narrative the text as the keeper edited it
 */
export function chosenOf(
  a: End,
  b: End,
  picked: Record<string, 'a' | 'b' | 'both'>,
  narrative: string,
): { fields: Fields; restricted: Fields } {
  const fields = { ...a.fields };
  const restricted = { ...a.restricted };
  for (const name of differences(a, b)) {
    const names = name === 'when' ? TIME : [name];
    for (const one of names) {
      const to = one in a.restricted || one in b.restricted ? restricted : fields;
      const from = to === restricted ? [a.restricted[one], b.restricted[one]] : [a.fields[one], b.fields[one]];
      const value =
        name === 'narrative'
          ? narrative
          : picked[name] === 'both'
            ? joined(from[0], from[1])
            : from[picked[name] === 'b' ? 1 : 0];
      if (value === undefined || value === null || value === '') delete to[one];
      else to[one] = value;
    }
  }
  return { fields, restricted };
}

function joined(a: unknown, b: unknown) {
  const first = Array.isArray(a) ? a : [];
  return [...first, ...(Array.isArray(b) ? b : []).filter((one) => !first.some((other) => isSame(one, other)))];
}

export function two(stage: Stage) {
  vocabulary(stage);
  const record = stage.place.record as string;
  const found = stage.find(`entry:${record}`, () => stage.app.readIncident(record));
  const ends = found.data?.ends ?? [];
  const [a, b] = ends;
  if (!found.data)
    return html`<div class="stack">${heading(t('two.title'))}<p role="status">${t('frame.loading')}</p></div>`;
  if (!a || !b)
    return html`<div class="stack">${heading(t('two.title'))}<p>${t('two.same')}</p><div>${button(
      t('add.see'),
      () => stage.stand({ name: 'entry', record }),
      { main: true },
    )}</div></div>`;
  return a.taken_out || b.taken_out ? outOrIn(stage, found.data, a, b) : bothIn(stage, found.data, a, b);
}

const byLine = (end: End, name: string) =>
  html`<span class="small soft">${lookUp(name)} · ${t('two.mine', {
    by: t(end.here ? 'history.this' : 'history.other'),
    at: momentSaid(end.at),
  })}</span>`;

/** One device took the entry out while the other changed it. */
function outOrIn(stage: Stage, entry: Entry, a: End, b: End) {
  const alive = a.taken_out ? b : a;
  const done = () => {
    stage.refresh('');
    stage.stand({ name: 'entry', record: entry.record });
  };
  const keep = () =>
    stage.run('two', async () => {
      await stage.app.bringTogether?.(entry.record, {
        looked: [a.version, b.version],
        fields: alive.fields,
        restricted: alive.restricted,
        reason: forOthers(() => t('two.reason_keep')),
      });
      done();
    });
  const out = () =>
    stage.run('two', async () => {
      await stage.app.takeOutRecord(entry.record, '');
      done();
    });
  return html`<div class="stack-wide">${heading(t('two.title'))}${errorSummary(stage)}<p>${t('two.out')}</p>
    <div class="part stack-close">${byLine(alive, 'two.first')}<p dir="auto" class="narrative-small">${
      alive.fields.narrative || t('entry.no_words')
    }</p></div>
    <div class="row">${button(t('two.keep'), keep, {
      main: true,
      busy: stage.running === 'two',
    })}${button(t('away.go'), out)}</div></div>`;
}

function bothIn(stage: Stage, entry: Entry, a: End, b: End) {
  const { local } = stage;
  const names = differences(a, b);
  const picked = (local.picked ??= {}) as Record<string, 'a' | 'b' | 'both'>;
  local.joint ??= a.fields.narrative ?? '';
  local.why ??= String(t('two.reason'));
  const save = () => {
    if (names.some((name) => name !== 'narrative' && !picked[name])) return stage.set({ lacking: true });
    return stage.run('two', async () => {
      await stage.app.bringTogether?.(entry.record, {
        looked: [a.version, b.version],
        ...chosenOf(a, b, picked, local.joint),
        reason: local.why,
      });
      stage.refresh('');
      stage.say(t('add.saved'));
      stage.stand({ name: 'entry', record: entry.record });
    });
  };
  return html`<div class="stack-wide">${heading(t('two.title'))}${errorSummary(stage)}<p>${t(
    names.length ? 'two.lead' : 'two.same',
  )}</p>
    ${names.map((name) => (name === 'narrative' ? wordsOf(stage, a, b) : choice(stage, name, a, b, picked)))}
    ${textField({
      id: 'two-why',
      label: t('reason.field'),
      hint: t('reason.lead'),
      lines: 'low',
      value: local.why,
      on: (why) => {
        local.why = why;
      },
    })}
    ${
      local.lacking && names.some((name) => name !== 'narrative' && !picked[name])
        ? html`<p class="error-line" role="alert">${t('two.choose')}</p>`
        : nothing
    }
    <div class="row">${button(t('two.save'), save, { main: true, busy: stage.running === 'two' })}${button(
      t('frame.cancel'),
      () => stage.back('entries'),
      { plain: true },
    )}</div></div>`;
}

/** Show both narratives in full; the text box starts with the first. */
function wordsOf(stage: Stage, a: End, b: End) {
  const { local } = stage;
  const use = (end: End) => stage.set({ joint: end.fields.narrative ?? '' });
  return html`<section class="stack-close"><h2>${t('two.words')}</h2>
    ${[
      [a, 'two.first', 'two.use_a'],
      [b, 'two.second', 'two.use_b'],
    ].map(
      ([end, title, go]) => html`<div class="part stack-close">${byLine(end as End, String(title))}
      <p dir="auto" class="narrative-small">${(end as End).fields.narrative || t('entry.no_words')}</p><div>${button(
        lookUp(String(go)),
        () => use(end as End),
        { plain: true },
      )}</div></div>`,
    )}
    ${textField({
      id: 'two-words',
      label: t('two.words'),
      hint: t('two.words_hint'),
      lines: 'big',
      value: local.joint,
      on: (joint) => {
        local.joint = joint;
      },
    })}</section>`;
}

function choice(stage: Stage, name: string, a: End, b: End, picked: Record<string, string>) {
  const say = (end: End) =>
    (name === 'when' ? whenWords(end.fields) : wordsFor(stage, name, all(end)[name])) || t('history.blank');
  const choices = [
    ['a', `${t('two.first')}: ${say(a)}`],
    ['b', `${t('two.second')}: ${say(b)}`],
  ] as [string, string][];
  if (BOTH.has(lineOf(name)?.as ?? '') || name === 'behaviours') choices.push(['both', t('two.both')]);
  return chips({
    name: `two-${name}`,
    legend: name === 'when' ? t('f.when') : titleOf(name),
    choices,
    chosen: [picked[name] ?? ''],
    on: (code) => {
      picked[name] = code;
      stage.draw();
    },
  });
}
