/**
 * Checkpoints: the notary's signed note of the log's size and root, followed by the signature lines of witnesses.
 * docs/formats.md, section 5.
 */
import { b64, concat, unb64, utf8 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { sha256Now } from '../crypto/digests.js';
import { verifyNotary } from '../crypto/signing.js';
import type { Bytes } from '../core/bytes.js';

export type Checkpoint = { origin: string; size: number; root: Bytes };
/** `keyHash`: b64 of 4 bytes; `text`: the original line, without its newline */
type SignatureLine = { name: string; key: string; signature: Bytes; row: string };
/** `pub`: b64 of 32 bytes */
export type LogWitness = { name: string; pub: string };
/** `at`: by the witness's clock, seconds UTC */
type Cosignature = { witness: string; at: number };

const NOTE_LIMIT = 64 * 1024;
const LINES_LIMIT = 16;
const COSIGNATURE = 4;
// The Python twin splits notes the same way: white space is listed because \s differs between the languages.
const TEXT = /^([A-Za-z0-9_-]{43})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/;
const LINE = /^— ([^+\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+) ([A-Za-z0-9+/]+={0,2})$/u;

/**
 * Verify a note of this notary and return its checkpoint. Ignores lines of other keys. Throws `bad_signature`, or
 * `unavailable` where the browser has no Ed25519 (everything but the signature is checked by then).
 * @param note text
 * @param notaryPub 32 bytes
 */
export async function verifyNote(note: unknown, notaryPub: Bytes): Promise<Checkpoint> {
  const { said, text, lines } = take(note);
  const log = b64(sha256Now(notaryPub));
  const key = keyHash(log, notaryPub, 1);
  const own = lines.filter((line) => line.name === log && line.key === key);
  if (said.origin !== log || !own.length) throw wrong();
  for (const { signature } of own) await verifyNotary(notaryPub, utf8(text), signature);
  return said;
}

/**
 * Parse a note without verifying any signature. Throws `bad_signature` when it is malformed.
 * @param note text
 */
export function readNote(note: unknown): Checkpoint {
  return take(note).said;
}

/**
 * Verify which of these witnesses cosigned a note (C2SP tlog-cosignature). Returns them in the given order, each once.
 * Ignores other keys; does not check the notary's own line. Throws `bad_signature` for a malformed note and
 * for an invalid line in the name of one of the witnesses; `unavailable` where the browser has no Ed25519.
 * @param note text
 */
export async function seenBy(note: unknown, witnesses: readonly LogWitness[]): Promise<Cosignature[]> {
  const { text, lines } = take(note);
  const found: Cosignature[] = [];
  for (const { name, pub } of witnesses) {
    const key = keyHash(name, unb64(pub), COSIGNATURE);
    let last = -1;
    for (const { signature } of lines.filter((line) => line.name === name && line.key === key)) {
      const at =
        signature.length > 8 ? new DataView(signature.buffer, signature.byteOffset).getBigUint64(0) : 1n << 63n;
      if (at >= 1n << 63n) throw wrong();
      await verifyNotary(unb64(pub), utf8(`cosignature/v1\ntime ${at}\n${text}`), signature.slice(8));
      last = Math.max(last, Number(at));
    }
    if (last >= 0) found.push({ witness: name, at: last });
  }
  return found;
}

/**
 * Return the note with only the notary's own lines: the text that a timestamp covers. Throws `bad_signature`.
 * @param note text
 */
export function oneLine(note: unknown) {
  const { said, text, lines } = take(note);
  return `${text}\n${lines
    .filter(({ name }) => name === said.origin)
    .map(({ row }) => `${row}\n`)
    .join('')}`;
}

function take(note: unknown): { said: Checkpoint; text: string; lines: SignatureLine[] } {
  if (typeof note !== 'string' || note.length > NOTE_LIMIT || utf8(note).length > NOTE_LIMIT) throw wrong();
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const rows = note.slice(end + 2, -1).split('\n');
  const [, origin = '', size = '', root = ''] = TEXT.exec(end < 0 ? '' : text) ?? [];
  if (!origin || !note.endsWith('\n') || rows.length > LINES_LIMIT) throw wrong();
  return { said: { origin, size: Number(size), root: plain(root) }, text, lines: rows.map(lineOf) };
}

function lineOf(row: string): SignatureLine {
  const [, name = '', encoded = ''] = LINE.exec(row) ?? [];
  const raw = encoded ? plain(encoded) : new Uint8Array(0);
  if (raw.length <= 4) throw wrong();
  return { name, key: b64(raw.slice(0, 4)), signature: raw.slice(4), row };
}

/** @param signatureType the signed note's signature type byte */
function keyHash(name: string, pub: Bytes, kind: number) {
  return b64(sha256Now(concat(utf8(`${name}\n`), Uint8Array.of(kind), pub)).slice(0, 4));
}

/** Decode standard base64. Accepts only the canonical spelling. */
function plain(text: string): Bytes {
  try {
    if (text.length % 4) throw wrong();
    return unb64(text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
  } catch {
    throw wrong();
  }
}

function wrong() {
  return new KeptError('bad_signature', 'The checkpoint does not hold.');
}
