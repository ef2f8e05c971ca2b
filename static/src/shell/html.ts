/** The only import of lit-html: templates, and the few directives that the screens use. */
export { html, svg, nothing, render } from '../../vendor/lit-html/lit-html.js';
export { live } from '../../vendor/lit-html/directives/live.js';
export { ref } from '../../vendor/lit-html/directives/ref.js';
export { repeat } from '../../vendor/lit-html/directives/repeat.js';
export { ifDefined } from '../../vendor/lit-html/directives/if-defined.js';
