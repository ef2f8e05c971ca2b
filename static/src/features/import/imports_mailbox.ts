/**
 * A mailbox: the emails between the keeper and one person are chosen from it. Each becomes an entry with its own file,
 * which has the bytes of that email and nothing else of the mailbox. The entry's message list names the mailbox, its
 * digest and the place in it.
 */
import { KeptError } from '../../core/errors.js';
import { hex } from '../../core/bytes.js';
import { sha256 } from '../../crypto/digests.js';
import { MAX_MAIL_BYTES, readMail } from '../../imports/mail.js';
import { isZone, numberedMailRows, planOfMail } from './imports_plan.js';
import { compareExport } from '../../record/schedule_known.js';
import type { Mail, MailPerson } from '../../imports/mail.js';
import type { Mailbox, MailboxMessage } from '../../imports/mailbox.js';
import type { MessageRow } from '../../record/schedule.js';
import type { Pause } from '../../imports/whatsapp.js';
import type { Source } from '../../diary/types.js';
import type { ImportAnswers, MailboxPerson } from '../../shell/app.js';
import type { PlannedFile } from './imports_plan.js';

type Direction = 'in' | 'out' | 'unknown';
/** `no`: its place in the mailbox, from 1 */
type ReadMessage = { message: MailboxMessage; no: number; file: Source; mail: Mail; rows: MessageRow[] };

/** Return everyone who wrote or was written to, those who wrote most first. */
export function peopleOf({ messages }: Mailbox): MailboxPerson[] {
  const people: Map<string, MailboxPerson> = new Map();
  const personOf = ({ address, named }: MailPerson) => {
    const person = people.get(address) ?? { address, name: named, from: 0, to: 0 };
    people.set(address, person);
    return person;
  };
  for (const { from, to } of messages) {
    if (from) personOf(from).from++;
    for (const person of new Set(to.map(personOf))) person.to++;
  }
  return [...people.values()].sort((a, b) => b.from - a.from || b.to - a.to);
}

/**
 * Plan the import of the emails from and to one person, in the order of their dates. An email that cannot be read, that
 * does not say who it is from, or that is larger than `limit`, is named by its place in the file, and the others are
 * planned. Of copies with the same bytes one is planned.
 * @param known rows of the emails that the diary has
 * @param answers `me`: the keeper's address; null if none of the addresses is theirs
 * @throws import_unanswered, and what reading the file throws
 */
export async function planMailbox(
  known: MessageRow[][],
  { source, mailbox, limit }: { source: Source; mailbox: Mailbox; limit: number },
  { me, person, tz }: ImportAnswers,
  pause: Pause,
): Promise<{ planned: PlannedFile[]; unread: number[]; known: number }> {
  if (me === undefined || !person || !isZone(tz)) throw new KeptError('import_unanswered');
  const read: ReadMessage[] = [];
  const unread: number[] = [];
  const digests: Set<string> = new Set();
  for (const [i, message] of mailbox.messages.entries()) {
    await pause(i, mailbox.messages.length);
    const [no, file] = [i + 1, pieceOf(source, message, i + 1)];
    const direction = directionOf(message, person, me);
    if (message.from && !direction) continue;
    const isReadable = message.from && file.size <= Math.min(MAX_MAIL_BYTES, limit);
    const bytes = isReadable ? await file.read(0, file.size) : null;
    const mail = bytes && (await readMail(bytes).catch(() => null));
    if (!bytes || !mail || !direction) {
      unread.push(no);
      continue;
    }
    const digest = hex(await sha256(bytes));
    if (digests.has(digest)) continue;
    digests.add(digest);
    const rows = numberedMailRows(mail, tz, direction);
    // The rows have its words. The file is read again when it is saved.
    read.push({ message, no, file, mail: { ...mail, headers: [], raw_headers: '', text: '', inside: [] }, rows });
  }
  const sentAt = ({ mail }: ReadMessage) => mail.sent.at ?? Number.POSITIVE_INFINITY;
  read.sort((a, b) => (sentAt(a) === sentAt(b) ? a.no - b.no : sentAt(a) - sentAt(b)));
  // All are compared at once, so that two emails with the same words in one minute count as two.
  const rows = read.flatMap((one) => one.rows);
  const compared = await compareExport(rows, known, [], () => pause(1, 1));
  const fresh = new Set(compared.fresh);
  const planned = read
    .filter((one) => one.rows.some((row) => fresh.has(row)))
    .map(({ message: { start, end }, no, file, mail, rows: own }) => {
      const plan = planOfMail(mail, own, fresh, tz);
      const { name, size } = source;
      plan.summary.mailbox = { name, size, sha256: mailbox.sha256, messages: mailbox.messages.length, no, start, end };
      return { source: file, title: file.name, plan, media: new Map() };
    });
  return { planned, unread, known: rows.length - fresh.size };
}

/**
 * Return whether the person wrote the email to the keeper, or the keeper to the person; null if neither. It is unknown
 * for an email of a third person to both, for a draft, and for an email that was delivered here under the keeper's own
 * address: anyone can write that into an email.
 */
function directionOf(
  { from, to, deliveredTo, isDraft }: MailboxMessage,
  person: string,
  me: string | null,
): Direction | null {
  const receivers = [...to, ...deliveredTo].map(({ address }) => address);
  if (from?.address === person) return me !== null && receivers.includes(me) ? 'in' : 'unknown';
  if (!receivers.includes(person)) return null;
  return from?.address === me && !deliveredTo.length && !isDraft ? 'out' : 'unknown';
}

/** Return one email of a mailbox as a file of its own. */
function pieceOf(mailbox: Source, { start, end }: MailboxMessage, no: number): Source {
  return {
    name: `${mailbox.name.replace(/\.mbox$/i, '')}, email ${no}.eml`,
    type: 'message/rfc822',
    size: end - start,
    lastModified: null,
    read: (from, to) => mailbox.read(start + from, start + Math.min(to, end - start)),
    check: () => mailbox.check(),
  };
}
