/**
 * A screenful of pictures that are decided about with one tap: none of them shows where the keeper is. The tap counts
 * only once each of them was on the screen (seen_pictures.ts). A picture that shows something is opened and decided
 * about by itself; so is one that did not load, or is too small here to see what it shows.
 */
import { html, nothing, ref, repeat } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button } from '../../components/parts.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { SeenPictures } from '../../components/files/seen_pictures.js';
import './words.js';
import type { PictureDecision, ReviewPicture } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { TileState } from '../../components/files/seen_pictures.js';

/** A picture of the screen. `url`: of its copy; null for none, or while it loads */
type Tile = { look: ReviewPicture; url: string | null; isLoading: boolean; decision: PictureDecision | null };
type GridActions = {
  /** a picture was closed this moment: what is tapped was not there when the finger came down */
  isClosing: boolean;
  /** number of the first picture here, and of all */
  first: number;
  of: number;
  open: (look: ReviewPicture) => unknown;
  /** called with the pictures that nothing was decided about, each of which was seen */
  confirm: (looks: readonly ReviewPicture[]) => unknown;
};

const TILE = 'data-look';

export function gridView(stage: Stage, tiles: readonly Tile[], { isClosing, first, of, open, confirm }: GridActions) {
  const seen: SeenPictures = (stage.local.seen ??= new SeenPictures(() => stage.draw()));
  const undecided = tiles.filter(({ decision }) => !decision);
  const unseen = undecided.filter((tile) => stateOf(seen, tile) !== 'seen');
  const submit = () => {
    if (isClosing) return undefined;
    const [missing] = unseen;
    if (!missing) return confirm(undecided.map(({ look }) => look));
    stage.set({ notYet: true });
    return focusTile(stage, missing.look.attachment);
  };
  const last = first + tiles.length - 1;
  const isMissing = Boolean(stage.local.notYet) && unseen.length > 0;
  return html`<p class="small soft" role="status">${
    tiles.length === 1 ? t('look.of', { n: first, of }) : t('grid.of', { first, last, of })
  }</p>
    ${undecided.length ? html`<p>${t('grid.look_for')}</p>` : nothing}
    <ul class="look-grid">${repeat(
      tiles,
      ({ look }) => look.attachment,
      (tile, index) => html`<li>${tileView(seen, tile, { n: first + index, of }, () => open(tile.look))}</li>`,
    )}</ul>
    <div class="stack-close">
      ${isMissing ? html`<p class="error-line" role="alert">${tn('grid.missing', unseen.length)}</p>` : nothing}
      ${button(undecided.length ? t('grid.none') : t('frame.next'), submit, {
        main: true,
        wide: true,
        disabled: isClosing || unseen.length > 0,
      })}
      ${undecided.length ? html`<p class="small soft">${t('grid.hint')}</p>` : nothing}</div>`;
}

function stateOf(seen: SeenPictures, { url, isLoading }: Tile): TileState {
  if (url) return seen.stateOf(url);
  return isLoading ? null : 'failed';
}

function tileView(seen: SeenPictures, tile: Tile, place: { n: number; of: number }, open: () => unknown) {
  const { look, url, isLoading, decision } = tile;
  const state = stateOf(seen, tile);
  const key = decision ? `grid.${decision}` : state ? `grid.${state}` : isLoading ? 'frame.loading' : 'grid.unseen';
  const hasPicture = url && state !== 'failed';
  return html`<button type="button" class="look-tile" data-look=${look.attachment} data-decided=${
    decision ?? nothing
  } @click=${open}>
    <span class="unseen">${t('look.of', place)} ${look.name}. ${t('look.open')}</span>
    ${
      hasPicture
        ? // An element for each address: one that is used again for another picture would still count as on the screen.
          repeat([url], String, () => html`<img src=${url} alt="" ${ref(seen.watch)}>`)
        : html`<span class="look-blank">${icon('picture', 32)}</span>`
    }
    <span class="look-state">${markOf(decision, state)}<span>${lookUp(key)}</span></span></button>`;
}

function markOf(decision: PictureDecision | null, state: TileState) {
  if (decision) return nothing;
  return state === null ? nothing : icon(state === 'seen' ? 'eye' : 'trouble', 16);
}

/** Focus a picture's button, so that it is on the screen, and is where the keeper was. */
export function focusTile(stage: Stage, attachment: string) {
  stage.drawNow();
  const tile = document.querySelector<HTMLElement>(`[${TILE}="${CSS.escape(attachment)}"]`);
  tile?.focus({ preventScroll: true });
  // One that is higher than the screen is read from its top.
  tile?.scrollIntoView({ block: tile.offsetHeight > innerHeight ? 'start' : 'center' });
}
