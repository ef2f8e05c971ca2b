/**
 * Adding while locked: a page that can be written to and not read (camera, picker, voice, two lines). The second page
 * is inside the diary and lists what was added that way; the keeper confirms each item before it becomes a draft.
 */
import { html, nothing } from '../../shell/html.js';
import { askBeforeAdding } from '../../components/files/picture_warning.js';
import { camera } from '../../components/files/camera.js';
import { voiceBody } from '../../components/cards/card_voice.js';
import { filePicker, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, sheet } from '../../components/parts.js';
import { dateTimeText, sizeText } from '../../components/text/formatting.js';
import { arePicturesHidden } from '../../components/files/tiles.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { arrivalNotice } from '../../components/files/arrival.js';
import './words.js';
import type { CapturedFile } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** The page on a locked phone. */
function capturingView(stage: Stage) {
  const { local, state } = stage;
  const count = state.picture?.files.length ?? 0;
  const addFiles = (files: File[], route: string) => stage.run('picture', () => stage.app.pictureAdd(files, { route }));
  const addPhoto = async (file: File) => {
    local.camera = null;
    await addFiles([file], 'camera_in_app');
  };
  return html`<main class="door">
    ${heading(t('picture.title'))}
    <p class="small soft">${t('cap.lead')}</p>
    ${errorSummary(stage)}${arrivalNotice(stage)}
    <p role="status">${count ? tn('cap.added', count) : nothing}</p>
    ${
      local.camera
        ? camera(stage, addPhoto, { plain: true })
        : local.voice
          ? voiceRecorder(stage, addFiles)
          : local.lines
            ? linesForm(stage, addFiles)
            : html`<div class="stack-close">
      ${button(t('cap.camera'), () => stage.set({ camera: {} }), { icon: 'camera', main: !count, wide: true })}
      ${filePicker({ label: t('cap.pick'), icon: 'picture', onFiles: (files) => addFiles(files, 'photo_picker') })}
      ${button(t('cap.voice'), () => stage.set({ voice: true }), { icon: 'voice', wide: true })}
      ${button(t('cap.lines'), () => stage.set({ lines: true }), { icon: 'note', wide: true })}
      ${button(t('frame.done'), () => stage.run('picture', () => stage.app.pictureSave()), {
        main: Boolean(count),
        wide: true,
        busy: stage.runningTask === 'picture',
      })}</div>`
    }
  </main>`;
}

function voiceRecorder(stage: Stage, addFiles: (files: File[], route: string) => Promise<unknown>) {
  const saveRecording = async (file: File) => {
    await addFiles([file], 'recorded_in_app');
    return null;
  };
  return html`${voiceBody(stage, {
    target: '',
    media: null,
    attachments: [],
    saveFile: saveRecording,
    onRecorded: () => stage.set({ voice: false, take: undefined }),
  })}
    ${
      stage.local.take?.state === 'recording' || stage.local.take?.state === 'sealing'
        ? nothing
        : html`<div>${button(t('frame.cancel'), () => stage.set({ voice: false, take: undefined }), {
            plain: true,
          })}</div>`
    }`;
}

function linesForm(stage: Stage, addFiles: (files: File[], route: string) => Promise<unknown>) {
  const { local } = stage;
  const submit = async () => {
    const text = (local.text ?? '').trim();
    if (!text) return;
    const timestamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    stage.set({ text: '', lines: false });
    await addFiles([new File([text], `note-${timestamp}.txt`, { type: 'text/plain' })], 'paste');
  };
  return html`<div class="stack">${textField({
    id: 'two-lines',
    label: t('cap.text'),
    textarea: 'low',
    autofocus: true,
    value: local.text ?? '',
    onChange: (text) => {
      local.text = text;
    },
  })}
    <div class="row">${button(t('cap.add_lines'), submit, { main: true })}${button(
      t('frame.cancel'),
      () => stage.set({ text: '', lines: false }),
      { plain: true },
    )}</div></div>`;
}

/** What was added while the diary was locked. */
function capturedView(stage: Stage) {
  const result = stage.find('captured', () => stage.app.readCaptured());
  const { asked: pendingFiles = [], drafts = [] } = result.data ?? {};
  return html`<div class="stack-wide"><div
    class="stack-close">${heading(t('capd.title'))}<p>${t('capd.lead')}</p></div>${errorSummary(stage)}
    ${result.data ? nothing : html`<p role="status">${t('frame.loading')}</p>`}
    ${result.data && !pendingFiles.length && !drafts.length ? html`<p>${t('capd.none')}</p>` : nothing}
    ${
      pendingFiles.length
        ? html`<ul class="rows">${pendingFiles.map(
            (item) =>
              html`<li class="page-item stack-close">${fileCard(stage, item)}${acceptOrDiscard(stage, item)}</li>`,
          )}</ul>`
        : nothing
    }
    ${
      drafts.length
        ? html`<section class="stack-close"><h2>${t('capd.drafts')}</h2><ul class="rows">${drafts.map(
            (item) => html`<li class="page-item stack-close">
      ${item.words ? html`<p dir="auto">${item.words}</p>` : nothing}${item.files.map((file) => fileCard(stage, file))}
      <div>${button(t('capd.write'), () => openDraft(stage, item.id), {})}</div></li>`,
          )}</ul></section>`
        : nothing
    }</div>`;
}

function fileCard(stage: Stage, file: CapturedFile) {
  const isUncovered = (stage.local.bare ?? []).includes(file.attachment);
  // Blurred like every picture, and not even read when the keeper hides pictures: somebody else may have added it.
  const picture =
    file.kind === 'image' && (isUncovered || !arePicturesHidden(stage))
      ? stage.find(`preview:${file.attachment}`, () =>
          stage.app.readPicture(file.attachment, 'preview').catch(() => null),
        )
      : null;
  const toggle = () =>
    stage.set({
      bare: isUncovered
        ? stage.local.bare.filter((id: string) => id !== file.attachment)
        : [...(stage.local.bare ?? []), file.attachment],
    });
  return html`${
    picture?.data?.url
      ? html`<div class="captured"><img class=${isUncovered ? '' : 'blurred'} src=${picture.data.url} alt=${
          isUncovered ? t('file.picture_of', { name: file.name }) : ''
        }></div>`
      : nothing
  }
    ${
      file.kind === 'image'
        ? html`<div>${button(t(isUncovered ? 'file.cover' : 'file.touch'), toggle, { plain: true, icon: 'eye' })}</div>`
        : nothing
    }
    <strong dir="auto">${file.name}</strong><span class="small soft">${sizeText(file.size)}${
      file.at ? html` · ${t('capd.at', { at: dateTimeText(file.at) })}` : nothing
    }</span>
    <details class="small soft"><summary>${t('file.digest')}</summary><span
      class="letters">${file.sha256}</span></details>
    ${file.same === false ? html`<p class="care">${t('capd.differs')}</p>` : nothing}`;
}

function acceptOrDiscard(stage: Stage, { attachment }: CapturedFile) {
  const finish = (messageKey: string) => {
    stage.refresh('captured');
    stage.announce(lookUp(messageKey));
  };
  const accept = () =>
    askBeforeAdding(stage, { record: null, missingEvidence: '' }, () =>
      stage.run('captured', async () => {
        await stage.app.acceptCaptured(attachment);
        finish('capd.drafted');
      }),
    );
  const confirmDiscard = () =>
    stage.openSheet((sheetStage: Stage) =>
      sheet(
        sheetStage,
        t('capd.not'),
        html`<p>${t('capd.not_ask')}</p><div class="row">
    ${button(t('capd.not_do'), () => {
      sheetStage.closeSheet();
      void sheetStage.run('captured', async () => {
        await sheetStage.app.discardCaptured(attachment);
        finish('capd.thrown');
      });
    })}
    ${button(t('frame.cancel'), () => sheetStage.closeSheet(), { main: true })}</div>`,
      ),
    );
  return html`<p>${t('capd.asked')}</p><div class="row">${button(t('capd.mine'), accept, {
    main: true,
  })}${button(t('capd.not'), confirmDiscard, { plain: true })}</div>`;
}

function openDraft(stage: Stage, id: string) {
  return stage.run('captured', async () => {
    await stage.app.takeUpDraft(id);
    stage.refresh('captured');
    stage.go({ name: 'add' });
  });
}

/** The switch for adding while locked, with an explanation first. */
function captureSettingsView(stage: Stage) {
  const isOn = stage.state.capture !== false;
  const toggle = () => stage.run('capset', () => stage.app.setCapturing(!isOn));
  return html`<div class="stack-wide">${heading(t('capset.title'))}<p>${t('capset.lead')}</p><p>${t('capset.for')}</p><p
      class="soft">${t('capset.against')}</p>${errorSummary(stage)}
    <p role="status"><strong>${t(isOn ? 'capset.on' : 'capset.off')}</strong></p><div>${button(
      t(isOn ? 'capset.turn_off' : 'capset.turn_on'),
      toggle,
      { main: true, busy: stage.runningTask === 'capset' },
    )}</div></div>`;
}

export const views = { capturing: capturingView, captured: capturedView, capset: captureSettingsView };
