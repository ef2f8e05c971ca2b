/** The first steps of a pack: who it is for and what goes in: everything, new entries, dates or single entries. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import { fromPicked, missing, phoneZone } from '../../record/times.js';
import { choosingEntries } from '../../components/forms/choose_entries.js';
import './words.js';
import type { Chosen, Summary } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** A pack in preparation: the values that its steps put into `local`. */
export type Flow = {
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
  sheet?: Record<string, string>;
  ownWords?: string;
  startWith?: string[];
  startNo?: string;
  reference?: string;
  /** number of packs made before */
  earlier?: number;
  summary?: Summary;
  review?: { looked: number; not_looked: number; override_at: number | null; words: number };
  /** in several parts, because one would be too large */
  small?: boolean;
  agreed?: boolean;
  overridden?: boolean;
};

export const OFFICER = ['name_to_use', 'safe_contact', 'concerns', 'needs', 'helped_by'] as const;
const PROFILES = ['police', 'solicitor', 'school', 'employer', 'housing'] as const;
/** Recipients that get the restricted part unless the keeper says otherwise. */
const WHOLE = new Set(['police', 'solicitor']);

/** Return the selection in the form that the app's methods take. */
export function chosenOf(local: Flow): Chosen {
  const how = local.how ?? 'all';
  const intimate = local.intimate ? { intimate: true } : {};
  if (how === 'items') return { from: null, to: null, records: [], ...intimate, items: [...(local.items ?? [])] };
  if (how === 'some' || how === 'new')
    return { from: null, to: null, records: [...(local.records ?? [])], ...intimate };
  if (how === 'all') return { from: null, to: null, records: null, ...intimate };
  const span = fromPicked({ how: 'between', date: local.from as string, until: local.until }, Date.now(), phoneZone());
  return { from: span.occurred_start, to: span.occurred_end, records: null, ...intimate };
}

/** Return a message about what is still missing, or null. */
function lacking(local: Flow): string | null {
  if (local.how === 'some') return local.records?.length ? null : t('pick.none');
  if (local.how !== 'dates') return null;
  const lacks = missing({ how: 'between', date: local.from ?? '', until: local.until ?? '' }, Date.now(), phoneZone());
  return lacks ? t(`when.lack_${lacks}`) : null;
}

export function choosing(stage: Stage, next: () => unknown) {
  const { local } = stage;
  return html`${heading(t('pick.title'))}${errorSummary(stage)}
    ${which(stage, local.earlier > 0)}
    ${who(stage)}
    ${
      local.way === 'here'
        ? nothing
        : chips({
            name: 'form',
            legend: t('form.title'),
            choices: [
              ['pack', t('form.pack')],
              ['portal', t('form.portal')],
            ],
            chosen: [local.portal ? 'portal' : 'pack'],
            on: (code) => stage.set({ portal: code === 'portal' }),
          })
    }
    ${onwards(stage, t('frame.next'), next, stage.running === 'choose')}`;
}

/** The choice of entries alone, for printing; `asked` is drawn below it. */
export function choosingPrint(
  stage: Stage,
  label: string,
  next: () => unknown,
  { asked, busy }: { asked: (go: () => unknown) => unknown; busy: boolean },
) {
  return html`${which(stage, false)}${onwards(stage, label, next, busy, asked)}`;
}

function onwards(
  stage: Stage,
  label: string,
  next: () => unknown,
  busy: boolean,
  asked?: (go: () => unknown) => unknown,
) {
  const { local } = stage;
  const wrong = local.tried ? lacking(local) : null;
  const go = () => (lacking(local) ? stage.set({ tried: true }) : next());
  return html`${wrong ? html`<p class="error-line" role="alert">${wrong}</p>` : nothing}${asked?.(go) ?? nothing}
    <div>${button(label, go, { main: true, busy })}</div>`;
}

/** @param isLater there is an earlier pack */
function which(stage: Stage, isLater: boolean) {
  const { local } = stage;
  const how = local.how ?? 'all';
  const ways = [
    ['all', t('pick.all')],
    ...(isLater ? [['new', t('pick.new')]] : []),
    ['dates', t('pick.dates')],
    ['some', t('pick.some')],
  ] as [string, string][];
  return html`
    ${chips({
      name: 'how',
      legend: t('pick.title'),
      quiet: true,
      choices: ways,
      chosen: [how],
      on: (code) => stage.set({ how: code, tried: false, ...(code === 'some' ? { records: [] } : {}) }),
    })}
    ${
      how === 'dates'
        ? html`<div class="pair">
      ${textField({
        id: 'from',
        label: t('when.from'),
        type: 'date',
        value: local.from ?? '',
        on: (from) => stage.set({ from }),
      })}
      ${textField({
        id: 'until',
        label: t('when.until'),
        type: 'date',
        value: local.until ?? '',
        on: (until) => stage.set({ until }),
      })}</div>`
        : nothing
    }
    ${how === 'some' ? choosingEntries(stage) : nothing}`;
}

function who(stage: Stage) {
  const { local } = stage;
  const profile = local.profile ?? 'police';
  const on = (code: string) => stage.set({ profile: code, apart: WHOLE.has(code) });
  return html`${chips({
    name: 'who',
    legend: t('forwhom.title'),
    choices: PROFILES.map((code) => [code, t(`forwhom.${code}`)]),
    chosen: [profile],
    on,
  })}
    ${
      WHOLE.has(profile)
        ? nothing
        : html`<p class="soft">${t('forwhom.less')}</p>${checkbox({
            id: 'apart',
            label: t('forwhom.apart'),
            checked: local.apart ?? false,
            on: (apart) => stage.set({ apart }),
          })}`
    }`;
}
