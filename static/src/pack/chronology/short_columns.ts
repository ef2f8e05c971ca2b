// Written by .ci/vocabulary.py from diary/pack/tables/short_columns.json. Change that file, then run the script again.

export type ShortColumn = {
  head: string;
  width: number;
  from: { column: string; label?: string; words?: Record<string, string> }[];
};

/** The twelve columns of the short chronology, each from columns of 02. */
export const SHORT_COLUMNS: readonly ShortColumn[] = [
  { head: 'No.', width: 5, from: [{ column: 'no' }] },
  { head: 'When', width: 14, from: [{ column: 'occurred' }] },
  { head: 'When, to sort by', width: 11, from: [{ column: 'occurred_start' }] },
  {
    head: 'How sure of the time',
    width: 13,
    from: [
      {
        column: 'precision',
        words: {
          exact: 'Exact',
          minute: 'To the minute',
          hour: 'About this time',
          part_of_day: 'Part of the day',
          day: 'That day',
          date_range: 'Between two dates',
          month: 'That month',
          season: 'That season',
          unknown: 'Not known',
        },
      },
      {
        column: 'time_source',
        label: 'Time from',
        words: {
          phone_clock_at_the_time: 'a clock or phone at the time',
          app_clock: 'the app, when they chose “Just now”',
          file_time: 'the time kept in the file',
          message_or_call_stamp: 'the time on the message or call',
          read_in_picture: 'read in a picture by software, and checked',
          cctv_or_doorbell: 'CCTV or a doorbell',
          someone_told_me: 'somebody who told them',
          memory: 'memory',
          other: 'something else',
          not_sure: 'not sure',
          prefer_not_to_say: 'not said',
        },
      },
      { column: 'time_source_in_their_words' },
      { column: 'delay', label: 'Written' },
    ],
  },
  {
    head: 'What kind',
    width: 14,
    from: [
      { column: 'behaviours' },
      { column: 'behaviours_in_their_words' },
      { column: 'count', label: 'How many' },
      { column: 'count_is_estimate', label: 'Estimate' },
    ],
  },
  { head: 'Where and how', width: 12, from: [{ column: 'where' }, { column: 'place' }, { column: 'channel' }] },
  {
    head: 'What happened, as first written',
    width: 34,
    from: [
      { column: 'written_by_somebody_else' },
      { column: 'what_happened' },
      { column: 'translation', label: 'Translation' },
    ],
  },
  { head: 'Added or changed later', width: 16, from: [{ column: 'later' }] },
  {
    head: 'Who, and how that is known',
    width: 18,
    from: [{ column: 'person_code' }, { column: 'who' }, { column: 'how_known' }],
  },
  {
    head: 'Effect',
    width: 13,
    from: [
      { column: 'effect' },
      { column: 'feelings' },
      { column: 'effect_then' },
      { column: 'afraid_of_violence', label: 'Afraid of violence' },
      { column: 'fear', label: 'Afraid of violence' },
      { column: 'injury', label: 'Injured' },
      { column: 'physical_injury', label: 'Injured' },
    ],
  },
  {
    head: 'Reported, and orders',
    width: 14,
    from: [
      { column: 'reported' },
      { column: 'order_in_force', label: 'Order in force' },
      { column: 'term_said_to_be_broken', label: 'Said to break' },
      { column: 'orders', label: 'Order' },
    ],
  },
  {
    head: 'Evidence',
    width: 12,
    from: [
      { column: 'exhibits' },
      { column: 'saw_or_heard', label: 'Saw or heard' },
      { column: 'witnesses', label: 'Saw or heard' },
      { column: 'may_be_recorded_on', label: 'May be recorded on' },
      { column: 'independent_evidence', label: 'May be recorded on' },
    ],
  },
];

/** The width of each column of the sheet of all columns, in characters. */
export const ALL_COLUMNS_WIDTH = 18;
/** The foot of a printed page, in Excel's codes. */
export const FOOTER =
  '&L&8A row shows about 35 lines of text. For the whole of a longer text, see 01.&R&8Page &P of &N';
