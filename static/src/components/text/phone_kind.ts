/** The kind of phone and browser, as far as the page can tell. */

/** @param touchPoints an iPad reports itself as a Mac */
export function phoneKind(userAgent: string, touchPoints: number): PhoneKind {
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1)) return 'ios';
  return /Android/.test(userAgent) ? 'android' : 'desk';
}

export type PhoneKind = 'ios' | 'android' | 'desk';
