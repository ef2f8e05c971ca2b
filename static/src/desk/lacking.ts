/**
 * Gaps that a reader of a pack would ask about, as far as the record shows them, to fill before the pack is made.
 * Each belongs to a check in the pack's design (docs/pack.md, "Prepared by somebody else").
 */
import { markOf } from '../record/assisted.js';
import { codesOf, objectsOf, textOf, wholeOf } from '../record/reading.js';
import { stillHeld } from '../record/recorders.js';
import { isLate } from '../record/record_history.js';
import type { Fields } from '../record/reading.js';
import type { Told } from '../record/record_history.js';

type Lack =
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
export type Lacking = { what: Lack; records: string[] };

const OF_ENTRIES: readonly (readonly [Lack, (fields: Fields, told: Told) => boolean])[] = [
  ['time', (fields) => wholeOf(fields, 'occurred_start') === null || textOf(fields, 'precision') === 'unknown'],
  ['fear', (fields) => !textOf(fields, 'feared_violence')],
  [
    'basis',
    (fields) =>
      (Boolean(textOf(fields, 'who')) || codesOf(fields, 'actor_ids').length > 0) &&
      !codesOf(fields, 'attribution_basis').length &&
      !textOf(fields, 'attribution_basis'),
  ],
  ['late', (fields, told) => isLate(told) && !textOf(fields, 'late_reason')],
  ['unconfirmed', (fields) => markOf(fields)?.answer === ''],
];

/**
 * @param selected what goes into the pack
 * @param today YYYY-MM-DD
 * @returns only gaps that occur
 */
export function lackingIn(
  {
    incidents,
    attached,
    registers,
  }: { incidents: readonly Told[]; attached: readonly Told[]; registers: readonly Told[] },
  today: string,
): Lacking[] {
  const ofEntries = OF_ENTRIES.map(([what, lacks]) => ({
    what,
    records: incidents.filter((one) => lacks(one.newest.fields, one)).map(({ record }) => record),
  }));
  const recording = incidents
    .filter(({ newest }) => stillHeld(newest.fields).some((one) => textOf(one, 'overwrite_due') >= today))
    .map(({ record }) => record);
  const ofFiles = (lacks: (told: Told) => boolean) => [
    ...new Set(attached.filter(lacks).flatMap((one) => ownerOf(one, incidents) ?? [])),
  ];
  const unserved = new Set(
    registers
      .filter(
        ({ newest: { kind, fields } }) =>
          kind === 'order' && !textOf(fields, 'served_on') && !textOf(fields, 'known_on'),
      )
      .map(({ record }) => record),
  );
  const breached = incidents
    .filter(({ newest }) =>
      objectsOf(newest.fields, 'alleged_breaches').some((one) => unserved.has(textOf(one, 'order_id'))),
    )
    .map(({ record }) => record);
  const all = [
    ...ofEntries,
    { what: 'recording' as const, records: recording },
    {
      what: 'described' as const,
      records: ofFiles(({ newest }) => !textOf(newest.fields, 'description')),
    },
    {
      what: 'looked' as const,
      records: ofFiles(
        ({ newest }) =>
          textOf(newest.fields, 'media_type').startsWith('image/') && wholeOf(newest.fields, 'looked_at') === null,
      ),
    },
    { what: 'served' as const, records: breached },
  ].filter(({ records }) => records.length);
  return registers.some(({ newest }) => newest.kind === 'report') ? all : [...all, { what: 'reported', records: [] }];
}

/** The entry that a file belongs to. */
function ownerOf({ record, newest }: Told, incidents: readonly Told[]) {
  const named = codesOf(newest.fields, 'incident_ids');
  return (
    incidents.find((one) => named.includes(one.record) || codesOf(one.newest.fields, 'attachment_ids').includes(record))
      ?.record ?? null
  );
}
