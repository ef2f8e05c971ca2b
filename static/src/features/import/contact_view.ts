/**
 * The contacts of a file: one is picked, and each of its numbers, addresses and handles is added to the register of
 * accounts by a tap of its own.
 */
import { html, nothing } from '../../shell/html.js';
import { button } from '../../components/parts.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { accountFieldsOf, isKnown } from './contact_accounts.js';
import { personRows } from './person_rows.js';
import './words.js';
import type { Contact, ContactValue } from '../../imports/contacts/vcard.js';
import type { ImportContacts } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { ImportStepState } from './import_work.js';

const MAX_NAMED_LINES = 20;

export function contactNotes({ damaged, tooLong }: ImportContacts) {
  return html`${
    damaged.length
      ? html`<p class="care">${tn('contacts.damaged', damaged.length)} ${damaged
          .slice(0, MAX_NAMED_LINES)
          .join(', ')}</p>`
      : nothing
  }
    ${tooLong ? html`<p class="care">${tn('contacts.too_long', tooLong)}</p>` : nothing}`;
}

export function contactQuestion(stage: Stage, { answers }: ImportStepState, { contacts }: ImportContacts) {
  const change = (person: string | undefined) => {
    answers.person = person;
    stage.local.find = '';
    stage.arrived = true;
    stage.draw();
  };
  const chosen = contacts[Number(answers.person ?? -1)];
  if (chosen) return contactValues(stage, chosen, () => change(undefined));
  const choices = contacts.map(({ name, values }, i) => ({
    key: String(i),
    title: name || values[0]?.value || t('contacts.unnamed'),
    text: [name, ...values.map(({ value }) => value)].join(' '),
    hint: tn('contacts.count', values.length),
  }));
  return html`<section class="stack-close"><h2>${t('contacts.whose')}</h2>
    <p class="small soft">${t('contacts.lead')}</p>
    ${personRows(stage, choices, { words: 'phone', choose: change })}</section>`;
}

function contactValues(stage: Stage, { name, values }: Contact, goBack: () => void) {
  const accounts = stage.find('records:account', () => stage.app.readRecords('account', { all: true })).data;
  return html`<section class="stack-close"><h2><bdi>${name || t('contacts.unnamed')}</bdi></h2>
    <p class="small soft">${t('contacts.values_lead')}</p>
    ${values.length ? nothing : html`<p role="status">${t('contacts.none')}</p>`}
    <ul class="rows">${values.map((value) => contactValue(stage, value, accounts))}</ul>
    <div>${button(t('contacts.back'), goBack, { plain: true })}</div></section>`;
}

/** @param accounts undefined while they are being read: nothing can be added twice meanwhile */
function contactValue(stage: Stage, value: ContactValue, accounts: Parameters<typeof isKnown>[1] | undefined) {
  const task = `add-account:${value.service}:${value.value}`;
  const add = () =>
    stage.run(task, async () => {
      await stage.app.saveRecord({ kind: 'account', record: null, fields: accountFieldsOf(value) });
      stage.refresh('records:account');
      stage.announce(t('contacts.added'));
    });
  return html`<li class="page-item row apart"><span><bdi>${value.value}</bdi><br><span class="small soft">${lookUp(
    `contacts.${value.kind}`,
  )}${value.service && value.kind !== 'email' ? html` · <bdi>${value.service}</bdi>` : nothing}</span></span>
    ${
      !accounts
        ? nothing
        : isKnown(value, accounts)
          ? html`<span class="small" role="status">${t('contacts.known')}</span>`
          : button(t('contacts.add'), add, { icon: 'add', busy: stage.runningTask === task })
    }</li>`;
}
