/** Which kind of phone and browser this is, as far as the page can tell. */

/** @param touches an iPad calls itself a Mac */
export function kindOf(agent: string, touches: number): Kind {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1)) return 'ios';
  return /Android/.test(agent) ? 'android' : 'desk';
}

export type Kind = 'ios' | 'android' | 'desk';
