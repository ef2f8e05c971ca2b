/** Cards with fields of their own: kind of behaviour, place, effect on the keeper, private note. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../forms/fields.js';
import { button } from '../parts.js';
import { guard } from '../forms/guard_line.js';
import { inWords, t } from '../../shell/strings.js';
import { everChosen, isEmpty, lineField } from './card_forms.js';
import { matching, said, vocabulary } from '../text/labels.js';
import '../words.js';
import type { Code } from '../../record/vocabulary/code_list.js';
import type { At } from './card_forms.js';
import type { Line } from './card_table.js';
import type { Card } from './card.js';

export { vocabulary } from '../text/labels.js';

/** The most common choices, shown before a search. Their order is that of the record's vocabulary. */
const USUAL = ['chat_messages', 'calls', 'contact_new_account_after_block', 'turn_up_home', 'follow'];

export function kindField(card: Card) {
  const list = vocabulary(card.stage)?.behaviours;
  if (!list) return html`<p role="status">${t('frame.loading')}</p>`;
  const { local } = card.stage;
  const chosen = (card.value('behaviours') ?? []) as string[];
  const search = local.search ?? '';
  const found = search.trim() ? matching(list, search) : [];
  const put = (code: string, on: boolean) =>
    card.put({ fields: { behaviours: on ? [...chosen, code] : chosen.filter((one) => one !== code) } });
  const group = (legend: string, codes: readonly Code[], quiet?: boolean) =>
    chips({
      name: `kind-${legend}`,
      legend,
      quiet,
      many: true,
      choices: codes.map((one) => [one.code, said(one)]),
      chosen,
      on: put,
    });
  const usual = list.codes.filter((code) => USUAL.includes(code.code));
  const shown = search.trim() ? found.slice(0, 12) : local.more?.kind ? list.codes : usual;
  const elsewhere = list.codes.filter(
    (code) => everChosen(card, 'behaviours', chosen).has(code.code) && !shown.includes(code),
  );
  return html`
    ${elsewhere.length ? group(t('kind.chosen'), elsewhere) : nothing}
    ${textField({
      id: 'kind-search',
      label: t('kind.search'),
      type: 'search',
      value: search,
      on: (typed) => card.stage.set({ search: typed }),
    })}
    <div role="status">${search.trim() && !found.length ? t('kind.none') : nothing}</div>
    ${
      search.trim()
        ? group(t('kind.search'), shown, true)
        : local.more?.kind
          ? list.sections?.map((section) =>
              group(
                inWords(section.label),
                list.codes.filter((code) => code.section === section.code),
              ),
            )
          : html`${group(t('kind.usual'), usual)}${button(
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
            lines: 'low',
            value: card.value('behaviours_text') ?? '',
            on: (behaviours_text) => card.put({ fields: { behaviours_text } }),
          })
        : nothing
    }`;
}

/**
 * The place detail may go to the other side only if the keeper allows it. A copy of it is then stored in the open
 * part.
 */
export function placeField(card: Card, _line: Line, at: At) {
  const detail = card.value('place_detail') ?? '';
  const copy = card.value('place_in_chronology') ?? '';
  if (!detail && !copy) return nothing;
  return html`<div class="stack-close">${checkbox({
    id: 'place-ok',
    label: t('f.place_ok'),
    checked: Boolean(copy),
    on: (on) => at.put('place_in_chronology', on ? detail : null),
  })}
    <p class="small soft">${t('f.place_ok_hint')}</p></div>`;
}

/** Update the copy that may be passed on, if there is one, with what is typed. */
export function detailField(card: Card, line: Line, at: At) {
  return lineField(card, line, {
    ...at,
    put: (name, value) =>
      card.put({
        restricted: { [name]: value },
        fields: card.value('place_in_chronology') ? { place_in_chronology: value } : {},
      }),
  });
}

/** Ask about fear last, and offer a blank answer from the start: a blank is not a "no". */
export function fearField(card: Card, line: Line, at: At) {
  const fear = vocabulary(card.stage)?.fear;
  const feared = card.value('feared_violence') ?? '';
  return html`
    ${
      fear
        ? chips({
            name: 'fear',
            legend: t('effect.fear'),
            choices: [
              ...fear.codes.map((code) => [code.code, said(code)] as [string, string]),
              ['', t('effect.blank')],
            ],
            chosen: [feared],
            on: (code) => card.put({ fields: { feared_violence: code } }),
          })
        : nothing
    }
    <p class="small soft">${t('effect.blank_hint')}</p>
    ${
      (feared && feared !== 'prefer_not_to_say') || !isEmpty(at.get(`${line.name}_text`))
        ? textField({
            id: 'fear-text',
            label: t('effect.fear_words'),
            lines: 'low',
            value: card.value('feared_violence_text') ?? '',
            on: (feared_violence_text) => card.put({ fields: { feared_violence_text } }),
          })
        : nothing
    }`;
}

export function effectWords(card: Card) {
  const words = card.value('feelings_then_text') ?? '';
  return html`${textField({
    id: 'effect',
    label: t('effect.words'),
    lines: 'low',
    value: words,
    on: (feelings_then_text) => card.put({ fields: { feelings_then_text } }),
  })}
    ${guard(card.stage, words, { place_detail: card.value('place_detail') ?? '' }, (narrative, place_detail) =>
      card.put({ fields: { feelings_then_text: narrative }, restricted: { place_detail } }),
    )}`;
}

/** Ask on what basis the person was identified, once somebody is named. This answer is attacked most. */
export function basisField(card: Card, line: Line, at: At) {
  const named = !isEmpty(card.value('who')) || !isEmpty(card.value('actor_ids'));
  return html`${lineField(card, line, at)}${
    named && isEmpty(at.get(line.name)) ? html`<p class="care small" role="status">${t('who.unsaid')}</p>` : nothing
  }`;
}

export function noteBody(card: Card) {
  return textField({
    id: 'note',
    label: t('note.field'),
    hint: t('note.hint'),
    lines: 'low',
    value: card.value('note') ?? '',
    on: (note) => card.put({ note }),
  });
}
