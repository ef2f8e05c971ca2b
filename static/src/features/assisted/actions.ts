/**
 * Entries that an advocate typed while the keeper spoke: the keeper confirms, changes or rejects each. A postponed
 * entry is in the diary, marked as not confirmed, and the keeper is asked again at the next unlock.
 * docs/formats.md, section 8.
 */
import { KeptError } from '../../core/errors.js';
import { entryOf, markOf } from '../../record/assisted.js';
import { objectOf, textOf } from '../../record/reading.js';
import { insideOf, savedOf } from '../../diary/session/require_open.js';
import { letterDone, lettersOf } from '../../diary/sharing/letters.js';
import { readEntriesThat, recordMethods } from '../../diary/records/records.js';
import { saveLater } from '../../diary/records/incidents.js';
import { redraw } from '../../diary/erasing/takeout.js';
import { rows } from '../../diary/sync/apply_feed.js';
import type { Context, Fields, Open, Written, Answer } from '../../diary/types.js';
import type { Mark } from '../../record/assisted.js';
import type { Letter } from '../../store/root.js';

export function assistedActions(ctx: Context) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    /** @returns entries that wait for the keeper's answer, oldest first */
    readAssisted: async (): Promise<Written[]> => readWaiting(inside()),
    /** @param response `narrative`: the keeper's own words, with `changed` */
    answerAssisted: async (id: string, said: { answer: Answer; narrative?: string; reason?: string }) =>
      saved(await answer(ctx, inside(), id, said)),
  };
}

async function readWaiting(open: Open): Promise<Written[]> {
  const letters = lettersOf(open, 'assisted').map(({ letter, pub, said, name, organisation }) =>
    shown(letter, null, entryOf(said, pub, null, null), name, organisation),
  );
  const put = (await readEntriesThat(open, (row) => row.helped === 'waiting')).filter(({ fields }) =>
    isWaiting(fields),
  );
  return [
    ...letters,
    ...put.map(({ record, fields, restricted }) => shown(record, record, fields, textOf(restricted, 'helped_by'), '')),
  ];
}

const isWaiting = (fields: Fields) => Boolean(markOf(fields)) && !markOf(fields)?.answer;

function shown(id: string, record: string | null, fields: Fields, name: string, organisation: string): Written {
  return {
    id,
    record,
    mark: markOf(fields) as Mark,
    narrative: textOf(fields, 'narrative'),
    occurred: fields,
    name,
    organisation,
  };
}

async function answer(
  ctx: Context,
  open: Open,
  id: string,
  said: { answer: Answer; narrative?: string; reason?: string },
) {
  if (said.answer === 'changed' && !said.narrative?.trim()) throw new KeptError('nothing_to_save');
  const letter = lettersOf(open, 'assisted').find((one) => one.letter === id);
  return (letter && (await fromLetter(ctx, open, letter, said))) ?? ofEntry(ctx, open, id, said);
}

/** Return null if another device of this diary made it an entry meanwhile: the answer given there is kept. */
async function fromLetter(
  ctx: Context,
  open: Open,
  { letter, pub, said: told, name, organisation }: Letter,
  { answer: word, narrative = '' }: { answer: Answer; narrative?: string },
) {
  const record = letter; // the same id on every device of this diary, so that one letter gives one entry
  const said = word === 'yes' || word === 'changed' ? word : null;
  const fields = entryOf(told, pub, said, said && ctx.clock.now());
  const whole = { precision: 'unknown', tz: ctx.zone(), ...fields, ...(word === 'changed' ? { narrative } : {}) };
  return open.store.change(async (root, change) => {
    if (!lettersOf(open, 'assisted').some((one) => one.letter === letter)) return { record }; // tapped twice
    letterDone(root, letter);
    if (await open.book.meta(record)) return null;
    if (word === 'no') return { record: null };
    const batch = open.book.batch(root, change);
    await open.book.stage(batch, {
      kind: 'incident',
      record,
      open: whole,
      restricted: { helped_by: [name, organisation].filter(Boolean).join(', ') },
    });
    await rows(batch, open, [record], null);
    return { record };
  });
}

/**
 * Answer an entry that was postponed before.
 * @throws conflict if another device gave a different answer
 */
async function ofEntry(
  ctx: Context,
  open: Open,
  record: string,
  { answer: word, narrative = '', reason = '' }: { answer: Answer; narrative?: string; reason?: string },
) {
  if (word === 'later') return { record };
  const { fields } = await open.book.newest(record);
  if (!isWaiting(fields)) {
    if (word === markOf(fields)?.answer && word !== 'changed') return { record };
    throw new KeptError('conflict');
  }
  if (word === 'no') {
    await recordMethods(ctx).takeOutRecord(record, reason);
    await redraw(open, record);
    return { record };
  }
  const assisted = { ...objectOf(fields, 'assisted'), answer: word, answered_at: ctx.clock.now() };
  await saveLater(ctx, open, record, { fields: { assisted, ...(word === 'changed' ? { narrative } : {}) }, reason });
  return { record };
}
