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
import { formatId, newId } from '../../core/ids.js';
import { readDoor, writeCaptureAllowed } from '../../store/device_meta.js';
import { readDraftText } from './reading_files.js';
import { blobsOf, removeFromFilling, deleteBlobs } from './sealing.js';
import { mediaKind } from '../index/showing.js';
import type { Drafts, StoredDraft } from '../drafts/drafts.js';
import type { Context, DraftFile, Open } from '../types.js';

/** `same`: the bytes still have the digest that was taken at capture. */
export type StoredCapture = { held: DraftFile; at: number; tz: string; same: boolean };

const CAPTURE_MS = 600_000;
/** The longest text, in bytes, that the capture page's text box accepts. */
const MAX_TEXT_BYTES = 2_000;

/**
 * Open the add-picture page of a locked phone for ten minutes. What another app shares, even nothing, opens it in the
 * phases where the page rests: at the lock, in the notebook, or while another tab holds the diary.
 * @param files shared by another app, if one did
 * @returns false where the page cannot open now
 */
export function openCapture(ctx: Context, files?: File[]) {
  const { phase, capture } = ctx.screen.state;
  const canOpen = phase === 'locked' || (files && ['notebook', 'elsewhere'].includes(phase));
  if (!canOpen || !capture) return false;
  ctx.screen.set({
    phase: 'picture',
    picture: { until: ctx.clock.now() + CAPTURE_MS, files: [], locked: true, shared: files ?? [] },
  });
  return true;
}

/** Set whether a locked phone accepts files. */
export async function setCaptureEnabled(ctx: Context, isEnabled: boolean) {
  await writeCaptureAllowed(ctx.database, isEnabled);
  ctx.screen.set({ capture: isEnabled });
}

/** Restore the diary's own public key where another one is stored, and raise a warning. */
export async function checkCaptureKey(ctx: Context, { store }: Open) {
  const door = await readDoor(ctx.database);
  if (!door) return;
  const ownKey = store.root.capture_pub;
  const storedKey = b64(door.capture_pub);
  if (ownKey === storedKey) return;
  await store.change((root, change) => {
    if (!ownKey)
      root.capture_pub = storedKey; // an install from before the key was remembered
    else {
      root.doubts = { ...root.doubts, capture_key: true };
      change.beside('d', { ...door, capture_pub: unb64(ownKey) });
    }
  });
}

/** Clear the warning of `checkCaptureKey`, which the keeper has read. */
export async function acknowledgeCaptureKey({ store }: Open) {
  await store.change((root) => {
    const { capture_key: _cleared, ...doubts } = root.doubts;
    root.doubts = doubts;
  });
}

/** Store one captured file and remove it from the tray in the same transaction. */
export async function storeCapture({ store }: Open, capture: StoredCapture, trayKeys: Uint8Array[]) {
  await store.change(async (root, change) => {
    const captures = (await store.readJson<StoredCapture[]>('captured')) ?? [];
    if (!captures.some(({ held }) => held.attachment === capture.held.attachment)) captures.push(capture);
    change.putJson('captured', captures);
    root.captured = captures.length;
    removeFromFilling(root, blobsOf(capture.held));
    for (const trayKey of trayKeys) change.dropTray(trayKey);
  });
}

/** Return the captured files that await a decision, and the drafts made of accepted ones. */
export async function readCaptured(open: Open) {
  const { store } = open;
  const [captures, waitingDrafts] = (await store.readJsonMany(['captured', 'later'])) as [
    StoredCapture[] | null,
    StoredDraft[] | null,
  ];
  open.filesOutsideDraft = [...(captures ?? []), ...(waitingDrafts ?? [])].flatMap(({ held }) => held);
  const toShown = ({ attachment, name, size, sha256, magic }: DraftFile) => ({
    attachment,
    name,
    kind: mediaKind(magic),
    size,
    sha256,
    magic,
  });
  return {
    asked: (captures ?? []).map(({ held, at, same }) => ({ ...toShown(held), at, same })),
    drafts: (waitingDrafts ?? []).map(({ id, held, fields }) => ({
      id,
      words: String(fields.narrative ?? ''),
      files: held.map(toShown),
    })),
  };
}

/**
 * Make a draft of a captured file.
 * @returns the draft's id
 */
export async function acceptCapture(open: Open, attachment: string): Promise<string> {
  const { store } = open;
  const captures = (await store.readJson<StoredCapture[]>('captured')) ?? [];
  const capture = captures.find(({ held }) => held.attachment === attachment);
  if (!capture) throw new KeptError('not_found');
  const isShortText = capture.held.magic === 'text/plain' && capture.held.size <= MAX_TEXT_BYTES;
  const narrative = isShortText ? await readDraftText(open, capture.held) : '';
  const id = formatId(newId());
  await store.change(async (root, change) => {
    const remaining = ((await store.readJson<StoredCapture[]>('captured')) ?? []).filter(
      ({ held }) => held.attachment !== attachment,
    );
    const waitingDrafts = (await store.readJson<StoredDraft[]>('later')) ?? [];
    change.putJson('captured', remaining);
    change.putJson('later', [
      ...waitingDrafts,
      { id, fields: narrative ? { narrative } : {}, restricted: {}, held: [capture.held], saved_at: capture.at },
    ]);
    root.captured = remaining.length;
    root.later = waitingDrafts.length + 1;
  });
  return id;
}

/** Delete a captured file with its bytes. */
export async function discardCapture({ store }: Open, attachment: string) {
  let discarded: StoredCapture | undefined;
  await store.change(async (root, change) => {
    const captures = (await store.readJson<StoredCapture[]>('captured')) ?? [];
    discarded = captures.find(({ held }) => held.attachment === attachment);
    const remaining = captures.filter((capture) => capture !== discarded);
    change.putJson('captured', remaining);
    root.captured = remaining.length;
  });
  if (discarded) await deleteBlobs(store, blobsOf(discarded.held));
}

/** Make a waiting draft the current one. The current draft, unless empty, takes its place in the list. */
export async function resumeDraft({ store }: Open, drafts: Drafts, id: string) {
  await drafts.flush();
  await store.change(async (root, change) => {
    const waitingDrafts = (await store.readJson<StoredDraft[]>('later')) ?? [];
    const chosen = waitingDrafts.find((draft) => draft.id === id);
    if (!chosen) throw new KeptError('not_found');
    const others = waitingDrafts.filter((draft) => draft !== chosen);
    const current = drafts.current;
    if (
      current &&
      (current.held.length || Object.keys(current.fields).length || Object.keys(current.restricted).length)
    )
      others.push(current);
    change.putJson('later', others);
    change.putJson('draft', chosen);
    // A file may have been added while this waited. Its own write finds another draft in place, and does nothing.
    removeFromFilling(root, others.flatMap(({ held }) => held).flatMap(blobsOf));
    root.later = others.length;
    root.draft = true;
    change.afterCommit(() => {
      drafts.current = chosen;
    });
  });
  drafts.show();
}
