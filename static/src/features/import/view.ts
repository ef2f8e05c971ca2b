/** The import of a saved chat or email: choose a file, answer the questions, check the result, choose what is added. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, filePicker, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress, row } from '../../components/parts.js';
import { dateText, dayHeading, sizeText } from '../../components/text/formatting.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { askBeforeAdding } from '../../components/files/picture_warning.js';
import {
  choosePageAgain,
  startOver,
  isAnswered,
  saveChosen,
  saveLateFiles,
  makePlan,
  readFile,
  regroup,
  resetImport,
  importStateOf,
} from './import_work.js';
import { countsTable, headersView, importNotes } from '../../components/files/import_preview.js';
import { amountText } from '../../components/text/amount_words.js';
import { messageList } from '../../components/schedule_rows.js';
import { MAX_NAMED_FILES, factsList, fileFact } from './file_facts.js';
import { peopleQuestions } from './people_questions.js';
import { MAX_SENDERS, moreNote } from './person_rows.js';
import { pictureListView } from './picture_list_view.js';
import { zoneField } from './zone_field.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import '../../components/words.js';
import './words.js';
import type { ImportStepState, ImportState, PlanStepState } from './import_work.js';
import type { Stage } from '../../shell/stage.js';
import type {
  ImportAnswers,
  ImportBurst,
  ImportChat,
  ImportMail,
  ImportPage,
  ImportPlan,
  ImportRead,
} from '../../shell/app.js';

const GAP_HOURS = [1, 3, 6, 12, 24];
const MAX_ROWS = 200;
/** What can be brought in, and how people get it. */
const HOW_TO = [
  'import.how_chat',
  'import.how_off',
  'import.how_mail',
  'import.how_phone',
  'import.how_bill',
  'import.how_contacts',
  'import.how_chats',
  'import.how_telegram',
  'import.how_signal',
  'import.how_imessage',
  'import.how_page',
  'import.care',
];
const SOURCE_ACCOUNTS = ['mine', 'shared', 'my_childs', 'given_to_me', 'not_sure'];

function importView(stage: Stage) {
  loadVocabulary(stage);
  // An import whose result was shown is cleared for the next one.
  if (importStateOf(stage).seen && !stage.local.here) resetImport(stage);
  stage.local.here = true;
  const state = importStateOf(stage);
  state.seen = state.step === 'done';
  const view = { choose: chooseView, busy: busyView, ask: askView, plan: planView, done: doneView }[state.step];
  return html`<div class="stack-wide">${view(stage, state as PlanStepState)}</div>`;
}

function importPicker(stage: Stage) {
  return filePicker({
    label: t('import.choose'),
    icon: 'file',
    multiple: false,
    onFiles: ([file]) => {
      if (file) void readFile(stage, file);
    },
  });
}

function chooseView(stage: Stage) {
  return html`${heading(t('import.title'))}${errorSummary(stage)}
    <p>${t('import.lead')}</p><div>${importPicker(stage)}</div>
    <div class="stack-close small soft">${HOW_TO.map((key) => html`<p>${lookUp(key)}</p>`)}</div>`;
}

function busyView(_stage: Stage, state: ImportState) {
  return html`${heading(t('import.title'))}
    ${progress({
      label: lookUp(state.doing, { name: state.name }),
      done: state.done,
      total: state.total,
      cancel: () => {
        state.signal.stopped = true;
      },
    })}
    <p class="small soft">${t('import.leave')}</p>`;
}

/** Whether a file is from somebody's account or phone: web pages and contacts are not asked about. */
const hasOwner = ({ kind }: ImportRead) => !['page', 'archive', 'contacts'].includes(kind);

/** Ask first whose account or phone the file is from. */
function askView(stage: Stage, state: ImportStepState) {
  if (state.answers.account !== undefined || !hasOwner(state.read)) return otherQuestions(stage, state);
  return html`${heading(t('import.title'))}${errorSummary(stage)}${factsList([fileFact(state.read)])}
    <section class="stack-close"><h2>${t('account.whose')}</h2><ul class="rows">${SOURCE_ACCOUNTS.map(
      (code) =>
        html`<li>${row({
          title: labelForCode('source_accounts', code),
          icon: 'person',
          onClick: () => answerAccount(stage, state, code),
        })}</li>`,
    )}</ul><p class="small soft">${t('account.care')}</p></section>
    <div>${button(t('import.another'), () => startOver(stage), { plain: true })}</div>`;
}

function answerAccount(stage: Stage, { answers }: ImportStepState, code: string | undefined) {
  answers.account = code;
  stage.arrived = true;
  stage.draw();
}

const accountLine = (stage: Stage, state: ImportStepState) =>
  html`<div class="row small"><span class="soft">${t('account.is', {
    whose: labelForCode('source_accounts', state.answers.account),
  })}</span>${button(t('account.change'), () => answerAccount(stage, state, undefined), { plain: true })}</div>`;

function otherQuestions(stage: Stage, state: ImportStepState) {
  const { read } = state;
  // Where there is one question, its answers lead on, so what may be changed stands above it.
  if (read.kind === 'chat' && read.orders.length === 1)
    return html`${heading(t('import.title'))}${errorSummary(stage)}
    ${chatFacts(read)}${accountLine(stage, state)}${zoneQuestion(stage, state)}${senderRows(stage, state, read)}
    <div>${button(t('import.another'), () => startOver(stage), { plain: true })}</div>`;
  const people = peopleQuestions(stage, state);
  if (people)
    return html`${heading(t('import.title'))}${errorSummary(stage)}
    ${people.facts}${hasOwner(read) ? html`${accountLine(stage, state)}${zoneQuestion(stage, state)}` : nothing}
    ${people.question}
    <div>${button(t('import.another'), () => startOver(stage), { plain: true })}</div>`;
  const submit = () => (isAnswered(state) ? makePlan(stage) : stage.set({ tried: true }));
  return html`${heading(t('import.title'))}${errorSummary(stage)}
    ${factsOf(stage, read)}${hasOwner(read) ? accountLine(stage, state) : nothing}
    ${
      read.kind === 'mail'
        ? chips({
            name: 'direction',
            legend: t('import.direction'),
            chosen: [state.answers.direction ?? ''],
            choices: [
              ['in', t('import.in')],
              ['out', t('import.out')],
              ['unknown', t('import.unknown')],
            ],
            onChange: (code) => {
              state.answers.direction = code;
              stage.draw();
            },
          })
        : read.kind === 'page'
          ? nothing
          : chatQuestions(stage, state)
    }
    ${read.kind === 'page' ? nothing : zoneQuestion(stage, state)}
    ${
      stage.local.tried && !isAnswered(state)
        ? html`<p class="error-line" role="alert">${t('import.need')}</p>`
        : nothing
    }
    <div class="row">${button(t('import.look'), submit, { main: true, disabled: !isAnswered(state) })}${pageAgain(
      stage,
      state,
    )}${button(t('import.another'), () => startOver(stage), { plain: true })}</div>`;
}

const pageAgain = (stage: Stage, { archive }: ImportState) =>
  archive ? button(t('archive.other_page'), () => choosePageAgain(stage, archive), { plain: true }) : nothing;

function chatFacts(read: ImportChat) {
  const files: [string, unknown][] = read.files ? [['import.files', read.files]] : [];
  return html`${factsList([fileFact(read), ['import.lines', read.lines], ['import.messages', read.messages], ...files])}
    ${read.lenient ? html`<p class="care small">${t('import.lenient')}</p>` : nothing}`;
}

/** The senders, as many as are shown at first or all. */
const sendersOf = (stage: Stage, { senders }: ImportChat) =>
  stage.local.senders ? senders : senders.slice(0, MAX_SENDERS);

const moreSenders = (stage: Stage, { senders }: ImportChat) =>
  senders.length > MAX_SENDERS && !stage.local.senders
    ? html`<div>${button(t('sched.more'), () => stage.set({ senders: true }), { plain: true })}</div>`
    : nothing;

/** Ask who the keeper is. The answer opens the preview, where nothing is added yet and the answer can be changed. */
function senderRows(stage: Stage, state: ImportStepState, read: ImportChat) {
  const choose = (me: string | null) => () => {
    state.answers.me = me;
    return makePlan(stage);
  };
  return html`<section class="stack-close"><h2>${t('import.me')}</h2><ul class="rows">
    ${sendersOf(stage, read).map(
      ({ name, count }) =>
        html`<li>${row({
          title: html`<bdi>${name}</bdi>`,
          subtitle: tn('import.me_hint', count),
          icon: 'person',
          onClick: choose(name),
        })}</li>`,
    )}
    <li>${row({ title: t('import.me_none'), icon: 'out', onClick: choose(null) })}</li></ul>
    ${moreSenders(stage, read)}</section>`;
}

function chatQuestions(stage: Stage, state: ImportStepState) {
  const { read, answers } = state as ImportStepState & { read: ImportChat };
  const { example } = read;
  const update = (change: Partial<ImportAnswers>) => {
    Object.assign(answers, change);
    stage.draw();
  };
  const chosen =
    answers.me === undefined
      ? ''
      : answers.me === null
        ? 'none'
        : `n${read.senders.findIndex((item) => item.name === answers.me)}`;
  return html`
    ${
      example && read.orders.length > 1
        ? html`<div class="stack-close">${chips({
            name: 'order',
            legend: t('import.order'),
            chosen: [answers.order ?? ''],
            onChange: (order) => update({ order }),
            choices: example.days.map(([order, day]) => [
              order,
              lookUp(`import.${order}`, { day: day ? dateText(Date.parse(`${day}T12:00Z`)) : example.written }),
            ]),
          })}
      <p class="small soft">${t('import.order_lead', { date: example.written })}</p></div>`
        : nothing
    }
    ${chips({
      name: 'me',
      legend: t('import.me'),
      chosen: [chosen],
      onChange: (code) =>
        update({ me: code === 'none' ? null : (read.senders[Number(code.slice(1))] as { name: string }).name }),
      choices: [
        ...sendersOf(stage, read).map((item, i): [string, unknown] => [
          `n${i}`,
          html`<bdi>${item.name}</bdi> · ${tn('import.me_hint', item.count)}`,
        ]),
        ['none', t('import.me_none')],
      ],
    })}
    ${moreSenders(stage, read)}`;
}

function zoneQuestion(stage: Stage, { answers, read }: ImportStepState) {
  const hasOwnTimes = read.kind === 'chat' || (read.kind === 'conversations' && read.dates.orders.length > 0);
  const key = hasOwnTimes ? 'import.zone_hint' : read.kind === 'bill' ? 'bill.zone' : 'import.zone_mail';
  return zoneField(stage, {
    tz: answers.tz,
    hint: t(key, { tz: answers.tz }),
    onChange: (tz) => {
      answers.tz = tz;
    },
  });
}

function mailFacts(stage: Stage, { mail, name, size: bytes }: ImportMail) {
  const facts = [
    ['import.file', html`<bdi>${name}</bdi>, ${sizeText(bytes)}`],
    ['mail.from', mail.from || t('mail.none')],
    ['mail.to', mail.to.join(', ') || t('mail.none')],
    ['mail.subject', mail.subject || t('mail.none')],
    ['mail.sent', mail.sent.raw || t('mail.none')],
    ['mail.words', mail.text.slice(0, 600) || t('mail.none')],
    ['mail.files', mail.files.map((item) => `${item.name || item.type}, ${sizeText(item.size)}`).join('\n')],
    ['mail.inside', mail.inside.map((item) => `${item.from}: ${item.subject}`).join('\n')],
  ].filter(([, value]) => value);
  return html`<dl class="facts card">${facts.map(
    ([key, value]) => html`<div><dt>${lookUp(String(key))}</dt><dd dir="auto" class="lines-kept">${value}</dd></div>`,
  )}</dl>
    ${mail.odd.map((code) => html`<p class="care small">${lookUp(`mail.${code}`)}</p>`)}
    ${headersView(stage, mail)}`;
}

function factsOf(stage: Stage, read: ImportRead) {
  if (read.kind === 'page') return pageFacts(read);
  return read.kind === 'mail' ? mailFacts(stage, read) : chatFacts(read as ImportChat);
}

/** What the file says of the page, and that it is the file that says so. */
function pageFacts({ page, name, size: bytes }: ImportPage) {
  const facts = [
    ['import.file', html`<bdi>${name}</bdi>, ${sizeText(bytes)}`],
    ['page.address', page.address || t('mail.none')],
    ['page.others', page.odd.includes('addresses_differ') ? page.claims.map(({ address }) => address).join('\n') : ''],
    ['page.title', page.title || t('mail.none')],
    ['page.saved', page.saved.raw || t('mail.none')],
    ['mail.words', page.text.slice(0, 600) || t('mail.none')],
  ].filter(([, value]) => value);
  return html`<dl class="facts card">${facts.map(
    ([key, value]) => html`<div><dt>${lookUp(String(key))}</dt><dd dir="auto" class="lines-kept">${value}</dd></div>`,
  )}</dl>
    <p class="small soft">${t('page.edited')}</p>
    ${page.odd.map((code) => html`<p class="care small">${lookUp(`page.${code}`)}</p>`)}`;
}

function planView(stage: Stage, state: PlanStepState) {
  const plan = state.plan;
  const goBack = () => {
    state.step = 'ask';
    stage.arrived = true;
    stage.draw();
  };
  stage.over(goBack);
  const chosenCount = state.chosen.size;
  // The file is stored whole, so its pictures are stored too, chosen or not: the question comes first either way.
  const save = () =>
    state.read.files || plan.files?.with ? askFirstThen(stage, () => saveChosen(stage)) : saveChosen(stage);
  return html`${heading(t('plan.title'))}${errorSummary(stage)}
    ${plan.counts ? countsTable(plan.counts) : nothing}
    ${plan.counts ? importNotes(stage, plan) : nothing}
    ${unreadNote(plan, UNREAD[state.read.kind])}
    ${!plan.counts && plan.mended ? html`<p class="small soft">${tn('chats.mended', plan.mended)}</p>` : nothing}
    ${!plan.counts && plan.notices ? html`<p class="small soft">${tn('chats.notices', plan.notices)}</p>` : nothing}
    ${!plan.counts && plan.drafts ? html`<p>${tn('phone.drafts', plan.drafts)}</p>` : nothing}
    ${!plan.counts && plan.texts ? html`<p>${tn('bill.texts', plan.texts)}</p>` : nothing}
    ${alikeNote(stage, state)}
    ${
      state.read.kind === 'page'
        ? nothing
        : html`<p><strong>${tn('plan.fresh', plan.fresh)}</strong>${
            plan.known ? html` · ${t('plan.known', { n: plan.known })}` : nothing
          }</p>`
    }
    ${lateNote(stage, plan)}
    ${
      plan.bursts.length
        ? html`<p class="soft">${t(state.read.kind === 'page' ? 'page.lead' : 'plan.lead')}</p>
      ${
        !['mail', 'mailbox', 'page'].includes(state.read.kind)
          ? chips({
              name: 'gap',
              legend: t('plan.gap'),
              chosen: [String(state.answers.gap)],
              choices: GAP_HOURS.map((n) => [String(n), n === 1 ? t('plan.hour') : t('plan.hours', { n })]),
              onChange: (code) => void regroup(stage, Number(code)),
            })
          : nothing
      }
      ${burstChoices(stage, state)}
      ${
        plan.files?.with
          ? html`<div>${checkbox({
              id: 'media',
              label: html`${tn('plan.media', plan.files.with)}<br><span
                class="small soft">${t(
                  state.read.kind === 'conversations' ? 'chats.media_hint' : 'plan.media_hint',
                )}</span>`,
              checked: state.media,
              onChange: (on: boolean) => {
                state.media = on;
              },
            })}</div>`
          : nothing
      }
      <div class="row">${button(
        chosenCount ? tn('plan.add', chosenCount) : tn('plan.add_all', plan.bursts.length),
        save,
        {
          main: true,
        },
      )}${button(t('plan.back'), goBack, { plain: true })}</div>`
        : html`<p role="status">${t(
            plan.late?.files
              ? 'plan.nothing_else'
              : plan.counts || state.read.kind === 'mail' || state.read.kind === 'page'
                ? 'plan.nothing'
                : 'phone.nothing',
          )}</p><div class="row">${button(t('import.another'), () => startOver(stage))}${button(
            t('plan.back'),
            goBack,
            { plain: true },
          )}</div>`
    }`;
}

/** By kind of file: the words for messages that are not listed. */
const UNREAD = {
  chat: 'phone.unread',
  mail: 'mailbox.unread',
  page: 'mailbox.unread',
  mailbox: 'mailbox.unread',
  phone: 'phone.unread',
  conversations: 'phone.unread',
  bill: 'bill.unread',
} as const;

/** The messages of a file that could not be read, by their place in it. */
function unreadNote(plan: ImportPlan, key: (typeof UNREAD)[PlanStepState['read']['kind']]) {
  if (plan.counts || !plan.unread?.length) return nothing;
  const places = plan.unread.slice(0, MAX_NAMED_FILES).join(', ');
  return html`<p class="care">${tn(key, plan.unread.length)} ${places}</p>`;
}

/** The calls that look like ones the diary has. They are left out unless the keeper wants them. */
function alikeNote(stage: Stage, { plan, answers }: ImportStepState) {
  if (plan.counts || !plan.alike) return nothing;
  return html`<div class="note stack-close"><p>${tn('bill.alike', plan.alike)}</p>${checkbox({
    id: 'alike',
    label: t('bill.alike_add'),
    checked: answers.alike ?? false,
    onChange: (on: boolean) => {
      answers.alike = on;
      void makePlan(stage);
    },
  })}</div>`;
}

/** Ask the one question that comes before any picture, then go on. */
const askFirstThen = (stage: Stage, next: () => unknown) =>
  askBeforeAdding(stage, { record: null, missingEvidence: stage.state.draft?.fields.missing_evidence ?? '' }, next);

/** The offer to add missing files to messages that the diary already has. */
function lateNote(stage: Stage, { late: lateFiles }: ImportPlan) {
  if (!lateFiles?.files) return nothing;
  return html`<div class="note stack-close"><p>${tn('plan.late', lateFiles.files)}</p>
    <div>${button(tn('plan.late_do', lateFiles.files), () => askFirstThen(stage, () => saveLateFiles(stage)), {
      icon: 'picture',
    })}</div></div>`;
}

function burstChoices(stage: Stage, state: ImportStepState) {
  const { bursts } = state.plan;
  const allChosen = state.chosen.size === bursts.length;
  const toggleAll = () => {
    state.chosen = new Set(allChosen ? [] : bursts.map((item) => item.index));
    stage.draw();
  };
  return html`<div class="row apart"><span role="status">${t('plan.chosen', {
    n: state.chosen.size,
    of: bursts.length,
  })}</span>${
    bursts.length > 1 ? button(t(allChosen ? 'plan.none' : 'plan.all'), toggleAll, { plain: true }) : nothing
  }</div>
    <ul class="rows">${bursts.slice(0, state.shown).map((item) => burstItem(stage, state, item))}</ul>
    ${
      bursts.length > state.shown
        ? html`<div>${button(
            t('plan.more'),
            () => {
              state.shown += 60;
              stage.draw();
            },
            { wide: true },
          )}</div>`
        : nothing
    }`;
}

function burstItem(stage: Stage, state: ImportState, item: ImportBurst) {
  const { index } = item;
  const toggle = (on: boolean) => {
    if (on) state.chosen.add(index);
    else state.chosen.delete(index);
    stage.draw();
  };
  const date = item.date ? dayHeading(item.date, Date.now()) : t('plan.undated');
  const rows = state.rows[index];
  const toggleRows = async () => {
    state.rows[index] = rows ? null : await stage.app.importRows(index, 0, MAX_ROWS);
    stage.draw();
  };
  return html`<li class="page-item stack-close">
    ${checkbox({
      id: `burst-${index}`,
      label: html`<strong>${date}</strong><br><span dir="auto">${
        item.amount ? amountText(item.amount) : item.words
      }</span>`,
      checked: state.chosen.has(index),
      onChange: toggle,
    })}
    ${item.preview ? html`<p class="small soft clip" dir="auto">${item.preview}</p>` : nothing}
    ${
      state.chosen.has(index)
        ? textField({
            id: `words-${index}`,
            label: t('plan.words'),
            textarea: 'low',
            value: state.words[index] ?? item.narrative,
            onChange: (words) => {
              state.words[index] = words;
            },
          })
        : nothing
    }
    ${
      state.read?.kind === 'page'
        ? nothing
        : html`<div>${button(t(rows ? 'plan.rows_hide' : 'plan.rows'), toggleRows, { plain: true })}</div>`
    }
    ${rows ? html`${messageList(rows)}${moreNote(item.count - rows.length)}` : nothing}
  </li>`;
}

function doneView(stage: Stage, { read, archive, result }: PlanStepState) {
  const said = {
    mailbox: 'mailbox.said',
    phone: 'phone.said',
    conversations: 'chats.said',
    bill: 'bill.said',
    chat: 'done.said',
    mail: 'done.said',
    page: 'page.said',
  } as const;
  const whole: { [kind: string]: 'mailbox.whole' | 'page.whole' } = { mailbox: 'mailbox.whole', page: 'page.whole' };
  return html`${heading(t('done.title'))}
    ${
      result.entries.length
        ? html`<p>${t(said[read.kind], {
            entries: tn('done.entries', result.entries.length),
            rows: result.rows,
          })}</p>`
        : nothing
    }
    ${result.files.added ? html`<p>${tn('done.files', result.files.added)}</p>` : nothing}
    ${result.files.again ? html`<p>${tn('done.files_again', result.files.again)}</p>` : nothing}
    ${
      result.files.failed.length
        ? html`<p class="care">${tn(
            read.kind === 'conversations' ? 'chats.files_failed' : 'done.files_failed',
            result.files.failed.length,
          )} <bdi>${result.files.failed.slice(0, MAX_NAMED_FILES).join(', ')}</bdi></p>`
        : nothing
    }
    ${result.again ? html`<p>${t('done.again')}</p>` : nothing}
    <p class="small soft">${t(whole[read.kind] ?? 'done.whole')}</p>
    ${archive && archive.pages.length > 1 ? html`<p class="small soft">${t('archive.more')}</p>` : nothing}
    <p class="small soft">${t('done.copy')}</p>
    <div class="row">${button(
      t('done.see'),
      () => {
        startOver(stage);
        stage.go({ name: 'entries' });
      },
      { main: true },
    )}${button(t('import.another'), () => startOver(stage), { plain: true })}</div>`;
}

export const views = { import: importView, picture_list: pictureListView };
