/**
 * An advocate's question about an entry, and the keeper's answer: a dated addition to the entry in the keeper's own
 * words, with a `question` record of what was asked. Nothing that an advocate sends enters the diary before the
 * keeper answers or puts it aside.
 */
import { KeptError } from '../../core/errors.js';
import { codesOf, isBlank, textOf, integerOf } from '../../record/reading.js';
import { saveLaterVersion } from '../records/incidents.js';
import { requireOpenOf, afterSaveOf } from '../session/require_open.js';
import { finishLetter, lettersOf } from './letters.js';
import { grantsInForce, openGrants } from './grant_state.js';
import { isInScope } from './grant_scope.js';
import { readKind } from '../records/records.js';
import type { Context, Fields, Open } from '../types.js';

/** A question that waits for the keeper. */
export type PendingQuestion = {
  letter: string;
  grant: string;
  about: string;
  text: string;
  at: number;
  name: string;
  organisation: string;
  title: string;
  seq_no: number | null;
};
/** A question stored in the diary. */
export type StoredQuestion = {
  record: string;
  text: string;
  answer: string;
  asked_at: number | null;
  answered_at: number | null;
  status: string;
  name: string;
};

export function questionActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const afterSave = afterSaveOf(ctx);
  return {
    /** Return the waiting questions, the oldest first: about one entry, or all. */
    async readAsked(record: string | undefined) {
      return readPendingQuestions(requireOpen(), record);
    },
    /** Return the stored questions about an entry, with their answers. */
    async readQuestions(record: string) {
      return readQuestions(requireOpen(), record);
    },
    async answerQuestion(input: { letter: string; answer: string }) {
      return afterSave(await saveAnswer(ctx, requireOpen(), input));
    },
    /** Store a question without an answer. */
    async putAsideQuestion(letter: string) {
      return afterSave(await putAside(requireOpen(), letter));
    },
  };
}

async function readPendingQuestions(open: Open, record?: string): Promise<PendingQuestion[]> {
  const { asked } = await sortLetters(open);
  return asked.filter(({ about }) => record === undefined || about === record).sort((a, b) => a.at - b.at);
}

/**
 * Sort the letters: a question needs the right to ask and an entry that the grant shows; anything else is idle.
 * @returns `idle`: letters to drop
 */
async function sortLetters(open: Open): Promise<{ asked: PendingQuestion[]; idle: string[] }> {
  const letters = lettersOf(open, 'question');
  if (!letters.length) return { asked: [], idle: [] };
  const rows = new Map(open.syncing.rows().map((row) => [row.record, row]));
  const termsByGrant = new Map(
    (await openGrants(open, grantsInForce(open))).flatMap((item) => (item ? [[item.said.grant, item.said]] : [])),
  );
  const asked: PendingQuestion[] = [];
  const idle: string[] = [];
  for (const { letter, grant, name, organisation, said: content } of letters) {
    const row = rows.get(String(content.fields.about));
    const terms = termsByGrant.get(grant);
    const mayAsk = row?.taken_out === null && terms?.rights.includes('comment') && !(await open.book.meta(letter));
    // A version that does not open now must not stop the run to the server.
    const isAllowed =
      mayAsk &&
      terms &&
      (await open.book.newest(row.record).then(
        ({ fields }) => isInScope(terms.scope, row.record, fields),
        () => false,
      ));
    if (!isAllowed) idle.push(letter);
    else
      asked.push({
        letter,
        grant,
        about: row.record,
        text: String(content.fields.text),
        at: content.made_at,
        name,
        organisation,
        title: row.title,
        seq_no: row.seq_no,
      });
  }
  return { asked, idle };
}

/** Drop the idle letters after a fetch, so that no line reports a question. */
export async function dropIdleLetters(ctx: Context, open: Open) {
  const { idle } = await sortLetters(open);
  if (!idle.length) return;
  await open.store.change((root) => {
    for (const letter of idle) finishLetter(root, letter);
  });
  ctx.show();
}

async function readQuestions(open: Open, record: string): Promise<StoredQuestion[]> {
  const [questions, consents] = await Promise.all([readKind(open, 'question'), readKind(open, 'consent', true)]);
  const names = new Map(consents.map((item) => [item.record, textOf(item.restricted, 'recipient')]));
  return questions
    .filter(({ fields }) => textOf(fields, 'of_id') === record)
    .map((item) => ({
      record: item.record,
      text: textOf(item.fields, 'text'),
      answer: textOf(item.fields, 'answer'),
      asked_at: integerOf(item.fields, 'asked_at'),
      answered_at: integerOf(item.fields, 'answered_at'),
      status: textOf(item.fields, 'status'),
      name: names.get(textOf(item.fields, 'asked_by_id')) ?? '',
    }));
}

async function findPending(open: Open, letter: string): Promise<PendingQuestion> {
  const question = (await readPendingQuestions(open)).find((item) => item.letter === letter);
  if (!question) throw new KeptError('not_found');
  return question;
}

/** @throws nothing_to_save */
async function saveAnswer(ctx: Context, open: Open, { letter, answer: text }: { letter: string; answer: string }) {
  const addition = text.trim();
  if (!addition) throw new KeptError('nothing_to_save');
  const question = await findPending(open, letter);
  const { fields, restricted } = await open.book.newest(question.about);
  const narrative = textOf(fields, 'narrative');
  // The prompt stays marked, and an earlier answer to "did someone help you" is never overwritten.
  const helpFields = codesOf(fields, 'help_given').length ? {} : { help_given: 'prompted_questions' };
  const helperFields = isBlank(restricted.helped_by)
    ? { helped_by: [question.name, question.organisation].filter(Boolean).join(', ') }
    : {};
  // An earlier attempt may have saved the entry and not the question: the answer is not added twice.
  if (!narrative.endsWith(addition))
    await saveLaterVersion(ctx, open, question.about, {
      fields: { narrative: narrative ? `${narrative}\n\n${addition}` : addition, ...helpFields },
      restricted: helperFields,
    });
  await storeQuestion(open, question, { answer: addition, answered_at: ctx.clock.now(), status: 'answered' });
  return { record: question.about };
}

async function putAside(open: Open, letter: string) {
  await storeQuestion(open, await findPending(open, letter), { status: 'put_aside' });
}

/** Store the question under the letter's own id: taken in on two devices, it is still one record. */
async function storeQuestion(open: Open, question: PendingQuestion, otherFields: Fields) {
  await open.store.change(async (root, change) => {
    finishLetter(root, question.letter);
    await open.book.stage(open.book.batch(root, change), {
      kind: 'question',
      record: question.letter,
      open: {
        of_id: question.about,
        text: question.text,
        asked_at: question.at,
        asked_by_id: question.grant,
        ...otherFields,
      },
    });
  });
}
