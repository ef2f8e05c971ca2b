/** witness.json: nine words, what they are worth, what is asked and answered. */
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
import { refused, same } from './judging.js';

const text = (value) => new TextDecoder().decode(canonicalBytes(value));

export async function witness(v) {
  same(await witnessWordsOf(unhex(v.raw), unhex(v.print)), v.words, 'words');
  for (const typed of v.typed)
    same(
      text(await parseWitnessWords(typed).then(({ code, keyWords }) => ({ code, key_words: keyWords }))),
      text(v.read),
      typed,
    );
  for (const one of v.refused_words) {
    await refused('bad_request', () => parseWitnessWords(one.typed), one.typed);
    await parseWitnessWords(one.typed).catch((error) => same(error.unknown, one.unknown, one.typed));
  }
  const code = await deriveCode(argon2id, { code: v.read.code, keyWords: v.read.key_words }, v.address, v.cost);
  same([b64(code.key), b64(code.name), b64(code.proof)], [v.worth.key, v.worth.name, v.worth.proof], 'worth');
  const sealed = await envelope.seal(
    await importKey(code.key),
    'asking',
    { t: 'asking', witness: v.witness },
    padVersion(canonicalBytes({ ...v.asked, t: 'asking/v1' })),
    { salt: unb64(v.asking.salt) },
  );
  same(b64(sealed), v.asking.envelope, 'asking');
  const { t: _, ...asked } = await openWitnessRequest(code, v.read.key_words, v.witness, sealed);
  same(text(asked), text(v.asked), 'asked');
  await refused('wrong_keys', () => openWitnessRequest(code, 'some other words', v.witness, sealed), 'other words');
  await refused(
    'wrong_keys',
    () => openWitnessRequest(code, 'some other words than these', v.witness, sealed),
    'five other words',
  );
  const older = await parseWitnessWords(v.old.words);
  same(text({ code: older.code, key_words: older.keyWords }), text(v.old.read), 'seven words');
  const before = await deriveCode(argon2id, older, v.address, v.cost);
  same(
    [b64(before.key), b64(before.name), b64(before.proof)],
    [v.old.worth.key, v.old.worth.name, v.old.worth.proof],
    'worth of seven words',
  );
  same(
    (await openWitnessRequest(before, older.keyWords, v.witness, unb64(v.old.asking))).note,
    v.asked.note,
    'asked with seven words',
  );
  await refused(
    'not_opened',
    () => openWitnessRequest({ ...code, key: new Uint8Array(32) }, v.read.key_words, v.witness, sealed),
    'another code',
  );
  for (const one of v.refused_asked)
    await refused(
      'not_opened',
      () => sealWitnessRequest(code, v.witness, { ...v.asked, ...one }),
      JSON.stringify(one).slice(0, 40),
    );
  const opened = await openWitnessStatement(unb64(v.hpke), v.worth.proof, v.witness, unb64(v.statement));
  same([text(opened.said), opened.verified], [text(v.said), true], 'statement');
  const again = await sealWitnessStatement(code, unb64(v.asked.hpke_pub), v.witness, v.said);
  same(
    text((await openWitnessStatement(unb64(v.hpke), v.worth.proof, v.witness, again)).said),
    text(v.said),
    'sealed again',
  );
  same((await openWitnessStatement(unb64(v.hpke), v.worth.key, v.witness, again)).verified, false, 'without the proof');
  for (const one of v.refused_said)
    await refused(
      'not_opened',
      () => sealWitnessStatement(code, unb64(v.asked.hpke_pub), v.witness, { ...v.said, ...one }),
      JSON.stringify(one).slice(0, 40),
    );
}
