/**
 * What this phone itself remembers of the advocates let in: whose nine words were checked, which grants are in force,
 * and which were ended. docs/formats.md, section 8.
 *
 * [Note: a server that forgets an ending] Ending is a request like any other, and a server may lose it or lie about
 * it. So it is stored on this phone first, and as `withdrawn_at` in the diary's own `consent` record, which has the
 * grant's id: no device of this diary gives anything after it, whatever the server reports.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { claimedHeader } from '../../crypto/envelope.js';
import { textOf, wholeOf } from '../../record/reading.js';
import type { Grant as Said, Person } from '../../crypto/sharing/grants.js';
import type { AdvocateRow } from '../../net/grants.js';
import type { Ended, Letting, Met } from '../../store/root.js';
import type { Open } from '../types.js';

type Known = null | { said: Said; other: Person };

const MET_LIMIT = 40;
const ENDED_LIMIT = 400;

export function lettingOf({ store }: Open): Letting[] {
  return store.root.letting ?? [];
}

export function metOf({ store }: Open): Met[] {
  return store.root.met ?? [];
}

export function endedOf({ store }: Open): Ended[] {
  return store.root.let_out ?? [];
}

/** Open the keeper's own copies of grants and load their keys; null for a copy that lets nobody in. */
export function openAll(
  { vault, identity }: Open,
  list: readonly Pick<Letting, 'grant' | 'to' | 'kept'>[],
): Promise<Known[]> {
  return vault.grantsLoad(list.map(({ grant, to, kept }) => ({ diary: identity.diary, grant, to, kept: unb64(kept) })));
}

/**
 * Return the advocate that a grant is for, from what the keeper sealed and not from the server; '' if unreadable.
 * @param kept b64
 */
export function addressOf(kept: string): string {
  try {
    return String(claimedHeader(unb64(kept), 'grant').to ?? '');
  } catch {
    return '';
  }
}

/**
 * Return the advocate that another device let in: the name from the keeper's copy, the organisation from the consent,
 * both sealed.
 * @returns an empty organisation while the consent has not come
 */
export async function metAs(open: Open, grant: string, name: string): Promise<{ name: string; organisation: string }> {
  const recipient = (await open.book.meta(grant))
    ? await open.book.newest(grant).then(
        ({ restricted }) => textOf(restricted, 'recipient'),
        () => '',
      )
    : '';
  return { name, organisation: recipient.startsWith(`${name}, `) ? recipient.slice(name.length + 2) : '' };
}

export async function keepMet(open: Open, met: Met) {
  await open.store.change((root) => {
    root.met = [...(root.met ?? []).filter((one) => one.fingerprint !== met.fingerprint), met].slice(-MET_LIMIT);
  });
}

export async function forgetMet(open: Open, fingerprint: string) {
  await open.store.change((root) => {
    root.met = (root.met ?? []).filter((one) => one.fingerprint !== fingerprint);
  });
}

/** Return a grant with only the fields that are stored. */
function lettingIn({ grant, to, kept, made_at, not_after, name, organisation, looked_at, called }: Letting): Letting {
  return { grant, to, kept, made_at, not_after, name, organisation, looked_at, ...(called ? { called } : {}) };
}

export async function keepStanding(open: Open, standing: readonly Letting[]) {
  const list = standing.map(lettingIn);
  if (JSON.stringify(list) === JSON.stringify(lettingOf(open))) return;
  await open.store.change((root) => {
    root.letting = list;
  });
}

export async function addStanding(open: Open, letting: Letting) {
  await open.store.change((root) => {
    root.letting = [...(root.letting ?? []).filter((one) => one.grant !== letting.grant), letting];
  });
}

/**
 * End a grant on this phone: from here on nothing is given, whether the server has ended it or not.
 * @param now ms
 */
export async function endHere(open: Open, grant: string, now: number) {
  await open.vault.grantDrop(grant);
  await open.store.change((root) => {
    const was = (root.letting ?? []).find((one) => one.grant === grant);
    root.letting = (root.letting ?? []).filter((one) => one.grant !== grant);
    if (!endedOf(open).some((one) => one.grant === grant))
      root.let_out = [...(root.let_out ?? []), { grant, at: now, told: false, ...(was ? { was } : {}) }].slice(
        -ENDED_LIMIT,
      );
  });
}

export async function noteTold(open: Open, grant: string, told: boolean) {
  await open.store.change((root) => {
    root.let_out = (root.let_out ?? []).map((one) =>
      one.grant === grant ? { grant, at: one.at, told, ...(one.was && !told ? { was: one.was } : {}) } : one,
    );
  });
}

/**
 * Queue grants that ended on any device and are still in force at the server, which may have confirmed the end
 * falsely; unqueue those that have ended there meanwhile.
 * @param grants as just read
 */
export async function keepOwed(
  open: Open,
  grants: readonly (Letting & { ended_at: number | null; unheard: boolean })[],
) {
  const before = endedOf(open);
  const told = new Map(before.map((one) => [one.grant, one.told]));
  const owing = grants.filter(({ grant, unheard }) => unheard && told.get(grant) !== false);
  const done = new Set(
    grants.filter(({ grant, unheard }) => !unheard && told.get(grant) === false).map(({ grant }) => grant),
  );
  if (!owing.length && !done.size) return;
  const again = owing.map((one) => ({ grant: one.grant, at: one.ended_at ?? 0, told: false, was: lettingIn(one) }));
  const kept = before
    .filter(({ grant }) => !owing.some((one) => one.grant === grant))
    .map((one) => (done.has(one.grant) ? { grant: one.grant, at: one.at, told: true } : one));
  await open.store.change((root) => {
    root.let_out = [...kept, ...again].slice(-ENDED_LIMIT);
  });
}

/**
 * Return when the keeper ended a grant, on any device; null while it is in force.
 * @returns ms
 */
export async function endedAt(open: Open, grant: string): Promise<number | null> {
  const here = endedOf(open).find((one) => one.grant === grant);
  if (here) return here.at;
  if (!(await open.book.meta(grant))) return null; // made by a device whose consent has not come yet
  return open.book.newest(grant).then(
    ({ kind, fields }) => (kind === 'consent' ? wholeOf(fields, 'withdrawn_at') : null),
    () => null,
  );
}

/** Return a person's public keys in b64, as the server and grants hold them. */
export function personOf({ ecdsa_pub, hpke_pub, name }: AdvocateRow): Person {
  return { ecdsa_pub: b64(unb64(ecdsa_pub)), hpke_pub: b64(unb64(hpke_pub)), name };
}
