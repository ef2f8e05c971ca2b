/** The opening hours of an ordinary week as text. It does not depend on the current time: people plan for tomorrow. */
import { shortDayNames } from '../../components/text/formatting.js';
import { rememberEnglish, inPlainEnglish, isolateDirection, joinInLine, language } from '../../shell/strings.js';
import type { Opening } from './directory_rows.js';

/**
 * Return the hours of one service.
 * @returns `Mon–Tue, Thu–Fri, 09:30–16:00`, one part for each time of day, joined with `; `
 */
export function weekText(openings: readonly Opening[]): string {
  return rememberEnglish(formatWeek(openings), () => inPlainEnglish(() => formatWeek(openings)));
}

function formatWeek(openings: readonly Opening[]) {
  const names = shortDayNames();
  return openings
    .map(({ days, start, end }) => {
      const firstDays = days.filter((day) => !days.includes(day - 1));
      const runs = firstDays.map((day) => {
        const last = lastDayOfRun(day, days);
        return last === day ? names[day] : `${names[day]}–${names[last]}`;
      });
      return `${joinInLine(runs as string[])} ${isolateDirection(`${formatMinute(start)}–${formatMinute(end)}`)}`;
    })
    .join(language() === 'ur' ? '؛ ' : '; ');
}

/** Return the last day of the run of days that begins with `day`. */
const lastDayOfRun = (day: number, days: readonly number[]): number =>
  days.includes(day + 1) ? lastDayOfRun(day + 1, days) : day;

/** @param minute of the day */
const formatMinute = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
