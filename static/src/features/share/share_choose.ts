/** The first steps of a pack: who it is for and what goes in: everything, new entries, dates or single entries. */
import { PACK_PROFILES } from '../../core/constants.js';
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import { fromPicked, pickedFault, phoneZone } from '../../record/times.js';
import { entryPicker } from '../../components/forms/choose_entries.js';
import { hasRestrictedPart } from '../../pack/recipients.js';
import './words.js';
import type { PackSelection, PackSummary } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** A pack in preparation: the values that its steps put into `local`. */
export type PackFlow = {
  way?: 'server' | 'here';
  step?: string | null;
  kind?: string;
  how?: string;
  from?: string;
  until?: string;
  records?: string[];
  items?: string[];
  profile?: string;
  apart?: boolean;
  portal?: boolean;
  intimate?: boolean;
  /** the keeper's yes to a list of what was left out */
  leftOut?: boolean;
  sheet?: Record<string, string>;
  /** legal name, date of birth and home address: for this pack alone, and never kept over a lock */
  identity?: Record<string, string> | undefined;
  ownWords?: string;
  startWith?: string[];
  startNo?: string;
  reference?: string;
  /** number of packs made before */
  earlier?: number;
  summary?: PackSummary;
  review?: { looked: number; not_looked: number; override_at: number | null; words: number };
  /** words only: pictures and files follow in a later pack */
  filesLater?: boolean;
  /** the pictures and files that follow a pack of words */
  ofFiles?: boolean;
  /** in several parts, because one would be too large */
  small?: boolean;
  /** the last build of it ended without a pack and without a reason on screen: by a lock, a reload or a crash */
  unfinished?: boolean;
  /** the keeper's wish for plain pages, which need less memory */
  plain?: boolean;
};

/** The fields of a pack in preparation that survive a lock: what was typed and chosen, not what was found. */
const KEPT_FIELDS = [
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
  'filesLater',
  'ofFiles',
  'earlier',
  'unfinished',
  'plain',
] as const satisfies readonly (keyof PackFlow)[];

/** Seal what was chosen and typed for a pack, so that it outlives a lock; null forgets it. */
export const keepFlow = (stage: Stage, flow: PackFlow | null) => keepUnder(stage, 'pack', flow);

/** Seal the choices for the pictures and files that follow a pack of words; null forgets them. */
export const keepFilesToFollow = (stage: Stage, flow: PackFlow | null) => keepUnder(stage, 'pack-files', flow);

async function keepUnder(stage: Stage, key: 'pack' | 'pack-files', flow: PackFlow | null): Promise<void> {
  const kept =
    flow &&
    Object.fromEntries(KEPT_FIELDS.filter((name) => flow[name] !== undefined).map((name) => [name, flow[name]]));
  // On screen at once: until it is read again, Share would offer to go on with a pack that is made.
  await Promise.resolve(stage.app.keepTyped(key, kept)).then(
    () => stage.updateCached(`typed-${key}`, () => kept),
    () => undefined,
  );
  stage.refresh(`typed-${key}`);
}

/** What the steps behind "Change" choose, but for what is typed. */
const CHOICE_FIELDS = ['how', 'from', 'until', 'records', 'profile', 'apart', 'portal'] as const;

/** Return what is chosen, so that Back from "Change" can restore it. */
export const choiceOf = (local: PackFlow): Partial<PackFlow> =>
  Object.fromEntries(CHOICE_FIELDS.map((name) => [name, local[name]]));

/** Return the selection in the form that the app's methods take. */
export function selectionOf(local: PackFlow): PackSelection {
  const how = local.how ?? 'all';
  const choices = {
    ...(local.intimate ? { intimate: true } : {}),
    ...(isWordsOnly(local) ? { filesLater: true } : {}),
  };
  if (how === 'items') return { from: null, to: null, records: [], ...choices, items: [...(local.items ?? [])] };
  if (how === 'some' || how === 'new') return { from: null, to: null, records: [...(local.records ?? [])], ...choices };
  if (how === 'all') return { from: null, to: null, records: null, ...choices };
  const span = fromPicked({ how: 'between', date: local.from as string, until: local.until }, Date.now(), phoneZone());
  return { from: span.occurred_start, to: span.occurred_end, records: null, ...choices };
}

/** Return what kind of pack this will be. */
export function kindOf(local: PackFlow): string {
  return local.how === 'items' ? 'items' : local.portal ? 'portal' : local.earlier ? 'supplement' : 'pack';
}

/** Return whether the pack may be made of words only, with its pictures and files in a later one. */
export const canBeWordsOnly = (local: PackFlow): boolean => ['pack', 'supplement'].includes(kindOf(local));

/** Return whether it is made of words only. */
export const isWordsOnly = (local: PackFlow): boolean => Boolean(local.filesLater) && canBeWordsOnly(local);

/** Return whether the pack may have plain pages. An upload page is given single documents, which they are not. */
export const canBePlain = ({ way, kind }: PackFlow): boolean => way !== 'server' && kind !== 'portal';

/** Return a message about what is still missing, or null. */
function missingText(local: PackFlow): string | null {
  if (local.how === 'some') return local.records?.length ? null : t('pick.none');
  if (local.how !== 'dates') return null;
  const gap = pickedFault(
    { how: 'between', date: local.from ?? '', until: local.until ?? '' },
    Date.now(),
    phoneZone(),
  );
  return gap ? t(`when.lack_${gap}`) : null;
}

/** What is behind "Change". @param toSheet opens what is typed for the pack */
export function chooseView(stage: Stage, next: () => unknown, toSheet: () => unknown) {
  const { local } = stage;
  // The officer's page lists the chosen entries, so it has to wait for a choice that there can be.
  const openSheet = () => (missingText(local) ? stage.set({ tried: true }) : toSheet());
  return html`${heading(t('pick.title'))}${errorSummary(stage)}
    ${rangeChips(stage, local.earlier > 0)}
    ${recipientChips(stage)}
    ${chips({
      name: 'form',
      legend: t('form.title'),
      choices: [
        ['pack', t('form.pack')],
        ['portal', t('form.portal')],
      ],
      chosen: [local.portal ? 'portal' : 'pack'],
      onChange: (code) => stage.set({ portal: code === 'portal' }),
    })}
    ${
      local.sheet
        ? html`<div class="rows"><div>${row({
            title: t('sheet.title'),
            subtitle: t('set.sheet_more'),
            icon: 'pen',
            onClick: openSheet,
          })}</div></div>`
        : nothing
    }
    ${nextButton(stage, t('frame.next'), next, stage.runningTask === 'choose')}`;
}

/** The choice of entries alone, for printing; `asked` is drawn below it. */
export function printChoice(
  stage: Stage,
  label: string,
  next: () => unknown,
  { asked: extra, busy }: { asked: (submit: () => unknown) => unknown; busy: boolean },
) {
  return html`${rangeChips(stage, false)}${nextButton(stage, label, next, busy, extra)}`;
}

function nextButton(
  stage: Stage,
  label: string,
  next: () => unknown,
  busy: boolean,
  extra?: (submit: () => unknown) => unknown,
) {
  const { local } = stage;
  const error = local.tried ? missingText(local) : null;
  const submit = () => (missingText(local) ? stage.set({ tried: true }) : next());
  return html`${error ? html`<p class="error-line" role="alert">${error}</p>` : nothing}${extra?.(submit) ?? nothing}
    <div>${button(label, submit, { main: true, busy })}</div>`;
}

/** @param isLater there is an earlier pack */
function rangeChips(stage: Stage, isLater: boolean) {
  const { local } = stage;
  const how = local.how ?? 'all';
  const ranges = [
    ['all', t('pick.all')],
    ...(isLater ? [['new', t('pick.new')]] : []),
    ['dates', t('pick.dates')],
    ['some', t('pick.some')],
  ] as [string, string][];
  return html`
    ${chips({
      name: 'how',
      legend: t('pick.title'),
      hideLegend: true,
      choices: ranges,
      chosen: [how],
      onChange: (code) => stage.set({ how: code, tried: false, ...(code === 'some' ? { records: [] } : {}) }),
    })}
    ${
      how === 'dates'
        ? html`<div class="pair">
      ${textField({
        id: 'from',
        label: t('when.from'),
        type: 'date',
        value: local.from ?? '',
        onChange: (from) => stage.set({ from }),
      })}
      ${textField({
        id: 'until',
        label: t('when.until'),
        type: 'date',
        value: local.until ?? '',
        onChange: (until) => stage.set({ until }),
      })}</div>`
        : nothing
    }
    ${how === 'some' ? entryPicker(stage) : nothing}`;
}

function recipientChips(stage: Stage) {
  const { local } = stage;
  const profile = local.profile ?? 'police';
  const on = (code: string) => stage.set({ profile: code, apart: hasRestrictedPart(code) });
  return html`${chips({
    name: 'who',
    legend: t('forwhom.title'),
    choices: PACK_PROFILES.map((code) => [code, t(`forwhom.${code}`)]),
    chosen: [profile],
    onChange: on,
  })}
    ${
      hasRestrictedPart(profile)
        ? nothing
        : html`<p class="soft">${t('forwhom.less')}</p>${checkbox({
            id: 'apart',
            label: t('forwhom.apart'),
            checked: local.apart ?? false,
            onChange: (apart) => stage.set({ apart }),
          })}`
    }`;
}
