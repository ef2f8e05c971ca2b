/**
 * The page that fetches a pack with eight words. The words stay here: the server gets a digest of three of them and a
 * proof made of the other five. The response is sealed. It is opened and checked here, and saved under its true name.
 */
import { b64, hex } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { argon2id, runKnownAnswerTest } from '../crypto/argon2.js';
import { incrementalDigest } from '../crypto/digests.js';
import { openPart, partCount } from '../crypto/files.js';
import {
  checkHandoverKdf,
  deriveHandoverName,
  openSlip,
  deriveHandoverKeys,
  parseHandoverWords,
} from '../crypto/sharing/handover.js';
import { DEFAULT_POLICY } from '../crypto/kdf.js';
import { openingsOf } from '../net/handovers.js';
import { isTransient, makeRequest } from '../net/http.js';
import { openZip } from '../verify/pack_reader.js';
import { checkPack } from '../verify/verify.js';
import {
  readAnchors,
  showScripted,
  byId,
  actionRunner,
  messageNodes,
  message,
  formatSize,
  showMessage,
  showProgress,
} from './page.js';
import { showResults } from './results.js';
import type { HandoverPlace } from '../crypto/files.js';
import type { Slip } from '../crypto/sharing/handover.js';
import type { Finding } from '../verify/findings.js';

type FoundPack = { place: HandoverPlace; ticket: string; slip: Slip };
type SaveTarget = { write(chunk: Uint8Array): Promise<void>; done(): Promise<Blob>; drop(): Promise<void> };

const MAX_ATTEMPTS = 6;
const api = openingsOf(makeRequest());
const wordsInput = byId('words-typed') as HTMLTextAreaElement;
const [openButton, saveButton, againButton, statusLine, errorLine] = (
  ['open', 'save', 'again', 'status', 'wrong'] as const
).map((id) => byId(id));
let foundPack: FoundPack | null = null;
const runAction = actionRunner({
  buttons: [openButton, saveButton, againButton],
  status: statusLine,
  wrong: errorLine,
  sentenceOf,
});

openButton?.addEventListener('click', () => {
  void runAction(findPack);
});
wordsInput.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  // The field has several lines so that all eight words are visible. Nobody types a line break on purpose.
  event.preventDefault();
  void runAction(findPack);
});
saveButton?.addEventListener('click', () => {
  void runAction(savePack);
});
againButton?.addEventListener('click', () => {
  void runAction(reset);
});
showScripted('asking');

function sentenceOf(error: unknown) {
  const { code, unknown: unknownWords } = (error ?? {}) as { code?: string; unknown?: string[] };
  if (code === 'bad_request')
    return unknownWords?.length
      ? message('not_words', { words: unknownWords.slice(0, 3).join(', ') })
      : message('not_eight');
  if (code === 'no_match') return message('no_match');
  if (code === 'try_later') return messageNodes('try_later');
  if (code === 'not_opened' || code === 'digest') return messageNodes('damaged');
  if ((error as { name?: string })?.name === 'AbortError') return message('not_saved');
  return messageNodes(isTransient(error) ? 'offline' : 'failed');
}

/** Show either the form for the words or what they opened. */
function showFound(isFound: boolean) {
  byId('asking').hidden = isFound;
  byId('found').hidden = !isFound;
}

async function reset() {
  foundPack = null;
  showMessage(statusLine, '');
  byId('result').hidden = true;
  showFound(false);
  wordsInput.focus();
}

/** Check the words with the server: this uses one opening. */
async function findPack() {
  byId('result').hidden = true;
  const typedWords = await parseHandoverWords(wordsInput.value);
  showMessage(statusLine, message('looking'));
  await nextFrame();
  await runKnownAnswerTest();
  const name = b64(deriveHandoverName(typedWords));
  const kdf = checkHandoverKdf((await api.salt(name)).kdf, DEFAULT_POLICY);
  const { auth, key } = await deriveHandoverKeys(argon2id, typedWords, kdf);
  const { handover, parts, ticket } = await api.open(name, b64(auth));
  const place = { handover, key };
  const slip = await openSlip(place, parts, await fetchPart(ticket, parts - 1));
  foundPack = { place, ticket, slip };
  wordsInput.value = '';
  showMessage(statusLine, message('found'));
  byId('name').textContent = slip.name;
  byId('size').textContent = formatSize(slip.size);
  showFound(true);
  saveButton?.focus();
}

/** Wait for one frame: the next step blocks the screen for a second. */
function nextFrame() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** Fetch one sealed part, again where only the network failed. */
async function fetchPart(ticket: string, i: number): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await api.part(i, ticket);
    } catch (error) {
      if (!isTransient(error) || attempt === MAX_ATTEMPTS) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 500 << attempt);
    });
  }
}

/** Fetch, open, compare, save and check. No file is left in the folder unless it is the one that was sealed. */
async function savePack() {
  if (!foundPack) return;
  const { place, ticket, slip } = foundPack;
  const target = await openSaveTarget(slip.name);
  const digest = incrementalDigest('SHA-256');
  const partTotal = partCount(slip.size);
  showMessage(statusLine, message('fetching'));
  let file: Blob;
  try {
    for (let i = 0; i < partTotal; i++) {
      const chunk = await openPart(place, i, partTotal, await fetchPart(ticket, i), slip.size);
      digest.update(chunk);
      await target.write(chunk);
      showProgress(i + 1, partTotal);
    }
    if (hex(digest.digest()) !== slip.sha256) throw new KeptError('digest');
    file = await target.done();
  } catch (error) {
    await target.drop();
    throw error;
  }
  showMessage(statusLine, message('checking'));
  const pack = await openZip(file, showProgress);
  const report = Array.isArray(pack) ? null : await checkPack(pack, readAnchors());
  showMessage(statusLine, message('saved', { name: slip.name }));
  showResults(report?.findings ?? (pack as Finding[]), report, slip.name);
}

/** Not in TypeScript's DOM types yet: https://wicg.github.io/file-system-access/ */
type SaveFilePicker = (options: {
  suggestedName: string;
  types: { accept: Record<string, string[]> }[];
}) => Promise<FileSystemFileHandle>;

/**
 * Return where the file goes: straight to the place the user picks where the browser can, else to the browser's own
 * downloads.
 */
async function openSaveTarget(name: string): Promise<SaveTarget> {
  const showPicker = (globalThis as { showSaveFilePicker?: SaveFilePicker }).showSaveFilePicker;
  if (!showPicker) return downloadTarget(name);
  const handle = await showPicker({ suggestedName: name, types: [{ accept: { 'application/zip': ['.zip'] } }] });
  const stream = await handle.createWritable();
  return {
    write: (chunk) => stream.write(chunk as BufferSource),
    // Only a closed stream replaces the file; until then nothing is there.
    done: async () => {
      await stream.close();
      return handle.getFile();
    },
    drop: () => stream.abort().catch(() => undefined),
  };
}

function downloadTarget(name: string): SaveTarget {
  const chunks: Blob[] = [];
  return {
    // A Blob for each piece: the browser may put them on disk as they arrive.
    write: async (chunk) => {
      chunks.push(new Blob([chunk as BlobPart]));
    },
    done: async () => {
      const file = new Blob(chunks, { type: 'application/zip' });
      const href = URL.createObjectURL(file);
      Object.assign(document.createElement('a'), { href, download: name }).click();
      // The browser reads the address after this turn. A minute is ample, then the bytes are freed.
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
      return file;
    },
    drop: async () => {
      chunks.length = 0;
    },
  };
}
