/** Labels of codes from the vocabulary, in plain words or in a young person's. */
import { translate, isYoung } from '../../shell/strings.js';
import type { List } from '../../record/vocabulary/code_list.js';
import type { Stage } from '../../shell/stage.js';

let lists: Record<string, List> | null = null;

/** The vocabulary; null until it has loaded. It is large and the lock screen does not need it. */
export function loadVocabulary(stage: Pick<Stage, 'draw'>) {
  if (!lists)
    Promise.all([import('../../record/vocabulary/vocabulary.js'), import('./young.js')]).then(
      ([module]) => {
        lists = module.VOCABULARY;
        stage.draw();
      },
      () => undefined,
    );
  return lists;
}

/** The label of a code. An unknown code is returned unchanged; '' while the vocabulary loads. */
export function labelForCode(list: string, code: string | null | undefined): string {
  if (!code || !lists) return '';
  const match = lists[list]?.codes.find((item) => item.code === code);
  return match ? labelOf(match) : String(code);
}

export function labelOf(code: { label: string; young?: string }): string {
  return translate(isYoung() && code.young ? code.young : code.label);
}

/** Return the hint shown under a label, or '' if it has none. */
export function hintOf(code: { hint?: string; young_hint?: string }): string {
  return translate((isYoung() && code.young_hint) || code.hint || '');
}

/** Find codes by text: every typed word must begin a word of the label or of its section. */
export function matchingCodes(list: List, search: string) {
  const queryWords = search.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  const sectionLabels = new Map(list.sections?.map((item) => [item.code, translate(item.label)]));
  return list.codes.filter((code) => {
    const words = `${code.label} ${labelOf(code)} ${sectionLabels.get(code.section ?? '') ?? ''}`
      .toLowerCase()
      .split(/[^\p{L}\p{N}’']+/u);
    return queryWords.every((queryWord) => words.some((word) => word.startsWith(queryWord)));
  });
}
