/** The words for codes: the vocabulary, once it is here, in plain words or a young person's. */
import { inWords, isYoung } from './strings.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('../record/vocabulary.js').List} List */

/** @type {Record<string, List>|null} */
let lists = null;

/**
 * The vocabulary, once it is here; it is large and not needed at the door.
 * @param {Stage} stage
 */
export function vocabulary(stage) {
  if (!lists)
    Promise.all([import('../record/vocabulary.js'), import('./strings_young.js')]).then(
      ([module]) => {
        lists = module.VOCABULARY;
        stage.draw();
      },
      () => undefined,
    );
  return lists;
}

/**
 * The label of a code; a code this app does not know is shown as it is, '' while the vocabulary is on its way.
 * @param {string} list @param {string|null|undefined} code
 * @returns {string}
 */
export function label(list, code) {
  if (!code || !lists) return '';
  const found = lists[list]?.codes.find((one) => one.code === code);
  return found ? said(found) : String(code);
}

/** @param {{label: string, young?: string}} code @returns {string} */
export function said(code) {
  return inWords(isYoung() && code.young ? code.young : code.label);
}

/** What stands under a label; '' where nothing does. @param {{hint?: string, young_hint?: string}} code @returns {string} */
export function hintOf(code) {
  return inWords((isYoung() && code.young_hint) || code.hint || '');
}

/**
 * Codes that match what was typed: every word of it begins a word of the label or of its section.
 * @param {List} list
 * @param {string} search
 */
export function matching(list, search) {
  const wanted = search.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  const section = new Map(list.sections?.map((one) => [one.code, inWords(one.label)]));
  return list.codes.filter((code) => {
    const words = `${code.label} ${said(code)} ${section.get(code.section ?? '') ?? ''}`
      .toLowerCase()
      .split(/[^\p{L}\p{N}’']+/u);
    return wanted.every((want) => words.some((word) => word.startsWith(want)));
  });
}
