/** Made-up exports of chats as pages and texts, in the forms that apps and programs write. Names are fictional. */

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#039;' };
export const escaped = (text) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]).replaceAll('\n', '<br>');
const two = (number) => String(number).padStart(2, '0');
/** A day of Telegram's, in a zone: `24.11.2026 21:10:05 UTC+00:00`. */
export const telegramDate = (at, zone = ' UTC+00:00') => {
  const date = new Date(at);
  const day = [two(date.getUTCDate()), two(date.getUTCMonth() + 1), date.getUTCFullYear()].join('.');
  return `${day} ${date.toISOString().slice(11, 19)}${zone}`;
};

/**
 * A message of Telegram Desktop's pages.
 * @param {string} text
 * @param {{ at?: number, by?: string, colour?: number, joined?: boolean, date?: string, media?: string, id?: number,
 *   forwarded?: string, reactions?: string, service?: boolean }} options `by`: null for a joined one
 */
export const telegramPageMessage = (
  text,
  { at = 0, by = 'Sam', colour = 1, joined = false, date = telegramDate(at), media = '', id = 1, ...rest } = {},
) => {
  const { forwarded = '', reactions = '', service = false } = rest;
  if (service)
    return `
     <div class="message service" id="message-${id}">
      <div class="body details">
${escaped(text)}
      </div>
     </div>
`;
  const words = text ? `\n       <div class="text">\n${escaped(text)}\n       </div>\n` : '';
  const content = `${media}${words}${reactions}`;
  return `
     <div class="message default clearfix${joined ? ' joined' : ''}" id="message${id}">
${
  joined
    ? ''
    : `      <div class="pull_left userpic_wrap">
       <div class="userpic userpic${colour}" style="width: 42px; height: 42px">
        <div class="initials" style="line-height: 42px">
S
        </div>
       </div>
      </div>
`
}      <div class="body">
       <div class="pull_right date details" title="${date}">
${date.slice(11, 16)}
       </div>
${joined ? '' : `\n       <div class="from_name">\n${escaped(by)} \n       </div>\n`}
${
  forwarded
    ? `       <div class="pull_left forwarded userpic_wrap"><div class="userpic userpic4"></div></div>
       <div class="forwarded body">
        <div class="from_name">
${escaped(forwarded)}<span class="date details" title="${date}"> ${date}</span>
        </div>
${content}
       </div>`
    : content
}
      </div>
     </div>
`;
};

export const telegramMedia = (classes, { href = '', title = '', status = '', description = '' } = {}) => `
       <div class="media_wrap clearfix">
        <${href ? `a class="${classes}" href="${href}"` : `div class="media clearfix pull_left ${classes}"`}>
         <div class="body">
          ${title ? `<div class="title bold">\n${escaped(title)}\n          </div>` : ''}
          ${description ? `<div class="description">\n${description}\n          </div>` : ''}
          ${status ? `<div class="status details">\n${status}\n          </div>` : ''}
         </div>
        </${href ? 'a' : 'div'}>
       </div>
`;

export const telegramPage = (messages, { title = 'Sam' } = {}) => `<!DOCTYPE html>
<html>
 <head>
  <meta charset="utf-8"/>
  <title>Exported Data</title>
  <meta content="width=device-width, initial-scale=1.0" name="viewport"/>
  <link href="css/style.css" rel="stylesheet"/>
  <script src="js/script.js" type="text/javascript">
  </script>
 </head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header">
    <div class="content">
     <div class="text bold">
${escaped(title)}
     </div>
    </div>
   </div>
   <div class="page_body chat_page">
    <div class="history">
${messages.join('')}
    </div>
   </div>
  </div>
 </body>
</html>
`;

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
/** A time as imessage-exporter writes it: `May 17, 2022  5:29:42 PM`. */
export const messagesTime = (at) => {
  const date = new Date(at);
  const hour = date.getUTCHours();
  const clock = `${String(hour % 12 || 12).padStart(2)}:${date.toISOString().slice(14, 19)} ${hour < 12 ? 'AM' : 'PM'}`;
  return `${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())}, ${date.getUTCFullYear()} ${clock}`;
};

/** A message of imessage-exporter's text. */
export const messagesText = (text, { at = 0, by = 'Sam', time = messagesTime(at), read = '' } = {}) =>
  `${time}${read ? ` (${read})` : ''}\n${by}\n${text}\n\n`;

/** A message of imessage-exporter's page. `inner`: what stands after the words */
export const messagesPageMessage = (
  text,
  { at = 0, by = 'Sam', time = messagesTime(at), inner = '', read = '' } = {},
) => `
<div class="message">
    <div class="${by === 'Me' ? 'sent iMessage' : 'received'}">
        <p>
            <span class="timestamp">
                <a title="Reveal in Messages app" href="sms://open?message-guid=1">${time}</a>
                ${read ? `(${read})` : ''}
            </span>
            <span class="sender">${escaped(by)}</span>
        </p>
        ${
          text
            ? `<hr>
<div class="message_part">
    <span class="bubble">${escaped(text)}</span>
    </div>
`
            : ''
        }
        ${inner}
    </div>
</div>
`;

export const messagesPage = (messages) =>
  `<html>\n<head>\n<meta charset="UTF-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">` +
  `<style>\n.message { margin: 1% }\n</style>\n</head>\n<body>\n${messages.join('')}</body></html>`;

const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const IMAZING_COLUMNS =
  'Chat Session,Message Date,Delivered Date,Read Date,Edited Date,Service,Type,Sender ID,Sender Name,Status,' +
  'Replying to,Subject,Text,Reactions,Attachment,Attachment type';

/** A row of iMazing's table. */
export const imazingRow = (
  text,
  {
    date,
    session = 'Sam',
    type = 'Incoming',
    name = 'Sam',
    id = '+447700900123',
    attachment = '',
    edited = '',
    reply = '',
  },
) =>
  [
    session,
    date,
    '',
    '',
    edited,
    'iMessage',
    type,
    id,
    name,
    'Read',
    reply,
    '',
    text,
    '',
    attachment,
    attachment && 'Image',
  ]
    .map(cell)
    .join(',');
export const imazingTable = (rows) => `\ufeff${[IMAZING_COLUMNS, ...rows].join('\r\n')}\r\n`;

/**
 * A message of Meta's pages.
 * @param {string} text
 * @param {{ by?: string, date?: string, inner?: string, form?: string }} options `inner`: what stands behind the words;
 * `form`: before 2021, before 2023, or now
 */
export const metaPageMessage = (text, { by = 'Sam', date = '', inner = '', form = 'now' } = {}) => {
  const words = `<div><div></div><div>${escaped(text)}</div><div></div>${inner}</div>`;
  if (form === 'old')
    return (
      `<div class="pam _3-95 _2pi0 _2lej uiBoxWhite noborder"><div class="_3-96 _2pio _2lek _2lel">${escaped(by)}` +
      `</div><div class="_3-96 _2let">${words}</div><div class="_3-94 _2lem">${date}</div></div>`
    );
  const name = form === 'now' ? 'h2' : 'div';
  return (
    `<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><${name} class="_3-95 _2pim _a6-h _a6-i">${escaped(by)}` +
    `</${name}><div class="_3-95 _a6-p">${words}</div><div class="_3-94 _a6-o">${date}</div></div>`
  );
};

/** Meta writes the newest message first. */
export const metaPage = (messages, { title = 'Sam' } = {}) =>
  '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><base href="../../../../" />' +
  `<title>${escaped(title)}</title><style type="text/css">.a{color:red}</style></head><body class="_5vb_">` +
  `<div class="clearfix _ikh"><h1>${escaped(title)}</h1><main class="_a706" role="main">` +
  `${messages.toReversed().join('')}</main></div></body></html>`;

export const tiktokStamp = (at) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
/** @param {Record<string, string[]>} chats lines by the other person's name */
export const tiktokText = (chats) =>
  Object.entries(chats)
    .map(([name, lines]) => `>>> Chat History with ${name}::\n\n${lines.join('\n')}\n\n`)
    .join('');

/** Lines of Signal's export. Numbers are written as text. */
export const signalLines = (items, { name = 'Sam', self = 'Jo' } = {}) =>
  `${[
    { version: '1', backupTimeMs: '1785577587884', mediaRootBackupKey: 'secret', currentAppVersion: 'Desktop 8.21.0' },
    { account: { profileKey: 'secret', givenName: self, username: 'jo' } },
    { recipient: { id: '64', self: { avatarColor: 'A200' } } },
    {
      recipient: {
        id: '1',
        contact: { aci: 'c2FtLXNhbQ==', e164: '447700900123', profileKey: 'secret', profileGivenName: name },
      },
    },
    { recipient: { id: '2', contact: { aci: 'bGVlLWxlZQ==', systemGivenName: 'Lee', systemFamilyName: 'Hill' } } },
    { recipient: { id: '3', group: { masterKey: 'secret-group', snapshot: { title: { title: 'Flat' } } } } },
    { chat: { id: '7', recipientId: '1', expireTimerVersion: 1 } },
    { chat: { id: '8', recipientId: '3' } },
    ...items.map((chatItem) => (typeof chatItem === 'string' ? chatItem : { chatItem })),
  ]
    .map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
    .join('\n')}\n`;

/** An item of Signal's export. `by`: the number of who wrote it */
export const signalItem = (members, { at, by = '1', chat = '7', way = by === '64' ? 'outgoing' : 'incoming' }) => ({
  chatId: chat,
  authorId: by,
  dateSent: String(at),
  [way]: way === 'incoming' ? { dateReceived: String(at + 5), read: true } : {},
  ...members,
});
export const signalWords = (body, options) => signalItem({ standardMessage: { text: { body } } }, options);
