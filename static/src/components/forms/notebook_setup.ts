/** Set up the notebook: its words, and what it does and does not do. */
import { html, nothing } from '../../shell/html.js';
import { lookUp, t } from '../../shell/strings.js';
import { revealBriefly } from './reveal.js';
import { checkbox, secretField } from './fields.js';
import { button } from '../parts.js';
import { passwordField } from './password_field.js';
import '../words.js';
import type { Stage } from '../../shell/stage.js';

export const pointList = (key: string, count: number) =>
  html`<ul class="points stack-close">${Array.from(
    { length: count },
    (_, i) => html`<li>${lookUp(`${key}_${i + 1}`)}</li>`,
  )}</ul>`;

/** The words for the notebook, with or without a diary behind it. */
export function notebookWordsForm(
  stage: Stage,
  { hint, submitKey, onSave }: { hint: string; submitKey: string; onSave: (words: string) => Promise<unknown> },
) {
  return typeTwiceForm(stage, {
    read: 'cover.read',
    label: 'cover.words',
    hint,
    again: 'cover.again',
    differ: 'cover.differ',
    submitKey,
    onSave,
    findFault: async (words) => {
      const { ok = true, why = null } = (await stage.app.checkWords?.(words)) ?? {};
      return ok ? null : t(`words.${why === 'common' ? 'common' : 'short'}`);
    },
  });
}

/**
 * A secret typed twice, after the keeper confirmed what it does not do.
 * @param options `words`: the label of an extra field for the current words
 */
export function typeTwiceForm(
  stage: Stage,
  {
    read,
    label,
    hint,
    again,
    differ,
    submitKey,
    findFault,
    onSave,
    words,
  }: {
    read: string;
    label: string;
    hint?: string;
    again: string;
    differ: string;
    submitKey: string;
    findFault: (typed: string) => Promise<string | null>;
    onSave: (typed: string, words: string) => Promise<unknown>;
    words?: string;
  },
) {
  const { local, generation } = stage;
  const save = async () => {
    const typed = local.typed ?? '';
    if (!local.read) return stage.set({ wrong: t('cover.need'), where: 'read' });
    if (words && !local.words) return stage.set({ wrong: t('words.none'), where: 'words' });
    const fault = await findFault(typed);
    if (generation !== stage.generation) return undefined; // left meanwhile
    if (fault) return stage.set({ wrong: fault, where: 'typed' });
    if (typed !== local.more) return stage.set({ wrong: lookUp(differ), where: 'more' });
    // Cleared before anything is done with it.
    const currentWords = local.words ?? '';
    stage.set({ typed: '', more: '', words: '', shown: false, wrong: null, where: null });
    return stage.run('twice', () => onSave(typed, currentWords));
  };
  const fault = (where: string) => (local.where === where ? local.wrong : null);
  const shared = { shown: Boolean(local.shown), toggle: () => revealBriefly(stage), enter: save };
  return html`<div class="stack-close">${checkbox({
    id: 'read',
    label: lookUp(read),
    checked: Boolean(local.read),
    onChange: (checked) => stage.set({ read: checked, wrong: null, where: null }),
  })}
      ${fault('read') ? html`<p class="error" role="alert">${local.wrong}</p>` : nothing}</div>
    ${
      words
        ? passwordField(stage, { id: 'words', label: lookUp(words), error: fault('words'), onEnter: save })
        : nothing
    }
    ${secretField({
      id: 'typed',
      label: lookUp(label),
      ...(hint ? { hint: lookUp(hint) } : {}),
      value: local.typed ?? '',
      error: fault('typed'),
      onChange: (typed) => {
        local.typed = typed;
      },
      ...shared,
    })}
    ${secretField({
      id: 'more',
      label: lookUp(again),
      value: local.more ?? '',
      error: fault('more'),
      onChange: (more) => {
        local.more = more;
      },
      ...shared,
    })}
    <p class="small soft">${t('words.never')}</p>
    <div>${button(lookUp(stage.runningTask === 'twice' ? 'cover.doing' : submitKey), save, {
      main: true,
      busy: stage.runningTask === 'twice',
    })}</div>`;
}
