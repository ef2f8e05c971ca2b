/** Check an advocate's nine words: typed, or scanned from their screen by the camera where the browser can. */
import { html, nothing, ref } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button, errorSummary } from '../../components/parts.js';
import { problemOf } from '../../shell/stage.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type { CheckedAdvocate } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const SCAN_INTERVAL_MS = 300;

/** The state of the camera while its view is on the page. */
type ScanState = { opening?: boolean; refused?: boolean; stream?: MediaStream };
/** Not in the DOM type library yet: https://wicg.github.io/shape-detection-api/ */
type BarcodeReader = new (options: {
  formats: string[];
}) => { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> };

/** Return the browser's barcode detector, if it has one. */
const barcodeDetector = () => (globalThis as { BarcodeDetector?: BarcodeReader }).BarcodeDetector;

/** Show the input field, then the person found. `local.met` holds that person until the keeper answers. */
export function meetForm(stage: Stage, { use, stop }: { use: (met: CheckedAdvocate) => unknown; stop: () => unknown }) {
  const { local } = stage;
  const met = (local.met ?? null) as (CheckedAdvocate & { before: boolean }) | null;
  if (met)
    return met.name
      ? confirmPerson(stage, met, use)
      : html`<p role="status">${t('adv.met_later')}</p><div>${button(t('frame.done'), stop, { main: true })}</div>`;
  const check = () => checkWords(stage);
  return html`<p>${t('adv.meet_lead')}</p>${errorSummary(stage)}
    ${local.scanning ? scanner(stage) : nothing}
    ${textField({
      id: 'nine',
      label: t('adv.words'),
      hint: t('adv.words_hint'),
      textarea: 'low',
      value: local.nine ?? '',
      error: local.nineWrong ?? null,
      onChange: (nine) => {
        Object.assign(local, { nine, nineWrong: null });
      },
    })}
    <div class="row">${button(t('adv.check'), check, { main: true, busy: stage.runningTask === 'meet' })}
      ${
        barcodeDetector() && !local.scanning
          ? button(t('adv.scan'), () => stage.set({ scanning: { opening: false } }), { icon: 'camera' })
          : nothing
      }${button(t('frame.cancel'), stop, { plain: true })}</div>`;
}

function checkWords(stage: Stage) {
  const { local } = stage;
  if (!String(local.nine ?? '').trim()) return stage.set({ nineWrong: t('adv.words_none') });
  return stage.run('meet', async () => {
    try {
      local.met = await stage.app.meetAdvocate(local.nine);
      local.nineWrong = null;
      stage.arrived = true;
      stage.refresh('met');
    } catch (error) {
      const { code } = problemOf(error);
      const unknown = (error as { unknown?: string[] }).unknown ?? [];
      if (code !== 'bad_request' && code !== 'not_found') throw error;
      stage.set({
        nineWrong:
          code === 'not_found'
            ? t('adv.words_nobody')
            : unknown.length
              ? t('adv.words_unknown', { words: unknown.slice(0, 9).join(', ') })
              : t('adv.words_wrong'),
      });
    }
  });
}

function confirmPerson(
  stage: Stage,
  met: CheckedAdvocate & { before: boolean },
  use: (met: CheckedAdvocate) => unknown,
) {
  const retry = () => {
    Object.assign(stage.local, { met: null, nine: '' });
    stage.draw();
  };
  const accept = () => {
    Object.assign(stage.local, { met: null, nine: '' });
    use(met);
  };
  return html`<div class="note stack-close"><h2>${t('adv.met', { name: met.name })}</h2><p>${t('adv.met_more', {
    organisation: met.organisation,
  })}</p></div>
    ${met.before ? html`<p class="care" role="alert">${t('adv.met_before', { name: met.name })}</p>` : nothing}
    <div class="row">${button(t('adv.met_yes'), accept, { main: !met.before })}${button(
      t('adv.met_no'),
      async () => {
        await stage.app.forgetAdvocate(met.fingerprint);
        stage.refresh('met');
        retry();
      },
      { plain: !met.before, main: met.before },
    )}</div>`;
}

const stopStream = (stream: MediaStream | undefined) => stream?.getTracks().forEach((track) => track.stop());

/** Show the camera; it scans until it finds a code. */
function scanner(stage: Stage) {
  const state = stage.local.scanning;
  if (!state.opening) void openCamera(stage, state);
  const close = () => {
    stopStream(state.stream);
    stage.set({ scanning: null });
  };
  const attachVideo = (element: Element | undefined) => {
    const video = element as HTMLVideoElement | undefined;
    // No element means that the user left the page: the camera must not stay on.
    if (!video) stopStream(state.stream);
    else if (state.stream && video.srcObject !== state.stream) {
      video.srcObject = state.stream;
      void scanFrames(stage, state, video);
    }
  };
  return html`<div class="camera stack">${
    state.refused ? html`<p role="alert">${t('adv.scan_none')}</p>` : html`<p>${t('adv.scan_lead')}</p>`
  }
    ${
      state.stream
        ? html`<video autoplay playsinline muted aria-label=${t('camera.live')} ${ref(attachVideo)}></video>`
        : nothing
    }<div>${button(t('frame.close'), close)}</div></div>`;
}

async function openCamera(stage: Stage, state: ScanState) {
  state.opening = true;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
    // Closed or locked while the browser asked for permission: turn the camera off.
    if (stage.local.scanning !== state) return stopStream(stream);
    state.stream = stream;
  } catch {
    state.refused = true;
  }
  return stage.draw();
}

async function scanFrames(stage: Stage, state: ScanState, video: HTMLVideoElement) {
  const detector = new (barcodeDetector() as BarcodeReader)({ formats: ['qr_code'] });
  while (stage.local.scanning === state) {
    const codes = video.videoWidth ? await detector.detect(video).catch((): { rawValue: string }[] => []) : [];
    const words = codes
      .map(({ rawValue }: { rawValue: string }) => String(rawValue))
      .find((text: string) => /^[A-Za-z]+(?: [A-Za-z]+){8}$/.test(text));
    if (words && stage.local.scanning === state) {
      stopStream(state.stream);
      stage.set({ scanning: null, nine: words.toLowerCase() });
      return checkWords(stage);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, SCAN_INTERVAL_MS);
    });
  }
  return undefined;
}
