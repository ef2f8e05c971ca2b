/**
 * The worker that lays out the pages of a pack, in one of three parts (letters.ts, prepare.ts, typeset.ts). It holds
 * words of the diary, and its policy lets it load scripts of this host and connect to nothing else: the page fetches
 * what it needs.
 */
import { answerCalls } from '../../core/answer_calls.js';
import { letterReader } from './letters.js';
import { preparer } from './prepare.js';
import { typesetter } from './typeset.js';

// Libraries write to the console when they fail, and may quote words.
for (const name of Object.keys(console)) Object.assign(console, { [name]: () => undefined });

answerCalls({ ...letterReader(), ...preparer(), ...typesetter() });
