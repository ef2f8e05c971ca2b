/**
 * Letting an advocate in: nine words are checked, what they will see is chosen and shown, and from then on this phone gives
 * the keys of what belongs to it, old and new. docs/formats.md, section 8.
 *
 * [Note: who says what belongs] The server knows no text, so it cannot tell what a case is. This phone says which records a
 * grant means, by the rule a pack is made with, after every run to the server: an entry that came into the case is given, and
 * what left it is not given again. What was given before stays given until the grant ends, and the screen says so.
 */
import { b64, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { FINGERPRINT_BYTES, fingerprint, fingerprintWords, readFingerprint } from '../crypto/fingerprints.js';
import { LONGEST_MS, USUAL_MS } from '../crypto/grants.js';
import { decodePush } from '../ledger/push.js';
import { grantsOf } from '../net/grants.js';
import { openedOf } from '../pack/capsule.js';
import { choose } from '../pack/choose.js';
import { codesOf } from '../record/reading.js';
import { tellAll } from '../record/told.js';
import { insideOf, savedOf } from './inside.js';
import { readDiary } from './pack_sources.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('../crypto/grants.js').Scope} Scope */
/** @typedef {import('../crypto/grants.js').Right} Right */
/** @typedef {import('../net/grants.js').AdvocateRow} AdvocateRow */
/** @typedef {import('../pack/capsule.js').DiaryVersion} DiaryVersion */
/** @typedef {AdvocateRow & {words: string}} Met an advocate whose nine words were checked */
/** @typedef {{scope: Scope, rights: Right[], restricted: boolean, not_after: number, purpose: string}} Choice */
/** @typedef {{grant: string, to: string, kept: string, made_at: number, not_after: number, name: string, organisation: string}} Letting what this phone keeps of a grant, so that it can go on giving */
/** @typedef {Letting & {said: import('../crypto/grants.js').Grant, ended_at: number|null, looked_at: number|null, given: number, left: boolean}} Grant as the screens see it; `left`: the advocate has left their organisation */
/** @typedef {{grants: Grant[], looks: import('../net/grants.js').Look[], offline: boolean}} Listed newest first */

const AT_ONCE = 200;

/** @param {Context} ctx */
export function grantActions(ctx) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    /** @param {string} typed @returns {Promise<Met>} @throws bad_request (with `unknown`), not_found, wrong_keys */
    async meetAdvocate(typed) { return meet(ctx, inside(), typed); },
    /** What a scope means now, in numbers, before anybody is let in. @param {Scope} scope */
    async previewGrant(scope) {
      const versions = await readDiary(inside());
      const { incidents, attached, registers } = within(versions, scope);
      return { entries: incidents.length, files: attached.length, others: registers.length, titles: incidents.map(({ record }) => record) };
    },
    /** @param {Met} met @param {Choice} choice @param {string} name what the keeper is called to this advocate @returns {Promise<Letting>} */
    async letIn(met, choice, name) { return saved(await letIn(ctx, inside(), met, choice, name)); },
    async readGrants() { return readAll(ctx, inside()); },
    /** @param {string} grant */
    async endGrant(grant) {
      const open = inside();
      await grantsOf(ctx.api).end(open.identity.diary, grant);
      await forget(open, [grant]);
      return saved(null);
    },
    usualEnd: () => ctx.clock.now() + USUAL_MS,
    latestEnd: () => ctx.clock.now() + LONGEST_MS,
    /** The keeper's own nine words, for an advocate to compare. */
    async ownWords() {
      const { ecdsa_pub: ecdsa, hpke_pub: hpke } = inside().identity;
      return fingerprintWords(fingerprint(unb64(ecdsa), unb64(hpke)));
    },
  };
}

/** @param {Context} ctx @param {Open} open @param {string} typed @returns {Promise<Met>} */
async function meet(ctx, open, typed) {
  if (!open.store.root.account.registered) throw new KeptError('not_registered');
  const print = await readFingerprint(typed);
  const row = await grantsOf(ctx.api).find(b64(print));
  const theirs = fingerprint(unb64(row.ecdsa_pub), unb64(row.hpke_pub));
  // The words name these keys and no others: a server that gives others is putting itself between.
  if (theirs.length !== FINGERPRINT_BYTES || b64(theirs) !== b64(print)) throw new KeptError('wrong_keys');
  return { ...row, fingerprint: b64(print), words: await fingerprintWords(print) };
}

/** @param {Context} ctx @param {Open} open @param {Met} met @param {Choice} choice @param {string} name @returns {Promise<Letting>} */
async function letIn(ctx, open, met, choice, name) {
  const { vault, store } = open;
  const advocate = { ecdsa_pub: met.ecdsa_pub, hpke_pub: met.hpke_pub, name: met.name };
  const { said, body } = await vault.grantMake({ advocate, name, choice: { ...choice, prev: null, made_at: ctx.clock.now() } });
  try {
    await grantsOf(ctx.api).make(open.identity.diary, body, await vault.proof());
  } catch (error) {
    await vault.grantDrop(said.grant);
    throw error;
  }
  /** @type {Letting} */
  const letting = { grant: said.grant, to: said.to, kept: body.kept, made_at: said.made_at, not_after: said.not_after, name: met.name, organisation: met.organisation };
  await store.change(async (root) => { root.letting = [...(root.letting ?? []), letting]; });
  await giveTo(ctx, open, said);
  return letting;
}

/** @param {Context} ctx @param {Open} open @returns {Promise<Listed>} */
async function readAll(ctx, open) {
  const told = await grantsOf(ctx.api).list().catch((error) => { if (error.code !== 'no_network') throw error; return null; });
  const here = lettingOf(open);
  if (!told) {
    const known = await openAll(open, here);
    return { looks: [], offline: true, grants: here.flatMap((one, i) => (known[i] ? [{ ...one, said: known[i].said, ended_at: null, looked_at: null, given: 0, left: false }] : [])).reverse() };
  }
  const rows = told.grants.map((row) => {
    const mine = here.find(({ grant }) => grant === row.grant);
    const to = row.advocate?.fingerprint ?? mine?.to ?? '';
    return { row, letting: { grant: row.grant, to, kept: row.kept, made_at: row.made_at, not_after: row.not_after, name: row.advocate?.name ?? mine?.name ?? '', organisation: row.advocate?.organisation ?? mine?.organisation ?? '' } };
  });
  const known = await openAll(open, rows.map(({ letting }) => letting));
  const grants = rows.flatMap(({ row, letting }, i) => (known[i] ? [{ ...letting, said: known[i].said, ended_at: row.ended_at, looked_at: row.looked_at, given: row.given, left: row.advocate === null }] : []));
  const standing = grants.filter((one) => one.ended_at === null && !one.left && one.not_after > ctx.clock.now());
  await keepStanding(open, standing);
  return { grants, looks: told.looks, offline: false };
}

/**
 * Gives what has come into each grant since. Grants that other devices of the diary made are taken up here as well.
 * @param {Context} ctx @param {Open} open
 */
export async function heedGrants(ctx, open) {
  if (!lettingOf(open).length) return;
  const { grants } = await readAll(ctx, open);
  for (const one of grants) if (one.ended_at === null && !one.left && one.not_after > ctx.clock.now()) await giveTo(ctx, open, one.said);
}

/** @param {Context} ctx @param {Open} open @param {import('../crypto/grants.js').Grant} said */
async function giveTo(ctx, open, said) {
  const wire = grantsOf(ctx.api);
  const [versions, { versions: given }] = await Promise.all([readDiary(open), wire.given(said.diary, said.grant)]);
  const there = new Set(given);
  const { records, incidents } = within(versions, said.scope);
  const missing = versions.filter((one) => one.seq !== null && records.has(one.record) && !there.has(one.version)).map(({ version }) => version);
  for (let from = 0; from < missing.length; from += AT_ONCE) {
    const some = missing.slice(from, from + AT_ONCE);
    const held = await open.store.readMany(some.map((version) => `v/${version}`));
    const list = some.flatMap((version, i) => (held[i] ? [{ version, wraps: decodePush(held[i].bytes).wraps }] : []));
    const made = await open.vault.grantWraps(said.grant, list);
    await wire.give(said.diary, said.grant, list.map(({ version }, i) => ({ version, wraps: made[i] ?? [] })));
  }
  await summarise(ctx, open, said, versions, incidents.length);
}

/** What stands on the advocate's list. @param {Context} ctx @param {Open} open @param {import('../crypto/grants.js').Grant} said @param {readonly DiaryVersion[]} versions @param {number} entries */
async function summarise(ctx, open, said, versions, entries) {
  const times = versions.flatMap(({ receipt }) => (typeof receipt?.ts === 'number' ? [receipt.ts] : []));
  const sealed = await open.vault.grantSummary(said.grant, { dates: [], entries, made_at: ctx.clock.now(), newest_at: times.length ? Math.max(...times) : null });
  await grantsOf(ctx.api).summarise(said.diary, said.grant, sealed);
}

/**
 * The records a scope means, by the rule of packs: the entries, their files, and what they name. Private notes, settings and
 * what was taken out are never among them; intimate pictures are not either.
 * @param {readonly DiaryVersion[]} versions @param {Scope} scope
 */
export function within(versions, scope) {
  const opened = versions.map(openedOf);
  const incidents = tellAll(opened, 'incident').filter((one) => one.taken_out === null);
  const wanted = incidents.filter((one) => 'all' in scope
    || ('case' in scope && codesOf(one.newest.fields, 'case_ids').includes(scope.case))
    || ('records' in scope && scope.records.includes(one.record)));
  return choose(opened, wanted.map(({ record }) => record), {});
}

/** @param {Open} open @param {readonly Letting[]} list @returns {Promise<(null|{said: import('../crypto/grants.js').Grant, other: import('../crypto/grants.js').Person})[]>} */
function openAll({ vault, identity }, list) {
  return vault.grantsLoad(list.map(({ grant, to, kept }) => ({ diary: identity.diary, grant, to, kept: unb64(kept) })));
}

/** @param {Open} open @returns {Letting[]} */
function lettingOf({ store }) {
  return store.root.letting ?? [];
}

/** @param {Open} open @param {readonly Letting[]} standing */
async function keepStanding(open, standing) {
  const list = standing.map(({ grant, to, kept, made_at, not_after, name, organisation }) => ({ grant, to, kept, made_at, not_after, name, organisation }));
  if (JSON.stringify(list) === JSON.stringify(lettingOf(open))) return;
  await open.store.change(async (root) => { root.letting = list; });
}

/** @param {Open} open @param {readonly string[]} ended */
async function forget(open, ended) {
  for (const grant of ended) await open.vault.grantDrop(grant);
  await open.store.change(async (root) => { root.letting = (root.letting ?? []).filter((/** @type {Letting} */ one) => !ended.includes(one.grant)); });
}
