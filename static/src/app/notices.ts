/**
 * What can appear above any place: a warning, a sign-in of another device, something that waits for the keeper.
 *
 * [Note: one line] However many apply, one line stands above the heading, so that the page stays where it is on a
 * small phone. It shows the most urgent one, and a button opens them all. A sign-in of another device comes before
 * every other warning: each of those stands until it is settled, and a thief may hope to be hidden by one. Only the
 * twenty seconds before a lock take its place.
 */
import { html, nothing } from '../shell/html.js';
import { hasText, lookUp, t, tn } from '../shell/strings.js';
import { button, problemSentence, troublesOf } from '../components/parts.js';
import { comingSentence } from '../components/text/coming_text.js';
import { dateText, dateTimeText } from '../components/text/formatting.js';
import './words.js';
import '../features/account/words.js';
import '../features/settings/words.js';
import type { Trouble, PendingErasure } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';

/**
 * - `text`: in one or two lines
 * - `whole`: replaces `text` where there is room
 * - `isLong`: too long to stand above a heading in full
 * - `isQuiet`: not announced by a screen reader when it appears
 */
type Notice = {
  text: unknown;
  whole?: unknown;
  action?: unknown;
  isGrave?: boolean;
  isLong?: boolean;
  isQuiet?: boolean;
};
type SignIns = NonNullable<NonNullable<Stage['state']['account']>['sign_ins']>;

const SIGN_INS_SHOWN = 10;
/** The kinds a device may give for itself at sign-in. */
const SIGN_IN_KINDS = new Set(['ordinary', 'borrowed', 'desk', 'renewed']);
/** Troubles about what the server holds: a place exists to look at them. */
const SERVER_TROUBLES = new Set(['server_behind', 'head_differs', 'omitted', 'wrong_notary']);
/** Places that say themselves what is still to come of the diary, or show nothing of it. */
const NO_COMING_LINE = new Set(['add', 'entries', 'help', 'share']);
/** Places where the recovery code is made, or that come before it. */
const NO_RECOVERY_LINE = new Set(['code', 'name', 'copy', 'words']);

/** @param borrowedLine what a session on a borrowed device says, once its part is loaded */
export function noticeLines(stage: Stage, borrowedLine?: (stage: Stage) => unknown) {
  const locking = lockingNotice(stage);
  const notices = openNotices(stage, borrowedLine);
  const isExpanded = stage.expandedAt === stage.place && notices.length > 0;
  const opened = isExpanded ? notices.map((notice) => noticeLine(notice)) : nothing;
  // Help has its notices below the page, where the seconds before a lock would not be seen.
  if (stage.place.name === 'help')
    return html`<div class="lines">${topLine(stage, notices, isExpanded)}${opened}</div>${
      locking ? html`<div class="lines lines-low">${noticeLine(locking)}</div>` : nothing
    }`;
  return html`<div class="lines">${locking ? noticeLine(locking, 'line-top') : nothing}${
    locking && !isExpanded ? nothing : topLine(stage, notices, isExpanded)
  }${opened}</div>`;
}

function topLine(stage: Stage, notices: readonly Notice[], isExpanded: boolean) {
  const [first] = notices;
  const count = notices.length;
  if (!first) return nothing;
  if (count === 1 && !first.isLong) return isExpanded ? nothing : noticeLine(first, 'line-top');
  const toggle = () => {
    stage.expandedAt = isExpanded ? null : stage.place;
    stage.draw();
  };
  const label = isExpanded ? t('frame.close') : count === 1 ? t('frame.notices_read') : tn('frame.notices_all', count);
  const grave = first.isGrave && !isExpanded ? 'state-trouble' : '';
  const text = isExpanded ? tn('frame.notices', count) : first.text;
  return html`<div class="line line-top ${grave}" role="status"><span class="line-text">${text}</span>
    <button type="button" class="button button-plain" aria-expanded=${String(isExpanded)} @click=${toggle}
      >${label}</button></div>`;
}

function noticeLine({ text, whole, action, isGrave, isQuiet }: Notice, className = '') {
  const grave = isGrave && !whole ? 'state-trouble' : '';
  return html`<div class="line ${className} ${grave}" role=${isQuiet ? nothing : 'status'}>${
    whole ?? html`<span>${text}</span>`
  }${action ?? nothing}</div>`;
}

/** Return what applies in an open diary, the most urgent first. */
function openNotices(stage: Stage, borrowedLine?: (stage: Stage) => unknown): Notice[] {
  const { account, waiting, asked, erasing, unsigned } = stage.state;
  const { name } = stage.place;
  // Follow-ups has these as rows. The first screen after the lock says only that there is something.
  const isInFollowUps = name === 'chase' || (name === 'add' && !stage.place.record);
  const troubles = troublesOf(stage);
  const isSignedOut = troubles.some(({ code }) => ['signed_out', 'session_ended'].includes(code));
  const { captured = 0, later = 0, written = 0, answers = 0 } = waiting ?? {};
  const gone = account?.witnesses_gone ?? [];
  const candidates: (Notice | false | null | undefined | 0)[] = [
    account?.sign_ins?.length && hasText('frame.half') && signInNotice(stage, account.sign_ins),
    account?.returned && hasText('frame.half') && returnedNotice(stage, account.returned),
    ...troubles.map((trouble) => troubleNotice(stage, trouble)),
    isSignedOut && name !== 'newwords' && hasText('frame.words_needed') && wordsNotice(stage),
    unsigned && { text: t('frame.unsigned'), isGrave: true, isLong: true },
    account?.rekeying &&
      name !== 'someone' &&
      hasText('frame.half') && {
        text: t('frame.half'),
        action: linkTo(stage, t('frame.half_do'), 'someone'),
      },
    gone.length > 0 && hasText('server.gone') && witnessesNotice(stage, gone),
    account?.closing && hasText('server.closes') && closingNotice(stage, account.closing.on),
    erasing?.length && hasText('erase.look') && erasingNotice(stage, erasing),
    stage.state.borrowed && borrowedLine && borrowedNotice(stage, borrowedLine),
    (captured || later) &&
      !isInFollowUps &&
      name !== 'captured' &&
      hasText('frame.captured_do') && {
        text: captured ? tn('frame.captured', captured) : tn('frame.later', later),
        action: linkTo(stage, t('frame.captured_do'), 'captured', 'captured'),
      },
    written &&
      !isInFollowUps &&
      name !== 'assisted' &&
      hasText('frame.written_do') && {
        text: tn('frame.written', written),
        action: linkTo(stage, t('frame.written_do'), 'assisted', 'assisted'),
      },
    // An advocate's question: a line among others, never a count on a tab.
    asked &&
      !isInFollowUps &&
      !['asked', 'entry'].includes(name) &&
      hasText('adv.asked_look') && {
        text: tn('adv.asked_line', asked.n, { name: asked.name }),
        action: linkTo(stage, t('adv.asked_look'), 'asked'),
        isQuiet: true,
      },
    answers &&
      !isInFollowUps &&
      name !== 'witness' &&
      hasText('frame.witness_do') && {
        text: tn('frame.witness', answers),
        action: linkTo(stage, t('frame.witness_do'), 'witness', 'witnesses'),
      },
    account?.coming && !NO_COMING_LINE.has(name) && { text: comingSentence(account.coming) },
    account?.registered &&
      account.recovery === 'later' &&
      !NO_RECOVERY_LINE.has(name) && {
        text: t('frame.recovery'),
        action: linkTo(stage, t('frame.recovery_do'), 'code'),
        isQuiet: true,
      },
    updateNotice(stage),
    account?.exit_said === false && {
      text: t('frame.exit_once'),
      action: button(t('frame.exit_seen'), () => stage.app.exitSaid?.(), { plain: true }),
      isLong: true,
      isQuiet: true,
    },
    busyNotice(stage),
  ];
  return candidates.flatMap((notice) => notice || []);
}

/** @param key of what was read before and is read again at the place */
function linkTo(stage: Stage, label: string, name: string, key?: string) {
  const go = () => {
    if (key) stage.refresh(key);
    stage.go({ name });
  };
  return button(label, go, { plain: true });
}

function lockingNotice(stage: Stage): Notice | null {
  const { lockIn } = stage.state;
  if (lockIn === null) return null;
  // The seconds are drawn, and not read out one by one.
  const text = html`<span class="unseen" role="alert">${t('frame.locking_soon')}</span><span aria-hidden="true">${t(
    'frame.locking',
    { n: lockIn },
  )}</span>`;
  return { text, action: button(t('frame.stay'), () => stage.app.touch(), { plain: true }), isQuiet: true };
}

/** Return the notice of a trouble with the record or the server. Each has its own, whatever else applies. */
function troubleNotice(stage: Stage, trouble: Trouble): Notice {
  const { code, act: action } = trouble;
  const lookLabel = t(code === 'wrong_notary' && hasText('server.key_look') ? 'server.key_look' : 'frame.look');
  const isLookedAt = SERVER_TROUBLES.has(code) && stage.place.name !== 'server';
  const acceptKey = () => stage.run('known', () => stage.app.knowCaptureKey());
  const control = action
    ? button(action.label, action.do, { plain: true })
    : code === 'capture_key' && hasText('frame.capture_key_ok')
      ? button(t('frame.capture_key_ok'), acceptKey, { plain: true })
      : isLookedAt
        ? linkTo(stage, lookLabel, 'server')
        : undefined;
  return { text: problemSentence(trouble), action: control, isGrave: true, isLong: true };
}

/** The words were changed on another device. */
function wordsNotice(stage: Stage): Notice {
  return { text: t('nw.title'), action: linkTo(stage, t('frame.words_needed'), 'newwords'), isQuiet: true };
}

/** Every sign-in since this phone last looked, ten at a time. */
function signInNotice(stage: Stage, signIns: SignIns): Notice {
  const shown = signIns.slice(0, SIGN_INS_SHOWN);
  const hiddenCount = signIns.length - shown.length;
  const markKnown = () => stage.run('sign_ins', () => stage.app.knowSignIns(shown.length));
  return {
    text: tn('frame.sign_ins_top', signIns.length, {
      at: dateTimeText(Math.max(...signIns.map(({ at }) => at))),
    }),
    whole: html`<div class="stack-close"><span class="state-trouble">${t('frame.sign_ins')}</span>
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
      ${hiddenCount ? html`<span>${tn('frame.sign_ins_more', hiddenCount)}</span>` : nothing}</div>`,
    action: knownOrNot(stage, 'sign_ins', markKnown),
    isGrave: true,
    isLong: true,
  };
}

/** Another device signed this one out, and this one signed in again. */
function returnedNotice(stage: Stage, at: number): Notice {
  const markKnown = () => stage.run('returned', () => stage.app.knowReturned());
  return {
    text: t('frame.returned', { at: dateTimeText(at) }),
    action: knownOrNot(stage, 'returned', markKnown),
    isGrave: true,
    isLong: true,
  };
}

function knownOrNot(stage: Stage, task: string, markKnown: () => unknown) {
  return html`<div class="row">${button(t('frame.arrived_ok'), markKnown, {
    plain: true,
    busy: stage.runningTask === task,
  })}${linkTo(stage, t('frame.arrived_look'), 'someone')}</div>`;
}

/** The server names other witnesses than before. */
function witnessesNotice(stage: Stage, names: readonly string[]): Notice {
  const acceptList = () => stage.run('witnesses', () => stage.app.acceptWitnessList());
  return {
    text: t('server.gone', { names: names.join(', ') }),
    action: button(t('server.gone_ok'), acceptList, { plain: true, busy: stage.runningTask === 'witnesses' }),
    isGrave: true,
    isLong: true,
  };
}

/** Say that the server closes inside the diary only: on the lock it would reveal that a diary exists. */
function closingNotice(stage: Stage, on: number): Notice {
  const isOver = Date.now() >= on;
  return {
    text: t(isOver ? 'server.closed' : 'server.closes', { day: dateText(on) }),
    action: stage.place.name === 'makecopy' ? undefined : linkTo(stage, t('server.copy'), 'makecopy'),
    isLong: true,
  };
}

/** Show on every screen what will be erased, with the day: nobody finds out afterwards. */
function erasingNotice(stage: Stage, waiting: readonly PendingErasure[]): Notice {
  const [first] = waiting;
  const at = dateText(first?.due_at ?? 0);
  return {
    // A diary that exists only on this phone deletes nothing until the keeper comes back.
    text: first?.here
      ? tn('erase.pending_line_only', waiting.length, { at })
      : tn('erase.pending_line', waiting.length, { at }),
    action: linkTo(stage, t('erase.look'), 'removed'),
  };
}

function borrowedNotice(stage: Stage, borrowedLine: (stage: Stage) => unknown): Notice {
  return {
    text: t(stage.app.isOwing?.() ? 'borrowed.owing' : 'borrowed.line'),
    whole: borrowedLine(stage),
    isLong: Boolean(stage.state.ordinary),
  };
}

function updateNotice(stage: Stage): Notice | null {
  if (!stage.state.update || stage.state.draft) return null;
  const apply = () => stage.run('update', () => stage.app.applyUpdate());
  return { text: t('frame.update'), action: button(t('frame.update_do'), apply, { plain: true }), isQuiet: true };
}

function busyNotice(stage: Stage): Notice | null {
  const { busy, account } = stage.state;
  // What is coming is counted on its own line.
  if (!busy || (busy.what === 'fetching' && account?.coming)) return null;
  const percent = busy.total ? Math.floor((busy.done / busy.total) * 100) : 0;
  return {
    text: lookUp(`busy.${busy.what}`),
    action: html`<span>${t('progress.percent', { percent })}</span>`,
    isQuiet: true,
  };
}
