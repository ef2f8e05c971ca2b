/**
 * Faults put into the app on purpose, to show that the simulation finds them: `PLANT=name node --import ./tests/simulation/planted.mjs …`.
 * Each replaces a piece of a module as it is loaded; a piece that is no longer there stops the run.
 */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

/** name: module, what stands there, what stands there instead */
export const PLANTED = {
  'outbox order': ['actions/book.js', 'root.outbox.push({ record, version', 'root.outbox.unshift({ record, version'],
  'a receipt ends what else waits of its entry': [
    'actions/taking.js',
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
    'actions/rotating.js',
    'await rows(batch, open, await resealUnsent(open, batch, null, sent, isOwn), null);',
    'void [batch, sent, isOwn];',
  ],
  erasure: ['actions/erasing.js', 'for (const { v } of meta.versions) change.drop(`v/${v}`);', ''],
  'grant end': [
    'actions/granting_end.js',
    'await endOnPhone(ctx, open, grant);\n  open.typed = words; // for a later run',
    'open.typed = words; // for a later run',
  ],
  'what came while it was locked': [
    'actions/capturing.js',
    'if (!list.some(({ held }) => held.attachment === captured.held.attachment)) list.push(captured);',
    'list.splice(0, list.length, captured);',
  ],
  'what was lost is signed again': [
    'actions/reconcile.js',
    'await signAgain(open, batch, record, version);',
    'void signAgain;',
  ],
  'index rebuild': ['actions/mending.js', 'rows.push(row);', 'if (i) rows.push(row);'],
};

if (process.env.PLANT) {
  if (!PLANTED[process.env.PLANT])
    throw new Error(`no such fault: ${process.env.PLANT}. There are: ${Object.keys(PLANTED).join(', ')}`);
  register(pathToFileURL(new URL('./planting.mjs', import.meta.url).pathname), { data: PLANTED[process.env.PLANT] });
}
