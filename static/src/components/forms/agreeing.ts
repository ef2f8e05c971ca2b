/**
 * The words, typed once more for what is about to leave the diary. What they were typed for is known to the app, not to
 * the screen (diary/session/confirming.js).
 */
import { secretField } from './fields.js';
import { t } from '../../shell/strings.js';
import { uncover } from './uncover.js';
import '../words.js';
import type { Agreed } from '../../diary/session/confirming.js';
import type { Stage } from '../../shell/stage.js';

/** @param enter what the button below does */
export function wordsOnceMore(stage: Stage, enter: () => unknown) {
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
 * Off the screen before they are tried; wrong ones are said at the top of the place, and all else stays as it was
 * filled in.
 * @param times how many things are made of what was chosen
 * @returns null where the person is to type again
 */
export async function agreedWith(stage: Stage, times: number = 1): Promise<Agreed | null> {
  const { local } = stage;
  const words = local.words ?? '';
  if (!words) {
    stage.set({ noWords: true });
    return null;
  }
  stage.set({ words: '', shown: false, noWords: false });
  let agreed: Agreed | null = null;
  await stage.run('agree', async () => {
    agreed = await stage.app.agree(words, times);
  });
  return agreed;
}
