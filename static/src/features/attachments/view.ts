/** The page of one file: blurred until it is tapped, with its questions, its facts and its entries. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, problemSentence, sheet, stateLine } from '../../components/parts.js';
import { isoDateText, entryNumberText, dateTimeText, sizeText } from '../../components/text/formatting.js';
import { inPlainEnglish, joinInLine, language, lookUp, t } from '../../shell/strings.js';
import { fileCards, refreshFile, valueWords } from './attachment_cards.js';
import { pictureWords } from './picture_words.js';
import { fileLine } from './attachment_table.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { maskEditor } from '../../components/files/masking.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import { durationText, player } from '../../components/files/player.js';
import { findPicture, attachmentTiles } from '../../components/files/tiles.js';
import { lookedThroughNotes } from '../../components/text/advocate_lines.js';
import '../../components/words.js';
import './words.js';
import type { AttachmentRead, Value } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { CardQuestion } from '../../components/cards/card_table.js';

const momentText = dateTimeText;

function attachmentView(stage: Stage) {
  loadVocabulary(stage);
  const id = stage.place.attachment as string;
  // Another cache key for a draft's file: once the entry is saved, the file is read from the diary.
  const isInDraft = stage.state.draft?.attachments.some((row) => row.attachment === id) ?? false;
  const result = stage.find(`attachment:${isInDraft ? 'draft' : 'kept'}:${id}`, () => stage.app.readAttachment(id));
  if (result.problem)
    return html`<div class="stack">${heading(t('attach.missing'))}<p role="alert">${problemSentence(
      result.problem,
    )}</p><div>${button(t('door.again'), () => stage.refresh('attachment:'))}</div></div>`;
  if (!result.data)
    return html`<div class="stack">${heading(t('attach.unnamed'))}<p role="status">${t('frame.loading')}</p></div>`;
  if (result.data.out_reason === 'file_removed')
    return html`<div class="stack">${heading(t('attach.removed'))}<p>${t('attach.removed_more', {
      at: momentText(result.data.taken_out ?? 0),
    })}</p></div>`;
  if (result.data.unseen && result.data.taken_out === null) return unseenPage(stage, result.data);
  return stage.local.masking ? maskEditor(stage, result.data) : filePage(stage, result.data);
}

function filePage(stage: Stage, file: AttachmentRead) {
  return html`<article class="stack-wide">
    <div class="stack-close">${heading(String(file.fields.description || file.name || t('attach.unnamed')))}
      <div class="row">${entryLinks(stage, file)}${file.draft ? nothing : stateLine(stage, file.state)}</div></div>
    ${errorSummary(stage)}
    ${file.taken_out === null ? nothing : takenOutLine(stage, file)}
    ${file.two ? html`<p class="care small" role="status">${t('attach.two')}</p>` : nothing}
    ${file.draft ? nothing : lookedThroughNotes(stage, file.attachment)}
    ${pictureView(stage, file)}
    ${warnings(file)}
    ${pictureWords(stage, file)}
    ${
      file.taken_out === null
        ? html`<section class="stack-close"><h2>${t('attach.details')}</h2>${fileCards(stage, file)}</section>`
        : nothing
    }
    ${factLists(file)}
    ${fileActions(stage, file)}
  </article>`;
}

/** A file that was collected in a sitting: its name, and no picture until the keeper chooses to open it. */
function unseenPage(stage: Stage, file: AttachmentRead) {
  const openIt = () =>
    stage.run('open', async () => {
      await stage.app.openCollected(file.attachment);
      // Lists asked for its picture before, and were given none.
      for (const key of [...stage.cache.keys()]) if (key.startsWith('picture:')) stage.cache.delete(key);
      stage.arrived = true;
      stage.refresh('sittings');
      refreshFile(stage);
    });
  return html`<article class="stack-wide">${heading(file.name || t('attach.unnamed'))}${errorSummary(stage)}
    <p>${t('tiles.unseen', { by: file.collected ?? '' })}</p><p class="soft">${t('attach.unseen_lead')}</p>
    <div class="row">${button(t('attach.unseen_open'), openIt, {
      main: true,
      busy: stage.runningTask === 'open',
    })}${button(t('attach.take_out'), () => {
      stage.local.why = '';
      stage.openSheet((sheetStage) => takeOutSheet(sheetStage, file));
    })}</div></article>`;
}

function entryLinks(stage: Stage, { entries, draft }: AttachmentRead) {
  if (draft) return nothing;
  if (!entries.length) return html`<span class="small soft">${t('attach.loose')}</span>`;
  return html`<span class="small soft">${t('attach.in')}</span>${entries.map(({ record, seq_no }) =>
    button(
      seq_no === null ? t('entries.new') : t('attach.in_number', { n: seq_no }),
      () => stage.go({ name: 'entry', record }),
      { plain: true },
    ),
  )}`;
}

function takenOutLine(stage: Stage, file: AttachmentRead) {
  const putBack = () =>
    stage.run('back', async () => {
      await stage.app.putBackRecord(file.attachment);
      stage.announce(t('attach.was_back'));
      refreshFile(stage);
    });
  return html`<div class="note stack-close" role="status"><p>${t('attach.out', {
    at: momentText(file.taken_out ?? 0),
  })}</p><div>${button(t('attach.back'), putBack, { busy: stage.runningTask === 'back' })}</div></div>`;
}

function pictureView(stage: Stage, file: AttachmentRead) {
  if (file.kind === 'audio') return player(stage, file, file.fields.duration_ms ?? null);
  if (file.kind !== 'image' && file.kind !== 'video') return nothing;
  const { local } = stage;
  const isMasked = file.fields.print_copy === 'masked';
  const { url, waiting } = findPicture(stage, file, 'preview');
  const isUncovered = Boolean(local.bare) && file.kind === 'image';
  const image = isUncovered ? (findPicture(stage, file, local.plain ? 'unmasked' : 'print').url ?? url) : url;
  const toggle = () => {
    if (!local.bare) stage.app.looked(file.attachment);
    stage.set({ bare: !local.bare });
  };
  return html`<div class="look">
    <div class="look-picture">${
      image
        ? html`<img class=${local.bare ? '' : 'blurred'} src=${image} alt=${
            local.bare ? String(file.fields.alt_text || t('file.picture_of', { name: file.name })) : ''
          }>`
        : html`<p class="soft page">${
            waiting ? t('frame.loading') : t(file.kind === 'video' ? 'play.none' : 'file.no_preview')
          }</p>`
    }</div>
    <div class="row">${image ? button(t(local.bare ? 'file.cover' : 'file.touch'), toggle, { icon: 'eye' }) : nothing}
      ${
        isUncovered && isMasked
          ? button(t(local.plain ? 'mask.look' : 'mask.plain'), () => stage.set({ plain: !local.plain }), {
              plain: true,
            })
          : nothing
      }</div>
    ${file.kind === 'video' ? player(stage, file, file.fields.duration_ms ?? null) : nothing}
    ${isMasked ? html`<p class="small soft">${t('attach.masked_now')}</p>` : nothing}</div>`;
}

function warnings(file: AttachmentRead) {
  return html`${
    file.place
      ? html`<div class="care stack-close"><p><strong>${t('attach.place')}</strong></p><p
        class="small">${t('attach.place_do')}</p></div>`
      : nothing
  }
    ${
      file.mismatch
        ? html`<p class="care small">${
            file.claimed && file.claimed !== file.magic
              ? t('file.mismatch', { claimed: file.claimed, magic: file.magic })
              : t('file.mismatch', { claimed: file.name.split('.').at(-1) ?? '', magic: file.magic })
          }</p>`
        : nothing
    }`;
}

/** List the file's own metadata, and how the diary received it. */
function factLists(file: AttachmentRead) {
  const metadata = file.restricted.exif_summary ?? {};
  const takenText =
    typeof metadata.taken_local === 'string'
      ? joinInLine([isoDateText(metadata.taken_local.slice(0, 10)), metadata.taken_local.slice(11, 16)])
      : typeof metadata.taken_at === 'number'
        ? momentText(metadata.taken_at)
        : '';
  const metaPairs = [
    ['attach.camera', [metadata.make, metadata.model].filter(Boolean).join(' ')],
    ['attach.software', metadata.software],
    ['attach.taken', takenText],
    [
      'attach.length',
      typeof file.fields.duration_ms === 'number'
        ? durationText(file.fields.duration_ms)
        : file.kind === 'audio' || file.kind === 'video'
          ? t('attach.length_none')
          : '',
    ],
    [
      'attach.where',
      file.place === true
        ? t('attach.where_yes')
        : file.place === false
          ? t('attach.where_no')
          : t('attach.where_unknown'),
    ],
  ];
  const storedPairs = [
    ['file.type', file.magic || file.claimed],
    ['file.size', `${sizeText(file.size)} (${t('say.bytes', { n: file.size.toLocaleString(language()) })})`],
    ['file.came', labelForCode('routes', file.route)],
    ['file.received', momentText(file.received_at)],
    ['f.attachment.outside_copy', labelForCode('outside_copies', file.outside_copy)],
  ];
  const list = (pairs: unknown[][]) =>
    pairs.map(([key, value]) =>
      value ? html`<div><dt>${lookUp(String(key))}</dt><dd dir="auto">${value}</dd></div>` : nothing,
    );
  return html`<section class="stack-close"><h2>${t('attach.says')}</h2><dl class="facts card">${list(metaPairs)}</dl><p
    class="small soft">${t('attach.believed')}</p></section>
    <section class="stack-close"><h2>${t('attach.kept')}</h2><dl class="facts card">${list(storedPairs)}
      <div><dt>${t('file.digest')}</dt><dd class="hex">${file.sha256}</dd></div></dl></section>`;
}

function fileActions(stage: Stage, file: AttachmentRead) {
  const { local } = stage;
  if (file.draft)
    return html`<div class="row">${button(t('attach.drop'), () => dropHeld(stage, file), {
      plain: true,
      busy: stage.runningTask === 'drop',
    })}</div>`;
  const toggle = (name: string) => () => stage.set({ [name]: !local[name] });
  const check = () =>
    stage.run('check', async () => {
      await stage.app.checkFile(file.attachment);
      stage.set({ checked: true });
      stage.announce(t('attach.checked'));
      stage.refresh('attachment:');
    });
  return html`<div class="stack-close"><div>${button(t('attach.check'), check, {
    busy: stage.runningTask === 'check',
  })}</div>${local.checked ? html`<p role="status">${t('attach.checked')}</p>` : nothing}</div>
    <div class="rows">
      ${
        file.kind === 'image' && file.taken_out === null
          ? html`<div>${row({
              title: t('mask.row'),
              icon: 'pen',
              onClick: () => {
                stage.arrived = true;
                stage.set({ masking: { boxes: [], what: [], why: '', chosen: 0 } });
              },
            })}</div>`
          : nothing
      }
      <div>${row({
        title: t('attach.custody'),
        icon: 'list',
        expanded: Boolean(local.custody),
        body: local.custody ? custodyList(file) : nothing,
        onClick: () => {
          toggle('custody')();
          stage.refresh('attachment:');
        },
      })}</div>
      <div>${row({
        title: t('attach.history'),
        icon: 'list',
        expanded: Boolean(local.history),
        body: local.history ? versionList(stage, file) : nothing,
        onClick: toggle('history'),
      })}</div>
      ${
        file.taken_out === null
          ? html`<div>${row({
              title: t('attach.move'),
              icon: 'share',
              expanded: Boolean(local.move),
              body: local.move ? moveForm(stage, file) : nothing,
              onClick: toggle('move'),
            })}</div>
        <div>${row({
          title: t('attach.take_out'),
          icon: 'folder',
          onClick: () => {
            local.why = '';
            stage.openSheet((sheetStage) => takeOutSheet(sheetStage, file));
          },
        })}</div>`
          : nothing
      }
      <div>${row({ title: t('purge.row'), icon: 'trouble', onClick: () => askToPurge(stage, file) })}</div>
    </div>`;
}

function dropHeld(stage: Stage, file: AttachmentRead) {
  const { place } = stage;
  return stage.run('drop', async () => {
    await stage.app.dropHeld(file.attachment);
    stage.announce(t('attach.dropped'));
    if (stage.place === place) stage.back('add');
  });
}

const actorOf = (actor: string) => (actor === 'app' || actor === 'advocate' ? actor : 'keeper');

function custodyList({ custody: lines }: AttachmentRead) {
  return html`<ol class="stack-close">${lines.map(
    (line) =>
      html`<li class="small"><span class="soft">${momentText(line.at)}</span> ${labelForCode(
        'custody_actions',
        line.action,
      )} <span class="soft">(${t(`attach.by.${actorOf(line.actor)}`)})</span></li>`,
  )}</ol>`;
}

/** List every version's changes, field by field, oldest first. */
function versionList(stage: Stage, { versions }: AttachmentRead) {
  const lineFor = (field: string) =>
    fileLine(field) ?? (['masks', 'incident_ids'].includes(field) ? ({ name: field, type: 'count' } as const) : null);
  const valueText = (field: string, value: Value) =>
    field === 'masks' || field === 'incident_ids'
      ? value?.length
        ? String(value.length)
        : t('history.blank')
      : valueWords(stage, lineFor(field) as CardQuestion, value) || t('history.blank');
  return html`<ol class="history stack">${versions.map(
    (step, index) => html`<li class="stack-close">
    <p><strong>${t(`h.file.${step.kind}`)}</strong> <span class="small soft">${momentText(step.at)} · ${t(
      'history.by',
      {
        by: t(`history.${step.by}`),
      },
    )}</span></p>
    ${step.reason ? html`<p class="small" dir="auto">${t('history.reason', { reason: step.reason })}</p>` : nothing}
    ${(index ? step.changes : [])
      .filter(({ field }) => lineFor(field))
      .map(
        ({ field, old, new: current }) => html`<div><p class="small soft">${lookUp(`f.attachment.${field}`)}</p>
      ${
        step.kind === 'amendment' || (step.kind === 'first' && old)
          ? html`<p class="was" dir="auto">${t('history.was', { old: valueText(field, old) })}</p>`
          : nothing
      }<p class="narrative-small" dir="auto">${valueText(field, current)}</p></div>`,
      )}
  </li>`,
  )}</ol>`;
}

function moveForm(stage: Stage, file: AttachmentRead) {
  const { local } = stage;
  const query = String(local.entry ?? '')
    .normalize('NFKC')
    .toLowerCase()
    .trim();
  const ownEntries = new Set(file.entries.map(({ record }) => record));
  const matches = stage.state.entries
    .filter(
      (entry) =>
        !ownEntries.has(entry.record) && (entry.title.toLowerCase().includes(query) || String(entry.seq_no) === query),
    )
    .slice(0, 8);
  const move = (target: string | null) =>
    stage.run('move', async () => {
      await stage.app.moveFile(
        file.attachment,
        target,
        inPlainEnglish(() => t('attach.move_reason')),
      );
      Object.assign(local, { move: false, entry: '' });
      stage.announce(t('attach.moved'));
      refreshFile(stage);
    });
  return html`<p class="small soft">${t('attach.move_lead')}</p>
    ${textField({
      id: 'move-find',
      label: t('attach.move_find'),
      type: 'search',
      value: local.entry ?? '',
      onChange: (entry) => stage.set({ entry }),
    })}
    ${
      matches.length
        ? html`<div class="rows">${matches.map(
            (entry) =>
              html`<div>${row({
                title: entryNumberText(entry.seq_no),
                subtitle: entry.title || t('entries.no_words'),
                icon: 'list',
                onClick: () => move(entry.record),
              })}</div>`,
          )}</div>`
        : html`<p role="status">${t('attach.move_none')}</p>`
    }
    ${ownEntries.size ? html`<div>${button(t('attach.move_out'), () => move(null), { plain: true })}</div>` : nothing}`;
}

function takeOutSheet(stage: Stage, file: AttachmentRead) {
  const submit = () => {
    const why = String(stage.local.why ?? '');
    stage.closeSheet();
    return stage.run('out', async () => {
      await stage.app.takeOutRecord(file.attachment, why);
      stage.arrived = true;
      stage.announce(t('attach.out_done'));
      refreshFile(stage);
    });
  };
  return sheet(
    stage,
    t('attach.take_out_title'),
    html`<p>${t('attach.take_out_lead')}</p>
    ${textField({
      id: 'out-why',
      label: t('attach.why'),
      textarea: 'low',
      value: stage.local.why ?? '',
      onChange: (why) => {
        stage.local.why = why;
      },
    })}
    <div class="row">${button(t('attach.take_out'), submit)}${button(t('frame.cancel'), () => stage.closeSheet(), {
      main: true,
    })}</div>`,
  );
}

function askToPurge(stage: Stage, file: AttachmentRead) {
  openWordsSheet(stage, {
    title: t('purge.title'),
    lead: t('purge.lead'),
    extra: html`<p>${t('purge.report')}</p>`,
    go: t('purge.do'),
    onSubmit: async (words) => {
      await stage.app.purgeFile(file.attachment, { words });
      for (const key of [...stage.cache.keys()]) if (key.startsWith('picture:')) stage.cache.delete(key);
      Object.assign(stage.local, { playing: undefined, bare: false });
      stage.arrived = true;
      stage.announce(t('purge.done'));
      refreshFile(stage);
    },
  });
}

/** Files that stand in no entry. */
function looseView(stage: Stage) {
  const result = stage.find('loose', () => stage.app.readLoose());
  return html`<div class="stack-wide">${heading(t('loose.title'))}${errorSummary(stage)}
    ${
      !result.data
        ? html`<p role="status">${t('frame.loading')}</p>`
        : result.data.length
          ? html`<p class="soft">${t('loose.lead')}</p>${attachmentTiles(stage, {
              record: null,
              attachments: result.data,
            })}`
          : html`<p>${t('loose.none')}</p>`
    }</div>`;
}

export const views = { file: attachmentView, loose: looseView };
