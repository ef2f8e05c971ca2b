/** Share: what can be shown, read out or handed over, and the steps of a pack from the choice to the consent. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row } from '../../components/parts.js';
import { size } from '../../components/text/say.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { agreedWith, wordsOnceMore } from '../../components/forms/agreeing.js';
import { OFFICER, chosenOf, choosing } from './share_choose.js';
import { readingFirst } from './share_first.js';
import { building, ready, start } from './share_job.js';
import { looking } from './share_look.js';
import { wording } from './share_wordy.js';
import '../../components/words.js';
import './words.js';
import type { PackWays, Shared, Summary } from '../../shell/app.js';
import type { IconName } from '../../shell/icons.js';
import type { Stage } from '../../shell/stage.js';
import type { Job } from './share_ways.js';
import type { Flow } from './share_choose.js';

const STEPS = ['choose', 'sum', 'look', 'words', 'officer', 'consent'] as const;
type StepName = 'court' | 'items' | (typeof STEPS)[number];
/** The fields of a pack in preparation that survive a lock: what was typed and chosen, not what was found. */
const KEPT = [
  'way',
  'step',
  'how',
  'from',
  'until',
  'records',
  'profile',
  'apart',
  'portal',
  'kind',
  'items',
  'sheet',
  'ownWords',
  'startWith',
  'startNo',
  'reference',
  'intimate',
  'overridden',
  'earlier',
];
const LARGE = 200_000_000;

function share(stage: Stage) {
  const job = stage.job as Job | undefined;
  if (job?.done) return ready(stage, job);
  if (job && !job.stopped) return building(stage, job);
  if (stage.packing && stage.local !== stage.packing) stage.local = stage.packing;
  const step = stage.local.step as StepName | undefined;
  if (!step) return hub(stage, job);
  const n = (STEPS as readonly StepName[]).indexOf(step);
  return html`<div class="stack-wide">
    ${n < 0 ? nothing : html`<p class="small soft">${t('share.step', { n: n + 1, of: STEPS.length })}</p>`}
    ${{
      court: () => court(stage),
      items: () => items(stage),
      choose: () => choosing(stage, () => toSummary(stage)),
      sum: () => summary(stage),
      look: () => looking(stage, () => to(stage, 'words')),
      words: () => wording(stage, () => to(stage, 'officer')),
      officer: () => officer(stage),
      consent: () => consent(stage),
    }[step]()}
  </div>`;
}

function to(stage: Stage, step: StepName | null) {
  stage.problem = null;
  stage.arrived = true;
  stage.set({ step });
  const kept = step
    ? Object.fromEntries(
        KEPT.filter((name) => stage.local[name] !== undefined).map((name) => [name, stage.local[name]]),
      )
    : null;
  void Promise.resolve(stage.app.keepTyped('pack', kept)).catch(() => undefined);
}

/** @param job a build that was stopped */
function hub(stage: Stage, job: Job | undefined) {
  const { state } = stage;
  const ways = stage.find('pack-ways', () => stage.app.packWays()).data as PackWays | undefined;
  const begun = stage.find('typed-pack', () => stage.app.readTyped('pack')).data;
  const shared = (stage.find('shared', () => stage.app.readShared()).data ?? []) as Shared[];
  const packs = shared.filter(({ label }) => label).length;
  const why = !state.entries.length
    ? 'share.nothing'
    : !state.account?.registered
      ? 'share.needs_copy'
      : ways?.high_risk
        ? 'share.high_risk'
        : ways?.offline
          ? 'share.offline'
          : ways && !ways.server
            ? 'share.off'
            : null;
  const line = (icon: IconName, key: string, on: () => unknown) =>
    html`<div>${row({ title: lookUp(`share.${key}`), more: lookUp(`share.${key}_more`), icon, on })}</div>`;
  const go = (way: 'server' | 'here') => () => begin(stage, { way, earlier: packs });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('share.title'))}<p>${t('share.lead')}</p></div>
    ${errorSummary(stage)}
    ${coming(stage, 'share.coming')}
    ${job?.stopped ? html`<p role="status">${t(job.here ? 'build.cancelled_here' : 'build.cancelled')}</p>` : nothing}
    ${
      why
        ? html`<p class="soft">${t(why)}</p>`
        : html`<div class="stack-close">${button(t('share.start'), go('server'), {
            main: true,
            wide: true,
          })}<p class="soft small">${t('share.start_more')}</p></div>`
    }
    ${why === 'share.needs_copy' ? button(t('copy.title'), () => stage.go({ name: 'copy' }), { wide: true }) : nothing}
    ${
      state.entries.length
        ? html`<div class="rows">
      ${begun ? line('pen', 'go_on', () => goOn(stage, begun)) : nothing}
      ${line('eye', 'show', () => stage.go({ name: 'show' }))}${line('note', 'quick', () =>
        stage.go({ name: 'quick' }),
      )}
      ${
        packs && !why
          ? line('tag', 'items', () =>
              begin(stage, { way: 'server', earlier: packs, step: 'items', how: 'items', kind: 'items' }),
            )
          : nothing
      }
      ${line('file', 'here', go('here'))}${line('paper', 'print', () => stage.go({ name: 'print' }))}${line(
        'list',
        'log',
        () => stage.go({ name: 'shared' }),
      )}
      ${
        state.account?.registered
          ? html`<div>${row({
              title: t('wit.row'),
              more: t('wit.row_more'),
              icon: 'eye',
              on: () => stage.go({ name: 'witness' }),
            })}</div>`
          : nothing
      }
      <div>${row({
        title: t('adv.title'),
        more: t('adv.row_more'),
        icon: 'person',
        on: () => {
          stage.refresh('grants');
          stage.go({ name: 'advocates' });
        },
      })}</div>
      ${
        state.account?.registered && !ways?.high_risk
          ? html`<div>${row({
              title: t('hand.list'),
              more: t('hand.list_more'),
              icon: 'paper',
              on: () => stage.go({ name: 'handovers' }),
            })}</div>`
          : nothing
      }</div>`
        : nothing
    }
  </div>`;
}

/** A note that entries are still arriving, and what that means for a pack made now. */
const coming = ({ state }: Stage, key: string) =>
  state.account?.coming ? html`<p class="care" role="status">${lookUp(key)}</p>` : nothing;

/** Begin a pack. Before the first pack, one screen explains what it may reveal to the other side. */
function begin(stage: Stage, flow: Flow) {
  stage.job = undefined;
  const first = flow.step ?? 'choose';
  stage.packing = { kind: flow.earlier ? 'supplement' : 'pack', ...flow, step: flow.earlier ? first : 'court' };
  stage.local = stage.packing;
  to(stage, stage.packing.step);
}

/** Resume after a lock: what was chosen and typed is restored, and what to review is worked out again. */
function goOn(stage: Stage, kept: Flow) {
  stage.job = undefined;
  const isEarly = ['court', 'items', 'choose'].includes(kept.step as StepName);
  // A later step has nothing to draw until that is done.
  stage.packing = { ...kept, step: isEarly ? kept.step : null };
  stage.local = stage.packing;
  if (isEarly) return to(stage, kept.step as StepName);
  return toSummary(stage);
}

function court(stage: Stage) {
  return html`${heading(t('court.title'))}<p><strong>${t('court.lead')}</strong></p><p>${t('court.cover')}</p><p
    class="care">${t('court.do')}</p>
    <div class="row">${button(t('court.read'), () => to(stage, 'choose'), { main: true })}${button(
      t('frame.cancel'),
      () => leave(stage),
      { plain: true },
    )}</div>`;
}

function leave(stage: Stage) {
  stage.packing = undefined;
  stage.stand({ name: 'share' });
  void Promise.resolve(stage.app.keepTyped('pack', null)).then(
    () => stage.refresh('typed-pack'),
    () => undefined,
  );
}

function items(stage: Stage) {
  const { local } = stage;
  const next = () =>
    stage.run('items', async () => {
      const found = await stage.app.findItems(local.asked ?? '');
      const wrong = !String(local.asked ?? '').trim()
        ? t('items.need')
        : found.unknown.length
          ? t('items.none', { numbers: found.unknown.join(', ') })
          : null;
      if (wrong) return stage.set({ wrong });
      Object.assign(local, { items: found.items, records: found.records, wrong: null });
      return toSummary(stage, true);
    });
  return html`${heading(t('items.title'))}<p class="soft">${t('items.lead')}</p>${errorSummary(stage)}
    ${textField({
      id: 'items',
      label: t('items.field'),
      hint: t('items.hint'),
      value: local.asked ?? '',
      error: local.wrong ?? null,
      focus: true,
      enter: next,
      on: (asked) => {
        local.asked = asked;
      },
    })}
    <div class="row">${button(t('frame.next'), next, { main: true, busy: stage.running === 'items' })}${button(
      t('frame.cancel'),
      () => leave(stage),
      { plain: true },
    )}</div>`;
}

/**
 * Work out what goes in and what has to be reviewed, then show the summary.
 * @param isRunning called from within `stage.run`
 */
async function toSummary(stage: Stage, inside: boolean = false) {
  const { local } = stage;
  const act = async () => {
    if (local.how === 'new') local.records = await stage.app.newSince();
    if (local.how === 'new' && !local.records.length)
      return stage.fail({ code: 'nothing_new', sentence: t('pick.nothing_new') });
    const chosen = chosenOf(local);
    // In this order: a version that arrives in between is reviewed but not counted, so a pack with it is refused.
    const sum = await stage.app.chooseForPack(chosen);
    const [found, kept, shared, usage] = await Promise.all([
      stage.app.reviewPack(chosen),
      stage.app.readSettings?.(),
      stage.app.readShared(),
      stage.app.usage().catch(() => null),
    ]);
    const room = usage?.room_bytes ?? null;
    const last = shared.filter(({ label }) => label).at(-1);
    Object.assign(local, {
      summary: sum,
      found,
      looks: found.pictures.filter(({ decision }) => decision === null),
      looked: 0,
      tight: room !== null && room < 2 * sum.bytes,
    });
    local.small ??= sum.groups.length > 1 && (local.tight || !stage.app.canChooseFile());
    local.sheet ??= { initials: kept?.fields.initials ?? '', ...kept?.restricted };
    local.ownWords ??= kept?.fields.own_words ?? '';
    local.startWith ??= sum.marked;
    local.startNo ??= kept?.fields.exhibit_start_no ? String(kept.fields.exhibit_start_no) : '';
    local.reference ??= last?.fields.receipt_ref ?? '';
    local.kind = local.how === 'items' ? 'items' : local.portal ? 'portal' : local.earlier ? 'supplement' : 'pack';
    return to(
      stage,
      local.how === 'items' &&
        !local.looks.length &&
        !found.words.some(({ answered }) => !answered) &&
        local.sheet.initials
        ? 'consent'
        : 'sum',
    );
  };
  await (inside ? act() : stage.run('choose', act));
}

function summary(stage: Stage) {
  const { local } = stage;
  const sum = local.summary as Summary;
  const rows = [
    ['entries', sum.entries],
    ['additions', sum.additions],
    ['amendments', sum.amendments],
    ['pictures', sum.pictures],
    ['files', sum.files],
    ['bytes', size(sum.bytes)],
    ['restricted', sum.restricted_words],
    ['withheld', sum.withheld],
    ['removed', sum.removed],
  ] as const;
  const many = sum.groups.length;
  return html`${heading(t('sum.title'))}${errorSummary(stage)}${coming(stage, 'sum.coming')}
    <dl class="facts card sums">${rows.map(
      ([key, n]) => html`<div><dt>${t(`sum.${key}`)}</dt><dd>${n}</dd></div>`,
    )}</dl>
    <div class="small soft stack-close"><p>${t('sum.all_versions')}</p><p>${t('sum.note')}</p></div>
    ${
      sum.intimate
        ? html`<div class="stack-close">${
            local.intimate ? nothing : html`<p>${tn('sum.intimate', sum.intimate)}</p>`
          }${checkbox({
            id: 'intimate',
            label: t('sum.intimate_tick'),
            checked: Boolean(local.intimate),
            on: (intimate) => {
              local.intimate = intimate;
              void toSummary(stage);
            },
          })}</div>`
        : nothing
    }
    ${
      many > 1 && local.kind !== 'portal'
        ? html`${local.tight ? html`<p class="care small">${t('parts.room')}</p>` : nothing}${chips({
            name: 'parts',
            legend: t('parts.title'),
            chosen: [local.small ? 'many' : 'one'],
            choices: [
              ['one', t('parts.one', { size: size(sum.bytes) })],
              ['many', t('parts.many', { n: many })],
            ],
            on: (code) => stage.set({ small: code === 'many' }),
          })}`
        : nothing
    }
    <div class="row">${button(t('frame.next'), () => to(stage, local.looks.length ? 'look' : 'words'), {
      main: true,
    })}${button(t('bar.back'), () => to(stage, local.how === 'items' ? 'items' : 'choose'), { plain: true })}</div>`;
}

function officer(stage: Stage) {
  const { local } = stage;
  const sheet = (local.sheet ??= { initials: '' });
  const here = local.way === 'here';
  const next = () => {
    const wrongStartNo = !/^[0-9]{0,4}$/.test((local.startNo ?? '').trim());
    if (wrongStartNo || !/^[A-Za-z]{1,4}$/.test(sheet.initials.trim()))
      return stage.set({ wrongStartNo, noInitials: !wrongStartNo });
    return to(stage, 'consent');
  };
  const inside = stage.state.entries.filter((row) => local.summary && isIn(local, row.record));
  const own = OFFICER.map((name) =>
    textField({
      id: name,
      label: t(`sheet.${name}`),
      value: sheet[name] ?? '',
      ...(name === 'concerns' || name === 'needs' ? { lines: 'low' } : {}),
      ...(name === 'safe_contact' || name === 'needs' ? { hint: t(`sheet.${name}_hint`) } : {}),
      on: (value) => {
        sheet[name] = value;
      },
    }),
  );
  return html`${heading(t(here ? 'sheet.title_here' : 'sheet.title'))}${
    here ? nothing : html`<p class="soft">${t('sheet.lead')}</p>`
  }
    ${textField({
      id: 'initials',
      label: t('sheet.initials'),
      hint: t('sheet.initials_hint'),
      value: sheet.initials,
      error: local.noInitials ? t('sheet.need_initials') : null,
      on: (initials) => {
        sheet.initials = initials;
      },
    })}
    ${here ? nothing : own}
    ${
      local.earlier
        ? textField({
            id: 'reference',
            label: t('sheet.ref'),
            hint: t('sheet.ref_hint'),
            value: local.reference ?? '',
            on: (reference) => {
              local.reference = reference;
            },
          })
        : nothing
    }
    ${textField({
      id: 'own_words',
      label: t('sheet.own_words'),
      hint: t('sheet.own_words_hint'),
      lines: 'big',
      value: local.ownWords ?? '',
      on: (value) => {
        local.ownWords = value;
      },
    })}
    ${here ? nothing : readingFirst(stage, inside)}
    ${
      local.earlier
        ? nothing
        : textField({
            id: 'start_no',
            label: t('sheet.start_no'),
            hint: t('sheet.start_no_hint'),
            value: local.startNo ?? '',
            error: local.wrongStartNo ? t('sheet.start_no_wrong') : null,
            on: (startNo) => {
              local.startNo = startNo;
            },
          })
    }
    <div class="row">${button(t('frame.next'), next, { main: true })}${button(t('bar.back'), () => to(stage, 'sum'), {
      plain: true,
    })}</div>`;
}

const isIn = (local: Flow, record: string) => {
  const { records } = chosenOf(local);
  return !records || records.includes(record);
};

function consent(stage: Stage) {
  const { local } = stage;
  const sum = local.summary as Summary;
  const counts = { entries: tn('consent.entries', sum.entries), pictures: tn('consent.pictures', sum.pictures) };
  const go = () =>
    local.agreed && local.words ? agreed(stage) : stage.set({ notAgreed: !local.agreed, noWords: !local.words });
  return html`${heading(t('consent.title'))}${errorSummary(stage)}
    ${
      local.way === 'here'
        ? html`<p>${t('consent.here', counts)}</p>`
        : html`<p>${t('consent.window', counts)}</p><p>${t('consent.what')}</p>`
    }
    <p class="care">${t('consent.court')}</p>${
      local.overridden ? html`<p class="care">${t('consent.over')}</p>` : nothing
    }<p class="soft">${t('consent.shows')}</p>
    ${checkbox({
      id: 'agreed',
      label: t('consent.tick'),
      checked: Boolean(local.agreed),
      on: (agreed) => stage.set({ agreed, notAgreed: false }),
    })}
    ${local.notAgreed ? html`<p class="error-line" role="alert">${t('consent.need')}</p>` : nothing}
    ${wordsOnceMore(stage, go)}
    <div class="row">${button(t('consent.do'), go, { main: true, busy: stage.running === 'agree' })}${button(
      t('bar.back'),
      () => to(stage, 'officer'),
      { plain: true },
    )}</div>`;
}

/** Start the build. A large pack is written straight into a file if the browser can ask for one. */
async function agreed(stage: Stage) {
  const { local } = stage;
  const sum = local.summary as Summary;
  const answers = local.answers ?? {};
  const notLooked = local.looks.filter(({ attachment }: { attachment: string }) => !answers[attachment]).length;
  const open = local.found.words.filter(({ answered }: { answered: boolean }) => !answered).length;
  local.review = {
    looked: local.found.pictures.length - notLooked,
    not_looked: notLooked,
    override_at: notLooked || open ? Date.now() : null,
    words: local.found.words.length,
    words_open: open,
  };
  const large = !local.small && local.kind !== 'portal' && sum.bytes > LARGE && stage.app.canChooseFile();
  if (large) {
    // Before the words: after checking them it is too late, because a browser opens a file dialog only soon after a
    // tap. A second attempt reuses the file.
    local.saveTo ??= await stage.app
      .chooseFile(`documents-${new Date().toISOString().slice(0, 10)}.zip`)
      .catch(() => null);
    if (!local.saveTo) return;
  }
  const given = await agreedWith(stage, local.small ? sum.groups.length : 1);
  if (given) await start(stage, local, { agreed: given, saveTo: large ? local.saveTo : null });
}

export const views = { share };
