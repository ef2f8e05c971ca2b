/** Detects a file's type by its first bytes, whatever its name or its sender claims. */
import { fromUtf8 } from '../core/bytes.js';

/** Type, offset, hexadecimal signature */
const MARKS: [string, number, string][] = [
  ['image/png', 0, '89504e470d0a1a0a'],
  ['image/jpeg', 0, 'ffd8ff'],
  ['image/gif', 0, '474946383761'],
  ['image/gif', 0, '474946383961'],
  ['image/bmp', 0, '424d'],
  ['image/tiff', 0, '49492a00'],
  ['image/tiff', 0, '4d4d002a'],
  ['application/pdf', 0, '255044462d'],
  ['application/zip', 0, '504b0304'],
  ['audio/mpeg', 0, '494433'],
  ['audio/mpeg', 0, 'fffb'],
  ['audio/flac', 0, '664c6143'],
  ['audio/amr', 0, '2321414d52'],
  ['application/ogg', 0, '4f676753'],
  ['application/gzip', 0, '1f8b'],
  ['application/x-ole-storage', 0, 'd0cf11e0a1b11ae1'],
];
const WEBM = '1a45dfa3';
const BRANDS = [
  { of: /^(?:heic|heix|heim|heis|hevc|hevx|mif1|msf1)/, type: 'image/heic' },
  { of: /^avi[fs]/, type: 'image/avif' },
  { of: /^qt/, type: 'video/quicktime' },
  { of: /^M4A/, type: 'audio/mp4' },
  { of: /^3gp|^3g2/, type: 'video/3gpp' },
];
const RIFF = new Map([
  ['WEBP', 'image/webp'],
  ['WAVE', 'audio/wav'],
  ['AVI ', 'video/x-msvideo'],
]);
/** Aliases of one type, and containers that may hold the claimed type. */
const SAME = [
  ['image/heic', 'image/heif', 'image/heic-sequence', 'image/heif-sequence'],
  ['audio/mpeg', 'audio/mp3'],
  ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
  ['audio/mp4', 'audio/x-m4a', 'audio/m4a', 'audio/aac', 'video/mp4'],
  ['video/mp4', 'video/quicktime', 'video/x-m4v', 'audio/mp4'],
  ['application/ogg', 'audio/ogg', 'video/ogg', 'audio/opus'],
  ['video/webm', 'audio/webm', 'video/x-matroska'],
  ['image/bmp', 'image/x-ms-bmp'],
];
const IN_ZIP = /^application\/(?:vnd\.openxmlformats|vnd\.oasis|epub|zip|x-zip)/;
const IN_OLE = /^application\/(?:msword|vnd\.ms-)/;

/**
 * @param firstBytes the first bytes of the file, at least 64 if it has as many
 * @returns a media type
 */
export function magicOf(first: Uint8Array): string {
  for (const [type, at, mark] of MARKS) if (hasMark(first, at, mark)) return type;
  if (hasMark(first, 0, WEBM)) return webmType(first);
  if (ascii(first, 4, 8) === 'ftyp') {
    const brand = ascii(first, 8, 12);
    return BRANDS.find(({ of }) => of.test(brand))?.type ?? 'video/mp4';
  }
  if (ascii(first, 0, 4) === 'RIFF') return RIFF.get(ascii(first, 8, 12)) ?? 'application/octet-stream';
  return isText(first) ? textType(first) : 'application/octet-stream';
}

/** The type that a file extension promises. Extensions not listed cannot be checked by the bytes. */
const ENDINGS = new Map(
  Object.entries({
    png: 'image/png',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
    gif: 'image/gif',
    bmp: 'image/bmp',
    webp: 'image/webp',
    heic: 'image/heic',
    heif: 'image/heif',
    avif: 'image/avif',
    tif: 'image/tiff',
    tiff: 'image/tiff',
    pdf: 'application/pdf',
    mp3: 'audio/mpeg',
    wav: 'audio/wav',
    m4a: 'audio/mp4',
    ogg: 'audio/ogg',
    amr: 'audio/amr',
    flac: 'audio/flac',
    mp4: 'video/mp4',
    mov: 'video/quicktime',
    webm: 'video/webm',
    avi: 'video/x-msvideo',
    zip: 'application/zip',
  }),
);

/**
 * Tell whether the type claimed by the browser or by the name differs from the detected one.
 * @param claimed '' if nothing was claimed
 */
export function isMismatch(claimed: string, magic: string, name: string = '') {
  const ending = ENDINGS.get(/\.([A-Za-z0-9]{2,5})$/.exec(name)?.[1]?.toLowerCase() ?? '');
  return isOther(claimed, magic) || (ending !== undefined && isOther(ending, magic));
}

function isOther(claimed: string, magic: string) {
  const said = claimed.toLowerCase().split(';')[0]?.trim() ?? '';
  if (!said || said === magic || said === 'application/octet-stream') return false;
  if (magic === 'application/octet-stream') return /^(?:image|video|audio)\//.test(said) || said === 'application/pdf';
  if (magic === 'application/zip') return !IN_ZIP.test(said);
  if (magic === 'application/x-ole-storage') return !IN_OLE.test(said);
  if (magic === 'text/plain' || magic === 'message/rfc822')
    return /^(?:image|video|audio)\//.test(said) || said === 'application/pdf';
  return !SAME.some((names) => names.includes(magic) && names.includes(said));
}

/** Return the everyday kind, a code of attachment_kinds. */
export function kindOf(magic: string, route: string, name: string) {
  if (magic.startsWith('image/'))
    return route === 'camera_in_app' ? 'photo' : /screen/i.test(name) || magic === 'image/png' ? 'screenshot' : 'photo';
  // Some browsers record sound alone in a video container.
  if (route === 'recorded_in_app' && /^voice-/.test(name)) return 'audio';
  if (magic.startsWith('video/')) return /screen/i.test(name) ? 'screen_recording' : 'video';
  if (magic.startsWith('audio/') || magic === 'application/ogg') return 'audio';
  if (magic === 'message/rfc822') return 'email_eml';
  return 'document';
}

function hasMark(first: Uint8Array, at: number, mark: string) {
  if (first.length < at + mark.length / 2) return false;
  for (let i = 0; i < mark.length / 2; i++)
    if (first[at + i] !== parseInt(mark.slice(2 * i, 2 * i + 2), 16)) return false;
  return true;
}

function ascii(first: Uint8Array, from: number, to: number) {
  return String.fromCharCode(...first.subarray(from, to));
}

/** Some browsers record sound alone in a video container: the track names near the beginning tell them apart. */
function webmType(first: Uint8Array) {
  const start = ascii(first, 0, 4096);
  return /A_(?:OPUS|VORBIS)/.test(start) && !start.includes('V_') ? 'audio/webm' : 'video/webm';
}

function isText(first: Uint8Array) {
  if (!first.length || first.includes(0)) return false;
  for (const cut of [0, 1, 2, 3]) {
    try {
      fromUtf8(first.subarray(0, first.length - cut));
      return true;
    } catch {
      // The first bytes may end in the middle of a character.
    }
  }
  return false;
}

function textType(first: Uint8Array) {
  const start = String.fromCharCode(...first.subarray(0, 4096));
  return /^(?:[A-Za-z-]{2,40}: [^\n]*\n(?:[ \t][^\n]*\n)*){3}/.test(start.replaceAll('\r', ''))
    ? 'message/rfc822'
    : 'text/plain';
}
