/** Choose a time: five chips under the text box, and five ways to state how exact it is. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from './fields.js';
import { seasonWords, whenWords } from '../text/say.js';
import { t } from '../../shell/strings.js';
import { fromChip, fromPicked, localAt, missing, phoneZone, seasonOf } from '../../record/times.js';
import type { Picked, TimeBlock } from '../../record/times.js';
import type { When } from '../../shell/app.js';
import type { Occurred } from '../text/say.js';

type Chip = 'just_now' | 'earlier_today' | 'yesterday' | 'pick' | 'not_sure';

const CHIPS = ['just_now', 'earlier_today', 'yesterday', 'pick', 'not_sure'] as const;
const HOWS = ['exact', 'about', 'part', 'day', 'between'] as const;
const SPANS = [
  ['between', 'when.days'],
  ['month', 'when.month'],
  ['season', 'when.season'],
] as const;
const PARTS = ['early_morning', 'morning', 'afternoon', 'evening', 'night'] as const;

/**
 * The time block of the choice; null while something is missing.
 * @param now ms UTC
 */
export function blockOf(when: When, now: number): TimeBlock | null {
  const tz = phoneZone();
  if (!when.chip) return null;
  if (when.chip !== 'pick') return fromChip(when.chip as Exclude<Chip, 'pick'>, now, tz);
  return when.picked && !missing(when.picked, now, tz) ? fromPicked(when.picked, now, tz) : null;
}

/** The chips and, for "Pick a time", the fields they open. */
export function whenField({
  when,
  kept,
  tried,
  legend,
  on,
}: {
  when: When;
  /** a time saved before, shown as text until another is chosen */
  kept: Occurred | null;
  /** whether Save was tried, so that missing input is reported */
  tried: boolean;
  /** what it is the time of */
  legend?: string;
  on: (when: When) => void;
}) {
  const now = Date.now();
  const today = localAt(now, phoneZone()).slice(0, 10);
  const choose = (chip: string) =>
    on({ chip, picked: chip === 'pick' ? (when.picked ?? { how: 'about', date: today, time: '' }) : null });
  return html`<div class="stack">
    ${chips({
      name: 'when',
      legend: legend ?? t('add.when'),
      choices: CHIPS.map((chip) => [chip, t(`when.${chip}`)]),
      chosen: [when.chip ?? ''],
      on: choose,
    })}
    ${!when.chip && kept ? html`<p class="soft">${whenWords(kept)}</p>` : nothing}
    ${
      when.chip === 'pick' && when.picked
        ? pick(when.picked, today, now, tried, (picked) => on({ chip: 'pick', picked }))
        : nothing
    }
  </div>`;
}

function pick(picked: Picked, today: string, now: number, tried: boolean, on: (picked: Picked) => void) {
  const lacks = missing(picked, now, phoneZone());
  const isTimed = picked.how === 'exact' || picked.how === 'about';
  const isSpan = SPANS.some(([how]) => how === picked.how);
  // While the user is still choosing, report only input that is complete and wrong.
  const say =
    lacks && (tried || ['future', 'early', 'order', 'skipped', 'twice'].includes(lacks))
      ? t(`when.lack_${lacks}`)
      : null;
  const set = (change: Partial<Picked>) => on({ ...picked, second: undefined, ...change });
  const named = picked.how === 'between' ? t('when.from') : t(isSpan ? 'when.any_day' : 'when.date');
  return html`<div class="when-more">
    ${chips({
      name: 'how',
      legend: t('when.how'),
      choices: HOWS.map((how) => [how, t(`when.${how}`)]),
      chosen: [isSpan ? 'between' : picked.how],
      on: (how) => set({ how: how }),
    })}
    ${
      isSpan
        ? chips({
            name: 'span',
            legend: t('when.span'),
            choices: SPANS.map(([how, key]) => [how, t(key)]),
            chosen: [picked.how],
            on: (how) => set({ how: how }),
          })
        : nothing
    }
    <div class="pair">
      ${textField({
        id: 'when-date',
        label: named,
        type: 'date',
        max: today,
        value: picked.date,
        on: (date) => set({ date }),
      })}
      ${
        isTimed || picked.how === 'between'
          ? textField({
              id: 'when-time',
              label: t('when.time'),
              type: 'time',
              value: picked.time ?? '',
              on: (time) => set({ time }),
            })
          : nothing
      }
      ${
        picked.how === 'between'
          ? html`${textField({
              id: 'when-until',
              label: t('when.until'),
              type: 'date',
              max: today,
              value: picked.until ?? '',
              on: (until) => set({ until }),
            })}
        ${textField({
          id: 'when-until-time',
          label: t('when.until_time'),
          type: 'time',
          value: picked.untilTime ?? '',
          on: (untilTime) => set({ untilTime }),
        })}`
          : nothing
      }
    </div>
    ${picked.how === 'season' && !lacks ? html`<p role="status">${seasonWords(seasonOf(picked.date))}</p>` : nothing}
    ${
      picked.how === 'part'
        ? chips({
            name: 'part',
            legend: t('when.part_which'),
            choices: PARTS.map((part) => [part, t(`say.part_${part}`)]),
            chosen: [picked.part ?? ''],
            on: (part) => set({ part: part }),
          })
        : nothing
    }
    ${
      picked.how === 'exact'
        ? checkbox({
            id: 'when-stamped',
            label: t('when.stamped'),
            checked: Boolean(picked.stamped),
            on: (stamped) => on({ ...picked, stamped }),
          })
        : nothing
    }
    ${
      lacks === 'twice' || picked.second !== undefined
        ? chips({
            name: 'twice',
            legend: t('when.twice'),
            choices: [
              ['first', t('when.first')],
              ['second', t('when.second')],
            ],
            chosen: [picked.second === undefined ? '' : picked.second ? 'second' : 'first'],
            on: (code) => on({ ...picked, second: code === 'second' }),
          })
        : nothing
    }
    ${say && lacks !== 'twice' ? html`<p class="error-line" role="status">${say}</p>` : nothing}
  </div>`;
}
