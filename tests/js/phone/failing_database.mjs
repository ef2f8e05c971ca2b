/** A database whose writes fail when a test wants that. */
import { Database } from '#app/store/database.js';
import { openDB } from '../../../static/vendor/idb/index.js';

export const storageFull = () => new DOMException('full', 'QuotaExceededError');
export const connectionError = () =>
  new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', 'UnknownError');

/**
 * @param {string} name
 * @param {unknown[]} errors one for each of the next write transactions to fail with; then writes work again
 */
export function failingDatabase(name, errors) {
  return new Database({
    name,
    open: async (name, version, callbacks) => {
      const db = await openDB(name, version, callbacks);
      return new Proxy(db, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (key !== 'transaction') return typeof value === 'function' ? value.bind(target) : value;
          return (/** @type {Parameters<typeof target.transaction>} */ ...args) => {
            const error = args[1] === 'readwrite' ? errors.shift() : undefined;
            if (error) throw error;
            return target.transaction(...args);
          };
        },
      });
    },
  });
}
