/** Another language: its plural forms, what a draft shows in English too, and what has no words yet. */
import { afterEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { inWords, language, learn, speak, t, tn } from '../../static/js/ui/strings.js';
import { day, dayHeading, whenWords } from '../../static/js/ui/say.js';

const both = (text, english) => ({ both: [text, english] });
const polish = (reviewed, more = {}) => ({
  lang: 'pl', dir: 'ltr', reviewed, said: { 'This was erased for good, as asked.': 'Usunięto na zawsze.', 'Came to my home': 'Przyszedł do mnie' },
  keys: { 'frame.done': 'Gotowe', 'consent.court': 'Sąd może to zobaczyć.', 'consent.do': 'Przygotuj pakiet', 'x.files.one': '{n} plik', 'x.files.few': '{n} pliki', 'x.files.many': '{n} plików', 'say.today': 'Dziś, {day}', ...more },
});
learn({ 'x.files.one': '1 file', 'x.files.other': '{n} files', 'consent.court': 'A court may see it.', 'consent.do': 'Make the pack' });
afterEach(() => speak(null, both));

test('a number of things takes the form its language has for that number', () => {
  speak(polish(true), both);
  assert.deepEqual([1, 2, 5, 12, 22, 25].map((n) => tn('x.files', n)), ['1 plik', '2 pliki', '5 plików', '12 plików', '22 pliki', '25 plików']);
  speak(null, both);
  assert.deepEqual([1, 2, 0].map((n) => tn('x.files', n)), ['1 file', '2 files', '0 files']);
});

test('a draft shows a sentence about consent or a failure in English too, and no button', () => {
  speak(polish(false), both);
  assert.deepEqual(t('consent.court'), { both: ['Sąd może to zobaczyć.', 'A court may see it.'] });
  assert.equal(t('consent.do'), 'Przygotuj pakiet');
  assert.equal(t('frame.done'), 'Gotowe');
  assert.deepEqual(inWords('This was erased for good, as asked.', { grave: true }), { both: ['Usunięto na zawsze.', 'This was erased for good, as asked.'] });
  assert.equal(inWords('Came to my home'), 'Przyszedł do mnie');
});

test('a language that was read by somebody who knows it stands alone', () => {
  speak(polish(true), both);
  assert.equal(t('consent.court'), 'Sąd może to zobaczyć.');
});

test('what has no words yet is said in English, never left out', () => {
  speak(polish(false), both);
  assert.equal(t('bar.help'), 'Help');
  assert.equal(inWords('Something new.', { grave: true }), 'Something new.');
  assert.throws(() => t('no.such.words'), RangeError);
});

test('days are said in the language of the screens, with figures everyone can read', () => {
  const at = Date.UTC(2026, 10, 3, 12);
  const occurred = { occurred_start: at, occurred_end: null, occurred_local: '2026-11-03T12:00', tz: 'Europe/London', utc_offset_min: 0, precision: 'minute' };
  assert.equal(day(at), '3 Nov 2026');
  speak(polish(true), both);
  assert.equal(language(), 'pl');
  assert.match(day(at), /3 lis 2026/);
  assert.match(whenWords(occurred), /wtorek, 3 listopada 2026, 12:00/);
  assert.match(dayHeading('2026-11-03', at), /^Dziś, wtorek/);
  speak({ ...polish(true), lang: 'ur' }, both);
  assert.match(day(at), /3.*2026/);
});
