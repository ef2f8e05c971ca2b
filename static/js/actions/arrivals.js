/** Other devices that signed in to this diary: each is said once here, at the next unlock, until the keeper says it was them. */

/** @typedef {import('./types.d.ts').Context} Context */
/** @typedef {import('./types.d.ts').Open} Open */
/** @typedef {{device: string, device_name: string, at: number}} Arrival */

/** Looks once an opening. @param {Context} ctx @param {Open} open */
export async function heedArrivals(ctx, open) {
  if (open.arrivalsLooked) return;
  const { arrived = [] } = await ctx.api.session();
  open.arrivalsLooked = true;
  const { known_devices: known = [], arrived: before = [] } = open.store.root;
  const news = /** @type {Arrival[]} */ (arrived).filter(({ device }) => device !== open.identity.device && !known.includes(device));
  if (JSON.stringify(news) === JSON.stringify(before)) return;
  await open.store.change((root) => { root.arrived = news.map(({ device, device_name, at }) => ({ device, device_name, at })); });
  ctx.show();
}

/** It was the keeper. @param {Open} open */
export async function knowArrivals({ store }) {
  await store.change((root) => {
    root.known_devices = [...new Set([...(root.known_devices ?? []), ...(root.arrived ?? []).map((/** @type {Arrival} */ { device }) => device)])];
    root.arrived = [];
  });
}

/** What the keeper calls this device: told to the server now, and at every sign-in. @param {Context} ctx @param {Open} open @param {string} name */
export async function renameDevice(ctx, { store }, name) {
  await ctx.api.rename(name);
  await store.change((root) => { root.device_name = name; });
}
