/** What was shared: to whom, when, how, and their reference. It is stored in the diary, and the next pack prints it. */
import { html, nothing } from '../../shell/html.js';
import { chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, loading } from '../../components/parts.js';
import { dateTimeText } from '../../components/text/formatting.js';
import { joinWithDots, inPlainEnglish, t, tn } from '../../shell/strings.js';
import { labelForCode, labelOf, loadVocabulary } from '../../components/text/labels.js';
import { packFingerprint } from '../../pack/signature.js';
import { saveFiles } from '../../components/files/save_file.js';
import './words.js';
import type { Fields, SharedExport } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const MAX_WAYS = 8;

function sharedView(stage: Stage) {
  const lists = loadVocabulary(stage);
  const result = stage.find('shared', () => stage.app.readShared());
  if (!result.data || !lists) return loading();
  const shares = [...(result.data as SharedExport[])].reverse();
  return html`<div class="stack-wide"><div class="stack-close">${heading(t('log.title'))}<p
    class="soft">${t('log.lead')}</p></div>${errorSummary(stage)}
    ${
      shares.length
        ? html`<ul class="stack">${shares.map((share) => html`<li>${shareCard(stage, share)}</li>`)}</ul>`
        : html`<p>${t('log.none')}</p>`
    }</div>`;
}

function shareCard(stage: Stage, share: SharedExport) {
  const { fields, restricted } = share;
  const isEditing = (stage.local.editing ?? stage.place.record) === share.record;
  const madeAt = dateTimeText(fields.made_at ?? share.at);
  const fileCount = fields.attachments_included;
  const numbers = packFingerprint(String(fields.manifest_sha256 ?? ''));
  const facts = [
    `${t('log.made', { at: madeAt })} · ${tn('log.items', fields.record_ids?.length ?? 0)}` +
      (fileCount ? ` · ${tn('log.size', fileCount)}` : ''),
    joinWithDots([fields.delivered_to, labelForCode('delivered_ways', fields.delivered_how)]),
    fields.receipt_ref ? `${t('log.ref')}: ${fields.receipt_ref}` : '',
    ...openingLines(fields),
    fields.restricted_included === false && share.label ? t('log.servable') : '',
    numbers ? t('log.numbers', { numbers }) : '',
    String(restricted.notes ?? '').startsWith('Went on') ? t('log.went_on') : '',
  ].filter(Boolean);
  return html`<article class="card stack-close"><h2>${
    share.label ? t('log.pack', { no: share.label }) : labelForCode('export_kinds', fields.kind)
  }${
    share.label && fields.kind !== 'pack'
      ? html` <span class="small soft">${labelForCode('export_kinds', fields.kind)}</span>`
      : nothing
  }</h2>
    ${facts.map((line) => html`<p class="small" dir="auto">${line}</p>`)}
    ${
      share.twin
        ? html`<p class="care small">${t('log.twin', { no: share.label, plain: fields.pack_no })}</p>`
        : nothing
    }
    ${
      isEditing
        ? deliveryForm(stage, share)
        : html`<div class="stack-close">${numbers ? proofButton(stage, share) : nothing}${button(
            t('log.change'),
            () => {
              stage.place = { name: 'shared' };
              stage.set({ editing: share.record, said: null });
            },
            { plain: true },
          )}</div>`
    }</article>`;
}

/** Save what shows when the pack existed: files that can come only after it was made. */
function proofButton(stage: Stage, share: SharedExport) {
  const save = () =>
    stage.run(`proof-${share.record}`, async () => {
      const files = await stage.app.readBeside(share.record);
      saveFiles(files);
      stage.announce(files.length ? t('log.proof_saved') : t('log.proof_none'));
    });
  return button(t('log.proof'), save, { plain: true, busy: stage.runningTask === `proof-${share.record}` });
}

function openingLines(fields: Fields): string[] {
  if (fields.delivered_how !== 'handover') return [];
  const opened = Array.isArray(fields.openings) ? fields.openings : [];
  return opened.length
    ? opened.map((share) =>
        t('log.opened', { at: dateTimeText(typeof share === 'number' ? share : Number(share?.at ?? 0)) }),
      )
    : [t('log.not_opened')];
}

function deliveryForm(stage: Stage, share: SharedExport) {
  const { local } = stage;
  const values = (local.said ??= {
    delivered_to: share.fields.delivered_to ?? '',
    delivered_how: share.fields.delivered_how ?? 'saved',
    receipt_ref: share.fields.receipt_ref ?? '',
  });
  const ways = loadVocabulary(stage)?.delivered_ways?.codes.slice(0, MAX_WAYS) ?? [];
  const save = () =>
    stage.run('log', async () => {
      await stage.app.noteDelivery(share.record, { ...values, reason: inPlainEnglish(() => t('log.reason')) });
      stage.place = { name: 'shared' };
      Object.assign(local, { editing: null, said: null });
      stage.refresh('shared');
      stage.announce(t('log.saved'));
    });
  return html`<div class="stack">
    ${textField({
      id: 'to',
      label: t('log.to'),
      hint: t('log.to_hint'),
      value: values.delivered_to,
      onChange: (value) => {
        values.delivered_to = value;
      },
    })}
    ${chips({
      name: 'how-given',
      legend: t('log.how'),
      choices: ways.map((code) => [code.code, labelOf(code)]),
      chosen: [values.delivered_how],
      onChange: (code) => {
        values.delivered_how = code;
        stage.draw();
      },
    })}
    ${textField({
      id: 'ref',
      label: t('log.ref'),
      hint: t('log.ref_more'),
      value: values.receipt_ref,
      onChange: (value) => {
        values.receipt_ref = value;
      },
    })}
    <div>${button(t('log.save'), save, { main: true, busy: stage.runningTask === 'log' })}</div></div>`;
}

export const views = { shared: sharedView };
