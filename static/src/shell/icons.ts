/** Line icons, drawn here; hidden from screen readers because a name is always next to or on the button. */
import { svg, html } from './html.js';

export type IconName = keyof typeof PATHS;
const PATHS = {
  help: svg`<circle cx="12" cy="12" r="9"/><path d="M9.4 9.3a2.7 2.7 0 0 1 5.2.9c0 1.8-2.6 2.2-2.6 4"/><path
    d="M12 17.3v.01"/>`,
  leave: svg`<path d="M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8"/><path d="M10 12h10m-3.5-3.5L20 12l-3.5 3.5"/>`,
  back: svg`<path d="M19 12H5m6-6-6 6 6 6"/>`,
  list: svg`<path d="M8 6.5h12M8 12h12M8 17.5h12M4 6.5v.01M4 12v.01M4 17.5v.01"/>`,
  lock: svg`<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>`,
  add: svg`<path d="M12 5v14M5 12h14"/>`,
  share: svg`<path d="M12 15V4m-4 4 4-4 4 4"/><path d="M5 13v5a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-5"/>`,
  more: svg`<path d="M5 12v.01M12 12v.01M19 12v.01" stroke-width="3"/>`,
  tick: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  cross: svg`<path d="m7 7 10 10M17 7 7 17"/>`,
  down: svg`<path d="m6 9.5 6 6 6-6"/>`,
  on: svg`<path d="m9.5 6 6 6-6 6"/>`,
  picture: svg`<rect x="3.5" y="5" width="17" height="14" rx="2"/><circle cx="8.7" cy="10" r="1.5"/><path
    d="m4 17 5-4.5 3.5 3 3-2.5L20 16.5"/>`,
  camera: svg`<path
    d="M4 8h3.500l1.5-2.500h6L16.5 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z"/><circle
    cx="12" cy="13" r="3.3"/>`,
  file: svg`<path
    d="M13.5 3.500H7a1.5 1.5 0 0 0-1.5 1.500v14A1.5 1.5 0 0 0 7 20.500h10a1.5 1.5 0 0 0 1.5-1.500V8.500z"/><path
    d="M13.5 3.500v5h5"/>`,
  tag: svg`<path d="M4 4.500h7l8.5 8.5-7 7L4 11.500z"/><path d="M8 8.500v.01"/>`,
  person: svg`<circle cx="12" cy="8" r="3.7"/><path d="M4.5 20c.8-4 3.8-6 7.5-6s6.7 2 7.5 6"/>`,
  place: svg`<path d="M12 21s-6.5-5.6-6.5-11a6.5 6.5 0 0 1 13 0c0 5.4-6.5 11-6.5 11Z"/><circle cx="12" cy="10"
    r="2.3"/>`,
  heart: svg`<path d="M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.3 4.2 4.2 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10Z"/>`,
  note: svg`<path d="M5 4.500h14v10L14 20H5z"/><path d="M19 14.500h-5V20M8.5 9h7M8.5 12.500h4"/>`,
  sealed: svg`<rect x="7" y="3" width="10" height="18" rx="2.2"/><path d="m10 12.2 1.5 1.5 2.7-3"/>`,
  sending: svg`<path d="M12 18V6m-5 5 5-5 5 5"/>`,
  kept: svg`<path d="M7 18.500a4.5 4.5 0 0 1-.6-8.9 6 6 0 0 1 11.4 1.100A3.9 3.9 0 0 1 17.2 18.500z"/><path
    d="m9.5 13.5 2 2 3.3-3.6"/>`,
  trouble: svg`<path d="M12 4 2.8 19.500h18.400z"/><path d="M12 10v4.500M12 17v.01"/>`,
  pen: svg`<path d="m5 15.5 9.5-9.5 3.5 3.500L8.5 19H5z"/>`,
  eye: svg`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12"
    r="2.7"/>`,
  key: svg`<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8-8M16 7.500l2.5 2.5"/>`,
  paper: svg`<path d="M6 3.500h12v17H6z"/><path d="M9 8h6M9 11.500h6"/><circle cx="12" cy="16.5" r="1.7"/>`,
  flag: svg`<path d="M6 21V4m0 1h11.500l-2 4 2 4H6"/>`,
  voice: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.500a6.500 6.500 0 0 0 13 0M12 18v3"/>`,
  chart: svg`<path d="M5 20V11M12 20V4M19 20v-6" stroke-width="2.5"/>`,
  clock: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.500 2"/>`,
  car: svg`<path d="M3.5 16v-4l2-5h13l2 5v4zM3.500 12h17"/><circle cx="7.500" cy="16.500" r="1.800"/><circle
    cx="16.500" cy="16.500" r="1.800"/>`,
  stop: svg`<path d="M8.200 3.500h7.600l4.700 4.700v7.600l-4.700 4.700H8.200l-4.700-4.700V8.200z"/><path
    d="M8.500 12h7"/>`,
  folder: svg`<path d="M3.500 7A1.500 1.500 0 0 1 5 5.500h4.500l2 2.500H19a1.500 1.500 0 0 1 1.500 1.500v8
    a1.500 1.500 0 0 1-1.500 1.500H5a1.500 1.500 0 0 1-1.500-1.500z"/>`,
  bring: svg`<path d="M12 4v11m-4-4 4 4 4-4"/><path d="M5 15v3a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-3"/>`,
  out: svg`<circle cx="12" cy="12" r="8.500"/><path d="M8 12h8"/>`,
  pause: svg`<circle cx="12" cy="12" r="8.500"/><path d="M10 9v6M14 9v6"/>`,
  language: svg`<circle cx="12" cy="12" r="8.500"/><path
    d="M3.500 12h17M12 3.500c-5 5-5 12 0 17M12 3.500c5 5 5 12 0 17"/>`,
  info: svg`<circle cx="12" cy="12" r="8.500"/><path d="M12 11v5.500M12 7.800v.01"/>`,
  phone: svg`<path d="M6.500 3.500h3l1.500 4.500-2 1.500a12 12 0 0 0 5.500 5.500l1.500-2 4.500 1.500v3
    a2 2 0 0 1-2.200 2A16.500 16.500 0 0 1 4.500 5.700a2 2 0 0 1 2-2.200z"/>`,
  device: svg`<rect x="3" y="5" width="13" height="10" rx="1.5"/><path d="M6.5 19h5"/><rect x="17" y="9" width="4.5"
    height="10" rx="1"/>`,
};

/**
 * Draw an icon, `size` CSS pixels wide and high.
 * @param classes class names
 */
export function icon(name: IconName, size: number = 22, classes: string = '') {
  return html`<svg class=${classes} width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${PATHS[name]}</svg>`;
}
