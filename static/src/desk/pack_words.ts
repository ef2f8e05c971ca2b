/**
 * Words of a pack that look like a postcode or a number. The keeper's own list of such words is never shared, so at the
 * desk every open text is searched, in every version that goes in: the proofs and 01 hold earlier words too.
 */
import { findAll } from '../record/guard.js';
import { findLocationWords } from '../pack/chronology/location_words.js';
import { REDACTION_MARK, normalise } from '../pack/redaction.js';
import type { LocationWords } from '../pack/chronology/location_words.js';
import type { Redactor } from '../pack/redaction.js';
import type { OpenedVersion, RecordHistory } from '../record/record_history.js';

/** They hold a number on purpose and are printed as such, under People and accounts or as a reference. */
const NUMBER_FIELDS = new Set([
  'account_or_number_shown',
  'case_no',
  'channel_account',
  'collar_no',
  'crime_ref',
  'display_name',
  'handle',
  'incident_ref',
  'number',
  'officer_exhibit_ref',
  'ref',
  'references',
  'reg',
  'suggested_exhibit_ref',
  'url',
  'url_full',
]);
/** Who wrote a message, who got it, and what a chat is called: a number there may be the keeper's own. */
const PARTY_FIELDS = new Set(['chat', 'from', 'to']);
/** Ids, digests, keys and signatures. */
const CODES = /^_|_ids?$|^(?:letter|pub|sha256|sha512|sig)$/;

/**
 * Return the words to review, each spelling by itself: it is held back as it is spelled.
 * @param packed every version of the pack
 * @param chosen the records of the pack
 * @param redactor of what is restricted already
 */
export function findPackWords(
  packed: readonly OpenedVersion[],
  chosen: readonly RecordHistory[],
  redactor: Redactor,
): LocationWords[] {
  const restricted = findLocationWords(chosen, packed, redactor, new Set()).filter(({ why }) => why === 'apart');
  const accounts = accountNumbers(packed);
  const rows: Map<string, LocationWords> = new Map();
  for (const { record, kind, fields } of packed)
    for (const [name, text] of openTexts(fields))
      for (const { kind: why, found } of findAll(text, [])) {
        const id = `${record}/${found}`;
        if (rows.has(id) || why === 'kept_apart' || isExpected(name, why, found, accounts)) continue;
        if (!isMasked(found, redactor)) rows.set(id, { id, why, found, record, kind, answered: false });
      }
  return [...restricted, ...rows.values()];
}

/** Return whether a field holds a number on purpose. A postcode is expected nowhere. */
const isExpected = (name: string, why: string, found: string, accounts: ReadonlySet<string>) =>
  why === 'number' && (NUMBER_FIELDS.has(name) || (PARTY_FIELDS.has(name) && accounts.has(normalise(found))));

/** Return whether words are held back whole already. */
const isMasked = (found: string, redactor: Redactor) =>
  normalise(redactor.mask(found).replaceAll(REDACTION_MARK, '')) === '';

/** Return every text of the open part, nested ones too, with the name of the field that it stands in. */
function* openTexts(value: unknown, name = ''): Generator<[name: string, text: string]> {
  if (typeof value === 'string') yield [name, value];
  else if (Array.isArray(value)) for (const item of value) yield* openTexts(item, name);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) if (isText(key, item)) yield* openTexts(item, key);
}

/** An advocate's letter in an entry is an object under the name of its id. */
const isText = (key: string, item: unknown) => !CODES.test(key) || (key === 'letter' && typeof item !== 'string');

/** Return the numbers of the accounts in the pack. */
function accountNumbers(packed: readonly OpenedVersion[]): Set<string> {
  const accounts = packed.filter(({ kind }) => kind === 'account' || kind === 'sighting');
  const texts = accounts.flatMap(({ fields }) => ['number', 'handle', 'display_name'].map((name) => fields[name]));
  return new Set(texts.filter((text) => typeof text === 'string').map(normalise));
}
