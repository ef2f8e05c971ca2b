/** Entries that an advocate typed while the keeper spoke, shown one at a time, with Yes, Change and No. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, sheet, loading } from '../../components/parts.js';
import { dateTimeText, occurredText } from '../../components/text/formatting.js';
import { lookUp, t } from '../../shell/strings.js';
import { advocateNarrative } from '../../record/assisted.js';
import { conversationText } from '../../components/text/assisted_marks.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { AssistedAnswer, AssistedEntry, DeskFile } from '../../diary/types.js';
import type { AssistedMark } from '../../record/assisted.js';

function assistedView(stage: Stage) {
  const result = stage.find('assisted', () => stage.app.readAssisted());
  const entries = result.data as AssistedEntry[] | undefined;
  if (!entries) return html`<div class="stack">${errorSummary(stage)}${loading()}</div>`;
  const files = stage.find('assisted:files', () => stage.app.readDeskFiles()).data ?? [];
  const written = entries[0];
  if (!written && files[0])
    return html`<div class="stack-wide">${heading(t('asst.file_title'))}${errorSummary(stage)}
      ${fileView(stage, files[0])}</div>`;
  if (!written) return html`<div class="stack-wide">${heading(t('asst.title'))}<p>${t('asst.none')}</p></div>`;
  return html`<div class="stack-wide">${heading(t('asst.title'))}${errorSummary(stage)}${
    stage.local.own === undefined ? readView(stage, written) : changeView(stage, written)
  }</div>`;
}

function readView(stage: Stage, written: AssistedEntry) {
  const { mark } = written;
  const refuse = () =>
    stage.openSheet(() =>
      sheet(
        stage,
        t('asst.no_title'),
        html`<p>${t(written.record ? 'asst.no_lead_in' : 'asst.no_lead')}</p>
    <div class="row">${button(
      t('asst.no_do'),
      () => {
        stage.closeSheet();
        void answerEntry(stage, written, { answer: 'no' });
      },
      { main: true },
    )}${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>`,
      ),
    );
  return html`<div class="stack-close">
      <p>${t('asst.who', { name: written.name || mark.by })}${
        written.organisation ? html` <span class="soft">${written.organisation}</span>` : nothing
      }</p>
      <p class="small soft">${conversationText(mark)} · ${t(
        mark.read_back ? 'asst.read_back' : 'asst.not_read_back',
      )}</p><p>${t('asst.lead')}</p></div>
    <article class="card stack-close written">
      <p class="small"><strong>${t('asst.when')}</strong> ${occurredText(written.occurred)}</p>
      ${
        advocateNarrative(written.occurred)
          ? html`<p class="narrative" dir="auto">${written.narrative}</p>`
          : turnList(mark)
      }
    </article>
    <div class="stack-close"><h2>${t('asst.ask')}</h2>
      <div class="row">${button(t('asst.yes'), () => answerEntry(stage, written, { answer: 'yes' }), {
        main: true,
        busy: stage.runningTask === 'assisted',
      })}
        ${button(t('asst.change'), () => {
          stage.arrived = true;
          stage.set({ own: written.narrative });
        })}${button(t('asst.no'), refuse)}</div>
      <div>${button(t('asst.later'), () => answerEntry(stage, written, { answer: 'later' }), {
        plain: true,
      })}</div><p class="small soft">${t('asst.later_more')}</p></div>`;
}

/** Show each question and answer in order, so that no question is mistaken for the keeper's words. */
function turnList({ turns: entries }: AssistedMark) {
  return entries.map(
    ({ asked, words, said: reply }) => html`<div class="stack-close">
    <p class="small soft">${
      asked
        ? html`${t('asst.asked')}: <strong dir="auto">${asked === 'own' ? words : lookUp(`asst.p.${asked}`)}</strong>`
        : t('asst.unasked')
    }</p>
    <p class="narrative ${reply ? '' : 'soft'}" dir="auto">${reply || t('asst.nothing')}</p></div>`,
  );
}

function changeView(stage: Stage, written: AssistedEntry) {
  const { local } = stage;
  const stop = () => {
    stage.arrived = true;
    stage.set({ own: undefined, needed: false });
  };
  const save = () =>
    local.own.trim()
      ? answerEntry(stage, written, { answer: 'changed', narrative: local.own, reason: t('asst.reason_said') })
      : stage.set({ needed: true });
  return html`${textField({
    id: 'own',
    label: t('asst.own'),
    hint: t('asst.own_hint'),
    textarea: 'big',
    value: local.own,
    error: local.needed ? t('asst.own_need') : null,
    onChange: (narrative) => {
      local.own = narrative;
    },
  })}
    <div class="row">${button(t('asst.own_do'), save, { main: true, busy: stage.runningTask === 'assisted' })}${button(
      t('frame.cancel'),
      stop,
      { plain: true },
    )}</div>`;
}

/** A file from an advocate's desk: its name and where it is from. Nothing of it is drawn. */
function fileView(stage: Stage, file: DeskFile) {
  const answer = (isKept: boolean) =>
    stage.run('assisted', async () => {
      const { record } = await stage.app.answerDeskFile(file, isKept);
      stage.arrived = true;
      stage.announce(t(record ? 'asst.file_kept' : isKept ? 'asst.file_same' : 'asst.done_no'));
      stage.refresh('');
      if (record) stage.go({ name: 'file', attachment: record });
      else if (!stage.state.waiting?.written) stage.go({ name: 'entries' });
    });
  return html`<div class="stack-close"><p>${t('asst.file_who', { name: file.sender || file.by })}${
    file.organisation ? html` <span class="soft">${file.organisation}</span>` : nothing
  }</p><p>${t('asst.file_lead')}</p></div>
    <article class="card stack-close"><h2><bdi>${file.name}</bdi></h2>
      <p class="small"><strong>${t('asst.file_from')}</strong> <bdi>${file.source}</bdi></p>
      <p class="small soft">${dateTimeText(file.at)}</p></article>
    <div class="stack-close"><div class="row">${button(t('asst.file_keep'), () => answer(true), {
      main: true,
      busy: stage.runningTask === 'assisted',
    })}${button(t('asst.no_do'), () => answer(false))}</div><p class="small soft">${t('asst.file_more')}</p></div>`;
}

function answerEntry(
  stage: Stage,
  written: AssistedEntry,
  response: { answer: AssistedAnswer; narrative?: string; reason?: string },
) {
  return stage.run('assisted', async () => {
    await stage.app.answerAssisted(written.id, response);
    // A postponed entry is asked about again at the next unlock, not in a loop.
    if (response.answer === 'later' && written.record) stage.go({ name: 'entries' });
    stage.local = {};
    stage.arrived = true;
    stage.announce(t(`asst.done_${response.answer}`));
    stage.refresh('');
    if (response.answer === 'later' || !stage.state.waiting?.written) stage.go({ name: 'entries' });
  });
}

export const views = { assisted: assistedView };
