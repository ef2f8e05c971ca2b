/**
 * The page's side of the crypto worker. Every function is asynchronous. Bytes are Uint8Array; ids and keys inside
 * objects are text (22 characters, b64); failures are KeptError with `code` and `sentence`.
 *
 * Words, ROOT, store key, account key, diary key and private keys live in the worker and never leave it. What does
 * leave: blob keys, because versions carry them; AUTH, because it is sent; the recovery code, once, to be written
 * down. `close()` ends the worker, and with it every key.
 *
 * LOCK
 *   selfTest() → {engine: 'wasm'|'noble'}     known-answer test, once; also loads the engine. kdf_broken
 *   measure() → {m, t}                        cost for a new door here
 *   suggestWords() → 'six random words'       checkWords(text) → {ok, why: null|'short'|'new_character'|'common'}
 *   newDoor(cost?) → door                     of a new installation; measures when no cost is given
 *   setSlot(door, words, role, {account, login, pins: {notary, log, kdf_high}}) → door'
 *       Seals the slot of `role` again, never another role's. Its store key is the open store's of that role, else
 *       the one that these words open there, else a new one; that store is then open. words_in_use when the words
 *       open another role's. door'.capture_pub changes when this session does not hold the pair: store the whole
 *       door', then sealIdentity, which contains the private half.
 *   setShort(door, secret, {account, login, pins}) → door'     puts the open diary behind the short secret too.
 *       words_weak, words_in_use
 *   renewSlot(door, {account, login, pins}) → door'            reseals the open slot with newer pins, without words
 *   unlock(words, door) → {role, account, login, pins, short}  one Argon2id, four attempts. no_match
 *   confirmWords(words, door)                                  checks that these are the words of the open store;
 *       changes nothing. no_match
 *   rootId() → 16 bytes · boxSeal(id, desc, bytes?) → bytes · boxSealMany([[id, desc, bytes?]…]) → [bytes…]
 *   boxOpen(id, sealed) → {desc, bytes} · boxOpenMany([[id, sealed]…]) → [{desc, bytes}…]   not_opened
 *   boxOpenEach([[id, sealed]…]) → [{desc, bytes}|null…]     the same, with null for each one that does not open
 *       `desc` is canonical JSON (integers, no floats, keys of the pattern), at most 65,535 bytes.
 *
 * IDENTITY AND ACCOUNT  (public identity: {account, diary, device, login, by, ecdsa_pub, hpke_pub})
 *   newIdentity({account?, diary?, device?}) → public identity      every key of a new diary
 *   sealIdentity(id) → bytes · loadIdentity(id, sealed) → public identity
 *       the store record of the identity, with kdf_high and the capture pair's private half
 *   enrolment({login, words, cost?, withCode?}) → {body, code}       body of POST /v1/accounts without
 *       `ticket` and `device_name`; code null or {words12, crockford}
 *   auth({words, kdf, login, high?}) → {auth}        kdf_refused before anything is derived
 *   codeAuth({code, login}) → {code_auth}            bad_request when the code's checksum is wrong
 *   openAccount({answer, login, device?, diary?}) → public identity   after auth or codeAuth; not_opened
 *   changeWords({words, login?, cost?}) → {kdf, auth, words_wrap}     send it to the server before using it
 *   copyKeys({words}) → {account, diary, diary_epoch, kdf, words_wrap, code_wrap: null, keyset, diary_wrap}
 *       for a sealed copy
 *   openCopy({keys, words | code, device?}) → public identity     without a server, and without a name; not_opened
 *   newCode() → {words12: [12], crockford, code_auth, code_wrap} · confirmCode(text)   no_match
 *   earlierProof() → b64 AUTH that a release before tokens stored, or null · forgetEarlierProof()
 *   kdfHigh() → highest m·t used
 *   registeredAs({login, kdf})                       records that an earlier registration succeeded
 *   openCapture(envelope, header) → bytes            sealed to door.capture_pub (hpke.js, hpkeSeal)
 *
 * NEW KEYS  (docs/formats.md 4b)
 *   rekeyBegin({words, door, said: {beacon, head, seq, ts}, cost?}) → body of POST …/rotation      words_in_use
 *   rekeyResume({words, body}) → {auth}        opens the keys of a body made before a restart. no_match
 *   rekeyFrom(answer) → {changed}              after auth: makes keys that another device changed ready to adopt
 *   rewrap([{version, wraps}…], 'own'|'next') → [[wrap…]…]   for the current or the next keys
 *   rekeyAdopt({words, door, behind}) → {door, identity}     uses the next keys from now on, with a new store key
 *   forgetOlds()                               call when no version here needs an older diary key any more
 *   earlierId() → 16 bytes · sealEarlier(id) → bytes · loadEarlier(id, sealed)     older store keys
 *   boxKeys([[id, head]…]) → [key|null…]       each opens only that record, without the store key
 *   boxOpenNewest(id, sealed)                  as boxOpen, under the current store key only
 *
 * VERSIONS
 *   setSchemas(table)          once: {kind: {'1': {open: […], restricted: […]}}}, record/schemas.json unchanged
 *   sealVersion({record?, version?, kind, schema, open, restricted?, openKeys?, restrictedKeys?, parents?,
 *                line: {n, prev}, clock: {offset_ms, tz, utc}, names?})
 *       → {record, version, commitment, env, blobs, meta, wraps, envelopes, push}     push: the body to upload
 *   signAgain({record, version, meta, wraps, envelopes}, {whoever?}) → b64 signature of the current key over a version
 *       of this device (with `whoever`, of any device) that is valid under its own key. not_opened
 *   signPack(facts) → bytes of a signed statement: pack_statement.ts
 *   openVersion({record, version, meta, wraps, envelopes, names?})
 *       → {place, kind, schema, fields, restricted|null, reserved, keys: {open, restricted}, seeds, digests,
 *          commitment, altered}                      meta needs c, sig, parents, parts. not_opened
 *   openMany([…], {digests?}) → [{opened, error}…]   256 at once; one that does not open does not stop the others.
 *       Checks commitment and signature; returns digests only on request
 *   openStored([{id, sealed, record, version}…]) → [{kind, fields, restricted|null, keys}|null…]     versions in the
 *       store, checked when they arrived and not again (stored_versions.js); `sealed` is transferred: empty afterwards
 *
 * FILES
 *   newBlobKey() → {blob, key}
 *   fileStart({blob?, key?, size}) → {file, blob, key, parts, sealed_bytes}
 *   filePart(file, bytes) → [{i, sealed}…]           `bytes` are transferred: empty afterwards
 *   fileEnd(file) → {parts: [{i, sealed}…], n, digests, digest, sha256, sha512}       hex; `digest` ends the upload
 *   handoverStart({size}) → {file, words, handover, kdf, auth, name, parts, sealed_bytes}     new words, one Argon2id
 *   handoverPart(file, bytes) → [{i, sealed}…] · handoverEnd(file, {name, made_at}) → {parts, digest} ·
 *       handoverDrop(file)
 *   fileDrop(file) · openPart({blob, key, i, n, sealed, size?}) → bytes, without padding when size is given
 *
 * ADVOCATES  (docs/formats.md 8)
 *   witnessAsk({address, name, note, made_at, until}) → {words, witness, proof, asking: {name, sealed, witness}}
 *       nine words, and what the server stores of them
 *   witnessOpen({witness, proof, statement}) → {said, verified}     not_opened
 *   grantMake({advocate: {ecdsa_pub, hpke_pub, name}, choice, name}) → {said, body}     a new grant and its body for
 *       the server; held from now on
 *   grantsLoad([{kept, diary, grant, to}…]) → [{said, other}|null…]     the keeper's copies; null for an invalid one
 *   grantDrop(grant) · grantWraps(grant, [{record, version, meta, wraps, envelopes}…]) → [[wrap…]…] ·
 *       grantSummary(grant, summary) → bytes
 *   grantMarks(grant, {made_at, marks}) → bytes · grantMarksOpen(grant, sealed) → {made_at, marks}     what the
 *       advocate has reviewed; not_opened
 *   letterOpen({envelope, grant, letter}) → {said: letter, pub: b64}     not_opened, bad_signature; `pub`: the key that
 *       signed it
 *   advocateNew({login, words}) → {identity, body}     body of POST /v1/members without ticket, device_name, invite,
 *       name, secret, digits
 *   advocateOpen({answer, login}) → public identity    after auth; its `diary` is a random id. not_opened
 *   clientsOpen([{diary, grant, sealed, summary}…], now) → [{said, other, summary|null}|null…]     held from now on;
 *       null for a grant that is altered, unsigned, for somebody else, or expired
 *   clientForget(grant) · clientRead(grant, page) → [{seq, record, version, …as openVersion}|{seq, refused: true}…]
 *       each signed by that client
 *   clientPart({grant, blob, key, i, n, sealed, size?}) → bytes · letterSeal({grant, what, fields, made_at}) → {letter,
 *       envelope} · clientKeys(grant) → {ecdsa_pub, earlier} · preparedSeal(grant, prepared) → bytes ·
 *   preparedPackSeal(grant, facts) → bytes
 *   clientMarks(grant, {made_at, marks}) → bytes · clientMarksOpen(grant, sealed) → {made_at, marks}     the advocate's
 *       own; not_opened
 */
import { KeptError } from '../../core/errors.js';
import type { Engine } from './engine.js';
import type { StoredVersion } from './stored_versions.js';

export type Vault = Engine & { close(): void; onProgress: ((fraction: number) => void) | null };
type WorkerResponse = { id: number; value?: unknown; code?: string; sentence?: string; progress?: number };
type PendingCall = { resolve: (value: unknown) => void; reject: (error: KeptError) => void };

export const FUNCTION_NAMES: readonly (keyof Engine)[] = Object.freeze([
  'selfTest',
  'measure',
  'suggestWords',
  'checkWords',
  'newDoor',
  'setSlot',
  'setShort',
  'renewSlot',
  'unlock',
  'confirmWords',
  'rootId',
  'boxSeal',
  'boxSealMany',
  'boxOpen',
  'boxOpenMany',
  'boxOpenEach',
  'boxKeys',
  'newIdentity',
  'sealIdentity',
  'loadIdentity',
  'enrolment',
  'auth',
  'codeAuth',
  'openAccount',
  'changeWords',
  'copyKeys',
  'openCopy',
  'newCode',
  'confirmCode',
  'earlierProof',
  'forgetEarlierProof',
  'registeredAs',
  'kdfHigh',
  'openCapture',
  'setSchemas',
  'sealVersion',
  'signAgain',
  'signPack',
  'openVersion',
  'openMany',
  'openStored',
  'newBlobKey',
  'fileStart',
  'filePart',
  'fileEnd',
  'fileDrop',
  'openPart',
  'handoverStart',
  'handoverPart',
  'handoverEnd',
  'handoverDrop',
  'witnessAsk',
  'witnessOpen',
  'grantMake',
  'grantsLoad',
  'grantDrop',
  'grantWraps',
  'grantSummary',
  'grantMarks',
  'grantMarksOpen',
  'letterOpen',
  'advocateNew',
  'advocateOpen',
  'clientsOpen',
  'clientForget',
  'clientRead',
  'clientPart',
  'clientKeys',
  'clientMarks',
  'clientMarksOpen',
  'letterSeal',
  'preparedSeal',
  'preparedPackSeal',
  'rekeyBegin',
  'rekeyResume',
  'rekeyFrom',
  'rewrap',
  'rekeyAdopt',
  'forgetOlds',
  'earlierId',
  'sealEarlier',
  'loadEarlier',
  'boxOpenNewest',
] as const);

/**
 * Start the worker. When it fails to start, every call rejects with `unavailable`.
 * @param options `createScriptUrl`: the createScriptURL of the page's Trusted Types policy, where there is one
 */
export function createVault({
  workerUrl,
  createScriptUrl = (url) => url,
}: {
  workerUrl: string;
  createScriptUrl?: (url: string) => string;
}): Vault {
  const worker = new Worker(createScriptUrl(workerUrl), { type: 'module' });
  const pendingCalls: Map<number, PendingCall> = new Map();
  let lastId = 0;
  let endCode = '';

  const endWorker = (code: string) => {
    endCode ||= code;
    worker.terminate();
    for (const { reject } of pendingCalls.values()) reject(new KeptError(code));
    pendingCalls.clear();
  };
  const call = (name: string, args: unknown[]) =>
    new Promise((resolve, reject) => {
      if (endCode) return reject(new KeptError(endCode));
      pendingCalls.set(++lastId, { resolve, reject });
      worker.postMessage({ id: lastId, name, args }, transferListOf(name, args));
    });

  const vault = { onProgress: null, close: () => endWorker('locked') } as Vault; // the loop adds its functions
  for (const name of FUNCTION_NAMES) Object.assign(vault, { [name]: (...args: unknown[]) => call(name, args) });
  worker.addEventListener('message', ({ data }) => settleCall(vault, pendingCalls, data));
  worker.addEventListener('error', () => endWorker('unavailable'));
  return vault;
}

function settleCall(
  vault: Vault,
  pendingCalls: Map<number, PendingCall>,
  { id, value, code, sentence, progress }: WorkerResponse,
) {
  if (progress !== undefined) return vault.onProgress?.(progress);
  const pendingCall = pendingCalls.get(id);
  pendingCalls.delete(id);
  if (code === undefined) pendingCall?.resolve(value);
  else pendingCall?.reject(new KeptError(code, sentence));
}

/** Return the buffers that are transferred to the worker instead of copied. */
function transferListOf(name: string, args: unknown[]): ArrayBuffer[] {
  const bytes =
    name === 'filePart' || name === 'handoverPart'
      ? args
      : name === 'openStored'
        ? (args[0] as readonly StoredVersion[]).map(({ sealed }) => sealed)
        : name === 'openPart'
          ? [(args[0] as { sealed: Uint8Array }).sealed]
          : [];
  return bytes.flatMap((arg) =>
    arg instanceof Uint8Array && arg.length === arg.buffer.byteLength ? [arg.buffer as ArrayBuffer] : [],
  );
}
