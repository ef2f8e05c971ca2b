/**
 * Masked copies: boxes painted over a copy of a picture; a pack then prints that copy. The received bytes stay
 * unchanged. The position, subject and reason of the boxes are restricted fields, because they describe what was
 * covered.
 */
import { KeptError } from '../../core/errors.js';
import { ownFields } from '../records/record_store.js';
import { requireOpenOf } from '../session/require_open.js';
import { locateFile, openParts } from './reading_files.js';
import { sealCopy, sendBlobs } from './sealing.js';
import { updateRows } from '../erasing/takeout.js';
import type { Context, Open, Rendition } from '../types.js';
import type { MaskBox } from '../../media/copies.js';

type MaskInput = { boxes: MaskBox[]; what: string[]; why: string };

/** More boxes than anyone draws, and few enough for the reader of a pack to look over. */
export const MAX_BOXES = 60;

export function maskActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  return {
    async maskPicture(id: string, input: MaskInput) {
      const open = requireOpen();
      await addMaskedCopy(ctx, open, id, input);
      await updateRows(open, id);
      ctx.show();
      open.syncing.kick();
    },
    /** Choose which copy a pack prints, the masked or the plain one. The masked copy is kept either way. */
    async printCopy(id: string, copyKind: 'masked' | null) {
      const open = requireOpen();
      await open.store.change(async (root, change) => {
        const batch = open.book.batch(root, change);
        const current = await open.book.newest(id, batch);
        const { reason: _reason, print_copy: _printCopy, ...otherFields } = ownFields(current);
        await open.book.stage(batch, {
          kind: 'attachment',
          record: id,
          open: { ...otherFields, ...(copyKind ? { print_copy: copyKind } : {}) },
          restricted: current.restricted,
          openKeys: current.keys.open,
          restrictedKeys: current.keys.restricted,
        });
      });
      ctx.show();
      open.syncing.kick();
    },
  };
}

/** @throws nothing_to_save; no_print_copy where this browser has no copy to draw on */
async function addMaskedCopy(ctx: Context, open: Open, id: string, { boxes, what, why }: MaskInput) {
  if (!boxes.length || boxes.length > MAX_BOXES) throw new KeptError('nothing_to_save');
  const file = await locateFile(open, id, 'unmasked', []);
  if (!file || !ctx.pictures.mask) throw new KeptError('no_print_copy');
  const chunks = [];
  for await (const chunk of openParts(open, file)) chunks.push(chunk as BlobPart);
  const copy = await ctx.pictures.mask(new Blob(chunks, { type: file.type }), boxes);
  if (!copy) throw new KeptError('no_print_copy');
  const at = ctx.clock.now();
  const { blob, key, recipe: _recipe, n: _n, ...rendition } = await sealCopy(open, copy);
  const maskRecord = {
    at,
    boxes: boxes.map(({ x, y, w, h }) => ({ x, y, w, h })),
    sha256: rendition.sha256,
    ...(what.length ? { what } : {}),
    ...(why.trim() ? { why: why.trim() } : {}),
  };
  const toolRecord = {
    purpose: 'masked',
    tool: 'browser',
    recipe: `${boxes.length} black, ${copy.recipe}`,
    at,
    sha256: rendition.sha256,
  };
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const current = await open.book.newest(id, batch);
    const { reason: _reason, ...otherFields } = ownFields(current);
    // The newest masked copy is the one that counts, so it goes before earlier ones.
    const existing = otherFields.renditions ?? [];
    const firstMasked = existing.findIndex((item: Rendition) => item.purpose === 'masked');
    const position = firstMasked < 0 ? existing.length : firstMasked;
    await open.book.stage(batch, {
      kind: 'attachment',
      record: id,
      open: {
        ...otherFields,
        print_copy: 'masked',
        renditions: [...existing.slice(0, position), rendition, ...existing.slice(position)],
      },
      restricted: {
        ...current.restricted,
        masks: [...(current.restricted.masks ?? []), maskRecord],
        rendition_tools: [...(current.restricted.rendition_tools ?? []), toolRecord],
      },
      openKeys: [...current.keys.open.slice(0, position), [blob, key], ...current.keys.open.slice(position)],
      restrictedKeys: current.keys.restricted,
    });
    sendBlobs(root, [{ blob }], (await open.book.meta(id, batch))?.of ?? null);
  });
}
