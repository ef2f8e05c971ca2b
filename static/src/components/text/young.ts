/** The words of a young person's questions. They are asked for with the vocabulary (labels.ts). */
import './words_young.js';
