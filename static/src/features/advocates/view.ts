/** Advocates: who can see what and when they looked; renew, narrow and end a grant. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, loading } from '../../components/parts.js';
import { dateText, recentTimeText, dateTimeText } from '../../components/text/formatting.js';
import { joinWithDots, lookUp, t, tn } from '../../shell/strings.js';
import { grantView } from './advocates_grant.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import { ownWordsRow, scopeText, abilitiesList } from './advocates_parts.js';
import { questionsView } from './advocates_questions.js';
import { entryPicker } from '../../components/forms/choose_entries.js';
import '../../components/words.js';
import './words.js';
import type { GrantView, GrantListView, Problem } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const DAY_MS = 86_400_000;
const RENEWAL_WINDOW_MS = 7 * DAY_MS;
const FIRST_SHOWN = 30;

const isOver = (grant: GrantView) => grant.ended_at !== null || grant.left || grant.not_after <= Date.now();

const findGrants = (stage: Stage): { data?: GrantListView; problem?: Problem } =>
  stage.find('grants', () => stage.app.readGrants());

function advocatesView(stage: Stage) {
  if (!stage.state.account?.registered) {
    return html`<div class="stack-wide"><div
      class="stack-close">${heading(t('adv.title'))}<p>${t('adv.lead')}</p></div><p>${t('adv.needs_copy')}</p>
      ${button(t('copy.title'), () => stage.go({ name: 'copy' }), { main: true, wide: true })}</div>`;
  }
  const { data, problem } = findGrants(stage);
  if (!data && !problem) return loading();
  const grants = data?.grants ?? [];
  const active = grants.filter((grant) => !isOver(grant));
  const ended = grants.filter(isOver);
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('adv.title'))}<p>${t('adv.lead')}</p></div>
    ${errorSummary(stage)}
    ${data?.offline || problem ? html`<p class="soft" role="status">${t('adv.offline')}</p>` : nothing}
    ${
      active.length
        ? html`<ul class="stack">${active.map((grant) => grantCard(stage, grant))}</ul>`
        : html`<p>${t('adv.none')}</p>`
    }
    ${button(t('adv.new'), () => stage.go({ name: 'letin' }), { main: !active.length, wide: true })}
    ${active.length ? nothing : abilitiesList()}
    ${
      ended.length
        ? html`<section class="stack-close"><h2>${t('adv.over')}</h2><ul
          class="rows">${ended.map((grant) => endedRow(stage, grant))}</ul></section>`
        : nothing
    }
    ${grants.length && !data?.offline ? fetchMissedSection(stage) : nothing}
    ${ownWordsRow(stage)}
  </div>`;
}

function fetchMissedSection(stage: Stage) {
  const fetchMissed = () =>
    stage.run('again', async () => {
      const count = await stage.app.lookAgain();
      stage.refresh('asked');
      stage.announce(count ? tn('adv.again_found', count) : t('adv.again_none'));
      stage.set({ again: count });
    });
  const { again } = stage.local;
  return html`<section class="stack-close"><h2>${t('adv.again')}</h2><p class="small soft">${t('adv.again_lead')}</p>
    ${
      again === undefined
        ? nothing
        : html`<p role="status">${again ? tn('adv.again_found', again) : t('adv.again_none')}</p>`
    }
    <div>${button(t('adv.again_do'), fetchMissed, {
      plain: true,
      busy: stage.runningTask === 'again',
    })}</div></section>`;
}

function endText({ not_after: endsAt }: GrantView) {
  const daysLeft = Math.floor((endsAt - Date.now()) / DAY_MS);
  if (daysLeft > 6) return t('adv.ends', { day: dateText(endsAt) });
  return daysLeft < 1 ? t('adv.ends_today') : tn('adv.ends_soon', daysLeft);
}

function grantCard(stage: Stage, grant: GrantView) {
  const { said: terms } = grant;
  const extras = [
    terms.restricted ? t('adv.sees_apart') : '',
    terms.rights.includes('comment') ? t('adv.may_comment') : '',
    terms.rights.includes('pack') ? t('adv.may_pack') : '',
  ].filter(Boolean);
  const endsSoon = grant.not_after - Date.now() <= RENEWAL_WINDOW_MS;
  return html`<li><article class="card stack-close" data-grant=${grant.grant}>
    <h2>${t('adv.sees', { name: grant.name })}</h2>
    <p>${
      grant.looked_at ? t('adv.looked', { when: recentTimeText(grant.looked_at, Date.now()) }) : t('adv.looked_not')
    } ${t('adv.danger')}</p>
    <p class="small">${joinWithDots([scopeText(stage, terms), ...extras])}</p>
    <p class="small soft">${joinWithDots([
      grant.organisation,
      t('adv.agree_for', { purpose: terms.purpose }),
      endText(grant),
    ])}</p>
    ${
      grant.changed
        ? html`<div class="note care stack-close"
          role="status"><h3>${t('adv.changed_title')}</h3><p>${t('adv.changed', { name: grant.name })}</p>
      <div>${button(t('adv.changed_do'), () => stage.go({ name: 'letin', of: grant.grant }), {
        main: true,
      })}</div></div>`
        : nothing
    }
    <div class="row">${button(
      t(endsSoon && !grant.changed ? 'adv.look_renew' : 'adv.look'),
      () => {
        stage.refresh('grants');
        stage.go({ name: 'looks', record: grant.grant });
      },
      { plain: true },
    )}
      ${button(t('adv.end'), () => askToEnd(stage, grant), { plain: true })}</div>
  </article></li>`;
}

function endedRow(stage: Stage, grant: GrantView) {
  const text = grant.left
    ? t('adv.left', { name: grant.name })
    : grant.ended_at !== null
      ? t(grant.mine ? 'adv.over_ended' : 'adv.over_theirs', { when: dateTimeText(grant.ended_at) })
      : t('adv.over_ran', { when: dateTimeText(grant.not_after) });
  return html`<li class="page-item stack-close" data-over=${grant.grant}><p><strong
    dir="auto">${grant.name}</strong> <span class="small soft" dir="auto">${grant.organisation}</span></p><p
      class="small">${text}</p>
    ${
      grant.unheard
        ? html`<p class="care small" role="status">${t('adv.unheard')}</p><div>${button(
            t('adv.unheard_do'),
            () => askToEndOnServer(stage, grant),
            { main: true },
          )}</div>`
        : nothing
    }
    <div>${button(t('adv.look'), () => stage.go({ name: 'looks', record: grant.grant }), { plain: true })}</div></li>`;
}

const askToEnd = (stage: Stage, grant: GrantView) =>
  openWordsSheet(stage, {
    title: t('adv.end_title', { name: grant.name }),
    lead: t('adv.end_lead'),
    go: t('adv.end_do'),
    extra: stage.state.offline ? html`<p class="care">${t('adv.end_offline')}</p>` : nothing,
    onSubmit: async (words) => {
      const { heard: reachedServer } = await stage.app.endGrant(grant.grant, { words });
      for (const prefix of ['grants', 'sees:', 'asked']) stage.refresh(prefix);
      stage.announce(t(reachedServer ? 'adv.ended' : 'adv.ended_here'));
      if (stage.place.name === 'looks') stage.back('advocates');
    },
  });

/** Retry on the server: the grant ended on this phone only. */
const askToEndOnServer = (stage: Stage, grant: GrantView) =>
  openWordsSheet(stage, {
    title: t('adv.unheard_do'),
    lead: t('adv.unheard'),
    go: t('adv.unheard_do'),
    onSubmit: async (words) => {
      const { heard: reachedServer } = await stage.app.endGrant(grant.grant, { words });
      stage.refresh('grants');
      stage.announce(t(reachedServer ? 'adv.ended' : 'adv.ended_here'));
    },
  });

/** Show when one advocate looked, and how to change the grant. */
function looksView(stage: Stage) {
  const { data } = findGrants(stage);
  if (!data) return loading();
  const current = data.grants.find(({ grant }) => grant === stage.place.record);
  if (!current) return html`<div class="stack-wide">${heading(t('adv.look'))}<p>${t('adv.none')}</p></div>`;
  const allLooks = data.looks.filter(({ grant }) => grant === current.grant);
  const shown = allLooks.slice(0, stage.local.all ? allLooks.length : FIRST_SHOWN);
  const ended = isOver(current);
  const renew = () =>
    openWordsSheet(stage, {
      title: t('adv.renew'),
      lead: t('adv.agree_words'),
      go: t('adv.renew'),
      onSubmit: async (words) => {
        const renewed = await stage.app.renewGrant(current.grant, { words });
        stage.refresh('grants');
        stage.refresh('sees:');
        stage.announce(t('adv.renewed', { day: dateText(renewed.not_after) }));
        stage.stand({ name: 'advocates' });
      },
    });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(html`<bdi>${current.name}</bdi>`)}<p class="soft">${joinWithDots([
      current.organisation,
      scopeText(stage, current.said),
    ])}</p></div>
    ${errorSummary(stage)}
    <section class="stack-close"><h2>${t('adv.look')}</h2>
      ${
        data.offline
          ? html`<p>${t('adv.looks_offline')}</p>`
          : allLooks.length
            ? html`<p class="soft small">${t('adv.looks_lead')}</p><ul class="rows">${shown.map(
                ({ at, what: action }) =>
                  html`<li class="page-item">${dateTimeText(at)} · ${t(`adv.look_${action}`)}</li>`,
              )}</ul>
        ${
          shown.length < allLooks.length
            ? html`<div>${button(t('adv.looks_more'), () => stage.set({ all: true }), { plain: true })}</div>`
            : nothing
        }`
            : html`<p>${t('adv.looks_none')}</p>`
      }</section>
    ${
      ended || current.changed || data.offline
        ? nothing
        : html`${
            current.not_after - Date.now() <= RENEWAL_WINDOW_MS
              ? button(t('adv.renew'), renew, { main: true, wide: true, busy: stage.runningTask === 'renew' })
              : nothing
          }
      <div class="rows"><div>${row({
        title: t('adv.less'),
        icon: 'cross',
        expanded: Boolean(stage.local.less),
        onClick: () => stage.set({ less: stage.local.less ? null : initialNarrowing(current) }),
        body: stage.local.less ? narrowForm(stage, current) : nothing,
      })}</div></div>`
    }
    ${ended ? nothing : html`<div>${button(t('adv.end'), () => askToEnd(stage, current), { plain: true })}</div>`}
  </div>`;
}

const initialNarrowing = ({ said: terms }: GrantView) => ({
  rights: [...terms.rights],
  restricted: terms.restricted,
  days: '',
  some: 'records' in terms.scope,
});

function narrowForm(stage: Stage, grant: GrantView) {
  const form = stage.local.less;
  const daysLeft = Math.floor((grant.not_after - Date.now()) / DAY_MS);
  const dayChoices = [1, 7, 14, 30, 90].filter((days) => days < daysLeft);
  const setRight = (right: string, isOn: boolean) => {
    form.rights = grant.said.rights.filter((known) => (known === right ? isOn : form.rights.includes(known)));
    stage.draw();
  };
  stage.local.records ??= 'records' in grant.said.scope ? [...grant.said.scope.records] : null;
  const allowed = 'records' in grant.said.scope ? new Set(grant.said.scope.records) : null;
  const save = () => {
    const scope = form.some ? { scope: { records: stage.local.records ?? [] } } : {};
    if (form.some && !stage.local.records?.length) return stage.fail({ code: 'none', sentence: t('adv.some_need') });
    return openWordsSheet(stage, {
      title: t('adv.less'),
      lead: t('adv.agree_words'),
      go: t('adv.less_do'),
      onSubmit: async (words) => {
        await stage.app.narrowGrant(
          grant.grant,
          {
            rights: form.rights,
            restricted: form.restricted,
            ...scope,
            ...(form.days ? { not_after: Date.now() + Number(form.days) * DAY_MS } : {}),
          },
          { words },
        );
        for (const prefix of ['grants', 'sees:']) stage.refresh(prefix);
        stage.announce(t('adv.less_done'));
        stage.stand({ name: 'advocates' });
      },
    });
  };
  return html`<p>${t('adv.less_lead')}</p>
    ${(['comment', 'pack'] as const)
      .filter((right) => grant.said.rights.includes(right))
      .map((right) =>
        checkbox({
          id: `less-${right}`,
          label: lookUp(`adv.right_${right}`),
          checked: form.rights.includes(right),
          onChange: (isOn) => setRight(right, isOn),
        }),
      )}
    ${
      grant.said.restricted
        ? checkbox({
            id: 'less-apart',
            label: t('adv.apart'),
            checked: form.restricted,
            onChange: (restricted) => {
              form.restricted = restricted;
              stage.draw();
            },
          })
        : nothing
    }
    ${
      allowed
        ? nothing
        : checkbox({
            id: 'less-some',
            label: t('adv.less_entries'),
            checked: form.some,
            onChange: (some) => {
              form.some = some;
              stage.set({ records: some ? [] : null });
            },
          })
    }
    ${form.some ? entryPicker(stage, allowed) : nothing}
    ${
      dayChoices.length
        ? chips({
            name: 'less-end',
            legend: t('adv.less_end'),
            choices: [
              ['', t('adv.less_keep', { day: dateText(grant.not_after) })],
              ...dayChoices.map((days) => [String(days), tn('adv.less_days', days)] as [string, string]),
            ],
            chosen: [form.days],
            onChange: (days) => {
              form.days = days;
              stage.draw();
            },
          })
        : nothing
    }
    <div>${button(t('adv.less_do'), save, { main: true, busy: stage.runningTask === 'less' })}</div>`;
}

export const views = { advocates: advocatesView, looks: looksView, letin: grantView, asked: questionsView };
