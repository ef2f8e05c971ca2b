/**
 * For tests/pack/test_timeline.py: `node pack_timeline.mjs FRAMES CAPSULE…` prints for each capsule the timeline that
 * the Patterns screen draws, in a frame of the pack: `mark_size` and `flag_size`, the rest as in
 * record/patterns/timeline.ts.
 */
import { readFileSync } from 'node:fs';
import { countPack, countedKinds } from '#app/pack/chronology/pack_counts.js';
import { rowsOf } from '#app/pack/proofs.js';
import { openedOf } from '#app/pack/record_json.js';
import { factOf } from '#app/record/patterns/patterns_facts.js';
import { inListOrder, placeTimeline, timelineOf } from '#app/record/patterns/timeline.js';
import { historiesOf } from '#app/record/record_history.js';
import { VOCABULARY } from '#app/record/vocabulary/vocabulary.js';

const [frameText, ...paths] = process.argv.slice(2);
const frames = JSON.parse(String(frameText));
const codes = (VOCABULARY.behaviours?.codes ?? []).map(({ code }) => code);
const results = paths.map((path, at) => {
  const capsule = JSON.parse(readFileSync(path, 'utf8'));
  const { mark_size, flag_size, ...frame } = frames[at];
  const opened = rowsOf(capsule, 'versions').map(openedOf);
  const incidents = historiesOf(opened, 'incident');
  const refs = new Map(rowsOf(capsule, 'refs').map(({ record, ref }) => [String(record), String(ref)]));
  const { tz } = capsule.pack;
  const facts = incidents.map(({ record, newest }) => factOf(record, newest.fields, newest.restricted));
  const timeline = timelineOf(facts, countedKinds(opened, refs), tz, countPack(opened, incidents, refs, tz));
  const placed = placeTimeline(timeline, inListOrder(timeline.lanes, codes), frame, ({ kind }) =>
    kind === 'accounts' ? flag_size : mark_size,
  );
  return {
    lanes: placed.lanes.map(({ lane, marks, spans }) => ({
      code: lane.code,
      kind: lane.kind,
      marks: marks.map(({ x, level, isSure }) => [x, level, isSure]),
      spans: spans.map(({ from, to, level }) => [from, to, level]),
    })),
    ticks: placed.ticks,
    lines: placed.lines.map(({ x, kind }) => [x, kind]),
    undated_left: placed.undatedLeft,
  };
});
process.stdout.write(JSON.stringify(results));
