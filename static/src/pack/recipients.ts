/** What a pack holds by whom it is for: docs/pack.md, "Recipients". */
import { RESTRICTED_PART_PROFILES } from '../core/constants.js';

/** Return whether a pack gets its restricted part where nothing else is asked for: for the police and solicitors. */
export const hasRestrictedPart = (profile: string): boolean =>
  (RESTRICTED_PART_PROFILES as readonly string[]).includes(profile);
