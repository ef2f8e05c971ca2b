/**
 * Sound and video, played in the page from the sealed parts. Playback stops when the place is left or the diary
 * locks: an element that is only removed would keep playing.
 */
import { html, nothing, ref, svg } from '../../shell/html.js';
import { button } from '../parts.js';
import { t } from '../../shell/strings.js';
import '../words.js';
import type { Attachment, SharedApp } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

type Playback = { url: string; peaks: number[] | null; seconds: number | null };

const BARS = 100;
/** Decoding takes about ten times the file's size in memory. A larger file is played without a waveform. */
const MAX_WAVE_BYTES = 20_000_000;

/** @param duration ms, if known */
export function player(stage: Stage<SharedApp>, attachment: Attachment, duration: number | null) {
  const { local } = stage;
  const playback = local.playing as Playback | 'waiting' | 'none' | undefined;
  if (playback === 'none') return html`<p class="soft">${t('play.none')}</p>`;
  if (playback === 'waiting') return html`<p role="status">${t('play.waiting')}</p>`;
  if (!playback)
    return html`<div class="row">${button(t('play.load'), () => loadMedia(stage, attachment), { icon: 'on' })}${
      duration ? html`<span class="soft small">${durationText(duration)}</span>` : nothing
    }</div>`;
  // Keep one callback per place: a new one at each draw would be called as if the element had been removed.
  local.stopper ??= stopOnRemoval();
  const name = t('play.label', { name: attachment.name });
  return html`<div class="play stack-close">
    ${
      attachment.kind === 'video'
        ? html`<video controls playsinline preload="metadata" aria-label=${name} src=${playback.url}
          ${ref(local.stopper)} @error=${() => stage.set({ playing: 'none' })}></video>`
        : html`${
            playback.peaks ? waveform(playback.peaks, playback.seconds ?? 0) : nothing
          }<audio controls preload="metadata" aria-label=${name} src=${playback.url} ${ref(local.stopper)}
            @error=${() => stage.set({ playing: 'none' })}></audio>`
    }
  </div>`;
}

export function durationText(ms: number) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Return a ref that stops an element when it is removed. */
function stopOnRemoval() {
  let last: HTMLMediaElement | undefined;
  return (element: Element | undefined) => {
    if (!element && last) {
      last.pause();
      last.removeAttribute('src');
      last.load();
    }
    last = element as HTMLMediaElement | undefined;
  };
}

async function loadMedia(stage: Stage<SharedApp>, attachment: Attachment) {
  const { local, generation } = stage;
  const isCurrent = () => generation === stage.generation && local === stage.local;
  stage.set({ playing: 'waiting' });
  await stage.run('play', async () => {
    const media = await stage.app.readToPlay(attachment.attachment);
    if (!isCurrent()) return;
    if (!media) return stage.set({ playing: 'none' });
    stage.app.looked?.(attachment.attachment); // the server notes that an advocate looked
    const sound =
      attachment.kind === 'audio' && media.blob.size <= MAX_WAVE_BYTES ? await decodeWave(media.blob) : null;
    if (isCurrent())
      stage.set({ playing: { url: media.url, peaks: sound?.peaks ?? null, seconds: sound?.seconds ?? null } });
  });
  if (isCurrent() && local.playing === 'waiting') stage.set({ playing: undefined });
}

/**
 * The loudness as a waveform of 100 steps.
 * @returns null if this browser cannot decode the sound
 */
async function decodeWave(blob: Blob): Promise<{ peaks: number[]; seconds: number } | null> {
  try {
    const buffer = await new OfflineAudioContext(1, 1, 22_050).decodeAudioData(await blob.arrayBuffer());
    return { peaks: peaksOf(buffer.getChannelData(0)), seconds: buffer.duration };
  } catch {
    return null;
  }
}

/** The peak of each hundredth, 0 to 100. */
export function peaksOf(samples: ArrayLike<number>): number[] {
  const step = Math.max(1, Math.floor(samples.length / BARS));
  const peaks = Array.from({ length: Math.min(BARS, samples.length) }, (_unused, i) => {
    let max = 0;
    // Every eighth sample is enough to show where somebody speaks.
    for (let index = i * step; index < Math.min(samples.length, (i + 1) * step); index += 8)
      max = Math.max(max, Math.abs(samples[index] ?? 0));
    return max;
  });
  const loudest = Math.max(...peaks, 0.01);
  return peaks.map((peak) => Math.round((peak / loudest) * 100));
}

function waveform(peaks: number[], seconds: number) {
  return html`<svg class="wave" viewBox="0 0 400 100" preserveAspectRatio="none" role="img" aria-label=${t(
    'play.wave',
    { time: durationText(seconds * 1000) },
  )}>
    ${peaks.map((peak, i) => {
      const height = Math.max(2, peak);
      return svg`<rect x=${i * 4} y=${50 - height / 2} width="2.6" height=${height}/>`;
    })}</svg>`;
}
