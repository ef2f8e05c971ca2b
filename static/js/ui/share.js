/** Share: make a pack. Choose, see what goes in, look at each picture once, consent, wait, save the zip. */
import { html, nothing } from './html.js';
import { checkbox, chips, textField } from './fields.js';
import { button, errorSummary, heading, progress, row } from './parts.js';
import { size } from './say.js';
import { problemOf } from './stage.js';
import { t, tn } from './strings.js';
import './strings_later.js';
import './strings_handover.js';
import { choosing, chosenOf } from './share_choose.js';
import { looking } from './share_look.js';

/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./app.d.ts').Summary} Summary */
/** @typedef {import('./app.d.ts').Step} Step */

const STEPS = /** @type {const} */ (['choose', 'sum', 'look', 'officer', 'consent']);
const OFFICER = /** @type {const} */ (['name_to_use', 'safe_contact', 'concerns', 'needs', 'helped_by']);

/** A pack under way outlives the screen it was started on. @typedef {{at: Step, done: null|{file: Blob, name: string}, url: string|null, stopped: boolean}} Job */

/** @param {Stage} stage */
function share(stage) {
  const job = /** @type {Job|undefined} */ (stage.job);
  if (job?.done) return ready(stage, job);
  if (job && !job.stopped) return building(stage, job);
  const step = /** @type {typeof STEPS[number]|undefined} */ (stage.local.step);
  if (!step) return beginning(stage, Boolean(job?.stopped));
  return html`<div class="stack-wide">
    <p class="small soft">${t('share.step', { n: STEPS.indexOf(step) + 1, of: STEPS.length })}</p>
    ${{ choose: () => choosing(stage, () => toSummary(stage)), sum: () => summary(stage), look: () => looking(stage, () => to(stage, 'officer')), officer: () => officer(stage), consent: () => consent(stage) }[step]()}
  </div>`;
}

/** @param {Stage} stage @param {typeof STEPS[number]} step */
function to(stage, step) {
  stage.problem = null;
  stage.arrived = true;
  stage.set({ step });
}

/** @param {Stage} stage @param {boolean} stopped */
function beginning(stage, stopped) {
  const { state } = stage;
  const why = !state.entries.length ? 'share.nothing' : !state.account?.registered ? 'share.needs_copy' : null;
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('share.title'))}<p>${t('share.lead')}</p></div>
    ${errorSummary(stage)}
    ${stopped ? html`<p role="status">${t('build.cancelled')}</p>` : nothing}
    ${why ? html`<p class="soft">${t(why)}</p>` : nothing}
    ${stage.state.account?.registered ? html`<div class="rows"><div>${row({ title: t('hand.list'), more: t('hand.list_more'), icon: 'paper', on: () => stage.go({ name: 'handovers' }) })}</div></div>` : nothing}
    ${why === 'share.needs_copy' ? button(t('copy.title'), () => stage.go({ name: 'copy' }), { main: true, wide: true })
    : why ? nothing : button(t('share.start'), () => { stage.job = undefined; to(stage, 'choose'); }, { main: true, wide: true })}
  </div>`;
}

/** @param {Stage} stage */
async function toSummary(stage) {
  const chosen = chosenOf(stage.local);
  await stage.run('choose', async () => {
    stage.local.summary = await stage.app.chooseForPack(chosen);
    stage.local.looks = stage.local.summary.unlooked;
    const kept = await stage.app.readSettings?.();
    stage.local.sheet ??= { initials: kept?.fields.initials ?? '', ...kept?.restricted };
    stage.local.ownWords ??= kept?.fields.own_words ?? '';
    to(stage, 'sum');
  });
}

/** @param {Stage} stage */
function summary(stage) {
  const sum = /** @type {Summary} */ (stage.local.summary);
  const rows = /** @type {const} */ ([['entries', sum.entries], ['additions', sum.additions], ['amendments', sum.amendments], ['pictures', sum.pictures], ['files', sum.files],
    ['bytes', size(sum.bytes)], ['restricted', sum.restricted_words], ['withheld', sum.withheld], ['removed', sum.removed]]);
  const next = () => to(stage, sum.unlooked.length ? 'look' : 'officer');
  return html`${heading(t('sum.title'))}${errorSummary(stage)}
    <dl class="facts card sums">${rows.map(([key, n]) => html`<div><dt>${t(`sum.${key}`)}</dt><dd>${n}</dd></div>`)}</dl>
    <div class="small soft stack-close"><p>${t('sum.all_versions')}</p><p>${t('sum.note')}</p></div>
    <div class="row">${button(t('frame.next'), next, { main: true })}${button(t('bar.back'), () => to(stage, 'choose'), { plain: true })}</div>`;
}

/** @param {Stage} stage */
function officer(stage) {
  const { local } = stage;
  const sheet = (local.sheet ??= { initials: '' });
  const next = () => {
    if (!/^[A-Za-z]{1,4}$/.test(sheet.initials.trim())) return stage.set({ noInitials: true });
    return to(stage, 'consent');
  };
  const first = /** @type {string[]} */ (local.startWith ?? []);
  const some = stage.state.entries.filter((row) => local.summary && isIn(local, row.record)).slice(0, 30);
  return html`${heading(t('sheet.title'))}<p class="soft">${t('sheet.lead')}</p>
    ${textField({ id: 'initials', label: t('sheet.initials'), hint: t('sheet.initials_hint'), value: sheet.initials, error: local.noInitials ? t('sheet.need_initials') : null, on: (initials) => { sheet.initials = initials; } })}
    ${OFFICER.map((name) => textField({ id: name, label: t(`sheet.${name}`), value: sheet[name] ?? '', ...(name === 'concerns' || name === 'needs' ? { lines: 'low' } : {}),
    ...(name === 'safe_contact' || name === 'needs' ? { hint: t(`sheet.${name}_hint`) } : {}), on: (value) => { sheet[name] = value; } }))}
    ${textField({ id: 'own_words', label: t('sheet.own_words'), hint: t('sheet.own_words_hint'), lines: 'big', value: local.ownWords ?? '', on: (value) => { local.ownWords = value; } })}
    ${some.length > 1 ? chips({ name: 'first', legend: `${t('sheet.start_with')} (${t('sheet.start_hint')})`, many: true, chosen: first,
    choices: some.map((row) => [row.record, `${row.seq_no === null ? t('entries.new') : t('entries.number', { n: row.seq_no })} ${row.title.slice(0, 28)}`]),
    on: (record, on) => stage.set({ startWith: on ? [...first, record].slice(0, 10) : first.filter((one) => one !== record) }) }) : nothing}
    <div class="row">${button(t('frame.next'), next, { main: true })}${button(t('bar.back'), () => to(stage, 'sum'), { plain: true })}</div>`;
}

/** @param {Record<string, any>} local @param {string} record */
const isIn = (local, record) => { const { records } = chosenOf(local); return !records || records.includes(record); };

/** @param {Stage} stage */
function consent(stage) {
  const { local } = stage;
  const sum = /** @type {Summary} */ (local.summary);
  const go = () => (local.agreed ? start(stage) : stage.set({ notAgreed: true }));
  return html`${heading(t('consent.title'))}${errorSummary(stage)}
    <p>${t('consent.window', { entries: tn('consent.entries', sum.entries), pictures: tn('consent.pictures', sum.pictures) })}</p>
    <p>${t('consent.what')}</p><p class="care">${t('consent.court')}</p><p class="soft">${t('consent.shows')}</p>
    ${checkbox({ id: 'agreed', label: t('consent.tick'), checked: Boolean(local.agreed), on: (agreed) => stage.set({ agreed, notAgreed: false }) })}
    ${local.notAgreed ? html`<p class="error-line" role="alert">${t('consent.need')}</p>` : nothing}
    <div class="row">${button(t('consent.do'), go, { main: true })}${button(t('bar.back'), () => to(stage, 'officer'), { plain: true })}</div>`;
}

/** @param {Stage} stage */
async function start(stage) {
  const { initials, ...sheet } = stage.local.sheet;
  const options = { ...chosenOf(stage.local), profile: 'police', initials: initials.trim().toUpperCase(), own_words: stage.local.ownWords ?? '', start_with: stage.local.startWith ?? [],
    sheet: Object.fromEntries(OFFICER.map((name) => [name, sheet[name] ?? ''])) };
  /** @type {Job} */
  const job = { at: { step: 'queued', done: 0, total: 0 }, done: null, url: null, stopped: false };
  const { generation } = stage;
  stage.job = job;
  stage.stand({ name: 'share' });
  try {
    job.done = await stage.app.buildPack(options, (at) => { job.at = at; stage.draw(); });
    if (generation === stage.generation) stage.say(t('pack.title'));
  } catch (thrown) {
    job.stopped = true;
    if (generation !== stage.generation) return;
    if (/** @type {{code?: string}} */ (thrown)?.code === 'cancelled') return stage.draw();
    stage.job = undefined;
    stage.fail(problemOf(thrown));
  }
}

/** @param {Stage} stage @param {Job} job */
function building(stage, job) {
  const stop = async () => { job.stopped = true; stage.draw(); await stage.app.cancelPack().catch(() => undefined); };
  return html`<div class="stack-wide">${heading(t('build.title'))}
    ${progress({ label: t(`build.${job.at.step}`), done: job.at.done, total: job.at.total, cancel: stop, cancelLabel: t('build.cancel') })}
    <p class="soft">${t('build.carry_on')}</p></div>`;
}

/** @param {Stage} stage @param {Job} job */
function ready(stage, job) {
  const { file, name } = /** @type {{file: Blob, name: string}} */ (job.done);
  const save = () => {
    const url = URL.createObjectURL(file);
    const link = Object.assign(document.createElement('a'), { href: url, download: name });
    link.click();
    // The browser reads the address after this turn; a minute is ample and then the bytes are let go.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('pack.title'))}<p role="status">${t('pack.checked')}</p><p class="soft">${name} · ${size(file.size)}</p></div>
    <div class="stack-close">${button(t('hand.way'), () => stage.go({ name: 'handover' }), { main: true, wide: true })}<p class="small soft">${t('hand.way_more')}</p></div>
    <div class="stack-close">${button(t('pack.save'), save, { wide: true })}<p class="care small">${t('pack.saved')}</p></div>
    <div>${button(t('pack.again'), () => { stage.job = undefined; stage.stand({ name: 'share' }); }, { plain: true })}</div>
  </div>`;
}

export const views = { share };
