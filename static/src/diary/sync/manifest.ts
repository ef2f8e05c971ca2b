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
import { manifestMatches, firstDifference, manifestEntries, shortCode } from '../../ledger/manifest.js';
import { readNumbers } from '../../store/feed_numbers.js';
import { entryNumbers } from '../index/showing.js';
import type { NumberedVersion } from '../../store/feed_numbers.js';
import type { Root, ManifestProgress } from '../../store/root.js';
import type { Open } from '../types.js';

type DoubtedManifest = NonNullable<Root['manifests_unsure']>[number];
type RememberedManifest = NonNullable<Root['manifests_told']>[number];

const VERSIONS_PER_MANIFEST = 20;
/** Number of manifests remembered, to compare with one that is in doubt. */
const MAX_REMEMBERED = 200;
/** Most versions that one manifest covers: far below what one version may hold. */
const MAX_COVERED = 3000;

export function coverageOf(root: Root): ManifestProgress {
  return root.manifest ?? { record: null, counter: 0, seq: 0, head: b64(firstHead()), due: 0 };
}

/** Count a version that got a number. Manifests do not count, or each would call for the next. */
export function countVersion(root: Root, kind: string) {
  if (kind !== 'manifest') root.manifest = { ...coverageOf(root), due: coverageOf(root).due + 1 };
}

/**
 * Make a manifest due at once, whatever other devices write: it ends their doubt, see [Note: a server that was put
 * back].
 */
export function requestManifest(root: Root) {
  root.manifest_soon = true;
}

/**
 * Make a manifest due for an entry that is or will be erased, unless one names it: a device that joins later has no
 * other way to learn that its number is taken, and would move every later entry up.
 * @param seq the entry's first number in the feed
 */
export function requestNumberOfErased(root: Root, seq: number | null) {
  if (seq !== null && seq > coverageOf(root).seq) requestManifest(root);
}

/** Return whether a manifest that was sent covers this number of the feed. */
export function isInSentManifest(root: Root, seq: number): boolean {
  const { record, seq: lastSeq } = coverageOf(root);
  return seq <= lastSeq && !root.outbox.some((item) => item.record === record);
}

export function isManifestDue(root: Root): boolean {
  return Boolean(root.manifest_soon) || coverageOf(root).due >= VERSIONS_PER_MANIFEST;
}

/**
 * Write what has come since the last manifest, if anything has and the diary is registered.
 * @returns whether a manifest was written
 */
export async function writeManifest(open: Open): Promise<boolean> {
  const { root } = open.store;
  const isNeeded = coverageOf(root).due > 0 || root.manifest_soon;
  if (!root.account.registered || !isNeeded || open.index.isStale || open.index.loading) return false;
  return open.store.change(async (currentRoot, change) => {
    const previous = coverageOf(currentRoot);
    const lastSeq = Math.min(currentRoot.feed.seq, previous.seq + MAX_COVERED);
    const newVersions = await readNumbers(open.store, previous.seq + 1, lastSeq);
    if (newVersions.length !== lastSeq - previous.seq || !newVersions.length) return false;
    const head = headAfter(previous.head, newVersions);
    const counter = previous.counter + 1;
    const batch = open.book.batch(currentRoot, change);
    const { record } = await open.book.stage(batch, {
      kind: 'manifest',
      ...(previous.record ? { record: previous.record } : {}),
      open: manifestFields(open, currentRoot, { counter, upto: lastSeq, head, since: newVersions }),
    });
    currentRoot.manifest = { record, counter, seq: lastSeq, head, due: Math.max(0, currentRoot.feed.seq - lastSeq) };
    if (lastSeq === currentRoot.feed.seq) delete currentRoot.manifest_soon;
    // This device's own manifest does not arrive by the feed, and an earlier one may stay in doubt until it is
    // recorded.
    rememberManifest(currentRoot, counter, lastSeq, head);
    return true;
  });
}

/**
 * @param head b64
 * @returns b64
 */
function headAfter(head: string, newVersions: NumberedVersion[]): string {
  return b64(
    newVersions.reduce(
      (runningHead, [seq, record, version, c, env]) => nextHead(runningHead, { seq, record, version, c, env }),
      unb64(head),
    ),
  );
}

function manifestFields(
  { index, identity }: Open,
  root: Root,
  {
    counter,
    upto: lastSeq,
    head,
    since: newVersions,
  }: { counter: number; upto: number; head: string; since: NumberedVersion[] },
) {
  const numbers = entryNumbers(index.allRows(), root);
  const coveredRecords = new Set(newVersions.map(([, record]) => record));
  const entries = [...numbers].filter(([record]) => (index.findRow(record)?.seq ?? Infinity) <= lastSeq).length;
  return {
    counter,
    seq: lastSeq,
    head,
    entries,
    short_code: shortCode({ entries, head, seq: lastSeq }),
    records: newVersions.map(([, record, version, c]) => [record, version, c]),
    // Those of erased entries too, where no row is left: another manifest may never have named them.
    numbers: [...Object.entries(root.numbered ?? {}).filter(([record]) => !numbers.has(record)), ...numbers].filter(
      ([record]) => coveredRecords.has(record),
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
export async function applyManifests(open: Open, items: { version: string }[]) {
  const manifests = items
    .flatMap(({ version }) => open.book.seen.get(version) ?? [])
    .filter(({ kind, altered }) => kind === 'manifest' && !altered);
  for (const { record, version, fields } of manifests) {
    const { seq, head, counter, records } = fields;
    if (!Number.isSafeInteger(seq) || !Array.isArray(records)) continue;
    const numbers = await readNumbers(open.store, seq - records.length + 1, seq);
    await open.store.change((root) => {
      const previous = coverageOf(root);
      const isNext = previous.seq === seq - records.length;
      const isConsistent = manifestMatches(fields, numbers) && (!isNext || headAfter(previous.head, numbers) === head);
      if (typeof head === 'string') rememberManifest(root, Number(counter) || 0, seq, head);
      if (!isConsistent)
        root.manifests_unsure = [...(root.manifests_unsure ?? []), [record, version] as DoubtedManifest].slice(
          -MAX_REMEMBERED,
        );
      recordErasedNumbers(root, open.index, fields.numbers);
      if (!isConsistent || seq < previous.seq || typeof head !== 'string') return;
      root.manifest = {
        record: previous.record ?? record,
        counter: Math.max(previous.counter, Number(counter) || 0),
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
function rememberManifest(root: Root, counter: number, seq: number, head: string) {
  root.manifests_told = [...(root.manifests_told ?? []), [counter, seq, head] as RememberedManifest].slice(
    -MAX_REMEMBERED,
  );
}

/**
 * Set or clear the warning that a manifest names versions that are missing here: see [Note: a server that was put
 * back].
 * @param open its feed has been read to its end
 */
export async function checkManifests(open: Open) {
  const { store, book } = open;
  const {
    manifests_judged: checkedState,
    feed: { seq },
  } = store.root;
  const doubted = store.root.manifests_unsure ?? [];
  const remembered = store.root.manifests_told ?? [];
  if (!doubted.length || checkedState === `${seq} ${doubted.length}`) return;
  const numberedVersions = await readNumbers(store, 1, seq);
  const stored = new Set(numberedVersions.map(([, record, version, c]) => `${record} ${version} ${c}`));
  const heads = headsAt(numberedVersions, new Set(remembered.map(([, endSeq]) => endSeq)));
  const matching = remembered.filter(([, endSeq, head]) => heads.get(endSeq) === head);
  const stillDoubted: DoubtedManifest[] = [];
  for (const [record, version] of doubted) {
    const fields = (await book.versions(record)).find((manifest) => manifest.version === version)?.fields;
    const isResolved =
      fields &&
      manifestEntries(fields).every((name) => stored.has(name)) &&
      matching.some(
        ([counter, endSeq]) => counter > Number(fields.counter) && endSeq >= firstDifference(fields, numberedVersions),
      );
    if (!isResolved) stillDoubted.push([record, version]);
  }
  await store.change((root) => {
    if (root.feed.seq !== seq) return; // something arrived meanwhile: the next run judges it all
    const { omitted: _omitted, ...others } = root.doubts;
    root.doubts = stillDoubted.length ? { ...others, omitted: true } : others;
    root.manifests_unsure = stillDoubted;
    root.manifests_judged = `${seq} ${stillDoubted.length}`;
  });
}

/**
 * Return the head of this account at the wanted numbers.
 * @param numberedVersions from number 1 on
 * @returns b64
 */
function headsAt(numberedVersions: NumberedVersion[], wantedNumbers: ReadonlySet<number>): Map<number, string> {
  const heads = new Map();
  let head = firstHead();
  for (const [seq, record, version, c, env] of numberedVersions) {
    head = nextHead(head, { seq, record, version, c, env });
    if (wantedNumbers.has(seq)) heads.set(seq, b64(head));
  }
  return heads;
}

/** Record the numbers of entries that were erased before this device joined. */
function recordErasedNumbers(root: Root, index: Open['index'], numbers: unknown) {
  for (const [record, n] of Array.isArray(numbers) ? numbers : []) {
    if (typeof record === 'string' && Number.isSafeInteger(n) && !index.findRow(record))
      root.numbered = { ...root.numbered, [record]: n };
  }
}

/**
 * This phone's account of the diary in a form that two people can compare, and earlier ones as the diary's own
 * manifests recorded them. `at` in ms
 */
type AccountSummary = { entries: number; at: number; code: string };
export async function accountSummaries(open: Open): Promise<{ now: AccountSummary | null; earlier: AccountSummary[] }> {
  const { root } = open.store;
  if (!root.account.registered || root.feed.seq === 0) return { now: null, earlier: [] };
  const entries = [...entryNumbers(open.index.allRows(), root)].filter(
    ([record]) => (open.index.findRow(record)?.seq ?? Infinity) <= root.feed.seq,
  ).length;
  const { record } = coverageOf(root);
  const versions = record ? await open.book.versions(record) : [];
  const earlier = versions
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
