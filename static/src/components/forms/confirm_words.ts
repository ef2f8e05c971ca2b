/**
 * The keeper's words, typed again before something leaves the diary. The app knows what they confirm, the screen does
 * not (diary/session/confirming.js).
 */
import { passwordField } from './password_field.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Agreement } from '../../diary/session/confirming.js';
import type { Stage } from '../../shell/stage.js';

/** @param onEnter the action of the button below */
export function confirmWordsField(stage: Stage, onEnter: () => unknown) {
  return passwordField(stage, {
    id: 'agree-words',
    label: t('agree.words'),
    hint: t('agree.why'),
    onEnter,
    error: stage.local.noWords ? t('words.none') : null,
  });
}

/**
 * Clear the words from the screen before they are checked. Wrong words show an error at the top; all other input
 * stays.
 * @param count how many things are made from the selection
 * @returns null if the keeper must type again
 */
export async function confirmWithWords(stage: Stage, count: number = 1): Promise<Agreement | null> {
  const { local } = stage;
  const words = local.words ?? '';
  if (!words) {
    stage.set({ noWords: true });
    return null;
  }
  stage.set({ words: '', shown: false, noWords: false });
  let agreement: Agreement | null = null;
  await stage.run('agree', async () => {
    agreement = await stage.app.agree(words, count);
  });
  return agreement;
}
