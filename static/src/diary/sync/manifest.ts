/**
 * Write the manifest, and check the server against the manifests of the keeper's other devices.
 *
 * A new version is written after every 20 versions, and at the lock if anything came since. Each covers the numbers
 * given since the one before, so it stays small however long the diary grows. Two devices that write at once leave
 * two heads; the next manifest follows both.
 *
 * [Note: a server that was put back] Such a server gets what it lost again, after newer versions. Numbers that a
 * manifest names then belong to other versions, and the manifest too is sent again. It is neither believed nor
 * doubted any more once everything it names is there, under whatever number, and a later manifest (a higher counter,
 * written after "send again") holds for the whole account up to a number that the earlier one names. Only one of the
 * keeper's devices can write that one. So manifests are judged when the feed has been read to its end; a version left
 * out stays missing.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { firstHead, nextHead } from '../../ledger/heads.js';
import { agrees, firstDiffering, namedIn, shortCode } from '../../ledger/manifest.js';
import { numbered } from '../../store/feed_numbers.js';
import { entryNumbers } from '../index/showing.js';
import type { Numbered } from '../../store/feed_numbers.js';
import type { Root, Covered } from '../../store/root.js';
import type { Open } from '../types.js';

type Unsure = NonNullable<Root['manifests_unsure']>[number];
type Told = NonNullable<Root['manifests_told']>[number];

const EVERY = 20;
/** Number of manifests remembered, to compare with one that is in doubt. */
const REMEMBERED = 200;
/** Most versions that one manifest covers: far below what one version may hold. */
const MOST = 3000;

export function covered(root: Root): Covered {
  return root.manifest ?? { record: null, counter: 0, seq: 0, head: b64(firstHead()), due: 0 };
}

/** Count a version that got a number. Manifests do not count, or each would call for the next. */
export function countTowards(root: Root, kind: string) {
  if (kind !== 'manifest') root.manifest = { ...covered(root), due: covered(root).due + 1 };
}

/**
 * Make a manifest due at once, whatever other devices write: it ends their doubt, see [Note: a server that was put
 * back].
 */
export function writeSoon(root: Root) {
  root.manifest_soon = true;
}

export function isDue(root: Root): boolean {
  return Boolean(root.manifest_soon) || covered(root).due >= EVERY;
}

/**
 * Write what has come since the last manifest, if anything has and the diary is registered.
 * @returns whether a manifest was written
 */
export async function writeManifest(open: Open): Promise<boolean> {
  const { root } = open.store;
  const isWanted = covered(root).due > 0 || root.manifest_soon;
  if (!root.account.registered || !isWanted || open.index.differs || open.index.loading) return false;
  return open.store.change(async (next, change) => {
    const before = covered(next);
    const upto = Math.min(next.feed.seq, before.seq + MOST);
    const since = await numbered(open.store, before.seq + 1, upto);
    if (since.length !== upto - before.seq || !since.length) return false;
    const head = headAfter(before.head, since);
    const counter = before.counter + 1;
    const batch = open.book.batch(next, change);
    const { record } = await open.book.stage(batch, {
      kind: 'manifest',
      ...(before.record ? { record: before.record } : {}),
      open: contents(open, next, { counter, upto, head, since }),
    });
    next.manifest = { record, counter, seq: upto, head, due: Math.max(0, next.feed.seq - upto) };
    if (upto === next.feed.seq) delete next.manifest_soon;
    // This device's own manifest does not arrive by the feed, and an earlier one may stay in doubt until it is
    // recorded.
    tellOf(next, counter, upto, head);
    return true;
  });
}

/**
 * @param head b64
 * @returns b64
 */
function headAfter(head: string, since: Numbered[]): string {
  return b64(
    since.reduce(
      (so_far, [seq, record, version, c, env]) => nextHead(so_far, { seq, record, version, c, env }),
      unb64(head),
    ),
  );
}

function contents(
  { index, identity }: Open,
  root: Root,
  { counter, upto, head, since }: { counter: number; upto: number; head: string; since: Numbered[] },
) {
  const numbers = entryNumbers(index.all(), root);
  const came = new Set(since.map(([, record]) => record));
  const entries = [...numbers].filter(([record]) => (index.find(record)?.seq ?? Infinity) <= upto).length;
  return {
    counter,
    seq: upto,
    head,
    entries,
    short_code: shortCode({ entries, head, seq: upto }),
    records: since.map(([, record, version, c]) => [record, version, c]),
    // Those of erased entries too, where no row is left: another manifest may never have named them.
    numbers: [...Object.entries(root.numbered ?? {}).filter(([record]) => !numbers.has(record)), ...numbers].filter(
      ([record]) => came.has(record),
    ),
    lines: [
      ...Object.entries(root.lines).map(([device, { n, c }]) => [device, n, c]),
      [identity.device, root.line.n, root.line.prev],
    ],
    ...(root.checkpoint ? { checkpoint: root.checkpoint } : {}),
  };
}

/**
 * Process the manifests among the versions that arrived: record how far they go, and whether each agrees with what
 * the server has shown here.
 * @param items already applied
 */
export async function heedManifests(open: Open, items: { version: string }[]) {
  const manifests = items
    .flatMap(({ version }) => open.book.seen.get(version) ?? [])
    .filter(({ kind, altered }) => kind === 'manifest' && !altered);
  for (const { record, version, fields } of manifests) {
    const { seq, head, counter, records } = fields;
    if (!Number.isSafeInteger(seq) || !Array.isArray(records)) continue;
    const known = await numbered(open.store, seq - records.length + 1, seq);
    await open.store.change((root) => {
      const before = covered(root);
      const isNext = before.seq === seq - records.length;
      const isTold = agrees(fields, known) && (!isNext || headAfter(before.head, known) === head);
      if (typeof head === 'string') tellOf(root, Number(counter) || 0, seq, head);
      if (!isTold)
        root.manifests_unsure = [...(root.manifests_unsure ?? []), [record, version] as Unsure].slice(-REMEMBERED);
      noteNumbers(root, open.index, fields.numbers);
      if (!isTold || seq < before.seq || typeof head !== 'string') return;
      root.manifest = {
        record: before.record ?? record,
        counter: Math.max(before.counter, Number(counter) || 0),
        seq,
        head,
        due: Math.max(0, root.feed.seq - seq - 1),
      };
    });
  }
}

/**
 * Remember a manifest's statement about the account, to compare with earlier ones.
 * @param head b64
 */
function tellOf(root: Root, counter: number, seq: number, head: string) {
  root.manifests_told = [...(root.manifests_told ?? []), [counter, seq, head] as Told].slice(-REMEMBERED);
}

/**
 * Set or clear the warning that a manifest names versions that are missing here: see [Note: a server that was put
 * back].
 * @param open its feed has been read to its end
 */
export async function judgeManifests(open: Open) {
  const { store, book } = open;
  const {
    manifests_judged: judged,
    feed: { seq },
  } = store.root;
  const unsure = store.root.manifests_unsure ?? [];
  const told = store.root.manifests_told ?? [];
  if (!unsure.length || judged === `${seq} ${unsure.length}`) return;
  const known = await numbered(store, 1, seq);
  const here = new Set(known.map(([, record, version, c]) => `${record} ${version} ${c}`));
  const heads = headsAt(known, new Set(told.map(([, at]) => at)));
  const holding = told.filter(([, at, head]) => heads.get(at) === head);
  const standing: Unsure[] = [];
  for (const [record, version] of unsure) {
    const fields = (await book.versions(record)).find((one) => one.version === version)?.fields;
    const isOver =
      fields &&
      namedIn(fields).every((name) => here.has(name)) &&
      holding.some(([counter, at]) => counter > Number(fields.counter) && at >= firstDiffering(fields, known));
    if (!isOver) standing.push([record, version]);
  }
  await store.change((root) => {
    if (root.feed.seq !== seq) return; // something arrived meanwhile: the next run judges it all
    const { omitted: _omitted, ...others } = root.doubts;
    root.doubts = standing.length ? { ...others, omitted: true } : others;
    root.manifests_unsure = standing;
    root.manifests_judged = `${seq} ${standing.length}`;
  });
}

/**
 * Return the head of this account at the wanted numbers.
 * @param numberedVersions from number 1 on
 * @returns b64
 */
function headsAt(known: Numbered[], wanted: ReadonlySet<number>): Map<number, string> {
  const heads = new Map();
  let head = firstHead();
  for (const [seq, record, version, c, env] of known) {
    head = nextHead(head, { seq, record, version, c, env });
    if (wanted.has(seq)) heads.set(seq, b64(head));
  }
  return heads;
}

/** Record the numbers of entries that were erased before this device joined. */
function noteNumbers(root: Root, index: Open['index'], numbers: unknown) {
  for (const [record, n] of Array.isArray(numbers) ? numbers : []) {
    if (typeof record === 'string' && Number.isSafeInteger(n) && !index.find(record))
      root.numbered = { ...root.numbered, [record]: n };
  }
}

/**
 * This phone's account of the diary in a form that two people can compare, and earlier ones as the diary's own
 * manifests recorded them. `at` in ms
 */
type Account = { entries: number; at: number; code: string };
export async function accounts(open: Open): Promise<{ now: Account | null; earlier: Account[] }> {
  const { root } = open.store;
  if (!root.account.registered || root.feed.seq === 0) return { now: null, earlier: [] };
  const entries = [...entryNumbers(open.index.all(), root)].filter(
    ([record]) => (open.index.find(record)?.seq ?? Infinity) <= root.feed.seq,
  ).length;
  const { record } = covered(root);
  const written = record ? await open.book.versions(record) : [];
  const earlier = written
    .filter(({ altered }) => !altered)
    .map(({ fields }) => ({
      entries: Number(fields.entries),
      at: Number(fields._clock?.utc ?? 0),
      code: String(fields.short_code ?? ''),
    }));
  return {
    now: { entries, at: open.book.clock.now(), code: shortCode({ entries, head: root.feed.head, seq: root.feed.seq }) },
    earlier: earlier.reverse(),
  };
}
