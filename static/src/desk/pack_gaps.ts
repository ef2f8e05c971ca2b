/**
 * Gaps that a reader of a pack would ask about, as far as the record shows them, to fill before the pack is made.
 * Each belongs to a check in the pack's design (docs/pack.md, "Prepared by somebody else").
 */
import { assistedMarkOf } from '../record/assisted.js';
import { codesOf, objectsOf, textOf, integerOf } from '../record/reading.js';
import { outstandingRecordings } from '../record/recorders.js';
import { isLate } from '../record/record_history.js';
import type { Fields } from '../record/reading.js';
import type { RecordHistory } from '../record/record_history.js';

type GapKind =
  | 'time'
  | 'fear'
  | 'basis'
  | 'late'
  | 'recording'
  | 'unconfirmed'
  | 'described'
  | 'looked'
  | 'served'
  | 'reported';
/** The entries, in the order given; none if the gap concerns the whole pack */
export type PackGap = { what: GapKind; records: string[] };

const ENTRY_GAPS: readonly (readonly [GapKind, (fields: Fields, history: RecordHistory) => boolean])[] = [
  ['time', (fields) => integerOf(fields, 'occurred_start') === null || textOf(fields, 'precision') === 'unknown'],
  ['fear', (fields) => !textOf(fields, 'feared_violence')],
  [
    'basis',
    (fields) =>
      (Boolean(textOf(fields, 'who')) || codesOf(fields, 'actor_ids').length > 0) &&
      !codesOf(fields, 'attribution_basis').length &&
      !textOf(fields, 'attribution_basis'),
  ],
  ['late', (fields, history) => isLate(history) && !textOf(fields, 'late_reason')],
  ['unconfirmed', (fields) => assistedMarkOf(fields)?.answer === ''],
];

/**
 * @param selected what goes into the pack
 * @param today YYYY-MM-DD
 * @returns only gaps that occur
 */
export function findGaps(
  {
    incidents,
    attached,
    registers,
  }: { incidents: readonly RecordHistory[]; attached: readonly RecordHistory[]; registers: readonly RecordHistory[] },
  today: string,
): PackGap[] {
  const entryGaps = ENTRY_GAPS.map(([what, isGap]) => ({
    what,
    records: incidents.filter((history) => isGap(history.newest.fields, history)).map(({ record }) => record),
  }));
  const expiringRecordings = incidents
    .filter(({ newest }) =>
      outstandingRecordings(newest.fields).some((source) => textOf(source, 'overwrite_due') >= today),
    )
    .map(({ record }) => record);
  const entriesOfFiles = (isGap: (history: RecordHistory) => boolean) => [
    ...new Set(attached.filter(isGap).flatMap((file) => entryOf(file, incidents) ?? [])),
  ];
  const unserved = new Set(
    registers
      .filter(
        ({ newest: { kind, fields } }) =>
          kind === 'order' && !textOf(fields, 'served_on') && !textOf(fields, 'known_on'),
      )
      .map(({ record }) => record),
  );
  const unservedBreaches = incidents
    .filter(({ newest }) =>
      objectsOf(newest.fields, 'alleged_breaches').some((breach) => unserved.has(textOf(breach, 'order_id'))),
    )
    .map(({ record }) => record);
  const gaps = [
    ...entryGaps,
    { what: 'recording' as const, records: expiringRecordings },
    {
      what: 'described' as const,
      records: entriesOfFiles(({ newest }) => !textOf(newest.fields, 'description')),
    },
    {
      what: 'looked' as const,
      records: entriesOfFiles(
        ({ newest }) =>
          textOf(newest.fields, 'media_type').startsWith('image/') && integerOf(newest.fields, 'looked_at') === null,
      ),
    },
    { what: 'served' as const, records: unservedBreaches },
  ].filter(({ records }) => records.length);
  return registers.some(({ newest }) => newest.kind === 'report') ? gaps : [...gaps, { what: 'reported', records: [] }];
}

/** The entry that a file belongs to. */
function entryOf({ record, newest }: RecordHistory, incidents: readonly RecordHistory[]) {
  const named = codesOf(newest.fields, 'incident_ids');
  return (
    incidents.find(
      (incident) =>
        named.includes(incident.record) || codesOf(incident.newest.fields, 'attachment_ids').includes(record),
    )?.record ?? null
  );
}
