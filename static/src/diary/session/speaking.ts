/**
 * The language of the screens: a choice of this phone's, readable before anything is open, as a notebook's would be.
 *
 * Chosen on the first screen it is in memory alone until something is kept here anyway: whoever finds out from the
 * safety check that this phone is not safe, and stops, has left nothing on it that says who was here.
 */
import { readLanguage, writeLanguage } from '../../store/device_meta.js';
import type { Context } from '../types.js';

export function languageMethods(ctx: Context, drafts: { kept: unknown }) {
  return {
    async setLanguage(code: string) {
      // Shown before it is kept: a full phone must not leave somebody in a language they cannot read.
      ctx.screen.set({ language: code });
      if (ctx.open || drafts.kept) await keepLanguage(ctx);
    },
  };
}

/** Something is kept here from now on, and so is the language. */
export async function keepLanguage({ database, screen }: Pick<Context, 'database' | 'screen'>) {
  const { language } = screen.state;
  if ((await readLanguage(database)) !== language) await writeLanguage(database, language === 'en' ? null : language);
}

/** What the phone was last set to; a choice that is not kept yet stands. */
export async function speakAsBefore({ database, screen }: Pick<Context, 'database' | 'screen'>) {
  const language = await readLanguage(database).catch(() => 'en');
  if (language !== 'en' && language !== screen.state.language) screen.set({ language });
}
