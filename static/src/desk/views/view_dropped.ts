/** A file that was dropped at the desk: whose diary it is for is asked before anything of it is read. */
import { checkbox, selectField, textField } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { t, tn } from '../../shell/strings.js';
import { DESK_FILE_LIMIT } from '../desk_files.js';
import { initials } from './view_assist.js';
import '../../components/words.js';
import '../words.js';
import type { Stage } from '../types.js';

type Answers = { files: File[]; grant: string; source: string; by: string; agreed: boolean };

const WRITER = /^\p{L}[\p{L} .'-]{0,11}$/u;

/** Show the question about files that were dropped or chosen. They are held as names; their bytes stay unread. */
export function askWhose(stage: Stage, files: readonly File[]) {
  if (!files.length) return;
  stage.go({ name: 'dropped' });
  const by = initials(stage.state.you?.name ?? '');
  stage.set({ dropped: { files: [...files], grant: '', source: '', by, agreed: false } satisfies Answers });
}

function dropped(stage: Stage) {
  const { local, state } = stage;
  const answers = local.dropped as Answers | undefined;
  if (!answers)
    return html`<div class="stack-wide">${heading(t('desk.drop_title'))}<p>${t('desk.drop_none')}</p></div>`;
  const update = (change: Partial<Answers>) => {
    Object.assign(answers, change);
    stage.draw();
  };
  const clients = state.clients.filter(({ terms }) => terms.rights.includes('comment'));
  const missing = missingAnswer(answers);
  return html`<div class="stack-wide">${heading(t('desk.drop_title'))}${errorSummary(stage)}
    <div class="note stack-close"><p>${tn('desk.drop_lead', answers.files.length)}</p>
      <ul>${answers.files.map(({ name }) => html`<li><bdi>${name}</bdi></li>`)}</ul></div>
    ${clients.length ? nothing : html`<p class="care" role="status">${t('desk.drop_nobody')}</p>`}
    ${selectField({
      id: 'drop-client',
      label: t('desk.drop_client'),
      emptyLabel: String(t('desk.assist_choose')),
      choices: clients.map(({ grant, name }) => [grant, name] as [string, string]),
      value: answers.grant,
      onChange: (grant) => update({ grant }),
    })}
    ${textField({
      id: 'drop-source',
      label: t('desk.drop_source'),
      hint: t('desk.drop_source_hint'),
      value: answers.source,
      onChange: (source) => {
        answers.source = source;
      },
    })}
    ${textField({
      id: 'drop-by',
      label: t('desk.assist_by'),
      hint: t('desk.drop_by_hint'),
      value: answers.by,
      onChange: (by) => {
        answers.by = by;
      },
    })}
    <p>${t('desk.drop_child')}</p>
    ${checkbox({
      id: 'drop-agreed',
      label: t('desk.drop_agreed'),
      checked: answers.agreed,
      onChange: (agreed) => update({ agreed }),
    })}
    ${local.tried && missing ? html`<p class="error" role="alert">${t(`desk.drop_need_${missing}`)}</p>` : nothing}
    ${local.sending ? html`<p role="status">${local.sending}</p>` : nothing}
    <div class="row">${button(t('desk.drop_send'), () => send(stage, answers), {
      main: true,
      busy: stage.runningTask === 'drop',
    })}${button(t('desk.drop_not'), () => leave(stage, t('desk.drop_forgot')))}</div></div>`;
}

/** The first missing answer; '' if none. */
function missingAnswer({ files, grant, source, by, agreed }: Answers) {
  if (files.some(({ size }) => !size || size > DESK_FILE_LIMIT)) return 'small';
  if (!grant) return 'client';
  if (!source.trim()) return 'source';
  if (!WRITER.test(by.trim())) return 'by';
  return agreed ? '' : 'agreed';
}

function send(stage: Stage, answers: Answers) {
  if (missingAnswer(answers)) return stage.set({ tried: true });
  const said = { by: answers.by.trim(), source: answers.source.trim() };
  return stage.run('drop', async () => {
    // One that was sent is not sent again when a later one fails.
    for (let file = answers.files[0]; file; file = answers.files[0]) {
      const { name } = file;
      await stage.app.sendFile(answers.grant, file, said, (done, n) =>
        stage.set({ sending: t('desk.drop_sending', { name, done, n }) }),
      );
      answers.files.shift();
    }
    leave(stage, t('desk.drop_sent'));
  });
}

function leave(stage: Stage, line: ReturnType<typeof t>) {
  stage.stand({ name: stage.state.client ? 'entries' : 'clients' });
  stage.set({ line });
  stage.announce(String(line));
}

export const views = { dropped };
