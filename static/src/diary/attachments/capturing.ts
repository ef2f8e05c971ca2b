/**
 * Sealed capture: a locked phone can write and not read. What is added there is sealed to this install's own public
 * key, with its digest, time and clock; at the next unlock it is taken under the diary's keys and waits, and each thing
 * is asked about before it becomes a draft, because anyone holding the phone could have added it. docs/formats.md,
 * section 7.
 *
 * [Note: whose key] The public key lies in the open, so whoever holds the phone can put their own there and open what
 * is added from then on. The diary remembers which one is its own: another one is said at the next unlock and put
 * right.
 */
import { KeptError } from '../../core/errors.js';
import { b64, unb64 } from '../../core/bytes.js';
import { idText, newId } from '../../core/ids.js';
import { readDoor, writeCapturing } from '../../store/device_meta.js';
import { readHeldText } from './reading_files.js';
import { blobsOf, forgetBlobs } from './sealing.js';
import { kindShown } from '../index/showing.js';
import type { Drafts, Kept } from '../drafts/drafts.js';
import type { Context, Held, Open } from '../types.js';

/** `same`: its bytes are the ones whose digest was taken then */
export type Captured = { held: Held; at: number; tz: string; same: boolean };

const MINUTES_10 = 600_000;
/** What the page for two lines can hold. */
const LINES = 2_000;

/**
 * The add-picture page of a locked phone, for ten minutes. What another app shares finds the page as it rests: at the
 * lock, in the notebook, or with the diary held by another tab.
 * @param files shared with it
 */
export function openCapture(ctx: Context, files: File[] = []) {
  const { phase, capture } = ctx.screen.state;
  const isResting = phase === 'locked' || (files.length > 0 && ['notebook', 'elsewhere'].includes(phase));
  if (!isResting || !capture) return false;
  ctx.screen.set({
    phase: 'picture',
    picture: { until: ctx.clock.now() + MINUTES_10, files: [], locked: true, shared: files },
  });
  return true;
}

/** Whether a locked phone takes anything in. */
export async function setCapturing(ctx: Context, on: boolean) {
  await writeCapturing(ctx.database, on);
  ctx.screen.set({ capture: on });
}

/** Another public key than the diary's own is said, and put right. */
export async function checkCaptureKey(ctx: Context, { store }: Open) {
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

/** It was read. */
export async function knowCaptureKey({ store }: Open) {
  await store.change((root) => {
    const { capture_key: _known, ...doubts } = root.doubts;
    root.doubts = doubts;
  });
}

/** One thing that came while this was locked: kept, and taken out of the tray in the same step. */
export async function keepCaptured({ store }: Open, captured: Captured, keys: Uint8Array[]) {
  await store.change(async (root, change) => {
    const list = (await store.readJson<Captured[]>('captured')) ?? [];
    if (!list.some(({ held }) => held.attachment === captured.held.attachment)) list.push(captured);
    change.putJson('captured', list);
    root.captured = list.length;
    for (const key of keys) change.untray(key);
  });
}

/** What waits to be asked about, and the drafts made of what was. */
export async function readCaptured(open: Open) {
  const { store } = open;
  const [list, later] = (await store.readJsonMany(['captured', 'later'])) as [Captured[] | null, Kept[] | null];
  open.apart = [...(list ?? []), ...(later ?? [])].flatMap(({ held }) => held);
  const shown = ({ attachment, name, size, sha256, magic }: Held) => ({
    attachment,
    name,
    kind: kindShown(magic),
    size,
    sha256,
    magic,
  });
  return {
    asked: (list ?? []).map(({ held, at, same }) => ({ ...shown(held), at, same })),
    drafts: (later ?? []).map(({ id, held, fields }) => ({
      id,
      words: String(fields.narrative ?? ''),
      files: held.map(shown),
    })),
  };
}

/**
 * It becomes a draft of its own.
 * @returns the draft's id
 */
export async function acceptCaptured(open: Open, attachment: string): Promise<string> {
  const { store } = open;
  const all = (await store.readJson<Captured[]>('captured')) ?? [];
  const found = all.find(({ held }) => held.attachment === attachment);
  if (!found) throw new KeptError('not_found');
  const isLines = found.held.magic === 'text/plain' && found.held.size <= LINES;
  const narrative = isLines ? await readHeldText(open, found.held) : '';
  const id = idText(newId());
  await store.change(async (root, change) => {
    const list = ((await store.readJson<Captured[]>('captured')) ?? []).filter(
      ({ held }) => held.attachment !== attachment,
    );
    const later = (await store.readJson<Kept[]>('later')) ?? [];
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

/** Thrown away, with its bytes. */
export async function discardCaptured({ store }: Open, attachment: string) {
  let found: Captured | undefined;
  await store.change(async (root, change) => {
    const list = (await store.readJson<Captured[]>('captured')) ?? [];
    found = list.find(({ held }) => held.attachment === attachment);
    const rest = list.filter((one) => one !== found);
    change.putJson('captured', rest);
    root.captured = rest.length;
  });
  if (found) await forgetBlobs(store, blobsOf(found.held));
}

/** One of the waiting drafts becomes the one being written; what was being written waits in its place. */
export async function takeUpDraft({ store }: Open, drafts: Drafts, id: string) {
  await drafts.flush();
  await store.change(async (root, change) => {
    const later = (await store.readJson<Kept[]>('later')) ?? [];
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
