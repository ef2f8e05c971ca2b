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

type TextFieldOptions = {
  /** unique on the page; label, hint and error refer to it */
  id: string;
  label: string;
  value: string;
  /** called on every change */
  onChange: (value: string) => void;
  /** a template where it is several texts, each of which a draft shows in English too */
  hint?: string | ReturnType<typeof html>;
  error?: string | null;
  /** covered as it is typed */
  masked?: boolean;
  /** for a device that is not the keeper's: see [Note: typed once] */
  oneTime?: boolean | undefined;
  /** a text area, and its height */
  textarea?: 'big' | 'low';
  type?: 'text' | 'date' | 'time' | 'search';
  max?: string;
  /** the action of the Enter key */
  onEnter?: () => void;
  /** the label is for screen readers only */
  labelHidden?: boolean;
  /** takes the focus when the place opens */
  autofocus?: boolean;
};
/** What a field with words to choose from adds: the combobox of WAI-ARIA, whose list pops up below. */
type OffersOptions = {
  /** ids of the list and of the marked option; null when there is no list */
  offers?: { list: string | null; marked: string | null } | undefined;
  /** called before `onEnter`; returns whether the key was used */
  onKey?: (event: KeyboardEvent) => boolean;
  onFocus?: () => void;
};

/** Leave the focus in the field, so that a phone's keyboard stays open while something beside it is tapped. */
export const keepFocus = (event: Event) => event.preventDefault();

const describedBy = (field: TextFieldOptions) =>
  [field.hint && `${field.id}-hint`, field.error && `${field.id}-error`].filter(Boolean).join(' ') || undefined;

function inputControl(field: TextFieldOptions & OffersOptions) {
  const onInput = (event: Event) => field.onChange((event.target as HTMLInputElement).value);
  if (field.textarea) {
    return html`<textarea id=${field.id} class="input input-${field.textarea}" .value=${live(field.value)}
      @input=${onInput}
      aria-describedby=${ifDefined(describedBy(field))} aria-invalid=${
        field.error ? 'true' : nothing
      } ?data-focus=${field.autofocus}
      autocomplete="off" autocorrect="off" autocapitalize="sentences" spellcheck="false"
        writingsuggestions="false"></textarea>`;
  }
  const onKeydown = (event: KeyboardEvent) => {
    if (field.onKey?.(event)) {
      event.preventDefault();
      event.stopPropagation(); // Escape would close the sheet, too
    } else if (event.key === 'Enter' && !event.isComposing && field.onEnter) {
      event.preventDefault();
      field.onEnter();
    }
  };
  return html`<input id=${field.id} class="input" type=${
    field.masked ? 'password' : (field.type ?? 'text')
  } .value=${live(field.value)} @input=${onInput} @keydown=${onKeydown}
    placeholder=${
      field.labelHidden && field.type === 'search' ? field.label : nothing
    } max=${ifDefined(field.max)} aria-describedby=${ifDefined(describedBy(field))} aria-invalid=${
      field.error ? 'true' : nothing
    } ?data-focus=${field.autofocus}
    autocomplete=${
      field.oneTime ? 'one-time-code' : 'off'
    } autocorrect="off" autocapitalize="none" spellcheck="false" writingsuggestions="false"
    @focus=${field.onFocus}
    role=${field.offers ? 'combobox' : nothing} aria-autocomplete=${field.offers ? 'list' : nothing}
    aria-haspopup=${field.offers ? 'listbox' : nothing}
    aria-expanded=${field.offers ? String(field.offers.list !== null) : nothing}
    aria-controls=${field.offers?.list ?? nothing} aria-activedescendant=${field.offers?.marked ?? nothing}>`;
}

/** A labelled control with its hint and error. */
export function textField(field: TextFieldOptions) {
  return html`<div class="field">
    <label for=${field.id} class=${field.labelHidden ? 'unseen' : ''}>${field.label}</label>
    ${field.hint ? html`<span class="hint" id="${field.id}-hint">${field.hint}</span>` : nothing}
    ${inputControl(field)}
    ${field.error ? html`<span class="error" id="${field.id}-error">${field.error}</span>` : nothing}
  </div>`;
}

/**
 * A field for words or a code, covered as it is typed. A button shows the text while `shown`. `below` is drawn between
 * the two.
 */
export function secretField(
  field: TextFieldOptions & OffersOptions & { shown: boolean; toggle: () => void; below?: unknown },
) {
  return html`<div class="field">
    <label for=${field.id}>${field.label}</label>
    ${field.hint ? html`<span class="hint" id="${field.id}-hint">${field.hint}</span>` : nothing}
    <div class="reveal">
      ${inputControl({ ...field, masked: !field.shown })}${field.below ?? nothing}
      <button type="button" class="button button-plain" aria-pressed=${String(field.shown)}
        aria-controls=${field.id} @mousedown=${keepFocus} @click=${field.toggle}>${t(
          field.shown ? 'words.hide' : 'words.show',
        )}</button>
    </div>
    ${field.error ? html`<span class="error" id="${field.id}-error">${field.error}</span>` : nothing}
  </div>`;
}

/** Chips: choose one, or several with `multiple`. */
export function chips<Code extends string>({
  name,
  legend,
  hideLegend,
  multiple,
  choices,
  chosen,
  onChange,
}: {
  /** unique on the page */
  name: string;
  /** text; the user's own words in a `bdi` */
  legend: unknown;
  /** the legend is for screen readers only */
  hideLegend?: boolean;
  multiple?: boolean;
  /** code and label */
  choices: readonly (readonly [Code, unknown])[];
  chosen: readonly string[];
  onChange: (code: Code, checked: boolean) => void;
}) {
  return html`<fieldset class="stack-close">
    <legend class=${hideLegend ? 'unseen' : ''}>${legend}</legend>
    <div class="chips">${choices.map(
      ([code, label]) => html`<label class="chip">
      <input type=${multiple ? 'checkbox' : 'radio'} name=${name} value=${code} .checked=${live(chosen.includes(code))}
        @change=${(event: Event) => onChange(code, (event.target as HTMLInputElement).checked)}>
      <span>${icon('tick', 16, 'chip-tick')}<span>${label}</span></span></label>`,
    )}</div>
  </fieldset>`;
}

/** A select, for when chips would fill the page. The first option means none. */
export function selectField({
  id,
  label,
  emptyLabel,
  choices,
  value,
  onChange,
}: {
  id: string;
  label: string;
  emptyLabel: string;
  choices: readonly (readonly [string, string])[];
  value: string;
  onChange: (code: string) => void;
}) {
  return html`<div class="field"><label for=${id}>${label}</label>
    <select id=${id} class="input" autocomplete="off" @change=${(event: Event) =>
      onChange((event.target as HTMLSelectElement).value)}>
      <option value="" .selected=${live(!value)}>${emptyLabel}</option>
      ${choices.map(
        ([code, name]) => html`<option value=${code} .selected=${live(code === value)}>${name}</option>`,
      )}</select></div>`;
}

/** A tick box with its label. */
export function checkbox({
  id,
  label,
  checked,
  onChange,
  disabled,
}: {
  id: string;
  label: unknown;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return html`<label class="check" for=${id}><input type="checkbox" id=${id} .checked=${live(checked)}
    ?disabled=${disabled ?? false}
    @change=${(event: Event) => onChange((event.target as HTMLInputElement).checked)}><span>${label}</span></label>`;
}

/**
 * A button that opens the phone's file picker.
 * @param picker `first`: asks a question before it opens
 */
export function filePicker(picker: {
  label: string;
  icon: IconName;
  accept?: string;
  multiple?: boolean;
  askFirst?: ((proceed: () => void) => void) | undefined;
  onFiles: (files: File[]) => void;
}) {
  const onChosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length) picker.onFiles(files);
  };
  const openPicker = (event: Event) => {
    const input = (event.currentTarget as HTMLElement).nextElementSibling as HTMLInputElement;
    const proceed = () => input.click();
    if (picker.askFirst) picker.askFirst(proceed);
    else proceed();
  };
  return html`<button type="button" class="button" aria-haspopup=${
    picker.askFirst ? 'dialog' : nothing
  } @click=${openPicker}>${icon(picker.icon)}<span>${picker.label}</span></button>
    <input type="file" hidden aria-label=${picker.label} accept=${ifDefined(picker.accept)}
      ?multiple=${picker.multiple ?? true} @change=${onChosen}>`;
}
