/** Photos and screenshots: the ways to add a file, files still being added, and the copy left on the phone. */
import { html, nothing } from '../../shell/html.js';
import { filePicker } from '../forms/fields.js';
import { button, progress, row, sheet } from '../parts.js';
import { t } from '../../shell/strings.js';
import { tiles } from '../files/tiles.js';
import { camera } from '../files/camera.js';
import { problemOf } from '../../shell/stage.js';
import { askFirst, askedFirst, openWordsPath } from '../files/asking.js';
import '../words.js';
import type { Attachment } from '../../shell/app.js';
import type { Instead } from '../files/asking.js';
import type { Stage } from '../../shell/stage.js';

/** Where files go: 'draft' or a record id. `missingEvidence` is the current answer to what is missing. */
type Files = { target: string; record: string | null; attachments: Attachment[]; words?: string };

/** Add files one after the other, so that a phone with little memory seals one at a time. Saving waits for the last. */
export function addFiles(stage: Stage, to: Files, files: File[], route: string) {
  const coming = (stage.local.coming ??= new Set()) as Set<Promise<void>>;
  const all = takeIn(stage, to, files, route).finally(() => coming.delete(all));
  coming.add(all);
  return all;
}

/** Wait until every chosen file is added, including files not yet started. */
export async function filesIn(stage: Stage) {
  const coming = stage.local.coming as Set<Promise<void>> | undefined;
  while (coming?.size) await Promise.all(coming);
}

async function takeIn(stage: Stage, to: Files, files: File[], route: string) {
  const adding = (stage.local.adding ??= []) as { name: string; done: number; total: number }[];
  const { generation } = stage;
  for (const file of files) {
    const work = { name: file.name, done: 0, total: file.size };
    adding.push(work);
    stage.draw();
    try {
      await stage.app.addFile(to.target, file, {
        route,
        onProgress: (done, total) => {
          Object.assign(work, { done, total });
          stage.draw();
        },
      });
      if (generation === stage.generation) stage.say(`${file.name}: ${t('state.sealed')}`);
    } catch (thrown) {
      if (generation === stage.generation) stage.fail(problemOf(thrown));
    } finally {
      adding.splice(adding.indexOf(work), 1);
    }
    if (generation === stage.generation) stage.refresh('entry:');
  }
}

/** Take pasted pictures from the event itself. Nothing reads the rest of the clipboard. */
function pasting(stage: Stage, to: Files) {
  return (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    askFirst(stage, insteadOf(to), () => addFiles(stage, to, files, 'paste'));
  };
}

/** Take files dropped on the card. Elsewhere on the page the browser does its default. */
function dropping(stage: Stage, to: Files) {
  return (event: DragEvent) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    askFirst(stage, insteadOf(to), () => addFiles(stage, to, files, 'drop'));
  };
}

export function filesBody(stage: Stage, to: Files) {
  const { local } = stage;
  const adding = (local.adding ?? []) as { name: string; done: number; total: number }[];
  const getPicture = () => stage.openSheet(getSheet);
  if (local.camera)
    return camera(stage, (file) => {
      local.camera = null;
      addFiles(stage, to, [file], 'camera_in_app');
    });
  return html`<div class="stack" @paste=${pasting(stage, to)}
    @dragover=${(event: DragEvent) => event.preventDefault()} @drop=${dropping(stage, to)} tabindex="-1">
    ${to.attachments.length ? tiles(stage, to) : nothing}
    ${adding.map((work) =>
      progress({ label: t('files.sealing', { name: work.name }), done: work.done, total: work.total }),
    )}
    ${outside(stage, to)}
    <div class="stack-close">
      ${filePicker({
        label: t('files.photos'),
        icon: 'picture',
        accept: 'image/*,video/*',
        first: askedFirst(stage, insteadOf(to)),
        on: (files) => addFiles(stage, to, files, 'photo_picker'),
      })}
      ${button(t('files.camera'), () => askFirst(stage, insteadOf(to), () => stage.set({ camera: {} })), {
        icon: 'camera',
      })}
      ${filePicker({
        label: t('files.any'),
        icon: 'file',
        first: askedFirst(stage, insteadOf(to)),
        on: (files) => addFiles(stage, to, files, 'files'),
      })}
      ${button(t('files.get'), getPicture, { icon: 'lock' })}
    </div>
    <div class="stack-close small soft"><p>${t('files.hint')}</p><p
      class="fine-pointer">${t('files.paste')}</p><p>${t('files.child')}</p></div>
    <div>${button(t('ask.always'), () => openWordsPath(stage, insteadOf(to)), { plain: true })}</div>
  </div>`;
}

function insteadOf({ record, words }: Files): Instead {
  return { record, words: words ?? '' };
}

function getSheet(stage: Stage) {
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
function outside(stage: Stage, to: Files) {
  const { record } = to;
  const asked = to.attachments.filter(
    (one) =>
      one.outside_copy === null && (one.route === 'photo_picker' || one.route === 'files') && one.kind === 'image',
  );
  if (!record || !asked.length) return nothing;
  const answer = (answer: 'kept' | 'removed_for_safety' | 'later') =>
    stage.run('outside', async () => {
      for (const one of asked) await stage.app.answerPhoneCopy(record, one.attachment, answer);
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
export function filesRow(stage: Stage, to: Files, more: string | null) {
  const expanded = Boolean(stage.local.files);
  return html`<div class="rows">${row({
    title: t('files.title'),
    more,
    icon: 'picture',
    expanded,
    body: expanded ? filesBody(stage, to) : nothing,
    on: () => stage.set({ files: !expanded }),
  })}</div>`;
}
