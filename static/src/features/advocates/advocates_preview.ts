/** Preview what an advocate will see, entry by entry, before the keeper agrees. */
import { html, nothing } from '../../shell/html.js';
import { button, row, waiting } from '../../components/parts.js';
import { entryNumber, whenWords } from '../../components/text/say.js';
import { t, tn } from '../../shell/strings.js';
import { titleOf } from '../../components/cards/card_words.js';
import { nameOf } from '../../components/text/record_names.js';
import { vocabulary } from '../../components/text/labels.js';
import { factsOf } from '../../components/text/facts.js';
import './words.js';
import type { Scope } from '../../crypto/sharing/grants.js';
import type { Entry, Row } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const SHOWN = 20;

export function preview(stage: Stage, { scope, restricted }: { scope: Scope; restricted: boolean }) {
  vocabulary(stage);
  const found = stage.find(`seen:${JSON.stringify(scope)}`, () => stage.app.previewGrant(scope)).data;
  if (!found) return waiting();
  const ids = new Set(found.entries);
  const rows = stage.state.entries.filter(({ record }) => ids.has(record));
  const shown = rows.slice(0, stage.local.allSeen ? rows.length : SHOWN);
  const after = 'all' in scope ? 'adv.preview_new' : 'case' in scope ? 'adv.preview_new_case' : 'adv.preview_new_some';
  const lines = [
    `${tn('adv.preview_entries', found.entries.length)}${
      found.files ? `, ${tn('adv.preview_files', found.files)}` : ''
    }`,
    t(after),
    t(restricted ? 'adv.preview_apart_on' : 'adv.preview_apart'),
    found.files && !restricted ? t('adv.preview_pictures') : '',
    found.intimate ? tn('adv.preview_intimate', found.intimate) : '',
    t('adv.preview_note'),
  ].filter(Boolean);
  return html`<p>${t('adv.preview_lead')}</p><ul class="points card">${lines.map((line) => html`<li>${line}</li>`)}</ul>
    ${
      rows.length
        ? html`<div class="rows">${shown.map((one) => entryRow(stage, one, restricted))}</div>`
        : html`<p>${t('adv.preview_none')}</p>`
    }
    ${
      shown.length < rows.length
        ? html`<div>${button(t('adv.preview_more'), () => stage.set({ allSeen: true }), { plain: true })}</div>`
        : nothing
    }
    ${
      found.others.length
        ? html`<section class="stack-close"><h2>${t('adv.preview_others')}</h2><ul class="points">${found.others.map(
            ({ kind, fields }) => html`<li><bdi>${nameOf(kind, fields)}</bdi></li>`,
          )}</ul></section>`
        : nothing
    }`;
}

function entryRow(stage: Stage, one: Row, restricted: boolean) {
  const open = stage.local.seen === one.record;
  const title = html`<span class="small soft">${entryNumber(one.seq_no)} · ${whenWords(one.occurred)}</span><br><span
    dir="auto">${one.title || t('entries.no_words')}</span>`;
  return html`<div>${row({
    title,
    icon: 'eye',
    expanded: open,
    on: () => stage.set({ seen: open ? null : one.record }),
    body: open ? asTheySee(stage, one.record, restricted) : nothing,
  })}</div>`;
}

function asTheySee(stage: Stage, record: string, restricted: boolean) {
  const found = stage.find(`entry:${record}`, () => stage.app.readIncident(record)).data as Entry | undefined;
  if (!found) return waiting();
  const said = factsOf(stage, found.fields, restricted ? found.restricted : {});
  const changed = found.versions.filter(({ kind }) => kind === 'amendment').length;
  return html`<p class="narrative" dir="auto">${found.fields.narrative || t('entry.no_words')}</p>
    ${
      said.length
        ? html`<dl class="facts">${said.map(
            ({ name, text }) => html`<div><dt>${titleOf(name)}</dt><dd dir="auto">${text}</dd></div>`,
          )}</dl>`
        : nothing
    }
    ${
      found.attachments.length
        ? html`<p class="small">${tn('adv.preview_files_here', found.attachments.length)}</p>`
        : nothing
    }
    ${changed ? html`<p class="small care">${tn('adv.preview_earlier', changed)}</p>` : nothing}`;
}
