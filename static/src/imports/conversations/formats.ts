/**
 * The readers of message downloads, in the order in which a file is tried. Where a download has a conversation in two
 * forms, the first counts.
 */
import { DISCORD } from './discord.js';
import { IMAZING } from './imazing.js';
import { IMESSAGE_HTML } from './imessage_html.js';
import { IMESSAGE_TEXT } from './imessage_text.js';
import { META } from './meta.js';
import { META_HTML } from './meta_html.js';
import { SIGNAL } from './signal.js';
import { SNAPCHAT } from './snapchat.js';
import { TELEGRAM } from './telegram.js';
import { TELEGRAM_HTML } from './telegram_html.js';
import { TIKTOK } from './tiktok.js';
import { TIKTOK_TEXT } from './tiktok_text.js';
import type { ChatFormat } from './format.js';

export const FORMATS: readonly ChatFormat[] = [
  META,
  TELEGRAM,
  SNAPCHAT,
  DISCORD,
  TIKTOK,
  SIGNAL,
  META_HTML,
  TELEGRAM_HTML,
  TIKTOK_TEXT,
  IMESSAGE_HTML,
  IMESSAGE_TEXT,
  IMAZING,
];
