/** The words of room on the phone and on the server. Same rules as strings.js. */
import { learn } from '../../shell/strings.js';

learn({
  'space.title': 'Space',
  'space.phone': 'On this phone',
  'space.room': 'Room left for this page',
  'space.server': 'On the server',
  'space.of': '{used} of {quota}',
  'space.waiting.one': '1 file ({size}) waits to be sent.',
  'space.waiting.other': '{n} files ({size}) wait to be sent.',
  'space.send': 'Send them now',
  'space.sent': 'All files have been sent.',
  'space.when': 'When should pictures and files go?',
  'space.when_words': 'Words always go at once. They are small.',
  'space.now': 'At once',
  'space.wifi': 'Only on Wi-Fi',
  'space.ask': 'When I say so',
  'space.wifi_unknown': 'This browser does not say whether it is on Wi-Fi, so files will wait until you say so.',
  'space.light': 'Keep pictures on this phone?',
  'space.light_lead':
    'Small copies stay on the phone so that you can see what you have. The whole pictures stay on the server and come back when you look at them, with signal.',
  'space.auto': 'Only while there is room',
  'space.small': 'Only small copies',
  'space.all': 'Keep everything here too',
  'space.light_now': 'Small copies only, just now.',
  'space.make': 'Make room now',
  'space.make_lead':
    'Takes whole pictures off this phone that the server holds. Each is checked with the server first.',
  'space.making': 'Making room',
  'space.made.one': '1 file was taken off this phone. It is on the server.',
  'space.made.other': '{n} files were taken off this phone. They are on the server.',
  'space.made_none': 'There is nothing to take off this phone just now.',
});
