/** The facts of a quick report, which the keeper pastes into a web form or reads out. Nothing is sent from here. */
import { countPatterns } from '../../record/patterns/patterns.js';
import { isLeftOutOfPacks, textOf, integerOf } from '../../record/reading.js';
import { idsIn } from '../../record/referenced_ids.js';
import { outstandingRecordings } from '../../record/recorders.js';
import { localAt } from '../../record/times.js';
import { readPeople } from '../../diary/records/registers.js';
import { readKind, readRecord } from '../../diary/records/records.js';
import { readSettings } from '../../diary/records/settings.js';
import type { ReadRecord } from '../../diary/records/records.js';
import type { Fields, Open } from '../../diary/types.js';
import type { QuickFacts } from '../../shell/app.js';

/** A form has no room for more, and nobody reads out more. */
const MAX_RECENT = 5;
const RECORD_KINDS = ['account', 'vehicle', 'order', 'report', 'notice', 'impact', 'sighting', 'background'];

/**
 * Return facts only; the screen makes the sentences. Entries that are left out of packs, and what belongs only to them,
 * are not among the facts.
 */
export async function readForQuick(open: Open, { now, zone }: { now: number; zone: string }): Promise<QuickFacts> {
  const allEntries = await readKind(open, 'incident');
  const entries = allEntries.filter(({ fields }) => !isLeftOutOfPacks(fields));
  const included = new Set(entries.map(({ record }) => record));
  const rows = open.syncing
    .rows()
    .filter((row) => row.taken_out === null && row.erased === null && included.has(row.record));
  const [allPeople, settings, ...allKinds] = await Promise.all([
    readPeople(open),
    readSettings(open),
    ...RECORD_KINDS.map((kind) => readKind(open, kind)),
  ]);
  const isOnlyOfLeftOut = leftOutFilter(allEntries, entries);
  const people = allPeople.filter((record) => !isOnlyOfLeftOut(record));
  const kinds = allKinds.map((records) => records.filter((record) => !isOnlyOfLeftOut(record)));
  const [
    accounts = [],
    vehicles = [],
    orders = [],
    reports = [],
    notices = [],
    impacts = [],
    sightings = [],
    background = [],
  ] = kinds;
  const diary = {
    person: people,
    account: accounts,
    order: orders,
    report: reports,
    notice: notices,
    impact: impacts,
    sighting: sightings,
    background,
  };
  const facts = rows.flatMap(({ f }) => f ?? []);
  const counts = countPatterns([...facts].reverse(), diary, zone);
  const newest = [...rows]
    .sort((a, b) => (b.occurred.occurred_start ?? b.recorded_at) - (a.occurred.occurred_start ?? a.recorded_at))
    .slice(0, MAX_RECENT);
  const newestEntries = await Promise.all(
    newest.map(async (row) => ({
      record: row.record,
      seq_no: row.seq_no,
      fields: (await readRecord(open, row.record)).fields,
    })),
  );
  const numbers = new Map(rows.map(({ record, seq_no }) => [record, seq_no]));
  const today = localAt(now, zone).slice(0, 10);
  return {
    newest: newestEntries,
    counts,
    numbers: Object.fromEntries(numbers),
    records: rows.map(({ record }) => record),
    settings,
    people: people.filter(({ fields }) => textOf(fields, 'role') === 'suspect' && !textOf(fields, 'merged_into')),
    accounts,
    vehicles,
    orders,
    notices,
    impacts,
    reports: [...reports].sort(
      (a, b) =>
        (integerOf((a.fields.at ?? {}) as Fields, 'start') ?? a.at) -
        (integerOf((b.fields.at ?? {}) as Fields, 'start') ?? b.at),
    ),
    cameras: entries
      .flatMap(({ record, fields }) =>
        outstandingRecordings(fields).map((item) => ({
          record,
          kind: textOf(item, 'kind'),
          holder: textOf(item, 'holder'),
          due: textOf(item, 'overwrite_due'),
        })),
      )
      .filter(({ due }) => !due || due >= today),
    afraid: entries.filter(({ fields }) => textOf(fields, 'feared_violence') === 'yes').map(({ record }) => record),
    pictures: rows.reduce((sum, { pictures }) => sum + pictures, 0),
  };
}

/** Return whether a record belongs to entries that are left out and to no other: it names them, or they name it. */
function leftOutFilter(allEntries: readonly ReadRecord[], entries: readonly ReadRecord[]) {
  const included = new Set(entries);
  const leftOut = allEntries.filter((entry) => !included.has(entry));
  const namesOf = (records: readonly ReadRecord[]) =>
    new Set(records.flatMap(({ record, fields, restricted }) => [record, ...idsIn(fields), ...idsIn(restricted)]));
  const [leftOutNames, names] = [namesOf(leftOut), namesOf(entries)];
  return ({ record, fields }: { record: string; fields: Fields }) => {
    const ids = [record, ...idsIn(fields)];
    return ids.some((id) => leftOutNames.has(id)) && !ids.some((id) => names.has(id));
  };
}
