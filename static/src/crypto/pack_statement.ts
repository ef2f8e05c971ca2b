/**
 * Statements that sign a pack: docs/pack.md, "Signature". The twin of diary/pack/bag/pack_statement.py;
 * diary/pack/verify/signature_check.py explains what the signature covers.
 */
import { b64, unb64 } from '../core/bytes.js';
import { canonicalBytes, isObject, parseCanonical } from '../core/encoding.js';
import { KeptError } from '../core/errors.js';
import { sign, verifyAuthorSignature } from './signing.js';
import type { Bytes } from '../core/bytes.js';
import type { JsonObject } from '../core/encoding.js';

const LIMIT_BYTES = 4096;
const PARTS = ['restricted', 'servable'];
const FIELD_NAMES = Object.freeze({
  'pack/v1': 'by,diary,folder,made_at,manifest,manifest512,no,pack,parts,sig,t',
  'servable/v1': 'by,diary,folder,made_at,manifest,no,pack,sig,t',
  'portal/v1': 'by,diary,folder,made_at,manifest,no,pack,sig,t',
});

export type StatementType = keyof typeof FIELD_NAMES;
/** What is signed; digests are hex, `manifest512` and `parts` are those of `pack/v1` alone. Times are ms UTC. */
export type PackFacts = {
  t: StatementType;
  pack: string;
  no: number;
  folder: string;
  made_at: number;
  manifest: string;
  manifest512?: string;
  parts?: readonly string[];
};
/** A statement whose signature is valid; `by`: key id */
export type PackStatement = PackFacts & { by: string; diary: string };

/** Return the bytes of a signed statement. `by`: the key's id */
export async function signPackStatement(
  { key, by, diary }: { key: CryptoKey; by: string; diary: string },
  facts: PackFacts,
): Promise<Bytes> {
  const unsigned = { ...facts, by, diary } as JsonObject;
  const signed = { ...unsigned, sig: b64(await sign(key, canonicalBytes(unsigned))) };
  if (namesOf(signed) !== FIELD_NAMES[facts.t]) throw new KeptError('bad_request');
  return canonicalBytes(signed);
}

/**
 * Return a statement after checking its form and its signature.
 * @param publicKeys the keys that may have signed it, by key id
 * @returns null if it names another key
 * @throws `bad_signature` for a malformed statement or an invalid signature
 */
export async function readPackStatement(
  type: StatementType,
  raw: Uint8Array,
  publicKeys: ReadonlyMap<string, CryptoKey>,
): Promise<PackStatement | null> {
  const value = parse(raw);
  const { sig, ...unsigned } = value;
  const texts = ['by', 'diary', 'folder', 'manifest', 'pack', 'sig'];
  if (type === 'pack/v1') texts.push('manifest512');
  const parts = type === 'pack/v1' ? value.parts : [];
  if (
    value.t !== type ||
    namesOf(value) !== FIELD_NAMES[type] ||
    !texts.every((name) => typeof value[name] === 'string') ||
    !Number.isSafeInteger(value.made_at) ||
    !Number.isSafeInteger(value.no) ||
    !Array.isArray(parts) ||
    !parts.every((part) => PARTS.includes(part as string))
  )
    throw new KeptError('bad_signature');
  const publicKey = publicKeys.get(value.by as string);
  if (!publicKey) return null;
  await verifyAuthorSignature(publicKey, canonicalBytes(unsigned as JsonObject), unb64(sig as string));
  return unsigned as PackStatement;
}

function parse(raw: Uint8Array): JsonObject {
  let value;
  try {
    value = parseCanonical(raw, { limit: LIMIT_BYTES });
  } catch {
    throw new KeptError('bad_signature');
  }
  if (!isObject(value)) throw new KeptError('bad_signature');
  return value as JsonObject;
}

const namesOf = (value: object) => Object.keys(value).sort().join();
