/**
 * RFC 3161 timestamps of checkpoints. The leaf certificate, the policy and the nonce are pinned. Python twin:
 * diary/ledger/timestamps.py.
 *
 * [Note: pinned] The certificate that may sign for an authority is stored next to the response and was pinned when
 * the response arrived. Whoever verifies decides whether the chain above it ends at a trusted root: the roots come
 * from the instance, not from the pack.
 */
import { isSame } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { checkSignature, hashOf, readPem } from '../crypto/certificates.js';
import { TAGS, inside, numberOf, oidOf, readAll, readOne, timeOf } from '../crypto/der.js';
import { digestBy, sha256 } from '../crypto/digests.js';
import type { Bytes } from '../core/bytes.js';
import type { Certificate } from '../crypto/certificates.js';
import type { Der } from '../crypto/der.js';

/** An authority's timestamp of a checkpoint, with its pins: `tsr` and `nonce` b64, `chain` PEM */
export type Stamp = { authority: string; chain: string; nonce: string; policy: string; tsr: string };

const ANSWER_LIMIT = 64 << 10;
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATES = ['1.2.840.113549.1.9.16.2.12', '1.2.840.113549.1.9.16.2.47'];
const SHA_256 = '2.16.840.1.101.3.4.2.1';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

function wrong() {
  return new KeptError('bad_signature', 'The timestamp does not hold.');
}

/**
 * Verify a response that timestamps exactly `note` under these pins, and return its time in ms UTC. Throws otherwise.
 * @param pins PEM; without `roots` the last certificate of the chain is trusted
 */
export async function checkTimestamp(
  tsr: Bytes,
  note: Uint8Array,
  { chain, policy, nonce, roots }: { chain: string; policy: string; nonce: Bytes; roots: readonly string[] },
) {
  const certificates = readPem(chain);
  const leaf = certificates[0];
  if (certificates.length < 2 || !leaf || tsr.length > ANSWER_LIMIT) throw wrong();
  const trusted = roots.length ? roots.flatMap((pem) => readPem(pem)) : certificates.slice(-1);
  const { content, signer, certificates: enclosed } = openAnswer(tsr);
  if (enclosed.length && !enclosed.some((one) => isSame(one, leaf.der))) throw wrong();
  const info = readInfo(content);
  const asked = nonce.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (
    info.policy !== policy ||
    info.nonce !== asked ||
    info.algorithm !== SHA_256 ||
    !isSame(info.digest, await sha256(note))
  )
    throw wrong();
  await checkSigner(signer, content, leaf);
  if (leaf.purposes.join() !== TIME_STAMPING) throw wrong();
  await checkChain(certificates.slice(0, -1), trusted);
  if (certificates.some(({ from, until }) => info.at < from || info.at > until)) throw wrong();
  return info.at;
}

/** @returns `certificates`: those included in the response */
function openAnswer(tsr: Bytes): { content: Bytes; signer: Der[]; certificates: Bytes[] } {
  const [status, token] = inside(readOne(tsr, TAGS.sequence), TAGS.sequence);
  if (numberOf(inside(status, TAGS.sequence)[0]) > 1n) throw wrong();
  const [kind, wrapped] = inside(token, TAGS.sequence);
  if (oidOf(kind) !== SIGNED_DATA) throw wrong();
  const parts = inside(readOne((wrapped as Der).content, TAGS.sequence), TAGS.sequence);
  const [what, octets] = inside(parts[2], TAGS.sequence);
  const signers = inside(parts.at(-1), TAGS.set);
  if (oidOf(what) !== TST_INFO || signers.length !== 1 || !octets) throw wrong();
  const enclosed = parts.find(({ tag }) => tag === 0xa0);
  return {
    content: readOne(octets.content, TAGS.octets).content,
    signer: inside(signers[0], TAGS.sequence),
    certificates: enclosed ? readAll(enclosed.content).map(({ whole }) => whole) : [],
  };
}

function readInfo(content: Bytes) {
  const [, policy, imprint, , at, ...rest] = inside(readOne(content, TAGS.sequence), TAGS.sequence);
  const [algorithm, digest] = inside(imprint, TAGS.sequence);
  const nonce = rest.find(({ tag }) => tag === TAGS.integer);
  if (!digest || digest.tag !== TAGS.octets || !nonce) throw wrong();
  return {
    policy: oidOf(policy),
    algorithm: oidOf(inside(algorithm, TAGS.sequence)[0]),
    digest: digest.content,
    at: timeOf(at),
    nonce: numberOf(nonce),
  };
}

async function checkSigner(signer: Der[], content: Bytes, leaf: Certificate) {
  const [, , digest, told, algorithm, signature] = signer;
  if (told?.tag !== 0xa0 || !signature || signature.tag !== TAGS.octets) throw wrong();
  const hash = hashOf(oidOf(inside(digest, TAGS.sequence)[0]));
  const attributes = new Map(
    readAll(told.content).map((one) => {
      const [name, values] = inside(one, TAGS.sequence);
      return [oidOf(name), inside(values, TAGS.set)[0]];
    }),
  );
  const digested = attributes.get(MESSAGE_DIGEST);
  if (oidOf(attributes.get(CONTENT_TYPE)) !== TST_INFO || !digested) throw wrong();
  if (!isSame(digested.content, await digestBy(hash, content))) throw wrong();
  await checkNamed(attributes, leaf);
  // The signature covers the attributes with the SET tag, not with the implicit tag they have here.
  const signed = told.whole.slice();
  signed[0] = TAGS.set;
  await checkSignature(leaf, oidOf(inside(algorithm, TAGS.sequence)[0]), signed, signature.content, hash);
}

/** Check that the signed attributes name the certificate that signed. */
async function checkNamed(attributes: ReadonlyMap<string, Der | undefined>, leaf: Certificate) {
  const [old, newer] = SIGNING_CERTIFICATES.map((oid) => attributes.get(oid));
  const named = newer ?? old;
  const first = inside(inside(inside(named, TAGS.sequence)[0], TAGS.sequence)[0], TAGS.sequence);
  const octets = first.find(({ tag }) => tag === TAGS.octets);
  const algorithm =
    first[0]?.tag === TAGS.sequence ? hashOf(oidOf(inside(first[0], TAGS.sequence)[0])) : newer ? 'SHA-256' : 'SHA-1';
  if (!octets || !isSame(octets.content, await digestBy(algorithm, leaf.der))) throw wrong();
}

/**
 * Check that each certificate is signed by the next one, and the last by a trusted root.
 * @param chain without its root
 */
async function checkChain(chain: readonly Certificate[], trusted: readonly Certificate[]) {
  for (const [i, one] of chain.entries()) {
    const above = chain[i + 1];
    const signers = above ? [above] : trusted;
    const results = await Promise.all(
      signers
        .filter(({ subject }) => isSame(subject, one.issuer))
        .map((by) =>
          checkSignature(by, one.algorithm, one.signed, one.signature).then(
            () => true,
            () => false,
          ),
        ),
    );
    if (!results.includes(true)) throw wrong();
  }
}
