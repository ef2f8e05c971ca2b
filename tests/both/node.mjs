/**
 * Answers questions about values, one JSON line each: `{"ask", "given"}` in, `{"is"}` or `{"refused": code}` out. Bytes
 * go as hex. What is thrown without a code of ours is a fault, and is answered as `{"fault": text}`: no value may lead
 * to one.
 */
import { createInterface } from 'node:readline';
import { fromUtf8, hex, unhex } from '#app/core/bytes.js';
import { chronologyCopies } from '#app/pack/chronology/short_table.js';
import { b64, canonicalBytes, encodeFrames, parseCanonical, decodeFrames, unb64 } from '#app/core/encoding.js';
import { KeptError } from '#app/core/errors.js';
import { parseId } from '#app/core/ids.js';
import { computeCommitment, fieldDigests } from '#app/crypto/commitment.js';
import { parseRecoveryCode } from '#app/crypto/code.js';
import { parseHandoverWords } from '#app/crypto/sharing/handover.js';
import { padVersion, unpad } from '#app/crypto/padding.js';
import { findListedWords, normaliseWords } from '#app/crypto/words.js';
import { readNote } from '#app/ledger/checkpoint.js';
import { nextHead } from '#app/ledger/heads.js';
import { findBreaks } from '#app/ledger/lines.js';
import { shortCode } from '#app/ledger/manifest.js';
import { verifyConsistency, verifyInclusion } from '#app/ledger/tree.js';
import { orderStatusOf } from '#app/record/breaches.js';
import { idsIn } from '#app/record/referenced_ids.js';
import { countPatterns } from '#app/record/patterns/patterns.js';
import { factOf, dayMomentOf } from '#app/record/patterns/patterns_facts.js';
import { roleCodes } from '#app/record/roles.js';
import { breachFaults, timeFaults, allFaults } from '#app/record/rules.js';
import { historyOf } from '#app/record/record_history.js';
import { endOffset, offsetIn } from '#app/record/times.js';

/** What Python asks for, by name. */
const ANSWERS = {
  again: (raw) => hex(canonicalBytes(parseCanonical(unhex(raw)))),
  b64: (raw) => b64(unhex(raw)),
  unb64: (text) => hex(unb64(text)),
  id: (text) => hex(parseId(text)),
  frames: (parts) => hex(encodeFrames(parts.map(unhex))),
  read_frames: (raw) => decodeFrames(unhex(raw)).map(hex),
  chronology_copies: async (raw) => {
    const copies = await chronologyCopies(unhex(raw));
    return copies && [...copies.values()].map(hex);
  },
  utf8: (raw) => fromUtf8(unhex(raw)),
  pad: (raw) => hex(padVersion(unhex(raw))),
  unpad: (raw) => hex(unpad(unhex(raw))),
  normalise: (text) => normaliseWords(text),
  listed: (text) => findListedWords(text),
  handover_words: (text) => parseHandoverWords(text),
  code: async (text) => hex(await parseRecoveryCode(text)),
  commitment: ({ names, open, restricted, seeds }) => {
    const digests = fieldDigests(names, open, restricted, {
      open: unhex(seeds[0]),
      restricted: seeds[1] && unhex(seeds[1]),
    });
    return [digests, hex(computeCommitment(digests))];
  },
  head: (/** @type {{head: string} & Parameters<typeof nextHead>[1]} */ { head, ...next }) =>
    hex(nextHead(unhex(head), next)),
  short_code: (account) => shortCode(account),
  lines: (links) => findBreaks(links).map(({ device, n, last, why }) => [device, n, last, why]),
  note: (text) => {
    const { size, root } = readNote(text);
    return [size, hex(root)];
  },
  inclusion: ({ leaf, i, size, path, root }) => {
    verifyInclusion(unhex(leaf), i, size, path.map(unhex), unhex(root));
    return true;
  },
  consistency: ({ older, newer, path }) => {
    const [one, two] = [older, newer].map(([size, root]) => ({ size, root: unhex(root) }));
    verifyConsistency(one, two, path.map(unhex));
    return true;
  },
  tell: (versions) => {
    const { record, first, newest, revisions, taken_out: out } = historyOf(versions);
    return [
      record,
      first.version,
      newest.version,
      revisions.map(({ version, at, kind, changes, reason }) => [
        version,
        at,
        kind,
        changes.map(({ field, old, new: now }) => [field, old, now]),
        reason,
      ]),
      out,
    ];
  },
  oddities: ({ kind, fields, restricted }) =>
    allFaults(kind, fields, restricted).map(({ field, code }) => [field, code]),
  times: ({ fields, now }) => timeFaults(fields, now).map(({ field, code }) => [field, code]),
  breaches: ({ fields, orders }) =>
    breachFaults(fields, new Map(Object.entries(orders))).map(({ field, code }) => [field, code]),
  standing: ({ order, incident }) => orderStatusOf(order, incident),
  ids: (fields) => idsIn(fields),
  roles: (claims) => Object.fromEntries(roleCodes(claims)),
  offset: ({ ms, tz }) => offsetIn(ms, tz) ?? 0,
  end_offset: ({ tz, start, end, offset }) => endOffset(tz, start, end, offset),
  moment: ({ value, tz }) => {
    const found = dayMomentOf(value, tz);
    return found && [found.day, found.at];
  },
  patterns: ({ diary, tz }) => {
    const standing = diary.incidents.filter((one) => (one.taken_out ?? null) === null);
    const facts = standing.map(({ record, fields, restricted }) => factOf(record, fields, restricted ?? {}));
    return JSON.parse(JSON.stringify(countPatterns(facts, diary, tz, diary.incidents.length - standing.length)));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { ask, given } = JSON.parse(line);
  let answer;
  try {
    answer = { is: await ANSWERS[ask](given) };
  } catch (error) {
    answer = error instanceof KeptError ? { refused: error.code } : { fault: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
