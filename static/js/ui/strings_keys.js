/** The words of changing words and keys, of where one is signed in, and of what was done to the account. Same rules as strings.js. */
import { learn } from './strings.js';

learn({
  'more.changewords': 'Change your words', 'more.someone': 'Someone knows my words', 'more.highrisk': 'High-risk mode',
  'chw.title': 'Change your words', 'chw.lead': 'From then on only the new words open this phone and sign in. Your other devices are signed out. Your paper code still works.',
  'chw.if_known': 'If someone may know your words, choose “Someone knows my words” instead. That changes the keys too.',
  'chw.old': 'Your words now', 'chw.do': 'Change my words', 'chw.doing': 'Changing', 'chw.done': 'Your new words are set. The old ones open nothing any more.',
  'chw.same': 'These are your words now. Choose other words.', 'chw.offline': 'A copy is kept off this phone, so this needs a signal.',
  'som.title': 'Someone knows my words',
  'som.lead': 'This makes every key new. What you write from then on cannot be opened with the old words, the old code, or a copy of this phone made before.',
  'som.does': 'What happens', 'som.does_1': 'You get new words. The old ones stop working.', 'som.does_2': 'Your paper code stops working. You write down a new one.',
  'som.does_3': 'All your other devices are signed out. Nobody you share with can see anything new until you share again.', 'som.does_4': 'Everything you wrote stays, and you can read all of it.',
  'som.not': 'What it cannot do', 'som.not_1': 'Someone who has read or copied something already still has it.',
  'som.not_2': 'A device of yours that is offline stays open to the old words until it has a signal. If someone else has that device, this cannot lock it.',
  'som.not_3': 'If someone watches this phone with spyware, they may see the new words too. Use a safer device if you can.',
  'som.first': 'Before you go on', 'som.first_1': 'Do this where nobody can see you type.', 'som.first_2': 'They may notice that the old words stopped working. If that could put you in danger, talk to a helpline first.',
  'som.do': 'Make everything new', 'som.doing': 'Making new keys', 'som.done': 'Done. Only your new words open this now.', 'som.code': 'Write down a new code', 'som.where': 'Keep the paper where they do not look: with a friend, at work, at school. Not in your bag, and not as a photo.',
  'som.half': 'Changing the keys was interrupted. Nothing was lost. Type the new words to finish.', 'som.finish': 'Finish now', 'som.new': 'Your new words', 'som.give_up': 'Stop, and keep the old words', 'som.given_up': 'Stopped. Your words are as they were.', 'som.not_new': 'Those are not the new words you chose. Try again.',
  'frame.half': 'Changing the keys is not finished.', 'frame.half_do': 'Finish',
  'nw.title': 'Type the words in use now', 'nw.lead': 'This device was signed out. If you changed your words on another device, type the new ones here. Everything on this phone is safe.',
  'nw.words': 'Your words now', 'nw.do': 'Sign in again', 'nw.done': 'Signed in again. From now on these words open this phone.', 'frame.words_needed': 'Type words', 'nw.older': 'If you made everything new and your new words do not match, the server may have been put back to an older day. Type the words of before: then this phone can tell.', 'nw.not_me': 'If you did not change them, someone else did. Use your paper code on this or another device, then choose “Someone knows my words”.',
  'devices.all': 'Sign out all the others', 'devices.all_ask': 'Sign out every device but this one?', 'devices.all_done': 'All the others are signed out.', 'devices.rename': 'Call this device', 'devices.renamed': 'Saved.', 'devices.rename_do': 'Save the name',
  'devices.log': 'What was done', 'devices.log_lead': 'The last half year. The server keeps no addresses.', 'devices.log_line': '{what} · {device}',
  'devices.what.signed_in': 'Signed in', 'devices.what.recovered': 'Signed in with the code', 'devices.what.words_changed': 'Words changed', 'devices.what.code_changed': 'New code made', 'devices.what.keys_changed': 'All keys made new', 'devices.what.session_ended': 'A device signed out', 'devices.what.others_ended': 'All other devices signed out', 'devices.what.erasure_asked': 'Erasing asked for', 'devices.what.closing_asked': 'Closing the account asked for', 'devices.what.pack_built': 'A pack was made',
  'frame.arrived': '{device} signed in to your diary on {at}. If that was not you, choose “Someone knows my words”.', 'frame.arrived_ok': 'It was me', 'frame.arrived_look': 'It was not me',
  'risk.title': 'High-risk mode', 'risk.lead': 'For when someone may be able to force or trick whoever runs the server.', 'risk.does_1': 'Packs are made on this phone only. The server never sees the words of one.', 'risk.does_2': 'Nothing is handed over through the server, and no previews are made there.', 'risk.costs': 'A pack from the phone is plainer, and you have to carry the file yourself.',
  'risk.on': 'High-risk mode is on', 'risk.off': 'High-risk mode is off', 'risk.turn_on': 'Turn it on', 'risk.turn_off': 'Turn it off',
});
