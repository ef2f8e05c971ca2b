/** Statements of other people: ask a witness for one, list the requests, and save an answer to the diary. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { addressCard, button, errorSummary, heading, progress, loading } from '../../components/parts.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import { dateText } from '../../components/text/formatting.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { StoredCode, Witness } from '../../diary/sharing/witnesses.js';
import type { WitnessReport } from '../../crypto/sharing/witness.js';
import type { Stage } from '../../shell/stage.js';

function witnessView(stage: Stage) {
  loadVocabulary(stage);
  if (stage.local.made) return madeView(stage, stage.local.made);
  const result = stage.find('witnesses', () => stage.app.readWitnesses());
  const refreshButton = button(t('wit.again'), () => stage.refresh('witnesses'), { plain: true });
  if (!result.data)
    return result.problem
      ? html`<div class="stack-wide">${heading(t('wit.title'))}<p
        role="alert">${t('wit.offline')}</p><div>${refreshButton}</div></div>`
      : loading();
  const { witnesses, address, offline } = result.data;
  return html`<div class="stack-wide"><div
    class="stack-close">${heading(t('wit.title'))}<p>${t('wit.lead')}</p></div>${errorSummary(stage)}
    ${offline ? html`<p class="soft" role="status">${t('wit.offline')}</p>` : requestForm(stage)}
    <section class="stack-close"><h2>${t('wit.list')}</h2>${
      witnesses.length
        ? html`<ul class="rows">${witnesses.map((witness) => witnessItem(stage, witness, address))}</ul>`
        : html`<p class="soft">${t('wit.none')}</p>`
    }<div>${refreshButton}</div></section></div>`;
}

function requestForm(stage: Stage) {
  const { local } = stage;
  const request = () =>
    openWordsSheet(stage, {
      title: t('wit.title'),
      lead: t('wit.why'),
      go: t('wit.do'),
      onSubmit: async (words) => {
        const made = await stage.app.askWitness({ name: local.name ?? '', note: local.note ?? '', words });
        stage.refresh('witnesses');
        stage.arrived = true;
        stage.set({ made });
      },
    });
  return html`<div class="stack">
    ${textField({
      id: 'wit-name',
      label: t('wit.name'),
      value: local.name ?? '',
      onChange: (name) => {
        local.name = name;
      },
    })}
    ${textField({
      id: 'wit-note',
      label: t('wit.note'),
      hint: t('wit.note_hint'),
      textarea: 'low',
      value: local.note ?? '',
      onChange: (note) => {
        local.note = note;
      },
    })}
    <p class="care">${t('wit.careful')}</p><div>${button(t('wit.do'), request, {
      main: true,
      busy: stage.runningTask === 'words',
    })}</div></div>`;
}

function madeView(stage: Stage, access: StoredCode) {
  return html`<div class="stack-wide"><div
    class="stack-close">${heading(t('wit.made'))}<p>${t('wit.say')}</p></div>${wordList(access.words)}
    <div class="stack-close"><p>${t('wit.where')}</p>${addressCard(access.address)}<p class="soft">${t('wit.until', {
      day: dateText(access.expires_at),
    })}</p></div>
    <p class="care">${t('wit.careful')}</p>${button(t('wit.done'), () => stage.stand({ name: 'witness' }), {
      main: true,
      wide: true,
    })}</div>`;
}

const wordList = (words: string) =>
  html`<ol class="word-grid eight-words" lang="en" dir="ltr">${words
    .split(' ')
    .map((word) => html`<li>${word}</li>`)}</ol>`;

function witnessItem(stage: Stage, witness: Witness, address: string) {
  const isShown = stage.local.shown === witness.witness;
  const isOver = witness.answered_at !== null || witness.expires_at <= Date.now();
  return html`<li class="page-item stack-close">
    ${witness.note ? html`<h3 dir="auto">${witness.note}</h3>` : nothing}
    <p><strong>${
      witness.answered_at === null
        ? t(isOver ? 'wit.over' : 'wit.waits')
        : t('wit.came', { day: dateText(witness.answered_at) })
    }</strong></p>
    ${witness.said ? statementCard(stage, witness, witness.said) : nothing}
    ${witness.words === null ? html`<p class="small soft">${t('wit.elsewhere')}</p>` : nothing}
    ${isOver ? nothing : html`<p class="small soft">${t('wit.until', { day: dateText(witness.expires_at) })}</p>`}
    ${
      !isOver && isShown && witness.words
        ? html`${wordList(witness.words)}<p class="small">${t('wit.where')} <strong>${address}</strong></p>`
        : nothing
    }
    <div class="row">${
      !isOver && witness.words
        ? button(t(isShown ? 'wit.hide' : 'wit.show'), () => stage.set({ shown: isShown ? null : witness.witness }), {
            plain: true,
          })
        : nothing
    }
      ${button(t(witness.said ? 'wit.drop' : 'wit.end'), () => confirmEnd(stage, witness), {
        plain: true,
      })}</div></li>`;
}

/** What a witness wrote, marked as theirs so that nobody takes it for the keeper's words. */
function statementCard(stage: Stage, witness: Witness, { fields, files }: WitnessReport) {
  const saveStatement = () =>
    stage.run('keep', async () => {
      await stage.app.keepStatement(witness.witness, (done: number, total: number) => stage.set({ done, total }));
      stage.refresh('');
      stage.announce(t('wit.kept'));
    });
  return html`<div class="note stack-close written" data-verified=${String(witness.verified)}>
    <p class=${witness.verified === false ? 'care' : ''}><strong>${t(
      witness.verified ? 'wit.checked' : witness.verified === null ? 'wit.unknown' : 'wit.unchecked',
    )}</strong></p>
    <p class="small">${
      fields.name ? t('wit.from', { name: fields.name }) : nothing
    } ${labelForCode('statement_saw_how', fields.saw_how)}</p>
    ${fields.when ? html`<p class="small">${t('wit.when')}: <bdi>${fields.when}</bdi></p>` : nothing}
    <p class="narrative" dir="auto">${fields.words}</p>
    ${files ? html`<p class="small">${tn('wit.files', files.list.length)}</p>` : nothing}
    ${
      stage.runningTask === 'keep' && stage.local.total
        ? progress({ label: t('wit.keeping'), done: stage.local.done, total: stage.local.total })
        : nothing
    }
    ${button(t('wit.keep'), saveStatement, {
      main: true,
      busy: stage.runningTask === 'keep',
    })}<p class="small soft">${t('wit.keep_more')}</p></div>`;
}

function confirmEnd(stage: Stage, witness: Witness) {
  openWordsSheet(stage, {
    title: t(witness.said ? 'wit.drop_title' : 'wit.end_title'),
    lead: t(witness.said ? 'wit.drop_lead' : 'wit.end_lead'),
    go: t(witness.said ? 'wit.drop' : 'wit.end'),
    onSubmit: async (words) => {
      await stage.app.dropWitness(witness.witness, { words });
      stage.refresh('witnesses');
      stage.announce(t('wit.ended'));
    },
  });
}

export const views = { witness: witnessView };
