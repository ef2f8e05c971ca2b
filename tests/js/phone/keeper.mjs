/** Actions and checks for tests of a keeper's phones. */
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from './second_phone.mjs';
import { WORDS, phoneWithEntry, until } from './phone.mjs';
import { sender } from './server.mjs';

/** Return whether there are entries and all of them are kept safe. */
export const isKept = ({ entries }) => entries.length > 0 && entries.every(({ state }) => state.code === 'kept');

/** Save a new entry. */
export const saveEntry = (app, narrative) => app.saveIncident({ record: null, fields: { narrative }, restricted: {} });

/** Run sync once. Rejects if the run does. */
export const syncOnce = ({ phone }) => phone.ctx.open.syncing.now();

/** Return the entries' titles, sorted. */
export const titlesOf = ({ app }) => app.state.entries.map(({ title }) => title).sort();

/** Return whether a request sends a version. @param {string} path @param {{method?: string}} options */
export const isPush = (path, { method }) => method === 'PUT' && path.includes('/versions/');

/**
 * Make a registered phone with one entry that is kept safe and was read back.
 * @param {{base: string}} server @param {string} [words] of the entry @param {object} [over] see `makePhone`
 */
export async function registeredPhone(server, words = 'one', over = {}) {
  /** @type {import('./server.mjs').Faults} */
  const faults = {};
  const device = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()), ...over },
    words,
  );
  const { login } = await device.app.register({ words: WORDS });
  await until(device, isKept, 'kept');
  await syncOnce(device);
  return { ...device, faults, login };
}

/** Make two up-to-date phones of one keeper, with one entry, "one". */
export async function twoPhones(server) {
  const first = await registeredPhone(server);
  const second = await anotherPhone(server.base, first.login);
  await until(second, isKept, 'on the second');
  await syncOnce(second);
  return { one: first, two: second };
}

/**
 * Make two phones of one keeper. The second wrote "theirs". The first cannot read the feed and wrote "mine", so its
 * receipt has a higher number than the end of its feed.
 */
export async function twoPhonesAheadOfFeed(server) {
  const { one: first, two: second } = await twoPhones(server);
  await saveEntry(second.app, 'theirs');
  await syncOnce(second);
  first.faults.before = (/** @type {string} */ path) => {
    if (path.includes('/changes')) throw new TypeError('Failed to fetch');
  };
  await saveEntry(first.app, 'mine');
  return { one: first, two: second };
}
