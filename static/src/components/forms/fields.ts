/**
 * Every input control. Text controls are made only here, so that each one has the browser's own helpers switched off
 * (they can send what is typed elsewhere).
 *
 * [Note: typed once] Browsers offer to save the text of a password field, whatever `autocomplete` says, and store the
 * name typed before it even if the offer is refused. They make no such offer for a one-time code. On a device that is
 * not the keeper's, the words are therefore marked as one.
 */
import { html, ifDefined, live, nothing } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { t } from '../../shell/strings.js';
import type { IconName } from '../../shell/icons.js';

type TextField = {
  /** unique on the page; label, hint and error refer to it */
  id: string;
  label: string;
  value: string;
  /** called on every change */
  on: (value: string) => void;
  hint?: string;
  error?: string | null;
  /** covered as it is typed */
  secret?: boolean;
  /** for a device that is not the keeper's: see [Note: typed once] */
  once?: boolean | undefined;
  /** a text area, and its height */
  lines?: 'big' | 'low';
  type?: 'text' | 'date' | 'time' | 'search';
  max?: string;
  /** the action of the Enter key */
  enter?: () => void;
  /** the label is for screen readers only */
  hidden?: boolean;
  /** takes the focus when the place opens */
  focus?: boolean;
};

const described = (field: TextField) =>
  [field.hint && `${field.id}-hint`, field.error && `${field.id}-error`].filter(Boolean).join(' ') || undefined;

function control(field: TextField) {
  const on = (event: Event) => field.on((event.target as HTMLInputElement).value);
  if (field.lines) {
    return html`<textarea id=${field.id} class="input input-${field.lines}" .value=${live(field.value)} @input=${on}
      aria-describedby=${ifDefined(described(field))} aria-invalid=${
        field.error ? 'true' : nothing
      } ?data-focus=${field.focus}
      autocomplete="off" autocorrect="off" autocapitalize="sentences" spellcheck="false"
        writingsuggestions="false"></textarea>`;
  }
  const enter = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.isComposing && field.enter) {
      event.preventDefault();
      field.enter();
    }
  };
  return html`<input id=${field.id} class="input" type=${
    field.secret ? 'password' : (field.type ?? 'text')
  } .value=${live(field.value)} @input=${on} @keydown=${enter}
    placeholder=${
      field.hidden && field.type === 'search' ? field.label : nothing
    } max=${ifDefined(field.max)} aria-describedby=${ifDefined(described(field))} aria-invalid=${
      field.error ? 'true' : nothing
    } ?data-focus=${field.focus}
    autocomplete=${
      field.once ? 'one-time-code' : 'off'
    } autocorrect="off" autocapitalize="none" spellcheck="false" writingsuggestions="false">`;
}

/** A labelled control with its hint and error. */
export function textField(field: TextField) {
  return html`<div class="field">
    <label for=${field.id} class=${field.hidden ? 'unseen' : ''}>${field.label}</label>
    ${field.hint ? html`<span class="hint" id="${field.id}-hint">${field.hint}</span>` : nothing}
    ${control(field)}
    ${field.error ? html`<span class="error" id="${field.id}-error">${field.error}</span>` : nothing}
  </div>`;
}

/** A field for words or a code, covered as it is typed. A button shows the text while `shown`. */
export function secretField(field: TextField & { shown: boolean; toggle: () => void }) {
  return html`<div class="field">
    <label for=${field.id}>${field.label}</label>
    ${field.hint ? html`<span class="hint" id="${field.id}-hint">${field.hint}</span>` : nothing}
    <div class="reveal">
      ${control({ ...field, secret: !field.shown })}
      <button type="button" class="button button-plain" aria-pressed=${String(field.shown)}
        aria-controls=${field.id} @click=${field.toggle}>${t(field.shown ? 'words.hide' : 'words.show')}</button>
    </div>
    ${field.error ? html`<span class="error" id="${field.id}-error">${field.error}</span>` : nothing}
  </div>`;
}

/** Chips: choose one, or several with `multiple`. */
export function chips<Code extends string>({
  name,
  legend,
  quiet,
  many,
  choices,
  chosen,
  on,
}: {
  /** unique on the page */
  name: string;
  /** text; the user's own words in a `bdi` */
  legend: unknown;
  /** the legend is for screen readers only */
  quiet?: boolean;
  many?: boolean;
  /** code and label */
  choices: readonly (readonly [Code, unknown])[];
  chosen: readonly string[];
  on: (code: Code, on: boolean) => void;
}) {
  return html`<fieldset class="stack-close">
    <legend class=${quiet ? 'unseen' : ''}>${legend}</legend>
    <div class="chips">${choices.map(
      ([code, label]) => html`<label class="chip">
      <input type=${many ? 'checkbox' : 'radio'} name=${name} value=${code} .checked=${live(chosen.includes(code))}
        @change=${(event: Event) => on(code, (event.target as HTMLInputElement).checked)}>
      <span>${icon('tick', 16, 'chip-tick')}<span>${label}</span></span></label>`,
    )}</div>
  </fieldset>`;
}

/** A select, for when chips would fill the page. The first option means none. */
export function selectField({
  id,
  label,
  none,
  choices,
  value,
  on,
}: {
  id: string;
  label: string;
  none: string;
  choices: readonly (readonly [string, string])[];
  value: string;
  on: (code: string) => void;
}) {
  return html`<div class="field"><label for=${id}>${label}</label>
    <select id=${id} class="input" autocomplete="off" @change=${(event: Event) =>
      on((event.target as HTMLSelectElement).value)}>
      <option value="" .selected=${live(!value)}>${none}</option>
      ${choices.map(
        ([code, name]) => html`<option value=${code} .selected=${live(code === value)}>${name}</option>`,
      )}</select></div>`;
}

/** A tick box with its label. */
export function checkbox({
  id,
  label,
  checked,
  on,
  disabled,
}: {
  id: string;
  label: unknown;
  checked: boolean;
  on: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return html`<label class="check" for=${id}><input type="checkbox" id=${id} .checked=${live(checked)}
    ?disabled=${disabled ?? false}
    @change=${(event: Event) => on((event.target as HTMLInputElement).checked)}><span>${label}</span></label>`;
}

/**
 * A button that opens the phone's file picker.
 * @param picker `first`: asks a question before it opens
 */
export function filePicker(picker: {
  label: string;
  icon: IconName;
  accept?: string;
  many?: boolean;
  first?: ((go: () => void) => void) | undefined;
  on: (files: File[]) => void;
}) {
  const chosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length) picker.on(files);
  };
  const open = (event: Event) => {
    const input = (event.currentTarget as HTMLElement).nextElementSibling as HTMLInputElement;
    const go = () => input.click();
    if (picker.first) picker.first(go);
    else go();
  };
  return html`<button type="button" class="button" aria-haspopup=${
    picker.first ? 'dialog' : nothing
  } @click=${open}>${icon(picker.icon)}<span>${picker.label}</span></button>
    <input type="file" hidden aria-label=${picker.label} accept=${ifDefined(picker.accept)}
      ?multiple=${picker.many ?? true} @change=${chosen}>`;
}
