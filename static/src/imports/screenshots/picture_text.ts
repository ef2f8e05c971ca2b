/** Pixels of the picture, upright: left, top, right, bottom. */
export type Box = [number, number, number, number];
/** A word that the phone read in a picture. `confidence`: 0 to 100, as the engine gives it */
export type ReadWord = { text: string; box: Box; confidence: number };
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
