/**
 * Grants for advocates: check nine words, choose and preview what the advocate will see, then confirm with the keeper's
 * passphrase. docs/formats.md, section 8. grant_delivery.js shares the entries; grant_end.js ends the grant.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { KeptError, toKeptError } from '../../core/errors.js';
import { fingerprint, fingerprintWords, parseFingerprint } from '../../crypto/sharing/fingerprints.js';
import { MAX_DURATION_MS, DEFAULT_DURATION_MS, fingerprintOf } from '../../crypto/sharing/grants.js';
import { grantsOf } from '../../net/grants.js';
import { isTransient } from '../../net/http.js';
import { textOf } from '../../record/reading.js';
import { proofOf } from '../../diary/keys/accounts.js';
import {
  addGrant,
  removeAdvocate,
  storeAdvocate,
  grantsInForce,
  checkedAdvocates,
  personOf,
} from '../../diary/sharing/grant_state.js';
import { endReplacedGrant, endGrant } from '../../diary/sharing/grant_end.js';
import { giveMissing, readGrants, isInForce } from '../../diary/sharing/grant_delivery.js';
import { copyMarks, marksByRecord, marksOf } from '../../diary/sharing/marks.js';
import { isInScope, previewScope, recordsInScope } from '../../diary/sharing/grant_scope.js';
import { requireOpenOf, afterSaveOf } from '../../diary/session/require_open.js';
import { recoverLetters } from '../../diary/sharing/letters.js';
import { readDiary } from '../../diary/sharing/pack_sources.js';
import { readSettings } from '../../diary/records/settings.js';
import type { GrantTerms as Said, GrantRight, GrantScope } from '../../crypto/sharing/grants.js';
import type { AdvocateRow } from '../../net/grants.js';
import type { GrantState } from '../../diary/sharing/grant_delivery.js';
import type { ActiveGrant, VerifiedAdvocate } from '../../store/root.js';
import type { Context, Open } from '../../diary/types.js';

type Choice = { scope: GrantScope; rights: GrantRight[]; restricted: boolean; not_after: number; purpose: string };
/** `name`: the keeper's name for the advocate; `words`: the passphrase, typed afresh; `instead`: the replaced grant */
type GrantRequest = {
  met: VerifiedAdvocate;
  standIn?: VerifiedAdvocate | null;
  choice: Choice;
  name: string;
  words: string;
  instead?: string | null;
};

/** A grant can be renewed this long before it ends. */
export const RENEWAL_WINDOW_MS = 7 * 86_400_000;
const MAX_CONSENT_RECORDS = 500;

export function grantActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const showAndSync = afterSaveOf(ctx);
  return {
    async meetAdvocate(typedWords: string) {
      return lookUpAdvocate(ctx, requireOpen(), typedWords);
    },
    /** Return the people whose nine words were checked here. First look up those that waited for a network. */
    async readMet() {
      return readMetPeople(ctx, requireOpen());
    },
    async forgetAdvocate(fingerprint: string) {
      await removeAdvocate(requireOpen(), fingerprint);
    },
    /** Return what a scope covers now, before any grant is made. */
    async previewGrant(scope: GrantScope) {
      return previewScope(await readDiary(requireOpen()), scope);
    },
    async letIn(request: GrantRequest) {
      return showAndSync(await makeGrants(ctx, requireOpen(), request));
    },
    /** Renew a grant for thirty days, in its last seven days only. */
    async renewGrant(grant: string, { words }: { words: string }) {
      return showAndSync(await renewGrant(ctx, requireOpen(), grant, words));
    },
    /**
     * Narrow a grant: fewer entries, fewer rights, no restricted fields, an earlier end. This makes a new grant, so it
     * needs the passphrase.
     */
    async narrowGrant(grant: string, changes: Partial<Choice>, { words }: { words: string }) {
      return showAndSync(await narrowGrant(ctx, requireOpen(), grant, changes, words));
    },
    async readGrants() {
      return readGrants(ctx, requireOpen());
    },
    /** End a grant at once, with or without a network. */
    async endGrant(grant: string, { words }: { words: string }) {
      return showAndSync(await endGrant(ctx, requireOpen(), grant, words));
    },
    /**
     * Fetch what advocates sent in the last 30 days and this device lacks.
     * @returns how many items it found
     */
    async lookAgain(): Promise<number> {
      return showAndSync(await recoverLetters(ctx, requireOpen()));
    },
    /** Return who can see an entry, from what this phone knows without the server. */
    async whoSees(record: string) {
      return findReaders(ctx, requireOpen(), record);
    },
    /** Return which advocates have looked through which records, by record. */
    async readMarked() {
      return marksByRecord(requireOpen());
    },
    async markedOf(record: string) {
      return marksOf(requireOpen(), record);
    },
    usualEnd: () => ctx.clock.now() + DEFAULT_DURATION_MS,
    latestEnd: () => ctx.clock.now() + MAX_DURATION_MS,
    /** Return the keeper's own nine words, for an advocate to compare. */
    async ownWords() {
      const { ecdsa_pub: ecdsa, hpke_pub: hpke } = requireOpen().identity;
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
async function lookUpAdvocate(
  ctx: Context,
  open: Open,
  typedWords: string,
): Promise<VerifiedAdvocate & { before: boolean }> {
  if (!open.store.root.account.registered) throw new KeptError('not_registered');
  const fingerprintBytes = await parseFingerprint(typedWords);
  const words = await fingerprintWords(fingerprintBytes);
  const row = await grantsOf(ctx.api)
    .findAdvocate(b64(fingerprintBytes))
    .catch((error) => {
      if (!isTransient(error)) throw error;
      return null;
    });
  const person = row
    ? verifiedPerson(row, b64(fingerprintBytes))
    : { ecdsa_pub: '', hpke_pub: '', name: '', organisation: '', fingerprint: b64(fingerprintBytes) };
  const met = { ...person, words, at: ctx.clock.now() };
  const before = checkedAdvocates(open).some(
    (other) =>
      Boolean(met.name) &&
      other.fingerprint !== met.fingerprint &&
      other.name === met.name &&
      other.organisation === met.organisation,
  );
  await storeAdvocate(open, met);
  return { ...met, before };
}

/**
 * Check that the server's keys match the fingerprint. A server that returns other keys is attempting a
 * man-in-the-middle attack.
 * @param expected b64
 */
function verifiedPerson(row: AdvocateRow, expected: string) {
  let actual = '';
  try {
    actual = fingerprintOf(row);
  } catch {
    actual = ''; // no keys, or malformed ones
  }
  if (actual !== expected) throw new KeptError('wrong_keys');
  return {
    ecdsa_pub: row.ecdsa_pub,
    hpke_pub: row.hpke_pub,
    name: String(row.name ?? ''),
    organisation: String(row.organisation ?? ''),
    fingerprint: expected,
  };
}

/** @returns `trouble`: why a person who was not looked up yet cannot get a grant */
async function readMetPeople(ctx: Context, open: Open): Promise<(VerifiedAdvocate & { trouble: string | null })[]> {
  const people = [];
  for (const person of checkedAdvocates(open)) {
    if (person.ecdsa_pub) {
      people.push({ ...person, trouble: null });
      continue;
    }
    try {
      const met = {
        ...person,
        ...verifiedPerson(await grantsOf(ctx.api).findAdvocate(person.fingerprint), person.fingerprint),
      };
      await storeAdvocate(open, met);
      people.push({ ...met, trouble: null });
    } catch (error) {
      people.push({ ...person, trouble: isTransient(error) ? null : toKeptError(error).code });
    }
  }
  return people;
}

/**
 * Make a grant for the advocate and, if given, one for the stand-in, with one confirmation.
 * @throws bad_signature, no_match, not_found, other_organisation
 */
async function makeGrants(
  ctx: Context,
  open: Open,
  { met, standIn = null, choice, name, words, instead: replacedGrant = null }: GrantRequest,
): Promise<ActiveGrant[]> {
  if (standIn && (standIn.organisation !== met.organisation || standIn.fingerprint === met.fingerprint))
    throw new KeptError('other_organisation');
  const proof = await proofOf(ctx, open, words);
  const lettings = [await makeGrant(ctx, open, met, { choice, name, prev: replacedGrant }, proof)];
  if (standIn)
    lettings.push(await makeGrant(ctx, open, standIn, { choice, name, prev: null, standsFor: met.name }, proof));
  if (replacedGrant) await endReplacedGrant(ctx, open, replacedGrant, { words, proof });
  return lettings;
}

async function makeGrant(
  ctx: Context,
  open: Open,
  advocate: AdvocateRow,
  { choice, name, prev, standsFor = '' }: { choice: Choice; name: string; prev: string | null; standsFor?: string },
  proof: string,
): Promise<ActiveGrant> {
  const { vault } = open;
  const { said: terms, body } = await vault.grantMake({
    advocate: personOf(advocate),
    name,
    choice: { ...choice, prev, made_at: ctx.clock.now() },
  });
  try {
    await grantsOf(ctx.api).createGrant(open.identity.diary, body, proof);
  } catch (error) {
    await vault.grantDrop(terms.grant);
    throw error;
  }
  const letting: ActiveGrant = {
    grant: terms.grant,
    to: terms.to,
    kept: body.kept,
    made_at: terms.made_at,
    not_after: terms.not_after,
    name: advocate.name,
    organisation: advocate.organisation,
    looked_at: null,
    called: name,
  };
  await addGrant(open, letting);
  await recordConsent(open, terms, letting, standsFor);
  // The grant is valid already: what cannot be shared without a network now is shared in a later run.
  await giveMissing(ctx, open, terms).catch((error) => {
    if (!isTransient(error)) throw error;
  });
  return letting;
}

/** Record the consent in the diary, under the grant's own id. */
async function recordConsent(open: Open, terms: Said, { name, organisation }: ActiveGrant, standsFor: string) {
  const records = recordsInScope(await readDiary(open), terms.scope)
    .incidents.map(({ record }) => record)
    .slice(0, MAX_CONSENT_RECORDS);
  const scopeText =
    'all' in terms.scope
      ? 'All entries, old and new'
      : 'case' in terms.scope
        ? 'One case, old and new entries'
        : 'Chosen entries';
  await open.store.change(async (root, change) => {
    await open.book.stage(open.book.batch(root, change), {
      kind: 'consent',
      record: terms.grant,
      open: {
        kind: 'grant',
        form: 'in_app',
        given_at: terms.made_at,
        not_after: terms.not_after,
        purpose: terms.purpose,
        recipient_role: 'advocate',
        what: [scopeText, ...terms.rights, ...(standsFor ? ['stand-in'] : [])].join('; '),
        restricted_included: terms.restricted,
        ...(records.length ? { record_ids: records } : {}),
        ...('case' in terms.scope ? { case_id: terms.scope.case } : {}),
      },
      restricted: { recipient: [name, organisation].filter(Boolean).join(', ') },
    });
  });
}

async function activeGrant(ctx: Context, open: Open, grant: string): Promise<GrantState> {
  const { grants, offline } = await readGrants(ctx, open);
  if (offline) throw new KeptError('offline');
  const match = grants.find((row) => row.grant === grant && isInForce(row, ctx.clock.now()));
  if (!match) throw new KeptError('not_found');
  if (match.changed) throw new KeptError('keys_changed');
  return match;
}

/** @throws too_early before the last seven days */
async function renewGrant(ctx: Context, open: Open, grant: string, words: string): Promise<ActiveGrant> {
  const now = ctx.clock.now();
  const current = await activeGrant(ctx, open, grant);
  if (current.not_after - now > RENEWAL_WINDOW_MS) throw new KeptError('too_early');
  return replaceGrant(ctx, open, current, { ...choiceOf(current.said), not_after: now + DEFAULT_DURATION_MS }, words);
}

/** @throws wider */
async function narrowGrant(
  ctx: Context,
  open: Open,
  grant: string,
  changes: Partial<Choice>,
  words: string,
): Promise<ActiveGrant> {
  const current = await activeGrant(ctx, open, grant);
  const nextChoice = { ...choiceOf(current.said), ...changes };
  const currentChoice = choiceOf(current.said);
  const isNarrower =
    nextChoice.rights.every((right) => currentChoice.rights.includes(right)) &&
    (currentChoice.restricted || !nextChoice.restricted) &&
    nextChoice.not_after <= currentChoice.not_after;
  const versions = await readDiary(open);
  const currentRecords = recordsInScope(versions, currentChoice.scope).records;
  if (
    !isNarrower ||
    [...recordsInScope(versions, nextChoice.scope).records].some((record) => !currentRecords.has(record))
  )
    throw new KeptError('wider');
  if (JSON.stringify(currentChoice.scope) !== JSON.stringify(nextChoice.scope) && !('records' in nextChoice.scope))
    throw new KeptError('wider');
  return replaceGrant(ctx, open, current, nextChoice, words);
}

/** Make the new grant before ending the old: a lost network must not lock the advocate out. */
async function replaceGrant(ctx: Context, open: Open, oldGrant: GrantState, choice: Choice, words: string) {
  const [loaded] = await open.vault.grantsLoad([
    { diary: open.identity.diary, grant: oldGrant.grant, to: oldGrant.to, kept: unb64(oldGrant.kept) },
  ]);
  if (!loaded) throw new KeptError('not_found');
  const advocate = {
    ...loaded.other,
    fingerprint: oldGrant.to,
    name: oldGrant.name,
    organisation: oldGrant.organisation,
  };
  const proof = await proofOf(ctx, open, words);
  const letting = await makeGrant(
    ctx,
    open,
    advocate,
    { choice, name: oldGrant.called || (await keeperName(open)), prev: oldGrant.grant },
    proof,
  );
  // Without a network the marks stay on this phone, under the old grant.
  await copyMarks(ctx, open, oldGrant.grant, letting.grant).catch((error) => {
    if (!isTransient(error)) throw error;
  });
  await endReplacedGrant(ctx, open, oldGrant.grant, { words, proof });
  return letting;
}

/** Return the keeper's name, for a device that did not make the grant. */
async function keeperName(open: Open) {
  const { fields, restricted } = await readSettings(open);
  return (textOf(restricted, 'name_to_use') || textOf(fields, 'initials') || '?').slice(0, 80);
}

function choiceOf({ scope, rights, restricted, not_after, purpose }: Said): Choice {
  return { scope, rights, restricted, not_after, purpose };
}

async function findReaders(
  ctx: Context,
  open: Open,
  record: string,
): Promise<{ grant: string; name: string; organisation: string; looked_at: number | null; rights: GrantRight[] }[]> {
  const active = grantsInForce(open).filter(({ not_after: expiry }) => expiry > ctx.clock.now());
  if (!active.length) return [];
  const [loaded, { fields }] = await Promise.all([
    open.vault.grantsLoad(
      active.map(({ grant, to, kept }) => ({ diary: open.identity.diary, grant, to, kept: unb64(kept) })),
    ),
    open.book.newest(record),
  ]);
  return active.flatMap(({ grant, name, organisation, looked_at }, index) => {
    const terms = loaded[index]?.said;
    return terms && isInScope(terms.scope, record, fields)
      ? [{ grant, name, organisation, looked_at, rights: terms.rights }]
      : [];
  });
}
