// Keeps the page's files so that it opens with no network. A classic script: module workers came late to Firefox.
//
// [Note: listed files] The server writes FILES into these bytes when it starts (diary/web/precache.py): address to
// SHA-256. It must be in this file: a worker whose own bytes do not change is never replaced, and would serve
// yesterday's modules for ever. A file that does not hash to its listed digest is not kept, and the whole install
// fails, so that two releases are never mixed.
//
// [Note: signed] Where releases are signed off line, KEY is the public half of the key that signs them. A worker
// installs only when the signature of /release.json holds under it and it lists exactly these files. So bytes that
// were changed on the server's disk, and then listed by it as if they were the release, are refused. The worker in
// charge also checks a worker that would replace it before the user is asked about it (`vouch`): signed by the same
// key, and the signed script.
//
// [Note: accepted] A browser puts the newest worker in charge once every page is closed, without asking. So being in
// charge decides nothing here: the release that the user accepted is still the one that is served, page and modules
// alike, from the cache it was kept in, until the user accepts another. Its own list and key are next to its files
// (ACCEPTED), so that a worker of a later release can serve it. No worker can keep a server from sending a worker of
// another kind, which serves what it likes once every page is closed: docs/threats.md says so, and so does the
// screen.
//
// [Note: packed] Files are kept compressed where the browser can (gzip): the page's files are written for people as
// well as browsers, and unpacked they would take two to three times the space on an old phone. Of their headers only
// the type is kept, since all headers together are larger than many a file. The page and the workers (BOUND) keep all
// of theirs, because those limit what they may load. The page, the files that it names and the worker with the keys
// (EARLY) are kept unpacked, so that the first screen waits for no unpacking and the browser may keep compiled code
// with them.
//
// Nothing under /v1/ ever passes through here, and nothing of a diary is ever kept here.
'use strict';

// TypeScript's library types `self` as any kind of worker.
const worker = self as WorkerGlobalScope as ServiceWorkerGlobalScope;

const RELEASE = '@RELEASE@';
const KEY = '@KEY@';
const FILES: Map<string, string> = new Map(
  Object.entries({
    /*@FILES@*/
  }),
);
const EARLY: Set<string> = new Set([
  /*@EARLY@*/
]);
const BOUND: Set<string> = new Set([
  /*@BOUND@*/
]);
const PACKED = 'x-packed';
const CACHE = `app-${RELEASE}`;
// Not an address of the server: only the worker writes this entry.
const ACCEPTED = '/.accepted';
const AT_ONCE = 6;
// A language is kept once it has been chosen, not before: three more would be half the size of the app.
const LANGUAGES = '/static/lang/';
// What lays out the pages of a pack is fetched when a pack is made, checked, and not kept: on a phone that is looked at
// later it would show that a pack was made.
const ENGINE = '/static/engine/';
// What reads the words in a picture is kept once it was wanted, like a language: it must work without a signal. It
// shows that pictures were read, and nothing of them.
const READER = '/static/engine/reader/';
const isFetchedLater = (address: string) => address.startsWith(ENGINE) || address.startsWith(LANGUAGES);
const isNeverKept = (address: string) => address.startsWith(ENGINE) && !address.startsWith(READER);

worker.addEventListener('install', (event) => {
  event.waitUntil(fill());
});

// No skipWaiting on its own: the user decides when the page changes.
worker.addEventListener('message', (event) => {
  if (event.data === 'apply') event.waitUntil(apply().then(() => event.ports[0]?.postMessage(true)));
  if (event.data === 'standing') event.waitUntil(standing().then((word) => event.ports[0]?.postMessage(word)));
  if (event.data === 'vouch') event.waitUntil(vouch().then((word) => event.ports[0]?.postMessage(word)));
  if (event.data === 'refill') event.waitUntil(refill());
  if (event.data === 'stop') stopping.abort();
  if (event.data === 'shared')
    event.waitUntil(takeShared(event.source, event.ports[1]).then((files) => event.ports[0]?.postMessage(files)));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === 'POST' && url.origin === worker.location.origin && url.pathname === '/share')
    return event.respondWith(share(event));
  if (event.request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (url.pathname === '/' && event.request.mode === 'navigate') {
    if (pendingShare) pendingShare.page ??= event.resultingClientId;
    event.respondWith(page());
  } else if (url.pathname === '/' || url.pathname.startsWith('/static/')) event.respondWith(kept(url.pathname));
});

type Accepted = { release: string; key: string; files: Map<string, string>; since: number };

let inForce: Promise<Accepted> | undefined;

/** Return the release that the user accepted last; this worker's own where none ever was. See [Note: accepted]. */
function accepted(): Promise<Accepted> {
  inForce ??= lastAccepted().then((found) => found ?? { release: RELEASE, key: KEY, files: FILES, since: 0 });
  return inForce;
}

async function lastAccepted(): Promise<Accepted | undefined> {
  const found = [];
  for (const name of await caches.keys()) {
    const marked = await (await caches.open(name)).match(ACCEPTED);
    if (marked) found.push(await marked.json());
  }
  const last = found.sort((a, b) => b.since - a.since)[0];
  return last && { ...last, files: new Map(last.files) };
}

/** Make this worker's release the one that is served. */
async function accept() {
  const since = ((await lastAccepted())?.since ?? 0) + 1;
  const told = { release: RELEASE, key: KEY, files: [...FILES], since };
  await (await caches.open(CACHE)).put(
    ACCEPTED,
    new Response(JSON.stringify(told), { headers: { 'content-type': 'application/json' } }),
  );
  inForce = opened = undefined;
}

/**
 * Accept this release, as the user asked. While this worker still waits, the one in charge needs its files until it
 * is replaced: takeOver sweeps then.
 */
async function apply() {
  await accept();
  if (worker.registration.active && !worker.registration.waiting) return sweep();
  await worker.skipWaiting();
}

/** Delete the files of releases that are neither accepted nor this worker's own. */
async function sweep() {
  const { release } = await accepted();
  for (const name of await caches.keys()) if (name !== CACHE && name !== `app-${release}`) await caches.delete(name);
}

/**
 * Return whether this worker holds its own release back for an accepted one, whether the key of the accepted one signed
 * its own, and the name of the accepted one.
 */
async function standing() {
  const { release, key } = await accepted();
  return { isHeld: release !== RELEASE, isSigned: !key || key === KEY, release };
}

// What another app shares with this one, until the page that opens for it has stored it: in memory only, half a minute
// after the last share at most. The page seals it (diary/attachments/locked_capture.js). None of it is ever put into a
// cache or sent to the server. While that page is there no other page gets it: one that is just being replaced would
// take it with it. A page that was reloaded is not there any more, and the next one that asks gets it.
//
// [Note: stored] A phone short of memory may end the page between the answer and the store. So the page says through a
// second port that it has stored the files, or has told the person why not, and only then are they forgotten here. A
// page that ends just before it says so leads to the same file twice, which the person can delete; the other order
// would lose it. A page of an earlier release has no second port: what it is given is forgotten at once.
//
// [Note: an empty share] Some apps and browsers send a share without its file. If the person is not told, the
// screenshot is lost. So the worker answers the page with a text in place of a list. A page of an earlier release
// treats that as nothing shared. A page that asks after the half minute gets the same answer. If the browser stops this
// worker before that, the share is lost and nobody is told.
const SHARED = 30_000;
const EMPTY_SHARE = 'empty';
/** `page`: the id of the page that opens for it; null until that page is fetched */
type PendingShare = { files: File[]; page: string | null };
let pendingShare: PendingShare | null = null;

async function share(event: FetchEvent): Promise<Response> {
  const form = await event.request.formData().catch(() => new FormData()); // a form that was cut off
  const said = ['t', 'x', 'u'].map((name) => form.get(name)).filter((text) => typeof text === 'string' && text.trim());
  const files = form.getAll('f').filter((file): file is File => file instanceof File);
  const own: PendingShare = {
    // An empty field has a file without a name.
    files: [...(pendingShare?.files ?? []), ...files.filter(({ name, size }) => name || size)],
    page: null,
  };
  if (said.length) own.files.push(new File([said.join('\n')], 'note-shared.txt', { type: 'text/plain' }));
  pendingShare = own;
  event.waitUntil(
    new Promise<void>((resolve) => {
      setTimeout(() => {
        own.files = [];
        resolve();
      }, SHARED);
    }),
  );
  return Response.redirect('/', 303);
}

/**
 * Return what was shared with the page that asks; an empty list if nothing was.
 * @param stored the port on which the page says that it is done with them: see [Note: stored]
 */
async function takeShared(
  asking: ExtendableMessageEvent['source'],
  stored: MessagePort | undefined,
): Promise<File[] | typeof EMPTY_SHARE> {
  const asked = pendingShare;
  if (!asked || asked.page === null || !(asking instanceof Client)) return [];
  const page = asked.page && (await worker.clients.get(asked.page));
  if ((page && page.id !== asking.id) || pendingShare !== asked) return [];
  const { files } = asked;
  if (stored) stored.onmessage = () => forgetShared(asked, files);
  else forgetShared(asked, files);
  return files.length ? files : EMPTY_SHARE;
}

/** Forget what a page has stored. A share that came meanwhile took these files along, and keeps its own. */
function forgetShared(share: PendingShare, files: File[]) {
  if (pendingShare === share) pendingShare = null;
  else if (pendingShare) pendingShare.files = pendingShare.files.filter((file) => !files.includes(file));
}

type List = { files: [string, string][]; worker: string };

/**
 * Return the list in /release.json, when its signature holds under KEY: see [Note: signed]. A browser without Ed25519
 * can compare the lists alone.
 */
async function signed() {
  const response = await fetch('/release.json', { cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
  if (!response.ok) throw new Error('not there');
  return listOf(await response.text(), KEY);
}

/** Parse a signed list of files. Throws when the signature does not hold. */
async function listOf(text: string, key: string): Promise<List> {
  // The signature covers the canonical JSON without `sig`: the same bytes with that member taken out.
  const [, before, sig, after] = /^(\{.*),"sig":"([\w-]{86})"(,.*\})\n?$/s.exec(text) ?? [];
  if (!before || !sig || !after) throw new Error('not a list');
  const said = before + after;
  if (!(await holds(bytesOf(key), bytesOf(sig), new TextEncoder().encode(said)))) throw new Error('not signed');
  const told = JSON.parse(said);
  const isList =
    JSON.stringify(told) === said && Object.keys(told).join() === 'digest,files,t,worker' && told.t === 'release/v1';
  if (!isList || new Set(told.files.map(([address]: [string, string]) => address)).size !== told.files.length)
    throw new Error('not a list');
  return told;
}

async function holds(
  raw: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const name = 'Ed25519';
  try {
    return await crypto.subtle.verify(
      { name },
      await crypto.subtle.importKey('raw', raw, { name }, false, ['verify']),
      signature,
      message,
    );
  } catch (error) {
    return error instanceof DOMException && error.name === 'NotSupportedError';
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
}

/**
 * Return whether the worker that waits to replace this one is signed by the same key: true, false, or null where that
 * could not be checked.
 */
async function vouch(): Promise<boolean | null> {
  const { key } = await accepted();
  if (!key) return true;
  const get = (address: string) => fetch(address, { cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
  try {
    const [list, script] = await Promise.all([get('/release.json'), get('/sw.js')]);
    if (!script.ok || list.status >= 500) return null;
    const bytes = await script.arrayBuffer();
    return (
      list.ok &&
      (await listOf(await list.text(), key).then(
        async ({ worker }) => worker === (await sha256(bytes)),
        () => false,
      ))
    );
  } catch {
    return null;
  }
}

async function fill() {
  if (KEY) {
    const listed = new Map((await signed()).files);
    if (listed.size !== FILES.size || [...FILES].some(([address, digest]) => listed.get(address) !== digest))
      throw new Error('not what was signed');
  }
  const cache = await caches.open(CACHE);
  const used = await addressesInUse();
  const waiting = [...FILES].filter(
    ([address]) => !isFetchedLater(address) || (!isNeverKept(address) && used.has(address)),
  );
  const one = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (stopping.signal.aborted) throw new Error('to be removed');
      if (!(await cache.match(next[0]))) await keep(cache, next[0], await checked(...next));
    }
  };
  // All are waited for, so that none is kept after the install has failed: the page may have deleted the cache by then.
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, one));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

// The page removes this worker while it installs (removeWorkers in app/registration.js).
const stopping = new AbortController();

/**
 * Fill the cache again where the browser has deleted all of it, or where filling it again was cut short. Only a page
 * that is to be kept asks for this.
 */
async function refill() {
  if ((await accepted()).release !== RELEASE) return;
  if ((await caches.has(CACHE)) && (await (await caches.open(CACHE)).match(ACCEPTED))) return;
  await fill();
  await accept();
}

/** Return the addresses that earlier releases keep: a user of another language keeps it after an update. */
async function addressesInUse(): Promise<Set<string>> {
  const used: Set<string> = new Set();
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) used.add(new URL(url).pathname);
  }
  return used;
}

/** Fetch an address, and check that its bytes are the listed ones. */
async function checked(address: string, digest: string | undefined): Promise<Response> {
  const cache = address.startsWith(ENGINE) ? 'no-store' : 'no-cache';
  const { signal } = stopping;
  const response = await fetch(address, { cache, credentials: 'same-origin', redirect: 'error', signal });
  if (!response.ok) throw new Error('not there');
  if ((await sha256(await response.clone().arrayBuffer())) !== digest) throw new Error('not the listed bytes');
  return response;
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** Put a response into the cache, packed where that helps: see [Note: packed]. */
async function keep(cache: Cache, address: string, response: Response): Promise<void> {
  const isEarly = EARLY.has(address);
  if (isEarly && BOUND.has(address)) return cache.put(address, response);
  const type = response.headers.get('content-type') ?? '';
  const headers = new Headers(BOUND.has(address) ? response.headers : { 'content-type': type });
  // They describe the bytes as they were sent.
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  headers.set('x-content-type-options', 'nosniff');
  if (
    !response.body ||
    isEarly ||
    type.startsWith('image/png') ||
    !globalThis.CompressionStream ||
    !globalThis.DecompressionStream
  ) {
    return cache.put(address, new Response(response.body, { headers }));
  }
  headers.set(PACKED, 'gzip');
  const bytes = await new Response(response.body.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  return cache.put(address, new Response(bytes, { headers }));
}

/** Return a response as it came from the network, packed in the cache or not. */
function unpacked(found: Response): Response {
  if (!found.headers.has(PACKED) || !found.body) return found;
  const headers = new Headers(found.headers);
  headers.delete(PACKED);
  headers.set('x-content-type-options', 'nosniff'); // missing in what earlier releases packed
  return new Response(found.body.pipeThrough(new DecompressionStream('gzip')), { headers });
}

let opened: Promise<Cache | null> | undefined;

/**
 * Return the cache of the accepted release, or null if there is none. The cache is opened only once, because a page
 * requests about thirty files at the same time. Opening a cache that does not exist would create it. That must not
 * happen on a borrowed device, where a worker that is no longer registered still answers the open pages.
 */
function cacheInForce() {
  opened ??= accepted().then(async ({ release }) =>
    (await caches.has(`app-${release}`)) ? caches.open(`app-${release}`) : null,
  );
  return opened;
}

/**
 * Return the page itself. If it is lost here and no longer served, its keeper would be locked out: only then the
 * worker's own page replaces it.
 */
async function page(): Promise<Response> {
  try {
    return await kept('/');
  } catch (error) {
    if ((await accepted()).release === RELEASE || !(await (await caches.open(CACHE)).match('/'))) throw error;
    await accept();
    return kept('/');
  }
}

/**
 * Serve from the cache; from the network, checked and kept again, when the browser has evicted it. Nothing is kept
 * where the whole cache is gone (refill).
 */
async function kept(address: string): Promise<Response> {
  const { files } = await accepted();
  if (!files.has(address)) return Response.error();
  const cache = await cacheInForce();
  const found = await cache?.match(address);
  if (found) return unpacked(found);
  const fresh = await checked(address, files.get(address));
  if (!cache || isNeverKept(address)) return fresh;
  await keep(cache, address, fresh.clone());
  return fresh;
}

async function takeOver() {
  if (stopping.signal.aborted) return;
  // The first worker of an install, or the first that marks what was accepted: nothing it could serve is being
  // replaced.
  if (!(await lastAccepted())) await accept();
  await sweep();
  await worker.clients.claim();
}
