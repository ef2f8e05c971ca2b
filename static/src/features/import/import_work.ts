/**
 * The state of an import: what was read, the keeper's answers, what is chosen. It outlives the screen it was started
 * on. It lies in the stage's read cache, so a lock drops it with everything else.
 */
import { phoneZone } from '../../record/times.js';
import { problemOf } from '../../shell/stage.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type {
  ImportAnswers,
  ImportBurst,
  ImportDone,
  ImportHow,
  ImportPlan,
  ImportRead,
  Problem,
} from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { Row } from '../../record/schedule.js';

export type Work = {
  step: 'choose' | 'busy' | 'ask' | 'plan' | 'done';
  doing: string;
  done: number;
  total: number;
  signal: { stopped: boolean };
  read: ImportRead | null;
  plan: ImportPlan | null;
  result: ImportDone | null;
  name: string;
  answers: ImportAnswers & { gap: number };
  /** whether the files of the chosen messages are imported too */
  media: boolean;
  chosen: Set<number>;
  words: Record<number, string>;
  shown: number;
  rows: Record<number, Row[] | null>;
  /** the result has been shown */
  seen?: boolean;
  problem: Problem | null;
};

/** The state as each step's view gets it: the results of the earlier steps are present. */
export type Made = Work & { read: ImportRead; plan: ImportPlan; result: ImportDone };

const KEY = 'import';

const fresh = (): Work => ({
  step: 'choose',
  doing: '',
  done: 0,
  total: 0,
  signal: { stopped: false },
  read: null,
  plan: null,
  result: null,
  name: '',
  answers: { tz: phoneZone(), gap: 6 },
  chosen: new Set(),
  words: {},
  shown: 20,
  rows: {},
  problem: null,
  media: true,
});

export function workOf(stage: Stage): Work {
  const there = stage.read.get(KEY)?.data as Work | undefined;
  if (there) return there;
  const made = fresh();
  stage.read.set(KEY, { data: made });
  return made;
}

/** Discard what was read. */
export function restart(stage: Stage) {
  workOf(stage).signal.stopped = true;
  stage.read.set(KEY, { data: fresh() });
  void stage.app.dropImport?.();
}

export function beginAgain(stage: Stage) {
  restart(stage);
  stage.arrived = true;
  stage.draw();
}

/** Run a long step with progress and cancellation. When it fails, return to `stepOnFailure`. */
async function during(
  stage: Stage,
  doing: string,
  otherwise: Work['step'],
  act: (work: Made, how: ImportHow) => Promise<unknown>,
) {
  const work = workOf(stage);
  if (work.step === 'busy') return;
  const { generation } = stage;
  const signal = { stopped: false };
  Object.assign(work, { step: 'busy', doing, done: 0, total: 0, signal, problem: null });
  moved(stage);
  const onProgress = (done: number, total: number) => {
    Object.assign(work, { done, total });
    if (generation === stage.generation && stage.place.name === 'import') stage.drawNow();
  };
  try {
    await act(work as Made, { onProgress, signal });
  } catch (thrown) {
    if (generation !== stage.generation) return;
    Object.assign(work, { step: otherwise, problem: problemOf(thrown) });
  }
  if (generation === stage.generation) moved(stage);
}

/** Draw the new step. Move the focus to its heading, or to the problem if there is one. */
function moved(stage: Stage) {
  if (stage.place.name !== 'import') return;
  const { problem } = workOf(stage);
  stage.problem = problem ? { ...problem } : null;
  stage.arrived = !problem;
  stage.draw();
}

export function readFile(stage: Stage, file: File) {
  beginAgain(stage);
  return during(stage, 'import.reading', 'choose', async (work, how) => {
    work.name = file.name;
    work.read = await stage.app.readImport(file, how);
    work.answers = {
      tz: phoneZone(),
      gap: 6,
      ...(work.read.orders?.length === 1 ? { order: work.read.orders[0] } : {}),
    };
    work.step = 'ask';
  });
}

export function plan(stage: Stage) {
  return during(stage, 'import.placing', 'ask', async (work, how) => {
    work.plan = await stage.app.planImport(work.answers, how);
    Object.assign(work, {
      step: 'plan',
      chosen: new Set(work.read.kind === 'mail' ? [0] : []),
      words: {},
      rows: {},
      shown: 20,
    });
  });
}

export function keep(stage: Stage) {
  return during(stage, 'import.keeping', 'plan', async (work, how) => {
    const chosen = [...work.chosen]
      .sort((a, b) => a - b)
      .map((burst) => ({ burst, narrative: work.words[burst] ?? (work.plan.bursts[burst] as ImportBurst).narrative }));
    work.result = await stage.app.keepImport({ chosen, media: work.media }, how);
    work.step = 'done';
    stage.refresh('entry:');
    stage.refresh('records:');
  });
}

/** Add the missing files to messages that the diary already has. */
export function keepLate(stage: Stage) {
  return during(stage, 'import.keeping', 'plan', async (work, how) => {
    work.result = await stage.app.keepImport({ chosen: [], late: t('plan.late_reason') }, how);
    work.step = 'done';
    stage.refresh('');
  });
}

/** Return whether every question has an answer. */
export function isAnswered({ read, answers }: Made) {
  return read.kind === 'mail' ? Boolean(answers.direction) : Boolean(answers.order) && answers.me !== undefined;
}

/** Plan again with another gap. This makes different entries, so the selection starts again. */
export function regroup(stage: Stage, gap: number) {
  workOf(stage).answers.gap = gap;
  return plan(stage);
}
