import { resting } from './resting.js';
import type { Context } from '../types.js';

/** Ending what is shown to somebody: the page goes, and so do its pictures. */

/** The pictures of the page go with it. */
export function dropShown(ctx: Context) {
  for (const { blocks } of ctx.screen.state.showing?.sections ?? [])
    for (const { url } of blocks) if (url) ctx.objectUrl.drop(url);
}

export function endShowing(ctx: Context) {
  if (ctx.screen.state.phase !== 'showing') return;
  dropShown(ctx);
  ctx.screen.clear(resting(ctx));
}
