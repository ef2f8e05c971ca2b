/** The way back for what was taken out. */
import { t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

export function putBack(stage: Stage, record: string) {
  return stage.run('back', async () => {
    await stage.app.putBackRecord(record);
    stage.say(t('away.was_back'));
    again(stage);
  });
}

/** Reads everything about entries again, the lists of what is out included. */
export const again = (stage: Stage) => stage.refresh('');
