/** Pixels of the picture, upright: left, top, right, bottom. */
export type Box = [number, number, number, number];
/**
 * A word that the phone read in a picture. `confidence`: 0 to 100, as the engine gives it; `capital`: the height of a
 * capital letter of its type, in pixels, where that was measured
 */
export type ReadWord = { text: string; box: Box; confidence: number; capital?: number };
/** A line of words, as the engine found it. */
export type ReadLine = { words: ReadWord[]; box: Box };
/** What an engine read in a picture. `languages`: codes of the engine's data, such as eng */
export type PictureText = {
  width: number;
  height: number;
  lines: ReadLine[];
  engine: string;
  version: string;
  languages: string[];
};
/** The picture's pixels, RGBA, four bytes each. */
export type Pixels = { width: number; height: number; data: Uint8ClampedArray };
/** What may be wrong in a proposed row: the person must look. */
export type Doubt = 'side' | 'time' | 'text' | 'day' | 'who';
/**
 * `box`: the strip of the picture; `time`: HH:MM, 24 hours; `day`: as written in the picture; `type`: a code of
 * schedule rows (docs/record.md)
 */
export type ProposedRow = {
  box: Box;
  side: 'left' | 'right' | 'unknown';
  type: string;
  time: string | null;
  day: string | null;
  who: string | null;
  text: string;
  doubts: Doubt[];
};
/** `app`: a channel code of docs/record.md, null if it cannot be told; `title`: the name or number at the top */
export type ScreenshotReading = {
  kind: 'messages' | 'calls' | 'email' | 'payments' | 'none';
  app: string | null;
  title: string | null;
  rows: ProposedRow[];
  quality: 'good' | 'poor';
};
