/** Vectors of the lines of devices. */
import { findBreaks } from '../../../static/js/ledger/lines.js';
import { same } from './judging.js';

export async function lines({ lines: cases }) {
  for (const { name, links, breaks: wanted } of cases) {
    same(findBreaks(links), wanted, name);
    same(findBreaks([...links].reverse()), wanted, `${name}, the other way round`);
  }
}
