/**
 * Ask a witness: nine words are made, one sealed statement may come back, and the keeper decides whether to keep it.
 * A kept statement becomes a record of its own kind, never an entry, with its files. It states that it came by a code
 * and whether that was checked.
 *
 * [Note: where the words are] The words, and the proof that a statement is checked with, are in this phone's own
 * sealed root: in no record, so in no pack. Another device of the diary can open what came, since it is sealed to the
 * keeper, but cannot check it: it says so, and a statement kept there is marked as not checked. So a lost phone loses
 * no statement.
 *
 * [Note: said to be taken in] A stolen session can report to the server that a statement was taken in; the server
 * then keeps it for 30 days. So this phone does not believe that report alone: a statement that is in no record of
 * the diary is still shown.
 */
import { unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { openPart, partCount } from '../../crypto/files.js';
import { openSlip, partsOf } from '../../crypto/sharing/handover.js';
import { witnessesOf } from '../../net/witnesses.js';
import { proofOf } from '../keys/accounts.js';
import { insideOf, savedOf } from '../session/require_open.js';
import { addFile } from '../records/registers.js';
import type { Files, Said } from '../../crypto/sharing/witness.js';
import type { WitnessRow } from '../../net/witnesses.js';
import type { WitnessCode } from '../../store/root.js';
import type { Context, Open } from '../types.js';

/** What this phone stores of a code. */
export type Kept = WitnessCode;
/**
 * A code as the screens show it. `said`: null where nothing came; `verified`: null on a device that did not make the
 * words and cannot check it
 */
export type Witness = {
  witness: string;
  words: string | null;
  note: string;
  made_at: number;
  expires_at: number;
  answered_at: number | null;
  said: Said | null;
  verified: boolean | null;
};
/** Newest first. */
export type Listed = { witnesses: Witness[]; address: string; offline: boolean };

const LASTS_MS = 14 * 86_400_000;

export function witnessActions(ctx: Context) {
  const inside = insideOf(ctx);
  const saved = savedOf(ctx);
  return {
    /** @param asked `words`: the keeper's own */
    askWitness: async (asked: { name: string; note: string; words: string }): Promise<Kept> =>
      saved(await ask(ctx, inside(), asked)),
    readWitnesses: async (): Promise<Listed> => readAll(ctx, inside()),
    /** Make a record of the statement with its files. */
    keepStatement: async (witness: string, onProgress?: (done: number, total: number) => void) =>
      saved(await keep(ctx, inside(), witness, onProgress)),
    /**
     * End the code, and delete what came by it.
     * @param by the keeper's own words
     */
    dropWitness: async (witness: string, { words }: { words: string }) =>
      saved(await drop(ctx, inside(), witness, words)),
  };
}

const keptOf = ({ store }: Open): Kept[] => store.root.witnesses ?? [];

/** Return the server's rows without those taken in; see [Note: said to be taken in]. */
async function list(wire: ReturnType<typeof witnessesOf>, open: Open) {
  const { address, witnesses } = await wire.list();
  const isIn = await Promise.all(
    witnesses.map(async ({ taken_at: at, witness }) => at !== null && Boolean(await open.book.meta(witness))),
  );
  return { address, witnesses: witnesses.filter((_, i) => !isIn[i]) };
}

async function ask(
  ctx: Context,
  open: Open,
  { name, note, words: own }: { name: string; note: string; words: string },
): Promise<Kept> {
  if (!open.store.root.account.registered) throw new KeptError('not_registered');
  const wire = witnessesOf(ctx.api, open.identity.diary);
  const { address } = await wire.list();
  const own_proof = await proofOf(ctx, open, own);
  const made_at = ctx.clock.now();
  const { words, witness, proof, asking } = await open.vault.witnessAsk({
    address,
    name: name.trim(),
    note: note.trim(),
    made_at,
    until: made_at + LASTS_MS,
  });
  const { expires_at } = await wire.ask(asking, own_proof);
  const kept = { witness, words, proof, note: note.trim(), made_at, expires_at, address };
  await open.store.change((root) => {
    root.witnesses = [...(root.witnesses ?? []), kept];
  });
  return kept;
}

async function readAll(ctx: Context, open: Open): Promise<Listed> {
  const here = keptOf(open);
  const told = await list(witnessesOf(ctx.api, open.identity.diary), open).catch((error) => {
    if (error.code !== 'no_network') throw error;
    return null;
  });
  if (!told)
    return {
      offline: true,
      address: here[0]?.address ?? '',
      witnesses: here.map((one) => ({ ...one, answered_at: null, said: null, verified: false })).reverse(),
    };
  const witnesses = await Promise.all(
    told.witnesses.map(async (row) => {
      const mine = here.find(({ witness }) => witness === row.witness);
      const came = row.statement
        ? await read(open, mine ?? { witness: row.witness, proof: null }, row.statement)
        : null;
      return {
        witness: row.witness,
        words: mine?.words ?? null,
        note: mine?.note ?? '',
        made_at: row.made_at,
        expires_at: row.expires_at,
        answered_at: row.answered_at,
        said: came?.said ?? null,
        verified: came ? came.verified : false,
      };
    }),
  );
  await count(open, told.witnesses);
  return { offline: false, address: told.address, witnesses };
}

/**
 * Open a statement.
 * @param statement b64
 * @returns null when it does not open, so has no valid author
 */
async function read(
  { vault }: Open,
  { witness, proof }: { witness: string; proof: string | null },
  statement: string,
): Promise<{ said: Said; verified: boolean | null } | null> {
  const opened = await vault
    .witnessOpen({ witness, proof: proof ?? '', statement: unb64(statement) })
    .catch(() => null);
  return opened && proof === null ? { ...opened, verified: null } : opened;
}

/** Check whether something came: once an opening, since another device may have asked, and while any code is out. */
export async function heedWitnesses(ctx: Context, open: Open) {
  if (!keptOf(open).length && open.witnessesOut === false) return;
  const before = open.store.root.witnesses_came ?? 0;
  const { witnesses } = await list(witnessesOf(ctx.api, open.identity.diary), open);
  open.witnessesOut = witnesses.length > 0;
  await count(open, witnesses);
  if ((open.store.root.witnesses_came ?? 0) !== before) ctx.show();
}

async function count(open: Open, rows: readonly WitnessRow[]) {
  const here = new Set(rows.map(({ witness }) => witness));
  const opened = await Promise.all(
    rows.map(({ statement, witness }) => {
      const mine = keptOf(open).find((one) => one.witness === witness);
      return statement ? read(open, mine ?? { witness, proof: null }, statement) : null;
    }),
  );
  const came = opened.filter(Boolean).length;
  const gone = keptOf(open).filter(({ witness }) => !here.has(witness));
  if (came === (open.store.root.witnesses_came ?? 0) && !gone.length) return;
  await open.store.change((root) => {
    root.witnesses_came = came;
    root.witnesses = (root.witnesses ?? []).filter((one) => here.has(one.witness));
  });
}

async function keep(
  ctx: Context,
  open: Open,
  witness: string,
  onProgress: ((done: number, total: number) => void) | undefined,
) {
  const wire = witnessesOf(ctx.api, open.identity.diary);
  const find = async () => (await list(wire, open)).witnesses.find((one) => one.witness === witness);
  let row = await find();
  if (row && row.taken_at !== null) {
    // Another device may have made the record meanwhile: fetch it first, so that there is only one.
    await open.syncing.now();
    row = await find();
  }
  const mine = keptOf(open).find((one) => one.witness === witness);
  const came = row?.statement ? await read(open, mine ?? { witness, proof: null }, row.statement) : null;
  if (!row || !came) throw new KeptError('not_found');
  // An empty file cannot be added, and must not block those after it.
  const files = (came.said.files ? await fetchFiles(wire, came.said.files, onProgress) : []).filter(
    ({ size }) => size > 0,
  );
  // The record has the code's id: begun twice, on any device, it is one record.
  if (!(await open.book.meta(witness))) {
    await open.store.change(async (root, change) => {
      await open.book.stage(open.book.batch(root, change), {
        kind: 'statement',
        record: witness,
        ...fieldsOf(ctx, witness, came, row),
      });
    });
  }
  const { fields } = await open.book.newest(witness);
  const there = Array.isArray(fields.attachment_ids) ? fields.attachment_ids.length : 0;
  for (const file of files.slice(there))
    await addFile(ctx, open, { kind: 'statement', record: witness, field: 'attachment_ids' }, file, { route: 'files' });
  await wire.takeIn(witness).catch((error) => {
    if (error.code !== 'not_found') throw error;
  });
  await count(open, (await list(wire, open)).witnesses);
  return { record: witness };
}

function fieldsOf(
  ctx: Context,
  witness: string,
  { said, verified }: { said: Said; verified: boolean | null },
  row: WitnessRow,
) {
  const { contact, name, saw_how, when, words } = said.fields;
  const block = { start: said.made_at, precision: 'minute', tz: ctx.zone() };
  return {
    open: {
      narrative: words,
      saw_how,
      received_how: 'spoken_code',
      written_at: block,
      by_role: 'witness',
      arrived: { at: row.answered_at ?? ctx.clock.now(), sent_at: said.made_at, verified, when, witness, words },
    },
    restricted: { ...(name ? { by_name: name } : {}), ...(contact ? { contact } : {}) },
  };
}

/** Fetch every file of a statement; check them as a whole before any is used. */
async function fetchFiles(
  wire: ReturnType<typeof witnessesOf>,
  { key, list, upload }: Files,
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<File[]> {
  const place = { handover: upload, key: unb64(key) };
  const size = list.reduce((sum, one) => sum + one.size, 0);
  const parts = partsOf(size);
  const slip = await openSlip(place, parts, await wire.part(upload, parts - 1));
  if (slip.size !== size) throw new KeptError('not_opened');
  const pieces: Blob[] = [];
  for (let i = 0; i < partCount(size); i++) {
    pieces.push(new Blob([(await openPart(place, i, parts - 1, await wire.part(upload, i), size)) as BlobPart]));
    onProgress?.(i + 1, parts - 1);
  }
  const whole = new Blob(pieces);
  let at = 0;
  return list.map(({ name, size: bytes, type }) => new File([whole.slice(at, (at += bytes))], name, { type }));
}

async function drop(ctx: Context, open: Open, witness: string, words: string) {
  const wire = witnessesOf(ctx.api, open.identity.diary);
  await wire.remove(witness, await proofOf(ctx, open, words)).catch((error) => {
    if (error.code !== 'not_found') throw error;
  });
  await count(open, (await list(wire, open)).witnesses);
  return null;
}
