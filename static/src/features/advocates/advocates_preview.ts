/** Preview what an advocate will see, entry by entry, before the keeper agrees. */
import { html, nothing } from '../../shell/html.js';
import { button, row, loading } from '../../components/parts.js';
import { entryNumberText, occurredText } from '../../components/text/formatting.js';
import { t, tn } from '../../shell/strings.js';
import { fieldTitle } from '../../components/cards/card_words.js';
import { recordName } from '../../components/text/record_names.js';
import { loadVocabulary } from '../../components/text/labels.js';
import { entryFacts } from '../../components/text/facts.js';
import './words.js';
import type { GrantScope } from '../../crypto/sharing/grants.js';
import type { Entry, Row } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const FIRST_SHOWN = 20;

export function preview(stage: Stage, { scope, restricted }: { scope: GrantScope; restricted: boolean }) {
  loadVocabulary(stage);
  const summary = stage.find(`seen:${JSON.stringify(scope)}`, () => stage.app.previewGrant(scope)).data;
  if (!summary) return loading();
  const ids = new Set(summary.entries);
  const rows = stage.state.entries.filter(({ record }) => ids.has(record));
  const shown = rows.slice(0, stage.local.allSeen ? rows.length : FIRST_SHOWN);
  const futureKey =
    'all' in scope ? 'adv.preview_new' : 'case' in scope ? 'adv.preview_new_case' : 'adv.preview_new_some';
  const lines = [
    `${tn('adv.preview_entries', summary.entries.length)}${
      summary.files ? `, ${tn('adv.preview_files', summary.files)}` : ''
    }`,
    t(futureKey),
    t(restricted ? 'adv.preview_apart_on' : 'adv.preview_apart'),
    summary.files && !restricted ? t('adv.preview_pictures') : '',
    summary.intimate ? tn('adv.preview_intimate', summary.intimate) : '',
    t('adv.preview_note'),
  ].filter(Boolean);
  return html`<p>${t('adv.preview_lead')}</p><ul class="points card">${lines.map((line) => html`<li>${line}</li>`)}</ul>
    ${
      rows.length
        ? html`<div class="rows">${shown.map((entry) => entryRow(stage, entry, restricted))}</div>`
        : html`<p>${t('adv.preview_none')}</p>`
    }
    ${
      shown.length < rows.length
        ? html`<div>${button(t('adv.preview_more'), () => stage.set({ allSeen: true }), { plain: true })}</div>`
        : nothing
    }
    ${
      summary.others.length
        ? html`<section class="stack-close"><h2>${t('adv.preview_others')}</h2><ul class="points">${summary.others.map(
            ({ kind, fields }) => html`<li><bdi>${recordName(kind, fields)}</bdi></li>`,
          )}</ul></section>`
        : nothing
    }`;
}

function entryRow(stage: Stage, item: Row, restricted: boolean) {
  const isOpen = stage.local.seen === item.record;
  const title = html`<span class="small soft">${entryNumberText(
    item.seq_no,
  )} · ${occurredText(item.occurred)}</span><br><span
    dir="auto">${item.title || t('entries.no_words')}</span>`;
  return html`<div>${row({
    title,
    icon: 'eye',
    expanded: isOpen,
    onClick: () => stage.set({ seen: isOpen ? null : item.record }),
    body: isOpen ? entryAsSeen(stage, item.record, restricted) : nothing,
  })}</div>`;
}

function entryAsSeen(stage: Stage, record: string, restricted: boolean) {
  const result = stage.find(`entry:${record}`, () => stage.app.readIncident(record)).data as Entry | undefined;
  if (!result) return loading();
  const facts = entryFacts(stage, result.fields, restricted ? result.restricted : {});
  const amendments = result.versions.filter(({ kind }) => kind === 'amendment').length;
  return html`<p class="narrative" dir="auto">${result.fields.narrative || t('entry.no_words')}</p>
    ${
      facts.length
        ? html`<dl class="facts">${facts.map(
            ({ name, text }) => html`<div><dt>${fieldTitle(name)}</dt><dd dir="auto">${text}</dd></div>`,
          )}</dl>`
        : nothing
    }
    ${
      result.attachments.length
        ? html`<p class="small">${tn('adv.preview_files_here', result.attachments.length)}</p>`
        : nothing
    }
    ${amendments ? html`<p class="small care">${tn('adv.preview_earlier', amendments)}</p>` : nothing}`;
}
