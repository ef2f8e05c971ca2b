/**
 * What is unlocked in one worker: the store, the identity, and the words or code being signed in with. There
 * is one session a worker, and ending the worker ends it; nothing here is ever written out but sealed.
 */
import { b64, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { argon2id, knownAnswerTest } from './argon2.js';
import { importKey } from './cobblestone.js';
import { Held } from './held.js';
import { PRODUCT, rootOf } from './kdf.js';
import { authorId, importAuthor, importAuthorPub } from './signing.js';
import { authorChain } from './statements.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('./kdf.js').Kdf} Kdf */
/** @typedef {import('./signing.js').Pair} Pair */
/** @typedef {import('./slots.js').Role} Role */
/** @typedef {import('./slots.js').Pins} Pins */
/**
 * @typedef {object} Settings
 * @property {string} origin the page's own
 * @property {import('./argon2.js').Argon2id} [argon2] tests may give another
 * @property {import('./kdf.js').Policy} [policy] tests may give a cheaper one
 * @property {import('./argon2.js').OnProgress} [onProgress] of a slow derivation
 */
/**
 * @typedef {object} PublicIdentity ids and public keys, nothing secret; texts
 * @property {string} account
 * @property {string} diary
 * @property {string} device
 * @property {string} login empty until registered
 * @property {string} by author key id
 * @property {string} ecdsa_pub b64
 * @property {string} hpke_pub b64
 * @property {readonly AuthorKey[]} authors the keys versions may be signed by, oldest first
 * @property {readonly import('./statements.js').Statement[]} earlier what the keys before say of those after them
 */
/** @typedef {import('./statements.js').AuthorKey} AuthorKey */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {{role: Role, i: number, key: CryptoKey, slotRoot: CryptoKey, olds?: CryptoKey[]}} OpenStore `olds`: keys of before the keys were changed; what they open was written then */
/** @typedef {{identity: PublicIdentity, epochs: {account: number, diary: number}, diaryKey: CryptoKey, signKey: CryptoKey, signPub: CryptoKey, authors: Map<string, CryptoKey>, earlier: readonly JsonObject[], olds: Map<number, CryptoKey>}} OpenIdentity `authors`: by key id; `olds`: diary keys of earlier epochs, until all versions here have new wraps */
/** @typedef {{account_key: Bytes, diary_key: Bytes, ecdsa: Pair, hpke: Pair}} Secrets */
/** @typedef {import('./commitment.js').Names} Names */
/** @typedef {Record<string, Record<string, Names>>} Schemas kind → schema number → names */
/** @typedef {{kdf: Kdf, root: CryptoKey} | {code: CryptoKey, login: string}} SigningIn */

/** @param {number} n from 0, the newest @returns {string} */
const hpkeBefore = (n) => `hpke_before:${n}`;

export class Session {
  /** @param {Settings} settings */
  constructor({ origin, argon2 = argon2id, policy = PRODUCT, onProgress }) {
    this.origin = origin;
    this.policy = policy;
    this.argon2 = argon2;
    this.onProgress = onProgress;
    this.held = new Held();
    /** The highest m·t seen for the account. */
    this.kdfHigh = 0;
    /** @type {OpenStore | null} */
    this.opened = null;
    /** @type {OpenIdentity | null} */
    this.known = null;
    /** @type {SigningIn | null} */
    this.signingIn = null;
    /** Keys that are to come, while they are being made. @type {import('./rekey.js').Next | null} */
    this.next = null;
    /** @type {Promise<void> | undefined} */
    this.tested = undefined;
    /** What this program knows of each kind of record. @type {Schemas} */
    this.schemas = {};
    /** @type {(kind: string, schema: number) => Names | null} */
    this.namesOf = (kind, schema) =>
      Object.hasOwn(this.schemas, kind) ? (this.schemas[kind]?.[schema] ?? null) : null;
  }

  /** The known-answer test, once. Throws `kdf_broken`. */
  test() {
    this.tested ??= knownAnswerTest(this.argon2);
    return this.tested;
  }

  /**
   * ROOT of folded words: never before the known answer has come back right. Throws `kdf_broken`, or
   * `unavailable` where memory is short.
   * @param {string} folded
   * @param {Kdf} kdf checked
   * @returns {Promise<CryptoKey>}
   */
  async root(folded, kdf) {
    await this.test();
    return rootOf(this.argon2, folded, kdf, this.onProgress).catch(() => {
      // Right answers before and none now: the 46 MB or more it works in were not to be had.
      throw new KeptError(
        'unavailable',
        'This phone has too little memory free for that. Close other apps and try again.',
      );
    });
  }

  /** The open store. Throws `locked`. @returns {OpenStore} */
  get store() {
    if (!this.opened) throw new KeptError('locked');
    return this.opened;
  }

  /** The open identity. Throws `locked`. @returns {OpenIdentity} */
  get own() {
    if (!this.known) throw new KeptError('locked');
    return this.known;
  }

  /**
   * Takes an identity into use: keys for working become the platform's, secrets that must be wrapped again
   * are held.
   * @param {{account: string, diary: string, device: string, login: string}} ids
   * @param {Secrets} secrets overwritten here
   * @param {{account: number, diary: number}} [epochs]
   * @param {{earlier?: readonly JsonObject[], olds?: readonly (readonly [number, Bytes])[], hpkes?: readonly Bytes[]}} [before] statements about keys that were replaced, diary keys of earlier epochs, and keys that others may still seal to, the newest first
   */
  async adopt(
    ids,
    { account_key, diary_key, ecdsa, hpke },
    epochs = { account: 1, diary: 1 },
    { earlier = [], olds = [], hpkes = [] } = {},
  ) {
    const [diaryKey, signKey, signPub] = await Promise.all([
      importKey(diary_key),
      importAuthor(ecdsa),
      importAuthorPub(ecdsa.pub),
    ]);
    const authors = await authorChain(earlier, b64(ecdsa.pub)).catch(() => {
      throw new KeptError('not_opened');
    });
    const byAuthor = new Map(
      await Promise.all(
        authors.map(
          async ({ pub }) =>
            /** @type {[string, CryptoKey]} */ ([authorId(unb64(pub)), await importAuthorPub(unb64(pub))]),
        ),
      ),
    );
    const known = new Map();
    for (const [epoch, key] of olds) {
      known.set(epoch, await importKey(key));
      await this.held.put(`diary_key:${epoch}`, key);
      key.fill(0);
    }
    for (const name of this.hpkesBefore()) this.held.drop(name);
    const before = Object.fromEntries(hpkes.map((scalar, n) => [hpkeBefore(n), scalar]));
    const secrets = { account_key, diary_key, ecdsa: ecdsa.scalar, hpke: hpke.scalar, ...before };
    for (const [name, secret] of Object.entries(secrets)) {
      await this.held.put(name, secret);
      secret.fill(0);
    }
    const { account, diary, device, login } = ids;
    const identity = {
      account,
      diary,
      device,
      login,
      by: authorId(ecdsa.pub),
      ecdsa_pub: b64(ecdsa.pub),
      hpke_pub: b64(hpke.pub),
      authors,
      earlier: /** @type {any} */ (earlier),
    };
    this.known = { identity, epochs, diaryKey, signKey, signPub, authors: byAuthor, earlier, olds: known };
    return identity;
  }

  /** Names under which keys are held that others may have sealed to before the keys were changed, the newest first. @returns {string[]} */
  hpkesBefore() {
    const names = [];
    while (this.held.has(hpkeBefore(names.length))) names.push(hpkeBefore(names.length));
    return names;
  }

  /** The own pairs, for sealing a keyset. @returns {Promise<import('./keys.js').Pairs>} */
  async pairs() {
    const { ecdsa_pub, hpke_pub } = this.own.identity;
    // Copied out: what `use` hands over is overwritten when it ends.
    const [ecdsa, hpke] = await Promise.all(
      ['ecdsa', 'hpke'].map((name) => this.held.use(name, (scalar) => scalar.slice())),
    );
    return {
      ecdsa: { scalar: /** @type {Bytes} */ (ecdsa), pub: unb64(ecdsa_pub) },
      hpke: { scalar: /** @type {Bytes} */ (hpke), pub: unb64(hpke_pub) },
      earlier: this.own.earlier,
    };
  }

  /**
   * Notes that `kdf` has been used with success.
   * @param {Kdf} kdf
   */
  saw({ m, t }) {
    this.kdfHigh = Math.max(this.kdfHigh, m * t);
  }
}
