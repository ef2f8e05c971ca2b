/**
 * Handing a finished pack over: it is sealed on this phone under eight words, left on the server for a while, and
 * whoever is told the words fetches it. Nothing of it lies open on this phone, neither in the browser's store nor in
 * Downloads: the pack is in memory, and what is sent is sealed.
 *
 * [Note: where the words are] The words open everything in the pack, so they are in no record of the diary: a record
 * could go into another pack. They lie in this phone's own sealed root and go when the hand-over is over; another
 * device of the diary shows the hand-over without them. Once they were written down they are said again only to the keeper's own
 * words: whoever had the open diary for a minute could fetch the pack later, from anywhere.
 */
import { KeptError } from '../core/errors.js';
import { PART_BYTES } from '../crypto/files.js';
import { handoversOf } from '../net/handovers.js';
import { isPassing } from '../net/http.js';
import { proofOf } from './accounts.js';
import { confirm, mustBeAgreed } from './confirming.js';
import { insideOf, savedOf } from './inside.js';
import { saveOne } from './records.js';
import { readSettings } from './settings.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('../net/handovers.js').HandoverRow} HandoverRow */
/** @typedef {{handover: string, words: string, name: string, record: string|null, made_at: number, expires_at: number, address?: string, to?: string}} Told what this phone keeps of one */
/** @typedef {HandoverRow & {known: boolean, name: string, record: string|null, to?: string}} Handover as the screens see it; `known`: this phone has its words */
/** @typedef {{handovers: Handover[], address: string, offline: boolean}} Listed newest first; `offline`: what this phone alone knows, of which openings are no part */
/** @typedef {{file: Blob, name: string, words: string, record?: string|null, to?: string}} Given `words`: the keeper's own, typed for it */

const TRIES = 8;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** The folder inside a pack's zip is its true name; what it was called here is a date only. */
const FOLDER = /^(PACK_[A-Z]{1,4}_[1-9][0-9]{0,4}_[0-9]{8})\//;

/** @param {Context} ctx */
export function handoverActions(ctx) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  /** @type {AbortController|null} */
  let stop = null;
  return {
    /** Nothing but a pack that was agreed to with the words, and with the words again: the server takes it with a proof alone. @param {Given} given @param {(at: {step: string, done: number, total: number}) => void} onStep @returns {Promise<Told & {address: string, openings_most: number}>} */
    async handOver(given, onStep) {
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
    /** The eight words once more. @param {string} handover @param {string} words the keeper's own @returns {Promise<string>} @throws words_differ, not_found */
    async sayHandover(handover, words) {
      const open = inside();
      await confirm(ctx, open, words);
      const told = toldOf(open).find((one) => one.handover === handover && one.words);
      if (!told) throw new KeptError('not_found');
      return told.words;
    },
    /** @param {readonly string[]} handovers @param {{words: string}} by the keeper's own */
    async endHandovers(handovers, { words }) {
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

/** @param {Context} ctx @param {Open} open @param {Given} given @param {(at: {step: string, done: number, total: number}) => void} onStep @param {AbortSignal} signal */
async function handOver(ctx, open, { file, name, words: own, record = null, to = '' }, onStep, signal) {
  // The screens do not offer it then; a choice about safety is not left to what a screen offers.
  if ((await readSettings(open)).fields['high_risk'] === true) throw new KeptError('packs_off');
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
    /** @type {Told} */
    const told = {
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
    await wire.end(handover, proof).catch(() => undefined); // it runs out by itself where that does not get through
    throw error;
  }
}

/** Seals and sends part by part; two parts are in memory at once. @param {Context} ctx @param {Open} open @param {ReturnType<typeof handoversOf>} wire @param {{file: Blob, begun: {file: number, handover: string}, true_name: string, parts: number}} what @param {(at: {step: string, done: number, total: number}) => void} onStep @param {AbortSignal} signal */
async function send(ctx, open, wire, { file, begun, true_name, parts }, onStep, signal) {
  let done = 0;
  const put = async (/** @type {{i: number, sealed: Uint8Array}[]} */ sealed) => {
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

/**
 * Tries again, with longer and longer pauses, what fails for want of a network; the same sealed bytes each time.
 * @template T
 * @param {Context} ctx @param {Open} open @param {AbortSignal} signal @param {() => Promise<T>} act @returns {Promise<T>}
 */
async function insist(ctx, open, signal, act) {
  for (let tried = 1; ; tried++) {
    // A lock ends it: the pack in memory is gone then, and so is the key.
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

/** What the recipient's computer will call it. @param {Blob} file @param {string} name */
async function trueName(file, name) {
  const head = new Uint8Array(await file.slice(30, 160).arrayBuffer());
  const folder = FOLDER.exec(new TextDecoder('latin1').decode(head))?.[1];
  return folder ? `${folder}.zip` : name;
}

/** @param {Context} ctx @param {Open} open @returns {Promise<Listed>} */
async function readAll(ctx, open) {
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
  const isOver = (/** @type {HandoverRow} */ row) =>
    row.ended_at !== null || row.expires_at <= now || row.openings.length >= row.openings_most;
  await forget(
    open,
    [...known.keys()].filter((id) => !handovers.some((row) => row.handover === id && !isOver(row))),
  );
  // What never came whole was ended by nobody's wish and had no words: there is nothing to say of it.
  const stood = (/** @type {HandoverRow} */ row) =>
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

/** Without a signal the words can still be said: they lie on this phone. @param {Open} open @param {number} now @returns {Listed} */
function readHere(open, now) {
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

/** @param {Open} open @returns {Told[]} */
function toldOf({ store }) {
  return store.root.handovers ?? [];
}

/** The words of what is over are of no use to anyone but a thief. @param {Open} open @param {readonly string[]} over */
async function forget(open, over) {
  const worded = toldOf(open).filter((one) => over.includes(one.handover) && one.words);
  if (!worded.length) return;
  await open.store.change(async (root) => {
    root.handovers = (root.handovers ?? [])
      .map((/** @type {Told} */ one) => (over.includes(one.handover) ? { ...one, words: '' } : one))
      .slice(-40);
  });
}

/** What the diary says of the pack it gave. @param {Context} ctx @param {Open} open @param {string} record @param {import('./types.d.ts').Fields} fields */
async function note(ctx, open, record, fields) {
  await saveOne(ctx, open, { kind: 'export', record, fields, reason: 'Noted later' });
}
