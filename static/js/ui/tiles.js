/** Attachments as tiles; a picture is blurred until it is touched, and only then opened. */
import { html, nothing } from './html.js';
import { icon } from './icons.js';
import { t } from './strings.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').Attachment} Attachment */

/**
 * The address of a picture's preview while the diary is open, or null where there is none.
 * @param {Stage} stage @param {Attachment} one @param {'preview'|'print'} size
 * @returns {{url: string|null, waiting: boolean}}
 */
export function picture(stage, one, size) {
  if (one.kind !== 'image' || !one.preview) return { url: null, waiting: false };
  const found = stage.find(`picture:${size}:${one.attachment}`, () => stage.app.readPicture(one.attachment, size));
  return { url: found.data?.url ?? null, waiting: !found.data && !found.problem && found.data !== null };
}

/**
 * @param {Stage} stage
 * @param {{record: string|null, attachments: Attachment[]}} of
 */
export function tiles(stage, of) {
  return html`<ul class="tiles">${of.attachments.map((one) => {
    const { url } = picture(stage, one, 'preview');
    const look = () => stage.go({ name: 'file', attachment: one.attachment, ...(of.record ? { record: of.record } : {}) });
    return html`<li><button type="button" class="tile" aria-label=${t('file.open', { name: one.name })} @click=${look}>
      <span class="tile-picture">${url ? html`<img class="blurred" src=${url} alt="">` : icon(one.kind === 'image' ? 'picture' : 'file', 32)}</span>
      <span class="tile-name">${one.name}</span></button></li>`;
  })}${nothing}</ul>`;
}
