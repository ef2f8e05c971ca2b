/** The wording for young people. It is loaded with the vocabulary (labels.ts). */
import './words_young.js';
