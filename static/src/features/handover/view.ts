/** Hand over a finished pack: what will happen, the eight words, and the list of packs that wait to be fetched. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { addressCard, button, errorSummary, heading, progress, waiting } from '../../components/parts.js';
import { clockTime, day, size } from '../../components/text/say.js';
import { problemOf } from '../../shell/stage.js';
import { openWords } from '../../components/forms/words_sheet.js';
import { dotted, t, tn } from '../../shell/strings.js';
import { stateOf, whenSaid } from '../../components/text/handover_state.js';
import '../../components/words.js';
import './words.js';
import type { HandedOver, Handover, Step } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Survives a change of page, but not a lock. */
type Handing = { at: Step; done: HandedOver | null; stopped: boolean };
type Job = { done: null | { file?: Blob | null; name: string; record?: string | null }; handing?: Handing };

function handover(stage: Stage) {
  const job = stage.job as Job | undefined;
  const { handing } = job ?? {};
  if (handing?.done) return theWords(stage, handing.done);
  if (handing && !handing.stopped) return sending(stage, handing);
  const file = job?.done?.file;
  if (!file)
    return html`<div class="stack-wide">${heading(t('hand.title'))}<p>${t('hand.gone')}</p><div>${button(
      t('hand.list'),
      () => stage.go({ name: 'handovers' }),
      { plain: true },
    )}</div></div>`;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('hand.title'))}<p>${t('hand.lead')}</p><p>${t('hand.limits')}</p></div>
    ${errorSummary(stage)}
    ${handing?.stopped ? html`<p role="status">${t('hand.stopped')}</p>` : nothing}
    <p class="care">${t('hand.careful')}</p>
    ${textField({
      id: 'to',
      label: t('hand.to'),
      hint: t('hand.to_hint'),
      value: stage.local.to ?? '',
      on: (to) => {
        stage.local.to = to;
      },
    })}
    <p class="small soft">${dotted([job?.done?.name, size(file.size)])}</p>
    ${button(t('hand.do'), () => askToLeave(stage), { main: true, wide: true })}
  </div>`;
}

function askToLeave(stage: Stage) {
  openWords(stage, {
    title: t('hand.title'),
    lead: t('hand.why'),
    go: t('hand.do'),
    act: async (words) => {
      void start(stage, words);
    },
  });
}

/** @param words the keeper's passphrase */
async function start(stage: Stage, words: string) {
  const job = stage.job as Job & { done: { file: Blob; name: string; record?: string | null } };
  const { generation } = stage;
  const handing: Handing = { at: { step: 'words', done: 0, total: 0 }, done: null, stopped: false };
  job.handing = handing;
  stage.problem = null;
  stage.arrived = true;
  stage.draw();
  try {
    handing.done = await stage.app.handOver({ ...job.done, words, to: stage.local.to ?? '' }, (at) => {
      handing.at = at;
      stage.draw();
    });
    if (generation !== stage.generation) return;
    stage.refresh('handovers');
    stage.arrived = stage.place.name === 'handover';
    stage.say(t('hand.made'));
  } catch (thrown) {
    handing.stopped = true;
    if (generation !== stage.generation) return;
    if ((thrown as { code?: string })?.code === 'cancelled') return stage.draw();
    job.handing = undefined;
    stage.fail(problemOf(thrown));
  }
}

function sending(stage: Stage, handing: Handing) {
  const stop = async () => {
    handing.stopped = true;
    stage.draw();
    await stage.app.stopHandOver().catch(() => undefined);
  };
  const label = t(handing.at.step === 'words' ? 'hand.words' : 'hand.sending');
  return html`<div class="stack-wide">${heading(t('hand.title'))}
    ${progress({ label, done: handing.at.done, total: handing.at.total, cancel: stop, cancelLabel: t('hand.stop') })}
    <p class="soft">${t('hand.carry_on')}</p></div>`;
}

function theWords(stage: Stage, done: HandedOver) {
  const onward = () => {
    (stage.job as Job).handing = undefined;
    stage.stand({ name: 'handovers' });
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('hand.made'))}<p>${t('hand.say')}</p></div>
    ${wordList(done.words)}
    <div class="stack-close"><p>${t('hand.where')}</p>${addressCard(done.address)}<p class="soft">${t(
      'hand.limits',
    )} ${t('hand.until', { day: day(done.expires_at), clock: clockTime(done.expires_at) })}</p></div>
    <p class="care">${t('hand.careful')}</p>
    ${button(t('hand.written'), onward, { main: true, wide: true })}
  </div>`;
}

function wordList(words: string) {
  return html`<ol class="word-grid eight-words" lang="en" dir="ltr">${words
    .split(' ')
    .map((word) => html`<li>${word}</li>`)}</ol>`;
}

function handovers(stage: Stage) {
  const found = stage.find('handovers', () => stage.app.readHandovers());
  const again = button(t('hand.look_again'), () => stage.refresh('handovers'), { plain: true });
  if (!found.data)
    return found.problem
      ? html`<div class="stack-wide">${heading(t('hand.list'))}<p
        role="alert">${t('hand.offline')}</p><div>${again}</div></div>`
      : waiting();
  const { handovers: rows, address, offline } = found.data;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('hand.list'))}<p class="soft" role=${offline ? 'status' : nothing}>${t(
      offline ? 'hand.here' : 'hand.lead_list',
    )}</p></div>
    ${errorSummary(stage)}
    ${
      rows.length
        ? html`<ul class="rows">${rows.map((one) => item(stage, one, address, offline))}</ul>`
        : html`<p>${t('hand.none')}</p>`
    }
    <div>${again}</div>
  </div>`;
}

/** @param offline true if the openings are not known */
function item(stage: Stage, one: Handover, address: string, offline: boolean) {
  const { text, over } = stateOf(one);
  const { openings, openings_most: most } = one;
  const opened = openings.length
    ? tn('hand.opened', openings.length, { when: whenSaid(openings.at(-1) as number) })
    : t(over ? 'hand.never' : 'hand.waits');
  const said = stage.local.said?.handover === one.handover ? stage.local.said.words : null;
  return html`<li class="page-item stack-close">
    <h2><bdi>${one.name || t('hand.unnamed')}</bdi></h2>
    ${one.to ? html`<p>${t('hand.for', { who: `\u2068${one.to}\u2069` })}</p>` : nothing}
    ${offline ? nothing : html`<p><strong>${opened}</strong></p>`}
    ${
      openings.length > 1
        ? html`<p class="small">${t('hand.each')}: ${openings.map((at) => whenSaid(at)).join(' · ')}</p>`
        : nothing
    }
    <p class="small soft">${
      over
        ? text
        : `${offline ? '' : `${t('hand.left', { left: most - openings.length, most })} · `}${t('hand.until', {
            day: day(one.expires_at),
            clock: clockTime(one.expires_at),
          })}`
    }</p>
    ${
      over
        ? nothing
        : one.known
          ? html`${
              said
                ? html`${wordList(said)}<p class="small">${t('hand.where')} <strong>${address}</strong></p>`
                : nothing
            }`
          : html`<p class="small soft">${t('hand.elsewhere')}</p>`
    }
    ${
      over
        ? nothing
        : html`<div class="row">
      ${
        one.known
          ? button(
              t(said ? 'hand.hide' : 'hand.show'),
              () => (said ? stage.set({ said: null }) : askToSay(stage, one)),
              { plain: true },
            )
          : nothing
      }
      ${offline ? nothing : button(t('hand.end'), () => ending(stage, one), { plain: true })}</div>`
    }
  </li>`;
}

function askToSay(stage: Stage, one: Handover) {
  openWords(stage, {
    title: t('hand.show'),
    lead: t('agree.why'),
    go: t('hand.show'),
    act: async (words) => {
      stage.set({ said: { handover: one.handover, words: await stage.app.sayHandover(one.handover, words) } });
    },
  });
}

function ending(stage: Stage, one: Handover) {
  openWords(stage, {
    title: t('hand.end_title'),
    lead: t('hand.end_lead'),
    go: t('hand.end_do'),
    act: async (words) => {
      await stage.app.endHandovers([one.handover], { words });
      stage.refresh('handovers');
      stage.say(t('hand.end_done'));
    },
  });
}

export const views = { handover, handovers };
