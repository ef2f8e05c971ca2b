/**
 * The outside witnesses of the public log that this phone knows.
 *
 * [Note: a list that shrinks] The server names its witnesses itself, and only a witness keeps it from showing two
 * people two different logs. So the first list is stored, sealed. A new witness is accepted silently: it weakens
 * nothing. A witness that is gone, or has another key, is a warning until the user has read it, even if it comes back
 * meanwhile. Until then no new witness is accepted, so that a server that names others each time cannot make the list
 * grow.
 */
import { namedIn } from '../../net/proofs.js';
import type { Root, LogWitnesses } from '../../store/root.js';
import type { LogAnswer } from '../../net/api.js';
import type { Open } from '../types.js';

const NONE: LogWitnesses = { known: [], gone: [], named: [] };

/**
 * Compare the server's witnesses with the stored list. See [Note: a list that shrinks].
 * @param response body of `/v1/log`
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
 * Return the witnesses that are gone or have another key, and that the user has not read about yet.
 * @returns names
 */
export function goneWitnesses(root: Root): string[] {
  return root.log_witnesses?.gone ?? [];
}

/** Accept the list that the server named last, after the user has read the warning. */
export async function acceptWitnessList({ store }: Open) {
  await store.change((root) => {
    const { named } = root.log_witnesses ?? NONE;
    root.log_witnesses = { known: named, gone: [], named };
  });
}
