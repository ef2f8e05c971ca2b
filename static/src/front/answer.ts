/**
 * The page for a witness. It shows nothing until nine words are right. Then it shows the request and takes one
 * statement with files, sealed here to the key that five of the words name. Nothing is kept.
 */
import { argon2id, knownAnswerTest } from '../crypto/argon2.js';
import { isPassing, makeRequest } from '../net/http.js';
import { answersOf } from '../net/witnesses.js';
import { begin, byId, oneAtATime, said, say, size, tell, tellProgress } from './page.js';
import { look, send } from './statement.js';
import type { Found } from './statement.js';

const wire = answersOf(makeRequest());
const words = byId('words-typed') as HTMLTextAreaElement;
const account = byId('said') as HTMLTextAreaElement;
const [when, called, reach, files] = ['when', 'called', 'reach', 'files'].map((id) => byId(id)) as HTMLInputElement[];
const [open, go, status, wrong] = (['open', 'send', 'status', 'wrong'] as const).map((id) => byId(id));
let found: Found | null = null;
const once = oneAtATime({ buttons: [open, go], status, wrong, sentenceOf });

open?.addEventListener('click', () => {
  void once(find);
});
go?.addEventListener('click', () => {
  void once(sendIt);
});
words.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  void once(find);
});
// The words identify the request that the text answers. A second visit of this page must not restore either.
addEventListener('pagehide', () => {
  for (const one of [words, account, when, called, reach]) if (one) one.value = '';
});
begin('asking');

function sentenceOf(error: unknown) {
  const { code, unknown } = (error ?? {}) as { code?: string; unknown?: string[] };
  if (code === 'bad_request' && unknown)
    return unknown.length ? say('not_words', { words: unknown.slice(0, 3).join(', ') }) : say('not_nine');
  if (code === 'not_found') return say('over');
  if (code === 'not_opened') return said('wrong_keys');
  if (code === 'too_large') return say('too_large', { most: size(found?.most ?? 0) });
  const known = ['no_match', 'over', 'wrong_keys', 'try_later', 'too_many', 'empty', 'no_how'].find(
    (one) => one === code,
  );
  return said(known ?? (isPassing(error) ? 'offline' : 'failed'));
}

async function find() {
  tell(status, say('looking'));
  await new Promise((next) => {
    requestAnimationFrame(() => setTimeout(next));
  }); // Argon2 blocks the screen
  await knownAnswerTest();
  found = await look(wire, argon2id, words.value, `${location.origin}/answer`);
  words.value = '';
  tell(status, '');
  byId('who').textContent = found.asked.name ? say('asked_by', { name: found.asked.name }) : '';
  byId('who').hidden = !found.asked.name;
  byId('note').textContent = found.asked.note;
  byId('note').hidden = !found.asked.note;
  byId('asking').hidden = true;
  byId('form').hidden = false;
  byId('asked').focus();
}

async function sendIt() {
  if (!found) return;
  if (!account.value.trim()) throw Object.assign(new Error('empty'), { code: 'empty' });
  // No default choice: how a witness knows is theirs to say.
  const chosen = document.querySelector('input[name="saw"]:checked') as HTMLInputElement | null;
  if (!chosen) throw Object.assign(new Error('no_how'), { code: 'no_how' });
  tell(status, say('sending'));
  const fields = {
    contact: reach?.value ?? '',
    name: called?.value ?? '',
    saw_how: chosen.value,
    when: when?.value ?? '',
    words: account.value,
  };
  await send(wire, found, fields, [...(files?.files ?? [])], tellProgress, Date.now());
  for (const one of [account, when, called, reach, files]) if (one) one.value = '';
  found = null;
  tell(status, '');
  byId('form').hidden = true;
  byId('done').hidden = false;
  byId('done').focus();
}
