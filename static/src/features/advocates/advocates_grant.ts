/**
 * Make a grant, step by step: check the advocate's words, choose the scope, preview it, confirm with the passphrase.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, secretField, selectField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, waiting } from '../../components/parts.js';
import { day } from '../../components/text/say.js';
import { dotted, lookUp, t } from '../../shell/strings.js';
import { ownWords, scopeSaid, whatItIs } from './advocates_parts.js';
import { meeting } from './advocates_meet.js';
import { preview } from './advocates_preview.js';
import { uncover } from '../../components/forms/uncover.js';
import { choosingEntries } from '../../components/forms/choose_entries.js';
import './words.js';
import type { Right, Scope } from '../../crypto/sharing/grants.js';
import type { LetIn, Met } from '../../shell/app.js';
import type { Local, Stage } from '../../shell/stage.js';

const DAY = 86_400_000;
const DAYS = ['14', '30', '90', '180'];
const STEPS = ['meet', 'what', 'preview', 'agree'];
const PURPOSE = 200;

export function letIn(stage: Stage) {
  const { local } = stage;
  const step = local.step ?? 'meet';
  if (step === 'done') return agreed(stage);
  if (stage.place.of && !local.filled) fill(stage, stage.place.of);
  return html`<div class="stack-wide"><p class="small soft">${t('adv.step', {
    n: STEPS.indexOf(step) + 1,
    of: STEPS.length,
  })}</p>
    ${{ meet: () => meet(stage), what: () => what(stage), preview: () => look(stage), agree: () => agree(stage) }[
      (step as 'meet')
    ]()}</div>`;
}

function to(stage: Stage, step: string) {
  stage.problem = null;
  stage.arrived = true;
  stage.set({ step, tried: false });
}

/** When an advocate with an earlier grant has new words, preselect what was agreed then. */
function fill(stage: Stage, grant: string) {
  const before = stage.find('grants', () => stage.app.readGrants()).data?.grants.find((one) => one.grant === grant) as
    | LetIn
    | undefined;
  if (!before) return;
  const { scope, rights, restricted, purpose } = before.said;
  Object.assign(stage.local, {
    filled: true,
    instead: grant,
    how: 'all' in scope ? 'all' : 'case' in scope ? 'case' : 'some',
    case: 'case' in scope ? scope.case : '',
    records: 'records' in scope ? [...scope.records] : [],
    rights: [...rights],
    restricted,
    purpose,
    name: before.called ?? '',
  });
}

function meet(stage: Stage) {
  const known = (stage.find('met', () => stage.app.readMet()).data ?? []) as (Met & { trouble: string | null })[];
  const use = (met: Met) => {
    stage.local.who = met;
    to(stage, 'what');
  };
  return html`<div class="stack-close">${heading(t('adv.meet'))}<p>${t('adv.lead')}</p></div>
    ${
      stage.local.met
        ? nothing
        : html`<div class="rows"><div>${row({
            title: t('adv.can_title'),
            icon: 'info',
            expanded: Boolean(stage.local.what),
            on: () => stage.set({ what: !stage.local.what }),
            body: stage.local.what ? whatItIs() : nothing,
          })}</div></div>`
    }
    <section class="stack"><h2>${t('adv.words')}</h2>${meeting(stage, {
      use,
      stop: () => stage.back('advocates'),
    })}</section>
    ${
      known.length && !stage.local.met
        ? html`<section class="stack-close"><h2>${t('adv.meet_known')}</h2><ul class="rows">${known.map(
            (one) => html`<li class="page-item row apart"><span dir="auto">${
              one.name || one.words.split(' ').slice(0, 3).join(' ')
            } <span class="small soft">${
              one.organisation ||
              (one.trouble
                ? t(one.trouble === 'wrong_keys' ? 'adv.meet_forged' : 'adv.meet_gone')
                : t('adv.meet_waits'))
            }</span></span>
      ${one.ecdsa_pub ? button(t('frame.next'), () => use(one), { plain: true }) : nothing}</li>`,
          )}</ul></section>`
        : nothing
    }
    ${ownWords(stage)}`;
}

function scopeOf({ how, case: one, records = [] }: Local): Scope | null {
  if (how === 'all') return { all: true };
  if (how === 'case') return one ? { case: one } : null;
  return how === 'some' && records.length ? { records: [...records] } : null;
}

/** Return the error texts of missing input, by field. */
function lacking(local: Local) {
  const purpose = String(local.purpose ?? '').trim();
  return {
    scope: scopeOf(local) ? null : t(local.how === 'some' ? 'adv.some_need' : 'adv.what_need'),
    purpose: !purpose ? t('adv.purpose_need') : [...purpose].length > PURPOSE ? t('adv.purpose_long') : null,
    name: String(local.name ?? '').trim() ? null : t('adv.called_need'),
  };
}

function what(stage: Stage) {
  const { local } = stage;
  const who = local.who as Met;
  local.rights ??= ['view', 'comment'];
  local.days ??= '30';
  const lacks = local.tried ? lacking(local) : { scope: null, purpose: null, name: null };
  const next = () => (Object.values(lacking(local)).some(Boolean) ? stage.set({ tried: true }) : to(stage, 'preview'));
  const cases = stage.find('records:case', () => stage.app.readRecords('case')).data ?? [];
  const right = (one: Right) =>
    checkbox({
      id: `right-${one}`,
      label: lookUp(`adv.right_${one}`),
      checked: local.rights.includes(one),
      on: (on) =>
        stage.set({
          rights: ['view', 'comment', 'pack'].filter((each) => (each === one ? on : local.rights.includes(each))),
        }),
    });
  return html`${heading(t('adv.what', { name: who.name }))}${errorSummary(stage)}
    ${chips({
      name: 'what',
      legend: t('adv.what', { name: who.name }),
      quiet: true,
      choices: ['all', 'case', 'some'].map((code) => [code, lookUp(`adv.what_${code}`)]),
      chosen: [local.how ?? ''],
      on: (how) => stage.set({ how }),
    })}
    ${
      local.how === 'case'
        ? cases.length
          ? selectField({
              id: 'case',
              label: t('adv.case_which'),
              none: '–',
              choices: cases.map(({ record, fields }) => [record, String(fields.title ?? '')]),
              value: local.case ?? '',
              on: (one) => stage.set({ case: one }),
            })
          : html`<p>${t('adv.case_none')}</p>`
        : nothing
    }
    ${local.how === 'some' ? choosingEntries(stage) : nothing}
    ${lacks.scope ? html`<p class="error-line" role="alert">${lacks.scope}</p>` : nothing}
    <p class="small soft">${t('adv.what_versions')}</p>
    <fieldset class="stack-close"><legend>${t('adv.rights')}</legend>${right('comment')}${right('pack')}${checkbox({
      id: 'apart',
      label: t('adv.apart'),
      checked: Boolean(local.restricted),
      on: (restricted) => stage.set({ restricted }),
    })}</fieldset>
    ${textField({
      id: 'purpose',
      label: t('adv.purpose'),
      hint: t('adv.purpose_hint'),
      value: local.purpose ?? '',
      error: lacks.purpose,
      on: (purpose) => {
        local.purpose = purpose;
      },
    })}
    ${textField({
      id: 'called',
      label: t('adv.called'),
      hint: t('adv.called_hint'),
      value: local.name ?? '',
      error: lacks.name,
      on: (name) => {
        local.name = name.slice(0, 80);
      },
    })}
    ${chips({
      name: 'days',
      legend: t('adv.until'),
      choices: DAYS.map((days) => [days, t('adv.days', { n: days })]),
      chosen: [local.days],
      on: (days) => stage.set({ days }),
    })}
    <p class="small soft">${t('adv.until_day', { day: day(Date.now() + Number(local.days) * DAY) })}</p>
    ${standIn(stage, who)}
    <div class="row">${button(t('frame.next'), next, { main: true })}${button(t('bar.back'), () => to(stage, 'meet'), {
      plain: true,
    })}</div>`;
}

function standIn(stage: Stage, who: Met) {
  const { local } = stage;
  const known = (stage.find('met', () => stage.app.readMet()).data ?? []) as Met[];
  const fit = (one: Met) =>
    Boolean(one.ecdsa_pub) && one.organisation === who.organisation && one.fingerprint !== who.fingerprint;
  const use = (met: Met) =>
    fit(met)
      ? stage.set({ meeting: false, stand: met, standWrong: false })
      : stage.set({ meeting: false, standWrong: true });
  const choices = [['', t('adv.stand_in_none')], ...known.filter(fit).map((one) => [one.fingerprint, one.name])] as [
    string,
    string,
  ][];
  return html`<section class="stack-close"><h2>${t('adv.stand_in')}</h2><p class="small soft">${t('adv.stand_in_lead', {
    name: who.name,
  })}</p>
    ${
      choices.length > 1
        ? chips({
            name: 'stand',
            legend: t('adv.stand_in'),
            quiet: true,
            choices,
            chosen: [local.stand?.fingerprint ?? ''],
            on: (print) => stage.set({ stand: known.find(({ fingerprint }) => fingerprint === print) ?? null }),
          })
        : nothing
    }
    ${local.standWrong ? html`<p class="error-line" role="alert">${t('adv.stand_in_other')}</p>` : nothing}
    ${
      local.meeting
        ? html`<div class="card stack">${meeting(stage, {
            use,
            stop: () => stage.set({ meeting: false, met: null }),
          })}</div>`
        : html`<div>${button(t('adv.stand_in_add'), () => stage.set({ meeting: true, met: null, nine: '' }), {
            plain: true,
          })}</div>`
    }</section>`;
}

function look(stage: Stage) {
  const { local } = stage;
  const scope = scopeOf(local);
  if (!scope) return waiting();
  return html`${heading(t('adv.preview'))}${preview(stage, { scope, restricted: Boolean(local.restricted) })}
    <div class="row">${button(t('frame.next'), () => to(stage, 'agree'), { main: true })}${button(
      t('bar.back'),
      () => to(stage, 'what'),
      { plain: true },
    )}</div>`;
}

function agree(stage: Stage) {
  const { local } = stage;
  const who = local.who as Met;
  const scope = scopeOf(local) as Scope;
  const until = Date.now() + Number(local.days) * DAY;
  const choice = {
    scope,
    rights: local.rights,
    restricted: Boolean(local.restricted),
    not_after: until,
    purpose: String(local.purpose).trim(),
  };
  const go = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ tried: true });
    // Clear the passphrase before it is used.
    stage.set({ words: '', shown: false, tried: false });
    return stage.run('agree', async () => {
      await stage.app.letIn({
        met: who,
        standIn: local.stand ?? null,
        choice,
        name: String(local.name).trim(),
        words,
        instead: local.instead ?? null,
      });
      for (const one of ['grants', 'sees:']) stage.refresh(one);
      to(stage, 'done');
    });
  };
  const more = [
    local.restricted ? t('adv.sees_apart') : '',
    local.rights.includes('comment') ? t('adv.may_comment') : '',
    local.rights.includes('pack') ? t('adv.may_pack') : '',
  ].filter(Boolean);
  return html`${heading(t('adv.agree'))}${errorSummary(stage)}
    <div class="card stack-close"><p><strong>${t('adv.agree_who', {
      name: who.name,
      organisation: who.organisation,
    })}</strong>${
      local.stand ? html` <span>${t('adv.agree_stand_in', { name: local.stand.name })}</span>` : nothing
    }</p>
      <p>${dotted([scopeSaid(stage, { scope }), ...more])}</p><p>${t('adv.agree_for', {
        purpose: choice.purpose,
      })}</p><p>${t('adv.until_day', { day: day(until) })}</p></div>
    <p>${t('adv.copies')}</p><p class="care">${t('adv.agreed_danger')}</p>
    ${secretField({
      id: 'agree-words',
      label: t('adv.agree_words'),
      value: local.words ?? '',
      shown: Boolean(local.shown),
      toggle: () => uncover(stage),
      enter: go,
      error: local.tried ? t('words.none') : null,
      on: (words) => {
        local.words = words;
      },
    })}
    <div class="row">${button(t('adv.agree_do'), go, { main: true, busy: stage.running === 'agree' })}${button(
      t('bar.back'),
      () => to(stage, 'preview'),
      { plain: true },
    )}</div>`;
}

function agreed(stage: Stage) {
  const who = stage.local.who as Met;
  return html`<div class="stack-wide"><div class="stack-close">${heading(
    t('adv.agreed', { name: who.name }),
  )}<p>${t('adv.agreed_more')}</p><p class="care">${t('adv.agreed_danger')}</p></div>
    ${ownWords(stage)}
    ${button(t('adv.agreed_done'), () => stage.stand({ name: 'advocates' }), { main: true, wide: true })}</div>`;
}
