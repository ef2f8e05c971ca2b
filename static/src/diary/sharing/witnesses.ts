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
import { WITNESS_CODE_DAYS } from '../../core/constants.js';
import { KeptError } from '../../core/errors.js';
import { openPart, partCount } from '../../crypto/files.js';
import { openSlip, handoverPartCount } from '../../crypto/sharing/handover.js';
import { witnessesOf } from '../../net/witnesses.js';
import { proofOf } from '../keys/accounts.js';
import { requireOpenOf, afterSaveOf } from '../session/require_open.js';
import { addFile } from '../records/registers.js';
import type { WitnessFiles, WitnessReport } from '../../crypto/sharing/witness.js';
import type { WitnessRow } from '../../net/witnesses.js';
import type { WitnessCode } from '../../store/root.js';
import type { Context, Open } from '../types.js';

/** What this phone stores of a code. */
export type StoredCode = WitnessCode;
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
  said: WitnessReport | null;
  verified: boolean | null;
};
/** Newest first. */
export type WitnessList = { witnesses: Witness[]; address: string; offline: boolean };

const CODE_LIFETIME_MS = WITNESS_CODE_DAYS * 86_400_000;

export function witnessActions(ctx: Context) {
  const requireOpen = requireOpenOf(ctx);
  const afterSave = afterSaveOf(ctx);
  return {
    /** @param input `words`: the keeper's own */
    askWitness: async (input: { name: string; note: string; words: string }): Promise<StoredCode> =>
      afterSave(await createCode(ctx, requireOpen(), input)),
    readWitnesses: async (): Promise<WitnessList> => readCodes(ctx, requireOpen()),
    /** Make a record of the statement with its files. */
    keepStatement: async (witness: string, onProgress?: (done: number, total: number) => void) =>
      afterSave(await storeStatement(ctx, requireOpen(), witness, onProgress)),
    /**
     * End the code, and delete what came by it.
     * @param by the keeper's own words
     */
    dropWitness: async (witness: string, { words }: { words: string }) =>
      afterSave(await dropCode(ctx, requireOpen(), witness, words)),
  };
}

const storedCodes = ({ store }: Open): StoredCode[] => store.root.witnesses ?? [];

/** Return the server's rows without those taken in; see [Note: said to be taken in]. */
async function listPending(witnessApi: ReturnType<typeof witnessesOf>, open: Open) {
  const { address, witnesses } = await witnessApi.list();
  const isTaken = await Promise.all(
    witnesses.map(async ({ taken_at: at, witness }) => at !== null && Boolean(await open.book.meta(witness))),
  );
  return { address, witnesses: witnesses.filter((_, i) => !isTaken[i]) };
}

async function createCode(
  ctx: Context,
  open: Open,
  { name, note, words: keeperWords }: { name: string; note: string; words: string },
): Promise<StoredCode> {
  if (!open.store.root.account.registered) throw new KeptError('not_registered');
  const witnessApi = witnessesOf(ctx.api, open.identity.diary);
  const { address } = await witnessApi.list();
  const ownProof = await proofOf(ctx, open, keeperWords);
  const made_at = ctx.clock.now();
  const { words, witness, proof, asking } = await open.vault.witnessAsk({
    address,
    name: name.trim(),
    note: note.trim(),
    made_at,
    until: made_at + CODE_LIFETIME_MS,
  });
  const { expires_at } = await witnessApi.createCode(asking, ownProof);
  const code = { witness, words, proof, note: note.trim(), made_at, expires_at, address };
  await open.store.change((root) => {
    root.witnesses = [...(root.witnesses ?? []), code];
  });
  return code;
}

async function readCodes(ctx: Context, open: Open): Promise<WitnessList> {
  const codes = storedCodes(open);
  const response = await listPending(witnessesOf(ctx.api, open.identity.diary), open).catch((error) => {
    if (error.code !== 'no_network') throw error;
    return null;
  });
  if (!response)
    return {
      offline: true,
      address: codes[0]?.address ?? '',
      witnesses: codes.map((item) => ({ ...item, answered_at: null, said: null, verified: false })).reverse(),
    };
  const witnesses = await Promise.all(
    response.witnesses.map(async (row) => {
      const code = codes.find(({ witness }) => witness === row.witness);
      const opened = row.statement
        ? await openStatement(open, code ?? { witness: row.witness, proof: null }, row.statement)
        : null;
      return {
        witness: row.witness,
        words: code?.words ?? null,
        note: code?.note ?? '',
        made_at: row.made_at,
        expires_at: row.expires_at,
        answered_at: row.answered_at,
        said: opened?.said ?? null,
        verified: opened ? opened.verified : false,
      };
    }),
  );
  await updateCount(open, response.witnesses);
  return { offline: false, address: response.address, witnesses };
}

/**
 * Open a statement.
 * @param statement b64
 * @returns null when it does not open, so has no valid author
 */
async function openStatement(
  { vault }: Open,
  { witness, proof }: { witness: string; proof: string | null },
  statement: string,
): Promise<{ said: WitnessReport; verified: boolean | null } | null> {
  const opened = await vault
    .witnessOpen({ witness, proof: proof ?? '', statement: unb64(statement) })
    .catch(() => null);
  return opened && proof === null ? { ...opened, verified: null } : opened;
}

/** Check whether something came: once an opening, since another device may have asked, and while any code is out. */
export async function syncWitnesses(ctx: Context, open: Open) {
  if (!storedCodes(open).length && open.witnessesOut === false) return;
  const countBefore = open.store.root.witnesses_came ?? 0;
  const { witnesses } = await listPending(witnessesOf(ctx.api, open.identity.diary), open);
  open.witnessesOut = witnesses.length > 0;
  await updateCount(open, witnesses);
  if ((open.store.root.witnesses_came ?? 0) !== countBefore) ctx.show();
}

async function updateCount(open: Open, rows: readonly WitnessRow[]) {
  const listedIds = new Set(rows.map(({ witness }) => witness));
  const opened = await Promise.all(
    rows.map(({ statement, witness }) => {
      const code = storedCodes(open).find((item) => item.witness === witness);
      return statement ? openStatement(open, code ?? { witness, proof: null }, statement) : null;
    }),
  );
  const cameCount = opened.filter(Boolean).length;
  const removed = storedCodes(open).filter(({ witness }) => !listedIds.has(witness));
  if (cameCount === (open.store.root.witnesses_came ?? 0) && !removed.length) return;
  await open.store.change((root) => {
    root.witnesses_came = cameCount;
    root.witnesses = (root.witnesses ?? []).filter((item) => listedIds.has(item.witness));
  });
}

async function storeStatement(
  ctx: Context,
  open: Open,
  witness: string,
  onProgress: ((done: number, total: number) => void) | undefined,
) {
  const witnessApi = witnessesOf(ctx.api, open.identity.diary);
  const findRow = async () => (await listPending(witnessApi, open)).witnesses.find((item) => item.witness === witness);
  let row = await findRow();
  if (row && row.taken_at !== null) {
    // Another device may have made the record meanwhile: fetch it first, so that there is only one.
    await open.syncing.now();
    row = await findRow();
  }
  const code = storedCodes(open).find((item) => item.witness === witness);
  const opened = row?.statement ? await openStatement(open, code ?? { witness, proof: null }, row.statement) : null;
  if (!row || !opened) throw new KeptError('not_found');
  // An empty file cannot be added, and must not block those after it.
  const files = (opened.said.files ? await fetchFiles(witnessApi, opened.said.files, onProgress) : []).filter(
    ({ size }) => size > 0,
  );
  // The record has the code's id: begun twice, on any device, it is one record.
  if (!(await open.book.meta(witness))) {
    await open.store.change(async (root, change) => {
      await open.book.stage(open.book.batch(root, change), {
        kind: 'statement',
        record: witness,
        ...statementFields(ctx, witness, opened, row),
      });
    });
  }
  const { fields } = await open.book.newest(witness);
  const addedCount = Array.isArray(fields.attachment_ids) ? fields.attachment_ids.length : 0;
  for (const file of files.slice(addedCount))
    await addFile(ctx, open, { kind: 'statement', record: witness, field: 'attachment_ids' }, file, { route: 'files' });
  await witnessApi.markTaken(witness).catch((error) => {
    if (error.code !== 'not_found') throw error;
  });
  await updateCount(open, (await listPending(witnessApi, open)).witnesses);
  return { record: witness };
}

function statementFields(
  ctx: Context,
  witness: string,
  { said: content, verified }: { said: WitnessReport; verified: boolean | null },
  row: WitnessRow,
) {
  const { contact, name, saw_how, when, words } = content.fields;
  const writtenAt = { start: content.made_at, precision: 'minute', tz: ctx.zone() };
  return {
    open: {
      narrative: words,
      saw_how,
      received_how: 'spoken_code',
      written_at: writtenAt,
      by_role: 'witness',
      arrived: { at: row.answered_at ?? ctx.clock.now(), sent_at: content.made_at, verified, when, witness, words },
    },
    restricted: { ...(name ? { by_name: name } : {}), ...(contact ? { contact } : {}) },
  };
}

/** Fetch every file of a statement; check them as a whole before any is used. */
async function fetchFiles(
  witnessApi: ReturnType<typeof witnessesOf>,
  { key, list: listPending, upload }: WitnessFiles,
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<File[]> {
  const location = { handover: upload, key: unb64(key) };
  const size = listPending.reduce((sum, item) => sum + item.size, 0);
  const parts = handoverPartCount(size);
  const slip = await openSlip(location, parts, await witnessApi.part(upload, parts - 1));
  if (slip.size !== size) throw new KeptError('not_opened');
  const pieces: Blob[] = [];
  for (let index = 0; index < partCount(size); index++) {
    pieces.push(
      new Blob([(await openPart(location, index, parts - 1, await witnessApi.part(upload, index), size)) as BlobPart]),
    );
    onProgress?.(index + 1, parts - 1);
  }
  const joined = new Blob(pieces);
  let offset = 0;
  return listPending.map(
    ({ name, size: bytes, type }) => new File([joined.slice(offset, (offset += bytes))], name, { type }),
  );
}

async function dropCode(ctx: Context, open: Open, witness: string, words: string) {
  const witnessApi = witnessesOf(ctx.api, open.identity.diary);
  await witnessApi.removeCode(witness, await proofOf(ctx, open, words)).catch((error) => {
    if (error.code !== 'not_found') throw error;
  });
  await updateCount(open, (await listPending(witnessApi, open)).witnesses);
  return null;
}
