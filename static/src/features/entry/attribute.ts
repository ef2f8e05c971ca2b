/** Attribute several entries at once: choose the entries, the person, the basis and the reason. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { linksField } from '../../components/cards/card_links.js';
import { said, vocabulary } from '../../components/text/labels.js';
import { entryNumber, whenWords } from '../../components/text/say.js';
import { t, tn } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

const PAGE = 30;

export function attribute(stage: Stage) {
  const { local, state } = stage;
  const list = vocabulary(stage)?.attribution;
  const chosen = (local.chosen ??= new Set()) as Set<string>;
  const basis = (local.basis ?? []) as string[];
  const shown = local.shown ?? PAGE;
  const toggle = (record: string, on: boolean) => {
    if (on) chosen.add(record);
    else chosen.delete(record);
    stage.draw();
  };
  const card = { stage };
  return html`<div class="stack-wide">${heading(t('sel.title'))}${errorSummary(stage)}<p
    class="soft">${t('sel.lead')}</p>
    <div class="stack-close">${state.entries.slice(0, shown).map((one) =>
      checkbox({
        id: `sel-${one.record}`,
        checked: chosen.has(one.record),
        on: (on) => toggle(one.record, on),
        label: html`<span class="small soft">${entryNumber(one.seq_no)} · ${whenWords(
          one.occurred,
        )}</span><br><span dir="auto">${(one.title || t('entries.no_words')).slice(0, 80)}</span>`,
      }),
    )}
      ${
        state.entries.length > shown
          ? html`<div>${button(t('entries.earlier'), () => stage.set({ shown: shown + PAGE }), { plain: true })}</div>`
          : nothing
      }</div>
    <p role="status">${tn('sel.chosen', chosen.size)}</p>
    ${linksField(
      card,
      { name: 'actor_ids', as: 'records', record: 'person', role: 'suspect' },
      { id: 'sel-person', legend: t('f.actor_ids'), value: local.people ?? [], put: (people) => stage.set({ people }) },
    )}
    ${checkbox({
      id: 'sel-replace',
      label: t('sel.replace'),
      checked: Boolean(local.replace),
      on: (replace) => stage.set({ replace }),
    })}
    ${
      list
        ? chips({
            name: 'sel-basis',
            legend: t('sel.basis'),
            many: true,
            chosen: basis,
            choices: list.codes.map((one) => [one.code, said(one)]),
            on: (code, on) => stage.set({ basis: on ? [...basis, code] : basis.filter((one) => one !== code) }),
          })
        : nothing
    }
    ${textField({
      id: 'sel-reason',
      label: t('sel.reason'),
      lines: 'low',
      value: local.reason ?? '',
      on: (reason) => {
        local.reason = reason;
      },
    })}
    ${local.lacking ? html`<p class="error-line" role="alert">${t(local.lacking)}</p>` : nothing}
    <div class="row">${button(t('sel.do'), () => save(stage, chosen), {
      main: true,
      busy: stage.running === 'attribute',
    })}${button(t('frame.cancel'), () => stage.back('more'), { plain: true })}</div></div>`;
}

function save(stage: Stage, chosen: Set<string>) {
  const { people = [], basis = [], reason = '', replace } = stage.local;
  const lacking = !chosen.size
    ? 'sel.none'
    : !people.length
      ? 'sel.need_person'
      : !basis.length
        ? 'sel.need_basis'
        : !reason.trim()
          ? 'sel.need_reason'
          : null;
  if (lacking) return stage.set({ lacking });
  return stage.run('attribute', async () => {
    const done = await stage.app.attribute?.({
      records: [...chosen],
      actor_ids: people,
      replace: Boolean(replace),
      attribution_basis: basis,
      reason,
    });
    stage.refresh('');
    stage.say(tn('sel.done', done?.changed ?? 0));
    stage.stand({ name: 'entries' });
  });
}
