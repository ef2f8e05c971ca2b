/**
 * The places that More leads to, in one table. A new place is one line in the group where a user would look for it. The
 * groups are in order of need: police and what comes next, the rest of the story, what is stored, who can open it.
 */
import '../../components/words.js';
import './words.js';
import type { State } from '../../shell/app.js';
import type { IconName } from '../../shell/icons.js';
import type { Stage } from '../../shell/stage.js';

type Account = NonNullable<State['account']>;
export type MoreRow = {
  /** the place it leads to; also its key */
  place: string;
  /** key of its title */
  title: string;
  icon: IconName;
  /** key of the line below the title, or a function that returns it */
  more?: string | ((account: Account | null) => string);
  /** parameters of the place */
  with?: Record<string, unknown>;
  /** runs before the place opens */
  onOpen?: (stage: Stage) => void;
  /** whether the row is shown */
  isShown?: (account: Account | null) => boolean;
};
/** `title`: key of the heading */
type Group = { title: string; rows: readonly MoreRow[] };

const isRegistered = (account: Account | null) => Boolean(account?.registered);
const isUnregistered = (account: Account | null) => !account?.registered;

export const GROUPS: readonly Group[] = [
  {
    title: 'more.g_police',
    rows: [
      { place: 'form', title: 'more.police', icon: 'flag', with: { kind: 'report', preset: 'police' } },
      { place: 'chase', title: 'more.chase', icon: 'clock' },
      { place: 'reports', title: 'more.reports', icon: 'list' },
      { place: 'orders', title: 'more.orders', icon: 'paper' },
      { place: 'notices', title: 'more.notices', icon: 'stop' },
    ],
  },
  {
    title: 'more.g_story',
    rows: [
      { place: 'people', title: 'more.people', icon: 'person' },
      { place: 'impacts', title: 'more.impacts', icon: 'heart' },
      { place: 'statements', title: 'more.statements', icon: 'eye' },
      { place: 'background', title: 'more.background', icon: 'note' },
      { place: 'cases', title: 'more.cases', icon: 'folder' },
    ],
  },
  {
    title: 'more.g_entries',
    rows: [
      { place: 'import', title: 'more.import', more: 'more.import_more', icon: 'bring' },
      { place: 'loose', title: 'loose.title', icon: 'picture' },
      { place: 'attribute', title: 'sel.row', icon: 'tag' },
      { place: 'removed', title: 'away.list', icon: 'out' },
    ],
  },
  {
    title: 'more.g_kept',
    rows: [
      { place: 'copy', title: 'more.copy', more: 'copy.only_here', icon: 'kept', isShown: isUnregistered },
      { place: 'name', title: 'more.copy_done', more: 'more.name', icon: 'kept', isShown: isRegistered },
      {
        place: 'code',
        title: 'more.code',
        more: (account) => (account?.recovery === 'done' ? 'more.code_done' : 'more.code_todo'),
        icon: 'key',
        isShown: isRegistered,
      },
      { place: 'server', title: 'more.compare', icon: 'tick', isShown: isRegistered },
      { place: 'makecopy', title: 'more.kept', icon: 'file' },
      { place: 'hold', title: 'hold.title', more: 'more.hold_more', icon: 'pause' },
      { place: 'space', title: 'more.space', icon: 'chart', onOpen: (stage) => stage.refresh('usage') },
    ],
  },
  {
    title: 'more.g_open',
    rows: [
      { place: 'someone', title: 'more.someone', icon: 'trouble' },
      { place: 'changewords', title: 'more.changewords', icon: 'pen' },
      { place: 'devices', title: 'more.devices', icon: 'device', isShown: isRegistered },
      { place: 'capset', title: 'more.capture', icon: 'picture' },
      { place: 'highrisk', title: 'more.highrisk', icon: 'lock' },
      { place: 'locks', title: 'more.locks', icon: 'lock' },
      { place: 'check', title: 'more.check', icon: 'sealed' },
      { place: 'signout', title: 'more.signout', icon: 'leave', isShown: isRegistered },
    ],
  },
  {
    title: 'more.g_how',
    rows: [
      { place: 'wording', title: 'more.wording', icon: 'pen' },
      { place: 'homescreen', title: 'more.homescreen', icon: 'device' },
      { place: 'languages', title: 'more.language', icon: 'language' },
      { place: 'about', title: 'more.about', icon: 'info' },
    ],
  },
];
