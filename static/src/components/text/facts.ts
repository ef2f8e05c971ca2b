/** The answers of an entry as text, card by card. */
import { CARDS, fieldNamesOf, questionOf } from '../cards/card_table.js';
import { t } from '../../shell/strings.js';
import { answerText } from '../cards/card_words.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';
import type { Fields, SharedApp } from '../../shell/app.js';

/** The answers to all cards, in order, without default values. */
export function entryFacts(stage: Stage<SharedApp>, fields: Fields, restricted: Fields) {
  // A field that two cards or questions ask for is shown once.
  return [...new Set(CARDS.filter(({ code }) => code !== 'photos').flatMap((card) => fieldNamesOf(card)))]
    .map((name) => {
      const value = fields[name] ?? restricted[name];
      // Default values are not repeated on every entry.
      const isDefault =
        name === 'count_is_estimate' ||
        (name === 'include_in_pack' && value !== false) ||
        (name === 'content_warning' && value === 'none') ||
        name === 'place_in_chronology';
      return {
        name,
        text: isDefault
          ? ''
          : name === 'include_in_pack'
            ? t('entry.in_pack_no')
            : name === 'count' && value && fields.count_is_estimate
              ? t('entry.about', { n: value })
              : answerText(stage, name, value),
        apart: questionOf(name)?.restricted,
      };
    })
    .filter(({ text }) => text);
}
