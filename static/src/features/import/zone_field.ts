/** The zone that times are in: the phone's own in a line, and a field once it is to be changed. */
import { html } from '../../shell/html.js';
import { textField } from '../../components/forms/fields.js';
import { button } from '../../components/parts.js';
import { t } from '../../shell/strings.js';
import './words.js';
import type { Stage } from '../../shell/stage.js';

/** @param hint the line, with the zone in it */
export function zoneField(
  stage: Stage,
  { tz, hint, onChange }: { tz: string; hint: string; onChange: (tz: string) => void },
) {
  if (!stage.local.zone)
    return html`<div class="row small"><span class="soft">${hint}</span>${button(
      t('import.zone_change'),
      () => stage.set({ zone: true }),
      { plain: true },
    )}</div>`;
  const typed: string = stage.local.tz ?? tz;
  return textField({
    id: 'zone',
    label: t('import.zone'),
    value: typed,
    error: isZone(typed) ? null : t('import.zone_wrong'),
    onChange: (zone) => {
      stage.local.tz = zone;
      if (isZone(zone)) onChange(zone);
      stage.draw();
    },
  });
}

function isZone(tz: string) {
  try {
    return Boolean(tz && new Intl.DateTimeFormat('en-GB', { timeZone: tz }));
  } catch {
    return false;
  }
}
