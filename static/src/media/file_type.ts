/** Detects a file's type by its first bytes, whatever its name or its sender claims. */
import { fromUtf8 } from '../core/bytes.js';

/** Type, offset, hexadecimal signature */
const SIGNATURES: [string, number, string][] = [
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
  ['audio/mpeg', 0, 'fffa'],
  // At the low sample rates of telephones.
  ['audio/mpeg', 0, 'fff3'],
  ['audio/mpeg', 0, 'fff2'],
  ['audio/mpeg', 0, 'ffe3'],
  ['audio/flac', 0, '664c6143'],
  ['audio/amr', 0, '2321414d52'],
  ['application/ogg', 0, '4f676753'],
  ['application/gzip', 0, '1f8b'],
  ['application/warc', 0, '574152432f312e'],
  ['application/x-ole-storage', 0, 'd0cf11e0a1b11ae1'],
];
const WEBM = '1a45dfa3';
const BRANDS = [
  { pattern: /^(?:heic|heix|heim|heis|hevc|hevx|mif1|msf1)/, type: 'image/heic' },
  { pattern: /^avi[fs]/, type: 'image/avif' },
  { pattern: /^qt/, type: 'video/quicktime' },
  { pattern: /^M4A/, type: 'audio/mp4' },
  { pattern: /^3gp|^3g2/, type: 'video/3gpp' },
];
const RIFF = new Map([
  ['WEBP', 'image/webp'],
  ['WAVE', 'audio/wav'],
  ['AVI ', 'video/x-msvideo'],
]);
/** Aliases of one type, and containers that may hold the claimed type. */
const ALIASES = [
  ['image/heic', 'image/heif', 'image/heic-sequence', 'image/heif-sequence'],
  ['audio/mpeg', 'audio/mp3'],
  ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
  ['audio/mp4', 'audio/x-m4a', 'audio/m4a', 'audio/aac', 'video/mp4'],
  ['video/mp4', 'video/quicktime', 'video/x-m4v', 'audio/mp4'],
  ['application/ogg', 'audio/ogg', 'video/ogg', 'audio/opus'],
  ['video/webm', 'audio/webm', 'video/x-matroska'],
  ['image/bmp', 'image/x-ms-bmp'],
];
const ZIP_BASED = /^application\/(?:vnd\.openxmlformats|vnd\.oasis|epub|zip|x-zip)/;
const OLE_BASED = /^application\/(?:msword|vnd\.ms-)/;

/**
 * @param firstBytes the first bytes of the file, at least 64 if it has as many
 * @returns a media type
 */
export function detectType(firstBytes: Uint8Array): string {
  for (const [type, at, signature] of SIGNATURES) if (hasSignature(firstBytes, at, signature)) return type;
  if (hasSignature(firstBytes, 0, WEBM)) return webmType(firstBytes);
  if (ascii(firstBytes, 4, 8) === 'ftyp') {
    const brand = ascii(firstBytes, 8, 12);
    return BRANDS.find(({ pattern }) => pattern.test(brand))?.type ?? 'video/mp4';
  }
  if (ascii(firstBytes, 0, 4) === 'RIFF') return RIFF.get(ascii(firstBytes, 8, 12)) ?? 'application/octet-stream';
  return isText(firstBytes) ? textType(firstBytes) : 'application/octet-stream';
}

/** The type that a file extension promises. Extensions not listed cannot be checked by the bytes. */
const EXTENSION_TYPES = new Map(
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
export function isMismatch(claimed: string, detected: string, name: string = '') {
  const extensionType = EXTENSION_TYPES.get(/\.([A-Za-z0-9]{2,5})$/.exec(name)?.[1]?.toLowerCase() ?? '');
  return (
    isDifferentType(claimed, detected) || (extensionType !== undefined && isDifferentType(extensionType, detected))
  );
}

function isDifferentType(claimed: string, detected: string) {
  const claimedType = claimed.toLowerCase().split(';')[0]?.trim() ?? '';
  if (!claimedType || claimedType === detected || claimedType === 'application/octet-stream') return false;
  if (detected === 'application/octet-stream')
    return /^(?:image|video|audio)\//.test(claimedType) || claimedType === 'application/pdf';
  if (detected === 'application/zip') return !ZIP_BASED.test(claimedType);
  if (detected === 'application/x-ole-storage') return !OLE_BASED.test(claimedType);
  if (detected === 'text/plain' || detected === 'message/rfc822')
    return /^(?:image|video|audio)\//.test(claimedType) || claimedType === 'application/pdf';
  return !ALIASES.some((names) => names.includes(detected) && names.includes(claimedType));
}

/** Return the everyday kind, a code of attachment_kinds. */
export function kindOf(detected: string, route: string, name: string) {
  if (detected.startsWith('image/'))
    return route === 'camera_in_app'
      ? 'photo'
      : /screen/i.test(name) || detected === 'image/png'
        ? 'screenshot'
        : 'photo';
  // Some browsers record sound alone in a video container.
  if (route === 'recorded_in_app' && /^voice-/.test(name)) return 'audio';
  if (detected.startsWith('video/')) return /screen/i.test(name) ? 'screen_recording' : 'video';
  if (detected.startsWith('audio/') || detected === 'application/ogg') return 'audio';
  if (detected === 'message/rfc822') return 'email_eml';
  return 'document';
}

function hasSignature(firstBytes: Uint8Array, at: number, signature: string) {
  if (firstBytes.length < at + signature.length / 2) return false;
  for (let i = 0; i < signature.length / 2; i++)
    if (firstBytes[at + i] !== parseInt(signature.slice(2 * i, 2 * i + 2), 16)) return false;
  return true;
}

function ascii(firstBytes: Uint8Array, from: number, to: number) {
  return String.fromCharCode(...firstBytes.subarray(from, to));
}

/** Some browsers record sound alone in a video container: the track names near the beginning tell them apart. */
function webmType(firstBytes: Uint8Array) {
  const start = ascii(firstBytes, 0, 4096);
  return /A_(?:OPUS|VORBIS)/.test(start) && !start.includes('V_') ? 'audio/webm' : 'video/webm';
}

function isText(firstBytes: Uint8Array) {
  if (!firstBytes.length || firstBytes.includes(0)) return false;
  for (const trimmed of [0, 1, 2, 3]) {
    try {
      fromUtf8(firstBytes.subarray(0, firstBytes.length - trimmed));
      return true;
    } catch {
      // The first bytes may end in the middle of a character.
    }
  }
  return false;
}

function textType(firstBytes: Uint8Array) {
  const start = String.fromCharCode(...firstBytes.subarray(0, 4096));
  return /^(?:[A-Za-z-]{2,40}: [^\n]*\n(?:[ \t][^\n]*\n)*){3}/.test(start.replaceAll('\r', ''))
    ? 'message/rfc822'
    : 'text/plain';
}
