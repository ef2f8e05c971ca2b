/**
 * An advocate's desk beside the phones: what it can open of what the server gives it. With device.mjs, the only file that knows
 * the app's own names.
 */
import { unb64 } from '#app/core/bytes.js';
import { decodeFrames } from '#app/core/encoding.js';
import { openForAdvocate, unwrapVersionKeys } from '#app/crypto/sharing/grants.js';
import { desk } from '../js/phone/desk.mjs';
import { argon2 } from './cheap.mjs';
import { Network } from './network.mjs';
import { ORIGIN } from './server.mjs';

/**
 * @param {import('./server.mjs').Server} server
 * @param {(line: string) => void} note
 * @returns {Promise<Advocate>} who has joined an organisation of the server's
 */
export async function anAdvocate(server, note) {
  const { invite } = await server.ask({ do: 'organisation', name: 'Stalking Support North' });
  const { send } = new Network('desk', server, note);
  const run = async () => ({ stdout: `14 days: ${invite}` });
  return new Advocate(await desk({ base: ORIGIN, run }, { send, argon2 }));
}

export class Advocate {
  /** @param {any} desk */
  constructor(desk) {
    this.desk = desk;
    this.words = desk.words;
  }

  /**
   * Versions that the desk has keys for that open, by grant; none where its session is over or the server was put back to
   * before the advocate joined. @returns {Promise<Map<string, string[]>>}
   */
  async opens() {
    const found = new Map();
    const { status, bytes: told } = await this.desk.ask('GET', '/v1/clients');
    if (status === 401) return found;
    for (const row of JSON.parse(new TextDecoder().decode(told)).clients) {
      const granted = await openForAdvocate(this.desk.keys, unb64(row.sealed), row);
      const { bytes } = await this.desk.ask('GET', `/v1/clients/${row.grant}/changes`);
      const versions = [];
      for (const frame of decodeFrames(bytes, { maxParts: 400 })) {
        const [facts, , wraps] = decodeFrames(frame);
        const { version } = JSON.parse(new TextDecoder().decode(facts));
        if ((await unwrapVersionKeys(granted, version, decodeFrames(wraps)))[0]) versions.push(version);
      }
      found.set(row.grant, versions);
    }
    return found;
  }
}
