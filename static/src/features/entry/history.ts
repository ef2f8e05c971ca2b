/** The history of an entry, oldest first, field by field. Nothing is overwritten, so it is complete. */
import { html, nothing } from '../../shell/html.js';
import { questionOf } from '../../components/cards/card_table.js';
import { fieldTitle, answerText } from '../../components/cards/card_words.js';
import { clockTime, dateText, dateTimeText, occurredText } from '../../components/text/formatting.js';
import { t } from '../../shell/strings.js';
import '../../components/words.js';
import './words.js';
import type { FieldChange, Entry, SharedApp, VersionShown } from '../../shell/app.js';
import type { Stage } from '../../shell/stage.js';

type VersionedEntry = Pick<Entry, 'versions'>;

/** The fields of one time: to the keeper they are one change. */
const TIME_FIELDS = new Set(['occurred_start', 'occurred_end', 'occurred_local', 'tz', 'utc_offset_min', 'precision']);

/** Return a value as text, with a placeholder for an empty one. */
export function valueText(stage: Stage<SharedApp>, field: string, value: unknown): string {
  return answerText(stage, field, value) || t('history.blank');
}

/** Return the readable changes: the fields of a time are one change, and bookkeeping is left out. */
export function readableChanges(changes: readonly FieldChange[]) {
  const known = changes.filter(({ field }) => questionOf(field) !== null);
  const time = changes.find((change) => change.field === 'occurred_local');
  return { known, time: time ?? null, moved: changes.some(({ field }) => TIME_FIELDS.has(field)) };
}

export function history(stage: Stage<SharedApp>, entry: VersionedEntry) {
  // The first version is the last one saved in the first ten minutes; those before it led up to it.
  const settled = entry.versions.filter((version) => version.kind === 'first').at(-1);
  return html`<ol class="history stack">${entry.versions.map((version) =>
    versionItem(stage, entry, version, version.kind === 'first' && version !== settled),
  )}</ol>`;
}

function versionItem(stage: Stage<SharedApp>, entry: VersionedEntry, version: VersionShown, isSettling: boolean) {
  const { known, time, moved: hasTimeChange } = readableChanges(version.changes);
  const previous = entry.versions[entry.versions.indexOf(version) - 1]?.fields;
  // The very first save has nothing before it; later saves within the ten minutes also show what they changed.
  const showsOld =
    version.kind === 'amendment' ||
    version.kind === 'merged' ||
    (version.kind === 'first' && entry.versions[0] !== version);
  return html`<li class="stack-close">
    <p><strong>${t(
      isSettling ? 'history.settling' : `history.${version.kind}`,
    )}</strong> <span class="small soft">${dateTimeText(version.at)}${
      version.by ? ` · ${t('history.by', { by: t(`history.${version.by}`) })}` : ''
    }</span></p>
    ${version.kept_at === undefined ? nothing : html`<p class="small soft">${receiptText(version)}</p>`}
    ${version.altered ? html`<p class="care small">${t('history.altered')}</p>` : nothing}
    ${
      version.reason
        ? html`<p class="small" dir="auto">${t('history.reason', { reason: version.reason })}</p>`
        : nothing
    }
    ${
      hasTimeChange && version.fields
        ? html`<p class="small">${t('f.when')}: ${occurredText(version.fields)}${
            time?.old
              ? html` <span class="was">(${t('history.was', {
                  old: previous?.occurred_local === time.old ? occurredText(previous) : (time.old as string),
                })})</span>`
              : nothing
          }</p>`
        : nothing
    }
    ${known.map((change) => changeItem(stage, change, showsOld))}
  </li>`;
}

/** Write when the server received a version, and whether its receipt is in the public log. */
function receiptText({ kept_at, listed, unproved }: VersionShown) {
  if (!kept_at) return t('log.waiting');
  if (unproved) return t('state.unproved');
  return `${t('log.kept', { day: dateText(kept_at), time: clockTime(kept_at) })} ${t(
    listed ? 'log.listed' : 'log.not_listed',
  )}`;
}

function changeItem(stage: Stage<SharedApp>, { field, old, new: newValue }: FieldChange, showsOld: boolean) {
  const was = answerText(stage, field, old);
  return html`<div><p class="small soft">${fieldTitle(field)}</p>
    ${
      showsOld && was
        ? html`<p class="was" dir="auto">${t('history.was', { old: was })}</p><p dir="auto" class="narrative-small">${t(
            'history.now',
            { new: valueText(stage, field, newValue) },
          )}</p>`
        : html`<p dir="auto" class="narrative-small">${valueText(stage, field, newValue)}</p>`
    }</div>`;
}
