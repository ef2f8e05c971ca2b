/** The words of asking somebody who saw it. Same rules as strings.js. */
import { learn } from './strings.js';

learn({
  'wit.row': 'Ask someone who saw it', 'wit.row_more': 'Nine words, and they write down what they saw. No account is needed.',
  'frame.witness.one': 'Someone you asked has answered.', 'frame.witness.other': '{n} people you asked have answered.', 'frame.witness_do': 'Read it',
  'wit.title': 'Ask someone who saw it', 'wit.lead': 'You get nine words. Say them to one person. On a web page they can write down what they saw, once, with pictures. It is locked on their device, and only you can open it.',
  'wit.careful': 'Tell them by phone or in person. Whoever has the words can read what you write here, and answer in that person’s place.',
  'wit.name': 'What do they call you?', 'wit.note': 'What are you asking them about?', 'wit.note_hint': 'For example: Tuesday evening at the bus stop. Do not tell them what to say.', 'wit.do': 'Make the words', 'wit.why': 'The server takes a question only with your own words. They are not the nine words for the other person.',
  'wit.made': 'These nine words', 'wit.say': 'Say them slowly, with their numbers, or write them down.', 'wit.where': 'They type them on this page:', 'wit.until': 'They work once, until {day}.', 'wit.done': 'Done',
  'wit.list': 'People you asked', 'wit.none': 'You have asked nobody yet.', 'wit.waits': 'No answer yet', 'wit.over': 'Their time is over', 'wit.show': 'Show the words', 'wit.hide': 'Cover the words', 'wit.elsewhere': 'The words are on the device that made them.', 'wit.unknown': 'Only the device that made the words can check who wrote this. Keep it there, if you still have it.',
  'wit.came': 'Answered {day}', 'wit.checked': 'It came with the words you gave.', 'wit.unchecked': 'This was not written by someone who had your words. Do not trust it.', 'wit.from': 'They call themselves {name}.', 'wit.when': 'When, in their words', 'wit.files.one': 'One file came with it.', 'wit.files.other': '{n} files came with it.',
  'wit.keep': 'Keep it as their statement', 'wit.keep_more': 'It stays their words. A pack says who wrote it and how it came.', 'wit.keeping': 'Fetching the files', 'wit.kept': 'It is a statement now.', 'wit.drop': 'Throw it away', 'wit.end': 'End it now', 'wit.drop_title': 'Throw this away?', 'wit.end_title': 'End this now?', 'wit.end_lead': 'Nobody can answer with these nine words any more.', 'wit.drop_lead': 'It is gone for good, files too. You can ask again with new words.', 'wit.ended': 'Ended.', 'wit.offline': 'This needs a signal. Nothing has changed.', 'wit.again': 'Look again',
  'wit.mark': 'Written by someone else, and sent with the words you gave', 'wit.mark_unchecked': 'Written by someone else. It was not sent with the words you gave', 'wit.mark_unknown': 'Written by someone else. Nobody checked whether it was sent with the words you gave', 'wit.mark_changed': 'You changed these words after they came. This is what came:',
});
