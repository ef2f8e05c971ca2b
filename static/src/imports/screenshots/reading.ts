/**
 * Rows proposed from what an engine read in a screenshot. A wrong side, a lost "not" or a wrong time would be evidence
 * against somebody, so whatever is not plain gets a doubt, and a picture that was read badly gets no rows.
 */
import { linesOf, surfaceAt, usableWords } from './lines.js';
import { findSurfaces } from './surfaces.js';
import { readList } from './lists.js';
import { readMessages } from './messages.js';
import type { Line } from './lines.js';
import type { Box, PictureText, Pixels, ReadWord, ScreenshotReading } from './picture_text.js';

const NOTHING: ScreenshotReading = { kind: 'none', app: null, title: null, rows: [], quality: 'poor' };
/** Half of the words must be at least this sure. */
const READ_WELL = 70;
/** The sides of an emoji, as a part of the screen's width. */
const TINY = 0.075;

/** No bubble is so small: an emoji, or a part of one. */
const isTiny = (box: Box | undefined, width: number): boolean =>
  box !== undefined && box[2] - box[0] < width * TINY && box[3] - box[1] < width * TINY;

/**
 * @param text with boxes in pixels of the picture (`inPicture`)
 * @returns rows from the top; `poor`, without rows, if too little could be read
 */
export function readScreenshot(text: PictureText, pixels: Pixels): ScreenshotReading {
  if (!(text.width > 0 && text.height > 0)) return NOTHING;
  const usable = usableWords(text);
  if (!usable?.words.length) return NOTHING;
  const all = [...usable.words, ...usable.dropped]
    .map(({ confidence }) => confidence)
    .sort((one, other) => one - other);
  if (!((all[all.length >> 1] as number) >= READ_WELL)) return NOTHING;
  const sameSize = pixels.width === text.width && pixels.height === text.height;
  const surfaces = sameSize ? findSurfaces(pixels) : null;
  // Without pixels a line across two bubbles looks like one line: nothing can be said about a side.
  if (!surfaces) return NOTHING;
  const bySurface = new Map<number, ReadWord[]>();
  for (const word of usable.words) {
    const no = surfaceAt(word.box, surfaces);
    if (isTiny(surfaces.surfaces[no]?.box, text.width)) continue;
    const others = bySurface.get(no);
    if (others) others.push(word);
    else bySurface.set(no, [word]);
  }
  const lines: Line[] = [...bySurface].flatMap(([no, words]) => linesOf(words, no));
  const list = readList(lines, surfaces, text.width);
  return list ?? readMessages(lines, usable.dropped, surfaces, text.width, text.height) ?? NOTHING;
}
