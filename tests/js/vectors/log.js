/** Vectors of the public log: leaves, proofs, signed notes, statements about keys. */
import { b64, unb64 } from '../../../static/js/core/bytes.js';
import { canVerifyNotary } from '../../../static/js/crypto/signing.js';
import { timestampedText, readNote, verifyCosignatures, verifyNote } from '../../../static/js/ledger/checkpoint.js';
import { verifyNotaryKeyChain } from '../../../static/js/ledger/statements.js';
import { leafHash, verifyConsistency, verifyInclusion } from '../../../static/js/ledger/tree.js';
import { assertRefused, assertSame } from './judging.js';

export async function log(vectors) {
  for (const example of vectors.leaves) assertSame(b64(leafHash(example)), example.leaf, `leaf ${example.ts}`);
  for (const example of vectors.inclusion) included(example);
  for (const example of vectors.refused_inclusion)
    await assertRefused('bad_signature', () => included(example), example.name);
  for (const example of vectors.consistency) consistent(example);
  for (const example of vectors.refused_consistency)
    await assertRefused('bad_signature', () => consistent(example), example.name);
  await signed(vectors, await canVerifyNotary());
}

/** Check signed notes and statements. Without Ed25519 no signature can be verified. */
async function signed(vectors, canVerify) {
  const notary = unb64(vectors.keys.notary);
  for (const { note, root, size } of vectors.notes) {
    assertSame([readNote(note).size, b64(readNote(note).root)], [size, root], `note ${size}`);
    if (canVerify) assertSame((await verifyNote(note, notary)).size, size, `note ${size}`);
  }
  if (!canVerify) return;
  for (const example of vectors.refused_notes)
    await assertRefused('bad_signature', () => verifyNote(example.note, notary), example.name);
  for (const { name, note, one: expected, seen, size } of vectors.joined_notes) {
    assertSame((await verifyNote(note, notary)).size, size, name);
    assertSame(timestampedText(note), expected, name);
    assertSame(
      (await verifyCosignatures(note, vectors.witnesses)).map(({ witness, at }) => [witness, at]),
      seen,
      name,
    );
  }
  for (const example of vectors.refused_cosignatures) {
    await verifyNote(example.note, notary);
    await assertRefused('bad_signature', () => verifyCosignatures(example.note, vectors.witnesses), example.name);
  }
  for (const { name, statements, keys } of vectors.chains) {
    const chain = await verifyNotaryKeyChain(statements, vectors.keys.instance);
    assertSame(
      chain.map(({ log: id, below }) => ({ below, log: id })),
      keys,
      name,
    );
  }
  for (const example of vectors.refused_chains)
    await assertRefused(
      'bad_signature',
      () => verifyNotaryKeyChain(example.statements, vectors.keys.instance),
      example.name,
    );
}

function included({ leaf, i, size, path, root }) {
  verifyInclusion(unb64(leaf), i, size, path.map(unb64), unb64(root));
}

function consistent({ older, newer, path, roots: [before, after] }) {
  verifyConsistency({ size: older, root: unb64(before) }, { size: newer, root: unb64(after) }, path.map(unb64));
}
