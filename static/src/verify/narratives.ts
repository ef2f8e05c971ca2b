/**
 * Compares the first words of each entry, as embedded in 01, with the sealed ones. The twin of `_narratives` in
 * diary/pack/verify.py.
 */
import { isSame, utf8 } from '../core/bytes.js';
import { textOf } from '../record/reading.js';
import { find } from './findings.js';
import { toldOf } from './causal_order.js';
import { embeddedFiles } from './pdf.js';
import type { Finding } from './findings.js';
import type { OpenedPack } from './pack_reader.js';
import type { Proofs } from './proof_check.js';

const CHRONOLOGY = 'data/servable/01_chronology.pdf';
const MARK = '[held back, see 06]';

export async function checkNarratives(pack: OpenedPack, proofs: Proofs): Promise<Finding[]> {
  const raw = await pack.read(CHRONOLOGY);
  if (!raw) return [];
  const embedded = await embeddedFiles(raw);
  if (!embedded) return [find('unreadable', CHRONOLOGY)];
  const expected = firstWords(proofs);
  return [...new Set([...expected.keys(), ...embedded.keys()])].sort().flatMap((name) => {
    const [words, found] = [expected.get(name), embedded.get(name)];
    return words && found && isTold(words, found) ? [] : [find('narrative', `${CHRONOLOGY}#${name}`)];
  });
}

/**
 * Compare byte for byte. Where words are held back, all text around the marks must be in the account in order. `text`
 * is null for an account that is only a digest here: then a mark must be in it.
 */
function isTold({ text, masked }: { text: string | null; masked: boolean }, found: Uint8Array) {
  const said = new TextDecoder('utf-8', { ignoreBOM: true }).decode(found);
  if (text === null) return said.includes(MARK);
  if (isSame(utf8(text), found)) return true;
  const pieces = said.split(MARK);
  if (!masked || pieces.length < 2) return false;
  let at = 0;
  for (const piece of pieces) {
    at = text.indexOf(piece, at);
    if (at < 0) return false;
    at += piece.length;
  }
  return text.startsWith(pieces[0] ?? '') && text.endsWith(pieces.at(-1) ?? '');
}

/** Return by embedded name the narrative of the entry's first version, and whether some of it was held back. */
function firstWords({ told: proofs, servable, alone }: Proofs) {
  return new Map(
    toldOf(proofs, 'incident').flatMap(
      ({ label, told: { first } }): [string, { text: string | null; masked: boolean }][] => {
        const masked = servable.get(first.version)?.withheld.has('narrative') ?? false;
        const text = alone && masked ? null : textOf(first.fields, 'narrative');
        return text !== '' ? [[`entry-${label}.txt`, { text, masked }]] : [];
      },
    ),
  );
}
