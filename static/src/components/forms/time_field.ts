/** Choose a time: five chips under the text box, and five ways to state how exact it is. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from './fields.js';
import { seasonText, occurredText } from '../text/formatting.js';
import { t } from '../../shell/strings.js';
import { fromChip, fromPicked, localAt, pickedFault, phoneZone, seasonOf } from '../../record/times.js';
import type { Picked, TimeBlock } from '../../record/times.js';
import type { ChosenTime } from '../../shell/app.js';
import type { Occurred } from '../text/formatting.js';

type Chip = 'just_now' | 'earlier_today' | 'yesterday' | 'pick' | 'not_sure';

const CHIPS = ['just_now', 'earlier_today', 'yesterday', 'pick', 'not_sure'] as const;
const METHODS = ['exact', 'about', 'part', 'day', 'between'] as const;
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
export function timeBlockOf(when: ChosenTime, now: number): TimeBlock | null {
  const tz = phoneZone();
  if (!when.chip) return null;
  if (when.chip !== 'pick') return fromChip(when.chip as Exclude<Chip, 'pick'>, now, tz);
  return when.picked && !pickedFault(when.picked, now, tz) ? fromPicked(when.picked, now, tz) : null;
}

/** The chips and, for "Pick a time", the fields they open. */
export function whenField({
  when,
  saved,
  showMissing,
  legend,
  onChange,
}: {
  when: ChosenTime;
  /** a time saved before, shown as text until another is chosen */
  saved: Occurred | null;
  /** whether Save was tried, so that missing input is reported */
  showMissing: boolean;
  /** what it is the time of */
  legend?: string;
  onChange: (when: ChosenTime) => void;
}) {
  const now = Date.now();
  const today = localAt(now, phoneZone()).slice(0, 10);
  const choose = (chip: string) =>
    onChange({ chip, picked: chip === 'pick' ? (when.picked ?? { how: 'about', date: today, time: '' }) : null });
  return html`<div class="stack">
    ${chips({
      name: 'when',
      legend: legend ?? t('add.when'),
      choices: CHIPS.map((chip) => [chip, t(`when.${chip}`)]),
      chosen: [when.chip ?? ''],
      onChange: choose,
    })}
    ${!when.chip && saved ? html`<p class="soft">${occurredText(saved)}</p>` : nothing}
    ${
      when.chip === 'pick' && when.picked
        ? pickedFields(when.picked, today, now, showMissing, (picked) => onChange({ chip: 'pick', picked }))
        : nothing
    }
  </div>`;
}

function pickedFields(
  picked: Picked,
  today: string,
  now: number,
  showMissing: boolean,
  onChange: (picked: Picked) => void,
) {
  const problem = pickedFault(picked, now, phoneZone());
  const isTimed = picked.how === 'exact' || picked.how === 'about';
  const isSpan = SPANS.some(([how]) => how === picked.how);
  // While the user is still choosing, report only input that is complete and wrong.
  const problemText =
    problem && (showMissing || ['future', 'early', 'order', 'skipped', 'twice'].includes(problem))
      ? t(`when.lack_${problem}`)
      : null;
  const update = (change: Partial<Picked>) => onChange({ ...picked, second: undefined, ...change });
  const dateLabel = picked.how === 'between' ? t('when.from') : t(isSpan ? 'when.any_day' : 'when.date');
  return html`<div class="when-more">
    ${chips({
      name: 'how',
      legend: t('when.how'),
      choices: METHODS.map((how) => [how, t(`when.${how}`)]),
      chosen: [isSpan ? 'between' : picked.how],
      onChange: (how) => update({ how: how }),
    })}
    ${
      isSpan
        ? chips({
            name: 'span',
            legend: t('when.span'),
            choices: SPANS.map(([how, key]) => [how, t(key)]),
            chosen: [picked.how],
            onChange: (how) => update({ how: how }),
          })
        : nothing
    }
    <div class="pair">
      ${textField({
        id: 'when-date',
        label: dateLabel,
        type: 'date',
        max: today,
        value: picked.date,
        onChange: (date) => update({ date }),
      })}
      ${
        isTimed || picked.how === 'between'
          ? textField({
              id: 'when-time',
              label: t('when.time'),
              type: 'time',
              value: picked.time ?? '',
              onChange: (time) => update({ time }),
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
              onChange: (until) => update({ until }),
            })}
        ${textField({
          id: 'when-until-time',
          label: t('when.until_time'),
          type: 'time',
          value: picked.untilTime ?? '',
          onChange: (untilTime) => update({ untilTime }),
        })}`
          : nothing
      }
    </div>
    ${picked.how === 'season' && !problem ? html`<p role="status">${seasonText(seasonOf(picked.date))}</p>` : nothing}
    ${
      picked.how === 'part'
        ? chips({
            name: 'part',
            legend: t('when.part_which'),
            choices: PARTS.map((part) => [part, t(`say.part_${part}`)]),
            chosen: [picked.part ?? ''],
            onChange: (part) => update({ part: part }),
          })
        : nothing
    }
    ${
      picked.how === 'exact'
        ? checkbox({
            id: 'when-stamped',
            label: t('when.stamped'),
            checked: Boolean(picked.stamped),
            onChange: (stamped) => onChange({ ...picked, stamped }),
          })
        : nothing
    }
    ${
      problem === 'twice' || picked.second !== undefined
        ? chips({
            name: 'twice',
            legend: t('when.twice'),
            choices: [
              ['first', t('when.first')],
              ['second', t('when.second')],
            ],
            chosen: [picked.second === undefined ? '' : picked.second ? 'second' : 'first'],
            onChange: (code) => onChange({ ...picked, second: code === 'second' }),
          })
        : nothing
    }
    ${problemText && problem !== 'twice' ? html`<p class="error-line" role="status">${problemText}</p>` : nothing}
  </div>`;
}
