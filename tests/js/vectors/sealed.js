/** Vectors with keys: envelopes of both suites, parts, wraps, the device's store. */
import { b64, concat, hex, unb64, utf8 } from '../../../static/js/core/bytes.js';
import { canonicalBytes } from '../../../static/js/core/encoding.js';
import { openBox } from '../../../static/js/crypto/box.js';
import { importKey, seal as sealBody } from '../../../static/js/crypto/cobblestone.js';
import { importHkdfKey, sha256Sync } from '../../../static/js/crypto/digests.js';
import * as envelope from '../../../static/js/crypto/envelope.js';
import { FileSealer, PART_BYTES, openPart, partCount, sealedFileLength } from '../../../static/js/crypto/files.js';
import { openKeyset, unwrapKey } from '../../../static/js/crypto/keys.js';
import { paddedFileSize, padTo, padVersion } from '../../../static/js/crypto/padding.js';
import { hpkeOpen, hpkeSeal } from '../../../static/js/crypto/hpke.js';
import { deriveNotebookKey, SLOT_COUNT, SLOT_BYTES, sealSlot, trySlots } from '../../../static/js/crypto/slots.js';
import { changed, patterned, refused, same, sameTold } from './judging.js';

const NAMES = Object.fromEntries(Object.entries(envelope.KINDS).map(([name, number]) => [number, name]));

export async function envelopes(v) {
  const key = await importKey(unb64(v.key));
  const made = new Map();
  for (const one of v.cases) {
    const [kind, header] = [NAMES[one.kind ?? v.kind], one.header ?? v.header];
    const plaintext = patterned(one.plaintext.length);
    const sealed = await envelope.seal(key, kind, header, plaintext, { salt: unb64(one.salt) });
    sameTold(sealed, one.envelope, one.name);
    same(await envelope.open(key, sealed, kind, header), plaintext, one.name);
    made.set(one.name, sealed);
  }
  for (const one of v.refused) {
    const other = one.key ? await importKey(unb64(one.key)) : key;
    for (const raw of changed(made.get(one.of), one.ops)) {
      await refused(
        one.code,
        () => envelope.open(other, raw, NAMES[one.kind ?? v.kind], one.header ?? v.header),
        one.name,
      );
    }
  }
  const header = { x: 'a'.repeat(v.longest_header.length - canonicalBytes({ x: '' }).length) };
  same(envelope.makePrefix(1, 'version', header).length, 6 + v.longest_header.length, 'longest header');
  await refused(
    v.longest_header.one_more,
    () => envelope.makePrefix(1, 'version', { x: `${header.x}a` }),
    'longer header',
  );
}

/** Sealed to a person: what Python sealed opens here. What is sealed here opens here; that Python opens it too is in test_phone_to_python. */
export async function people({ to_a_person: v }) {
  const scalar = unb64(v.scalar);
  const kind = NAMES[v.kind];
  const made = new Map();
  for (const one of v.cases) {
    const plaintext = patterned(one.plaintext.length);
    if (one.envelope.bytes) {
      made.set(one.name, unb64(one.envelope.bytes));
      sameTold(unb64(one.envelope.bytes), one.envelope, one.name);
      same(await hpkeOpen(scalar, unb64(one.envelope.bytes), kind, v.header), plaintext, one.name);
    }
    const own = await hpkeSeal(unb64(v.pub), kind, v.header, plaintext);
    same(own.length, one.envelope.length, one.name);
    same(await hpkeOpen(scalar, own, kind, v.header), plaintext, one.name);
  }
  for (const one of v.refused) {
    const other = one.scalar ? unb64(one.scalar) : scalar;
    for (const raw of changed(made.get(one.of), one.ops)) {
      await refused(one.code, () => hpkeOpen(other, raw, NAMES[one.kind ?? v.kind], one.header ?? v.header), one.name);
    }
  }
}

export async function parts(v) {
  const key = await importKey(unb64(v.key));
  const place = { diary: v.diary, blob: v.blob, key: unb64(v.key) };
  for (const file of v.files) await onePartFile(key, place, file);
  for (const one of v.refused_headers) {
    const sealed = await sealedParts(
      key,
      place,
      v.files.find((file) => file.size === one.size),
    );
    await refused(one.code, () => envelope.open(key, sealed[one.part], 'part', one.header), one.name);
  }
  for (const one of v.refused_orders) {
    const sealed = await sealedParts(
      key,
      place,
      v.files.find((file) => file.size === one.size),
    );
    const n = partCount(one.size);
    await refused(
      one.code,
      async () => {
        for (let i = 0; i < n; i++) await openPart(place, i, n, sealed[one.order[i]] ?? new Uint8Array(0), one.size);
      },
      one.name,
    );
  }
}

async function onePartFile(key, place, file) {
  const name = `file of ${file.size}`;
  const content = patterned(file.size);
  const n = partCount(file.size);
  const sealed = await sealedParts(key, place, file);
  const digests = [];
  for (const [i, raw] of sealed.entries()) {
    sameTold(raw, file.parts[i], name);
    digests.push(b64(sha256Sync(raw)));
    const opened = await openPart(place, i, n, raw, file.size);
    same(opened, content.subarray(i * PART_BYTES, (i + 1) * PART_BYTES), name);
  }
  same(b64(sha256Sync(canonicalBytes(digests))), file.digest, name);
  const own = await throughSealer(place, content);
  same([own.sha256, own.sha512, own.parts.length], [file.sha256, file.sha512, n], name);
  same(
    own.parts.map((part) => part.sealed.length),
    file.parts.map((part) => part.length),
    name,
  );
  same(
    own.parts.reduce((total, part) => total + part.sealed.length, 0),
    sealedFileLength(place, file.size),
    name,
  );
  const again = await Promise.all(own.parts.map(({ i, sealed: raw }) => openPart(place, i, n, raw, file.size)));
  same(hex(sha256Sync(...again)), file.sha256, name);
}

/** A file through FileSealer, in pieces of an odd length. */
async function throughSealer(place, content) {
  const sealer = await FileSealer.create(place, content.length);
  const made = [];
  for (let at = 0; at < content.length; at += 300_007)
    made.push(...(await sealer.addBytes(content.slice(at, at + 300_007))));
  const { parts: last, ...ended } = await sealer.finish();
  return { ...ended, parts: [...made, ...last] };
}

/** The parts of a vector's file, under the salts it gives. */
async function sealedParts(key, { diary, blob }, file) {
  const padded = padTo([patterned(file.size)], paddedFileSize(file.size));
  const n = partCount(file.size);
  return Promise.all(
    file.parts.map(({ salt }, i) =>
      envelope.seal(
        key,
        'part',
        { blob, diary, i, n, t: 'part' },
        padded.subarray(i * PART_BYTES, (i + 1) * PART_BYTES),
        { salt: unb64(salt) },
      ),
    ),
  );
}

export async function wraps(v) {
  const opener = await importKey(unb64(v.opener));
  const made = new Map(v.cases.map((one) => [one.name, unb64(one.envelope)]));
  for (const { name, header, salt, envelope: given } of v.cases) {
    same(b64(await envelope.seal(opener, 'wrap', header, unb64(v.key), { salt: unb64(salt) })), given, name);
    same(b64(await unwrapKey(opener, header, unb64(given))), v.key, name);
    same(canonicalBytes(envelope.readUnverifiedHeader(unb64(given), 'wrap')), canonicalBytes(header), name);
  }
  for (const one of v.refused) {
    const other = one.opener ? await importKey(unb64(one.opener)) : opener;
    const header = one.header ?? v.cases.find((made_) => made_.name === one.of).header;
    await refused(
      one.code,
      () => unwrapKey(other, header, one.envelope ? unb64(one.envelope) : made.get(one.of)),
      one.name,
    );
  }
  const { header, plaintext, envelope: sealed, salt } = v.keyset;
  same(b64(await envelope.seal(opener, 'keyset', header, utf8(plaintext), { salt: unb64(salt) })), sealed, 'keyset');
  const { ecdsa, hpke } = await openKeyset(opener, header, unb64(sealed));
  const text = { ecdsa: b64(ecdsa.scalar), ecdsa_pub: b64(ecdsa.pub), hpke: b64(hpke.scalar), hpke_pub: b64(hpke.pub) };
  same(new TextDecoder().decode(canonicalBytes(text)), plaintext, 'keyset');
  for (const one of v.keyset.refused)
    await refused(one.code, () => openKeyset(opener, header, unb64(one.envelope)), one.name);
}

export async function store(v) {
  const key = await importKey(unb64(v.store_key));
  const id = unb64(v.record);
  const made = [];
  for (const one of v.records) {
    const described = canonicalBytes(one.about);
    const padded = padVersion(
      Uint8Array.of(described.length >> 8, described.length),
      described,
      patterned(one.body.length),
    );
    const sealed = await sealBody(key, concat(utf8('kept/store\0'), id), padded, { salt: unb64(one.salt) });
    sameTold(sealed, one.sealed, `record of ${one.body.length}`);
    const opened = await openBox(key, id, sealed);
    same(opened.desc, one.about, 'description');
    same(opened.bytes, patterned(one.body.length), 'bytes');
    made.push({ length: one.body.length, sealed });
  }
  for (const one of v.refused) {
    const other = one.store_key ? await importKey(unb64(one.store_key)) : key;
    const at = one.record ? unb64(one.record) : id;
    const { sealed } = made.find(({ length }) => length === one.of);
    for (const raw of changed(sealed, one.ops)) await refused(one.code, () => openBox(other, at, raw), one.name);
  }
  await slots(v);
}

async function slots(v) {
  const root = await importHkdfKey(unb64(v.root));
  const door = { install: unb64(v.install), slots: v.slots.map(({ slot }) => unb64(slot)) };
  same(b64(await deriveNotebookKey(door)), v.notebook_key, 'notebook key');
  for (const { place, slot } of v.slots) {
    const only = { ...door, slots: noise().map((random, i) => (i === place ? unb64(slot) : random)) };
    same(await trySlots(root, only), { i: place, content: v.content }, `slot ${place}`);
    const own = await sealSlot(root, door, place, v.content);
    same(own.length, SLOT_BYTES, 'slot length');
    const renewed = { ...door, slots: noise().map((random, i) => (i === place ? own : random)) };
    same(await trySlots(root, renewed), { i: place, content: v.content }, `own slot ${place}`);
  }
  for (const one of v.slot_refused) {
    const other = one.root ? await importHkdfKey(unb64(one.root)) : root;
    const shuffled = one.order ? noise().map((random, i) => door.slots[one.order[i]] ?? random) : door.slots;
    const tried = { ...door, install: one.install ? unb64(one.install) : door.install, slots: shuffled };
    same(await trySlots(other, tried), null, one.name);
  }
}

function noise() {
  return Array.from({ length: SLOT_COUNT }, () => crypto.getRandomValues(new Uint8Array(SLOT_BYTES)));
}
