/** The app's methods for what happens to an entry: take out, put back, merge, erase, hold, attribute. */
import { attributeEntries } from '../features/entry/attribute_entries.js';
import { requestErasure, dropLocalErasures, finishErasure, cancelErasure } from '../diary/erasing/erasing.js';
import { requestLift, readHold, keepHold, turnHoldOn } from '../diary/erasing/erasure_hold.js';
import { requireOpenOf } from '../diary/session/require_open.js';
import { mergeVersions } from '../diary/records/merging.js';
import { recordMethods } from '../diary/records/records.js';
import { updateRows } from '../diary/erasing/takeout.js';
import type { Context, Open } from '../diary/types.js';

export function entryMethods(ctx: Context) {
  const getOpen = requireOpenOf(ctx);
  /** Run an action, then draw and sync. */
  const runAndSync = async <T>(action: (open: Open) => Promise<T>) => {
    const result = await action(getOpen());
    ctx.show();
    ctx.open?.syncing.kick();
    return result;
  };
  const { takeOutRecord, putBackRecord } = recordMethods(ctx);
  return {
    takeOutRecord: (record: string, reason: string) =>
      runAndSync(async (open) => {
        const result = await takeOutRecord(record, reason);
        await updateRows(open, record);
        return result;
      }),
    putBackRecord: (record: string) =>
      runAndSync(async (open) => {
        const result = await putBackRecord(record);
        await updateRows(open, record);
        return result;
      }),
    bringTogether: (record: string, choice: Parameters<typeof mergeVersions>[2]) =>
      runAndSync((open) => mergeVersions(open, record, choice)),
    attribute: (attribution: Parameters<typeof attributeEntries>[1]) =>
      runAndSync((open) => attributeEntries(open, attribution)),
    ...erasingMethods(ctx, getOpen, runAndSync),
  };
}

function erasingMethods(
  ctx: Context,
  getOpen: () => Open,
  runAndSync: <T>(action: (open: Open) => Promise<T>) => Promise<T>,
) {
  return {
    askErasing: (record: string, { words }: { words: string }) =>
      runAndSync((open) => requestErasure(ctx, open, record, words)),
    stopErasing: (record: string) => runAndSync((open) => cancelErasure(ctx, open, record)),
    finishErasing: (record: string, { words }: { words: string }) =>
      runAndSync((open) => finishErasure(ctx, open, record, words)),
    readHold: async () => readHold(getOpen(), ctx.clock.now()),
    turnHoldOn: (request: { who: string; reference: string }) =>
      runAndSync(async (open) => {
        await turnHoldOn(ctx, open, request);
        await dropLocalErasures(open); // the sync run that follows stops what waits on the server
      }),
    askToLiftHold: ({ words }: { words: string }) => runAndSync((open) => requestLift(ctx, open, words)),
    keepHoldOn: () => runAndSync((open) => keepHold(ctx, open)),
  };
}
