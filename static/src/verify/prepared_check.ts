/**
 * Who prepared a pack, where that was not its keeper. The twin of diary/pack/verify/prepared_check.py, which explains
 * what the statement binds and what it cannot.
 */
import { hex } from '../core/bytes.js';
import { READ_FIRST_LIMIT_BYTES } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import { bindKeyStatements } from '../crypto/sharing/grants.js';
import { verifyPreparedStatement } from '../crypto/sharing/prepared.js';
import { preparerLine, findPreparerLines, versionListDigest } from '../pack/prepared.js';
import { PACK_STATEMENT, SERVABLE_STATEMENT } from '../pack/signature.js';
import { integerOf, objectOf, objectsOf, textOf } from '../record/reading.js';
import { findingFor } from './findings.js';
import { PREPARED, readObject, sameJson } from './proof_check.js';
import { readRecord, RECORD } from './record_check.js';
import type { PreparedStatement } from '../crypto/sharing/prepared.js';
import type { KeyStatement } from '../crypto/sharing/statements.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

const READ_FIRST = 'data/00_READ-FIRST.txt';

/** @returns `prepared` where somebody else made it and was allowed to, `preparer` where that statement does not hold */
export async function checkPrepared(pack: OpenedPack, proofs: Proofs): Promise<Finding[]> {
  const [raw, record, readFirst] = await Promise.all([pack.read(PREPARED), pack.read(RECORD), pack.read(READ_FIRST)]);
  const recordFields = record ? await readRecord(pack) : null;
  const claimed = objectOf(objectOf(recordFields ?? {}, 'pack'), 'prepared');
  const lines = findPreparerLines(
    new TextDecoder().decode(readFirst?.subarray(0, READ_FIRST_LIMIT_BYTES) ?? new Uint8Array(0)),
  );
  if (!raw)
    return Object.keys(claimed).length
      ? [findingFor('preparer', RECORD)]
      : lines.length
        ? [findingFor('preparer', READ_FIRST)]
        : [];
  try {
    const statement = await verifyPreparedStatement(
      (readObject(raw) ?? {}) as PreparedStatement,
      textOf(proofs.keys, 'ecdsa_pub'),
    );
    checkEarlierKeys(statement.grant, proofs.keys);
    checkScope(statement.grant, proofs);
    await checkBinding(statement, pack, proofs, record, recordFields);
    const wanted = {
      by: statement.by,
      grant: statement.grant.grant,
      organisation: statement.organisation,
      to: statement.grant.to,
    };
    const isLineRight = readFirst === null || (lines.length === 1 && lines[0] === preparerLine(statement));
    if ((recordFields && !sameJson(claimed, wanted)) || !isLineRight) throw new KeptError('bad_signature');
  } catch {
    return [findingFor('preparer', PREPARED)];
  }
  return [findingFor('prepared', PREPARED)];
}

/**
 * Check that the pack names the earlier keys of the keeper that the grant does, and no other; throws.
 *
 * Anybody can make a key that hands over to the keeper's. Without this check an advocate could name one, and write
 * entries, changes and first words that count as the keeper's.
 */
function checkEarlierKeys(grant: PreparedStatement['grant'], keys: Fields) {
  const earlier = objectsOf(keys, 'earlier') as KeyStatement[];
  if (bindKeyStatements(earlier).earlier !== grant.earlier) throw new KeptError('bad_signature');
}

/** Check that nothing here is outside the grant, as far as that shows; throws. */
function checkScope({ diary, scope, restricted }: PreparedStatement['grant'], { primary, alone }: Proofs) {
  const proofList = [...primary.values()];
  const isSameDiary = proofList.length > 0 && proofList.every(({ values }) => objectOf(values, '_ids').diary === diary);
  const chosen = 'records' in scope ? scope.records : null;
  const isInScope = proofList.every(
    ({ raw }) => !chosen || raw.kind !== 'incident' || chosen.includes(textOf(raw, 'record')),
  );
  if (!isSameDiary || !isInScope || !(alone || restricted)) throw new KeptError('bad_signature');
}

/** Check that the statement is about this pack: its name in the signatures, its versions and its record; throws. */
async function checkBinding(
  statement: PreparedStatement,
  pack: OpenedPack,
  { servable }: Proofs,
  record: Uint8Array | null,
  recordFields: Fields | null,
) {
  const list = await versionListDigest(new Map([...servable].map(([version, { raw }]) => [version, textOf(raw, 'c')])));
  const isCopied = pack.isPortalSet || (pack.alone && !pack.folder.startsWith('PACK_'));
  if (statement.list !== list || (statement.folder !== pack.folder && !isCopied)) throw new KeptError('bad_signature');
  // Without the record these alone say whether the grant was valid when the pack was made.
  for (const path of [PACK_STATEMENT, SERVABLE_STATEMENT]) {
    const signed = readObject(await pack.read(path));
    const isAboutSamePack =
      textOf(signed ?? {}, 'pack') === statement.pack &&
      textOf(signed ?? {}, 'folder') === statement.folder &&
      integerOf(signed ?? {}, 'made_at') === statement.made_at;
    if (signed && !isAboutSamePack) throw new KeptError('bad_signature');
  }
  if (!record) return;
  const { id, folder, made_at: madeAt } = objectOf(recordFields ?? {}, 'pack');
  if (
    id !== statement.pack ||
    folder !== statement.folder ||
    madeAt !== statement.made_at ||
    statement.record !== hex(await sha256(record))
  )
    throw new KeptError('bad_signature');
}
