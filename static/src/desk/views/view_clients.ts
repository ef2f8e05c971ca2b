/** The list of clients, by their dates. */
import { textField } from '../../components/forms/fields.js';
import { html, nothing, repeat } from '../../shell/html.js';
import { icon } from '../../shell/icons.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { day } from '../../components/text/say.js';
import { t, tn } from '../../shell/strings.js';
import { SOON, inOrder } from '../order.js';
import '../../components/words.js';
import '../words.js';
import '../../features/entries/words.js';
import type { Client, Due } from '../order.js';
import type { Stage } from '../types.js';

function clients(stage: Stage) {
  const { state } = stage;
  return html`<div class="stack-wide">${heading(t('desk.clients'))}
    ${errorSummary(stage)}
    ${notices(stage)}
    ${
      state.clients.length
        ? stage.wide
          ? html`<p class="soft">${t('desk.choose')}</p>`
          : list(stage)
        : html`<div class="stack-close"><p>${t('desk.none')}</p><p class="soft">${t('desk.none_more')}</p></div>`
    }
    <div>${button(t('desk.reload'), () => stage.run('list', () => stage.app.listClients()), {
      plain: true,
      busy: stage.running === 'list',
    })}</div></div>`;
}

/** What was left out, and which client ended the grant. */
export function notices(stage: Stage) {
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

export function list(stage: Stage) {
  const { state } = stage;
  if (!state.clients.length) return nothing;
  const wanted = String(stage.search ?? '')
    .normalize('NFKC')
    .trim()
    .toLowerCase();
  const found = wanted
    ? state.clients.filter(({ name }) => name.normalize('NFKC').toLowerCase().includes(wanted))
    : state.clients;
  return html`<div class="stack-wide">
    ${
      state.clients.length > 8
        ? textField({
            id: 'find-client',
            label: t('desk.find'),
            type: 'search',
            value: stage.search ?? '',
            on: (typed) => {
              stage.search = typed;
              stage.draw();
            },
          })
        : nothing
    }
    <p class="small soft">${t('desk.by_dates')}</p>
    ${inOrder(found, state.now).map(
      ({
        what,
        clients: some,
      }) => html`<section class="group" aria-label=${t(`desk.${what}`)}><h2>${t(`desk.${what}`)}</h2>
      <ul class="rows">${repeat(
        some,
        ({ grant }) => grant,
        (one) => item(stage, one, what === 'fresh'),
      )}</ul></section>`,
    )}</div>`;
}

/** @param isUnderFresh the heading already states it */
function item(stage: Stage, client: Client, isUnderFresh: boolean) {
  const { state } = stage;
  const { grant, name, summary, looked_at: looked } = client;
  const near = client.dates.filter(({ at }) => at < state.now + SOON);
  const open = () =>
    stage.run(`open:${grant}`, async () => {
      await stage.app.openClient(grant);
      if (stage.state.client?.grant === grant) stage.opened();
    });
  return html`<li><button type="button" class="item desk-client" aria-current=${
    state.client?.grant === grant ? 'true' : nothing
  } aria-busy=${stage.running === `open:${grant}` ? 'true' : nothing} @click=${open}>
    <span class="item-words"><bdi>${name}</bdi></span>
    ${near.map(
      (due) =>
        html`<span class="desk-due">${icon(
          due.what === 'ends' ? 'lock' : 'clock',
          18,
        )}<span>${dueWords(due, state.now)}</span></span>`,
    )}
    ${
      client.fresh && !isUnderFresh
        ? html`<span class="desk-due">${icon('add', 18)}<span>${t('desk.is_fresh')}</span></span>`
        : nothing
    }
    <span class="item-foot"><span>${
      stage.running === `open:${grant}`
        ? t('desk.opening')
        : looked === null
          ? t('desk.never_looked')
          : t('desk.looked', { day: day(looked) })
    }</span>
      <span>${summary ? tn('desk.entries', summary.entries) : t('desk.no_summary')}</span></span></button></li>`;
}

function dueWords({ at, what }: Due, now: number) {
  return t(what === 'update_due' && at < now ? 'desk.due_update_late' : `desk.due_${what}`, { day: day(at) });
}

export const views = { clients };
