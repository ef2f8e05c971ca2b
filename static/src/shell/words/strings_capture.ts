/**
 * The words of adding something while this is locked, and of what came that way. The first group stands on a locked
 * phone: nothing in it says what is behind. Same rules as strings.js.
 */
import { learn } from '../strings.js';

learn({
  'cap.camera': 'Take a picture',
  'cap.pick': 'Choose a picture',
  'cap.voice': 'Say it',
  'cap.lines': 'Write two lines',
  'cap.text': 'Two lines',
  'cap.add_lines': 'Add',
  'cap.added.one': '1 added',
  'cap.added.other': '{n} added',
  'cap.lead': 'What you add is put away and cannot be seen here again.',
  'cap.audio': 'Record',
  'cap.video': 'Record a video',
  'capd.title': 'Added while this was locked',
  'capd.lead':
    'Captured while locked; anyone holding this phone could have. Look at each one. Nothing becomes part of your diary before you say so.',
  'capd.asked': 'Was this you?',
  'capd.mine': 'Yes, make a draft',
  'capd.not': 'Throw it away',
  'capd.not_ask': 'Throw this away for good?',
  'capd.not_do': 'Throw it away for good',
  'capd.none': 'Nothing is waiting.',
  'capd.drafts': 'Drafts made of these',
  'capd.write': 'Write about it',
  'capd.at': 'Added {at}',
  'capd.differs': 'Its bytes are not the ones that were added. Be careful with it.',
  'capd.digest': 'Digest: {digest}',
  'capd.thrown': 'Thrown away.',
  'capd.drafted': 'A draft was made.',
  'frame.captured.one': '1 thing was added while this was locked.',
  'frame.captured.other': '{n} things were added while this was locked.',
  'frame.captured_do': 'Look',
  'frame.later.one': '1 draft waits.',
  'frame.later.other': '{n} drafts wait.',
  'frame.capture_key_ok': 'I have read this',
  'more.capture': 'Adding while locked',
  'capset.title': 'Adding while locked',
  'capset.lead':
    'With this on, the lock shows “Add picture”. Anyone holding this phone can then add a picture, a recording or two lines without your words. Nobody can see there what was added.',
  'capset.for': 'It helps when something has just happened and you cannot type your words.',
  'capset.against':
    'Someone else could add things too, so you are asked about each one. Someone who takes the phone apart can see that something was added, and about how large it is.',
  'capset.on': 'The lock shows “Add picture”.',
  'capset.off': 'The lock shows no “Add picture”.',
  'capset.turn_on': 'Show it',
  'capset.turn_off': 'Do not show it',
});
