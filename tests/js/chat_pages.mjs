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
    return `\n     <div class="message service" id="message-${id}">\n      <div class="body details">\n${escaped(text)}\n      </div>\n     </div>\n`;
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
        <div class="from_name">\n${escaped(forwarded)}<span class="date details" title="${date}"> ${date}</span>\n        </div>
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
