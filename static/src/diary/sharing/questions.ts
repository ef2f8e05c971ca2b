/**
 * What an advocate asked about an entry, and the keeper's answer: an addition to the entry in the keeper's own words,
 * dated, beside a `question` record of what was asked. Nothing an advocate sends enters the diary before the keeper
 * answers or puts it aside.
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

/** Waits for the keeper */
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
/** Kept in the diary */
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
    /** What waits, the oldest first; of one entry, or of all. */
    async readAsked(record: string | undefined) {
      return readAsked(ctx, inside(), record);
    },
    /** What was asked about an entry and is kept, with its answer. */
    async readQuestions(record: string) {
      return readQuestions(inside(), record);
    },
    async answerQuestion(said: { letter: string; answer: string }) {
      return saved(await answer(ctx, inside(), said));
    },
    /** Kept as asked and not answered. */
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
 * Asked under a right that was given, about an entry that was shown: anything else is nobody's business to ask, and is
 * nothing.
 * @returns `idle`: letters that are nothing
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
    // One that does not open now is no reason to stop the run to the server.
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

/** After letters have come: what is nothing goes, so that no line says that somebody asked. */
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
  // Who prompted stays marked, and an earlier answer to "did someone help you" is never written over.
  const helped = codesOf(fields, 'help_given').length ? {} : { help_given: 'prompted_questions' };
  const by = isBlank(restricted.helped_by)
    ? { helped_by: [asked.name, asked.organisation].filter(Boolean).join(', ') }
    : {};
  // Saved already, and stopped before the question was: it is not added twice.
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

/** The question in the diary, under the letter's own id: taken in on two devices it is one record. */
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
