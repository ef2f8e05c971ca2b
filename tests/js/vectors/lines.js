/** Vectors of devices' lines. */
import { breaks } from '../../../static/js/ledger/lines.js';
import { same } from './judging.js';

export async function lines({ lines: cases }) {
  for (const { name, links, breaks: wanted } of cases) {
    same(breaks(links), wanted, name);
    same(breaks([...links].reverse()), wanted, `${name}, the other way round`);
  }
}
