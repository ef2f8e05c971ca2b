/**
 * For tests/pack/pack_facts.py: `node pack_facts.mjs CAPSULE…` prints for each capsule what a phone makes of it: the
 * files of a pack made without a server, and the words of the Patterns screen and of the fact sheet.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fromUtf8 } from '#app/core/bytes.js';
import { countPack, countedKinds } from '#app/pack/chronology/pack_counts.js';
import { buildEvidenceFront } from '#app/pack/evidence.js';
import { entryLabels, rowsOf } from '#app/pack/proofs.js';
import { openedOf } from '#app/pack/record_json.js';
import { createRedactor } from '#app/pack/redaction.js';
import { factOf } from '#app/record/patterns/patterns_facts.js';
import { timelineOf } from '#app/record/patterns/timeline.js';
import { historiesOf } from '#app/record/record_history.js';

// lit-html needs these when it is imported; nothing is drawn here.
globalThis.document ??= /** @type {Document} */ (
  /** @type {object} */ ({ createTreeWalker: () => ({}), createComment: () => ({}) })
);
const BUILT = new URL('../../static/js/', import.meta.url);
for (const name of readdirSync(new URL('../src/', BUILT), { recursive: true, encoding: 'utf8' }))
  if (/(^|\/)words(_\w+)?\.json$/.test(name)) await import(new URL(name.replace(/json$/, 'js'), BUILT).href);
const { ENGLISH_TIMES } = await import('#app/components/text/formatting.js');
const { views: sheetViews } = await import('#app/features/entries/fact_sheet.js');
const { views: patternViews } = await import('#app/features/entries/patterns.js');
const { PATTERN_PAGES } = await import('#app/features/entries/pattern_pages.js');

/** Return the words of a template as they are read on the screen. */
function wordsOf(drawn) {
  if (Array.isArray(drawn)) return drawn.map(wordsOf).join('');
  if (drawn?.strings) return drawn.strings.map((part, i) => part + wordsOf(drawn.values[i])).join('');
  return ['string', 'number'].includes(typeof drawn) ? String(drawn) : '';
}
const readable = (drawn) =>
  wordsOf(drawn)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const results = [];
for (const path of process.argv.slice(2)) {
  const capsule = JSON.parse(readFileSync(path, 'utf8'));
  const opened = rowsOf(capsule, 'versions').map(openedOf);
  const front = await buildEvidenceFront(capsule, createRedactor(opened, capsule.sheet, []), ENGLISH_TIMES);
  const refs = new Map(rowsOf(capsule, 'refs').map(({ record, ref }) => [String(record), String(ref)]));
  const counts = countPack(opened, historiesOf(opened, 'incident'), refs, capsule.pack.tz);
  const facts = historiesOf(opened, 'incident').map(({ record, newest }) =>
    factOf(record, newest.fields, newest.restricted),
  );
  const timeline = timelineOf(facts, countedKinds(opened, refs), capsule.pack.tz, counts);
  const known = Object.fromEntries(
    [...refs].map(([record, ref]) => [record, { kind: 'person', fields: { name: ref }, name: ref }]),
  );
  const entries = [...entryLabels(capsule)].map(([record, label]) => ({ record, seq_no: Number(label) || null }));
  const shown = {
    app: { saveIncident() {}, readPatterns() {} },
    cache: new Map(),
    draw() {},
    find: () => ({ data: { counts, timeline, known } }),
    local: {},
    place: { name: 'patterns' },
    state: { entries },
  };
  const stage = /** @type {import('#app/shell/stage.js').Stage} */ (/** @type {unknown} */ (shown));
  results.push({
    front: Object.fromEntries(
      [...front]
        .filter(([name]) => /\.(html|csv|json|txt)$/.test(name))
        .map(([name, bytes]) => [name, fromUtf8(bytes)]),
    ),
    patterns: [undefined, ...PATTERN_PAGES]
      .map((page) => {
        Object.assign(shown.place, { page });
        return readable(patternViews.patterns(stage));
      })
      .join(' '),
    sheet: readable(sheetViews.four(stage)),
    key_dates: counts.key_dates.map(({ kind, record, day, after }) => ({
      kind,
      ref: refs.get(record) ?? '',
      day,
      after: after.length,
    })),
  });
}
process.stdout.write(JSON.stringify(results));
