import type { Stage } from '../../shell/stage.js';
import type { Entry, Fields, Value } from '../../shell/app.js';

export type Card = {
  stage: Stage;
  entry: Entry;
  value: (name: string) => Value;
  put: (change: { fields?: Fields; restricted?: Fields; note?: string }) => void;
};
/** The part of a card that most questions need. The forms of registers and files have it as well. */
export type Asking = Pick<Card, 'stage' | 'value' | 'put'>;
/** What is typed in a card and not yet saved */
export type Change = { fields: Fields; restricted: Fields; note?: string };

/** A card on the screen: one group of questions about an entry, and what was typed into it. */
