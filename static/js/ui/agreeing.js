/** The words, typed once more for what is about to leave the diary. What they were typed for is known to the app, not to the screen (actions/confirming.js). */
import { secretField } from './fields.js';
import { t } from './strings.js';
import './strings_share.js';
import { uncover } from './door.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('../actions/confirming.js').Agreed} Agreed */

/** @param {Stage} stage @param {() => unknown} enter what the button below does */
export function wordsOnceMore(stage, enter) {
  const { local } = stage;
  return secretField({
    id: 'agree-words',
    label: t('agree.words'),
    hint: t('agree.why'),
    value: local.words ?? '',
    shown: Boolean(local.shown),
    toggle: () => uncover(stage),
    enter: () => void enter(),
    error: local.noWords ? t('words.none') : null,
    on: (words) => {
      local.words = words;
    },
  });
}

/**
 * Off the screen before they are tried; wrong ones are said at the top of the place, and all else stays as it was filled in.
 * @param {Stage} stage @param {number} [times] how many things are made of what was chosen
 * @returns {Promise<Agreed|null>} null where the person is to type again
 */
export async function agreedWith(stage, times = 1) {
  const { local } = stage;
  const words = local.words ?? '';
  if (!words) {
    stage.set({ noWords: true });
    return null;
  }
  stage.set({ words: '', shown: false, noWords: false });
  /** @type {Agreed|null} */
  let agreed = null;
  await stage.run('agree', async () => {
    agreed = await stage.app.agree(words, times);
  });
  return agreed;
}
