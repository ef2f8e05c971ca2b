/** Vectors of rekey.json: an account's key is replaced by the next one. */
import { b64, unb64, utf8 } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { openKeyset, sealKeyset } from '../../../static/js/crypto/keys.js';
import { authorKeyId, importSigningKey } from '../../../static/js/crypto/signing.js';
import { verifyAuthorChain, verifyStatement, signStatement } from '../../../static/js/crypto/sharing/statements.js';
import { verifyVersionByAnyKey } from '../../../static/js/ledger/push.js';
import { assertRefused, assertSame } from './judging.js';

export async function rekey(vectors) {
  const pairs = vectors.keys.map(({ scalar, pub }) => ({ scalar: unb64(scalar), pub: unb64(pub) }));
  vectors.keys.forEach(({ id, pub }) => assertSame(authorKeyId(unb64(pub)), id, 'key id'));
  for (const [i, statement] of vectors.statements.entries()) {
    const { sig, t, ...fields } = statement;
    assertSame(new TextDecoder().decode(canonicalBytes({ ...fields, t })), vectors.signed[i], 'what is signed');
    await verifyStatement(statement);
    const resigned = await signStatement(await importSigningKey(pairs[i]), fields); // with another nonce
    assertSame(canonicalBytes({ ...resigned, sig }), canonicalBytes(statement), 'statement');
  }
  for (const example of vectors.refused_statements)
    await assertRefused(example.code, () => verifyStatement(example.statement), example.name);
  const newest = vectors.keys.at(-1).pub;
  const chain = await verifyAuthorChain(vectors.statements, newest);
  assertSame(canonicalBytes(chain), canonicalBytes(vectors.chain.map(({ pub, seq }) => ({ pub, seq }))), 'chain');
  for (const example of vectors.refused_chains)
    await assertRefused(example.code, () => verifyAuthorChain(example.statements, example.newest), example.name);
  for (const { version, seq, holds } of vectors.counts) {
    const { c, sig } = vectors.versions[version];
    const check = () => verifyVersionByAnyKey(chain, { c, ...vectors.place }, sig, seq);
    if (holds) await check();
    else await assertRefused('bad_signature', check, `version ${version} at ${seq}`);
  }
  await keyset(vectors);
}

async function keyset(vectors) {
  const opener = await importKey(unb64(vectors.account_key));
  const { header, plaintext, salt, envelope: sealed, without } = vectors.keyset;
  assertSame(
    b64(await envelope.seal(opener, 'keyset', header, utf8(plaintext), { salt: unb64(salt) })),
    sealed,
    'keyset',
  );
  const opened = await openKeyset(opener, header, unb64(sealed));
  assertSame(canonicalBytes([...opened.earlier]), canonicalBytes(vectors.statements), 'statements in the keyset');
  const resealed = await openKeyset(opener, header, await sealKeyset(opener, header, opened));
  assertSame(canonicalBytes([...resealed.earlier]), canonicalBytes(vectors.statements), 'sealed again');
  const withoutEarlier = await envelope.open(
    opener,
    await sealKeyset(opener, header, { ecdsa: opened.ecdsa, hpke: opened.hpke }),
    'keyset',
    header,
  );
  assertSame(new TextDecoder().decode(withoutEarlier), without, 'without statements as before');
}
