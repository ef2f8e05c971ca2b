/** The commands of tests/js/commands.test.mjs, in longer runs. */
import test from 'node:test';
import { playDiary } from '../commands/diary.mjs';
import { playStore } from '../commands/store.mjs';

test('a change of the store is complete or absent, in 100 runs of 40 commands', () => playStore(100, 40));

test('typed and saved text is kept and found, in 100 runs of 40 commands', () => playDiary(100, 40));
