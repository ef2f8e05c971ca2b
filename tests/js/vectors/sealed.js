/** Vectors with keys: envelopes of both suites, parts, wraps, the device's store. */
import { b64, concat, hex, unb64, utf8 } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { openBox } from '../../../static/js/crypto/box.js';
import { importKey, seal as sealBody } from '../../../static/js/crypto/cobblestone.js';
import { importHkdfKey, sha256Sync } from '../../../static/js/crypto/digests.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { FILE_PART_BYTES } from '../../../static/js/core/constants.js';
import { FileSealer, openPart, partCount, sealedFileLength } from '../../../static/js/crypto/files.js';
import { openKeyset, unwrapKey } from '../../../static/js/crypto/keys.js';
import { paddedFileSize, padTo, padVersion } from '../../../static/js/crypto/padding.js';
import { hpkeOpen, hpkeSeal } from '../../../static/js/crypto/hpke.js';
import { deriveNotebookKey, SLOT_COUNT, SLOT_BYTES, sealSlot, trySlots } from '../../../static/js/crypto/slots.js';
import { alterations, patterned, assertRefused, assertSame, sameBytes } from './judging.js';

const NAMES = Object.fromEntries(Object.entries(envelope.KINDS).map(([name, number]) => [number, name]));

export async function envelopes(vectors) {
  const key = await importKey(unb64(vectors.key));
  const made = new Map();
  for (const example of vectors.cases) {
    const [kind, header] = [NAMES[example.kind ?? vectors.kind], example.header ?? vectors.header];
    const plaintext = patterned(example.plaintext.length);
    const sealed = await envelope.seal(key, kind, header, plaintext, { salt: unb64(example.salt) });
    sameBytes(sealed, example.envelope, example.name);
    assertSame(await envelope.open(key, sealed, kind, header), plaintext, example.name);
    made.set(example.name, sealed);
  }
  for (const example of vectors.refused) {
    const other = example.key ? await importKey(unb64(example.key)) : key;
    for (const raw of alterations(made.get(example.of), example.ops)) {
      await assertRefused(
        example.code,
        () => envelope.open(other, raw, NAMES[example.kind ?? vectors.kind], example.header ?? vectors.header),
        example.name,
      );
    }
  }
  const header = { x: 'a'.repeat(vectors.longest_header.length - canonicalBytes({ x: '' }).length) };
  assertSame(envelope.makePrefix(1, 'version', header).length, 6 + vectors.longest_header.length, 'longest header');
  await assertRefused(
    vectors.longest_header.one_more,
    () => envelope.makePrefix(1, 'version', { x: `${header.x}a` }),
    'longer header',
  );
}

/**
 * What Python sealed to a person opens here, and so does what is sealed here. test_phone_to_python tests that Python
 * opens it.
 */
export async function people({ to_a_person: vectors }) {
  const scalar = unb64(vectors.scalar);
  const kind = NAMES[vectors.kind];
  const made = new Map();
  for (const example of vectors.cases) {
    const plaintext = patterned(example.plaintext.length);
    if (example.envelope.bytes) {
      made.set(example.name, unb64(example.envelope.bytes));
      sameBytes(unb64(example.envelope.bytes), example.envelope, example.name);
      assertSame(await hpkeOpen(scalar, unb64(example.envelope.bytes), kind, vectors.header), plaintext, example.name);
    }
    const resealed = await hpkeSeal(unb64(vectors.pub), kind, vectors.header, plaintext);
    assertSame(resealed.length, example.envelope.length, example.name);
    assertSame(await hpkeOpen(scalar, resealed, kind, vectors.header), plaintext, example.name);
  }
  for (const example of vectors.refused) {
    const other = example.scalar ? unb64(example.scalar) : scalar;
    for (const raw of alterations(made.get(example.of), example.ops)) {
      await assertRefused(
        example.code,
        () => hpkeOpen(other, raw, NAMES[example.kind ?? vectors.kind], example.header ?? vectors.header),
        example.name,
      );
    }
  }
}

export async function parts(vectors) {
  const key = await importKey(unb64(vectors.key));
  const place = { diary: vectors.diary, blob: vectors.blob, key: unb64(vectors.key) };
  for (const file of vectors.files) await checkFile(key, place, file);
  for (const example of vectors.refused_headers) {
    const sealed = await sealedParts(
      key,
      place,
      vectors.files.find((file) => file.size === example.size),
    );
    await assertRefused(
      example.code,
      () => envelope.open(key, sealed[example.part], 'part', example.header),
      example.name,
    );
  }
  for (const example of vectors.refused_orders) {
    const sealed = await sealedParts(
      key,
      place,
      vectors.files.find((file) => file.size === example.size),
    );
    const n = partCount(example.size);
    await assertRefused(
      example.code,
      async () => {
        for (let i = 0; i < n; i++)
          await openPart(place, i, n, sealed[example.order[i]] ?? new Uint8Array(0), example.size);
      },
      example.name,
    );
  }
}

async function checkFile(key, place, file) {
  const name = `file of ${file.size}`;
  const content = patterned(file.size);
  const n = partCount(file.size);
  const sealed = await sealedParts(key, place, file);
  const digests = [];
  for (const [i, raw] of sealed.entries()) {
    sameBytes(raw, file.parts[i], name);
    digests.push(b64(sha256Sync(raw)));
    const opened = await openPart(place, i, n, raw, file.size);
    assertSame(opened, content.subarray(i * FILE_PART_BYTES, (i + 1) * FILE_PART_BYTES), name);
  }
  assertSame(b64(sha256Sync(canonicalBytes(digests))), file.digest, name);
  const resealed = await sealFile(place, content);
  assertSame([resealed.sha256, resealed.sha512, resealed.parts.length], [file.sha256, file.sha512, n], name);
  assertSame(
    resealed.parts.map((part) => part.sealed.length),
    file.parts.map((part) => part.length),
    name,
  );
  assertSame(
    resealed.parts.reduce((total, part) => total + part.sealed.length, 0),
    sealedFileLength(place, file.size),
    name,
  );
  const reopened = await Promise.all(resealed.parts.map(({ i, sealed: raw }) => openPart(place, i, n, raw, file.size)));
  assertSame(hex(sha256Sync(...reopened)), file.sha256, name);
}

/** Seal a file with FileSealer, in chunks of an odd length. */
async function sealFile(place, content) {
  const sealer = await FileSealer.create(place, content.length);
  const made = [];
  for (let at = 0; at < content.length; at += 300_007)
    made.push(...(await sealer.addBytes(content.slice(at, at + 300_007))));
  const { parts: last, ...digests } = await sealer.finish();
  return { ...digests, parts: [...made, ...last] };
}

/** Seal the parts of a vector's file with its salts. */
async function sealedParts(key, { diary, blob }, file) {
  const padded = padTo([patterned(file.size)], paddedFileSize(file.size));
  const n = partCount(file.size);
  return Promise.all(
    file.parts.map(({ salt }, i) =>
      envelope.seal(
        key,
        'part',
        { blob, diary, i, n, t: 'part' },
        padded.subarray(i * FILE_PART_BYTES, (i + 1) * FILE_PART_BYTES),
        { salt: unb64(salt) },
      ),
    ),
  );
}

export async function wraps(vectors) {
  const opener = await importKey(unb64(vectors.opener));
  const made = new Map(vectors.cases.map((example) => [example.name, unb64(example.envelope)]));
  for (const { name, header, salt, envelope: given } of vectors.cases) {
    assertSame(
      b64(await envelope.seal(opener, 'wrap', header, unb64(vectors.key), { salt: unb64(salt) })),
      given,
      name,
    );
    assertSame(b64(await unwrapKey(opener, header, unb64(given))), vectors.key, name);
    assertSame(canonicalBytes(envelope.readUnverifiedHeader(unb64(given), 'wrap')), canonicalBytes(header), name);
  }
  for (const example of vectors.refused) {
    const other = example.opener ? await importKey(unb64(example.opener)) : opener;
    const header = example.header ?? vectors.cases.find((candidate) => candidate.name === example.of).header;
    await assertRefused(
      example.code,
      () => unwrapKey(other, header, example.envelope ? unb64(example.envelope) : made.get(example.of)),
      example.name,
    );
  }
  const { header, plaintext, envelope: sealed, salt } = vectors.keyset;
  assertSame(
    b64(await envelope.seal(opener, 'keyset', header, utf8(plaintext), { salt: unb64(salt) })),
    sealed,
    'keyset',
  );
  const { ecdsa, hpke } = await openKeyset(opener, header, unb64(sealed));
  const text = { ecdsa: b64(ecdsa.scalar), ecdsa_pub: b64(ecdsa.pub), hpke: b64(hpke.scalar), hpke_pub: b64(hpke.pub) };
  assertSame(new TextDecoder().decode(canonicalBytes(text)), plaintext, 'keyset');
  for (const example of vectors.keyset.refused)
    await assertRefused(example.code, () => openKeyset(opener, header, unb64(example.envelope)), example.name);
}

export async function store(vectors) {
  const key = await importKey(unb64(vectors.store_key));
  const id = unb64(vectors.record);
  const made = [];
  for (const example of vectors.records) {
    const described = canonicalBytes(example.about);
    const padded = padVersion(
      Uint8Array.of(described.length >> 8, described.length),
      described,
      patterned(example.body.length),
    );
    const sealed = await sealBody(key, concat(utf8('kept/store\0'), id), padded, { salt: unb64(example.salt) });
    sameBytes(sealed, example.sealed, `record of ${example.body.length}`);
    const opened = await openBox(key, id, sealed);
    assertSame(opened.desc, example.about, 'description');
    assertSame(opened.bytes, patterned(example.body.length), 'bytes');
    made.push({ length: example.body.length, sealed });
  }
  for (const example of vectors.refused) {
    const other = example.store_key ? await importKey(unb64(example.store_key)) : key;
    const at = example.record ? unb64(example.record) : id;
    const { sealed } = made.find(({ length }) => length === example.of);
    for (const raw of alterations(sealed, example.ops))
      await assertRefused(example.code, () => openBox(other, at, raw), example.name);
  }
  await slots(vectors);
}

async function slots(vectors) {
  const root = await importHkdfKey(unb64(vectors.root));
  const door = { install: unb64(vectors.install), slots: vectors.slots.map(({ slot }) => unb64(slot)) };
  assertSame(b64(await deriveNotebookKey(door)), vectors.notebook_key, 'notebook key');
  for (const { place, slot } of vectors.slots) {
    const slotDoor = { ...door, slots: randomSlots().map((random, i) => (i === place ? unb64(slot) : random)) };
    assertSame(await trySlots(root, slotDoor), { i: place, content: vectors.content }, `slot ${place}`);
    const resealed = await sealSlot(root, door, place, vectors.content);
    assertSame(resealed.length, SLOT_BYTES, 'slot length');
    const resealedDoor = { ...door, slots: randomSlots().map((random, i) => (i === place ? resealed : random)) };
    assertSame(await trySlots(root, resealedDoor), { i: place, content: vectors.content }, `own slot ${place}`);
  }
  for (const example of vectors.slot_refused) {
    const other = example.root ? await importHkdfKey(unb64(example.root)) : root;
    const slotOrder = example.order
      ? randomSlots().map((random, i) => door.slots[example.order[i]] ?? random)
      : door.slots;
    const alteredDoor = { ...door, install: example.install ? unb64(example.install) : door.install, slots: slotOrder };
    assertSame(await trySlots(other, alteredDoor), null, example.name);
  }
}

function randomSlots() {
  return Array.from({ length: SLOT_COUNT }, () => crypto.getRandomValues(new Uint8Array(SLOT_BYTES)));
}
