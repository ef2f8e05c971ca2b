/**
 * A pack of what one client shared: which entries, the gaps a reader would ask about, words that may reveal where
 * somebody is, and the file.
 */
import { squeeze } from '../../pack/redaction.js';
import { fromPicked, missing, phoneZone } from '../../record/times.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, progress, sentenceOf } from '../../components/parts.js';
import { SAY, size, whenWords } from '../../components/text/say.js';
import { dotted, lookUp, lookUpCount, t, tn } from '../../shell/strings.js';
import { initials } from './view_assist.js';
import '../words.js';
import type { Lacking } from '../lacking.js';
import type { Client } from '../order.js';
import type { Choice, View } from '../packing.js';
import type { Stage } from '../types.js';

/** The form's values. They survive a look at an entry, but not the client. */
type Form = {
  how: 'all' | 'dates' | 'some';
  from: string;
  until: string;
  records: string[];
  /** squeezed words that anyone may read */
  seen: string[];
  apart: boolean;
  by: string;
  tried: boolean;
  at: { step: string; done: number; total: number } | null;
  made: { url: string; name: string; size: number; no: number } | null;
};

const FEW = 6;
const TITLE = 70;
const INITIALS = /^[A-Z]{1,4}$/;

function pack(stage: Stage) {
  const { client: open } = stage.state;
  if (!open) return nothing;
  if (!open.said.rights.includes('pack'))
    return html`<div class="stack">${heading(t('desk.pack'))}<p>${t('desk.pack_not', { name: open.name })}</p></div>`;
  const form = formOf(stage);
  const put = (change: Partial<Form>) => {
    Object.assign(form, change);
    stage.draw();
  };
  if (form.made) return ready(stage, form.made, () => put({ made: null }));
  return html`<div class="stack-wide">${heading(t('desk.pack'))}${errorSummary(stage)}
    <p>${t('desk.pack_lead', { name: open.name })}</p>
    ${which(stage, form, put)}
    ${looked(stage, open, form, put)}</div>`;
}

function formOf(stage: Stage): Form {
  const { you } = stage.state;
  const by = initials(you?.name ?? '')
    .normalize('NFKD')
    .replace(/[^A-Z]/g, '');
  return (stage.packing ??= {
    how: 'all',
    from: '',
    until: '',
    records: [],
    seen: [],
    apart: false,
    by,
    tried: false,
    at: null,
    made: null,
  }) as Form;
}

/** The selection; null while something is missing. */
function chosenOf({ how, from, until, records }: Form) {
  if (how === 'all') return { from: null, to: null, records: null };
  if (how === 'some') return records.length ? { from: null, to: null, records } : null;
  const picked = { how: 'between' as const, date: from, until };
  if (missing(picked, Date.now(), phoneZone())) return null;
  const span = fromPicked(picked, Date.now(), phoneZone());
  return { from: span.occurred_start, to: span.occurred_end, records: null };
}

function which(stage: Stage, form: Form, put: (change: Partial<Form>) => void) {
  const ways = ['all', 'dates', 'some'] as const;
  const date = (name: 'from' | 'until') =>
    textField({
      id: `pack-${name}`,
      label: t(`when.${name}`),
      type: 'date',
      value: form[name],
      on: (text) => put({ [name]: text }),
    });
  const tick = (record: string, on: boolean) =>
    put({ records: on ? [...form.records, record] : form.records.filter((one) => one !== record) });
  return html`${chips({
    name: 'which',
    legend: t('desk.pack_which'),
    choices: ways.map((way) => [way, t(`desk.pack_${way}`)]),
    chosen: [form.how],
    on: (how) => put({ how: how }),
  })}
    ${form.how === 'dates' ? html`<div class="pair">${date('from')}${date('until')}</div>` : nothing}
    ${
      form.how === 'some'
        ? html`<ul class="rows ticks">${stage.state.entries.map(
            (row) =>
              html`<li>${checkbox({
                id: `pack-${row.record}`,
                checked: form.records.includes(row.record),
                on: (on) => tick(row.record, on),
                label: html`<span class="small soft">${whenWords(row.occurred)}</span><br><span dir="auto">${
                  row.title || t('desk.no_words')
                }</span>`,
              })}</li>`,
          )}</ul>`
        : nothing
    }`;
}

/** What the choice would produce. */
function looked(stage: Stage, open: Client, form: Form, put: (change: Partial<Form>) => void) {
  const chosen = chosenOf(form);
  if (!chosen) return html`<p class="soft">${t('desk.pack_choose')}</p>`;
  const choice = { ...chosen, restricted: form.apart, seen: form.seen };
  const found = stage.find(`pack:${JSON.stringify(chosen)}`, () => stage.app.packView(choice));
  if (!found.data) return html`<p role="status">${found.problem ? sentenceOf(found.problem) : t('frame.loading')}</p>`;
  const { entries, files, whole, unproved, purpose } = found.data;
  if (!entries) return html`<p role="status">${t('desk.pack_none')}</p>`;
  const stop = unproved ? 'desk.pack_unproved' : purpose ? 'desk.pack_purpose' : '';
  return html`<p role="status"><strong>${tn('desk.entries', entries)}, ${tn('desk.pictures', files)}</strong></p>
    ${gaps(stage, open, found.data.lacking)}
    ${words(found.data, form, put)}
    ${
      whole
        ? html`<div class="stack-close">${checkbox({
            id: 'pack-apart',
            label: t('desk.pack_apart'),
            checked: form.apart,
            on: (apart) => put({ apart }),
          })}<p class="small soft">${t('desk.pack_apart_more')}</p></div>`
        : html`<p class="small soft">${t('desk.pack_no_files', { name: open.name })}</p>`
    }
    ${textField({
      id: 'pack-by',
      label: t('desk.assist_by'),
      hint: t('desk.pack_by_hint'),
      value: form.by,
      error: form.tried && !INITIALS.test(form.by) ? t('desk.pack_need_by') : null,
      on: (by) => put({ by: by.trim().toUpperCase() }),
    })}
    ${
      stop
        ? html`<p class="care" role="status">${t(stop, { name: open.name })}</p>`
        : form.at
          ? progress({ label: lookUp(`desk.pack_${form.at.step}`), done: form.at.done, total: form.at.total })
          : html`<div>${button(t('desk.pack_do'), () => make(stage, form, choice, put), {
              main: true,
              busy: stage.running === 'pack',
            })}</div>`
    }`;
}

function gaps(stage: Stage, open: Client, lacking: readonly Lacking[]) {
  const rows = new Map(stage.state.entries.map((row) => [row.record, row]));
  const go = (record: string) => stage.go({ name: 'entry', record });
  const name = (record: string) => first(rows.get(record)?.title ?? '') || t('desk.no_words');
  return html`<section class="stack"><h2>${t('desk.pack_gaps')}</h2>
    ${
      lacking.length
        ? html`<p class="small soft">${t('desk.pack_gaps_lead', { name: open.name })}</p><ul
          class="points">${lacking.map(
            ({ what, records }) => html`<li>
      ${records.length ? lookUpCount(`desk.lack_${what}`, records.length) : lookUp(`desk.lack_${what}`)}
      ${records.slice(0, FEW).map(
        (record) =>
          html`<button type="button" class="button button-plain desk-gap" dir="auto"
              @click=${() => go(record)}>${name(record)}</button>`,
      )}</li>`,
          )}</ul>`
        : html`<p>${t('desk.pack_no_gap')}</p>`
    }</section>`;
}

/** The first words: enough to recognise an entry in a list that names it repeatedly. */
function first(title: string) {
  const letters = [...title];
  return letters.length > TITLE ? `${letters.slice(0, TITLE).join('').trimEnd()}…` : title;
}

/** Words that look like a place or a number are held back unless the advocate confirms that they reveal nothing. */
function words({ words: found }: View, form: Form, put: (change: Partial<Form>) => void) {
  const asked = [...new Map(found.filter(({ why }) => why !== 'apart').map((one) => [squeeze(one.found), one.found]))];
  const apart = new Set(found.filter(({ why }) => why === 'apart').map((one) => squeeze(one.found))).size;
  if (!asked.length && !apart) return nothing;
  const answer = (word: string, code: string) =>
    put({ seen: code === 'seen' ? [...form.seen, word] : form.seen.filter((one) => one !== word) });
  return html`<section class="stack"><h2>${t('desk.pack_words')}</h2><p
    class="small soft">${t('desk.pack_words_lead')}</p>
    ${apart ? html`<p class="small">${tn('desk.pack_words_apart', apart)}</p>` : nothing}
    ${asked.map(([word, text], i) =>
      chips({
        name: `word-${i}`,
        legend: html`<bdi dir="ltr">${text}</bdi>`,
        choices: [
          ['hold', t('desk.pack_hold')],
          ['seen', t('desk.pack_seen')],
        ],
        chosen: [form.seen.includes(word) ? 'seen' : 'hold'],
        on: (code) => answer(word, code),
      }),
    )}</section>`;
}

function make(stage: Stage, form: Form, choice: Choice, put: (change: Partial<Form>) => void) {
  if (!INITIALS.test(form.by)) return put({ tried: true });
  const { generation } = stage;
  return stage.run('pack', async () => {
    try {
      const made = await stage.app.makePack({ ...choice, initials: form.by, say: SAY }, (at) => put({ at }));
      put({ made });
      stage.arrived = true;
      stage.say(String(t('desk.pack_done')));
    } finally {
      if (generation === stage.generation) put({ at: null });
    }
  });
}

function ready(_stage: Stage, made: { url: string; name: string; size: number; no: number }, again: () => void) {
  return html`<div class="stack-wide">${heading(t('desk.pack_done'))}
    <p class="soft">${dotted([made.name, size(made.size)])}</p>
    <div><a class="button button-main" href=${made.url}
      download=${made.name}><span>${t('desk.pack_save')}</span></a></div>
    <p class="care">${t('desk.pack_care')}</p>
    <div>${button(t('desk.pack_again'), again, { plain: true })}</div></div>`;
}

export const views = { pack };
