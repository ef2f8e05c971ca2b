/** The words of choosing a language. Same rules as strings.js. */
import { learn } from '../strings.js';

learn({
  'more.language': 'Language',
  'lang.title': 'Language',
  'lang.legend': 'The words on the screen are in',
  'lang.draft':
    'This translation is a draft. Nobody who grew up with this language has checked it yet, so what matters for your safety is shown in English as well.',
  'lang.yours': 'You can write in any language. What you wrote is never translated or changed.',
  'lang.pack': 'A pack is made in English until a translation has been checked.',
});
