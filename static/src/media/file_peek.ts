/** Random access to a file without loading all of it. */

/** `place`: whether it holds a location */
export type FileMetadata = {
  make?: string;
  model?: string;
  software?: string;
  taken_local?: string;
  offset_min?: number;
  taken_at?: number;
  duration_ms?: number;
  place?: boolean;
};
/** `bytes` returns fewer bytes at the end of the file */
export type ReadableFile = { size: number; bytes(from: number, length: number): Promise<Uint8Array> };
