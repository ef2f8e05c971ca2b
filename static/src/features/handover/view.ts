/** Hand over a finished pack: what will happen, the eight words, and the list of packs that wait to be fetched. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { addressCard, button, errorSummary, heading, progress, loading } from '../../components/parts.js';
import { clockTime, dateText, sizeText } from '../../components/text/formatting.js';
import { problemOf } from '../../shell/stage.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import { joinWithDots, t, tn } from '../../shell/strings.js';
import { handoverState, handoverTime } from '../../components/text/handover_state.js';
import '../../components/words.js';
import './words.js';
import type { HandedOver, Handover, ProgressStep } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** Survives a change of page, but not a lock. */
type Transfer = { at: ProgressStep; done: HandedOver | null; stopped: boolean };
type Job = { done: null | { file?: Blob | null; name: string; record?: string | null }; handing?: Transfer };

function handoverView(stage: Stage) {
  const job = stage.job as Job | undefined;
  const { handing: transfer } = job ?? {};
  if (transfer?.done) return wordsView(stage, transfer.done);
  if (transfer && !transfer.stopped) return sendingView(stage, transfer);
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
    ${transfer?.stopped ? html`<p role="status">${t('hand.stopped')}</p>` : nothing}
    <p class="care">${t('hand.careful')}</p>
    ${textField({
      id: 'to',
      label: t('hand.to'),
      hint: t('hand.to_hint'),
      value: stage.local.to ?? '',
      onChange: (to) => {
        stage.local.to = to;
      },
    })}
    <p class="small soft">${joinWithDots([job?.done?.name, sizeText(file.size)])}</p>
    ${button(t('hand.do'), () => askToLeave(stage), { main: true, wide: true })}
  </div>`;
}

function askToLeave(stage: Stage) {
  openWordsSheet(stage, {
    title: t('hand.title'),
    lead: t('hand.why'),
    go: t('hand.do'),
    onSubmit: async (words) => {
      void startHandover(stage, words);
    },
  });
}

/** @param words the keeper's passphrase */
async function startHandover(stage: Stage, words: string) {
  const job = stage.job as Job & { done: { file: Blob; name: string; record?: string | null } };
  const { generation } = stage;
  const transfer: Transfer = { at: { step: 'words', done: 0, total: 0 }, done: null, stopped: false };
  job.handing = transfer;
  stage.problem = null;
  stage.arrived = true;
  stage.draw();
  try {
    transfer.done = await stage.app.handOver({ ...job.done, words, to: stage.local.to ?? '' }, (at) => {
      transfer.at = at;
      stage.draw();
    });
    if (generation !== stage.generation) return;
    stage.refresh('handovers');
    stage.arrived = stage.place.name === 'handover';
    stage.announce(t('hand.made'));
  } catch (error) {
    transfer.stopped = true;
    if (generation !== stage.generation) return;
    if ((error as { code?: string })?.code === 'cancelled') return stage.draw();
    job.handing = undefined;
    stage.fail(problemOf(error));
  }
}

function sendingView(stage: Stage, transfer: Transfer) {
  const stop = async () => {
    transfer.stopped = true;
    stage.draw();
    await stage.app.stopHandOver().catch(() => undefined);
  };
  const label = t(transfer.at.step === 'words' ? 'hand.words' : 'hand.sending');
  return html`<div class="stack-wide">${heading(t('hand.title'))}
    ${progress({ label, done: transfer.at.done, total: transfer.at.total, cancel: stop, cancelLabel: t('hand.stop') })}
    <p class="soft">${t('hand.carry_on')}</p></div>`;
}

function wordsView(stage: Stage, result: HandedOver) {
  const finish = () => {
    (stage.job as Job).handing = undefined;
    stage.stand({ name: 'handovers' });
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('hand.made'))}<p>${t('hand.say')}</p></div>
    ${wordList(result.words)}
    <div class="stack-close"><p>${t('hand.where')}</p>${addressCard(result.address)}<p class="soft">${t(
      'hand.limits',
    )} ${t('hand.until', { day: dateText(result.expires_at), clock: clockTime(result.expires_at) })}</p></div>
    <p class="care">${t('hand.careful')}</p>
    ${button(t('hand.written'), finish, { main: true, wide: true })}
  </div>`;
}

function wordList(words: string) {
  return html`<ol class="word-grid eight-words" lang="en" dir="ltr">${words
    .split(' ')
    .map((word) => html`<li>${word}</li>`)}</ol>`;
}

function handoversView(stage: Stage) {
  const result = stage.find('handovers', () => stage.app.readHandovers());
  const refreshButton = button(t('hand.look_again'), () => stage.refresh('handovers'), { plain: true });
  if (!result.data)
    return result.problem
      ? html`<div class="stack-wide">${heading(t('hand.list'))}<p
        role="alert">${t('hand.offline')}</p><div>${refreshButton}</div></div>`
      : loading();
  const { handovers: rows, address, offline } = result.data;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('hand.list'))}<p class="soft" role=${offline ? 'status' : nothing}>${t(
      offline ? 'hand.here' : 'hand.lead_list',
    )}</p></div>
    ${errorSummary(stage)}
    ${
      rows.length
        ? html`<ul class="rows">${rows.map((row) => handoverRow(stage, row, address, offline))}</ul>`
        : html`<p>${t('hand.none')}</p>`
    }
    <div>${refreshButton}</div>
  </div>`;
}

/** @param offline true if the openings are not known */
function handoverRow(stage: Stage, row: Handover, address: string, offline: boolean) {
  const { text, over: isOver } = handoverState(row);
  const { openings, openings_most: maxOpenings } = row;
  const openedText = openings.length
    ? tn('hand.opened', openings.length, { when: handoverTime(openings.at(-1) as number) })
    : t(isOver ? 'hand.never' : 'hand.waits');
  const shownWords = stage.local.said?.handover === row.handover ? stage.local.said.words : null;
  return html`<li class="page-item stack-close">
    <h2><bdi>${row.name || t('hand.unnamed')}</bdi></h2>
    ${row.to ? html`<p>${t('hand.for', { who: `\u2068${row.to}\u2069` })}</p>` : nothing}
    ${offline ? nothing : html`<p><strong>${openedText}</strong></p>`}
    ${
      openings.length > 1
        ? html`<p class="small">${t('hand.each')}: ${openings.map((at) => handoverTime(at)).join(' · ')}</p>`
        : nothing
    }
    <p class="small soft">${
      isOver
        ? text
        : `${offline ? '' : `${t('hand.left', { left: maxOpenings - openings.length, most: maxOpenings })} · `}${t(
            'hand.until',
            {
              day: dateText(row.expires_at),
              clock: clockTime(row.expires_at),
            },
          )}`
    }</p>
    ${
      isOver
        ? nothing
        : row.known
          ? html`${
              shownWords
                ? html`${wordList(shownWords)}<p class="small">${t('hand.where')} <strong>${address}</strong></p>`
                : nothing
            }`
          : html`<p class="small soft">${t('hand.elsewhere')}</p>`
    }
    ${
      isOver
        ? nothing
        : html`<div class="row">
      ${
        row.known
          ? button(
              t(shownWords ? 'hand.hide' : 'hand.show'),
              () => (shownWords ? stage.set({ said: null }) : askToShowWords(stage, row)),
              { plain: true },
            )
          : nothing
      }
      ${offline ? nothing : button(t('hand.end'), () => askToEnd(stage, row), { plain: true })}</div>`
    }
  </li>`;
}

function askToShowWords(stage: Stage, row: Handover) {
  openWordsSheet(stage, {
    title: t('hand.show'),
    lead: t('agree.why'),
    go: t('hand.show'),
    onSubmit: async (words) => {
      stage.set({ said: { handover: row.handover, words: await stage.app.sayHandover(row.handover, words) } });
    },
  });
}

function askToEnd(stage: Stage, row: Handover) {
  openWordsSheet(stage, {
    title: t('hand.end_title'),
    lead: t('hand.end_lead'),
    go: t('hand.end_do'),
    onSubmit: async (words) => {
      await stage.app.endHandovers([row.handover], { words });
      stage.refresh('handovers');
      stage.announce(t('hand.end_done'));
    },
  });
}

export const views = { handover: handoverView, handovers: handoversView };
