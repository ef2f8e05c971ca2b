/**
 * The language of the screens: a setting of this phone, readable before anything is open, as a notebook's would be.
 *
 * A language chosen on the first screen stays in memory until something is stored here anyway. A user who learns from
 * the safety check that this phone is not safe, and stops, leaves nothing on it that shows who was here.
 */
import { readLanguage, writeLanguage } from '../../store/device_meta.js';
import type { Context } from '../types.js';

export function languageMethods(ctx: Context, drafts: { current: unknown }) {
  return {
    async setLanguage(code: string) {
      // Shown before it is stored: a full phone must not leave somebody in a language they cannot read.
      ctx.screen.set({ language: code });
      if (ctx.open || drafts.current) await storeLanguage(ctx);
    },
  };
}

/** Store the language, now that something is stored here. */
export async function storeLanguage({ database, screen }: Pick<Context, 'database' | 'screen'>) {
  const { language } = screen.state;
  if ((await readLanguage(database)) !== language) await writeLanguage(database, language === 'en' ? null : language);
}

/** Load the stored language; a choice that is not stored yet stands. */
export async function restoreLanguage({ database, screen }: Pick<Context, 'database' | 'screen'>) {
  const language = await readLanguage(database).catch(() => 'en');
  if (language !== 'en' && language !== screen.state.language) screen.set({ language });
}
