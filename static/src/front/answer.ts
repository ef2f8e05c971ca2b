/**
 * The page for a witness. It shows nothing until nine words are right. Then it shows the request and takes one
 * statement with files, sealed here to the key that five of the words name. Nothing is kept.
 */
import { argon2id, runKnownAnswerTest } from '../crypto/argon2.js';
import { isTransient, makeRequest } from '../net/http.js';
import { statementsOf } from '../net/witnesses.js';
import {
  showScripted,
  byId,
  actionRunner,
  messageNodes,
  message,
  formatSize,
  showMessage,
  showProgress,
} from './page.js';
import { openRequest, sendStatement } from './statement.js';
import type { OpenedRequest } from './statement.js';

const api = statementsOf(makeRequest());
const wordsInput = byId('words-typed') as HTMLTextAreaElement;
const accountInput = byId('said') as HTMLTextAreaElement;
const [whenInput, nameInput, contactInput, filesInput] = ['when', 'called', 'reach', 'files'].map((id) =>
  byId(id),
) as HTMLInputElement[];
const [openButton, sendButton, statusLine, errorLine] = (['open', 'send', 'status', 'wrong'] as const).map((id) =>
  byId(id),
);
let request: OpenedRequest | null = null;
const runAction = actionRunner({ buttons: [openButton, sendButton], status: statusLine, wrong: errorLine, sentenceOf });

openButton?.addEventListener('click', () => {
  void runAction(findRequest);
});
sendButton?.addEventListener('click', () => {
  void runAction(submitStatement);
});
wordsInput.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  void runAction(findRequest);
});
// The words identify the request that the text answers. A second visit of this page must not restore either.
addEventListener('pagehide', () => {
  for (const item of [wordsInput, accountInput, whenInput, nameInput, contactInput]) if (item) item.value = '';
});
showScripted('asking');

function sentenceOf(error: unknown) {
  const { code, unknown: unknownWords } = (error ?? {}) as { code?: string; unknown?: string[] };
  if (code === 'bad_request' && unknownWords)
    return unknownWords.length
      ? message('not_words', { words: unknownWords.slice(0, 3).join(', ') })
      : message('not_nine');
  if (code === 'not_found') return message('over');
  if (code === 'not_opened') return messageNodes('wrong_keys');
  if (code === 'too_large') return message('too_large', { most: formatSize(request?.most ?? 0) });
  const knownCode = ['no_match', 'over', 'wrong_keys', 'try_later', 'too_many', 'empty', 'no_how'].find(
    (item) => item === code,
  );
  return messageNodes(knownCode ?? (isTransient(error) ? 'offline' : 'failed'));
}

async function findRequest() {
  showMessage(statusLine, message('looking'));
  await new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
  }); // Argon2 blocks the screen
  await runKnownAnswerTest();
  request = await openRequest(api, argon2id, wordsInput.value, `${location.origin}/answer`);
  wordsInput.value = '';
  showMessage(statusLine, '');
  byId('who').textContent = request.asked.name ? message('asked_by', { name: request.asked.name }) : '';
  byId('who').hidden = !request.asked.name;
  byId('note').textContent = request.asked.note;
  byId('note').hidden = !request.asked.note;
  byId('asking').hidden = true;
  byId('form').hidden = false;
  byId('asked').focus();
}

async function submitStatement() {
  if (!request) return;
  if (!accountInput.value.trim()) throw Object.assign(new Error('empty'), { code: 'empty' });
  // No default choice: how a witness knows is theirs to say.
  const selected = document.querySelector('input[name="saw"]:checked') as HTMLInputElement | null;
  if (!selected) throw Object.assign(new Error('no_how'), { code: 'no_how' });
  showMessage(statusLine, message('sending'));
  const fields = {
    contact: contactInput?.value ?? '',
    name: nameInput?.value ?? '',
    saw_how: selected.value,
    when: whenInput?.value ?? '',
    words: accountInput.value,
  };
  await sendStatement(api, request, fields, [...(filesInput?.files ?? [])], showProgress, Date.now());
  for (const item of [accountInput, whenInput, nameInput, contactInput, filesInput]) if (item) item.value = '';
  request = null;
  showMessage(statusLine, '');
  byId('form').hidden = true;
  byId('done').hidden = false;
  byId('done').focus();
}
