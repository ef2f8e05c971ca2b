/**
 * The keeper looks at each picture once before it can be printed, because no search finds an address inside a picture.
 * The same is asked of letters and emails, whose pages and words are printed. What this browser cannot show is opened
 * elsewhere: until then, nobody can say that nothing shows.
 * One tap decides and the next picture follows. Each decision is saved at once, so a lock loses nothing.
 */
import { html, nothing } from '../../shell/html.js';
import { maskEditor } from '../../components/files/masking.js';
import { button, errorSummary, heading, problemSentence, sheet } from '../../components/parts.js';
import { problemOf } from '../../shell/stage.js';
import { t, tn } from '../../shell/strings.js';
import './words.js';
import type { MailWords, PictureDecision, ReviewPicture } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

const KEYS = { 1: 'fine', 2: 'hold', 4: 'out' } as Readonly<Record<string, PictureDecision>>;
const AHEAD = 2;

const sizeOf = ({ kind }: ReviewPicture) => (kind === 'film' ? 'preview' : 'print');
const isPicture = ({ kind }: ReviewPicture) => kind === 'picture' || kind === 'film';
const cacheKeyOf = (look: ReviewPicture) => `picture:look:${look.attachment}`;

/** Read what is shown: a picture's copy; nothing for what only another app opens. */
function loadPicture(stage: Stage, look: ReviewPicture) {
  if (!isPicture(look)) return null;
  return stage.find(cacheKeyOf(look), () => stage.app.readPicture(look.attachment, sizeOf(look)));
}

/** Review the undecided pictures, in the order of the entries. */
export function lookView(stage: Stage, done: () => unknown) {
  const { local } = stage;
  const pictures = (local.looks ?? []) as ReviewPicture[];
  const index = local.looked ?? 0;
  const picture = pictures[index];
  if (local.masking && picture) return maskView(stage, picture);
  if (!picture)
    return html`${heading(t('look.title'))}${errorSummary(stage)}<p>${t('look.none')}</p><div>${button(
      t('frame.next'),
      () => finishReview(stage, done),
      { main: true, busy: stage.runningTask === 'look' },
    )}</div>`;
  const { isSeen, content } = showFile(stage, picture);
  for (const next of pictures.slice(index + 1, index + 1 + AHEAD)) loadPicture(stage, next);
  const startMasking = () => {
    stage.arrived = true;
    stage.set({
      masking: { boxes: [], what: [], why: '', chosen: 0, after: () => decide(stage, picture, 'covered', done) },
    });
  };
  const place = { n: index + 1, of: pictures.length };
  const onKey = (event: KeyboardEvent) => {
    const decision = KEYS[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || (event.target as Element).matches('input, textarea')) return;
    if (decision && (isSeen || decision !== 'fine')) decide(stage, picture, decision, done);
    else if (event.key === '3' && picture.kind === 'picture') startMasking();
    else if (event.key === '0' && index) previousPicture(stage);
  };
  return html`<div class="stack-wide" @keydown=${onKey}>${heading(t('look.title'))}
    ${index ? nothing : html`<p class="soft small">${t('look.lead')}</p>`}${errorSummary(stage)}
    <p class="small soft" role="status">${t(isPicture(picture) ? 'look.of' : 'look.of_file', place)}${
      picture.name ? html` · <span dir="auto">${picture.name}</span>` : nothing
    }</p>
    ${content}
    ${picture.kind === 'film' ? html`<p class="small care">${t('look.film')}</p>` : nothing}${
      picture.place ? html`<p class="small soft">${t('look.place')}</p>` : nothing
    }
    <div class="stack-close">
      ${isSeen ? button(t('look.ok'), () => decide(stage, picture, 'fine', done), { main: true, wide: true }) : nothing}
      ${button(t('look.hold'), () => decide(stage, picture, 'hold', done), { wide: true })}
      <div class="row">${picture.kind === 'picture' ? button(t('look.cover'), startMasking) : nothing}${button(
        t('look.out'),
        () => decide(stage, picture, 'out', done),
      )}${button(t('look.open'), () => stage.go({ name: 'file', attachment: picture.attachment }))}
        ${index ? button(t('look.before'), () => previousPicture(stage), { plain: true }) : nothing}</div>
      <p class="small soft desk">${t('look.keys')}</p>
      <div>${button(t('look.skip'), () => confirmSkip(stage, pictures.length - index, done), { plain: true })}</div>
    </div></div>`;
}

/** Return the file to look at, and whether it can be seen: here, or in a copy that was saved. */
function showFile(stage: Stage, look: ReviewPicture) {
  if (look.kind === 'mail') return showMail(stage, look);
  const result = loadPicture(stage, look);
  if (result?.data?.url)
    return {
      isSeen: true,
      content: html`<div class="look-picture look-once"><img src=${result.data.url} alt=${t('file.picture_of', {
        name: look.name,
      })}></div>`,
    };
  if (result && result.data === undefined && !result.problem)
    return { isSeen: false, content: html`<p class="soft page" role="status">${t('frame.loading')}</p>` };
  return showElsewhere(stage, look, t(look.kind === 'letter' ? 'look.letter' : 'look.unseen'));
}

/** Show an email's words. One that cannot be read here is opened elsewhere. */
function showMail(stage: Stage, look: ReviewPicture) {
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
function showElsewhere(stage: Stage, look: ReviewPicture, words: string) {
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
 * Save a decision and show the next picture without waiting. A picture whose decision could not be saved comes back at
 * the end.
 */
function decide(stage: Stage, look: ReviewPicture, decision: PictureDecision, done: () => unknown) {
  const { local } = stage;
  const { generation } = stage;
  local.answers = { ...local.answers, [look.attachment]: decision };
  // Handed to the store now, not after the earlier writes: a lock waits for writes that the store has accepted.
  const saving = stage.app.decidePicture(look.attachment, decision).catch((error) => {
    if (generation !== stage.generation) return;
    local.answers = { ...local.answers, [look.attachment]: null };
    local.looks = [...local.looks, look];
    stage.fail({ ...problemOf(error), sentence: t('look.not_kept') });
  });
  local.writes = Promise.all([local.writes, saving]);
  dropPicture(stage, local.looks[(local.looked ?? 0) - 1]);
  stage.problem = null;
  stage.set({ looked: (local.looked ?? 0) + 1 });
  // In a later task: the current one may still be saving a masked copy.
  if ((local.looked ?? 0) >= local.looks.length)
    setTimeout(() => {
      if (generation === stage.generation) void finishReview(stage, done);
    });
}

/** Wait until every decision is saved, then go on, unless the user has opened a picture meanwhile. */
function finishReview(stage: Stage, done: () => unknown) {
  const { local } = stage;
  return stage.run('look', async () => {
    await local.writes;
    if (stage.local === local && (local.looked ?? 0) >= local.looks.length) await done();
  });
}

function previousPicture(stage: Stage) {
  stage.set({ looked: Math.max(0, (stage.local.looked ?? 0) - 1) });
}

/** Free a picture that is two steps behind. */
function dropPicture(stage: Stage, look: ReviewPicture | undefined) {
  if (!look) return;
  const url = (stage.cache.get(cacheKeyOf(look))?.data as { url: string } | null | undefined)?.url;
  if (url) stage.app.letGo(url);
  stage.cache.delete(cacheKeyOf(look));
}

function confirmSkip(stage: Stage, left: number, done: () => unknown) {
  const skipAll = () => {
    stage.closeSheet();
    stage.local.overridden = true;
    stage.local.looked = stage.local.looks.length;
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
