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

type Ready = { url: string; peaks: number[] | null; seconds: number | null };

const BARS = 100;
/** Decoding takes about ten times the file's size in memory. A larger file is played without a waveform. */
const DRAWN_BYTES = 20_000_000;

/** @param duration ms, if known */
export function player(stage: Stage<SharedApp>, one: Attachment, duration: number | null) {
  const { local } = stage;
  const ready = local.playing as Ready | 'waiting' | 'none' | undefined;
  if (ready === 'none') return html`<p class="soft">${t('play.none')}</p>`;
  if (ready === 'waiting') return html`<p role="status">${t('play.waiting')}</p>`;
  if (!ready)
    return html`<div class="row">${button(t('play.load'), () => load(stage, one), { icon: 'on' })}${
      duration ? html`<span class="soft small">${lengthWords(duration)}</span>` : nothing
    }</div>`;
  // Keep one callback per place: a new one at each draw would be called as if the element had been removed.
  local.stopper ??= stopper();
  const name = t('play.label', { name: one.name });
  return html`<div class="play stack-close">
    ${
      one.kind === 'video'
        ? html`<video controls playsinline preload="metadata" aria-label=${name} src=${ready.url}
          ${ref(local.stopper)} @error=${() => stage.set({ playing: 'none' })}></video>`
        : html`${
            ready.peaks ? wave(ready.peaks, ready.seconds ?? 0) : nothing
          }<audio controls preload="metadata" aria-label=${name} src=${ready.url} ${ref(local.stopper)}
            @error=${() => stage.set({ playing: 'none' })}></audio>`
    }
  </div>`;
}

export function lengthWords(ms: number) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Return a ref that stops an element when it is removed. */
function stopper() {
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

async function load(stage: Stage<SharedApp>, one: Attachment) {
  const { local, generation } = stage;
  const isHere = () => generation === stage.generation && local === stage.local;
  stage.set({ playing: 'waiting' });
  await stage.run('play', async () => {
    const found = await stage.app.readToPlay(one.attachment);
    if (!isHere()) return;
    if (!found) return stage.set({ playing: 'none' });
    stage.app.looked?.(one.attachment); // the server notes that an advocate looked
    const sound = one.kind === 'audio' && found.blob.size <= DRAWN_BYTES ? await soundOf(found.blob) : null;
    if (isHere())
      stage.set({ playing: { url: found.url, peaks: sound?.peaks ?? null, seconds: sound?.seconds ?? null } });
  });
  if (isHere() && local.playing === 'waiting') stage.set({ playing: undefined });
}

/**
 * The loudness as a waveform of 100 steps.
 * @returns null if this browser cannot decode the sound
 */
async function soundOf(blob: Blob): Promise<{ peaks: number[]; seconds: number } | null> {
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
  const peaks = Array.from({ length: Math.min(BARS, samples.length) }, (_one, i) => {
    let most = 0;
    // Every eighth sample is enough to show where somebody speaks.
    for (let at = i * step; at < Math.min(samples.length, (i + 1) * step); at += 8)
      most = Math.max(most, Math.abs(samples[at] ?? 0));
    return most;
  });
  const loudest = Math.max(...peaks, 0.01);
  return peaks.map((peak) => Math.round((peak / loudest) * 100));
}

function wave(peaks: number[], seconds: number) {
  return html`<svg class="wave" viewBox="0 0 400 100" preserveAspectRatio="none" role="img" aria-label=${t(
    'play.wave',
    { time: lengthWords(seconds * 1000) },
  )}>
    ${peaks.map((peak, i) => {
      const height = Math.max(2, peak);
      return svg`<rect x=${i * 4} y=${50 - height / 2} width="2.6" height=${height}/>`;
    })}</svg>`;
}
