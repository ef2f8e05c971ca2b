/** The ways to deliver a finished pack, besides saving it. The first that applies is the main button. */
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { MadePack, ProgressStep } from '../../shell/app.js';
import type { Agreement } from '../../diary/session/confirming.js';
import type { PackFlow } from './share_choose.js';

/** `parts`: the entries of each pack, when one would be too large */
export type PackBuild = {
  at: ProgressStep;
  done: MadePack | null;
  stopped: boolean;
  here: boolean;
  part: number;
  parts: string[][];
  flow: PackFlow;
  agreed: Agreement | null;
};

/** `title` and `more` are keys of words.json */
type DeliveryWay = {
  title: string;
  more: string;
  shown: (stage: Stage, job: PackBuild) => boolean;
  on: (stage: Stage, job: PackBuild) => unknown;
};

export const DELIVERY_WAYS: readonly DeliveryWay[] = [
  {
    title: 'hand.way',
    more: 'hand.way_more',
    on: (stage) => stage.go({ name: 'handover' }),
    // A handover lies on the server, which a keeper at high risk has ruled out.
    shown: (stage, { done }) =>
      Boolean(
        done?.file &&
          stage.state.account?.registered &&
          stage.find('pack-ways', () => stage.app.packWays()).data?.high_risk === false,
      ),
  },
];
