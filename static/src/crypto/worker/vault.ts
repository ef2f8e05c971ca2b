/**
 * The page's side of the crypto worker. Everything is asynchronous, bytes are Uint8Array, ids and keys inside
 * objects are text (22 characters, b64), failures are KeptError with `code` and `sentence`.
 *
 * Words, ROOT, store key, account key, diary key and private keys live in the worker and never come out.
 * What does come out: blob keys, since versions carry them; AUTH, since it is sent; the recovery code, once,
 * to be written down. `close()` ends the worker, and with it every key.
 *
 * LOCK
 *   selfTest() → {engine: 'wasm'|'noble'}     known-answer test, once; also warms the engine. kdf_broken
 *   measure() → {m, t}                        cost for a new door here
 *   suggestWords() → 'six random words'       checkWords(text) → {ok, why: null|'short'|'new_character'|'common'}
 *   newDoor(cost?) → door                     of a fresh install; measures when no cost is given
 *   setSlot(door, words, role, {account, login, pins: {notary, log, kdf_high}}) → door'
 *       The slot of `role` in this install is sealed anew (another role's never is). Its store key is the open
 *       one of that role, or the one these very words open there, or a new one, and is then open. words_in_use
 *       when they open another role's. door'.capture_pub changes when this session does not hold the pair:
 *       store the whole door', then sealIdentity, which carries the private half.
 *   setShort(door, secret, {account, login, pins}) → door'     the open diary behind the short secret too. words_weak,
 *       words_in_use
 *   renewSlot(door, {account, login, pins}) → door'     the open slot with newer pins, without the words
 *   unlock(words, door) → {role, account, login, pins, short}  one Argon2id, four tries. no_match
 *   confirmWords(words, door)                           are these the words of the open store? no_match; changes
 *       nothing
 *   rootId() → 16 bytes · boxSeal(id, desc, bytes?) → bytes · boxSealMany([[id, desc, bytes?]…]) → [bytes…]
 *   boxOpen(id, sealed) → {desc, bytes} · boxOpenMany([[id, sealed]…]) → [{desc, bytes}…]   not_opened
 *   boxOpenEach([[id, sealed]…]) → [{desc, bytes}|null…]     the same, and one that does not open stops no other
 *       `desc` is canonical JSON (integers, no floats, keys of the pattern), at most 65,535 bytes.
 *
 * IDENTITY AND ACCOUNT  (public identity: {account, diary, device, login, by, ecdsa_pub, hpke_pub})
 *   newIdentity({account?, diary?, device?}) → public identity      every key of a new diary
 *   sealIdentity(id) → bytes · loadIdentity(id, sealed) → public identity
 *       the store record of all of it, with kdf_high and the capture pair's private half
 *   enrolment({login, words, cost?, withCode?}) → {body, code}       body of POST /v1/accounts but for
 *       `ticket` and `device_name`; code null or {words12, crockford}
 *   auth({words, kdf, login, high?}) → {auth}        kdf_refused before anything is derived
 *   codeAuth({code, login}) → {code_auth}            bad_request when the code does not check
 *   openAccount({answer, login, device?, diary?}) → public identity   after auth or codeAuth; not_opened
 *   changeWords({words, login?, cost?}) → {kdf, auth, words_wrap}     the server has it first
 *   copyKeys({words}) → {account, diary, diary_epoch, kdf, words_wrap, code_wrap: null, keyset, diary_wrap}     for a
 *       sealed copy
 *   openCopy({keys, words | code, device?}) → public identity     without a server, and without a name; not_opened
 *   newCode() → {words12: [12], crockford, code_auth, code_wrap} · confirmCode(text)   no_match
 *   earlierProof() → b64 AUTH that a release before tokens kept, or null · forgetEarlierProof() · kdfHigh() → highest
 *       m·t used
 *   registeredAs({login, kdf})      a registration that was sent before counts
 *   openCapture(envelope, header) → bytes            what was sealed to door.capture_pub (people.js sealTo)
 *
 * NEW KEYS  (docs/formats.md 4b)
 *   rekeyBegin({words, door, said: {beacon, head, seq, ts}, cost?}) → body of POST …/rotation      words_in_use
 *   rekeyResume({words, body}) → {auth}        the keys of a body that was begun before a restart. no_match
 *   rekeyFrom(answer) → {epoch, changed}       after auth: what another device changed, made ready to adopt
 *   rewrap([{version, wraps}…], 'own'|'next') → [[wrap…]…]   for the keys in use, or for those to come
 *   rekeyAdopt({words, door, behind}) → {door, identity}     they count from now on, with a store key of their own
 *   forgetOlds()                               no version here needs an earlier diary key any more
 *   earlierId() → 16 bytes · sealEarlier(id) → bytes · loadEarlier(id, sealed)     store keys of before
 *   boxKeys([[id, head]…]) → [key|null…]       opens that one record, without the store key
 *   boxOpenNewest(id, sealed)                  as boxOpen, under the store key in use only
 *
 * VERSIONS
 *   setSchemas(table)          once: {kind: {'1': {open: […], restricted: […]}}}, record/schemas.json as it is
 *   sealVersion({record?, version?, kind, schema, open, restricted?, openKeys?, restrictedKeys?, parents?,
 *                line: {n, prev}, clock: {offset_ms, tz, utc}, names?})
 *       → {record, version, commitment, env, blobs, meta, wraps, envelopes, push}     push: the body to upload
 *   signAgain({record, version, meta, wraps, envelopes}, {whoever?}) → b64 signature of the key in use over a version
 *       of this
 *       device's (or, with `whoever`, of any) that holds under its own; nothing else of it changes. not_opened
 *   openVersion({record, version, meta, wraps, envelopes, names?})
 *       → {place, kind, schema, fields, restricted|null, reserved, keys: {open, restricted}, seeds, digests,
 *          commitment, altered}                      meta needs c, sig, parents, parts. not_opened
 *   openMany([…], {digests?}) → [{opened, error}…]   256 at once; one that does not open does not stop
 *       the rest. Commitment and signature are checked, digests left out unless asked for
 *   openStored([{id, sealed, record, version}…]) → [{kind, fields, restricted|null, keys}|null…]     versions as the
 *       store
 *       holds them, checked when they came and not again (stored.js); `sealed` is handed over: it is empty afterwards
 *
 * FILES
 *   newBlobKey() → {blob, key}
 *   fileStart({blob?, key?, size}) → {file, blob, key, parts, sealed_bytes}
 *   filePart(file, bytes) → [{i, sealed}…]           `bytes` are handed over: they are empty afterwards
 *   fileEnd(file) → {parts: [{i, sealed}…], n, digests, digest, sha256, sha512}       hex; digest for complete
 *   handoverStart({size}) → {file, words, handover, kdf, auth, name, parts, sealed_bytes}     new words, one Argon2id
 *   handoverPart(file, bytes) → [{i, sealed}…] · handoverEnd(file, {name, made_at}) → {parts, digest} ·
 *       handoverDrop(file)
 *   fileDrop(file) · openPart({blob, key, i, n, sealed, size?}) → bytes, without padding when size is given
 *
 * ADVOCATES  (docs/formats.md 8)
 *   witnessAsk({address, name, note, made_at, until}) → {words, witness, proof, asking: {name, sealed, witness}}
 *       nine words, and what the server keeps of them
 *   witnessOpen({witness, proof, statement}) → {said, verified}     not_opened
 *   grantMake({advocate: {ecdsa_pub, hpke_pub, name}, choice, name}) → {said, body}     a new grant and its body for
 *       the server; held from now on
 *   grantsLoad([{kept, diary, grant, to}…]) → [{said, other}|null…]     the keeper's copies; null for one that lets
 *       nobody in
 *   grantDrop(grant) · grantWraps(grant, [{record, version, meta, wraps, envelopes}…]) → [[wrap…]…] ·
 *       grantSummary(grant, summary) → bytes
 *   grantMarks(grant, {made_at, marks}) → bytes · grantMarksOpen(grant, sealed) → {made_at, marks}     what the
 *       advocate has looked through; not_opened
 *   letterOpen({envelope, grant, letter}) → {said: letter, pub: b64}     not_opened, bad_signature; `pub`: the key that
 *       signed it
 *   advocateNew({login, words}) → {identity, body}     body of POST /v1/members but for ticket, device_name, invite,
 *       name, secret, digits
 *   advocateOpen({answer, login}) → public identity    after auth; an advocate's, whose `diary` is nobody's. not_opened
 *   clientsOpen([{diary, grant, sealed, summary}…], now) → [{said, other, summary|null}|null…]     held from now on;
 *       null for a grant
 *       that lets nobody in: altered, unsigned, for somebody else, over
 *   clientForget(grant) · clientRead(grant, page) → [{seq, record, version, …as openVersion}|{seq, refused: true}…]
 *       each signed by that client
 *   clientPart({grant, blob, key, i, n, sealed, size?}) → bytes · letterSeal({grant, what, fields, made_at}) → {letter,
 *       envelope} · clientKeys(grant) → {ecdsa_pub, earlier} · preparedSeal(grant, prepared) → bytes
 *   clientMarks(grant, {made_at, marks}) → bytes · clientMarksOpen(grant, sealed) → {made_at, marks}     the advocate's
 *       own; not_opened
 */
import { KeptError } from '../../core/errors.js';
import type { Engine } from './engine.js';
import type { StoredVersion } from './stored.js';

export type Vault = Engine & { close(): void; onProgress: ((done: number) => void) | null };
type Answer = { id: number; value?: unknown; code?: string; sentence?: string; progress?: number };
type Waiting = { resolve: (value: unknown) => void; reject: (error: KeptError) => void };

export const FUNCTIONS: readonly (keyof Engine)[] = Object.freeze([
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
 * Starts the worker. Its failures to start reject whatever is asked of it with `unavailable`.
 * @param options `trusted` is the createScriptURL of the page's Trusted Types policy, where there is one
 */
export function createVault({
  workerUrl,
  trusted = (url) => url,
}: {
  workerUrl: string;
  trusted?: (url: string) => string;
}): Vault {
  const worker = new Worker(trusted(workerUrl), { type: 'module' });
  const waiting: Map<number, Waiting> = new Map();
  let last = 0;
  let ended = '';

  const end = (code: string) => {
    ended ||= code;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(new KeptError(code));
    waiting.clear();
  };
  const ask = (name: string, args: unknown[]) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(new KeptError(ended));
      waiting.set(++last, { resolve, reject });
      worker.postMessage({ id: last, name, args }, handedOver(name, args));
    });

  const vault = { onProgress: null, close: () => end('locked') } as Vault; // its functions come next
  for (const name of FUNCTIONS) Object.assign(vault, { [name]: (...args: unknown[]) => ask(name, args) });
  worker.addEventListener('message', ({ data }) => settle(vault, waiting, data));
  worker.addEventListener('error', () => end('unavailable'));
  return vault;
}

function settle(vault: Vault, waiting: Map<number, Waiting>, { id, value, code, sentence, progress }: Answer) {
  if (progress !== undefined) return vault.onProgress?.(progress);
  const asked = waiting.get(id);
  waiting.delete(id);
  if (code === undefined) asked?.resolve(value);
  else asked?.reject(new KeptError(code, sentence));
}

/** Memory that goes to the worker for good instead of being copied. */
function handedOver(name: string, args: unknown[]): ArrayBuffer[] {
  const bytes =
    name === 'filePart' || name === 'handoverPart'
      ? args
      : name === 'openStored'
        ? (args[0] as readonly StoredVersion[]).map(({ sealed }) => sealed)
        : [];
  return bytes.flatMap((arg) =>
    arg instanceof Uint8Array && arg.length === arg.buffer.byteLength ? [arg.buffer as ArrayBuffer] : [],
  );
}
