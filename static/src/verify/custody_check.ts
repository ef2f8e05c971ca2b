/**
 * The custody steps in 12_record.json against the proofs of the files. The twin of diary/pack/verify/custody_check.py,
 * which explains what can be checked.
 */
import { custodyRows } from '../pack/capsule.js';
import { objectOf, objectsOf, integerOf, textOf } from '../record/reading.js';
import { historiesOf } from '../record/record_history.js';
import { VOCABULARY } from '../record/vocabulary/vocabulary.js';
import { sameJson } from './proof_check.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { OpenedVersion, RecordHistory } from '../record/record_history.js';

/**
 * The app takes these steps itself when a file is added; each other step is the keeper's, or that of an advocate who
 * looked at a file in a sitting.
 */
const ARRIVAL_ACTIONS = ['received', 'hashed'];
const DIGEST_ACTIONS = ['hashed', 'verified'];
const LINE_KEYS = ['action', 'actor', 'at', 'detail', 'item'];

/** Check that the custody steps agree with the exhibits, their proofs and the time of the pack. */
export function hasValidCustody(record: Fields, versions: readonly OpenedVersion[]) {
  const files = new Map(historiesOf(versions, 'attachment').map((history) => [history.record, history]));
  const [exhibits, lines] = [objectsOf(record, 'exhibits'), objectsOf(record, 'custody')];
  const packFacts = objectOf(record, 'pack');
  const isPrepared = Object.keys(objectOf(packFacts, 'prepared')).length > 0;
  const attachments = exhibits.map((row) => files.get(textOf(row, 'record')));
  if (attachments.includes(undefined)) return false;
  // What the steps are where nothing was logged.
  const plainSteps = custodyRows([], attachments as RecordHistory[], exhibits as JsonObject[], {
    at: integerOf(packFacts, 'made_at') ?? 0,
    actor: isPrepared ? 'advocate' : 'keeper',
  });
  // An advocate is given no custody records.
  if (isPrepared) return sameJson(plainSteps, lines as JsonObject[]);
  const times = lines.map((line) => integerOf(line, 'at') ?? 0);
  const exports = new Map(
    plainSteps.filter(({ action }) => action === 'exported').map((step) => [textOf(step, 'item'), step]),
  );
  // By item: a forger's pack may have tens of thousands of steps and files.
  const linesByItem = groupBy(lines, (line) => textOf(line, 'item'));
  const versionsByRecord = groupBy(versions, (version) => version.record);
  return (
    times.every((time, i) => i === 0 || time >= Number(times[i - 1])) &&
    exhibits.every((row) => {
      const item = textOf(row, 'item');
      return hasValidSteps(
        linesByItem.get(item) ?? [],
        exports.get(item) ?? {},
        versionsByRecord.get(textOf(row, 'record')) ?? [],
      );
    })
  );
}

function groupBy<T>(rows: readonly T[], nameOf: (row: T) => string): Map<string, T[]> {
  const groups: Map<string, T[]> = new Map();
  for (const row of rows) {
    const group = groups.get(nameOf(row));
    if (group) group.push(row);
    else groups.set(nameOf(row), [row]);
  }
  return groups;
}

/** Check that one file went into this pack once, and has at least one step before, each as its proofs say. */
function hasValidSteps(lines: readonly Fields[], exported: Fields, versions: readonly OpenedVersion[]) {
  const logged = lines.filter((line) => !sameJson(line, exported));
  // A forger's file may have tens of thousands of versions, and as many steps.
  const addedTimes: Set<unknown> = new Set(versions.map(({ fields }) => integerOf(fields, 'added_at')));
  const digests: Set<unknown> = new Set(versions.map(({ fields }) => textOf(fields, 'sha256')));
  const isCollected = versions.some(({ fields }) => Object.keys(objectOf(fields, 'collected')).length > 0);
  return (
    logged.length > 0 &&
    logged.length === lines.length - 1 &&
    logged.every((line) => isValidStep(line, addedTimes, digests, isCollected))
  );
}

/** Check that a step names an actor who takes it, and the time and the digest in a version of its file. */
function isValidStep(
  line: Fields,
  addedTimes: ReadonlySet<unknown>,
  digests: ReadonlySet<unknown>,
  isCollected: boolean,
) {
  const action = textOf(line, 'action');
  const isArrival = ARRIVAL_ACTIONS.includes(action);
  const isLookInSitting = isCollected && action === 'viewed' && textOf(line, 'actor') === 'advocate';
  return (
    sameJson(Object.keys(line).sort(), LINE_KEYS) &&
    Boolean(VOCABULARY.custody_actions?.codes.some(({ code }) => code === action)) &&
    (isLookInSitting || textOf(line, 'actor') === (isArrival ? 'app' : 'keeper')) &&
    (!isArrival || addedTimes.has(line.at)) &&
    (!DIGEST_ACTIONS.includes(action) || digests.has(line.detail))
  );
}
