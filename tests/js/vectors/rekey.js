/** rekey.json: one key of an account hands over to the next. */
import { b64, unb64, utf8 } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { openKeyset, sealKeyset } from '../../../static/js/crypto/keys.js';
import { authorKeyId, importSigningKey } from '../../../static/js/crypto/signing.js';
import { verifyAuthorChain, verifyStatement, signStatement } from '../../../static/js/crypto/sharing/statements.js';
import { verifyVersionByAnyKey } from '../../../static/js/ledger/push.js';
import { refused, same } from './judging.js';

export async function rekey(v) {
  const pairs = v.keys.map(({ scalar, pub }) => ({ scalar: unb64(scalar), pub: unb64(pub) }));
  v.keys.forEach(({ id, pub }) => same(authorKeyId(unb64(pub)), id, 'key id'));
  for (const [i, statement] of v.statements.entries()) {
    const { sig, t, ...said } = statement;
    same(new TextDecoder().decode(canonicalBytes({ ...said, t })), v.signed[i], 'what is signed');
    await verifyStatement(statement);
    const made = await signStatement(await importSigningKey(pairs[i]), said); // another nonce, the same words
    same(canonicalBytes({ ...made, sig }), canonicalBytes(statement), 'statement');
  }
  for (const one of v.refused_statements) await refused(one.code, () => verifyStatement(one.statement), one.name);
  const newest = v.keys.at(-1).pub;
  const chain = await verifyAuthorChain(v.statements, newest);
  same(canonicalBytes(chain), canonicalBytes(v.chain.map(({ pub, seq }) => ({ pub, seq }))), 'chain');
  for (const one of v.refused_chains)
    await refused(one.code, () => verifyAuthorChain(one.statements, one.newest), one.name);
  for (const { version, seq, holds } of v.counts) {
    const { c, sig } = v.versions[version];
    const check = () => verifyVersionByAnyKey(chain, { c, ...v.place }, sig, seq);
    if (holds) await check();
    else await refused('bad_signature', check, `version ${version} at ${seq}`);
  }
  await keyset(v);
}

async function keyset(v) {
  const opener = await importKey(unb64(v.account_key));
  const { header, plaintext, salt, envelope: sealed, without } = v.keyset;
  same(b64(await envelope.seal(opener, 'keyset', header, utf8(plaintext), { salt: unb64(salt) })), sealed, 'keyset');
  const opened = await openKeyset(opener, header, unb64(sealed));
  same(canonicalBytes([...opened.earlier]), canonicalBytes(v.statements), 'statements in the keyset');
  const again = await openKeyset(opener, header, await sealKeyset(opener, header, opened));
  same(canonicalBytes([...again.earlier]), canonicalBytes(v.statements), 'sealed again');
  const bare = await envelope.open(
    opener,
    await sealKeyset(opener, header, { ecdsa: opened.ecdsa, hpke: opened.hpke }),
    'keyset',
    header,
  );
  same(new TextDecoder().decode(bare), without, 'without statements as before');
}
