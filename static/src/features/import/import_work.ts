/**
 * The state of an import: what was read, the keeper's answers, what is chosen. It outlives the screen it was started
 * on. It lies in the stage's read cache, so a lock drops it with everything else.
 */
import { phoneZone } from '../../record/times.js';
import { problemOf } from '../../shell/stage.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type {
  ImportArchive,
  BillQuestions,
  ImportAnswers,
  ImportContacts,
  ImportBurst,
  ImportResult,
  ImportOptions,
  ImportPlan,
  ImportRead,
  Problem,
} from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';
import type { MessageRow } from '../../record/schedule.js';

export type ImportState = {
  step: 'choose' | 'busy' | 'ask' | 'plan' | 'done';
  doing: string;
  done: number;
  total: number;
  signal: { stopped: boolean };
  read: ImportRead | null;
  plan: ImportPlan | null;
  result: ImportResult | null;
  name: string;
  answers: ImportAnswers & { gap: number };
  /** the archive that the page was chosen from */
  archive: ImportArchive | null;
  /** what a bill leaves open; null until its columns are confirmed */
  bill: BillQuestions | null;
  /** whether the files of the chosen messages are imported too */
  media: boolean;
  chosen: Set<number>;
  words: Record<number, string>;
  shown: number;
  rows: Record<number, MessageRow[] | null>;
  /** the result has been shown */
  seen?: boolean;
  problem: Problem | null;
};

/** The state as each step's view gets it: the results of the earlier steps are present. */
export type ImportStepState = ImportState & { read: ImportRead; plan: ImportPlan; result: ImportResult };

/** As above, of a file from which entries are made. */
export type PlanStepState = ImportStepState & { read: Exclude<ImportRead, ImportContacts | ImportArchive> };

const STATE_KEY = 'import';

const newState = (): ImportState => ({
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
  archive: null,
  bill: null,
  chosen: new Set(),
  words: {},
  shown: 20,
  rows: {},
  problem: null,
  media: true,
});

export function importStateOf(stage: Stage): ImportState {
  const existing = stage.cache.get(STATE_KEY)?.data as ImportState | undefined;
  if (existing) return existing;
  const created = newState();
  stage.cache.set(STATE_KEY, { data: created });
  return created;
}

/** Discard what was read. */
export function resetImport(stage: Stage) {
  importStateOf(stage).signal.stopped = true;
  stage.cache.set(STATE_KEY, { data: newState() });
  void stage.app.dropImport?.();
}

export function startOver(stage: Stage) {
  resetImport(stage);
  stage.arrived = true;
  stage.draw();
}

/** Run a long step with progress and cancellation. When it fails, return to `stepOnFailure`. */
async function runStep(
  stage: Stage,
  doing: string,
  stepOnFailure: ImportState['step'],
  action: (state: ImportStepState, options: ImportOptions) => Promise<unknown>,
) {
  const state = importStateOf(stage);
  if (state.step === 'busy') return;
  const { generation } = stage;
  const signal = { stopped: false };
  Object.assign(state, { step: 'busy', doing, done: 0, total: 0, signal, problem: null });
  showStep(stage);
  const onProgress = (done: number, total: number) => {
    Object.assign(state, { done, total });
    if (generation === stage.generation && stage.place.name === 'import') stage.drawNow();
  };
  try {
    await action(state as ImportStepState, { onProgress, signal });
  } catch (error) {
    if (generation !== stage.generation) return;
    Object.assign(state, { step: stepOnFailure, problem: problemOf(error) });
  }
  if (generation === stage.generation) showStep(stage);
}

/** Draw the new step. Move the focus to its heading, or to the problem if there is one. */
function showStep(stage: Stage) {
  if (stage.place.name !== 'import') return;
  const { problem } = importStateOf(stage);
  stage.problem = problem ? { ...problem } : null;
  stage.arrived = !problem;
  stage.draw();
}

export function readFile(stage: Stage, file: File) {
  startOver(stage);
  return runStep(stage, 'import.reading', 'choose', async (state, options) => {
    state.name = file.name;
    state.read = await stage.app.readImport(file, options);
    state.answers = {
      tz: phoneZone(),
      gap: 6,
      ...(state.read.orders?.length === 1 ? { order: state.read.orders[0] } : {}),
      ...(state.read.kind === 'bill' ? { columns: { ...state.read.proposed } } : {}),
    };
    state.step = 'ask';
  });
}

/** Read one page of an archive. */
export function readPage(stage: Stage, archive: ImportArchive, place: number) {
  return runStep(stage, 'import.reading', 'ask', async (state, options) => {
    state.read = await stage.app.readArchivedPage(place, options);
    Object.assign(state, { archive, step: 'ask' });
  });
}

/** Return to the list of the archive's pages. */
export function choosePageAgain(stage: Stage, archive: ImportArchive) {
  Object.assign(importStateOf(stage), { read: archive, archive: null });
  stage.arrived = true;
  stage.draw();
}

/** Read a bill with the columns that the keeper confirmed, and find what it leaves open. */
export function confirmColumns(stage: Stage) {
  return runStep(stage, 'import.placing', 'ask', async (state, options) => {
    state.bill = await stage.app.askAboutBill(state.answers.columns ?? {}, options);
    state.step = 'ask';
  });
}

export function makePlan(stage: Stage) {
  return runStep(stage, 'import.placing', 'ask', async (state, options) => {
    state.plan = await stage.app.planImport(state.answers, options);
    Object.assign(state, {
      step: 'plan',
      chosen: new Set(['mail', 'page'].includes(state.read.kind) && state.plan.bursts.length ? [0] : []),
      words: {},
      rows: {},
      shown: 20,
    });
  });
}

/** Save the entries that are ticked, or all of them where none is: the button says which. */
export function saveChosen(stage: Stage) {
  return runStep(stage, 'import.keeping', 'plan', async (state, options) => {
    const bursts = state.chosen.size ? [...state.chosen] : state.plan.bursts.map(({ index }) => index);
    const chosen = bursts
      .sort((a, b) => a - b)
      .map((burst) => ({
        burst,
        narrative: state.words[burst] ?? (state.plan.bursts[burst] as ImportBurst).narrative,
      }));
    state.result = await stage.app.keepImport({ chosen, media: state.media }, options);
    state.step = 'done';
    stage.refresh('entry:');
    stage.refresh('records:');
  });
}

/** Add the missing files to messages that the diary already has. */
export function saveLateFiles(stage: Stage) {
  return runStep(stage, 'import.keeping', 'plan', async (state, options) => {
    state.result = await stage.app.keepImport({ chosen: [], late: t('plan.late_reason') }, options);
    state.step = 'done';
    stage.refresh('');
  });
}

/** Return whether every question has an answer. */
export function isAnswered({ read, answers }: ImportStepState) {
  if (read.kind === 'page') return true;
  return read.kind === 'mail' ? Boolean(answers.direction) : Boolean(answers.order) && answers.me !== undefined;
}

/** Plan again with another gap. This makes different entries, so the selection starts again. */
export function regroup(stage: Stage, gap: number) {
  importStateOf(stage).answers.gap = gap;
  return makePlan(stage);
}
