/** The list of clients, by their dates. */
import { filePicker, textField } from '../../components/forms/fields.js';
import { html, nothing, repeat } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { dateText } from '../../components/text/formatting.js';
import { t, tn } from '../../shell/strings.js';
import { askWhose } from './view_dropped.js';
import { SOON_MS, groupClients } from '../client_order.js';
import '../../components/words.js';
import '../words.js';
import '../../features/entries/words.js';
import type { Client, ClientDate } from '../client_order.js';
import type { Stage } from '../types.js';

function clientsPage(stage: Stage) {
  const { state } = stage;
  return html`<div class="stack-wide">${heading(t('desk.clients'))}
    ${errorSummary(stage)}
    ${clientNotices(stage)}
    ${
      state.clients.length
        ? stage.isWide
          ? html`<p class="soft">${t('desk.choose')}</p>`
          : clientList(stage)
        : html`<div class="stack-close"><p>${t('desk.none')}</p><p class="soft">${t('desk.none_more')}</p></div>`
    }
    ${stage.local.line ? html`<p class="note" role="status">${stage.local.line}</p>` : nothing}
    <div class="row">${
      state.clients.length
        ? filePicker({ label: String(t('desk.drop_choose')), icon: 'file', onFiles: (files) => askWhose(stage, files) })
        : nothing
    }${button(t('desk.reload'), () => stage.run('list', () => stage.app.listClients()), {
      plain: true,
      busy: stage.runningTask === 'list',
    })}</div></div>`;
}

/** What was left out, and which client ended the grant. */
export function clientNotices(stage: Stage) {
  const { refused, ended } = stage.state;
  return html`${
    ended === null
      ? nothing
      : html`<div class="line" role="status"><span>${t('desk.ended', { name: ended })}</span>${button(
          t('desk.ended_ok'),
          () => stage.app.knowEnded(),
          { plain: true },
        )}</div>`
  }
    ${refused ? html`<p class="care" role="status">${tn('desk.refused', refused)}</p>` : nothing}`;
}

export function clientList(stage: Stage) {
  const { state } = stage;
  if (!state.clients.length) return nothing;
  const query = String(stage.search ?? '')
    .normalize('NFKC')
    .trim()
    .toLowerCase();
  const matches = query
    ? state.clients.filter(({ name }) => name.normalize('NFKC').toLowerCase().includes(query))
    : state.clients;
  return html`<div class="stack-wide">
    ${
      state.clients.length > 8
        ? textField({
            id: 'find-client',
            label: t('desk.find'),
            type: 'search',
            value: stage.search ?? '',
            onChange: (typed) => {
              stage.search = typed;
              stage.draw();
            },
          })
        : nothing
    }
    <p class="small soft">${t('desk.by_dates')}</p>
    ${groupClients(matches, state.now).map(
      ({
        what,
        clients: group,
      }) => html`<section class="group" aria-label=${t(`desk.${what}`)}><h2>${t(`desk.${what}`)}</h2>
      <ul class="rows">${repeat(
        group,
        ({ grant }) => grant,
        (client) => clientItem(stage, client, what === 'fresh'),
      )}</ul></section>`,
    )}</div>`;
}

/** @param isUnderFresh the heading already states it */
function clientItem(stage: Stage, client: Client, isUnderFresh: boolean) {
  const { state } = stage;
  const { grant, name, summary, looked_at: lookedAt } = client;
  const nearDates = client.dates.filter(({ at }) => at < state.now + SOON_MS);
  const openClient = () =>
    stage.run(`open:${grant}`, async () => {
      await stage.app.openClient(grant);
      if (stage.state.client?.grant === grant) stage.clientOpened();
    });
  return html`<li><button type="button" class="item desk-client" aria-current=${
    state.client?.grant === grant ? 'true' : nothing
  } aria-busy=${stage.runningTask === `open:${grant}` ? 'true' : nothing} @click=${openClient}>
    <span class="item-words"><bdi>${name}</bdi></span>
    ${nearDates.map(
      (due) =>
        html`<span class="desk-due">${icon(
          due.what === 'ends' ? 'lock' : 'clock',
          18,
        )}<span>${dueText(due, state.now)}</span></span>`,
    )}
    ${
      client.fresh && !isUnderFresh
        ? html`<span class="desk-due">${icon('add', 18)}<span>${t('desk.is_fresh')}</span></span>`
        : nothing
    }
    <span class="item-foot"><span>${
      stage.runningTask === `open:${grant}`
        ? t('desk.opening')
        : lookedAt === null
          ? t('desk.never_looked')
          : t('desk.looked', { day: dateText(lookedAt) })
    }</span>
      <span>${summary ? tn('desk.entries', summary.entries) : t('desk.no_summary')}</span></span></button></li>`;
}

function dueText({ at, what }: ClientDate, now: number) {
  return t(what === 'update_due' && at < now ? 'desk.due_update_late' : `desk.due_${what}`, { day: dateText(at) });
}

export const views = { clients: clientsPage };
