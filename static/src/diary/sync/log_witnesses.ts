/**
 * Which witnesses outside the server this phone knows for its public log.
 *
 * [Note: a list that shrinks] The server names its witnesses itself, and only a witness keeps it from showing two
 * people two logs. So the first list is kept, sealed. One that is added is taken in without a word: another witness
 * takes nothing away. One that is gone, or whose key is another, is said until a person has read it, also where it came
 * back meanwhile. Until then none is taken in, so that a server which names others each time cannot make the list grow.
 */
import { namedIn } from '../../net/proofs.js';
import type { Root, LogWitnesses } from '../../store/root.js';
import type { LogAnswer } from '../../net/api.js';
import type { Open } from '../types.js';

const NONE: LogWitnesses = { known: [], gone: [], named: [] };

/**
 * See [Note: a list that shrinks].
 * @param told what `/v1/log` says
 */
export async function heedWitnessList({ store }: Open, told: LogAnswer) {
  const before = store.root.log_witnesses ?? NONE;
  const named = namedIn(told);
  const missing = before.known.filter((one) => !named.some(({ name, pub }) => name === one.name && pub === one.pub));
  const gone = [...new Set([...before.gone, ...missing.map(({ name }) => name)])];
  const now = { known: gone.length ? before.known : named, gone, named };
  if (JSON.stringify(now) !== JSON.stringify(before))
    await store.change((root) => {
      root.log_witnesses = now;
    });
}

/**
 * Witnesses that are gone or have another key, and nobody has read it yet.
 * @returns names
 */
export function goneWitnesses(root: Root): string[] {
  return root.log_witnesses?.gone ?? [];
}

/** It was read: what the server named last is what is known from now on. */
export async function acceptWitnessList({ store }: Open) {
  await store.change((root) => {
    const { named } = root.log_witnesses ?? NONE;
    root.log_witnesses = { known: named, gone: [], named };
  });
}
