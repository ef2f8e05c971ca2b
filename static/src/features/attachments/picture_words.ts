/** The words in a picture, on its page: read on the phone when the keeper asks for it, and shown as not checked. */
import { html, nothing } from '../../shell/html.js';
import { button, problemSentence } from '../../components/parts.js';
import { sentenceOf } from '../../diary/sentences.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { AttachmentRead } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

export function pictureWords(stage: Stage, { attachment, kind, draft, taken_out }: AttachmentRead) {
  if (kind !== 'image' || draft || taken_out !== null) return nothing;
  return html`<section class="stack-close"><h2>${t('reader.title')}</h2>${wordsOrOffer(stage, attachment)}</section>`;
}

function wordsOrOffer(stage: Stage, attachment: string) {
  const { reading, offline } = stage.state;
  const { data: known } = stage.find(`picture-words:${attachment}`, () => stage.app.pictureWords(attachment));
  if (!known) return html`<p role="status">${t('frame.loading')}</p>`;
  const begin = (pictures: readonly string[]) =>
    stage.run('reader', async () => {
      await stage.app.readWordsIn(pictures);
      stage.refresh('picture-words:');
    });
  const busy = stage.runningTask === 'reader';
  const beginButton = (label: string) => html`<div>${button(label, () => begin([attachment]), { busy })}</div>`;
  const { unread } = known;
  const allButton =
    unread.length > 1 && unread.includes(attachment)
      ? html`<div>${button(tn('reader.all', unread.length), () => begin(unread), { plain: true, busy })}</div>`
      : nothing;
  if (known.state === 'read')
    return known.lines.length
      ? html`<p class="small soft">${t('reader.unchecked')}</p>
          ${known.isPoor ? html`<p class="care small">${t('reader.poor')}</p>` : nothing}
          <div class="card stack-close">${known.lines.map(
            (line) => html`<p class="narrative-small" dir="auto">${line}</p>`,
          )}</div>${listOffer(stage, attachment)}`
      : html`<p>${t('reader.none')}</p>`;
  if (known.reader === 'none') return html`<p>${t('reader.no_browser')}</p>`;
  if (reading?.code)
    return html`<p class="care small" role="alert">${problemSentence({ sentence: sentenceOf(reading.code) })}</p>
      ${beginButton(t('reader.again'))}`;
  if (reading && known.state === 'waiting')
    return html`<p role="status">${t('reader.progress', { n: reading.done + 1, total: reading.total })}</p>
      <div>${button(t('reader.stop'), () => stage.app.stopReadingWords(), { plain: true })}</div>`;
  if (known.state === 'failed' && known.code)
    return html`<p class="care small" role="status">${problemSentence({ sentence: sentenceOf(known.code) })}</p>
      ${beginButton(t('reader.again'))}`;
  if (known.reader === 'here') return html`${beginButton(t('reader.begin'))}${allButton}`;
  return offline
    ? html`<p>${t('reader.no_signal')}</p>`
    : html`<p>${t('reader.ask', { n: known.megabytes })}</p>${beginButton(t('reader.get'))}${allButton}`;
}

/** Offer the list of messages, if any could be told apart. */
function listOffer(stage: Stage, attachment: string) {
  const { data, problem } = stage.find(`picture-rows:${attachment}`, () => stage.app.countPictureRows(attachment));
  if (problem) return nothing;
  if (!data) return html`<p role="status">${t('frame.loading')}</p>`;
  if (!data.rows) return html`<p>${t('reader.list_none')}</p>`;
  return html`<div class="stack-close"><div>${button(t(data.isBegun ? 'reader.list_on' : 'reader.list'), () =>
    stage.go({ name: 'picture_list', attachment }),
  )}</div><p class="small soft">${t('reader.list_hint')}</p></div>`;
}
