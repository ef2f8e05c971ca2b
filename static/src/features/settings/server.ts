/** Compare this phone's check line with another device's or with paper, and this phone's data with the server's. */
import { html, nothing } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress, problemSentence, troublesOf } from '../../components/parts.js';
import { dateText } from '../../components/text/formatting.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { DiaryAccount } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

type CompareLines = { now: DiaryAccount | null; earlier: DiaryAccount[] };

// A diary used for years has one line per week; nobody compares all of them at once.
const MAX_SHOWN = 12;

function compareLine({ entries, at, code }: DiaryAccount) {
  return t('server.line', {
    entries: tn('server.entries', entries),
    day: dateText(at),
    code: `${code.slice(0, 3)} ${code.slice(3)}`,
  });
}

function serverView(stage: Stage) {
  const { local } = stage;
  if (!local.accounts && stage.runningTask !== 'accounts' && !stage.problem) {
    local.of = stage.state.entries;
    void stage.run('accounts', async () => {
      local.accounts = await stage.app.diaryAccounts();
    });
  } else if (local.accounts && local.of !== stage.state.entries) {
    // Entries that were on their way have arrived; the old line would look as if something were missing.
    local.of = stage.state.entries;
    void Promise.resolve(stage.app.diaryAccounts())
      .then((latest) => {
        local.accounts = latest;
        stage.draw();
      })
      .catch(() => undefined);
  }
  const accounts = local.accounts as CompareLines | undefined;
  const trouble = stage.state.account?.trouble;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('server.title'))}<p class="soft">${t('server.lead')}</p></div>
    ${errorSummary(stage)}
    ${troublesOf(stage).map((item) => html`<p class="state-trouble">${problemSentence(item)}</p>`)}
    ${accounts ? compareLines(stage, accounts) : html`<p role="status">${t('frame.loading')}</p>`}
    ${
      trouble?.code === 'wrong_notary'
        ? unknownKeyForm(stage)
        : stage.state.account?.registered && accounts && stage.runningTask !== 'accounts'
          ? compareForm(stage)
          : nothing
    }
    ${stage.state.account?.witnessed ? witnessList(stage.state.account.witnessed) : nothing}
    <div class="stack-close"><h2>${t('server.page_title')}</h2><p>${t('server.page_lead')}</p><p
      class="soft">${t('server.page_limit')}</p></div>
  </div>`;
}

/** The outside witnesses that have seen the server's public list. */
function witnessList({ names }: { names: string[] }) {
  return html`<div class="stack-close"><h2>${t('server.seen_title')}</h2><p class="soft">${t('server.seen_lead')}</p>
    <p>${
      names.length ? tn('server.seen', names.length, { names: names.join(', ') }) : t('server.seen_none')
    }</p></div>`;
}

function compareLines(stage: Stage, { now, earlier }: CompareLines) {
  if (!now) return html`<p>${t('server.none')}</p>`;
  const visible = stage.local.all ? earlier : earlier.slice(0, MAX_SHOWN);
  return html`<div class="stack-close"><h2>${t('server.now')}</h2><p class="card letters">${compareLine(now)}</p></div>
    ${
      earlier.length
        ? html`<div class="stack-close"><h2>${t('server.earlier')}</h2><p class="soft">${t('server.earlier_lead')}</p>
      <ul class="rows">${visible.map((item) => html`<li class="page-item">${compareLine(item)}</li>`)}</ul>
      ${
        visible.length < earlier.length
          ? html`<div>${button(t('card.more'), () => stage.set({ all: true }), { plain: true })}</div>`
          : nothing
      }</div>`
        : nothing
    }`;
}

/** What to do about an unknown notary key. The keeper types the letters that a person gave them. */
function unknownKeyForm(stage: Stage) {
  const { local } = stage;
  if (local.known === undefined && stage.runningTask !== 'known')
    void stage.run('known', async () => {
      local.known = await stage.app.knownKey();
    });
  const accept = () => {
    if (!local.letters?.trim()) return stage.set({ lacking: true });
    return stage.run('accept', async () => {
      await stage.app.acceptKey(local.letters);
      stage.set({ letters: '', lacking: false, accepted: true });
    });
  };
  return html`<div class="stack"><h2>${t('server.key_title')}</h2><p>${t('server.key_lead')}</p><p>${t(
    'server.key_ask',
  )}</p><p>${t('server.key_not')}</p>
    ${
      local.known
        ? html`<p class="soft">${t('server.key_old')} <span class="letters">${local.known}</span></p>`
        : nothing
    }
    ${
      local.accepted
        ? html`<p role="status">${t('server.key_done')}</p>`
        : html`${textField({
            id: 'letters',
            label: t('server.key_field'),
            hint: t('server.key_hint'),
            value: local.letters ?? '',
            onEnter: accept,
            error: local.lacking ? t('server.key_none') : null,
            onChange: (letters) => {
              local.letters = letters;
            },
          })}
      <div>${button(t('server.key_go'), accept, { main: true, busy: stage.runningTask === 'accept' })}</div>`
    }</div>`;
}

function compareForm(stage: Stage) {
  const { local } = stage;
  const compare = () =>
    stage.run('look', async () => {
      local.compared = null;
      local.compared = await stage.app.lookAtServer((done, total) => {
        local.read = { done, total };
        stage.draw();
      });
    });
  const sendAgain = () =>
    stage.run('again', async () => {
      await stage.app.sendAgain();
      local.compared = null;
      stage.set({ sent: true });
    });
  if (stage.runningTask === 'look')
    return progress({ label: t('server.checking'), done: local.read?.done ?? 0, total: local.read?.total ?? 1 });
  return html`<div class="stack">
    <div role="status" class="stack-close">${
      local.sent
        ? html`<p>${t('server.sent')}</p>`
        : local.compared
          ? compareResult(local.compared, Boolean(stage.state.account?.trouble))
          : nothing
    }</div>
    ${
      local.compared && (local.compared.missing || stage.state.account?.trouble) && !local.sent
        ? html`<p class="soft">${t(local.compared.missing ? 'server.again_lead' : 'server.order_lead')}</p>
      <div>${button(t(local.compared.missing ? 'server.again' : 'server.order'), sendAgain, {
        main: true,
        busy: stage.runningTask === 'again',
      })}</div>`
        : html`<div>${button(t('server.check'), compare, {})}</div>`
    }
  </div>`;
}

function compareResult({ missing, extra }: { missing: number; extra: number }, isTroubled: boolean) {
  if (!missing && !extra) return isTroubled ? nothing : html`<p>${t('server.same')}</p>`;
  return html`${missing ? html`<p>${tn('server.missing', missing)}</p>` : nothing}${
    extra ? html`<p>${tn('server.extra', extra)}</p>` : nothing
  }`;
}

export const views = { server: serverView };
