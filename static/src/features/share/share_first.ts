/**
 * The entries that an officer reads first, ten at most. Those that the keeper marked in the diary start ticked, of more
 * than ten the latest; any other entry of the pack can be ticked.
 */
import { FIRST_ENTRIES_LIMIT } from '../../core/constants.js';
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips } from '../../components/forms/fields.js';
import { row } from '../../components/parts.js';
import { entryNumberText, occurredText } from '../../components/text/formatting.js';
import { t } from '../../shell/strings.js';
import '../../components/words.js';
import type { Row as Entry } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** With more entries than this, chips would fill the page. */
const MAX_CHIPS = 30;

/** @param entries the entries of the pack */
export function firstEntriesField(stage: Stage, entries: readonly Entry[]) {
  if (entries.length < 2) return nothing;
  const chosenIds = (stage.local.startWith ?? []) as string[];
  const toggle = (record: string, on: boolean) => {
    if (on && chosenIds.length >= FIRST_ENTRIES_LIMIT) return stage.set({ fullFirst: true });
    return stage.set({
      startWith: on ? [...chosenIds, record] : chosenIds.filter((entry) => entry !== record),
      fullFirst: false,
    });
  };
  const fullError = stage.local.fullFirst
    ? html`<p class="error-line" role="alert">${t('sheet.start_full')}</p>`
    : nothing;
  const numberOf = (entry: Entry) => entryNumberText(entry.seq_no);
  if (entries.length <= MAX_CHIPS) {
    return html`${chips({
      name: 'first',
      legend: `${t('sheet.start_with')} (${t('sheet.start_hint')})`,
      multiple: true,
      chosen: chosenIds,
      choices: entries.map((entry) => [entry.record, `${numberOf(entry)} ${entry.title.slice(0, 28)}`]),
      onChange: toggle,
    })}${fullError}`;
  }
  const chosen = entries.filter(({ record }) => chosenIds.includes(record));
  const checklist = () =>
    html`<ul class="rows ticks">${entries.map(
      (entry) =>
        html`<li>${checkbox({
          id: `first-${entry.record}`,
          checked: chosenIds.includes(entry.record),
          onChange: (on) => toggle(entry.record, on),
          label: html`<span class="small soft">${numberOf(entry)} · ${occurredText(entry.occurred)}</span><br><span
            dir="auto">${entry.title || t('entries.no_words')}</span>`,
        })}</li>`,
    )}</ul>`;
  const isOpen = Boolean(stage.local.firstOpen);
  return html`<div class="rows"><div>${row({
    title: t('sheet.start_with'),
    subtitle: chosen.length ? chosen.map(numberOf).join(', ') : t('sheet.start_hint'),
    icon: 'list',
    expanded: isOpen,
    onClick: () => stage.set({ firstOpen: !isOpen }),
    body: isOpen ? checklist() : nothing,
  })}</div></div>${fullError}`;
}
