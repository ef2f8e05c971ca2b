/** Choosing the words of the questions. */
import { learn } from '../../shell/strings.js';
import '../../shell/words/strings_cards.js';
import '../../shell/words/strings_young.js';

learn({
  'more.wording': 'Words for young people',
  'wording.title': 'Which words do you want?',
  'wording.legend': 'Ask me in',
  'wording.plain': 'The usual words',
  'wording.young': 'Words for young people',
  'wording.for_example': 'This is how questions look now:',
  'wording.same':
    'You can change this at any time. What you have written stays as it is, and so does what anyone else gets to read.',
  'wording.saved': 'Saved',
});
