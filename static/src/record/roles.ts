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

/**
 * Return whether some people of a diary can have these codes, where the others are not known. A person has the claimed
 * code, or a number above every earlier one: somebody who is not known may have claimed the same.
 * @param claims every version of these people in feed order
 * @param codes record → code
 */
export function canHaveCodes(claims: readonly Claim[], codes: ReadonlyMap<string, string>): boolean {
  const lastLetters = new Map(claims.map(({ record, role }) => [record, roleLetter(role)]));
  const settled: Set<string> = new Set();
  const highest: Map<string, number> = new Map([['P', 1]]);
  for (const { record, role, code: claimedCode } of claims) {
    const letter = roleLetter(role);
    if (settled.has(record) || letter !== lastLetters.get(record)) continue;
    settled.add(record);
    const code = codes.get(record) ?? '';
    const [match, claimed] = [CODE.exec(code), CODE.exec(claimedCode)];
    if (match?.[1] !== letter) return false;
    const claimedNumber = claimed?.[1] === letter ? Number(claimed[2]) : 0;
    const [number, highestNumber] = [Number(match[2]), highest.get(letter) ?? 0];
    const isKeeper = code === KEEPER && role === 'keeper';
    const isClaimed = code === claimedCode && code !== KEEPER;
    if (!isKeeper && !isClaimed && number <= Math.max(highestNumber, claimedNumber)) return false;
    highest.set(letter, Math.max(highestNumber, number));
  }
  return new Set(codes.values()).size === codes.size && codes.size === lastLetters.size;
}
