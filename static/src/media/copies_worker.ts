/**
 * The worker that makes the copies of a picture, so that the page goes on meanwhile. It gets a picture that another
 * person may have made, and its policy lets it load scripts of this host and connect to nothing.
 */
import { answerCalls } from '../core/answer_calls.js';
import { makeCopies, maskCopy } from './copies.js';

// Some browsers draw on the page only. The page does the work where this fails.
if (!new OffscreenCanvas(1, 1).getContext('2d')) throw new Error('no drawing in a worker');
answerCalls({ makeCopies, maskCopy });
