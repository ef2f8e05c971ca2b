/** Which attachments go into a pack, and their numbers: docs/pack.md; the twin of diary/pack/items.py. */
import { b64 } from '../core/bytes.js';
import { partCount } from '../crypto/files.js';
import { codesOf, objectsOf, switchOf, textOf, wholeOf } from '../record/reading.js';
import { tellAll } from '../record/record_history.js';
import type { JsonObject } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';
import type { Opened, Told } from '../record/record_history.js';
import type { DiaryVersion } from './diary_version.js';

const INTIMATE = 'intimate_adult';
/** Copies of orders are kept apart from other files: they often print an address. */
const ORDER = 'order_or_court_paper';
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
  'application/pdf': 'pdf',
  'message/rfc822': 'eml',
  'text/plain': 'txt',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'application/ogg': 'ogg',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/amr': 'amr',
  'audio/webm': 'webm',
  'application/zip': 'zip',
}) as Readonly<Record<string, string>>;

const extensionOf = (type: string): string => (Object.hasOwn(EXTENSIONS, type) ? String(EXTENSIONS[type]) : 'bin');

/**
 * Return whether a file may go into a pack at all: a private sexual picture of an adult only when the keeper ticked
 * that.
 */
export function mayGo({ newest, taken_out: out }: Told, wish: { intimate?: boolean }) {
  const isPrivate = textOf(newest.fields, 'sensitivity') === INTIMATE && !wish.intimate;
  return out === null && switchOf(newest.fields, 'include_in_pack') !== false && !isPrivate;
}

/** Return the files of the chosen incidents, in the order of those incidents, then their own. */
export function attachedTo(opened: readonly Opened[], chosen: readonly Told[], wish: { intimate?: boolean }): Told[] {
  /** @returns the index of the first chosen incident it belongs to, or -1 */
  const rankOf = (one: Told): number =>
    chosen.findIndex(
      (incident) =>
        codesOf(one.newest.fields, 'incident_ids').includes(incident.record) ||
        ['attachment_ids', 'narrative_media'].some((name) =>
          codesOf(incident.newest.fields, name).includes(one.record),
        ),
    );
  return tellAll(opened, 'attachment')
    .filter((one) => mayGo(one, wish))
    .map((one) => ({ one, rank: rankOf(one) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

/** Return whether its picture must stay out of the part that may be served. */
export function isHeldBack({ newest }: Told): boolean {
  return (
    !['', 'normal'].includes(textOf(newest.fields, 'sensitivity')) ||
    switchOf(newest.restricted, 'shows_where_i_live') === true ||
    wholeOf(newest.fields, 'looked_at') === null
  );
}

/**
 * Return whether no picture of it may be in 04. A masked copy may, if what was covered was the only reason to hold it
 * back.
 */
export function isPictureHeld(attachment: Told): boolean {
  const { fields } = attachment.newest;
  const isMasked =
    wantedOf(fields) === 'masked' && objectsOf(fields, 'renditions').some((one) => one.purpose === 'masked');
  const isOrdinary = ['', 'normal'].includes(textOf(fields, 'sensitivity'));
  return isHeldBack(attachment) && !(isMasked && isOrdinary && wholeOf(fields, 'looked_at') !== null);
}

/** Return one row per attachment with its number. */
export function exhibitsOf(
  versions: readonly DiaryVersion[],
  attached: readonly { no: number; told: Told }[],
  initials: string,
): JsonObject[] {
  // The version in force is not always the last: a file taken out on one device may have a later version from
  // another.
  const byVersion = new Map(versions.map((row) => [row.version, row]));
  return attached.map(({ no, told: one }) => {
    const said = one.newest.fields;
    const row = byVersion.get(one.newest.version) as DiaryVersion;
    const type = textOf(said, 'media_type');
    const print = printOf(said, row, wantedOf(said));
    const poster = type.startsWith('video/') ? printOf(said, row, 'preview') : null;
    return {
      file: `${initials}-${no}.${extensionOf(type)}`,
      hold_picture: isPictureHeld(one),
      item: `${initials}/${no}`,
      looked_at: wholeOf(said, 'looked_at'),
      print,
      // A picture whose masked copy is missing is not printed at all: its received bytes show what was covered.
      received:
        print === null && wantedOf(said) === 'print' && type.startsWith('image/') ? receivedOf(said, row) : null,
      record: one.record,
      sha256: textOf(said, 'sha256'),
      sha512: textOf(said, 'sha512'),
      size: wholeOf(said, 'size_bytes') ?? 0,
      ...(textOf(said, 'kind') === ORDER ? { order: true } : {}),
      ...(poster ? { poster } : {}),
    };
  });
}

/** Return which copy the pages print: the one with parts covered where the keeper chose that. */
const wantedOf = (said: Fields) => (textOf(said, 'print_copy') === 'masked' ? 'masked' : 'print');

/** Return a derived picture. Its key is in the open part, at the same index as its rendition in the list. */
function printOf(said: Fields, row: DiaryVersion, purpose: string): JsonObject | null {
  const renditions = objectsOf(said, 'renditions');
  const index = renditions.findIndex((one) => one.purpose === purpose);
  const pair = row.open.keys[index];
  const rendition = renditions[index];
  if (!pair || !rendition) return null;
  const size = wholeOf(rendition, 'size_bytes') ?? 0;
  return {
    blob: pair[0],
    height: wholeOf(rendition, 'height') ?? 0,
    key: b64(pair[1]),
    parts: partCount(size),
    size,
    width: wholeOf(rendition, 'width') ?? 0,
  };
}

/** Return the bytes as received, for a picture that only the pack's own sandbox can decode. */
function receivedOf(said: Fields, row: DiaryVersion): JsonObject | null {
  const pair = row.restricted?.keys[0];
  return pair ? { blob: pair[0], key: b64(pair[1]), parts: partCount(wholeOf(said, 'size_bytes') ?? 0) } : null;
}
