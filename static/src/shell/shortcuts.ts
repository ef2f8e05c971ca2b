/**
 * Keys that do one thing each, in an open diary. One letter, without Ctrl or Alt, because every combination with these
 * belongs to a browser. They can be switched off: who speaks to the computer may press letters without meaning to.
 */
export const SHORTCUTS = [
  ['n', 'add'],
  ['e', 'entries'],
  ['/', 'find'],
  ['p', 'patterns'],
  ['s', 'share'],
  ['l', 'lock'],
  ['?', 'shortcuts'],
] as const;
export type Shortcut = (typeof SHORTCUTS)[number][1];

/** Until the page is closed; a lock keeps it. */
let isOn = true;

export const areShortcutsOn = () => isOn;

export function setShortcuts(on: boolean) {
  isOn = on;
}

/** Whether typing there writes text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('textarea, select, input:not([type="checkbox"], [type="radio"])'))
  );
}

/** Return what a key asks for, or null. A keyboard of another script has the letter at the same place. */
export function shortcutOf({
  key,
  code,
  ctrlKey,
  altKey,
  metaKey,
  repeat,
  isComposing,
}: KeyboardEvent): Shortcut | null {
  if (ctrlKey || altKey || metaKey || repeat || isComposing || !isOn) return null;
  const isForeign = key.length === 1 && key > '\u007f' && code.startsWith('Key');
  const letter = isForeign ? code.slice(3).toLowerCase() : key.toLowerCase();
  return SHORTCUTS.find(([shortcut]) => shortcut === letter)?.[1] ?? null;
}
