/**
 * What is unlocked in one worker: the store, the identity, and the words or code of a sign-in in progress. There is
 * one session per worker, and ending the worker ends it. Nothing here is ever stored unsealed.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { argon2id, knownAnswerTest } from '../argon2.js';
import { importKey } from '../cobblestone.js';
import { Held } from './held.js';
import { PRODUCT, rootOf } from '../kdf.js';
import { authorId, importAuthor, importAuthorPub } from '../signing.js';
import { authorChain } from '../sharing/statements.js';
import type { Bytes } from '../../core/bytes.js';
import type { Argon2id, OnProgress } from '../argon2.js';
import type { Names } from '../commitment.js';
import type { Kdf, Policy } from '../kdf.js';
import type { Pairs } from '../keys.js';
import type { Pair } from '../signing.js';
import type { Role } from '../slots.js';
import type { AuthorKey, Statement } from '../sharing/statements.js';

/** The secrets themselves are in `Session.secrets` */
export type Next = {
  epochs: { account: number; diary: number };
  earlier: readonly Statement[];
  pubs: { ecdsa: Bytes; hpke: Bytes };
  diaryKey: CryptoKey;
  kdf: Kdf | null;
};

export type Settings = {
  /** the page's own */
  origin: string;
  /** tests may replace it */
  argon2?: Argon2id;
  /** tests may use a cheaper one */
  policy?: Policy;
  /** of a slow derivation */
  onProgress?: OnProgress;
};
/** Ids and public keys as text, nothing secret */
export type PublicIdentity = {
  account: string;
  diary: string;
  device: string;
  /** empty until registered */
  login: string;
  /** author key id */
  by: string;
  /** b64 */
  ecdsa_pub: string;
  /** b64 */
  hpke_pub: string;
  /** the keys that may have signed versions, oldest first */
  authors: readonly AuthorKey[];
  /** each replaced key's statement about its successor */
  earlier: readonly Statement[];
};
/** `olderKeys`: replaced store keys, for records written before the change */
export type OpenStore = { role: Role; i: number; key: CryptoKey; slotRoot: CryptoKey; olds?: CryptoKey[] };
/** `authors`: by key id; `olderDiaryKeys`: by epoch, until all versions here have new wraps */
type OpenIdentity = {
  identity: PublicIdentity;
  epochs: { account: number; diary: number };
  diaryKey: CryptoKey;
  signKey: CryptoKey;
  signPub: CryptoKey;
  authors: Map<string, CryptoKey>;
  earlier: readonly Statement[];
  olds: Map<number, CryptoKey>;
};
export type Secrets = { account_key: Bytes; diary_key: Bytes; ecdsa: Pair; hpke: Pair };
/** Kind → schema number → names */
export type Schemas = Record<string, Record<string, Names>>;
export type SigningIn = { kdf: Kdf; root: CryptoKey } | { code: CryptoKey; login: string };

/** @param index 0 is the newest */
const hpkeBefore = (n: number): string => `hpke_before:${n}`;

export class Session {
  origin: Settings['origin'];
  policy: NonNullable<Settings['policy']>;
  argon2: NonNullable<Settings['argon2']>;
  onProgress: Settings['onProgress'];
  held = new Held();
  /** The highest m·t seen for the account. */
  kdfHigh = 0;
  opened: OpenStore | null = null;
  known: OpenIdentity | null = null;
  signingIn: SigningIn | null = null;
  /** The next keys, while a rekey is in progress. */
  next: Next | null = null;
  tested: Promise<void> | undefined = undefined;
  /** The schema of each kind of record that this program knows. */
  schemas: Schemas = {};
  namesOf: (kind: string, schema: number) => Names | null;

  constructor({ origin, argon2 = argon2id, policy = PRODUCT, onProgress }: Settings) {
    this.origin = origin;
    this.policy = policy;
    this.argon2 = argon2;
    this.onProgress = onProgress;
    this.namesOf = (kind, schema) =>
      Object.hasOwn(this.schemas, kind) ? (this.schemas[kind]?.[schema] ?? null) : null;
  }

  /** Run the known-answer test, once. Throws `kdf_broken`. */
  test() {
    this.tested ??= knownAnswerTest(this.argon2);
    return this.tested;
  }

  /**
   * Derive ROOT from folded words, never before the known-answer test has passed. Throws `kdf_broken`, or
   * `unavailable` when memory is short.
   * @param kdf checked
   */
  async root(folded: string, kdf: Kdf): Promise<CryptoKey> {
    await this.test();
    return rootOf(this.argon2, folded, kdf, this.onProgress).catch(() => {
      // The known answer was right and this failed, so the 46 MB or more that it needs were not available.
      throw new KeptError(
        'unavailable',
        'This phone has too little memory free for that. Close other apps and try again.',
      );
    });
  }

  /** Return the open store. Throws `locked`. */
  get store(): OpenStore {
    if (!this.opened) throw new KeptError('locked');
    return this.opened;
  }

  /** Return the open identity. Throws `locked`. */
  get own(): OpenIdentity {
    if (!this.known) throw new KeptError('locked');
    return this.known;
  }

  /**
   * Start to use an identity: import the working keys, and hold the secrets that must be wrapped again.
   * @param secrets overwritten here
   * @param history statements about replaced keys, diary keys of earlier epochs, and replaced HPKE keys, newest first
   */
  async adopt(
    ids: { account: string; diary: string; device: string; login: string },
    { account_key, diary_key, ecdsa, hpke }: Secrets,
    epochs: { account: number; diary: number } = { account: 1, diary: 1 },
    {
      earlier = [],
      olds = [],
      hpkes = [],
    }: { earlier?: readonly Statement[]; olds?: readonly (readonly [number, Bytes])[]; hpkes?: readonly Bytes[] } = {},
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
          async ({ pub }) => [authorId(unb64(pub)), await importAuthorPub(unb64(pub))] as [string, CryptoKey],
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
      earlier: earlier,
    };
    this.known = { identity, epochs, diaryKey, signKey, signPub, authors: byAuthor, earlier, olds: known };
    return identity;
  }

  /** Return the names of the held HPKE keys that were replaced and that others may have sealed to, newest first. */
  hpkesBefore(): string[] {
    const names = [];
    while (this.held.has(hpkeBefore(names.length))) names.push(hpkeBefore(names.length));
    return names;
  }

  /** Return the account's own key pairs, to seal a keyset. */
  async pairs(): Promise<Pairs> {
    const { ecdsa_pub, hpke_pub } = this.own.identity;
    // Copied, because `use` overwrites the secret when it returns.
    const [ecdsa, hpke] = await Promise.all(
      ['ecdsa', 'hpke'].map((name) => this.held.use(name, (scalar) => scalar.slice())),
    );
    return {
      ecdsa: { scalar: ecdsa as Bytes, pub: unb64(ecdsa_pub) },
      hpke: { scalar: hpke as Bytes, pub: unb64(hpke_pub) },
      earlier: this.own.earlier,
    };
  }

  /** Record that `kdf` was used successfully. */
  saw({ m, t }: Kdf) {
    this.kdfHigh = Math.max(this.kdfHigh, m * t);
  }
}
