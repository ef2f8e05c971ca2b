/** What is said of a file before any question. */
import { html } from '../../shell/html.js';
import { sizeText } from '../../components/text/formatting.js';
import { lookUp } from '../../shell/strings.js';
import './words.js';

/** How many damaged files are listed by name. */
export const MAX_NAMED_FILES = 20;

/** The facts of a file, as a list. */
export const factsList = (facts: [key: string, value: unknown][]) =>
  html`<dl class="facts card">${facts.map(
    ([key, value]) => html`<div><dt>${lookUp(key)}</dt><dd>${value}</dd></div>`,
  )}</dl>`;

export const fileFact = ({ name, size }: { name: string; size: number }): [string, unknown] => [
  'import.file',
  html`<bdi>${name}</bdi>, ${sizeText(size)}`,
];
