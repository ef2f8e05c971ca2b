/** The organisation, for its leaders. */
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading, problemSentence } from '../../components/parts.js';
import { t, tn } from '../../shell/strings.js';
import { openWordsSheet } from '../../components/forms/words_sheet.js';
import '../../components/words.js';
import '../words.js';
import '../../features/entries/words.js';
import type { Member } from '../../net/clients.js';
import type { Stage } from '../types.js';

function organisation(stage: Stage) {
  const result = stage.find('organisation', () => stage.app.readOrganisation());
  if (!result.data)
    return html`<div class="stack">${heading(t('desk.tab_organisation'))}<p role="status">${
      result.problem ? problemSentence(result.problem) : t('frame.loading')
    }</p>
    ${
      result.problem ? html`<div>${button(t('desk.reload'), () => stage.refresh('organisation'))}</div>` : nothing
    }</div>`;
  const { name, numbers, members } = result.data;
  const { local } = stage;
  const invite = () =>
    openWordsSheet(stage, {
      title: t('desk.invite_do'),
      lead: t('desk.typed'),
      go: t('desk.invite_do'),
      label: t('desk.words'),
      onSubmit: async (words) => stage.set({ invite: await stage.app.inviteMember({ words }) }),
    });
  return html`<div class="stack-wide">${heading(html`<bdi>${name}</bdi>`)}${errorSummary(stage)}
    <p class="soft">${t('desk.org_lead')}</p>
    <dl class="facts facts-close card">${(['members', 'grants', 'ending', 'packs'] as const).map(
      (figure) => html`<div><dt>${t(`desk.${figure}`)}</dt><dd>${numbers[figure]}</dd></div>`,
    )}</dl>
    <section class="stack"><h2>${t('desk.members')}</h2>
      <ul class="plain desk-members">${members.map(
        (member) => html`<li class="row apart"><span><bdi>${member.name}</bdi>${
          member.leads ? html` <span class="small soft">(${t('desk.leads')})</span>` : nothing
        }${member.here ? html` <span class="small soft">(${t('desk.it_is_you')})</span>` : nothing}</span>
        ${member.here ? nothing : endButton(stage, member)}</li>`,
      )}</ul>
      ${
        local.invite
          ? html`<div class="note stack-close" role="status"><p class="desk-secret hex" dir="ltr"
            translate="no">${local.invite}</p><p class="small">${t('desk.invite_shown')}</p></div>`
          : nothing
      }
      <div>${button(t('desk.invite_do'), invite, { icon: 'add', busy: stage.runningTask === 'words' })}</div></section>
    ${looksExport(stage)}</div>`;
}

/** The button by a member. Somebody who cannot see the row hears whose membership it ends. */
const endButton = (stage: Stage, member: Member) =>
  button(
    html`${t('desk.end_member')}<span class="unseen"> (<bdi>${member.name}</bdi>)</span>`,
    () => confirmEndMember(stage, member),
    { plain: true },
  );

function looksExport(stage: Stage) {
  const { made: exported } = stage.local;
  const exportLooks = () => stage.run('table', async () => stage.set({ made: await stage.app.exportLooks() }));
  return html`<section class="stack"><h2>${t('desk.export')}</h2><p class="small soft">${t('desk.export_lead')}</p>
    <div class="row">${
      exported
        ? html`<a class="button button-main" href=${exported.url}
          download="looks.csv"><span>${t('desk.export_save')}</span></a><span
            class="small soft">${tn('desk.export_many', exported.many)}</span>`
        : button(t('desk.export_do'), exportLooks, { busy: stage.runningTask === 'table' })
    }</div></section>`;
}

const confirmEndMember = (stage: Stage, member: Member) =>
  openWordsSheet(stage, {
    title: t('desk.end_member'),
    lead: t('desk.end_ask', { name: member.name }),
    go: t('desk.end_do'),
    label: t('desk.words'),
    onSubmit: async (words) => {
      await stage.app.endMember(member.member, { words });
      stage.refresh('organisation');
      stage.announce(t('desk.member_gone'));
    },
  });

export const views = { organisation };
