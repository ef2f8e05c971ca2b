/** The history of an entry, oldest first, field by field. Nothing is overwritten, so it is complete. */
import { html, nothing } from '../../shell/html.js';
import { lineOf } from '../../components/cards/card_table.js';
import { titleOf, wordsFor } from '../../components/cards/card_words.js';
import { clockTime, day, momentSaid, whenWords } from '../../components/text/say.js';
import { t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { Change, Entry, SharedApp, VersionShown } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

type Told = Pick<Entry, 'versions'>;

/** The fields of one time: to the keeper they are one change. */
const TIME = new Set(['occurred_start', 'occurred_end', 'occurred_local', 'tz', 'utc_offset_min', 'precision']);

/** Return a value as text, with a placeholder for an empty one. */
export function valueWords(stage: Stage<SharedApp>, field: string, value: unknown): string {
  return wordsFor(stage, field, value) || t('history.blank');
}

/** Return the readable changes: the fields of a time are one change, and bookkeeping is left out. */
export function readable(changes: readonly Change[]) {
  const known = changes.filter(({ field }) => lineOf(field) !== null);
  const time = changes.find((one) => one.field === 'occurred_local');
  return { known, time: time ?? null, moved: changes.some(({ field }) => TIME.has(field)) };
}

export function history(stage: Stage<SharedApp>, entry: Told) {
  // The first version is the last one saved in the first ten minutes; those before it led up to it.
  const settled = entry.versions.filter((one) => one.kind === 'first').at(-1);
  return html`<ol class="history stack">${entry.versions.map((version) =>
    step(stage, entry, version, version.kind === 'first' && version !== settled),
  )}</ol>`;
}

function step(stage: Stage<SharedApp>, entry: Told, version: VersionShown, isSettling: boolean) {
  const { known, time, moved } = readable(version.changes);
  const before = entry.versions[entry.versions.indexOf(version) - 1]?.fields;
  // The very first save has nothing before it; later saves within the ten minutes also show what they changed.
  const changed =
    version.kind === 'amendment' ||
    version.kind === 'merged' ||
    (version.kind === 'first' && entry.versions[0] !== version);
  return html`<li class="stack-close">
    <p><strong>${t(
      isSettling ? 'history.settling' : `history.${version.kind}`,
    )}</strong> <span class="small soft">${momentSaid(version.at)}${
      version.by ? ` · ${t('history.by', { by: t(`history.${version.by}`) })}` : ''
    }</span></p>
    ${version.kept_at === undefined ? nothing : html`<p class="small soft">${receipt(version)}</p>`}
    ${version.altered ? html`<p class="care small">${t('history.altered')}</p>` : nothing}
    ${
      version.reason
        ? html`<p class="small" dir="auto">${t('history.reason', { reason: version.reason })}</p>`
        : nothing
    }
    ${
      moved && version.fields
        ? html`<p class="small">${t('f.when')}: ${whenWords(version.fields)}${
            time?.old
              ? html` <span class="was">(${t('history.was', {
                  old: before?.occurred_local === time.old ? whenWords(before) : (time.old as string),
                })})</span>`
              : nothing
          }</p>`
        : nothing
    }
    ${known.map((one) => changeOf(stage, one, changed))}
  </li>`;
}

/** Write when the server received a version, and whether its receipt is in the public log. */
function receipt({ kept_at, listed }: VersionShown) {
  if (!kept_at) return t('log.waiting');
  return `${t('log.kept', { day: day(kept_at), time: clockTime(kept_at) })} ${t(
    listed ? 'log.listed' : 'log.not_listed',
  )}`;
}

function changeOf(stage: Stage<SharedApp>, { field, old, new: now }: Change, changed: boolean) {
  const was = wordsFor(stage, field, old);
  return html`<div><p class="small soft">${titleOf(field)}</p>
    ${
      changed && was
        ? html`<p class="was" dir="auto">${t('history.was', { old: was })}</p><p dir="auto" class="narrative-small">${t(
            'history.now',
            { new: valueWords(stage, field, now) },
          )}</p>`
        : html`<p dir="auto" class="narrative-small">${valueWords(stage, field, now)}</p>`
    }</div>`;
}
