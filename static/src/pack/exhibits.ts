/** Which attachments go into a pack, and their numbers: docs/pack.md; the twin of diary/pack/capsule/exhibits.py. */
import { b64 } from '../core/bytes.js';
import { partCount } from '../crypto/files.js';
import { codesOf, objectOf, objectsOf, booleanOf, textOf, integerOf } from '../record/reading.js';
import { isUnseen } from '../record/sitting.js';
import { historiesOf } from '../record/record_history.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { OpenedVersion, RecordHistory } from '../record/record_history.js';
import type { DiaryVersion } from './diary_version.js';

const INTIMATE_SENSITIVITY = 'intimate_adult';
/** Copies of orders are kept apart from other files: they often print an address. */
const ORDER_KIND = 'order_or_court_paper';
/** Files that a set pack opens to print what is in them: letters and emails. */
const LETTER_TYPE = 'application/pdf';
export const MAIL_TYPE = 'message/rfc822';
export const OPENED_TYPES: readonly string[] = [LETTER_TYPE, MAIL_TYPE];
/**
 * The extension of a received file, from the type its first bytes show. Any other type gets .bin: a name must never
 * promise what the bytes are not.
 */
const EXTENSIONS = Object.freeze({
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
  'image/tiff': 'tif',
  'application/pdf': 'pdf',
  'message/rfc822': 'eml',
  'text/plain': 'txt',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'video/3gpp': '3gp',
  'video/x-msvideo': 'avi',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'application/ogg': 'ogg',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/amr': 'amr',
  'audio/flac': 'flac',
  'audio/webm': 'webm',
  'application/zip': 'zip',
  'application/gzip': 'gz',
  'application/warc': 'warc',
}) as Readonly<Record<string, string>>;
/**
 * Types whose first bytes do not tell which program opens the file. The name that it came with does, if it has one of
 * these extensions. None of them is run or drawn as a page when it is opened.
 */
const NAMED_EXTENSIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['application/zip', ['docx', 'xlsx', 'pptx', 'odt', 'ods', 'odp', 'wacz']],
  ['application/x-ole-storage', ['doc', 'xls', 'ppt', 'msg']],
  ['image/tiff', ['tiff']],
  ['text/plain', ['vcf']],
  ['video/webm', ['mkv']],
  ['audio/webm', ['mka']],
]);

function extensionOf({ fields, restricted }: OpenedVersion): string {
  const type = textOf(fields, 'media_type');
  const name = textOf(objectOf(restricted, 'received_as'), 'filename');
  const namedExtension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (NAMED_EXTENSIONS.get(type)?.includes(namedExtension)) return namedExtension;
  return Object.hasOwn(EXTENSIONS, type) ? String(EXTENSIONS[type]) : 'bin';
}

/**
 * Return whether a file may go into a pack at all: a private sexual picture of an adult only when the keeper ticked
 * that.
 */
export function canInclude({ newest, taken_out: takenOutAt }: RecordHistory, request: { intimate?: boolean }) {
  const isPrivate = textOf(newest.fields, 'sensitivity') === INTIMATE_SENSITIVITY && !request.intimate;
  return takenOutAt === null && booleanOf(newest.fields, 'include_in_pack') !== false && !isPrivate;
}

/** Return the files of the chosen incidents, in the order of those incidents, then their own. */
export function attachmentsOf(
  opened: readonly OpenedVersion[],
  chosen: readonly RecordHistory[],
  request: { intimate?: boolean },
): RecordHistory[] {
  /** @returns the index of the first chosen incident it belongs to, or -1 */
  const rankOf = (attachment: RecordHistory): number =>
    chosen.findIndex(
      (incident) =>
        codesOf(attachment.newest.fields, 'incident_ids').includes(incident.record) ||
        ['attachment_ids', 'narrative_media'].some((name) =>
          codesOf(incident.newest.fields, name).includes(attachment.record),
        ),
    );
  return historiesOf(opened, 'attachment')
    .filter((attachment) => canInclude(attachment, request))
    .map((attachment) => ({ one: attachment, rank: rankOf(attachment) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .map(({ one: attachment }) => attachment);
}

/**
 * Whether the keeper has reviewed the picture for a pack. A file of a sitting that the keeper has not opened is not
 * reviewed, whatever `looked_at` says.
 */
const isReviewed = (fields: Fields) => integerOf(fields, 'looked_at') !== null && !isUnseen(fields);

/** Return whether its picture must stay out of the part that may be served. */
export function isHeldBack({ newest }: RecordHistory): boolean {
  return (
    !['', 'normal'].includes(textOf(newest.fields, 'sensitivity')) ||
    booleanOf(newest.restricted, 'shows_where_i_live') === true ||
    (hasPicture(newest.fields) && !isReviewed(newest.fields))
  );
}

/** Return whether a file is a picture, or has one to print. Keepers are asked to review no others. */
const hasPicture = (fields: Fields) =>
  textOf(fields, 'media_type').startsWith('image/') || objectsOf(fields, 'renditions').length > 0;

/**
 * Return whether no picture of it may be in 04. A masked copy may, if what was covered was the only reason to hold it
 * back.
 * @param isApart whether the preparer of the pack was not given what is kept apart, so that it is not known whether the
 *   picture shows where the keeper lives
 */
export function isPictureHeldBack(attachment: RecordHistory, isApart = false): boolean {
  const { fields } = attachment.newest;
  const isMasked =
    printPurpose(fields) === 'masked' &&
    objectsOf(fields, 'renditions').some((rendition) => rendition.purpose === 'masked');
  const isOrdinary = ['', 'normal'].includes(textOf(fields, 'sensitivity'));
  const isUnsure = isApart && hasPicture(fields);
  return (isUnsure || isHeldBack(attachment)) && !(isMasked && isOrdinary && isReviewed(fields));
}

/** Return one row per attachment with its number. */
export function exhibitsOf(
  versions: readonly DiaryVersion[],
  attachments: readonly { no: number; told: RecordHistory }[],
  initials: string,
): JsonObject[] {
  // The version in force is not always the last: a file taken out on one device may have a later version from
  // another.
  const byVersion = new Map(versions.map((version) => [version.version, version]));
  return attachments.map(({ no, told: attachment }) => {
    const fields = attachment.newest.fields;
    const version = byVersion.get(attachment.newest.version) as DiaryVersion;
    const isHeldBack = isPictureHeldBack(attachment, Boolean(version.apart));
    return {
      file: `${initials}-${no}.${extensionOf(attachment.newest)}`,
      hold_picture: isHeldBack,
      item: `${initials}/${no}`,
      looked_at: integerOf(fields, 'looked_at'),
      print: null,
      received: null,
      record: attachment.record,
      sha256: textOf(fields, 'sha256'),
      sha512: textOf(fields, 'sha512'),
      size: integerOf(fields, 'size_bytes') ?? 0,
      ...(textOf(fields, 'kind') === ORDER_KIND ? { order: true } : {}),
      // A picture that is held back is not printed, so the worker gets no key of it.
      ...(isHeldBack ? {} : pictureFieldsOf(fields, version)),
    };
  });
}

/** Return the members of an exhibit that give a worker what it prints, with its key. */
function pictureFieldsOf(fields: Fields, version: DiaryVersion): JsonObject {
  const type = textOf(fields, 'media_type');
  const printCopy = renditionOf(fields, version, printPurpose(fields));
  // What is in a letter or an email is printed only after the keeper has looked through it.
  const isPrintable = type.startsWith('image/') || (OPENED_TYPES.includes(type) && isReviewed(fields));
  // A picture whose masked copy is missing is not printed at all: its received bytes show what was covered.
  const needsDecoding = printCopy === null && printPurpose(fields) === 'print' && isPrintable;
  const poster = type.startsWith('video/') ? renditionOf(fields, version, 'preview') : null;
  return {
    print: printCopy,
    received: needsDecoding ? receivedOf(fields, version) : null,
    ...(poster ? { poster } : {}),
  };
}

/** Return which copy the pages print: the one with parts covered where the keeper chose that. */
const printPurpose = (fields: Fields) => (textOf(fields, 'print_copy') === 'masked' ? 'masked' : 'print');

/** Return a derived picture. Its key is in the open part, at the same index as its rendition in the list. */
function renditionOf(fields: Fields, version: DiaryVersion, purpose: string): JsonObject | null {
  const renditions = objectsOf(fields, 'renditions');
  const index = renditions.findIndex((candidate) => candidate.purpose === purpose);
  const blobKey = version.open.keys[index];
  const rendition = renditions[index];
  if (!blobKey || !rendition) return null;
  const size = integerOf(rendition, 'size_bytes') ?? 0;
  return {
    blob: blobKey[0],
    height: integerOf(rendition, 'height') ?? 0,
    key: b64(blobKey[1]),
    parts: partCount(size),
    size,
    width: integerOf(rendition, 'width') ?? 0,
  };
}

/** Return the bytes as received, for what only the pack's own sandbox can decode. */
function receivedOf(fields: Fields, version: DiaryVersion): JsonObject | null {
  const blobKey = version.restricted?.keys[0];
  return blobKey
    ? { blob: blobKey[0], key: b64(blobKey[1]), parts: partCount(integerOf(fields, 'size_bytes') ?? 0) }
    : null;
}
