/** Add an entry: what happened or roughly when is enough to save. Everything else is optional and comes later. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, mayForget, row, sheet, stateLine } from '../../components/parts.js';
import { t, tn } from '../../shell/strings.js';
import { blockOf, whenField } from '../../components/forms/when.js';
import { cardList } from '../../components/cards/cards.js';
import { filesIn, filesRow } from '../../components/cards/card_files.js';
import { guard } from '../../components/forms/guard_line.js';
import { beginWith } from './begin.js';
import { voiceBody } from '../../components/cards/card_voice.js';
import { asFile, tooLong } from '../../components/forms/long_text.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { When } from '../../shell/app.js';

function add(stage: Stage) {
  return stage.place.record ? saved(stage, stage.place.record) : writing(stage);
}

function writing(stage: Stage) {
  const { local, state } = stage;
  const fields = state.draft?.fields ?? {};
  const open = state.phase === 'open';
  return html`<div class="stack-wide">
    ${heading(t('add.title'))}
    ${errorSummary(stage)}
    <div class="stack-close">
      ${textField({
        id: 'narrative',
        label: t('add.title'),
        hidden: true,
        lines: 'big',
        focus: true,
        value: fields.narrative ?? '',
        on: (narrative) => stage.app.putDraft({ fields: { narrative } }),
      })}
      ${guard(stage, fields.narrative ?? '', state.draft?.restricted ?? {}, (narrative, place_detail) =>
        stage.app.putDraft({ fields: { narrative }, restricted: { place_detail } }),
      )}
      ${longLine(stage, fields.narrative ?? '')}
      <p class="small soft">${t('add.alone')}</p>
      ${state.entries.length < 3 ? html`<p class="small soft">${t('add.read')}</p>` : nothing}
    </div>
    ${whenField({
      when: local.when ?? { chip: null, picked: null },
      kept: fields.precision ? fields : null,
      tried: Boolean(local.tried),
      on: (when) => choose(stage, when),
    })}
    ${local.tried && !canSave(stage) ? html`<p class="error-line" role="alert">${t('add.need')}</p>` : nothing}
    ${
      !open && mayForget()
        ? html`<div class="care stack-close"><p>${t('copy.ios')}</p><div>${button(
            t('copy.ios_how'),
            () => stage.go({ name: 'homescreen' }),
            { plain: true },
          )}</div></div>`
        : nothing
    }
    ${button(t(stage.running === 'save' ? 'add.saving' : 'add.save'), () => save(stage), {
      main: true,
      wide: true,
      off: !canSave(stage),
      busy: stage.running === 'save',
    })}
    ${beginWith(stage)}
    ${
      open
        ? pictures(stage)
        : state.draft?.attachments.length
          ? html`<p role="status">${tn('add.waiting', state.draft.attachments.length)}</p>`
          : nothing
    }
    ${open ? voice(stage) : nothing}
    ${
      state.draft && canSave(stage)
        ? html`<div class="row apart small soft"><span>${
            state.draft.saved_at === null ? nothing : t('add.kept_draft')
          }</span>${button(t('add.drop'), () => stage.openSheet(dropSheet), { plain: true })}</div>`
        : nothing
    }
  </div>`;
}

function canSave(stage: Stage) {
  const draft = stage.state.draft;
  const when = stage.local.when;
  if (when?.chip === 'pick' && !blockOf(when, Date.now())) return false;
  if (!draft || tooLong(draft.fields.narrative ?? '')) return false;
  return Boolean(
    draft.fields.narrative?.trim() ||
      draft.fields.precision ||
      draft.fields.behaviours?.length ||
      draft.attachments.length,
  );
}

/** Warn at once when the text is too long for one entry; nothing is cut. */
function longLine(stage: Stage, text: string) {
  const long = tooLong(text);
  if (!long) return nothing;
  const go = async () => {
    await stage.app.putDraft({ fields: { narrative: '' } });
    stage.set({ files: true });
  };
  return html`<div class="note stack-close" role="alert"><p>${t('add.too_long', long)}</p>
    ${
      stage.state.phase === 'open'
        ? html`<div>${button(
            t('add.long_file'),
            () =>
              stage.run('long', async () => {
                await asFile(stage, 'draft', text);
                await go();
              }),
            { busy: stage.running === 'long' },
          )}</div>`
        : nothing
    }</div>`;
}

/** Offer to record the entry, spoken or signed, instead of writing it. */
function voice(stage: Stage) {
  const { draft } = stage.state;
  const media = draft?.fields.narrative_media ?? null;
  const expanded = Boolean(stage.local.voice);
  const body = () =>
    voiceBody(stage, {
      target: 'draft',
      media,
      attachments: draft?.attachments ?? [],
      use: (narrative_media) => stage.app.putDraft({ fields: { narrative_media } }),
    });
  return html`<div class="rows">${row({
    title: t('card.voice'),
    more: media ? t('entry.recorded') : null,
    icon: 'voice',
    expanded,
    body: expanded ? body() : nothing,
    on: () => stage.set({ voice: !expanded }),
  })}</div>`;
}

function choose(stage: Stage, when: When) {
  const block = blockOf(when, Date.now());
  stage.set({ when });
  const empty = {
    occurred_start: null,
    occurred_end: null,
    occurred_local: null,
    tz: null,
    utc_offset_min: null,
    precision: null,
    time_source: null,
  };
  stage.app.putDraft({ fields: block ?? empty });
}

export async function save(stage: Stage) {
  if (!canSave(stage)) return stage.set({ tried: true });
  // Only the user stops a recording, never a save.
  if (stage.local.take?.state === 'recording') return stage.set({ voice: true });
  if (stage.state.phase === 'fresh') return stage.go({ name: 'words' });
  const { generation } = stage;
  await stage.run('save', async () => {
    await filesIn(stage);
    if (generation !== stage.generation) return; // locked meanwhile: the draft keeps the files that came in
    const lost = stage.problem;
    const { record } = await stage.app.saveIncident({ record: null, fields: {}, restricted: {} });
    stage.stand({ name: 'add', record });
    stage.say(t('add.saved'));
    if (lost) stage.fail(lost); // report a lost file on the page that is shown now
  });
}

function dropSheet(stage: Stage) {
  const drop = () => {
    stage.closeSheet();
    stage.run('drop', async () => {
      await stage.app.dropDraft();
      stage.stand({ name: 'add' });
    });
  };
  return sheet(
    stage,
    t('add.drop'),
    html`<p>${t('add.drop_ask')}</p><div class="row">${button(t('add.drop_do'), drop)}${button(
      t('frame.cancel'),
      () => stage.closeSheet(),
      { main: true },
    )}</div>`,
  );
}

function pictures(stage: Stage) {
  const attachments = stage.state.draft?.attachments ?? [];
  return filesRow(
    stage,
    { target: 'draft', record: null, attachments, words: stage.state.draft?.fields.missing_evidence ?? '' },
    attachments.length ? tn('add.waiting', attachments.length) : null,
  );
}

function saved(stage: Stage, record: string) {
  const found = stage.find(`entry:${record}`, () => stage.app.readIncident(record));
  const shown = stage.state.entries.find((one) => one.record === record)?.state ?? found.data?.state;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('add.saved'))}${
      shown ? stateLine(shown, Boolean(stage.state.account?.registered)) : nothing
    }
      <p class="soft">${t('add.more')}</p></div>
    ${errorSummary(stage)}
    ${found.data ? cardList(stage, found.data) : nothing}
    <div class="row">${button(t('add.see'), () => stage.go({ name: 'entry', record }), { main: true })}${button(
      t('add.another'),
      () => stage.go({ name: 'add' }),
      { plain: true },
    )}</div>
  </div>`;
}

export const views = { add };
