/** Advocates: who can see what and when they looked; renew, narrow and end a grant. */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips } from '../../components/forms/fields.js';
import { button, errorSummary, heading, row, waiting } from '../../components/parts.js';
import { day, lately, momentSaid } from '../../components/text/say.js';
import { dotted, lookUp, t, tn } from '../../shell/strings.js';
import { letIn } from './advocates_grant.js';
import { openWords } from '../../components/forms/words_sheet.js';
import { ownWords, scopeSaid, whatItIs } from './advocates_parts.js';
import { askedPlace } from './advocates_entry.js';
import { choosingEntries } from '../../components/forms/choose_entries.js';
import '../../components/words.js';
import './words.js';
import type { LetIn, LetInList, Problem } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const DAY = 86_400_000;
const RENEW = 7 * DAY;
const SHOWN = 30;

const isOver = (one: LetIn) => one.ended_at !== null || one.left || one.not_after <= Date.now();

const grantsFound = (stage: Stage): { data?: LetInList; problem?: Problem } =>
  stage.find('grants', () => stage.app.readGrants());

function advocates(stage: Stage) {
  if (!stage.state.account?.registered) {
    return html`<div class="stack-wide"><div
      class="stack-close">${heading(t('adv.title'))}<p>${t('adv.lead')}</p></div><p>${t('adv.needs_copy')}</p>
      ${button(t('copy.title'), () => stage.go({ name: 'copy' }), { main: true, wide: true })}</div>`;
  }
  const { data, problem } = grantsFound(stage);
  if (!data && !problem) return waiting();
  const grants = data?.grants ?? [];
  const standing = grants.filter((one) => !isOver(one));
  const over = grants.filter(isOver);
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('adv.title'))}<p>${t('adv.lead')}</p></div>
    ${errorSummary(stage)}
    ${data?.offline || problem ? html`<p class="soft" role="status">${t('adv.offline')}</p>` : nothing}
    ${
      standing.length
        ? html`<ul class="stack">${standing.map((one) => card(stage, one))}</ul>`
        : html`<p>${t('adv.none')}</p>`
    }
    ${button(t('adv.new'), () => stage.go({ name: 'letin' }), { main: !standing.length, wide: true })}
    ${standing.length ? nothing : whatItIs()}
    ${
      over.length
        ? html`<section class="stack-close"><h2>${t('adv.over')}</h2><ul
          class="rows">${over.map((one) => overRow(stage, one))}</ul></section>`
        : nothing
    }
    ${grants.length && !data?.offline ? lookingAgain(stage) : nothing}
    ${ownWords(stage)}
  </div>`;
}

function lookingAgain(stage: Stage) {
  const look = () =>
    stage.run('again', async () => {
      const found = await stage.app.lookAgain();
      stage.refresh('asked');
      stage.say(found ? tn('adv.again_found', found) : t('adv.again_none'));
      stage.set({ again: found });
    });
  const { again } = stage.local;
  return html`<section class="stack-close"><h2>${t('adv.again')}</h2><p class="small soft">${t('adv.again_lead')}</p>
    ${
      again === undefined
        ? nothing
        : html`<p role="status">${again ? tn('adv.again_found', again) : t('adv.again_none')}</p>`
    }
    <div>${button(t('adv.again_do'), look, { plain: true, busy: stage.running === 'again' })}</div></section>`;
}

function endsSaid({ not_after: until }: LetIn) {
  const left = Math.floor((until - Date.now()) / DAY);
  if (left > 6) return t('adv.ends', { day: day(until) });
  return left < 1 ? t('adv.ends_today') : tn('adv.ends_soon', left);
}

function card(stage: Stage, one: LetIn) {
  const { said } = one;
  const more = [
    said.restricted ? t('adv.sees_apart') : '',
    said.rights.includes('comment') ? t('adv.may_comment') : '',
    said.rights.includes('pack') ? t('adv.may_pack') : '',
  ].filter(Boolean);
  const soon = one.not_after - Date.now() <= RENEW;
  return html`<li><article class="card stack-close" data-grant=${one.grant}>
    <h2>${t('adv.sees', { name: one.name })}</h2>
    <p>${
      one.looked_at ? t('adv.looked', { when: lately(one.looked_at, Date.now()) }) : t('adv.looked_not')
    } ${t('adv.danger')}</p>
    <p class="small">${dotted([scopeSaid(stage, said), ...more])}</p>
    <p class="small soft">${dotted([
      one.organisation,
      t('adv.agree_for', { purpose: said.purpose }),
      endsSaid(one),
    ])}</p>
    ${
      one.changed
        ? html`<div class="note care stack-close"
          role="status"><h3>${t('adv.changed_title')}</h3><p>${t('adv.changed', { name: one.name })}</p>
      <div>${button(t('adv.changed_do'), () => stage.go({ name: 'letin', of: one.grant }), {
        main: true,
      })}</div></div>`
        : nothing
    }
    <div class="row">${button(
      t(soon && !one.changed ? 'adv.look_renew' : 'adv.look'),
      () => {
        stage.refresh('grants');
        stage.go({ name: 'looks', record: one.grant });
      },
      { plain: true },
    )}
      ${button(t('adv.end'), () => ending(stage, one), { plain: true })}</div>
  </article></li>`;
}

function overRow(stage: Stage, one: LetIn) {
  const text = one.left
    ? t('adv.left', { name: one.name })
    : one.ended_at !== null
      ? t(one.mine ? 'adv.over_ended' : 'adv.over_theirs', { when: momentSaid(one.ended_at) })
      : t('adv.over_ran', { when: momentSaid(one.not_after) });
  return html`<li class="page-item stack-close" data-over=${one.grant}><p><strong
    dir="auto">${one.name}</strong> <span class="small soft" dir="auto">${one.organisation}</span></p><p
      class="small">${text}</p>
    ${
      one.unheard
        ? html`<p class="care small" role="status">${t('adv.unheard')}</p><div>${button(
            t('adv.unheard_do'),
            () => endingThere(stage, one),
            { main: true },
          )}</div>`
        : nothing
    }
    <div>${button(t('adv.look'), () => stage.go({ name: 'looks', record: one.grant }), { plain: true })}</div></li>`;
}

const ending = (stage: Stage, one: LetIn) =>
  openWords(stage, {
    title: t('adv.end_title', { name: one.name }),
    lead: t('adv.end_lead'),
    go: t('adv.end_do'),
    more: stage.state.offline ? html`<p class="care">${t('adv.end_offline')}</p>` : nothing,
    act: async (words) => {
      const { heard } = await stage.app.endGrant(one.grant, { words });
      for (const what of ['grants', 'sees:', 'asked']) stage.refresh(what);
      stage.say(t(heard ? 'adv.ended' : 'adv.ended_here'));
      if (stage.place.name === 'looks') stage.back('advocates');
    },
  });

/** Retry on the server: the grant ended on this phone only. */
const endingThere = (stage: Stage, one: LetIn) =>
  openWords(stage, {
    title: t('adv.unheard_do'),
    lead: t('adv.unheard'),
    go: t('adv.unheard_do'),
    act: async (words) => {
      const { heard } = await stage.app.endGrant(one.grant, { words });
      stage.refresh('grants');
      stage.say(t(heard ? 'adv.ended' : 'adv.ended_here'));
    },
  });

/** Show when one advocate looked, and how to change the grant. */
function looks(stage: Stage) {
  const { data } = grantsFound(stage);
  if (!data) return waiting();
  const one = data.grants.find(({ grant }) => grant === stage.place.record);
  if (!one) return html`<div class="stack-wide">${heading(t('adv.look'))}<p>${t('adv.none')}</p></div>`;
  const all = data.looks.filter(({ grant }) => grant === one.grant);
  const shown = all.slice(0, stage.local.all ? all.length : SHOWN);
  const over = isOver(one);
  const renew = () =>
    openWords(stage, {
      title: t('adv.renew'),
      lead: t('adv.agree_words'),
      go: t('adv.renew'),
      act: async (words) => {
        const made = await stage.app.renewGrant(one.grant, { words });
        stage.refresh('grants');
        stage.refresh('sees:');
        stage.say(t('adv.renewed', { day: day(made.not_after) }));
        stage.stand({ name: 'advocates' });
      },
    });
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(html`<bdi>${one.name}</bdi>`)}<p class="soft">${dotted([
      one.organisation,
      scopeSaid(stage, one.said),
    ])}</p></div>
    ${errorSummary(stage)}
    <section class="stack-close"><h2>${t('adv.look')}</h2>
      ${
        data.offline
          ? html`<p>${t('adv.looks_offline')}</p>`
          : all.length
            ? html`<p class="soft small">${t('adv.looks_lead')}</p><ul class="rows">${shown.map(
                ({ at, what }) => html`<li class="page-item">${momentSaid(at)} · ${t(`adv.look_${what}`)}</li>`,
              )}</ul>
        ${
          shown.length < all.length
            ? html`<div>${button(t('adv.looks_more'), () => stage.set({ all: true }), { plain: true })}</div>`
            : nothing
        }`
            : html`<p>${t('adv.looks_none')}</p>`
      }</section>
    ${
      over || one.changed || data.offline
        ? nothing
        : html`${
            one.not_after - Date.now() <= RENEW
              ? button(t('adv.renew'), renew, { main: true, wide: true, busy: stage.running === 'renew' })
              : nothing
          }
      <div class="rows"><div>${row({
        title: t('adv.less'),
        icon: 'cross',
        expanded: Boolean(stage.local.less),
        on: () => stage.set({ less: stage.local.less ? null : lessOf(one) }),
        body: stage.local.less ? less(stage, one) : nothing,
      })}</div></div>`
    }
    ${over ? nothing : html`<div>${button(t('adv.end'), () => ending(stage, one), { plain: true })}</div>`}
  </div>`;
}

const lessOf = ({ said }: LetIn) => ({
  rights: [...said.rights],
  restricted: said.restricted,
  days: '',
  some: 'records' in said.scope,
});

function less(stage: Stage, one: LetIn) {
  const typed = stage.local.less;
  const left = Math.floor((one.not_after - Date.now()) / DAY);
  const ends = [1, 7, 14, 30, 90].filter((days) => days < left);
  const tick = (right: string, on: boolean) => {
    typed.rights = one.said.rights.filter((was) => (was === right ? on : typed.rights.includes(was)));
    stage.draw();
  };
  stage.local.records ??= 'records' in one.said.scope ? [...one.said.scope.records] : null;
  const within = 'records' in one.said.scope ? new Set(one.said.scope.records) : null;
  const save = () => {
    const scope = typed.some ? { scope: { records: stage.local.records ?? [] } } : {};
    if (typed.some && !stage.local.records?.length) return stage.fail({ code: 'none', sentence: t('adv.some_need') });
    return openWords(stage, {
      title: t('adv.less'),
      lead: t('adv.agree_words'),
      go: t('adv.less_do'),
      act: async (words) => {
        await stage.app.narrowGrant(
          one.grant,
          {
            rights: typed.rights,
            restricted: typed.restricted,
            ...scope,
            ...(typed.days ? { not_after: Date.now() + Number(typed.days) * DAY } : {}),
          },
          { words },
        );
        for (const what of ['grants', 'sees:']) stage.refresh(what);
        stage.say(t('adv.less_done'));
        stage.stand({ name: 'advocates' });
      },
    });
  };
  return html`<p>${t('adv.less_lead')}</p>
    ${(['comment', 'pack'] as const)
      .filter((right) => one.said.rights.includes(right))
      .map((right) =>
        checkbox({
          id: `less-${right}`,
          label: lookUp(`adv.right_${right}`),
          checked: typed.rights.includes(right),
          on: (on) => tick(right, on),
        }),
      )}
    ${
      one.said.restricted
        ? checkbox({
            id: 'less-apart',
            label: t('adv.apart'),
            checked: typed.restricted,
            on: (restricted) => {
              typed.restricted = restricted;
              stage.draw();
            },
          })
        : nothing
    }
    ${
      within
        ? nothing
        : checkbox({
            id: 'less-some',
            label: t('adv.less_entries'),
            checked: typed.some,
            on: (some) => {
              typed.some = some;
              stage.set({ records: some ? [] : null });
            },
          })
    }
    ${typed.some ? choosingEntries(stage, within) : nothing}
    ${
      ends.length
        ? chips({
            name: 'less-end',
            legend: t('adv.less_end'),
            choices: [
              ['', t('adv.less_keep', { day: day(one.not_after) })],
              ...ends.map((days) => [String(days), tn('adv.less_days', days)] as [string, string]),
            ],
            chosen: [typed.days],
            on: (days) => {
              typed.days = days;
              stage.draw();
            },
          })
        : nothing
    }
    <div>${button(t('adv.less_do'), save, { main: true, busy: stage.running === 'less' })}</div>`;
}

export const views = { advocates, looks, letin: letIn, asked: askedPlace };
