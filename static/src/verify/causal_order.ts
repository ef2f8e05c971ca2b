/**
 * Puts proofs in the order in which their versions came, so that a record's history is the same as in the diary; the
 * twin of diary/pack/inorder.py. A device's clock does not give the order: it may be days wrong, or be put back. The
 * parents of a version come before it. Beyond that the receipts' times decide. Versions without a receipt come last,
 * by their device's own numbering.
 */
import { codesOf, objectOf, textOf, wholeOf } from '../record/reading.js';
import { tellAll } from '../record/record_history.js';
import type { Told } from '../record/record_history.js';
import type { Proof } from './proof_check.js';

const VERSION_END = '-12345678.json'.length;

/**
 * Return every record of a kind: the label of its proofs (`0007`, `JB-1`), its history, and its last proof by name.
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

/** Sort parents first. Cycles, which only forged versions can form, come at the end. */
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

/** The proofs that can come next, earliest first. */
class Ready {
  sorted: Proof[];
  at = 0;
  /** few: children of proofs already taken */
  more: Proof[] = [];

  /** @param sorted by arrival */
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

/** Return when it was received, else its number on its device. */
function cameAt({ raw, values }: Proof) {
  const ts = wholeOf(objectOf(raw, 'receipt'), 'ts');
  return { none: ts === null, ts: ts ?? 0, n: wholeOf(objectOf(values, '_line'), 'n') ?? 0 };
}
