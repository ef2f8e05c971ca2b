/**
 * Follow the public log. Compare the newest checkpoint with the last one seen. Check and store the places of the
 * diary's own versions (`l/<page>`, 100 numbers a page; their notes in `l/notes`). Follow the server's keys when the
 * instance key states that they were replaced.
 *
 * An error here never stops entries from being stored or sent. It sets a warning that stays, since it puts the
 * server's statements in doubt.
 */
import { KeptError } from '../../core/errors.js';
import { verifyNotaryKeyChain } from '../../ledger/statements.js';
import { verifyGrowth, cosignaturesOf, countWitnesses, verifyCheckpoint, pullProofs } from '../../net/proofs.js';
import { readNumbers } from '../../store/feed_numbers.js';
import { updateWitnessList } from './log_witnesses.js';
import { pinKey } from './pins.js';
import type { Placed } from '../../net/proofs.js';
import type { CheckpointRow, LogResponse } from '../../net/api.js';
import type { ServerLink } from '../../net/push.js';
import type { LogCheckpoint, LogPlace, Log as LogFilesLog } from '../../pack/log_files.js';
import type { Timestamp } from '../../ledger/timestamps.js';
import type { Root, FollowedCheckpoint, SeenCheckpoint } from '../../store/root.js';
import type { Receipt } from '../../crypto/signing.js';
import type { NotaryStatement } from '../../ledger/statements.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Open } from '../types.js';

/** A receipt promises a place in the log within twenty minutes. */
const PLACE_PROMISE_MS = 20 * 60 * 1000;
const PLACES_PER_PAGE = 100;

/** A place, and the size of the checkpoint that it is under */
type StoredPlace = Placed & { size: number };

/** Return the log checkpoint last seen, which each version names when it is sealed. */
export function beaconOf(root: Root): { log: string; root: string; size: number } | null {
  return root.log
    ? { log: root.log.note.slice(0, root.log.note.indexOf('\n')), root: root.log.root, size: root.log.size }
    : null;
}

/**
 * Check that the server signs with the pinned key. Nothing is sent to a server with another key.
 * @param response body of `/v1/log`
 * @throws wrong_notary
 */
export function checkKey(open: Open, response: LogResponse) {
  if (typeof response?.log === 'string' && response.log !== open.store.root.account.log)
    throw new KeptError('wrong_notary');
}

/**
 * Take over the server's keys when the instance key has vouched for other keys than the pinned one.
 *
 * [Note: who vouches] The instance key is pinned when the phone first meets the server. A phone that met it before
 * there was one takes the first it sees, and only while that vouches for the key already pinned. A chain of
 * statements that ends elsewhere could come from anyone in between, so the user has to confirm it (server_key.js).
 * @param response body of `/v1/log`
 * @throws wrong_notary
 */
export async function followKeys(open: Open, response: LogResponse) {
  const { account } = open.store.root;
  const statements = Array.isArray(response?.statements) ? response.statements : [];
  const knownCount = account.statements ?? 0;
  if (
    !statements.length ||
    (statements.length === knownCount &&
      account.vouched?.length === knownCount &&
      (statements.at(-1) as NotaryStatement).log === account.log)
  )
    return;
  const keys = await verifyNotaryKeyChain(
    statements,
    account.instance ?? (statements[0] as NotaryStatement).instance,
  ).catch(nullIfUnavailable);
  if (!keys) return; // no Ed25519 here: the pack checks the rest
  const pinnedIndex = keys.findIndex(({ log }) => log === account.log);
  const newest = keys.at(-1);
  if (pinnedIndex < 0 || !newest || (!account.instance && newest.log !== account.log))
    throw new KeptError('wrong_notary');
  await pinKey(open, (pinned) => {
    // Keys that the user accepted are in no statement, and receipts signed with them stay valid.
    const accepted = (pinned.olds ?? []).filter((earlier) => !keys.some(({ log }) => log === earlier.log));
    Object.assign(pinned, {
      instance: (statements[0] as NotaryStatement).instance,
      statements: statements.length,
      vouched: statements,
      notary: newest.pub,
      log: newest.log,
      olds: [...accepted, ...keys.slice(0, -1)],
    });
  });
}

/**
 * Check the log once, after entries were pushed and pulled.
 * @param response body of `/v1/log`
 */
export async function followLog(open: Open, link: ServerLink, response: LogResponse) {
  await updateWitnessList(open, response);
  if (!response?.checkpoint) {
    if (open.store.root.log) await recordLogDoubt(open);
    return;
  }
  try {
    const previous = open.store.root.log ?? null;
    const seen = await verifyCheckpoint(link, response.checkpoint, previous);
    const witnessed = await countWitnesses(link, response, seen);
    await open.store.change((root) => {
      root.log = { ...seen, proved: previous?.proved ?? 0, late: false, ...(witnessed ? { witnessed } : {}) };
    });
    await fetchPlaces(open, link, seen, Number(response.now));
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'log_changed') throw error;
    await recordLogDoubt(open);
  }
}

/** @param now by the server's clock */
async function fetchPlaces(open: Open, link: ServerLink, seen: SeenCheckpoint, now: number) {
  const { store } = open;
  if ((store.root.log as FollowedCheckpoint).proved >= store.root.feed.seq) return;
  const receipts = await readReceiptsAfter(open, (store.root.log as FollowedCheckpoint).proved);
  await pullProofs(
    link,
    seen,
    (store.root.log as FollowedCheckpoint).proved,
    async (placed, lastSeq) => {
      const missing = [...receipts].filter(
        ([, item]) => item.seq <= lastSeq && !placed.some(({ version }) => version === item.version),
      );
      const firstMissing = missing.length ? Math.min(...missing.map(([, { seq }]) => seq)) : lastSeq + 1;
      const pages = await addToPages(
        store,
        placed.map((item) => ({ ...item, size: seen.size })),
      );
      const notes = (await store.readJson<string[]>('l/notes')) ?? [];
      await store.change((root, change) => {
        for (const [name, page] of pages) change.putJson(name, page);
        if (placed.length && !notes.includes(seen.note)) change.putJson('l/notes', [...notes, seen.note]);
        (root.log as FollowedCheckpoint).proved = Math.max(
          (root.log as FollowedCheckpoint).proved,
          Math.min(lastSeq, firstMissing - 1),
        );
        if (missing.some(([, { receipt }]) => receipt && receipt.ts + PLACE_PROMISE_MS < now))
          (root.log as FollowedCheckpoint).late = true;
      });
      for (const { version } of placed) receipts.delete(version);
    },
    (version) => receipts.get(version)?.receipt ?? null,
  );
}

/** Return the stored pages with the new places added. */
async function addToPages(store: Open['store'], placed: StoredPlace[]) {
  const pages: Map<string, StoredPlace[]> = new Map();
  for (const place of placed) {
    const name = `l/${Math.floor((place.seq - 1) / PLACES_PER_PAGE)}`;
    const page = pages.get(name) ?? (await store.readJson<StoredPlace[]>(name)) ?? [];
    if (!page.some(({ seq }) => seq === place.seq)) page.push(place);
    pages.set(name, page);
  }
  return pages;
}

/** Return the receipts of versions numbered above `afterSeq`, by version. */
async function readReceiptsAfter({ store, book }: Open, afterSeq: number) {
  const receipts: Map<string, { seq: number; version: string; receipt: Receipt }> = new Map();
  for (const [seq, record, version] of await readNumbers(store, afterSeq + 1, store.root.feed.seq)) {
    const facts = (await book.meta(record))?.versions.find(({ v }) => v === version);
    if (facts?.receipt) receipts.set(version, { seq, version, receipt: facts.receipt as Receipt });
  }
  return receipts;
}

/**
 * Return `log` of a capsule: the newest timestamped checkpoint, the newest checkpoint, and the place of each version.
 * Null while there is no checkpoint.
 * @param receipts by version
 * @throws log_changed
 */
export async function logForPack(
  link: ServerLink,
  receipts: ReadonlyMap<string, JsonObject>,
): Promise<LogFilesLog | null> {
  const response = await link.api.log();
  if (!response.checkpoint) return null;
  const rows = [response.stamped, response.checkpoint].filter(
    (row, i, candidates) => row && (i === 0 || row.size !== candidates[0]?.size),
  ) as (CheckpointRow & { stamps?: Timestamp[] })[];
  const checkpoints: LogCheckpoint[] = [];
  const places: Map<string, LogPlace> = new Map();
  let previous: SeenCheckpoint | null = null;
  for (const row of rows) {
    const seen = await verifyCheckpoint(link, row, null);
    const path = previous ? await verifyGrowth(link.api, previous, seen) : [];
    const cosignatures = cosignaturesOf(response, seen.size);
    checkpoints.push({
      note: seen.note,
      path,
      size: seen.size,
      stamps: row.stamps ?? [],
      ...(cosignatures.length ? { cosignatures } : {}),
    });
    await pullProofs(
      link,
      seen,
      0,
      async (placed) => {
        for (const { i, path: steps, version } of placed)
          if (!places.has(version) && receipts.has(version))
            places.set(version, { i, path: steps, size: seen.size, version });
      },
      (version) => (receipts.get(version) ?? null) as Receipt | null,
    );
    previous = seen;
  }
  const proofs = [...places.values()].sort((a, b) => (a.version < b.version ? -1 : 1));
  return { authorities: response.authorities, checkpoints, proofs, statements: response.statements };
}

/**
 * Return the same from what is stored on this phone, for a pack made offline: the statements about the server's keys,
 * the newest checkpoint followed, and the places under it. Null while there is no checkpoint. Places under earlier
 * checkpoints are left out: their path to this one is not stored.
 * @param receipts by version
 */
export async function storedLog({ store }: Open, receipts: ReadonlyMap<string, unknown>): Promise<LogFilesLog | null> {
  const { log } = store.root;
  if (!log?.note) return null;
  const pageCount = Math.ceil(store.root.feed.seq / PLACES_PER_PAGE);
  const pages = await store.readJsonMany<StoredPlace[]>(Array.from({ length: pageCount }, (_, i) => `l/${i}`));
  const places = pages
    .flatMap((page) => page ?? [])
    .filter((place) => place.size === log.size && receipts.has(place.version));
  const proofs = places
    .map(({ i, path, size, version }) => ({ i, path, size, version }))
    .sort((a, b) => (a.version < b.version ? -1 : 1));
  return {
    authorities: [],
    checkpoints: [{ note: log.note, path: [], size: log.size, stamps: [] }],
    proofs,
    statements: store.root.account.vouched ?? [],
  };
}

async function recordLogDoubt({ store }: Open) {
  if (!store.root.doubts?.log)
    await store.change((root) => {
      root.doubts = { ...root.doubts, log: true };
    });
}

function nullIfUnavailable(error: unknown): null {
  if (error instanceof KeptError && error.code === 'unavailable') return null;
  throw new KeptError('wrong_notary');
}
