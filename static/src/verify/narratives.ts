/**
 * Compares the first words of each entry, as embedded in 01, with the sealed ones. The twin of `_check_narratives` in
 * diary/pack/verify/verifier.py.
 */
import { bytesEqual, utf8 } from '../core/bytes.js';
import { textOf } from '../record/reading.js';
import { findingFor } from './findings.js';
import { provedHistoriesOf } from './causal_order.js';
import { embeddedFiles } from './pdf.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

const CHRONOLOGY = 'data/servable/01_chronology.pdf';
const REDACTION_MARK = '[held back, see 06]';

export async function checkNarratives(pack: OpenedPack, proofs: Proofs): Promise<Finding[]> {
  const raw = await pack.read(CHRONOLOGY);
  if (!raw) return [];
  const embedded = await embeddedFiles(raw);
  if (!embedded) return [findingFor('unreadable', CHRONOLOGY)];
  const expected = firstWords(proofs);
  return [...new Set([...expected.keys(), ...embedded.keys()])].sort().flatMap((name) => {
    const [expectedWords, embeddedBytes] = [expected.get(name), embedded.get(name)];
    return expectedWords && embeddedBytes && matchesAccount(expectedWords, embeddedBytes)
      ? []
      : [findingFor('narrative', `${CHRONOLOGY}#${name}`)];
  });
}

/**
 * Compare byte for byte. Where words are held back, all text around the marks must be in the account in order. `text`
 * is null for an account that is only a digest here: then a mark must be in it.
 */
function matchesAccount(
  { text, masked: isMasked }: { text: string | null; masked: boolean },
  embeddedBytes: Uint8Array,
) {
  const embeddedText = new TextDecoder('utf-8', { ignoreBOM: true }).decode(embeddedBytes);
  if (text === null) return embeddedText.includes(REDACTION_MARK);
  if (bytesEqual(utf8(text), embeddedBytes)) return true;
  const pieces = embeddedText.split(REDACTION_MARK);
  if (!isMasked || pieces.length < 2) return false;
  let offset = 0;
  for (const piece of pieces) {
    offset = text.indexOf(piece, offset);
    if (offset < 0) return false;
    offset += piece.length;
  }
  return text.startsWith(pieces[0] ?? '') && text.endsWith(pieces.at(-1) ?? '');
}

/** Return by embedded name the narrative of the entry's first version, and whether some of it was held back. */
function firstWords({ primary: proofs, servable, alone }: Proofs) {
  return new Map(
    provedHistoriesOf(proofs, 'incident').flatMap(
      ({ label, told: { first } }): [string, { text: string | null; masked: boolean }][] => {
        const isMasked = servable.get(first.version)?.withheld.has('narrative') ?? false;
        const text = alone && isMasked ? null : textOf(first.fields, 'narrative');
        return text !== '' ? [[`entry-${label}.txt`, { text, masked: isMasked }]] : [];
      },
    ),
  );
}
