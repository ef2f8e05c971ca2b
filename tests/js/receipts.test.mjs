/** Receipts and heads on the phone: what a phone takes that cannot check them, and what it refuses. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { unb64 } from '#app/core/bytes.js';
import { checkHead, checkReceipt } from '#app/net/push.js';

const {
  notary,
  diary,
  chain,
  refused_receipts: refusedReceipts,
} = JSON.parse(readFileSync(new URL('../vectors/receipts.json', import.meta.url), 'utf8'));
const pins = { notary: notary.pub, log: notary.log };
const [first] = chain;
const codeOf = (promise) =>
  promise.then(
    () => 'taken',
    ({ code }) => code,
  );

/** Let this process be a browser without Ed25519 until the test ends. */
function withoutEd25519(t) {
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  t.mock.method(crypto.subtle, 'importKey', async (format, key, algorithm, isExtractable, usages) => {
    if (algorithm?.name === 'Ed25519') throw new DOMException('Unrecognised name.', 'NotSupportedError');
    return importKey(format, key, algorithm, isExtractable, usages);
  });
}

test('a receipt that holds is checked, and every other is refused with one code', async () => {
  for (const { receipt, c, env } of chain)
    assert.deepEqual(await checkReceipt(receipt, pins, { c, env }), { at: receipt.ts, checked: true });
  for (const { name, receipt, c, env } of refusedReceipts)
    assert.equal(await codeOf(checkReceipt(receipt, pins, { c, env })), 'receipt_wrong', name);
  assert.equal(await codeOf(checkReceipt(null, pins, first)), 'receipt_wrong');
});

test('a browser without Ed25519 keeps a receipt and says that it is not checked', async (t) => {
  withoutEd25519(t);
  assert.deepEqual(await checkReceipt(first.receipt, pins, first), { at: first.receipt.ts, checked: false });
  assert.equal(await codeOf(checkReceipt(first.receipt, pins, { ...first, c: chain[1].c })), 'receipt_wrong');
});

test('a browser without Ed25519 goes on with a head, and one with it refuses the head of another place', async (t) => {
  const place = (row) => ({ pins, diary, seq: row.seq, head: unb64(row.head.head) });
  assert.equal(await codeOf(checkHead(first.head, place(first))), 'taken');
  assert.equal(await codeOf(checkHead(chain[1].head, place(first))), 'head_differs');
  const forged = { ...first.head, sig: chain[1].head.sig };
  assert.equal(await codeOf(checkHead(forged, place(first))), 'head_differs');
  withoutEd25519(t);
  assert.equal(await codeOf(checkHead(forged, place(first))), 'taken');
});
