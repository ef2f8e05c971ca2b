/** The commands of tests/js/commands.test.mjs, in longer runs. */
import test from 'node:test';
import { playDiary } from '../commands/diary.mjs';
import { playStore } from '../commands/store.mjs';

test('a change of the store is all there or not at all, in 100 runs of 40 commands', () => playStore(100, 40));

test('what was typed or saved is there and is found, in 100 runs of 40 commands', () => playDiary(100, 40));
