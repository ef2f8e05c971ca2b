/**
 * Sealed capture: a locked phone can write and not read. What is added there is sealed to this install's own public key,
 * with its digest, time and clock; at the next unlock it is taken under the diary's keys and waits, and each thing is asked
 * about before it becomes a draft, because anyone holding the phone could have added it. docs/formats.md, section 7.
 *
 * [Note: whose key] The public key lies in the open, so whoever holds the phone can put their own there and open what is
 * added from then on. The diary remembers which one is its own: another one is said at the next unlock and put right.
 */
import { KeptError } from '../core/errors.js';
import { b64, unb64 } from '../core/bytes.js';
import { idText, newId } from '../core/ids.js';
import { readDoor, writeCapturing } from '../store/beside.js';
import { readHeldText } from './reading_files.js';
import { blobsOf, forgetBlobs } from './sealing.js';
import { kindShown } from './showing.js';

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {import('./types.d.ts').Held} Held */
/** @typedef {import('./drafts.js').Drafts} Drafts */
/** @typedef {{held: Held, at: number, tz: string, same: boolean}} Captured `same`: its bytes are the ones whose digest was taken then */

const MINUTES_10 = 600_000;
/** What the page for two lines can hold. */
const LINES = 2_000;

/**
 * The add-picture page of a locked phone, for ten minutes. What another app shares finds the page as it rests: at the lock, in
 * the notebook, or with the diary held by another tab.
 * @param {Context} ctx @param {File[]} [files] shared with it
 */
export function openCapture(ctx, files = []) {
  const { phase, capture } = ctx.screen.state;
  const isResting = phase === 'locked' || (files.length > 0 && ['notebook', 'elsewhere'].includes(phase));
  if (!isResting || !capture) return false;
  ctx.screen.set({
    phase: 'picture',
    picture: { until: ctx.clock.now() + MINUTES_10, files: [], locked: true, shared: files },
  });
  return true;
}

/** Whether a locked phone takes anything in. @param {Context} ctx @param {boolean} on */
export async function setCapturing(ctx, on) {
  await writeCapturing(ctx.database, on);
  ctx.screen.set({ capture: on });
}

/** Another public key than the diary's own is said, and put right. @param {Context} ctx @param {Open} open */
export async function checkCaptureKey(ctx, { store }) {
  const door = await readDoor(ctx.database);
  if (!door) return;
  const own = store.root.capture_pub;
  const there = b64(door.capture_pub);
  if (own === there) return;
  await store.change((root, change) => {
    if (!own)
      root.capture_pub = there; // an install of before this was remembered
    else {
      root.doubts = { ...root.doubts, capture_key: true };
      change.beside('d', { ...door, capture_pub: unb64(own) });
    }
  });
}

/** It was read. @param {Open} open */
export async function knowCaptureKey({ store }) {
  await store.change((root) => {
    const { capture_key: _known, ...doubts } = root.doubts;
    root.doubts = doubts;
  });
}

/** One thing that came while this was locked: kept, and taken out of the tray in the same step. @param {Open} open @param {Captured} captured @param {Uint8Array[]} keys */
export async function keepCaptured({ store }, captured, keys) {
  await store.change(async (root, change) => {
    const list = /** @type {Captured[]} */ ((await store.readJson('captured')) ?? []);
    if (!list.some(({ held }) => held.attachment === captured.held.attachment)) list.push(captured);
    change.putJson('captured', list);
    root.captured = list.length;
    for (const key of keys) change.untray(key);
  });
}

/** What waits to be asked about, and the drafts made of what was. @param {Open} open */
export async function readCaptured(open) {
  const { store } = open;
  const [list, later] = await store.readJsonMany(['captured', 'later']);
  open.apart = [.../** @type {Captured[]} */ (list ?? []), ...(later ?? [])].flatMap(({ held }) => held);
  const shown = (/** @type {Held} */ { attachment, name, size, sha256, magic }) => ({
    attachment,
    name,
    kind: kindShown(magic),
    size,
    sha256,
    magic,
  });
  return {
    asked: /** @type {Captured[]} */ (list ?? []).map(({ held, at, same }) => ({ ...shown(held), at, same })),
    drafts: /** @type {import('./drafts.js').Kept[]} */ (later ?? []).map(({ id, held, fields }) => ({
      id,
      words: String(fields['narrative'] ?? ''),
      files: held.map(shown),
    })),
  };
}

/** It becomes a draft of its own. @param {Open} open @param {string} attachment @returns {Promise<string>} the draft's id */
export async function acceptCaptured(open, attachment) {
  const { store } = open;
  const all = /** @type {Captured[]} */ ((await store.readJson('captured')) ?? []);
  const found = all.find(({ held }) => held.attachment === attachment);
  if (!found) throw new KeptError('not_found');
  const isLines = found.held.magic === 'text/plain' && found.held.size <= LINES;
  const narrative = isLines ? await readHeldText(open, found.held) : '';
  const id = idText(newId());
  await store.change(async (root, change) => {
    const list = /** @type {Captured[]} */ ((await store.readJson('captured')) ?? []).filter(
      ({ held }) => held.attachment !== attachment,
    );
    const later = (await store.readJson('later')) ?? [];
    change.putJson('captured', list);
    change.putJson('later', [
      ...later,
      { id, fields: narrative ? { narrative } : {}, restricted: {}, held: [found.held], saved_at: found.at },
    ]);
    root.captured = list.length;
    root.later = later.length + 1;
  });
  return id;
}

/** Thrown away, with its bytes. @param {Open} open @param {string} attachment */
export async function discardCaptured({ store }, attachment) {
  /** @type {Captured|undefined} */
  let found;
  await store.change(async (root, change) => {
    const list = /** @type {Captured[]} */ ((await store.readJson('captured')) ?? []);
    found = list.find(({ held }) => held.attachment === attachment);
    const rest = list.filter((one) => one !== found);
    change.putJson('captured', rest);
    root.captured = rest.length;
  });
  if (found) await forgetBlobs(store, blobsOf(found.held));
}

/** One of the waiting drafts becomes the one being written; what was being written waits in its place. @param {Open} open @param {Drafts} drafts @param {string} id */
export async function takeUpDraft({ store }, drafts, id) {
  await drafts.flush();
  await store.change(async (root, change) => {
    const later = /** @type {import('./drafts.js').Kept[]} */ ((await store.readJson('later')) ?? []);
    const chosen = later.find((one) => one.id === id);
    if (!chosen) throw new KeptError('not_found');
    const rest = later.filter((one) => one !== chosen);
    const kept = drafts.kept;
    if (kept && (kept.held.length || Object.keys(kept.fields).length || Object.keys(kept.restricted).length))
      rest.push(kept);
    change.putJson('later', rest);
    change.putJson('draft', chosen);
    root.later = rest.length;
    root.draft = true;
    change.after(() => {
      drafts.kept = chosen;
    });
  });
  drafts.show();
}
