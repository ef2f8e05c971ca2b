/** Proofs of the log's tree, signed objects and checkpoints: what is valid, and every way in which they are refused. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import test from 'node:test';
import { b64 } from '#app/core/bytes.js';
import { canonicalBytes } from '#app/core/encoding.js';
import { timestampedText, readNote, verifyCosignatures, verifyNote } from '#app/ledger/checkpoint.js';
import { verifySignedObject } from '#app/ledger/signed.js';
import { pullProofs, witnessesIn } from '#app/net/proofs.js';
import { leafHash, verifyConsistency, verifyInclusion } from '#app/ledger/tree.js';

const badSignature = { code: 'bad_signature' };
const sha = (...parts) =>
  new Uint8Array(
    createHash('sha256')
      .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
      .digest(),
  );
const utf8 = (text) => new TextEncoder().encode(text);

/** The tree as RFC 6962 defines it: the largest power of two below the size goes to the left. */
const split = (n) => 2 ** Math.floor(Math.log2(n - 1));
const node = (left, right) => sha([1], left, right);
const rootOf = (leaves) =>
  leaves.length === 1
    ? leaves[0]
    : node(rootOf(leaves.slice(0, split(leaves.length))), rootOf(leaves.slice(split(leaves.length))));
function pathOf(i, leaves) {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return i < k
    ? [...pathOf(i, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...pathOf(i - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}
function stepsOf(m, leaves, isWhole = true) {
  if (m === leaves.length) return isWhole ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...stepsOf(m, leaves.slice(0, k), isWhole), rootOf(leaves.slice(k))]
    : [...stepsOf(m - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
}
const LEAVES = Array.from({ length: 19 }, (_, i) => sha([0], [i]));
const wrongHash = sha([9]);

test('a leaf is the digest of its canonical text', () => {
  const receipt = { c: b64(sha([1])), n: b64(sha([2])), ts: 5 };
  assert.deepEqual(leafHash(receipt), sha([0], canonicalBytes({ ...receipt, t: 'leaf/v1' })));
  assert.notDeepEqual(leafHash(receipt), leafHash({ ...receipt, ts: 6 }));
});

test('every leaf of every tree is proved to be at its own place, and nowhere else', () => {
  for (let size = 1; size <= LEAVES.length; size++) {
    const leaves = LEAVES.slice(0, size);
    const root = rootOf(leaves);
    for (const [i, leaf] of leaves.entries()) {
      const path = pathOf(i, leaves);
      verifyInclusion(leaf, i, size, path, root);
      for (const args of [
        [wrongHash, i, size, path, root],
        [leaf, i, size, path, wrongHash],
        [leaf, i, size, [...path, wrongHash], root],
        [leaf, i, size, [...path, root], root],
        [leaf, i + 1, size, path, root],
        [leaf, -1, size, path, root],
        [leaf, i - 1, size, path, root],
        [leaf, i + 0.5, size, path, root],
        [leaf, String(i), size, path, root],
        [leaf, i, i, path, root],
        ...(path.length
          ? [
              [leaf, i, size, path.slice(1), root],
              [leaf, i, size, path.slice(0, -1), root],
            ]
          : []),
        ...path.map((_, index) => [leaf, i, size, path.with(index, wrongHash), root]),
      ])
        assert.throws(
          () => verifyInclusion(...args),
          badSignature,
          JSON.stringify([size, i, args[1], args[2], args[3].length]),
        );
    }
  }
});

test('a sibling is 32 bytes, or one leaf could pass for two', () => {
  const [leftLeaf, rightLeaf] = LEAVES;
  const tooLong = new Uint8Array([...rightLeaf, 0]);
  assert.throws(() => verifyInclusion(leftLeaf, 0, 2, [tooLong], sha([1], leftLeaf, tooLong)), badSignature);
  assert.throws(
    () => verifyInclusion(leftLeaf, 0, 2, [rightLeaf.slice(1)], sha([1], leftLeaf, rightLeaf.slice(1))),
    badSignature,
  );
});

test('a proof for a log too large to count is refused, even if its hashes add up', () => {
  const size = 2 ** 66;
  const path = Array.from({ length: 67 }, () => wrongHash);
  const root = path.reduce((value, sibling) => node(value, sibling), LEAVES[0]);
  assert.throws(() => verifyInclusion(LEAVES[0], 0, size, path, root), badSignature);
  assert.throws(() => verifyConsistency({ size: 1, root: LEAVES[0] }, { size, root }, path), badSignature);
});

test('every log is proved to be the beginning of every longer one, and of no other', () => {
  for (let newerSize = 1; newerSize <= LEAVES.length; newerSize++) {
    const leaves = LEAVES.slice(0, newerSize);
    for (let olderSize = 1; olderSize <= newerSize; olderSize++) {
      const [olderLog, newerLog] = [
        { size: olderSize, root: rootOf(leaves.slice(0, olderSize)) },
        { size: newerSize, root: rootOf(leaves) },
      ];
      const path = stepsOf(olderSize, leaves);
      verifyConsistency(olderLog, newerLog, path);
      for (const args of [
        [{ ...olderLog, root: wrongHash }, newerLog, path],
        [olderLog, { ...newerLog, root: wrongHash }, path],
        [olderLog, newerLog, [...path, wrongHash]],
        [{ ...olderLog, size: 0 }, newerLog, path],
        [{ ...olderLog, size: newerSize + 1 }, newerLog, path],
        ...(path.length
          ? [
              [olderLog, newerLog, path.slice(1)],
              [olderLog, newerLog, path.slice(0, -1)],
              [olderLog, newerLog, []],
            ]
          : []),
        ...path.map((_, index) => [olderLog, newerLog, path.with(index, wrongHash)]),
        ...path.map((sibling, index) => [olderLog, newerLog, path.with(index, new Uint8Array([...sibling, 0]))]),
        ...(olderSize < newerSize ? [[newerLog, olderLog, path]] : []),
      ])
        assert.throws(
          () => verifyConsistency(...args),
          badSignature,
          JSON.stringify([olderSize, newerSize, args[0].size, args[1].size, args[2].length]),
        );
    }
  }
});

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pubOf = (key) => new Uint8Array(key.export({ type: 'spki', format: 'der' }).subarray(-32));
const notary = pubOf(publicKey);
const signed = (fields) => ({
  ...fields,
  sig: b64(new Uint8Array(sign(null, Buffer.from(canonicalBytes(fields)), privateKey))),
});

test('a signed object has its type, exactly its named fields, and a signature over all of them', async () => {
  const signedObject = signed({ t: 'thing/v1', a: 1, b: 'two' });
  const check = (args, kind = 'thing/v1', names = ['a', 'b', 't']) => verifySignedObject(args, notary, kind, names);
  assert.equal(await check(signedObject), signedObject);
  assert.equal(await check(signedObject, 'thing/v1', ['t', 'b', 'a']), signedObject, 'in any order');
  const { sig: _sig, ...unsigned } = signedObject;
  for (const args of [
    null,
    'text',
    [signedObject],
    undefined,
    { ...signedObject, a: 2 },
    { ...signedObject, more: 1 },
    { ...unsigned },
    { ...signedObject, sig: signed({ t: 'thing/v1' }).sig },
    { ...signedObject, sig: 'x' },
    { ...signedObject, sig: null },
    { ...signedObject, sig: '' },
    { ...signedObject, a: 1.5 },
    { ...signedObject, a: undefined },
    { ...signedObject, sig: `${signedObject.sig}=` },
  ]) {
    await assert.rejects(check(args), badSignature, JSON.stringify(args));
  }
  await assert.rejects(check(signedObject, 'other/v1'), badSignature);
  await assert.rejects(check(signedObject, 'thing/v1', ['a', 't']), badSignature);
  await assert.rejects(check(signedObject, 'thing/v1', ['a', 'b', 'c', 't']), badSignature);
  await assert.rejects(
    verifySignedObject(signedObject, pubOf(generateKeyPairSync('ed25519').publicKey), 'thing/v1', ['a', 'b', 't']),
    badSignature,
  );
});

test('a browser without Ed25519 reports that only for a well-formed object', async (t) => {
  t.mock.method(crypto.subtle, 'importKey', async () => {
    throw new DOMException('no', 'NotSupportedError');
  });
  const signedObject = signed({ t: 'thing/v1', a: 1 });
  await assert.rejects(verifySignedObject(signedObject, notary, 'thing/v1', ['a', 't']), { code: 'unavailable' });
  for (const change of [{ a: 1.5 }, { sig: '*' }, { t: 'thing/v2' }])
    await assert.rejects(
      verifySignedObject({ ...signedObject, ...change }, notary, 'thing/v1', ['a', 't']),
      badSignature,
      JSON.stringify(change),
    );
  await assert.rejects(verifyNote(noteOf(), notary), { code: 'unavailable' });
  await assert.rejects(verifyNote(noteOf(textOf({ size: '042' })), notary), badSignature);
});

const log = b64(sha(notary));
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const ROOT = base64(sha([3]));
const keyHash = (name, pub, kind) => sha(utf8(`${name}\n`), [kind], pub).subarray(0, 4);
const textOf = ({ origin = log, size = '42', root = ROOT } = {}) => `${origin}\n${size}\n${root}\n`;
const row = (name, key, signature) => `— ${name} ${base64([...key, ...signature])}\n`;
const ownRow = (text, { name = log, key = keyHash(log, notary, 1), by: signer = privateKey } = {}) =>
  row(name, key, sign(null, Buffer.from(text), signer));
const noteOf = (text = textOf(), ...rows) => `${text}\n${ownRow(text)}${rows.join('')}`;

test('a checkpoint gives its log, size and root, and verifies with the notary’s key', async () => {
  const expected = { origin: log, size: 42, root: sha([3]) };
  assert.deepEqual(await verifyNote(noteOf(), notary), expected);
  assert.deepEqual(readNote(noteOf()), expected);
  assert.deepEqual(readNote(noteOf(textOf({ size: '0' }))).size, 0);
  assert.deepEqual(readNote(noteOf(textOf({ size: '9'.repeat(16) }))).size, Number('9'.repeat(16)));
  const otherRow = row('a.witness', [1, 2, 3, 4], [5]);
  assert.deepEqual(await verifyNote(noteOf(textOf(), otherRow), notary), expected, 'lines by other keys are skipped');
  assert.equal(timestampedText(noteOf(textOf(), otherRow)), noteOf());
  assert.equal(timestampedText(noteOf(textOf(), otherRow, otherRow)), noteOf());
});

const text = textOf();
const stranger = generateKeyPairSync('ed25519');
for (const [description, note] of [
  ['no text', 5],
  ['an empty text', ''],
  ['no line end', noteOf().slice(0, -1)],
  ['no signature', `${text}\n`],
  ['no empty line', `${text}${ownRow(text)}`],
  ['a size with a leading zero', noteOf(textOf({ size: '042' }))],
  ['a size of 17 digits', noteOf(textOf({ size: '1'.repeat(17) }))],
  ['a negative size', noteOf(textOf({ size: '-1' }))],
  ['no size', noteOf(textOf({ size: '' }))],
  ['a root that is too short', noteOf(textOf({ root: base64(new Uint8Array(31)) }))],
  ['a root in base64url', noteOf(textOf({ root: b64(sha([3])) }))],
  ['a root with odd last bits', noteOf(textOf({ root: `${'A'.repeat(42)}B=` }))],
  ['more text', noteOf(`${text}more\n`)],
  ['text before it', noteOf(`x\n${text}`)],
  ['an invalid origin', noteOf(textOf({ origin: 'example.org/log' }))],
  ['a line that is not a signature', noteOf(text, 'hello\n')],
  ['another dash', noteOf(text, row('a', [1, 2, 3, 4], [5]).replace('—', '-'))],
  ['a name with a space', noteOf(text, row('a b', [1, 2, 3, 4], [5]))],
  ['a name with a plus', noteOf(text, row('a+b', [1, 2, 3, 4], [5]))],
  ['a name with other white space', noteOf(text, row('a\u2003b', [1, 2, 3, 4], [5]))],
  ['no name', noteOf(text, row('', [1, 2, 3, 4], [5]))],
  ['an empty signature', noteOf(text, row('a', [1, 2, 3, 4], []))],
  ['a signature that is not base64', noteOf(text, '— a AAAAAAA\n')],
  ['a signature with more after it', noteOf(text, row('a', [1, 2, 3, 4], [5]).replace('\n', ' \n'))],
  ['an empty line among the signatures', noteOf(text, '\n', row('a', [1, 2, 3, 4], [5]))],
  ['seventeen signatures', noteOf(text, ...Array(16).fill(row('a', [1, 2, 3, 4], [5])))],
]) {
  test(`not a checkpoint: ${description}`, async () => {
    assert.throws(() => readNote(note), badSignature);
    await assert.rejects(verifyNote(note, notary), badSignature);
  });
}

for (const [description, note] of [
  ['of another log', noteOf(textOf({ origin: b64(sha([8])) }))],
  ['signed by somebody else', `${text}\n${ownRow(text, { by: stranger.privateKey })}`],
  ['signed over other text', `${text}\n${ownRow(textOf({ size: '43' }))}`],
  ['under the hash of another key', `${text}\n${ownRow(text, { key: Uint8Array.of(1, 2, 3, 4) })}`],
  ['under the hash of another kind of key', `${text}\n${ownRow(text, { key: keyHash(log, notary, 4) })}`],
  ['in another name', `${text}\n${ownRow(text, { name: 'x' })}`],
  ['signed twice, once by somebody else', noteOf(text, ownRow(text, { by: stranger.privateKey }))],
]) {
  test(`a checkpoint ${description} does not verify, but can still be read`, async () => {
    await assert.rejects(verifyNote(note, notary), badSignature);
    assert.equal(readNote(note).size, 42);
  });
}

test('a checkpoint has at most sixteen signatures and 64 KiB, counted in bytes', () => {
  const many = noteOf(text, ...Array(15).fill(row('a', [1, 2, 3, 4], [5])));
  assert.equal(readNote(many).size, 42);
  const noteOfSize = (name, size) => {
    const bare = noteOf(text, row(name, [1, 2, 3, 4], [5]));
    return noteOf(text, row(name + 'n'.repeat(size - utf8(bare).length), [1, 2, 3, 4], [5]));
  };
  for (const name of ['n', 'né', 'n€'.repeat(9_000)]) {
    assert.equal(utf8(noteOfSize(name, 65_536)).length, 65_536);
    assert.equal(readNote(noteOfSize(name, 65_536)).size, 42);
    assert.throws(() => readNote(noteOfSize(name, 65_537)), badSignature);
  }
});

test('each cosigning witness counts once, by its own key, at its latest time; invalid lines are refused', async () => {
  const witness = (name) => {
    const pair = generateKeyPairSync('ed25519');
    const pub = pubOf(pair.publicKey);
    const time = (at) => new Uint8Array(new BigUint64Array([at]).buffer).reverse();
    const line = (at, { by: signer = pair.privateKey, over: signedText = text, kind = 4 } = {}) =>
      row(name, keyHash(name, pub, kind), [
        ...time(at),
        ...sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${signedText}`), signer),
      ]);
    return { name, pub, line, known: { name, pub: b64(pub) } };
  };
  const [witnessA, witnessB] = [witness('one.example'), witness('two.example')];
  const cosigners = (rows, knownWitnesses = [witnessA.known, witnessB.known]) =>
    verifyCosignatures(noteOf(text, ...rows), knownWitnesses);
  assert.deepEqual(await cosigners([]), []);
  assert.deepEqual(await cosigners([witnessA.line(7n)]), [{ witness: 'one.example', at: 7 }]);
  assert.deepEqual(await cosigners([witnessA.line(0n)]), [{ witness: 'one.example', at: 0 }]);
  assert.deepEqual(await cosigners([witnessB.line(5n), witnessA.line(9n), witnessA.line(7n)]), [
    { witness: 'one.example', at: 9 },
    { witness: 'two.example', at: 5 },
  ]);
  assert.deepEqual(await cosigners([witnessA.line(7n), witnessB.line(5n)], [witnessB.known]), [
    { witness: 'two.example', at: 5 },
  ]);
  assert.deepEqual(await cosigners([witnessA.line(7n, { kind: 1 })]), [], 'a line with another key type is skipped');
  assert.deepEqual(await cosigners([row('one.example', [1, 2, 3, 4], [5])]), []);
  for (const line of [
    witnessA.line(7n, { by: stranger.privateKey }),
    witnessA.line(7n, { over: textOf({ size: '43' }) }),
    witnessA.line(1n << 63n),
    row('one.example', keyHash('one.example', witnessA.pub, 4), [1, 2, 3, 4, 5, 6, 7, 8]),
    row('one.example', keyHash('one.example', witnessA.pub, 4), [5]),
  ]) {
    await assert.rejects(cosigners([line]), badSignature);
    await assert.rejects(cosigners([witnessA.line(3n), line]), badSignature);
    assert.deepEqual(await cosigners([line], [witnessB.known]), []);
  }
});

test('only valid witnesses that a server names count: name and key, at most fifteen', () => {
  const pub = b64(sha([1]));
  const witnessesFrom = (witnesses) => witnessesIn({ witnesses });
  assert.deepEqual(witnessesFrom([{ name: 'a.example', pub, more: 1 }]), [{ name: 'a.example', pub }]);
  for (const invalid of [
    null,
    5,
    {},
    { name: 'a' },
    { name: 5, pub },
    { name: 'a', pub: 5 },
    { name: 'a', pub: pub.slice(1) },
    { name: 'a', pub: `${pub}A` },
    { name: 'a', pub: `*${pub.slice(1)}` },
  ])
    assert.deepEqual(witnessesFrom([invalid, { name: 'b', pub }]), [{ name: 'b', pub }], JSON.stringify(invalid));
  for (const notAList of [undefined, null, 'text', {}, 5]) assert.deepEqual(witnessesFrom(notAList), []);
  const countWithName = (length) => witnessesFrom([{ name: 'n'.repeat(length), pub }]).length;
  assert.deepEqual([countWithName(255), countWithName(256)], [1, 0]);
  assert.equal(witnessesFrom(Array.from({ length: 99 }, (_, i) => ({ name: `n${i}`, pub }))).length, 15);
});

test('pages of proofs are fetched to the last, each from where the one before it ended', async () => {
  const receipt = { c: b64(sha([1])), n: b64(sha([2])), ts: 5 };
  const leaves = [leafHash(receipt), ...LEAVES.slice(1, 3)];
  const checkpoint = { size: 3, root: b64(rootOf(leaves)) };
  const proof = { version: 'v', i: 0, path: pathOf(0, leaves).map(b64) };
  const pull = async (pages) => {
    const asked = [];
    const saved = [];
    const api = {
      proofs: async (_diary, size, after) => {
        asked.push([size, after]);
        return pages.shift();
      },
    };
    const save = async (proofs, to) => saved.push([proofs.length, to]);
    const receiptOf = async (version) => (version === 'v' ? receipt : null);
    const code = await pullProofs({ api, diary: 'd' }, checkpoint, 4, save, receiptOf).then(
      () => '',
      (error) => error.code ?? String(error),
    );
    return { asked, saved, code };
  };
  const pages = [
    { proofs: [proof], to: 7 },
    { proofs: [{ ...proof, version: 'of a receipt that is gone', i: 2 }], to: 9 },
    { proofs: [], to: 9 },
  ];
  assert.deepEqual(await pull(pages), {
    asked: [
      [3, 4],
      [3, 7],
      [3, 9],
    ],
    saved: [
      [1, 7],
      [1, 9],
      [0, 9],
    ],
    code: '',
  });
  for (const page of [
    { proofs: null, to: 7 },
    { proofs: { length: 0 }, to: 7 },
    { proofs: [], to: '7' },
    { proofs: [] },
  ])
    assert.deepEqual(await pull([page]), { asked: [[3, 4]], saved: [], code: 'garbage' }, JSON.stringify(page));
  const misplaced = await pull([{ proofs: [{ ...proof, i: 1 }], to: 7 }]);
  assert.deepEqual([misplaced.saved, misplaced.code], [[], 'log_changed']);
});
