/**
 * The frame around every place: the bar on top, the columns, the bar at the thumb, and the lines that can appear on
 * any place. It picks the view that draws the place. Views the door does not need are loaded later.
 */
import { html, nothing } from '../shell/html.js';
import { icon } from '../shell/icons.js';
import { leaveButton } from '../shell/leave_button.js';
import { skinName } from '../shell/skin.js';
import { setYoungWording, hasText, lookUp, t, tn } from '../shell/strings.js';
import { isDraftLanguage } from '../shell/language.js';
import { button, problemSentence, troublesOf } from '../components/parts.js';
import { PARTS, PART_BY_PLACE, TABS, tabOf } from './places.js';
import { doorView } from '../features/lock/door.js';
import { comingLine } from '../components/text/coming_text.js';
import { views as firstViews } from '../features/first_run/safety.js';
import { dateText, dateTimeText } from '../components/text/formatting.js';
import './words.js';
import '../features/account/words.js';
import '../features/settings/words.js';
import type { Trouble, PendingErasure } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';

type View = (stage: Stage) => unknown;
type Views = Record<string, View>;

const SIGN_INS_SHOWN = 10;
/** The kinds a device may give for itself at sign-in. */
const SIGN_IN_KINDS = new Set(['ordinary', 'borrowed', 'desk', 'renewed']);

const loaded: Views = { ...firstViews };
const loading: Map<string, Promise<void>> = new Map();
let hasFailed = false;
/** Troubles about what the server holds: a place exists to look at them. */
const SERVER_TROUBLES = new Set(['server_behind', 'head_differs', 'omitted', 'wrong_notary']);

/** Places that say themselves what is still to come of the diary, or show nothing of it. */
const NO_COMING_LINE = new Set(['add', 'entries', 'help', 'share']);

/** Fetch one part, once. A part that could not be fetched is tried again. */
function fetchPart(part: keyof typeof PARTS, draw: () => void) {
  const pending = loading.get(part);
  if (pending) return pending;
  const fetching = PARTS[part]()
    .then(
      (module) => {
        Object.assign(loaded, module.views);
        hasFailed = false;
      },
      () => {
        loading.delete(part);
        hasFailed = true;
      },
    )
    .then(draw);
  loading.set(part, fetching);
  return fetching;
}

/** Run when the browser is idle. Safari has no such callback, so there it runs soon. */
const whenIdle: (action: () => void) => unknown = (action) =>
  typeof requestIdleCallback === 'function' ? requestIdleCallback(action, { timeout: 1000 }) : setTimeout(action, 100);

/** Fetch every part soon after the door is drawn, so that the page works when the signal goes. */
export function preloadParts(stage: Stage) {
  const [...queue] = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const fetchNext = () => {
    const part = queue.shift();
    if (part) void fetchPart(part, stage.draw).then(() => whenIdle(fetchNext));
  };
  whenIdle(fetchNext);
}

function placeView(stage: Stage, name: string) {
  const loadedView = loaded[name];
  if (loadedView) return loadedView(stage);
  const part = PART_BY_PLACE[name];
  if (part && !hasFailed) fetchPart(part, stage.draw);
  return html`<div class="stack" aria-busy=${String(!hasFailed)}><h1
      tabindex="-1">${skinName(stage.state)}</h1><p
      role="status">${t(hasFailed ? 'frame.lazy' : 'frame.loading')}</p>
    ${
      hasFailed && part
        ? button(t('door.again'), () => {
            hasFailed = false;
            stage.draw();
          })
        : nothing
    }</div>`;
}

/** Return the whole page. */
export function frame(stage: Stage) {
  const { phase } = stage.state;
  // Only the list that was made for paper may be printed (shell/parts.css).
  document.documentElement.classList.toggle(
    'on-paper',
    phase === 'open' && !stage.leaving && stage.place.name === 'print' && Boolean(stage.local.made),
  );
  applyWording(stage, phase === 'open');
  const isInner =
    phase === 'open' || (phase === 'fresh' && stage.place.name in PART_BY_PLACE && stage.place.name !== 'borrowed');
  const showsNotebook = stage.leaving || phase === 'notebook';
  return html`${
    showsNotebook
      ? placeView(stage, 'notebook')
      : isInner
        ? openFrame(stage, phase === 'open')
        : phase === 'showing'
          ? placeView(stage, 'showing')
          : phase === 'picture' && stage.state.picture?.locked
            ? placeView(stage, 'capturing')
            : phase === 'fresh' && stage.place.name === 'borrowed'
              ? placeView(stage, 'borrowed')
              : doorView(stage)
  }
    <p class="unseen" role="status" aria-live="polite">${stage.announcement}</p>`;
}

/** Set the keeper's wording (usual or young), on every place of the diary and nowhere else. */
function applyWording(stage: Stage, isOpen: boolean) {
  const settings =
    isOpen && stage.app.readSettings ? stage.find('wording', async () => stage.app.readSettings?.()).data : null;
  const isYoung = settings?.fields?.wording === 'young';
  setYoungWording(isYoung);
  if (isYoung && !loaded.wording && !hasFailed) fetchPart('wording', stage.draw);
}

function openFrame(stage: Stage, isOpen: boolean) {
  const { name } = stage.place;
  const isRegister = ['kept', 'form'].includes(name);
  const hasTwoColumns = isOpen && stage.isWide && (isRegister || ['entries', 'entry', 'file', 'add'].includes(name));
  const listView = isRegister ? loaded.register_list : loaded.list;
  return html`<div class="frame">
    ${topBar(stage, isOpen)}
    <div class="columns ${hasTwoColumns ? 'columns-two' : ''}">
      ${
        hasTwoColumns && listView
          ? html`<aside class="aside page" aria-label=${t(
              isRegister ? 'nav.more' : 'nav.entries',
            )}>${listView(stage)}</aside>`
          : nothing
      }
      <main id="page"><div class="page">${
        // In Help no line pushes the emergency number down, and the lock's line stays in view above the bottom bar.
        name === 'help'
          ? [placeView(stage, name), noticeLines(stage, isOpen), lockingLine(stage, isOpen)]
          : [lockingLine(stage, isOpen), noticeLines(stage, isOpen), placeView(stage, name)]
      }</div></main>
    </div>
    ${isOpen ? thumbBar(stage) : nothing}
  </div>${stage.sheet ? stage.sheet(stage) : nothing}`;
}

function topBar(stage: Stage, isOpen: boolean) {
  const { name } = stage.place;
  const isMainPlace = ['entries', 'add', 'share', 'more'].includes(name);
  const goBack = () => (isOpen ? stage.back() : stage.back('start'));
  return html`<header class="bar">
    ${
      isMainPlace && isOpen
        ? nothing
        : html`<button type="button" class="icon-button" aria-label=${t('bar.back')}
          @click=${goBack}>${icon('back', 22, 'mirror')}</button>`
    }
    <span class="bar-name"><strong>${skinName(stage.state)}</strong>${
      isDraftLanguage() ? html`<span class="small">${t('bar.draft')}</span>` : nothing
    }</span>
    ${
      name === 'help'
        ? nothing
        : html`<button type="button" class="icon-button" aria-label=${t('bar.help')}
          @click=${() => stage.go({ name: 'help' })}>${icon('help', 24, 'mirror')}</button>`
    }
    ${leaveButton(stage)}
  </header>`;
}

function thumbBar(stage: Stage) {
  const { name } = stage.place;
  const activeTab = tabOf(name);
  const selectTab = (tab: string) => {
    if (tab === 'lock') return void stage.app.lock('asked');
    if (tab === 'share') stage.refresh('pack-ways'); // the server may respond by now
    if (tab === name && name !== 'add') return undefined;
    return stage.go({ name: tab });
  };
  return html`<nav class="thumb" aria-label=${t('nav.label')}><ul>${TABS.map(
    ([tab, iconName]) => html`<li>
    <button type="button" class="tab ${tab === 'add' ? 'tab-add' : ''}" aria-current=${
      tab === activeTab ? 'page' : nothing
    } @click=${() => selectTab(tab)}>
      <span class="tab-mark">${icon(
        iconName,
        22,
        iconName === 'list' ? 'mirror' : '',
      )}</span><span>${t(`nav.${tab}`)}</span></button></li>`,
  )}</ul></nav>`;
}

/** Return the line that tells when the diary locks. */
function lockingLine(stage: Stage, isOpen: boolean) {
  const { lockIn } = stage.state;
  if (lockIn === null || !isOpen) return nothing;
  return html`<div class="lines ${stage.place.name === 'help' ? 'lines-low' : ''}"><div class="line"><span><span
    class="unseen" role="alert">${t('frame.locking_soon')}</span><span
    aria-hidden="true">${t('frame.locking', { n: lockIn })}</span></span>${button(
      t('frame.stay'),
      () => stage.app.touch(),
      {
        plain: true,
      },
    )}</div></div>`;
}

/** Return the other lines that can appear above any place; in Help, below it. */
function noticeLines(stage: Stage, isOpen: boolean) {
  const { update, account, draft, busy } = stage.state;
  const troubles = troublesOf(stage);
  const isSignedOut = troubles.some(({ code }) => ['signed_out', 'session_ended'].includes(code));
  const owesRecovery =
    isOpen &&
    account?.registered &&
    account.recovery === 'later' &&
    !['code', 'name', 'copy', 'words'].includes(stage.place.name);
  return html`<div class="lines">
    ${troubles.map((trouble) => troubleLine(stage, trouble))}
    ${
      isOpen && isSignedOut && stage.place.name !== 'newwords' && hasText('frame.words_needed')
        ? wordsNeeded(stage)
        : nothing
    }
    ${isOpen && stage.state.borrowed ? (loaded.borrowed_line?.(stage) ?? nothing) : nothing}
    ${isOpen && hasText('frame.half') ? keyLines(stage) : nothing}
    ${
      isOpen && account?.witnesses_gone?.length && hasText('server.gone')
        ? witnessesGone(stage, account.witnesses_gone)
        : nothing
    }
    ${isOpen && hasText('frame.captured_do') && stage.place.name !== 'captured' ? capturedLines(stage) : nothing}
    ${
      isOpen && hasText('frame.written_do') && stage.place.name !== 'assisted' && stage.state.waiting?.written
        ? html`<div class="line" role="status"><span>${tn('frame.written', stage.state.waiting.written)}</span>${button(
            t('frame.written_do'),
            () => {
              stage.refresh('assisted');
              stage.go({ name: 'assisted' });
            },
            { plain: true },
          )}</div>`
        : nothing
    }
    ${
      isOpen && stage.state.asked && hasText('adv.asked_look') && !['asked', 'entry'].includes(stage.place.name)
        ? questionLine(stage, stage.state.asked)
        : nothing
    }
    ${
      isOpen && hasText('frame.witness_do') && stage.place.name !== 'witness' && stage.state.waiting?.answers
        ? html`<div class="line" role="status"><span>${tn('frame.witness', stage.state.waiting.answers)}</span>${button(
            t('frame.witness_do'),
            () => {
              stage.refresh('witnesses');
              stage.go({ name: 'witness' });
            },
            { plain: true },
          )}</div>`
        : nothing
    }
    ${
      isOpen && stage.state.unsigned
        ? html`<div class="line state-trouble" role="status"><span>${t('frame.unsigned')}</span></div>`
        : nothing
    }
    ${
      update && isOpen && !draft
        ? html`<div class="line"><span>${t('frame.update')}</span>${button(
            t('frame.update_do'),
            () => stage.run('update', () => stage.app.applyUpdate()),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${isOpen && account?.closing && hasText('server.closes') ? closingLine(stage, account.closing) : nothing}
    ${
      isOpen && stage.state.erasing?.length && hasText('erase.look') ? erasingLine(stage, stage.state.erasing) : nothing
    }
    ${
      isOpen && account?.exit_said === false
        ? html`<div class="line"><span>${t('frame.exit_once')}</span>${button(
            t('frame.exit_seen'),
            () => stage.app.exitSaid?.(),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${
      owesRecovery
        ? html`<div class="line"><span>${t('frame.recovery')}</span>${button(
            t('frame.recovery_do'),
            () => stage.go({ name: 'code' }),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${isOpen && account?.coming && !NO_COMING_LINE.has(stage.place.name) ? comingLine(stage) : nothing}
    ${
      busy && isOpen && !(busy.what === 'fetching' && account?.coming)
        ? html`<div class="line"><span>${lookUp(`busy.${busy.what}`)}</span><span>${t('progress.percent', {
            percent: busy.total ? Math.floor((busy.done / busy.total) * 100) : 0,
          })}</span></div>`
        : nothing
    }</div>`;
}

/** Return the line for a trouble with the record or the server. Each has its line, whatever else is shown. */
function troubleLine(stage: Stage, trouble: Trouble) {
  const { code, act: action } = trouble;
  const lookLabel = t(code === 'wrong_notary' && hasText('server.key_look') ? 'server.key_look' : 'frame.look');
  const isLookedAt = SERVER_TROUBLES.has(code) && stage.place.name !== 'server';
  const acceptKey = () => stage.run('known', () => stage.app.knowCaptureKey());
  const control = action
    ? button(action.label, action.do, { plain: true })
    : code === 'capture_key' && hasText('frame.capture_key_ok')
      ? button(t('frame.capture_key_ok'), acceptKey, { plain: true })
      : isLookedAt
        ? button(lookLabel, () => stage.go({ name: 'server' }), { plain: true })
        : nothing;
  return html`<div class="line state-trouble" role="status"><span>${problemSentence(trouble)}</span>${control}</div>`;
}

/** The words were changed on another device. */
function wordsNeeded(stage: Stage) {
  const openNewWords = () => stage.go({ name: 'newwords' });
  return html`<div class="line"><span>${t('nw.title')}</span>${button(t('frame.words_needed'), openNewWords, {
    plain: true,
  })}</div>`;
}

/** Return the line for what was captured while locked, and for drafts made of it. */
function capturedLines(stage: Stage) {
  const { captured = 0, later = 0 } = stage.state.waiting ?? {};
  const openCaptured = () => {
    stage.refresh('captured');
    stage.go({ name: 'captured' });
  };
  if (!captured && !later) return nothing;
  const text = captured ? tn('frame.captured', captured) : tn('frame.later', later);
  return html`<div class="line" role="status"><span>${text}</span>${button(t('frame.captured_do'), openCaptured, {
    plain: true,
  })}</div>`;
}

/** Return the line for an advocate's question: a line among others, never a count on a tab. */
function questionLine(stage: Stage, { n: count, name }: { n: number; name: string }) {
  return html`<div class="line"><span>${tn('adv.asked_line', count, { name })}</span>${button(
    t('adv.asked_look'),
    () => stage.go({ name: 'asked' }),
    { plain: true },
  )}</div>`;
}

/** Return the lines for an unfinished change of keys and for sign-ins of other devices. */
function keyLines(stage: Stage) {
  const { rekeying, sign_ins: signIns = [], returned = null } = stage.state.account ?? {};
  const markReturnKnown = () => stage.run('returned', () => stage.app.knowReturned());
  return html`${
    rekeying && stage.place.name !== 'someone'
      ? html`<div class="line" role="status"><span>${t('frame.half')}</span>${button(
          t('frame.half_do'),
          () => stage.go({ name: 'someone' }),
          { plain: true },
        )}</div>`
      : nothing
  }
    ${
      returned
        ? html`<div class="line state-trouble" role="status"><span>${t('frame.returned', {
            at: dateText(returned),
          })}</span>
      <div class="row">${button(t('frame.arrived_ok'), markReturnKnown, {
        plain: true,
        busy: stage.runningTask === 'returned',
      })}${button(t('frame.arrived_look'), () => stage.go({ name: 'someone' }), { plain: true })}</div></div>`
        : nothing
    }
    ${signIns.length ? signInLines(stage, signIns) : nothing}`;
}

/** The server names other witnesses than before. */
function witnessesGone(stage: Stage, names: readonly string[]) {
  const acceptList = () => stage.run('witnesses', () => stage.app.acceptWitnessList());
  return html`<div class="line state-trouble" role="status"><span>${t('server.gone', {
    names: names.join(', '),
  })}</span>
    ${button(t('server.gone_ok'), acceptList, { plain: true, busy: stage.runningTask === 'witnesses' })}</div>`;
}

/** Return every sign-in since this phone last looked, ten at a time. */
function signInLines(stage: Stage, signIns: NonNullable<NonNullable<Stage['state']['account']>['sign_ins']>) {
  const shown = signIns.slice(0, SIGN_INS_SHOWN);
  const hiddenCount = signIns.length - shown.length;
  const markKnown = () => stage.run('sign_ins', () => stage.app.knowSignIns(shown.length));
  return html`<div class="line" role="status"><div class="stack-close"><span
    class="state-trouble">${t('frame.sign_ins')}</span>
      <ul class="rows">${shown.map(
        (signIn) =>
          html`<li class="page-item stack-close"><strong>${
            signIn.device_name || t('devices.unknown')
          }</strong><span class="small">${dateTimeText(signIn.at)}</span><span class="small">${
            SIGN_IN_KINDS.has(signIn.kind ?? '') ? html`${lookUp(`frame.sign_in_${signIn.kind}`)} ` : nothing
          }${signIn.what === 'recovered' ? html`${t('frame.sign_in_code')} ` : nothing}${t(
            signIn.signed_out ? 'frame.sign_in_out' : 'frame.sign_in_still',
          )}</span></li>`,
      )}</ul>
      ${hiddenCount ? html`<span>${tn('frame.sign_ins_more', hiddenCount)}</span>` : nothing}</div>
      <div class="row">${button(t('frame.arrived_ok'), markKnown, {
        plain: true,
        busy: stage.runningTask === 'sign_ins',
      })}${button(t('frame.arrived_look'), () => stage.go({ name: 'someone' }), { plain: true })}</div></div>`;
}

/** Say that the server closes inside the diary only: on the lock it would reveal that a diary exists. */
function closingLine(stage: Stage, { on }: { on: number; off: number }) {
  const isOver = Date.now() >= on;
  return html`<div class="line" role="status"><span>${t(isOver ? 'server.closed' : 'server.closes', {
    day: dateText(on),
  })}</span>${
    stage.place.name === 'makecopy'
      ? nothing
      : button(t('server.copy'), () => stage.go({ name: 'makecopy' }), { plain: true })
  }</div>`;
}

/** Show on every screen what will be erased, with the day: nobody finds out afterwards. */
function erasingLine(stage: Stage, waiting: readonly PendingErasure[]) {
  return html`<div class="line" role="status"><span>${tn('erase.pending_line', waiting.length, {
    at: dateText(waiting[0]?.due_at ?? 0),
  })}</span>${button(t('erase.look'), () => stage.go({ name: 'removed' }), { plain: true })}</div>`;
}
