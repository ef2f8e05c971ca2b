/** A text as a QR code. */
import { makeQr } from '../core/qr.js';
import { html, svg } from '../shell/html.js';

/** @param name the accessible name */
export function qr(text: string, name: string) {
  const rows = makeQr(text);
  const size = rows.length;
  const path = rows.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label=${name}
    shape-rendering="crispEdges">${svg`<rect class="qr-ground" width=${size} height=${size}/><path
    class="qr-ink" d=${path}/>`}</svg>`;
}
