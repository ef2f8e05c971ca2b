/** Share: what can be shown, read out or handed over, and the steps of a pack from the choice to the consent. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row } from '../../components/parts.js';
import { sizeText } from '../../components/text/formatting.js';
import { typedText } from '../../components/text/typed_text.js';
import { joinWithDots, lookUp, t, tn } from '../../shell/strings.js';
import { confirmWithWords, confirmWordsField } from '../../components/forms/confirm_words.js';
import { IDENTITY_FIELDS, IDENTITY_PROFILE, OFFICER_FIELDS } from '../../pack/officer_fields.js';
import { hasRestrictedPart } from '../../pack/recipients.js';
import { MAX_PART_BYTES } from './pack_size.js';
import { canBePlain, canBeWordsOnly, choiceOf, keepFlow, kindOf, selectionOf, chooseView } from './share_choose.js';
import { firstEntriesField } from './share_first.js';
import { buildingView, readyView, startPack } from './share_job.js';
import { firstUndecidedScreen, isAllDecided, lookView } from './share_pictures.js';
import { hasFindings, wordsView } from './share_words.js';
import '../../components/words.js';
import './words.js';
import type { PackWays, SharedExport, PackSummary } from '../../shell/app.js';
import type { IconName } from '../../shell/icons.js';
import type { Stage } from '../../shell/stage.js';
import type { PackBuild } from './share_ways.js';
import type { PackFlow } from './share_choose.js';

const STEPS = ['sum', 'look', 'words', 'consent'] as const;
/** `choose` and `officer` are behind "Change" on the first step. */
type StepName = 'court' | 'items' | 'choose' | 'officer' | (typeof STEPS)[number];
const countPacks = (shared: readonly SharedExport[]) => shared.filter(({ label }) => label).length;

function shareView(stage: Stage) {
  const job = stage.job as PackBuild | undefined;
  if (job?.done) {
    // Read again while the pack is on screen: whether the next one comes after another is asked of it.
    stage.find('shared', () => stage.app.readShared());
    return readyView(stage, job);
  }
  if (job && !job.stopped) return buildingView(stage, job);
  if (stage.packing && stage.local !== stage.packing) stage.local = stage.packing;
  const step = stage.local.step as StepName | undefined;
  if (!step) return hubView(stage, job);
  const steps = STEPS.filter((name) => name === step || hasStep(stage, name));
  const n = (steps as readonly StepName[]).indexOf(step);
  const before = stepsBefore(stage, step);
  const previous = before.at(-1);
  stage.over(() => (previous ? goBack(stage, previous) : pauseFlow(stage)), before.length + 1);
  return html`<div class="stack-wide">
    ${n < 0 ? nothing : html`<p class="small soft">${t('share.step', { n: n + 1, of: steps.length })}</p>`}
    ${{
      court: () => courtView(stage),
      items: () => itemsView(stage),
      choose: () =>
        chooseView(
          stage,
          () => toSummary(stage),
          () => goToStep(stage, 'officer'),
        ),
      sum: () => summaryView(stage),
      look: () => lookView(stage, () => goToStep(stage, hasFindings(stage) ? 'words' : 'consent')),
      words: () =>
        wordsView(
          stage,
          () => goToStep(stage, 'consent'),
          () => goToStep(stage, 'officer'),
        ),
      officer: () => officerView(stage),
      consent: () => consentView(stage),
    }[step]()}
  </div>`;
}

/** Return whether the pack has this step: nobody is led to a screen with nothing to do and nothing to see. */
function hasStep(stage: Stage, step: (typeof STEPS)[number]) {
  if (step === 'look') return stage.local.looks?.length > 0;
  return step !== 'words' || (stage.local.found !== undefined && hasFindings(stage));
}

/** Return the steps that Back goes through, the first one first. Pictures and words are not reviewed backwards. */
function stepsBefore({ local }: Stage, step: StepName): StepName[] {
  if (['court', 'items'].includes(step)) return [];
  const isItems = local.how === 'items';
  const steps: StepName[] = isItems ? ['items'] : [];
  if (step === 'sum') return steps;
  if (local.summary) steps.push('sum');
  if (step === 'officer' && !isItems) steps.push('choose');
  return steps;
}

function goToStep(stage: Stage, step: StepName | null) {
  stage.problem = null;
  stage.arrived = true;
  stage.set({ step });
  void keepFlow(stage, step ? stage.local : null);
}

/**
 * Go back. What was changed behind "Change" and not confirmed there is dropped: the summary counts the one before it.
 * What was typed for the officer stays, and its words are searched.
 */
function goBack(stage: Stage, step: StepName) {
  const { local } = stage;
  const isChange = step === 'sum' && ['choose', 'officer'].includes(local.step as StepName);
  if (isChange) Object.assign(local, local.summed, { tried: false });
  goToStep(stage, step);
  return isChange ? toSummary(stage) : undefined;
}

/** @param job a build that was stopped */
function hubView(stage: Stage, job: PackBuild | undefined) {
  const { state } = stage;
  const ways = stage.find('pack-ways', () => stage.app.packWays()).data as PackWays | undefined;
  const savedFlow = stage.find('typed-pack', () => stage.app.readTyped('pack')).data;
  const toFollow = stage.find('typed-pack-files', () => stage.app.readTyped('pack-files')).data;
  const packs = countPacks(stage.find('shared', () => stage.app.readShared()).data ?? []);
  const isEmpty = !state.entries.length;
  const linkRow = (icon: IconName, key: string, on: () => unknown) =>
    html`<div>${row({
      title: lookUp(`share.${key}`),
      subtitle: lookUp(`share.${key}_more`),
      icon,
      onClick: on,
    })}</div>`;
  const start = (way: 'server' | 'here') => () => beginFlow(stage, { way });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('share.title'))}<p>${t('share.lead')}</p></div>
    ${errorSummary(stage)}
    ${comingNote(stage, 'share.coming')}
    ${job?.stopped ? html`<p role="status">${t(job.here ? 'build.cancelled_here' : 'build.cancelled')}</p>` : nothing}
    ${
      isEmpty
        ? state.account?.coming
          ? nothing
          : html`<p class="soft">${t('share.nothing')}</p>`
        : html`<div class="stack-close">${button(t('share.start'), start('here'), {
            main: true,
            wide: true,
            busy: stage.runningTask === 'choose',
          })}<p class="soft small">${t('share.start_more')}</p><p class="soft small">${t(
            ways?.offline ? 'share.offline' : 'share.here',
          )}</p></div>`
    }
    ${
      isEmpty
        ? nothing
        : html`<div class="rows">
      ${
        savedFlow
          ? linkRow('pen', savedRowKey(savedFlow), () => resumeFlow(stage, savedFlow, Boolean(ways?.server)))
          : nothing
      }
      ${
        toFollow && !(savedFlow as PackFlow | undefined)?.ofFiles
          ? linkRow('pen', 'of_files', () => resumeFlow(stage, toFollow, Boolean(ways?.server)))
          : nothing
      }
      ${linkRow('device', 'show', () => stage.go({ name: 'show' }))}${linkRow('note', 'quick', () =>
        stage.go({ name: 'quick' }),
      )}
      ${
        packs
          ? linkRow('tag', 'items', () => beginFlow(stage, { way: 'here', step: 'items', how: 'items', kind: 'items' }))
          : nothing
      }
      ${linkRow('paper', 'print', () => stage.go({ name: 'print' }))}${linkRow('list', 'log', () =>
        stage.go({ name: 'shared' }),
      )}
      ${
        state.account?.registered
          ? html`<div>${row({
              title: t('wit.row'),
              subtitle: t('wit.row_more'),
              icon: 'eye',
              onClick: () => stage.go({ name: 'witness' }),
            })}</div>`
          : nothing
      }
      ${ways?.server ? linkRow('file', 'server', start('server')) : nothing}
      <div>${row({
        title: t('adv.title'),
        subtitle: t('adv.row_more'),
        icon: 'person',
        onClick: () => {
          stage.refresh('grants');
          stage.go({ name: 'advocates' });
        },
      })}</div>
      ${
        state.account?.registered && !ways?.high_risk
          ? html`<div>${row({
              title: t('hand.list'),
              subtitle: t('hand.list_more'),
              icon: 'sending',
              onClick: () => stage.go({ name: 'handovers' }),
            })}</div>`
          : nothing
      }</div>`
    }
  </div>`;
}

/** Return the text key of the row that goes on with a pack. */
const savedRowKey = ({ unfinished, ofFiles }: PackFlow) => (unfinished ? 'unfinished' : ofFiles ? 'of_files' : 'go_on');

/** A note that entries are still arriving, and what that means for a pack made now. */
const comingNote = ({ state }: Stage, key: string) =>
  state.account?.coming ? html`<p class="care" role="status">${lookUp(key)}</p>` : nothing;

/**
 * Begin a pack with what is usual: for the police, of everything, or of what is new since the last one. Before the
 * first pack, one screen explains what it may reveal to the other side.
 *
 * The list of packs is read first. The copy on screen may not have come yet, and then a later pack would be taken for
 * the first one: with everything in it, and numbered from where the person is asked to begin.
 */
function beginFlow(stage: Stage, flow: PackFlow) {
  stage.job = undefined;
  const { place } = stage;
  return stage.run('choose', async () => {
    const earlier = countPacks(await stage.app.readShared());
    if (stage.place !== place) return undefined; // the user went elsewhere meanwhile
    const isLater = earlier > 0;
    stage.packing = {
      kind: isLater ? 'supplement' : 'pack',
      how: isLater ? 'new' : 'all',
      ...flow,
      earlier,
      step: flow.step && isLater ? flow.step : isLater ? null : 'court',
    };
    stage.local = stage.packing;
    return stage.packing.step ? goToStep(stage, stage.packing.step) : toSummary(stage, true);
  });
}

/**
 * Resume after a lock: what was chosen and typed is restored, and what to review is worked out again.
 * @param canUseServer the server makes packs now; it may not have when the flow was saved, and the other way round
 */
function resumeFlow(stage: Stage, savedFlow: PackFlow, canUseServer: boolean) {
  stage.job = undefined;
  const saved: PackFlow = { ...savedFlow, way: savedFlow.way === 'server' && canUseServer ? 'server' : 'here' };
  const isEarly = ['court', 'items', 'choose'].includes(saved.step as StepName);
  // A later step has nothing to draw until that is done.
  stage.packing = { ...saved, step: isEarly ? saved.step : null };
  stage.local = stage.packing;
  if (isEarly) return goToStep(stage, saved.step as StepName);
  return toSummary(stage);
}

function courtView(stage: Stage) {
  return html`${heading(t('court.title'))}<p><strong>${t('court.lead')}</strong></p><p>${t('court.cover')}</p><p
    class="care">${t('court.do')}</p>
    <div class="row">${button(t('court.read'), () => toSummary(stage), {
      main: true,
      busy: stage.runningTask === 'choose',
    })}${button(t('frame.cancel'), () => leaveFlow(stage), { plain: true })}</div>`;
}

/** Return to what Share offers. What was chosen waits there. */
function pauseFlow(stage: Stage) {
  const flow = stage.local;
  stage.packing = undefined;
  stage.stand({ name: 'share' });
  void keepFlow(stage, flow.step === 'court' ? null : flow);
}

function leaveFlow(stage: Stage) {
  stage.packing = undefined;
  stage.stand({ name: 'share' });
  void keepFlow(stage, null);
}

function itemsView(stage: Stage) {
  const { local } = stage;
  const submit = () =>
    stage.run('items', async () => {
      const result = await stage.app.findItems(local.asked ?? '');
      const error = !String(local.asked ?? '').trim()
        ? t('items.need')
        : result.unknown.length
          ? t('items.none', { numbers: result.unknown.join(', ') })
          : null;
      if (error) return stage.set({ wrong: error });
      Object.assign(local, { items: result.items, records: result.records, wrong: null });
      return toSummary(stage, true);
    });
  return html`${heading(t('items.title'))}<p class="soft">${t('items.lead')}</p>${errorSummary(stage)}
    ${textField({
      id: 'items',
      label: t('items.field'),
      hint: t('items.hint'),
      value: local.asked ?? '',
      error: local.wrong ?? null,
      autofocus: true,
      onEnter: submit,
      onChange: (asked) => {
        local.asked = asked;
      },
    })}
    <div class="row">${button(t('frame.next'), submit, { main: true, busy: stage.runningTask === 'items' })}${button(
      t('frame.cancel'),
      () => leaveFlow(stage),
      { plain: true },
    )}</div>`;
}

/**
 * Work out what goes in and what has to be reviewed, then show the summary.
 * @param isRunning called from within `stage.run`
 */
async function toSummary(stage: Stage, isRunning: boolean = false) {
  const { local } = stage;
  const { step } = local;
  const loadSummary = async () => {
    if (local.how === 'new') local.records = await stage.app.newSince();
    if (local.how === 'new' && !local.records.length) {
      if (!step) await goToStep(stage, 'choose');
      return stage.fail({ code: 'nothing_new', sentence: t('pick.nothing_new') });
    }
    // What is being saved is decided, and must not be asked about again.
    await local.writes;
    const chosen = selectionOf(local);
    // In this order: a version that arrives in between is reviewed but not counted, so a pack with it is refused.
    const totals = await stage.app.chooseForPack({ ...chosen, kind: kindOf(local) });
    const settings = await stage.app.readSettings?.();
    local.ownWords ??= settings?.fields.own_words ?? '';
    const [review, shared, usage] = await Promise.all([
      stage.app.reviewPack(chosen, local.ownWords),
      stage.app.readShared(),
      stage.app.usage().catch(() => null),
    ]);
    if (stage.local !== local || local.step !== step) return; // the user went back meanwhile
    const freeBytes = usage?.room_bytes ?? null;
    const lastShared = shared.filter(({ label }) => label).at(-1);
    Object.assign(local, {
      summary: totals,
      summed: choiceOf(local),
      found: review,
      looks: review.pictures.filter(({ decision }) => decision === null),
      looked: 0,
      answers: {},
      opened: null,
      tight: freeBytes !== null && freeBytes < 2 * totals.bytes,
    });
    local.small ??= totals.groups.length > 1 && (local.tight || !stage.app.canChooseFile());
    local.sheet ??= { initials: settings?.fields.initials ?? '', ...settings?.restricted };
    // It stays where it was asked, so that a mistake can be mended there.
    local.askInitials ||= !hasInitials(stage);
    local.startWith ??= totals.marked;
    local.startNo ??= settings?.fields.exhibit_start_no ? String(settings.fields.exhibit_start_no) : '';
    local.lastReference = lastShared?.fields.receipt_ref ?? '';
    // Only who asks for numbers is known to be who had the last pack. Anybody else would read what others call it.
    local.reference ??= local.how === 'items' ? local.lastReference : '';
    local.kind = kindOf(local);
    const isReady =
      !local.looks.length &&
      !review.words.some(({ answered }) => !answered) &&
      local.sheet.initials &&
      !typedTexts(stage).length;
    return goToStep(stage, local.how === 'items' && isReady ? 'consent' : 'sum');
  };
  await (isRunning ? loadSummary() : stage.run('choose', loadSummary));
}

function summaryView(stage: Stage) {
  const { local } = stage;
  const totals = local.summary as PackSummary;
  const rows = [
    ['entries', totals.entries],
    ['additions', totals.additions],
    ['amendments', totals.amendments],
    ['pictures', totals.pictures],
    ['files', totals.files],
    ['bytes', sizeText(totals.bytes)],
    ['restricted', totals.restricted_words],
    ['withheld', totals.withheld],
    ['removed', totals.removed],
  ] as const;
  const partCount = totals.groups.length;
  const undecided = firstUndecidedScreen(stage);
  const next = () => {
    if (!hasInitials(stage)) return stage.set({ noInitials: true });
    local.looked = undecided;
    return goToStep(
      stage,
      local.looks.length && !isAllDecided(stage) ? 'look' : hasFindings(stage) ? 'words' : 'consent',
    );
  };
  return html`${heading(t('sum.title'))}${errorSummary(stage)}${comingNote(stage, 'sum.coming')}
    ${setChoices(stage)}
    <dl class="facts card sums">${rows.map(
      ([key, n]) => html`<div><dt>${t(`sum.${key}`)}</dt><dd>${n}</dd></div>`,
    )}</dl>
    <div class="small soft stack-close"><p>${t('sum.all_versions')}</p><p>${t('sum.note')}</p></div>
    ${
      totals.intimate
        ? html`<div class="stack-close">${
            local.intimate ? nothing : html`<p>${tn('sum.intimate', totals.intimate)}</p>`
          }${checkbox({
            id: 'intimate',
            label: t('sum.intimate_tick'),
            checked: Boolean(local.intimate),
            disabled: stage.runningTask === 'choose',
            onChange: (intimate) => {
              local.intimate = intimate;
              void toSummary(stage);
            },
          })}</div>`
        : nothing
    }
    ${referenceTick(stage)}${wordsFirstTick(stage, totals)}${leftOutTick(stage, totals)}
    ${
      partCount > 1 && local.kind !== 'portal'
        ? html`${local.tight ? html`<p class="care small">${t('parts.room')}</p>` : nothing}${chips({
            name: 'parts',
            legend: t('parts.title'),
            chosen: [local.small ? 'many' : 'one'],
            choices: [
              ['one', t('parts.one', { size: sizeText(totals.bytes) })],
              ['many', t('parts.many', { n: partCount })],
            ],
            onChange: (code) => stage.set({ small: code === 'many' }),
          })}`
        : nothing
    }
    ${local.askInitials ? initialsField(stage) : nothing}
    <div class="row">${button(t('frame.next'), next, { main: true, busy: stage.runningTask === 'choose' })}${button(
      t('bar.back'),
      () => (local.how === 'items' ? goToStep(stage, 'items') : pauseFlow(stage)),
      { plain: true },
    )}</div>`;
}

/** Return the texts that go in as they were typed, some of them for an earlier pack, with their labels. */
function typedTexts({ local }: Stage): [label: string, text: string][] {
  const sheet = (local.sheet ?? {}) as Record<string, string | undefined>;
  const isRestrictedIn = local.apart ?? hasRestrictedPart(local.profile ?? IDENTITY_PROFILE);
  const texts: [string, string | undefined][] = [
    [t('sheet.own_words'), local.ownWords],
    [t('sheet.safe_contact'), isRestrictedIn ? sheet.safe_contact : ''],
    [t('sheet.needs'), isRestrictedIn ? sheet.needs : ''],
    [t('sheet.ref'), local.reference],
  ];
  return texts.flatMap(([label, text]) => (text?.trim() ? [[label, text.trim()]] : []));
}

/** Say in a sentence what is set, and show what was typed, with the one way to change it. */
function setChoices(stage: Stage) {
  const { local } = stage;
  const range = {
    all: t('set.all'),
    new: t('pick.new'),
    dates: t('pick.dates'),
    some: t('set.some'),
    items: t('items.title'),
  }[(local.how ?? 'all') as 'all'];
  const profile = (local.profile ?? IDENTITY_PROFILE) as 'police';
  const hasSheet = OFFICER_FIELDS.some((name) => String(local.sheet?.[name] ?? '').trim());
  const said = [
    t('set.for', { who: t(`forwhom.${profile}`) }),
    range,
    t(local.portal ? 'form.portal' : 'form.pack'),
    (local.apart ?? hasRestrictedPart(profile)) ? t(hasSheet ? 'set.sheet' : 'set.no_sheet') : t('log.servable'),
  ];
  const texts = typedTexts(stage).map(
    ([label, text]) =>
      // The keyboard has to reach what scrolls.
      html`<div><p class="small soft">${label}</p><p class="set-text lines-kept" dir="auto" tabindex=${
        text.length > 300 ? 0 : nothing
      }>${typedText(text)}</p></div>`,
  );
  return html`<section class="note stack-close"><p>${joinWithDots(said)}</p>${texts}<div>${button(t('set.change'), () =>
    goToStep(stage, local.how === 'items' ? 'officer' : 'choose'),
  )}</div></section>`;
}

const hasInitials = ({ local }: Stage) => /^[A-Za-z]{1,4}$/.test(String(local.sheet?.initials ?? '').trim());

function initialsField({ local }: Stage) {
  const sheet = (local.sheet ??= { initials: '' });
  return textField({
    id: 'initials',
    label: t('sheet.initials'),
    hint: t('sheet.initials_hint'),
    value: sheet.initials,
    error: local.noInitials ? t('sheet.need_initials') : null,
    onChange: (initials) => {
      sheet.initials = initials;
    },
  });
}

/** Ask whether the pack prints what whoever had the last one calls that: it may be for somebody else. */
function referenceTick(stage: Stage) {
  const { local } = stage;
  const { lastReference: ref } = local;
  if (!ref || local.how === 'items' || ![ref, ''].includes(local.reference)) return nothing;
  return checkbox({
    id: 'lastReference',
    label: t('set.ref_tick', { ref }),
    checked: local.reference === ref,
    onChange: (isWanted) => stage.set({ reference: isWanted ? ref : '' }),
  });
}

/** Offer a pack of words now. What goes in is worked out again, so that no picture has to be looked at first. */
function wordsFirstTick(stage: Stage, { pictures, files, files_later: later }: PackSummary) {
  const { local } = stage;
  if (!canBeWordsOnly(local) || !(pictures + files + later)) return nothing;
  return html`<div class="stack-close">${checkbox({
    id: 'filesLater',
    label: t('later.tick'),
    checked: Boolean(local.filesLater),
    disabled: stage.runningTask === 'choose',
    onChange: (filesLater) => {
      Object.assign(local, { filesLater, small: undefined });
      void toSummary(stage);
    },
  })}<p class="soft small">${later ? tn('later.count', later) : t('later.hint')}</p></div>`;
}

/** Ask whether the restricted part may list what was left out. A yes to an earlier pack is not taken for one here. */
function leftOutTick(stage: Stage, { left_out: counts }: PackSummary) {
  const { local } = stage;
  const hasPlace = local.kind !== 'items' && !local.small;
  const isRestrictedIn = local.apart ?? hasRestrictedPart(local.profile ?? IDENTITY_PROFILE);
  if (!hasPlace || !isRestrictedIn || !(counts.entries + counts.files + counts.records)) return nothing;
  const rest = [
    counts.entries > 0 && tn('leftout.entries', counts.entries),
    counts.files > 0 && tn('leftout.files', counts.files),
    counts.records > 0 && tn('leftout.records', counts.records),
  ];
  return html`<div class="stack-close"><p>${t('leftout.lead')} ${joinWithDots(rest)}</p>${checkbox({
    id: 'leftOut',
    label: t('leftout.tick'),
    checked: Boolean(local.leftOut),
    onChange: (leftOut) => stage.set({ leftOut }),
  })}<p class="soft small">${t('leftout.hint')}</p></div>`;
}

function officerView(stage: Stage) {
  const { local } = stage;
  const sheet = (local.sheet ??= { initials: '' });
  const submit = () => {
    const wrongStartNo = !/^[0-9]{0,4}$/.test((local.startNo ?? '').trim());
    const noInitials = !hasInitials(stage);
    stage.set({ wrongStartNo, noInitials });
    if (!wrongStartNo && !noInitials) void toSummary(stage);
  };
  const packEntries = stage.state.entries.filter((row) => local.summary && isSelected(local, row.record));
  const officerFields = OFFICER_FIELDS.map((name) =>
    textField({
      id: name,
      label: t(`sheet.${name}`),
      value: sheet[name] ?? '',
      ...(name === 'concerns' || name === 'needs' ? { textarea: 'low' } : {}),
      ...(name === 'safe_contact' || name === 'needs' ? { hint: t(`sheet.${name}_hint`) } : {}),
      onChange: (value) => {
        sheet[name] = value;
      },
    }),
  );
  return html`${heading(t('sheet.title'))}<p class="soft">${t('sheet.lead')}</p>
    ${initialsField(stage)}
    ${officerFields}${identityFields(stage)}
    ${
      local.earlier
        ? textField({
            id: 'reference',
            label: t('sheet.ref'),
            hint: t('sheet.ref_hint'),
            value: local.reference ?? '',
            onChange: (reference) => {
              local.reference = reference;
            },
          })
        : nothing
    }
    ${textField({
      id: 'own_words',
      label: t('sheet.own_words'),
      hint: t('sheet.own_words_hint'),
      textarea: 'big',
      value: local.ownWords ?? '',
      onChange: (value) => {
        local.ownWords = value;
      },
    })}
    ${firstEntriesField(stage, packEntries)}
    ${
      local.earlier
        ? nothing
        : textField({
            id: 'start_no',
            label: t('sheet.start_no'),
            hint: t('sheet.start_no_hint'),
            value: local.startNo ?? '',
            error: local.wrongStartNo ? t('sheet.start_no_wrong') : null,
            onChange: (startNo) => {
              local.startNo = startNo;
            },
          })
    }
    <div class="row">${button(t('frame.done'), submit, { main: true, busy: stage.runningTask === 'choose' })}${button(
      t('bar.back'),
      () => goBack(stage, local.how === 'items' ? 'sum' : 'choose'),
      { plain: true },
    )}</div>`;
}

/** Ask what police ask for at once. None of it is kept: it is not among `KEPT_FIELDS`, and no setting has it. */
function identityFields({ local }: Stage) {
  if ((local.profile ?? IDENTITY_PROFILE) !== IDENTITY_PROFILE) return nothing;
  const identity: Record<string, string> = (local.identity ??= {});
  return html`<section class="note stack">
    <div class="stack-close"><h2>${t('ident.title')}</h2><p>${t('ident.lead')}</p><p class="soft small">${t(
      'ident.where',
    )}</p></div>
    ${IDENTITY_FIELDS.map((name) =>
      textField({
        id: name,
        label: t(`ident.${name}`),
        value: identity[name] ?? '',
        ...(name === 'date_of_birth' ? { type: 'date' } : {}),
        ...(name === 'home_address' ? { textarea: 'low' } : {}),
        onChange: (value) => {
          identity[name] = value;
        },
      }),
    )}</section>`;
}

const isSelected = (local: PackFlow, record: string) => {
  const { records } = selectionOf(local);
  return !records || records.includes(record);
};

function consentView(stage: Stage) {
  const { local } = stage;
  const totals = local.summary as PackSummary;
  const ways = stage.find('pack-ways', () => stage.app.packWays()).data as PackWays | undefined;
  const counts = { entries: tn('consent.entries', totals.entries), pictures: tn('consent.pictures', totals.pictures) };
  const unlooked = unlookedOf(stage);
  const submit = () => (local.words ? startAgreed(stage) : stage.set({ noWords: true }));
  return html`${heading(t('consent.title'))}${errorSummary(stage)}
    ${
      local.way === 'server'
        ? html`<p>${t('consent.window', counts)}</p><p>${t('consent.what')}</p>`
        : html`<p>${t('consent.here', counts)}</p>${
            ways?.offline ? html`<p class="care">${t('consent.plain')}</p>` : nothing
          }`
    }
    ${plainPagesTick(stage)}
    <p class="care">${t('consent.court')}</p>${
      unlooked.pictures + unlooked.words > 0 ? html`<p class="care">${t('consent.over')}</p>` : nothing
    }<p class="soft">${t('consent.shows')}</p>
    ${confirmWordsField(stage, submit)}
    <div class="row">${button(t('consent.do'), submit, { main: true, busy: stage.runningTask === 'agree' })}${button(
      t('bar.back'),
      () => goToStep(stage, 'sum'),
      { plain: true },
    )}</div>`;
}

/**
 * Offer plain pages after a build that did not finish: a phone with little memory may end the app while it makes pages,
 * and would end it again.
 */
function plainPagesTick(stage: Stage) {
  const { local } = stage;
  if (!(local.unfinished || local.plain !== undefined) || !canBePlain(local)) return nothing;
  return html`<section class="note stack">${
    local.unfinished ? html`<p>${t('consent.unfinished')}</p>` : nothing
  }${checkbox({
    id: 'plain',
    label: t('consent.plain_tick'),
    checked: Boolean(local.plain),
    onChange: (plain) => stage.set({ plain }),
  })}</section>`;
}

/** Count the pictures that nothing was decided about, and the words that were not answered. */
function unlookedOf({ local }: Stage): { pictures: number; words: number } {
  const answers = local.answers ?? {};
  return {
    pictures: local.looks.filter(({ attachment }: { attachment: string }) => !answers[attachment]).length,
    words: local.found.words.filter(({ answered }: { answered: boolean }) => !answered).length,
  };
}

/** Start the build. A large pack is written straight into a file if the browser can ask for one. */
async function startAgreed(stage: Stage) {
  const { local } = stage;
  const totals = local.summary as PackSummary;
  const { pictures: notLookedCount, words: unanswered } = unlookedOf(stage);
  local.review = {
    looked: local.found.pictures.length - notLookedCount,
    not_looked: notLookedCount,
    override_at: notLookedCount || unanswered ? Date.now() : null,
    words: local.found.words.length,
    words_open: unanswered,
  };
  const isLarge = !local.small && local.kind !== 'portal' && totals.bytes > MAX_PART_BYTES && stage.app.canChooseFile();
  if (isLarge) {
    // Before the words: after checking them it is too late, because a browser opens a file dialog only soon after a
    // tap. A second attempt reuses the file.
    local.saveTo ??= await stage.app
      .chooseFile(`documents-${new Date().toISOString().slice(0, 10)}.zip`)
      .catch(() => null);
    if (!local.saveTo) return;
  }
  const { generation, place } = stage;
  const agreement = await confirmWithWords(stage, local.small ? totals.groups.length : 1);
  // Back takes the consent back, also while the words are checked.
  const isWithdrawn = generation !== stage.generation || place !== stage.place || local.step !== 'consent';
  if (agreement && !isWithdrawn)
    await startPack(stage, local, { agreed: agreement, saveTo: isLarge ? local.saveTo : null });
}

export const views = { share: shareView };
