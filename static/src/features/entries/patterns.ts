/** The pattern page: first as text, then as charts. It counts and never concludes; each number opens its entries. */
import { html, nothing } from '../../shell/html.js';
import { barTable, columnChart, numberLink, tableUnderChart, weekChart } from '../../components/chart.js';
import { termLabel, recordLabel } from './pattern_labels.js';
import { readPattern } from './read_patterns.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { heading, row as link, problemSentence } from '../../components/parts.js';
import { isoDateText, monthName, shortDayNames } from '../../components/text/formatting.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Gap, Patterns } from '../../record/patterns/patterns.js';
import type { PatternData } from './read_patterns.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp } from '../../shell/app.js';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function patternsView(stage: Stage<SharedApp>) {
  loadVocabulary(stage);
  const { data, problem } = readPattern(stage);
  if (!data)
    return html`<div class="stack">${heading(t('pat.title'))}<p role="status">${
      problem ? problemSentence(problem) : t('frame.loading')
    }</p></div>`;
  if (!data.counts.all.length)
    return html`<div class="stack">${heading(t('pat.title'))}<p>${t('pat.none')}</p><p
      class="soft">${t('pat.none_more')}</p>${takenOutLink(stage, data.counts)}</div>`;
  return html`<div class="stack-wide">
    ${heading(t('pat.title'))}
    ${summarySection(stage, data.counts)}
    ${
      /* An advocate's page has no entry numbers, and the sheet needs them. */ 'saveIncident' in stage.app
        ? html`<div class="rows"><div>${link({
            title: t('four.row'),
            subtitle: t('four.row_more'),
            icon: 'list',
            onClick: () => stage.go({ name: 'four' }),
          })}</div></div>`
        : nothing
    }
    ${section(t('pat.months'), monthsSection(stage, data.counts))}
    ${tallySection(stage, t('pat.kinds'), data.counts.behaviours, (code) => labelForCode('behaviours', code))}
    ${tallySection(stage, t('pat.channels'), data.counts.channels, (code) => labelForCode('channels', code))}
    ${section(t('pat.week'), weekSection(stage, data.counts))}
    ${tallySection(stage, t('pat.places'), data.counts.places, (code) => labelForCode('places', code))}
    ${section(t('pat.gaps'), html`${gapsList(stage, data.counts)}${explainGapLink(stage, data.counts)}`)}
    ${section(t('pat.keys'), keyDatesTable(stage, data))}
    ${section(t('pat.firsts'), firstsList(stage, data.counts))}
    ${section(t('pat.backed'), evidenceSection(stage, data.counts))}
    ${peopleSections(stage, data)}
  </div>`;
}

function section(title: string, body: unknown) {
  return body === nothing ? nothing : html`<section class="card stack"><h2>${title}</h2>${body}</section>`;
}

/** Link to the entries that were taken out; no other count includes them. */
function takenOutLink(stage: Stage<SharedApp>, { taken_out }: Patterns) {
  return taken_out
    ? html`<p class="small"><button type="button" class="number-link"
      @click=${() => stage.go({ name: 'removed' })}>${tn('pat.out', taken_out)}</button></p>`
    : nothing;
}

/** Write, for example: “31 times since 4 May. 6 new accounts after you blocked them.” */
function summarySection(stage: Stage<SharedApp>, counts: Patterns) {
  const {
    all: entryIds,
    since,
    until,
    days,
    new_accounts: newAccounts,
    new_account_ids: newAccountIds,
    messages,
    fullest,
    run: streak,
    undated,
    no_day: noDay,
  } = counts;
  const countText = tn('pat.times', entryIds.length);
  const sinceText = since ? t(since === until ? 'pat.on' : 'pat.since', { day: isoDateText(since) }) : '';
  const newAccountsText = newAccounts.length
    ? tn('pat.new_accounts', newAccounts.length)
    : newAccountIds.length
      ? tn('pat.new_used', newAccountIds.length)
      : '';
  const facts: ([string, string, string[]] | null)[] = [
    days ? [tn('pat.days', days), '', counts.weekdays.flat()] : null,
    fullest.ids.length > 1
      ? [t('pat.most'), t('pat.most_day', { n: fullest.ids.length, day: isoDateText(fullest.day) }), fullest.ids]
      : null,
    streak.days > 1 ? [t('pat.run'), String(streak.days), streak.ids] : null,
    messages.ids.length
      ? [
          t('pat.messages'),
          messages.about ? t('pat.about', { n: messages.count }) : String(messages.count),
          messages.ids,
        ]
      : null,
  ];
  return html`<div class="stack">
    <p class="said">${numberLink(stage, countText, t('pat.count'), entryIds)} ${sinceText}.${
      newAccountsText
        ? html` ${numberLink(stage, newAccountsText, t('pat.accounts_new'), newAccountIds)} ${t('pat.after_block')}.`
        : nothing
    }</p>
    <ul class="plain stack-close">${facts.map((fact) =>
      fact
        ? html`<li>${
            fact[1]
              ? html`${fact[0]}: ${numberLink(stage, fact[1], fact[0], fact[2])}`
              : numberLink(stage, fact[0], fact[0], fact[2])
          }</li>`
        : nothing,
    )}</ul>
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
    ${
      noDay.length
        ? html`<p class="small">${numberLink(
            stage,
            tn('pat.no_day', noDay.length),
            tn('pat.no_day', noDay.length),
            noDay,
          )}</p>`
        : nothing
    }
    ${takenOutLink(stage, counts)}
    <p class="small soft">${t('saveIncident' in stage.app ? 'pat.lead' : 'desk.pat_lead')}</p></div>`;
}

function monthsSection(stage: Stage<SharedApp>, { months: tallies, over_months: olderIds }: Patterns) {
  if (!tallies.length && !olderIds.length) return nothing;
  const namedMonths = tallies.map(({ month, ids }) => ({ name: monthName(month), ids }));
  const rows = olderIds.length ? [...namedMonths, { name: t('pat.over'), ids: olderIds }] : namedMonths;
  const alt = `${t('pat.months')}: ${namedMonths
    .filter(({ ids }) => ids.length)
    .map(({ name, ids }) => `${name} ${ids.length}`)
    .join(', ')}`;
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
    ${rows.length > 6 ? tableUnderChart(table) : table}`;
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
      bars: days.map((name, index) => ({ name, ids: weekdays[index] ?? [] })),
    })}
      ${rows.length ? barTable(stage, { title: t('pat.hour'), head: t('pat.hour'), bars: rows }) : nothing}`)}
    ${
      untimed.length
        ? html`<p class="small">${numberLink(
            stage,
            tn('pat.no_hour', untimed.length),
            tn('pat.no_hour', untimed.length),
            untimed,
          )} ${
            about.length
              ? numberLink(stage, tn('pat.about_hour', about.length), tn('pat.about_hour', about.length), about)
              : nothing
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
    <table class="counts counts-wide"><caption class="unseen">${t('pat.keys')}</caption>
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
  return html`<p class="small soft">${t('pat.firsts_lead')}</p><dl class="facts facts-close">${rows.map(
    ({ mark, first, day, ids }) => {
      const name = lookUp(`pat.first_${mark}`);
      return html`<div><dt>${name}</dt><dd>${
        first
          ? numberLink(stage, isoDateText(day), `${t('pat.firsts')}: ${name}`, [first])
          : ids.length
            ? numberLink(stage, t('pat.first_undated'), name, ids)
            : html`<span class="soft">${t('pat.first_none')}</span>`
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
  ];
  return html`${barTable(stage, { title: t('pat.backed'), head: t('pat.what'), bars: rows })}${
    neither.length ? html`<p class="small soft">${t('pat.neither_note')}</p>` : nothing
  }`;
}

/** Tally suspects, accounts, orders, breaches, targets and the keeper's own contact. */
function peopleSections(stage: Stage<SharedApp>, { counts, known }: PatternData) {
  const newAccounts = new Set(counts.new_accounts);
  const { marks } = counts;
  const hasTargets = counts.targets.length > 1 || (counts.targets[0]?.code ?? '') !== '';
  const contact = [
    { name: t('pat.i_first'), ids: marks.i_contacted_first ?? [] },
    { name: t('pat.i_replied'), ids: marks.i_replied ?? [] },
  ].filter(({ ids }) => ids.length);
  return html`
    ${tallySection(stage, t('pat.who'), counts.actors, (code) => recordLabel(known, code))}
    ${
      counts.accounts.length
        ? section(
            t('pat.accounts'),
            barTable(stage, {
              title: t('pat.accounts'),
              head: t('pat.account'),
              bars: counts.accounts.map(({ account, ids }) => ({
                name: recordLabel(known, account),
                ids,
                ...(newAccounts.has(account) ? { note: t('pat.accounts_new') } : {}),
              })),
            }),
          )
        : nothing
    }
    ${tallySection(stage, t('pat.orders'), counts.orders, (code) => recordLabel(known, code))}
    ${
      counts.breaches.length
        ? section(
            t('pat.breaches'),
            barTable(stage, {
              title: t('pat.breaches'),
              head: t('pat.term_head'),
              bars: counts.breaches.map(({ order, term, ids }) => ({ name: termLabel(known, order, term), ids })),
            }),
          )
        : nothing
    }
    ${
      hasTargets
        ? tallySection(stage, t('pat.targets'), counts.targets, (code) =>
            code ? recordLabel(known, code) : t('pat.me'),
          )
        : nothing
    }
    ${
      contact.length
        ? section(
            t('pat.contacted'),
            barTable(stage, { title: t('pat.contacted'), head: t('pat.what'), bars: contact }),
          )
        : nothing
    }`;
}

export const views = { patterns: patternsView };
