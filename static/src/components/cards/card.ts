/** An open card: one group of questions about an entry, and the answers typed so far. */
import type { Stage } from '../../shell/stage.js';
import type { Entry, Fields, Value } from '../../shell/app.js';

export type Card = {
  stage: Stage;
  entry: Entry;
  value: (name: string) => Value;
  put: (change: { fields?: Fields; restricted?: Fields; note?: string }) => void;
};
/** The part of a card that most questions need. Register and file forms provide it too. */
export type CardBase = Pick<Card, 'stage' | 'value' | 'put'>;
/** What the keeper typed in a card and has not saved yet */
export type CardChange = { fields: Fields; restricted: Fields; note?: string };
