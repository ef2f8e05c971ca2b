/**
 * Files that advocates dropped at their desks for this keeper. Each came in letters, one for each part; the parts are
 * sealed on this phone (`q/<letter>`) until the keeper has decided. docs/formats.md, section 8.
 */
import { b64, concat, unb64 } from '../../core/bytes.js';
import { sha256 } from '../../crypto/digests.js';
import { KeptError } from '../../core/errors.js';
import { integerOf, textOf } from '../../record/reading.js';
import { finishLetter, lettersOf, deskPartName } from './letters.js';
import type { Bytes } from '../../core/bytes.js';
import type { Change } from '../../store/pending.js';
import type { ReceivedLetter, Root } from '../../store/root.js';
import type { DeskFile, Open } from '../types.js';

/** What each part says of its whole file. */
const OF_FILE = ['at', 'by', 'name', 'parts', 'sha256', 'size', 'source'];

/** Return the files that came whole, the oldest first. */
export function readDeskFiles(open: Open): DeskFile[] {
  const groups: Map<string, ReceivedLetter[]> = new Map();
  for (const letter of lettersOf(open, 'file')) {
    const { fields } = letter.said;
    // Parts of one file say the same of it. Anything else, also another advocate's file of the same id, stands apart.
    const key = JSON.stringify([letter.grant, letter.pub, fields.file, ...OF_FILE.map((name) => fields[name])]);
    groups.set(key, [...(groups.get(key) ?? []), letter]);
  }
  return [...groups.values()].flatMap((letters) => toDeskFile(letters) ?? []);
}

function toDeskFile(letters: readonly ReceivedLetter[]): DeskFile | null {
  const parts = new Map(letters.map((letter) => [integerOf(letter.said.fields, 'part'), letter.letter]));
  const [{ name, organisation, said }] = letters as [ReceivedLetter];
  const { fields } = said;
  const count = integerOf(fields, 'parts') ?? 0;
  const ordered = Array.from({ length: count }, (_, part) => parts.get(part) ?? '');
  if (ordered.includes('')) return null;
  return {
    attachment: textOf(fields, 'file'),
    letters: ordered,
    name: textOf(fields, 'name'),
    source: textOf(fields, 'source'),
    by: textOf(fields, 'by'),
    at: integerOf(fields, 'at') ?? 0,
    sha256: textOf(fields, 'sha256'),
    sender: name,
    organisation,
  };
}

/** Return the bytes of a file. @throws file_damaged if they are not those that the advocate signed */
export async function readDeskBytes({ store }: Open, file: DeskFile): Promise<Bytes> {
  const parts: Bytes[] = [];
  for (const letter of file.letters) {
    const part = await store.readJson<string>(deskPartName(letter));
    if (!part) throw new KeptError('file_damaged');
    parts.push(unb64(part));
  }
  const bytes = concat(...parts);
  if (b64(await sha256(bytes)) !== file.sha256) throw new KeptError('file_damaged');
  return bytes;
}

/** Remove a file that the keeper decided on from what waits. */
export function finishDeskFile(root: Root, change: Change, { letters }: DeskFile) {
  for (const letter of letters) {
    finishLetter(root, letter);
    change.drop(deskPartName(letter));
  }
}
