/**
 * The outside witnesses of the public log that this phone knows.
 *
 * [Note: a list that shrinks] The server names its witnesses itself, and only a witness keeps it from showing two
 * people two different logs. So the first list is stored, sealed. A new witness is accepted silently: it weakens
 * nothing. A witness that is gone, or has another key, is a warning until the user has read it, even if it comes back
 * meanwhile. Until then no new witness is accepted, so that a server that names others each time cannot make the list
 * grow.
 */
import { witnessesIn } from '../../net/proofs.js';
import type { Root, LogWitnesses } from '../../store/root.js';
import type { LogResponse } from '../../net/api.js';
import type { Open } from '../types.js';

const NO_WITNESSES: LogWitnesses = { known: [], gone: [], named: [] };

/**
 * Compare the server's witnesses with the stored list. See [Note: a list that shrinks].
 * @param response body of `/v1/log`
 */
export async function updateWitnessList({ store }: Open, response: LogResponse) {
  const previous = store.root.log_witnesses ?? NO_WITNESSES;
  const named = witnessesIn(response);
  const changed = previous.known.filter(
    (witness) => !named.some(({ name, pub }) => name === witness.name && pub === witness.pub),
  );
  const gone = [...new Set([...previous.gone, ...changed.map(({ name }) => name)])];
  const current = { known: gone.length ? previous.known : named, gone, named };
  if (JSON.stringify(current) !== JSON.stringify(previous))
    await store.change((root) => {
      root.log_witnesses = current;
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
    const { named } = root.log_witnesses ?? NO_WITNESSES;
    root.log_witnesses = { known: named, gone: [], named };
  });
}
