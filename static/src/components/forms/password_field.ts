/**
 * The field for the password that somebody has already: covered as it is typed, and, while it is shown, with words of
 * the list to tap.
 *
 * [Note: offered only while shown] An offered word begins with the letters just typed, so it gives them away. No word
 * is offered while the letters are covered, because another person may be looking at the screen. Words are offered
 * after a tap on "Show", until the letters are covered again, ten seconds after the last one.
 * What is offered comes from the public list alone, one word at a time. Nothing that was typed before or is stored has
 * any part in it, so the offers are the same for every diary, for the notebook, and for a password of one's own words:
 * they tell a stranger nothing. A word is put in only when it is chosen. Enter without a choice leaves the text as it
 * is, so words of one's own are typed as if there were no list.
 */
import { html, nothing } from '../../shell/html.js';
import { t, tn } from '../../shell/strings.js';
import { keepFocus, secretField } from './fields.js';
import { completeWord, matchingWords } from './matching_words.js';
import { keepRevealed, revealBriefly } from './reveal.js';
import type { SharedApp } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** The public list, once it was needed. The same for everybody, so it may outlive a lock. */
let list: readonly string[] | null = null;
let isLoading = false;

/** Load the list. Without a signal and a kept copy nothing is offered; the next letter tries again. */
async function loadList(stage: Stage<SharedApp>) {
  if (list || isLoading) return;
  isLoading = true;
  try {
    await stage.app.ready?.();
    list = (await stage.app.wordList?.()) ?? null;
  } catch {
    return;
  } finally {
    isLoading = false;
  }
  if (list) stage.draw();
}

/**
 * The field. Its text is `stage.local[name]`.
 * @param options `id`: unique on the page; `name`: `words` by default
 */
export function passwordField(
  stage: Stage<SharedApp>,
  {
    id,
    name = 'words',
    onEnter,
    ...field
  }: {
    id: string;
    name?: string;
    label: string;
    hint?: string | undefined;
    error?: string | null;
    oneTime?: boolean | undefined;
    autofocus?: boolean;
    onEnter: () => unknown;
  },
) {
  const { local } = stage;
  const value: string = local[name] ?? '';
  const isShown = Boolean(local.shown);
  const offers = isShown && local.offering === id && list ? matchingWords(value, list) : [];
  const marked: number | null = offers.length ? (local.marked ?? null) : null;
  const offerId = (index: number) => `${id}-offer-${index}`;

  const choose = (word: string) => {
    local[name] = completeWord(value, word);
    local.marked = null;
    keepRevealed(stage);
    stage.drawNow();
    document.getElementById(id)?.focus(); // it was on the offer when that was chosen by keyboard
  };
  const mark = (index: number) => {
    local.marked = index;
    stage.drawNow();
    document.getElementById(offerId(index))?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const openOffers = () => {
    local.offering = id;
    if (local.shown) void loadList(stage);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (!offers.length || event.isComposing) return false;
    if (event.key === 'ArrowDown') mark(marked === null ? 0 : (marked + 1) % offers.length);
    else if (event.key === 'ArrowUp') mark(((marked ?? offers.length) + offers.length - 1) % offers.length);
    else if (event.key === 'Enter' && marked !== null) choose(offers[marked] as string);
    else if (event.key === 'Escape') stage.set({ offering: null, marked: null });
    else return false;
    return true;
  };
  const closeOffers = (event: FocusEvent) => {
    const { currentTarget, relatedTarget } = event;
    if (relatedTarget instanceof Node && (currentTarget as HTMLElement).contains(relatedTarget)) return;
    if (local.offering === id) stage.set({ offering: null, marked: null });
  };

  return html`<div @focusout=${closeOffers}>${secretField({
    id,
    ...field,
    value,
    shown: isShown,
    toggle: () => {
      revealBriefly(stage);
      if (local.shown && local.offering === id) void loadList(stage);
    },
    onEnter: () => void onEnter(),
    onFocus: openOffers,
    onKey,
    offers: isShown
      ? { list: offers.length ? `${id}-offers` : null, marked: marked === null ? null : offerId(marked) }
      : undefined,
    onChange: (text) => {
      local[name] = text;
      local.marked = null;
      openOffers();
      keepRevealed(stage);
      if (local.shown) stage.draw();
    },
    below: isShown ? offerList() : nothing,
  })}</div>`;

  function offerList() {
    return html`<div class="offers" id="${id}-offers" role=${offers.length ? 'listbox' : nothing} aria-label=${
      offers.length ? t('words.offers') : nothing
    }>${offers.map(
      (word, index) =>
        html`<button type="button" role="option" class="offer" id=${offerId(index)} lang="en" dir="ltr"
          aria-selected=${String(index === marked)} @mousedown=${keepFocus} @click=${() =>
            choose(word)}>${word}</button>`,
    )}</div><span class="unseen" role="status">${offers.length ? tn('words.offered', offers.length) : nothing}</span>`;
  }
}
