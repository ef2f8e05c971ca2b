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
const VERSION_BLOCKS = [
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
const ALIGNMENT_POSITIONS = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
];
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
  const version = VERSION_BLOCKS.findIndex(([data = 0], i) => bytes.length + (i < 9 ? 2 : 3) <= data) + 1;
  if (!version) throw new KeptError('too_large');
  const bits = interleaveBlocks(encodeData(bytes, version), version);
  let bestGrid = [] as boolean[][];
  let lowestPenalty = Infinity;
  for (let mask = 0; mask < MASKS.length; mask++) {
    const candidate = drawModules(bits, version, mask);
    const score = penaltyOf(candidate);
    if (score < lowestPenalty) [bestGrid, lowestPenalty] = [candidate, score];
  }
  return bestGrid;
}

/**
 * Encode mode, length, bytes, terminator and padding.
 * @returns codewords
 */
function encodeData(bytes: Uint8Array, version: number): number[] {
  const [capacity = 0] = VERSION_BLOCKS[version - 1] ?? [];
  const bits: number[] = [];
  const appendBits = (value: number, length: number) => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  appendBits(4, 4);
  appendBits(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => appendBits(byte, 8));
  appendBits(0, Math.min(4, capacity * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const codewords = Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((sum, bitAt) => sum * 2 + bitAt, 0),
  );
  for (let i = 0; codewords.length < capacity; i++) codewords.push(i % 2 ? 0x11 : 0xec);
  return codewords;
}

/**
 * Split the codewords into blocks, add error correction to each block and interleave them.
 * @returns bits
 */
function interleaveBlocks(codewords: number[], version: number): number[] {
  const [, checkLength = 0, blockCount = 1] = VERSION_BLOCKS[version - 1] ?? [];
  const shortLength = Math.floor(codewords.length / blockCount);
  const longBlockCount = codewords.length % blockCount;
  const blocks = Array.from({ length: blockCount }, (_, i) => {
    const start = i * shortLength + Math.max(0, i - (blockCount - longBlockCount));
    return codewords.slice(start, start + shortLength + (i >= blockCount - longBlockCount ? 1 : 0));
  });
  const checkBlocks = blocks.map((block) => errorCorrectionWords(block, checkLength));
  const interleaveColumns = (groups: number[][], longest: number) =>
    Array.from({ length: longest }, (_, i) => groups.flatMap((block) => block[i] ?? [])).flat();
  return [...interleaveColumns(blocks, shortLength + 1), ...interleaveColumns(checkBlocks, checkLength)].flatMap(
    (codeword) => Array.from({ length: 8 }, (_, i) => (codeword >> (7 - i)) & 1),
  );
}

/** Multiply in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function multiply(a: number, b: number) {
  let product = 0;
  for (let i = 7; i >= 0; i--) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((b >> i) & 1) * a);
  return product;
}

/** Return the Reed-Solomon error correction codewords of a block. */
function errorCorrectionWords(block: readonly number[], degree: number): number[] {
  let divisor = [1];
  for (let i = 0, root = 1; i < degree; i++, root = multiply(root, 2)) {
    const extended = [...divisor, 0];
    divisor = extended.map((value, index) => value ^ multiply(divisor[index - 1] ?? 0, root));
  }
  const result = Array(degree).fill(0);
  for (const codeword of block) {
    const factor = codeword ^ Number(result.shift());
    result.push(0);
    result.forEach((value, i) => {
      result[i] = value ^ multiply(divisor[i + 1] ?? 0, factor);
    });
  }
  return result;
}

function drawModules(bits: readonly number[], version: number, mask: number): boolean[][] {
  const size = version * 4 + 17;
  const grid: Grid = Array.from({ length: size }, () => Array(size).fill(null));
  const setModule = (x: number, y: number, dark: boolean) => {
    if (grid[y]?.[x] !== undefined) (grid[y] as Grid[number])[x] = dark;
  };
  for (let i = 0; i < size; i++) {
    setModule(6, i, i % 2 === 0);
    setModule(i, 6, i % 2 === 0);
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ])
    drawSquare(setModule, Number(x), Number(y), 4);
  const positions = ALIGNMENT_POSITIONS[version - 1] ?? [];
  const lastPosition = positions.length - 1;
  positions.forEach((y, j) =>
    positions.forEach((x, i) => {
      if (!((i === 0 && (j === 0 || j === lastPosition)) || (i === lastPosition && j === 0)))
        drawSquare(setModule, x, y, 2);
    }),
  );
  drawFormatInfo(setModule, size, version, mask);
  const isMasked = MASKS[mask] as (x: number, y: number) => boolean;
  let bitIndex = 0;
  for (let rightColumn = size - 1; rightColumn > 0; rightColumn -= 2) {
    if (rightColumn === 6) rightColumn = 5;
    for (let offset = 0; offset < size; offset++) {
      const y = ((rightColumn + 1) & 2) === 0 ? size - 1 - offset : offset;
      for (const x of [rightColumn, rightColumn - 1]) {
        if (grid[y]?.[x] === null) setModule(x, y, ((bits[bitIndex++] ?? 0) === 1) !== isMasked(x, y));
      }
    }
  }
  return grid as boolean[][];
}

/** Draw a finder pattern (`radius` 4, its outer ring is the light separator) or an alignment pattern (2). */
function drawSquare(setModule: (x: number, y: number, dark: boolean) => void, x: number, y: number, radius: number) {
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      const ring = Math.max(Math.abs(dx), Math.abs(dy));
      setModule(x + dx, y + dy, radius === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
    }
  }
}

/** Draw the format information (mask) and, from version 7, the version information. Each appears twice. */
function drawFormatInfo(
  setModule: (x: number, y: number, dark: boolean) => void,
  size: number,
  version: number,
  mask: number,
) {
  const format = ((mask << 10) | bchRemainder(mask, 10, 0x537)) ^ 0x5412; // correction M is 00
  const bitAt = (i: number) => ((format >> i) & 1) === 1;
  for (let i = 0; i <= 5; i++) setModule(8, i, bitAt(i));
  setModule(8, 7, bitAt(6));
  setModule(8, 8, bitAt(7));
  setModule(7, 8, bitAt(8));
  for (let i = 9; i < 15; i++) setModule(14 - i, 8, bitAt(i));
  for (let i = 0; i < 8; i++) setModule(size - 1 - i, 8, bitAt(i));
  for (let i = 8; i < 15; i++) setModule(8, size - 15 + i, bitAt(i));
  setModule(8, size - 8, true);
  if (version < 7) return;
  const versionInfo = (version << 12) | bchRemainder(version, 12, 0x1f25);
  for (let i = 0; i < 18; i++) {
    const [a, b, dark] = [size - 11 + (i % 3), Math.floor(i / 3), ((versionInfo >> i) & 1) === 1];
    setModule(a, b, dark);
    setModule(b, a, dark);
  }
}

/** Return the BCH check bits of a number. */
function bchRemainder(value: number, length: number, divisor: number) {
  let register = value;
  for (let i = 0; i < length; i++) register = (register << 1) ^ ((register >> (length - 1)) * divisor);
  return register;
}

/** Score how hard a symbol is to read: long runs, 2×2 blocks, finder-like patterns, too much of one colour. */
function penaltyOf(grid: boolean[][]) {
  const size = grid.length;
  const columnLines = grid.map((_, x) => grid.map((row) => Boolean(row[x])));
  let score = 0;
  for (const line of [...grid, ...columnLines]) {
    score += runPenalty(line);
    for (let i = 0; i + 7 <= size; i++) {
      if (String(line.slice(i, i + 7)) !== FINDER) continue;
      const isLightRun = (from: number) => [0, 1, 2, 3].every((offset) => !line[from + offset]);
      if (isLightRun(i - 4) || isLightRun(i + 7)) score += 40;
    }
  }
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      if (new Set([grid[y]?.[x], grid[y]?.[x + 1], grid[y + 1]?.[x], grid[y + 1]?.[x + 1]]).size === 1) score += 3;
    }
  }
  const dark = grid.flat().filter(Boolean).length;
  return score + Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size)) * 10;
}

function runPenalty(line: readonly boolean[]) {
  let score = 0;
  for (let i = 0, length = 0; i < line.length; i++) {
    length = line[i] === line[i - 1] ? length + 1 : 1;
    if (length === 5) score += 3;
    else if (length > 5) score += 1;
  }
  return score;
}
