/**
 * Write down what a client tells in a call or a meeting. It is sealed to the client and signed by the advocate; only
 * the client turns it into an entry. For somebody under 18 nothing is chosen from lists, and each question is
 * recorded as it was asked.
 */
import { TALK_KINDS, OWN_PROMPT, PROMPTS } from '../../crypto/sharing/letters.js';
import { checkbox, chips, selectField, textField } from '../../components/forms/fields.js';
import { html, nothing } from '../../shell/html.js';
import { button, errorSummary, heading } from '../../components/parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { timeBlockOf, whenField } from '../../components/forms/time_field.js';
import { phoneZone } from '../../record/times.js';
import '../../components/words.js';
import '../words.js';
import '../../features/assisted/words.js';
import type { Stage } from '../types.js';
import type { ChosenTime } from '../../shell/app.js';

type Turn = { asked: string; words: string; said: string };
type Writing = {
  under: boolean;
  how: string;
  by: string;
  read: boolean;
  when: ChosenTime;
  turns: Turn[];
  held_at: number;
};

const INITIALS = 4;

function assist(stage: Stage) {
  const { local, state } = stage;
  const writing = (local.writing ??= {
    under: false,
    how: '',
    by: initials(state.you?.name ?? ''),
    read: false,
    when: { chip: null, picked: null },
    turns: [{ asked: '', words: '', said: '' }],
    held_at: Date.now(),
  }) as Writing;
  const update = (change: Partial<Writing>) => {
    Object.assign(writing, change);
    stage.draw();
  };
  const missing = missingInput(writing);
  return html`<div class="stack-wide">${heading(t('desk.assist'))}${errorSummary(stage)}
    <div class="note stack-close"><p>${t('desk.assist_lead', {
      name: state.client?.name ?? '',
    })}</p><p class="small">${t('desk.assist_here')}</p></div>
    ${checkbox({
      id: 'under',
      label: t('desk.assist_under'),
      checked: writing.under,
      onChange: (under) => update({ under }),
    })}
    ${chips({
      name: 'how',
      legend: t('desk.assist_how'),
      choices: TALK_KINDS.map((how) => [how, lookUp(`desk.how_${how}`)]),
      chosen: [writing.how],
      onChange: (how) => update({ how }),
    })}
    ${whenField({
      when: writing.when,
      saved: null,
      showMissing: Boolean(local.tried),
      legend: t('asst.when'),
      onChange: (when) => update({ when }),
    })}
    ${writing.turns.map((turn, i) => turnField(stage, writing, turn, i))}
    <div>${button(
      t('desk.assist_more'),
      () =>
        update({
          turns: [...writing.turns, { asked: writing.under ? 'what_happened_next' : '', words: '', said: '' }],
        }),
      { plain: true, icon: 'add' },
    )}</div>
    ${textField({
      id: 'by',
      label: t('desk.assist_by'),
      hint: t('desk.assist_by_hint'),
      value: writing.by,
      onChange: (by) => {
        writing.by = by;
      },
    })}
    ${checkbox({
      id: 'read',
      label: t('desk.assist_read'),
      checked: writing.read,
      onChange: (read) => update({ read }),
    })}
    ${local.tried && missing ? html`<p class="error" role="alert">${t(`desk.assist_${missing}`)}</p>` : nothing}
    <div>${button(t('desk.assist_send'), () => send(stage, writing), {
      main: true,
      busy: stage.runningTask === 'assist',
    })}</div></div>`;
}

/** One question and its answer, in the client's own words. */
function turnField(stage: Stage, writing: Writing, turn: Turn, i: number) {
  const prompts = [...PROMPTS, OWN_PROMPT].map(
    (prompt) =>
      [prompt, String(lookUp(prompt === OWN_PROMPT ? 'desk.assist_own' : `asst.p.${prompt}`))] as [string, string],
  );
  return html`<div class="card stack">
    ${selectField({
      id: `asked-${i}`,
      label: t('desk.assist_asked'),
      emptyLabel: String(t(writing.under ? 'desk.assist_choose' : 'desk.assist_unasked')),
      choices: prompts,
      value: turn.asked,
      onChange: (prompt) => {
        turn.asked = prompt;
        stage.draw();
      },
    })}
    ${
      turn.asked === OWN_PROMPT
        ? textField({
            id: `words-${i}`,
            label: t('desk.assist_words'),
            value: turn.words,
            onChange: (words) => {
              turn.words = words;
            },
          })
        : nothing
    }
    ${textField({
      id: `said-${i}`,
      label: t('desk.assist_said'),
      textarea: 'big',
      value: turn.said,
      onChange: (answered) => {
        turn.said = answered;
      },
    })}</div>`;
}

/** The first missing input; '' if none. */
function missingInput({ under, how, by, turns }: Writing) {
  if (!how) return 'need_how';
  if (!turns.some(({ said: answered }) => answered.trim())) return 'need_words';
  if (turns.some(({ asked, words }) => (under && !asked) || (asked === OWN_PROMPT && !words.trim())))
    return 'need_asked';
  return /^\p{L}[\p{L} .'-]{0,11}$/u.test(by.trim()) ? '' : 'need_by';
}

function send(stage: Stage, writing: Writing) {
  const when = timeBlockOf(writing.when, Date.now());
  if (missingInput(writing) || (writing.when.chip && !when)) return stage.set({ tried: true });
  const { under, how, by, read, turns, held_at } = writing;
  const answered = turns.filter((turn) => turn.said.trim() || turn.asked);
  const tz = phoneZone();
  const incident = Object.fromEntries(
    Object.entries(when ?? { precision: 'unknown', tz }).filter(([, value]) => value !== null && value !== undefined),
  );
  const fields = {
    by: by.trim(),
    held_at,
    how,
    incident,
    read_back: read,
    turns: answered.map(({ asked, words, said: text }) => ({
      asked,
      said: text.trim(),
      words: asked === OWN_PROMPT ? words.trim() : '',
    })),
    tz,
    under_18: under,
  };
  return stage.run('assist', async () => {
    await stage.app.writeLetter('assisted', fields);
    stage.stand({ name: 'entries' });
    stage.local.line = t('desk.assist_sent');
    stage.announce(String(t('desk.assist_sent')));
  });
}

export function initials(name: string) {
  return name
    .split(/\s+/)
    .map((part) => [...part][0] ?? '')
    .filter((letter) => /\p{L}/u.test(letter))
    .join('')
    .toUpperCase()
    .slice(0, INITIALS);
}

export const views = { assist };
