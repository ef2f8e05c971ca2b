/**
 * Masked copies: boxes painted over a copy of a picture; a pack then prints that copy. The received bytes stay
 * unchanged. The position, subject and reason of the boxes are restricted fields, because they describe what was
 * covered.
 */
import { KeptError } from '../../core/errors.js';
import { ownFields } from '../records/record_store.js';
import { insideOf } from '../session/require_open.js';
import { findFile, openParts } from './reading_files.js';
import { sealCopy } from './sealing.js';
import { redraw } from '../erasing/takeout.js';
import type { Context, Open, Rendition } from '../types.js';
import type { Box } from '../../media/previews.js';

type Mask = { boxes: Box[]; what: string[]; why: string };

/** More boxes than anyone draws, and few enough for the reader of a pack to look over. */
export const MOST_BOXES = 60;

export function maskMethods(ctx: Context) {
  const inside = insideOf(ctx);
  return {
    async maskPicture(id: string, wish: Mask) {
      const open = inside();
      await mask(ctx, open, id, wish);
      await redraw(open, id);
      ctx.show();
      open.syncing.kick();
    },
    /** Choose which copy a pack prints, the masked or the plain one. The masked copy is kept either way. */
    async printCopy(id: string, which: 'masked' | null) {
      const open = inside();
      await open.store.change(async (root, change) => {
        const batch = open.book.batch(root, change);
        const before = await open.book.newest(id, batch);
        const { reason: _reason, print_copy: _which, ...words } = ownFields(before);
        await open.book.stage(batch, {
          kind: 'attachment',
          record: id,
          open: { ...words, ...(which ? { print_copy: which } : {}) },
          restricted: before.restricted,
          openKeys: before.keys.open,
          restrictedKeys: before.keys.restricted,
        });
      });
      ctx.show();
      open.syncing.kick();
    },
  };
}

/** @throws nothing_to_save; no_print_copy where this browser has no copy to draw on */
async function mask(ctx: Context, open: Open, id: string, { boxes, what, why }: Mask) {
  if (!boxes.length || boxes.length > MOST_BOXES) throw new KeptError('nothing_to_save');
  const file = await findFile(open, id, 'unmasked', []);
  if (!file || !ctx.pictures.mask) throw new KeptError('no_print_copy');
  const pieces = [];
  for await (const piece of openParts(open, file)) pieces.push(piece as BlobPart);
  const copy = await ctx.pictures.mask(new Blob(pieces, { type: file.type }), boxes);
  if (!copy) throw new KeptError('no_print_copy');
  const at = ctx.clock.now();
  const { blob, key, recipe: _recipe, n: _n, ...rendition } = await sealCopy(open, copy);
  const drawn = {
    at,
    boxes: boxes.map(({ x, y, w, h }) => ({ x, y, w, h })),
    sha256: rendition.sha256,
    ...(what.length ? { what } : {}),
    ...(why.trim() ? { why: why.trim() } : {}),
  };
  const tool = {
    purpose: 'masked',
    tool: 'browser',
    recipe: `${boxes.length} black, ${copy.recipe}`,
    at,
    sha256: rendition.sha256,
  };
  await open.store.change(async (root, change) => {
    const batch = open.book.batch(root, change);
    const before = await open.book.newest(id, batch);
    const { reason: _reason, ...words } = ownFields(before);
    // The newest masked copy is the one that counts, so it goes before earlier ones.
    const there = words.renditions ?? [];
    const first = there.findIndex((one: Rendition) => one.purpose === 'masked');
    const place = first < 0 ? there.length : first;
    await open.book.stage(batch, {
      kind: 'attachment',
      record: id,
      open: {
        ...words,
        print_copy: 'masked',
        renditions: [...there.slice(0, place), rendition, ...there.slice(place)],
      },
      restricted: {
        ...before.restricted,
        masks: [...(before.restricted.masks ?? []), drawn],
        rendition_tools: [...(before.restricted.rendition_tools ?? []), tool],
      },
      openKeys: [...before.keys.open.slice(0, place), [blob, key], ...before.keys.open.slice(place)],
      restrictedKeys: before.keys.restricted,
    });
    root.uploads.push({ blob, of: (await open.book.meta(id, batch))?.of ?? null });
  });
}
