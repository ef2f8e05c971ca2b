/**
 * Random commands against a plain model (fast-check): the store, the draft, the list and search on one phone. `SEED=n`
 * draws other commands.
 */
import test from 'node:test';
import { playDiary } from './commands/diary.mjs';
import { playStore } from './commands/store.mjs';

test('a store change is complete or absent, whatever fails in between and after every opening', () =>
  playStore(12, 20));

test('typed and saved text survives locks, flat batteries, full phones and damaged lists, and search finds it', () =>
  playDiary(12, 20));
