/** Each picture is looked at once before it can be printed: no search finds an address inside a picture. */
import { html, nothing } from './html.js';
import { button, errorSummary, heading } from './parts.js';
import { t } from './strings.js';

/** @typedef {import('./stage.js').Stage} Stage */

/**
 * @param {Stage} stage
 * @param {() => void} done
 */
export function looking(stage, done) {
  const { local } = stage;
  const looks = /** @type {{attachment: string, name: string}[]} */ (local.looks ?? []);
  const n = local.looked ?? 0;
  const one = looks[n];
  if (!one) return html`${heading(t('look.title'))}<p>${t('look.none')}</p><div>${button(t('frame.next'), done, { main: true })}</div>`;
  const found = stage.find(`picture:print:${one.attachment}`, () => stage.app.readPicture(one.attachment, 'print'));
  /** @param {boolean} hold */
  const answer = (hold) => stage.run('look', async () => {
    await stage.app.markLooked(one.attachment, { hold });
    stage.arrived = true;
    stage.set({ looked: n + 1 });
    if (n + 1 >= looks.length) done();
  });
  return html`${heading(t('look.title'))}
    <p class="soft">${t('look.lead')}</p>${errorSummary(stage)}
    <p class="small soft" role="status">${t('look.of', { n: n + 1, of: looks.length })} · ${one.name}</p>
    <div class="look-picture">${found.data?.url ? html`<img src=${found.data.url} alt=${t('file.picture_of', { name: one.name })}>`
    : html`<p class="soft page">${found.data === null || found.problem ? t('file.no_preview') : t('frame.loading')}</p>`}</div>
    <div class="stack-close">
      ${button(t('look.ok'), () => answer(false), { main: true, wide: true, busy: stage.running === 'look' })}
      ${button(t('look.hold'), () => answer(true), { wide: true })}
    </div>${nothing}`;
}
