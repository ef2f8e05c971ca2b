/** Put back what was taken out. */
import { t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

export function putBack(stage: Stage, record: string) {
  return stage.run('back', async () => {
    await stage.app.putBackRecord(record);
    stage.announce(t('away.was_back'));
    refreshAll(stage);
  });
}

/** Read all entries again, including the lists of removed ones. */
export const refreshAll = (stage: Stage) => stage.refresh('');
