/**
 * What sealing and opening cost, beside the bare cipher in the same run. Runs in a page or a worker; times in
 * milliseconds are medians. A ratio is bare ÷ ours: 1 is as fast as the cipher alone.
 */
import { concatAll, randomBytes } from '/static/js/core/bytes.js';
import * as cobblestone from '/static/js/crypto/cobblestone.js';
import { createEngine } from '/static/js/crypto/worker/engine.js';

const CHUNK = cobblestone.CHUNK_BYTES;
const IN_FLIGHT = 32;
const CHEAP = { m: 8, t: 1 };
const POLICY = { floor: CHEAP, ceiling: CHEAP };
const CONTEXT = new Uint8Array(100);

/** `bytes` through AES-GCM in chunks, 32 in flight: the floor. The list of sealed chunks. */
async function bare(key, bytes) {
  const pieces = [];
  const count = Math.ceil(bytes.length / CHUNK);
  for (let from = 0; from < count; from += IN_FLIGHT) {
    const batch = [];
    for (let i = from; i < Math.min(count, from + IN_FLIGHT); i++) {
      const iv = new Uint8Array(12);
      new DataView(iv.buffer).setUint32(8, i);
      batch.push(crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes.subarray(i * CHUNK, (i + 1) * CHUNK)));
    }
    for (const sealed of await Promise.all(batch)) pieces.push(new Uint8Array(sealed));
  }
  return pieces;
}

/** Medians of each act, taken in turn so that a slow moment hits all of them. */
async function medians(acts, rounds) {
  const times = Object.fromEntries(Object.keys(acts).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, act] of Object.entries(acts)) {
      const started = performance.now();
      await act();
      // The first round warms up.
      if (round > 0) times[name].push(performance.now() - started);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, list.sort((a, b) => a - b)[list.length >> 1]]),
  );
}

/** Sealing and opening one large piece. */
export async function sealing({ megabytes = 10, rounds = 15 } = {}) {
  const bytes = randomBytes(megabytes * 1_000_000);
  const raw = randomBytes(32);
  const aes = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
  const key = await cobblestone.importKey(raw);
  const sealed = await cobblestone.seal(key, CONTEXT, bytes);
  const ms = await medians(
    {
      bare: () => bare(aes, bytes),
      ours: () => cobblestone.sealChunks(key, CONTEXT, bytes),
      bare_gathered: async () => concatAll(await bare(aes, bytes)),
      ours_gathered: () => cobblestone.seal(key, CONTEXT, bytes),
      opening: () => cobblestone.open(key, CONTEXT, sealed),
    },
    rounds,
  );
  return { ...ms, ratio: ms.bare / ms.ours, ratio_gathered: ms.bare_gathered / ms.ours_gathered };
}

/** A file through the engine: sealed part by part, with SHA-256 and SHA-512 running along. */
export async function file({ megabytes = 10, rounds = 5 } = {}) {
  const engine = await unlocked();
  const bytes = randomBytes(megabytes * 1_000_000);
  const ms = await medians(
    {
      file: async () => {
        const { file: handle } = await engine.fileStart({ size: bytes.length });
        for (let at = 0; at < bytes.length; at += 1 << 20)
          await engine.filePart(handle, bytes.subarray(at, at + (1 << 20)));
        await engine.fileEnd(handle);
      },
    },
    rounds,
  );
  return { ms: ms.file, megabytes_a_second: megabytes / (ms.file / 1000) };
}

/** Opening many store records, and many versions with their commitments and signatures checked. */
export async function opening({ count = 1000, rounds = 5 } = {}) {
  const engine = await unlocked();
  const names = { open: Array.from({ length: 60 }, (_, i) => `field_${i}`), restricted: ['kept_apart', 'apart_too'] };
  await engine.setSchemas({ incident: { 1: names } });
  const records = Array.from({ length: count }, (_, n) => [randomBytes(16), { n }, randomBytes(700)]);
  const sealed = await engine.boxSealMany(records);
  const boxes = records.map(([id], i) => [id, sealed[i]]);
  const versions = [];
  for (let n = 1; n <= count; n++) {
    const wish = {
      kind: 'incident',
      schema: 1,
      open: { field_1: 'x'.repeat(700) },
      line: { n, prev: null },
      clock: { offset_ms: null, tz: 'UTC', utc: n },
    };
    versions.push(await engine.sealVersion(wish));
  }
  const pushes = await engine.boxSealMany(versions.map(({ push }, i) => [records[i][0], { k: 'version' }, push]));
  const stored = versions.map(({ record, version }, i) => ({ id: records[i][0], sealed: pushes[i], record, version }));
  return medians(
    {
      boxes: () => engine.boxOpenMany(boxes),
      versions: () => engine.openMany(versions),
      versions_stored: () => engine.openStored(stored),
    },
    rounds,
  );
}

/** Unlocking, beside the bare Argon2id of the same cost, both warmed. */
export async function unlocking({ m = 65536, t = 3, rounds = 5 } = {}) {
  const { argon2id } = await import('/static/js/crypto/argon2.js');
  const cost = { m, t };
  const engine = createEngine({ origin: 'https://notes.example' });
  await engine.newIdentity();
  const words = 'cage candy arch gather drum buyer';
  const pins = { notary: null, log: null, kdf_high: 0 };
  const door = await engine.setSlot(await engine.newDoor(cost), words, 'diary', { account: null, login: '', pins });
  const ms = await medians(
    { bare: () => argon2id(randomBytes(32), randomBytes(16), cost), ours: () => engine.unlock(words, door) },
    rounds,
  );
  return { ...ms, times_bare: ms.ours / ms.bare };
}

async function unlocked() {
  const engine = createEngine({ origin: 'https://notes.example', policy: POLICY });
  await engine.newIdentity();
  const pins = { notary: null, log: null, kdf_high: 0 };
  await engine.setSlot(await engine.newDoor(CHEAP), 'cage candy arch gather drum buyer', 'diary', {
    account: null,
    login: '',
    pins,
  });
  return engine;
}
