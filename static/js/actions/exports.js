/**
 * The note that a pack was made: which entries are in it and when, so that taking one out can say who may have it, and
 * the file left in the downloads is not forgotten (chase.js). It is written once the pack is whole on the phone.
 */
/** @typedef {import('./types.d.ts').Open} Open */

/**
 * @param {Open} open @param {{name: string, at: number, records: string[], from: number|null, to: number|null, version: string}} pack
 */
export async function keepExport({ book, store, syncing }, { name, at, records, from, to, version }) {
  await store.change(async (root, change) => {
    root.packs = (root.packs ?? 0) + 1;
    const covers = { ...(from === null ? {} : { covers_from: from }), ...(to === null ? {} : { covers_to: to }) };
    await book.stage(book.batch(root, change), {
      kind: 'export',
      open: { kind: 'pack', pack_no: root.packs, made_at: at, file_name: name, delivered_how: 'saved', restricted_included: true, record_ids: records, items_included: records.length, app_version: version, ...covers },
    });
  });
  syncing.soon();
}
