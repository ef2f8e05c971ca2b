/** Screens to make a sealed copy in a file, and to open one on a phone that holds no diary. */
import { html, nothing } from '../../shell/html.js';
import { filePicker, secretField, textField } from '../../components/forms/fields.js';
import { button, errorSummary, heading, progress } from '../../components/parts.js';
import { sizeText } from '../../components/text/formatting.js';
import { lookUp, t, tn } from '../../shell/strings.js';
import { passwordField } from '../../components/forms/password_field.js';
import { revealBriefly } from '../../components/forms/reveal.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

function makeCopyView(stage: Stage) {
  const { local } = stage;
  if (local.made) return copyReadyView(stage);
  if (stage.runningTask === 'copy')
    return html`<div class="stack-wide">${heading(t('kept.title'))}${busyView(stage, 'kept.making', () =>
      local.stop?.abort(),
    )}</div>`;
  const make = () => {
    const words = local.words ?? '';
    if (!words) return stage.set({ lacking: true });
    local.stop = new AbortController();
    stage.set({ words: '', shown: false, lacking: false, at: null });
    return stage.run('copy', async () => {
      local.made = await stage.app.makeCopy({
        words,
        signal: local.stop.signal,
        onProgress: (done, total) => {
          local.at = { done, total };
          stage.draw();
        },
      });
    });
  };
  return html`<div class="stack-wide"><div class="stack-close">${heading(t('kept.title'))}<p>${t('kept.lead')}</p><p
    class="soft">${t('kept.found')}</p>
    ${stage.state.account?.closing ? html`<p>${t('server.move')}</p>` : nothing}</div>
    ${errorSummary(stage)}
    ${words(stage, t('kept.words'), make)}
    <div>${button(t('kept.make'), make, { main: true })}</div></div>`;
}

function copyReadyView(stage: Stage) {
  const { file, name, lacking } = stage.local.made;
  const save = () => {
    const url = URL.createObjectURL(file);
    Object.assign(document.createElement('a'), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    stage.set({ saved: true });
  };
  return html`<div class="stack-wide">${heading(t('kept.ready'))}<p>${sizeText(file.size)}</p>
    ${lacking ? html`<p class="care">${tn('kept.lacking', lacking)}</p>` : nothing}
    <div>${button(t('kept.save'), save, { main: true })}</div>
    <p role="status">${stage.local.saved ? t('kept.saved') : nothing}</p></div>`;
}

function restoreCopyView(stage: Stage) {
  const { local } = stage;
  if (stage.runningTask === 'copy')
    return html`<div class="stack-wide">${heading(t('kept.take_title'))}${busyView(stage, 'kept.opening', null)}</div>`;
  const submit = () => {
    const { file, words: typed, code, fresh } = local;
    if (!file || !(local.byCode ? code && fresh : typed)) return stage.set({ lacking: true });
    stage.set({ words: '', fresh: '', code: '', shown: false, lacking: false, at: null });
    const onProgress = (done: number, total: number) => {
      local.at = { done, total };
      stage.draw();
    };
    return stage.run('copy', () =>
      stage.app.takeCopy({ file, onProgress, ...(local.byCode ? { code, words: fresh } : { words: typed }) }),
    );
  };
  return html`<div class="stack-wide">
    ${heading(t('kept.take_title'))}${errorSummary(stage)}
    <p class="soft">${t('kept.take_lead')}</p>
    <div>${filePicker({
      label: t('kept.choose'),
      icon: 'file',
      accept: '*/*',
      onFiles: ([file]: File[]) => stage.set({ file }),
    })}</div>
    <p role="status">${
      local.file
        ? t('kept.chosen', { name: local.file.name, size: sizeText(local.file.size) })
        : local.lacking
          ? t('kept.need_file')
          : nothing
    }</p>
    ${
      local.byCode
        ? html`
      ${textField({
        id: 'code',
        label: t('door.code'),
        hint: t('door.code_hint'),
        value: local.code ?? '',
        masked: true,
        error: local.lacking && !local.code ? t('door.lack') : null,
        onChange: (code) => {
          local.code = code;
        },
      })}
      ${newWords(stage, t('door.new_words'), submit)}`
        : words(stage, t('door.words'), submit)
    }
    <p class="small soft">${t('kept.take_after')}</p>
    ${button(t('kept.open'), submit, { main: true, wide: true })}
    <div class="row apart">${button(t('door.back'), () => stage.back('start'), { plain: true })}
      ${button(
        t(local.byCode ? 'door.with_words' : 'door.with_code'),
        () => stage.set({ byCode: !local.byCode, lacking: false }),
        { plain: true },
      )}</div>
  </div>`;
}

function busyView(stage: Stage, label: string, cancel: null | (() => void)) {
  const { done = 0, total = 1 } = stage.local.at ?? {};
  return progress({ label: lookUp(label), done, total, ...(cancel ? { cancel, cancelLabel: t('kept.stop') } : {}) });
}

function words(stage: Stage, label: string, enter: () => unknown) {
  const { local } = stage;
  return passwordField(stage, {
    id: 'words',
    label,
    onEnter: enter,
    error: local.lacking && !local.words ? t('words.none') : null,
  });
}

function newWords(stage: Stage, label: string, enter: () => unknown) {
  const { local } = stage;
  return secretField({
    id: 'fresh',
    label,
    value: local.fresh ?? '',
    shown: Boolean(local.shown),
    toggle: () => revealBriefly(stage),
    onEnter: () => void enter(),
    error: local.lacking && !local.fresh ? t('words.none') : null,
    onChange: (typed) => {
      local.fresh = typed;
    },
  });
}

export const views = { makecopy: makeCopyView, takecopy: restoreCopyView };
