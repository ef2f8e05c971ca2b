/**
 * The entries that an officer reads first, ten at most. Those that the keeper marked in the diary start ticked; any
 * other entry of the pack can be ticked.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips } from '../../components/forms/fields.js';
import { row } from '../../components/parts.js';
import { entryNumber, whenWords } from '../../components/text/say.js';
import { t } from '../../shell/strings.js';
import '../../components/words.js';
import type { Row as Entry } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const MOST = 10;
/** With more entries than this, chips would fill the page. */
const CHIPS = 30;

/** @param entries the entries of the pack */
export function readingFirst(stage: Stage, entries: readonly Entry[]) {
  if (entries.length < 2) return nothing;
  const first = (stage.local.startWith ?? []) as string[];
  const tick = (record: string, on: boolean) => {
    if (on && first.length >= MOST) return stage.set({ fullFirst: true });
    return stage.set({ startWith: on ? [...first, record] : first.filter((one) => one !== record), fullFirst: false });
  };
  const full = stage.local.fullFirst ? html`<p class="error-line" role="alert">${t('sheet.start_full')}</p>` : nothing;
  const number = (one: Entry) => entryNumber(one.seq_no);
  if (entries.length <= CHIPS) {
    return html`${chips({
      name: 'first',
      legend: `${t('sheet.start_with')} (${t('sheet.start_hint')})`,
      many: true,
      chosen: first,
      choices: entries.map((one) => [one.record, `${number(one)} ${one.title.slice(0, 28)}`]),
      on: tick,
    })}${full}`;
  }
  const chosen = entries.filter(({ record }) => first.includes(record));
  const list = () =>
    html`<ul class="rows ticks">${entries.map(
      (one) =>
        html`<li>${checkbox({
          id: `first-${one.record}`,
          checked: first.includes(one.record),
          on: (on) => tick(one.record, on),
          label: html`<span class="small soft">${number(one)} · ${whenWords(one.occurred)}</span><br><span dir="auto">${
            one.title || t('entries.no_words')
          }</span>`,
        })}</li>`,
    )}</ul>`;
  const open = Boolean(stage.local.firstOpen);
  return html`<div class="rows"><div>${row({
    title: t('sheet.start_with'),
    more: chosen.length ? chosen.map(number).join(', ') : t('sheet.start_hint'),
    icon: 'list',
    expanded: open,
    on: () => stage.set({ firstOpen: !open }),
    body: open ? list() : nothing,
  })}</div></div>${full}`;
}
