/**
 * An account spoken aloud or signed: recorded in the page, up to five minutes, and sealed as a file of the entry.
 * Neither the app nor the browser transcribes it. Microphone and camera go off when the card closes, the place is
 * left or the diary locks; what was recorded until then is kept.
 */
import { html, nothing, ref } from '../../shell/html.js';
import { button, errorSummary } from '../parts.js';
import { lookUp, t } from '../../shell/strings.js';
import { problemOf } from '../../shell/stage.js';
import '../words.js';
import type { Attachment } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

type Recording = {
  kind: 'audio' | 'video';
  stream?: MediaStream;
  recorder?: MediaRecorder;
  chunks: Blob[];
  endsAt: number;
  timer?: ReturnType<typeof setInterval>;
  state: 'opening' | 'recording' | 'sealing' | 'refused' | 'none';
  isDiscarded?: boolean;
};
/**
 * Where the recording goes, and which recording is the current account. `saveFile` is for a locked phone, where
 * nothing reveals the purpose.
 */
type VoiceTarget = {
  target: string;
  media: string | null;
  attachments: readonly Attachment[];
  onRecorded: (attachment: string | null) => void;
  saveFile?: (file: File) => Promise<string | null>;
};

export const MAX_MS = 5 * 60_000;
const SECOND = 1000;
// Formats by preference: the first that the browser supports is used. Recordings are stored unchanged.
const MIME_TYPES = {
  audio: ['audio/webm;codecs=opus', 'audio/mp4', 'audio/webm'],
  video: ['video/webm;codecs=vp8,opus', 'video/mp4', 'video/webm'],
};

export function voiceBody(stage: Stage, destination: VoiceTarget) {
  const recording = stage.local.take as Recording | undefined;
  const current = destination.media
    ? destination.attachments.find(({ attachment }) => attachment === destination.media)
    : undefined;
  return html`<div class="stack">
    ${destination.saveFile ? nothing : html`<p class="small soft">${t('voice.lead')}</p>`}
    ${errorSummary(stage)}
    ${destination.media ? html`<p>${t('voice.have', { name: current?.name ?? '' })}</p>` : nothing}
    ${
      recording && recording.state !== 'refused' && recording.state !== 'none'
        ? recordingView(stage, recording)
        : html`
      ${recording ? html`<p class="care" role="alert">${lookUp(`voice.${recording.state}`)}</p>` : nothing}
      <div class="stack-close">${button(
        t(destination.saveFile ? 'cap.audio' : 'voice.audio'),
        () => startRecording(stage, 'audio', destination),
        { icon: 'voice' },
      )}
        ${button(
          t(destination.saveFile ? 'cap.video' : 'voice.video'),
          () => startRecording(stage, 'video', destination),
          {
            icon: 'camera',
          },
        )}
        ${
          destination.media ? button(t('voice.remove'), () => destination.onRecorded(null), { plain: true }) : nothing
        }</div>`
    }
  </div>`;
}

function recordingView(stage: Stage, recording: Recording) {
  const secondsLeft = Math.max(0, Math.ceil((recording.endsAt - Date.now()) / SECOND));
  const time = `${Math.floor(secondsLeft / 60)}:${String(secondsLeft % 60).padStart(2, '0')}`;
  const attachStream = (element: Element | undefined) => {
    const video = element as HTMLVideoElement | undefined;
    // The element was removed: the place was left or the diary locked, so recording must stop.
    if (!video) return void (stage.local.take === recording ? undefined : stopRecording(recording));
    if (recording.stream && video.srcObject !== recording.stream) video.srcObject = recording.stream;
  };
  if (recording.state === 'opening') return html`<p role="status">${t('frame.loading')}</p>`;
  if (recording.state === 'sealing') return html`<p role="status">${t('voice.sealing')}</p>`;
  return html`<div class="camera stack">
    <video class=${
      recording.kind === 'audio' ? 'unseen' : ''
    } autoplay playsinline .muted=${true} aria-label=${t('voice.live')} ${ref(attachStream)}></video>
    <p role="status"><strong>${t('voice.recording')}</strong></p><p aria-hidden="true">${t('voice.left', { time })}</p>
    <div class="row">${button(t('voice.stop'), () => recording.recorder?.stop(), { main: true })}${button(
      t('voice.discard'),
      () => {
        recording.isDiscarded = true;
        stopRecording(recording);
        stage.set({ take: undefined });
      },
      { plain: true },
    )}</div>
  </div>`;
}

export function stopRecording(recording: Recording) {
  clearInterval(recording.timer);
  if (recording.recorder && recording.recorder.state !== 'inactive') recording.recorder.stop();
  for (const track of recording.stream?.getTracks() ?? []) track.stop();
}

async function startRecording(stage: Stage, kind: 'audio' | 'video', destination: VoiceTarget) {
  const recording: Recording = { kind, chunks: [], endsAt: Date.now() + MAX_MS, state: 'opening' };
  const { generation } = stage;
  const { local } = stage;
  stage.set({ take: recording });
  const isCurrent = () => generation === stage.generation && local === stage.local && local.take === recording;
  if (typeof MediaRecorder !== 'function' || !navigator.mediaDevices?.getUserMedia) {
    recording.state = 'none';
    return stage.draw();
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: kind === 'video' ? { facingMode: 'user', width: { ideal: 640 }, height: { ideal: 480 } } : false,
    });
    recording.stream = stream;
    // The place was left or the diary locked during the permission prompt: do not start recording.
    if (!isCurrent()) return stopRecording(recording);
    runRecorder(stage, recording, destination, isCurrent);
  } catch {
    recording.state = 'refused';
  }
  return stage.draw();
}

function runRecorder(stage: Stage, recording: Recording, destination: VoiceTarget, isCurrent: () => boolean) {
  const stream = recording.stream as MediaStream;
  const type = MIME_TYPES[recording.kind].find((mimeType) => MediaRecorder.isTypeSupported(mimeType));
  const recorder = new MediaRecorder(stream, {
    ...(type ? { mimeType: type } : {}),
    audioBitsPerSecond: 48_000,
    videoBitsPerSecond: 800_000,
  });
  Object.assign(recording, { recorder, state: 'recording', endsAt: Date.now() + MAX_MS });
  recorder.ondataavailable = (event) => {
    if (event.data.size) recording.chunks.push(event.data);
  };
  recorder.onstop = () => {
    stopRecording(recording);
    if (recording.isDiscarded) return undefined;
    return isCurrent() ? saveRecording(stage, recording, destination) : saveInterrupted(stage, recording, destination);
  };
  recorder.start(SECOND);
  recording.timer = setInterval(() => {
    if (!isCurrent()) return stopRecording(recording);
    // A keeper who speaks or signs touches nothing. Without this the page would lock before the five minutes are
    // over.
    if (document.visibilityState === 'visible') stage.app.touch?.();
    if (Date.now() >= recording.endsAt) recorder.stop();
    else stage.draw();
  }, SECOND);
}

/** The recording as a file. */
function recordingFile(recording: Recording) {
  const type =
    (recording.recorder?.mimeType || recording.chunks[0]?.type || `${recording.kind}/webm`).split(';')[0] ?? '';
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const extension = type.endsWith('mp4') ? (recording.kind === 'audio' ? 'm4a' : 'mp4') : 'webm';
  return new File(recording.chunks, `${recording.kind === 'audio' ? 'voice' : 'signed'}-${stamp}.${extension}`, {
    type,
  });
}

/**
 * The place was left or the diary locked. If the diary is still open, save the recording where it was meant to go;
 * otherwise it waits until the keeper is asked about it.
 */
async function saveInterrupted(stage: Stage, recording: Recording, destination: VoiceTarget) {
  if (!recording.chunks.length) return;
  const { generation } = stage;
  const added = await stage.app
    .addFile(destination.target || 'draft', recordingFile(recording), { route: 'recorded_in_app' })
    .catch(() => null);
  if (!added || generation !== stage.generation) return;
  if (destination.target === 'draft') destination.onRecorded(added.attachment);
  stage.refresh('entry:');
  stage.announce(t('voice.loss'));
}

async function saveRecording(stage: Stage, recording: Recording, destination: VoiceTarget) {
  const { local, generation } = stage;
  recording.state = 'sealing';
  stage.draw();
  const file = recordingFile(recording);
  try {
    const attachment = destination.saveFile
      ? await destination.saveFile(file)
      : (await stage.app.addFile(destination.target, file, { route: 'recorded_in_app' })).attachment;
    local.take = undefined;
    if (generation === stage.generation && local === stage.local) destination.onRecorded(attachment);
  } catch (error) {
    local.take = undefined;
    if (generation === stage.generation) stage.fail(problemOf(error));
  }
  stage.draw();
}
