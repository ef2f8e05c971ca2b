/** Follow-ups: what others sent, and dates in the diary to look at, ticked off or not. */
import { html, nothing } from '../../shell/html.js';
import { button, emptyState, errorSummary, heading, row, problemSentence, loading } from '../../components/parts.js';
import { isoDateText, entryNumberText } from '../../components/text/formatting.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { findFollowUps, nearCheck, waitingCounts } from '../../components/follow_ups.js';
import { icon } from '../../shell/icons.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { recordTitle } from '../../components/registers/register_words.js';
import { localAt, phoneZone } from '../../record/times.js';
import '../../components/words.js';
import './words.js';
import type { ChaseItem } from '../../shell/app.js';
import type { IconName } from '../../shell/icons.js';
import type { Stage } from '../../shell/stage.js';

const NARRATIVE_CHARACTERS = 60;
const ICONS = {
  wipe: 'camera',
  asked: 'clock',
  update: 'flag',
  order: 'paper',
  download: 'file',
} as const;

function chaseView(stage: Stage) {
  loadVocabulary(stage);
  const result = findFollowUps(stage);
  if (!result.data)
    return result.problem
      ? html`<div class="stack">${heading(t('chase.title'))}<p
        role="alert">${problemSentence(result.problem)}</p></div>`
      : loading();
  const today = localAt(Date.now(), phoneZone()).slice(0, 10);
  const sentRows = rowsOfSent(stage);
  const openItems = result.data.filter(({ done_at }) => done_at === null);
  const doneItems = result.data.filter(({ done_at }) => done_at !== null);
  const isNear = nearCheck();
  // A camera's pictures are lost for good, so they come before everything else that is near.
  const nearItems = [
    ...openItems.filter((chaseItem) => chaseItem.what === 'wipe' && isNear(chaseItem)),
    ...openItems.filter((chaseItem) => chaseItem.what !== 'wipe' && isNear(chaseItem)),
  ];
  const laterItems = openItems.filter((chaseItem) => !isNear(chaseItem));
  const list = (title: string, items: ChaseItem[]) =>
    items.length
      ? html`<section class="stack-close"><h2>${lookUp(title)}</h2><ul class="rows">${items.map((chaseItem) =>
          itemRow(stage, chaseItem, today),
        )}</ul></section>`
      : nothing;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('chase.title'))}<p class="soft">${t('chase.lead')}</p></div>
    ${errorSummary(stage)}
    ${openItems.length || sentRows.length ? nothing : emptyText(stage)}
    ${
      sentRows.length
        ? html`<section class="stack-close"><h2>${t('chase.new')}</h2><ul class="rows">${sentRows}</ul></section>`
        : nothing
    }
    ${list('chase.soon', nearItems)}${list('chase.later', laterItems)}
    ${
      doneItems.length
        ? html`<div class="rows"><div>${row({
            title: tn('chase.shown', doneItems.length),
            icon: 'tick',
            expanded: Boolean(stage.local.done),
            body: html`<ul class="rows">${doneItems.map((chaseItem) => itemRow(stage, chaseItem, today))}</ul>`,
            onClick: () => stage.set({ done: !stage.local.done }),
          })}</div></div>`
        : nothing
    }
    <div class="rows"><div>${row({
      title: t('chase.add_report'),
      subtitle: t('chase.add_report_more'),
      icon: 'flag',
      onClick: () => stage.go({ name: 'reports' }),
    })}</div><div>${row({
      title: t('chase.add_camera'),
      subtitle: t('chase.add_camera_more'),
      icon: 'camera',
      onClick: () => stage.goToTab('entries'),
    })}</div></div>
  </div>`;
}

/** Nothing is due. While a new device still fetches the diary, nobody can say so: the line above the page says that. */
function emptyText({ state }: Stage) {
  if (state.account?.coming) return nothing;
  return emptyState('clock', t('chase.none'), html`<p class="soft">${t('chase.none_more')}</p>`);
}

/** Return a row for each kind of thing that others sent, or that was added while this was locked. */
function rowsOfSent(stage: Stage) {
  const counts = waitingCounts(stage);
  const rowTo = (place: string, title: string, iconName: IconName, key?: string) => {
    const onClick = () => {
      if (key) stage.refresh(key);
      stage.go({ name: place });
    };
    return html`<li>${row({ title, icon: iconName, onClick })}</li>`;
  };
  return [
    counts.asked && rowTo('asked', t('chase.asked_you', { name: stage.state.asked?.name ?? '' }), 'help'),
    counts.answers && rowTo('witness', t('chase.answers'), 'eye', 'witnesses'),
    counts.written && rowTo('assisted', t('chase.written'), 'pen', 'assisted'),
    counts.captured && rowTo('captured', t('chase.captured'), 'picture', 'captured'),
    !counts.captured && counts.later && rowTo('captured', t('chase.draft'), 'note', 'captured'),
  ].filter(Boolean);
}

function itemRow(stage: Stage, chaseItem: ChaseItem, today: string) {
  const { key, what, due, done_at } = chaseItem;
  const dueText = !due
    ? ''
    : due === today
      ? t('chase.today')
      : due < today && done_at === null
        ? t('chase.past', { day: isoDateText(due) })
        : t('chase.due', { day: isoDateText(due) });
  const toggleTick = () =>
    stage.run(`chase-${key}`, async () => {
      await stage.app.chaseDone(key, done_at === null);
      stage.refresh('chase');
      stage.announce(t(done_at === null ? 'chase.done' : 'chase.untick'));
    });
  return html`<li class="page-item stack-close">
    <p class="with-icon">${icon(ICONS[what], 20)}<strong>${t(`chase.${what}`)}</strong></p>
    <p>${itemName(stage, chaseItem).map((part, index) => html`${index ? ' · ' : nothing}<bdi>${part}</bdi>`)}</p>
    ${
      dueText
        ? html`<p class="small ${due && due <= today && done_at === null ? 'state-trouble' : 'soft'}">${dueText}</p>`
        : nothing
    }
    <div class="row">${
      chaseItem.kind === 'export'
        ? nothing
        : button(t('chase.see'), () => openRecord(stage, chaseItem), { plain: true })
    }${button(t(done_at === null ? 'chase.tick' : 'chase.untick'), toggleTick, {
      icon: done_at === null ? 'tick' : 'back',
      busy: stage.runningTask === `chase-${key}`,
    })}</div></li>`;
}

function openRecord(stage: Stage, { kind, record }: ChaseItem) {
  return stage.go(kind === 'incident' ? { name: 'entry', record } : { name: 'kept', kind, record });
}

/** Return the name in parts, each with a direction of its own: "CCTV" at the start must not turn a line of Urdu. */
function itemName(stage: Stage, { kind, what, fields, seq_no, detail }: ChaseItem): string[] {
  if (kind === 'export') return [String(fields.file_name ?? '')];
  if (kind !== 'incident') return [recordTitle(stage, kind, fields)];
  // Asking does not stop the machine: the day on which it wipes stays the last one to ask again.
  const wipedText =
    what === 'asked' && typeof detail.overwrite_due === 'string'
      ? t('chase.wiped', { day: isoDateText(detail.overwrite_due) })
      : '';
  const entry = entryNumberText(seq_no, 'reg');
  const narrative = String(fields.narrative ?? '');
  const requestedText =
    typeof detail.requested_at === 'string' ? t('chase.ask', { day: isoDateText(detail.requested_at) }) : '';
  return [
    labelForCode('independent_evidence', detail.kind),
    detail.holder,
    requestedText,
    wipedText,
    entry,
    `${narrative.slice(0, NARRATIVE_CHARACTERS)}${narrative.length > NARRATIVE_CHARACTERS ? '…' : ''}`,
  ].filter(Boolean);
}

export const views = { chase: chaseView };
