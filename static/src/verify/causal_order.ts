/**
 * Proofs put in the order in which their versions came, so that a record is told as the diary told it; the twin of
 * diary/pack/inorder.py. A device's clock says nothing of order: it may be days wrong, or be put back. What a version
 * grew from comes before it; beyond that the receipts' times decide, and what has none comes last, by its device's own
 * numbering.
 */
import { codesOf, objectOf, textOf, wholeOf } from '../record/reading.js';
import { tellAll } from '../record/record_history.js';
import type { Told } from '../record/record_history.js';
import type { Proof } from './proof_check.js';

const VERSION_END = '-12345678.json'.length;

/**
 * Every record of a kind: what its proofs are called (`0007`, `JB-1`), the record as told, and its last proof by name.
 * @param proofs by version
 */
export function toldOf(
  proofs: ReadonlyMap<string, Proof>,
  kind: string,
): { label: string; told: Told; member: string }[] {
  const members = new Map(
    [...proofs.values()]
      .filter(({ raw }) => raw.kind === kind)
      .map(({ raw, member }) => [textOf(raw, 'record'), member]),
  );
  const versions = inOrder(proofs).map(({ raw, version, values }) => ({
    record: textOf(raw, 'record'),
    version,
    kind: textOf(raw, 'kind'),
    fields: values,
    restricted: {},
  }));
  return tellAll(versions, kind).map((told) => {
    const member = members.get(told.record) ?? '';
    return { label: (member.split('/').at(-1) ?? '').slice(0, -VERSION_END), told, member };
  });
}

/** Parents first. What leads in a circle, as only forged ones can, comes at the end. */
export function inOrder(proofs: ReadonlyMap<string, Proof>): Proof[] {
  const waits = new Map(
    [...proofs].map(([version, { values }]) => [
      version,
      new Set(codesOf(values, '_parents').filter((one) => proofs.has(one))),
    ]),
  );
  const after: Map<string, string[]> = new Map();
  for (const [version, parents] of waits)
    for (const parent of parents) after.set(parent, [...(after.get(parent) ?? []), version]);
  const rest = new Map([...proofs.values()].sort(byComing).map((proof) => [proof.version, proof]));
  const ordered: Proof[] = [];
  const ready = new Ready([...rest.values()].filter(({ version }) => !waits.get(version)?.size));
  for (let next = ready.take(); next; next = ready.take()) {
    ordered.push(next);
    rest.delete(next.version);
    for (const child of after.get(next.version) ?? []) {
      const left = waits.get(child);
      left?.delete(next.version);
      const proof = proofs.get(child);
      if (proof && !left?.size) ready.add(proof);
    }
  }
  return [...ordered, ...[...rest.values()].sort((a, b) => (a.version < b.version ? -1 : 1))];
}

/** What can come next, the first to come first. */
class Ready {
  sorted: Proof[];
  at = 0;
  /** Few: what followed something taken already */
  more: Proof[] = [];

  /** @param sorted by when they came */
  constructor(sorted: Proof[]) {
    this.sorted = sorted;
  }

  add(proof: Proof) {
    const place = this.more.findIndex((one) => byComing(proof, one) < 0);
    this.more.splice(place < 0 ? this.more.length : place, 0, proof);
  }

  take(): Proof | undefined {
    const [first, second] = [this.sorted[this.at], this.more[0]];
    if (second && (!first || byComing(second, first) < 0)) return this.more.shift();
    this.at += 1;
    return first;
  }
}

function byComing(a: Proof, b: Proof) {
  const [first, second] = [cameAt(a), cameAt(b)];
  return (
    Number(first.none) - Number(second.none) ||
    first.ts - second.ts ||
    first.n - second.n ||
    (a.version < b.version ? -1 : 1)
  );
}

/** When it was received, else its number on its device. */
function cameAt({ raw, values }: Proof) {
  const ts = wholeOf(objectOf(raw, 'receipt'), 'ts');
  return { none: ts === null, ts: ts ?? 0, n: wholeOf(objectOf(values, '_line'), 'n') ?? 0 };
}
