/** The product's worker, in a browser without WebAssembly. */
import './without_webassembly.js';
import '/static/js/crypto/worker.js';
