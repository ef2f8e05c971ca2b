/**
 * Cover parts of a picture with boxes, drawn with a finger, the mouse or the keyboard. The received file does not
 * change: the result is saved as another copy, painted over and re-encoded.
 */
import { html, nothing, ref, svg } from '../../shell/html.js';
import { chips, textField } from '../forms/fields.js';
import { button, errorSummary, heading } from '../parts.js';
import { t } from '../../shell/strings.js';
import { labelOf, loadVocabulary } from '../text/labels.js';
import { findPicture } from './tiles.js';
import '../words.js';
import type { AttachmentRead, Fields } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

/** In pixels of the print copy */
type Box = { x: number; y: number; w: number; h: number };
type Mask = {
  boxes: Box[];
  what: string[];
  why: string;
  chosen: number;
  after?: () => unknown;
  drawStart?: { x: number; y: number } | undefined;
  history?: Box[][];
  isLookNoted?: boolean;
};
type Size = { width: number; height: number };

const MAX_BOXES = 60;
const MIN_SIDE = 8;
const MOVES = [
  ['left', -1, 0, 0, 0],
  ['right', 1, 0, 0, 0],
  ['up', 0, -1, 0, 0],
  ['down', 0, 1, 0, 0],
  ['wider', 0, 0, 1, 0],
  ['narrower', 0, 0, -1, 0],
  ['taller', 0, 0, 0, 1],
  ['shorter', 0, 0, 0, -1],
] as const;
const MOVE_KEYS = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
} as Readonly<Record<string, string>>;
const RESIZE_KEYS = {
  ArrowLeft: 'narrower',
  ArrowRight: 'wider',
  ArrowUp: 'shorter',
  ArrowDown: 'taller',
} as Readonly<Record<string, string>>;

/** Clamp a box to the picture and to a visible minimum size. */
export function clampBox({ x, y, w, h }: Box, { width, height }: Size): Box {
  const [boxWidth, boxHeight] = [
    Math.min(width, Math.max(MIN_SIDE, Math.round(w))),
    Math.min(height, Math.max(MIN_SIDE, Math.round(h))),
  ];
  return {
    x: Math.min(width - boxWidth, Math.max(0, Math.round(x))),
    y: Math.min(height - boxHeight, Math.max(0, Math.round(y))),
    w: boxWidth,
    h: boxHeight,
  };
}

export function maskEditor(stage: Stage, file: AttachmentRead) {
  const mask = stage.local.masking as Mask;
  const printCopy = (Array.isArray(file.fields.renditions) ? file.fields.renditions : []).find(
    (rendition: Fields) => rendition.purpose === 'print',
  );
  const close = () => {
    stage.arrived = true;
    stage.set({ masking: null });
  };
  stage.over(close);
  const { url, waiting } = findPicture(stage, file, 'unmasked');
  if (!mask.isLookNoted && url) {
    mask.isLookNoted = true;
    stage.app.looked(file.attachment);
  }
  if (!printCopy || (!url && !waiting))
    return html`<div class="stack">${heading(t('mask.title'))}<p>${t('mask.none')}</p><div>${button(
      t('frame.close'),
      close,
    )}</div></div>`;
  const size = { width: Number(printCopy.width), height: Number(printCopy.height) };
  return html`<div class="stack-wide">${heading(t('mask.title'))}${errorSummary(stage)}
    <p class="soft">${t('mask.lead')}</p><p class="small soft">${t('mask.how')}</p>
    ${url ? pictureArea(stage, mask, size, url) : html`<p role="status">${t('frame.loading')}</p>`}
    <div class="row">${button(t('mask.add'), () => addBox(stage, mask, size), { icon: 'add' })}${
      mask.history?.length ? button(t('mask.undo'), () => undo(stage, mask), { plain: true }) : nothing
    }</div>
    ${mask.boxes.length ? movePad(stage, mask, size) : nothing}
    ${reasonFields(stage, mask)}
    ${
      stage.local.lacking && !mask.boxes.length
        ? html`<p class="error-line" role="alert">${t('mask.need')}</p>`
        : nothing
    }
    <div class="row">${button(t('mask.save'), () => saveMask(stage, file, mask), {
      main: true,
      busy: stage.runningTask === 'mask',
    })}${button(t('frame.cancel'), close, { plain: true })}
      ${
        file.fields.print_copy === 'masked'
          ? button(t('mask.use_plain'), () => usePrintCopy(stage, file, null), { plain: true })
          : file.fields.renditions.some((rendition: Fields) => rendition.purpose === 'masked')
            ? button(t('mask.use_masked'), () => usePrintCopy(stage, file, 'masked'), { plain: true })
            : nothing
      }</div></div>`;
}

/** The picture with its boxes. */
function pictureArea(stage: Stage, mask: Mask, size: Size, url: string) {
  const pointOf = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * size.width,
      y: ((event.clientY - box.top) / box.height) * size.height,
    };
  };
  const down = (event: PointerEvent) => {
    if (!event.isPrimary || mask.boxes.length >= MAX_BOXES) return;
    event.preventDefault();
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    pushHistory(mask);
    mask.drawStart = pointOf(event);
    mask.boxes = [...mask.boxes, clampBox({ ...mask.drawStart, w: 0, h: 0 }, size)];
    mask.chosen = mask.boxes.length - 1;
    stage.draw();
  };
  const move = (event: PointerEvent) => {
    if (!mask.drawStart) return;
    const [from, to] = [mask.drawStart, pointOf(event)];
    replaceSelected(
      mask,
      clampBox(
        {
          x: Math.min(from.x, to.x),
          y: Math.min(from.y, to.y),
          w: Math.abs(to.x - from.x),
          h: Math.abs(to.y - from.y),
        },
        size,
      ),
    );
    stage.draw();
  };
  const up = () => {
    mask.drawStart = undefined;
    stage.draw();
  };
  // The browser draws the picture as a separate image, so that only its pixels are on the page.
  return html`<div class="mask-area" role="group" tabindex="0" aria-label=${t('mask.area', {
    n: mask.boxes.length,
  })} @keydown=${(event: KeyboardEvent) => onKey(stage, mask, size, event)}>
    <svg viewBox="0 0 ${size.width} ${size.height}" aria-hidden="true" @pointerdown=${down} @pointermove=${move}
      @pointerup=${up} @pointercancel=${up} ${ref(preventScroll)}>
      <image href=${url} width=${size.width} height=${size.height}/>
      ${mask.boxes.map(
        ({ x, y, w, h }, i) =>
          svg`<rect class=${i === mask.chosen ? 'chosen' : ''} x=${x} y=${y} width=${w} height=${h}/>`,
      )}</svg></div>`;
}

/** Stop touch drawing from scrolling the page. lit may register its listeners as passive. */
function preventScroll(element: Element | undefined) {
  element?.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
}

function pushHistory(mask: Mask) {
  mask.history = [...(mask.history ?? []).slice(-30), mask.boxes];
}

/** Replace the selected box. */
function replaceSelected(mask: Mask, box: Box) {
  mask.boxes = mask.boxes.map((current, i) => (i === mask.chosen ? box : current));
}

function undo(stage: Stage, mask: Mask) {
  mask.boxes = mask.history?.at(-1) ?? [];
  mask.history = mask.history?.slice(0, -1) ?? [];
  mask.chosen = Math.max(0, Math.min(mask.chosen, mask.boxes.length - 1));
  stage.draw();
}

function addBox(stage: Stage, mask: Mask, size: Size) {
  if (mask.boxes.length >= MAX_BOXES) return stage.announce(t('mask.many'));
  pushHistory(mask);
  mask.boxes = [
    ...mask.boxes,
    clampBox(
      { x: size.width * 0.3, y: size.height * 0.45, w: size.width * 0.4, h: Math.max(40, size.height * 0.05) },
      size,
    ),
  ];
  mask.chosen = mask.boxes.length - 1;
  stage.draw();
}

function moveBox(stage: Stage, mask: Mask, size: Size, direction: string) {
  const [, dx, dy, dw, dh] = MOVES.find(([name]) => name === direction) ?? ['', 0, 0, 0, 0];
  const box = mask.boxes[mask.chosen];
  if (!box) return;
  pushHistory(mask);
  const step = Math.max(4, Math.round(size.width / 45));
  replaceSelected(
    mask,
    clampBox({ x: box.x + dx * step, y: box.y + dy * step, w: box.w + dw * step, h: box.h + dh * step }, size),
  );
  stage.draw();
}

function removeBox(stage: Stage, mask: Mask) {
  pushHistory(mask);
  mask.boxes = mask.boxes.filter((_box, i) => i !== mask.chosen);
  mask.chosen = Math.max(0, mask.chosen - 1);
  stage.draw();
}

function onKey(stage: Stage, mask: Mask, size: Size, event: KeyboardEvent) {
  const direction = (event.shiftKey ? RESIZE_KEYS : MOVE_KEYS)[event.key];
  if (direction) moveBox(stage, mask, size, direction);
  else if (event.key === 'Delete' || event.key === 'Backspace') removeBox(stage, mask);
  else return;
  event.preventDefault();
}

function movePad(stage: Stage, mask: Mask, size: Size) {
  return html`<div class="part stack-close">
    ${chips({
      name: 'mask-box',
      legend: t('mask.choose'),
      chosen: [String(mask.chosen)],
      choices: mask.boxes.map((_box, i) => [String(i), t('mask.box', { n: i + 1 })] as [string, string]),
      onChange: (i) => {
        mask.chosen = Number(i);
        stage.draw();
      },
    })}
    <div class="row pad">${MOVES.map(([direction]) =>
      button(t(`mask.${direction}`), () => moveBox(stage, mask, size, direction)),
    )}</div>
    <div>${button(t('mask.remove'), () => removeBox(stage, mask), { plain: true })}</div></div>`;
}

function reasonFields(stage: Stage, mask: Mask) {
  const list = loadVocabulary(stage)?.masks;
  return html`${
    list
      ? chips({
          name: 'mask-what',
          legend: t('mask.what'),
          multiple: true,
          chosen: mask.what,
          choices: list.codes.slice(0, 7).map((code) => [code.code, labelOf(code)]),
          onChange: (code, checked) => {
            mask.what = checked ? [...mask.what, code] : mask.what.filter((chosenCode) => chosenCode !== code);
            stage.draw();
          },
        })
      : nothing
  }
    ${textField({
      id: 'mask-why',
      label: t('mask.why'),
      value: mask.why,
      onChange: (why) => {
        mask.why = why;
      },
    })}`;
}

function saveMask(stage: Stage, file: AttachmentRead, mask: Mask) {
  if (!mask.boxes.length) return stage.set({ lacking: true });
  return stage.run('mask', async () => {
    await stage.app.maskPicture(file.attachment, { boxes: mask.boxes, what: mask.what, why: mask.why });
    finish(stage, t('mask.saved'));
  });
}

function usePrintCopy(stage: Stage, file: AttachmentRead, copy: 'masked' | null) {
  return stage.run('mask', async () => {
    await stage.app.printCopy(file.attachment, copy);
    finish(stage, t('card.saved'));
  });
}

function finish(stage: Stage, message: string) {
  const { after: onDone } = stage.local.masking as Mask;
  stage.arrived = true;
  stage.set({ masking: null, bare: false, plain: false });
  stage.announce(message);
  for (const prefix of ['picture:', 'attachment:', 'entry:']) stage.refresh(prefix);
  onDone?.();
}
