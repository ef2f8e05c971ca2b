import type { Desk } from './desk.js';
import type { Stage as AnyStage } from '../shell/stage.js';

/** The keeper's stage with the advocate's page behind it. */
export type Stage = AnyStage<Desk> & {
  /** what clients are looked for by */
  search: string;
  opened(): void;
  leaveClient(): void;
  closed(): void;
};
