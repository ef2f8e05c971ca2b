/** The pattern page: first as text, then as charts. It counts and never concludes; each number opens its entries. */
import { html, nothing } from '../../shell/html.js';
import { bars, columns, number, numbers, week } from '../../components/chart.js';
import { placeOf, whoOf } from './patterns_names.js';
import { patternOf } from './patterns_read.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { heading, row as link, sentenceOf } from '../../components/parts.js';
import { dayWords, monthName, shortDays } from '../../components/text/say.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Gap, Patterns } from '../../record/patterns/patterns.js';
import type { Pattern } from './patterns_read.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp } from '../../shell/app.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function patterns(stage: Stage<SharedApp>) {
  vocabulary(stage);
  const { data, problem } = patternOf(stage);
  if (!data)
    return html`<div class="stack">${heading(t('pat.title'))}<p role="status">${
      problem ? sentenceOf(problem) : t('frame.loading')
    }</p></div>`;
  if (!data.counts.all.length)
    return html`<div class="stack">${heading(t('pat.title'))}<p>${t('pat.none')}</p><p
      class="soft">${t('pat.none_more')}</p>${outs(stage, data.counts)}</div>`;
  return html`<div class="stack-wide">
    ${heading(t('pat.title'))}
    ${inWords(stage, data.counts)}
    ${
      /* An advocate's page has no entry numbers, and the sheet needs them. */ 'saveIncident' in stage.app
        ? html`<div class="rows"><div>${link({
            title: t('four.row'),
            more: t('four.row_more'),
            icon: 'list',
            on: () => stage.go({ name: 'four' }),
          })}</div></div>`
        : nothing
    }
    ${section(t('pat.months'), months(stage, data.counts))}
    ${tally(stage, t('pat.kinds'), data.counts.behaviours, (code) => label('behaviours', code))}
    ${tally(stage, t('pat.channels'), data.counts.channels, (code) => label('channels', code))}
    ${section(t('pat.week'), hours(stage, data.counts))}
    ${tally(stage, t('pat.places'), data.counts.places, (code) => label('places', code))}
    ${section(t('pat.gaps'), html`${gaps(stage, data.counts)}${why(stage, data.counts)}`)}
    ${section(t('pat.keys'), keyDates(stage, data))}
    ${section(t('pat.firsts'), firsts(stage, data.counts))}
    ${section(t('pat.backed'), backed(stage, data.counts))}
    ${people(stage, data)}
  </div>`;
}

function section(title: string, body: unknown) {
  return body === nothing ? nothing : html`<section class="card stack"><h2>${title}</h2>${body}</section>`;
}

/** Link to the entries that were taken out; no other count includes them. */
function outs(stage: Stage<SharedApp>, { taken_out }: Patterns) {
  return taken_out
    ? html`<p class="small"><button type="button" class="number-link"
      @click=${() => stage.go({ name: 'removed' })}>${tn('pat.out', taken_out)}</button></p>`
    : nothing;
}

/** Write, for example: “31 times since 4 May. 6 new accounts after you blocked them.” */
function inWords(stage: Stage<SharedApp>, counts: Patterns) {
  const {
    all,
    since,
    until,
    days,
    new_accounts: fresh,
    new_account_ids: freshIds,
    messages,
    fullest,
    run,
    undated,
    no_day: noDay,
  } = counts;
  const times = tn('pat.times', all.length);
  const when = since ? t(since === until ? 'pat.on' : 'pat.since', { day: dayWords(since) }) : '';
  const newWords = fresh.length
    ? tn('pat.new_accounts', fresh.length)
    : freshIds.length
      ? tn('pat.new_used', freshIds.length)
      : '';
  const facts: ([string, string, string[]] | null)[] = [
    days ? [tn('pat.days', days), '', counts.weekdays.flat()] : null,
    fullest.ids.length > 1
      ? [t('pat.most'), t('pat.most_day', { n: fullest.ids.length, day: dayWords(fullest.day) }), fullest.ids]
      : null,
    run.days > 1 ? [t('pat.run'), String(run.days), run.ids] : null,
    messages.ids.length
      ? [
          t('pat.messages'),
          messages.about ? t('pat.about', { n: messages.count }) : String(messages.count),
          messages.ids,
        ]
      : null,
  ];
  return html`<div class="stack">
    <p class="said">${number(stage, times, t('pat.count'), all)} ${when}.${
      newWords ? html` ${number(stage, newWords, t('pat.accounts_new'), freshIds)} ${t('pat.after_block')}.` : nothing
    }</p>
    <ul class="plain stack-close">${facts.map((fact) =>
      fact
        ? html`<li>${
            fact[1]
              ? html`${fact[0]}: ${number(stage, fact[1], fact[0], fact[2])}`
              : number(stage, fact[0], fact[0], fact[2])
          }</li>`
        : nothing,
    )}</ul>
    ${
      undated.length
        ? html`<p class="small">${number(
            stage,
            tn('pat.no_time', undated.length),
            t('entries.unknown_day'),
            undated,
          )}</p>`
        : nothing
    }
    ${
      noDay.length
        ? html`<p class="small">${number(
            stage,
            tn('pat.no_day', noDay.length),
            tn('pat.no_day', noDay.length),
            noDay,
          )}</p>`
        : nothing
    }
    ${outs(stage, counts)}
    <p class="small soft">${t('saveIncident' in stage.app ? 'pat.lead' : 'desk.pat_lead')}</p></div>`;
}

function months(stage: Stage<SharedApp>, { months: all, over_months: over }: Patterns) {
  if (!all.length && !over.length) return nothing;
  const named = all.map(({ month, ids }) => ({ name: monthName(month), ids }));
  const rows = over.length ? [...named, { name: t('pat.over'), ids: over }] : named;
  const alt = `${t('pat.months')}: ${named
    .filter(({ ids }) => ids.length)
    .map(({ name, ids }) => `${name} ${ids.length}`)
    .join(', ')}`;
  const table = bars(stage, { title: t('pat.months'), head: t('pat.month'), bars: rows });
  return html`${
    named.length
      ? columns({ alt, columns: named, first: named[0]?.name ?? '', last: named.at(-1)?.name ?? '' })
      : nothing
  }
    ${rows.length > 6 ? numbers(table) : table}`;
}

function tally(
  stage: Stage<SharedApp>,
  title: string,
  tallies: readonly { code: string; ids: string[] }[],
  name: (code: string) => string,
) {
  if (!tallies.length) return nothing;
  return section(
    title,
    bars(stage, { title, head: title, bars: tallies.map(({ code, ids }) => ({ name: name(code) || code, ids })) }),
  );
}

function hours(stage: Stage<SharedApp>, { weekdays, hours: cells, no_hour: without, about }: Patterns) {
  const days = DAYS.map((day) => lookUp(`pat.${day}`));
  if (!weekdays.some((ids) => ids.length)) return nothing;
  const cellName = ({ weekday, hour }: { weekday: number; hour: number }) =>
    t('pat.hour_at', { day: days[weekday] ?? '', hour: String(hour).padStart(2, '0') });
  const rows = cells.map((cell) => ({ name: cellName(cell), ids: cell.ids }));
  return html`
    ${
      cells.length
        ? html`<p class="small soft">${t('pat.week_lead')}</p>${week({
            alt: `${t('pat.week')}: ${rows.map(({ name, ids }) => `${name} ${ids.length}`).join('; ')}`,
            days: shortDays(),
            cells,
          })}`
        : nothing
    }
    ${numbers(html`${bars(stage, {
      title: t('pat.weekday'),
      head: t('pat.weekday'),
      bars: days.map((name, i) => ({ name, ids: weekdays[i] ?? [] })),
    })}
      ${rows.length ? bars(stage, { title: t('pat.hour'), head: t('pat.hour'), bars: rows }) : nothing}`)}
    ${
      without.length
        ? html`<p class="small">${number(
            stage,
            tn('pat.no_hour', without.length),
            tn('pat.no_hour', without.length),
            without,
          )} ${
            about.length
              ? number(stage, tn('pat.about_hour', about.length), tn('pat.about_hour', about.length), about)
              : nothing
          }</p>`
        : nothing
    }`;
}

function gaps(stage: Stage<SharedApp>, { gaps: { longest, median, long } }: Patterns) {
  if (!longest) return html`<p class="soft">${t('pat.gap_none')}</p>`;
  const words = (gap: Gap) =>
    t('pat.gap_from', { days: tn('pat.day', gap.days), from: dayWords(gap.from), to: dayWords(gap.to) });
  return html`<dl class="facts facts-close">
    <div><dt>${t('pat.gap_longest')}</dt><dd>${number(
      stage,
      words(longest),
      t('pat.gap_longest'),
      longest.ids,
    )}</dd></div>
    <div><dt>${t('pat.gap_median')}</dt><dd>${tn('pat.day', median ?? 0)}</dd></div>
    ${
      long.length
        ? html`<div><dt>${t('pat.gap_long')}</dt><dd><ul class="plain">${long.map(
            (gap) => html`<li>${number(stage, words(gap), t('pat.gap_long'), gap.ids)}</li>`,
          )}</ul></dd></div>`
        : nothing
    }</dl>`;
}

/** Link to the background page: a court may ask about a long gap, and a key date there can explain it. */
function why(stage: Stage<SharedApp>, { gaps: { long } }: Patterns) {
  if (!long.length || !('saveIncident' in stage.app)) return nothing;
  return html`<div class="rows"><div>${link({
    title: t('pat.gap_why'),
    more: t('pat.gap_why_more'),
    icon: 'pen',
    on: () => stage.go({ name: 'background' }),
  })}</div></div>`;
}

function keyDates(stage: Stage<SharedApp>, { counts: { key_dates: all } }: Pattern) {
  if (!all.length) return html`<p class="soft">${t('pat.keys_none')}</p>`;
  return html`<p class="small soft">${t('pat.keys_lead')}</p>
    <table class="counts counts-wide"><caption class="unseen">${t('pat.keys')}</caption>
      <thead><tr><th scope="col">${t('pat.what')}</th>${['before', 'same', 'after'].map(
        (side) => html`<th scope="col">${lookUp(`pat.${side}`)}</th>`,
      )}</tr></thead>
      <tbody>${all.map((key) => {
        const own = key.words || label('key_date_kinds', key.code);
        const what = key.kind === 'own' && own ? own : lookUp(`pat.key_${key.kind}`);
        return html`<tr><th scope="row"><span dir="auto">${what}</span><span
          class="small soft">${dayWords(key.day)}</span></th>
        ${(['before', 'same', 'after'] as const).map(
          (side) =>
            html`<td>${number(
              stage,
              String(key[side].length),
              `${t('pat.key_on', { what, day: dayWords(key.day) })}: ${t(`pat.${side}`)}`,
              key[side],
            )}</td>`,
        )}</tr>`;
      })}</tbody></table>`;
}

function firsts(stage: Stage<SharedApp>, { firsts: all }: Patterns) {
  return html`<p class="small soft">${t('pat.firsts_lead')}</p><dl class="facts facts-close">${all.map(
    ({ mark, first, day, ids }) => {
      const name = lookUp(`pat.first_${mark}`);
      return html`<div><dt>${name}</dt><dd>${
        first
          ? number(stage, dayWords(day), `${t('pat.firsts')}: ${name}`, [first])
          : ids.length
            ? number(stage, t('pat.first_undated'), name, ids)
            : html`<span class="soft">${t('pat.first_none')}</span>`
      }
      ${ids.length > 1 ? html` · ${number(stage, tn('pat.entries', ids.length), name, ids)}` : nothing}</dd></div>`;
    },
  )}</dl>`;
}

function backed(stage: Stage<SharedApp>, { witness, files, neither }: Patterns) {
  const rows = [
    { name: t('pat.witness'), ids: witness },
    { name: t('pat.file'), ids: files },
    { name: t('pat.neither'), ids: neither },
  ];
  return html`${bars(stage, { title: t('pat.backed'), head: t('pat.what'), bars: rows })}${
    neither.length ? html`<p class="small soft">${t('pat.neither_note')}</p>` : nothing
  }`;
}

/** Tally suspects, accounts, orders, breaches, targets and the keeper's own contact. */
function people(stage: Stage<SharedApp>, { counts, known }: Pattern) {
  const fresh = new Set(counts.new_accounts);
  const { marks } = counts;
  const aimed = counts.targets.length > 1 || (counts.targets[0]?.code ?? '') !== '';
  const contact = [
    { name: t('pat.i_first'), ids: marks.i_contacted_first ?? [] },
    { name: t('pat.i_replied'), ids: marks.i_replied ?? [] },
  ].filter(({ ids }) => ids.length);
  return html`
    ${tally(stage, t('pat.who'), counts.actors, (code) => whoOf(known, code))}
    ${
      counts.accounts.length
        ? section(
            t('pat.accounts'),
            bars(stage, {
              title: t('pat.accounts'),
              head: t('pat.account'),
              bars: counts.accounts.map(({ account, ids }) => ({
                name: whoOf(known, account),
                ids,
                ...(fresh.has(account) ? { note: t('pat.accounts_new') } : {}),
              })),
            }),
          )
        : nothing
    }
    ${tally(stage, t('pat.orders'), counts.orders, (code) => whoOf(known, code))}
    ${
      counts.breaches.length
        ? section(
            t('pat.breaches'),
            bars(stage, {
              title: t('pat.breaches'),
              head: t('pat.term_head'),
              bars: counts.breaches.map(({ order, term, ids }) => ({ name: placeOf(known, order, term), ids })),
            }),
          )
        : nothing
    }
    ${
      aimed
        ? tally(stage, t('pat.targets'), counts.targets, (code) => (code ? whoOf(known, code) : t('pat.me')))
        : nothing
    }
    ${
      contact.length
        ? section(t('pat.contacted'), bars(stage, { title: t('pat.contacted'), head: t('pat.what'), bars: contact }))
        : nothing
    }`;
}

export const views = { patterns };
