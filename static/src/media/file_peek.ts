/** Reading the beginning of a file without taking it in whole. */

/** `place`: whether it says where */
export type About = {
  make?: string;
  model?: string;
  software?: string;
  taken_local?: string;
  offset_min?: number;
  taken_at?: number;
  duration_ms?: number;
  place?: boolean;
};
/** Reads what is there, fewer bytes at the end */
export type Peek = { size: number; bytes(from: number, length: number): Promise<Uint8Array> };
