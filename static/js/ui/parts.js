/** Small parts that several screens share: buttons, state line, error summary, progress, sheets. */
import { html, nothing, ref } from './html.js';
import { icon } from './icons.js';
import { leaveButton } from './leaving.js';
import { inWords, t, tn } from './strings.js';
import { clockTime, momentSaid } from './say.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').EntryState} EntryState */

/**
 * @param {unknown} label
 * @param {() => unknown} on
 * @param {{main?: boolean, wide?: boolean, plain?: boolean, busy?: boolean, off?: boolean, icon?: import('./icons.js').IconName}} [how]
 */
export function button(label, on, how = {}) {
  const looks = `button${how.main ? ' button-main' : ''}${how.wide ? ' button-wide' : ''}${how.plain ? ' button-plain' : ''}`;
  // aria-disabled, not disabled: a greyed button keeps the focus and can say why it does nothing.
  return html`<button type="button" class=${looks} aria-disabled=${how.off || how.busy ? 'true' : nothing} aria-busy=${how.busy ? 'true' : nothing}
    @click=${() => {
      if (!how.busy) on();
    }}>${how.icon ? icon(how.icon) : nothing}<span>${label}</span></button>`;
}

/**
 * What is kept where, in words and a picture, never by colour alone.
 * @param {EntryState} state
 * @param {boolean} registered whether a copy off this phone is kept at all
 */
export function stateLine(state, registered) {
  return html`<span class="state state-${state.code}" data-state=${state.code}>${icon(state.code, 18)}<span>${stateWords(state, registered)}</span></span>`;
}

/** Safari in a tab forgets what a page stored after seven days; on the home screen it does not. */
export function mayForget() {
  return /** @type {{standalone?: boolean}|undefined} */ (globalThis.navigator)?.standalone === false;
}

/** Why something is not kept safe yet says less than the usual words would: it stands instead of them. @param {EntryState} state @param {boolean} registered */
function stateWords({ code, at, why, files = 0, percent, sentence }, registered) {
  if (why === 'files') return percent === undefined ? tn('state.files', files) : tn('state.part', files, { percent });
  if (why) return t(`state.${why}`);
  if (code === 'trouble') return sentence ? inWords(sentence, { grave: true }) : t('state.trouble');
  if (code === 'sealed' && !registered) return t(mayForget() ? 'state.only_tab' : 'state.only');
  return code === 'kept' ? t('state.kept', { time: keptAt(at) }) : t(`state.${code}`);
}

/** @param {number|null} at */
function keptAt(at) {
  if (at === null) return '';
  return Date.now() - at < 20 * 3_600_000 ? clockTime(at) : momentSaid(at);
}

/** All that is said about the record and the server: docs/warnings.md. @param {Stage} stage */
export function troublesOf({ state: { account } }) {
  return account?.trouble ? [account.trouble, ...(account.also ?? [])] : [];
}

/**
 * The sentence for a failure, as it carries it.
 * @param {{sentence?: string}} problem
 * @returns {string}
 */
export function sentenceOf(problem) {
  return problem.sentence ? inWords(problem.sentence, { grave: true }) : t('no.unknown');
}

/**
 * What went wrong on this place, at its top; takes the focus when it appears.
 * @param {Stage} stage
 */
export function errorSummary(stage) {
  const problem = stage.problem;
  if (!problem) return nothing;
  return html`<div class="error-summary" role="alert" tabindex="-1" data-problem><p>${sentenceOf(problem)}</p></div>`;
}

/**
 * A bar with its number and a way to stop.
 * @param {{label: string, done: number, total: number, cancel?: (() => unknown)|null, cancelLabel?: string}} work
 */
export function progress({ label, done, total, cancel, cancelLabel }) {
  const percent = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0;
  return html`<div class="progress">
    <div class="row apart"><span>${label}</span><strong>${t('progress.percent', { percent })}</strong></div>
    <progress max="100" value=${percent} aria-label=${label}>${percent}</progress>
    ${cancel ? html`<div>${button(cancelLabel ?? t('frame.cancel'), cancel)}</div>` : nothing}
  </div>`;
}

/** @param {Stage} stage */
function showModal(stage) {
  return (/** @type {Element|undefined} */ element) => {
    const dialog = /** @type {HTMLDialogElement|undefined} */ (element);
    stage.dialog = dialog;
    // The ref runs before the element is in the page; showModal needs it there.
    if (dialog && !dialog.open) queueMicrotask(() => dialog.isConnected && !dialog.open && dialog.showModal());
  };
}

/**
 * A question over the page. The browser holds the focus inside and gives it back; Escape closes. What lies beneath cannot
 * be touched meanwhile, so the way out stands here too.
 * @param {Stage} stage
 * @param {string} title
 * @param {unknown} body
 */
export function sheet(stage, title, body) {
  return html`<dialog aria-labelledby="sheet-title" ${ref(showModal(stage))} @close=${() => stage.closeSheet()}>
    <div class="stack"><div class="sheet-top"><h2 id="sheet-title" tabindex="-1" data-focus>${title}</h2>${stage.canLeave ? leaveButton(stage) : nothing}</div>${body}</div>
  </dialog>`;
}

/**
 * The heading of a place; takes the focus when the place opens, unless a field asks for it.
 * @param {unknown} title words; what somebody typed in a `bdi`, so that it keeps its own direction
 */
export function heading(title) {
  return html`<h1 tabindex="-1">${title}</h1>`;
}

/** An address that is typed in: where it does not fit it breaks after a slash and not within a name. @param {string} text */
export function addressCard(text) {
  return html`<p class="card sheet-name">${text.split(/(?<=\/)(?!\/)/).map((part) => html`${part}<wbr>`)}</p>`;
}

/** Until what a place shows has been read. It has no heading: the focus waits for the one that stays. */
export function waiting() {
  return html`<p role="status">${t('frame.loading')}</p>`;
}

/**
 * A row that leads somewhere or opens its body.
 * @param {{title: unknown, more?: unknown, icon: import('./icons.js').IconName, on: () => unknown, expanded?: boolean, body?: unknown}} row
 */
export function row({ title, more, icon: name, on, expanded, body }) {
  return html`<button type="button" class="row-button" aria-expanded=${expanded === undefined ? nothing : String(expanded)} @click=${on}>
      ${icon(name)}<span><span class="row-title">${title}</span>${more ? html`<span class="row-more">${more}</span>` : nothing}</span>
      ${expanded === undefined ? icon('on', 18, 'turn mirror') : icon('down', 18, 'turn')}
    </button>${expanded ? html`<div class="card-body stack">${body}</div>` : nothing}`;
}
