/**
 * Verify packs as the page does: `node verify_packs.mjs CASES.json`, where CASES is a list of {zip | folder, notary,
 * instance, roots}. Prints one list of [code, member] for each, so that a Python test can compare them with its own
 * verifier's.
 */
import { openAsBlob, readFileSync, readdirSync } from 'node:fs';
import { join, relative, dirname } from 'node:path';
import { openFolder, openZip } from '#app/verify/pack_reader.js';
import { checkPack } from '#app/verify/verify.js';

async function filesBelow(folder) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: relative(dirname(folder), path), file: await openAsBlob(path) })),
  );
}

const results = [];
for (const { zip, folder, ...anchors } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const pack = zip ? await openZip(await openAsBlob(zip)) : await openFolder(await filesBelow(folder));
  const findings = Array.isArray(pack)
    ? pack
    : (await checkPack(pack, { notary: null, instance: null, roots: [], ...anchors })).findings;
  results.push(findings.map(({ code, member }) => [code, member]));
}
console.log(JSON.stringify(results));
