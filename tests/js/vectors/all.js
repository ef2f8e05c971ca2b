/** Every check against tests/vectors/. It runs wherever our JavaScript runs: in Node, a page or a worker. */
import * as granted from './granted.js';
import * as handed from './handed.js';
import * as kept from './kept.js';
import * as lined from './lines.js';
import * as logged from './log.js';
import * as plain from './plain.js';
import * as rekeyed from './rekey.js';
import * as tickets from './uploads.js';
import * as witnessed from './witnessed.js';
import * as sealed from './sealed.js';

/** The title of each check, the file it reads (null: none), and its function. */
const CHECKS = [
  ['canonical JSON, base64url, ids, frames', 'encoding', plain.encoding],
  ['20,000 random objects', 'encoding', plain.random],
  ['what only JavaScript gets wrong', null, plain.ownTraps],
  ['padding', 'padding', plain.padding],
  ['words and recovery code', 'words', plain.words],
  ['keys from words', 'kdf', kept.kdf],
  ['envelopes', 'envelopes', sealed.envelopes],
  ['sealed to a person', 'envelopes', sealed.people],
  ['parts of files', 'parts', sealed.parts],
  ['hand-overs', 'handover', handed.handover],
  ['wraps and keyset', 'wraps', sealed.wraps],
  ['store records and slots', 'store', sealed.store],
  ['versions', 'versions', kept.versions],
  ['every kind of record', 'kinds', kept.kinds],
  ['receipts and heads', 'receipts', kept.receipts],
  ['the lines of devices', 'lines', lined.lines],
  ['the public log', 'log', logged.log],
  ['keys that hand over', 'rekey', rekeyed.rekey],
  ['what an advocate is given', 'grants', granted.grants],
  ['somebody who saw it', 'witness', witnessed.witness],
  ['tickets for uploads', 'uploads', tickets.uploads],
];

export const NAMES = CHECKS.map(([name]) => name);

/** Run one check. `load(file)` returns a file's JSON. Throws when the check fails. */
export async function run(title, load) {
  const [, file, check] = CHECKS.find(([name]) => name === title);
  return check(file === null ? null : await load(file));
}
