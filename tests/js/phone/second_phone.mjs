/** Another phone of the same keeper. */
import { fixedClock } from '#app/core/clock.js';
import { WORDS, makePhone } from './phone.mjs';
import { sender } from './server.mjs';

/**
 * Sign in on another phone.
 * @param {string} base the server's address
 * @param {string} login
 * @param {string} [words]
 * @param [faults] see `sender`
 * @param {object} [over] see `makePhone`
 */
export async function anotherPhone(base, login, words = WORDS, faults = {}, over = {}) {
  const phone = makePhone({ origin: base, send: sender(base, faults), clock: fixedClock(Date.now()), ...over });
  await phone.app.start();
  await phone.app.signIn({ login, words });
  return { phone, app: phone.app, faults };
}
