import { factList, narrativeSection } from '../../features/entry/view.js';
import { textField } from '../../components/forms/fields.js';
import { history } from '../../features/entry/history.js';
import { icon } from '../../shell/icons.js';
import { html, nothing } from '../../shell/html.js';
import { loadVocabulary } from '../../components/text/labels.js';
import { button, errorSummary, heading, row, problemSentence } from '../../components/parts.js';
import { player } from '../../components/files/player.js';
import { dateText, dateTimeText, sizeText, occurredText } from '../../components/text/formatting.js';
import { t } from '../../shell/strings.js';
import { findPicture, attachmentTiles } from '../../components/files/tiles.js';
import { updateNotice } from './view_client.js';
import { assistedMark } from '../../components/text/assisted_marks.js';
import '../words.js';
import '../../features/attachments/words.js';
import type { Stage } from '../types.js';
import type { Fields } from '../../shell/app.js';
import type { Desk } from '../desk.js';

function loadView<T>(stage: Stage, key: string, loader: () => Promise<T>, render: (result: T) => unknown) {
  const result = stage.find(key, loader);
  if (result.data) return render(result.data);
  return html`<div class="stack">${heading(t('entry.title'))}<p role="status">${
    result.problem ? problemSentence(result.problem) : t('frame.loading')
  }</p></div>`;
}

function entry(stage: Stage) {
  loadVocabulary(stage);
  const record = stage.place.record ?? '';
  return loadView(
    stage,
    `entry:${record}`,
    () => stage.app.readIncident(record),
    (incident) =>
      incident.taken_out !== null
        ? takenOut(stage)
        : html`<article class="stack-wide">
    ${heading(html`<span class="moment">${occurredText(incident.fields)}</span>`)}
    ${errorSummary(stage)}
    ${updateNotice(stage)}
    ${assistedMark(stage, incident)}
    ${narrativeSection(stage, incident)}
    ${
      incident.attachments.length
        ? attachmentTiles(stage, incident, (attachment) => markedTile(stage, attachment))
        : nothing
    }
    ${factList(stage, incident)}
    ${
      incident.versions[0]
        ? html`<p class="small soft">${t('desk.written')}: ${dateTimeText(incident.versions[0].at)}</p>`
        : nothing
    }
    ${lookedThroughRow(stage, record)}
    ${questionSection(stage, record)}
    <div class="rows">${row({
      title: t('desk.history'),
      icon: 'list',
      expanded: Boolean(stage.local.history),
      body: stage.local.history ? history(stage, incident) : nothing,
      onClick: () => stage.set({ history: !stage.local.history }),
    })}</div>
  </article>`,
  );
}

/** Withdrawn while it was open. */
function takenOut(stage: Stage) {
  return html`<div class="stack">${heading(t('entry.title'))}<p role="status">${t('desk.taken_out_here', {
    name: stage.state.client?.name ?? '',
  })}</p></div>`;
}

function markedTile(stage: Stage, attachment: string) {
  const mark = stage.app.marked(attachment);
  return mark && !mark.since
    ? html`<span class="tile-looked">${icon('tick', 16)}${t('desk.through_short')}</span>`
    : nothing;
}

/** The mark "looked through". The advocate sets it; it is never inferred from what was on the screen. */
function lookedThroughRow(stage: Stage, record: string) {
  const name = stage.state.client?.name ?? '';
  const mark = stage.app.marked(record);
  const setMark = (isMarked: boolean) =>
    stage.run('mark', async () => {
      await (isMarked ? stage.app.mark(record) : stage.app.unmark(record));
      stage.announce(String(t(isMarked ? 'desk.through_done' : 'desk.through_undone', { name })));
    });
  return html`<div class="row apart"><p class="small soft">${
    mark
      ? t(mark.since ? 'desk.through_since' : 'desk.through', { day: dateText(mark.at), name })
      : t('desk.through_hint', { name })
  }</p>
    ${
      mark && !mark.since
        ? button(t('desk.through_undo'), () => setMark(false), { plain: true, busy: stage.runningTask === 'mark' })
        : button(t(mark ? 'desk.through_again' : 'desk.through_do'), () => setMark(true), {
            icon: 'tick',
            busy: stage.runningTask === 'mark',
          })
    }</div>`;
}

/** The questions about this entry, and a form for a new one. */
function questionSection(stage: Stage, record: string) {
  const { local, state } = stage;
  const canAsk = state.client?.terms.rights.includes('comment') ?? false;
  const allQuestions =
    stage.find('records:question', () => stage.app.readRecords('question', { all: true })).data ?? [];
  const recorded = allQuestions.filter(({ fields }) => fields.of_id === record);
  const sent = stage.app
    .asked()
    .filter(
      (letter) =>
        letter.about === record &&
        letter.grant === state.client?.grant &&
        !recorded.some((other) => other.record === letter.letter),
    );
  if (!canAsk && !recorded.length) return nothing;
  const send = () => {
    const text = String(local.question ?? '').trim();
    if (!text) return stage.set({ unasked: true });
    return stage.run('ask', async () => {
      await stage.app.writeLetter('question', { about: record, text });
      stage.set({ question: '', unasked: false, sent: true });
      stage.announce(t('desk.ask_sent'));
    });
  };
  return html`<section class="card stack"><h2>${t('desk.ask')}</h2>
    ${
      recorded.length + sent.length
        ? html`<ul class="plain stack">${recorded.map(({ fields }) => questionItem(fields))}
      ${sent.map(
        (letter) =>
          html`<li class="stack-close"><p class="small soft">${t('desk.asked', {
            at: dateTimeText(letter.at),
          })}</p><p dir="auto">${letter.text}</p><p class="small">${t('desk.waits')}</p></li>`,
      )}</ul>`
        : nothing
    }
    ${
      canAsk
        ? html`<p class="small soft">${t('desk.ask_lead')}</p>
      ${textField({
        id: 'question',
        label: t('desk.ask_field'),
        hint: t('desk.ask_open'),
        textarea: 'low',
        value: local.question ?? '',
        error: local.unasked ? t('desk.ask_need') : null,
        onChange: (question) => {
          local.question = question;
        },
      })}
      ${local.sent ? html`<p class="small" role="status">${t('desk.ask_sent')}</p>` : nothing}
      <div>${button(t('desk.ask_send'), send, { busy: stage.runningTask === 'ask' })}</div>`
        : nothing
    }</section>`;
}

function questionItem({ text, asked_at: askedAt, answer, answered_at: answeredAt }: Fields) {
  return html`<li class="stack-close">${
    askedAt ? html`<p class="small soft">${t('desk.asked', { at: dateTimeText(askedAt) })}</p>` : nothing
  }<p dir="auto">${text}</p>
    ${
      answer
        ? html`<p class="small soft">${
            answeredAt ? t('desk.answered', { at: dateTimeText(answeredAt) }) : nothing
          }</p><p dir="auto">${answer}</p>`
        : html`<p class="small">${t(answeredAt ? 'desk.put_aside' : 'desk.waits')}</p>`
    }</li>`;
}

function file(stage: Stage) {
  loadVocabulary(stage);
  const id = stage.place.attachment ?? '';
  return loadView(
    stage,
    `attachment:${id}`,
    () => stage.app.readAttachment(id),
    (attachment) => html`<article class="stack-wide">
    ${heading(html`<bdi>${String(attachment.fields.description || attachment.name || t('attach.unnamed'))}</bdi>`)}
    ${errorSummary(stage)}
    ${filePreview(stage, attachment)}
    ${lookedThroughRow(stage, id)}
    ${attachment.whole ? nothing : html`<p class="small soft">${t('desk.file_apart')}</p>`}
    <dl class="facts card"><div><dt>${t('file.type')}</dt><dd
      dir="ltr">${attachment.magic}</dd></div><div><dt>${t('file.size')}</dt><dd>${sizeText(attachment.size)}</dd></div>
      <div><dt>${t('desk.file_received')}</dt><dd>${dateTimeText(attachment.received_at)}</dd></div><div><dt>${t(
        'desk.file_sha',
      )}</dt><dd class="hex" dir="ltr">${attachment.sha256}</dd></div></dl>
    ${
      stage.place.record
        ? html`<div>${button(
            t('desk.file_in'),
            () => stage.stand({ name: 'entry', record: String(stage.place.record) }),
            { plain: true },
          )}</div>`
        : nothing
    }
  </article>`,
  );
}

type OpenedFile = Awaited<ReturnType<Desk['readAttachment']>>;

/** Blurred until it is touched, as on the keeper's phone. */
function filePreview(stage: Stage, attachment: OpenedFile) {
  const { local } = stage;
  if (attachment.kind === 'audio' || attachment.kind === 'video')
    return attachment.whole
      ? player(stage, attachment, attachment.fields.duration_ms ?? null)
      : html`<p class="soft">${t('desk.file_gone')}</p>`;
  if (attachment.kind !== 'image') return nothing;
  const { url, waiting } = findPicture(stage, attachment, 'preview');
  const largeUrl = local.bare ? (findPicture(stage, attachment, 'print').url ?? url) : url;
  return html`<div class="look"><div class="look-picture">${
    largeUrl
      ? html`<img class=${local.bare ? '' : 'blurred'} src=${largeUrl} alt=${
          local.bare ? String(attachment.fields.alt_text || t('file.picture_of', { name: attachment.name })) : ''
        }>`
      : html`<p class="soft page">${waiting ? t('frame.loading') : t('file.no_preview')}</p>`
  }</div>
    <div class="row">${
      largeUrl
        ? button(t(local.bare ? 'file.cover' : 'file.touch'), () => stage.set({ bare: !local.bare }), { icon: 'eye' })
        : nothing
    }</div></div>`;
}

export const views = { entry, file };
