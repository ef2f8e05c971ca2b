import type { Desk } from './desk.js';
import type { Stage as AnyStage } from '../shell/stage.js';

/** The keeper's stage, with the advocate's page as its app. */
export type Stage = AnyStage<Desk> & {
  /** the text in the client search */
  search: string;
  clientOpened(): void;
  leaveClient(): void;
  clientClosed(): void;
};
