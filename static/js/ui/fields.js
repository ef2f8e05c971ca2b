/**
 * Every control a person types into or chooses with. Text controls are made here and nowhere else, so that
 * none escapes without the browser's own helpers switched off (they can send what is typed away).
 *
 * [Note: typed once] Browsers offer to save what is covered as it is typed, whatever `autocomplete` says, and keep the name
 * typed before it even where the offer is refused. They make no such offer for a code that is good once, so on a device
 * that is not the keeper's the words pass for one.
 */
import { html, ifDefined, live, nothing } from './html.js';
import { icon } from './icons.js';
import { t } from './strings.js';

/**
 * @typedef {object} TextField
 * @property {string} id unique on the page; label, hint and error are tied to it
 * @property {string} label
 * @property {string} value
 * @property {(value: string) => void} on called with every change
 * @property {string} [hint]
 * @property {string|null} [error]
 * @property {boolean} [secret] covered as it is typed
 * @property {boolean|undefined} [once] for a device that is not the keeper's: see [Note: typed once]
 * @property {'big'|'low'} [lines] more than one line, and how tall
 * @property {'text'|'date'|'time'|'search'} [type]
 * @property {string} [max]
 * @property {() => void} [enter] what the Enter key does
 * @property {boolean} [hidden] the label is only for screen readers
 * @property {boolean} [focus] takes the focus when the place opens
 */

/** @param {TextField} field */
const described = (field) =>
  [field.hint && `${field.id}-hint`, field.error && `${field.id}-error`].filter(Boolean).join(' ') || undefined;

/** @param {TextField} field */
function control(field) {
  const on = (/** @type {Event} */ event) => field.on(/** @type {HTMLInputElement} */ (event.target).value);
  if (field.lines) {
    return html`<textarea id=${field.id} class="input input-${field.lines}" .value=${live(field.value)} @input=${on}
      aria-describedby=${ifDefined(described(field))} aria-invalid=${field.error ? 'true' : nothing} ?data-focus=${field.focus}
      autocomplete="off" autocorrect="off" autocapitalize="sentences" spellcheck="false" writingsuggestions="false"></textarea>`;
  }
  const enter = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.isComposing && field.enter) {
      event.preventDefault();
      field.enter();
    }
  };
  return html`<input id=${field.id} class="input" type=${field.secret ? 'password' : (field.type ?? 'text')} .value=${live(field.value)} @input=${on} @keydown=${enter}
    placeholder=${field.hidden && field.type === 'search' ? field.label : nothing} max=${ifDefined(field.max)} aria-describedby=${ifDefined(described(field))} aria-invalid=${field.error ? 'true' : nothing} ?data-focus=${field.focus}
    autocomplete=${field.once ? 'one-time-code' : 'off'} autocorrect="off" autocapitalize="none" spellcheck="false" writingsuggestions="false">`;
}

/**
 * A labelled control with its hint and its error.
 * @param {TextField} field
 */
export function textField(field) {
  return html`<div class="field">
    <label for=${field.id} class=${field.hidden ? 'unseen' : ''}>${field.label}</label>
    ${field.hint ? html`<span class="hint" id="${field.id}-hint">${field.hint}</span>` : nothing}
    ${control(field)}
    ${field.error ? html`<span class="error" id="${field.id}-error">${field.error}</span>` : nothing}
  </div>`;
}

/**
 * A field for words or a code: covered as it is typed, with a button that shows it for as long as `shown`.
 * @param {TextField & {shown: boolean, toggle: () => void}} field
 */
export function secretField(field) {
  return html`<div class="field">
    <label for=${field.id}>${field.label}</label>
    ${field.hint ? html`<span class="hint" id="${field.id}-hint">${field.hint}</span>` : nothing}
    <div class="reveal">
      ${control({ ...field, secret: !field.shown })}
      <button type="button" class="button button-plain" aria-pressed=${String(field.shown)} aria-controls=${field.id} @click=${field.toggle}>${t(field.shown ? 'words.hide' : 'words.show')}</button>
    </div>
    ${field.error ? html`<span class="error" id="${field.id}-error">${field.error}</span>` : nothing}
  </div>`;
}

/**
 * Chips of which one, or several, can be on.
 * @param {object} chips
 * @param {string} chips.name unique on the page
 * @param {string} chips.legend
 * @param {boolean} [chips.quiet] the legend is only for screen readers
 * @param {boolean} [chips.many]
 * @param {readonly (readonly [string, unknown])[]} chips.choices code and label
 * @param {readonly string[]} chips.chosen
 * @param {(code: string, on: boolean) => void} chips.on
 */
export function chips({ name, legend, quiet, many, choices, chosen, on }) {
  return html`<fieldset class="stack-close">
    <legend class=${quiet ? 'unseen' : ''}>${legend}</legend>
    <div class="chips">${choices.map(
      ([code, label]) => html`<label class="chip">
      <input type=${many ? 'checkbox' : 'radio'} name=${name} value=${code} .checked=${live(chosen.includes(code))}
        @change=${(/** @type {Event} */ event) => on(code, /** @type {HTMLInputElement} */ (event.target).checked)}>
      <span>${icon('tick', 16, 'chip-tick')}<span>${label}</span></span></label>`,
    )}</div>
  </fieldset>`;
}

/**
 * One of many, where chips would fill the page; the first choice stands for none.
 * @param {{id: string, label: string, none: string, choices: readonly (readonly [string, string])[], value: string, on: (code: string) => void}} field
 */
export function selectField({ id, label, none, choices, value, on }) {
  return html`<div class="field"><label for=${id}>${label}</label>
    <select id=${id} class="input" autocomplete="off" @change=${(/** @type {Event} */ event) => on(/** @type {HTMLSelectElement} */ (event.target).value)}>
      <option value="" .selected=${live(!value)}>${none}</option>
      ${choices.map(([code, name]) => html`<option value=${code} .selected=${live(code === value)}>${name}</option>`)}</select></div>`;
}

/**
 * One tick box with its sentence.
 * @param {{id: string, label: unknown, checked: boolean, on: (checked: boolean) => void, disabled?: boolean}} box
 */
export function checkbox({ id, label, checked, on, disabled }) {
  return html`<label class="check" for=${id}><input type="checkbox" id=${id} .checked=${live(checked)} ?disabled=${disabled ?? false}
    @change=${(/** @type {Event} */ event) => on(/** @type {HTMLInputElement} */ (event.target).checked)}><span>${label}</span></label>`;
}

/**
 * A button that opens the phone's own picker.
 * @param {{label: string, icon: import('./icons.js').IconName, accept?: string, many?: boolean, first?: ((go: () => void) => void) | undefined, on: (files: File[]) => void}} picker `first`: a question that comes before
 */
export function filePicker(picker) {
  /** @param {Event} event */
  const chosen = (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length) picker.on(files);
  };
  const open = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (/** @type {HTMLElement} */ (event.currentTarget).nextElementSibling);
    const go = () => input.click();
    if (picker.first) picker.first(go);
    else go();
  };
  return html`<button type="button" class="button" aria-haspopup=${picker.first ? 'dialog' : nothing} @click=${open}>${icon(picker.icon)}<span>${picker.label}</span></button>
    <input type="file" hidden aria-label=${picker.label} accept=${ifDefined(picker.accept)} ?multiple=${picker.many ?? true} @change=${chosen}>`;
}
