/** The timeline of the pack as the screen draws it: lanes, marks and days are those of record/patterns/timeline.ts. */
import { html, nothing } from '../../shell/html.js';
import { laneChart } from '../../components/chart.js';
import { isoDateText } from '../../components/text/formatting.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { inListOrder, placeTimeline } from '../../record/patterns/timeline.js';
import { lookUp, t } from '../../shell/strings.js';
import './words.js';
import type { PlacedTimeline, Timeline, TimelineLane } from '../../record/patterns/timeline.js';
import type { PatternData } from './read_patterns.js';
import type { Stage } from '../../shell/stage.js';
import type { SharedApp } from '../../shell/app.js';

const MARK_SIZE = 9;
const FLAG_SIZE = 12;
/** Height of the marks above the lowest one: more marks lie closer together. */
const FIRST_STACK = 10;
const FULL_STACK = 44;
/** In CSS pixels, where the picture has as many. */
const WIDTHS = { phone: 294, wide: 590 };
const DAY_MS = 86_400_000;

/** Placed timelines: ten thousand marks must not be placed again at every drawing. */
const placedByTimeline: WeakMap<Timeline, Map<string, PlacedTimeline>> = new WeakMap();

/** How many lanes fit below the sentences: new accounts, and the kinds that most entries have. */
export const firstLaneCount = ({ timeline: { lanes } }: PatternData) => (lanes[0]?.kind === 'accounts' ? 4 : 3);

/** @param options `isFirst`: only the lanes that fit below the sentences, each as low as can be */
export function timelinePicture(
  stage: Stage<SharedApp>,
  data: PatternData,
  { isFirst = false }: { isFirst?: boolean } = {},
) {
  const { timeline, counts } = data;
  const width = stage.isWide ? WIDTHS.wide : WIDTHS.phone;
  const codes = loadVocabulary(stage)?.behaviours?.codes.map(({ code }) => code) ?? [];
  const placed = placedOnce(timeline, codes, width);
  const lanes = isFirst ? placed.lanes.slice(0, firstLaneCount(data)) : placed.lanes;
  const dayText = (day: number) => isoDateText(new Date(day * DAY_MS).toISOString().slice(0, 10));
  const [first, last] = [timeline.first, timeline.last].map((day) => (day === null ? '' : dayText(day)));
  const counted = lanes.map(({ lane }) => `${laneName(lane)}: ${lane.spots.length}`).join('; ');
  const dates = counts.key_dates.map(({ kind, day }) => `${lookUp(`pat.key_${kind}`)}, ${isoDateText(day)}`).join('; ');
  const hasHollow = lanes.some(({ marks }) => marks.some(({ isSure }) => !isSure));
  return laneChart({
    alt: [
      first ? t('pat.picture_alt', { from: first, to: last ?? '' }) : t('pat.picture_undated'),
      `${counted}.`,
      placed.lines.length ? t('pat.picture_dates', { list: dates }) : '',
    ]
      .filter(Boolean)
      .join(' '),
    lanes: lanes.map((lane) => ({
      ...lane,
      name: laneName(lane.lane),
      count: lane.lane.spots.length,
      shape: lane.lane.kind === 'accounts' ? 'flag' : isKeepers(lane.lane) ? 'diamond' : 'round',
      size: sizeOf(lane.lane),
    })),
    width,
    stack: isFirst ? FIRST_STACK : FULL_STACK,
    ticks: placed.ticks,
    lines: placed.lines.map(({ x }) => x),
    undatedLeft: placed.undatedLeft,
    ends: [
      first ?? '',
      placed.undatedLeft === null ? (last ?? '') : first ? t('pat.picture_end', { day: last ?? '' }) : '',
    ],
    legend: html`${t('pat.picture_mark')}${hasHollow ? html` ${t('pat.picture_hollow')}` : nothing}${
      placed.lines.length ? html` ${t('pat.picture_line')}` : nothing
    }`,
  });
}

const isKeepers = ({ kind }: TimelineLane) => kind === 'own_contact' || kind === 'reason';
const sizeOf = ({ kind }: TimelineLane) => (kind === 'accounts' ? FLAG_SIZE : MARK_SIZE);

function laneName({ kind, code }: TimelineLane): string {
  return kind === 'behaviours' ? labelForCode('behaviours', code) || code : lookUp(`pat.lane_${kind}`);
}

function placedOnce(timeline: Timeline, codes: readonly string[], width: number): PlacedTimeline {
  const known = placedByTimeline.get(timeline) ?? new Map<string, PlacedTimeline>();
  placedByTimeline.set(timeline, known);
  const key = `${width} ${codes.length}`;
  const frame = {
    left: 6,
    end: width - 6,
    undated: 44,
    undatedGap: 6,
    undatedPadding: 4,
    markGap: 2,
    tickDistance: 12,
  };
  const placed = known.get(key) ?? placeTimeline(timeline, inListOrder(timeline.lanes, codes), frame, sizeOf);
  known.set(key, placed);
  return placed;
}
