/** Photos and screenshots: the ways to add a file, files still being added, and the copy left on the phone. */
import { html, nothing } from '../../shell/html.js';
import { filePicker } from '../forms/fields.js';
import { button, progress, row, sheet } from '../parts.js';
import { t } from '../../shell/strings.js';
import { attachmentTiles, showTilesTo } from '../files/tiles.js';
import { camera } from '../files/camera.js';
import { problemOf } from '../../shell/stage.js';
import { askBeforeAdding, askBeforePicker, openHelpSheet } from '../files/picture_warning.js';
import '../words.js';
import type { Attachment, Problem } from '../../shell/app.js';
import type { TextInstead } from '../files/picture_warning.js';
import type { Stage } from '../../shell/stage.js';

/** Where files go: 'draft' or a record id. `missingEvidence` is the current answer to what is missing. */
type FileTarget = { target: string; record: string | null; attachments: Attachment[]; missingEvidence?: string };

/** Add files one after the other, so that a phone with little memory seals one at a time. Saving waits for the last. */
export function addFiles(stage: Stage, destination: FileTarget, files: File[], route: string) {
  const pending = (stage.local.coming ??= new Set()) as Set<Promise<void>>;
  const task = sealFiles(stage, destination, files, route).finally(() => pending.delete(task));
  pending.add(task);
  return task;
}

/** Wait until every chosen file is added, including files not yet started. */
export async function waitForFiles(stage: Stage) {
  const pending = stage.local.coming as Set<Promise<void>> | undefined;
  while (pending?.size) await Promise.all(pending);
}

async function sealFiles(stage: Stage, destination: FileTarget, files: File[], route: string) {
  const jobs = (stage.local.adding ??= []) as { name: string; done: number; total: number }[];
  const { generation } = stage;
  let count = destination.attachments.length;
  for (const file of files) {
    const job = { name: file.name, done: 0, total: file.size };
    jobs.push(job);
    stage.draw();
    try {
      await stage.app.addFile(destination.target, file, {
        route,
        onProgress: (done, total) => {
          Object.assign(job, { done, total });
          stage.draw();
        },
      });
      if (generation === stage.generation) {
        showTilesTo(stage, ++count);
        stage.announce(`${file.name}: ${t(stage.state.borrowed ? 'borrowed.owing' : 'state.sealed')}`);
      }
    } catch (error) {
      if (generation === stage.generation) failFile(stage, file.name, problemOf(error));
    } finally {
      jobs.splice(jobs.indexOf(job), 1);
    }
    if (generation === stage.generation) stage.refresh('entry:');
  }
}

/** Show why a file was not added, by its name, below the others of which that is shown already. */
function failFile(stage: Stage, name: string, problem: Problem) {
  stage.fail({ ...problem, refused: [...(stage.problem?.refused ?? []), { name, sentence: problem.sentence }] });
}

/** Take pasted pictures from the event itself. Nothing reads the rest of the clipboard. */
function pasteHandler(stage: Stage, destination: FileTarget) {
  return (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation(); // the page takes what no card has taken (app/desktop.ts)
    askBeforeAdding(stage, textInsteadOf(destination), () => addFiles(stage, destination, files, 'paste'));
  };
}

/** Take files dropped on the card. A folder is refused where the page takes it (app/desktop.ts). */
function dropHandler(stage: Stage, destination: FileTarget) {
  return (event: DragEvent) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    const hasFolder = [...(event.dataTransfer?.items ?? [])].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
    if (!files.length || hasFolder) return;
    event.preventDefault();
    event.stopPropagation();
    askBeforeAdding(stage, textInsteadOf(destination), () => addFiles(stage, destination, files, 'drop'));
  };
}

export function filesBody(stage: Stage, destination: FileTarget) {
  const { local } = stage;
  const jobs = (local.adding ?? []) as { name: string; done: number; total: number }[];
  const openPictureSheet = () => stage.openSheet(pictureSheet);
  if (local.camera)
    return camera(stage, (file) => {
      local.camera = null;
      addFiles(stage, destination, [file], 'camera_in_app');
    });
  return html`<div class="stack" @paste=${pasteHandler(stage, destination)}
    @dragover=${(event: DragEvent) => event.preventDefault()} @drop=${dropHandler(stage, destination)} tabindex="-1">
    ${destination.attachments.length ? attachmentTiles(stage, destination) : nothing}
    ${jobs.map((job) => progress({ label: t('files.sealing', { name: job.name }), done: job.done, total: job.total }))}
    ${phoneCopyQuestion(stage, destination)}
    <div class="stack-close">
      ${filePicker({
        label: t('files.photos'),
        icon: 'picture',
        accept: 'image/*,video/*',
        askFirst: askBeforePicker(stage, textInsteadOf(destination)),
        onFiles: (files) => addFiles(stage, destination, files, 'photo_picker'),
      })}
      ${button(
        t('files.camera'),
        () => askBeforeAdding(stage, textInsteadOf(destination), () => stage.set({ camera: {} })),
        {
          icon: 'camera',
        },
      )}
      ${filePicker({
        label: t('files.any'),
        icon: 'file',
        askFirst: askBeforePicker(stage, textInsteadOf(destination)),
        onFiles: (files) => addFiles(stage, destination, files, 'files'),
      })}
      ${button(t('files.get'), openPictureSheet, { icon: 'lock' })}
    </div>
    <div class="stack-close small soft"><p>${t('files.hint')}</p><p
      class="fine-pointer">${t('files.paste')}</p><p>${t('files.child')}</p></div>
    <div>${button(t('ask.always'), () => openHelpSheet(stage, textInsteadOf(destination)), { plain: true })}</div>
  </div>`;
}

function textInsteadOf({ record, missingEvidence }: FileTarget): TextInstead {
  return { record, missingEvidence: missingEvidence ?? '' };
}

function pictureSheet(stage: Stage) {
  return sheet(
    stage,
    t('files.get'),
    html`<p>${t('files.get_why')}</p><div class="row">
    ${button(
      t('files.get_do'),
      () => {
        stage.closeSheet();
        stage.run('get', () => stage.app.getPicture());
      },
      { main: true },
    )}
    ${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>`,
  );
}

/** Ask about the copies still on the phone, once for all files added together. */
function phoneCopyQuestion(stage: Stage, destination: FileTarget) {
  const { record } = destination;
  const unanswered = destination.attachments.filter(
    (attachment) =>
      attachment.outside_copy === null &&
      (attachment.route === 'photo_picker' || attachment.route === 'files') &&
      attachment.kind === 'image',
  );
  if (!record || !unanswered.length) return nothing;
  const answer = (choice: 'kept' | 'removed_for_safety' | 'later') =>
    stage.run('outside', async () => {
      for (const attachment of unanswered) await stage.app.answerPhoneCopy(record, attachment.attachment, choice);
      stage.set({ how: false });
      stage.refresh('entry:');
    });
  return html`<div class="note stack">
    <div><p><strong>${t('outside.title')}</strong></p><p class="small">${t('outside.lead')}</p></div>
    ${
      stage.local.how
        ? html`<p class="small">${t('outside.how')}</p><p class="small soft">${t('outside.fine')}</p>
      <div class="row">${button(t('outside.removed'), () => answer('removed_for_safety'), { main: true })}${button(
        t('outside.later'),
        () => answer('later'),
        { plain: true },
      )}</div>`
        : html`<div class="stack-close">${button(t('outside.keep'), () =>
            answer('kept'),
          )}<p class="small soft">${t('outside.keep_why')}</p>
      ${button(t('outside.remove'), () => stage.set({ how: true }))}${button(
        t('outside.later'),
        () => answer('later'),
        { plain: true },
      )}</div>`
    }
  </div>`;
}

/** The row that opens the file options before an entry is saved. */
export function filesRow(stage: Stage, destination: FileTarget, subtitle: string | null) {
  const expanded = Boolean(stage.local.files);
  return html`<div class="rows">${row({
    title: t('files.title'),
    subtitle,
    icon: 'picture',
    expanded,
    body: expanded ? filesBody(stage, destination) : nothing,
    onClick: () => stage.set({ files: !expanded }),
  })}</div>`;
}
