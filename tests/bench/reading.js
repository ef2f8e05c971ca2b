/** What a page measures about reading back, for tests/bench/reading.py; beside phone.js, whose `bench` it adds to. */
(() => {
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
  const counted = (n) => () =>
    new RegExp(`\\b${n} of \\d+ entries`).test(document.querySelector('[role=search]')?.textContent ?? '');
  const press = (start) =>
    [...document.querySelectorAll('button')].find((one) => one.textContent.trim().startsWith(start)).click();
  /** Time of a task until what it made is drawn; the promise of `when` settles in the same task as the drawing. */
  const timed = async (act, holds) => {
    const began = performance.now();
    act();
    return (await when(holds)) - began;
  };
  const put = (id, value) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
  };
  Object.assign(globalThis.bench, {
    /** ms from a whole query in the field until its result is drawn. */
    searched: (query, n) => timed(() => put('find', query), counted(n)),
    /** ms to look for two words in as many texts of that length. */
    bareSearch(many) {
      const texts = Array.from(
        { length: many },
        (_, i) => `${'he was outside again and would not go away when i asked him to. '.repeat(5)}${i}`,
      );
      const began = performance.now();
      const found = texts.filter((text) => text.includes('coat') && text.includes('blue')).length;
      return performance.now() - began + found;
    },
    cleared: () =>
      timed(
        () => press('Clear all'),
        () => !/ of \d+ entries/.test(document.querySelector('[role=search]')?.textContent ?? ''),
      ),
    /** ms from choosing a filter until what it leaves is drawn. */
    filtered: (id, value, n) => timed(() => put(id, value), counted(n)),
    patterns: () =>
      timed(
        () => press('Patterns'),
        () => document.querySelector('.sentences li'),
      ),
    opens: (start) => press(start),
    rows: () => document.querySelectorAll('.item').length,
    /** Until nothing more is put into the phone's table for a while: what the app does when it has time is done. */
    async settled() {
      const count = () =>
        new Promise((done) => {
          const asked = indexedDB.open('app');
          asked.onsuccess = () => {
            const counted = asked.result.transaction('a').objectStore('a').count();
            counted.onsuccess = () => {
              asked.result.close();
              done(counted.result);
            };
          };
        });
      let [last, still] = [-1, 0];
      while (still < 5) {
        await new Promise((done) => setTimeout(done, 1_000));
        const now = await count();
        still = now === last ? still + 1 : 0;
        last = now;
      }
    },
    /**
     * Return ms from typing the words: until the diary opened, until the first rows were shown, and from the first
     * sight of the line that announces it until the list was rebuilt.
     */
    async listedAgain(many) {
      const began = performance.now();
      press('Open');
      // The line can stand behind others, such as the one about the recovery code: "Read all" shows it.
      const line = () => {
        document.querySelector('.lines button[aria-expanded=false]')?.click();
        return /Putting your list in order/.test(document.querySelector('.lines')?.textContent ?? '');
      };
      const from = await when(line);
      press('Entries');
      const first = when(() => document.querySelector('.item'));
      // Syncing takes the line away for a moment; it is over when it has been gone for a while.
      let last = from;
      const seen = new MutationObserver(() => {
        if (line()) last = performance.now();
      });
      seen.observe(document, { childList: true, subtree: true, characterData: true });
      while (performance.now() - last < 3_000) {
        await new Promise((done) => setTimeout(done, 200));
        // A line that stands unchanged for long is a long stretch, not the end.
        if (line()) last = performance.now();
      }
      seen.disconnect();
      return { opened: from - began, first: (await first) - began, listing: last - from, many };
    },
    /**
     * Return ms that rows of sealed records take by themselves: reading them from a database, opening three seals of
     * each as a worker would, and parsing their JSON.
     */
    async bareRebuild(many) {
      const [SEALED, INNER] = [8_264, 4_168];
      const random = (n) => crypto.getRandomValues(new Uint8Array(n));
      const name = `bench-${Math.random()}`;
      const db = await new Promise((done) => {
        const asked = indexedDB.open(name, 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore('a');
        asked.onsuccess = () => done(asked.result);
      });
      const key = await crypto.subtle.importKey('raw', random(32), 'AES-GCM', false, ['encrypt', 'decrypt']);
      const iv = random(12);
      const text = new TextEncoder().encode(
        JSON.stringify({
          fields: { narrative: 'x'.repeat(300), list: ['a', 'b'], more: { a: 1, b: 2 } },
          seed: 'y'.repeat(43),
          keys: [],
        }).padEnd(900),
      );
      const seal = async (bytes) => new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes));
      const [outer, wrap, inner] = await Promise.all([
        seal(random(SEALED)),
        seal(random(32)),
        seal(new Uint8Array([...text, ...new Uint8Array(INNER - text.length)])),
      ]);
      const ids = Array.from({ length: many }, () => random(16));
      for (let at = 0; at < many; at += 1_000)
        await new Promise((done) => {
          const change = db.transaction('a', 'readwrite');
          for (const id of ids.slice(at, at + 1_000)) change.objectStore('a').put(outer.slice().buffer, id);
          change.oncomplete = done;
        });
      const open = async (bytes) => {
        const own = await crypto.subtle.importKey('raw', random(32), 'AES-GCM', false, ['decrypt']);
        return own && crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, bytes);
      };
      const decoder = new TextDecoder();
      const began = performance.now();
      for (let at = 0; at < many; at += 1_000) {
        const table = db.transaction('a').objectStore('a');
        await Promise.all(
          ids
            .slice(at, at + 1_000)
            .map(
              (id) =>
                new Promise((done) => {
                  const asked = table.get(id);
                  asked.onsuccess = () => done(asked.result);
                }),
            )
            .map(async (got) => {
              await open(await got);
              await open(wrap);
              const plain = await open(inner);
              JSON.parse(decoder.decode(new Uint8Array(plain, 0, text.length)));
            }),
        );
      }
      const took = performance.now() - began;
      db.close();
      indexedDB.deleteDatabase(name);
      return took;
    },
    /** ms from the top of the list to its end and back, and how long the longest task took on the way. */
    async scrolled() {
      let longest = 0;
      const watch = new PerformanceObserver((list) => {
        for (const one of list.getEntries()) longest = Math.max(longest, one.duration);
      });
      watch.observe({ type: 'longtask' });
      const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      for (let at = 0; at <= 1.001; at += 0.05) {
        scrollTo(0, at * document.documentElement.scrollHeight);
        await frame();
        await frame();
      }
      watch.disconnect();
      return { longest, rows: document.querySelectorAll('.item').length };
    },
  });
})();
