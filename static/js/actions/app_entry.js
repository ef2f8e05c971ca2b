/** The app's methods about what becomes of an entry: taken out, put back, brought together, erased, on hold, said whose it was. */
import { attribute } from './attributing.js';
import { askErasing, dropLocalErasures, finishErasing, stopErasing } from './erasing.js';
import { askToLift, holdOn, stayOn, turnOn } from './holding.js';
import { insideOf } from './inside.js';
import { bringTogether } from './merging.js';
import { recordMethods } from './records.js';
import { redraw } from './takeout.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */

/** @param {Context} ctx */
export function entryMethods(ctx) {
  const inside = insideOf(ctx);
  /** Does something, then draws and sends. @template T @param {(open: Open) => Promise<T>} act */
  const saved = async (act) => {
    const done = await act(inside());
    ctx.show();
    ctx.open?.syncing.kick();
    return done;
  };
  const { takeOutRecord, putBackRecord } = recordMethods(ctx);
  return {
    takeOutRecord: (/** @type {string} */ record, /** @type {string} */ reason) =>
      saved(async (open) => {
        const done = await takeOutRecord(record, reason);
        await redraw(open, record);
        return done;
      }),
    putBackRecord: (/** @type {string} */ record) =>
      saved(async (open) => {
        const done = await putBackRecord(record);
        await redraw(open, record);
        return done;
      }),
    bringTogether: (/** @type {string} */ record, /** @type {Parameters<typeof bringTogether>[2]} */ chosen) =>
      saved((open) => bringTogether(open, record, chosen)),
    attribute: (/** @type {Parameters<typeof attribute>[1]} */ said) => saved((open) => attribute(open, said)),
    ...erasingPart(ctx, inside, saved),
  };
}

/** @param {Context} ctx @param {() => Open} inside @param {<T>(act: (open: Open) => Promise<T>) => Promise<T>} saved */
function erasingPart(ctx, inside, saved) {
  return {
    askErasing: (/** @type {string} */ record, /** @type {{words: string}} */ { words }) =>
      saved((open) => askErasing(ctx, open, record, words)),
    stopErasing: (/** @type {string} */ record) => saved((open) => stopErasing(ctx, open, record)),
    finishErasing: (/** @type {string} */ record, /** @type {{words: string}} */ { words }) =>
      saved((open) => finishErasing(ctx, open, record, words)),
    readHold: async () => holdOn(inside(), ctx.clock.now()),
    turnHoldOn: (/** @type {{who: string, reference: string}} */ asked) =>
      saved(async (open) => {
        await turnOn(ctx, open, asked);
        await dropLocalErasures(open); // what waits on the server is stopped by the run of syncing that follows
      }),
    askToLiftHold: (/** @type {{words: string}} */ { words }) => saved((open) => askToLift(ctx, open, words)),
    keepHoldOn: () => saved((open) => stayOn(ctx, open)),
  };
}
