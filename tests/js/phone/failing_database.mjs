/** A database whose writing fails when a test says so. */
import { Database } from '#app/store/database.js';
import { openDB } from '../../../static/vendor/idb/index.js';

export const full = () => new DOMException('full', 'QuotaExceededError');
export const lost = () =>
  new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', 'UnknownError');

/**
 * @param {string} name
 * @param {unknown[]} errors what the next writing transactions fail with, one each, before it works again
 */
export function failing(name, errors) {
  return new Database({
    name,
    open: async (...args) => {
      const db = await openDB(...args);
      return new Proxy(db, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (key !== 'transaction') return typeof value === 'function' ? value.bind(target) : value;
          return (...given) => {
            const error = given[1] === 'readwrite' ? errors.shift() : undefined;
            if (error) throw error;
            return target.transaction(...given);
          };
        },
      });
    },
  });
}
