/**
 * What this phone itself remembers of the people it let in: whose nine words were checked, who stands, and what was ended.
 * docs/formats.md, section 8.
 *
 * [Note: a server that forgets an ending] Ending is a request like any other, and a server may lose it or lie about it. So it is
 * kept on this phone first, and as `withdrawn_at` in the diary's own `consent` record, which lies under the grant's id: no device of
 * this diary gives anything after it, whatever the server says still stands.
 */
import { b64, unb64 } from '../core/bytes.js';
import { claimedHeader } from '../crypto/envelope.js';
import { textOf, wholeOf } from '../record/reading.js';

/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('../crypto/grants.js').Grant} Said */
/** @typedef {import('../crypto/grants.js').Person} Person */
/** @typedef {import('../net/grants.js').AdvocateRow} AdvocateRow */
/** @typedef {AdvocateRow & {words: string, at: number}} Met an advocate whose nine words were checked; without keys until there was signal to fetch them */
/** @typedef {{grant: string, to: string, kept: string, made_at: number, not_after: number, name: string, organisation: string, looked_at: number|null, called?: string}} Letting what this phone keeps of a grant, so that it can go on giving; `called`: what the keeper is called to them, on the device that made it */
/** @typedef {{grant: string, at: number, told: boolean, was?: Letting}} Ended by the keeper; `told`: the server has ended it too; `was`: what it was, until then */
/** @typedef {null|{said: Said, other: Person}} Known */

const MET_LIMIT = 40;
const ENDED_LIMIT = 400;

/** @param {Open} open @returns {Letting[]} */
export function lettingOf({ store }) {
  return store.root.letting ?? [];
}

/** @param {Open} open @returns {Met[]} */
export function metOf({ store }) {
  return store.root.met ?? [];
}

/** @param {Open} open @returns {Ended[]} */
export function endedOf({ store }) {
  return store.root.let_out ?? [];
}

/** Opens the keeper's own copies and holds their keys; null for one that lets nobody in. @param {Open} open @param {readonly Pick<Letting, 'grant'|'to'|'kept'>[]} list @returns {Promise<Known[]>} */
export function openAll({ vault, identity }, list) {
  return vault.grantsLoad(list.map(({ grant, to, kept }) => ({ diary: identity.diary, grant, to, kept: unb64(kept) })));
}

/** Whom a grant is for: what the keeper sealed says it, not the server. @param {string} kept b64 @returns {string} */
export function addressOf(kept) {
  try {
    return String(claimedHeader(unb64(kept), 'grant').to ?? '');
  } catch {
    return '';
  }
}

/**
 * Whom another device of the diary let in: the name out of the keeper's copy, the organisation out of the consent, both sealed.
 * @param {Open} open @param {string} grant @param {string} name @returns {Promise<{name: string, organisation: string}>} no organisation while the consent has not come
 */
export async function metAs(open, grant, name) {
  const recipient = (await open.book.meta(grant))
    ? await open.book.newest(grant).then(
        ({ restricted }) => textOf(restricted, 'recipient'),
        () => '',
      )
    : '';
  return { name, organisation: recipient.startsWith(`${name}, `) ? recipient.slice(name.length + 2) : '' };
}

/** @param {Open} open @param {Met} met */
export async function keepMet(open, met) {
  await open.store.change((root) => {
    root.met = [...(root.met ?? []).filter((/** @type {Met} */ one) => one.fingerprint !== met.fingerprint), met].slice(
      -MET_LIMIT,
    );
  });
}

/** @param {Open} open @param {string} fingerprint */
export async function forgetMet(open, fingerprint) {
  await open.store.change((root) => {
    root.met = (root.met ?? []).filter((/** @type {Met} */ one) => one.fingerprint !== fingerprint);
  });
}

/** @param {Letting} one @returns {Letting} without what else is known of it */
function lettingIn({ grant, to, kept, made_at, not_after, name, organisation, looked_at, called }) {
  return { grant, to, kept, made_at, not_after, name, organisation, looked_at, ...(called ? { called } : {}) };
}

/** @param {Open} open @param {readonly Letting[]} standing */
export async function keepStanding(open, standing) {
  const list = standing.map(lettingIn);
  if (JSON.stringify(list) === JSON.stringify(lettingOf(open))) return;
  await open.store.change((root) => {
    root.letting = list;
  });
}

/** @param {Open} open @param {Letting} letting */
export async function addStanding(open, letting) {
  await open.store.change((root) => {
    root.letting = [
      ...(root.letting ?? []).filter((/** @type {Letting} */ one) => one.grant !== letting.grant),
      letting,
    ];
  });
}

/** From here on nothing is given, whether the server has ended it or not. @param {Open} open @param {string} grant @param {number} now ms */
export async function endHere(open, grant, now) {
  await open.vault.grantDrop(grant);
  await open.store.change((root) => {
    const was = (root.letting ?? []).find((/** @type {Letting} */ one) => one.grant === grant);
    root.letting = (root.letting ?? []).filter((/** @type {Letting} */ one) => one.grant !== grant);
    if (!endedOf(open).some((one) => one.grant === grant))
      root.let_out = [...(root.let_out ?? []), { grant, at: now, told: false, ...(was ? { was } : {}) }].slice(
        -ENDED_LIMIT,
      );
  });
}

/** @param {Open} open @param {string} grant @param {boolean} told */
export async function noteTold(open, grant, told) {
  await open.store.change((root) => {
    root.let_out = (root.let_out ?? []).map((/** @type {Ended} */ one) =>
      one.grant === grant ? { grant, at: one.at, told, ...(one.was && !told ? { was: one.was } : {}) } : one,
    );
  });
}

/**
 * What ended here, or on another device of the diary, and still stands at the server (it may say that it is done and not do it), and
 * what has ended there meanwhile.
 * @param {Open} open @param {readonly (Letting & {ended_at: number|null, unheard: boolean})[]} grants as they were just read
 */
export async function keepOwed(open, grants) {
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

/** When the keeper ended a grant, on this device or on another one; null while it stands. @param {Open} open @param {string} grant @returns {Promise<number|null>} ms */
export async function endedAt(open, grant) {
  const here = endedOf(open).find((one) => one.grant === grant);
  if (here) return here.at;
  if (!(await open.book.meta(grant))) return null; // made by a device whose note has not come yet
  return open.book.newest(grant).then(
    ({ kind, fields }) => (kind === 'consent' ? wholeOf(fields, 'withdrawn_at') : null),
    () => null,
  );
}

/** b64 of a person's public keys, as the server and grants give them. @param {AdvocateRow} row @returns {Person} */
export function personOf({ ecdsa_pub, hpke_pub, name }) {
  return { ecdsa_pub: b64(unb64(ecdsa_pub)), hpke_pub: b64(unb64(hpke_pub)), name };
}
