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
const FEW = 24;
const MORE = 48;

/** The URL of a picture's copy while the diary is open; null if there is none or pictures are hidden. */
export function picture(
  stage: Stage<SharedApp>,
  one: Attachment,
  size: 'preview' | 'print' | 'masked' | 'unmasked',
): { url: string | null; waiting: boolean } {
  if ((one.kind !== 'image' && one.kind !== 'video') || !one.preview) return { url: null, waiting: false };
  const found = stage.find(`picture:${size}:${one.attachment}`, () => stage.app.readPicture(one.attachment, size));
  return { url: found.data?.url ?? null, waiting: !found.data && !found.problem && found.data !== null };
}

/** Whether the keeper turned pictures in lists off, even blurred ones. */
export function isHidden(stage: Stage<SharedApp>) {
  return stage.app.readSettings
    ? stage.find('wording', async () => stage.app.readSettings?.()).data?.fields?.pictures_hidden === true
    : false;
}

/** @param renderBelow content under a tile */
export function tiles(
  stage: Stage<SharedApp>,
  of: { record: string | null; attachments: Attachment[] },
  below: (attachment: string) => unknown = () => nothing,
) {
  const shown = stage.local.tiles ?? FEW;
  const hidden = isHidden(stage);
  return html`<ul class="tiles">${of.attachments.slice(0, shown).map((one) => {
    const { url } = hidden ? { url: null } : picture(stage, one, 'preview');
    const look = () =>
      stage.go({ name: 'file', attachment: one.attachment, ...(of.record ? { record: of.record } : {}) });
    return html`<li><button type="button" class="tile" aria-label=${t('file.open', { name: one.name })} @click=${look}>
      <span class="tile-picture">${
        url ? html`<img class="blurred" src=${url} alt="">` : icon(ICONS[one.kind] ?? 'file', 32)
      }${url && one.kind === 'video' ? html`<span class="tile-mark">${icon('on', 20)}</span>` : nothing}</span>
      <span class="tile-name" dir="auto">${one.description || one.name}</span>${
        one.place ? html`<span class="tile-place">${icon('place', 14)}${t('tiles.place')}</span>` : nothing
      }</button>${below(one.attachment)}</li>`;
  })}</ul>${
    of.attachments.length > shown
      ? html`<div>${button(t('tiles.more'), () => stage.set({ tiles: shown + MORE }))}</div>`
      : nothing
  }`;
}

const ICONS: Record<string, IconName> = { image: 'picture', video: 'camera', audio: 'voice', file: 'file' };
