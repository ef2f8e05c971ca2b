/**
 * Bytes of a pack that a browser can put together in memory. A larger one is written to a file that the keeper chooses,
 * or made as several packs, each with its own number.
 */
export const MAX_PART_BYTES = 200_000_000;
