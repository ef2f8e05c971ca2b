/**
 * An advocate's question about an entry, and the keeper's answer: a dated addition to the entry in the keeper's own
 * words, with a `question` record of what was asked. Nothing that an advocate sends enters the diary before the
 * keeper answers or puts it aside.
 */
import { KeptError } from '../../core/errors.js';
import { codesOf, isBlank, textOf, wholeOf } from '../../record/reading.js';
import { saveLater } from '../records/incidents.js';
import { insideOf, savedOf } from '../session/require_open.js';
import { letterDone, lettersOf } from './letters.js';
import { lettingOf, openAll } from './granting_known.js';
import { isMeant } from './granting_scope.js';
import { readKind } from '../records/records.js';
import type { Context, Fields, Open } from '../types.js';

/** A question that waits for the keeper. */
type Asked = {
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
type Question = {
  record: string;
  text: string;
  answer: string;
  asked_at: number | null;
  answered_at: number | null;
  status: string;
  name: string;
};

export function questionActions(ctx: Context) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    /** Return the waiting questions, the oldest first: about one entry, or all. */
    async readAsked(record: string | undefined) {
      return readAsked(ctx, inside(), record);
    },
    /** Return the stored questions about an entry, with their answers. */
    async readQuestions(record: string) {
      return readQuestions(inside(), record);
    },
    async answerQuestion(said: { letter: string; answer: string }) {
      return saved(await answer(ctx, inside(), said));
    },
    /** Store a question without an answer. */
    async putAsideQuestion(letter: string) {
      return saved(await putAside(ctx, inside(), letter));
    },
  };
}

async function readAsked(_ctx: Context, open: Open, record?: string): Promise<Asked[]> {
  const { asked } = await sorted(open);
  return asked.filter(({ about }) => record === undefined || about === record).sort((a, b) => a.at - b.at);
}

/**
 * Sort the letters: a question needs the right to ask and an entry that the grant shows; anything else is idle.
 * @returns `idle`: letters to drop
 */
async function sorted(open: Open): Promise<{ asked: Asked[]; idle: string[] }> {
  const letters = lettersOf(open, 'question');
  if (!letters.length) return { asked: [], idle: [] };
  const rows = new Map(open.syncing.rows().map((row) => [row.record, row]));
  const known = new Map(
    (await openAll(open, lettingOf(open))).flatMap((one) => (one ? [[one.said.grant, one.said]] : [])),
  );
  const asked: Asked[] = [];
  const idle: string[] = [];
  for (const { letter, grant, name, organisation, said } of letters) {
    const row = rows.get(String(said.fields.about));
    const given = known.get(grant);
    const mayAsk = row?.taken_out === null && given?.rights.includes('comment') && !(await open.book.meta(letter));
    // A version that does not open now must not stop the run to the server.
    const fits =
      mayAsk &&
      given &&
      (await open.book.newest(row.record).then(
        ({ fields }) => isMeant(given.scope, row.record, fields),
        () => false,
      ));
    if (!fits) idle.push(letter);
    else
      asked.push({
        letter,
        grant,
        about: row.record,
        text: String(said.fields.text),
        at: said.made_at,
        name,
        organisation,
        title: row.title,
        seq_no: row.seq_no,
      });
  }
  return { asked, idle };
}

/** Drop the idle letters after a fetch, so that no line reports a question. */
export async function heedAsked(ctx: Context, open: Open) {
  const { idle } = await sorted(open);
  if (!idle.length) return;
  await open.store.change((root) => {
    for (const letter of idle) letterDone(root, letter);
  });
  ctx.show();
}

async function readQuestions(open: Open, record: string): Promise<Question[]> {
  const [kept, consents] = await Promise.all([readKind(open, 'question'), readKind(open, 'consent', true)]);
  const names = new Map(consents.map((one) => [one.record, textOf(one.restricted, 'recipient')]));
  return kept
    .filter(({ fields }) => textOf(fields, 'of_id') === record)
    .map((one) => ({
      record: one.record,
      text: textOf(one.fields, 'text'),
      answer: textOf(one.fields, 'answer'),
      asked_at: wholeOf(one.fields, 'asked_at'),
      answered_at: wholeOf(one.fields, 'answered_at'),
      status: textOf(one.fields, 'status'),
      name: names.get(textOf(one.fields, 'asked_by_id')) ?? '',
    }));
}

async function waiting(ctx: Context, open: Open, letter: string): Promise<Asked> {
  const found = (await readAsked(ctx, open)).find((one) => one.letter === letter);
  if (!found) throw new KeptError('not_found');
  return found;
}

/** @throws nothing_to_save */
async function answer(ctx: Context, open: Open, { letter, answer: typed }: { letter: string; answer: string }) {
  const words = typed.trim();
  if (!words) throw new KeptError('nothing_to_save');
  const asked = await waiting(ctx, open, letter);
  const { fields, restricted } = await open.book.newest(asked.about);
  const narrative = textOf(fields, 'narrative');
  // The prompt stays marked, and an earlier answer to "did someone help you" is never overwritten.
  const helped = codesOf(fields, 'help_given').length ? {} : { help_given: 'prompted_questions' };
  const by = isBlank(restricted.helped_by)
    ? { helped_by: [asked.name, asked.organisation].filter(Boolean).join(', ') }
    : {};
  // An earlier attempt may have saved the entry and not the question: the answer is not added twice.
  if (!narrative.endsWith(words))
    await saveLater(ctx, open, asked.about, {
      fields: { narrative: narrative ? `${narrative}\n\n${words}` : words, ...helped },
      restricted: by,
    });
  await keep(ctx, open, asked, { answer: words, answered_at: ctx.clock.now(), status: 'answered' });
  return { record: asked.about };
}

async function putAside(ctx: Context, open: Open, letter: string) {
  await keep(ctx, open, await waiting(ctx, open, letter), { status: 'put_aside' });
}

/** Store the question under the letter's own id: taken in on two devices, it is still one record. */
async function keep(_ctx: Context, open: Open, asked: Asked, more: Fields) {
  await open.store.change(async (root, change) => {
    letterDone(root, asked.letter);
    await open.book.stage(open.book.batch(root, change), {
      kind: 'question',
      record: asked.letter,
      open: { of_id: asked.about, text: asked.text, asked_at: asked.at, asked_by_id: asked.grant, ...more },
    });
  });
}
