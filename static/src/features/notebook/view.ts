/**
 * The notebook, as notes or as lists. It is a complete notebook: write, find, delete. It has no help and no quick exit;
 * holding the title for a second opens the lock.
 *
 * A list is a note: the first line is its name, each other line is an item, and a tick marks a finished item. Both
 * looks show the same notes.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, textField } from '../../components/forms/fields.js';
import { holdHandlers } from '../../shell/hold.js';
import { icon } from '../../shell/icons.js';
import { button } from '../../components/parts.js';
import { dateText } from '../../components/text/formatting.js';
import { skinName } from '../../shell/skin.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { Note } from '../../shell/app.js';
import { arrivalNotice } from '../../components/files/arrival.js';
import type { Stage } from '../../shell/stage.js';

const TITLE_HOLD_MS = 1000;
const TICK = '✓ ';

const lookOf = (stage: Stage) => (stage.state.look?.skin === 'lists' ? 'lists' : 'notes');
const notesOf = (stage: Stage): readonly Note[] => stage.state.notebook?.notes ?? [];

function notebookView(stage: Stage) {
  const { local } = stage;
  if (local.note !== undefined) stage.over(() => openNote(stage, undefined));
  return html`<main class="notebook" data-look=${lookOf(stage)}><div class="page stack-wide">
    ${arrivalNotice(stage)}
    ${
      local.note === undefined ? notesPage(stage) : lookOf(stage) === 'lists' ? listEditor(stage) : noteEditor(stage)
    }</div></main>`;
}

function titleButton(stage: Stage) {
  const { down, up, menu } = holdHandlers(TITLE_HOLD_MS, () => stage.app.askLock?.());
  return html`<h1 tabindex="-1"><button type="button" class="notebook-title" @pointerdown=${down} @keydown=${down}
    @pointerup=${up} @pointercancel=${up} @pointerleave=${up} @keyup=${up} @blur=${up}
      @contextmenu=${menu}>${skinName(stage.state)}</button></h1>`;
}

function notesPage(stage: Stage) {
  const { local } = stage;
  const query = searchKey(local.find ?? '').trim();
  const matches = notesOf(stage).filter(({ text }) => text.trim() && searchKey(text).includes(query));
  return html`${titleButton(stage)}
    ${textField({
      id: 'find',
      label: t('nb.find'),
      labelHidden: true,
      type: 'search',
      value: local.find ?? '',
      onChange: (find) => stage.set({ find }),
    })}
    ${
      query
        ? html`<p class="small soft" role="status">${
            matches.length ? tn('nb.found', matches.length) : t(`nb.${lookOf(stage)}.nothing`)
          }</p>`
        : nothing
    }
    ${
      matches.length
        ? html`<ul class="rows">${matches.map((item) => html`<li>${noteRow(stage, item)}</li>`)}</ul>`
        : query
          ? nothing
          : html`<p class="soft">${t(`nb.${lookOf(stage)}.none`)}</p>`
    }
    <div>${button(t(`nb.${lookOf(stage)}.new`), () => newNote(stage), { main: true, wide: true, icon: 'add' })}</div>`;
}

function noteRow(stage: Stage, { id, text, at }: Note) {
  const [firstLine = '', ...rest] = text.split('\n').filter((line) => line.trim());
  const openCount = rest.filter((line) => !line.startsWith(TICK)).length;
  const detail =
    lookOf(stage) === 'notes'
      ? rest.join(' ').slice(0, 90)
      : !rest.length
        ? ''
        : openCount
          ? tn('nb.lists.left', openCount)
          : t('nb.lists.done');
  return html`<button type="button" class="item" @click=${() => openNote(stage, id)}><span class="item-words"><strong
    dir="auto">${firstLine.slice(0, 80) || t('nb.blank')}</strong></span>
    <span class="item-foot"><span>${dateText(at)}</span>${
      detail ? html`<span><bdi>${detail}</bdi></span>` : nothing
    }</span></button>`;
}

function newNote(stage: Stage) {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  openNote(stage, id);
}

/** @param id undefined: back to the list of notes */
function openNote(stage: Stage, id: string | undefined) {
  stage.arrived = true;
  stage.set({ note: id, adding: '', typed: undefined });
}

/**
 * Return the text of the open note with the latest typing. Until the rest of the app has loaded, typed text is not in
 * the state yet.
 */
function currentText(stage: Stage) {
  const { typed, note: id } = stage.local;
  return typed?.id === id ? typed.text : (notesOf(stage).find(({ id }) => id === stage.local.note)?.text ?? '');
}

function saveText(stage: Stage, text: string) {
  stage.local.typed = { id: stage.local.note, text };
  stage.app.notePut?.(stage.local.note, text);
}

function toolbar(stage: Stage) {
  const drop = () => {
    const { note: id } = stage.local;
    openNote(stage, undefined);
    stage.announce(t('nb.deleted'), { outside: true });
    return stage.app.noteDrop?.(id);
  };
  return html`<div class="row apart"><button type="button" class="button button-plain"
    @click=${() => openNote(stage, undefined)}>${icon('back', 22, 'mirror')}<span>${t('nb.back')}</span></button>
    ${button(t('nb.delete'), drop, { plain: true })}</div>`;
}

function noteEditor(stage: Stage) {
  return html`${toolbar(stage)}<h1 class="unseen" tabindex="-1">${t('nb.notes.text')}</h1>
    ${textField({
      id: 'note',
      label: t('nb.notes.text'),
      labelHidden: true,
      textarea: 'big',
      autofocus: true,
      value: currentText(stage),
      onChange: (text) => saveText(stage, text),
    })}`;
}

/**
 * Change the open list. Two lines may be typed before the screen is drawn again, so the change applies to the current
 * list; otherwise the second would overwrite the first.
 * @param change returns the new name and lines
 */
function changeList(stage: Stage, change: (name: string, lines: string[]) => string[]) {
  const [name = '', ...lines] = currentText(stage).split('\n') as string[];
  saveText(stage, change(name, lines).join('\n'));
}

function listEditor(stage: Stage) {
  const { local } = stage;
  const [name = '', ...lines] = currentText(stage).split('\n') as string[];
  const addLine = () => {
    const line = (local.adding ?? '').trim();
    if (!line) return;
    changeList(stage, (current, currentLines) => [current, ...currentLines, line]);
    stage.set({ adding: '' });
  };
  const replace = (i: number, newLines: string[]) =>
    changeList(stage, (current, currentLines) => [
      current,
      ...currentLines.flatMap((existing, index) => (index === i ? newLines : existing)),
    ]);
  return html`${toolbar(stage)}<h1 class="unseen" tabindex="-1">${name || t('nb.lists.new')}</h1>
    ${textField({
      id: 'list-name',
      label: t('nb.lists.title'),
      value: name,
      autofocus: true,
      onChange: (newName) => changeList(stage, (_currentName, current) => [newName, ...current]),
    })}
    ${
      lines.length
        ? html`<ul class="stack-close">${lines.map((line, i) =>
            lineItem(line, i, (changed) => replace(i, changed)),
          )}</ul>`
        : nothing
    }
    ${textField({
      id: 'adding',
      label: t('nb.lists.add'),
      value: local.adding ?? '',
      onEnter: addLine,
      onChange: (adding) => {
        local.adding = adding;
      },
    })}
    <div>${button(t('nb.lists.add_do'), addLine, { main: true, wide: true, icon: 'add' })}</div>`;
}

/** @param setLines an empty list removes the item */
function lineItem(line: string, i: number, setLines: (newLines: string[]) => void) {
  const isDone = line.startsWith(TICK);
  const label = isDone ? line.slice(TICK.length) : line;
  return html`<li class="row apart">${checkbox({
    id: `line-${i}`,
    label: label,
    checked: isDone,
    onChange: (isTicked) => setLines([isTicked ? TICK + label : label]),
  })}
    <button type="button" class="icon-button" aria-label=${t('nb.lists.take', { line: label })}
      @click=${() => setLines([])}>${icon('cross', 20)}</button></li>`;
}

function searchKey(text: string) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export const views = { notebook: notebookView };
