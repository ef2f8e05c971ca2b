/**
 * Ballast: two megabytes of noise that give way when the phone is full, so that words always fit.
 *
 * The same in every install, like the chaff. Only changes that are about words may have it; a file that does not fit
 * waits outside, and the person is told. Once there is room again it is put back.
 */

/** What is needed of the database: values that lie beside its table. */
type Values = {
  beside: (key: string) => Promise<unknown>;
  write: (writing: { beside: Record<string, unknown>; bulky: boolean }) => Promise<unknown>;
};

const NAMES = ['p0', 'p1'];
// At most 1 MiB a piece: larger values have been corrupted on phones.
const PIECE = 1024 * 1024;
/** Room there must be before ballast takes any of it again. */
export const ROOM = 50 * 1024 * 1024;

/**
 * Gives one piece back to the phone.
 * @returns false when there was none left
 */
export async function release(database: Values): Promise<boolean> {
  for (const name of NAMES) {
    if (!(await database.beside(name))) continue;
    await database.write({ beside: { [name]: null }, bulky: true });
    return true;
  }
  return false;
}

/** Puts back what is missing. A phone that has no room for it goes without, until it has. */
export async function fill(database: Values, random: (n: number) => Uint8Array) {
  for (const name of NAMES) {
    if (await database.beside(name)) continue;
    await database.write({ beside: { [name]: noise(random).buffer }, bulky: true });
  }
}

/** @returns whether all of it is there */
export async function isFull(database: Values): Promise<boolean> {
  const pieces = await Promise.all(NAMES.map((name) => database.beside(name)));
  return pieces.every(Boolean);
}

/** Browsers give out 64 KiB of randomness at a time. */
function noise(random: (n: number) => Uint8Array) {
  const bytes = new Uint8Array(PIECE);
  for (let at = 0; at < PIECE; at += 65_536) bytes.set(random(65_536), at);
  return bytes;
}
