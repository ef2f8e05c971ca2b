/**
 * What a desk adds: files dropped or pasted anywhere in an open diary, and keys (shell/shortcuts.ts).
 *
 * [Note: a drop is always caught] A browser opens a dropped file in place of the page. So every drop is taken from it,
 * at the lock and on the notebook too, where nothing else happens.
 *
 * [Note: dragged within the page] A browser offers a picture that is dragged within the page as a new file. That is the
 * small copy on the screen, and would be kept as a file that the keeper received. So no picture can be dragged, and a
 * drop is ignored if its drag began here. `dragend` is missed when the dragged element is gone by then, but no pointer
 * moves during a drag: its next move ends the drag too.
 */
import { KeptError } from '../core/errors.js';
import { isTyping, shortcutOf } from '../shell/shortcuts.js';
import type { Shortcut } from '../shell/shortcuts.js';
import type { App, Entry } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';

export function followDesktop(app: App, stage: Stage, signal: AbortSignal) {
  // A sheet asks something: first its answer, then anything else.
  const isReady = () => app.state.phase === 'open' && !stage.leaving && !stage.sheet;
  ignoreOwnDrags(signal);
  for (const name of ['dragenter', 'dragover'] as const)
    addEventListener(
      name,
      (event) => {
        if (!isTextForField(event)) event.preventDefault();
      },
      { signal },
    );
  addEventListener(
    'drop',
    (event) => {
      if (event.defaultPrevented || isTextForField(event)) return;
      event.preventDefault();
      if (isReady()) takeFiles(stage, event.dataTransfer, 'drop');
    },
    { signal },
  );
  addEventListener(
    'paste',
    (event) => {
      const { clipboardData: data } = event;
      // A word processor copies words with a picture of them: in a field, words are meant.
      const isText = data?.types.includes('text/plain') && isTyping(event.target);
      if (event.defaultPrevented || isText || !data?.files.length || !isReady()) return;
      event.preventDefault();
      takeFiles(stage, data, 'paste');
    },
    { signal },
  );
  addEventListener(
    'keydown',
    (event) => {
      const shortcut = event.defaultPrevented || isTyping(event.target) || !isReady() ? null : shortcutOf(event);
      if (!shortcut) return;
      event.preventDefault();
      follow(app, stage, shortcut);
    },
    { signal },
  );
}

/** See [Note: dragged within the page]. */
function ignoreOwnDrags(signal: AbortSignal) {
  let isOwnDrag = false;
  addEventListener(
    'dragstart',
    (event) => {
      if (event.target instanceof HTMLImageElement) event.preventDefault();
      isOwnDrag = !event.defaultPrevented;
    },
    { signal },
  );
  for (const name of ['dragend', 'pointermove'] as const)
    addEventListener(
      name,
      () => {
        isOwnDrag = false;
      },
      { signal },
    );
  // Before any card can take the files.
  addEventListener(
    'drop',
    (event) => {
      const isIgnored = isOwnDrag && !isTextForField(event);
      isOwnDrag = false;
      if (!isIgnored) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { signal, capture: true },
  );
}

/** Whether words are dragged into a field, which the browser does well. */
function isTextForField({ target, dataTransfer }: DragEvent): boolean {
  return isTyping(target) && !dataTransfer?.types.includes('Files');
}

function follow(app: App, stage: Stage, shortcut: Shortcut) {
  if (shortcut === 'lock') return void app.lock('asked');
  if (shortcut === 'share') stage.refresh('pack-ways'); // the server may respond by now
  if (shortcut === 'patterns' || shortcut === 'shortcuts') {
    if (stage.place.name !== shortcut) stage.go({ name: shortcut });
    return;
  }
  const tab = shortcut === 'find' ? 'entries' : shortcut;
  if (stage.place.name !== tab) stage.goToTab(tab);
  if (shortcut !== 'find') return;
  stage.drawNow();
  document.getElementById('find')?.focus();
}

/**
 * Add files to the entry that is being written, else begin one. Folders are refused by name, as files are that cannot
 * be kept.
 */
function takeFiles(stage: Stage, data: DataTransfer | null, route: 'drop' | 'paste') {
  const items = [...(data?.items ?? [])].filter(({ kind }) => kind === 'file');
  const folders = items.flatMap((item) => {
    const entry = item.webkitGetAsEntry?.();
    return entry?.isDirectory ? [entry.name] : [];
  });
  const files = [...(data?.files ?? [])].filter(({ name, size, type }) => size || type || !folders.includes(name));
  if (!files.length && !folders.length) return;
  const { place, local } = stage;
  const isEntry = (place.name === 'add' && place.record) || (place.name === 'entry' && (local.changing || local.card));
  const record = isEntry ? (place.record ?? null) : null;
  if (!isEntry && place.name !== 'add') stage.go({ name: 'add' });
  const { generation, place: target } = stage;
  if (folders.length)
    void import('../diary/sentences.js').then(({ toShownError }) => {
      if (generation !== stage.generation) return; // locked meanwhile
      const { code, message: sentence } = toShownError(new KeptError('folder'));
      stage.fail({ code, sentence, refused: folders.map((name) => ({ name, sentence })) });
    });
  if (!files.length) return;
  void Promise.all([
    import('../components/cards/card_files.js'),
    import('../components/files/picture_warning.js'),
  ]).then(([{ addFiles }, { askBeforeAdding }]) => {
    if (generation !== stage.generation || stage.place !== target) return; // locked or left meanwhile
    const entry = record ? (stage.cache.get(`entry:${record}`)?.data as Entry | undefined) : undefined;
    const attachments = record ? (entry?.attachments ?? []) : (stage.state.draft?.attachments ?? []);
    if (!record) stage.set({ files: true });
    askBeforeAdding(stage, { record, missingEvidence: '' }, () =>
      addFiles(stage, { target: record ?? 'draft', record, attachments }, files, route),
    );
  });
}
