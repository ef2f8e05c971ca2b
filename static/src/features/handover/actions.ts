/**
 * Hand over a finished pack: seal it on this phone under eight words and leave it on the server for a while. The
 * recipient fetches it with the words. Nothing of it is unencrypted on this phone, neither in the browser's storage nor
 * in Downloads: the pack is in memory, and what is sent is sealed.
 *
 * [Note: where the words are] The words open everything in the pack, so they are in no record of the diary: a record
 * could go into another pack. They are in this phone's own sealed root and are deleted when the hand-over ends; another
 * device of the diary shows the hand-over without them. Once written down, they are shown again only after the keeper
 * types the passphrase: else a person who held the open diary for a minute could fetch the pack later, from anywhere.
 */
import { KeptError } from '../../core/errors.js';
import { PART_BYTES } from '../../crypto/files.js';
import { handoversOf } from '../../net/handovers.js';
import { isPassing } from '../../net/http.js';
import { proofOf } from '../../diary/keys/accounts.js';
import { confirm, mustBeAgreed } from '../../diary/session/confirming.js';
import { insideOf, savedOf } from '../../diary/session/require_open.js';
import { saveOne } from '../../diary/records/records.js';
import { readSettings } from '../../diary/records/settings.js';
import type { HandoverRow } from '../../net/handovers.js';
import type { HandedOver } from '../../store/root.js';
import type { Context, Fields, Open } from '../../diary/types.js';

/** In the shape the screens use; `known`: this phone has its words */
type Handover = HandoverRow & { known: boolean; name: string; record: string | null; to?: string };
/** Newest first; `offline`: only what this phone stores, without the openings */
type Listed = { handovers: Handover[]; address: string; offline: boolean };
/** `words`: the keeper's passphrase, typed for this */
type Given = { file: Blob; name: string; words: string; record?: string | null; to?: string };

const TRIES = 8;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** The folder inside the zip is the pack's true name; its file name on this phone is a date only. */
const FOLDER = /^(PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8})\//;

export function handoverActions(ctx: Context) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  let stop: AbortController | null = null;
  return {
    /**
     * Hand over a pack. Only a pack that the keeper confirmed with the passphrase is accepted, and the passphrase is
     * needed again, because the server requires a proof.
     */
    async handOver(
      given: Given,
      onStep: (at: { step: string; done: number; total: number }) => void,
    ): Promise<HandedOver & { address: string; openings_most: number }> {
      if (stop) throw new KeptError('conflict', 'A pack is being handed over already.');
      stop = new AbortController();
      try {
        return saved(await handOver(ctx, inside(), given, onStep, stop.signal));
      } finally {
        stop = null;
      }
    },
    async stopHandOver() {
      stop?.abort();
    },
    async readHandovers() {
      return readAll(ctx, inside());
    },
    /**
     * Return the eight words again.
     * @param words the keeper's passphrase
     * @throws words_differ, not_found
     */
    async sayHandover(handover: string, words: string): Promise<string> {
      const open = inside();
      await confirm(ctx, open, words);
      const told = toldOf(open).find((one) => one.handover === handover && one.words);
      if (!told) throw new KeptError('not_found');
      return told.words;
    },
    /** @param credentials `words`: the keeper's passphrase */
    async endHandovers(handovers: readonly string[], { words }: { words: string }) {
      const open = inside();
      const proof = await proofOf(ctx, open, words);
      for (const handover of handovers) {
        await handoversOf(ctx.api).end(handover, proof);
        const told = toldOf(open).find((one) => one.handover === handover);
        await forget(open, [handover]);
        if (told?.record) await note(ctx, open, told.record, { withdrawn_at: ctx.clock.now() });
      }
      return saved(null);
    },
  };
}

async function handOver(
  ctx: Context,
  open: Open,
  { file, name, words: own, record = null, to = '' }: Given,
  onStep: (at: { step: string; done: number; total: number }) => void,
  signal: AbortSignal,
) {
  // The screens do not offer it at high risk, but a safety choice must not depend on a screen.
  if ((await readSettings(open)).fields.high_risk === true) throw new KeptError('packs_off');
  mustBeAgreed(open, file);
  const wire = handoversOf(ctx.api);
  const { limits } = await ctx.api.server();
  if (limits.handover_bytes && file.size > limits.handover_bytes)
    throw new KeptError('too_large', 'This pack is too large to hand over in one piece. Make several smaller packs.');
  onStep({ step: 'words', done: 0, total: 0 });
  const proof = await proofOf(ctx, open, own);
  const begun = await open.vault.handoverStart({ size: file.size });
  const { handover, words, kdf, auth, name: found, parts, sealed_bytes: size } = begun;
  const left = await wire.leave(
    { diary: open.identity.diary, handover, name: found, auth, kdf, parts, size },
    proof,
    signal,
  );
  try {
    const true_name = await trueName(file, name);
    const digest = await send(ctx, open, wire, { file, begun, true_name, parts }, onStep, signal);
    await insist(ctx, open, signal, () => wire.complete(handover, digest));
    const told: HandedOver = {
      handover,
      words,
      name: true_name,
      record,
      made_at: ctx.clock.now(),
      expires_at: left.expires_at,
      address: left.address,
      to: to.trim(),
    };
    await open.store.change(async (root) => {
      root.handovers = [...(root.handovers ?? []), told];
    });
    if (record)
      await note(ctx, open, record, {
        delivered_how: 'handover',
        handover,
        not_after: left.expires_at,
        openings: [],
        ...(to.trim() ? { delivered_to: to.trim() } : {}),
      });
    return { ...told, address: left.address, openings_most: left.openings_most };
  } catch (error) {
    await open.vault.handoverDrop(begun.file).catch(() => undefined);
    await wire.end(handover, proof).catch(() => undefined); // if this fails, it expires by itself
    throw error;
  }
}

/** Seal and send the file part by part; at most two parts are in memory. */
async function send(
  ctx: Context,
  open: Open,
  wire: ReturnType<typeof handoversOf>,
  {
    file,
    begun,
    true_name,
    parts,
  }: { file: Blob; begun: { file: number; handover: string }; true_name: string; parts: number },
  onStep: (at: { step: string; done: number; total: number }) => void,
  signal: AbortSignal,
) {
  let done = 0;
  const put = async (sealed: { i: number; sealed: Uint8Array }[]) => {
    for (const one of sealed) {
      await insist(ctx, open, signal, () => wire.putPart(begun.handover, one.i, one.sealed, signal));
      onStep({ step: 'sending', done: ++done, total: parts });
    }
  };
  onStep({ step: 'sending', done, total: parts });
  for (let at = 0; at < file.size; at += PART_BYTES) {
    const bytes = new Uint8Array(await file.slice(at, at + PART_BYTES).arrayBuffer());
    await put(await open.vault.handoverPart(begun.file, bytes));
  }
  const ended = await open.vault.handoverEnd(begun.file, { name: true_name, made_at: ctx.clock.now() });
  await put(ended.parts);
  return ended.digest;
}

/** Retry an action on network errors, with growing pauses; it sends the same sealed bytes each time. */
async function insist<T>(ctx: Context, open: Open, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    // A lock cancels it: the pack in memory is gone, and so is the key.
    if (ctx.open !== open || signal.aborted) throw new KeptError('cancelled');
    try {
      return await act();
    } catch (error) {
      if (!isPassing(error) || tried === TRIES) throw error;
    }
    await new Promise((go) => {
      ctx.timers.after(Math.min(FIRST_WAIT << tried, LONGEST_WAIT), () => go(undefined));
    });
  }
}

/** Return the file name for the recipient's computer. */
async function trueName(file: Blob, name: string) {
  const head = new Uint8Array(await file.slice(30, 160).arrayBuffer());
  const folder = FOLDER.exec(new TextDecoder('latin1').decode(head))?.[1];
  return folder ? `${folder}.zip` : name;
}

async function readAll(ctx: Context, open: Open): Promise<Listed> {
  const listed = await handoversOf(ctx.api)
    .list()
    .catch((error) => {
      if (!isPassing(error)) throw error;
      return null;
    });
  if (!listed) return readHere(open, ctx.clock.now());
  const { handovers, address } = listed;
  const known = new Map(toldOf(open).map((one) => [one.handover, one]));
  for (const row of handovers) {
    const told = known.get(row.handover);
    if (told?.record && row.openings.length) await note(ctx, open, told.record, { openings: row.openings });
  }
  const now = ctx.clock.now();
  const isOver = (row: HandoverRow) =>
    row.ended_at !== null || row.expires_at <= now || row.openings.length >= row.openings_most;
  await forget(
    open,
    [...known.keys()].filter((id) => !handovers.some((row) => row.handover === id && !isOver(row))),
  );
  // Hide an incomplete upload: the keeper did not end it, and it had no words.
  const stood = (row: HandoverRow) =>
    row.complete || row.openings.length || (row.ended_at !== null && known.has(row.handover));
  return {
    address,
    offline: false,
    handovers: handovers.filter(stood).map((row) => {
      const told = known.get(row.handover);
      return {
        ...row,
        known: !isOver(row) && Boolean(told?.words),
        name: told?.name ?? '',
        record: told?.record ?? null,
        to: told?.to ?? '',
      };
    }),
  };
}

/** Return the list without a network; the words are on this phone, so it can still show them. */
function readHere(open: Open, now: number): Listed {
  const standing = toldOf(open)
    .filter(({ words, expires_at }) => words && expires_at > now)
    .reverse();
  const unknown = { ended_at: null, complete: true, size: 0, openings: [], openings_most: 0 };
  return {
    address: standing[0]?.address ?? '',
    offline: true,
    handovers: standing.map(({ words: _, ...one }) => ({ ...unknown, ...one, known: true })),
  };
}

function toldOf({ store }: Open): HandedOver[] {
  return store.root.handovers ?? [];
}

/** Delete the words of hand-overs that are over: only a thief could use them. */
async function forget(open: Open, over: readonly string[]) {
  const worded = toldOf(open).filter((one) => over.includes(one.handover) && one.words);
  if (!worded.length) return;
  await open.store.change(async (root) => {
    root.handovers = (root.handovers ?? [])
      .map((one) => (over.includes(one.handover) ? { ...one, words: '' } : one))
      .slice(-40);
  });
}

/** Add fields to the pack's record in the diary. */
async function note(ctx: Context, open: Open, record: string, fields: Fields) {
  await saveOne(ctx, open, { kind: 'export', record, fields, reason: 'Noted later' });
}
