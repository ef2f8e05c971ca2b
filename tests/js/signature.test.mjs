/** A statement that is present counts as a signature only if it can be read: the twin of test_forged_packs.py. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenedPack } from '#app/verify/pack_reader.js';
import { checkSignature } from '#app/verify/signature_check.js';

/** @type {import('#app/verify/proof_check.js').Proofs} */
const NO_PROOFS = {
  servable: new Map(),
  restricted: new Map(),
  keys: {},
  findings: [],
  alone: false,
  primary: new Map(),
};

/** A pack with one member, which is too large to be read. @param {string} path */
function packWithUnreadable(path) {
  const pack = new OpenedPack('PACK_AA_1_20261103');
  pack.digests.set(path, { sha256: '', sha512: '', size: 2 ** 30 });
  return pack.finish();
}

test('a statement that is too large to read is no signature', async () => {
  for (const path of ['pack-statement.json', 'data/servable/servable-statement.json']) {
    const findings = await checkSignature(packWithUnreadable(path), NO_PROOFS);
    assert.deepEqual(
      findings.map(({ code, member }) => [code, member]),
      [['pack_signature', path]],
    );
  }
});

test('a pack without a statement is not signed', async () => {
  const findings = await checkSignature(packWithUnreadable('manifest-sha256.txt'), NO_PROOFS);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['not_signed'],
  );
});
