/** Node's module hooks for planted_faults.mjs. */
let plantedFault;

/** @param {[string, string, string]} fault */
export function initialize(fault) {
  plantedFault = fault;
}

export async function load(url, context, next) {
  const loaded = await next(url, context);
  const [module, before, after] = plantedFault;
  if (!url.endsWith(`/static/js/${module}`)) return loaded;
  const source = loaded.source.toString();
  if (source.split(before).length !== 2) throw new Error(`${module} does not hold once: ${before}`);
  return { ...loaded, source: source.replace(before, after) };
}
