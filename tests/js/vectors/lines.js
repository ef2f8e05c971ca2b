/** Vectors of the lines of devices. */
import { findBreaks } from '../../../static/js/ledger/lines.js';
import { assertSame } from './judging.js';

export async function lines({ lines: cases }) {
  for (const { name, links, breaks: wanted } of cases) {
    assertSame(findBreaks(links), wanted, name);
    assertSame(findBreaks([...links].reverse()), wanted, `${name}, the other way round`);
  }
}
