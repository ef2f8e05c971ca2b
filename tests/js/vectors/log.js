/** Vectors of the public log: leaves, proofs, signed notes, statements about keys. */
import { b64, unb64 } from '../../../static/js/core/bytes.js';
import { canVerifyNotary } from '../../../static/js/crypto/signing.js';
import { timestampedText, readNote, verifyCosignatures, verifyNote } from '../../../static/js/ledger/checkpoint.js';
import { verifyNotaryKeyChain } from '../../../static/js/ledger/statements.js';
import { leafHash, verifyConsistency, verifyInclusion } from '../../../static/js/ledger/tree.js';
import { refused, same } from './judging.js';

export async function log(vectors) {
  for (const example of vectors.leaves) same(b64(leafHash(example)), example.leaf, `leaf ${example.ts}`);
  for (const example of vectors.inclusion) included(example);
  for (const example of vectors.refused_inclusion)
    await refused('bad_signature', () => included(example), example.name);
  for (const example of vectors.consistency) consistent(example);
  for (const example of vectors.refused_consistency)
    await refused('bad_signature', () => consistent(example), example.name);
  await signed(vectors, await canVerifyNotary());
}

/** Check signed notes and statements. Without Ed25519 no signature can be verified. */
async function signed(vectors, canVerify) {
  const notary = unb64(vectors.keys.notary);
  for (const { note, root, size } of vectors.notes) {
    same([readNote(note).size, b64(readNote(note).root)], [size, root], `note ${size}`);
    if (canVerify) same((await verifyNote(note, notary)).size, size, `note ${size}`);
  }
  if (!canVerify) return;
  for (const example of vectors.refused_notes)
    await refused('bad_signature', () => verifyNote(example.note, notary), example.name);
  for (const { name, note, one: expected, seen, size } of vectors.joined_notes) {
    same((await verifyNote(note, notary)).size, size, name);
    same(timestampedText(note), expected, name);
    same(
      (await verifyCosignatures(note, vectors.witnesses)).map(({ witness, at }) => [witness, at]),
      seen,
      name,
    );
  }
  for (const example of vectors.refused_cosignatures) {
    await verifyNote(example.note, notary);
    await refused('bad_signature', () => verifyCosignatures(example.note, vectors.witnesses), example.name);
  }
  for (const { name, statements, keys } of vectors.chains) {
    const chain = await verifyNotaryKeyChain(statements, vectors.keys.instance);
    same(
      chain.map(({ log: id, below }) => ({ below, log: id })),
      keys,
      name,
    );
  }
  for (const example of vectors.refused_chains)
    await refused('bad_signature', () => verifyNotaryKeyChain(example.statements, vectors.keys.instance), example.name);
}

function included({ leaf, i, size, path, root }) {
  verifyInclusion(unb64(leaf), i, size, path.map(unb64), unb64(root));
}

function consistent({ older, newer, path, roots: [before, after] }) {
  verifyConsistency({ size: older, root: unb64(before) }, { size: newer, root: unb64(after) }, path.map(unb64));
}
