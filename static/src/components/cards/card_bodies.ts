/** Cards with fields of their own: kind of behaviour, place, effect on the keeper, private note. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { NO_PLACE_TO_PASS_ON, guardLine } from '../forms/guard_line.js';
import { translate, t } from '../../shell/strings.js';
import { everChosen, isEmpty, questionField } from './card_forms.js';
import { matchingCodes, labelOf, loadVocabulary } from '../text/labels.js';
import '../words.js';
import type { Code } from '../../record/vocabulary/code_list.js';
import type { AnswerAccess } from './card_forms.js';
import type { CardQuestion } from './card_table.js';
import type { Card } from './card.js';

/** The most common choices, shown before a search. Their order is that of the record's vocabulary. */
const COMMON_CODES = ['chat_messages', 'calls', 'contact_new_account_after_block', 'turn_up_home', 'follow'];

export function kindField(card: Card) {
  const list = loadVocabulary(card.stage)?.behaviours;
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const { local } = card.stage;
  const chosen = (card.value('behaviours') ?? []) as string[];
  const search = local.search ?? '';
  const matches = search.trim() ? matchingCodes(list, search) : [];
  const toggle = (code: string, checked: boolean) =>
    card.put({
      fields: { behaviours: checked ? [...chosen, code] : chosen.filter((chosenCode) => chosenCode !== code) },
    });
  const group = (legend: string, codes: readonly Code[], hideLegend?: boolean) =>
    chips({
      name: `kind-${legend}`,
      legend,
      hideLegend,
      multiple: true,
      choices: codes.map((code) => [code.code, labelOf(code)]),
      chosen,
      onChange: toggle,
    });
  const common = list.codes.filter((code) => COMMON_CODES.includes(code.code));
  const shown = search.trim() ? matches.slice(0, 12) : local.more?.kind ? list.codes : common;
  const chosenNotShown = list.codes.filter(
    (code) => everChosen(card, 'behaviours', chosen).has(code.code) && !shown.includes(code),
  );
  return html`
    ${chosenNotShown.length ? group(t('kind.chosen'), chosenNotShown) : nothing}
    ${textField({
      id: 'kind-search',
      label: t('kind.search'),
      type: 'search',
      value: search,
      onChange: (query) => card.stage.set({ search: query }),
    })}
    <div role="status">${search.trim() && !matches.length ? t('kind.none') : nothing}</div>
    ${
      search.trim()
        ? group(t('kind.search'), shown, true)
        : local.more?.kind
          ? list.sections?.map((section) =>
              group(
                translate(section.label),
                list.codes.filter((code) => code.section === section.code),
              ),
            )
          : html`${group(t('kind.usual'), common)}${button(
              t('kind.all'),
              () => card.stage.set({ more: { ...local.more, kind: true } }),
              { plain: true },
            )}`
    }
    ${
      chosen.includes('other') || card.value('behaviours_text')
        ? textField({
            id: 'kind-text',
            label: t('kind.text'),
            textarea: 'low',
            value: card.value('behaviours_text') ?? '',
            onChange: (behaviours_text) => card.put({ fields: { behaviours_text } }),
          })
        : nothing
    }`;
}

/**
 * The place detail may go to the other side only if the keeper allows it. A copy of it is then stored in the open
 * part.
 */
export function placeField(card: Card, _question: CardQuestion, access: AnswerAccess) {
  const detail = card.value('place_detail') ?? '';
  const copy = card.value('place_in_chronology') ?? '';
  if (!detail && !copy) return nothing;
  return html`<div class="stack-close">${checkbox({
    id: 'place-ok',
    label: t('f.place_ok'),
    checked: Boolean(copy),
    onChange: (checked) => access.put('place_in_chronology', checked ? detail : null),
  })}
    <p class="small soft">${t('f.place_ok_hint')}</p></div>`;
}

/** Update the copy that may be passed on, if there is one, with what is typed. */
export function detailField(card: Card, question: CardQuestion, access: AnswerAccess) {
  return questionField(card, question, {
    ...access,
    put: (name, value) =>
      card.put({
        restricted: { [name]: value },
        fields: card.value('place_in_chronology') ? { place_in_chronology: value } : {},
      }),
  });
}

/** Ask about fear last, and offer a blank answer from the start: a blank is not a "no". */
export function fearField(card: Card, question: CardQuestion, access: AnswerAccess) {
  const fearList = loadVocabulary(card.stage)?.fear;
  const fearCode = card.value('feared_violence') ?? '';
  return html`
    ${
      fearList
        ? chips({
            name: 'fear',
            legend: t('effect.fear'),
            choices: [
              ...fearList.codes.map((code) => [code.code, labelOf(code)] as [string, string]),
              ['', t('effect.blank')],
            ],
            chosen: [fearCode],
            onChange: (code) => card.put({ fields: { feared_violence: code } }),
          })
        : nothing
    }
    <p class="small soft">${t('effect.blank_hint')}</p>
    ${
      (fearCode && fearCode !== 'prefer_not_to_say') || !isEmpty(access.get(`${question.name}_text`))
        ? textField({
            id: 'fear-text',
            label: t('effect.fear_words'),
            textarea: 'low',
            value: card.value('feared_violence_text') ?? '',
            onChange: (feared_violence_text) => card.put({ fields: { feared_violence_text } }),
          })
        : nothing
    }`;
}

export function effectField(card: Card) {
  const text = card.value('feelings_then_text') ?? '';
  return html`${textField({
    id: 'effect',
    label: t('effect.words'),
    textarea: 'low',
    value: text,
    onChange: (feelings_then_text) => card.put({ fields: { feelings_then_text } }),
  })}
    ${guardLine(card.stage, text, { place_detail: card.value('place_detail') ?? '' }, (narrative, place_detail) =>
      card.put({ fields: { feelings_then_text: narrative, ...NO_PLACE_TO_PASS_ON }, restricted: { place_detail } }),
    )}`;
}

/** Ask on what basis the person was identified, once somebody is named. This answer is attacked most. */
export function basisField(card: Card, question: CardQuestion, access: AnswerAccess) {
  const isNamed = !isEmpty(card.value('who')) || !isEmpty(card.value('actor_ids'));
  return html`${questionField(card, question, access)}${
    isNamed && isEmpty(access.get(question.name))
      ? html`<p class="care small" role="status">${t('who.unsaid')}</p>`
      : nothing
  }`;
}

export function noteField(card: Card) {
  return textField({
    id: 'note',
    label: t('note.field'),
    hint: t('note.hint'),
    textarea: 'low',
    value: card.value('note') ?? '',
    onChange: (note) => card.put({ note }),
  });
}
