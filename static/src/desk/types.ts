import type { Desk } from './desk.js';
import type { Stage as AnyStage } from '../shell/stage.js';
import type { DeskState } from './context.js';

/** The keeper's stage with the advocate's page behind it. */
export type Stage = Omit<AnyStage, 'app' | 'state' | 'openSheet' | 'sheet'> & {
  app: Desk;
  state: DeskState;
  sheet: null | ((stage: Stage) => unknown);
  openSheet(view: (stage: Stage) => unknown): void;
  /** what clients are looked for by */
  search: string;
  opened(): void;
  leaveClient(): void;
  closed(): void;
};
