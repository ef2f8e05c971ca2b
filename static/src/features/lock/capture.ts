/**
 * Adding while locked: a page that can be written to and not read (camera, picker, voice, two lines). The second page
 * is inside the diary and lists what was added that way; the keeper confirms each item before it becomes a draft.
 */
import { html, nothing } from '../../shell/html.js';
import { askFirst } from '../../components/files/asking.js';
import { camera } from '../../components/files/camera.js';
import { voiceBody } from '../../components/cards/card_voice.js';
import { filePicker, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, sheet } from '../../components/parts.js';
import { momentSaid, size } from '../../components/text/say.js';
import { isHidden } from '../../components/files/tiles.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import './words.js';
import type { CapturedFile } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** The page on a locked phone. */
function capturing(stage: Stage) {
  const { local, state } = stage;
  const count = state.picture?.files.length ?? 0;
  const put = (files: File[], route: string) => stage.run('picture', () => stage.app.pictureAdd(files, { route }));
  const shoot = async (file: File) => {
    local.camera = null;
    await put([file], 'camera_in_app');
  };
  return html`<main class="door">
    ${heading(t('picture.title'))}
    <p class="small soft">${t('cap.lead')}</p>
    ${errorSummary(stage)}
    <p role="status">${count ? tn('cap.added', count) : nothing}</p>
    ${
      local.camera
        ? camera(stage, shoot, { plain: true })
        : local.voice
          ? saying(stage, put)
          : local.lines
            ? lines(stage, put)
            : html`<div class="stack-close">
      ${button(t('cap.camera'), () => stage.set({ camera: {} }), { icon: 'camera', main: !count, wide: true })}
      ${filePicker({ label: t('cap.pick'), icon: 'picture', on: (files) => put(files, 'photo_picker') })}
      ${button(t('cap.voice'), () => stage.set({ voice: true }), { icon: 'voice', wide: true })}
      ${button(t('cap.lines'), () => stage.set({ lines: true }), { icon: 'note', wide: true })}
      ${button(t('frame.done'), () => stage.run('picture', () => stage.app.pictureSave()), {
        main: Boolean(count),
        wide: true,
        busy: stage.running === 'picture',
      })}</div>`
    }
  </main>`;
}

function saying(stage: Stage, put: (files: File[], route: string) => Promise<unknown>) {
  const keep = async (file: File) => {
    await put([file], 'recorded_in_app');
    return null;
  };
  return html`${voiceBody(stage, {
    target: '',
    media: null,
    attachments: [],
    keep,
    use: () => stage.set({ voice: false, take: undefined }),
  })}
    ${
      stage.local.take?.state === 'recording' || stage.local.take?.state === 'sealing'
        ? nothing
        : html`<div>${button(t('frame.cancel'), () => stage.set({ voice: false, take: undefined }), {
            plain: true,
          })}</div>`
    }`;
}

function lines(stage: Stage, put: (files: File[], route: string) => Promise<unknown>) {
  const { local } = stage;
  const go = async () => {
    const text = (local.text ?? '').trim();
    if (!text) return;
    const at = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    stage.set({ text: '', lines: false });
    await put([new File([text], `note-${at}.txt`, { type: 'text/plain' })], 'paste');
  };
  return html`<div class="stack">${textField({
    id: 'two-lines',
    label: t('cap.text'),
    lines: 'low',
    focus: true,
    value: local.text ?? '',
    on: (text) => {
      local.text = text;
    },
  })}
    <div class="row">${button(t('cap.add_lines'), go, { main: true })}${button(
      t('frame.cancel'),
      () => stage.set({ text: '', lines: false }),
      { plain: true },
    )}</div></div>`;
}

/** What was added while the diary was locked. */
function captured(stage: Stage) {
  const found = stage.find('captured', () => stage.app.readCaptured());
  const { asked = [], drafts = [] } = found.data ?? {};
  return html`<div class="stack-wide"><div
    class="stack-close">${heading(t('capd.title'))}<p>${t('capd.lead')}</p></div>${errorSummary(stage)}
    ${found.data ? nothing : html`<p role="status">${t('frame.loading')}</p>`}
    ${found.data && !asked.length && !drafts.length ? html`<p>${t('capd.none')}</p>` : nothing}
    ${
      asked.length
        ? html`<ul class="rows">${asked.map(
            (one) => html`<li class="page-item stack-close">${shown(stage, one)}${asking(stage, one)}</li>`,
          )}</ul>`
        : nothing
    }
    ${
      drafts.length
        ? html`<section class="stack-close"><h2>${t('capd.drafts')}</h2><ul class="rows">${drafts.map(
            (one) => html`<li class="page-item stack-close">
      ${one.words ? html`<p dir="auto">${one.words}</p>` : nothing}${one.files.map((file) => shown(stage, file))}
      <div>${button(t('capd.write'), () => take(stage, one.id), {})}</div></li>`,
          )}</ul></section>`
        : nothing
    }</div>`;
}

function shown(stage: Stage, file: CapturedFile) {
  const bare = (stage.local.bare ?? []).includes(file.attachment);
  // Blurred like every picture, and not even read when the keeper hides pictures: somebody else may have added it.
  const picture =
    file.kind === 'image' && (bare || !isHidden(stage))
      ? stage.find(`preview:${file.attachment}`, () =>
          stage.app.readPicture(file.attachment, 'preview').catch(() => null),
        )
      : null;
  const turn = () =>
    stage.set({
      bare: bare
        ? stage.local.bare.filter((one: string) => one !== file.attachment)
        : [...(stage.local.bare ?? []), file.attachment],
    });
  return html`${
    picture?.data?.url
      ? html`<div class="captured"><img class=${bare ? '' : 'blurred'} src=${picture.data.url} alt=${
          bare ? t('file.picture_of', { name: file.name }) : ''
        }></div>`
      : nothing
  }
    ${
      file.kind === 'image'
        ? html`<div>${button(t(bare ? 'file.cover' : 'file.touch'), turn, { plain: true, icon: 'eye' })}</div>`
        : nothing
    }
    <strong dir="auto">${file.name}</strong><span class="small soft">${size(file.size)}${
      file.at ? html` · ${t('capd.at', { at: momentSaid(file.at) })}` : nothing
    }</span>
    <details class="small soft"><summary>${t('file.digest')}</summary><span
      class="letters">${file.sha256}</span></details>
    ${file.same === false ? html`<p class="care">${t('capd.differs')}</p>` : nothing}`;
}

function asking(stage: Stage, { attachment }: CapturedFile) {
  const done = (words: string) => {
    stage.refresh('captured');
    stage.say(lookUp(words));
  };
  const yes = () =>
    askFirst(stage, { record: null, words: '' }, () =>
      stage.run('captured', async () => {
        await stage.app.acceptCaptured(attachment);
        done('capd.drafted');
      }),
    );
  const no = () =>
    stage.openSheet((now: Stage) =>
      sheet(
        now,
        t('capd.not'),
        html`<p>${t('capd.not_ask')}</p><div class="row">
    ${button(t('capd.not_do'), () => {
      now.closeSheet();
      void now.run('captured', async () => {
        await now.app.discardCaptured(attachment);
        done('capd.thrown');
      });
    })}
    ${button(t('frame.cancel'), () => now.closeSheet(), { main: true })}</div>`,
      ),
    );
  return html`<p>${t('capd.asked')}</p><div class="row">${button(t('capd.mine'), yes, {
    main: true,
  })}${button(t('capd.not'), no, { plain: true })}</div>`;
}

function take(stage: Stage, id: string) {
  return stage.run('captured', async () => {
    await stage.app.takeUpDraft(id);
    stage.refresh('captured');
    stage.go({ name: 'add' });
  });
}

/** The switch for adding while locked, with an explanation first. */
function capset(stage: Stage) {
  const on = stage.state.capture !== false;
  const turn = () => stage.run('capset', () => stage.app.setCapturing(!on));
  return html`<div class="stack-wide">${heading(t('capset.title'))}<p>${t('capset.lead')}</p><p>${t('capset.for')}</p><p
      class="soft">${t('capset.against')}</p>${errorSummary(stage)}
    <p role="status"><strong>${t(on ? 'capset.on' : 'capset.off')}</strong></p><div>${button(
      t(on ? 'capset.turn_off' : 'capset.turn_on'),
      turn,
      { main: true, busy: stage.running === 'capset' },
    )}</div></div>`;
}

export const views = { capturing, captured, capset };
