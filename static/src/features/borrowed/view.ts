/**
 * Not the keeper's own phone: the screen first asks for a private window, because no page can delete what the browser
 * keeps of a visit in an ordinary one (its history). No page can detect which of the two it is in, so the user answers.
 */
import { checkbox } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, sheet } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { phoneKind } from '../../components/text/phone_kind.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

function borrowedView(stage: Stage) {
  const { local } = stage;
  const { begins = false, typed = false } = local;
  const borrowWith = (options: { ordinary: boolean }) => () =>
    stage.run('borrow', async () => {
      await stage.app.ready?.();
      await stage.app.borrow({ ...options, typed });
      stage.stand({ name: begins ? 'add' : 'signin' });
    });
  const busy = stage.runningTask === 'borrow';
  const showRisks = () => {
    stage.set({ cannot: true });
    queueMicrotask(() => (document.querySelector('#stays') as HTMLElement | null)?.focus());
  };
  return html`<main class="door">${heading(t('door.borrowed'))}<p>${t('borrowed.lead')}</p>${errorSummary(stage)}
    <section class="stack-close"><h2>${t('borrowed.private')}</h2><p>${t('borrowed.why')}</p>
      <p>${t(`borrowed.how_${phoneKind(navigator.userAgent, navigator.maxTouchPoints)}`)}</p>
      <p>${t('borrowed.address')} ${hostAddress()}</p></section>
    <section class="stack-close"><h2>${t('borrowed.then')}</h2>${bulletList('then', 3)}</section>
    <section class="stack-close">${checkbox({
      id: 'begins',
      label: t('borrowed.begins'),
      checked: begins,
      onChange: (isOn) => stage.set({ begins: isOn }),
    })}
      ${begins ? html`<div class="note stack-close" role="status">${bulletList('begins', 3)}</div>` : nothing}
      ${checkbox({
        id: 'typed',
        label: t('borrowed.typed'),
        checked: typed,
        onChange: (isOn) => stage.set({ typed: isOn }),
      })}<p class="small soft">${t('borrowed.typed_more')}</p></section>
    ${
      local.cannot
        ? html`<section class="care stack-close"><h2 id="stays"
          tabindex="-1">${t('borrowed.stays')}</h2>${bulletList('stays', 2)}<h2>${t(
            'borrowed.remove',
          )}</h2>${bulletList('remove', 3)}<p>${hostAddress()}</p></section>
      ${button(t('borrowed.anyway'), borrowWith({ ordinary: true }), { main: true, wide: true, busy })}`
        : html`
      ${button(t('borrowed.go'), borrowWith({ ordinary: false }), { main: true, wide: true, busy })}
      ${button(t('borrowed.cannot'), showRisks, { wide: true })}`
    }
    ${button(t('door.back'), () => stage.back('start'), { plain: true })}</main>`;
}

/** What the line above every screen says in a borrowed session. */
function borrowedLine(stage: Stage) {
  const openRisksSheet = () =>
    stage.openSheet((sheetStage) =>
      sheet(
        sheetStage,
        t('borrowed.stays'),
        html`${bulletList('stays', 2)}<h3>${t('borrowed.remove')}</h3>${bulletList('remove', 3)}
    <p>${hostAddress()}</p><div>${button(t('frame.close'), () => sheetStage.closeSheet(), { main: true })}</div>`,
      ),
    );
  return html`<span>${t(stage.app.isOwing?.() ? 'borrowed.owing' : 'borrowed.line')}</span>
    ${stage.state.ordinary ? button(t('borrowed.look'), openRisksSheet, { plain: true }) : nothing}`;
}

const bulletList = (name: string, count: number) =>
  html`<ul class="points stack-close">${Array.from(
    { length: count },
    (_, index) => html`<li>${lookUp(`borrowed.${name}_${index + 1}`)}</li>`,
  )}</ul>`;

const hostAddress = () => html`<bdi class="address">${location.host}</bdi>`;

export const views = { borrowed: borrowedView, borrowed_line: borrowedLine };
