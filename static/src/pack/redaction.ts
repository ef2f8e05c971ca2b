/**
 * Words of the restricted part must appear nowhere else: the twin of diary/pack/redaction.py. The phone uses this to
 * show where they appear before anything leaves, and in the packs that it makes without a server.
 */
import {
  HIDDEN_FAMILY_NAME_MIN_CHARACTERS,
  HIDDEN_NAME_MIN_CHARACTERS,
  HIDDEN_STREET_MIN_CHARACTERS,
} from '../core/constants.js';
import { objectOf, textOf } from '../record/reading.js';
import type { Json } from '../core/encoding.js';
import type { Fields } from '../record/reading.js';

/** One opened version */
type OpenedVersion = { kind: string; fields: Fields; restricted: Fields };

export const REDACTION_MARK = '[held back, see 06]';
const PLACE_FIELDS = ['place_detail', 'reported_text'];
const NAME_FIELDS = ['witness_names', 'children_names', 'helped_by'];
const DEVICE_FIELDS = ['exif_summary', 'physical_original', 'source_device'];
const CONTACT_FIELDS = ['contact', 'last_known_places', 'my_places', 'officer_contact', 'recipient_contact'];
const PERSON_FIELDS = [
  'advocate_name',
  'by_name',
  'carried_out_by_names',
  'children_names',
  'lead_name',
  'present_names',
  'protects_names',
  'real_name',
  'recipient',
  'with_me',
];
const SHEET_TEXT_FIELDS = ['name_to_use', 'safe_contact', 'home_address'];
/** Long notes: only phone numbers, addresses and postcodes in them are held back. */
const NOTE_FIELDS = ['mail_headers', 'notes', 'own_accounts'];
const UNNAMED_ROLES = new Set(['witness', 'child', 'helper']);
const POSTCODE = /\b[A-Z]{1,2}[0-9][0-9A-Z]?\s*[0-9][A-Z]{2}\b/gi;
const PHONE_NUMBER = /\+?[0-9][0-9 ()./-]{5,}[0-9]/g;
const MAIL_ADDRESS = /[\w.+-]+@[\w-]+\.[\w.-]+/g;
const HOUSE_NUMBER = /^[0-9]+[a-zA-Z]?\s+/;
// A letter that is not a small Latin one, then two or more letters. Scripts without capitals count too, as in the
// twin.
const CAPITALISED = /(?<![\p{L}\p{N}_])(?![a-zß-öø-ÿ])\p{L}\p{L}{2,}(?![\p{L}\p{N}_])/gu;
const NO_NAMES = new Set(
  (
    'and the she her him his they them mum dad mother father mrs miss sir doctor nurse teacher ' +
    'aunt uncle sister brother nan gran grandma grandad cousin friend neighbour'
  ).split(' '),
);
const PLAIN_NAMES = new Set(
  (
    'photo photos screen screenshot image picture video audio voice letter document scan recording message ' +
    'download camera pasted whatsappimage doorbell voicemail film clip chat letter email mail order statement'
  ).split(' '),
);
const MONTHS = 'january|february|march|april|may|june|july|august|september|october|november|december';
const MONTH_NAMES = MONTHS.split('|');
const ISO_DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
/** A date alone does not reveal where somebody is, and appears in half of all sentences. */
const DAY = new RegExp(`^(?:on |of )?(?:[0-9]{1,2}(?:st|nd|rd|th)? )?(?:${MONTHS})(?: [0-9]{4})?$`, 'i');

/** Reduce to lower case, letters and digits, to compare two spellings of an address. */
export function normalise(text: string) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

export class Redactor {
  pieces: string[];
  phrases: RegExp | null;
  people: RegExp | null;

  /**
   * @param texts addresses, numbers, free text
   * @param names lists of people's names
   * @param phrases whole words, taken literally
   */
  constructor(texts: readonly string[], names: readonly string[] = [], phrases: readonly string[] = []) {
    const pieces = new Set([...texts, ...names].flatMap(piecesOf));
    this.pieces = [...pieces].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    const people = new Set(
      names
        .flatMap((text) => text.match(CAPITALISED) ?? [])
        .map((name) => name.toLowerCase())
        .filter((name) => !NO_NAMES.has(name)),
    );
    const patterns = phrases
      .map((phrase) => phrase.trim().split(/\s+/).map(escapeRegExp).join('\\s+'))
      .filter(Boolean)
      .sort((a, b) => b.length - a.length);
    this.phrases = patterns.length
      ? new RegExp(`(?<![\\p{L}\\p{N}_])(?:${patterns.join('|')})(?![\\p{L}\\p{N}_])`, 'giu')
      : null;
    this.people = people.size
      ? new RegExp(
          `(?<![\\p{L}\\p{N}_])(?:${[...people].sort().map(escapeRegExp).join('|')})(?![\\p{L}\\p{N}_])`,
          'giu',
        )
      : null;
  }

  /** Return whether any text inside a value contains a restricted piece. */
  containsRestricted(value: unknown): boolean {
    return collectTexts(value).some((text) => this.findRestricted(text).length > 0);
  }

  /** Return whether a text contains one of the phrases, which are whole words. */
  hasPhrase(text: string): boolean {
    return this.phrases !== null && text.search(this.phrases) >= 0;
  }

  /** Return every restricted stretch of a text, as spelled there. */
  findRestricted(text: string): string[] {
    const stretches = this.#stretches(text).map(([from, to]) => text.slice(from, to));
    return [
      ...stretches,
      ...(this.phrases ? (text.match(this.phrases) ?? []) : []),
      ...(this.people ? (text.match(this.people) ?? []) : []),
    ];
  }

  /** Return the text with every restricted piece replaced by the mark. */
  mask(text: string): string {
    let offset = 0;
    let result = '';
    for (const [from, to] of this.#stretches(text)) {
      result += text.slice(offset, from) + REDACTION_MARK;
      offset = to;
    }
    result += text.slice(offset);
    if (this.phrases) result = result.replace(this.phrases, REDACTION_MARK);
    return this.people ? result.replace(this.people, REDACTION_MARK) : result;
  }

  #stretches(text: string): [number, number][] {
    if (!this.pieces.length || !text) return [];
    const offsets: number[] = [];
    let squeezed = '';
    let offset = 0;
    for (const character of text) {
      for (const lower of normalise(character)) {
        for (let i = 0; i < lower.length; i++) offsets.push(offset);
        squeezed += lower;
      }
      offset += character.length;
    }
    const hidden = new Uint8Array(text.length + 1);
    for (const piece of this.pieces) {
      for (let from = squeezed.indexOf(piece); from >= 0; from = squeezed.indexOf(piece, from + 1)) {
        const last = offsets[from + piece.length - 1] as number;
        hidden.fill(1, offsets[from], last + String.fromCodePoint(text.codePointAt(last) as number).length);
      }
    }
    return findRuns(hidden);
  }
}

function findRuns(hidden: Uint8Array): [number, number][] {
  const ranges: [number, number][] = [];
  for (let i = 0; i < hidden.length; i++) {
    if (!hidden[i]) continue;
    const from = i;
    while (hidden[i]) i++;
    ranges.push([from, i]);
  }
  return ranges;
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Return the pieces of a restricted text that must not appear: its parts between commas, postcodes, numbers, mail
 * addresses.
 */
function piecesOf(text: string): string[] {
  const pieces = [];
  for (const part of text.split(/[,;،、\n]+/)) {
    if (DAY.test(part.trim().replace(/\s+/g, ' '))) continue;
    if (normalise(part).length >= HIDDEN_NAME_MIN_CHARACTERS) pieces.push(normalise(part));
    const street = part.trim().replace(HOUSE_NUMBER, '');
    if (street !== part.trim() && street.includes(' ') && normalise(street).length >= HIDDEN_STREET_MIN_CHARACTERS)
      pieces.push(normalise(street));
  }
  for (const match of [...(text.match(POSTCODE) ?? []), ...(text.match(MAIL_ADDRESS) ?? [])])
    pieces.push(normalise(match));
  for (const match of text.match(PHONE_NUMBER) ?? []) {
    const digits = normalise(match);
    pieces.push(digits);
    if (digits.startsWith('44')) pieces.push(`0${digits.slice(2)}`);
    else if (digits.startsWith('0')) pieces.push(`44${digits.slice(1)}`);
  }
  return pieces.filter(Boolean);
}

/**
 * Collect the restricted pieces of these versions and of the officer's page.
 * @param extraPhrases further words the keeper wants held back
 */
export function createRedactor(
  versions: readonly OpenedVersion[],
  sheet: Fields,
  extraPhrases: readonly string[] = [],
) {
  const { texts, phrases } = sheetRestrictions(sheet);
  const names = [textOf(sheet, 'helped_by')];
  for (const { kind, fields, restricted } of versions) {
    const textsIn = (list: readonly string[]) => list.flatMap((name) => collectTexts(restricted[name]));
    texts.push(
      ...textsIn(CONTACT_FIELDS),
      ...textsIn(PLACE_FIELDS),
      ...textsIn(DEVICE_FIELDS),
      stemOf(textOf(objectOf(restricted, 'received_as'), 'filename')),
    );
    names.push(...textsIn(PERSON_FIELDS), ...textsIn(NAME_FIELDS));
    if (kind === 'person' && UNNAMED_ROLES.has(textOf(fields, 'role')))
      names.push(...collectTexts(fields.name), ...collectTexts(fields.aliases));
    for (const note of textsIn(NOTE_FIELDS))
      texts.push(
        ...(note.match(POSTCODE) ?? []),
        ...(note.match(MAIL_ADDRESS) ?? []),
        ...(note.match(PHONE_NUMBER) ?? []),
      );
  }
  return new Redactor(texts.filter(Boolean), names.filter(Boolean), [...extraPhrases, ...phrases]);
}

/**
 * Return what an officer's sheet restricts, but for who helped: texts, and phrases that are held back as whole words.
 *
 * First names are not phrases: those who write to the keeper use them, and their messages must stand as they were sent.
 */
function sheetRestrictions(sheet: Fields): { texts: string[]; phrases: string[] } {
  const legalName = textOf(sheet, 'legal_name');
  const birthDate = textOf(sheet, 'date_of_birth');
  const texts = [legalName, ...SHEET_TEXT_FIELDS.map((name) => textOf(sheet, name)), birthDate];
  const phrases: string[] = [];
  const nameWords = legalName.split(/[^\p{L}\p{N}_'’-]+/u).filter(Boolean);
  const familyName = nameWords.at(-1) ?? '';
  if (nameWords.length > 2) texts.push(`${nameWords[0]} ${familyName}`);
  if (nameWords.length > 1 && normalise(familyName).length >= HIDDEN_FAMILY_NAME_MIN_CHARACTERS)
    phrases.push(familyName);
  const [, year = '', month = '', day = ''] = ISO_DAY.exec(birthDate) ?? [];
  if (MONTH_NAMES[Number(month) - 1] === undefined) return { texts, phrases };
  return {
    texts: [...texts, day + month + year],
    phrases: [...phrases, ...birthDatePhrases(year, Number(month), Number(day))],
  };
}

/** Return the usual ways to write a date, with the year. "4 May" by itself is a day like any other. */
function birthDatePhrases(year: string, month: number, day: number): string[] {
  const ending = day > 10 && day < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
  const fullName = MONTH_NAMES[month - 1] as string;
  const names = [fullName, fullName.slice(0, 3), month === 9 ? 'sept' : fullName];
  const twoDigits = (n: number) => String(n).padStart(2, '0');
  const worded = names.flatMap((name) =>
    [`${day}`, twoDigits(day), `${day}${ending}`].flatMap((number) => [
      `${number} ${name} ${year}`,
      `${number} ${name}, ${year}`,
      `${number} of ${name} ${year}`,
      `${name} ${number} ${year}`,
      `${name} ${number}, ${year}`,
    ]),
  );
  const numbers = [`${day}`, twoDigits(day)].flatMap((dayNumber) =>
    [`${month}`, twoDigits(month)].flatMap((monthNumber) => [
      `${dayNumber} ${monthNumber} ${year}`,
      ...['/', '.', '-'].flatMap((separator) =>
        [year, year.slice(2)].map((yearNumber) => [dayNumber, monthNumber, yearNumber].join(separator)),
      ),
    ]),
  );
  return [...new Set([...worded, ...numbers])];
}

/** Return a file's name without its extension, unless it is only a camera's counter. */
function stemOf(name: string) {
  // Programs name a saved mail by its subject, which the sender wrote and the page of the mail must show.
  if (/\.(?:eml|msg)$/i.test(name)) return '';
  const stem = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) || name : name;
  const normalised = normalise(stem);
  return normalised.length >= HIDDEN_NAME_MIN_CHARACTERS && !PLAIN_NAMES.has(normalised.replace(/[0-9]+$/, ''))
    ? stem
    : '';
}

/** Return every text inside a value. */
export function collectTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(collectTexts);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(collectTexts) : [];
}

/** Return a value with its texts masked. */
export function maskValue(value: Json | undefined, redactor: Redactor): Json {
  if (typeof value === 'string') return redactor.mask(value);
  if (Array.isArray(value)) return value.map((item) => maskValue(item, redactor));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskValue(item, redactor)]));
  return value ?? null;
}
