/**
 * What the readers of message downloads have in common. Each app has one reader of this shape, in a module of its name.
 * A reader finds where the messages are in the bytes of a file, and reads one message at a time, so that each can be
 * saved byte for byte and one that is damaged does not stop the others.
 */
import { hex, utf8 } from '../../core/bytes.js';
import { toWellFormed } from '../../core/text.js';
import { sha256Sync } from '../../crypto/digests.js';
import type { Bytes } from '../../core/bytes.js';
import type { Pause } from '../whatsapp.js';
import { parseSpan } from './json_spans.js';
import type { ReadDate } from '../phone_bill/cells.js';
import type { Span } from './json_spans.js';

/**
 * Where a message is in a file.
 *
 * `sender`: who wrote it, where that is not in it;
 * `lead`: what says so, and stands before it in a file of its own
 */
export type MessageSpan = Span & { sender?: Sender; lead?: Bytes };
/**
 * A day and time without a zone. `text`: the day as written; `days`: `2026-11-24` by the order that gives it; `clock`:
 * `21:10` or `21:10:05`
 */
export type WrittenTime = { text: string; days: ReadDate['days']; clock: string };
/**
 * One conversation in one file.
 *
 * `id`: the same in every download of this conversation;
 * `apart`: what tells it from another conversation with this id in one download, where the id is made of names;
 * `people`: the names of those in it, empty if the file lists only who wrote;
 * `cutOff`: the end of the messages is missing;
 * `frame`: what stands before and after messages in a file of their own, so that it can be read again
 */
export type Thread = {
  id: string;
  apart: string;
  title: string;
  people: string[];
  messages: MessageSpan[];
  cutOff: boolean;
  isNewestFirst: boolean;
  frame: { before: Bytes; between: Bytes; after: Bytes };
};
/** Who wrote a message. `id`: the app's own, '' if the file has none. Two people can have one name */
export type Sender = { name: string; id: string };
/**
 * One message.
 *
 * `at`: ms UTC, null without a time that can be right, and where the file has no zone;
 * `written`: its time where the file has no zone;
 * `isOwn`: sent by the owner of the account, null if the file does not say;
 * `text`: the sender's words;
 * `notes`: what the app says of it;
 * `quotes`: words of others in it, each with what they are;
 * `files`: their paths in the download;
 * `isEdited`: the file says so;
 * `isMended`: a text was put right;
 * `isNotice`: nobody sent it, the app wrote it
 */
export type ReadMessage = {
  at: number | null;
  written: WrittenTime | null;
  sender: Sender;
  isOwn: boolean | null;
  type: string;
  text: string;
  notes: string[];
  quotes: { label: string; text: string }[];
  reactions: { text: string; by: string }[];
  files: string[];
  isEdited: boolean;
  isMended: boolean;
  isNotice: boolean;
};
/** The reader of one app's files. */
export type ChatFormat = {
  /** The path of such a file in a download, which nobody in a conversation chose. Its first group is what precedes. */
  place: RegExp;
  /** a code of `channels` in the vocabulary; null if only the download's folders, or the keeper, can say */
  app: string | null;
  /** What an entry's own file of messages is; JSON without it. */
  file?: { ending: string; type: string };
  /** Its times have no zone, and its days can be written in more than one order. */
  isWithoutZone?: boolean;
  /** Tell whether the beginning of a file can be such a file. `readThreads` decides. */
  looksLike(head: Uint8Array): boolean;
  /**
   * Find the conversations of a file; null for another file.
   * @param path of the file in the download
   * @throws import_wrong for a file that is not what it begins like
   */
  readThreads(bytes: Bytes, path: string, pause: Pause): Promise<Thread[] | null>;
  /**
   * Read one message; null for one that is no message.
   * @param latest ms UTC; no message can have a later time
   */
  readMessage(bytes: Bytes, span: MessageSpan, latest: number): ReadMessage | null;
  /** Return who wrote a message, '' if it does not say. */
  senderOf(bytes: Bytes, span: MessageSpan): Sender;
  /** Return the path of a message's file among those of the download, where the message does not have it. */
  findFile?(file: string, paths: readonly string[]): string | undefined;
  /** The name of another file of the download that has the titles of conversations by their ids. */
  titlesFile?: RegExp;
};
export type Json = Record<string, unknown>;

/** The place of files whose names people choose: they are known by what is in them. */
export const NO_PLACE = /^(?!)()/;
export const NOBODY: Sender = { name: '', id: '' };
export const MAX_NAMES = 500;
/** Later years have more than four digits. */
const LAST_TIME = Date.UTC(9999, 11, 31);

/** Return a function that reads who wrote the message at a span. */
export const senderBy =
  (read: (message: Json) => Sender) =>
  (bytes: Bytes, span: Span): Sender => {
    const message = objectAt(bytes, span);
    return message ? read(message) : NOBODY;
  };

/** Return the object at a span; null for anything else. */
export function objectAt(bytes: Uint8Array, span: Span): Json | null {
  try {
    return objectOf(parseSpan(bytes, span));
  } catch {
    return null;
  }
}

export const objectOf = (value: unknown): Json | null =>
  value && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : null;

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Return a text without halves of characters; '' for anything else. */
export const textIn = (value: unknown): string => (typeof value === 'string' ? toWellFormed(value) : '');

/** Return a number, also one that is written as text, as a text; '' for anything else. */
export const idIn = (value: unknown): string =>
  typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : textIn(value);

/** Return a time in ms UTC if it lies between two others; null otherwise. */
export const timeBetween = (earliest: number, at: unknown, latest: number): number | null =>
  typeof at === 'number' && Number.isSafeInteger(at) && at >= earliest && at <= latest ? at : null;

const STAMP = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(?: ?UTC|Z|([+-]\d{2}:\d{2}))?$/;

/**
 * Read `2026-11-24 21:10:05`, with or without a zone, as ms UTC; UTC without a zone. Null for anything else, and for a
 * day that does not exist: `Date.parse` takes 30 February for 2 March.
 */
export function stampIn(value: unknown): number | null {
  const [, day, time, part = '', zone = 'Z'] = STAMP.exec(textIn(value)) ?? [];
  if (!day) return null;
  const at = Date.parse(`${day}T${time}${part.slice(0, 4)}${zone}`);
  const midnight = Date.parse(`${day}T00:00Z`);
  return Number.isNaN(at) || new Date(midnight).toISOString().slice(0, 10) !== day ? null : at;
}

/** Return a day as every order of dates gives it; null for one that does not exist. */
export function sameDay(day: string): WrittenTime['days'] | null {
  const at = Date.parse(`${day}T00:00Z`);
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day) return null;
  return { dmy: day, mdy: day, ymd: day };
}

/** Return the day of a time in UTC, such as `2026-11-24`. */
export const dayOf = (at: number): string => new Date(Math.min(at, LAST_TIME)).toISOString().slice(0, 10);

/** Return the folder of a path, '' or ending in `/`. */
export const folderIn = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** A message without anything that is not said. */
export const EMPTY_MESSAGE: ReadMessage = {
  at: null,
  written: null,
  sender: NOBODY,
  isOwn: null,
  type: 'text',
  text: '',
  notes: [],
  quotes: [],
  reactions: [],
  files: [],
  isEdited: false,
  isMended: false,
  isNotice: false,
};

/** Return an id made of names. It is a digest, because the keeper's own name is among them. */
export const idOfNames = (...names: string[]): string => hex(sha256Sync(utf8(names.join('\n')))).slice(0, 16);

const EXTENSIONS: [RegExp, string][] = [
  [/\.(?:jpe?g|png|webp|heic|gif)$/i, 'image'],
  [/\.(?:mp4|mov|webm)$/i, 'video'],
  [/\.(?:aac|m4a|mp3|ogg|opus|wav)$/i, 'voice'],
];

/** Return what kind of message a file makes, by its name. */
export const typeOfFile = (path: string): string =>
  EXTENSIONS.find(([pattern]) => pattern.test(path))?.[1] ?? 'document';
