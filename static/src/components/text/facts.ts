/** The answers of an entry as text, card by card. */
import { CARDS, namesOf, lineOf } from '../cards/card_table.js';
import { t } from '../../shell/strings.js';
import { wordsFor } from '../cards/card_words.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { Fields, SharedApp } from '../../shell/app.js';

/** The answers to all cards, in order, without default values. */
export function factsOf(stage: Stage<SharedApp>, fields: Fields, restricted: Fields) {
  // A field that two cards or questions ask for is shown once.
  return [...new Set(CARDS.filter(({ code }) => code !== 'photos').flatMap((card) => namesOf(card)))]
    .map((name) => {
      const value = fields[name] ?? restricted[name];
      // Default values are not repeated on every entry.
      const usual =
        name === 'count_is_estimate' ||
        (name === 'include_in_pack' && value !== false) ||
        (name === 'content_warning' && value === 'none') ||
        name === 'place_in_chronology';
      return {
        name,
        text: usual
          ? ''
          : name === 'include_in_pack'
            ? t('entry.in_pack_no')
            : name === 'count' && value && fields.count_is_estimate
              ? t('entry.about', { n: value })
              : wordsFor(stage, name, value),
        apart: lineOf(name)?.apart,
      };
    })
    .filter(({ text }) => text);
}
