/** Node's module hooks for browser_changed.mjs. */
let changed;

/** @param {[string, string]} told the end of the module's address, and its source */
export function initialize(told) {
  changed = told;
}

export async function load(url, context, next) {
  if (!url.endsWith(`/${changed[0]}`)) return next(url, context);
  return { format: 'module', shortCircuit: true, source: changed[1] };
}
