/** witness.json: nine words, what they are worth, what is asked and answered. */
import { b64, unb64, unhex } from '../../../static/js/core/bytes.js';
import { canon } from '../../../static/js/core/encoding.js';
import { argon2id } from '../../../static/js/crypto/argon2.js';
import { importKey } from '../../../static/js/crypto/cobblestone.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { padVersion } from '../../../static/js/crypto/padding.js';
import {
  deriveCode,
  openAsking,
  openStatement,
  readWitnessWords,
  sealAsking,
  sealStatement,
  witnessWordsOf,
} from '../../../static/js/crypto/sharing/witness.js';
import { refused, same } from './judging.js';

const text = (value) => new TextDecoder().decode(canon(value));

export async function witness(v) {
  same(await witnessWordsOf(unhex(v.raw), unhex(v.print)), v.words, 'words');
  for (const typed of v.typed)
    same(
      text(await readWitnessWords(typed).then(({ code, keyWords }) => ({ code, key_words: keyWords }))),
      text(v.read),
      typed,
    );
  for (const one of v.refused_words) {
    await refused('bad_request', () => readWitnessWords(one.typed), one.typed);
    await readWitnessWords(one.typed).catch((error) => same(error.unknown, one.unknown, one.typed));
  }
  const code = await deriveCode(argon2id, { code: v.read.code, keyWords: v.read.key_words }, v.address, v.cost);
  same([b64(code.key), b64(code.name), b64(code.proof)], [v.worth.key, v.worth.name, v.worth.proof], 'worth');
  const sealed = await envelope.seal(
    await importKey(code.key),
    'asking',
    { t: 'asking', witness: v.witness },
    padVersion(canon({ ...v.asked, t: 'asking/v1' })),
    { salt: unb64(v.asking.salt) },
  );
  same(b64(sealed), v.asking.envelope, 'asking');
  const { t: _, ...asked } = await openAsking(code, v.read.key_words, v.witness, sealed);
  same(text(asked), text(v.asked), 'asked');
  await refused('wrong_keys', () => openAsking(code, 'some other words', v.witness, sealed), 'other words');
  await refused(
    'wrong_keys',
    () => openAsking(code, 'some other words than these', v.witness, sealed),
    'five other words',
  );
  const older = await readWitnessWords(v.old.words);
  same(text({ code: older.code, key_words: older.keyWords }), text(v.old.read), 'seven words');
  const before = await deriveCode(argon2id, older, v.address, v.cost);
  same(
    [b64(before.key), b64(before.name), b64(before.proof)],
    [v.old.worth.key, v.old.worth.name, v.old.worth.proof],
    'worth of seven words',
  );
  same(
    (await openAsking(before, older.keyWords, v.witness, unb64(v.old.asking))).note,
    v.asked.note,
    'asked with seven words',
  );
  await refused(
    'not_opened',
    () => openAsking({ ...code, key: new Uint8Array(32) }, v.read.key_words, v.witness, sealed),
    'another code',
  );
  for (const one of v.refused_asked)
    await refused(
      'not_opened',
      () => sealAsking(code, v.witness, { ...v.asked, ...one }),
      JSON.stringify(one).slice(0, 40),
    );
  const opened = await openStatement(unb64(v.hpke), v.worth.proof, v.witness, unb64(v.statement));
  same([text(opened.said), opened.verified], [text(v.said), true], 'statement');
  const again = await sealStatement(code, unb64(v.asked.hpke_pub), v.witness, v.said);
  same(text((await openStatement(unb64(v.hpke), v.worth.proof, v.witness, again)).said), text(v.said), 'sealed again');
  same((await openStatement(unb64(v.hpke), v.worth.key, v.witness, again)).verified, false, 'without the proof');
  for (const one of v.refused_said)
    await refused(
      'not_opened',
      () => sealStatement(code, unb64(v.asked.hpke_pub), v.witness, { ...v.said, ...one }),
      JSON.stringify(one).slice(0, 40),
    );
}
