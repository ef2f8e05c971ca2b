/** The language of the screens: a choice of this phone's, readable before anything is open, as a notebook's would be. */
import { readLanguage, writeLanguage } from '../store/beside.js';

/** @typedef {import('./types.d.ts').Context} Context */

/** @param {Context} ctx */
export function languageMethods(ctx) {
  return {
    async setLanguage(/** @type {string} */ code) {
      // Shown before it is kept: a full phone must not leave somebody in a language they cannot read.
      ctx.screen.set({ language: code });
      await writeLanguage(ctx.database, code === 'en' ? null : code);
    },
  };
}

/** What the phone was last set to. @param {Pick<Context, 'database'|'screen'>} ctx */
export async function speakAsBefore({ database, screen }) {
  const language = await readLanguage(database).catch(() => 'en');
  if (language !== screen.state.language) screen.set({ language });
}
