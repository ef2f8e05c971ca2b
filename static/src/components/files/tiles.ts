/** Attachments as tiles. A picture stays blurred until it is touched, and only then opens. */
import { html, nothing } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Attachment, SharedApp } from '../../shell/app.js';
import type { IconName } from '../../shell/icons.js';
import type { Stage } from '../../shell/stage.js';

/** A list of 300 files must open as fast as a list of three. The rest load on request. */
const INITIAL_TILES = 24;
const MORE_TILES = 48;

/** Let the tiles show a file that was just added as number `count`: it must not seem lost behind a button. */
export function showTilesTo(stage: Stage<SharedApp>, count: number) {
  const shown = stage.local.tiles ?? INITIAL_TILES;
  stage.local.tiles = Math.max(shown, Math.min(count, INITIAL_TILES + MORE_TILES));
}

/**
 * Return the URL of a picture's copy. It is null if the picture has no copy of that size or pictures are hidden.
 * `waiting`: the copy is being read.
 */
export function findPicture(
  stage: Stage<SharedApp>,
  attachment: Attachment,
  size: 'preview' | 'print' | 'masked' | 'unmasked',
): { url: string | null; waiting: boolean } {
  if ((attachment.kind !== 'image' && attachment.kind !== 'video') || !attachment.preview)
    return { url: null, waiting: false };
  const result = stage.find(`picture:${size}:${attachment.attachment}`, () =>
    stage.app.readPicture(attachment.attachment, size),
  );
  return { url: result.data?.url ?? null, waiting: !result.data && !result.problem && result.data !== null };
}

/** Whether the keeper turned pictures in lists off, even blurred ones. */
export function arePicturesHidden(stage: Stage<SharedApp>) {
  return stage.app.readSettings
    ? stage.find('wording', async () => stage.app.readSettings?.()).data?.fields?.pictures_hidden === true
    : false;
}

/** @param renderBelow content under a tile */
export function attachmentTiles(
  stage: Stage<SharedApp>,
  source: { record: string | null; attachments: Attachment[] },
  renderBelow: (attachment: string) => unknown = () => nothing,
) {
  const shown = stage.local.tiles ?? INITIAL_TILES;
  const hidden = arePicturesHidden(stage);
  return html`<ul class="tiles">${source.attachments.slice(0, shown).map((attachment) => {
    const { url } = hidden ? { url: null } : findPicture(stage, attachment, 'preview');
    const open = () =>
      stage.go({
        name: 'file',
        attachment: attachment.attachment,
        ...(source.record ? { record: source.record } : {}),
      });
    // An advocate who may not see what is kept from the other person gets no file names.
    const name = attachment.name || t('file.unnamed');
    return html`<li><button type="button" class="tile" aria-label=${t('file.open', { name })} @click=${open}>
      <span class="tile-picture">${
        url ? html`<img class="blurred" src=${url} alt="">` : icon(ICONS[attachment.kind] ?? 'file', 32)
      }${url && attachment.kind === 'video' ? html`<span class="tile-mark">${icon('on', 20)}</span>` : nothing}</span>
      <span class="tile-name" dir="auto">${attachment.description || name}</span>${
        attachment.place ? html`<span class="tile-place">${icon('place', 14)}${t('tiles.place')}</span>` : nothing
      }${
        attachment.unseen
          ? html`<span class="tile-place">${t('tiles.unseen', { by: attachment.collected ?? '' })}</span>`
          : nothing
      }</button>${renderBelow(attachment.attachment)}</li>`;
  })}</ul>${
    source.attachments.length > shown
      ? html`<div class="row"><span>${t('tiles.count', { shown, n: source.attachments.length })}</span>${button(
          t('tiles.more'),
          () => stage.set({ tiles: shown + MORE_TILES }),
        )}</div>`
      : nothing
  }`;
}

const ICONS: Record<string, IconName> = { image: 'picture', video: 'camera', audio: 'voice', file: 'file' };
