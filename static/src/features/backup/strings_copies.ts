/** The words of sealed copies in a file. Same rules as strings.js. */
import { learn } from '../../shell/strings.js';

learn({
  'kept.title': 'A sealed copy in a file',
  'kept.lead':
    'One file with all your entries, pictures and their history, sealed. Only your words, or your code from paper, open it. You can put it on a memory stick or give it to someone you trust. They cannot read it.',
  'kept.found':
    'Anyone who finds the file can see that it is there and how big it is. It can be opened on any phone or computer with this app, or without any server.',
  'kept.words': 'Type your words',
  'kept.make': 'Make the copy',
  'kept.making': 'Making the copy',
  'kept.stop': 'Stop',
  'kept.ready': 'The copy is ready',
  'kept.save': 'Save the file',
  'kept.saved': 'It goes to your downloads. Move it where only you look.',
  'kept.lacking.one': '1 picture is only on the server just now, so it is not in this copy.',
  'kept.lacking.other': '{n} pictures are only on the server just now, so they are not in this copy.',
  'kept.take_title': 'Open a sealed copy',
  'kept.take_lead': 'Choose the file, then type the words it was sealed with.',
  'kept.choose': 'Choose the file',
  'kept.chosen': 'Chosen: {name}, {size}',
  'kept.open': 'Open it here',
  'kept.opening': 'Opening the copy',
  'kept.need_file': 'Choose the file first.',
  'kept.take_after': 'Everything in it will be on this phone only, until you keep a copy off this phone again.',
});
