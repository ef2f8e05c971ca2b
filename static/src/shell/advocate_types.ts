import type { Fields } from '../diary/types.js';
import type { GrantState } from '../diary/sharing/grant_delivery.js';
import type { PendingQuestion, StoredQuestion } from '../diary/sharing/questions.js';
import type { GrantRight, GrantScope as GrantsScope } from '../crypto/sharing/grants.js';

/**
 * The methods of the app that the screens about advocates call, and their types (features/advocates/actions.js,
 * diary/sharing/questions.js).
 */
export type { PendingQuestion, StoredQuestion };
type Scope = GrantsScope;
/** An advocate whose nine words were checked; without keys until there was signal to fetch them. */
export type CheckedAdvocate = {
  fingerprint: string;
  ecdsa_pub: string;
  hpke_pub: string;
  name: string;
  organisation: string;
  words: string;
  at: number;
};
export type GrantChoice = {
  scope: Scope;
  rights: GrantRight[];
  restricted: boolean;
  not_after: number;
  purpose: string;
};
export type GrantView = Omit<GrantState, 'kept' | 'marks'>;
export type GrantListView = {
  grants: GrantView[];
  looks: { at: number; grant: string; what: 'read' | 'file' | 'pack' }[];
  offline: boolean;
};
export type GrantPreview = {
  entries: string[];
  files: number;
  pictures: number;
  apart: number;
  intimate: number;
  others: { record: string; kind: string; fields: Fields }[];
};
export type RecordViewer = {
  grant: string;
  name: string;
  organisation: string;
  looked_at: number | null;
  rights: string[];
};
/** `since`: the record was added to or changed after they looked */
export type RecordMark = { name: string; at: number; since: boolean };
export interface AdvocateApp {
  /**
   * Find the advocate that nine words name and check the words; without a signal they are stored until there is one.
   */
  meetAdvocate(words: string): Promise<CheckedAdvocate & { before: boolean }>;
  readMet(): Promise<(CheckedAdvocate & { trouble: string | null })[]>;
  forgetAdvocate(fingerprint: string): Promise<unknown>;
  previewGrant(scope: Scope): Promise<GrantPreview>;
  letIn(input: {
    met: CheckedAdvocate;
    standIn?: CheckedAdvocate | null;
    choice: GrantChoice;
    name: string;
    words: string;
    instead?: string | null;
  }): Promise<unknown>;
  renewGrant(grant: string, credentials: { words: string }): Promise<{ not_after: number }>;
  narrowGrant(grant: string, changes: Partial<GrantChoice>, credentials: { words: string }): Promise<unknown>;
  readGrants(): Promise<GrantListView>;
  /** `heard`: the server has ended it too. Without a signal nothing new is given either. */
  endGrant(grant: string, credentials: { words: string }): Promise<{ heard: boolean }>;
  /** Show again what they sent in the last 30 days and is nowhere here; return how many. */
  lookAgain(): Promise<number>;
  whoSees(record: string): Promise<RecordViewer[]>;
  /** Return the names of those who have looked through a record, by record. */
  readMarked(): Promise<Map<string, string[]>>;
  markedOf(record: string): Promise<RecordMark[]>;
  ownWords(): Promise<string>;
  readAsked(record?: string): Promise<PendingQuestion[]>;
  readQuestions(record: string): Promise<StoredQuestion[]>;
  answerQuestion(input: { letter: string; answer: string }): Promise<unknown>;
  putAsideQuestion(input: string): Promise<unknown>;
}
