/**
 * The codes of warnings about the record, the server and this phone, each in one list. docs/warnings.md has a row for
 * each: what raises it, what ends it, and the tests of both.
 *
 * [Note: one does not hide another] Some warnings are evidence and never end. So all that apply are shown, not only
 * the gravest: behind such a warning nobody would ever read that something is missing.
 */
import type { Root } from '../store/root.js';

/** These put the server's account of the diary in doubt: nothing more is sent until they are settled. */
export const STOPPING = Object.freeze([
  'head_differs',
  'feed_altered',
  'server_behind',
  'wrong_notary',
  'signed_out',
  'session_ended',
  'kdf_refused',
]);

/**
 * Why a run to the server stopped early. A missing signal is ordinary and no warning; a code in none of these lists
 * is shown as `internal`.
 */
export const OF_RUNS = Object.freeze([
  ...STOPPING,
  'server_slow',
  'captive_portal',
  'server_down',
  'garbage',
  'internal',
  'try_later',
  'no_space',
]);

/** About the bytes of one entry or file, not the connection: that one waits, and the others go on. */
export const OF_ENTRIES = Object.freeze([
  'receipt_wrong',
  'differs',
  'conflict',
  'bad_signature',
  'bad_request',
  'over_quota',
  'too_large',
  'digest',
  'incomplete',
  'store_lost',
  'closed',
  'needs_words',
]);

/** What stays in the sealed root until it is acknowledged or over, the gravest first. */
export const STANDING: Readonly<Record<string, (root: Root) => unknown>> = Object.freeze({
  capture_key: ({ doubts }) => doubts?.capture_key,
  log_changed: ({ doubts }) => doubts?.log,
  log_late: ({ log }) => log?.late,
  altered: ({ doubts }) => doubts?.altered,
  omitted: ({ doubts }) => doubts?.omitted,
  line_gap: ({ doubts }) => doubts?.line_gap,
  clock_off: ({ clock_off }) => clock_off,
});

/**
 * Return the code to show for the end of a run.
 * @param code not `no_network`
 */
export function codeOfRun(code: string): string {
  // What the server cannot do now, for example while keys are being changed, is not a feature that this browser
  // lacks.
  if (code === 'unavailable') return 'server_down';
  return OF_RUNS.includes(code) || OF_ENTRIES.includes(code) ? code : 'internal';
}

/** Return the codes of all standing warnings. */
export function standingCodes(root: Root): string[] {
  return Object.entries(STANDING).flatMap(([code, applies]) => (applies(root) ? [code] : []));
}

/** Return the key that a refusal is noted under: the entry, otherwise the record or file itself. */
export function refusalKey({ of, record, blob }: { of?: string | null; record?: string; blob?: string }): string {
  return of ?? record ?? blob ?? '';
}
