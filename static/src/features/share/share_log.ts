/** What was shared: to whom, when, how, and their reference. It is stored in the diary, and the next pack prints it. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, waiting } from '../../components/parts.js';
import { momentSaid } from '../../components/text/say.js';
import { dotted, forOthers, t, tn } from '../../shell/strings.js';
import { label, said, vocabulary } from '../../components/text/labels.js';
import './words.js';
import type { Fields, Shared } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const WAYS = 8;

function shared(stage: Stage) {
  const lists = vocabulary(stage);
  const found = stage.find('shared', () => stage.app.readShared());
  if (!found.data || !lists) return waiting();
  const all = [...(found.data as Shared[])].reverse();
  return html`<div class="stack-wide"><div class="stack-close">${heading(t('log.title'))}<p
    class="soft">${t('log.lead')}</p></div>${errorSummary(stage)}
    ${
      all.length
        ? html`<ul class="stack">${all.map((one) => html`<li>${card(stage, one)}</li>`)}</ul>`
        : html`<p>${t('log.none')}</p>`
    }</div>`;
}

function card(stage: Stage, one: Shared) {
  const { fields, restricted } = one;
  const editing = (stage.local.editing ?? stage.place.record) === one.record;
  const facts = [
    `${t('log.made', { at: at(fields.made_at ?? one.at) })} · ${tn('log.items', fields.record_ids?.length ?? 0)}${
      fields.attachments_included ? ` · ${tn('log.size', fields.attachments_included)}` : ''
    }`,
    dotted([fields.delivered_to, label('delivered_ways', fields.delivered_how)]),
    fields.receipt_ref ? `${t('log.ref')}: ${fields.receipt_ref}` : '',
    ...openings(fields),
    fields.restricted_included === false && one.label ? t('log.servable') : '',
    String(restricted.notes ?? '').startsWith('Went on') ? t('log.went_on') : '',
  ].filter(Boolean);
  return html`<article class="card stack-close"><h2>${
    one.label ? t('log.pack', { no: one.label }) : label('export_kinds', fields.kind)
  }${
    one.label && fields.kind !== 'pack'
      ? html` <span class="small soft">${label('export_kinds', fields.kind)}</span>`
      : nothing
  }</h2>
    ${facts.map((line) => html`<p class="small" dir="auto">${line}</p>`)}
    ${one.twin ? html`<p class="care small">${t('log.twin', { no: one.label, plain: fields.pack_no })}</p>` : nothing}
    ${
      editing
        ? form(stage, one)
        : html`<div>${button(
            t('log.change'),
            () => {
              stage.place = { name: 'shared' };
              stage.set({ editing: one.record, said: null });
            },
            { plain: true },
          )}</div>`
    }</article>`;
}

const at = momentSaid;

function openings(fields: Fields): string[] {
  if (fields.delivered_how !== 'handover') return [];
  const seen = Array.isArray(fields.openings) ? fields.openings : [];
  return seen.length
    ? seen.map((one) => t('log.opened', { at: at(typeof one === 'number' ? one : Number(one?.at ?? 0)) }))
    : [t('log.not_opened')];
}

function form(stage: Stage, one: Shared) {
  const { local } = stage;
  const typed = (local.said ??= {
    delivered_to: one.fields.delivered_to ?? '',
    delivered_how: one.fields.delivered_how ?? 'saved',
    receipt_ref: one.fields.receipt_ref ?? '',
  });
  const codes = vocabulary(stage)?.delivered_ways?.codes.slice(0, WAYS) ?? [];
  const save = () =>
    stage.run('log', async () => {
      await stage.app.noteDelivery(one.record, { ...typed, reason: forOthers(() => t('log.reason')) });
      stage.place = { name: 'shared' };
      Object.assign(local, { editing: null, said: null });
      stage.refresh('shared');
      stage.say(t('log.saved'));
    });
  return html`<div class="stack">
    ${textField({
      id: 'to',
      label: t('log.to'),
      hint: t('log.to_hint'),
      value: typed.delivered_to,
      on: (value) => {
        typed.delivered_to = value;
      },
    })}
    ${chips({
      name: 'how-given',
      legend: t('log.how'),
      choices: codes.map((code) => [code.code, said(code)]),
      chosen: [typed.delivered_how],
      on: (code) => {
        typed.delivered_how = code;
        stage.draw();
      },
    })}
    ${textField({
      id: 'ref',
      label: t('log.ref'),
      hint: t('log.ref_hint'),
      value: typed.receipt_ref,
      on: (value) => {
        typed.receipt_ref = value;
      },
    })}
    <div>${button(t('log.save'), save, { main: true, busy: stage.running === 'log' })}</div></div>`;
}

export const views = { shared };
