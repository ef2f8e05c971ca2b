/**
 * Every named failure has a code for machines and a sentence for people. The codes match diary/errors.py; a few
 * exist only on the phone. A sentence never contains what was typed, sealed or sent.
 */

/** The default sentence of each code. A caller with more context may pass a better one. */
export const SENTENCES = Object.freeze({
  bad_request: 'That request makes no sense here.',
  not_canonical: 'That is not canonical JSON.',
  bad_signature: 'The signature does not hold.',
  not_opened: 'This could not be opened.',
  kdf_refused: 'The server asked for a weaker lock than this device accepts. Nothing was sent.',
  kdf_broken: 'This device does not compute keys correctly. Use another device.',
  no_match: 'That did not match. Check the username and the password, and try again.',
  second_step: 'Type the six digits that your authenticator app shows now. Each set works once.',
  not_invited:
    'That invitation did not work. It works once, for a few days. Ask the person who gave it to you for a new one.',
  closing: 'This server will close, so nobody can begin here. Nothing was lost. Choose another server.',
  closed: 'This server has closed and takes nothing new. What is on the phone is safe there. Move to another server.',
  signed_out: 'You are signed out.',
  session_ended: 'This device was signed out from another one. Type your password to sign in again.',
  needs_words: 'Lock, and open with your password. Then this can go on.',
  not_found: 'There is nothing here.',
  wrong_origin: 'That request did not come from this app.',
  wrong_type: 'That kind of content is not accepted here.',
  erased: 'This was deleted for good, as asked.',
  conflict: 'Something else is already there.',
  differs: 'Something different is already stored there.',
  incomplete: 'Parts of this file are missing.',
  digest: 'The stored parts do not match their digest.',
  too_large: 'That is too large.',
  over_quota: 'There is no room left for files. Words still fit.',
  try_later: 'Too many tries. Wait a little, then try again.',
  packs_off: 'This server does not build packs.',
  pack_failed: 'The pack could not be built.',
  no_pages: 'No files for an upload page could be made here. Choose one file, or try again with a signal.',
  not_a_copy: 'This is not a backup file, or it is damaged.',
  too_soon: 'Try again in a moment.',
  unavailable: 'That is not possible just now. Try again later.',
  locked: 'This is locked.',
  words_weak: 'This password is too easy to guess.',
  words_in_use: 'Choose something different for this.',
  internal: 'Something went wrong.',
});

/** A failure with a code, and a sentence that is safe to show to anybody. */
export class KeptError extends Error {
  name = 'KeptError';
  code: string;

  /**
   * @param code a key of SENTENCES, or a code from a server
   * @param sentence defaults to the code's entry in SENTENCES
   */
  constructor(code: string, sentence?: string) {
    const defaultSentence = (SENTENCES as Record<string, string>)[code];
    super(sentence ?? defaultSentence ?? SENTENCES.internal);
    this.code = code;
  }

  /** The text for the screen. */
  get sentence(): string {
    return this.message;
  }
}

/**
 * Return anything thrown as a KeptError. A library's message may quote secrets, so only our own sentences
 * survive.
 */
export function toKeptError(error: unknown): KeptError {
  return error instanceof KeptError ? error : new KeptError('internal');
}
