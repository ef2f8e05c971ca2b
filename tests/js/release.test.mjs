/** release.json as the service worker reads it: the script itself, run with only the globals of a worker. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import vm from 'node:vm';

const script = await readFile(new URL('../../static/sw.js', import.meta.url), 'utf8');
const vectors = JSON.parse(await readFile(new URL('../vectors/release.json', import.meta.url), 'utf8'));
const self = { addEventListener: () => undefined, location: { origin: 'https://notes.example' } };
const readReleaseList = vm.runInNewContext(`${script.replace('/*@FILES@*/', '')};listOf`, {
  self,
  AbortController,
  crypto,
  TextEncoder,
  Uint8Array,
  atob,
  URL,
  setTimeout,
});

test('a signed release list is read as it was written', async () => {
  const { files, worker } = await readReleaseList(vectors.text, vectors.key);
  assert.deepEqual(JSON.parse(JSON.stringify(files)), vectors.files);
  assert.equal(worker, vectors.worker);
});

for (const { name, text } of vectors.refused) {
  test(`a release list is refused: ${name}`, async () => {
    await assert.rejects(readReleaseList(text, vectors.key));
  });
}
