/**
 * Grants for advocates: check nine words, choose and preview what the advocate will see, then confirm with the keeper's
 * passphrase. docs/formats.md, section 8. granting_give.js shares the entries; granting_end.js ends the grant.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { fingerprint, fingerprintWords, readFingerprint } from '../../crypto/sharing/fingerprints.js';
import { LONGEST_MS, USUAL_MS, printOf } from '../../crypto/sharing/grants.js';
import { grantsOf } from '../../net/grants.js';
import { isPassing } from '../../net/http.js';
import { textOf } from '../../record/reading.js';
import { proofOf } from '../../diary/keys/accounts.js';
import { addStanding, forgetMet, keepMet, lettingOf, metOf, personOf } from '../../diary/sharing/granting_known.js';
import { endReplaced, endWithWords } from '../../diary/sharing/granting_end.js';
import { giveTo, readAll, stands } from '../../diary/sharing/granting_give.js';
import { carryMarks, markedAll, markedOf } from '../../diary/sharing/marking.js';
import { isMeant, previewOf, within } from '../../diary/sharing/granting_scope.js';
import { insideOf, savedOf } from '../../diary/session/require_open.js';
import { lookAgain } from '../../diary/sharing/letters.js';
import { readDiary } from '../../diary/sharing/pack_sources.js';
import { readSettings } from '../../diary/records/settings.js';
import type { Grant as Said, Right, Scope } from '../../crypto/sharing/grants.js';
import type { AdvocateRow } from '../../net/grants.js';
import type { Grant } from '../../diary/sharing/granting_give.js';
import type { Letting, Met } from '../../store/root.js';
import type { Context, Open } from '../../diary/types.js';

type Choice = { scope: Scope; rights: Right[]; restricted: boolean; not_after: number; purpose: string };
/** `name`: the keeper's name for the advocate; `words`: the passphrase, typed afresh; `instead`: the replaced grant */
type Letter = { met: Met; standIn?: Met | null; choice: Choice; name: string; words: string; instead?: string | null };

/** A grant can be renewed this long before it ends. */
export const RENEW_MS = 7 * 86_400_000;
const RECORDS_KEPT = 500;

export function grantActions(ctx: Context) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    async meetAdvocate(typed: string) {
      return meet(ctx, inside(), typed);
    },
    /** Return the people whose nine words were checked here. First look up those that waited for a network. */
    async readMet() {
      return readMet(ctx, inside());
    },
    async forgetAdvocate(print: string) {
      await forgetMet(inside(), print);
    },
    /** Return what a scope covers now, before any grant is made. */
    async previewGrant(scope: Scope) {
      return previewOf(await readDiary(inside()), scope);
    },
    async letIn(letter: Letter) {
      return saved(await letIn(ctx, inside(), letter));
    },
    /** Renew a grant for thirty days, in its last seven days only. */
    async renewGrant(grant: string, { words }: { words: string }) {
      return saved(await renew(ctx, inside(), grant, words));
    },
    /**
     * Narrow a grant: fewer entries, fewer rights, no restricted fields, an earlier end. This makes a new grant, so it
     * needs the passphrase.
     */
    async narrowGrant(grant: string, less: Partial<Choice>, { words }: { words: string }) {
      return saved(await narrow(ctx, inside(), grant, less, words));
    },
    async readGrants() {
      return readAll(ctx, inside());
    },
    /** End a grant at once, with or without a network. */
    async endGrant(grant: string, { words }: { words: string }) {
      return saved(await endWithWords(ctx, inside(), grant, words));
    },
    /**
     * Fetch what advocates sent in the last 30 days and this device lacks.
     * @returns how many items it found
     */
    async lookAgain(): Promise<number> {
      return saved(await lookAgain(ctx, inside()));
    },
    /** Return who can see an entry, from what this phone knows without the server. */
    async whoSees(record: string) {
      return whoSees(ctx, inside(), record);
    },
    /** Return which advocates have looked through which records, by record. */
    async readMarked() {
      return markedAll(inside());
    },
    async markedOf(record: string) {
      return markedOf(inside(), record);
    },
    usualEnd: () => ctx.clock.now() + USUAL_MS,
    latestEnd: () => ctx.clock.now() + LONGEST_MS,
    /** Return the keeper's own nine words, for an advocate to compare. */
    async ownWords() {
      const { ecdsa_pub: ecdsa, hpke_pub: hpke } = inside().identity;
      return fingerprintWords(fingerprint(unb64(ecdsa), unb64(hpke)));
    },
  };
}

/**
 * Look up the person whom nine words name. Without a network the words are stored, since they are the fingerprint
 * itself: the two phones may not be online at the same time.
 * @returns `before`: a person of this name was met with other words
 * @throws bad_request (with `unknown`), not_found, wrong_keys, not_registered
 */
async function meet(ctx: Context, open: Open, typed: string): Promise<Met & { before: boolean }> {
  if (!open.store.root.account.registered) throw new KeptError('not_registered');
  const print = await readFingerprint(typed);
  const words = await fingerprintWords(print);
  const row = await grantsOf(ctx.api)
    .find(b64(print))
    .catch((error) => {
      if (!isPassing(error)) throw error;
      return null;
    });
  const found = row
    ? checked(row, b64(print))
    : { ecdsa_pub: '', hpke_pub: '', name: '', organisation: '', fingerprint: b64(print) };
  const met = { ...found, words, at: ctx.clock.now() };
  const before = metOf(open).some(
    (one) =>
      Boolean(met.name) &&
      one.fingerprint !== met.fingerprint &&
      one.name === met.name &&
      one.organisation === met.organisation,
  );
  await keepMet(open, met);
  return { ...met, before };
}

/**
 * Check that the server's keys match the fingerprint. A server that returns other keys is attempting a
 * man-in-the-middle attack.
 * @param print b64
 */
function checked(row: AdvocateRow, print: string) {
  let theirs = '';
  try {
    theirs = printOf(row);
  } catch {
    theirs = ''; // no keys, or malformed ones
  }
  if (theirs !== print) throw new KeptError('wrong_keys');
  return {
    ecdsa_pub: row.ecdsa_pub,
    hpke_pub: row.hpke_pub,
    name: String(row.name ?? ''),
    organisation: String(row.organisation ?? ''),
    fingerprint: print,
  };
}

/** @returns `trouble`: why a person who was not looked up yet cannot get a grant */
async function readMet(ctx: Context, open: Open): Promise<(Met & { trouble: string | null })[]> {
  const found = [];
  for (const one of metOf(open)) {
    if (one.ecdsa_pub) {
      found.push({ ...one, trouble: null });
      continue;
    }
    try {
      const met = { ...one, ...checked(await grantsOf(ctx.api).find(one.fingerprint), one.fingerprint) };
      await keepMet(open, met);
      found.push({ ...met, trouble: null });
    } catch (error) {
      found.push({ ...one, trouble: isPassing(error) ? null : String((error as { code?: unknown }).code) });
    }
  }
  return found;
}

/**
 * Make a grant for the advocate and, if given, one for the stand-in, with one confirmation.
 * @throws bad_signature, no_match, not_found, other_organisation
 */
async function letIn(
  ctx: Context,
  open: Open,
  { met, standIn = null, choice, name, words, instead = null }: Letter,
): Promise<Letting[]> {
  if (standIn && (standIn.organisation !== met.organisation || standIn.fingerprint === met.fingerprint))
    throw new KeptError('other_organisation');
  const proof = await proofOf(ctx, open, words);
  const made = [await grantTo(ctx, open, met, { choice, name, prev: instead }, proof)];
  if (standIn) made.push(await grantTo(ctx, open, standIn, { choice, name, prev: null, standsFor: met.name }, proof));
  if (instead) await endReplaced(ctx, open, instead, { words, proof });
  return made;
}

async function grantTo(
  ctx: Context,
  open: Open,
  met: AdvocateRow,
  { choice, name, prev, standsFor = '' }: { choice: Choice; name: string; prev: string | null; standsFor?: string },
  proof: string,
): Promise<Letting> {
  const { vault } = open;
  const { said, body } = await vault.grantMake({
    advocate: personOf(met),
    name,
    choice: { ...choice, prev, made_at: ctx.clock.now() },
  });
  try {
    await grantsOf(ctx.api).make(open.identity.diary, body, proof);
  } catch (error) {
    await vault.grantDrop(said.grant);
    throw error;
  }
  const letting: Letting = {
    grant: said.grant,
    to: said.to,
    kept: body.kept,
    made_at: said.made_at,
    not_after: said.not_after,
    name: met.name,
    organisation: met.organisation,
    looked_at: null,
    called: name,
  };
  await addStanding(open, letting);
  await noteConsent(open, said, letting, standsFor);
  // The grant is valid already: what cannot be shared without a network now is shared in a later run.
  await giveTo(ctx, open, said).catch((error) => {
    if (!isPassing(error)) throw error;
  });
  return letting;
}

/** Record the consent in the diary, under the grant's own id. */
async function noteConsent(open: Open, said: Said, { name, organisation }: Letting, standsFor: string) {
  const records = within(await readDiary(open), said.scope)
    .incidents.map(({ record }) => record)
    .slice(0, RECORDS_KEPT);
  const what =
    'all' in said.scope
      ? 'All entries, old and new'
      : 'case' in said.scope
        ? 'One case, old and new entries'
        : 'Chosen entries';
  await open.store.change(async (root, change) => {
    await open.book.stage(open.book.batch(root, change), {
      kind: 'consent',
      record: said.grant,
      open: {
        kind: 'grant',
        form: 'in_app',
        given_at: said.made_at,
        not_after: said.not_after,
        purpose: said.purpose,
        recipient_role: 'advocate',
        what: [what, ...said.rights, ...(standsFor ? ['stand-in'] : [])].join('; '),
        restricted_included: said.restricted,
        ...(records.length ? { record_ids: records } : {}),
        ...('case' in said.scope ? { case_id: said.scope.case } : {}),
      },
      restricted: { recipient: [name, organisation].filter(Boolean).join(', ') },
    });
  });
}

async function standing(ctx: Context, open: Open, grant: string): Promise<Grant> {
  const { grants, offline } = await readAll(ctx, open);
  if (offline) throw new KeptError('offline');
  const found = grants.find((one) => one.grant === grant && stands(one, ctx.clock.now()));
  if (!found) throw new KeptError('not_found');
  if (found.changed) throw new KeptError('keys_changed');
  return found;
}

/** @throws too_early before the last seven days */
async function renew(ctx: Context, open: Open, grant: string, words: string): Promise<Letting> {
  const now = ctx.clock.now();
  const before = await standing(ctx, open, grant);
  if (before.not_after - now > RENEW_MS) throw new KeptError('too_early');
  return replace(ctx, open, before, { ...choiceOf(before.said), not_after: now + USUAL_MS }, words);
}

/** @throws wider */
async function narrow(ctx: Context, open: Open, grant: string, less: Partial<Choice>, words: string): Promise<Letting> {
  const before = await standing(ctx, open, grant);
  const next = { ...choiceOf(before.said), ...less };
  const was = choiceOf(before.said);
  const isLess =
    next.rights.every((one) => was.rights.includes(one)) &&
    (was.restricted || !next.restricted) &&
    next.not_after <= was.not_after;
  const versions = await readDiary(open);
  const before_records = within(versions, was.scope).records;
  if (!isLess || [...within(versions, next.scope).records].some((record) => !before_records.has(record)))
    throw new KeptError('wider');
  if (JSON.stringify(was.scope) !== JSON.stringify(next.scope) && !('records' in next.scope))
    throw new KeptError('wider');
  return replace(ctx, open, before, next, words);
}

/** Make the new grant before ending the old: a lost network must not lock the advocate out. */
async function replace(ctx: Context, open: Open, before: Grant, choice: Choice, words: string) {
  const [known] = await open.vault.grantsLoad([
    { diary: open.identity.diary, grant: before.grant, to: before.to, kept: unb64(before.kept) },
  ]);
  if (!known) throw new KeptError('not_found');
  const met = { ...known.other, fingerprint: before.to, name: before.name, organisation: before.organisation };
  const proof = await proofOf(ctx, open, words);
  const made = await grantTo(
    ctx,
    open,
    met,
    { choice, name: before.called || (await ownName(open)), prev: before.grant },
    proof,
  );
  // Without a network the marks stay on this phone, under the old grant.
  await carryMarks(ctx, open, before.grant, made.grant).catch((error) => {
    if (!isPassing(error)) throw error;
  });
  await endReplaced(ctx, open, before.grant, { words, proof });
  return made;
}

/** Return the keeper's name, for a device that did not make the grant. */
async function ownName(open: Open) {
  const { fields, restricted } = await readSettings(open);
  return (textOf(restricted, 'name_to_use') || textOf(fields, 'initials') || '?').slice(0, 80);
}

function choiceOf({ scope, rights, restricted, not_after, purpose }: Said): Choice {
  return { scope, rights, restricted, not_after, purpose };
}

async function whoSees(
  ctx: Context,
  open: Open,
  record: string,
): Promise<{ grant: string; name: string; organisation: string; looked_at: number | null; rights: Right[] }[]> {
  const here = lettingOf(open).filter(({ not_after: until }) => until > ctx.clock.now());
  if (!here.length) return [];
  const [known, { fields }] = await Promise.all([
    open.vault.grantsLoad(
      here.map(({ grant, to, kept }) => ({ diary: open.identity.diary, grant, to, kept: unb64(kept) })),
    ),
    open.book.newest(record),
  ]);
  return here.flatMap(({ grant, name, organisation, looked_at }, i) => {
    const said = known[i]?.said;
    return said && isMeant(said.scope, record, fields)
      ? [{ grant, name, organisation, looked_at, rights: said.rights }]
      : [];
  });
}
