/**
 * A mailbox: the emails between the keeper and one person are chosen from it. Each becomes an entry with its own file,
 * which has the bytes of that email and nothing else of the mailbox. The entry's message list names the mailbox, its
 * digest and the place in it.
 */
import { KeptError } from '../../core/errors.js';
import { MAX_MAIL_BYTES, addressIn, readMail } from '../../imports/mail.js';
import { isZone, numberedMailRows, planOfMail } from './imports_plan.js';
import { compareExport } from '../../record/schedule_known.js';
import type { Mail } from '../../imports/mail.js';
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
  const personOf = (named: string) => {
    const address = addressIn(named);
    const person = people.get(address) ?? { address, name: named, from: 0, to: 0 };
    if (address) people.set(address, person);
    return person;
  };
  for (const { from, to } of messages) {
    personOf(from).from++;
    for (const person of new Set(to.map(personOf))) person.to++;
  }
  return [...people.values()].sort((a, b) => b.from - a.from || b.to - a.to);
}

/**
 * Plan the import of the emails from and to one person, in the order of their dates. An email that cannot be read, or
 * that is larger than `limit`, is named by its place in the file, and the others are planned.
 * @param known rows of the emails that the diary has
 * @param answers `me`: the keeper's address, null if it is none of them
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
  for (const [i, message] of mailbox.messages.entries()) {
    const [no, file] = [i + 1, pieceOf(source, message, i + 1)];
    const direction = directionOf(message, person, me);
    if (!direction) continue;
    await pause(i, mailbox.messages.length);
    const isReadable = file.size <= Math.min(MAX_MAIL_BYTES, limit);
    const bytes = isReadable ? await file.read(0, file.size) : null;
    const mail = bytes && (await readMail(bytes).catch(() => null));
    if (mail) read.push({ message, no, file, mail, rows: numberedMailRows(mail, tz, direction) });
    else unread.push(no);
  }
  const date = ({ mail }: ReadMessage) => mail.sent.at ?? Number.POSITIVE_INFINITY;
  read.sort((a, b) => (date(a) === date(b) ? a.no - b.no : date(a) - date(b)));
  // All are compared at once: two emails of a minute with the same words are two.
  const rows = read.flatMap((one) => one.rows);
  const fresh = new Set(compareExport(rows, known).fresh);
  const planned = read
    .filter((one) => one.rows.some((row) => fresh.has(row)))
    .map(({ message: { start, end }, no, file, mail, rows: own }) => {
      const plan = planOfMail(mail, own, fresh, tz);
      const { name, size } = source;
      plan.summary.mailbox = { name, size, sha256: mailbox.sha256, messages: mailbox.messages.length, no, start, end };
      return { source: file, title: file.name, plan };
    });
  return { planned, unread, known: rows.length - fresh.size };
}

/**
 * Return whether the person wrote the email to the keeper, or the keeper to the person; null if neither. Where it
 * names neither of them as the other end, as an email to several or from somebody else, it is unknown.
 */
function directionOf({ from, to, deliveredTo }: MailboxMessage, person: string, me: string | null): Direction | null {
  const sender = addressIn(from);
  const receivers = [...to, ...deliveredTo].map(addressIn);
  if (sender === person) return me !== null && receivers.includes(me) ? 'in' : 'unknown';
  if (!receivers.includes(person)) return null;
  return sender === me ? 'out' : 'unknown';
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
