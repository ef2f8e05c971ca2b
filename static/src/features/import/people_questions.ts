/**
 * The questions about a file with messages of many people: which name or address is the keeper's, and whose messages
 * are wanted. The last answer opens the preview.
 */
import { html, nothing } from '../../shell/html.js';
import { button, row } from '../../components/parts.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { MAX_NAMED_FILES, factsList, fileFact } from './file_facts.js';
import { personRows, phoneChoices } from './person_rows.js';
import { contactNotes, contactQuestion } from './contact_view.js';
import { archiveFacts, pageQuestion } from './archive_questions.js';
import { billQuestion, orderQuestion } from './bill_questions.js';
import { makePlan } from './import_work.js';
import './words.js';
import type { ImportStepState } from './import_work.js';
import type { PersonChoice } from './person_rows.js';
import type { Stage } from '../../shell/stage.js';
import type {
  ConversationApp,
  ImportAnswers,
  ImportConversations,
  ImportMailbox,
  ImportPhone,
} from '../../shell/app.js';

/** Return the facts of the file and the next question; null for a file that is asked about otherwise. */
export function peopleQuestions(stage: Stage, state: ImportStepState) {
  const { read } = state;
  if (read.kind === 'mailbox') return { facts: mailboxFacts(read), question: mailboxQuestion(stage, state, read) };
  if (read.kind === 'phone') return { facts: phoneFacts(read), question: phoneQuestion(stage, state, read) };
  if (read.kind === 'conversations')
    return { facts: conversationFacts(read), question: conversationQuestion(stage, state, read) };
  if (read.kind === 'contacts')
    return {
      facts: html`${factsList([fileFact(read), ['contacts.contacts', read.contacts.length]])}${contactNotes(read)}`,
      question: contactQuestion(stage, state, read),
    };
  if (read.kind === 'archive') return { facts: archiveFacts(read), question: pageQuestion(stage, read) };
  if (read.kind === 'bill')
    return {
      facts: factsList([fileFact(read), ['bill.lines', read.messages]]),
      question: billQuestion(stage, state, read),
    };
  return null;
}

const mailboxFacts = (read: ImportMailbox) => factsList([fileFact(read), ['mailbox.emails', read.messages]]);

/**
 * Ask which name or address is the keeper's, then whose messages are wanted. That answer opens the preview.
 * @param options `words`: the group of texts; `own`: what can be the keeper's; `others`: what can be chosen then
 */
function ownThenWhose(
  stage: Stage,
  { answers }: ImportStepState,
  {
    words,
    own,
    others,
  }: {
    words: 'mailbox' | 'chats';
    own: () => PersonChoice[];
    others: (me: string | null) => PersonChoice[];
  },
) {
  const answer = (change: Partial<ImportAnswers>) => {
    Object.assign(answers, change);
    stage.local.find = '';
    stage.arrived = true;
  };
  const answerOwn = (me: string | null | undefined) => {
    answer({ me });
    stage.draw();
  };
  const names = own();
  // Without names there is nothing to ask.
  if (!names.length) answers.me = null;
  if (answers.me === undefined)
    return html`<section class="stack-close"><h2>${lookUp(`${words}.me`)}</h2>
      ${personRows(stage, names, { words, choose: answerOwn })}
      <ul class="rows"><li>${row({
        title: t('mailbox.me_none'),
        icon: 'out',
        onClick: () => answerOwn(null),
      })}</li></ul></section>`;
  const choose = (person: string) => {
    answer({ person });
    return makePlan(stage);
  };
  return html`<section class="stack-close"><h2>${lookUp(`${words}.whose`)}</h2>
    ${
      names.length
        ? html`<div class="row small"><span class="soft">${
            answers.me === null ? t('mailbox.me_none') : t('mailbox.me_is', { address: answers.me })
          }</span>${button(t('mailbox.me_change'), () => answerOwn(undefined), { plain: true })}</div>`
        : nothing
    }
    <p class="small soft">${lookUp(`${words}.whose_lead`)}</p>
    ${personRows(stage, others(answers.me), { words, choose })}</section>`;
}

const mailboxQuestion = (stage: Stage, state: ImportStepState, { people }: ImportMailbox) =>
  ownThenWhose(stage, state, {
    words: 'mailbox',
    // Most emails in somebody's mailbox are to them.
    own: () => choicesOf([...people].sort((a, b) => b.to - a.to)),
    others: (me) => choicesOf(people.filter(({ address }) => address !== me)),
  });

const choicesOf = (people: ImportMailbox['people']): PersonChoice[] =>
  people.map(({ address, name, from, to }) => ({
    key: address,
    title: name,
    text: `${name} ${address}`,
    hint: t('mailbox.counts', { from, to }),
  }));

const phoneFacts = (read: ImportPhone) =>
  html`${factsList([fileFact(read), [read.holds === 'calls' ? 'phone.calls' : 'phone.messages', read.messages]])}
    ${read.cutOff ? html`<p class="care">${t('phone.cut_off')}</p>` : nothing}`;

/** Ask whose messages or calls are wanted. The answer opens the preview. */
function phoneQuestion(stage: Stage, state: ImportStepState, { holds, people }: ImportPhone) {
  const choose = (person: string) => {
    state.answers.person = person;
    stage.arrived = true;
    return makePlan(stage);
  };
  return html`<section class="stack-close"><h2>${t(holds === 'calls' ? 'phone.whose_calls' : 'phone.whose')}</h2>
    <p class="small soft">${t('phone.own')}</p>
    ${personRows(
      stage,
      phoneChoices(people, ({ from, to }) => t('mailbox.counts', { from, to })),
      { words: 'phone', choose },
    )}</section>`;
}

function conversationFacts(read: ImportConversations) {
  return html`${factsList([
    fileFact(read),
    ['chats.conversations', read.conversations.length],
    ['phone.messages', read.messages],
  ])}
    ${read.app === 'snapchat' ? html`<p>${t('chats.snapchat')}</p>` : nothing}
    ${isOwnersOnly(read) ? html`<p>${t('chats.only_own')}</p>` : nothing}
    ${read.cutOff ? html`<p class="care">${t('chats.cut_off')}</p>` : nothing}
    ${
      read.damaged.length
        ? html`<p class="care">${tn('chats.damaged', read.damaged.length)} <bdi>${read.damaged
            .slice(0, MAX_NAMED_FILES)
            .join(', ')}</bdi></p>`
        : nothing
    }`;
}

/** In a file without names, the owner of the account wrote every message. */
const isOwnersOnly = ({ conversations }: ImportConversations) =>
  conversations.every(({ senders, people }) => !senders.length && !people.length);

/**
 * Ask which app it is and how dates are written, where the file does not say, which name is the keeper's, and which
 * conversation is wanted.
 */
function conversationQuestion(stage: Stage, state: ImportStepState, read: ImportConversations) {
  const { app, conversations, dates } = read;
  const chooseApp = (code: ConversationApp) => {
    state.answers.app = code;
    stage.arrived = true;
    stage.draw();
  };
  if (!app && !state.answers.app) {
    const apps: [ConversationApp, string][] = [
      ['instagram', 'Instagram'],
      ['messenger', 'Messenger'],
    ];
    return html`<section class="stack-close"><h2>${t('chats.app')}</h2><ul class="rows">${apps.map(
      ([code, name]) => html`<li>${row({ title: name, icon: 'file', onClick: () => chooseApp(code) })}</li>`,
    )}</ul></section>`;
  }
  const { answers } = state;
  if (dates.orders.length > 1 && dates.example && !answers.order)
    return orderQuestion(
      dates.example,
      answers,
      (change) => {
        Object.assign(answers, change);
        stage.arrived = true;
        stage.draw();
      },
      'import',
    );
  return ownThenWhose(stage, state, {
    words: 'chats',
    own: () => namesIn(conversations),
    others: (me) => conversationChoices(conversations, me),
  });
}

/** Every name in a download, with the messages by that name; who is in most conversations comes first. */
function namesIn(conversations: ImportConversations['conversations']): PersonChoice[] {
  const names: Map<string, { places: number; from: number }> = new Map();
  for (const { people, senders } of conversations) {
    const sent = new Map(senders);
    for (const name of new Set([...people, ...sent.keys()])) {
      const { places, from } = names.get(name) ?? { places: 0, from: 0 };
      names.set(name, { places: places + 1, from: from + (sent.get(name) ?? 0) });
    }
  }
  return [...names]
    .sort(([, a], [, b]) => b.places - a.places || b.from - a.from)
    .map(([name, { from }]) => ({ key: name, title: name, text: name, hint: tn('import.me_hint', from) }));
}

/** `title`: the names of the others, or of the conversation if it has more than one other person */
function conversationChoices(conversations: ImportConversations['conversations'], me: string | null): PersonChoice[] {
  return conversations.map(({ id, title, people, senders }) => {
    const others = people.filter((name) => name !== me);
    const to = senders.find(([name]) => name === me)?.[1] ?? 0;
    const from = senders.reduce((sum, [, count]) => sum + count, 0) - to;
    const named = others.length === 1 ? (others[0] as string) : title;
    return { key: id, title: named, text: `${title} ${people.join(' ')}`, hint: t('mailbox.counts', { from, to }) };
  });
}
