/** The import of a saved chat or email: choose a file, answer the questions, check the result, choose what is added. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, filePicker, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress } from '../../components/parts.js';
import { day, dayHeading, size } from '../../components/text/say.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { askFirst } from '../../components/files/asking.js';
import { beginAgain, isAnswered, keep, keepLate, plan, readFile, regroup, restart, workOf } from './import_work.js';
import { countsTable, headersView, oddLines } from '../../components/files/import_found.js';
import { amountSaid } from '../../components/text/amount_words.js';
import { rowsList } from '../../components/schedule_rows.js';
import { vocabulary } from '../../components/text/labels.js';
import '../../components/words.js';
import './words.js';
import type { Made, Work } from './import_work.js';
import type { Stage } from '../../shell/stage.js';
import type { ImportAnswers, ImportBurst, ImportChat, ImportMail, ImportPlan, ImportStart } from '../../shell/app.js';

const GAPS = [1, 3, 6, 12, 24];
const SENDERS = 12;
const ROWS = 200;
/** How many failed files are listed by name. */
const NAMED = 20;

function importing(stage: Stage) {
  vocabulary(stage);
  // An import whose result was shown is cleared for the next one.
  if (workOf(stage).seen && !stage.local.here) restart(stage);
  stage.local.here = true;
  const work = workOf(stage);
  work.seen = work.step === 'done';
  const view = { choose, busy, ask, plan: planned, done }[work.step];
  return html`<div class="stack-wide">${view(stage, work as Made)}</div>`;
}

function picker(stage: Stage) {
  return filePicker({
    label: t('import.choose'),
    icon: 'file',
    many: false,
    on: ([file]) => {
      if (file) void readFile(stage, file);
    },
  });
}

function choose(stage: Stage) {
  return html`${heading(t('import.title'))}${errorSummary(stage)}
    <p>${t('import.lead')}</p><div>${picker(stage)}</div>
    <div class="stack-close small soft"><p>${t('import.how_chat')}</p><p>${t('import.how_mail')}</p><p>${t(
      'import.care',
    )}</p></div>`;
}

function busy(_stage: Stage, work: Work) {
  return html`${heading(t('import.title'))}
    ${progress({
      label: lookUp(work.doing, { name: work.name }),
      done: work.done,
      total: work.total,
      cancel: () => {
        work.signal.stopped = true;
      },
    })}
    <p class="small soft">${t('import.leave')}</p>`;
}

function ask(stage: Stage, work: Made) {
  const { read } = work;
  const go = () => (isAnswered(work) ? plan(stage) : stage.set({ tried: true }));
  return html`${heading(t('import.title'))}${errorSummary(stage)}
    ${read.kind === 'mail' ? mailFacts(stage, read) : chatFacts(read)}
    ${
      read.kind === 'mail'
        ? chips({
            name: 'direction',
            legend: t('import.direction'),
            chosen: [work.answers.direction ?? ''],
            choices: [
              ['in', t('import.in')],
              ['out', t('import.out')],
              ['unknown', t('import.unknown')],
            ],
            on: (code) => {
              work.answers.direction = code;
              stage.draw();
            },
          })
        : chatQuestions(stage, work)
    }
    ${zone(stage, work)}
    ${
      stage.local.tried && !isAnswered(work)
        ? html`<p class="error-line" role="alert">${t('import.need')}</p>`
        : nothing
    }
    <div class="row">${button(t('import.look'), go, { main: true, off: !isAnswered(work) })}${button(
      t('import.another'),
      () => beginAgain(stage),
      { plain: true },
    )}</div>`;
}

function chatFacts(read: ImportChat) {
  const facts = [
    ['import.file', html`<bdi>${read.name}</bdi>, ${size(read.size)}`],
    ['import.lines', read.lines],
    ['import.messages', read.messages],
    ...(read.files ? [['import.files', read.files]] : []),
  ];
  return html`<dl class="facts card">${facts.map(
    ([key, value]) => html`<div><dt>${lookUp(String(key))}</dt><dd>${value}</dd></div>`,
  )}</dl>
    ${read.lenient ? html`<p class="care small">${t('import.lenient')}</p>` : nothing}`;
}

function chatQuestions(stage: Stage, work: Made) {
  const { read, answers } = work as Made & { read: ImportChat };
  const set = (change: Partial<ImportAnswers>) => {
    Object.assign(answers, change);
    stage.draw();
  };
  const senders = stage.local.senders ? read.senders : read.senders.slice(0, SENDERS);
  const chosen =
    answers.me === undefined
      ? ''
      : answers.me === null
        ? 'none'
        : `n${read.senders.findIndex((one) => one.name === answers.me)}`;
  return html`
    ${
      read.orders.length > 1
        ? html`<div class="stack-close">${chips({
            name: 'order',
            legend: t('import.order'),
            chosen: [answers.order ?? ''],
            on: (order) => set({ order }),
            choices: read.orders.map((order) => [
              order,
              lookUp(`import.${order}`, { day: exampleDay((read.example as ImportStart).date, order) }),
            ]),
          })}
      <p class="small soft">${t('import.order_lead', { date: (read.example as ImportStart).date.join('/') })}</p></div>`
        : nothing
    }
    ${chips({
      name: 'me',
      legend: t('import.me'),
      chosen: [chosen],
      on: (code) =>
        set({ me: code === 'none' ? null : (read.senders[Number(code.slice(1))] as { name: string }).name }),
      choices: [
        ...senders.map((one, i): [string, unknown] => [
          `n${i}`,
          html`<bdi>${one.name}</bdi> · ${tn('import.me_hint', one.count)}`,
        ]),
        ['none', t('import.me_none')],
      ],
    })}
    ${
      read.senders.length > SENDERS && !stage.local.senders
        ? html`<div>${button(t('sched.more'), () => stage.set({ senders: true }), { plain: true })}</div>`
        : nothing
    }`;
}

function exampleDay([a, b, c]: [number, number, number], order: string) {
  const [d, m] = order === 'mdy' ? [b, a] : [a, b];
  return day(Date.UTC(c < 100 ? 2000 + c : c, m - 1, d, 12));
}

function zone(stage: Stage, work: Made) {
  const { answers, read } = work;
  if (!stage.local.zone) {
    return html`<div class="row small"><span class="soft">${t(
      read.kind === 'mail' ? 'import.zone_mail' : 'import.zone_hint',
      { tz: answers.tz },
    )}</span>${button(t('import.zone_change'), () => stage.set({ zone: true }), { plain: true })}</div>`;
  }
  return textField({
    id: 'zone',
    label: t('import.zone'),
    value: stage.local.tz ?? answers.tz,
    error: isZone(stage.local.tz ?? answers.tz) ? null : t('import.zone_wrong'),
    on: (tz) => {
      stage.local.tz = tz;
      if (isZone(tz)) answers.tz = tz;
      stage.draw();
    },
  });
}

function isZone(tz: string) {
  try {
    return Boolean(tz && new Intl.DateTimeFormat('en-GB', { timeZone: tz }));
  } catch {
    return false;
  }
}

function mailFacts(stage: Stage, { mail, name, size: bytes }: ImportMail) {
  const facts = [
    ['import.file', html`<bdi>${name}</bdi>, ${size(bytes)}`],
    ['mail.from', mail.from || t('mail.none')],
    ['mail.to', mail.to.join(', ') || t('mail.none')],
    ['mail.subject', mail.subject || t('mail.none')],
    ['mail.sent', mail.sent.raw || t('mail.none')],
    ['mail.words', mail.text.slice(0, 600) || t('mail.none')],
    ['mail.files', mail.files.map((one) => `${one.name || one.type}, ${size(one.size)}`).join('\n')],
    ['mail.inside', mail.inside.map((one) => `${one.from}: ${one.subject}`).join('\n')],
  ].filter(([, value]) => value);
  return html`<dl class="facts card">${facts.map(
    ([key, value]) => html`<div><dt>${lookUp(String(key))}</dt><dd dir="auto" class="lines-kept">${value}</dd></div>`,
  )}</dl>
    ${mail.odd.map((code) => html`<p class="care small">${lookUp(`mail.${code}`)}</p>`)}
    ${headersView(stage, mail)}`;
}

function planned(stage: Stage, work: Made) {
  const found = work.plan;
  const again = () => {
    work.step = 'ask';
    stage.arrived = true;
    stage.draw();
  };
  const some = work.chosen.size;
  // The file is stored whole, so its pictures are stored too, chosen or not: the question comes first either way.
  const add = () => (some && work.read.files ? asked(stage, () => keep(stage)) : keep(stage));
  return html`${heading(t('plan.title'))}${errorSummary(stage)}
    ${found.counts ? countsTable(found.counts) : nothing}
    ${found.counts ? oddLines(stage, found) : nothing}
    <p><strong>${tn('plan.fresh', found.fresh)}</strong>${
      found.known ? html` · ${t('plan.known', { n: found.known })}` : nothing
    }</p>
    ${late(stage, found)}
    ${
      found.bursts.length
        ? html`<p class="soft">${t('plan.lead')}</p>
      ${
        work.read.kind === 'chat'
          ? chips({
              name: 'gap',
              legend: t('plan.gap'),
              chosen: [String(work.answers.gap)],
              choices: GAPS.map((n) => [String(n), n === 1 ? t('plan.hour') : t('plan.hours', { n })]),
              on: (code) => void regroup(stage, Number(code)),
            })
          : nothing
      }
      ${choices(stage, work)}
      ${
        found.files?.with
          ? html`<div>${checkbox({
              id: 'media',
              label: html`${tn('plan.media', found.files.with)}<br><span
                class="small soft">${t('plan.media_hint')}</span>`,
              checked: work.media,
              on: (on: boolean) => {
                work.media = on;
              },
            })}</div>`
          : nothing
      }
      <div class="row">${button(some ? tn('plan.add', some) : t('plan.add_none'), add, {
        main: true,
        off: !some,
      })}${button(t('plan.back'), again, { plain: true })}</div>`
        : html`<p role="status">${t(
            found.late?.files ? 'plan.nothing_else' : 'plan.nothing',
          )}</p><div class="row">${button(t('import.another'), () => beginAgain(stage))}${button(
            t('plan.back'),
            again,
            { plain: true },
          )}</div>`
    }`;
}

/** Ask the one question that comes before any picture, then go on. */
const asked = (stage: Stage, go: () => unknown) =>
  askFirst(stage, { record: null, words: stage.state.draft?.fields.missing_evidence ?? '' }, go);

/** The offer to add missing files to messages that the diary already has. */
function late(stage: Stage, { late: missed }: ImportPlan) {
  if (!missed?.files) return nothing;
  return html`<div class="note stack-close"><p>${tn('plan.late', missed.files)}</p>
    <div>${button(tn('plan.late_do', missed.files), () => asked(stage, () => keepLate(stage)), {
      icon: 'picture',
    })}</div></div>`;
}

function choices(stage: Stage, work: Made) {
  const { bursts } = work.plan;
  const every = work.chosen.size === bursts.length;
  const all = () => {
    work.chosen = new Set(every ? [] : bursts.map((one) => one.index));
    stage.draw();
  };
  return html`<div class="row apart"><span role="status">${t('plan.chosen', {
    n: work.chosen.size,
    of: bursts.length,
  })}</span>${bursts.length > 1 ? button(t(every ? 'plan.none' : 'plan.all'), all, { plain: true }) : nothing}</div>
    <ul class="rows">${bursts.slice(0, work.shown).map((one) => burst(stage, work, one))}</ul>
    ${
      bursts.length > work.shown
        ? html`<div>${button(
            t('plan.more'),
            () => {
              work.shown += 60;
              stage.draw();
            },
            { wide: true },
          )}</div>`
        : nothing
    }`;
}

function burst(stage: Stage, work: Work, one: ImportBurst) {
  const { index } = one;
  const tick = (on: boolean) => {
    if (on) work.chosen.add(index);
    else work.chosen.delete(index);
    stage.draw();
  };
  const date = one.date ? dayHeading(one.date, Date.now()) : t('plan.undated');
  const rows = work.rows[index];
  const look = async () => {
    work.rows[index] = rows ? null : await stage.app.importRows(index, 0, ROWS);
    stage.draw();
  };
  return html`<li class="page-item stack-close">
    ${checkbox({
      id: `burst-${index}`,
      label: html`<strong>${date}</strong><br><span dir="auto">${
        one.amount ? amountSaid(one.amount) : one.words
      }</span>`,
      checked: work.chosen.has(index),
      on: tick,
    })}
    ${one.preview ? html`<p class="small soft clip" dir="auto">${one.preview}</p>` : nothing}
    ${
      work.chosen.has(index)
        ? textField({
            id: `words-${index}`,
            label: t('plan.words'),
            lines: 'low',
            value: work.words[index] ?? one.narrative,
            on: (words) => {
              work.words[index] = words;
            },
          })
        : nothing
    }
    <div>${button(t(rows ? 'plan.rows_hide' : 'plan.rows'), look, { plain: true })}</div>
    ${
      rows
        ? html`${rowsList(rows)}${
            one.count > rows.length
              ? html`<p class="small soft">${t('odd.more', { n: one.count - rows.length })}</p>`
              : nothing
          }`
        : nothing
    }
  </li>`;
}

function done(stage: Stage, { result }: Made) {
  return html`${heading(t('done.title'))}
    ${
      result.entries.length
        ? html`<p>${t('done.said', { entries: tn('done.entries', result.entries.length), rows: result.rows })}</p>`
        : nothing
    }
    ${result.files.added ? html`<p>${tn('done.files', result.files.added)}</p>` : nothing}
    ${result.files.again ? html`<p>${tn('done.files_again', result.files.again)}</p>` : nothing}
    ${
      result.files.failed.length
        ? html`<p class="care">${tn('done.files_failed', result.files.failed.length)} <bdi>${result.files.failed
            .slice(0, NAMED)
            .join(', ')}</bdi></p>`
        : nothing
    }
    ${result.again ? html`<p>${t('done.again')}</p>` : nothing}
    <p class="small soft">${t('done.whole')}</p><p class="small soft">${t('done.copy')}</p>
    <div class="row">${button(
      t('done.see'),
      () => {
        beginAgain(stage);
        stage.go({ name: 'entries' });
      },
      { main: true },
    )}${button(t('import.another'), () => beginAgain(stage), { plain: true })}</div>`;
}

export const views = { import: importing };
