/**
 * Checkpoints: the notary's signed note of the log's size and root, followed by the signature lines of witnesses.
 * docs/formats.md, section 5.
 */
import { b64, concat, unb64, utf8 } from '../core/bytes.js';
import { CHECKPOINT_LIMIT_BYTES, CHECKPOINT_LINES_LIMIT } from '../core/constants.js';
import { KeptError } from '../core/errors.js';
import { sha256Sync } from '../crypto/digests.js';
import { verifyNotarySignature } from '../crypto/signing.js';
import type { Bytes } from '../core/bytes.js';

export type Checkpoint = { origin: string; size: number; root: Bytes };
/** `keyHash`: b64 of 4 bytes; `text`: the original line, without its newline */
type SignatureLine = { name: string; keyHash: string; signature: Bytes; text: string };
/** `pub`: b64 of 32 bytes */
export type LogWitness = { name: string; pub: string };
/** `at`: by the witness's clock, seconds UTC */
type Cosignature = { witness: string; at: number };

const COSIGNATURE_TYPE = 4;
// The Python twin splits notes the same way: white space is listed because \s differs between the languages.
const NOTE_TEXT = /^([A-Za-z0-9_-]{43})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/;
const SIGNATURE_LINE =
  /^— ([^+\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+) ([A-Za-z0-9+/]+={0,2})$/u;

/**
 * Verify a note of this notary and return its checkpoint. Ignores lines of other keys. Throws `bad_signature`, or
 * `unavailable` where the browser has no Ed25519 (everything but the signature is checked by then).
 * @param note text
 * @param notaryPub 32 bytes
 */
export async function verifyNote(note: unknown, notaryPub: Bytes): Promise<Checkpoint> {
  const { checkpoint, text, lines } = parseNote(note);
  const log = b64(sha256Sync(notaryPub));
  const key = keyHash(log, notaryPub, 1);
  const notaryLines = lines.filter((line) => line.name === log && line.keyHash === key);
  if (checkpoint.origin !== log || !notaryLines.length) throw invalidCheckpoint();
  for (const { signature } of notaryLines) await verifyNotarySignature(notaryPub, utf8(text), signature);
  return checkpoint;
}

/**
 * Parse a note without verifying any signature. Throws `bad_signature` when it is malformed.
 * @param note text
 */
export function readNote(note: unknown): Checkpoint {
  return parseNote(note).checkpoint;
}

/**
 * Verify which of these witnesses cosigned a note (C2SP tlog-cosignature). Returns them in the given order, each once.
 * Ignores other keys; does not check the notary's own line. Throws `bad_signature` for a malformed note and
 * for an invalid line in the name of one of the witnesses; `unavailable` where the browser has no Ed25519.
 * @param note text
 */
export async function verifyCosignatures(note: unknown, witnesses: readonly LogWitness[]): Promise<Cosignature[]> {
  const { text, lines } = parseNote(note);
  const cosignatures: Cosignature[] = [];
  for (const { name, pub } of witnesses) {
    const key = keyHash(name, unb64(pub), COSIGNATURE_TYPE);
    let newestTime = -1;
    for (const { signature } of lines.filter((line) => line.name === name && line.keyHash === key)) {
      const time =
        signature.length > 8 ? new DataView(signature.buffer, signature.byteOffset).getBigUint64(0) : 1n << 63n;
      if (time >= 1n << 63n) throw invalidCheckpoint();
      await verifyNotarySignature(unb64(pub), utf8(`cosignature/v1\ntime ${time}\n${text}`), signature.slice(8));
      newestTime = Math.max(newestTime, Number(time));
    }
    if (newestTime >= 0) cosignatures.push({ witness: name, at: newestTime });
  }
  return cosignatures;
}

/**
 * Return the note with only the notary's own lines: the text that a timestamp covers. Throws `bad_signature`.
 * @param note text
 */
export function timestampedText(note: unknown) {
  const { checkpoint, text, lines } = parseNote(note);
  return `${text}\n${lines
    .filter(({ name }) => name === checkpoint.origin)
    .map(({ text: lineText }) => `${lineText}\n`)
    .join('')}`;
}

function parseNote(note: unknown): { checkpoint: Checkpoint; text: string; lines: SignatureLine[] } {
  if (typeof note !== 'string' || note.length > CHECKPOINT_LIMIT_BYTES || utf8(note).length > CHECKPOINT_LIMIT_BYTES)
    throw invalidCheckpoint();
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const lineTexts = note.slice(end + 2, -1).split('\n');
  const [, origin = '', size = '', root = ''] = NOTE_TEXT.exec(end < 0 ? '' : text) ?? [];
  if (!origin || !note.endsWith('\n') || lineTexts.length > CHECKPOINT_LINES_LIMIT) throw invalidCheckpoint();
  return {
    checkpoint: { origin, size: Number(size), root: decodeBase64(root) },
    text,
    lines: lineTexts.map(parseSignatureLine),
  };
}

function parseSignatureLine(lineText: string): SignatureLine {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(lineText) ?? [];
  const keyHashAndSignature = encoded ? decodeBase64(encoded) : new Uint8Array(0);
  if (keyHashAndSignature.length <= 4) throw invalidCheckpoint();
  return {
    name,
    keyHash: b64(keyHashAndSignature.slice(0, 4)),
    signature: keyHashAndSignature.slice(4),
    text: lineText,
  };
}

/** @param signatureType the signed note's signature type byte */
function keyHash(name: string, pub: Bytes, signatureType: number) {
  return b64(sha256Sync(concat(utf8(`${name}\n`), Uint8Array.of(signatureType), pub)).slice(0, 4));
}

/** Decode standard base64. Accepts only the canonical spelling. */
function decodeBase64(text: string): Bytes {
  try {
    if (text.length % 4) throw invalidCheckpoint();
    return unb64(text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
  } catch {
    throw invalidCheckpoint();
  }
}

function invalidCheckpoint() {
  return new KeptError('bad_signature', 'The checkpoint does not hold.');
}
