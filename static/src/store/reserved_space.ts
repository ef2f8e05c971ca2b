/**
 * Ballast: two megabytes of noise that are released when the phone is full, so that text always fits.
 *
 * It is the same in every install, like the chaff. Only changes that hold text may use it. A file that does not fit
 * is not stored, and the screen says so. The ballast is filled again once there is room.
 */

/** The part of the database used here: values next to its table. */
type ValueStore = {
  beside: (key: string) => Promise<unknown>;
  write: (writing: { beside: Record<string, unknown>; bulky: boolean }) => Promise<unknown>;
};

const BALLAST_KEYS = ['p0', 'p1'];
// At most 1 MiB a piece: phones have corrupted larger values.
const PIECE_BYTES = 1024 * 1024;
/** Free bytes needed before the ballast is filled again. */
export const FREE_BYTES_NEEDED = 50 * 1024 * 1024;

/**
 * Release one piece.
 * @returns false if none was left
 */
export async function releaseBallast(database: ValueStore): Promise<boolean> {
  for (const name of BALLAST_KEYS) {
    if (!(await database.beside(name))) continue;
    await database.write({ beside: { [name]: null }, bulky: true });
    return true;
  }
  return false;
}

/** Fill what is missing. If the phone has no room, the ballast stays incomplete until it has. */
export async function fillBallast(database: ValueStore, random: (n: number) => Uint8Array) {
  for (const name of BALLAST_KEYS) {
    if (await database.beside(name)) continue;
    await database.write({ beside: { [name]: randomPiece(random).buffer }, bulky: true });
  }
}

/** @returns whether all of it exists */
export async function isBallastComplete(database: ValueStore): Promise<boolean> {
  const pieces = await Promise.all(BALLAST_KEYS.map((name) => database.beside(name)));
  return pieces.every(Boolean);
}

/** Browsers return at most 64 KiB of randomness per call. */
function randomPiece(random: (n: number) => Uint8Array) {
  const bytes = new Uint8Array(PIECE_BYTES);
  for (let at = 0; at < PIECE_BYTES; at += 65_536) bytes.set(random(65_536), at);
  return bytes;
}
