/** Made-up downloads of messages, in the forms that apps give people. Names and numbers are fictional. */

const seconds = (at) => String(Math.floor(at / 1000));
const stamp = (at) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

/** A message of a Telegram export. `by`: name, and id without `user` */
export const telegramMessage = (text, { at, by = ['Sam', '11'], id = 1, ...rest }) => ({
  id,
  type: 'message',
  date: new Date(at).toISOString().slice(0, 19),
  date_unixtime: seconds(at),
  from: by[0],
  from_id: `user${by[1]}`,
  text,
  text_entities: [],
  ...rest,
});

/** A line of the app in a Telegram export, such as a call. */
export const telegramService = (action, { at, by = ['Sam', '11'], ...rest }) => ({
  id: 9,
  type: 'service',
  date: new Date(at).toISOString().slice(0, 19),
  date_unixtime: seconds(at),
  actor: by[0],
  actor_id: `user${by[1]}`,
  action,
  text: '',
  ...rest,
});

export const telegramChat = (messages, { name = 'Sam', id = 4242, type = 'personal_chat' } = {}) => ({
  name,
  type,
  id,
  messages,
});

/** An export of everything. */
export const telegramExport = (chats) => ({
  about: 'Here is the data you requested.',
  personal_information: { user_id: 22, first_name: 'Jo' },
  contacts: { about: '', list: [] },
  chats: { about: 'This page lists all chats', list: chats },
  left_chats: { about: '', list: [] },
});

/** A message of Snapchat's "My Data". */
export const snapchatMessage = (content, { at, by = 'sam.b', own = false, type = 'TEXT', ...rest }) => ({
  From: by,
  'Media Type': type,
  Created: `${stamp(at)} UTC`,
  Content: content,
  'Conversation Title': null,
  IsSender: own,
  'Created(microseconds)': at,
  IsSaved: true,
  'Media IDs': '',
  ...rest,
});

export const tiktokMessage = (content, { at, by = 'sam.b' }) => ({ Date: stamp(at), From: by, Content: content });

/** @param {Record<string, unknown[]>} chats by the other person's name */
export const tiktokExport = (chats, path = ['Direct Message', 'Direct Messages', 'ChatHistory']) => {
  const [first, second, third] = path;
  const list = Object.fromEntries(Object.entries(chats).map(([name, rows]) => [`Chat History with ${name}:`, rows]));
  return { Activity: { 'Login History': {} }, [first]: { [second]: { [third]: list } }, Video: {} };
};

/** A message of Discord's own package: only the owner's. */
export const discordOwnMessage = (contents, { at, attachments = '' }) => ({
  ID: 1_234_567,
  Timestamp: stamp(at),
  Contents: contents,
  Attachments: attachments,
});

/** A message as DiscordChatExporter writes it. */
export const discordMessage = (content, { at, by = ['Sam', '11'], type = 'Default', ...rest }) => ({
  id: '99',
  type,
  timestamp: new Date(at).toISOString().replace('Z', '+00:00'),
  timestampEdited: null,
  callEndedTimestamp: null,
  isPinned: false,
  content,
  author: { id: by[1], name: by[0].toLowerCase(), discriminator: '0000', nickname: by[0], isBot: false },
  attachments: [],
  embeds: [],
  stickers: [],
  reactions: [],
  mentions: [],
  ...rest,
});

export const discordChannel = (messages, { id = '777777', name = 'Sam' } = {}) => ({
  guild: { id: '0', name: 'Direct Messages', iconUrl: '' },
  channel: { id, type: 'DirectTextChat', categoryId: null, category: 'Private', name, topic: null },
  dateRange: { after: null, before: null },
  exportedAt: '2026-12-01T10:00:00+00:00',
  messages,
  messageCount: messages.length,
});
