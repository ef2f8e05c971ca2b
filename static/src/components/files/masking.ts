/**
 * Cover parts of a picture with boxes, drawn with a finger, the mouse or the keyboard. The received file does not
 * change: the result is saved as another copy, painted over and re-encoded.
 */
import { html, nothing, ref, svg } from '../../shell/html.js';
import { chips, textField } from '../forms/fields.js';
import { button, errorSummary, heading } from '../parts.js';
import { t } from '../../shell/strings.js';
import { said, vocabulary } from '../text/labels.js';
import { picture } from './tiles.js';
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
  drawing?: { x: number; y: number } | undefined;
  past?: Box[][];
  saw?: boolean;
};
type Size = { width: number; height: number };

const MOST = 60;
const LEAST = 8;
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
const KEYS = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
} as Readonly<Record<string, string>>;
const SIZED = {
  ArrowLeft: 'narrower',
  ArrowRight: 'wider',
  ArrowUp: 'shorter',
  ArrowDown: 'taller',
} as Readonly<Record<string, string>>;

/** Clamp a box to the picture and to a visible minimum size. */
export function inside({ x, y, w, h }: Box, { width, height }: Size): Box {
  const [wide, high] = [
    Math.min(width, Math.max(LEAST, Math.round(w))),
    Math.min(height, Math.max(LEAST, Math.round(h))),
  ];
  return {
    x: Math.min(width - wide, Math.max(0, Math.round(x))),
    y: Math.min(height - high, Math.max(0, Math.round(y))),
    w: wide,
    h: high,
  };
}

export function masking(stage: Stage, file: AttachmentRead) {
  const mask = stage.local.masking as Mask;
  const print = (Array.isArray(file.fields.renditions) ? file.fields.renditions : []).find(
    (one: Fields) => one.purpose === 'print',
  );
  const stop = () => {
    stage.arrived = true;
    stage.set({ masking: null });
  };
  const { url, waiting } = picture(stage, file, 'unmasked');
  if (!mask.saw && url) {
    mask.saw = true;
    stage.app.looked(file.attachment);
  }
  if (!print || (!url && !waiting))
    return html`<div class="stack">${heading(t('mask.title'))}<p>${t('mask.none')}</p><div>${button(
      t('frame.close'),
      stop,
    )}</div></div>`;
  const size = { width: Number(print.width), height: Number(print.height) };
  return html`<div class="stack-wide">${heading(t('mask.title'))}${errorSummary(stage)}
    <p class="soft">${t('mask.lead')}</p><p class="small soft">${t('mask.how')}</p>
    ${url ? area(stage, mask, size, url) : html`<p role="status">${t('frame.loading')}</p>`}
    <div class="row">${button(t('mask.add'), () => addBox(stage, mask, size), { icon: 'add' })}${
      mask.past?.length ? button(t('mask.undo'), () => undo(stage, mask), { plain: true }) : nothing
    }</div>
    ${mask.boxes.length ? pad(stage, mask, size) : nothing}
    ${reasons(stage, mask)}
    ${
      stage.local.lacking && !mask.boxes.length
        ? html`<p class="error-line" role="alert">${t('mask.need')}</p>`
        : nothing
    }
    <div class="row">${button(t('mask.save'), () => save(stage, file, mask), {
      main: true,
      busy: stage.running === 'mask',
    })}${button(t('frame.cancel'), stop, { plain: true })}
      ${
        file.fields.print_copy === 'masked'
          ? button(t('mask.use_plain'), () => use(stage, file, null), { plain: true })
          : file.fields.renditions.some((one: Fields) => one.purpose === 'masked')
            ? button(t('mask.use_masked'), () => use(stage, file, 'masked'), { plain: true })
            : nothing
      }</div></div>`;
}

/** The picture with its boxes. */
function area(stage: Stage, mask: Mask, size: Size, url: string) {
  const place = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * size.width,
      y: ((event.clientY - box.top) / box.height) * size.height,
    };
  };
  const down = (event: PointerEvent) => {
    if (!event.isPrimary || mask.boxes.length >= MOST) return;
    event.preventDefault();
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    remember(mask);
    mask.drawing = place(event);
    mask.boxes = [...mask.boxes, inside({ ...mask.drawing, w: 0, h: 0 }, size)];
    mask.chosen = mask.boxes.length - 1;
    stage.draw();
  };
  const move = (event: PointerEvent) => {
    if (!mask.drawing) return;
    const [from, to] = [mask.drawing, place(event)];
    replace(
      mask,
      inside(
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
    mask.drawing = undefined;
    stage.draw();
  };
  // The browser draws the picture as a separate image, so that only its pixels are on the page.
  return html`<div class="mask-area" role="group" tabindex="0" aria-label=${t('mask.area', {
    n: mask.boxes.length,
  })} @keydown=${(event: KeyboardEvent) => keyed(stage, mask, size, event)}>
    <svg viewBox="0 0 ${size.width} ${size.height}" aria-hidden="true" @pointerdown=${down} @pointermove=${move}
      @pointerup=${up} @pointercancel=${up} ${ref(still)}>
      <image href=${url} width=${size.width} height=${size.height}/>
      ${mask.boxes.map(
        ({ x, y, w, h }, i) =>
          svg`<rect class=${i === mask.chosen ? 'chosen' : ''} x=${x} y=${y} width=${w} height=${h}/>`,
      )}</svg></div>`;
}

/** Stop touch drawing from scrolling the page. lit may register its listeners as passive. */
function still(element: Element | undefined) {
  element?.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
}

function remember(mask: Mask) {
  mask.past = [...(mask.past ?? []).slice(-30), mask.boxes];
}

/** Replace the selected box. */
function replace(mask: Mask, box: Box) {
  mask.boxes = mask.boxes.map((one, i) => (i === mask.chosen ? box : one));
}

function undo(stage: Stage, mask: Mask) {
  mask.boxes = mask.past?.at(-1) ?? [];
  mask.past = mask.past?.slice(0, -1) ?? [];
  mask.chosen = Math.max(0, Math.min(mask.chosen, mask.boxes.length - 1));
  stage.draw();
}

function addBox(stage: Stage, mask: Mask, size: Size) {
  if (mask.boxes.length >= MOST) return stage.say(t('mask.many'));
  remember(mask);
  mask.boxes = [
    ...mask.boxes,
    inside(
      { x: size.width * 0.3, y: size.height * 0.45, w: size.width * 0.4, h: Math.max(40, size.height * 0.05) },
      size,
    ),
  ];
  mask.chosen = mask.boxes.length - 1;
  stage.draw();
}

function nudge(stage: Stage, mask: Mask, size: Size, how: string) {
  const [, dx, dy, dw, dh] = MOVES.find(([name]) => name === how) ?? ['', 0, 0, 0, 0];
  const box = mask.boxes[mask.chosen];
  if (!box) return;
  remember(mask);
  const step = Math.max(4, Math.round(size.width / 45));
  replace(
    mask,
    inside({ x: box.x + dx * step, y: box.y + dy * step, w: box.w + dw * step, h: box.h + dh * step }, size),
  );
  stage.draw();
}

function removeBox(stage: Stage, mask: Mask) {
  remember(mask);
  mask.boxes = mask.boxes.filter((_one, i) => i !== mask.chosen);
  mask.chosen = Math.max(0, mask.chosen - 1);
  stage.draw();
}

function keyed(stage: Stage, mask: Mask, size: Size, event: KeyboardEvent) {
  const how = (event.shiftKey ? SIZED : KEYS)[event.key];
  if (how) nudge(stage, mask, size, how);
  else if (event.key === 'Delete' || event.key === 'Backspace') removeBox(stage, mask);
  else return;
  event.preventDefault();
}

function pad(stage: Stage, mask: Mask, size: Size) {
  return html`<div class="part stack-close">
    ${chips({
      name: 'mask-box',
      legend: t('mask.choose'),
      chosen: [String(mask.chosen)],
      choices: mask.boxes.map((_one, i) => [String(i), t('mask.box', { n: i + 1 })] as [string, string]),
      on: (i) => {
        mask.chosen = Number(i);
        stage.draw();
      },
    })}
    <div class="row pad">${MOVES.map(([how]) => button(t(`mask.${how}`), () => nudge(stage, mask, size, how)))}</div>
    <div>${button(t('mask.remove'), () => removeBox(stage, mask), { plain: true })}</div></div>`;
}

function reasons(stage: Stage, mask: Mask) {
  const list = vocabulary(stage)?.masks;
  return html`${
    list
      ? chips({
          name: 'mask-what',
          legend: t('mask.what'),
          many: true,
          chosen: mask.what,
          choices: list.codes.slice(0, 7).map((one) => [one.code, said(one)]),
          on: (code, on) => {
            mask.what = on ? [...mask.what, code] : mask.what.filter((one) => one !== code);
            stage.draw();
          },
        })
      : nothing
  }
    ${textField({
      id: 'mask-why',
      label: t('mask.why'),
      value: mask.why,
      on: (why) => {
        mask.why = why;
      },
    })}`;
}

function save(stage: Stage, file: AttachmentRead, mask: Mask) {
  if (!mask.boxes.length) return stage.set({ lacking: true });
  return stage.run('mask', async () => {
    await stage.app.maskPicture(file.attachment, { boxes: mask.boxes, what: mask.what, why: mask.why });
    done(stage, t('mask.saved'));
  });
}

function use(stage: Stage, file: AttachmentRead, which: 'masked' | null) {
  return stage.run('mask', async () => {
    await stage.app.printCopy(file.attachment, which);
    done(stage, t('card.saved'));
  });
}

function done(stage: Stage, words: string) {
  const { after } = stage.local.masking as Mask;
  stage.arrived = true;
  stage.set({ masking: null, bare: false, plain: false });
  stage.say(words);
  for (const prefix of ['picture:', 'attachment:', 'entry:']) stage.refresh(prefix);
  after?.();
}
