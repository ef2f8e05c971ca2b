/** What tests of a keeper's phones do and look for. */
import { fixedClock } from '#app/core/clock.js';
import { anotherPhone } from './another.mjs';
import { WORDS, phoneWithEntry, until } from './phone.mjs';
import { sender } from './server.mjs';

/** Whether there are entries and all of them are kept safe. */
export const isKept = ({ entries }) => entries.length > 0 && entries.every(({ state }) => state.code === 'kept');

/** A new entry. */
export const save = (app, narrative) => app.saveIncident({ record: null, fields: { narrative }, restricted: {} });

/** One run of sync. Rejects as that run does. */
export const looks = ({ phone }) => phone.ctx.open.syncing.now();

/** The entries' titles, sorted. */
export const titles = ({ app }) => app.state.entries.map(({ title }) => title).sort();

/** Whether a request sends a version. */
export const isPush = (path, { method }) => method === 'PUT' && path.includes('/versions/');

/**
 * A registered phone with one entry that is kept safe and has been read back.
 * @param {{base: string}} server @param {string} [words] of the entry @param {object} [over] as of `makePhone`
 */
export async function registeredPhone(server, words = 'one', over = {}) {
  const faults = {};
  const one = await phoneWithEntry(
    { origin: server.base, send: sender(server.base, faults), clock: fixedClock(Date.now()), ...over },
    words,
  );
  const { login } = await one.app.register({ words: WORDS });
  await until(one, isKept, 'kept');
  await looks(one);
  return { ...one, faults, login };
}

/** Two phones of one keeper, both up to date, with one entry, "one". @param {any} server */
export async function twoPhones(server) {
  const one = await registeredPhone(server);
  const two = await anotherPhone(server.base, one.login);
  await until(two, isKept, 'on the second');
  await looks(two);
  return { one, two };
}

/**
 * Two phones of one keeper. The second wrote "theirs". The first cannot read the feed and wrote "mine": the number of
 * its receipt is
 * above where its feed ends. @param {any} server
 */
export async function beyondTheFeed(server) {
  const { one, two } = await twoPhones(server);
  await save(two.app, 'theirs');
  await looks(two);
  one.faults.before = (/** @type {string} */ path) => {
    if (path.includes('/changes')) throw new TypeError('Failed to fetch');
  };
  await save(one.app, 'mine');
  return { one, two };
}
