// The page's files, kept so that it opens with no network. A classic script: module workers came late to Firefox.
//
// [Note: listed files] FILES is written into these bytes by the server when it starts (diary/web/precache.py): address
// to SHA-256. It must stand in this file: a worker whose own bytes do not change is never replaced, and would serve
// yesterday's modules for ever. A file that does not hash to what is listed is not kept, and the whole install fails,
// so that two releases are never mixed.
//
// [Note: signed] Where releases are signed off line, KEY is the public half of the key that signs them. A worker
// installs only when /release.json holds under it and lists exactly these files: bytes that were changed on the
// server's disk, and then listed by it as if they were the release, are refused. The worker in charge also looks at
// whatever would take its place before anybody is asked about it (`vouch`): signed by the same key, and the script that
// was signed.
//
// [Note: accepted] A browser puts the newest worker in charge once every page is closed, and asks nobody. So being in
// charge decides nothing here: the release that a person accepted stays the one that is served, page and modules alike,
// from the cache it was kept in, until a person accepts another. Its own list and key lie beside its files (ACCEPTED),
// so that a worker of a later release can serve it. What no worker can do is keep a server from sending a worker of
// another kind, which serves what it likes once every page is closed: docs/threats.md says so, and so does the screen.
//
// [Note: packed] What is kept lies packed where the browser can pack (gzip): the page's files are read by people as
// well as browsers, and as they are they would take two to three times the room on an old phone. Of their headers only
// the type is kept, which all together are larger than many a file; the page and the worker with the keys (BOUND) keep
// theirs, for a browser asks of those two what they may load. Unpacked lie (EARLY) these two and what the page itself
// names, so that the first screen waits for no unpacking and the browser may keep compiled code beside it.
//
// Nothing under /v1/ ever passes through here, and nothing of a diary is ever kept here.
'use strict';

// The library of types knows `self` as any kind of worker.
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
// No address of the server's: what lies here is written by the worker alone.
const ACCEPTED = '/.accepted';
const AT_ONCE = 6;
// A language is kept once it has been chosen, not before: three more would be half the size of the app.
const LANGUAGES = '/static/lang/';

worker.addEventListener('install', (event) => {
  event.waitUntil(fill());
});

// No skipWaiting of its own accord: the person decides when the page changes.
worker.addEventListener('message', (event) => {
  if (event.data === 'apply') event.waitUntil(apply().then(() => event.ports[0]?.postMessage(true)));
  if (event.data === 'standing') event.waitUntil(standing().then((word) => event.ports[0]?.postMessage(word)));
  if (event.data === 'vouch') event.waitUntil(vouch().then((word) => event.ports[0]?.postMessage(word)));
  if (event.data === 'shared') event.ports[0]?.postMessage(shared.splice(0));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === 'POST' && url.origin === worker.location.origin && url.pathname === '/share') {
    event.waitUntil(new Promise((over) => setTimeout(() => over(shared.splice(0)), SHARED)));
    return event.respondWith(share(event.request));
  }
  if (event.request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (url.pathname === '/' && event.request.mode === 'navigate') event.respondWith(page());
  else if (url.pathname === '/' || url.pathname.startsWith('/static/')) event.respondWith(kept(url.pathname));
});

type Accepted = { release: string; key: string; files: Map<string, string>; since: number };

let inForce: Promise<Accepted> | undefined;

/** The release that a person accepted last; this worker's own where none ever was. See [Note: accepted]. */
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

/** This worker's release becomes the one that is served. */
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
 * A person said so. Where this worker still waits, the one in charge needs its files until it is relieved: takeOver
 * sweeps then.
 */
async function apply() {
  await accept();
  if (worker.registration.active && !worker.registration.waiting) return sweep();
  await worker.skipWaiting();
}

/** Away with the files of releases that are neither accepted nor this worker's own. */
async function sweep() {
  const { release } = await accepted();
  for (const name of await caches.keys()) if (name !== CACHE && name !== `app-${release}`) await caches.delete(name);
}

/**
 * Whether this worker holds its own release back for an accepted one, and whether the key of the accepted one signed
 * its own.
 */
async function standing() {
  const { release, key } = await accepted();
  return { isHeld: release !== RELEASE, isSigned: !key || key === KEY };
}

// What another app shares with this one, until the page that opens for it asks: in memory only, half a minute at most.
// The page seals it (diary/attachments/capturing.js); nothing of it is ever put into a cache, and none of it goes to
// the server.
const SHARED = 30_000;
const shared: File[] = [];

async function share(request: Request): Promise<Response> {
  const form = await request.formData();
  const said = ['t', 'x', 'u'].map((name) => form.get(name)).filter((text) => typeof text === 'string' && text.trim());
  shared.push(...form.getAll('f').filter((file): file is File => file instanceof File));
  if (said.length) shared.push(new File([said.join('\n')], 'note-shared.txt', { type: 'text/plain' }));
  return Response.redirect('/', 303);
}

type List = { files: [string, string][]; worker: string };

/**
 * What /release.json lists, when it holds under KEY: see [Note: signed]. A browser without Ed25519 can compare the
 * lists alone.
 */
async function signed() {
  const response = await fetch('/release.json', { cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
  if (!response.ok) throw new Error('not there');
  return listOf(await response.text(), KEY);
}

/** A signed list of files. Throws for one whose signature does not hold. */
async function listOf(text: string, key: string): Promise<List> {
  // What is signed is the canonical JSON without `sig`: the same bytes with that member taken out.
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
 * Whether what waits to take this worker's place is signed by the same key: true, false, or null where that could not
 * be asked.
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
  const waiting = [...FILES].filter(([address]) => !address.startsWith(LANGUAGES) || used.has(address));
  const one = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (!(await cache.match(next[0]))) await keep(cache, next[0], await checked(...next));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** What earlier releases keep: whoever reads another language goes on reading it after an update. */
async function addressesInUse(): Promise<Set<string>> {
  const used: Set<string> = new Set();
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) used.add(new URL(url).pathname);
  }
  return used;
}

/** The response at an address, if its bytes are the listed ones. */
async function checked(address: string, digest: string | undefined): Promise<Response> {
  const response = await fetch(address, { cache: 'no-cache', credentials: 'same-origin', redirect: 'error' });
  if (!response.ok) throw new Error('not there');
  if ((await sha256(await response.clone().arrayBuffer())) !== digest) throw new Error('not the listed bytes');
  return response;
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** Into the cache, packed where that helps: see [Note: packed]. */
async function keep(cache: Cache, address: string, response: Response): Promise<void> {
  if (BOUND.has(address)) return cache.put(address, response);
  const type = response.headers.get('content-type') ?? '';
  const headers = { 'content-type': type, 'x-content-type-options': 'nosniff' };
  if (
    !response.body ||
    EARLY.has(address) ||
    type.startsWith('image/png') ||
    !globalThis.CompressionStream ||
    !globalThis.DecompressionStream
  ) {
    return cache.put(address, new Response(response.body, { headers }));
  }
  const bytes = await new Response(response.body.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  return cache.put(address, new Response(bytes, { headers: { 'content-type': type, [PACKED]: 'gzip' } }));
}

/** As it came from the network, whichever way it lies in the cache. */
function unpacked(found: Response): Response {
  if (!found.headers.has(PACKED) || !found.body) return found;
  const headers = { 'content-type': found.headers.get('content-type') ?? '', 'x-content-type-options': 'nosniff' };
  return new Response(found.body.pipeThrough(new DecompressionStream('gzip')), { headers });
}

let opened: Promise<Cache> | undefined;

/**
 * The cache of the accepted release, opened once for as long as the worker runs: a page asks for thirty files at once.
 */
function cacheInForce() {
  opened ??= accepted().then(({ release }) => caches.open(`app-${release}`));
  return opened;
}

/**
 * The page itself. One that is lost here and is served no more would shut its keeper out: only then the worker's own
 * takes its place.
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

/** From the cache; from the network, checked and kept again, when the browser has thrown it away. */
async function kept(address: string): Promise<Response> {
  const { files } = await accepted();
  if (!files.has(address)) return Response.error();
  const cache = await cacheInForce();
  const found = await cache.match(address);
  if (found) return unpacked(found);
  const fresh = await checked(address, files.get(address));
  await keep(cache, address, fresh.clone());
  return fresh;
}

async function takeOver() {
  // The first worker of an install, or the first that marks what was accepted: nothing is being replaced that it could
  // serve.
  if (!(await lastAccepted())) await accept();
  await sweep();
  await worker.clients.claim();
}
