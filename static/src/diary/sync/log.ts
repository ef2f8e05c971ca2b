/**
 * Follow the public log. Compare the newest checkpoint with the last one seen. Check and store the places of the
 * diary's own versions (`l/<page>`, 100 numbers a page; their notes in `l/notes`). Follow the server's keys when the
 * instance key states that they were replaced.
 *
 * An error here never stops entries from being stored or sent. It sets a warning that stays, since it puts the
 * server's statements in doubt.
 */
import { KeptError } from '../../core/errors.js';
import { keyChain } from '../../ledger/statements.js';
import { checkGrown, cosignaturesOf, countWitnesses, judgeCheckpoint, pullProofs } from '../../net/proofs.js';
import { numbered } from '../../store/feed_numbers.js';
import { heedWitnessList } from './log_witnesses.js';
import { pinKey } from './pins.js';
import type { Placed } from '../../net/proofs.js';
import type { LogRow, LogAnswer } from '../../net/api.js';
import type { Link } from '../../net/push.js';
import type { LogCheckpoint, LogPlace, Log as LogFilesLog } from '../../pack/log_files.js';
import type { Stamp } from '../../ledger/timestamps.js';
import type { Root, FollowedLog, SeenLog } from '../../store/root.js';
import type { Receipt } from '../../crypto/signing.js';
import type { NotaryStatement } from '../../ledger/statements.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Open } from '../types.js';

/** A receipt promises a place in the log within twenty minutes. */
const PROMISE = 20 * 60 * 1000;
const PAGE = 100;

/** A place, and the size of the checkpoint that it is under */
type KeptPlace = Placed & { size: number };

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
export function checkKey(open: Open, told: LogAnswer) {
  if (typeof told?.log === 'string' && told.log !== open.store.root.account.log) throw new KeptError('wrong_notary');
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
export async function followKeys(open: Open, told: LogAnswer) {
  const { account } = open.store.root;
  const statements = Array.isArray(told?.statements) ? told.statements : [];
  const known = account.statements ?? 0;
  if (
    !statements.length ||
    (statements.length === known &&
      account.vouched?.length === known &&
      (statements.at(-1) as NotaryStatement).log === account.log)
  )
    return;
  const keys = await keyChain(statements, account.instance ?? (statements[0] as NotaryStatement).instance).catch(
    orNothing,
  );
  if (!keys) return; // no Ed25519 here: the pack checks the rest
  const at = keys.findIndex(({ log }) => log === account.log);
  const newest = keys.at(-1);
  if (at < 0 || !newest || (!account.instance && newest.log !== account.log)) throw new KeptError('wrong_notary');
  await pinKey(open, (pinned) => {
    // Keys that the user accepted are in no statement, and receipts signed with them stay valid.
    const accepted = (pinned.olds ?? []).filter((old) => !keys.some(({ log }) => log === old.log));
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
export async function followLog(open: Open, link: Link, told: LogAnswer) {
  await heedWitnessList(open, told);
  if (!told?.checkpoint) {
    if (open.store.root.log) await doubt(open);
    return;
  }
  try {
    const before = open.store.root.log ?? null;
    const seen = await judgeCheckpoint(link, told.checkpoint, before);
    const witnessed = await countWitnesses(link, told, seen);
    await open.store.change((root) => {
      root.log = { ...seen, proved: before?.proved ?? 0, late: false, ...(witnessed ? { witnessed } : {}) };
    });
    await placesOf(open, link, seen, Number(told.now));
  } catch (error) {
    if (!(error instanceof KeptError) || error.code !== 'log_changed') throw error;
    await doubt(open);
  }
}

/** @param now by the server's clock */
async function placesOf(open: Open, link: Link, seen: SeenLog, now: number) {
  const { store } = open;
  if ((store.root.log as FollowedLog).proved >= store.root.feed.seq) return;
  const receipts = await receiptsAfter(open, (store.root.log as FollowedLog).proved);
  await pullProofs(
    link,
    seen,
    (store.root.log as FollowedLog).proved,
    async (placed, to) => {
      const missing = [...receipts].filter(
        ([, one]) => one.seq <= to && !placed.some(({ version }) => version === one.version),
      );
      const first = missing.length ? Math.min(...missing.map(([, { seq }]) => seq)) : to + 1;
      const pages = await pagesWith(
        store,
        placed.map((one) => ({ ...one, size: seen.size })),
      );
      const notes = (await store.readJson<string[]>('l/notes')) ?? [];
      await store.change((root, change) => {
        for (const [name, page] of pages) change.putJson(name, page);
        if (placed.length && !notes.includes(seen.note)) change.putJson('l/notes', [...notes, seen.note]);
        (root.log as FollowedLog).proved = Math.max((root.log as FollowedLog).proved, Math.min(to, first - 1));
        if (missing.some(([, { receipt }]) => receipt && receipt.ts + PROMISE < now))
          (root.log as FollowedLog).late = true;
      });
      for (const { version } of placed) receipts.delete(version);
    },
    (version) => receipts.get(version)?.receipt ?? null,
  );
}

/** Return the stored pages with the new places added. */
async function pagesWith(store: Open['store'], placed: KeptPlace[]) {
  const pages: Map<string, KeptPlace[]> = new Map();
  for (const one of placed) {
    const name = `l/${Math.floor((one.seq - 1) / PAGE)}`;
    const page = pages.get(name) ?? (await store.readJson<KeptPlace[]>(name)) ?? [];
    if (!page.some(({ seq }) => seq === one.seq)) page.push(one);
    pages.set(name, page);
  }
  return pages;
}

/** Return the receipts of versions numbered above `afterSeq`, by version. */
async function receiptsAfter({ store, book }: Open, after: number) {
  const found: Map<string, { seq: number; version: string; receipt: Receipt }> = new Map();
  for (const [seq, record, version] of await numbered(store, after + 1, store.root.feed.seq)) {
    const facts = (await book.meta(record))?.versions.find(({ v }) => v === version);
    if (facts?.receipt) found.set(version, { seq, version, receipt: facts.receipt as Receipt });
  }
  return found;
}

/**
 * Return `log` of a capsule: the newest timestamped checkpoint, the newest checkpoint, and the place of each version.
 * Null while there is no checkpoint.
 * @param receipts by version
 * @throws log_changed
 */
export async function logForPack(
  _open: Open,
  link: Link,
  receipts: ReadonlyMap<string, JsonObject>,
): Promise<LogFilesLog | null> {
  const told = await link.api.log();
  if (!told.checkpoint) return null;
  const wanted = [told.stamped, told.checkpoint].filter(
    (row, i, all) => row && (i === 0 || row.size !== all[0]?.size),
  ) as (LogRow & { stamps?: Stamp[] })[];
  const checkpoints: LogCheckpoint[] = [];
  const places: Map<string, LogPlace> = new Map();
  let before: SeenLog | null = null;
  for (const row of wanted) {
    const seen = await judgeCheckpoint(link, row, null);
    const path = before ? await checkGrown(link.api, before, seen) : [];
    const cosignatures = cosignaturesOf(told, seen.size);
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
    before = seen;
  }
  const proofs = [...places.values()].sort((a, b) => (a.version < b.version ? -1 : 1));
  return { authorities: told.authorities, checkpoints, proofs, statements: told.statements };
}

/**
 * Return the same from what is stored on this phone, for a pack made offline: the statements about the server's keys,
 * the newest checkpoint followed, and the places under it. Null while there is no checkpoint. Places under earlier
 * checkpoints are left out: their path to this one is not stored.
 * @param receipts by version
 */
export async function keptLog({ store }: Open, receipts: ReadonlyMap<string, unknown>): Promise<LogFilesLog | null> {
  const { log } = store.root;
  if (!log?.note) return null;
  const last = Math.ceil(store.root.feed.seq / PAGE);
  const pages = await store.readJsonMany<KeptPlace[]>(Array.from({ length: last }, (_, i) => `l/${i}`));
  const places = pages
    .flatMap((page) => page ?? [])
    .filter((one) => one.size === log.size && receipts.has(one.version));
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

async function doubt({ store }: Open) {
  if (!store.root.doubts?.log)
    await store.change((root) => {
      root.doubts = { ...root.doubts, log: true };
    });
}

function orNothing(error: unknown): null {
  if (error instanceof KeptError && error.code === 'unavailable') return null;
  throw new KeptError('wrong_notary');
}
