/**
 * The places that More leads to, in two tables: the rows of More itself, and those of the pages below it. A new place
 * is one line in the page where a user would look for it.
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

/** What More shows: ten rows at most, in the order in which a frightened person needs them. */
export const GROUPS: readonly Group[] = [
  {
    title: 'more.g_police',
    rows: [
      { place: 'form', title: 'more.police', icon: 'flag', with: { kind: 'report', preset: 'police' } },
      { place: 'more_reports', title: 'more.g_reports', more: 'more.g_reports_more', icon: 'paper' },
      { place: 'people', title: 'more.people', icon: 'person' },
      { place: 'more_story', title: 'more.g_story', more: 'more.g_story_more', icon: 'note' },
    ],
  },
  {
    title: 'more.g_entries',
    rows: [
      { place: 'import', title: 'more.import', more: 'more.import_more', icon: 'bring' },
      { place: 'more_sort', title: 'more.g_sort', more: 'more.g_sort_more', icon: 'folder' },
    ],
  },
  {
    title: 'more.g_safe',
    rows: [
      { place: 'someone', title: 'more.someone', icon: 'trouble' },
      { place: 'more_kept', title: 'more.g_kept', more: 'more.g_kept_more', icon: 'kept' },
      { place: 'more_open', title: 'more.g_open', more: 'more.g_open_more', icon: 'lock' },
      { place: 'more_how', title: 'more.g_how', icon: 'language' },
    ],
  },
];

/** The pages below More, by place. The heading of each is the title of the row that leads to it. */
export const SECTIONS: Readonly<Record<string, readonly MoreRow[]>> = {
  more_reports: [
    { place: 'reports', title: 'more.reports', icon: 'list' },
    { place: 'orders', title: 'more.orders', icon: 'paper' },
    { place: 'notices', title: 'more.notices', icon: 'stop' },
    { place: 'cases', title: 'more.cases', icon: 'folder' },
  ],
  more_story: [
    { place: 'impacts', title: 'more.impacts', icon: 'heart' },
    { place: 'statements', title: 'more.statements', icon: 'eye' },
    { place: 'background', title: 'more.background', icon: 'note' },
  ],
  more_sort: [
    { place: 'loose', title: 'loose.title', icon: 'picture' },
    {
      place: 'sitting',
      title: 'more.sitting',
      more: 'more.sitting_more',
      icon: 'person',
      onOpen: (stage) => stage.refresh('sittings'),
    },
    { place: 'attribute', title: 'sel.row', icon: 'tag' },
    { place: 'removed', title: 'away.list', icon: 'out' },
    { place: 'hold', title: 'hold.title', more: 'more.hold_more', icon: 'pause' },
  ],
  more_kept: [
    { place: 'copy', title: 'more.copy', more: 'copy.only_here', icon: 'device', isShown: isUnregistered },
    { place: 'name', title: 'more.copy_done', more: 'more.name', icon: 'kept', isShown: isRegistered },
    {
      place: 'code',
      title: 'more.code',
      more: (account) => (account?.recovery === 'done' ? 'more.code_done' : 'more.code_todo'),
      icon: 'key',
      isShown: isRegistered,
    },
    { place: 'makecopy', title: 'more.kept', icon: 'file' },
    { place: 'server', title: 'more.compare', icon: 'tick', isShown: isRegistered },
    { place: 'space', title: 'more.space', icon: 'chart', onOpen: (stage) => stage.refresh('usage') },
  ],
  more_open: [
    { place: 'changewords', title: 'more.changewords', icon: 'pen' },
    { place: 'locks', title: 'more.locks', icon: 'lock' },
    { place: 'devices', title: 'more.devices', icon: 'device', isShown: isRegistered },
    { place: 'check', title: 'more.check', icon: 'sealed' },
    { place: 'capset', title: 'more.capture', icon: 'picture' },
    { place: 'highrisk', title: 'more.highrisk', icon: 'lock' },
    { place: 'signout', title: 'more.signout', icon: 'leave', isShown: isRegistered },
  ],
  more_how: [
    { place: 'languages', title: 'more.language', icon: 'language' },
    { place: 'wording', title: 'more.wording', icon: 'pen' },
    { place: 'homescreen', title: 'more.homescreen', icon: 'device' },
    { place: 'about', title: 'more.about', icon: 'info' },
  ],
};

/** Every row of More and of the pages below it. */
export const ALL_ROWS: readonly MoreRow[] = [...GROUPS.flatMap(({ rows }) => rows), ...Object.values(SECTIONS).flat()];
