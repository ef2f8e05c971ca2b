/**
 * An advocate's desk next to the phones: what it can open of what the server returns. This file and device.mjs are
 * the only ones that use the app's own names.
 */
import { unb64 } from '#app/core/bytes.js';
import { decodeFrames } from '#app/core/encoding.js';
import { openForAdvocate, unwrapVersionKeys } from '#app/crypto/sharing/grants.js';
import { makeAdvocate } from '../js/phone/advocate.mjs';
import { argon2 } from './argon2.mjs';
import { Network } from './network.mjs';
import { ORIGIN } from './server.mjs';

/**
 * @param {import('./server.mjs').Server} server
 * @param {(line: string) => void} note
 * @returns {Promise<Advocate>} a member of an organisation on the server
 */
export async function joinAdvocate(server, note) {
  const { invite } = await server.ask({ do: 'organisation', name: 'Stalking Support North' });
  const { send } = new Network('desk', server, note);
  const run = async () => ({ stdout: `14 days: ${invite}` });
  return new Advocate(await makeAdvocate({ base: ORIGIN, run }, { send, argon2 }));
}

export class Advocate {
  /** @param {Awaited<ReturnType<typeof makeAdvocate>>} member */
  constructor(member) {
    this.desk = member;
    this.words = member.words;
  }

  /**
   * Return the versions that the desk has working keys for, by grant. Empty when its session has ended or the server
   * was put back to before the advocate joined.
   * @returns {Promise<Map<string, string[]>>}
   */
  async openVersions() {
    const versionsByGrant = new Map();
    const { status, bytes: clients } = await this.desk.ask('GET', '/v1/clients');
    if (status === 401) return versionsByGrant;
    for (const row of JSON.parse(new TextDecoder().decode(clients)).clients) {
      const granted = await openForAdvocate(this.desk.keys, unb64(row.sealed), row);
      const { bytes } = await this.desk.ask('GET', `/v1/clients/${row.grant}/changes`);
      const versions = [];
      for (const frame of decodeFrames(bytes, { maxParts: 400 })) {
        const [facts, , wraps] = decodeFrames(frame);
        const { version } = JSON.parse(new TextDecoder().decode(facts));
        if ((await unwrapVersionKeys(granted, version, decodeFrames(wraps)))[0]) versions.push(version);
      }
      versionsByGrant.set(row.grant, versions);
    }
    return versionsByGrant;
  }
}
