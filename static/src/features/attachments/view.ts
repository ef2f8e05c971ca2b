/** The page of one file: blurred until it is tapped, with its questions, its facts and its entries. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, sentenceOf, sheet, stateLine } from '../../components/parts.js';
import { dayWords, entryNumber, momentSaid, size } from '../../components/text/say.js';
import { forOthers, inOneLine, language, lookUp, t } from '../../shell/strings.js';
import { fileCards, refreshFile, valueWords } from './attachment_cards.js';
import { fileLine } from './attachment_table.js';
import { label, vocabulary } from '../../components/text/labels.js';
import { masking } from '../../components/files/masking.js';
import { openWords } from '../../components/forms/words_sheet.js';
import { lengthWords, player } from '../../components/files/player.js';
import { picture, tiles } from '../../components/files/tiles.js';
import { lookedThrough } from '../../components/text/advocate_lines.js';
import '../../components/words.js';
import './words.js';
import type { AttachmentRead, Value } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { Line } from '../../components/cards/card_table.js';

const atWords = momentSaid;

function attachment(stage: Stage) {
  vocabulary(stage);
  const id = stage.place.attachment as string;
  // Another cache key for a draft's file: once the entry is saved, the file is read from the diary.
  const waits = stage.state.draft?.attachments.some((one) => one.attachment === id) ?? false;
  const found = stage.find(`attachment:${waits ? 'draft' : 'kept'}:${id}`, () => stage.app.readAttachment(id));
  if (found.problem)
    return html`<div class="stack">${heading(t('attach.missing'))}<p role="alert">${sentenceOf(
      found.problem,
    )}</p><div>${button(t('door.again'), () => stage.refresh('attachment:'))}</div></div>`;
  if (!found.data)
    return html`<div class="stack">${heading(t('attach.unnamed'))}<p role="status">${t('frame.loading')}</p></div>`;
  if (found.data.out_reason === 'file_removed')
    return html`<div class="stack">${heading(t('attach.removed'))}<p>${t('attach.removed_more', {
      at: atWords(found.data.taken_out ?? 0),
    })}</p></div>`;
  return stage.local.masking ? masking(stage, found.data) : whole(stage, found.data);
}

function whole(stage: Stage, file: AttachmentRead) {
  return html`<article class="stack-wide">
    <div class="stack-close">${heading(String(file.fields.description || file.name || t('attach.unnamed')))}
      <div class="row">${standsIn(stage, file)}${
        file.draft ? nothing : stateLine(file.state, Boolean(stage.state.account?.registered))
      }</div></div>
    ${errorSummary(stage)}
    ${file.taken_out === null ? nothing : outLine(stage, file)}
    ${file.two ? html`<p class="care small" role="status">${t('attach.two')}</p>` : nothing}
    ${file.draft ? nothing : lookedThrough(stage, file.attachment)}
    ${look(stage, file)}
    ${warnings(file)}
    ${
      file.taken_out === null
        ? html`<section class="stack-close"><h2>${t('attach.details')}</h2>${fileCards(stage, file)}</section>`
        : nothing
    }
    ${facts(file)}
    ${acts(stage, file)}
  </article>`;
}

function standsIn(stage: Stage, { entries, draft }: AttachmentRead) {
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

function outLine(stage: Stage, file: AttachmentRead) {
  const back = () =>
    stage.run('back', async () => {
      await stage.app.putBackRecord(file.attachment);
      stage.say(t('attach.was_back'));
      refreshFile(stage);
    });
  return html`<div class="note stack-close" role="status"><p>${t('attach.out', {
    at: atWords(file.taken_out ?? 0),
  })}</p><div>${button(t('attach.back'), back, { busy: stage.running === 'back' })}</div></div>`;
}

function look(stage: Stage, file: AttachmentRead) {
  if (file.kind === 'audio') return player(stage, file, file.fields.duration_ms ?? null);
  if (file.kind !== 'image' && file.kind !== 'video') return nothing;
  const { local } = stage;
  const masked = file.fields.print_copy === 'masked';
  const { url, waiting } = picture(stage, file, 'preview');
  const bare = Boolean(local.bare) && file.kind === 'image';
  const large = bare ? (picture(stage, file, local.plain ? 'unmasked' : 'print').url ?? url) : url;
  const touch = () => {
    if (!local.bare) stage.app.looked(file.attachment);
    stage.set({ bare: !local.bare });
  };
  return html`<div class="look">
    <div class="look-picture">${
      large
        ? html`<img class=${local.bare ? '' : 'blurred'} src=${large} alt=${
            local.bare ? String(file.fields.alt_text || t('file.picture_of', { name: file.name })) : ''
          }>`
        : html`<p class="soft page">${
            waiting ? t('frame.loading') : t(file.kind === 'video' ? 'play.none' : 'file.no_preview')
          }</p>`
    }</div>
    <div class="row">${large ? button(t(local.bare ? 'file.cover' : 'file.touch'), touch, { icon: 'eye' }) : nothing}
      ${
        bare && masked
          ? button(t(local.plain ? 'mask.look' : 'mask.plain'), () => stage.set({ plain: !local.plain }), {
              plain: true,
            })
          : nothing
      }</div>
    ${file.kind === 'video' ? player(stage, file, file.fields.duration_ms ?? null) : nothing}
    ${masked ? html`<p class="small soft">${t('attach.masked_now')}</p>` : nothing}</div>`;
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
function facts(file: AttachmentRead) {
  const about = file.restricted.exif_summary ?? {};
  const made =
    typeof about.taken_local === 'string'
      ? inOneLine([dayWords(about.taken_local.slice(0, 10)), about.taken_local.slice(11, 16)])
      : typeof about.taken_at === 'number'
        ? atWords(about.taken_at)
        : '';
  const says = [
    ['attach.camera', [about.make, about.model].filter(Boolean).join(' ')],
    ['attach.software', about.software],
    ['attach.taken', made],
    ['attach.length', typeof file.fields.duration_ms === 'number' ? lengthWords(file.fields.duration_ms) : ''],
    [
      'attach.where',
      file.place === true
        ? t('attach.where_yes')
        : file.place === false
          ? t('attach.where_no')
          : t('attach.where_unknown'),
    ],
  ];
  const kept = [
    ['file.type', file.magic || file.claimed],
    ['file.size', `${size(file.size)} (${t('say.bytes', { n: file.size.toLocaleString(language()) })})`],
    ['file.came', label('routes', file.route)],
    ['file.received', atWords(file.received_at)],
    ['f.attachment.outside_copy', label('outside_copies', file.outside_copy)],
  ];
  const list = (pairs: unknown[][]) =>
    pairs.map(([key, words]) =>
      words ? html`<div><dt>${lookUp(String(key))}</dt><dd dir="auto">${words}</dd></div>` : nothing,
    );
  return html`<section class="stack-close"><h2>${t('attach.says')}</h2><dl class="facts card">${list(says)}</dl><p
    class="small soft">${t('attach.believed')}</p></section>
    <section class="stack-close"><h2>${t('attach.kept')}</h2><dl class="facts card">${list(kept)}
      <div><dt>${t('file.digest')}</dt><dd class="hex">${file.sha256}</dd></div></dl></section>`;
}

function acts(stage: Stage, file: AttachmentRead) {
  const { local } = stage;
  if (file.draft)
    return html`<div class="row">${button(t('attach.drop'), () => dropHeld(stage, file), {
      plain: true,
      busy: stage.running === 'drop',
    })}</div>`;
  const toggle = (name: string) => () => stage.set({ [name]: !local[name] });
  const check = () =>
    stage.run('check', async () => {
      await stage.app.checkFile(file.attachment);
      stage.set({ checked: true });
      stage.say(t('attach.checked'));
      stage.refresh('attachment:');
    });
  return html`<div class="stack-close"><div>${button(t('attach.check'), check, {
    busy: stage.running === 'check',
  })}</div>${local.checked ? html`<p role="status">${t('attach.checked')}</p>` : nothing}</div>
    <div class="rows">
      ${
        file.kind === 'image' && file.taken_out === null
          ? html`<div>${row({
              title: t('mask.row'),
              icon: 'pen',
              on: () => {
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
        body: local.custody ? custody(file) : nothing,
        on: () => {
          toggle('custody')();
          stage.refresh('attachment:');
        },
      })}</div>
      <div>${row({
        title: t('attach.history'),
        icon: 'list',
        expanded: Boolean(local.history),
        body: local.history ? history(stage, file) : nothing,
        on: toggle('history'),
      })}</div>
      ${
        file.taken_out === null
          ? html`<div>${row({
              title: t('attach.move'),
              icon: 'share',
              expanded: Boolean(local.move),
              body: local.move ? moving(stage, file) : nothing,
              on: toggle('move'),
            })}</div>
        <div>${row({
          title: t('attach.take_out'),
          icon: 'leave',
          on: () => {
            local.why = '';
            stage.openSheet((on) => outSheet(on, file));
          },
        })}</div>`
          : nothing
      }
      <div>${row({ title: t('purge.row'), icon: 'trouble', on: () => purge(stage, file) })}</div>
    </div>`;
}

function dropHeld(stage: Stage, file: AttachmentRead) {
  return stage.run('drop', async () => {
    await stage.app.dropHeld(file.attachment);
    stage.say(t('attach.dropped'));
    stage.back('add');
  });
}

function custody({ custody: lines }: AttachmentRead) {
  return html`<ol class="stack-close">${lines.map(
    (line) =>
      html`<li class="small"><span class="soft">${atWords(line.at)}</span> ${label(
        'custody_actions',
        line.action,
      )} <span class="soft">(${t(`attach.by.${line.actor === 'app' ? 'app' : 'keeper'}`)})</span></li>`,
  )}</ol>`;
}

/** List every version's changes, field by field, oldest first. */
function history(stage: Stage, { versions }: AttachmentRead) {
  const known = (field: string) =>
    fileLine(field) ?? (['masks', 'incident_ids'].includes(field) ? ({ name: field, as: 'count' } as const) : null);
  const words = (field: string, value: Value) =>
    field === 'masks' || field === 'incident_ids'
      ? value?.length
        ? String(value.length)
        : t('history.blank')
      : valueWords(stage, known(field) as Line, value) || t('history.blank');
  return html`<ol class="history stack">${versions.map(
    (step, i) => html`<li class="stack-close">
    <p><strong>${t(`h.file.${step.kind}`)}</strong> <span class="small soft">${atWords(step.at)} · ${t('history.by', {
      by: t(`history.${step.by}`),
    })}</span></p>
    ${step.reason ? html`<p class="small" dir="auto">${t('history.reason', { reason: step.reason })}</p>` : nothing}
    ${(i ? step.changes : [])
      .filter(({ field }) => known(field))
      .map(
        ({ field, old, new: now }) => html`<div><p class="small soft">${lookUp(`f.attachment.${field}`)}</p>
      ${
        step.kind === 'amendment' || (step.kind === 'first' && old)
          ? html`<p class="was" dir="auto">${t('history.was', { old: words(field, old) })}</p>`
          : nothing
      }<p class="narrative-small" dir="auto">${words(field, now)}</p></div>`,
      )}
  </li>`,
  )}</ol>`;
}

function moving(stage: Stage, file: AttachmentRead) {
  const { local } = stage;
  const search = String(local.entry ?? '')
    .normalize('NFKC')
    .toLowerCase()
    .trim();
  const here = new Set(file.entries.map(({ record }) => record));
  const found = stage.state.entries
    .filter(
      (one) => !here.has(one.record) && (one.title.toLowerCase().includes(search) || String(one.seq_no) === search),
    )
    .slice(0, 8);
  const move = (to: string | null) =>
    stage.run('move', async () => {
      await stage.app.moveFile(
        file.attachment,
        to,
        forOthers(() => t('attach.move_reason')),
      );
      Object.assign(local, { move: false, entry: '' });
      stage.say(t('attach.moved'));
      refreshFile(stage);
    });
  return html`<p class="small soft">${t('attach.move_lead')}</p>
    ${textField({
      id: 'move-find',
      label: t('attach.move_find'),
      type: 'search',
      value: local.entry ?? '',
      on: (entry) => stage.set({ entry }),
    })}
    ${
      found.length
        ? html`<div class="rows">${found.map(
            (one) =>
              html`<div>${row({
                title: entryNumber(one.seq_no),
                more: one.title || t('entries.no_words'),
                icon: 'list',
                on: () => move(one.record),
              })}</div>`,
          )}</div>`
        : html`<p role="status">${t('attach.move_none')}</p>`
    }
    ${here.size ? html`<div>${button(t('attach.move_out'), () => move(null), { plain: true })}</div>` : nothing}`;
}

function outSheet(stage: Stage, file: AttachmentRead) {
  const go = () => {
    const why = String(stage.local.why ?? '');
    stage.closeSheet();
    return stage.run('out', async () => {
      await stage.app.takeOutRecord(file.attachment, why);
      stage.arrived = true;
      stage.say(t('attach.out_done'));
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
      lines: 'low',
      value: stage.local.why ?? '',
      on: (why) => {
        stage.local.why = why;
      },
    })}
    <div class="row">${button(t('attach.take_out'), go)}${button(t('frame.cancel'), () => stage.closeSheet(), {
      main: true,
    })}</div>`,
  );
}

function purge(stage: Stage, file: AttachmentRead) {
  openWords(stage, {
    title: t('purge.title'),
    lead: t('purge.lead'),
    more: html`<p>${t('purge.report')}</p>`,
    go: t('purge.do'),
    act: async (words) => {
      await stage.app.purgeFile(file.attachment, { words });
      for (const key of [...stage.read.keys()]) if (key.startsWith('picture:')) stage.read.delete(key);
      Object.assign(stage.local, { playing: undefined, bare: false });
      stage.arrived = true;
      stage.say(t('purge.done'));
      refreshFile(stage);
    },
  });
}

/** Files that stand in no entry. */
function loose(stage: Stage) {
  const found = stage.find('loose', () => stage.app.readLoose());
  return html`<div class="stack-wide">${heading(t('loose.title'))}${errorSummary(stage)}
    ${
      !found.data
        ? html`<p role="status">${t('frame.loading')}</p>`
        : found.data.length
          ? html`<p class="soft">${t('loose.lead')}</p>${tiles(stage, { record: null, attachments: found.data })}`
          : html`<p>${t('loose.none')}</p>`
    }</div>`;
}

export const views = { file: attachment, loose };
