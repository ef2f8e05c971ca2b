/**
 * The notebook, as notes or as lists. It is a complete notebook: write, find, delete. It has no help and no quick exit;
 * holding the title for a second opens the lock.
 *
 * A list is a note: the first line is its name, each other line is an item, and a tick marks a finished item. Both
 * looks show the same notes.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, textField } from '../../components/forms/fields.js';
import { holding } from '../../shell/hold.js';
import { icon } from '../../shell/icons.js';
import { button } from '../../components/parts.js';
import { day } from '../../components/text/say.js';
import { nameOf } from '../../shell/skin.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { Note } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const TITLE_HELD = 1000;
const TICK = '✓ ';

const look = (stage: Stage) => (stage.state.look?.skin === 'lists' ? 'lists' : 'notes');
const notesOf = (stage: Stage): readonly Note[] => stage.state.notebook?.notes ?? [];

function notebook(stage: Stage) {
  const { local } = stage;
  return html`<main class="notebook" data-look=${look(stage)}><div class="page stack-wide">
    ${local.note === undefined ? all(stage) : look(stage) === 'lists' ? list(stage) : note(stage)}</div></main>`;
}

function title(stage: Stage) {
  const { down, up, menu } = holding(TITLE_HELD, () => stage.app.askLock?.());
  return html`<h1 tabindex="-1"><button type="button" class="notebook-title" @pointerdown=${down} @keydown=${down}
    @pointerup=${up} @pointercancel=${up} @pointerleave=${up} @keyup=${up} @blur=${up}
      @contextmenu=${menu}>${nameOf(stage.state)}</button></h1>`;
}

function all(stage: Stage) {
  const { local } = stage;
  const looked = fold(local.find ?? '').trim();
  const shown = notesOf(stage).filter(({ text }) => text.trim() && fold(text).includes(looked));
  return html`${title(stage)}
    ${textField({
      id: 'find',
      label: t('nb.find'),
      hidden: true,
      type: 'search',
      value: local.find ?? '',
      on: (find) => stage.set({ find }),
    })}
    ${
      looked
        ? html`<p class="small soft" role="status">${
            shown.length ? tn('nb.found', shown.length) : t(`nb.${look(stage)}.nothing`)
          }</p>`
        : nothing
    }
    ${
      shown.length
        ? html`<ul class="rows">${shown.map((one) => html`<li>${row(stage, one)}</li>`)}</ul>`
        : looked
          ? nothing
          : html`<p class="soft">${t(`nb.${look(stage)}.none`)}</p>`
    }
    <div>${button(t(`nb.${look(stage)}.new`), () => begin(stage), { main: true, wide: true, icon: 'add' })}</div>`;
}

function row(stage: Stage, { id, text, at }: Note) {
  const [first = '', ...rest] = text.split('\n').filter((line) => line.trim());
  const left = rest.filter((line) => !line.startsWith(TICK)).length;
  const more =
    look(stage) === 'notes'
      ? rest.join(' ').slice(0, 90)
      : !rest.length
        ? ''
        : left
          ? tn('nb.lists.left', left)
          : t('nb.lists.done');
  return html`<button type="button" class="item" @click=${() => open(stage, id)}><span class="item-words"><strong
    dir="auto">${first.slice(0, 80) || t('nb.blank')}</strong></span>
    <span class="item-foot"><span>${day(at)}</span>${
      more ? html`<span><bdi>${more}</bdi></span>` : nothing
    }</span></button>`;
}

function begin(stage: Stage) {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  open(stage, id);
}

/** @param id undefined: back to the list of notes */
function open(stage: Stage, id: string | undefined) {
  stage.arrived = true;
  stage.set({ note: id, adding: '', typed: undefined });
}

/**
 * Return the text of the open note with the latest typing. Until the rest of the app has loaded, typed text is not in
 * the state yet.
 */
function textOf(stage: Stage) {
  const { typed, note: id } = stage.local;
  return typed?.id === id ? typed.text : (notesOf(stage).find(({ id }) => id === stage.local.note)?.text ?? '');
}

function put(stage: Stage, text: string) {
  stage.local.typed = { id: stage.local.note, text };
  stage.app.notePut?.(stage.local.note, text);
}

function bar(stage: Stage) {
  const drop = () => {
    const { note: id } = stage.local;
    open(stage, undefined);
    stage.say(t('nb.deleted'), { outside: true });
    return stage.app.noteDrop?.(id);
  };
  return html`<div class="row apart"><button type="button" class="button button-plain"
    @click=${() => open(stage, undefined)}>${icon('back', 22, 'mirror')}<span>${t('nb.back')}</span></button>
    ${button(t('nb.delete'), drop, { plain: true })}</div>`;
}

function note(stage: Stage) {
  return html`${bar(stage)}<h1 class="unseen" tabindex="-1">${t('nb.notes.text')}</h1>
    ${textField({
      id: 'note',
      label: t('nb.notes.text'),
      hidden: true,
      lines: 'big',
      focus: true,
      value: textOf(stage),
      on: (text) => put(stage, text),
    })}`;
}

/**
 * Change the open list. Two lines may be typed before the screen is drawn again, so the change applies to the current
 * list; otherwise the second would overwrite the first.
 * @param change returns the new name and lines
 */
function changeList(stage: Stage, changed: (name: string, lines: string[]) => string[]) {
  const [name = '', ...lines] = textOf(stage).split('\n') as string[];
  put(stage, changed(name, lines).join('\n'));
}

function list(stage: Stage) {
  const { local } = stage;
  const [name = '', ...lines] = textOf(stage).split('\n') as string[];
  const add = () => {
    const line = (local.adding ?? '').trim();
    if (!line) return;
    changeList(stage, (now, before) => [now, ...before, line]);
    stage.set({ adding: '' });
  };
  const replace = (i: number, changed: string[]) =>
    changeList(stage, (now, before) => [now, ...before.flatMap((one, n) => (n === i ? changed : one))]);
  return html`${bar(stage)}<h1 class="unseen" tabindex="-1">${name || t('nb.lists.new')}</h1>
    ${textField({
      id: 'list-name',
      label: t('nb.lists.title'),
      value: name,
      focus: true,
      on: (first) => changeList(stage, (_before, now) => [first, ...now]),
    })}
    ${
      lines.length
        ? html`<ul class="stack-close">${lines.map((line, i) => item(line, i, (changed) => replace(i, changed)))}</ul>`
        : nothing
    }
    ${textField({
      id: 'adding',
      label: t('nb.lists.add'),
      value: local.adding ?? '',
      enter: add,
      on: (adding) => {
        local.adding = adding;
      },
    })}
    <div>${button(t('nb.lists.add_do'), add, { main: true, wide: true, icon: 'add' })}</div>`;
}

/** @param setLines an empty list removes the item */
function item(line: string, i: number, say: (changed: string[]) => void) {
  const isDone = line.startsWith(TICK);
  const words = isDone ? line.slice(TICK.length) : line;
  return html`<li class="row apart">${checkbox({
    id: `line-${i}`,
    label: words,
    checked: isDone,
    on: (done) => say([done ? TICK + words : words]),
  })}
    <button type="button" class="icon-button" aria-label=${t('nb.lists.take', { line: words })}
      @click=${() => say([])}>${icon('cross', 20)}</button></li>`;
}

function fold(text: string) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export const views = { notebook };
