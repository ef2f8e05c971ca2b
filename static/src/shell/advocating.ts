import type { Fields } from '../diary/types.js';
import type { Grant, Right, Scope as GrantsScope } from '../crypto/sharing/grants.js';

/**
 * The methods of the app that the screens about advocates call, and their types (features/advocates/actions.js,
 * diary/sharing/questions.js).
 */
type Scope = GrantsScope;
/** An advocate whose nine words were checked; without keys until there was signal to fetch them. */
export type Met = {
  fingerprint: string;
  ecdsa_pub: string;
  hpke_pub: string;
  name: string;
  organisation: string;
  words: string;
  at: number;
};
export type Choice = {
  scope: Scope;
  rights: Right[];
  restricted: boolean;
  not_after: number;
  purpose: string;
};
/**
 * A grant. `mine`: the keeper ended it; `left`: the advocate left; `changed`: the server gives other keys than those
 * checked; `unheard`: not ended at the server yet.
 */
export type LetIn = {
  grant: string;
  to: string;
  made_at: number;
  not_after: number;
  name: string;
  organisation: string;
  looked_at: number | null;
  called?: string;
  said: Grant;
  ended_at: number | null;
  given: number;
  mine: boolean;
  left: boolean;
  changed: boolean;
  unheard: boolean;
};
export type LetInList = {
  grants: LetIn[];
  looks: { at: number; grant: string; what: 'read' | 'file' | 'pack' }[];
  offline: boolean;
};
export type Seen = {
  entries: string[];
  files: number;
  pictures: number;
  apart: number;
  intimate: number;
  others: { record: string; kind: string; fields: Fields }[];
};
export type Seer = { grant: string; name: string; organisation: string; looked_at: number | null; rights: string[] };
/** `since`: the record was added to or changed after they looked */
export type Looked = { name: string; at: number; since: boolean };
export type Asked = {
  letter: string;
  grant: string;
  about: string;
  text: string;
  at: number;
  name: string;
  organisation: string;
  title: string;
  seq_no: number | null;
};
export type Question = {
  record: string;
  text: string;
  answer: string;
  asked_at: number | null;
  answered_at: number | null;
  status: string;
  name: string;
};

export interface Advocating {
  /**
   * Find the advocate that nine words name and check the words; without a signal they are stored until there is one.
   */
  meetAdvocate(typed: string): Promise<Met & { before: boolean }>;
  readMet(): Promise<(Met & { trouble: string | null })[]>;
  forgetAdvocate(fingerprint: string): Promise<unknown>;
  previewGrant(scope: Scope): Promise<Seen>;
  letIn(letter: {
    met: Met;
    standIn?: Met | null;
    choice: Choice;
    name: string;
    words: string;
    instead?: string | null;
  }): Promise<unknown>;
  renewGrant(grant: string, by: { words: string }): Promise<{ not_after: number }>;
  narrowGrant(grant: string, less: Partial<Choice>, by: { words: string }): Promise<unknown>;
  readGrants(): Promise<LetInList>;
  /** `heard`: the server has ended it too. Without a signal nothing new is given either. */
  endGrant(grant: string, by: { words: string }): Promise<{ heard: boolean }>;
  /** Show again what they sent in the last 30 days and is nowhere here; return how many. */
  lookAgain(): Promise<number>;
  whoSees(record: string): Promise<Seer[]>;
  /** Return the names of those who have looked through a record, by record. */
  readMarked(): Promise<Map<string, string[]>>;
  markedOf(record: string): Promise<Looked[]>;
  ownWords(): Promise<string>;
  readAsked(record?: string): Promise<Asked[]>;
  readQuestions(record: string): Promise<Question[]>;
  answerQuestion(said: { letter: string; answer: string }): Promise<unknown>;
  putAsideQuestion(letter: string): Promise<unknown>;
}
