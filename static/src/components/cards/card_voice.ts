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

type Take = {
  kind: 'audio' | 'video';
  stream?: MediaStream;
  recorder?: MediaRecorder;
  parts: Blob[];
  until: number;
  timer?: ReturnType<typeof setInterval>;
  state: 'opening' | 'recording' | 'sealing' | 'refused' | 'none';
  gone?: boolean;
};
/**
 * Where the recording goes, and which recording is the current account. `saveFile` is for a locked phone, where
 * nothing reveals the purpose.
 */
type Account = {
  target: string;
  media: string | null;
  attachments: readonly Attachment[];
  use: (attachment: string | null) => void;
  keep?: (file: File) => Promise<string | null>;
};

export const MOST_MS = 5 * 60_000;
const SECOND = 1000;
// Formats by preference: the first that the browser supports is used. Recordings are stored unchanged.
const TYPES = {
  audio: ['audio/webm;codecs=opus', 'audio/mp4', 'audio/webm'],
  video: ['video/webm;codecs=vp8,opus', 'video/mp4', 'video/webm'],
};

export function voiceBody(stage: Stage, account: Account) {
  const take = stage.local.take as Take | undefined;
  const have = account.media ? account.attachments.find(({ attachment }) => attachment === account.media) : undefined;
  return html`<div class="stack">
    ${account.keep ? nothing : html`<p class="small soft">${t('voice.lead')}</p>`}
    ${errorSummary(stage)}
    ${account.media ? html`<p>${t('voice.have', { name: have?.name ?? '' })}</p>` : nothing}
    ${
      take && take.state !== 'refused' && take.state !== 'none'
        ? running(stage, take)
        : html`
      ${take ? html`<p class="care" role="alert">${lookUp(`voice.${take.state}`)}</p>` : nothing}
      <div class="stack-close">${button(
        t(account.keep ? 'cap.audio' : 'voice.audio'),
        () => begin(stage, 'audio', account),
        { icon: 'voice' },
      )}
        ${button(t(account.keep ? 'cap.video' : 'voice.video'), () => begin(stage, 'video', account), {
          icon: 'camera',
        })}
        ${account.media ? button(t('voice.remove'), () => account.use(null), { plain: true }) : nothing}</div>`
    }
  </div>`;
}

function running(stage: Stage, take: Take) {
  const left = Math.max(0, Math.ceil((take.until - Date.now()) / SECOND));
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  const live = (element: Element | undefined) => {
    const video = element as HTMLVideoElement | undefined;
    // The element was removed: the place was left or the diary locked, so recording must stop.
    if (!video) return void (stage.local.take === take ? undefined : close(take));
    if (take.stream && video.srcObject !== take.stream) video.srcObject = take.stream;
  };
  if (take.state === 'opening') return html`<p role="status">${t('frame.loading')}</p>`;
  if (take.state === 'sealing') return html`<p role="status">${t('voice.sealing')}</p>`;
  return html`<div class="camera stack">
    <video class=${
      take.kind === 'audio' ? 'unseen' : ''
    } autoplay playsinline .muted=${true} aria-label=${t('voice.live')} ${ref(live)}></video>
    <p role="status"><strong>${t('voice.recording')}</strong></p><p aria-hidden="true">${t('voice.left', { time })}</p>
    <div class="row">${button(t('voice.stop'), () => take.recorder?.stop(), { main: true })}${button(
      t('voice.discard'),
      () => {
        take.gone = true;
        close(take);
        stage.set({ take: undefined });
      },
      { plain: true },
    )}</div>
  </div>`;
}

export function close(take: Take) {
  clearInterval(take.timer);
  if (take.recorder && take.recorder.state !== 'inactive') take.recorder.stop();
  for (const track of take.stream?.getTracks() ?? []) track.stop();
}

async function begin(stage: Stage, kind: 'audio' | 'video', account: Account) {
  const take: Take = { kind, parts: [], until: Date.now() + MOST_MS, state: 'opening' };
  const { generation } = stage;
  const { local } = stage;
  stage.set({ take });
  const isHere = () => generation === stage.generation && local === stage.local && local.take === take;
  if (typeof MediaRecorder !== 'function' || !navigator.mediaDevices?.getUserMedia) {
    take.state = 'none';
    return stage.draw();
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: kind === 'video' ? { facingMode: 'user', width: { ideal: 640 }, height: { ideal: 480 } } : false,
    });
    take.stream = stream;
    // The place was left or the diary locked during the permission prompt: do not start recording.
    if (!isHere()) return close(take);
    record(stage, take, account, isHere);
  } catch {
    take.state = 'refused';
  }
  return stage.draw();
}

function record(stage: Stage, take: Take, account: Account, isHere: () => boolean) {
  const stream = take.stream as MediaStream;
  const type = TYPES[take.kind].find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, {
    ...(type ? { mimeType: type } : {}),
    audioBitsPerSecond: 48_000,
    videoBitsPerSecond: 800_000,
  });
  Object.assign(take, { recorder, state: 'recording', until: Date.now() + MOST_MS });
  recorder.ondataavailable = (event) => {
    if (event.data.size) take.parts.push(event.data);
  };
  recorder.onstop = () => {
    close(take);
    if (take.gone) return undefined;
    return isHere() ? keep(stage, take, account) : keepCut(stage, take, account);
  };
  recorder.start(SECOND);
  take.timer = setInterval(() => {
    if (!isHere()) return close(take);
    // A keeper who speaks or signs touches nothing. Without this the page would lock before the five minutes are
    // over.
    if (document.visibilityState === 'visible') stage.app.touch?.();
    if (Date.now() >= take.until) recorder.stop();
    else stage.draw();
  }, SECOND);
}

/** The recording as a file. */
function fileOf(take: Take) {
  const type = (take.recorder?.mimeType || take.parts[0]?.type || `${take.kind}/webm`).split(';')[0] ?? '';
  const at = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const ending = type.endsWith('mp4') ? (take.kind === 'audio' ? 'm4a' : 'mp4') : 'webm';
  return new File(take.parts, `${take.kind === 'audio' ? 'voice' : 'signed'}-${at}.${ending}`, { type });
}

/**
 * The place was left or the diary locked. If the diary is still open, save the recording where it was meant to go;
 * otherwise it waits until the keeper is asked about it.
 */
async function keepCut(stage: Stage, take: Take, account: Account) {
  if (!take.parts.length) return;
  const { generation } = stage;
  const added = await stage.app
    .addFile(account.target || 'draft', fileOf(take), { route: 'recorded_in_app' })
    .catch(() => null);
  if (!added || generation !== stage.generation) return;
  if (account.target === 'draft') account.use(added.attachment);
  stage.refresh('entry:');
  stage.say(t('voice.loss'));
}

async function keep(stage: Stage, take: Take, account: Account) {
  const { local, generation } = stage;
  take.state = 'sealing';
  stage.draw();
  const file = fileOf(take);
  try {
    const attachment = account.keep
      ? await account.keep(file)
      : (await stage.app.addFile(account.target, file, { route: 'recorded_in_app' })).attachment;
    local.take = undefined;
    if (generation === stage.generation && local === stage.local) account.use(attachment);
  } catch (thrown) {
    local.take = undefined;
    if (generation === stage.generation) stage.fail(problemOf(thrown));
  }
  stage.draw();
}
