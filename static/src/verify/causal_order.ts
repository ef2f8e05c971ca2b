/**
 * Puts proofs in the order in which their versions came, so that a record's history is the same as in the diary; the
 * twin of diary/pack/verify/causal_order.py. A device's clock does not give the order: it may be days wrong, or be put
 * back. The parents of a version come before it. Beyond that the receipts' times decide. Versions without a receipt
 * come last, by their device's own numbering.
 */
import { codesOf, objectOf, textOf, integerOf } from '../record/reading.js';
import { historiesOf } from '../record/record_history.js';
import type { RecordHistory } from '../record/record_history.js';
import type { Proof } from './proof_check.js';

const VERSION_END = '-12345678.json'.length;

/**
 * Return every record of a kind: the label of its proofs (`0007`, `JB-1`), its history, and its last proof by name.
 * @param proofs by version
 */
export function provedHistoriesOf(
  proofs: ReadonlyMap<string, Proof>,
  kind: string,
): { label: string; told: RecordHistory; member: string }[] {
  const members = new Map(
    [...proofs.values()]
      .filter(({ raw }) => raw.kind === kind)
      .map(({ raw, member }) => [textOf(raw, 'record'), member]),
  );
  const versions = sortCausally(proofs).map(({ raw, version, values }) => ({
    record: textOf(raw, 'record'),
    version,
    kind: textOf(raw, 'kind'),
    fields: values,
    restricted: {},
  }));
  return historiesOf(versions, kind).map((history) => {
    const member = members.get(history.record) ?? '';
    return { label: (member.split('/').at(-1) ?? '').slice(0, -VERSION_END), told: history, member };
  });
}

/** Sort parents first. Cycles, which only forged versions can form, come at the end. */
export function sortCausally(proofs: ReadonlyMap<string, Proof>): Proof[] {
  const pendingParents = new Map(
    [...proofs].map(([version, { values }]) => [
      version,
      new Set(codesOf(values, '_parents').filter((parent) => proofs.has(parent))),
    ]),
  );
  const children: Map<string, string[]> = new Map();
  for (const [version, parents] of pendingParents)
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), version]);
  const remaining = new Map([...proofs.values()].sort(byArrival).map((proof) => [proof.version, proof]));
  const ordered: Proof[] = [];
  const ready = new ReadyQueue([...remaining.values()].filter(({ version }) => !pendingParents.get(version)?.size));
  for (let next = ready.take(); next; next = ready.take()) {
    ordered.push(next);
    remaining.delete(next.version);
    for (const child of children.get(next.version) ?? []) {
      const parentsLeft = pendingParents.get(child);
      parentsLeft?.delete(next.version);
      const proof = proofs.get(child);
      if (proof && !parentsLeft?.size) ready.add(proof);
    }
  }
  return [...ordered, ...[...remaining.values()].sort((a, b) => (a.version < b.version ? -1 : 1))];
}

/** The proofs that can come next, earliest first. */
class ReadyQueue {
  sorted: Proof[];
  position = 0;
  /** few: children of proofs already taken */
  inserted: Proof[] = [];

  /** @param sorted by arrival */
  constructor(sorted: Proof[]) {
    this.sorted = sorted;
  }

  add(proof: Proof) {
    const index = this.inserted.findIndex((other) => byArrival(proof, other) < 0);
    this.inserted.splice(index < 0 ? this.inserted.length : index, 0, proof);
  }

  take(): Proof | undefined {
    const [first, second] = [this.sorted[this.position], this.inserted[0]];
    if (second && (!first || byArrival(second, first) < 0)) return this.inserted.shift();
    this.position += 1;
    return first;
  }
}

function byArrival(a: Proof, b: Proof) {
  const [first, second] = [arrivalOf(a), arrivalOf(b)];
  return (
    Number(first.none) - Number(second.none) ||
    first.ts - second.ts ||
    first.n - second.n ||
    (a.version < b.version ? -1 : 1)
  );
}

/** Return when it was received, else its number on its device. */
function arrivalOf({ raw, values }: Proof) {
  const ts = integerOf(objectOf(raw, 'receipt'), 'ts');
  return { none: ts === null, ts: ts ?? 0, n: integerOf(objectOf(values, '_line'), 'n') ?? 0 };
}
