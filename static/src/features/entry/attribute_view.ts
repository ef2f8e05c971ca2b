/** Attribute several entries at once: choose the entries, the person, the basis and the reason. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { linksField } from '../../components/cards/card_links.js';
import { labelOf, loadVocabulary } from '../../components/text/labels.js';
import { entryNumberText, occurredText } from '../../components/text/formatting.js';
import { t, tn } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

const PAGE = 30;

export function attributeView(stage: Stage) {
  const { local, state } = stage;
  const bases = loadVocabulary(stage)?.attribution;
  const chosen = (local.chosen ??= new Set()) as Set<string>;
  const basis = (local.basis ?? []) as string[];
  const count = local.shown ?? PAGE;
  const toggle = (record: string, isOn: boolean) => {
    if (isOn) chosen.add(record);
    else chosen.delete(record);
    stage.draw();
  };
  const card = { stage };
  return html`<div class="stack-wide">${heading(t('sel.title'))}${errorSummary(stage)}<p
    class="soft">${t('sel.lead')}</p>
    <div class="stack-close">${state.entries.slice(0, count).map((item) =>
      checkbox({
        id: `sel-${item.record}`,
        checked: chosen.has(item.record),
        onChange: (isOn) => toggle(item.record, isOn),
        label: html`<span class="small soft">${entryNumberText(item.seq_no)} · ${occurredText(
          item.occurred,
        )}</span><br><span dir="auto">${(item.title || t('entries.no_words')).slice(0, 80)}</span>`,
      }),
    )}
      ${
        state.entries.length > count
          ? html`<div>${button(t('entries.earlier'), () => stage.set({ shown: count + PAGE }), { plain: true })}</div>`
          : nothing
      }</div>
    <p role="status">${tn('sel.chosen', chosen.size)}</p>
    ${linksField(
      card,
      { name: 'actor_ids', type: 'records', recordKind: 'person', role: 'suspect' },
      { id: 'sel-person', legend: t('f.actor_ids'), value: local.people ?? [], put: (people) => stage.set({ people }) },
    )}
    ${checkbox({
      id: 'sel-replace',
      label: t('sel.replace'),
      checked: Boolean(local.replace),
      onChange: (replace) => stage.set({ replace }),
    })}
    ${
      bases
        ? chips({
            name: 'sel-basis',
            legend: t('sel.basis'),
            multiple: true,
            chosen: basis,
            choices: bases.codes.map((item) => [item.code, labelOf(item)]),
            onChange: (code, isOn) =>
              stage.set({ basis: isOn ? [...basis, code] : basis.filter((item) => item !== code) }),
          })
        : nothing
    }
    ${textField({
      id: 'sel-reason',
      label: t('sel.reason'),
      textarea: 'low',
      value: local.reason ?? '',
      onChange: (reason) => {
        local.reason = reason;
      },
    })}
    ${local.lacking ? html`<p class="error-line" role="alert">${t(local.lacking)}</p>` : nothing}
    <div class="row">${button(t('sel.do'), () => saveAttribution(stage, chosen), {
      main: true,
      busy: stage.runningTask === 'attribute',
    })}${button(t('frame.cancel'), () => stage.back('more'), { plain: true })}</div></div>`;
}

function saveAttribution(stage: Stage, chosen: Set<string>) {
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
  const { place } = stage;
  return stage.run('attribute', async () => {
    const result = await stage.app.attribute?.({
      records: [...chosen],
      actor_ids: people,
      replace: Boolean(replace),
      attribution_basis: basis,
      reason,
    });
    stage.refresh('');
    stage.announce(tn('sel.done', result?.changed ?? 0));
    if (stage.place === place) stage.stand({ name: 'entries' }); // else the user went elsewhere meanwhile
  });
}
