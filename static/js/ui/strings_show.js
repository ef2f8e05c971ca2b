/** The words of "Show someone now", its cards, and the list "To chase". Same rules as strings.js. */
import { learn } from './strings.js';

learn({
  'show.title': 'Show someone now', 'show.lead': 'Tick what they will see. Then everything else locks.', 'show.do': 'Show this', 'show.after': 'The page closes after 3 minutes, or when you leave it. Then your words open your entries again.', 'show.none': 'Tick at least one thing.',
  'show.last': 'What happened', 'show.picked': 'The entries you chose', 'show.others': 'Other entries', 'show.count': 'Since when, how many', 'show.who': 'Who', 'show.orders': 'Orders in force', 'show.refs': 'References', 'show.cards': 'What you need', 'show.apart': 'Kept apart: shown only if you tick it', 'show.picture': 'Picture of the order', 'show.picture_unseen': 'Look at this picture first: it may show where you live.',
  'show.count_line.one': '1 entry', 'show.count_line.other': '{n} entries', 'show.since_line': 'Since {day}', 'show.entry': 'Entry {n}', 'show.entry_new': 'New entry', 'show.order_over': 'Not in force today',
  'show.close': 'Close and lock', 'show.page': 'Please read', 'show.made': 'Shown {at}. Written by the person who holds this phone.', 'show.ends': 'This page closes by itself.', 'show.language': 'Show the cards in this language too', 'show.language_none': 'English only', 'show.draft': 'These translations have not yet been checked by a person who speaks the language.', 'show.interpreter_which': 'Which language?', 'show.ring_when': 'When or how?',
  

  'chase.title': 'To chase', 'chase.lead': 'Dates from your entries. They stay inside here: nothing rings and nothing pops up.', 'chase.none': 'There is nothing to chase.', 'chase.soon': 'First', 'chase.later': 'Later', 'chase.done': 'Done', 'chase.tick': 'Done', 'chase.untick': 'Not done after all', 'chase.shown.one': '1 done', 'chase.shown.other': '{n} done',
  'chase.wipe': 'Ask for the pictures before they are wiped', 'chase.asked': 'You asked for this. Has it come?', 'chase.update': 'You should hear from them', 'chase.order': 'This order ends', 'chase.download': 'Remove the pack from Downloads, and from the bin', 'chase.due': 'By {day}', 'chase.past': '{day} has passed', 'chase.today': 'Today', 'chase.see': 'See it', 'chase.ask': 'Asked on {day}',
});
