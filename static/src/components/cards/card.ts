import type { Stage } from '../../shell/stage.js';
import type { Entry, Fields } from '../../shell/app.js';

export type Card = {
  stage: Stage;
  entry: Entry;
  value: (name: string) => any;
  put: (change: { fields?: Fields; restricted?: Fields; note?: string }) => void;
};
/** What is typed in a card and not yet saved */
export type Change = { fields: Fields; restricted: Fields; note?: string };

/** A card on the screen: one group of questions about an entry, and what was typed into it. */
