/**
 * All functions of the crypto worker, as one object. worker.js calls them for messages, Node's tests directly.
 * vault.js documents each function as the page sees it.
 */
import { b64, unb64 } from '../../core/bytes.js';
import { KeptError } from '../../core/errors.js';
import { formatId, newId, parseId } from '../../core/ids.js';
import * as accounts from './accounts.js';
import { advocateFunctions } from './advocates.js';
import { openBox } from '../box.js';
import * as copy from '../sharing/copy.js';
import { engineName } from '../argon2.js';
import { randomBytes } from '../../core/bytes.js';
import * as doors from './doors.js';
import { sha256 } from '../digests.js';
import { FileSealer, openPart, sealedFileLength } from '../files.js';
import { grantFunctions } from './grants.js';
import { handoverFunctions } from './handovers.js';
import { witnessFunctions } from './witnesses.js';
import { hpkeOpen } from '../hpke.js';
import { signPackStatement } from '../pack_statement.js';
import * as rekey from './rekey.js';
import { Session } from './session.js';
import { mapConcurrently, openEachBox, openStored } from './stored_versions.js';
import { sign } from '../signing.js';
import { openVersion, sealVersion, bytesToSign } from '../versions.js';
import { checkWords, suggestWords } from '../words.js';
import type { PackFacts } from '../pack_statement.js';
import type { Bytes } from '../../core/bytes.js';
import type { JsonObject } from '../../core/encoding.js';
import type { KdfCost } from '../argon2.js';
import type { OpenedBox } from '../box.js';
import type { Fields, FieldNames } from '../commitment.js';
import type { Schemas, SessionOptions } from './session.js';
import type { Door, Role } from '../slots.js';
import type { StoredVersion } from './stored_versions.js';
import type { SignedMeta } from '../versions.js';

export type Engine = ReturnType<typeof createEngine>;
type VersionInput = {
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
  names?: FieldNames;
};
type PushedVersion = {
  record: string;
  version: string;
  meta: SignedMeta;
  wraps: readonly Uint8Array[];
  envelopes: readonly Uint8Array[];
};

export function createEngine({
  now: clock = () => performance.now(),
  ...options
}: SessionOptions & { now?: () => number }) {
  const session = new Session(options);
  return {
    ...lockFunctions(session, clock),
    ...accountFunctions(session),
    ...rekeyFunctions(session),
    ...versionFunctions(session),
    ...fileFunctions(session),
    ...handoverFunctions(session),
    ...witnessFunctions(session),
    ...grantFunctions(session),
    ...advocateFunctions(session),
  };
}

function lockFunctions(session: Session, clock: () => number) {
  return {
    selfTest: async () => {
      await session.runSelfTest();
      return { engine: engineName() };
    },
    measure: () => doors.measureCost(session, clock),
    suggestWords,
    checkWords: async (text: string) => checkWords(text),
    newDoor: async (cost: KdfCost | undefined = undefined) =>
      doors.newInstallDoor(session, cost ?? (await doors.measureCost(session, clock))),
    setSlot: (door: Door, words: string, role: Role, details: doors.SlotDetails) =>
      doors.sealRoleSlot(session, door, words, role, details),
    setShort: (door: Door, secret: string, details: doors.SlotDetails) =>
      doors.sealShortSecretSlot(session, door, secret, details),
    renewSlot: (door: Door, details: doors.SlotDetails) => doors.resealOpenSlot(session, door, details),
    unlock: (words: string, door: Door) => doors.unlockWithWords(session, words, door),
    confirmWords: (words: string, door: Door) => doors.checkOpenWords(session, words, door),
    rootId: () => doors.openStoreRootId(session),
    boxSeal: async (id: Bytes, desc: JsonObject, bytes: Bytes | undefined = undefined) =>
      (await doors.sealBoxes(session, [[id, desc, bytes]]))[0] as Bytes,
    boxSealMany: async (records: readonly (readonly [Bytes, JsonObject, Bytes?])[]) =>
      doors.sealBoxes(session, records),
    boxOpen: async (id: Bytes, sealed: Bytes) => (await doors.openAllBoxes(session, [[id, sealed]]))[0] as OpenedBox,
    boxKeys: (heads: readonly (readonly [Bytes, Bytes])[]) => doors.deriveBoxKeys(session, heads),
    boxOpenMany: async (records: readonly (readonly [Bytes, Bytes])[]) => doors.openAllBoxes(session, records),
    boxOpenEach: async (records: readonly (readonly [Bytes, Bytes])[]) => openEachBox(session, records),
  };
}

function accountFunctions(session: Session) {
  return {
    newIdentity: (ids: Parameters<typeof accounts.newIdentity>[1] = {}) => accounts.newIdentity(session, ids),
    sealIdentity: (id: Bytes) => accounts.sealIdentity(session, id),
    loadIdentity: (id: Bytes, sealed: Bytes) => accounts.loadIdentity(session, id, sealed),
    enrolment: (input: Parameters<typeof accounts.buildEnrolment>[1]) => accounts.buildEnrolment(session, input),
    auth: (input: Parameters<typeof accounts.proveWords>[1]) => accounts.proveWords(session, input),
    codeAuth: (input: Parameters<typeof accounts.proveCode>[1]) => accounts.proveCode(session, input),
    openAccount: (input: Parameters<typeof accounts.openAccount>[1]) => accounts.openAccount(session, input),
    changeWords: (input: Parameters<typeof accounts.changeWords>[1]) => accounts.changeWords(session, input),
    newCode: () => accounts.makeRecoveryCode(session),
    copyKeys: (input: Parameters<typeof copy.copyKeys>[1]) => copy.copyKeys(session, input),
    openCopy: (input: Parameters<typeof copy.openCopy>[1]) => copy.openCopy(session, input),
    confirmCode: (typedCode: string) => accounts.confirmRecoveryCode(session, typedCode),
    earlierProof: () => accounts.earlierProof(session),
    forgetEarlierProof: async () => accounts.forgetEarlierProof(session),
    registeredAs: async (registration: Parameters<typeof accounts.markRegistered>[1]) =>
      accounts.markRegistered(session, registration),
    kdfHigh: async () => session.kdfHigh,
    openCapture: (envelope: Bytes, header: JsonObject) =>
      session.secrets.use('capture', (scalar) => hpkeOpen(scalar, envelope, 'capture', header)),
  };
}

function rekeyFunctions(session: Session) {
  return {
    rekeyBegin: (input: Parameters<typeof rekey.beginRekey>[1]) => rekey.beginRekey(session, input),
    rekeyResume: (input: Parameters<typeof rekey.resumeRekey>[1]) => rekey.resumeRekey(session, input),
    rekeyFrom: (response: Parameters<typeof rekey.readChangedKeys>[1]) => rekey.readChangedKeys(session, response),
    rewrap: (versions: Parameters<typeof rekey.rewrap>[1], keys: 'own' | 'next') =>
      rekey.rewrap(session, versions, keys),
    rekeyAdopt: (input: Parameters<typeof rekey.adoptNextKeys>[1]) => rekey.adoptNextKeys(session, input),
    forgetOlds: async () => rekey.forgetOlderDiaryKeys(session),
    earlierId: () => rekey.deriveEarlierId(session),
    sealEarlier: (id: Bytes) => rekey.sealOlderStoreKeys(session, id),
    loadEarlier: (id: Bytes, sealed: Bytes) => rekey.loadOlderStoreKeys(session, id, sealed),
    boxOpenNewest: async (id: Bytes, sealed: Bytes) => openBox(session.openStore.key, id, sealed),
  };
}

function versionFunctions(session: Session) {
  const { namesOf } = session;
  const openPushed = ({ record, version, meta, wraps, envelopes, names }: PushedVersion & { names?: FieldNames }) => {
    const { identity, diaryKey, olderDiaryKeys, authors } = session.unlocked;
    const place = { diary: identity.diary, record, version };
    return openVersion(
      { place, meta, wraps, envelopes },
      { diaryKey, olderDiaryKeys, authors },
      names ? () => names : namesOf,
    );
  };
  return {
    setSchemas: async (schemas: Schemas) => {
      session.schemas = schemas;
    },
    openStored: async (versions: readonly StoredVersion[]) => openStored(session, versions),
    sealVersion: (input: VersionInput) => sealNewVersion(session, input, namesOf),
    openVersion: async (pushed: PushedVersion & { names?: FieldNames }) => openPushed(pushed),
    signAgain: async (pushed: PushedVersion, { whoever: anyDevice = false }: { whoever?: boolean } = {}) => {
      const { identity, signKey } = session.unlocked;
      const { altered, reserved } = await openPushed(pushed);
      const { device } = (reserved._author as { device?: string } | undefined) ?? {};
      if (altered || (device !== identity.device && !anyDevice)) throw new KeptError('not_opened');
      const { record, version, meta } = pushed;
      return b64(await sign(signKey, bytesToSign(meta.c, { diary: identity.diary, record, version })));
    },
    /** Sign the facts of a pack of this diary, whose manifest is its whole content. */
    signPack: async (facts: PackFacts) => {
      const { identity, signKey } = session.unlocked;
      return signPackStatement({ key: signKey, by: identity.by, diary: identity.diary }, facts);
    },
    openMany: async (
      versions: readonly (PushedVersion & { names?: FieldNames })[],
      { digests = false }: { digests?: boolean } = {},
    ) =>
      mapConcurrently(versions, async (pushed) => {
        try {
          const opened = await openPushed(pushed);
          return { opened: digests ? opened : { ...opened, digests: null }, error: null };
        } catch {
          return { opened: null, error: 'not_opened' };
        }
      }),
  };
}

async function sealNewVersion(
  session: Session,
  input: VersionInput,
  namesOf: (kind: string, schema: number) => FieldNames | null,
) {
  const { identity, epochs, diaryKey, signKey } = session.unlocked;
  const names = input.names ?? namesOf(input.kind, input.schema);
  if (!names) throw new KeptError('bad_request', 'There is no such kind of record.');
  const { record = formatId(newId()), version = formatId(newId()) } = input;
  parseId(record);
  parseId(version);
  const { account, device, diary, by } = identity;
  const result = await sealVersion(
    {
      place: { diary, record, version },
      kind: input.kind,
      schema: input.schema,
      author: { account, device, ...(input.borrowed ? { borrowed: true } : {}) },
      by,
      line: { device, ...input.line },
      clock: input.clock,
      beacon: input.beacon ?? null,
      parents: input.parents ?? [],
      open: input.open,
      restricted: input.restricted ?? {},
      openKeys: input.openKeys ?? [],
      restrictedKeys: input.restrictedKeys ?? [],
    },
    names,
    { diaryKey, epoch: epochs.diary, signKey },
  );
  const { meta, wraps, envelopes, push } = result;
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

function fileFunctions(session: Session) {
  const files: Map<number, FileSealer> = new Map();
  let lastFile = 0;
  const sealerOf = (file: number) => {
    const sealer = files.get(file);
    if (!sealer) throw new KeptError('bad_request', 'There is no such file.');
    return sealer;
  };
  const blobPlace = (blob: string, key: string) => {
    parseId(blob);
    return { diary: session.unlocked.identity.diary, blob, key: unb64(key) };
  };
  return {
    newBlobKey: async () => ({ blob: formatId(newId()), key: b64(randomBytes(32)) }),
    fileStart: async ({
      blob = formatId(newId()),
      key = b64(randomBytes(32)),
      size,
    }: {
      blob?: string;
      key?: string;
      size: number;
    }) => {
      const place = blobPlace(blob, key);
      const sealer = await FileSealer.create(place, size);
      files.set(++lastFile, sealer);
      return { file: lastFile, blob, key, parts: sealer.n, sealed_bytes: sealedFileLength(place, size) };
    },
    filePart: async (file: number, bytes: Bytes) => sealerOf(file).addBytes(bytes),
    fileEnd: async (file: number) => {
      const result = await sealerOf(file).finish();
      files.delete(file);
      return result;
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
