/** Vectors of the public log: leaves, proofs, signed notes, statements about keys. */
import { b64, unb64 } from '../../../static/js/core/bytes.js';
import { canVerifyNotary } from '../../../static/js/crypto/signing.js';
import { timestampedText, readNote, verifyCosignatures, verifyNote } from '../../../static/js/ledger/checkpoint.js';
import { verifyNotaryKeyChain } from '../../../static/js/ledger/statements.js';
import { leafHash, verifyConsistency, verifyInclusion } from '../../../static/js/ledger/tree.js';
import { refused, same } from './judging.js';

export async function log(v) {
  for (const one of v.leaves) same(b64(leafHash(one)), one.leaf, `leaf ${one.ts}`);
  for (const one of v.inclusion) included(one);
  for (const one of v.refused_inclusion) await refused('bad_signature', () => included(one), one.name);
  for (const one of v.consistency) consistent(one);
  for (const one of v.refused_consistency) await refused('bad_signature', () => consistent(one), one.name);
  await signed(v, await canVerifyNotary());
}

/** Where there is no Ed25519 nothing can be said to hold. */
async function signed(v, canVerify) {
  const notary = unb64(v.keys.notary);
  for (const { note, root, size } of v.notes) {
    same([readNote(note).size, b64(readNote(note).root)], [size, root], `note ${size}`);
    if (canVerify) same((await verifyNote(note, notary)).size, size, `note ${size}`);
  }
  if (!canVerify) return;
  for (const one of v.refused_notes) await refused('bad_signature', () => verifyNote(one.note, notary), one.name);
  for (const { name, note, one, seen, size } of v.joined_notes) {
    same((await verifyNote(note, notary)).size, size, name);
    same(timestampedText(note), one, name);
    same(
      (await verifyCosignatures(note, v.witnesses)).map(({ witness, at }) => [witness, at]),
      seen,
      name,
    );
  }
  for (const one of v.refused_cosignatures) {
    await verifyNote(one.note, notary);
    await refused('bad_signature', () => verifyCosignatures(one.note, v.witnesses), one.name);
  }
  for (const { name, statements, keys } of v.chains) {
    const chain = await verifyNotaryKeyChain(statements, v.keys.instance);
    same(
      chain.map(({ log: id, below }) => ({ below, log: id })),
      keys,
      name,
    );
  }
  for (const one of v.refused_chains)
    await refused('bad_signature', () => verifyNotaryKeyChain(one.statements, v.keys.instance), one.name);
}

function included({ leaf, i, size, path, root }) {
  verifyInclusion(unb64(leaf), i, size, path.map(unb64), unb64(root));
}

function consistent({ older, newer, path, roots: [before, after] }) {
  verifyConsistency({ size: older, root: unb64(before) }, { size: newer, root: unb64(after) }, path.map(unb64));
}
