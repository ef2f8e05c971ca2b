/**
 * Commands at random against a plain model (fast-check): the store, the draft, the list and search on one phone. `SEED=n` draws
 * others.
 */
import test from 'node:test';
import { playDiary } from './commands/diary.mjs';
import { playStore } from './commands/store.mjs';

test('a change of the store is all there or not at all, whatever fails in between, and after every opening', () =>
  playStore(12, 20));

test('what was typed or saved is there after locks, flat batteries, full phones and damaged lists, and is found', () =>
  playDiary(12, 20));
