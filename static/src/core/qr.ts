/**
 * Generate the QR code of a short text: byte mode, error correction M, versions 1 to 10 (ISO/IEC 18004). That is
 * enough to show a few words or an address. This module does not read QR codes.
 */
import { utf8 } from './bytes.js';
import { KeptError } from './errors.js';

/**
 * For each version: data codewords, error correction codewords per block, blocks. Blocks of unequal size differ by one
 * codeword.
 */
const SIZES = [
  [16, 10, 1],
  [28, 16, 1],
  [44, 26, 1],
  [64, 18, 2],
  [86, 24, 2],
  [108, 16, 4],
  [124, 18, 4],
  [154, 22, 4],
  [182, 22, 5],
  [216, 26, 5],
];
const ALIGNED = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];
const FINDER = 'true,false,true,true,true,false,true';

/** Rows of modules; null means not set yet */
type Grid = (boolean | null)[][];

/**
 * Return the QR code of a text.
 * @param text at most 213 bytes
 * @returns rows of modules, true is dark; without the quiet zone of four light modules
 */
export function makeQr(text: string): boolean[][] {
  const bytes = utf8(text);
  const version = SIZES.findIndex(([data = 0], i) => bytes.length + (i < 9 ? 2 : 3) <= data) + 1;
  if (!version) throw new KeptError('too_large');
  const bits = interleaved(dataOf(bytes, version), version);
  let best = [] as boolean[][];
  let least = Infinity;
  for (let mask = 0; mask < MASKS.length; mask++) {
    const made = drawn(bits, version, mask);
    const cost = penalty(made);
    if (cost < least) [best, least] = [made, cost];
  }
  return best;
}

/**
 * Encode mode, length, bytes, terminator and padding.
 * @returns codewords
 */
function dataOf(bytes: Uint8Array, version: number): number[] {
  const [room = 0] = SIZES[version - 1] ?? [];
  const bits: number[] = [];
  const push = (value: number, length: number) => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  push(4, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => push(byte, 8));
  push(0, Math.min(4, room * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const words = Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0),
  );
  for (let i = 0; words.length < room; i++) words.push(i % 2 ? 0x11 : 0xec);
  return words;
}

/**
 * Split the codewords into blocks, add error correction to each block and interleave them.
 * @returns bits
 */
function interleaved(words: number[], version: number): number[] {
  const [, check = 0, count = 1] = SIZES[version - 1] ?? [];
  const short = Math.floor(words.length / count);
  const long = words.length % count;
  const blocks = Array.from({ length: count }, (_, i) => {
    const at = i * short + Math.max(0, i - (count - long));
    return words.slice(at, at + short + (i >= count - long ? 1 : 0));
  });
  const checks = blocks.map((block) => remainder(block, check));
  const column = (all: number[][], most: number) =>
    Array.from({ length: most }, (_, i) => all.flatMap((one) => one[i] ?? [])).flat();
  return [...column(blocks, short + 1), ...column(checks, check)].flatMap((word) =>
    Array.from({ length: 8 }, (_, i) => (word >> (7 - i)) & 1),
  );
}

/** Multiply in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function times(a: number, b: number) {
  let product = 0;
  for (let i = 7; i >= 0; i--) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((b >> i) & 1) * a);
  return product;
}

/** Return the Reed-Solomon error correction codewords of a block. */
function remainder(block: readonly number[], degree: number): number[] {
  let divisor = [1];
  for (let i = 0, root = 1; i < degree; i++, root = times(root, 2)) {
    const grown = [...divisor, 0];
    divisor = grown.map((value, at) => value ^ times(divisor[at - 1] ?? 0, root));
  }
  const result = Array(degree).fill(0);
  for (const word of block) {
    const factor = word ^ Number(result.shift());
    result.push(0);
    result.forEach((value, i) => {
      result[i] = value ^ times(divisor[i + 1] ?? 0, factor);
    });
  }
  return result;
}

function drawn(bits: readonly number[], version: number, mask: number): boolean[][] {
  const size = version * 4 + 17;
  const grid: Grid = Array.from({ length: size }, () => Array(size).fill(null));
  const put = (x: number, y: number, dark: boolean) => {
    if (grid[y]?.[x] !== undefined) (grid[y] as Grid[number])[x] = dark;
  };
  for (let i = 0; i < size; i++) {
    put(6, i, i % 2 === 0);
    put(i, 6, i % 2 === 0);
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ])
    square(put, Number(x), Number(y), 4);
  const places = ALIGNED[version - 1] ?? [];
  const last = places.length - 1;
  places.forEach((y, j) =>
    places.forEach((x, i) => {
      if (!((i === 0 && (j === 0 || j === last)) || (i === last && j === 0))) square(put, x, y, 2);
    }),
  );
  told(put, size, version, mask);
  const hides = MASKS[mask] as (x: number, y: number) => boolean;
  let next = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (grid[y]?.[x] === null) put(x, y, ((bits[next++] ?? 0) === 1) !== hides(x, y));
      }
    }
  }
  return grid as boolean[][];
}

/** Draw a finder pattern (`radius` 4, its outer ring is the light separator) or an alignment pattern (2). */
function square(put: (x: number, y: number, dark: boolean) => void, x: number, y: number, reach: number) {
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const ring = Math.max(Math.abs(dx), Math.abs(dy));
      put(x + dx, y + dy, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
    }
  }
}

/** Draw the format information (mask) and, from version 7, the version information. Each appears twice. */
function told(put: (x: number, y: number, dark: boolean) => void, size: number, version: number, mask: number) {
  const format = ((mask << 10) | checked(mask, 10, 0x537)) ^ 0x5412; // correction M is 00
  const bit = (i: number) => ((format >> i) & 1) === 1;
  for (let i = 0; i <= 5; i++) put(8, i, bit(i));
  put(8, 7, bit(6));
  put(8, 8, bit(7));
  put(7, 8, bit(8));
  for (let i = 9; i < 15; i++) put(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) put(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) put(8, size - 15 + i, bit(i));
  put(8, size - 8, true);
  if (version < 7) return;
  const named = (version << 12) | checked(version, 12, 0x1f25);
  for (let i = 0; i < 18; i++) {
    const [a, b, dark] = [size - 11 + (i % 3), Math.floor(i / 3), ((named >> i) & 1) === 1];
    put(a, b, dark);
    put(b, a, dark);
  }
}

/** Return the BCH check bits of a number. */
function checked(value: number, length: number, divisor: number) {
  let rest = value;
  for (let i = 0; i < length; i++) rest = (rest << 1) ^ ((rest >> (length - 1)) * divisor);
  return rest;
}

/** Score how hard a symbol is to read: long runs, 2×2 blocks, finder-like patterns, too much of one colour. */
function penalty(grid: boolean[][]) {
  const size = grid.length;
  const columns = grid.map((_, x) => grid.map((row) => Boolean(row[x])));
  let cost = 0;
  for (const line of [...grid, ...columns]) {
    cost += runs(line);
    for (let i = 0; i + 7 <= size; i++) {
      if (String(line.slice(i, i + 7)) !== FINDER) continue;
      const light = (from: number) => [0, 1, 2, 3].every((step) => !line[from + step]);
      if (light(i - 4) || light(i + 7)) cost += 40;
    }
  }
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      if (new Set([grid[y]?.[x], grid[y]?.[x + 1], grid[y + 1]?.[x], grid[y + 1]?.[x + 1]]).size === 1) cost += 3;
    }
  }
  const dark = grid.flat().filter(Boolean).length;
  return cost + Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size)) * 10;
}

function runs(line: readonly boolean[]) {
  let cost = 0;
  for (let i = 0, length = 0; i < line.length; i++) {
    length = line[i] === line[i - 1] ? length + 1 : 1;
    if (length === 5) cost += 3;
    else if (length > 5) cost += 1;
  }
  return cost;
}
