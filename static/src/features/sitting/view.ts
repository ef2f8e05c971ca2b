/**
 * A sitting: the questions before it, what is noted and taken in during it, and what it collected. File names only; no
 * picture is drawn unless the advocate asks for one and turns the screen away.
 */
import { html, nothing } from '../../shell/html.js';
import { checkbox, chips, filePicker, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, loading, row, sheet } from '../../components/parts.js';
import { dateTimeText } from '../../components/text/formatting.js';
import { labelForCode, loadVocabulary } from '../../components/text/labels.js';
import { joinWithDots, lookUp, t, tn } from '../../shell/strings.js';
import { integerOf, objectsOf, textOf } from '../../record/reading.js';
import '../../components/words.js';
import './words.js';
import type { CollectedFile, Fields, SittingRead, SittingStart } from '../../diary/types.js';
import type { Stage } from '../../shell/stage.js';

const CHECKS = ['linked_devices', 'family_group', 'who_pays', 'tracker'] as const;
const FOUND = ['yes', 'no', 'not_looked', 'not_sure'];
const SOURCES = ['phone', 'account', 'export', 'paper', 'other'];
const LOOKED = ['all', 'part', 'none'];

const choicesOf = (list: string, codes: readonly string[]) =>
  codes.map((code) => [code, labelForCode(list, code)] as [string, string]);

function sittingView(stage: Stage) {
  loadVocabulary(stage);
  forgetLooked(stage);
  const { data: sittings } = stage.find('sittings', () => stage.app.readSittings());
  if (!sittings) return html`<div class="stack">${errorSummary(stage)}${loading()}</div>`;
  const going = sittings.filter(({ fields }) => integerOf(fields, 'ended_at') === null);
  const current = going[0];
  return html`<div class="stack-wide">${heading(t('sit.title'))}${errorSummary(stage)}${
    going.length > 1 ? html`<p class="care" role="status">${t('sit.two')}</p>` : nothing
  }${current ? goingView(stage, current) : startView(stage)}
    ${sittings.filter((sitting) => sitting !== current).map((sitting) => endedView(stage, sitting))}</div>`;
}

/** Run an act, then read the sittings again. */
function act(stage: Stage, task: string, work: () => Promise<unknown>) {
  return stage.run(task, async () => {
    await work();
    stage.refresh('sittings');
  });
}

function startView(stage: Stage) {
  const answers: SittingStart = (stage.local.start ??= {
    advocate: '',
    name: '',
    organisation: '',
    police: '',
    trackersLeft: false,
    childPicturesKnown: false,
    under18: null,
    leadName: '',
    keeperAgreed: false,
  });
  const put = (change: Partial<SittingStart>) => {
    Object.assign(answers, change);
    stage.draw();
  };
  const typed = (name: 'advocate' | 'name' | 'organisation' | 'leadName', label: string, hint?: string) =>
    textField({
      id: `sit-${name}`,
      label,
      ...(hint ? { hint } : {}),
      value: answers[name],
      onChange: (value: string) => {
        answers[name] = value;
      },
    });
  const agreed = (name: 'trackersLeft' | 'childPicturesKnown' | 'keeperAgreed', label: string) =>
    checkbox({ id: `sit-${name}`, label, checked: answers[name], onChange: (checked) => put({ [name]: checked }) });
  const start = () =>
    act(stage, 'start', async () => {
      await stage.app.startSitting(answers);
      stage.local.start = undefined;
      stage.arrived = true;
    });
  return html`<p>${t('sit.lead')}</p>
    <section class="card stack"><h2>${t('sit.before')}</h2>
      ${chips({
        name: 'sit-police',
        legend: t('sit.ask_police'),
        choices: choicesOf('sitting_police', ['no', 'asked_first']),
        chosen: answers.police ? [answers.police] : [],
        onChange: (police) => put({ police }),
      })}<p class="small soft">${t('sit.ask_police_more')}</p>
      ${agreed('trackersLeft', t('sit.ask_tracker'))}${agreed('childPicturesKnown', t('sit.ask_child'))}
      ${chips({
        name: 'sit-young',
        legend: t('sit.ask_young'),
        choices: choicesOf('yes_no', ['yes', 'no']),
        chosen: answers.under18 === null ? [] : [answers.under18 ? 'yes' : 'no'],
        onChange: (code) => put({ under18: code === 'yes' }),
      })}${answers.under18 ? typed('leadName', t('sit.ask_lead'), t('sit.ask_lead_hint')) : nothing}
      ${typed('advocate', t('sit.initials'), t('sit.initials_hint'))}${typed('name', t('sit.name'))}${typed(
        'organisation',
        t('sit.org'),
      )}
      ${agreed('keeperAgreed', t('sit.ask_keeper'))}<p class="small soft">${t('sit.ask_keeper_more')}</p>
      <div>${button(t('sit.start'), start, { main: true, busy: stage.runningTask === 'start' })}</div></section>`;
}

function goingView(stage: Stage, sitting: SittingRead) {
  const { record, fields, paused } = sitting;
  const pause = (isPaused: boolean) => act(stage, 'pause', () => stage.app.pauseSitting(record, isPaused));
  const end = () =>
    stage.openSheet(() =>
      sheet(
        stage,
        t('sit.end_title'),
        html`<p>${t('sit.end_lead')}</p><div class="row">${button(
          t('sit.end'),
          () => {
            stage.closeSheet();
            stage.arrived = true;
            void act(stage, 'end', () => stage.app.endSitting(record));
          },
          { main: true },
        )}${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>`,
      ),
    );
  return html`<p>${startedText(fields)} ${t('sit.trap')}</p>
    ${
      paused === null
        ? html`${sourcesView(stage, sitting)}${filesView(stage, sitting)}${checksView(stage, sitting)}`
        : html`<p role="status">${t('sit.paused', { at: dateTimeText(paused) })}</p>`
    }
    <div class="row">${button(t(paused === null ? 'sit.pause' : 'sit.resume'), () => pause(paused === null), {
      busy: stage.runningTask === 'pause',
    })}${button(t('sit.end'), end, { busy: stage.runningTask === 'end' })}</div>`;
}

const startedText = (fields: Fields) =>
  t('sit.started', { at: dateTimeText(integerOf(fields, 'started_at') ?? 0), by: textOf(fields, 'advocate') });

function sourceList({ fields }: SittingRead) {
  return html`<ul>${objectsOf(fields, 'sources').map(
    (source) =>
      html`<li><bdi>${textOf(source, 'name')}</bdi> <span class="small soft">${joinWithDots(
        [
          labelForCode('sitting_sources', textOf(source, 'kind')),
          labelForCode('sitting_looked', textOf(source, 'looked')),
          textOf(source, 'why'),
        ].filter(Boolean),
      )}</span></li>`,
  )}</ul>`;
}

function sourcesView(stage: Stage, sitting: SittingRead) {
  const source = (stage.local.source ??= { kind: '', name: '', looked: '', why: '' });
  const put = (change: Record<string, string>) => {
    Object.assign(source, change);
    stage.draw();
  };
  const save = () =>
    act(stage, 'source', async () => {
      await stage.app.noteSource(sitting.record, source);
      stage.local.source = undefined;
    });
  return html`<section class="stack"><h2>${t('sit.sources')}</h2>${sourceList(sitting)}
    <div class="card stack">${chips({
      name: 'sit-kind',
      legend: t('sit.source_kind'),
      choices: choicesOf('sitting_sources', SOURCES),
      chosen: source.kind ? [source.kind] : [],
      onChange: (kind) => put({ kind }),
    })}${textField({
      id: 'sit-source',
      label: t('sit.source_name'),
      value: source.name,
      onChange: (name: string) => {
        source.name = name;
      },
    })}${chips({
      name: 'sit-looked',
      legend: t('sit.looked'),
      choices: choicesOf('sitting_looked', LOOKED),
      chosen: source.looked ? [source.looked] : [],
      onChange: (looked) => put({ looked }),
    })}${textField({
      id: 'sit-why',
      label: t('sit.source_why'),
      value: source.why,
      onChange: (why: string) => {
        source.why = why;
      },
    })}<div>${button(t('sit.add_source'), save, { busy: stage.runningTask === 'source' })}</div></div></section>`;
}

function filesView(stage: Stage, sitting: SittingRead) {
  const names = objectsOf(sitting.fields, 'sources').map((source) => textOf(source, 'name'));
  const from = names.includes(stage.local.from) ? stage.local.from : '';
  return html`<section class="stack"><h2>${t('sit.files')}</h2><p class="small soft">${t('sit.files_lead')}</p>
    ${
      names.length
        ? chips({
            name: 'sit-from',
            legend: t('sit.from'),
            choices: names.map((name) => [name, name] as [string, string]),
            chosen: from ? [from] : [],
            onChange: (name) => stage.set({ from: name }),
          })
        : html`<p>${t('sit.from_none')}</p>`
    }
    ${
      from
        ? filePicker({
            label: t('sit.choose'),
            icon: 'file',
            multiple: true,
            onFiles: (files) => void takeIn(stage, sitting.record, from, files),
          })
        : nothing
    }
    ${stage.local.outcome ? html`<p role="status">${stage.local.outcome}</p>` : nothing}
    <p><strong>${tn('sit.collected', sitting.files.length)}</strong></p>
    <ul>${sitting.files.map(
      (file) =>
        html`<li class="row"><bdi>${file.name || t('file.unnamed')}</bdi>${
          file.isPicture ? button(t('sit.look'), () => look(stage, sitting.record, file), { plain: true }) : nothing
        }</li>`,
    )}</ul></section>`;
}

/** Take files in one after another: one that fails does not stop the rest. */
function takeIn(stage: Stage, sitting: string, source: string, files: readonly File[]) {
  return act(stage, 'collect', async () => {
    let [taken, same] = [0, 0];
    const failed: string[] = [];
    for (const file of files) {
      try {
        const result = await stage.app.collectFile(sitting, source, file, { route: 'files' });
        if (result.same) same++;
        else taken++;
      } catch {
        failed.push(file.name);
      }
    }
    stage.set({
      outcome: [
        tn('sit.done_taken', taken),
        same ? tn('sit.done_same', same) : '',
        ...failed.map((name) => t('sit.failed', { name })),
      ]
        .filter(Boolean)
        .join(' '),
    });
  });
}

/** Nothing is drawn until the advocate says that the keeper does not see the screen. */
function look(stage: Stage, sitting: string, file: CollectedFile) {
  const show = () =>
    stage.run('look', async () => {
      stage.local.looked = (await stage.app.lookInSitting(sitting, file.attachment)).url;
      stage.draw();
    });
  stage.openSheet(() =>
    sheet(
      stage,
      file.name || t('file.unnamed'),
      html`${
        stage.local.looked ? html`<img src=${stage.local.looked} alt="">` : html`<p>${t('sit.look_away')}</p>`
      }<div class="row">${
        stage.local.looked
          ? nothing
          : button(t('sit.look_show'), show, { main: true, busy: stage.runningTask === 'look' })
      }${button(t('frame.close'), () => stage.closeSheet(), { plain: true })}</div>`,
    ),
  );
}

/** Forget a picture once its sheet was closed, however it was closed. */
function forgetLooked(stage: Stage) {
  if (stage.sheet || !stage.local.looked) return;
  stage.app.letGo(stage.local.looked);
  stage.local.looked = undefined;
}

function checksView(stage: Stage, sitting: SittingRead) {
  const noted = new Map(objectsOf(sitting.fields, 'checks').map((check) => [textOf(check, 'kind'), check]));
  return html`<section class="stack"><h2>${t('sit.checks')}</h2><p class="small soft">${t('sit.checks_how')}</p>
    <div class="rows">${CHECKS.map((kind) => {
      const check = noted.get(kind);
      const expanded = stage.local.check === kind;
      return html`<div>${row({
        title: labelForCode('sitting_checks', kind),
        subtitle: check
          ? joinWithDots([labelForCode('sitting_found', textOf(check, 'found')), textOf(check, 'note')].filter(Boolean))
          : null,
        icon: 'info',
        expanded,
        body: expanded ? checkForm(stage, sitting.record, kind) : nothing,
        onClick: () => stage.set({ check: expanded ? null : kind, found: '', checkNote: '' }),
      })}</div>`;
    })}</div></section>`;
}

function checkForm(stage: Stage, sitting: string, kind: (typeof CHECKS)[number]) {
  const { local } = stage;
  const save = () =>
    act(stage, 'check', async () => {
      await stage.app.noteCheck(sitting, { kind, found: local.found ?? '', note: local.checkNote ?? '' });
      stage.set({ check: null });
    });
  return html`<p class="small">${lookUp(`sit.how_${kind}`)}</p>${chips({
    name: 'sit-found',
    legend: labelForCode('sitting_checks', kind),
    hideLegend: true,
    choices: choicesOf('sitting_found', FOUND),
    chosen: local.found ? [local.found] : [],
    onChange: (found) => stage.set({ found }),
  })}${textField({
    id: 'sit-note',
    label: t('sit.check_note'),
    value: local.checkNote ?? '',
    onChange: (note: string) => {
      local.checkNote = note;
    },
  })}<div>${button(t('sit.note'), save, { busy: stage.runningTask === 'check' })}</div>`;
}

function endedView(stage: Stage, sitting: SittingRead) {
  const { fields, record, files } = sitting;
  const endedAt = integerOf(fields, 'ended_at');
  const tick = `pack-${record}`;
  return html`<section class="card stack">
    <p>${startedText(fields)} ${
      endedAt === null ? t('sit.not_ended') : t('sit.closed', { at: dateTimeText(endedAt) })
    }</p>
    ${
      endedAt === null
        ? html`<div>${button(t('sit.end'), () => act(stage, 'end', () => stage.app.endSitting(record)))}</div>`
        : nothing
    }
    ${sourceList(sitting)}<p><strong>${tn('sit.collected', files.length)}</strong></p>
    <div class="rows">${files.map(
      (file) =>
        html`<div>${row({
          title: file.name || t('file.unnamed'),
          subtitle: file.unseen ? t('tiles.unseen', { by: file.by }) : t('sit.seen'),
          icon: 'file',
          onClick: () => {
            stage.refresh('sittings');
            stage.go({ name: 'file', attachment: file.attachment });
          },
        })}</div>`,
    )}</div>
    ${checkbox({
      id: `sit-pack-${record}`,
      label: t('sit.pack'),
      checked: stage.local[tick] ?? fields.include_in_pack === true,
      onChange: (checked) => {
        stage.local[tick] = checked; // drawn until the saved answer is read
        void act(stage, 'pack', () => stage.app.packSitting(record, checked)).finally(() => {
          stage.local[tick] = undefined;
        });
      },
    })}<p class="small soft">${t('sit.pack_more')}</p></section>`;
}

export const views = { sitting: sittingView };
