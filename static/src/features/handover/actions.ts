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
import { FILE_PART_BYTES } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { handoversOf } from '../../net/handovers.js';
import { isTransient } from '../../net/http.js';
import { proofOf } from '../../diary/keys/accounts.js';
import { confirmWords, checkConfirmed } from '../../diary/session/confirming.js';
import { requireOpenOf, afterSaveOf } from '../../diary/session/require_open.js';
import { saveRecord } from '../../diary/records/records.js';
import { readSettings } from '../../diary/records/settings.js';
import type { HandoverRow } from '../../net/handovers.js';
import type { ActiveHandover } from '../../store/root.js';
import type { Context, Fields, Open } from '../../diary/types.js';

/** In the shape the screens use; `known`: this phone has its words */
type Handover = HandoverRow & { known: boolean; name: string; record: string | null; to?: string };
/** Newest first; `offline`: only what this phone stores, without the openings */
type HandoverList = { handovers: Handover[]; address: string; offline: boolean };
/** `words`: the keeper's passphrase, typed for this */
type HandoverInput = { file: Blob; name: string; words: string; record?: string | null; to?: string };

const MAX_TRIES = 8;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** The folder inside the zip is the pack's true name; its file name on this phone is a date only. */
const PACK_FOLDER = /^(PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8})\//;

export function handoverActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const showAndSync = afterSaveOf(ctx);
  let stop: AbortController | null = null;
  return {
    /**
     * Hand over a pack. Only a pack that the keeper confirmed with the passphrase is accepted, and the passphrase is
     * needed again, because the server requires a proof.
     */
    async handOver(
      input: HandoverInput,
      onStep: (at: { step: string; done: number; total: number }) => void,
    ): Promise<ActiveHandover & { address: string; openings_most: number }> {
      if (stop) throw new KeptError('conflict', 'A pack is being handed over already.');
      stop = new AbortController();
      try {
        return showAndSync(await handOver(ctx, requireOpen(), input, onStep, stop.signal));
      } finally {
        stop = null;
      }
    },
    async stopHandOver() {
      stop?.abort();
    },
    async readHandovers() {
      return readAll(ctx, requireOpen());
    },
    /**
     * Return the eight words again.
     * @param words the keeper's passphrase
     * @throws words_differ, not_found
     */
    async sayHandover(handover: string, words: string): Promise<string> {
      const open = requireOpen();
      await confirmWords(ctx, open, words);
      const stored = storedHandovers(open).find((row) => row.handover === handover && row.words);
      if (!stored) throw new KeptError('not_found');
      return stored.words;
    },
    /** @param credentials `words`: the keeper's passphrase */
    async endHandovers(handovers: readonly string[], { words }: { words: string }) {
      const open = requireOpen();
      const proof = await proofOf(ctx, open, words);
      for (const handover of handovers) {
        await handoversOf(ctx.api).endHandover(handover, proof);
        const stored = storedHandovers(open).find((row) => row.handover === handover);
        await forgetWords(open, [handover]);
        if (stored?.record) await updatePackRecord(ctx, open, stored.record, { withdrawn_at: ctx.clock.now() });
      }
      return showAndSync(null);
    },
  };
}

async function handOver(
  ctx: Context,
  open: Open,
  { file, name, words: passphrase, record = null, to = '' }: HandoverInput,
  onStep: (at: { step: string; done: number; total: number }) => void,
  signal: AbortSignal,
) {
  // The screens do not offer it at high risk, but a safety choice must not depend on a screen.
  if ((await readSettings(open)).fields.high_risk === true) throw new KeptError('packs_off');
  checkConfirmed(open, file);
  const wire = handoversOf(ctx.api);
  const { limits } = await ctx.api.server();
  if (limits.handover_bytes && file.size > limits.handover_bytes)
    throw new KeptError('too_large', 'This pack is too large to hand over in one piece. Make several smaller packs.');
  onStep({ step: 'words', done: 0, total: 0 });
  const proof = await proofOf(ctx, open, passphrase);
  const upload = await open.vault.handoverStart({ size: file.size });
  const { handover, words, kdf, auth, name: locator, parts, sealed_bytes: size } = upload;
  const created = await wire.createHandover(
    { diary: open.identity.diary, handover, name: locator, auth, kdf, parts, size },
    proof,
    signal,
  );
  try {
    const packName = await packFileName(file, name);
    const digest = await send(ctx, open, wire, { file, upload, packName, parts }, onStep, signal);
    await retry(ctx, open, signal, () => wire.complete(handover, digest));
    const stored: ActiveHandover = {
      handover,
      words,
      name: packName,
      record,
      made_at: ctx.clock.now(),
      expires_at: created.expires_at,
      address: created.address,
      to: to.trim(),
    };
    await open.store.change(async (root) => {
      root.handovers = [...(root.handovers ?? []), stored];
    });
    if (record)
      await updatePackRecord(ctx, open, record, {
        delivered_how: 'handover',
        handover,
        not_after: created.expires_at,
        openings: [],
        ...(to.trim() ? { delivered_to: to.trim() } : {}),
      });
    return { ...stored, address: created.address, openings_most: created.openings_most };
  } catch (error) {
    await open.vault.handoverDrop(upload.file).catch(() => undefined);
    await wire.endHandover(handover, proof).catch(() => undefined); // if this fails, it expires by itself
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
    upload,
    packName,
    parts,
  }: { file: Blob; upload: { file: number; handover: string }; packName: string; parts: number },
  onStep: (at: { step: string; done: number; total: number }) => void,
  signal: AbortSignal,
) {
  let done = 0;
  const sendParts = async (sealed: { i: number; sealed: Uint8Array }[]) => {
    for (const part of sealed) {
      await retry(ctx, open, signal, () => wire.putPart(upload.handover, part.i, part.sealed, signal));
      onStep({ step: 'sending', done: ++done, total: parts });
    }
  };
  onStep({ step: 'sending', done, total: parts });
  for (let at = 0; at < file.size; at += FILE_PART_BYTES) {
    const bytes = new Uint8Array(await file.slice(at, at + FILE_PART_BYTES).arrayBuffer());
    await sendParts(await open.vault.handoverPart(upload.file, bytes));
  }
  const result = await open.vault.handoverEnd(upload.file, { name: packName, made_at: ctx.clock.now() });
  await sendParts(result.parts);
  return result.digest;
}

/** Retry an action on network errors, with growing pauses; it sends the same sealed bytes each time. */
async function retry<T>(ctx: Context, open: Open, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    // A lock cancels it: the pack in memory is gone, and so is the key.
    if (ctx.open !== open || signal.aborted) throw new KeptError('cancelled');
    try {
      return await act();
    } catch (error) {
      if (!isTransient(error) || attempt === MAX_TRIES) throw error;
    }
    await new Promise((resolve) => {
      ctx.timers.after(Math.min(FIRST_WAIT_MS << attempt, LONGEST_WAIT_MS), () => resolve(undefined));
    });
  }
}

/** Return the file name for the recipient's computer. */
async function packFileName(file: Blob, name: string) {
  const head = new Uint8Array(await file.slice(30, 160).arrayBuffer());
  const folder = PACK_FOLDER.exec(new TextDecoder('latin1').decode(head))?.[1];
  return folder ? `${folder}.zip` : name;
}

async function readAll(ctx: Context, open: Open): Promise<HandoverList> {
  const response = await handoversOf(ctx.api)
    .list()
    .catch((error) => {
      if (!isTransient(error)) throw error;
      return null;
    });
  if (!response) return readOffline(open, ctx.clock.now());
  const { handovers, address } = response;
  const storedById = new Map(storedHandovers(open).map((row) => [row.handover, row]));
  for (const row of handovers) {
    const stored = storedById.get(row.handover);
    if (stored?.record && row.openings.length)
      await updatePackRecord(ctx, open, stored.record, { openings: row.openings });
  }
  const now = ctx.clock.now();
  const isOver = (row: HandoverRow) =>
    row.ended_at !== null || row.expires_at <= now || row.openings.length >= row.openings_most;
  await forgetWords(
    open,
    [...storedById.keys()].filter((id) => !handovers.some((row) => row.handover === id && !isOver(row))),
  );
  // Hide an incomplete upload: the keeper did not end it, and it had no words.
  const isListed = (row: HandoverRow) =>
    row.complete || row.openings.length || (row.ended_at !== null && storedById.has(row.handover));
  return {
    address,
    offline: false,
    handovers: handovers.filter(isListed).map((row) => {
      const stored = storedById.get(row.handover);
      return {
        ...row,
        known: !isOver(row) && Boolean(stored?.words),
        name: stored?.name ?? '',
        record: stored?.record ?? null,
        to: stored?.to ?? '',
      };
    }),
  };
}

/** Return the list without a network; the words are on this phone, so it can still show them. */
function readOffline(open: Open, now: number): HandoverList {
  const active = storedHandovers(open)
    .filter(({ words, expires_at }) => words && expires_at > now)
    .reverse();
  const defaults = { ended_at: null, complete: true, size: 0, openings: [], openings_most: 0 };
  return {
    address: active[0]?.address ?? '',
    offline: true,
    handovers: active.map(({ words: _, ...row }) => ({ ...defaults, ...row, known: true })),
  };
}

function storedHandovers({ store }: Open): ActiveHandover[] {
  return store.root.handovers ?? [];
}

/** Delete the words of hand-overs that are over: only a thief could use them. */
async function forgetWords(open: Open, ended: readonly string[]) {
  const affected = storedHandovers(open).filter((row) => ended.includes(row.handover) && row.words);
  if (!affected.length) return;
  await open.store.change(async (root) => {
    root.handovers = (root.handovers ?? [])
      .map((row) => (ended.includes(row.handover) ? { ...row, words: '' } : row))
      .slice(-40);
  });
}

/** Add fields to the pack's record in the diary. */
async function updatePackRecord(ctx: Context, open: Open, record: string, fields: Fields) {
  await saveRecord(ctx, open, { kind: 'export', record, fields, reason: 'Noted later' });
}
