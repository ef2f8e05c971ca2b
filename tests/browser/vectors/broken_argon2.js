/** The product's worker, on a phone whose Argon2 is wrong. */
import './wrong_answers.js';
import '/static/js/crypto/worker.js';
