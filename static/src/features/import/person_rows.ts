/** People or pages in a file, of which one is chosen. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { row } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';
import type { PhonePerson } from '../../shell/app.js';

/** How many people or senders are shown at first. */
export const MAX_SENDERS = 12;

/** People by their numbers, and their names where the file has them. */
export const phoneChoices = <P extends PhonePerson>(people: P[], hintOf: (person: P) => string): PersonChoice[] =>
  people.map((person) => {
    const text = [person.name, ...person.numbers].filter(Boolean).join(', ') || t('phone.hidden');
    return { key: person.key, title: text, text, hint: hintOf(person) };
  });

/** Somebody in a file. `text`: what a search looks in; `hint`: how many messages they are in */
export type PersonChoice = { key: string; title: string; text: string; hint: unknown };

/**
 * People, of which one is chosen; many can be searched.
 * @param options `words`: the group of texts for this kind of file; `icon`: of each
 */
export function personRows(
  stage: Stage,
  people: PersonChoice[],
  {
    words,
    choose,
    icon = 'person',
  }: {
    words: 'mailbox' | 'phone' | 'chats' | 'archive';
    choose: (key: string) => unknown;
    icon?: 'person' | 'file';
  },
) {
  const query = (stage.local.find ?? '').trim().toLowerCase();
  const found = people.filter(({ text }) => text.toLowerCase().includes(query));
  return html`${
    people.length > MAX_SENDERS
      ? textField({
          id: 'find',
          label: lookUp(`${words}.find`),
          value: stage.local.find ?? '',
          onChange: (text) => stage.set({ find: text }),
        })
      : nothing
  }
    <ul class="rows">${found.slice(0, MAX_SENDERS).map(
      ({ key, title, hint }) =>
        html`<li>${row({
          title: html`<bdi>${title}</bdi>`,
          subtitle: hint,
          icon,
          onClick: () => choose(key),
        })}</li>`,
    )}</ul>
    ${moreNote(found.length - MAX_SENDERS)}
    ${found.length ? nothing : html`<p role="status">${lookUp(`${words}.nobody`)}</p>`}`;
}

/** How many of a list are not shown. */
export const moreNote = (n: number) => (n > 0 ? html`<p class="small soft">${t('odd.more', { n })}</p>` : nothing);
