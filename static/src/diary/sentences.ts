/**
 * The sentence for each error code: what happened, that nothing was lost, what to do next. One table, and the only
 * place that gives a failure its text; the screens may shorten it (shell/strings.js), never contradict it.
 */
import { KeptError, SENTENCES as USUAL } from '../core/errors.js';

export const SENTENCES: Readonly<Record<string, string>> = Object.freeze({
  // On this phone.
  no_match: 'That didn’t open anything. Try again.',
  too_soon: 'Try again in a moment.',
  no_space:
    'This phone is full. What you saved before is safe, and what you are writing is still here. Make room on the ' +
    'phone, then save again.',
  store_lost:
    'This phone did not keep that. What you saved before is safe. Try again; if it happens again, close this page ' +
    'and open it once more.',
  not_a_copy: 'This is not a backup file, or it is damaged. Nothing on this phone was changed. Choose another file.',
  locked: 'This is locked. What you wrote is kept. Type your password to go on.',
  words_weak: 'Use at least 12 characters, and nothing that is easy to guess.',
  words_in_use: 'Choose something different.',
  kdf_broken:
    'This phone does not compute locks correctly, so nothing was locked with it. What you wrote is still here. Use ' +
    'another browser or device.',
  unavailable: 'This browser lacks something that is needed here. Nothing was lost. Try another browser or device.',
  phone_has_diary: 'This phone already keeps entries. Open them with your password first.',
  draft_waits:
    'Something you wrote here is not saved yet. A notebook cannot keep it. Go to Start first, then save it or throw ' +
    'it away.',
  needs_words:
    'This waits for your password. Lock this, then open it with your password, not with your PIN. Nothing was lost.',
  words_differ: 'That is not the password that opens this phone. Nothing was changed. Try again.',
  // Files.
  empty_file: 'This file is empty, so it was not added. Nothing was lost. Choose it again, or another one.',
  folder: 'This is a folder, so it was not added. Nothing was lost. Open it, and drop the files that are in it.',
  too_large:
    'This file is larger than 200 MB, so it was not added. Nothing was lost. If it is a recording, add a shorter ' +
    'part of it.',
  file_changed: 'The file changed while it was being read, so it was not added. Nothing was lost. Choose it again.',
  file_unreadable: 'The file could not be read, so it was not added. Nothing was lost. Choose it again.',
  file_missing: 'This file is not on this phone yet. It comes when there is signal.',
  file_damaged:
    'This file is damaged on this phone, so it could not be opened. Nothing else was lost. If it is backed up, ' +
    'it is fetched again when there is signal. Try again later.',
  file_differs:
    'What is kept of this file is not what came in. Nothing else was lost. Keep this phone as it is, and show this ' +
    'to someone who helps you.',
  reader_missing:
    'What reads pictures is not on this phone yet. Nothing was lost. Connect to the internet once, then try again.',
  reader_failed: 'This picture could not be read. It is kept just as it came. You can type its words yourself.',
  reader_no_picture:
    'This picture could not be read: this browser cannot show it, or it is too large. It is kept just as it came. ' +
    'You can type its words yourself.',
  no_print_copy:
    'This browser has no picture of this file to draw on. The file is kept just as it came. Try on another device.',
  not_there_yet: 'This file is still being sent from your other device. Try again later.',
  sitting_not_agreed: 'Answer every question first. Under 18, your safeguarding lead must agree.',
  sitting_open: 'End the sitting first. Then lock this and open it again.',
  sitting_closed: 'This sitting is paused or has ended. Nothing was added.',
  sitting_wrong: 'Something is missing, so it was not noted. If not all was looked at, say why.',
  // Saved chats and emails.
  import_wrong:
    'This is not a saved chat, an email file or a backup of texts or calls, so nothing was added. The file is as it ' +
    'was. To keep it anyway, add it to an entry under “Photos & screenshots”.',
  import_no_files:
    'None of the pictures and files could be taken out of the saved chat, so nothing was added. They are still ' +
    'inside it.',
  import_no_chat:
    'There is no chat, mailbox (.mbox) or backup (.xml) that can be read in this zip file, so nothing was added. The ' +
    'file is as it was. In WhatsApp, use “Export chat” and choose that file. Ask Snapchat and Discord for JSON.',
  import_unpack_first:
    'There is more than one mailbox (.mbox) or backup (.xml) in this zip file, or a very large one, so nothing was ' +
    'added. The file is as it was. Unpack it, and choose its files one by one.',
  import_too_many:
    'There are too many messages in this file to read here, so nothing was added. The file is as it was. Save those ' +
    'with one person, or of one year, as a file of their own, and choose that.',
  import_not_mail:
    'This is not a whole email file, so nothing was added. The file is as it was. Save the email again as .eml and ' +
    'choose it.',
  import_unanswered: 'Answer the questions first. Nothing was added yet.',
  page_large:
    'This saved page is larger than 64 MB, so it was not read. To keep it, add it to an entry under “Photos & ' +
    'screenshots”.',
  archive_half:
    'Part of this web archive is missing, so nothing was added. The file is as it was. Copy or download it again, ' +
    'and choose the new file.',
  archive_damaged:
    'This web archive is damaged, or its parts do not fit together, so nothing was added. The file is as it was. ' +
    'Save the page again, or ask for a new copy. To keep it anyway, add it to an entry under “Photos & screenshots”.',
  archive_large:
    'This web archive has too much in it to read here, so nothing was added. The file is as it was. Save fewer pages ' +
    'at a time. To keep it anyway, add it to an entry under “Photos & screenshots”.',
  archive_no_pages:
    'There is no web page in this web archive, so nothing was added. The file is as it was. Open the page in the ' +
    'program that saves it, and save it again.',
  archive_list:
    'This file is only a list of other web archives, so nothing was added. The file is as it was. Choose one of ' +
    'those web archives.',
  mail_damaged:
    'This email file is damaged and could not be read, so nothing was added. The file is as it was. Save the email ' +
    'again and choose it.',
  zip_half:
    'Part of this zip file is missing, so nothing was added. The file is as it was. Export the chat again and choose ' +
    'the new file.',
  zip_damaged:
    'This zip file is damaged, so nothing was added. The file is as it was. Export the chat again and choose the new ' +
    'file.',
  zip_too_much:
    'This zip file would unpack to far more than a chat can be, so it was not opened. Nothing was added. Export the ' +
    'chat again, without media.',
  zip_locked:
    'This zip file has a password, so it could not be read. Nothing was added. Export the chat again without one.',
  zip_unknown:
    'This zip file is packed in a way that could not be read. Nothing was added. Unpack it and choose the text file ' +
    'in it.',
  // Text and changes.
  reason_needed: 'Write a short reason for the change. What you wrote before stays here too.',
  nothing_to_save: 'Write something, or choose a time. Either is enough.',
  half_character:
    'One character or emoji here is broken, so this was not saved. What you wrote is still here. Delete that ' +
    'character, then save again.',
  too_long:
    'One of the answers is too long to keep in one place, so this was not saved. What you wrote is still here. Put ' +
    'part of it in another entry, or add it as a file.',
  times_crossed:
    'The end is before the beginning, so this was not saved. What you wrote is still here. Look at the times again.',
  before_service:
    'This happened before the order was given to them, so it cannot be marked as a breach of it. Nothing was ' +
    'changed. Check the time, or untick the term first.',
  no_such_term: 'That order has no such line, so this was not marked. Nothing was changed. Look at the order again.',
  no_calendar_time:
    'The date is before 1900 or too far ahead, so this was not saved. What you wrote is still here. Look at the date ' +
    'again.',
  unfit:
    'One of the answers is in a form that cannot be kept, so this was not saved. What you wrote is still here. Look ' +
    'through the answers, then save again.',
  on_hold:
    'Block deleting is on, so this cannot be deleted for good. Nothing was changed. You can ask to turn it off under ' +
    'More, “Sort, put back or delete”. It goes off seven days later.',
  not_sent_yet:
    'This is not all backed up yet, so it cannot be deleted for good. Nothing was changed. Try again when it says ' +
    '“Backed up”.',
  not_out: 'Put it away first. Then you can delete it for good.',
  not_due: 'The seven days are not over yet. Nothing was changed.',
  not_found: 'This could not be found. Nothing was lost.',
  // The connection to the server.
  offline: 'There is no signal just now. Everything is safe on this phone. Try again when there is.',
  no_network: 'Not backed up yet. It is saved on this phone and will be backed up when there is signal.',
  server_slow: 'Not sent yet: the signal is slow. It is saved on this phone and will be tried again.',
  server_down: 'Not sent yet: the server is not working just now. It is saved on this phone and will be tried again.',
  internal: 'Not done: something went wrong on the server. What is on this phone is safe. Try again later.',
  captive_portal:
    'Not sent yet: this Wi-Fi wants you to sign in first, or it blocks this page. It is saved on this phone. Open ' +
    'the Wi-Fi’s sign-in page, or use another connection.',
  garbage:
    'Not sent yet: the answer did not come from the right server, or was damaged. It is saved on this phone and will ' +
    'be tried again.',
  try_later: 'Too many tries. Nothing was lost. Wait a little, then try again.',
  signed_out:
    'Not sent yet: this phone has been signed out. It is saved on this phone. Type the password you use now, and it ' +
    'will be tried again.',
  session_ended:
    'Not sent yet: this phone was signed out from another device. It is saved on this phone. Type your password, and ' +
    'it will be backed up.',
  keys_older:
    'The server was put back to a day before your keys were made new. Nothing was changed, and everything is safe on ' +
    'this phone. Make a backup file, and ask someone who helps you for another server.',
  sign_in_failed: 'That did not match. Check the username and the password, and try again. Nothing was lost.',
  code_wrong: 'That is not a complete recovery code. Check each letter against your paper, and try again.',
  code_refused:
    'This is not the recovery code your diary uses now, so nothing was changed. Look for your newest paper. If it is ' +
    'the newest, someone who knows your password may have made another recovery code. Then leave that box empty.',
  kdf_refused:
    'The server asked for a weaker lock than this phone accepts, so nothing was sent. What is on this phone is safe. ' +
    'Do not type your password on another page.',
  // What the server reports about what was sent.
  receipt_wrong:
    'Not backed up yet: the server’s receipt is not right. It is saved on this phone, and stays here until the ' +
    'receipt is right.',
  head_differs:
    'The server’s account of your entries differs from this phone’s. Everything on this phone is safe. Nothing more ' +
    'is sent until they agree.',
  feed_altered:
    'The server sent something that was not written by you. It was not taken in. Everything on this phone is safe.',
  server_behind: 'The server has fewer entries than it had before. Everything on this phone is safe.',
  bad_signature: 'Not backed up yet: the server did not accept this phone’s signature. It is saved on this phone.',
  differs: 'Not backed up yet: the server holds something else in its place. It is saved on this phone.',
  conflict: 'Not done: something else is already there. What is on this phone is safe.',
  closing:
    'This server will close, so it takes nobody new. Everything is safe on this phone. Ask someone who helps you for ' +
    'another server.',
  closed:
    'This server has closed and takes nothing new. Everything is safe on this phone. Make a backup file, and take it ' +
    'to another server.',
  over_quota:
    'There is no room left for files on the server. Your words are still backed up. New files are saved on this ' +
    'phone, and not backed up.',
  log_changed:
    'The server’s public list of receipts was changed after it was signed. Everything on this phone is safe, and ' +
    'your own copies of the receipts still hold. Show this to someone who helps you.',
  log_late:
    'The server has not put an entry on its public list in time. The entry and its receipt are safe on this phone. ' +
    'It is looked at again each time there is signal.',
  capture_key:
    'Someone changed on this phone how it keeps what is added while it is locked. That is put right now. What was ' +
    'added that way after their change may be lost, and they may have seen it. What you wrote is safe.',
  wrong_notary:
    'This server signs with a key this phone does not know. Nothing was sent. Everything on this phone is safe. Look ' +
    'at what to do.',
  wrong_keys:
    'The server gave other keys than these nine words name. Nobody was let in and nothing was sent. Do not try again ' +
    'on this server. Tell whoever you want to let in.',
  other_organisation:
    'A stand-in must be someone else of the same organisation. Nobody was let in. Check the words of a person who ' +
    'works with them.',
  keys_changed:
    'Their words are not the ones you checked. Nothing new is given to them. Ask them for their nine words again, by ' +
    'voice, and check them.',
  wider: 'That would let them see more than now, so nothing was changed. To let them see more, let them in again.',
  too_early: 'This can be renewed in its last seven days. Nothing was changed.',
  not_registered: 'This diary is saved on this phone only. Set up a backup first. Then someone can be let in.',
  key_differs:
    'Those are not the letters of the key this server uses, so nothing was changed. Check each letter. If they are ' +
    'right, do not go on: ask for another server.',
  clock_off:
    'This phone’s clock is wrong. Entries are safe, and the difference is noted with them. Set the phone’s clock ' +
    'when you can.',
  altered:
    'An entry does not match what was signed when it was written. It is kept as it is. Show this to someone who ' +
    'helps you.',
  omitted:
    'One of your devices saw something on the server that is not there now, or is different. Everything on this ' +
    'phone is safe. Look at what is missing.',
  line_gap: 'Something written on one of your devices has not arrived. Open that device once where there is signal.',
  came_since:
    'Something came in after you looked at what goes in, so this pack was not made. Nothing was lost. Look through ' +
    'it once more.',
  cancelled: 'Stopped. Nothing was lost.',
});

/**
 * Sentences that only the place of the failure can choose, word for word as thrown there (tests/js/language.test.mjs
 * checks): each is kept, whatever its code's own sentence is.
 */
export const SPECIFIC = Object.freeze([
  'Some of your entries are not backed up yet. They are saved on this phone. Try again when they are backed up.',
  'This phone has too little memory free for that. Close other apps and try again.',
  'That did not work. Nothing was lost. Try again.',
  'This pack is too large to hand over in one piece. Make several smaller packs.',
  'This pack is too big for one file. Choose fewer entries and make a second pack.',
  'This is too much for one upload. Choose fewer entries and make a second set.',
  'The chosen entries are too large for one pack. Choose fewer.',
  'A pack is being handed over already.',
  'A pack is being made already.',
  'The pack was stopped. Nothing was lost.',
  'Choose at least one entry.',
  'An item was asked for that no earlier pack holds.',
  'This entry was made by a newer version. Update this one first.',
  'A file cannot be opened. It is still in your diary.',
  'The server sent something that is not a zip.',
  'The list of files in the pack does not fit.',
  'The list of files in the pack is damaged.',
  'The pack holds something that is not in its list of files.',
  'A file in the pack has a name that is not plain letters.',
  'One of these characters is too new for some phones. Use another.',
  'That did not match. Check the username and the recovery code, and try again. Nothing was lost.',
  'What this phone keeps for its lock is damaged.',
]);

/** Starts with the server's limit, as in `50 MB`. */
const SERVER_LIMIT =
  '{name} is the most that this server takes for one file. This one is larger, so it was not added. ' +
  'Nothing was lost. ' +
  'If it is a recording, add a shorter part of it.';

/** The same, with the name of the file, or with a size. */
export const FILLED = Object.freeze([
  '{name} is not what this phone expects, so the pack was thrown away. Nothing was lost.',
  '{name} is missing from the pack, so it was thrown away. Nothing was lost.',
  '{name} is not the file that was added, so the pack was thrown away. Nothing was lost.',
  SERVER_LIMIT,
]);

/** Return the sentence for a file larger than `limit` bytes, a server's limit. MB are counted as in `200 MB`. */
export function serverLimitSentence(limit: number): string {
  return SERVER_LIMIT.replace('{name}', `${Math.floor(limit / 2 ** 20)} MB`);
}

/** Return a failure as an error with a sentence for the screen. */
export function toShownError(thrown: unknown): KeptError {
  const error = thrown instanceof KeptError ? thrown : new KeptError('internal');
  // What the user asked for just now is not "sent later": only the outbox is.
  if (error.code === 'no_network') return new KeptError('offline', SENTENCES.offline);
  const sentence = SENTENCES[error.code];
  const isSpecific = SPECIFIC.includes(error.message) || error.message.endsWith(SERVER_LIMIT.slice('{name}'.length));
  if (!sentence || error.message === sentence || isSpecific) return error;
  return Object.assign(new KeptError(error.code, sentence), {
    cause: undefined,
    retryAfter: (error as KeptError & { retryAfter?: number }).retryAfter,
    field: (error as KeptError & { field?: string }).field,
  });
}

export function sentenceOf(code: string): string {
  return SENTENCES[code] ?? (USUAL as Record<string, string>)[code] ?? USUAL.internal;
}
