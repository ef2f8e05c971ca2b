/** The opening hours of an ordinary week as text. It does not depend on the current time: people plan for tomorrow. */
import { shortDays } from '../../components/text/say.js';
import { alsoInEnglish, forOthers, inItsOrder, inOneLine, language } from '../../shell/strings.js';
import type { Opening } from './directory_rows.js';

/**
 * Return the hours of one service.
 * @returns `Mon–Tue, Thu–Fri, 09:30–16:00`, one part for each time of day, joined with `; `
 */
export function weekSaid(openings: readonly Opening[]): string {
  return alsoInEnglish(week(openings), () => forOthers(() => week(openings)));
}

function week(openings: readonly Opening[]) {
  const names = shortDays();
  return openings
    .map(({ days, start, end }) => {
      const first = days.filter((day) => !days.includes(day - 1));
      const runs = first.map((day) => {
        const last = lastOf(day, days);
        return last === day ? names[day] : `${names[day]}–${names[last]}`;
      });
      return `${inOneLine(runs as string[])} ${inItsOrder(`${clock(start)}–${clock(end)}`)}`;
    })
    .join(language() === 'ur' ? '؛ ' : '; ');
}

/** Return the last day of the run of days that begins with `day`. */
const lastOf = (day: number, days: readonly number[]): number => (days.includes(day + 1) ? lastOf(day + 1, days) : day);

/** @param minute of the day */
const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
