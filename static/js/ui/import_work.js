/**
 * An import under way: what was read, what was answered, what is chosen. It outlives the place it was begun on, and is
 * dropped with everything else at a lock, for it lies in what the stage has read.
 */
import { phoneZone } from '../record/times.js';
import { problemOf } from './stage.js';
import { t } from './strings.js';
import './strings_imports.js';

/** @typedef {import('./stage.js').Stage} Stage */
/**
 * @typedef {object} Work
 * @property {'choose'|'busy'|'ask'|'plan'|'done'} step
 * @property {string} doing @property {number} done @property {number} total @property {{stopped: boolean}} signal
 * @property {any} read @property {any} plan @property {any} result @property {string} name
 * @property {{order?: string, me?: string|null, tz: string, gap: number, direction?: string}} answers
 * @property {boolean} media whether the files of the chosen messages are taken in too
 * @property {Set<number>} chosen @property {Record<number, string>} words @property {number} shown @property {any} rows @property {boolean} [seen] its result has been on the screen
 * @property {import('./app.d.ts').Problem|null} problem
 */

const KEY = 'import';

/** @returns {Work} */
const fresh = () => ({
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

/** @param {Stage} stage @returns {Work} */
export function workOf(stage) {
  const there = stage.read.get(KEY)?.data;
  if (there) return there;
  const made = fresh();
  stage.read.set(KEY, { data: made });
  return made;
}

/** Lets go of what was read. @param {Stage} stage */
export function restart(stage) {
  workOf(stage).signal.stopped = true;
  stage.read.set(KEY, { data: fresh() });
  void (/** @type {any} */ (stage.app).dropImport?.());
}

/** @param {Stage} stage */
export function beginAgain(stage) {
  restart(stage);
  stage.arrived = true;
  stage.draw();
}

/**
 * Long work with a number and a way to stop; back to `otherwise` when it fails.
 * @param {Stage} stage @param {string} doing @param {Work['step']} otherwise @param {(work: Work, how: any) => Promise<unknown>} act
 */
async function during(stage, doing, otherwise, act) {
  const work = workOf(stage);
  if (work.step === 'busy') return;
  const { generation } = stage;
  const signal = { stopped: false };
  Object.assign(work, { step: 'busy', doing, done: 0, total: 0, signal, problem: null });
  moved(stage);
  const onProgress = (/** @type {number} */ done, /** @type {number} */ total) => {
    Object.assign(work, { done, total });
    if (generation === stage.generation && stage.place.name === 'import') stage.drawNow();
  };
  try {
    await act(work, { onProgress, signal });
  } catch (thrown) {
    if (generation !== stage.generation) return;
    Object.assign(work, { step: otherwise, problem: problemOf(thrown) });
  }
  if (generation === stage.generation) moved(stage);
}

/** The place says something else now: the focus goes to its heading, or to what went wrong. @param {Stage} stage */
function moved(stage) {
  if (stage.place.name !== 'import') return;
  const { problem } = workOf(stage);
  stage.problem = problem ? { ...problem } : null;
  stage.arrived = !problem;
  stage.draw();
}

/** @param {Stage} stage @param {File} file */
export function readFile(stage, file) {
  beginAgain(stage);
  return during(stage, 'import.reading', 'choose', async (work, how) => {
    work.name = file.name;
    work.read = await /** @type {any} */ (stage.app).readImport(file, how);
    work.answers = {
      tz: phoneZone(),
      gap: 6,
      ...(work.read.orders?.length === 1 ? { order: work.read.orders[0] } : {}),
    };
    work.step = 'ask';
  });
}

/** @param {Stage} stage */
export function plan(stage) {
  return during(stage, 'import.placing', 'ask', async (work, how) => {
    work.plan = await /** @type {any} */ (stage.app).planImport(work.answers, how);
    Object.assign(work, {
      step: 'plan',
      chosen: new Set(work.read.kind === 'mail' ? [0] : []),
      words: {},
      rows: {},
      shown: 20,
    });
  });
}

/** @param {Stage} stage */
export function keep(stage) {
  return during(stage, 'import.keeping', 'plan', async (work, how) => {
    const chosen = [...work.chosen]
      .sort((a, b) => a - b)
      .map((burst) => ({ burst, narrative: work.words[burst] ?? work.plan.bursts[burst].narrative }));
    work.result = await /** @type {any} */ (stage.app).keepImport({ chosen, media: work.media }, how);
    work.step = 'done';
    stage.refresh('entry:');
    stage.refresh('records:');
  });
}

/** Files of messages that the diary has without them, put where they belong. @param {Stage} stage */
export function keepLate(stage) {
  return during(stage, 'import.keeping', 'plan', async (work, how) => {
    work.result = await /** @type {any} */ (stage.app).keepImport({ chosen: [], late: t('plan.late_reason') }, how);
    work.step = 'done';
    stage.refresh('');
  });
}

/** Whether every question has an answer. @param {Work} work */
export function isAnswered({ read, answers }) {
  return read.kind === 'mail' ? Boolean(answers.direction) : Boolean(answers.order) && answers.me !== undefined;
}

/** Other hours, other entries: what was chosen is chosen anew. @param {Stage} stage @param {number} gap */
export function regroup(stage, gap) {
  workOf(stage).answers.gap = gap;
  return plan(stage);
}
