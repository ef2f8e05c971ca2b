/**
 * The questions about a phone bill: what its columns are, and then what they leave open. The last answer, whose calls
 * are wanted, opens the preview.
 */
import { html, nothing } from '../../shell/html.js';
import { chips, selectField } from '../../components/forms/fields.js';
import { button } from '../../components/parts.js';
import { dateText } from '../../components/text/formatting.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { BILL_ROLES } from '../../imports/phone_bill/bill.js';
import { confirmColumns, makePlan } from './import_work.js';
import { personRows, phoneChoices } from './person_rows.js';
import './words.js';
import type { ImportStepState } from './import_work.js';
import type { Stage } from '../../shell/stage.js';
import type { BillQuestions, ImportAnswers, ImportBill } from '../../shell/app.js';

export function billQuestion(stage: Stage, state: ImportStepState, read: ImportBill) {
  return state.bill ? openQuestions(stage, state, state.bill) : columnsForm(stage, state, read);
}

/** The columns as proposed from their names and values, for the keeper to confirm or change. */
function columnsForm(stage: Stage, { answers }: ImportStepState, { columns }: ImportBill) {
  const chosen = answers.columns ?? {};
  const choices = columns.map(({ name, examples }, i): [string, string] => [
    String(i),
    [name || t('bill.column', { n: i + 1 }), examples.join(', ')].filter(Boolean).join(': '),
  ]);
  const isComplete = chosen.date !== undefined && chosen.number !== undefined;
  return html`<section class="stack"><h2>${t('bill.columns')}</h2>
    <p class="small soft">${t('bill.columns_lead')}</p>
    ${BILL_ROLES.map((role) =>
      selectField({
        id: `column-${role}`,
        label: lookUp(`bill.${role}`),
        emptyLabel: t('bill.no_column'),
        choices,
        value: chosen[role] === undefined ? '' : String(chosen[role]),
        onChange: (code) => {
          const { [role]: _before, ...others } = chosen;
          answers.columns = code === '' ? others : { ...others, [role]: Number(code) };
          stage.draw();
        },
      }),
    )}
    ${isComplete ? nothing : html`<p class="error-line" role="alert">${t('bill.need')}</p>`}
    <div>${button(t('bill.confirm'), () => confirmColumns(stage), {
      main: true,
      disabled: !isComplete,
    })}</div></section>`;
}

function openQuestions(stage: Stage, state: ImportStepState, bill: BillQuestions) {
  const { answers } = state;
  const update = (change: Partial<ImportAnswers>) => {
    Object.assign(answers, change);
    stage.draw();
  };
  const back = () => {
    state.bill = null;
    stage.arrived = true;
    stage.draw();
  };
  const choose = (person: string) => {
    answers.person = person;
    stage.arrived = true;
    return makePlan(stage);
  };
  const isOpen =
    (bill.orders.length > 1 && !answers.order) ||
    (bill.length && !answers.lengths) ||
    !(bill.isWayWritten || answers.way);
  return html`${bill.orders.length > 1 && bill.example ? orderQuestion(bill.example, answers, update) : nothing}
    ${bill.length ? lengthQuestion(bill.length, answers, update) : nothing}
    ${
      bill.isWayWritten
        ? nothing
        : chips({
            name: 'way',
            legend: t('bill.way'),
            chosen: [answers.way ?? ''],
            choices: [
              ['out', t('bill.made')],
              ['in', t('bill.got')],
              ['both', t('bill.both')],
            ],
            onChange: (way) => update({ way: way as NonNullable<ImportAnswers['way']> }),
          })
    }
    ${
      isOpen
        ? nothing
        : html`<section class="stack-close"><h2>${t('phone.whose_calls')}</h2>
      <p class="small soft">${t('bill.own')}</p>
      ${personRows(
        stage,
        phoneChoices(bill.people, ({ calls }) => tn('bill.calls', calls)),
        { words: 'phone', choose },
      )}</section>`
    }
    <div>${button(t('bill.back'), back, { plain: true })}</div>`;
}

type Update = (change: Partial<ImportAnswers>) => void;

/** Ask in which order dates are written. `words`: the group of texts */
export const orderQuestion = (
  { written, days }: NonNullable<BillQuestions['example']>,
  { order: chosen }: ImportAnswers,
  update: Update,
  words: 'bill' | 'import' = 'bill',
) =>
  html`<div class="stack-close">${chips({
    name: 'order',
    legend: lookUp(`${words}.order`),
    chosen: [chosen ?? ''],
    onChange: (order) => update({ order }),
    choices: days.map(([order, day]) => [
      order,
      lookUp(`import.${order}`, { day: dateText(Date.parse(`${day}T12:00Z`)) }),
    ]),
  })}<p class="small soft">${lookUp(`${words}.order_lead`, { date: written })}</p></div>`;

function lengthQuestion(length: string, answers: ImportAnswers, update: Update) {
  const isTwo = length.includes(':');
  return chips({
    name: 'lengths',
    legend: t('bill.lengths', { length }),
    chosen: [answers.lengths ?? ''],
    choices: [
      ['small', t(isTwo ? 'bill.minutes_seconds' : 'bill.seconds')],
      ['large', t(isTwo ? 'bill.hours_minutes' : 'bill.minutes')],
      ['unsure', t('import.unknown')],
    ],
    onChange: (lengths) => update({ lengths: lengths as NonNullable<ImportAnswers['lengths']> }),
  });
}
