/**
 * Not the keeper's own phone: the screen first asks for a private window, because no page can delete what the browser
 * keeps of a visit in an ordinary one (its history). No page can detect which of the two it is in, so the user answers.
 */
import { checkbox } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, sheet } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { kindOf } from '../../components/text/phone_kind.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

function borrowed(stage: Stage) {
  const { local } = stage;
  const { begins = false, typed = false } = local;
  const go = (how: { ordinary: boolean }) => () =>
    stage.run('borrow', async () => {
      await stage.app.ready?.();
      await stage.app.borrow({ ...how, typed });
      stage.stand({ name: begins ? 'add' : 'signin' });
    });
  const busy = stage.running === 'borrow';
  const cannot = () => {
    stage.set({ cannot: true });
    queueMicrotask(() => (document.querySelector('#stays') as HTMLElement | null)?.focus());
  };
  return html`<main class="door">${heading(t('door.borrowed'))}<p>${t('borrowed.lead')}</p>${errorSummary(stage)}
    <section class="stack-close"><h2>${t('borrowed.private')}</h2><p>${t('borrowed.why')}</p>
      <p>${t(`borrowed.how_${kindOf(navigator.userAgent, navigator.maxTouchPoints)}`)}</p>
      <p>${t('borrowed.address')} ${address()}</p></section>
    <section class="stack-close"><h2>${t('borrowed.then')}</h2>${points('then', 3)}</section>
    <section class="stack-close">${checkbox({
      id: 'begins',
      label: t('borrowed.begins'),
      checked: begins,
      on: (on) => stage.set({ begins: on }),
    })}
      ${begins ? html`<div class="note stack-close" role="status">${points('begins', 3)}</div>` : nothing}
      ${checkbox({
        id: 'typed',
        label: t('borrowed.typed'),
        checked: typed,
        on: (on) => stage.set({ typed: on }),
      })}<p class="small soft">${t('borrowed.typed_more')}</p></section>
    ${
      local.cannot
        ? html`<section class="care stack-close"><h2 id="stays"
          tabindex="-1">${t('borrowed.stays')}</h2>${points('stays', 2)}<h2>${t(
            'borrowed.remove',
          )}</h2>${points('remove', 3)}<p>${address()}</p></section>
      ${button(t('borrowed.anyway'), go({ ordinary: true }), { main: true, wide: true, busy })}`
        : html`
      ${button(t('borrowed.go'), go({ ordinary: false }), { main: true, wide: true, busy })}
      ${button(t('borrowed.cannot'), cannot, { wide: true })}`
    }
    ${button(t('door.back'), () => stage.back('start'), { plain: true })}</main>`;
}

/** The line above every screen in a borrowed session. */
function borrowedLine(stage: Stage) {
  const stays = () =>
    stage.openSheet((now) =>
      sheet(
        now,
        t('borrowed.stays'),
        html`${points('stays', 2)}<h3>${t('borrowed.remove')}</h3>${points('remove', 3)}
    <p>${address()}</p><div>${button(t('frame.close'), () => now.closeSheet(), { main: true })}</div>`,
      ),
    );
  return html`<div class="line" role="status"><span>${t(
    stage.app.isOwing?.() ? 'borrowed.owing' : 'borrowed.line',
  )}</span>
    ${stage.state.ordinary ? button(t('borrowed.look'), stays, { plain: true }) : nothing}</div>`;
}

const points = (name: string, count: number) =>
  html`<ul class="points stack-close">${Array.from(
    { length: count },
    (_, i) => html`<li>${lookUp(`borrowed.${name}_${i + 1}`)}</li>`,
  )}</ul>`;

const address = () => html`<bdi class="address">${location.host}</bdi>`;

export const views = { borrowed, borrowed_line: borrowedLine };
