/** The app's methods for what happens to an entry: take out, put back, merge, erase, hold, attribute. */
import { attribute } from '../features/entry/attributing.js';
import { askErasing, dropLocalErasures, finishErasing, stopErasing } from '../diary/erasing/erasing.js';
import { askToLift, holdOn, stayOn, turnOn } from '../diary/erasing/holding.js';
import { insideOf } from '../diary/session/require_open.js';
import { bringTogether } from '../diary/records/merging.js';
import { recordMethods } from '../diary/records/records.js';
import { redraw } from '../diary/erasing/takeout.js';
import type { Context, Open } from '../diary/types.js';

export function entryMethods(ctx: Context) {
  const inside = insideOf(ctx);
  /** Run an action, then draw and sync. */
  const saved = async <T>(act: (open: Open) => Promise<T>) => {
    const done = await act(inside());
    ctx.show();
    ctx.open?.syncing.kick();
    return done;
  };
  const { takeOutRecord, putBackRecord } = recordMethods(ctx);
  return {
    takeOutRecord: (record: string, reason: string) =>
      saved(async (open) => {
        const done = await takeOutRecord(record, reason);
        await redraw(open, record);
        return done;
      }),
    putBackRecord: (record: string) =>
      saved(async (open) => {
        const done = await putBackRecord(record);
        await redraw(open, record);
        return done;
      }),
    bringTogether: (record: string, chosen: Parameters<typeof bringTogether>[2]) =>
      saved((open) => bringTogether(open, record, chosen)),
    attribute: (said: Parameters<typeof attribute>[1]) => saved((open) => attribute(open, said)),
    ...erasingPart(ctx, inside, saved),
  };
}

function erasingPart(ctx: Context, inside: () => Open, saved: <T>(act: (open: Open) => Promise<T>) => Promise<T>) {
  return {
    askErasing: (record: string, { words }: { words: string }) => saved((open) => askErasing(ctx, open, record, words)),
    stopErasing: (record: string) => saved((open) => stopErasing(ctx, open, record)),
    finishErasing: (record: string, { words }: { words: string }) =>
      saved((open) => finishErasing(ctx, open, record, words)),
    readHold: async () => holdOn(inside(), ctx.clock.now()),
    turnHoldOn: (asked: { who: string; reference: string }) =>
      saved(async (open) => {
        await turnOn(ctx, open, asked);
        await dropLocalErasures(open); // the sync run that follows stops what waits on the server
      }),
    askToLiftHold: ({ words }: { words: string }) => saved((open) => askToLift(ctx, open, words)),
    keepHoldOn: () => saved((open) => stayOn(ctx, open)),
  };
}
