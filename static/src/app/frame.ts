/**
 * The frame around every place: the bar on top, the columns, the bar at the thumb, and the lines that can appear on
 * any place. It picks the view that draws the place. Views the door does not need are loaded later.
 */
import { html, nothing } from '../shell/html.js';
import { icon } from '../shell/icons.js';
import { leaveButton } from '../shell/leaving.js';
import { nameOf } from '../shell/skin.js';
import { askYoung, knows, lookUp, t, tn } from '../shell/strings.js';
import { isDraftLanguage } from '../shell/language.js';
import { button, sentenceOf, troublesOf } from '../components/parts.js';
import { door } from '../features/lock/door.js';
import { day, momentSaid } from '../components/text/say.js';
import './words.js';
import '../features/account/words.js';
import '../features/settings/words.js';
import type { Trouble, Waiting } from '../shell/app.js';
import type { Stage } from '../shell/stage.js';

type View = (stage: Stage) => unknown;
type Views = Record<string, View>;

const SIGN_INS_SHOWN = 10;
/** The kinds a device may give for itself at sign-in. */
const SAID_KINDS = new Set(['ordinary', 'borrowed', 'desk', 'renewed']);

/** Parts that are fetched once the door is drawn. Each exports `views`. */
const PARTS = {
  notebook: () => import('../features/notebook/view.js'),
  borrowed: () => import('../features/borrowed/view.js'),
  locks: () => import('../features/lock/locks.js'),
  only: () => import('../features/notebook/only_notebook.js'),
  homescreen: () => import('../features/lock/homescreen.js'),
  first: () => import('../features/first_run/view.js'),
  add: () => import('../features/add/view.js'),
  entries: () => import('../features/entries/view.js'),
  entry: () => import('../features/entry/view.js'),
  patterns: () => import('../features/entries/patterns.js'),
  four: () => import('../features/entries/patterns_four.js'),
  attachment: () => import('../features/attachments/view.js'),
  copy: () => import('../features/account/copy.js'),
  share: () => import('../features/share/view.js'),
  handover: () => import('../features/handover/view.js'),
  advocates: () => import('../features/advocates/view.js'),
  shared: () => import('../features/share/share_log.js'),
  quick: () => import('../features/share/quick_report.js'),
  print: () => import('../features/share/share_print.js'),
  more: () => import('../features/settings/more.js'),
  keeping: () => import('../features/entry/keeping.js'),
  help: () => import('../features/help/view.js'),
  import: () => import('../features/import/view.js'),
  schedule: () => import('../features/schedule/view.js'),
  server: () => import('../features/settings/server.js'),
  keys: () => import('../features/account/keys.js'),
  capture: () => import('../features/lock/capture.js'),
  space: () => import('../features/settings/space.js'),
  copies: () => import('../features/backup/view.js'),
  registers: () => import('../features/registers/view.js'),
  chase: () => import('../features/chase/view.js'),
  show: () => import('../features/show_now/view.js'),
  languages: () => import('../features/settings/languages.js'),
  before: () => import('../features/help/before.js'),
  wording: () => import('../features/settings/wording.js'),
  assisted: () => import('../features/assisted/view.js'),
  witness: () => import('../features/share/statements.js'),
};
const HOME: Record<string, keyof typeof PARTS> = {
  before: 'before',
  wording: 'wording',
  assisted: 'assisted',
  witness: 'witness',
  safety: 'first',
  check: 'first',
  words: 'first',
  add: 'add',
  entries: 'entries',
  patterns: 'patterns',
  four: 'four',
  entry: 'entry',
  file: 'attachment',
  loose: 'attachment',
  notebook: 'notebook',
  borrowed: 'borrowed',
  only: 'only',
  locks: 'locks',
  cover: 'locks',
  short: 'locks',
  clear: 'locks',
  homescreen: 'homescreen',
  copy: 'copy',
  name: 'copy',
  code: 'copy',
  share: 'share',
  handover: 'handover',
  handovers: 'handover',
  advocates: 'advocates',
  looks: 'advocates',
  letin: 'advocates',
  asked: 'advocates',
  shared: 'shared',
  quick: 'quick',
  print: 'print',
  more: 'more',
  devices: 'more',
  space: 'space',
  makecopy: 'copies',
  takecopy: 'copies',
  signout: 'more',
  about: 'more',
  help: 'help',
  import: 'import',
  schedule: 'schedule',
  removed: 'keeping',
  hold: 'keeping',
  two: 'keeping',
  attribute: 'keeping',
  server: 'server',
  changewords: 'keys',
  someone: 'keys',
  newwords: 'keys',
  highrisk: 'keys',
  captured: 'capture',
  capset: 'capture',
  capturing: 'capture',
  people: 'registers',
  cases: 'registers',
  orders: 'registers',
  reports: 'registers',
  notices: 'registers',
  impacts: 'registers',
  background: 'registers',
  statements: 'registers',
  kept: 'registers',
  form: 'registers',
  chase: 'chase',
  show: 'show',
  showing: 'show',
  languages: 'languages',
};
const loaded: Views = {};
const loading: Map<string, Promise<void>> = new Map();
let stuck = false;
/** Troubles about what the server holds: a place exists to look at them. */
const LOOKED_AT = new Set(['server_behind', 'head_differs', 'omitted', 'wrong_notary']);

/** Fetch one part, once. A part that could not be fetched is tried again. */
function fetchPart(part: keyof typeof PARTS, draw: () => void) {
  const known = loading.get(part);
  if (known) return known;
  const made = PARTS[part]()
    .then(
      (module) => {
        Object.assign(loaded, module.views);
        stuck = false;
      },
      () => {
        loading.delete(part);
        stuck = true;
      },
    )
    .then(draw);
  loading.set(part, made);
  return made;
}

/** Run when the browser is idle. Safari has no such callback, so there it runs soon. */
const whenIdle: (act: () => void) => unknown = (act) =>
  typeof requestIdleCallback === 'function' ? requestIdleCallback(act, { timeout: 1000 }) : setTimeout(act, 100);

/** Fetch every part soon after the door is drawn, so that the page works when the signal goes. */
export function warm(stage: Stage) {
  const [...waiting] = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const next = () => {
    const part = waiting.shift();
    if (part) void fetchPart(part, stage.draw).then(() => whenIdle(next));
  };
  whenIdle(next);
}

function view(stage: Stage, name: string) {
  const found = loaded[name];
  if (found) return found(stage);
  const part = HOME[name];
  if (part && !stuck) fetchPart(part, stage.draw);
  return html`<div class="stack" aria-busy=${String(!stuck)}><h1 tabindex="-1">${nameOf(stage.state)}</h1><p role="status">${t(
    stuck ? 'frame.lazy' : 'frame.loading',
  )}</p>
    ${
      stuck && part
        ? button(t('door.again'), () => {
            stuck = false;
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
  wording(stage, phase === 'open');
  const inside = phase === 'open' || (phase === 'fresh' && stage.place.name in HOME && stage.place.name !== 'borrowed');
  const away = stage.leaving || phase === 'notebook';
  return html`${
    away
      ? view(stage, 'notebook')
      : inside
        ? inner(stage, phase === 'open')
        : phase === 'showing'
          ? view(stage, 'showing')
          : phase === 'picture' && stage.state.picture?.locked
            ? view(stage, 'capturing')
            : phase === 'fresh' && stage.place.name === 'borrowed'
              ? view(stage, 'borrowed')
              : door(stage)
  }
    <p class="unseen" role="status" aria-live="polite">${stage.spoken}</p>`;
}

/** Set the keeper's wording (usual or young), on every place of the diary and nowhere else. */
function wording(stage: Stage, open: boolean) {
  const kept =
    open && stage.app.readSettings ? stage.find('wording', async () => stage.app.readSettings?.()).data : null;
  const isTheirs = kept?.fields?.wording === 'young';
  askYoung(isTheirs);
  if (isTheirs && !loaded.wording && !stuck) fetchPart('wording', stage.draw);
}

function inner(stage: Stage, open: boolean) {
  const { name } = stage.place;
  const registers = ['kept', 'form'].includes(name);
  const two = open && stage.wide && (registers || ['entries', 'entry', 'file', 'add'].includes(name));
  const list = registers ? loaded.register_list : loaded.list;
  return html`<div class="frame">
    ${bar(stage, open)}
    <div class="columns ${two ? 'columns-two' : ''}">
      ${
        two && list
          ? html`<aside class="aside page" aria-label=${t(
              registers ? 'nav.more' : 'nav.entries',
            )}>${list(stage)}</aside>`
          : nothing
      }
      <main id="page"><div class="page">${lines(stage, open)}${view(stage, name)}</div></main>
    </div>
    ${open ? thumb(stage) : nothing}
  </div>${stage.sheet ? stage.sheet(stage) : nothing}`;
}

function bar(stage: Stage, open: boolean) {
  const { name } = stage.place;
  const main = ['entries', 'add', 'share', 'more'].includes(name);
  const goBack = () => (open ? stage.back() : stage.back('start'));
  return html`<header class="bar">
    ${
      main && open
        ? nothing
        : html`<button type="button" class="icon-button" aria-label=${t('bar.back')}
          @click=${goBack}>${icon('back', 22, 'mirror')}</button>`
    }
    <span class="bar-name"><strong>${nameOf(stage.state)}</strong>${
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

function thumb(stage: Stage) {
  const { name } = stage.place;
  const tabs = [
    ['entries', 'list'],
    ['lock', 'lock'],
    ['add', 'add'],
    ['share', 'share'],
    ['more', 'more'],
  ] as const;
  const here =
    {
      handover: 'share',
      handovers: 'share',
      advocates: 'share',
      looks: 'share',
      letin: 'share',
      asked: 'share',
      witness: 'share',
      entry: 'entries',
      file: 'entries',
      patterns: 'entries',
      four: 'entries',
      shared: 'share',
      quick: 'share',
      print: 'share',
      loose: 'more',
      devices: 'more',
      space: 'more',
      signout: 'more',
      about: 'more',
      code: 'more',
      copy: 'more',
      name: 'more',
      check: 'more',
      languages: 'more',
      wording: 'more',
    }[name] ??
    (HOME[name] === 'registers' ||
    name === 'chase' ||
    HOME[name] === 'keeping' ||
    HOME[name] === 'keys' ||
    ['capture', 'locks', 'homescreen'].includes(HOME[name] ?? '')
      ? 'more'
      : name);
  const on = (tab: string) => {
    if (tab === 'lock') return void stage.app.lock('asked');
    if (tab === 'share') stage.refresh('pack-ways'); // the server may respond by now
    if (tab === name && name !== 'add') return undefined;
    return stage.go({ name: tab });
  };
  return html`<nav class="thumb" aria-label=${t('nav.label')}><ul>${tabs.map(
    ([tab, mark]) => html`<li>
    <button type="button" class="tab ${tab === 'add' ? 'tab-add' : ''}" aria-current=${
      tab === here ? 'page' : nothing
    } @click=${() => on(tab)}>
      <span class="tab-mark">${icon(
        mark,
        22,
        mark === 'list' ? 'mirror' : '',
      )}</span><span>${t(`nav.${tab}`)}</span></button></li>`,
  )}</ul></nav>`;
}

/** Return the lines that can appear above any place. */
function lines(stage: Stage, open: boolean) {
  const { lockIn, update, account, draft, busy } = stage.state;
  const troubles = troublesOf(stage);
  const isSignedOut = troubles.some(({ code }) => ['signed_out', 'session_ended'].includes(code));
  const owed =
    open &&
    account?.registered &&
    account.recovery === 'later' &&
    !['code', 'name', 'copy', 'words'].includes(stage.place.name);
  return html`<div class="lines">
    ${
      lockIn !== null && open
        ? html`<div class="line"><span><span class="unseen" role="alert">${t('frame.locking_soon')}</span><span aria-hidden="true">${t('frame.locking', { n: lockIn })}</span></span>${button(
            t('frame.stay'),
            () => stage.app.touch(),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${troubles.map((one) => troubleLine(stage, one))}
    ${
      open && isSignedOut && stage.place.name !== 'newwords' && knows('frame.words_needed')
        ? wordsNeeded(stage)
        : nothing
    }
    ${open && stage.state.borrowed ? (loaded.borrowed_line?.(stage) ?? nothing) : nothing}
    ${open && knows('frame.half') ? keyLines(stage) : nothing}
    ${
      open && account?.witnesses_gone?.length && knows('server.gone')
        ? witnessesGone(stage, account.witnesses_gone)
        : nothing
    }
    ${open && knows('frame.captured_do') && stage.place.name !== 'captured' ? capturedLines(stage) : nothing}
    ${
      open && knows('frame.written_do') && stage.place.name !== 'assisted' && stage.state.waiting?.written
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
      open && stage.state.asked && knows('adv.asked_look') && !['asked', 'entry'].includes(stage.place.name)
        ? askedLine(stage, stage.state.asked)
        : nothing
    }
    ${
      open && knows('frame.witness_do') && stage.place.name !== 'witness' && stage.state.waiting?.answers
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
      open && stage.state.unsigned
        ? html`<div class="line state-trouble" role="status"><span>${t('frame.unsigned')}</span></div>`
        : nothing
    }
    ${
      update && open && !draft
        ? html`<div class="line"><span>${t('frame.update')}</span>${button(
            t('frame.update_do'),
            () => stage.run('update', () => stage.app.applyUpdate()),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${open && account?.closing && knows('server.closes') ? closing(stage, account.closing) : nothing}
    ${open && stage.state.erasing?.length && knows('erase.look') ? erasing(stage, stage.state.erasing) : nothing}
    ${
      open && account?.exit_said === false
        ? html`<div class="line"><span>${t('frame.exit_once')}</span>${button(
            t('frame.exit_seen'),
            () => stage.app.exitSaid?.(),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${
      owed
        ? html`<div class="line"><span>${t('frame.recovery')}</span>${button(
            t('frame.recovery_do'),
            () => stage.go({ name: 'code' }),
            { plain: true },
          )}</div>`
        : nothing
    }
    ${
      busy && open
        ? html`<div class="line"><span>${lookUp(`busy.${busy.what}`)}</span><span>${t('progress.percent', {
            percent: busy.total ? Math.floor((busy.done / busy.total) * 100) : 0,
          })}</span></div>`
        : nothing
    }</div>`;
}

/** Return the line for a trouble with the record or the server. Each has its line, whatever else is shown. */
function troubleLine(stage: Stage, trouble: Trouble) {
  const { code, act } = trouble;
  const look = t(code === 'wrong_notary' && knows('server.key_look') ? 'server.key_look' : 'frame.look');
  const isLookedAt = LOOKED_AT.has(code) && stage.place.name !== 'server';
  const known = () => stage.run('known', () => stage.app.knowCaptureKey());
  const on = act
    ? button(act.label, act.do, { plain: true })
    : code === 'capture_key' && knows('frame.capture_key_ok')
      ? button(t('frame.capture_key_ok'), known, { plain: true })
      : isLookedAt
        ? button(look, () => stage.go({ name: 'server' }), { plain: true })
        : nothing;
  return html`<div class="line state-trouble" role="status"><span>${sentenceOf(trouble)}</span>${on}</div>`;
}

/** The words were changed on another device. */
function wordsNeeded(stage: Stage) {
  const go = () => stage.go({ name: 'newwords' });
  return html`<div class="line"><span>${t('nw.title')}</span>${button(t('frame.words_needed'), go, {
    plain: true,
  })}</div>`;
}

/** Return the line for what was captured while locked, and for drafts made of it. */
function capturedLines(stage: Stage) {
  const { captured = 0, later = 0 } = stage.state.waiting ?? {};
  const look = () => {
    stage.refresh('captured');
    stage.go({ name: 'captured' });
  };
  if (!captured && !later) return nothing;
  const said = captured ? tn('frame.captured', captured) : tn('frame.later', later);
  return html`<div class="line" role="status"><span>${said}</span>${button(t('frame.captured_do'), look, {
    plain: true,
  })}</div>`;
}

/** Return the line for an advocate's question: a line among others, never a count on a tab. */
function askedLine(stage: Stage, { n, name }: { n: number; name: string }) {
  return html`<div class="line"><span>${tn('adv.asked_line', n, { name })}</span>${button(
    t('adv.asked_look'),
    () => stage.go({ name: 'asked' }),
    { plain: true },
  )}</div>`;
}

/** Return the lines for an unfinished change of keys and for sign-ins of other devices. */
function keyLines(stage: Stage) {
  const { rekeying, sign_ins: signIns = [], returned = null } = stage.state.account ?? {};
  const known = () => stage.run('returned', () => stage.app.knowReturned());
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
        ? html`<div class="line state-trouble" role="status"><span>${t('frame.returned', { at: day(returned) })}</span>
      <div class="row">${button(t('frame.arrived_ok'), known, {
        plain: true,
        busy: stage.running === 'returned',
      })}${button(t('frame.arrived_look'), () => stage.go({ name: 'someone' }), { plain: true })}</div></div>`
        : nothing
    }
    ${signIns.length ? signInLines(stage, signIns) : nothing}`;
}

/** The server names other witnesses than before. */
function witnessesGone(stage: Stage, names: readonly string[]) {
  const read = () => stage.run('witnesses', () => stage.app.acceptWitnessList());
  return html`<div class="line state-trouble" role="status"><span>${t('server.gone', {
    names: names.join(', '),
  })}</span>
    ${button(t('server.gone_ok'), read, { plain: true, busy: stage.running === 'witnesses' })}</div>`;
}

/** Return every sign-in since this phone last looked, ten at a time. */
function signInLines(stage: Stage, all: NonNullable<NonNullable<Stage['state']['account']>['sign_ins']>) {
  const shown = all.slice(0, SIGN_INS_SHOWN);
  const more = all.length - shown.length;
  const mine = () => stage.run('sign_ins', () => stage.app.knowSignIns(shown.length));
  return html`<div class="line" role="status"><div class="stack-close"><span
    class="state-trouble">${t('frame.sign_ins')}</span>
      <ul class="rows">${shown.map(
        (one) =>
          html`<li class="page-item stack-close"><strong>${
            one.device_name || t('devices.unknown')
          }</strong><span class="small">${momentSaid(one.at)}</span><span class="small">${
            SAID_KINDS.has(one.kind ?? '') ? html`${lookUp(`frame.sign_in_${one.kind}`)} ` : nothing
          }${one.what === 'recovered' ? html`${t('frame.sign_in_code')} ` : nothing}${t(
            one.signed_out ? 'frame.sign_in_out' : 'frame.sign_in_still',
          )}</span></li>`,
      )}</ul>
      ${more ? html`<span>${tn('frame.sign_ins_more', more)}</span>` : nothing}</div>
      <div class="row">${button(t('frame.arrived_ok'), mine, {
        plain: true,
        busy: stage.running === 'sign_ins',
      })}${button(t('frame.arrived_look'), () => stage.go({ name: 'someone' }), { plain: true })}</div></div>`;
}

/** Say that the server closes inside the diary only: on the lock it would reveal that a diary exists. */
function closing(stage: Stage, { on }: { on: number; off: number }) {
  const isOver = Date.now() >= on;
  return html`<div class="line" role="status"><span>${t(isOver ? 'server.closed' : 'server.closes', {
    day: day(on),
  })}</span>${
    stage.place.name === 'makecopy'
      ? nothing
      : button(t('server.copy'), () => stage.go({ name: 'makecopy' }), { plain: true })
  }</div>`;
}

/** Show on every screen what will be erased, with the day: nobody finds out afterwards. */
function erasing(stage: Stage, waiting: readonly Waiting[]) {
  return html`<div class="line" role="status"><span>${tn('erase.pending_line', waiting.length, {
    at: day(waiting[0]?.due_at ?? 0),
  })}</span>${button(t('erase.look'), () => stage.go({ name: 'removed' }), { plain: true })}</div>`;
}
