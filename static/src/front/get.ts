/**
 * The page that fetches a pack with eight words. The words stay here: the server gets a digest of three of them and a
 * proof made of the other five. The response is sealed. It is opened and checked here, and saved under its true name.
 */
import { b64, hex } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { argon2id, knownAnswerTest } from '../crypto/argon2.js';
import { runningDigest } from '../crypto/digests.js';
import { openPart, partCount } from '../crypto/files.js';
import { checkKdf, nameOf, openSlip, openerOf, readWords } from '../crypto/sharing/handover.js';
import { PRODUCT } from '../crypto/kdf.js';
import { openingsOf } from '../net/handovers.js';
import { isPassing, makeRequest } from '../net/http.js';
import { openZip } from '../verify/pack_reader.js';
import { judge } from '../verify/verify.js';
import { anchors, begin, byId, oneAtATime, said, say, size, tell, tellProgress } from './page.js';
import { show } from './results.js';
import type { HandoverPlace } from '../crypto/files.js';
import type { Slip } from '../crypto/sharing/handover.js';
import type { Finding } from '../verify/findings.js';

type Found = { place: HandoverPlace; ticket: string; slip: Slip };
type Sink = { write(piece: Uint8Array): Promise<void>; done(): Promise<Blob>; drop(): Promise<void> };

const TRIES = 6;
const wire = openingsOf(makeRequest());
const words = byId('words-typed') as HTMLTextAreaElement;
const [open, save, again, status, wrong] = (['open', 'save', 'again', 'status', 'wrong'] as const).map((id) =>
  byId(id),
);
let found: Found | null = null;
const once = oneAtATime({ buttons: [open, save, again], status, wrong, sentenceOf });

open?.addEventListener('click', () => {
  void once(look);
});
words.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  // The field has several lines so that all eight words are visible. Nobody types a line break on purpose.
  event.preventDefault();
  void once(look);
});
save?.addEventListener('click', () => {
  void once(fetchIt);
});
again?.addEventListener('click', () => {
  void once(askAgain);
});
begin('asking');

function sentenceOf(error: unknown) {
  const { code, unknown } = (error ?? {}) as { code?: string; unknown?: string[] };
  if (code === 'bad_request')
    return unknown?.length ? say('not_words', { words: unknown.slice(0, 3).join(', ') }) : say('not_eight');
  if (code === 'no_match') return say('no_match');
  if (code === 'try_later') return said('try_later');
  if (code === 'not_opened' || code === 'digest') return said('damaged');
  if ((error as { name?: string })?.name === 'AbortError') return say('not_saved');
  return said(isPassing(error) ? 'offline' : 'failed');
}

/** Show either the form for the words or what they opened. */
function turn(isFound: boolean) {
  byId('asking').hidden = isFound;
  byId('found').hidden = !isFound;
}

async function askAgain() {
  found = null;
  tell(status, '');
  byId('result').hidden = true;
  turn(false);
  words.focus();
}

/** Check the words with the server: this uses one opening. */
async function look() {
  byId('result').hidden = true;
  const said = await readWords(words.value);
  tell(status, say('looking'));
  await painted();
  await knownAnswerTest();
  const name = b64(nameOf(said));
  const kdf = checkKdf((await wire.salt(name)).kdf, PRODUCT);
  const { auth, key } = await openerOf(argon2id, said, kdf);
  const { handover, parts, ticket } = await wire.open(name, b64(auth));
  const place = { handover, key };
  const slip = await openSlip(place, parts, await part(ticket, parts - 1));
  found = { place, ticket, slip };
  words.value = '';
  tell(status, say('found'));
  byId('name').textContent = slip.name;
  byId('size').textContent = size(slip.size);
  turn(true);
  save?.focus();
}

/** Wait for one frame: the next step blocks the screen for a second. */
function painted() {
  return new Promise((go) => {
    requestAnimationFrame(() => setTimeout(go));
  });
}

/** Fetch one sealed part, again where only the network failed. */
async function part(ticket: string, i: number): Promise<Uint8Array> {
  for (let tried = 1; ; tried++) {
    try {
      return await wire.part(i, ticket);
    } catch (error) {
      if (!isPassing(error) || tried === TRIES) throw error;
    }
    await new Promise((go) => {
      setTimeout(go, 500 << tried);
    });
  }
}

/** Fetch, open, compare, save and check. No file is left in the folder unless it is the one that was sealed. */
async function fetchIt() {
  if (!found) return;
  const { place, ticket, slip } = found;
  const sink = await sinkFor(slip.name);
  const digest = runningDigest('SHA-256');
  const n = partCount(slip.size);
  tell(status, say('fetching'));
  let file: Blob;
  try {
    for (let i = 0; i < n; i++) {
      const piece = await openPart(place, i, n, await part(ticket, i), slip.size);
      digest.update(piece);
      await sink.write(piece);
      tellProgress(i + 1, n);
    }
    if (hex(digest.digest()) !== slip.sha256) throw new KeptError('digest');
    file = await sink.done();
  } catch (error) {
    await sink.drop();
    throw error;
  }
  tell(status, say('checking'));
  const pack = await openZip(file, tellProgress);
  const judged = Array.isArray(pack) ? null : await judge(pack, anchors());
  tell(status, say('saved', { name: slip.name }));
  show(judged?.findings ?? (pack as Finding[]), judged);
}

/** Not in TypeScript's DOM types yet: https://wicg.github.io/file-system-access/ */
type SaveFilePicker = (how: {
  suggestedName: string;
  types: { accept: Record<string, string[]> }[];
}) => Promise<FileSystemFileHandle>;

/**
 * Return where the file goes: straight to the place the user picks where the browser can, else to the browser's own
 * downloads.
 */
async function sinkFor(name: string): Promise<Sink> {
  const pick = (globalThis as { showSaveFilePicker?: SaveFilePicker }).showSaveFilePicker;
  if (!pick) return downloads(name);
  const handle = await pick({ suggestedName: name, types: [{ accept: { 'application/zip': ['.zip'] } }] });
  const stream = await handle.createWritable();
  return {
    write: (piece) => stream.write(piece as BufferSource),
    // Only a closed stream replaces the file; until then nothing is there.
    done: async () => {
      await stream.close();
      return handle.getFile();
    },
    drop: () => stream.abort().catch(() => undefined),
  };
}

function downloads(name: string): Sink {
  const pieces: Blob[] = [];
  return {
    // A Blob for each piece: the browser may put them on disk as they arrive.
    write: async (piece) => {
      pieces.push(new Blob([piece as BlobPart]));
    },
    done: async () => {
      const file = new Blob(pieces, { type: 'application/zip' });
      const href = URL.createObjectURL(file);
      Object.assign(document.createElement('a'), { href, download: name }).click();
      // The browser reads the address after this turn. A minute is ample, then the bytes are freed.
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
      return file;
    },
    drop: async () => {
      pieces.length = 0;
    },
  };
}
