/** Small parts shared by several screens: buttons, state line, error summary, progress, sheets. */
import { html, nothing, ref } from '../shell/html.js';
import { icon } from '../shell/icons.js';
import { leaveButton } from '../shell/leave_button.js';
import { hasText, lookUp, translate, t, tn } from '../shell/strings.js';
import { clockTime, dateText, dateTimeText } from './text/formatting.js';
import type { EntryState, SharedApp } from '../shell/app.js';
import type { IconName } from '../shell/icons.js';
import type { Stage } from '../shell/stage.js';

export function button(
  label: unknown,
  onClick: () => unknown,
  options: {
    main?: boolean;
    wide?: boolean;
    plain?: boolean;
    busy?: boolean;
    disabled?: boolean;
    icon?: IconName;
  } = {},
) {
  const className = [
    'button',
    options.main && 'button-main',
    options.wide && 'button-wide',
    options.plain && 'button-plain',
  ]
    .filter(Boolean)
    .join(' ');
  // aria-disabled instead of disabled: a greyed button keeps the focus and can explain why it does nothing.
  return html`<button type="button" class=${className} aria-disabled=${
    options.disabled || options.busy ? 'true' : nothing
  } aria-busy=${options.busy ? 'true' : nothing}
    @click=${() => {
      if (!options.busy) onClick();
    }}>${options.icon ? icon(options.icon) : nothing}<span>${label}</span></button>`;
}

/**
 * Where an entry is stored, as text and icon, never by colour alone.
 */
export function stateLine({ state: { account, borrowed } }: Pick<Stage, 'state'>, state: EntryState) {
  const text = stateText(state, { registered: Boolean(account?.registered), borrowed: Boolean(borrowed) });
  return html`<span class="state state-${state.code}"
    data-state=${state.code}>${icon(state.code, 18)}<span>${text}</span></span>`;
}

/** Safari deletes a page's storage after seven days in a tab, but not on the home screen. */
export function isStorageTemporary() {
  return (globalThis.navigator as { standalone?: boolean } | undefined)?.standalone === false;
}

/** A reason why something is not stored safely yet claims less than the usual text, so it replaces that text. */
function stateText(
  { code, at, why, files = 0, percent, sentence }: EntryState,
  { registered, borrowed }: { registered: boolean; borrowed: boolean },
) {
  if (why === 'files') return percent === undefined ? tn('state.files', files) : tn('state.part', files, { percent });
  if (why) return t(`state.${why}`);
  // A borrowed device stores nothing, so no text may say that something is saved on it.
  if (borrowed && (code === 'sealed' || (code === 'trouble' && !sentence))) return t('borrowed.owing');
  if (code === 'trouble') return sentence ? translate(sentence, { grave: true }) : t('state.trouble');
  if (code === 'sealed' && !registered) return t(isStorageTemporary() ? 'state.only_tab' : 'state.only');
  return code === 'kept' ? keptText(at) : t(`state.${code}`);
}

function keptText(at: number | null) {
  if (at === null) return t('state.kept', { time: '' });
  return dateText(at) === dateText(Date.now())
    ? t('state.kept_today', { time: clockTime(at) })
    : t('state.kept', { time: dateTimeText(at) });
}

/** All problems with the record and the server: docs/warnings.md. */
export function troublesOf({ state: { account } }: Stage) {
  return account?.trouble ? [account.trouble, ...(account.also ?? [])] : [];
}

/** The sentence that a failure carries. */
export function problemSentence(problem: { sentence?: string }): string {
  return problem.sentence ? translate(problem.sentence, { grave: true }) : t('no.unknown');
}

/** The error of this place, shown at its top. It takes the focus when it appears. */
export function errorSummary(stage: Pick<Stage, 'problem'>) {
  const problem = stage.problem;
  if (!problem) return nothing;
  const { field, refused = [{ name: fieldName(field), sentence: problem.sentence }] } = problem;
  return html`<div class="error-summary" role="alert" tabindex="-1" data-problem>${refused.map(
    ({ name, sentence }) =>
      html`<p>${name ? html`<strong><bdi>${name}</bdi></strong>: ` : nothing}${problemSentence({ sentence })}</p>`,
  )}</div>`;
}

/**
 * Return what the screens call an answer, or '' for one that has no name there.
 * @param field `incident.narrative`
 */
function fieldName(field = ''): string {
  const [kind = '', name = ''] = field.split('.');
  const key = [`f.${field}`, `f.${name}`, `f.${kind}`].find(hasText);
  return key ? lookUp(key) : '';
}

/** A progress bar with its percentage and a cancel button. */
export function progress({
  label,
  done,
  total,
  cancel,
  cancelLabel,
}: {
  label: string;
  done: number;
  total: number;
  cancel?: (() => unknown) | null;
  cancelLabel?: string;
}) {
  const percent = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0;
  return html`<div class="progress">
    <div class="row apart"><span>${label}</span><strong>${t('progress.percent', { percent })}</strong></div>
    <progress max="100" value=${percent} aria-label=${label}>${percent}</progress>
    ${cancel ? html`<div>${button(cancelLabel ?? t('frame.cancel'), cancel)}</div>` : nothing}
  </div>`;
}

function showModal(stage: Pick<Stage, 'dialog'>) {
  return (element: Element | undefined) => {
    const dialog = element as HTMLDialogElement | undefined;
    stage.dialog = dialog;
    // The ref runs before the element is in the page, and showModal needs it there.
    if (dialog && !dialog.open) queueMicrotask(() => dialog.isConnected && !dialog.open && dialog.showModal());
  };
}

/**
 * A dialog over the page. The browser keeps the focus inside and gives it back; Escape closes it. The page beneath is
 * inert meanwhile, so the Leave button is here too.
 */
export function sheet(stage: Stage<SharedApp>, title: string, body: unknown) {
  return html`<dialog aria-labelledby="sheet-title" ${ref(showModal(stage))} @close=${() => stage.closeSheet()}>
    <div class="stack"><div class="sheet-top"><h2 id="sheet-title" tabindex="-1" data-focus>${title}</h2>${
      stage.canLeave ? leaveButton(stage) : nothing
    }</div>${body}</div>
  </dialog>`;
}

/**
 * The heading of a place. It takes the focus when the place opens, unless a field asks for it.
 * @param title text; the user's own words in a `bdi`, so that they keep their direction
 */
export function heading(title: unknown) {
  return html`<h1 tabindex="-1">${title}</h1>`;
}

/** An address to type in. It breaks after a slash, not within a name. */
export function addressCard(text: string) {
  return html`<p class="card sheet-name">${text.split(/(?<=\/)(?!\/)/).map((part) => html`${part}<wbr>`)}</p>`;
}

/** A list with nothing in it: that it is empty, and what will stand there. */
export function emptyState(name: IconName, title: string, more: unknown) {
  return html`<div class="empty">${icon(name, 28)}<p>${title}</p>${more}</div>`;
}

/** Shown until a place has loaded. It has no heading, so that the focus waits for the final one. */
export function loading() {
  return html`<p role="status">${t('frame.loading')}</p>`;
}

/** A row that opens another place or its own body. */
export function row({
  title,
  subtitle,
  icon: name,
  onClick,
  expanded,
  body,
}: {
  title: unknown;
  subtitle?: unknown;
  icon: IconName;
  onClick: () => unknown;
  expanded?: boolean;
  body?: unknown;
}) {
  return html`<button type="button" class="row-button" aria-expanded=${
    expanded === undefined ? nothing : String(expanded)
  } @click=${onClick}>
      ${icon(name)}<span><span class="row-title">${title}</span>${
        subtitle ? html`<span class="row-more">${subtitle}</span>` : nothing
      }</span>
      ${expanded === undefined ? icon('on', 18, 'turn mirror') : icon('down', 18, 'turn')}
    </button>${expanded ? html`<div class="card-body stack">${body}</div>` : nothing}`;
}
