/** Made-up saved pages: MHTML as Chrome and Firefox add-ons write it, SingleFile's HTML, a browser's HTML. */
import { pathToFileURL } from 'node:url';

export const ADDRESS = 'https://posts.example/sam/42';
const PAGE =
  '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Sam &amp; others</title><style>p{}</style></head>' +
  '<body><script>alert("no")</script><p>I know where  you <b>live</b>&#33;</p><p>Mill Lane caf\u00e9</p></body></html>';

/** Encode as quoted-printable with short lines. */
const quoted = (text) =>
  [...Buffer.from(text)]
    .map((byte) => (byte > 126 || byte === 61 ? `=${byte.toString(16).toUpperCase()}` : String.fromCharCode(byte)))
    .reduce(
      (lines, piece) => {
        if ((lines.at(-1) ?? '').length > 70) lines[lines.length - 1] += '=\r\n';
        if ((lines.at(-1) ?? '').endsWith('\r\n')) lines.push('');
        lines[Math.max(0, lines.length - 1)] = (lines.at(-1) ?? '') + piece;
        return lines;
      },
      [''],
    )
    .join('');

/** Return an MHTML file. `headers`: further ones; `parts`: raw parts after the page */
export function mhtml({
  from = '<Saved by Blink>',
  address = ADDRESS,
  location = address,
  date = 'Tue, 24 Nov 2026 21:10:00 -0000',
  html = PAGE,
  headers = [],
  parts = [],
} = {}) {
  return Buffer.from(
    [
      `From: ${from}`,
      ...(address ? [`Snapshot-Content-Location: ${address}`] : []),
      'Subject: =?utf-8?Q?Sam=20=26=20others?=',
      `Date: ${date}`,
      ...headers,
      'MIME-Version: 1.0',
      'Content-Type: multipart/related;',
      '\ttype="text/html";',
      '\tboundary="----MultipartBoundary--abc----"',
      '',
      '',
      '------MultipartBoundary--abc----',
      'Content-Type: text/html',
      'Content-ID: <frame-1@mhtml.blink>',
      'Content-Transfer-Encoding: quoted-printable',
      `Content-Location: ${location}`,
      '',
      quoted(html),
      ...parts.flatMap((part) => ['------MultipartBoundary--abc----', part]),
      '------MultipartBoundary--abc------',
      '',
    ].join('\r\n'),
  );
}

/** Return an HTML file as SingleFile writes it. */
export const singleFile = ({
  address = ADDRESS,
  saved = 'Tue Nov 24 2026 22:10:00 GMT+0100 (Central European Standard Time)',
  html = PAGE,
} = {}) =>
  Buffer.from(
    html.replace(/<html>/, `<html><!--\n Page saved with SingleFile \n url: ${address} \n saved date: ${saved}\n-->`),
  );

export const plainPage = (html = PAGE) => Buffer.from(html);

export const SAMPLES = {
  chrome: mhtml(),
  single_file: singleFile(),
  plain: plainPage(),
  browser: Buffer.from(`<!-- saved from url=(0028)${ADDRESS} -->\n${PAGE}`),
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(
    JSON.stringify(
      Object.fromEntries(Object.entries(SAMPLES).map(([name, bytes]) => [name, bytes.toString('base64')])),
    ),
  );
