/**
 * What is unlocked in one worker: the store, the identity, and the words or code of a sign-in in progress. There is
 * one session per worker, and ending the worker ends it. Nothing here is ever stored unsealed.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { argon2id, runKnownAnswerTest } from '../argon2.js';
import { importKey } from '../cobblestone.js';
import { SecretStore } from './secret_store.js';
import { DEFAULT_POLICY, deriveRoot } from '../kdf.js';
import { authorKeyId, importSigningKey, importVerifyingKey } from '../signing.js';
import { verifyAuthorChain } from '../sharing/statements.js';
import type { Bytes } from '../../core/bytes.js';
import type { Argon2id, OnProgress } from '../argon2.js';
import type { FieldNames } from '../commitment.js';
import type { Kdf, KdfPolicy } from '../kdf.js';
import type { AccountKeyPairs } from '../keys.js';
import type { KeyPair } from '../signing.js';
import type { Role } from '../slots.js';
import type { AuthorKey, KeyStatement } from '../sharing/statements.js';

/** The secrets themselves are in `Session.secrets` */
export type NextKeys = {
  epochs: { account: number; diary: number };
  earlier: readonly KeyStatement[];
  pubs: { ecdsa: Bytes; hpke: Bytes };
  diaryKey: CryptoKey;
  kdf: Kdf | null;
};

export type SessionOptions = {
  /** the page's own */
  origin: string;
  /** tests may replace it */
  argon2?: Argon2id;
  /** tests may use a cheaper one */
  policy?: KdfPolicy;
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
  earlier: readonly KeyStatement[];
};
/** `olderKeys`: replaced store keys, for records written before the change */
export type OpenStore = { role: Role; slotIndex: number; key: CryptoKey; slotRoot: CryptoKey; olderKeys?: CryptoKey[] };
/** `authors`: by key id; `olderDiaryKeys`: by epoch, until all versions here have new wraps */
type OpenIdentity = {
  identity: PublicIdentity;
  epochs: { account: number; diary: number };
  diaryKey: CryptoKey;
  signKey: CryptoKey;
  signPub: CryptoKey;
  authors: Map<string, CryptoKey>;
  earlier: readonly KeyStatement[];
  olderDiaryKeys: Map<number, CryptoKey>;
};
export type IdentitySecrets = { account_key: Bytes; diary_key: Bytes; ecdsa: KeyPair; hpke: KeyPair };
/** Kind → schema number → names */
export type Schemas = Record<string, Record<string, FieldNames>>;
export type PendingSignIn = { kdf: Kdf; root: CryptoKey } | { code: CryptoKey; login: string };

/** @param index 0 is the newest */
const olderHpkeName = (index: number): string => `hpke_before:${index}`;

export class Session {
  origin: SessionOptions['origin'];
  policy: NonNullable<SessionOptions['policy']>;
  argon2: NonNullable<SessionOptions['argon2']>;
  onProgress: SessionOptions['onProgress'];
  secrets = new SecretStore();
  /** The highest m·t seen for the account. */
  kdfHigh = 0;
  storeOrNull: OpenStore | null = null;
  identityOrNull: OpenIdentity | null = null;
  pendingSignIn: PendingSignIn | null = null;
  /** The next keys, while a rekey is in progress. */
  nextKeys: NextKeys | null = null;
  selfTest: Promise<void> | undefined = undefined;
  /** The schema of each kind of record that this program knows. */
  schemas: Schemas = {};
  namesOf: (kind: string, schema: number) => FieldNames | null;

  constructor({ origin, argon2 = argon2id, policy = DEFAULT_POLICY, onProgress }: SessionOptions) {
    this.origin = origin;
    this.policy = policy;
    this.argon2 = argon2;
    this.onProgress = onProgress;
    this.namesOf = (kind, schema) =>
      Object.hasOwn(this.schemas, kind) ? (this.schemas[kind]?.[schema] ?? null) : null;
  }

  /** Run the known-answer test, once. Throws `kdf_broken`. */
  runSelfTest() {
    this.selfTest ??= runKnownAnswerTest(this.argon2);
    return this.selfTest;
  }

  /**
   * Derive ROOT from folded words, never before the known-answer test has passed. Throws `kdf_broken`, or
   * `unavailable` when memory is short.
   * @param kdf checked
   */
  async deriveRoot(foldedWords: string, kdf: Kdf): Promise<CryptoKey> {
    await this.runSelfTest();
    return deriveRoot(this.argon2, foldedWords, kdf, this.onProgress).catch(() => {
      // The known answer was right and this failed, so the 46 MB or more that it needs were not available.
      throw new KeptError(
        'unavailable',
        'This phone has too little memory free for that. Close other apps and try again.',
      );
    });
  }

  /** Return the open store. Throws `locked`. */
  get openStore(): OpenStore {
    if (!this.storeOrNull) throw new KeptError('locked');
    return this.storeOrNull;
  }

  /** Return the open identity. Throws `locked`. */
  get unlocked(): OpenIdentity {
    if (!this.identityOrNull) throw new KeptError('locked');
    return this.identityOrNull;
  }

  /**
   * Start to use an identity: import the working keys, and hold the secrets that must be wrapped again.
   * @param secrets overwritten here
   * @param history statements about replaced keys, diary keys of earlier epochs, and replaced HPKE keys, newest first
   */
  async adopt(
    ids: { account: string; diary: string; device: string; login: string },
    { account_key, diary_key, ecdsa, hpke }: IdentitySecrets,
    epochs: { account: number; diary: number } = { account: 1, diary: 1 },
    {
      earlier = [],
      olderDiaryKeys = [],
      olderHpkeKeys = [],
    }: {
      earlier?: readonly KeyStatement[];
      olderDiaryKeys?: readonly (readonly [number, Bytes])[];
      olderHpkeKeys?: readonly Bytes[];
    } = {},
  ) {
    const [diaryKey, signKey, signPub] = await Promise.all([
      importKey(diary_key),
      importSigningKey(ecdsa),
      importVerifyingKey(ecdsa.pub),
    ]);
    const authors = await verifyAuthorChain(earlier, b64(ecdsa.pub)).catch(() => {
      throw new KeptError('not_opened');
    });
    const authorKeys = new Map(
      await Promise.all(
        authors.map(
          async ({ pub }) => [authorKeyId(unb64(pub)), await importVerifyingKey(unb64(pub))] as [string, CryptoKey],
        ),
      ),
    );
    const olderDiaryKeysByEpoch = new Map();
    for (const [epoch, key] of olderDiaryKeys) {
      olderDiaryKeysByEpoch.set(epoch, await importKey(key));
      await this.secrets.put(`diary_key:${epoch}`, key);
      key.fill(0);
    }
    for (const name of this.olderHpkeNames()) this.secrets.drop(name);
    const olderHpkeSecrets = Object.fromEntries(olderHpkeKeys.map((scalar, index) => [olderHpkeName(index), scalar]));
    const secrets = { account_key, diary_key, ecdsa: ecdsa.scalar, hpke: hpke.scalar, ...olderHpkeSecrets };
    for (const [name, secret] of Object.entries(secrets)) {
      await this.secrets.put(name, secret);
      secret.fill(0);
    }
    const { account, diary, device, login } = ids;
    const identity = {
      account,
      diary,
      device,
      login,
      by: authorKeyId(ecdsa.pub),
      ecdsa_pub: b64(ecdsa.pub),
      hpke_pub: b64(hpke.pub),
      authors,
      earlier: earlier,
    };
    this.identityOrNull = {
      identity,
      epochs,
      diaryKey,
      signKey,
      signPub,
      authors: authorKeys,
      earlier,
      olderDiaryKeys: olderDiaryKeysByEpoch,
    };
    return identity;
  }

  /** Return the names of the held HPKE keys that were replaced and that others may have sealed to, newest first. */
  olderHpkeNames(): string[] {
    const names = [];
    while (this.secrets.has(olderHpkeName(names.length))) names.push(olderHpkeName(names.length));
    return names;
  }

  /** Return the account's own key pairs, to seal a keyset. */
  async ownKeyPairs(): Promise<AccountKeyPairs> {
    const { ecdsa_pub, hpke_pub } = this.unlocked.identity;
    // Copied, because `use` overwrites the secret when it returns.
    const [ecdsa, hpke] = await Promise.all(
      ['ecdsa', 'hpke'].map((name) => this.secrets.use(name, (scalar) => scalar.slice())),
    );
    return {
      ecdsa: { scalar: ecdsa as Bytes, pub: unb64(ecdsa_pub) },
      hpke: { scalar: hpke as Bytes, pub: unb64(hpke_pub) },
      earlier: this.unlocked.earlier,
    };
  }

  /** Record that `kdf` was used successfully. */
  recordKdfCost({ m, t }: Kdf) {
    this.kdfHigh = Math.max(this.kdfHigh, m * t);
  }
}
