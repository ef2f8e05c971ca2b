/**
 * Who prepared a pack, where that was not its keeper. The twin of diary/pack/preparedcheck.py, which explains what
 * the statement binds and what it cannot.
 */
import { hex } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256 } from '../crypto/digests.js';
import { checkSignedBy } from '../crypto/sharing/prepared.js';
import { firstLine, lineIn, listOf } from '../pack/prepared.js';
import { objectOf, textOf } from '../record/reading.js';
import { find } from './findings.js';
import { PREPARED, objectIn, sameJson } from './proof_check.js';
import { RECORD } from './record_check.js';
import type { Statement } from '../crypto/sharing/prepared.js';
import type { Fields } from '../record/reading.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

const READ_FIRST = 'data/00_READ-FIRST.txt';
const LINE_END = 10;

/** @returns `prepared` where somebody else made it and was allowed to, `preparer` where that statement does not hold */
export async function checkPrepared(pack: OpenedPack, proofs: Proofs): Promise<Finding[]> {
  const [raw, record, first] = await Promise.all([pack.read(PREPARED), pack.read(RECORD), pack.read(READ_FIRST)]);
  const told = record ? objectIn(record.at(-1) === LINE_END ? record.subarray(0, -1) : record) : null;
  const claimed = objectOf(objectOf(told ?? {}, 'pack'), 'prepared');
  const line = lineIn(new TextDecoder().decode(first ?? new Uint8Array(0)));
  if (!raw)
    return Object.keys(claimed).length
      ? [find('preparer', RECORD)]
      : line !== null
        ? [find('preparer', READ_FIRST)]
        : [];
  try {
    const said = await checkSignedBy((objectIn(raw) ?? {}) as Statement, textOf(proofs.keys, 'ecdsa_pub'));
    checkScope(said.grant, proofs);
    await checkHere(said, pack, proofs, record, told);
    const wanted = { by: said.by, grant: said.grant.grant, organisation: said.organisation, to: said.grant.to };
    if ((told && !sameJson(claimed, wanted)) || (line !== null && line !== firstLine(said)))
      throw new KeptError('bad_signature');
  } catch {
    return [find('preparer', PREPARED)];
  }
  return [find('prepared', PREPARED)];
}

/** Check that nothing here is outside the grant, as far as that shows; throws. */
function checkScope({ diary, scope, restricted }: Statement['grant'], { told, alone }: Proofs) {
  const all = [...told.values()];
  const isOurs = all.length > 0 && all.every(({ values }) => objectOf(values, '_ids').diary === diary);
  const chosen = 'records' in scope ? scope.records : null;
  const isMeant = all.every(({ raw }) => !chosen || raw.kind !== 'incident' || chosen.includes(textOf(raw, 'record')));
  if (!isOurs || !isMeant || !(alone || restricted)) throw new KeptError('bad_signature');
}

/** Check that the statement is about this pack: its name, its versions, and its record where that is here; throws. */
async function checkHere(
  said: Statement,
  pack: OpenedPack,
  { servable }: Proofs,
  record: Uint8Array | null,
  told: Fields | null,
) {
  const list = await listOf(new Map([...servable].map(([version, { raw }]) => [version, textOf(raw, 'c')])));
  const isCopied = pack.alone && !pack.folder.startsWith('PACK_');
  if (said.list !== list || (said.folder !== pack.folder && !isCopied)) throw new KeptError('bad_signature');
  if (!record) return;
  const { id, folder, made_at: at } = objectOf(told ?? {}, 'pack');
  if (id !== said.pack || folder !== said.folder || at !== said.made_at || said.record !== hex(await sha256(record)))
    throw new KeptError('bad_signature');
}
