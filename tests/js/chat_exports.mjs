/** Made-up chat exports and emails, in the formats that apps write. Names and numbers are fictional. */
import { zipSync } from '../../static/vendor/fflate/browser.js';

export const utf8 = (text) => new TextEncoder().encode(text);
const LRM = '\u200e';
const NARROW_SPACE = '\u202f';

/** Android, day first, 24 hours. 20 lines: in 6, out 2, deleted 2, edited 1, app 3, further 3, not understood 3. */
export const ANDROID = [
  'This line stands before any message',
  '24/11/2026, 20:58 - Messages and calls are end-to-end encrypted. ' +
    'Only people in this chat can read, listen to, or share them.',
  '24/11/2026, 20:59 - You blocked this contact.',
  '24/11/2026, 21:10 - Sam Hill: Answer me',
  '24/11/2026, 21:10 - Sam Hill: Answer me',
  '24/11/2026, 21:11 - Sam Hill: I know you are there:',
  '',
  'the light is on',
  '12/11/26 9:10: that is what you said',
  '24/11/2026, 21:12 - Jo: Please stop',
  '24/11/2026, 21:13 - Sam Hill: This message was deleted',
  '24/11/2026, 21:14 - Jo: You deleted this message',
  '24/11/2026, 21:15 - Sam Hill: I will come over <This message was edited>',
  `24/11/2026, 21:16 - Sam Hill: ${LRM}IMG-20261124-WA0001.jpg (file attached)`,
  '24/11/2026, 21:17 - Sam Hill: <Media omitted>',
  '24/11/2026, 21:18 - Missed voice call',
  '24/11/2026, 21:19 - Sam Hill changed the subject from “a: b” to “c”',
  '24/11/2026, 21:20 - Something no version of the app says',
  '24/11/2026, 25:61 - Sam Hill: at no time of day',
  '24/11/2026, 21:21 - Jo: no',
  '',
].join('\n');

/** iOS, month first, AM and PM after a narrow space, marks everywhere. 12 lines. */
export const IOS =
  [
    `[11/24/26, 9:10:05${NARROW_SPACE}PM] Sam: ${LRM}Messages and calls are end-to-end encrypted.`,
    `[11/24/26, 9:10:05${NARROW_SPACE}PM] Sam: Answer me`,
    `${LRM}[11/24/26, 9:10:40${NARROW_SPACE}PM] Sam: ${LRM}image omitted`,
    `${LRM}[11/24/26, 9:11:00${NARROW_SPACE}PM] Sam: ${LRM}<attached: 00000012-PHOTO-2026-11-24-21-11-00.jpg>`,
    `[11/24/26, 9:12:00${NARROW_SPACE}PM] \u202bسارة الخطيب\u202c: مرحبا، أين أنت؟`,
    `[11/24/26, 9:13:00${NARROW_SPACE}PM] Sam: ${LRM}Missed voice call`,
    `[11/24/26, 9:14:00${NARROW_SPACE}PM] Sam: ${LRM}This message was deleted.`,
    `[11/24/26, 9:15:00${NARROW_SPACE}PM] Jo: leave me alone ${LRM}<This message was edited>`,
    `[11/24/26, 9:16:00${NARROW_SPACE}PM] Sam: papers.pdf • ${LRM}3 pages ${LRM}<attached: 00000013-papers.pdf>`,
    `[11/25/26, 12:01:00${NARROW_SPACE}AM] Sam: two`,
    'lines',
    `[11/25/26, 1:05:00${NARROW_SPACE}AM] Sam: ${LRM}Voice call, ${LRM}2 min`,
  ].join('\r\n') + '\r\n';

// A fixed date: otherwise one export made on both sides of a second gives two different files.
export const zip = (files, options = {}) => zipSync(files, { level: 6, mtime: new Date(2026, 10, 24, 12), ...options });
export const androidZip = () =>
  zip({ 'WhatsApp Chat with Sam Hill.txt': utf8(ANDROID), 'IMG-20261124-WA0001.jpg': new Uint8Array(3000).fill(9) });
export const iosZip = () =>
  zip({ '_chat.txt': utf8(IOS), '00000012-PHOTO-2026-11-24-21-11-00.jpg': new Uint8Array(3000).fill(9) });

/** Return a chat of `n` messages from 1 March 2026 on, about 60 a day. */
export function longChat(n, { from = 0 } = {}) {
  const lines = [];
  for (let i = from; i < n; i++) {
    const at = new Date(
      Date.UTC(2026, 2, 1, 8) + Math.floor(i / 60) * 86_400_000 + (i % 60) * 7 * 60_000,
    ).toISOString();
    lines.push(
      `${at.slice(8, 10)}/${at.slice(5, 7)}/${at.slice(0, 4)}, ${at.slice(11, 16)} - ${i % 3 ? 'Sam Hill' : 'Jo'}: ` +
        `message number ${i}, with as many words as people write to one another`,
    );
  }
  return `${lines.join('\n')}\n`;
}

export const MAIL = [
  'Received: from mail.example (192.0.2.1)',
  ' by mx.example; Tue, 24 Nov 2026 21:10:05 +0000',
  'From: =?UTF-8?Q?S=C3=A1m?= <sam@example.org>',
  'To: jo@example.net',
  'Subject: =?iso-8859-1?Q?Caf=E9?= tonight',
  'Date: Tue, 24 Nov 2026 22:10:00 +0100',
  'Message-ID: <1@example.org>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b1"',
  '',
  '--b1',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'I saw you =E2=82=AC',
  'Answer me=2E',
  '',
  '--b1',
  'Content-Type: message/rfc822',
  '',
  'From: Lee <lee@example.com>',
  'To: sam@example.org',
  'Date: Mon, 23 Nov 2026 09:00:00 -0500',
  'Subject: her address',
  '',
  'Mill Lane',
  '',
  '--b1',
  'Content-Type: image/png; name="=?utf-8?Q?h=C3=A4us.png?="',
  'Content-Disposition: attachment',
  'Content-Transfer-Encoding: base64',
  '',
  'iVBORw0KGgo=',
  '--b1--',
  '',
].join('\r\n');
