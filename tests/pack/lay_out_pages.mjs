/**
 * Lays out the pages of a capsule as a browser does, under Node.
 *
 *     node tests/pack/lay_out_pages.mjs CAPSULE PICTURES OUT PYTHON
 *
 * PICTURES: a folder of files named picture-KEY, letter-KEY or mail-KEY, KEY in base64url; OUT: a new folder for the
 * pack's files; PYTHON: a Python with Pillow, which makes JPEGs where a browser has a canvas.
 * Prints the labels of what could not be printed as JSON.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPageEngine } from '#app/pack/engine/page_engine.js';
import { nodeHost } from '../js/phone/page_engine.mjs';

const [capsulePath, pictureFolder, out, python] = process.argv.slice(2);
const ENCODE = `
import sys
from PIL import Image
size = (int(sys.argv[1]), int(sys.argv[2]))
Image.frombytes('RGBX', size, sys.stdin.buffer.read()).convert('RGB').save(sys.stdout.buffer, 'JPEG', quality=80)
`;
const encode = async ({ width, height, pixels }) =>
  new Uint8Array(
    execFileSync(python, ['-c', ENCODE, String(width), String(height)], { input: pixels, maxBuffer: 50 * 1024 * 1024 }),
  );
const engine = createPageEngine(nodeHost({ encode }));

/** @returns {AsyncGenerator<import('#app/pack/engine/page_engine.js').PrintedFile>} */
async function* printed() {
  for (const name of readdirSync(pictureFolder)) {
    const [kind, key] = /** @type {['picture' | 'letter' | 'mail', string]} */ (name.split(/-(.*)/s));
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
