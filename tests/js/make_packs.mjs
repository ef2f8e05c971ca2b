/**
 * Make packs as the phone does, for tests/pack/phone_packs.py: `node make_packs.mjs JOBS.json`. A job is {capsule,
 * front, received, key, by, diary, out}: paths of the capsule, of a server's front part (null: the phone makes its own
 * pages) and of each file as received by record; the signing key as JWK, its id, and the diary's id. `out` ends in
 * `.zip` for a pack; it is the folder of a portal set otherwise.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signPackStatement } from '#app/crypto/pack_statement.js';
import { assemble } from '#app/pack/assemble.js';
import { buildEvidenceFront } from '#app/pack/evidence.js';
import { buildPortalSet } from '#app/pack/portal.js';
import { rowsOf } from '#app/pack/proofs.js';
import { openedOf } from '#app/pack/record_json.js';
import { createRedactor } from '#app/pack/redaction.js';
import { readZip } from '#app/pack/zip.js';

const TIMES = { when: () => 'then', at: (/** @type {number} */ ms) => new Date(ms).toISOString() };

/**
 * @param {{capsule: string, front: string|null, received: Record<string, string>, key: JsonWebKey, by: string,
 *   diary: string, out: string}} job
 */
async function makePack({ capsule: path, front: frontPath, received, key: jwk, by, diary, out }) {
  const capsule = JSON.parse(readFileSync(path, 'utf8'));
  const opened = rowsOf(capsule, 'versions').map(openedOf);
  const front = frontPath
    ? new Map(readZip(readFileSync(frontPath)))
    : await buildEvidenceFront(capsule, createRedactor(opened, capsule.sheet, []), TIMES);
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  /** @type {import('#app/pack/assemble.js').AssembleOptions} */
  const options = {
    openReceived: ({ record }) => [readFileSync(/** @type {string} */ (received[String(record)]))],
    sign: (facts) => signPackStatement({ key, by, diary }, facts),
  };
  if (out.endsWith('.zip')) {
    const { file } = await assemble(capsule, front, options);
    writeFileSync(out, await bytesOf(/** @type {Blob} */ (file)));
    return;
  }
  mkdirSync(out, { recursive: true });
  const { files } = await buildPortalSet(capsule, front, options);
  for (const { name, file } of files) writeFileSync(join(out, name), await bytesOf(file));
}

/** @param {Blob} file */
const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

for (const job of JSON.parse(readFileSync(process.argv[2], 'utf8'))) await makePack(job);
