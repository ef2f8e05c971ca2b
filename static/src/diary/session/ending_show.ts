import { restingPhase } from './resting.js';
import type { Context } from '../types.js';

/** End a page that is shown to somebody: remove the page and its pictures. */

/** Release the pictures of the page. */
export function releasePictures(ctx: Context) {
  for (const { blocks } of ctx.screen.state.showing?.sections ?? [])
    for (const { url } of blocks) if (url) ctx.objectUrl.drop(url);
}

export function endShowing(ctx: Context) {
  if (ctx.screen.state.phase !== 'showing') return;
  releasePictures(ctx);
  ctx.screen.clear(restingPhase(ctx));
}
