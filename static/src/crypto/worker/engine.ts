/**
 * All functions of the crypto worker, as one object. worker.js calls them for messages, Node's tests directly.
 * vault.js documents each function as the page sees it.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { idText, newId, parseId } from '../../core/ids.js';
import * as accounts from './accounts.js';
import { advocatePart } from './advocating.js';
import { openBox } from '../box.js';
import * as copy from '../sharing/copy.js';
import { engineName } from '../argon2.js';
import { random } from '../../core/bytes.js';
import * as doors from './doors.js';
import { sha256 } from '../digests.js';
import { FileSealer, openPart, sealedFileBytes } from '../files.js';
import { grantPart } from './granting.js';
import { handoverPart } from './handing.js';
import { witnessPart } from './witnessing.js';
import { openFrom } from '../people.js';
import * as rekey from './rekey.js';
import { Session } from './session.js';
import { inFlight, openBoxes, openStored } from './stored.js';
import { sign } from '../signing.js';
import { openVersion, sealVersion, signedBytes } from '../versions.js';
import { checkWords, suggestWords } from '../words.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { Cost } from '../argon2.js';
import type { Opened } from '../box.js';
import type { Fields, Names } from '../commitment.js';
import type { Schemas, Settings } from './session.js';
import type { Door, Role } from '../slots.js';
import type { StoredVersion } from './stored.js';
import type { Meta } from '../versions.js';

export type Engine = ReturnType<typeof createEngine>;
type VersionWish = {
  /** default: a new record */
  record?: string;
  version?: string;
  kind: string;
  schema: number;
  open: Fields;
  restricted?: Fields;
  openKeys?: readonly (readonly [string, string])[];
  restrictedKeys?: readonly (readonly [string, string])[];
  parents?: readonly string[];
  line: { n: number; prev: string | null };
  clock: { offset_ms: number | null; tz: string; utc: number };
  /** the latest checkpoint seen */
  beacon?: { log: string; root: string; size: number } | null;
  /** sealed on a device that is not the keeper's; the version states it */
  borrowed?: boolean;
  /** default: from `setSchemas` */
  names?: Names;
};
type VersionPushed = {
  record: string;
  version: string;
  meta: Meta;
  wraps: readonly Uint8Array[];
  envelopes: readonly Uint8Array[];
};

export function createEngine({ now = () => performance.now(), ...settings }: Settings & { now?: () => number }) {
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

function lockPart(session: Session, now: () => number) {
  return {
    selfTest: async () => {
      await session.test();
      return { engine: engineName() };
    },
    measure: () => doors.measure(session, now),
    suggestWords,
    checkWords: async (text: string) => checkWords(text),
    newDoor: async (cost: Cost | undefined = undefined) =>
      doors.makeDoor(session, cost ?? (await doors.measure(session, now))),
    setSlot: (door: Door, words: string, role: Role, behind: doors.Behind) =>
      doors.setSlot(session, door, words, role, behind),
    setShort: (door: Door, secret: string, behind: doors.Behind) => doors.setShort(session, door, secret, behind),
    renewSlot: (door: Door, behind: doors.Behind) => doors.renewSlot(session, door, behind),
    unlock: (words: string, door: Door) => doors.unlock(session, words, door),
    confirmWords: (words: string, door: Door) => doors.confirmWords(session, words, door),
    rootId: () => doors.rootId(session),
    boxSeal: async (id: Bytes, desc: JsonObject, bytes: Bytes | undefined = undefined) =>
      (await doors.boxSealMany(session, [[id, desc, bytes]]))[0] as Bytes,
    boxSealMany: async (records: readonly (readonly [Bytes, JsonObject, Bytes?])[]) =>
      doors.boxSealMany(session, records),
    boxOpen: async (id: Bytes, sealed: Bytes) => (await doors.boxOpenMany(session, [[id, sealed]]))[0] as Opened,
    boxKeys: (heads: readonly (readonly [Bytes, Bytes])[]) => doors.boxKeys(session, heads),
    boxOpenMany: async (records: readonly (readonly [Bytes, Bytes])[]) => doors.boxOpenMany(session, records),
    boxOpenEach: async (records: readonly (readonly [Bytes, Bytes])[]) => openBoxes(session, records),
  };
}

function accountPart(session: Session) {
  return {
    newIdentity: (ids: Parameters<typeof accounts.newIdentity>[1] = {}) => accounts.newIdentity(session, ids),
    sealIdentity: (id: Bytes) => accounts.sealIdentity(session, id),
    loadIdentity: (id: Bytes, sealed: Bytes) => accounts.loadIdentity(session, id, sealed),
    enrolment: (wish: Parameters<typeof accounts.enrolment>[1]) => accounts.enrolment(session, wish),
    auth: (given: Parameters<typeof accounts.auth>[1]) => accounts.auth(session, given),
    codeAuth: (given: Parameters<typeof accounts.codeAuth>[1]) => accounts.codeAuth(session, given),
    openAccount: (given: Parameters<typeof accounts.openAccount>[1]) => accounts.openAccount(session, given),
    changeWords: (given: Parameters<typeof accounts.changeWords>[1]) => accounts.changeWords(session, given),
    newCode: () => accounts.newCode(session),
    copyKeys: (given: Parameters<typeof copy.copyKeys>[1]) => copy.copyKeys(session, given),
    openCopy: (given: Parameters<typeof copy.openCopy>[1]) => copy.openCopy(session, given),
    confirmCode: (typed: string) => accounts.confirmCode(session, typed),
    earlierProof: () => accounts.earlierProof(session),
    forgetEarlierProof: async () => accounts.forgetEarlierProof(session),
    registeredAs: async (registration: Parameters<typeof accounts.registeredAs>[1]) =>
      accounts.registeredAs(session, registration),
    kdfHigh: async () => session.kdfHigh,
    openCapture: (envelope: Bytes, header: JsonObject) =>
      session.held.use('capture', (scalar) => openFrom(scalar, envelope, 'capture', header)),
  };
}

function rekeyPart(session: Session) {
  return {
    rekeyBegin: (given: Parameters<typeof rekey.begin>[1]) => rekey.begin(session, given),
    rekeyResume: (given: Parameters<typeof rekey.resume>[1]) => rekey.resume(session, given),
    rekeyFrom: (answer: Parameters<typeof rekey.from>[1]) => rekey.from(session, answer),
    rewrap: (list: Parameters<typeof rekey.rewrap>[1], keys: 'own' | 'next') => rekey.rewrap(session, list, keys),
    rekeyAdopt: (given: Parameters<typeof rekey.adopt>[1]) => rekey.adopt(session, given),
    forgetOlds: async () => rekey.forgetOlds(session),
    earlierId: () => rekey.earlierId(session),
    sealEarlier: (id: Bytes) => rekey.sealEarlier(session, id),
    loadEarlier: (id: Bytes, sealed: Bytes) => rekey.loadEarlier(session, id, sealed),
    boxOpenNewest: async (id: Bytes, sealed: Bytes) => openBox(session.store.key, id, sealed),
  };
}

function versionPart(session: Session) {
  const { namesOf } = session;
  const openOne = ({ record, version, meta, wraps, envelopes, names }: VersionPushed & { names?: Names }) => {
    const { identity, diaryKey, olds, authors } = session.own;
    const place = { diary: identity.diary, record, version };
    return openVersion({ place, meta, wraps, envelopes }, { diaryKey, olds, authors }, names ? () => names : namesOf);
  };
  return {
    setSchemas: async (table: Schemas) => {
      session.schemas = table;
    },
    openStored: async (list: readonly StoredVersion[]) => openStored(session, list),
    sealVersion: (wish: VersionWish) => sealOne(session, wish, namesOf),
    openVersion: async (pushed: VersionPushed & { names?: Names }) => openOne(pushed),
    signAgain: async (pushed: VersionPushed, { whoever = false }: { whoever?: boolean } = {}) => {
      const { identity, signKey } = session.own;
      const { altered, reserved } = await openOne(pushed);
      const { device } = (reserved._author as { device?: string } | undefined) ?? {};
      if (altered || (device !== identity.device && !whoever)) throw new KeptError('not_opened');
      const { record, version, meta } = pushed;
      return b64(await sign(signKey, signedBytes(meta.c, { diary: identity.diary, record, version })));
    },
    openMany: async (
      list: readonly (VersionPushed & { names?: Names })[],
      { digests = false }: { digests?: boolean } = {},
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

async function sealOne(session: Session, wish: VersionWish, namesOf: (kind: string, schema: number) => Names | null) {
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

function filePart(session: Session) {
  const files: Map<number, FileSealer> = new Map();
  let last = 0;
  const fileOf = (file: number) => {
    const sealer = files.get(file);
    if (!sealer) throw new KeptError('bad_request', 'There is no such file.');
    return sealer;
  };
  const blobPlace = (blob: string, key: string) => {
    parseId(blob);
    return { diary: session.own.identity.diary, blob, key: unb64(key) };
  };
  return {
    newBlobKey: async () => ({ blob: idText(newId()), key: b64(random(32)) }),
    fileStart: async ({
      blob = idText(newId()),
      key = b64(random(32)),
      size,
    }: {
      blob?: string;
      key?: string;
      size: number;
    }) => {
      const place = blobPlace(blob, key);
      const sealer = await FileSealer.begin(place, size);
      files.set(++last, sealer);
      return { file: last, blob, key, parts: sealer.n, sealed_bytes: sealedFileBytes(place, size) };
    },
    filePart: async (file: number, bytes: Bytes) => fileOf(file).add(bytes),
    fileEnd: async (file: number) => {
      const ended = await fileOf(file).end();
      files.delete(file);
      return ended;
    },
    fileDrop: async (file: number) => {
      files.delete(file);
    },
    openPart: async ({
      blob,
      key,
      i,
      n,
      sealed,
      size,
    }: {
      blob: string;
      key: string;
      i: number;
      n: number;
      sealed: Bytes;
      size?: number;
    }) => openPart(blobPlace(blob, key), i, n, sealed, size),
  };
}
