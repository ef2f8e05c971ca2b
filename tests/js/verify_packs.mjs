/**
 * Verify packs as the page does: `node verify_packs.mjs CASES.json`, where CASES is a list of {folder | files,
 * notary, instance, roots}. Prints for each {findings: [code, member], facts}, so that a Python test can compare them
 * with its own verifier's.
 */
import { openAsBlob, readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative, dirname } from 'node:path';
import { openGiven } from '#app/verify/portal_reader.js';
import { checkPack } from '#app/verify/verify.js';

async function filesBelow(folder) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: relative(dirname(folder), path), file: await openAsBlob(path) })),
  );
}

/** @param {string} path */
const asGiven = async (path) => ({ path: basename(path), file: await openAsBlob(path) });

const results = [];
for (const { folder, files, ...anchors } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const given = folder ? filesBelow(folder) : Promise.all(files.map(asGiven));
  const pack = await openGiven(await given);
  const report = Array.isArray(pack)
    ? null
    : await checkPack(pack, { notary: null, instance: null, roots: [], ...anchors });
  const findings = report?.findings ?? /** @type {import('#app/verify/findings.js').Finding[]} */ (pack);
  results.push({
    findings: findings.map(({ code, member }) => [code, member]),
    facts: {
      fingerprint: report?.fingerprint ?? '',
      status: report?.status ?? '',
      received_at: report?.receivedAt ?? null,
      first_received_at: report?.firstReceivedAt ?? null,
      stamped_at: report?.stampedAt ?? null,
    },
  });
}
console.log(JSON.stringify(results));
