/**
 * What this phone itself remembers of the advocates let in: whose nine words were checked, which grants are in force,
 * and which were ended. docs/formats.md, section 8.
 *
 * [Note: a server that forgets an ending] Ending is a request like any other, and a server may lose it or lie about
 * it. So it is stored on this phone first, and as `withdrawn_at` in the diary's own `consent` record, which has the
 * grant's id: no device of this diary gives anything after it, whatever the server reports.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { readUnverifiedHeader } from '../../crypto/envelope.js';
import { textOf, integerOf } from '../../record/reading.js';
import type { GrantTerms, GrantParty } from '../../crypto/sharing/grants.js';
import type { AdvocateRow } from '../../net/grants.js';
import type { EndedGrant, ActiveGrant, VerifiedAdvocate } from '../../store/root.js';
import type { Open } from '../types.js';

type OpenedGrant = null | { said: GrantTerms; other: GrantParty };

const MET_LIMIT = 40;
const ENDED_LIMIT = 400;

export function grantsInForce({ store }: Open): ActiveGrant[] {
  return store.root.letting ?? [];
}

export function checkedAdvocates({ store }: Open): VerifiedAdvocate[] {
  return store.root.met ?? [];
}

export function endedGrants({ store }: Open): EndedGrant[] {
  return store.root.let_out ?? [];
}

/** Open the keeper's own copies of grants and load their keys; null for a copy that lets nobody in. */
export function openGrants(
  { vault, identity }: Open,
  grants: readonly Pick<ActiveGrant, 'grant' | 'to' | 'kept'>[],
): Promise<OpenedGrant[]> {
  return vault.grantsLoad(
    grants.map(({ grant, to, kept }) => ({ diary: identity.diary, grant, to, kept: unb64(kept) })),
  );
}

/**
 * Return the advocate that a grant is for, from what the keeper sealed and not from the server; '' if unreadable.
 * @param sealed b64
 */
export function grantRecipient(sealed: string): string {
  try {
    return String(readUnverifiedHeader(unb64(sealed), 'grant').to ?? '');
  } catch {
    return '';
  }
}

/**
 * Return the advocate that another device let in: the name from the keeper's copy, the organisation from the consent,
 * both sealed.
 * @returns an empty organisation while the consent has not come
 */
export async function findAdvocate(
  open: Open,
  grant: string,
  name: string,
): Promise<{ name: string; organisation: string }> {
  const recipient = (await open.book.meta(grant))
    ? await open.book.newest(grant).then(
        ({ restricted }) => textOf(restricted, 'recipient'),
        () => '',
      )
    : '';
  return { name, organisation: recipient.startsWith(`${name}, `) ? recipient.slice(name.length + 2) : '' };
}

export async function storeAdvocate(open: Open, advocate: VerifiedAdvocate) {
  await open.store.change((root) => {
    root.met = [...(root.met ?? []).filter((item) => item.fingerprint !== advocate.fingerprint), advocate].slice(
      -MET_LIMIT,
    );
  });
}

export async function removeAdvocate(open: Open, fingerprint: string) {
  await open.store.change((root) => {
    root.met = (root.met ?? []).filter((item) => item.fingerprint !== fingerprint);
  });
}

/** Return a grant with only the fields that are stored. */
function toStoredGrant({
  grant,
  to,
  kept,
  made_at,
  not_after,
  name,
  organisation,
  looked_at,
  called,
}: ActiveGrant): ActiveGrant {
  return { grant, to, kept, made_at, not_after, name, organisation, looked_at, ...(called ? { called } : {}) };
}

export async function storeGrantsInForce(open: Open, grants: readonly ActiveGrant[]) {
  const stored = grants.map(toStoredGrant);
  if (JSON.stringify(stored) === JSON.stringify(grantsInForce(open))) return;
  await open.store.change((root) => {
    root.letting = stored;
  });
}

export async function addGrant(open: Open, grant: ActiveGrant) {
  await open.store.change((root) => {
    root.letting = [...(root.letting ?? []).filter((item) => item.grant !== grant.grant), grant];
  });
}

/**
 * End a grant on this phone: from here on nothing is given, whether the server has ended it or not.
 * @param now ms
 */
export async function endLocally(open: Open, grant: string, now: number) {
  await open.vault.grantDrop(grant);
  await open.store.change((root) => {
    const endedGrant = (root.letting ?? []).find((item) => item.grant === grant);
    root.letting = (root.letting ?? []).filter((item) => item.grant !== grant);
    if (!endedGrants(open).some((item) => item.grant === grant))
      root.let_out = [
        ...(root.let_out ?? []),
        { grant, at: now, told: false, ...(endedGrant ? { was: endedGrant } : {}) },
      ].slice(-ENDED_LIMIT);
  });
}

export async function noteEndConfirmed(open: Open, grant: string, isConfirmed: boolean) {
  await open.store.change((root) => {
    root.let_out = (root.let_out ?? []).map((item) =>
      item.grant === grant
        ? { grant, at: item.at, told: isConfirmed, ...(item.was && !isConfirmed ? { was: item.was } : {}) }
        : item,
    );
  });
}

/**
 * Queue grants that ended on any device and are still in force at the server, which may have confirmed the end
 * falsely; unqueue those that have ended there meanwhile.
 * @param grants as just read
 */
export async function updatePendingEnds(
  open: Open,
  grants: readonly (ActiveGrant & { ended_at: number | null; unheard: boolean })[],
) {
  const previous = endedGrants(open);
  const told = new Map(previous.map((item) => [item.grant, item.told]));
  const pendingEnds = grants.filter(({ grant, unheard }) => unheard && told.get(grant) !== false);
  const confirmedEnds = new Set(
    grants.filter(({ grant, unheard }) => !unheard && told.get(grant) === false).map(({ grant }) => grant),
  );
  if (!pendingEnds.length && !confirmedEnds.size) return;
  const newEnds = pendingEnds.map((item) => ({
    grant: item.grant,
    at: item.ended_at ?? 0,
    told: false,
    was: toStoredGrant(item),
  }));
  const remaining = previous
    .filter(({ grant }) => !pendingEnds.some((item) => item.grant === grant))
    .map((item) => (confirmedEnds.has(item.grant) ? { grant: item.grant, at: item.at, told: true } : item));
  await open.store.change((root) => {
    root.let_out = [...remaining, ...newEnds].slice(-ENDED_LIMIT);
  });
}

/**
 * Return when the keeper ended a grant, on any device; null while it is in force.
 * @returns ms
 */
export async function endedAt(open: Open, grant: string): Promise<number | null> {
  const local = endedGrants(open).find((item) => item.grant === grant);
  if (local) return local.at;
  if (!(await open.book.meta(grant))) return null; // made by a device whose consent has not come yet
  return open.book.newest(grant).then(
    ({ kind, fields }) => (kind === 'consent' ? integerOf(fields, 'withdrawn_at') : null),
    () => null,
  );
}

/** Return a person's public keys in b64, as the server and grants hold them. */
export function personOf({ ecdsa_pub, hpke_pub, name }: AdvocateRow): GrantParty {
  return { ecdsa_pub: b64(unb64(ecdsa_pub)), hpke_pub: b64(unb64(hpke_pub)), name };
}
