/**
 * Make a grant, step by step: check the advocate's words, choose the scope, preview it, confirm with the passphrase.
 */
import { GRANT_PURPOSE_LIMIT_CHARACTERS } from '../../core/constants.js';
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, selectField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, loading } from '../../components/parts.js';
import { dateText } from '../../components/text/formatting.js';
import { joinWithDots, lookUp, t } from '../../shell/strings.js';
import { ownWordsRow, scopeText, abilitiesList } from './advocates_parts.js';
import { meetForm } from './advocates_meet.js';
import { preview } from './advocates_preview.js';
import { passwordField } from '../../components/forms/password_field.js';
import { entryPicker } from '../../components/forms/choose_entries.js';
import './words.js';
import type { GrantRight, GrantScope } from '../../crypto/sharing/grants.js';
import type { GrantView, CheckedAdvocate } from '../../shell/app.js';
import type { LocalState, Stage } from '../../shell/stage.js';

const DAY_MS = 86_400_000;
const DAY_CHOICES = ['14', '30', '90', '180'];
const STEPS = ['meet', 'what', 'preview', 'agree'];

export function grantView(stage: Stage) {
  const { local } = stage;
  const step = local.step ?? 'meet';
  if (step === 'done') return agreedStep(stage);
  if (stage.place.of && !local.filled) prefill(stage, stage.place.of);
  const earlier = STEPS.indexOf(step);
  if (earlier > 0) stage.over(() => goToStep(stage, STEPS[earlier - 1] ?? 'meet'), earlier);
  return html`<div class="stack-wide"><p class="small soft">${t('adv.step', {
    n: earlier + 1,
    of: STEPS.length,
  })}</p>
    ${{
      meet: () => meetStep(stage),
      what: () => scopeStep(stage),
      preview: () => previewStep(stage),
      agree: () => agreeStep(stage),
    }[(step as 'meet')]()}</div>`;
}

function goToStep(stage: Stage, step: string) {
  stage.problem = null;
  stage.arrived = true;
  stage.set({ step, tried: false });
}

/** When an advocate with an earlier grant has new words, preselect what was agreed then. */
function prefill(stage: Stage, grant: string) {
  const oldGrant = stage.find('grants', () => stage.app.readGrants()).data?.grants.find((row) => row.grant === grant) as
    | GrantView
    | undefined;
  if (!oldGrant) return;
  const { scope, rights, restricted, purpose } = oldGrant.said;
  Object.assign(stage.local, {
    filled: true,
    instead: grant,
    how: 'all' in scope ? 'all' : 'case' in scope ? 'case' : 'some',
    case: 'case' in scope ? scope.case : '',
    records: 'records' in scope ? [...scope.records] : [],
    rights: [...rights],
    restricted,
    purpose,
    name: oldGrant.called ?? '',
  });
}

function meetStep(stage: Stage) {
  const known = (stage.find('met', () => stage.app.readMet()).data ?? []) as (CheckedAdvocate & {
    trouble: string | null;
  })[];
  const choose = (met: CheckedAdvocate) => {
    stage.local.who = met;
    goToStep(stage, 'what');
  };
  return html`<div class="stack-close">${heading(t('adv.meet'))}<p>${t('adv.lead')}</p></div>
    ${
      stage.local.met
        ? nothing
        : html`<div class="rows"><div>${row({
            title: t('adv.can_title'),
            icon: 'info',
            expanded: Boolean(stage.local.what),
            onClick: () => stage.set({ what: !stage.local.what }),
            body: stage.local.what ? abilitiesList() : nothing,
          })}</div></div>`
    }
    <section class="stack"><h2>${t('adv.words')}</h2>${meetForm(stage, {
      use: choose,
      stop: () => stage.back('advocates'),
    })}</section>
    ${
      known.length && !stage.local.met
        ? html`<section class="stack-close"><h2>${t('adv.meet_known')}</h2><ul class="rows">${known.map(
            (person) => html`<li class="page-item row apart"><span dir="auto">${
              person.name || person.words.split(' ').slice(0, 3).join(' ')
            } <span class="small soft">${person.organisation || lookUpText(person.trouble)}</span></span>
      ${person.ecdsa_pub ? button(t('frame.next'), () => choose(person), { plain: true }) : nothing}</li>`,
          )}</ul></section>`
        : nothing
    }
    ${ownWordsRow(stage)}`;
}

/**
 * Return what came of looking up a person whose words were typed without a signal.
 * @param trouble null while it waits
 */
export function lookUpText(trouble: string | null): string {
  if (!trouble) return t('adv.meet_waits');
  if (trouble === 'wrong_keys') return t('adv.meet_forged');
  return t(trouble === 'not_found' ? 'adv.meet_gone' : 'no.unknown');
}

function scopeOf({ how: scopeKind, case: caseId, records = [] }: LocalState): GrantScope | null {
  if (scopeKind === 'all') return { all: true };
  if (scopeKind === 'case') return caseId ? { case: caseId } : null;
  return scopeKind === 'some' && records.length ? { records: [...records] } : null;
}

/** Return the error texts of missing input, by field. */
function missingInput(local: LocalState) {
  const purpose = String(local.purpose ?? '').trim();
  return {
    scope: scopeOf(local) ? null : t(local.how === 'some' ? 'adv.some_need' : 'adv.what_need'),
    purpose: !purpose
      ? t('adv.purpose_need')
      : [...purpose].length > GRANT_PURPOSE_LIMIT_CHARACTERS
        ? t('adv.purpose_long')
        : null,
    name: String(local.name ?? '').trim() ? null : t('adv.called_need'),
  };
}

function scopeStep(stage: Stage) {
  const { local } = stage;
  const advocate = local.who as CheckedAdvocate;
  local.rights ??= ['view', 'comment'];
  local.days ??= '30';
  const errors = local.tried ? missingInput(local) : { scope: null, purpose: null, name: null };
  const next = () =>
    Object.values(missingInput(local)).some(Boolean) ? stage.set({ tried: true }) : goToStep(stage, 'preview');
  const cases = stage.find('records:case', () => stage.app.readRecords('case')).data ?? [];
  const tickBox = (code: GrantRight) =>
    checkbox({
      id: `right-${code}`,
      label: lookUp(`adv.right_${code}`),
      checked: local.rights.includes(code),
      onChange: (isOn) =>
        stage.set({
          rights: ['view', 'comment', 'pack'].filter((known) => (known === code ? isOn : local.rights.includes(known))),
        }),
    });
  return html`${heading(t('adv.what', { name: advocate.name }))}${errorSummary(stage)}
    ${chips({
      name: 'what',
      legend: t('adv.what', { name: advocate.name }),
      hideLegend: true,
      choices: ['all', 'case', 'some'].map((code) => [code, lookUp(`adv.what_${code}`)]),
      chosen: [local.how ?? ''],
      onChange: (scopeKind) => stage.set({ how: scopeKind }),
    })}
    ${
      local.how === 'case'
        ? cases.length
          ? selectField({
              id: 'case',
              label: t('adv.case_which'),
              emptyLabel: '–',
              choices: cases.map(({ record, fields }) => [record, String(fields.title ?? '')]),
              value: local.case ?? '',
              onChange: (caseId) => stage.set({ case: caseId }),
            })
          : html`<p>${t('adv.case_none')}</p>`
        : nothing
    }
    ${local.how === 'some' ? entryPicker(stage) : nothing}
    ${errors.scope ? html`<p class="error-line" role="alert">${errors.scope}</p>` : nothing}
    <p class="small soft">${t('adv.what_versions')}</p>
    <fieldset class="stack-close"><legend>${t('adv.rights')}</legend>${tickBox('comment')}${tickBox('pack')}${checkbox({
      id: 'apart',
      label: t('adv.apart'),
      checked: Boolean(local.restricted),
      onChange: (restricted) => stage.set({ restricted }),
    })}</fieldset>
    ${textField({
      id: 'purpose',
      label: t('adv.purpose'),
      hint: t('adv.purpose_hint'),
      value: local.purpose ?? '',
      error: errors.purpose,
      onChange: (purpose) => {
        local.purpose = purpose;
      },
    })}
    ${textField({
      id: 'called',
      label: t('adv.called'),
      hint: t('adv.called_hint'),
      value: local.name ?? '',
      error: errors.name,
      onChange: (name) => {
        local.name = name.slice(0, 80);
      },
    })}
    ${chips({
      name: 'days',
      legend: t('adv.until'),
      choices: DAY_CHOICES.map((days) => [days, t('adv.days', { n: days })]),
      chosen: [local.days],
      onChange: (days) => stage.set({ days }),
    })}
    <p class="small soft">${t('adv.until_day', { day: dateText(Date.now() + Number(local.days) * DAY_MS) })}</p>
    ${standInSection(stage, advocate)}
    <div class="row">${button(t('frame.next'), next, { main: true })}${button(
      t('bar.back'),
      () => goToStep(stage, 'meet'),
      {
        plain: true,
      },
    )}</div>`;
}

function standInSection(stage: Stage, advocate: CheckedAdvocate) {
  const { local } = stage;
  const known = (stage.find('met', () => stage.app.readMet()).data ?? []) as CheckedAdvocate[];
  const isEligible = (person: CheckedAdvocate) =>
    Boolean(person.ecdsa_pub) &&
    person.organisation === advocate.organisation &&
    person.fingerprint !== advocate.fingerprint;
  const choose = (met: CheckedAdvocate) =>
    isEligible(met)
      ? stage.set({ meeting: false, stand: met, standWrong: false })
      : stage.set({ meeting: false, standWrong: true });
  const choices = [
    ['', t('adv.stand_in_none')],
    ...known.filter(isEligible).map((person) => [person.fingerprint, person.name]),
  ] as [string, string][];
  return html`<section class="stack-close"><h2>${t('adv.stand_in')}</h2><p class="small soft">${t('adv.stand_in_lead', {
    name: advocate.name,
  })}</p>
    ${
      choices.length > 1
        ? chips({
            name: 'stand',
            legend: t('adv.stand_in'),
            hideLegend: true,
            choices,
            chosen: [local.stand?.fingerprint ?? ''],
            onChange: (code) => stage.set({ stand: known.find(({ fingerprint }) => fingerprint === code) ?? null }),
          })
        : nothing
    }
    ${local.standWrong ? html`<p class="error-line" role="alert">${t('adv.stand_in_other')}</p>` : nothing}
    ${
      local.meeting
        ? html`<div class="card stack">${meetForm(stage, {
            use: choose,
            stop: () => stage.set({ meeting: false, met: null }),
          })}</div>`
        : html`<div>${button(t('adv.stand_in_add'), () => stage.set({ meeting: true, met: null, nine: '' }), {
            plain: true,
          })}</div>`
    }</section>`;
}

function previewStep(stage: Stage) {
  const { local } = stage;
  const scope = scopeOf(local);
  if (!scope) return loading();
  return html`${heading(t('adv.preview'))}${preview(stage, { scope, restricted: Boolean(local.restricted) })}
    <div class="row">${button(t('frame.next'), () => goToStep(stage, 'agree'), { main: true })}${button(
      t('bar.back'),
      () => goToStep(stage, 'what'),
      { plain: true },
    )}</div>`;
}

function agreeStep(stage: Stage) {
  const { local } = stage;
  const advocate = local.who as CheckedAdvocate;
  const scope = scopeOf(local) as GrantScope;
  const notAfter = Date.now() + Number(local.days) * DAY_MS;
  const choice = {
    scope,
    rights: local.rights,
    restricted: Boolean(local.restricted),
    not_after: notAfter,
    purpose: String(local.purpose).trim(),
  };
  const submit = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ tried: true });
    // Clear the passphrase before it is used.
    stage.set({ words: '', shown: false, tried: false });
    return stage.run('agree', async () => {
      await stage.app.letIn({
        met: advocate,
        standIn: local.stand ?? null,
        choice,
        name: String(local.name).trim(),
        words,
        instead: local.instead ?? null,
      });
      for (const prefix of ['grants', 'sees:']) stage.refresh(prefix);
      goToStep(stage, 'done');
    });
  };
  const extras = [
    local.restricted ? t('adv.sees_apart') : '',
    local.rights.includes('comment') ? t('adv.may_comment') : '',
    local.rights.includes('pack') ? t('adv.may_pack') : '',
  ].filter(Boolean);
  return html`${heading(t('adv.agree'))}${errorSummary(stage)}
    <div class="card stack-close"><p><strong>${t('adv.agree_who', {
      name: advocate.name,
      organisation: advocate.organisation,
    })}</strong>${
      local.stand ? html` <span>${t('adv.agree_stand_in', { name: local.stand.name })}</span>` : nothing
    }</p>
      <p>${joinWithDots([scopeText(stage, { scope }), ...extras])}</p><p>${t('adv.agree_for', {
        purpose: choice.purpose,
      })}</p><p>${t('adv.until_day', { day: dateText(notAfter) })}</p></div>
    <p>${t('adv.copies')}</p><p class="care">${t('adv.agreed_danger')}</p>
    ${passwordField(stage, {
      id: 'agree-words',
      label: t('adv.agree_words'),
      onEnter: submit,
      error: local.tried ? t('words.none') : null,
    })}
    <div class="row">${button(t('adv.agree_do'), submit, { main: true, busy: stage.runningTask === 'agree' })}${button(
      t('bar.back'),
      () => goToStep(stage, 'preview'),
      { plain: true },
    )}</div>`;
}

function agreedStep(stage: Stage) {
  const advocate = stage.local.who as CheckedAdvocate;
  return html`<div class="stack-wide"><div class="stack-close">${heading(
    t('adv.agreed', { name: advocate.name }),
  )}<p>${t('adv.agreed_more')}</p><p class="care">${t('adv.agreed_danger')}</p></div>
    ${ownWordsRow(stage)}
    ${button(t('adv.agreed_done'), () => stage.stand({ name: 'advocates' }), { main: true, wide: true })}</div>`;
}
