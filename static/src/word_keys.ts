/**
 * The keys of every words.json, so that a misspelt one fails the type check. A new words.json gets its lines here;
 * tests/test_text_files.py tells which one was forgotten.
 */
import type appWords from './app/words.json';
import type youngWords from './components/text/words_young.json';
import type sharedWords from './components/words.json';
import type deskWords from './desk/words.json';
import type accountWords from './features/account/words.json';
import type addWords from './features/add/words.json';
import type advocatesWords from './features/advocates/words.json';
import type assistedWords from './features/assisted/words.json';
import type attachmentsWords from './features/attachments/words.json';
import type backupWords from './features/backup/words.json';
import type borrowedWords from './features/borrowed/words.json';
import type chaseWords from './features/chase/words.json';
import type desktopWords from './features/desktop/words.json';
import type entriesWords from './features/entries/words.json';
import type entryWords from './features/entry/words.json';
import type handoverWords from './features/handover/words.json';
import type helpWords from './features/help/words.json';
import type importWords from './features/import/words.json';
import type lockWords from './features/lock/words.json';
import type notebookWords from './features/notebook/words.json';
import type registersWords from './features/registers/words.json';
import type scheduleWords from './features/schedule/words.json';
import type settingsWords from './features/settings/words.json';
import type shareWords from './features/share/words.json';
import type showNowWords from './features/show_now/words.json';
import type sittingWords from './features/sitting/words.json';
import type shellWords from './shell/words.json';

type AppWords = typeof appWords;
type YoungWords = typeof youngWords;
type SharedWords = typeof sharedWords;
type DeskWords = typeof deskWords;
type AccountWords = typeof accountWords;
type AddWords = typeof addWords;
type AdvocatesWords = typeof advocatesWords;
type AssistedWords = typeof assistedWords;
type AttachmentsWords = typeof attachmentsWords;
type BackupWords = typeof backupWords;
type BorrowedWords = typeof borrowedWords;
type ChaseWords = typeof chaseWords;
type DesktopWords = typeof desktopWords;
type EntriesWords = typeof entriesWords;
type EntryWords = typeof entryWords;
type HandoverWords = typeof handoverWords;
type HelpWords = typeof helpWords;
type ImportWords = typeof importWords;
type LockWords = typeof lockWords;
type NotebookWords = typeof notebookWords;
type RegistersWords = typeof registersWords;
type ScheduleWords = typeof scheduleWords;
type SettingsWords = typeof settingsWords;
type ShareWords = typeof shareWords;
type ShowNowWords = typeof showNowWords;
type SittingWords = typeof sittingWords;
type ShellWords = typeof shellWords;

declare module './shell/lookup.js' {
  interface Words
    extends AppWords,
      YoungWords,
      SharedWords,
      DeskWords,
      AccountWords,
      AddWords,
      AdvocatesWords,
      AssistedWords,
      AttachmentsWords,
      BackupWords,
      BorrowedWords,
      ChaseWords,
      DesktopWords,
      EntriesWords,
      EntryWords,
      HandoverWords,
      HelpWords,
      ImportWords,
      LockWords,
      NotebookWords,
      RegistersWords,
      ScheduleWords,
      SettingsWords,
      ShareWords,
      ShowNowWords,
      SittingWords,
      ShellWords {}
}
