/** The kind of phone and browser, as far as the page can tell. */

/** @param touchPoints an iPad reports itself as a Mac */
export function kindOf(agent: string, touches: number): Kind {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1)) return 'ios';
  return /Android/.test(agent) ? 'android' : 'desk';
}

export type Kind = 'ios' | 'android' | 'desk';
