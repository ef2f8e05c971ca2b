/**
 * Faults planted in the app on purpose, to show that the simulation finds them: `PLANT=name node --import
 * ./tests/simulation/planted_faults.mjs …`. Each fault replaces a piece of a module as it loads. If the piece is no
 * longer in the module, the run stops.
 */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

/** name: module, original code, replacement */
export const PLANTED_FAULTS = {
  'outbox order': [
    'diary/records/record_store.js',
    'root.outbox.push({ record, version',
    'root.outbox.unshift({ record, version',
  ],
  'a receipt ends what else waits of its entry': [
    'diary/sync/apply_feed.js',
    '=> waiting.version !== version',
    '=> waiting.record !== record',
  ],
  'the list forgets what an entry says now': [
    'store/index.js',
    'pending.rows.set(row.record, row);',
    'pending.rows.set(row.record, this.rows.get(row.record) ?? row);',
  ],
  'receipt check': [
    'net/push.js',
    'const at = await verifyReceipt(receipt, { notaryPub: unb64(old?.pub ?? notary), log: old?.log ?? log, c, env });',
    'const at = Number(receipt.ts);',
  ],
  rotation: [
    'diary/keys/rotating.js',
    'await rewriteRows(batch, open, await resealUnsent(open, batch, null, sent, isOwn), null);',
    'void [batch, sent, isOwn];',
  ],
  erasure: ['diary/erasing/erasing.js', 'for (const { v } of erased) change.drop(`v/${v}`);', ''],
  'grant end': [
    'diary/sharing/grant_end.js',
    'await endOnPhone(ctx, open, grant);\n  open.typed = confirmed.words; // for a later run',
    'open.typed = confirmed.words; // for a later run',
  ],
  'what came while it was locked': [
    'diary/attachments/locked_capture.js',
    'if (!captures.some(({ held }) => held.attachment === capture.held.attachment)) captures.push(capture);',
    'captures.splice(0, captures.length, capture);',
  ],
  'what was lost is signed again': [
    'diary/sync/reconcile.js',
    'await signAgain(open, batch, record, version);',
    'void signAgain;',
  ],
  'index rebuild': ['diary/index/rebuild.js', 'rows.push(row);', 'if (i) rows.push(row);'],
};

if (process.env.PLANT) {
  if (!PLANTED_FAULTS[process.env.PLANT])
    throw new Error(`no such fault: ${process.env.PLANT}. There are: ${Object.keys(PLANTED_FAULTS).join(', ')}`);
  register(pathToFileURL(new URL('./fault_hooks.mjs', import.meta.url).pathname), {
    data: PLANTED_FAULTS[process.env.PLANT],
  });
}
