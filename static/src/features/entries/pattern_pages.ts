/**
 * The five pages behind the sentences of Patterns. Each number opens its entries. What has no entry has no row: a zero
 * would look like an answer to a question that nobody asked.
 */
import { html, nothing } from '../../shell/html.js';
import { barTable, columnChart, numberLink, tableUnderChart, weekChart } from '../../components/chart.js';
import { termLabel, recordLabel } from './pattern_labels.js';
import { labelForCode } from '../../components/text/labels.js';
import { heading, row as link } from '../../components/parts.js';
import { isoDateText, monthName, shortDayNames } from '../../components/text/formatting.js';
import { timelinePicture } from './timeline_picture.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Gap, Patterns } from '../../record/patterns/patterns.js';
import type { PatternData } from './read_patterns.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp } from '../../shell/app.js';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** A longer table opens under its chart. */
const TABLE_ROWS = 12;

/** The pages, in the order of the sentences. */
export const PATTERN_PAGES = ['often', 'when', 'what', 'changes', 'who'] as const;
export type PatternPage = (typeof PATTERN_PAGES)[number];

const BODIES: Record<PatternPage, (stage: Stage<SharedApp>, data: PatternData) => unknown> = {
  often: (stage, { counts }) => html`
    <section class="card">${oftenFacts(stage, counts)}</section>
    ${section(t('pat.months'), monthsSection(stage, counts))}
    ${
      /* An advocate's page has no entry numbers, and the sheet needs them. */ 'saveIncident' in stage.app
        ? html`<div class="rows"><div>${link({
            title: t('four.row'),
            subtitle: t('four.row_more'),
            icon: 'list',
            onClick: () => stage.go({ name: 'four' }),
          })}</div></div>`
        : nothing
    }`,
  when: (stage, { counts }) => html`
    ${counts.days ? html`<section class="card">${factList(stage, dayFacts(counts))}</section>` : nothing}
    ${section(t('pat.week'), weekSection(stage, counts))}
    ${section(t('pat.gaps'), html`${gapsList(stage, counts)}${explainGapLink(stage, counts)}`)}`,
  what: (stage, data) => html`
    ${section(t('pat.picture'), timelinePicture(stage, data))}
    ${tallySection(stage, t('pat.kinds'), data.counts.behaviours, (code) => labelForCode('behaviours', code))}
    ${tallySection(stage, t('pat.channels'), data.counts.channels, (code) => labelForCode('channels', code))}
    ${tallySection(stage, t('pat.places'), data.counts.places, (code) => labelForCode('places', code))}
    ${section(t('pat.firsts'), firstsList(stage, data.counts))}`,
  changes: (stage, data) => html`
    <section class="card stack">${keyDatesTable(stage, data)}</section>
    ${newAccountsLine(stage, data.counts)}
    ${accountsSection(stage, data)}
    ${tallySection(stage, t('pat.orders'), data.counts.orders, (code) => recordLabel(data.known, code))}
    ${breachesSection(stage, data)}
    ${contactSection(stage, data)}`,
  who: (stage, data) => html`
    ${section(t('pat.backed'), evidenceSection(stage, data.counts))}
    ${tallySection(stage, t('pat.who'), data.counts.actors, (code) => recordLabel(data.known, code))}
    ${targetsSection(stage, data)}`,
};

/** Draw one page. */
export function patternPage(stage: Stage<SharedApp>, data: PatternData, page: PatternPage) {
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t(`pat.p_${page}`))}
      <p class="small soft">${t('saveIncident' in stage.app ? 'pat.lead' : 'desk.pat_lead')}</p></div>
    ${BODIES[page](stage, data)}
  </div>`;
}

function section(title: string, body: unknown) {
  return body === nothing ? nothing : html`<section class="card stack"><h2>${title}</h2>${body}</section>`;
}

/** Link to the entries that were taken out; no other count includes them. */
export function takenOutLink(stage: Stage<SharedApp>, { taken_out }: Patterns) {
  return taken_out
    ? html`<p class="small"><button type="button" class="number-link"
      @click=${() => stage.go({ name: 'removed' })}>${tn('pat.out', taken_out)}</button></p>`
    : nothing;
}

/** A fact: what is counted, the number if it is not in these words, and the entries. */
type NumberFact = [string, string, string[]];

function factList(stage: Stage<SharedApp>, facts: readonly NumberFact[]) {
  return facts.length
    ? html`<ul class="plain stack-close">${facts.map(
        ([what, number, ids]) =>
          html`<li>${
            number ? html`${what}: ${numberLink(stage, number, what, ids)}` : phraseLink(stage, what, ids)
          }</li>`,
      )}</ul>`
    : nothing;
}

/** Link a phrase that says by itself which entries it counts. */
function phraseLink(stage: Stage<SharedApp>, phrase: string, ids: readonly string[]) {
  return numberLink(stage, phrase, phrase, ids);
}

function dayFacts({ days, weekdays, fullest, run }: Patterns): NumberFact[] {
  return [
    ...(days ? [[tn('pat.days', days), '', weekdays.flat()] satisfies NumberFact] : []),
    ...(fullest.ids.length > 1
      ? [
          [
            t('pat.most'),
            t('pat.most_day', { n: fullest.ids.length, day: isoDateText(fullest.day) }),
            fullest.ids,
          ] satisfies NumberFact,
        ]
      : []),
    ...(run.days > 1 ? [[t('pat.run'), String(run.days), run.ids] satisfies NumberFact] : []),
  ];
}

/** Write, for example: “31 times since 4 May.” */
function oftenFacts(stage: Stage<SharedApp>, counts: Patterns) {
  const { all, messages, undated, no_day: noDay } = counts;
  const since = sinceText(counts);
  return html`<div class="stack">
    <p class="said">${numberLink(stage, tn('pat.times', all.length), t('pat.count'), all)}${since && ` ${since}`}.</p>
    ${factList(
      stage,
      messages.ids.length
        ? [
            [
              t('pat.messages'),
              messages.about ? t('pat.about', { n: messages.count }) : String(messages.count),
              messages.ids,
            ],
          ]
        : [],
    )}
    ${
      undated.length
        ? html`<p class="small">${numberLink(
            stage,
            tn('pat.no_time', undated.length),
            t('entries.unknown_day'),
            undated,
          )}</p>`
        : nothing
    }
    ${noDay.length ? html`<p class="small">${phraseLink(stage, tn('pat.no_day', noDay.length), noDay)}</p>` : nothing}
    ${takenOutLink(stage, counts)}</div>`;
}

/** Return “since 4 May 2026”, or '' without a dated entry. */
export function sinceText({ since, until }: Patterns): string {
  return since ? t(since === until ? 'pat.on' : 'pat.since', { day: isoDateText(since) }) : '';
}

/** Return “6 new accounts”, or '' for none. */
export function newAccountsText({ new_accounts: accounts, new_account_ids: ids }: Patterns): string {
  return accounts.length ? tn('pat.new_accounts', accounts.length) : ids.length ? tn('pat.new_used', ids.length) : '';
}

function newAccountsLine(stage: Stage<SharedApp>, counts: Patterns) {
  const text = newAccountsText(counts);
  return text
    ? html`<p>${numberLink(stage, text, t('pat.accounts_new'), counts.new_account_ids)} ${t('pat.after_block')}.</p>`
    : nothing;
}

function monthsSection(stage: Stage<SharedApp>, { months: tallies, over_months: olderIds }: Patterns) {
  if (!tallies.length && !olderIds.length) return nothing;
  const namedMonths = tallies.map(({ month, ids }) => ({ name: monthName(month), ids }));
  // The picture shows an empty month as a gap; a row for each would only make the table long.
  const filledMonths = namedMonths.filter(({ ids }) => ids.length);
  const rows = olderIds.length ? [...filledMonths, { name: t('pat.over'), ids: olderIds }] : filledMonths;
  const alt = `${t('pat.months')}: ${filledMonths.map(({ name, ids }) => `${name} ${ids.length}`).join(', ')}`;
  const table = barTable(stage, { title: t('pat.months'), head: t('pat.month'), bars: rows });
  return html`${
    namedMonths.length
      ? columnChart({
          alt,
          columns: namedMonths,
          first: namedMonths[0]?.name ?? '',
          last: namedMonths.at(-1)?.name ?? '',
        })
      : nothing
  }
    ${rows.length > TABLE_ROWS ? tableUnderChart(table) : table}`;
}

function tallySection(
  stage: Stage<SharedApp>,
  title: string,
  tallies: readonly { code: string; ids: string[] }[],
  name: (code: string) => string,
) {
  if (!tallies.length) return nothing;
  return section(
    title,
    barTable(stage, { title, head: title, bars: tallies.map(({ code, ids }) => ({ name: name(code) || code, ids })) }),
  );
}

function weekSection(stage: Stage<SharedApp>, { weekdays, hours: cells, no_hour: untimed, about }: Patterns) {
  const days = WEEKDAYS.map((day) => lookUp(`pat.${day}`));
  if (!weekdays.some((ids) => ids.length)) return nothing;
  const cellName = ({ weekday, hour }: { weekday: number; hour: number }) =>
    t('pat.hour_at', { day: days[weekday] ?? '', hour: String(hour).padStart(2, '0') });
  const rows = cells.map((cell) => ({ name: cellName(cell), ids: cell.ids }));
  return html`
    ${
      cells.length
        ? html`<p class="small soft">${t('pat.week_lead')}</p>${weekChart({
            alt: `${t('pat.week')}: ${rows.map(({ name, ids }) => `${name} ${ids.length}`).join('; ')}`,
            days: shortDayNames(),
            cells,
          })}`
        : nothing
    }
    ${tableUnderChart(html`${barTable(stage, {
      title: t('pat.weekday'),
      head: t('pat.weekday'),
      bars: days.map((name, index) => ({ name, ids: weekdays[index] ?? [] })).filter(({ ids }) => ids.length),
    })}
      ${rows.length ? barTable(stage, { title: t('pat.hour'), head: t('pat.hour'), bars: rows }) : nothing}`)}
    ${
      untimed.length
        ? html`<p class="small">${phraseLink(stage, tn('pat.no_hour', untimed.length), untimed)} ${
            about.length ? phraseLink(stage, tn('pat.about_hour', about.length), about) : nothing
          }</p>`
        : nothing
    }`;
}

function gapsList(stage: Stage<SharedApp>, { gaps: { longest, median, long } }: Patterns) {
  if (!longest) return html`<p class="soft">${t('pat.gap_none')}</p>`;
  const gapText = (gap: Gap) =>
    t('pat.gap_from', { days: tn('pat.day', gap.days), from: isoDateText(gap.from), to: isoDateText(gap.to) });
  return html`<dl class="facts facts-close">
    <div><dt>${t('pat.gap_longest')}</dt><dd>${numberLink(
      stage,
      gapText(longest),
      t('pat.gap_longest'),
      longest.ids,
    )}</dd></div>
    <div><dt>${t('pat.gap_median')}</dt><dd>${tn('pat.day', median ?? 0)}</dd></div>
    ${
      long.length
        ? html`<div><dt>${t('pat.gap_long')}</dt><dd><ul class="plain">${long.map(
            (gap) => html`<li>${numberLink(stage, gapText(gap), t('pat.gap_long'), gap.ids)}</li>`,
          )}</ul></dd></div>`
        : nothing
    }</dl>`;
}

/** Link to the background page: a court may ask about a long gap, and a key date there can explain it. */
function explainGapLink(stage: Stage<SharedApp>, { gaps: { long } }: Patterns) {
  if (!long.length || !('saveIncident' in stage.app)) return nothing;
  return html`<div class="rows"><div>${link({
    title: t('pat.gap_why'),
    subtitle: t('pat.gap_why_more'),
    icon: 'pen',
    onClick: () => stage.go({ name: 'background' }),
  })}</div></div>`;
}

function keyDatesTable(stage: Stage<SharedApp>, { counts: { key_dates: dates } }: PatternData) {
  if (!dates.length) return html`<p class="soft">${t('pat.keys_none')}</p>`;
  return html`<p class="small soft">${t('pat.keys_lead')}</p>
    <table class="counts counts-wide" aria-label=${t('pat.keys')}>
      <thead><tr><th scope="col">${t('pat.what')}</th>${['before', 'same', 'after'].map(
        (side) => html`<th scope="col">${lookUp(`pat.${side}`)}</th>`,
      )}</tr></thead>
      <tbody>${dates.map((key) => {
        const ownText = key.words || labelForCode('key_date_kinds', key.code);
        const what = key.kind === 'own' && ownText ? ownText : lookUp(`pat.key_${key.kind}`);
        return html`<tr><th scope="row"><span dir="auto">${what}</span><span
          class="small soft">${isoDateText(key.day)}</span></th>
        ${(['before', 'same', 'after'] as const).map(
          (side) =>
            html`<td>${numberLink(
              stage,
              String(key[side].length),
              `${t('pat.key_on', { what, day: isoDateText(key.day) })}: ${t(`pat.${side}`)}`,
              key[side],
            )}</td>`,
        )}</tr>`;
      })}</tbody></table>`;
}

function firstsList(stage: Stage<SharedApp>, { firsts: rows }: Patterns) {
  const noted = rows.filter(({ ids }) => ids.length);
  if (!noted.length) return nothing;
  return html`<p class="small soft">${t('pat.firsts_lead')}</p><dl class="facts facts-close">${noted.map(
    ({ mark, first, day, ids }) => {
      const name = lookUp(`pat.first_${mark}`);
      return html`<div><dt>${name}</dt><dd>${
        first
          ? numberLink(stage, isoDateText(day), `${t('pat.firsts')}: ${name}`, [first])
          : numberLink(stage, t('pat.first_undated'), name, ids)
      }
      ${ids.length > 1 ? html` · ${numberLink(stage, tn('pat.entries', ids.length), name, ids)}` : nothing}</dd></div>`;
    },
  )}</dl>`;
}

function evidenceSection(stage: Stage<SharedApp>, { witness, files, neither }: Patterns) {
  const rows = [
    { name: t('pat.witness'), ids: witness },
    { name: t('pat.file'), ids: files },
    { name: t('pat.neither'), ids: neither },
  ].filter(({ ids }) => ids.length);
  return html`${barTable(stage, { title: t('pat.backed'), head: t('pat.what'), bars: rows })}${
    neither.length ? html`<p class="small soft">${t('pat.neither_note')}</p>` : nothing
  }`;
}

function accountsSection(stage: Stage<SharedApp>, { counts, known }: PatternData) {
  const newAccounts = new Set(counts.new_accounts);
  const used = counts.accounts.filter(({ ids }) => ids.length);
  return used.length
    ? section(
        t('pat.accounts'),
        barTable(stage, {
          title: t('pat.accounts'),
          head: t('pat.account'),
          bars: used.map(({ account, ids }) => ({
            name: recordLabel(known, account),
            ids,
            ...(newAccounts.has(account) ? { note: t('pat.accounts_new') } : {}),
          })),
        }),
      )
    : nothing;
}

function breachesSection(stage: Stage<SharedApp>, { counts, known }: PatternData) {
  return counts.breaches.length
    ? section(
        t('pat.breaches'),
        barTable(stage, {
          title: t('pat.breaches'),
          head: t('pat.term_head'),
          bars: counts.breaches.map(({ order, term, ids }) => ({ name: termLabel(known, order, term), ids })),
        }),
      )
    : nothing;
}

function targetsSection(stage: Stage<SharedApp>, { counts, known }: PatternData) {
  const hasTargets = counts.targets.length > 1 || (counts.targets[0]?.code ?? '') !== '';
  return hasTargets
    ? tallySection(stage, t('pat.targets'), counts.targets, (code) => (code ? recordLabel(known, code) : t('pat.me')))
    : nothing;
}

function contactSection(stage: Stage<SharedApp>, { counts: { marks } }: PatternData) {
  const contact = [
    { name: t('pat.i_first'), ids: marks.i_contacted_first ?? [] },
    { name: t('pat.i_replied'), ids: marks.i_replied ?? [] },
  ].filter(({ ids }) => ids.length);
  return contact.length
    ? section(t('pat.contacted'), barTable(stage, { title: t('pat.contacted'), head: t('pat.what'), bars: contact }))
    : nothing;
}
