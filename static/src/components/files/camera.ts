/** The camera inside the page. Its pictures go straight to the diary and leave no copy in the phone's photos. */
import { html, nothing, ref } from '../../shell/html.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import type { Stage } from '../../shell/stage.js';

const stopStream = (stream: MediaStream | undefined) => stream?.getTracks().forEach((track) => track.stop());

/** The state of the camera while it is on the page. */
type CameraState = { opening?: boolean; refused?: boolean; stream?: MediaStream };

async function openCamera(stage: Stage, state: CameraState) {
  state.opening = true;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment', width: { ideal: 2560 }, height: { ideal: 1920 } },
      audio: false,
    });
    // Closed or locked during the permission prompt: the camera must go off.
    if (stage.local.camera !== state) return stopStream(stream);
    state.stream = stream;
  } catch {
    state.refused = true;
  }
  return stage.draw();
}

async function takePicture(video: HTMLVideoElement): Promise<File> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', 0.92);
  });
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return new File([blob as Blob], `camera-${stamp}.jpg`, { type: 'image/jpeg' });
}

/**
 * The viewfinder.
 * @param options `plain`: for a locked phone, where nothing reveals the purpose
 */
export function camera(stage: Stage, onPicture: (file: File) => void, { plain = false }: { plain?: boolean } = {}) {
  const state = stage.local.camera as CameraState;
  if (!state.opening) openCamera(stage, state);
  const close = () => {
    stopStream(state.stream);
    stage.set({ camera: null });
  };
  if (state.refused)
    return html`<div class="stack"><p role="alert">${t('camera.refused')}</p><div>${button(
      t('frame.close'),
      close,
    )}</div></div>`;
  const attachStream = (element: Element | undefined) => {
    const video = element as HTMLVideoElement | undefined;
    // No element: the place was left, and the camera must not stay on.
    if (!video) stopStream(state.stream);
    else if (state.stream && video.srcObject !== state.stream) video.srcObject = state.stream;
  };
  const capture = async () => {
    const video = document.querySelector('.camera video') as HTMLVideoElement | null;
    if (!video?.videoWidth) return;
    const file = await takePicture(video);
    stopStream(state.stream);
    onPicture(file);
  };
  return html`<div class="camera stack">
    ${
      state.stream
        ? html`<video autoplay playsinline muted aria-label=${t('camera.live')} ${ref(attachStream)}></video>`
        : html`<p role="status">${t('frame.loading')}</p>`
    }
    ${plain ? nothing : html`<p class="small soft">${t('files.camera_why')}</p>`}
    <div class="row">${
      state.stream ? button(t('camera.take'), capture, { main: true, icon: 'camera' }) : nothing
    }${button(t('frame.cancel'), close, { plain: true })}</div>
  </div>`;
}
