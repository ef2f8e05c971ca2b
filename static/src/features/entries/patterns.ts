/**
 * Patterns: five sentences, each of which opens a page of its own, and the timeline of the pack. It counts and never
 * concludes.
 */
import { html, nothing } from '../../shell/html.js';
import { readPattern } from './read_patterns.js';
import { newAccountsText, PATTERN_PAGES, patternPage, sinceText, takenOutLink } from './pattern_pages.js';
import { firstLaneCount, timelinePicture } from './timeline_picture.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { button, emptyState, heading, row as link, problemSentence } from '../../components/parts.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { IconName } from '../../shell/icons.js';
import type { Patterns } from '../../record/patterns/patterns.js';
import type { PatternPage } from './pattern_pages.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp } from '../../shell/app.js';

const ICONS: Record<PatternPage, IconName> = {
  often: 'chart',
  when: 'clock',
  what: 'tag',
  changes: 'flag',
  who: 'person',
};
/** The day that the fourth sentence counts from: the first of these that is written down. */
const CHANGE_KINDS = ['notice', 'blocked', 'report', 'served', 'moved'];

function patternsView(stage: Stage<SharedApp>) {
  loadVocabulary(stage);
  const { data, problem } = readPattern(stage);
  if (!data)
    return html`<div class="stack">${heading(t('pat.title'))}<p role="status">${
      problem ? problemSentence(problem) : t('frame.loading')
    }</p></div>`;
  const { counts } = data;
  if (!counts.all.length)
    return html`<div class="stack">${heading(t('pat.title'))}
      ${emptyState('chart', t('pat.none'), html`<p class="soft">${t('pat.none_more')}</p>`)}
      ${takenOutLink(stage, counts)}</div>`;
  const page = PATTERN_PAGES.find((name) => name === stage.place.page);
  if (page) return patternPage(stage, data, page);
  const open = (name: PatternPage) => stage.go({ name: 'patterns', page: name });
  const hidden = data.timeline.lanes.length > firstLaneCount(data);
  return html`<div class="stack">
    ${heading(t('pat.title'))}
    <ul class="rows sentences" aria-label=${t('pat.title')}>${PATTERN_PAGES.map(
      (name) =>
        html`<li>${link({ title: SENTENCES[name](counts), icon: ICONS[name], onClick: () => open(name) })}</li>`,
    )}</ul>
    <section class="card stack-close">
      ${timelinePicture(stage, data, { isFirst: true })}
      ${
        hidden
          ? html`<div>${button(t('pat.picture_all', { n: data.timeline.lanes.length }), () => open('what'), {
              plain: true,
            })}</div>`
          : nothing
      }
    </section>
  </div>`;
}

const SENTENCES: Record<PatternPage, (counts: Patterns) => string> = {
  often: (counts) => `${[tn('pat.times', counts.all.length), sinceText(counts)].filter(Boolean).join(' ')}.`,
  when: ({ days, gaps: { longest } }) =>
    !days
      ? t('pat.s_no_day')
      : longest
        ? t('pat.s_when', { days: tn('pat.days', days), gap: tn('pat.day', longest.days) })
        : `${tn('pat.days', days)}.`,
  what: ({ behaviours: [first, second, ...others] }) => {
    if (!first) return t('pat.s_no_kind');
    const kinds = tn('pat.s_kinds', others.length + (second ? 2 : 1));
    // With two that are equally frequent, neither is named.
    return second && second.ids.length === first.ids.length
      ? kinds
      : `${kinds} ${t('pat.s_most', {
          what: labelForCode('behaviours', first.code) || first.code,
          n: first.ids.length,
        })}`;
  },
  changes: (counts) => {
    const kind = CHANGE_KINDS.find((name) => counts.key_dates.some((date) => date.kind === name));
    const date = counts.key_dates.find((keyDate) => keyDate.kind === kind);
    // Entries without a day are on neither side of it.
    if (date && counts.since)
      return t('pat.s_after', {
        what: lookUp(`pat.key_${date.kind}`),
        times: tn('pat.times', date.after.length),
      });
    const newAccounts = newAccountsText(counts);
    if (newAccounts) return `${newAccounts} ${t('pat.after_block')}.`;
    return t(counts.key_dates.length ? 'pat.s_own_days' : 'pat.s_no_change');
  },
  who: ({ all, neither }) =>
    neither.length === all.length
      ? t('pat.s_words')
      : t('pat.s_backed', { n: all.length - neither.length, all: all.length }),
};

export const views = { patterns: patternsView };
