/**
 * Sealed capture: a locked phone can write and cannot read. A file added there is sealed to this install's own public
 * key, with its digest, time and time zone. At the next unlock it is resealed under the diary's keys and waits. The
 * keeper is asked about each file before it becomes a draft, because anyone holding the phone could have added it.
 * docs/formats.md, section 7.
 *
 * [Note: whose key] The public key is stored unencrypted, so anyone who holds the phone can replace it with their own
 * and open what is added from then on. The diary remembers its own key: at the next unlock a different one raises a
 * warning and is replaced.
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

/** `same`: the bytes still have the digest that was taken at capture. */
export type Captured = { held: Held; at: number; tz: string; same: boolean };

const MINUTES_10 = 600_000;
/** The longest text, in bytes, that the capture page's text box accepts. */
const LINES = 2_000;

/**
 * Open the add-picture page of a locked phone for ten minutes. Files shared from another app open it in the phases
 * where the page rests: at the lock, in the notebook, or while another tab holds the diary.
 * @param files shared from another app
 * @returns false where the page cannot open now
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

/** Set whether a locked phone accepts files. */
export async function setCapturing(ctx: Context, on: boolean) {
  await writeCapturing(ctx.database, on);
  ctx.screen.set({ capture: on });
}

/** Restore the diary's own public key where another one is stored, and raise a warning. */
export async function checkCaptureKey(ctx: Context, { store }: Open) {
  const door = await readDoor(ctx.database);
  if (!door) return;
  const own = store.root.capture_pub;
  const there = b64(door.capture_pub);
  if (own === there) return;
  await store.change((root, change) => {
    if (!own)
      root.capture_pub = there; // an install from before the key was remembered
    else {
      root.doubts = { ...root.doubts, capture_key: true };
      change.beside('d', { ...door, capture_pub: unb64(own) });
    }
  });
}

/** Clear the warning of `checkCaptureKey`, which the keeper has read. */
export async function knowCaptureKey({ store }: Open) {
  await store.change((root) => {
    const { capture_key: _known, ...doubts } = root.doubts;
    root.doubts = doubts;
  });
}

/** Store one captured file and remove it from the tray in the same transaction. */
export async function keepCaptured({ store }: Open, captured: Captured, keys: Uint8Array[]) {
  await store.change(async (root, change) => {
    const list = (await store.readJson<Captured[]>('captured')) ?? [];
    if (!list.some(({ held }) => held.attachment === captured.held.attachment)) list.push(captured);
    change.putJson('captured', list);
    root.captured = list.length;
    for (const key of keys) change.untray(key);
  });
}

/** Return the captured files that await a decision, and the drafts made of accepted ones. */
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
 * Make a draft of a captured file.
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

/** Delete a captured file with its bytes. */
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

/** Make a waiting draft the current one. The current draft, unless empty, takes its place in the list. */
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
