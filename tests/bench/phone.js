/**
 * What a page measures about itself for tests/bench/phone.py: put into every page before its own scripts, with
 * `globalThis.bench` as its only name.
 */
(() => {
  // lit-html leaves a comment where it has drawn; the door in the HTML has none.
  const drawn = () => {
    const app = document.getElementById('app');
    return (
      app && [...app.childNodes].some((node) => node.nodeType === Node.COMMENT_NODE) && app.querySelector('#words')
    );
  };
  const when = (holds) =>
    new Promise((done, failed) => {
      if (holds()) return done(performance.now());
      const watch = new MutationObserver(() => {
        if (!holds()) return;
        watch.disconnect();
        clearTimeout(limit);
        done(performance.now());
      });
      watch.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
      const limit = setTimeout(() => {
        watch.disconnect();
        failed(new Error(`not drawn in five minutes: ${holds}`));
      }, 300_000);
    });
  const usable = when(drawn);

  const heading = (text) => () => document.querySelector('main h1')?.textContent.trim() === text;
  const button = (label) => [...document.querySelectorAll('button')].find((one) => one.textContent.trim() === label);
  const press = (label) => button(label).click();

  globalThis.bench = {
    /** ms from the start of loading until the door can be typed in, and until its HTML was painted. */
    async coldStart(ready = usable) {
      const at = await ready;
      return { value: at, floor: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? at };
    },
    /** Tap Start as soon as it is there. `started` is then ms from the start of loading until its question is drawn. */
    tapStart(question) {
      bench.started = when(() => button('Start')).then(() => {
        press('Start');
        return when(heading(question));
      });
    },
    /** ms from pressing a button until the place of that heading is drawn. */
    async pressed(label, place) {
      const began = performance.now();
      press(label);
      return (await when(heading(place))) - began;
    },
    /** ms from pressing Entries until the first rows are drawn. */
    async listed() {
      const began = performance.now();
      press('Entries');
      return (await when(() => document.querySelectorAll('.item').length >= 1)) - began;
    },
    /** Begins to wait for files; `taken` is then ms from the picker's answer until each tile is drawn. */
    waitForFiles(...names) {
      const chosen = new Promise((done) =>
        addEventListener('change', () => done(performance.now()), { once: true, capture: true }),
      );
      const areDrawn = () => names.every((name) => document.querySelector(`[aria-label="Look at ${name}"]`));
      bench.taken = chosen.then(async (began) => (await when(areDrawn)) - began);
    },
    /** ms for as many bytes, in pieces of 1 MiB, plainly into a database and back out. */
    async plain(bytes) {
      const db = await new Promise((done, failed) => {
        const asked = indexedDB.open(`bench-${Math.random()}`, 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore('a');
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
      });
      const pieces = [];
      for (let at = 0; at < bytes; at += 1 << 20)
        pieces.push(new Uint8Array(Math.min(1 << 20, bytes - at)).fill(at % 251));
      const began = performance.now();
      await new Promise((done, failed) => {
        const change = db.transaction('a', 'readwrite', { durability: 'strict' });
        pieces.forEach((piece, i) => change.objectStore('a').put(piece, i));
        change.oncomplete = done;
        change.onerror = () => failed(change.error);
      });
      await new Promise((done) => {
        const asked = db.transaction('a').objectStore('a').getAll();
        asked.onsuccess = done;
      });
      const took = performance.now() - began;
      db.close();
      indexedDB.deleteDatabase(db.name);
      return took;
    },
    /** The cost of this phone's lock: {m, t}. */
    async lock() {
      const db = await new Promise((done) => {
        const asked = indexedDB.open('app');
        asked.onsuccess = () => done(asked.result);
      });
      const door = await new Promise((done) => {
        const asked = db.transaction('b').objectStore('b').get('d');
        asked.onsuccess = () => done(asked.result);
      });
      db.close();
      return { m: door.m, t: door.t };
    },
  };
})();
