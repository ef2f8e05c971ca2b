import { facts, words } from '../../features/entry/view.js';
import { textField } from '../../components/forms/fields.js';
import { history } from '../../features/entry/history.js';
import { icon } from '../../shell/icons.js';
import { html, nothing } from '../../shell/html.js';
import { vocabulary } from '../../components/text/labels.js';
import { button, errorSummary, heading, row, sentenceOf } from '../../components/parts.js';
import { player } from '../../components/files/player.js';
import { day, momentSaid, size, whenWords } from '../../components/text/say.js';
import { t } from '../../shell/strings.js';
import { picture, tiles } from '../../components/files/tiles.js';
import { news } from './view_client.js';
import { markLine } from '../../components/text/assisted_marks.js';
import '../words.js';
import '../../features/attachments/words.js';
import type { Stage } from '../types.js';
import type { Fields } from '../../shell/app.js';
import type { Desk } from '../desk.js';

function read<T>(stage: Stage, key: string, load: () => Promise<T>, show: (found: T) => unknown) {
  const found = stage.find(key, load);
  if (found.data) return show(found.data);
  return html`<div class="stack">${heading(t('entry.title'))}<p role="status">${
    found.problem ? sentenceOf(found.problem) : t('frame.loading')
  }</p></div>`;
}

function entry(stage: Stage) {
  vocabulary(stage);
  const record = stage.place.record ?? '';
  return read(
    stage,
    `entry:${record}`,
    () => stage.app.readIncident(record),
    (found) =>
      found.taken_out !== null
        ? takenOut(stage)
        : html`<article class="stack-wide">
    ${heading(html`<span class="moment">${whenWords(found.fields)}</span>`)}
    ${errorSummary(stage)}
    ${news(stage)}
    ${markLine(stage, found)}
    ${words(stage, found)}
    ${found.attachments.length ? tiles(stage, found, (one) => lookedTile(stage, one)) : nothing}
    ${facts(stage, found)}
    ${
      found.versions[0]
        ? html`<p class="small soft">${t('desk.written')}: ${momentSaid(found.versions[0].at)}</p>`
        : nothing
    }
    ${through(stage, record)}
    ${asking(stage, record)}
    <div class="rows">${row({
      title: t('desk.history'),
      icon: 'list',
      expanded: Boolean(stage.local.history),
      body: stage.local.history ? history(stage, found) : nothing,
      on: () => stage.set({ history: !stage.local.history }),
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

function lookedTile(stage: Stage, attachment: string) {
  const marked = stage.app.marked(attachment);
  return marked && !marked.since
    ? html`<span class="tile-looked">${icon('tick', 16)}${t('desk.through_short')}</span>`
    : nothing;
}

/** The mark "looked through". The advocate sets it; it is never inferred from what was on the screen. */
function through(stage: Stage, record: string) {
  const name = stage.state.client?.name ?? '';
  const marked = stage.app.marked(record);
  const act = (on: boolean) =>
    stage.run('mark', async () => {
      await (on ? stage.app.mark(record) : stage.app.unmark(record));
      stage.say(String(t(on ? 'desk.through_done' : 'desk.through_undone', { name })));
    });
  return html`<div class="row apart"><p class="small soft">${
    marked
      ? t(marked.since ? 'desk.through_since' : 'desk.through', { day: day(marked.at), name })
      : t('desk.through_hint', { name })
  }</p>
    ${
      marked && !marked.since
        ? button(t('desk.through_undo'), () => act(false), { plain: true, busy: stage.running === 'mark' })
        : button(t(marked ? 'desk.through_again' : 'desk.through_do'), () => act(true), {
            icon: 'tick',
            busy: stage.running === 'mark',
          })
    }</div>`;
}

/** The questions about this entry, and a form for a new one. */
function asking(stage: Stage, record: string) {
  const { local, state } = stage;
  const may = state.client?.said.rights.includes('comment') ?? false;
  const known = stage.find('records:question', () => stage.app.readRecords('question', { all: true })).data ?? [];
  const there = known.filter(({ fields }) => fields.of_id === record);
  const sent = stage.app
    .asked()
    .filter(
      (one) =>
        one.about === record &&
        one.grant === state.client?.grant &&
        !there.some((other) => other.record === one.letter),
    );
  if (!may && !there.length) return nothing;
  const send = () => {
    const text = String(local.question ?? '').trim();
    if (!text) return stage.set({ unasked: true });
    return stage.run('ask', async () => {
      await stage.app.writeLetter('question', { about: record, text });
      stage.set({ question: '', unasked: false, sent: true });
      stage.say(t('desk.ask_sent'));
    });
  };
  return html`<section class="card stack"><h2>${t('desk.ask')}</h2>
    ${
      there.length + sent.length
        ? html`<ul class="plain stack">${there.map(({ fields }) => answered(fields))}
      ${sent.map(
        (one) =>
          html`<li class="stack-close"><p class="small soft">${t('desk.asked', {
            at: momentSaid(one.at),
          })}</p><p dir="auto">${one.text}</p><p class="small">${t('desk.waits')}</p></li>`,
      )}</ul>`
        : nothing
    }
    ${
      may
        ? html`<p class="small soft">${t('desk.ask_lead')}</p>
      ${textField({
        id: 'question',
        label: t('desk.ask_field'),
        hint: t('desk.ask_open'),
        lines: 'low',
        value: local.question ?? '',
        error: local.unasked ? t('desk.ask_need') : null,
        on: (question) => {
          local.question = question;
        },
      })}
      ${local.sent ? html`<p class="small" role="status">${t('desk.ask_sent')}</p>` : nothing}
      <div>${button(t('desk.ask_send'), send, { busy: stage.running === 'ask' })}</div>`
        : nothing
    }</section>`;
}

function answered({ text, asked_at: asked, answer, answered_at: at }: Fields) {
  return html`<li class="stack-close">${
    asked ? html`<p class="small soft">${t('desk.asked', { at: momentSaid(asked) })}</p>` : nothing
  }<p dir="auto">${text}</p>
    ${
      answer
        ? html`<p class="small soft">${
            at ? t('desk.answered', { at: momentSaid(at) }) : nothing
          }</p><p dir="auto">${answer}</p>`
        : html`<p class="small">${t(at ? 'desk.put_aside' : 'desk.waits')}</p>`
    }</li>`;
}

function file(stage: Stage) {
  vocabulary(stage);
  const id = stage.place.attachment ?? '';
  return read(
    stage,
    `attachment:${id}`,
    () => stage.app.readAttachment(id),
    (found) => html`<article class="stack-wide">
    ${heading(html`<bdi>${String(found.fields.description || found.name || t('attach.unnamed'))}</bdi>`)}
    ${errorSummary(stage)}
    ${look(stage, found)}
    ${through(stage, id)}
    ${found.whole ? nothing : html`<p class="small soft">${t('desk.file_apart')}</p>`}
    <dl class="facts card"><div><dt>${t('file.type')}</dt><dd
      dir="ltr">${found.magic}</dd></div><div><dt>${t('file.size')}</dt><dd>${size(found.size)}</dd></div>
      <div><dt>${t('desk.file_received')}</dt><dd>${momentSaid(found.received_at)}</dd></div><div><dt>${t(
        'desk.file_sha',
      )}</dt><dd class="hex" dir="ltr">${found.sha256}</dd></div></dl>
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

type Looked = Awaited<ReturnType<Desk['readAttachment']>>;

/** Blurred until it is touched, as on the keeper's phone. */
function look(stage: Stage, found: Looked) {
  const { local } = stage;
  if (found.kind === 'audio' || found.kind === 'video')
    return found.whole
      ? player(stage, found, found.fields.duration_ms ?? null)
      : html`<p class="soft">${t('desk.file_gone')}</p>`;
  if (found.kind !== 'image') return nothing;
  const { url, waiting } = picture(stage, found, 'preview');
  const large = local.bare ? (picture(stage, found, 'print').url ?? url) : url;
  return html`<div class="look"><div class="look-picture">${
    large
      ? html`<img class=${local.bare ? '' : 'blurred'} src=${large} alt=${
          local.bare ? String(found.fields.alt_text || t('file.picture_of', { name: found.name })) : ''
        }>`
      : html`<p class="soft page">${waiting ? t('frame.loading') : t('file.no_preview')}</p>`
  }</div>
    <div class="row">${
      large
        ? button(t(local.bare ? 'file.cover' : 'file.touch'), () => stage.set({ bare: !local.bare }), { icon: 'eye' })
        : nothing
    }</div></div>`;
}

export const views = { entry, file };
