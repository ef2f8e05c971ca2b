/** The texts, with those that every screen needs (words.json of this folder). See lookup.ts. */
import './words.js';

export * from './lookup.js';
