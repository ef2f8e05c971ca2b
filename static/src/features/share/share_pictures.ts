/**
 * The keeper looks at each picture once before it can be printed, because no search finds an address inside a picture.
 * The same is asked of letters and emails, whose pages and words are printed. What this browser cannot show is opened
 * elsewhere: until then, nobody can say that nothing shows.
 * Pictures come six at a time (picture_grid.ts), everything else one by one. Each decision is saved at once, so a lock
 * loses nothing.
 */
import { html, nothing, ref, repeat } from '../../shell/html.js';
import { maskEditor } from '../../components/files/masking.js';
import { button, errorSummary, heading, problemSentence, sheet } from '../../components/parts.js';
import { problemOf } from '../../shell/stage.js';
import { t, tn } from '../../shell/strings.js';
import { gridView, focusTile } from './picture_grid.js';
import { OpenedPictures } from './opened_pictures.js';
import { selectionOf } from './share_choose.js';
import './words.js';
import type { MailWords, PictureDecision, ReviewPicture } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const KEYS = { 1: 'fine', 2: 'hold', 4: 'out' } as Readonly<Record<string, PictureDecision>>;
/** How many pictures are asked about at once. */
const GRID_PICTURES = 6;
/** How long the second tap of a double tap may come after the first. */
const DOUBLE_TAP_MS = 700;

const sizeOf = ({ kind }: ReviewPicture) => (kind === 'film' ? 'preview' : 'print');
const isPicture = ({ kind }: ReviewPicture) => kind === 'picture' || kind === 'film';
const cacheKeyOf = (look: ReviewPicture) => `picture:look:${look.attachment}`;

/** Read what is shown: a picture's copy; nothing for what only another app opens. */
function loadPicture(stage: Stage, look: ReviewPicture) {
  if (!isPicture(look)) return null;
  return stage.find(cacheKeyOf(look), () => stage.app.readPicture(look.attachment, sizeOf(look)));
}

const looksOf = ({ local }: Stage) => (local.looks ?? []) as ReviewPicture[];

/** Return what is asked about on each screen, in order: pictures in sixes, then each other file by itself. */
function screensOf(stage: Stage): ReviewPicture[][] {
  const looks = looksOf(stage);
  const pictures = looks.filter(({ kind }) => kind === 'picture');
  const screens: ReviewPicture[][] = [];
  for (let first = 0; first < pictures.length; first += GRID_PICTURES)
    screens.push(pictures.slice(first, first + GRID_PICTURES));
  return [...screens, ...looks.filter(({ kind }) => kind !== 'picture').map((look) => [look])];
}

const isUndecided = ({ local }: Stage, { attachment }: ReviewPicture) => !local.answers?.[attachment];

/** Return the first screen with something undecided; the number of screens when there is none. */
export function firstUndecidedScreen(stage: Stage): number {
  const screens = screensOf(stage);
  const index = screens.findIndex((screen) => screen.some((look) => isUndecided(stage, look)));
  return index < 0 ? screens.length : index;
}

/** Return whether something was decided about every picture. */
export const isAllDecided = (stage: Stage) => firstUndecidedScreen(stage) === screensOf(stage).length;

/** Review the undecided pictures, in the order of the entries. */
export function lookView(stage: Stage, done: () => unknown) {
  const { local } = stage;
  const screens = screensOf(stage);
  const index = local.looked ?? 0;
  const screen = screens[index];
  if (!screen)
    return html`${heading(t('look.title'))}${errorSummary(stage)}<p>${t('look.none')}</p><div>${button(
      t('frame.next'),
      () => finishReview(stage, done),
      { main: true, busy: stage.runningTask === 'look' },
    )}</div>`;
  for (const next of screens[index + 1] ?? []) loadPicture(stage, next);
  const opened = screen.find(({ attachment }) => attachment === local.opened);
  const single = opened ?? (screen[0]?.kind === 'picture' ? undefined : screen[0]);
  if (local.masking && single) return maskView(stage, single);
  if (opened) stage.over(() => closePicture(stage, opened));
  return single ? singleView(stage, single, done) : screenView(stage, screen, done);
}

/** Draw a screenful of pictures, decided about with one tap once each was seen. */
function screenView(stage: Stage, screen: readonly ReviewPicture[], done: () => unknown) {
  const { local } = stage;
  const tiles = screen.map((look) => {
    const result = loadPicture(stage, look);
    return {
      look,
      url: result?.data?.url ?? null,
      isLoading: Boolean(result && result.data === undefined && !result.problem),
      decision: (local.answers?.[look.attachment] ?? null) as PictureDecision | null,
    };
  });
  const pictures = looksOf(stage).filter(({ kind }) => kind === 'picture');
  return html`<div class="stack-wide">${heading(t('look.title'))}
    ${local.looked ? nothing : html`<p class="soft small">${t('look.lead')}</p>`}${errorSummary(stage)}
    ${gridView(stage, tiles, {
      isClosing: Boolean(local.closing),
      first: pictures.indexOf(screen[0] as ReviewPicture) + 1,
      of: pictures.length,
      open: (look) => {
        stage.arrived = true;
        stage.problem = null;
        stage.set({ opened: look.attachment, notYet: false, large: false });
      },
      confirm: (looks) => {
        stage.problem = null;
        for (const look of looks) saveDecision(stage, look, 'fine', true);
        leaveScreen(stage, done);
      },
    })}
    ${restOfReview(stage, done)}</div>`;
}

/** What stands below each screen: the way back to the one before, and the way past all of them. */
function restOfReview(stage: Stage, done: () => unknown) {
  const left = looksOf(stage).filter((look) => isUndecided(stage, look)).length;
  return html`<div class="row">${
    stage.local.looked ? button(t('look.before'), () => previousScreen(stage), { plain: true }) : nothing
  }${left ? button(t('look.skip'), () => confirmSkip(stage, left, done), { plain: true }) : nothing}</div>`;
}

/** Show one file in full, with every decision that there is about it. */
function singleView(stage: Stage, look: ReviewPicture, done: () => unknown) {
  const { local } = stage;
  const { isSeen, isShown = isSeen, content } = showFile(stage, look);
  const isInGrid = look.kind === 'picture';
  const decide = (decision: PictureDecision) => {
    stage.problem = null;
    saveDecision(stage, look, decision, false);
    if (isInGrid) closePicture(stage, look);
    else leaveScreen(stage, done);
  };
  const startMasking = () => {
    stage.arrived = true;
    stage.set({ masking: { boxes: [], what: [], why: '', chosen: 0, after: () => decide('covered') } });
  };
  const kin = looksOf(stage).filter(({ kind }) => (kind === 'picture') === isInGrid);
  const place = { n: kin.indexOf(look) + 1, of: kin.length };
  const onKey = (event: KeyboardEvent) => {
    const decision = KEYS[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || (event.target as Element).matches('input, textarea')) return;
    if (decision && (isSeen || decision !== 'fine')) decide(decision);
    else if (event.key === '3' && isInGrid) startMasking();
    else if (event.key === '0' && isInGrid) closePicture(stage, look);
    else if (event.key === '0' && local.looked) previousScreen(stage);
  };
  return html`<div class="stack-wide" @keydown=${onKey}>${heading(t('look.title'))}
    ${isInGrid || local.looked ? nothing : html`<p class="soft small">${t('look.lead')}</p>`}${errorSummary(stage)}
    <p class="small soft" role="status">${t(isPicture(look) ? 'look.of' : 'look.of_file', place)}${
      look.name ? html` · <span dir="auto">${look.name}</span>` : nothing
    }</p>
    ${isPicture(look) ? enlargeablePicture(stage, content, isShown) : content}
    ${look.kind === 'film' ? html`<p class="small care">${t('look.film')}</p>` : nothing}${
      look.place ? html`<p class="small soft">${t('look.place')}</p>` : nothing
    }
    <div class="stack-close">
      ${!isSeen && isShown && local.notYet ? html`<p class="error-line" role="alert">${t('look.to_end')}</p>` : nothing}
      ${
        isShown
          ? button(t('look.ok'), () => (isSeen ? decide('fine') : stage.set({ notYet: true, large: false })), {
              main: true,
              wide: true,
              disabled: !isSeen,
            })
          : nothing
      }
      ${button(t('look.hold'), () => decide('hold'), { wide: true })}
      <div class="row">${isInGrid ? button(t('look.cover'), startMasking) : nothing}${button(t('look.out'), () =>
        decide('out'),
      )}${button(t('look.open'), () => stage.go({ name: 'file', attachment: look.attachment }))}</div>
      <p class="small soft desk">${t('look.keys')}</p>
      ${
        isInGrid
          ? html`<div>${button(t('look.grid'), () => closePicture(stage, look), { plain: true })}</div>`
          : restOfReview(stage, done)
      }
    </div></div>`;
}

/** Let a person make a picture wider than the screen, to read small print. Not everybody can zoom with two fingers. */
function enlargeablePicture(stage: Stage, content: unknown, isShown: boolean) {
  const { local } = stage;
  const isLarge = isShown && Boolean(local.large);
  const toggle = () => stage.set({ large: !isLarge });
  const label = t(isLarge ? 'look.smaller' : 'look.larger');
  return html`${isShown ? html`<div>${button(label, toggle, { plain: true, icon: 'eye' })}</div>` : nothing}
    <div class=${isLarge ? 'look-large' : ''} tabindex=${isLarge ? '0' : nothing} role=${
      isLarge ? 'group' : nothing
    } aria-label=${isLarge ? t('look.move') : nothing}>${content}</div>`;
}

/**
 * Go back to the screenful that the picture is in. The screen is another at once, and the second tap of a double tap
 * may meet the button that decides about all of them. So that button waits for a moment.
 */
function closePicture(stage: Stage, { attachment }: ReviewPicture) {
  const { local } = stage;
  clearTimeout(local.closing);
  stage.set({
    opened: null,
    masking: null,
    notYet: false,
    large: false,
    closing: setTimeout(() => {
      local.closing = undefined;
      stage.draw();
    }, DOUBLE_TAP_MS),
  });
  focusTile(stage, attachment);
}

/** `isSeen`: here, or in a copy that was saved. `isShown`: it is drawn; its end may not have been on the screen */
type ShownFile = { isSeen: boolean; isShown?: boolean; content: unknown };

/** Return the file to look at, and whether it was seen. */
function showFile(stage: Stage, look: ReviewPicture): ShownFile {
  if (look.kind === 'mail') return showMail(stage, look);
  const result = loadPicture(stage, look);
  const frame = look.kind === 'picture' ? 'look-picture look-whole' : 'look-picture look-once';
  const url = result?.data?.url;
  const shown: OpenedPictures = (stage.local.shown ??= new OpenedPictures(() => stage.draw()));
  const state = url ? shown.stateOf(url) : 'failed';
  if (url && state !== 'failed')
    return {
      isSeen: state === 'seen',
      isShown: state !== null,
      // An element for each address, as in the grid.
      content: repeat(
        [url],
        String,
        () =>
          html`<div class=${frame}><img src=${url} alt=${t('file.picture_of', { name: look.name })} ${ref(
            shown.watch,
          )}></div>`,
      ),
    };
  if (result && result.data === undefined && !result.problem)
    return { isSeen: false, content: html`<p class="soft page" role="status">${t('frame.loading')}</p>` };
  return showElsewhere(stage, look, t(look.kind === 'letter' ? 'look.letter' : 'look.unseen'));
}

/** Show an email's words. One that cannot be read here is opened elsewhere. */
function showMail(stage: Stage, look: ReviewPicture): ShownFile {
  const result = stage.find(`mail:look:${look.attachment}`, () => stage.app.readMailWords(look.attachment));
  if (result.problem) return showElsewhere(stage, look, t('look.unseen'));
  if (!result.data)
    return { isSeen: false, content: html`<p class="soft page" role="status">${t('frame.loading')}</p>` };
  const lines = (mail: MailWords) =>
    [
      mail.from,
      mail.to.join(', '),
      mail.sent.raw,
      mail.subject,
      ...mail.files.map(({ name, type }) => name || type),
    ].filter(Boolean);
  return {
    isSeen: true,
    content: html`<p class="small care">${t('look.mail')}</p>${result.data.map(
      (mail) =>
        html`<div class="note stack-close">${lines(mail).map(
          (line) => html`<p class="small soft" dir="auto">${line}</p>`,
        )}<p class="lines-kept" dir="auto">${mail.text}</p></div>`,
    )}`,
  };
}

/** Let the keeper open a file in another app. */
function showElsewhere(stage: Stage, look: ReviewPicture, words: string): ShownFile {
  const { local } = stage;
  const isSeen = local.saved?.[look.attachment] === true;
  const save = () =>
    stage.run('copy', async () => {
      const { url, name } = await stage.app.readReceived(look.attachment);
      // A name in a list of downloads must reveal nothing.
      const extension = /\.[a-z0-9]{1,5}$/i.exec(name || look.name || '')?.[0] ?? '';
      Object.assign(document.createElement('a'), { href: url, download: `document${extension}` }).click();
      stage.set({ saved: { ...local.saved, [look.attachment]: true } });
    });
  return {
    isSeen,
    content: html`<div class="note stack-close"><p>${words}</p><div>${button(t('look.copy'), save, {
      main: !isSeen,
      busy: stage.runningTask === 'copy',
    })}</div><p class="small soft">${t('look.copy_stays')}</p></div>`,
  };
}

function maskView(stage: Stage, look: ReviewPicture) {
  const result = stage.find(`attachment:look:${look.attachment}`, () => stage.app.readAttachment(look.attachment));
  const stop = () => {
    stage.arrived = true;
    stage.set({ masking: null });
  };
  if (result.data) return maskEditor(stage, result.data);
  return html`${heading(t('look.title'))}<p role="status">${
    result.problem ? problemSentence(result.problem) : t('frame.loading')
  }</p><div>${button(t('frame.cancel'), stop)}</div>`;
}

/**
 * Save a decision without waiting. A picture whose decision could not be saved is shown again.
 * @param amongOthers one tap decided about several
 */
function saveDecision(stage: Stage, look: ReviewPicture, decision: PictureDecision, amongOthers: boolean) {
  const { local, generation } = stage;
  const { attachment, printed } = look;
  const note = (answer: PictureDecision | null) => {
    local.answers = { ...local.answers, [attachment]: answer };
  };
  note(decision);
  // Handed to the store now, not after the earlier writes: a lock waits for writes that the store has accepted.
  const keep = (standing: PictureDecision) => {
    note(standing);
    if (standing !== decision) stage.draw(); // somebody decided about it on another device
  };
  const saving = stage.app.decidePicture(attachment, decision, { printed, amongOthers }).then(keep, async (error) => {
    if (generation !== stage.generation) return;
    note(null);
    const problem = problemOf(error);
    const isChanged = problem.code === 'came_since';
    if (isChanged) await showChanged(stage, look).catch(() => undefined);
    if (generation !== stage.generation || stage.local !== local) return;
    stage.set({ looked: firstUndecidedScreen(stage), opened: null, large: false });
    stage.fail({ ...problem, sentence: t(isChanged ? 'look.changed' : 'look.not_kept') });
  });
  local.writes = Promise.all([local.writes, saving]);
}

/** Read again what a page would print of a picture, which was changed after it was shown, and forget its old copy. */
async function showChanged(stage: Stage, look: ReviewPicture) {
  const { local } = stage;
  const { pictures } = await stage.app.reviewPack(selectionOf(local));
  const fresh = pictures.find(({ attachment }) => attachment === look.attachment);
  dropPicture(stage, look);
  local.looks = looksOf(stage).map((other) => (other.attachment === look.attachment ? (fresh ?? other) : other));
  if (fresh?.decision) local.answers = { ...local.answers, [look.attachment]: fresh.decision };
}

/** Show the next screen, or go on after the last one. */
function leaveScreen(stage: Stage, done: () => unknown) {
  const { local, generation } = stage;
  const index = local.looked ?? 0;
  for (const look of screensOf(stage)[index - 1] ?? []) dropPicture(stage, look);
  stage.arrived = true;
  stage.set({ looked: index + 1, opened: null, notYet: false, large: false });
  // In a later task: the current one may still be saving a masked copy.
  setTimeout(() => {
    if (generation === stage.generation && (local.looked ?? 0) >= screensOf(stage).length)
      void finishReview(stage, done);
  });
}

/** Wait until every decision is saved, then go on, unless the user has opened a picture meanwhile. */
function finishReview(stage: Stage, done: () => unknown) {
  const { local } = stage;
  return stage.run('look', async () => {
    await local.writes;
    if (stage.local === local && (local.looked ?? 0) >= screensOf(stage).length) await done();
  });
}

function previousScreen(stage: Stage) {
  stage.arrived = true;
  stage.set({ looked: Math.max(0, (stage.local.looked ?? 0) - 1), opened: null, notYet: false, large: false });
}

/** Free a picture that is two screens behind, or was changed. */
function dropPicture(stage: Stage, look: ReviewPicture) {
  const url = (stage.cache.get(cacheKeyOf(look))?.data as { url: string } | null | undefined)?.url;
  if (url) stage.app.letGo(url);
  stage.cache.delete(cacheKeyOf(look));
}

function confirmSkip(stage: Stage, left: number, done: () => unknown) {
  const skipAll = () => {
    stage.closeSheet();
    stage.local.looked = screensOf(stage).length;
    return finishReview(stage, done);
  };
  stage.openSheet((sheetStage) =>
    sheet(
      sheetStage,
      t('look.skip_title'),
      html`<p>${tn('look.skip_lead', left)}</p>
    <div class="row">${button(t('look.skip_do'), skipAll)}${button(t('frame.cancel'), () => sheetStage.closeSheet(), {
      main: true,
    })}</div>`,
    ),
  );
}
