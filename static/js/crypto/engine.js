/**
 * Everything the crypto worker can do, as one object of functions; worker.js answers messages with it, and
 * Node's tests call it directly. vault.js documents each function as the page sees it.
 */
import { b64, unb64 } from '../core/bytes.js';
import { KeptError } from '../core/errors.js';
import { idText, newId, parseId } from '../core/ids.js';
import * as accounts from './accounts.js';
import { advocatePart } from './advocating.js';
import { openBox } from './box.js';
import * as copy from './copy.js';
import { engineName } from './argon2.js';
import { random } from '../core/bytes.js';
import * as doors from './doors.js';
import { sha256 } from './digests.js';
import { FileSealer, openPart, sealedFileBytes } from './files.js';
import { grantPart } from './granting.js';
import { handoverPart } from './handing.js';
import { witnessPart } from './witnessing.js';
import { openFrom } from './people.js';
import * as rekey from './rekey.js';
import { Session } from './session.js';
import { inFlight, openBoxes, openStored } from './stored.js';
import { sign } from './signing.js';
import { openVersion, sealVersion, signedBytes } from './versions.js';
import { checkWords, suggestWords } from './words.js';

/** @typedef {import('../core/bytes.js').Bytes} Bytes */
/** @typedef {import('../core/encoding.js').JsonObject} JsonObject */
/** @typedef {import('./commitment.js').Names} Names */
/** @typedef {import('./commitment.js').Fields} Fields */
/** @typedef {import('./slots.js').Door} Door */
/** @typedef {import('./session.js').Schemas} Schemas */
/** @typedef {ReturnType<typeof createEngine>} Engine */
/**
 * @typedef {object} VersionWish
 * @property {string} [record] a new record when not given
 * @property {string} [version]
 * @property {string} kind
 * @property {number} schema
 * @property {Fields} open
 * @property {Fields} [restricted]
 * @property {readonly (readonly [string, string])[]} [openKeys]
 * @property {readonly (readonly [string, string])[]} [restrictedKeys]
 * @property {readonly string[]} [parents]
 * @property {{n: number, prev: string | null}} line
 * @property {{offset_ms: number | null, tz: string, utc: number}} clock
 * @property {{log: string, root: string, size: number} | null} [beacon]  the checkpoint seen last
 * @property {boolean} [borrowed] sealed on a device that is not the keeper's, and says so
 * @property {Names} [names] else those of `setSchemas`
 */
/**
 * @typedef {object} VersionPushed
 * @property {string} record
 * @property {string} version
 * @property {import('./versions.js').Meta} meta
 * @property {readonly Uint8Array[]} wraps
 * @property {readonly Uint8Array[]} envelopes
 */

/**
 * @param {import('./session.js').Settings & {now?: () => number}} settings
 */
export function createEngine({ now = () => performance.now(), ...settings }) {
  const session = new Session(settings);
  return {
    ...lockPart(session, now),
    ...accountPart(session),
    ...rekeyPart(session),
    ...versionPart(session),
    ...filePart(session),
    ...handoverPart(session),
    ...witnessPart(session),
    ...grantPart(session),
    ...advocatePart(session),
  };
}

/**
 * @param {Session} session
 * @param {() => number} now
 */
function lockPart(session, now) {
  return {
    selfTest: async () => {
      await session.test();
      return { engine: engineName() };
    },
    measure: () => doors.measure(session, now),
    suggestWords,
    checkWords: async (/** @type {string} */ text) => checkWords(text),
    newDoor: async (/** @type {import('./argon2.js').Cost | undefined} */ cost = undefined) =>
      doors.makeDoor(session, cost ?? (await doors.measure(session, now))),
    setSlot: (
      /** @type {Door} */ door,
      /** @type {string} */ words,
      /** @type {import('./slots.js').Role} */ role,
      /** @type {doors.Behind} */ behind,
    ) => doors.setSlot(session, door, words, role, behind),
    setShort: (/** @type {Door} */ door, /** @type {string} */ secret, /** @type {doors.Behind} */ behind) =>
      doors.setShort(session, door, secret, behind),
    renewSlot: (/** @type {Door} */ door, /** @type {doors.Behind} */ behind) => doors.renewSlot(session, door, behind),
    unlock: (/** @type {string} */ words, /** @type {Door} */ door) => doors.unlock(session, words, door),
    confirmWords: (/** @type {string} */ words, /** @type {Door} */ door) => doors.confirmWords(session, words, door),
    rootId: () => doors.rootId(session),
    boxSeal: async (
      /** @type {Bytes} */ id,
      /** @type {JsonObject} */ desc,
      /** @type {Bytes | undefined} */ bytes = undefined,
    ) => /** @type {Bytes} */ ((await doors.boxSealMany(session, [[id, desc, bytes]]))[0]),
    boxSealMany: async (/** @type {readonly (readonly [Bytes, JsonObject, Bytes?])[]} */ records) =>
      doors.boxSealMany(session, records),
    boxOpen: async (/** @type {Bytes} */ id, /** @type {Bytes} */ sealed) =>
      /** @type {import('./box.js').Opened} */ ((await doors.boxOpenMany(session, [[id, sealed]]))[0]),
    boxKeys: (/** @type {readonly (readonly [Bytes, Bytes])[]} */ heads) => doors.boxKeys(session, heads),
    boxOpenMany: async (/** @type {readonly (readonly [Bytes, Bytes])[]} */ records) =>
      doors.boxOpenMany(session, records),
    boxOpenEach: async (/** @type {readonly (readonly [Bytes, Bytes])[]} */ records) => openBoxes(session, records),
  };
}

/** @param {Session} session */
function accountPart(session) {
  return {
    newIdentity: (/** @type {Parameters<typeof accounts.newIdentity>[1]} */ ids = {}) =>
      accounts.newIdentity(session, ids),
    sealIdentity: (/** @type {Bytes} */ id) => accounts.sealIdentity(session, id),
    loadIdentity: (/** @type {Bytes} */ id, /** @type {Bytes} */ sealed) => accounts.loadIdentity(session, id, sealed),
    enrolment: (/** @type {Parameters<typeof accounts.enrolment>[1]} */ wish) => accounts.enrolment(session, wish),
    auth: (/** @type {Parameters<typeof accounts.auth>[1]} */ given) => accounts.auth(session, given),
    codeAuth: (/** @type {Parameters<typeof accounts.codeAuth>[1]} */ given) => accounts.codeAuth(session, given),
    openAccount: (/** @type {Parameters<typeof accounts.openAccount>[1]} */ given) =>
      accounts.openAccount(session, given),
    changeWords: (/** @type {Parameters<typeof accounts.changeWords>[1]} */ given) =>
      accounts.changeWords(session, given),
    newCode: () => accounts.newCode(session),
    copyKeys: (/** @type {Parameters<typeof copy.copyKeys>[1]} */ given) => copy.copyKeys(session, given),
    openCopy: (/** @type {Parameters<typeof copy.openCopy>[1]} */ given) => copy.openCopy(session, given),
    confirmCode: (/** @type {string} */ typed) => accounts.confirmCode(session, typed),
    earlierProof: () => accounts.earlierProof(session),
    forgetEarlierProof: async () => accounts.forgetEarlierProof(session),
    registeredAs: async (/** @type {Parameters<typeof accounts.registeredAs>[1]} */ registration) =>
      accounts.registeredAs(session, registration),
    kdfHigh: async () => session.kdfHigh,
    openCapture: (/** @type {Bytes} */ envelope, /** @type {JsonObject} */ header) =>
      session.held.use('capture', (scalar) => openFrom(scalar, envelope, 'capture', header)),
  };
}

/** @param {Session} session */
function rekeyPart(session) {
  return {
    rekeyBegin: (/** @type {Parameters<typeof rekey.begin>[1]} */ given) => rekey.begin(session, given),
    rekeyResume: (/** @type {Parameters<typeof rekey.resume>[1]} */ given) => rekey.resume(session, given),
    rekeyFrom: (/** @type {Parameters<typeof rekey.from>[1]} */ answer) => rekey.from(session, answer),
    rewrap: (/** @type {Parameters<typeof rekey.rewrap>[1]} */ list, /** @type {'own'|'next'} */ keys) =>
      rekey.rewrap(session, list, keys),
    rekeyAdopt: (/** @type {Parameters<typeof rekey.adopt>[1]} */ given) => rekey.adopt(session, given),
    forgetOlds: async () => rekey.forgetOlds(session),
    earlierId: () => rekey.earlierId(session),
    sealEarlier: (/** @type {Bytes} */ id) => rekey.sealEarlier(session, id),
    loadEarlier: (/** @type {Bytes} */ id, /** @type {Bytes} */ sealed) => rekey.loadEarlier(session, id, sealed),
    boxOpenNewest: async (/** @type {Bytes} */ id, /** @type {Bytes} */ sealed) =>
      openBox(session.store.key, id, sealed),
  };
}

/** @param {Session} session */
function versionPart(session) {
  const { namesOf } = session;
  /** @param {VersionPushed & {names?: Names}} pushed */
  const openOne = ({ record, version, meta, wraps, envelopes, names }) => {
    const { identity, diaryKey, olds, authors } = session.own;
    const place = { diary: identity.diary, record, version };
    return openVersion({ place, meta, wraps, envelopes }, { diaryKey, olds, authors }, names ? () => names : namesOf);
  };
  return {
    setSchemas: async (/** @type {Schemas} */ table) => {
      session.schemas = table;
    },
    openStored: async (/** @type {readonly import('./stored.js').StoredVersion[]} */ list) => openStored(session, list),
    sealVersion: (/** @type {VersionWish} */ wish) => sealOne(session, wish, namesOf),
    openVersion: async (/** @type {VersionPushed & {names?: Names}} */ pushed) => openOne(pushed),
    signAgain: async (
      /** @type {VersionPushed} */ pushed,
      /** @type {{whoever?: boolean}} */ { whoever = false } = {},
    ) => {
      const { identity, signKey } = session.own;
      const { altered, reserved } = await openOne(pushed);
      const { device } = /** @type {any} */ (reserved._author) ?? {};
      if (altered || (device !== identity.device && !whoever)) throw new KeptError('not_opened');
      const { record, version, meta } = pushed;
      return b64(await sign(signKey, signedBytes(meta.c, { diary: identity.diary, record, version })));
    },
    openMany: async (
      /** @type {readonly (VersionPushed & {names?: Names})[]} */ list,
      /** @type {{digests?: boolean}} */ { digests = false } = {},
    ) =>
      inFlight(list, async (pushed) => {
        try {
          const opened = await openOne(pushed);
          return { opened: digests ? opened : { ...opened, digests: null }, error: null };
        } catch {
          return { opened: null, error: 'not_opened' };
        }
      }),
  };
}

/**
 * @param {Session} session
 * @param {VersionWish} wish
 * @param {(kind: string, schema: number) => Names | null} namesOf
 */
async function sealOne(session, wish, namesOf) {
  const { identity, epochs, diaryKey, signKey } = session.own;
  const names = wish.names ?? namesOf(wish.kind, wish.schema);
  if (!names) throw new KeptError('bad_request', 'There is no such kind of record.');
  const { record = idText(newId()), version = idText(newId()) } = wish;
  parseId(record);
  parseId(version);
  const { account, device, diary, by } = identity;
  const sealed = await sealVersion(
    {
      place: { diary, record, version },
      kind: wish.kind,
      schema: wish.schema,
      author: { account, device, ...(wish.borrowed ? { borrowed: true } : {}) },
      by,
      line: { device, ...wish.line },
      clock: wish.clock,
      beacon: wish.beacon ?? null,
      parents: wish.parents ?? [],
      open: wish.open,
      restricted: wish.restricted ?? {},
      openKeys: wish.openKeys ?? [],
      restrictedKeys: wish.restrictedKeys ?? [],
    },
    names,
    { diaryKey, epoch: epochs.diary, signKey },
  );
  const { meta, wraps, envelopes, push } = sealed;
  return {
    record,
    version,
    commitment: meta.c,
    env: b64(await sha256(...envelopes)),
    blobs: meta.blobs,
    meta,
    wraps,
    envelopes,
    push,
  };
}

/** @param {Session} session */
function filePart(session) {
  /** @type {Map<number, FileSealer>} */
  const files = new Map();
  let last = 0;
  const fileOf = (/** @type {number} */ file) => {
    const sealer = files.get(file);
    if (!sealer) throw new KeptError('bad_request', 'There is no such file.');
    return sealer;
  };
  const blobPlace = (/** @type {string} */ blob, /** @type {string} */ key) => {
    parseId(blob);
    return { diary: session.own.identity.diary, blob, key: unb64(key) };
  };
  return {
    newBlobKey: async () => ({ blob: idText(newId()), key: b64(random(32)) }),
    fileStart: async (
      /** @type {{blob?: string, key?: string, size: number}} */ {
        blob = idText(newId()),
        key = b64(random(32)),
        size,
      },
    ) => {
      const place = blobPlace(blob, key);
      const sealer = await FileSealer.begin(place, size);
      files.set(++last, sealer);
      return { file: last, blob, key, parts: sealer.n, sealed_bytes: sealedFileBytes(place, size) };
    },
    filePart: async (/** @type {number} */ file, /** @type {Bytes} */ bytes) => fileOf(file).add(bytes),
    fileEnd: async (/** @type {number} */ file) => {
      const ended = await fileOf(file).end();
      files.delete(file);
      return ended;
    },
    fileDrop: async (/** @type {number} */ file) => {
      files.delete(file);
    },
    openPart: async (
      /** @type {{blob: string, key: string, i: number, n: number, sealed: Bytes, size?: number}} */ {
        blob,
        key,
        i,
        n,
        sealed,
        size,
      },
    ) => openPart(blobPlace(blob, key), i, n, sealed, size),
  };
}
