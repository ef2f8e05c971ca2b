/**
 * The code of a person in lists and packs (S1, W2, C1): given by the app, never reused; twin of
 * diary/record/roles.py.
 *
 * P1 is the keeper. A version claims a code when it is sealed. Two devices without a network may claim the same one,
 * so claims are settled in feed order: the first keeps it, a later one gets the next number that no earlier claim
 * has. Only earlier versions in the feed count, so a settled code never changes.
 */

/** One version of a person: its role and the code it was sealed with, both '' if absent */
export type Claim = { record: string; role: string; code: string };

const ROLE_LETTERS = new Map(Object.entries({ keeper: 'P', suspect: 'S', witness: 'W', child: 'C', helper: 'H' }));
const CODE = /^([PSWCH])([1-9]\d{0,5})$/;
const KEEPER = 'P1';

/** @returns the letter of a role; P for a person without a role of their own */
export function roleLetter(role: string): string {
  return ROLE_LETTERS.get(role) ?? 'P';
}

/**
 * Return the code of each person.
 * @param claims every version of every person in feed order, those without a number last
 * @returns record → code
 */
export function roleCodes(claims: readonly Claim[]): Map<string, string> {
  /** Owner of each code, permanently */
  const owners: Map<string, string> = new Map([[KEEPER, '']]);
  /** The highest number of each letter */
  const highest: Map<string, number> = new Map([['P', 1]]);
  const codes: Map<string, string> = new Map();
  const assign = (code: string, record: string) => {
    // The next code after the highest claimable one has one digit more than any claim.
    const [letter, number] = [code.slice(0, 1), Number(code.slice(1))];
    owners.set(code, record);
    highest.set(letter, Math.max(highest.get(letter) ?? 0, number));
    codes.set(record, code);
  };
  for (const { record, role, code } of claims) {
    const letter = roleLetter(role);
    const current = codes.get(record);
    if (current?.startsWith(letter)) continue;
    const earlierCode = [...owners].find(([candidate, owner]) => owner === record && candidate.startsWith(letter));
    if (earlierCode) codes.set(record, earlierCode[0]);
    else if (role === 'keeper' && owners.get(KEEPER) === '') assign(KEEPER, record);
    else if (CODE.exec(code)?.[1] === letter && !owners.has(code)) assign(code, record);
    else assign(`${letter}${(highest.get(letter) ?? 0) + 1}`, record);
  }
  return codes;
}

/** Return the code that a new person, or one whose role changes, would claim now. */
export function nextCode(claims: readonly Claim[], record: string, role: string) {
  return roleCodes([...claims, { record, role, code: '' }]).get(record) ?? '';
}
