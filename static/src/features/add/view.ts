/** Add an entry: what happened or roughly when is enough to save. Everything else is optional and comes later. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, isStorageTemporary, row, sheet, stateLine } from '../../components/parts.js';
import { t, tn } from '../../shell/strings.js';
import { timeBlockOf, whenField } from '../../components/forms/time_field.js';
import { cardList } from '../../components/cards/cards.js';
import { waitForFiles, filesRow } from '../../components/cards/card_files.js';
import { hasFollowUps } from '../../components/follow_ups.js';
import { guardLine } from '../../components/forms/guard_line.js';
import { startPictures } from './start_pictures.js';
import { voiceBody } from '../../components/cards/card_voice.js';
import { addTextFile, textExcess } from '../../components/forms/long_text.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { ChosenTime } from '../../shell/app.js';

function addView(stage: Stage) {
  return stage.place.record ? savedView(stage, stage.place.record) : draftView(stage);
}

function draftView(stage: Stage) {
  const { local, state } = stage;
  const fields = state.draft?.fields ?? {};
  const isOpen = state.phase === 'open';
  return html`<div class="stack-wide">
    ${heading(t('add.title'))}
    ${errorSummary(stage)}
    <div class="stack-close">
      ${textField({
        id: 'narrative',
        label: t('add.title'),
        labelHidden: true,
        textarea: 'big',
        autofocus: true,
        value: fields.narrative ?? '',
        onChange: (narrative) => stage.app.putDraft({ fields: { narrative } }),
      })}
      ${guardLine(stage, fields.narrative ?? '', state.draft?.restricted ?? {}, (narrative, place_detail) =>
        stage.app.putDraft({ fields: { narrative }, restricted: { place_detail } }),
      )}
      ${tooLongNotice(stage, fields.narrative ?? '')}
      <p class="small soft">${t('add.alone')}</p>
      ${state.entries.length < 3 ? html`<p class="small soft">${t('add.read')}</p>` : nothing}
    </div>
    ${whenField({
      when: local.when ?? { chip: null, picked: null },
      saved: fields.precision ? fields : null,
      showMissing: Boolean(local.tried),
      onChange: (when) => setTime(stage, when),
    })}
    ${local.tried && !canSave(stage) ? html`<p class="error-line" role="alert">${t('add.need')}</p>` : nothing}
    ${
      !isOpen && isStorageTemporary()
        ? html`<div class="care stack-close"><p>${t('copy.ios')}</p><div>${button(
            t('copy.ios_how'),
            () => stage.go({ name: 'homescreen' }),
            { plain: true },
          )}</div></div>`
        : nothing
    }
    ${button(t(stage.runningTask === 'save' ? 'add.saving' : 'add.save'), () => saveDraft(stage), {
      main: true,
      wide: true,
      disabled: !canSave(stage),
      busy: stage.runningTask === 'save',
    })}
    ${startPictures(stage)}
    ${
      isOpen
        ? filesSection(stage)
        : state.draft?.attachments.length
          ? html`<p role="status">${tn('add.waiting', state.draft.attachments.length)}</p>`
          : nothing
    }
    ${isOpen ? [voiceRow(stage), importRow(stage)] : nothing}
    ${
      state.draft && canSave(stage)
        ? html`<div class="row apart small soft"><span>${
            state.draft.saved_at === null ? nothing : t('add.kept_draft')
          }</span>${button(t('add.drop'), () => stage.openSheet(dropSheet), { plain: true })}</div>`
        : nothing
    }
    ${isOpen ? followUpsRow(stage) : nothing}
  </div>`;
}

/** People look for an exported chat here, beside the pictures, and not under More. */
const importRow = (stage: Stage) =>
  html`<div class="rows">${row({
    title: t('add.import'),
    icon: 'bring',
    onClick: () => stage.go({ name: 'import' }),
  })}</div>`;

/** Say that there is something to look at, and neither what nor how much: anyone may see the first screen. */
function followUpsRow(stage: Stage) {
  if (!hasFollowUps(stage)) return nothing;
  return html`<div class="rows">${row({
    title: t('add.look'),
    icon: 'clock',
    onClick: () => stage.goToTab('chase'),
  })}</div>`;
}

function canSave(stage: Stage) {
  const draft = stage.state.draft;
  const when = stage.local.when;
  if (when?.chip === 'pick' && !timeBlockOf(when, Date.now())) return false;
  if (!draft || textExcess(draft.fields.narrative ?? '')) return false;
  return Boolean(
    draft.fields.narrative?.trim() ||
      draft.fields.precision ||
      draft.fields.behaviours?.length ||
      draft.attachments.length,
  );
}

/** Warn at once when the text is too long for one entry; nothing is cut. */
function tooLongNotice(stage: Stage, text: string) {
  const overflow = textExcess(text);
  if (!overflow) return nothing;
  const clearNarrative = async () => {
    await stage.app.putDraft({ fields: { narrative: '' } });
    stage.set({ files: true });
  };
  return html`<div class="note stack-close" role="alert"><p>${t('add.too_long', overflow)}</p>
    ${
      stage.state.phase === 'open'
        ? html`<div>${button(
            t('add.long_file'),
            () =>
              stage.run('long', async () => {
                await addTextFile(stage, 'draft', text);
                await clearNarrative();
              }),
            { busy: stage.runningTask === 'long' },
          )}</div>`
        : nothing
    }</div>`;
}

/** Offer to record the entry, spoken or signed, instead of writing it. */
function voiceRow(stage: Stage) {
  const { draft } = stage.state;
  const media = draft?.fields.narrative_media ?? null;
  const expanded = Boolean(stage.local.voice);
  const renderBody = () =>
    voiceBody(stage, {
      target: 'draft',
      media,
      attachments: draft?.attachments ?? [],
      onRecorded: (narrative_media) => stage.app.putDraft({ fields: { narrative_media } }),
    });
  return html`<div class="rows">${row({
    title: t('card.voice'),
    subtitle: media ? t('entry.recorded') : null,
    icon: 'voice',
    expanded,
    body: expanded ? renderBody() : nothing,
    onClick: () => stage.set({ voice: !expanded }),
  })}</div>`;
}

function setTime(stage: Stage, when: ChosenTime) {
  const block = timeBlockOf(when, Date.now());
  stage.set({ when });
  const cleared = {
    occurred_start: null,
    occurred_end: null,
    occurred_local: null,
    tz: null,
    utc_offset_min: null,
    precision: null,
    time_source: null,
  };
  stage.app.putDraft({ fields: block ?? cleared });
}

export async function saveDraft(stage: Stage) {
  if (!canSave(stage)) return stage.set({ tried: true });
  // Only the user stops a recording, never a save.
  if (stage.local.take?.state === 'recording') return stage.set({ voice: true });
  if (stage.state.phase === 'fresh') return stage.go({ name: 'words' });
  const { generation, place } = stage;
  await stage.run('save', async () => {
    await waitForFiles(stage);
    if (generation !== stage.generation) return; // locked meanwhile: the draft keeps the files that came in
    const fileProblem = stage.problem;
    const { record } = await stage.app.saveIncident({ record: null, fields: {}, restricted: {} });
    if (stage.place === place) stage.stand({ name: 'add', record }); // else the user went back meanwhile
    stage.announce(t('add.saved'));
    if (fileProblem) stage.fail(fileProblem); // report a lost file on the page that is shown now
  });
}

function dropSheet(stage: Stage) {
  const drop = () => {
    const { place } = stage;
    stage.closeSheet();
    stage.run('drop', async () => {
      await stage.app.dropDraft();
      if (stage.place === place) stage.stand({ name: 'add' });
    });
  };
  return sheet(
    stage,
    t('add.drop'),
    html`<p>${t('add.drop_ask')}</p><div class="row">${button(t('add.drop_do'), drop)}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { main: true },
    )}</div>`,
  );
}

function filesSection(stage: Stage) {
  const attachments = stage.state.draft?.attachments ?? [];
  return filesRow(
    stage,
    { target: 'draft', record: null, attachments, missingEvidence: stage.state.draft?.fields.missing_evidence ?? '' },
    attachments.length ? tn('add.waiting', attachments.length) : null,
  );
}

function savedView(stage: Stage, record: string) {
  const result = stage.find(`entry:${record}`, () => stage.app.readIncident(record));
  const entryState = stage.state.entries.find((row) => row.record === record)?.state ?? result.data?.state;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('add.saved'))}${entryState ? stateLine(stage, entryState) : nothing}
      <p class="soft">${t('add.more')}</p></div>
    ${errorSummary(stage)}
    ${result.data ? cardList(stage, result.data) : nothing}
    <div class="row">${button(t('add.see'), () => stage.go({ name: 'entry', record }), { main: true })}${button(
      t('add.another'),
      () => stage.go({ name: 'add' }),
      { plain: true },
    )}</div>
  </div>`;
}

export const views = { add: addView };
