/** What a page measures about reading back, for tests/bench/reading.py; beside phone.js, whose `bench` it adds to. */
(() => {
  const when = (holds) => new Promise((done) => {
    if (holds()) return done(performance.now());
    const watch = new MutationObserver(() => {
      if (!holds()) return;
      watch.disconnect();
      done(performance.now());
    });
    watch.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
  });
  const counted = (n) => () => new RegExp(`\\b${n} of \\d+ entries`).test(document.querySelector('[role=search]')?.textContent ?? '');
  const press = (start) => [...document.querySelectorAll('button')].find((one) => one.textContent.trim().startsWith(start)).click();
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
    cleared: () => timed(() => press('Clear all'), () => !/ of \d+ entries/.test(document.querySelector('[role=search]')?.textContent ?? '')),
    /** ms from choosing a filter until what it leaves is drawn. */
    filtered: (id, value, n) => timed(() => put(id, value), counted(n)),
    patterns: () => timed(() => press('Patterns'), () => document.querySelector('.said')),
    opens: (start) => press(start),
    rows: () => document.querySelectorAll('.item').length,
    /** ms from the words until the list has been made again, and until the door was passed. */
    async listedAgain() {
      const began = performance.now();
      press('Open');
      const line = () => /Putting your list in order/.test(document.querySelector('.lines')?.textContent ?? '');
      const from = await when(line);
      // Syncing takes the line away for a moment; it is over when it has been gone for a while.
      let last = from;
      while (performance.now() - last < 4_000) {
        if (line()) last = performance.now();
        await new Promise((done) => setTimeout(done, 20));
      }
      return { opened: from - began, listing: last - from };
    },
    /** ms from the top of the list to its end and back, and how long the longest task took on the way. */
    async scrolled() {
      let longest = 0;
      const watch = new PerformanceObserver((list) => { for (const one of list.getEntries()) longest = Math.max(longest, one.duration); });
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
