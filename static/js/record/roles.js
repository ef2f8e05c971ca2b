/**
 * The code of a person in lists and packs (S1, W2, C1): given by the app, never given twice; the twin of diary/record/roles.py.
 *
 * P1 is the keeper. A version claims a code when it is sealed; two devices without a network may claim the same one, so
 * claims are settled in feed order: the first keeps it, a later one gets the next number that no claim before it has.
 * Only what comes earlier in the feed is looked at, so a code that was once settled never changes.
 */

/** @typedef {{record: string, role: string, code: string}} Claim one version of a person: its role and the code it was sealed with, both '' when it says none */

const LETTERS = new Map(Object.entries({ keeper: 'P', suspect: 'S', witness: 'W', child: 'C', helper: 'H' }));
const CODE = /^([PSWCH])([1-9]\d{0,5})$/;
const KEEPER = 'P1';

/** @param {string} role @returns {string} its letter; P for whoever has no role of their own */
export function letterOf(role) {
  return LETTERS.get(role) ?? 'P';
}

/**
 * The code of each person.
 * @param {readonly Claim[]} claims every version of every person in feed order, those without a number last
 * @returns {Map<string, string>} record → code
 */
export function roleCodes(claims) {
  /** @type {Map<string, string>} whose each code is, for ever */
  const owners = new Map([[KEEPER, '']]);
  /** @type {Map<string, number>} the highest number of each letter */
  const highest = new Map([['P', 1]]);
  /** @type {Map<string, string>} */
  const now = new Map();
  const give = (/** @type {string} */ code, /** @type {string} */ record) => {
    // What is given after the highest code that a version may claim has a digit more than any claim.
    const [letter, number] = [code.slice(0, 1), Number(code.slice(1))];
    owners.set(code, record);
    highest.set(letter, Math.max(highest.get(letter) ?? 0, number));
    now.set(record, code);
  };
  for (const { record, role, code } of claims) {
    const letter = letterOf(role);
    const had = now.get(record);
    if (had?.startsWith(letter)) continue;
    const own = [...owners].find(([one, owner]) => owner === record && one.startsWith(letter));
    if (own) now.set(record, own[0]);
    else if (role === 'keeper' && owners.get(KEEPER) === '') give(KEEPER, record);
    else if (CODE.exec(code)?.[1] === letter && !owners.has(code)) give(code, record);
    else give(`${letter}${(highest.get(letter) ?? 0) + 1}`, record);
  }
  return now;
}

/**
 * The code a new person, or one whose role changes, would claim now.
 * @param {readonly Claim[]} claims @param {string} record @param {string} role
 */
export function nextCode(claims, record, role) {
  return roleCodes([...claims, { record, role, code: '' }]).get(record) ?? '';
}
