/** Statements of other people: ask a witness for one, list the requests, and save an answer to the diary. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { addressCard, button, errorSummary, heading, progress, waiting } from '../../components/parts.js';
import { openWords } from '../../components/forms/words_sheet.js';
import { day } from '../../components/text/say.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { Kept, Witness } from '../../diary/sharing/witnesses.js';
import type { Said } from '../../crypto/sharing/witness.js';
import type { Stage } from '../../shell/stage.js';

function witness(stage: Stage) {
  vocabulary(stage);
  if (stage.local.made) return theWords(stage, stage.local.made);
  const found = stage.find('witnesses', () => stage.app.readWitnesses());
  const again = button(t('wit.again'), () => stage.refresh('witnesses'), { plain: true });
  if (!found.data)
    return found.problem
      ? html`<div class="stack-wide">${heading(t('wit.title'))}<p
        role="alert">${t('wit.offline')}</p><div>${again}</div></div>`
      : waiting();
  const { witnesses, address, offline } = found.data;
  return html`<div class="stack-wide"><div
    class="stack-close">${heading(t('wit.title'))}<p>${t('wit.lead')}</p></div>${errorSummary(stage)}
    ${offline ? html`<p class="soft" role="status">${t('wit.offline')}</p>` : form(stage)}
    <section class="stack-close"><h2>${t('wit.list')}</h2>${
      witnesses.length
        ? html`<ul class="rows">${witnesses.map((one) => item(stage, one, address))}</ul>`
        : html`<p class="soft">${t('wit.none')}</p>`
    }<div>${again}</div></section></div>`;
}

function form(stage: Stage) {
  const { local } = stage;
  const make = () =>
    openWords(stage, {
      title: t('wit.title'),
      lead: t('wit.why'),
      go: t('wit.do'),
      act: async (words) => {
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
      on: (name) => {
        local.name = name;
      },
    })}
    ${textField({
      id: 'wit-note',
      label: t('wit.note'),
      hint: t('wit.note_hint'),
      lines: 'low',
      value: local.note ?? '',
      on: (note) => {
        local.note = note;
      },
    })}
    <p class="care">${t('wit.careful')}</p><div>${button(t('wit.do'), make, {
      main: true,
      busy: stage.running === 'words',
    })}</div></div>`;
}

function theWords(stage: Stage, made: Kept) {
  return html`<div class="stack-wide"><div
    class="stack-close">${heading(t('wit.made'))}<p>${t('wit.say')}</p></div>${wordList(made.words)}
    <div class="stack-close"><p>${t('wit.where')}</p>${addressCard(made.address)}<p class="soft">${t('wit.until', {
      day: day(made.expires_at),
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

function item(stage: Stage, one: Witness, address: string) {
  const shown = stage.local.shown === one.witness;
  const over = one.answered_at !== null || one.expires_at <= Date.now();
  return html`<li class="page-item stack-close">
    ${one.note ? html`<h3 dir="auto">${one.note}</h3>` : nothing}
    <p><strong>${
      one.answered_at === null ? t(over ? 'wit.over' : 'wit.waits') : t('wit.came', { day: day(one.answered_at) })
    }</strong></p>
    ${one.said ? came(stage, one, one.said) : nothing}
    ${one.words === null ? html`<p class="small soft">${t('wit.elsewhere')}</p>` : nothing}
    ${over ? nothing : html`<p class="small soft">${t('wit.until', { day: day(one.expires_at) })}</p>`}
    ${
      !over && shown && one.words
        ? html`${wordList(one.words)}<p class="small">${t('wit.where')} <strong>${address}</strong></p>`
        : nothing
    }
    <div class="row">${
      !over && one.words
        ? button(t(shown ? 'wit.hide' : 'wit.show'), () => stage.set({ shown: shown ? null : one.witness }), {
            plain: true,
          })
        : nothing
    }
      ${button(t(one.said ? 'wit.drop' : 'wit.end'), () => ending(stage, one), { plain: true })}</div></li>`;
}

/** What a witness wrote, marked as theirs so that nobody takes it for the keeper's words. */
function came(stage: Stage, one: Witness, { fields, files }: Said) {
  const keep = () =>
    stage.run('keep', async () => {
      await stage.app.keepStatement(one.witness, (done: number, total: number) => stage.set({ done, total }));
      stage.refresh('');
      stage.say(t('wit.kept'));
    });
  return html`<div class="note stack-close written" data-verified=${String(one.verified)}>
    <p class=${one.verified === false ? 'care' : ''}><strong>${t(
      one.verified ? 'wit.checked' : one.verified === null ? 'wit.unknown' : 'wit.unchecked',
    )}</strong></p>
    <p class="small">${
      fields.name ? t('wit.from', { name: fields.name }) : nothing
    } ${label('statement_saw_how', fields.saw_how)}</p>
    ${fields.when ? html`<p class="small">${t('wit.when')}: <bdi>${fields.when}</bdi></p>` : nothing}
    <p class="narrative" dir="auto">${fields.words}</p>
    ${files ? html`<p class="small">${tn('wit.files', files.list.length)}</p>` : nothing}
    ${
      stage.running === 'keep' && stage.local.total
        ? progress({ label: t('wit.keeping'), done: stage.local.done, total: stage.local.total })
        : nothing
    }
    ${button(t('wit.keep'), keep, {
      main: true,
      busy: stage.running === 'keep',
    })}<p class="small soft">${t('wit.keep_more')}</p></div>`;
}

function ending(stage: Stage, one: Witness) {
  openWords(stage, {
    title: t(one.said ? 'wit.drop_title' : 'wit.end_title'),
    lead: t(one.said ? 'wit.drop_lead' : 'wit.end_lead'),
    go: t(one.said ? 'wit.drop' : 'wit.end'),
    act: async (words) => {
      await stage.app.dropWitness(one.witness, { words });
      stage.refresh('witnesses');
      stage.say(t('wit.ended'));
    },
  });
}

export const views = { witness };
