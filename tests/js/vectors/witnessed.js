/** Vectors of witness.json: nine words, the keys derived from them, the request and the statement. */
import { b64, unb64, unhex } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { argon2id } from '../../../static/js/crypto/argon2.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { padVersion } from '../../../static/js/crypto/padding.js';
import {
  deriveCode,
  openWitnessRequest,
  openWitnessStatement,
  parseWitnessWords,
  sealWitnessRequest,
  sealWitnessStatement,
  witnessWordsOf,
} from '../../../static/js/crypto/sharing/witness.js';
import { assertRefused, assertSame } from './judging.js';

const text = (value) => new TextDecoder().decode(canonicalBytes(value));

export async function witness(vectors) {
  assertSame(await witnessWordsOf(unhex(vectors.raw), unhex(vectors.print)), vectors.words, 'words');
  for (const typed of vectors.typed)
    assertSame(
      text(await parseWitnessWords(typed).then(({ code, keyWords }) => ({ code, key_words: keyWords }))),
      text(vectors.read),
      typed,
    );
  for (const example of vectors.refused_words) {
    await assertRefused('bad_request', () => parseWitnessWords(example.typed), example.typed);
    await parseWitnessWords(example.typed).catch((error) => assertSame(error.unknown, example.unknown, example.typed));
  }
  const code = await deriveCode(
    argon2id,
    { code: vectors.read.code, keyWords: vectors.read.key_words },
    vectors.address,
    vectors.cost,
  );
  assertSame(
    [b64(code.key), b64(code.name), b64(code.proof)],
    [vectors.worth.key, vectors.worth.name, vectors.worth.proof],
    'worth',
  );
  const sealed = await envelope.seal(
    await importKey(code.key),
    'asking',
    { t: 'asking', witness: vectors.witness },
    padVersion(canonicalBytes({ ...vectors.asked, t: 'asking/v1' })),
    { salt: unb64(vectors.asking.salt) },
  );
  assertSame(b64(sealed), vectors.asking.envelope, 'asking');
  const { t: _, ...request } = await openWitnessRequest(code, vectors.read.key_words, vectors.witness, sealed);
  assertSame(text(request), text(vectors.asked), 'asked');
  await assertRefused(
    'wrong_keys',
    () => openWitnessRequest(code, 'some other words', vectors.witness, sealed),
    'other words',
  );
  await assertRefused(
    'wrong_keys',
    () => openWitnessRequest(code, 'some other words than these', vectors.witness, sealed),
    'five other words',
  );
  const older = await parseWitnessWords(vectors.old.words);
  assertSame(text({ code: older.code, key_words: older.keyWords }), text(vectors.old.read), 'seven words');
  const olderCode = await deriveCode(argon2id, older, vectors.address, vectors.cost);
  assertSame(
    [b64(olderCode.key), b64(olderCode.name), b64(olderCode.proof)],
    [vectors.old.worth.key, vectors.old.worth.name, vectors.old.worth.proof],
    'worth of seven words',
  );
  assertSame(
    (await openWitnessRequest(olderCode, older.keyWords, vectors.witness, unb64(vectors.old.asking))).note,
    vectors.asked.note,
    'asked with seven words',
  );
  await assertRefused(
    'not_opened',
    () => openWitnessRequest({ ...code, key: new Uint8Array(32) }, vectors.read.key_words, vectors.witness, sealed),
    'another code',
  );
  for (const example of vectors.refused_asked)
    await assertRefused(
      'not_opened',
      () => sealWitnessRequest(code, vectors.witness, { ...vectors.asked, ...example }),
      JSON.stringify(example).slice(0, 40),
    );
  const opened = await openWitnessStatement(
    unb64(vectors.hpke),
    vectors.worth.proof,
    vectors.witness,
    unb64(vectors.statement),
  );
  assertSame([text(opened.said), opened.verified], [text(vectors.said), true], 'statement');
  const resealed = await sealWitnessStatement(code, unb64(vectors.asked.hpke_pub), vectors.witness, vectors.said);
  assertSame(
    text((await openWitnessStatement(unb64(vectors.hpke), vectors.worth.proof, vectors.witness, resealed)).said),
    text(vectors.said),
    'sealed again',
  );
  assertSame(
    (await openWitnessStatement(unb64(vectors.hpke), vectors.worth.key, vectors.witness, resealed)).verified,
    false,
    'without the proof',
  );
  for (const example of vectors.refused_said)
    await assertRefused(
      'not_opened',
      () => sealWitnessStatement(code, unb64(vectors.asked.hpke_pub), vectors.witness, { ...vectors.said, ...example }),
      JSON.stringify(example).slice(0, 40),
    );
}
