/**
 * A pack of what one client shared: which entries, the gaps a reader would ask about, words that may reveal where
 * somebody is, and the file.
 */
import { normalise } from '../../pack/redaction.js';
import { fromPicked, pickedFault, phoneZone } from '../../record/times.js';
import { checkbox, chips, textField } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, progress, problemSentence } from '../../components/parts.js';
import { ENGLISH_TIMES, sizeText, occurredText } from '../../components/text/formatting.js';
import { problemOf } from '../../shell/stage.js';
import { isolateDirection, joinWithDots, lookUp, lookUpCount, t, tn } from '../../shell/strings.js';
import { initials } from './view_assist.js';
import '../words.js';
import type { PackGap } from '../pack_gaps.js';
import type { Client } from '../client_order.js';
import type { DeskPack, PackChoice, PackView } from '../packing.js';
import type { Stage } from '../types.js';

/** The form's values. They survive a look at an entry, but not the client. */
type PackForm = {
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
  /** stopped by the advocate */
  stopped: boolean;
  made: DeskPack | null;
};

const FEW = 6;
const TITLE_LENGTH = 70;
const INITIALS = /^[A-Z]{1,4}$/;

function packPage(stage: Stage) {
  const { client: openClient } = stage.state;
  if (!openClient) return nothing;
  if (!openClient.terms.rights.includes('pack'))
    return html`<div class="stack">${heading(t('desk.pack'))}<p>${t('desk.pack_not', {
      name: openClient.name,
    })}</p></div>`;
  const form = formOf(stage);
  const update = (change: Partial<PackForm>) => {
    Object.assign(form, change);
    stage.draw();
  };
  if (form.made) return packReady(form.made, () => update({ made: null }));
  return html`<div class="stack-wide">${heading(t('desk.pack'))}${errorSummary(stage)}
    <p>${t('desk.pack_lead', { name: openClient.name })}</p>
    ${choiceFields(stage, form, update)}
    ${choicePreview(stage, openClient, form, update)}</div>`;
}

function formOf(stage: Stage): PackForm {
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
    stopped: false,
    made: null,
  }) as PackForm;
}

/** The selection; null while something is missing. */
function selectionOf({ how, from, until, records }: PackForm) {
  if (how === 'all') return { from: null, to: null, records: null };
  if (how === 'some') return records.length ? { from: null, to: null, records } : null;
  const picked = { how: 'between' as const, date: from, until };
  if (pickedFault(picked, Date.now(), phoneZone())) return null;
  const span = fromPicked(picked, Date.now(), phoneZone());
  return { from: span.occurred_start, to: span.occurred_end, records: null };
}

function choiceFields(stage: Stage, form: PackForm, update: (change: Partial<PackForm>) => void) {
  const ways = ['all', 'dates', 'some'] as const;
  const date = (name: 'from' | 'until') =>
    textField({
      id: `pack-${name}`,
      label: t(`when.${name}`),
      type: 'date',
      value: form[name],
      onChange: (text) => update({ [name]: text }),
    });
  const toggle = (record: string, checked: boolean) =>
    update({ records: checked ? [...form.records, record] : form.records.filter((id) => id !== record) });
  return html`${chips({
    name: 'which',
    legend: t('desk.pack_which'),
    choices: ways.map((way) => [way, t(`desk.pack_${way}`)]),
    chosen: [form.how],
    onChange: (how) => update({ how: how }),
  })}
    ${form.how === 'dates' ? html`<div class="pair">${date('from')}${date('until')}</div>` : nothing}
    ${
      form.how === 'some'
        ? html`<ul class="rows ticks">${stage.state.entries.map(
            (row) =>
              html`<li>${checkbox({
                id: `pack-${row.record}`,
                checked: form.records.includes(row.record),
                onChange: (checked) => toggle(row.record, checked),
                label: html`<span class="small soft">${occurredText(row.occurred)}</span><br><span dir="auto">${
                  row.title || t('desk.no_words')
                }</span>`,
              })}</li>`,
          )}</ul>`
        : nothing
    }`;
}

/** What the choice would produce. */
function choicePreview(stage: Stage, client: Client, form: PackForm, update: (change: Partial<PackForm>) => void) {
  const selection = selectionOf(form);
  if (!selection) return html`<p class="soft">${t('desk.pack_choose')}</p>`;
  const choice = { ...selection, restricted: form.apart, seen: form.seen };
  const result = stage.find(`pack:${JSON.stringify(selection)}`, () => stage.app.packView(choice));
  if (!result.data)
    return html`<p role="status">${result.problem ? problemSentence(result.problem) : t('frame.loading')}</p>`;
  const { entries, files, whole, unproved, isPurposeUnsafe } = result.data;
  if (!entries) return html`<p role="status">${t('desk.pack_none')}</p>`;
  const blocker = unproved ? 'desk.pack_unproved' : isPurposeUnsafe ? 'desk.pack_purpose' : '';
  return html`<p role="status"><strong>${tn('desk.entries', entries)}, ${tn('desk.pictures', files)}</strong></p>
    ${gapList(stage, client, result.data.lacking)}
    ${wordQuestions(result.data, form, update)}
    ${
      whole
        ? html`<div class="stack-close">${checkbox({
            id: 'pack-apart',
            label: t('desk.pack_apart'),
            checked: form.apart,
            onChange: (apart) => update({ apart }),
          })}<p class="small soft">${t('desk.pack_apart_more')}</p></div>`
        : html`<p class="small soft">${t('desk.pack_no_files', { name: client.name })}</p>`
    }
    ${textField({
      id: 'pack-by',
      label: t('desk.assist_by'),
      hint: t('desk.pack_by_hint'),
      value: form.by,
      error: form.tried && !INITIALS.test(form.by) ? t('desk.pack_need_by') : null,
      onChange: (by) => update({ by: by.trim().toUpperCase() }),
    })}
    ${
      blocker
        ? html`<p class="care" role="status">${t(blocker, { name: client.name })}</p>`
        : form.at
          ? making(stage, form.at, update)
          : html`${form.stopped ? html`<p role="status">${t('desk.pack_stopped', { name: client.name })}</p>` : nothing}
              <div>${button(t('desk.pack_do'), () => makePack(stage, form, choice, update), {
                main: true,
                busy: stage.runningTask === 'pack',
              })}</div>`
    }`;
}

function making(stage: Stage, at: NonNullable<PackForm['at']>, update: (change: Partial<PackForm>) => void) {
  const stop = () => {
    update({ stopped: true });
    return stage.app.cancelPack();
  };
  return html`${progress({
    label: lookUp(`desk.pack_${at.step}`),
    done: at.done,
    total: at.total,
    cancel: stop,
    cancelLabel: t('desk.pack_stop'),
  })}<p class="small soft">${t('desk.pack_stay')}</p>`;
}

function gapList(stage: Stage, client: Client, packGaps: readonly PackGap[]) {
  const rows = new Map(stage.state.entries.map((row) => [row.record, row]));
  const go = (record: string) => stage.go({ name: 'entry', record });
  const name = (record: string) => shortTitle(rows.get(record)?.title ?? '') || t('desk.no_words');
  return html`<section class="stack"><h2>${t('desk.pack_gaps')}</h2>
    ${
      packGaps.length
        ? html`<p class="small soft">${t('desk.pack_gaps_lead', { name: client.name })}</p><ul
          class="points">${packGaps.map(
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
function shortTitle(title: string) {
  const letters = [...title];
  return letters.length > TITLE_LENGTH ? `${letters.slice(0, TITLE_LENGTH).join('').trimEnd()}…` : title;
}

/** Words that look like a place or a number are held back unless the advocate confirms that they reveal nothing. */
function wordQuestions({ words: candidates }: PackView, form: PackForm, update: (change: Partial<PackForm>) => void) {
  const reviewed = [
    ...new Map(
      candidates.filter(({ why }) => why !== 'apart').map((candidate) => [normalise(candidate.found), candidate.found]),
    ),
  ];
  const restrictedCount = new Set(
    candidates.filter(({ why }) => why === 'apart').map((candidate) => normalise(candidate.found)),
  ).size;
  if (!reviewed.length && !restrictedCount) return nothing;
  const answer = (word: string, code: string) =>
    update({ seen: code === 'seen' ? [...form.seen, word] : form.seen.filter((seenWord) => seenWord !== word) });
  return html`<section class="stack"><h2>${t('desk.pack_words')}</h2><p
    class="small soft">${t('desk.pack_words_lead')}</p>
    ${restrictedCount ? html`<p class="small">${tn('desk.pack_words_apart', restrictedCount)}</p>` : nothing}
    ${reviewed.map(([word, text], i) =>
      chips({
        name: `word-${i}`,
        legend: html`<bdi dir="ltr">${text}</bdi>`,
        choices: [
          ['hold', t('desk.pack_hold')],
          ['seen', t('desk.pack_seen')],
        ],
        chosen: [form.seen.includes(word) ? 'seen' : 'hold'],
        onChange: (code) => answer(word, code),
      }),
    )}</section>`;
}

function makePack(stage: Stage, form: PackForm, choice: PackChoice, update: (change: Partial<PackForm>) => void) {
  if (!INITIALS.test(form.by)) return update({ tried: true });
  const { generation } = stage;
  update({ stopped: false });
  return stage.run('pack', async () => {
    try {
      const made = await stage.app.makePack({ ...choice, initials: form.by, say: ENGLISH_TIMES }, (at) =>
        update({ at }),
      );
      update({ made });
      stage.arrived = true;
      stage.announce(String(t('desk.pack_done')));
    } catch (error) {
      if (!form.stopped || problemOf(error).code !== 'cancelled') throw error;
    } finally {
      if (generation === stage.generation) update({ at: null });
    }
  });
}

function madeKey({ isPlain, hasHeldWords }: DeskPack) {
  if (hasHeldWords) return 'desk.pack_made_held';
  return isPlain ? 'desk.pack_made_plain' : 'desk.pack_made_here';
}

function packReady(made: DeskPack, onAgain: () => void) {
  return html`<div class="stack-wide">${heading(t('desk.pack_done'))}
    <p role="status">${t(madeKey(made))}</p>
    ${
      made.unprinted.length
        ? html`<p class="care">${t('desk.pack_unprinted', {
            list: made.unprinted.map((label) => isolateDirection(label)).join(', '),
          })}</p>`
        : nothing
    }
    <p class="soft">${joinWithDots([made.name, sizeText(made.size)])}</p>
    <div><a class="button button-main" href=${made.url}
      download=${made.name}><span>${t('desk.pack_save')}</span></a></div>
    <p class="care">${t('desk.pack_care')}</p>
    <div>${button(t('desk.pack_again'), onAgain, { plain: true })}</div></div>`;
}

export const views = { pack: packPage };
