/**
 * What comes first when a pack was checked: what its signature shows. The twin of diary/pack/verify/pack_status.py,
 * which has the sentence for each status.
 */
import { integerOf, objectOf } from '../record/reading.js';
import { RECEIPT_CODES } from './proof_check.js';
import type { ExportCheck } from './export_check.js';
import type { Finding } from './findings.js';
import type { Proofs } from './proof_check.js';

/** Statuses by the findings that lead to them, the worst first. */
const STATUSES_BY_CODES: readonly (readonly [string, readonly string[]])[] = [
  ['not_signed', ['not_signed']],
  ['incomplete', ['part_missing']],
  ['bad_signature', ['pack_signature', 'other_pack', 'preparer', 'keys']],
  ['other_signer', ['pack_signer', 'author']],
  [
    'changed',
    [
      'added',
      'bad_name',
      'bag',
      'changed',
      'damaged',
      'export',
      'hidden',
      'list_changed',
      'list_damaged',
      'missing',
      'no_folder',
      'not_a_file',
      'pack_changed',
      'twice',
    ],
  ],
  ['replaced_key', ['replaced_key']],
  ['not_covered', ['not_covered']],
  ['part_only', ['part_only']],
  ['prepared', ['prepared']],
  ['no_server', ['never_received']],
  ['other_server', ['wrong_notary']],
];

/** @param findings every one */
export function packStatus(findings: readonly Finding[], { isPresent, receivedAt }: ExportCheck): string {
  const codes = new Set(findings.map(({ code }) => code));
  for (const [status, leading] of STATUSES_BY_CODES) if (leading.some((code) => codes.has(code))) return status;
  if (!isPresent) return 'no_record';
  if (receivedAt === null) return 'not_received';
  return codes.has('keys_from_pack') ? 'received_own_key' : 'received';
}

/**
 * Return when the server received the first of the versions, ms; null without a valid receipt. A receipt by the key of
 * another server than the one given is not counted.
 */
export function firstReceivedAt({ primary }: Proofs, findings: readonly Finding[]): number | null {
  if (findings.some(({ code }) => code === 'wrong_notary')) return null;
  const doubtful = new Set(findings.filter(({ code }) => RECEIPT_CODES.has(code)).map(({ member }) => member));
  const times = [...primary.values()]
    .filter(({ member }) => !doubtful.has(member))
    .flatMap(({ raw }) => integerOf(objectOf(raw, 'receipt'), 'ts') ?? []);
  return times.length ? times.reduce((first, time) => Math.min(first, time)) : null;
}
