/** Quick report: what happened, in the order of police forms, as text to copy or read out. Offline; nothing is sent. */
import { html, nothing } from '../../shell/html.js';
import { checkbox } from '../../components/forms/fields.js';
import { button, errorSummary, heading, sentenceOf, waiting } from '../../components/parts.js';
import { day, dayWords, whenWords } from '../../components/text/say.js';
import { forOthers, inOneLine, language, lookUp, t, tn } from '../../shell/strings.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { nameOf } from '../../components/text/record_names.js';
import { isInForce } from '../../components/registers/register_terms.js';
import { momentWords } from '../../components/registers/register_words.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../../components/words.js';
import './words.js';
import type { Fields, KeptRecord, QuickFacts } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { Patterns } from '../../record/patterns/patterns.js';

/** `apart`: restricted, so it starts unticked */
type Part = { key: string; head: string; lines: string[]; apart?: boolean };

const MOST_CODES = 8;

function quick(stage: Stage) {
  vocabulary(stage);
  // A report read while entries were still arriving is read again once they are here.
  const found = stage.find(stage.state.account?.coming ? 'quick-part' : 'quick', () => stage.app.readForQuick());
  if (found.problem)
    return html`<div class="stack">${heading(t('quick.title'))}<p role="alert">${sentenceOf(found.problem)}</p></div>`;
  if (!found.data || !vocabulary(stage)) return waiting();
  const { local } = stage;
  const own = partsOf(found.data);
  // The text to copy and read out is in English; the keeper also sees it in their own language.
  const all = forOthers(() => partsOf(found.data as QuickFacts));
  const isOn = (part: Part) => local.ticks?.[part.key] ?? !part.apart;
  const parts = all.filter(isOn);
  const text = parts.map((part) => `${part.head.toUpperCase()}\n${part.lines.join('\n')}`).join('\n\n');
  if (local.large) return large(stage, parts, own);
  const none = () => stage.fail({ code: 'none', sentence: t('quick.none') });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('quick.title'))}<p>${t('quick.lead')}</p><p
      class="care">${t('quick.danger')}</p></div>
    ${errorSummary(stage)}
    <ul class="rows ticks">${all.map(
      (part) =>
        html`<li>${checkbox({
          id: `quick-${part.key}`,
          checked: isOn(part),
          label: html`${lookUp(`quick.h.${part.key}`)}${
            part.apart ? html`<span class="row-more">${t('quick.apart')}</span>` : nothing
          }`,
          on: (on) => stage.set({ ticks: { ...local.ticks, [part.key]: on }, copied: false }),
        })}</li>`,
    )}</ul>
    <div class="stack-close">${button(t('quick.copy'), () => (text ? copy(stage, text) : none()), {
      main: true,
      wide: true,
    })}${button(
      t('quick.large'),
      () => {
        if (!text) return none();
        stage.arrived = true;
        return stage.set({ large: true });
      },
      { wide: true, icon: 'eye' },
    )}</div>
    <p role="status">${local.copied ? t('quick.copied') : local.noted ? t('quick.noted') : nothing}</p>
    <section class="stack-close"><h2>${t('quick.words')}</h2>${
      language() === 'en-GB' ? nothing : html`<p class="small soft">${t('share.english')}</p>`
    }<div class="card quick-words" tabindex="0" role="region" aria-label=${t('quick.words')}>${parts.map(
      (part) =>
        html`<p class="quick-head" lang="en-GB" dir="auto">${part.head}</p>${part.lines.map((line, i) =>
          both(own, part, i, html`<p class="narrative-small" lang="en-GB" dir="auto">${line}</p>`),
        )}`,
    )}</div></section>
    ${
      local.noted
        ? nothing
        : html`<div>${button(t('quick.note'), () => note(stage, (found.data as QuickFacts).records), {
            plain: true,
            busy: stage.running === 'note',
          })}</div>`
    }</div>`;
}

/** A line in English, and below it the same line in the keeper's language when that differs. */
function both(own: Part[], part: Part, i: number, line: unknown) {
  const mine = own.find(({ key }) => key === part.key)?.lines[i];
  return html`${line}${
    mine && mine !== part.lines[i] ? html`<p class="small soft" lang=${language()} dir="auto">${mine}</p>` : nothing
  }`;
}

function large(stage: Stage, parts: Part[], own: Part[]) {
  const back = () => {
    stage.arrived = true;
    stage.set({ large: false });
  };
  return html`<div class="stack-wide">${heading(t('quick.title'))}<div>${button(t('quick.small'), back)}</div>
    ${parts.map(
      (part) =>
        html`<section class="stack-close quick-large"><h2 lang="en-GB" dir="auto">${part.head}</h2>${part.lines.map(
          (line, i) => both(own, part, i, html`<p class="narrative" lang="en-GB" dir="auto">${line}</p>`),
        )}</section>`,
    )}
    <div>${button(t('quick.small'), back)}</div></div>`;
}

async function copy(stage: Stage, text: string) {
  try {
    await navigator.clipboard.writeText(text);
    stage.say(t('quick.copied'));
    stage.set({ copied: true });
  } catch {
    stage.fail({ code: 'copy', sentence: t('quick.copy_failed') });
  }
}

function note(stage: Stage, records: string[]) {
  return stage.run('note', async () => {
    await stage.app.noteShared({ kind: 'quick_report', records, delivered_how: 'shown' });
    stage.refresh('shared');
    stage.say(t('quick.noted'));
    stage.set({ noted: true });
  });
}

/** Return the parts that are not empty, in the order of the forms. */
function partsOf(found: QuickFacts): Part[] {
  const { newest, counts, settings } = found;
  const numbers = (ids: string[]) =>
    tn('quick.entries', ids.length, { list: ids.map((id) => found.numbers[id] ?? '?').join(', ') });
  const [last, ...before] = newest;
  const parts = [
    { key: 'now', lines: last ? happened(last.fields) : [] },
    { key: 'since', lines: since(counts) },
    { key: 'who', lines: found.people.map((one) => person(one, found)) },
    { key: 'names', apart: true, lines: found.people.flatMap(keptApart) },
    {
      key: 'what',
      lines: counts.behaviours
        .slice(0, MOST_CODES)
        .map(({ code, ids }) => t('quick.times', { what: label('behaviours', code), n: ids.length })),
    },
    { key: 'fear', lines: fear(found, numbers) },
    { key: 'orders', lines: orders(found, numbers) },
    { key: 'reports', lines: found.reports.map(report) },
    {
      key: 'seen',
      lines: [
        ...(counts.witness.length
          ? [tn('quick.witness', counts.witness.length, { list: numbers(counts.witness) })]
          : []),
        ...found.cameras.map(camera),
      ],
    },
    { key: 'files', lines: found.pictures ? [tn('quick.pictures', found.pictures)] : [] },
    {
      key: 'effect',
      lines: found.impacts.map(({ fields }) =>
        [label('impact_domains', fields.domain), fields.after].filter(Boolean).join(': '),
      ),
    },
    { key: 'others', lines: before.map((one) => happened(one.fields)[0] ?? '') },
    {
      key: 'reach',
      apart: true,
      lines: ['name_to_use', 'safe_contact', 'needs']
        .filter((name) => settings.restricted[name])
        .map((name) => `${lookUp(`sheet.${name}`)}: ${settings.restricted[name]}`),
    },
  ] as Omit<Part, 'head'>[];
  return parts
    .map((part) => ({ ...part, head: lookUp(`quick.h.${part.key}`), lines: part.lines.filter(Boolean).map(String) }))
    .filter(({ lines }) => lines.length);
}

function happened(fields: Fields): string[] {
  const where = label('places', fields.place_category);
  return [
    t('quick.happened', {
      when: whenWords({ precision: 'unknown', ...fields }),
      words: String(fields.narrative ?? ''),
    }),
    where ? t('quick.where', { where }) : '',
  ];
}

function since(counts: Patterns): string[] {
  return [
    tn('quick.count', counts.all.length),
    counts.since ? t('quick.since', { first: dayWords(counts.since), last: dayWords(counts.until) }) : '',
    counts.new_accounts?.length ? tn('quick.accounts', counts.new_accounts.length) : '',
  ];
}

function person({ record, fields }: KeptRecord, found: QuickFacts): string {
  const accounts = found.accounts
    .filter(({ fields: of }) => of.person_id === record)
    .map(({ fields: of }) =>
      [label('channels', of.platform), of.handle || of.number || of.url].filter(Boolean).join(' '),
    );
  const vehicles = found.vehicles
    .filter(({ fields: of }) => (of.person_ids ?? []).includes(record))
    .map((one) => nameOf('vehicle', one.fields));
  return [
    nameOf('person', fields),
    ...(fields.aliases ?? []),
    label('relationships', fields.relationship),
    fields.dob_or_age,
    fields.description,
    ...vehicles,
    ...accounts,
  ]
    .filter(Boolean)
    .join('; ');
}

/** Return what police need to find and talk to a person; nobody else should read it. */
function keptApart({ fields, restricted = {} }: KeptRecord): string[] {
  const safe = restricted.safe_to_approach;
  const said = [
    restricted.real_name,
    restricted.last_known_places,
    restricted.contact,
    typeof safe === 'string' && safe ? `${t('f.person.safe_to_approach')} ${label('yes_no', safe)}` : '',
  ].filter(Boolean);
  return said.length ? [`${nameOf('person', fields)}: ${inOneLine(said)}`] : [];
}

function fear({ counts, afraid }: QuickFacts, numbers: (ids: string[]) => string): string[] {
  const all = counts.marks.threat ?? [];
  return [
    all.length ? tn('quick.threats', all.length, { list: numbers(all) }) : '',
    afraid.length ? tn('quick.afraid', afraid.length, { list: numbers(afraid) }) : '',
  ];
}

function orders({ orders: list, notices, counts }: QuickFacts, numbers: (ids: string[]) => string): string[] {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const broken = [...new Set(counts.breaches.flatMap((one) => one.ids))];
  return [
    ...list
      .filter(({ fields }) => isInForce(fields, today))
      .map(({ fields }) =>
        inOneLine([
          label('orders', fields.kind),
          fields.court,
          fields.served_on ? t('quick.served', { on: dayWords(fields.served_on) }) : '',
          fields.expires_on ? t('quick.until', { on: dayWords(fields.expires_on) }) : '',
        ]),
      ),
    broken.length ? tn('quick.breach', broken.length, { list: numbers(broken as string[]) }) : '',
    ...notices.map(({ fields }) =>
      fields.exact_words
        ? t('quick.stop', { at: momentWords(fields.at), words: fields.exact_words })
        : t('quick.stop_plain', { at: momentWords(fields.at) }),
    ),
  ];
}

function report({ fields }: KeptRecord) {
  const refs = [fields.crime_ref, fields.incident_ref].filter(Boolean).map((ref) => t('quick.ref', { ref }));
  return inOneLine([
    label('report_to', fields.to),
    fields.force,
    momentWords(fields.at),
    ...refs,
    fields.officer_name,
    fields.collar_no,
  ]);
}

function camera({ kind, holder, due }: QuickFacts['cameras'][number]) {
  const what = { kind: label('independent_evidence', kind), holder: holder || '?' };
  return due ? t('quick.camera', { ...what, due: day(Date.parse(due)) }) : t('quick.camera_plain', what);
}

export const views = { quick };
