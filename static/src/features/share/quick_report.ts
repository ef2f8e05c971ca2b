/** Quick report: what happened, in the order of police forms, as text to copy or read out. Offline; nothing is sent. */
import { html, nothing } from '../../shell/html.js';
import { checkbox } from '../../components/forms/fields.js';
import { button, errorSummary, heading, problemSentence, loading } from '../../components/parts.js';
import { dateText, isoDateText, occurredText } from '../../components/text/formatting.js';
import { inPlainEnglish, joinInLine, language, lookUp, t, tn } from '../../shell/strings.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { recordName } from '../../components/text/record_names.js';
import { isInForce } from '../../components/registers/register_terms.js';
import { momentText } from '../../components/registers/register_words.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../../components/words.js';
import './words.js';
import type { Fields, KeptRecord, QuickFacts } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { Patterns } from '../../record/patterns/patterns.js';

/** `apart`: restricted, so it starts unticked */
type ReportPart = { key: string; head: string; lines: string[]; apart?: boolean };

const MAX_BEHAVIOURS = 8;

function quickView(stage: Stage) {
  loadVocabulary(stage);
  // A report read while entries were still arriving is read again once they are here.
  const result = stage.find(stage.state.account?.coming ? 'quick-part' : 'quick', () => stage.app.readForQuick());
  if (result.problem)
    return html`<div class="stack">${heading(t('quick.title'))}<p
      role="alert">${problemSentence(result.problem)}</p></div>`;
  if (!result.data || !loadVocabulary(stage)) return loading();
  const { local } = stage;
  const ownParts = buildParts(result.data);
  // The text to copy and read out is in English; the keeper also sees it in their own language.
  const allParts = inPlainEnglish(() => buildParts(result.data as QuickFacts));
  const isTicked = (part: ReportPart) => local.ticks?.[part.key] ?? !part.apart;
  const parts = allParts.filter(isTicked);
  const text = parts.map((part) => `${part.head.toUpperCase()}\n${part.lines.join('\n')}`).join('\n\n');
  if (local.large) return largeView(stage, parts, ownParts);
  const failEmpty = () => stage.fail({ code: 'none', sentence: t('quick.none') });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('quick.title'))}<p>${t('quick.lead')}</p><p
      class="care">${t('quick.danger')}</p></div>
    ${errorSummary(stage)}
    <ul class="rows ticks">${allParts.map(
      (part) =>
        html`<li>${checkbox({
          id: `quick-${part.key}`,
          checked: isTicked(part),
          label: html`${lookUp(`quick.h.${part.key}`)}${
            part.apart ? html`<span class="row-more">${t('quick.apart')}</span>` : nothing
          }`,
          onChange: (on) => stage.set({ ticks: { ...local.ticks, [part.key]: on }, copied: false }),
        })}</li>`,
    )}</ul>
    <section class="stack-close"><h2>${t('quick.words')}</h2>${
      language() === 'en-GB' ? nothing : html`<p class="small soft">${t('share.english')}</p>`
    }<div class="card quick-words" tabindex="0" role="region" aria-label=${t('quick.words')}>${parts.map(
      (part) =>
        html`<p class="quick-head" lang="en-GB" dir="auto">${part.head}</p>${part.lines.map((line, index) =>
          withOwnLine(ownParts, part, index, html`<p class="narrative-small" lang="en-GB" dir="auto">${line}</p>`),
        )}`,
    )}</div></section>
    <div class="stack-close">${button(t('quick.copy'), () => (text ? copyText(stage, text) : failEmpty()), {
      main: true,
      wide: true,
    })}${button(
      t('quick.large'),
      () => {
        if (!text) return failEmpty();
        stage.arrived = true;
        return stage.set({ large: true });
      },
      { wide: true, icon: 'eye' },
    )}</div>
    <p role="status">${local.copied ? t('quick.copied') : local.noted ? t('quick.noted') : nothing}</p>
    ${
      local.noted
        ? nothing
        : html`<div>${button(t('quick.note'), () => noteShared(stage, (result.data as QuickFacts).records), {
            plain: true,
            busy: stage.runningTask === 'note',
          })}</div>`
    }</div>`;
}

/** A line in English, and below it the same line in the keeper's language when that differs. */
function withOwnLine(ownParts: ReportPart[], part: ReportPart, index: number, line: unknown) {
  const ownLine = ownParts.find(({ key }) => key === part.key)?.lines[index];
  return html`${line}${
    ownLine && ownLine !== part.lines[index]
      ? html`<p class="small soft" lang=${language()} dir="auto">${ownLine}</p>`
      : nothing
  }`;
}

function largeView(stage: Stage, parts: ReportPart[], ownParts: ReportPart[]) {
  const closeLarge = () => {
    stage.arrived = true;
    stage.set({ large: false });
  };
  stage.over(closeLarge);
  return html`<div class="stack-wide">${heading(t('quick.title'))}<div>${button(t('quick.small'), closeLarge)}</div>
    ${parts.map(
      (part) =>
        html`<section class="stack-close quick-large"><h2 lang="en-GB" dir="auto">${part.head}</h2>${part.lines.map(
          (line, index) =>
            withOwnLine(ownParts, part, index, html`<p class="narrative" lang="en-GB" dir="auto">${line}</p>`),
        )}</section>`,
    )}
    <div>${button(t('quick.small'), closeLarge)}</div></div>`;
}

async function copyText(stage: Stage, text: string) {
  try {
    await navigator.clipboard.writeText(text);
    stage.announce(t('quick.copied'));
    stage.set({ copied: true });
  } catch {
    stage.fail({ code: 'copy', sentence: t('quick.copy_failed') });
  }
}

function noteShared(stage: Stage, records: string[]) {
  return stage.run('note', async () => {
    await stage.app.noteShared({ kind: 'quick_report', records, delivered_how: 'shown' });
    stage.refresh('shared');
    stage.announce(t('quick.noted'));
    stage.set({ noted: true });
  });
}

/** Return the parts that are not empty, in the order of the forms. */
function buildParts(facts: QuickFacts): ReportPart[] {
  const { newest, counts, settings } = facts;
  const numbers = (ids: string[]) =>
    tn('quick.entries', ids.length, { list: ids.map((id) => facts.numbers[id] ?? '?').join(', ') });
  const [latest, ...earlier] = newest;
  const parts = [
    { key: 'now', lines: latest ? whatHappened(latest.fields) : [] },
    { key: 'since', lines: sinceLines(counts) },
    { key: 'who', lines: facts.people.map((item) => personLine(item, facts)) },
    { key: 'names', apart: true, lines: facts.people.flatMap(restrictedLines) },
    {
      key: 'what',
      lines: counts.behaviours
        .slice(0, MAX_BEHAVIOURS)
        .map(({ code, ids }) => t('quick.times', { what: labelForCode('behaviours', code), n: ids.length })),
    },
    { key: 'fear', lines: fearLines(facts, numbers) },
    { key: 'orders', lines: orderLines(facts, numbers) },
    { key: 'reports', lines: facts.reports.map(reportLine) },
    {
      key: 'seen',
      lines: [
        ...(counts.witness.length
          ? [tn('quick.witness', counts.witness.length, { list: numbers(counts.witness) })]
          : []),
        ...facts.cameras.map(cameraLine),
      ],
    },
    { key: 'files', lines: facts.pictures ? [tn('quick.pictures', facts.pictures)] : [] },
    {
      key: 'effect',
      lines: facts.impacts.map(({ fields }) =>
        [labelForCode('impact_domains', fields.domain), fields.after].filter(Boolean).join(': '),
      ),
    },
    { key: 'others', lines: earlier.map((item) => whatHappened(item.fields)[0] ?? '') },
    {
      key: 'reach',
      apart: true,
      lines: ['name_to_use', 'safe_contact', 'needs']
        .filter((name) => settings.restricted[name])
        .map((name) => `${lookUp(`sheet.${name}`)}: ${settings.restricted[name]}`),
    },
  ] as Omit<ReportPart, 'head'>[];
  return parts
    .map((part) => ({ ...part, head: lookUp(`quick.h.${part.key}`), lines: part.lines.filter(Boolean).map(String) }))
    .filter(({ lines }) => lines.length);
}

function whatHappened(fields: Fields): string[] {
  const where = labelForCode('places', fields.place_category);
  return [
    t('quick.happened', {
      when: occurredText({ precision: 'unknown', ...fields }),
      words: String(fields.narrative ?? ''),
    }),
    where ? t('quick.where', { where }) : '',
  ];
}

function sinceLines(counts: Patterns): string[] {
  return [
    tn('quick.count', counts.all.length),
    counts.since ? t('quick.since', { first: isoDateText(counts.since), last: isoDateText(counts.until) }) : '',
    counts.new_accounts?.length ? tn('quick.accounts', counts.new_accounts.length) : '',
  ];
}

function personLine({ record, fields }: KeptRecord, facts: QuickFacts): string {
  const accounts = facts.accounts
    .filter(({ fields: other }) => other.person_id === record)
    .map(({ fields: other }) =>
      [labelForCode('channels', other.platform), other.handle || other.number || other.url].filter(Boolean).join(' '),
    );
  const vehicles = facts.vehicles
    .filter(({ fields: other }) => (other.person_ids ?? []).includes(record))
    .map((item) => recordName('vehicle', item.fields));
  return [
    recordName('person', fields),
    ...(fields.aliases ?? []),
    labelForCode('relationships', fields.relationship),
    fields.dob_or_age,
    fields.description,
    ...vehicles,
    ...accounts,
  ]
    .filter(Boolean)
    .join('; ');
}

/** Return what police need to find and talk to a person; nobody else should read it. */
function restrictedLines({ fields, restricted = {} }: KeptRecord): string[] {
  const safe = restricted.safe_to_approach;
  const values = [
    restricted.real_name,
    restricted.last_known_places,
    restricted.contact,
    typeof safe === 'string' && safe ? `${t('f.person.safe_to_approach')} ${labelForCode('yes_no', safe)}` : '',
  ].filter(Boolean);
  return values.length ? [`${recordName('person', fields)}: ${joinInLine(values)}`] : [];
}

function fearLines({ counts, afraid }: QuickFacts, numbers: (ids: string[]) => string): string[] {
  const allParts = counts.marks.threat ?? [];
  return [
    allParts.length ? tn('quick.threats', allParts.length, { list: numbers(allParts) }) : '',
    afraid.length ? tn('quick.afraid', afraid.length, { list: numbers(afraid) }) : '',
  ];
}

function orderLines(
  { orders: orderRecords, notices, counts }: QuickFacts,
  numbers: (ids: string[]) => string,
): string[] {
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const breachIds = [...new Set(counts.breaches.flatMap((item) => item.ids))];
  return [
    ...orderRecords
      .filter(({ fields }) => isInForce(fields, today))
      .map(({ fields }) =>
        joinInLine([
          labelForCode('orders', fields.kind),
          fields.court,
          fields.served_on ? t('quick.served', { on: isoDateText(fields.served_on) }) : '',
          fields.expires_on ? t('quick.until', { on: isoDateText(fields.expires_on) }) : '',
        ]),
      ),
    breachIds.length ? tn('quick.breach', breachIds.length, { list: numbers(breachIds as string[]) }) : '',
    ...notices.map(({ fields }) =>
      fields.exact_words
        ? t('quick.stop', { at: momentText(fields.at), words: fields.exact_words })
        : t('quick.stop_plain', { at: momentText(fields.at) }),
    ),
  ];
}

function reportLine({ fields }: KeptRecord) {
  const refs = [fields.crime_ref, fields.incident_ref].filter(Boolean).map((ref) => t('quick.ref', { ref }));
  return joinInLine([
    labelForCode('report_to', fields.to),
    fields.force,
    momentText(fields.at),
    ...refs,
    fields.officer_name,
    fields.collar_no,
  ]);
}

function cameraLine({ kind, holder, due }: QuickFacts['cameras'][number]) {
  const params = { kind: labelForCode('independent_evidence', kind), holder: holder || '?' };
  return due ? t('quick.camera', { ...params, due: dateText(Date.parse(due)) }) : t('quick.camera_plain', params);
}

export const views = { quick: quickView };
