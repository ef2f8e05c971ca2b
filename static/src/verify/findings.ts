/**
 * The possible findings of a check of a pack. Codes and sentences are those of diary/pack/verify/findings.py, and a
 * test keeps them equal. Checking collects findings and never stops at the first.
 */

/** `member`: its path inside the pack's folder, null for the whole pack */
export type Finding = { code: string; member: string | null; sentence: string };

export const SENTENCES = Object.freeze({
  not_a_pack: 'This is not a pack: it cannot be read as one.',
  too_many: 'This zip holds more files than a pack can.',
  too_large:
    'This zip claims to hold more than a pack can, or is packed far more tightly than one. Unpack it with care, and ' +
    'give the folder.',
  choose_pack:
    'These are a pack and other files, or two packs. Check one pack by itself: choose its own folder, or its zip.',
  unpack_first:
    'The pack is in another zip, or these are the files of a portal set in a zip or folder. Take them out, ' +
    'and give them.',
  renamed: 'The folder of this pack was renamed, or these files were packed without it. That changes nothing in them.',
  bad_name: 'A pack has no file of this name. With some names, a program writes a file outside the pack’s folder.',
  twice: 'Two files have the same name.',
  not_a_file: 'This is not an ordinary file (a link, a folder, or encrypted).',
  hidden: 'The zip holds bytes that belong to none of its files, or a comment: a pack never does.',
  no_folder: 'The files do not lie in one folder named like a pack.',
  damaged:
    'This file cannot be read: its bytes were changed or cut off, or it is packed in a way that is not read here.',
  changed: 'This file is not the one the pack was made with: its digest differs.',
  missing: 'This file is listed and is not here.',
  added: 'This file is here and is not listed.',
  system_file:
    'Computers add files of this name, but anyone can. It is no part of the pack, and nothing covers it: ' +
    'do not open it.',
  empty_folder: 'This folder is empty. It is no part of the pack, and its name means nothing.',
  zip_beside: 'This zip beside the pack was not looked at. Check it by itself.',
  unknown:
    'No pack of this release has a file of this name. A newer release made the pack, or somebody put the file in.',
  lacking: 'Every pack of this kind has this file, and it is not here.',
  part_missing: 'This zip of the portal set is not here or cannot be read. Most checks need what is in it.',
  list_damaged: 'This list of files cannot be read.',
  list_changed: 'This list of files is not the one the pack was made with.',
  bag: 'The pack’s description does not fit what is in it.',
  unreadable: 'This file is not in the form it should have.',
  commitment: 'The fields do not give the commitment: something in this entry was changed, added or taken out.',
  names: 'The fields are not those this kind of entry has.',
  author: 'The signature of the keeper’s device does not hold.',
  receipt: 'The server’s receipt does not hold for this entry.',
  other_key:
    'The receipt is by another server key than the one that counts here. Where the server’s key was replaced, give ' +
    '--instance.',
  misplaced: 'This proof belongs to another entry or is named wrongly.',
  twin: 'The servable and the restricted proof of this version do not agree.',
  no_twin: 'One of the two proofs of this version is missing.',
  record: '12_record.json does not say the same as the proof.',
  odd:
    'A field holds what its name does not stand for. ' +
    'It is shown as it is, and nothing of it was changed for the pack.',
  line: 'A device’s numbering of its versions is broken: a number stands twice, or a link does not hold.',
  left_out: 'This version was written on from one that is not here: a version was left out.',
  exhibit: 'File, sidecar, index and list of digests do not say the same about this exhibit.',
  narrative: 'The words embedded in 01_chronology.pdf are not the first words of this entry.',
  table: 'This file does not say the same as 02_chronology.csv, which it is made of.',
  not_signed: 'This pack is not signed. Anyone could have changed its pages, tables and texts.',
  pack_signature: 'This signature of the pack is not valid.',
  pack_signer: 'This signature was made with a key that does not belong to this diary.',
  pack_changed: 'This list of files is not the one that was signed: the pack was changed after it was made.',
  other_pack: 'This signature belongs to another pack: the diary, the name, the time or the parts differ.',
  replaced_key:
    'This signature was made with a key that is not in use. The pack calls it an earlier key of the keeper, and ' +
    'anyone can write that. Do not rely on what only this signature covers.',
  export: 'The diary’s record of this pack is not valid, or is about another pack.',
  slip: 'This receipt slip is not valid, or is about another pack.',
  stamp: 'This timestamp is not valid, or is about another pack.',
  stamp_root: 'Whose timestamp this is was not checked: give the root certificate of its authority (--tsa-root).',
  pack_time:
    'The pack cannot have been made at the time that it gives: the server received something in it later, or the ' +
    'record of it, or a timestamp of it, is earlier.',
  keys: 'The public keys in the two proof folders differ, or are not keys.',
  wrong_notary:
    'This pack is from another server than the one whose key was given. Give the key of that server to check who ' +
    'received it.',
  keys_from_pack:
    'Consistent, but the keys come from the pack itself: compare them with the server’s, or give --notary.',
  never_received:
    'No server ever received this diary, so nothing but the keeper’s own device says since when it exists. ' +
    'Everything here agrees, but a pack made anew from the start would as well.',
  log: 'The two proof folders do not say the same of the log, or a file of it is missing or too many.',
  checkpoint: 'A checkpoint of the log is not signed by a key that holds, or does not continue the one before it.',
  cosignature: 'A log witness’s signature does not hold for its checkpoint.',
  inclusion: 'An entry’s receipt does not lead to the signed checkpoint.',
  timestamp: 'A timestamp does not hold for its checkpoint, or not under the root that was given.',
  statements: 'The statements about the server’s keys do not hold, or do not name the key that was given.',
  old_key:
    'The receipt is by a server key that others may have had, and the log does not show that it came before that.',
  roots_from_pack: 'The timestamps hold, under certificates from the pack itself: compare them, or give --tsa-root.',
  rerendered: 'This document is not what the record gives when it is laid out again: something in it was changed.',
  other_release: 'This document differs from what this release lays out, but the pack names another release.',
  other_engine:
    'A phone laid out this document with another typesetter. Each page draws the same letters, lines and pictures ' +
    'as the record gives, in nearly the same places. The drawings of emoji were not compared: look at the pages.',
  picture:
    'The picture of this exhibit in 04 is not, byte for byte, the copy that was sealed with it. Earlier apps left ' +
    'out a colour profile here; otherwise the picture was exchanged. Look at the file as received.',
  not_rerendered: 'This document could not be laid out again from what is here.',
  servable_only:
    'This is a copy of the servable part alone. What is in it was checked. The restricted part (the files as ' +
    'received, the officer’s sheet, the whole record) is not included here.',
  part_only: 'The signed pack also had a restricted part. It is not in this copy.',
  not_covered: 'No signed list in this copy covers this file: anyone could have changed it. Do not rely on it.',
  training: 'This pack is made up, for training: nothing in it happened to anybody.',
  prepared:
    'Somebody else prepared this pack, from what its keeper let them see: it is of a part of a diary. Who they ' +
    'are and by whose leave stands in this file, signed by both, and that holds.',
  preparer:
    'What is said of who prepared this pack does not hold: it is not signed by the person whom the keeper let ' +
    'in, not for this pack, or not for what is in it.',
  no_timestamps: 'A timestamp authority’s root was given, but this pack holds no timestamp.',
}) as Readonly<Record<string, string>>;

/** Findings that only a browser can make. */
export const BROWSER_SENTENCES = Object.freeze({
  cannot_check:
    'This browser cannot check the server’s signatures (Ed25519). Use a newer browser, or the steps in 15_VERIFY.txt.',
}) as Readonly<Record<string, string>>;

const NAME_CHARACTERS_LIMIT = 200;

/**
 * Return the finding of a code.
 * @param member any text of a pack; it is made safe to show
 */
export function findingFor(code: string, member: string | null = null): Finding {
  const sentence = SENTENCES[code] ?? BROWSER_SENTENCES[code] ?? code;
  return { code, member: member === null ? null : printable(member), sentence };
}

/** Return a name without what a forger can put into it to be shown as something else. */
function printable(name: string) {
  return Array.from(name, (character) => (character >= ' ' && character <= '~' ? character : '?'))
    .join('')
    .slice(0, NAME_CHARACTERS_LIMIT);
}
