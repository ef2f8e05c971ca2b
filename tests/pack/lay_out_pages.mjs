/**
 * Lays out the pages of a capsule as a browser does, under Node.
 *
 *     node tests/pack/lay_out_pages.mjs CAPSULE PICTURES OUT
 *
 * PICTURES: a folder of files named picture-KEY or mail-KEY, KEY in base64url; OUT: a new folder for the pack's files.
 * Prints the labels of what could not be printed as JSON.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPageEngine } from '#app/pack/engine/page_engine.js';
import { nodeHost } from '../js/phone/page_engine.mjs';

const [capsulePath, pictureFolder, out] = process.argv.slice(2);
const engine = createPageEngine(nodeHost());

/** @returns {AsyncGenerator<import('#app/pack/engine/page_engine.js').PrintedFile>} */
async function* printed() {
  for (const name of readdirSync(pictureFolder)) {
    const [kind, key] = /** @type {['picture' | 'mail', string]} */ (name.split(/-(.*)/s));
    yield [kind, Buffer.from(key, 'base64url').toString(), new Blob([readFileSync(join(pictureFolder, name))])];
  }
}

const capsule = new Uint8Array(readFileSync(capsulePath));
// Node would print the line of the module, which is more than a megabyte long.
const task = { capsule, printed, onStep: () => {}, signal: new AbortController().signal };
const { files, unprinted } = await engine.layOut(task).catch((error) => {
  process.stderr.write(String(error.stack).slice(-2000));
  process.exit(1);
});
for (const [path, content] of files) {
  mkdirSync(dirname(join(out, path)), { recursive: true });
  writeFileSync(join(out, path), content);
}
process.stdout.write(JSON.stringify(unprinted));
